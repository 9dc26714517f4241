"""Interfaces and routes that cannot be as they are written."""

from __future__ import annotations

from typing import Any

import pytest

from mcloud.model.stack import Stack
from mcloud.validate import validate

SERVER = {"flavor": {"c": "big"}, "image": {"os": "ubuntu", "version": "22.04"}}
BASE: dict[str, Any] = {
    "mcloud": 1,
    "name": "s",
    "placement": "c/r",
    "networks": {
        "main": {"cidr": "10.0.0.0/16", "subnets": {"a": {"cidr": "10.0.1.0/24"}, "b": {"cidr": "10.0.2.0/24"}}},
        "side": {"cidr": "10.1.0.0/16", "subnets": {"c": {"cidr": "10.1.1.0/24"}}},
        "far": {"cidr": "10.2.0.0/16", "subnets": {"d": {"cidr": "10.2.1.0/24"}}, "placement": "c/other"},
    },
    "placement_groups": {"here": {"policy": "pack"}, "there": {"policy": "spread", "placement": "d/r"}},
    "servers": {
        "gate": {**SERVER, "subnet": "a", "interfaces": ["c"], "placement_group": "here"},
        "web": {**SERVER, "subnet": "a", "count": 2},
        "away": {**SERVER, "subnet": "d", "placement": "c/other"},
    },
}


def found(routes: dict[str, Any] | None = None, **server: Any) -> list[tuple[str, str, str]]:
    """The findings, with routes added to the networks and the server ``gate`` changed."""
    networks = {name: {**network, "routes": (routes or {}).get(name, [])} for name, network in BASE["networks"].items()}
    servers = {**BASE["servers"], "gate": {**BASE["servers"]["gate"], **server}}
    made = Stack.model_validate({**BASE, "networks": networks, "servers": servers})
    return [
        (item.code, ".".join(str(part) for part in item.path), item.message)
        for item in validate(made)
        if item.severity == "block"
    ]


@pytest.mark.parametrize(
    "routes",
    [
        [],
        [{"to": "0.0.0.0/0", "via": "gate"}],
        [{"to": "10.0.0.0/8", "via": "gate"}, {"to": "10.3.0.0/16", "via": "web-1"}],
        [{"to": "fd00::/8", "via": "gate"}],
    ],
)
def test_routes_that_can_be(routes: list[Any]) -> None:
    assert found({"main": routes, "side": [{"to": "10.0.0.0/16", "via": "gate"}]}) == []


@pytest.mark.parametrize("to", ["10.0.0.0/16", "10.0.1.0/24", "10.0.255.255/32"])
def test_a_network_s_own_addresses_are_not_routed(to: str) -> None:
    message = f"{to} is inside the network's own block 10.0.0.0/16, which is never routed elsewhere"
    assert found({"main": [{"to": to, "via": "gate"}]}) == [("route-inside", "networks.main.routes.0.to", message)]


def test_a_block_has_one_route() -> None:
    routes = [
        {"to": "0.0.0.0/0", "via": "gate"},
        {"to": "10.9.0.0/16", "via": "gate"},
        {"to": "0.0.0.0/0", "via": "web-0"},
    ]
    message = "there is a route to 0.0.0.0/0 already: networks.main.routes.0"
    assert found({"main": routes}) == [("route-twice", "networks.main.routes.2.to", message)]


def test_a_route_leads_to_a_server_of_its_network() -> None:
    (finding,) = found({"side": [{"to": "0.0.0.0/0", "via": "web-0"}]})
    message = "the server 'web-0' has no interface in the network 'side'"
    assert finding == ("route-gateway", "networks.side.routes.0.via", message)
    assert found({"side": [{"to": "0.0.0.0/0", "via": "gate"}]}) == []


@pytest.mark.parametrize(
    ("interfaces", "index"), [(["a"], 0), (["main.a"], 0), (["c", "side.c"], 1), (["b", "c", "b"], 2)]
)
def test_a_subnet_has_one_interface_of_a_server(interfaces: list[str], index: int) -> None:
    message = f"the server has an interface in the subnet {interfaces[index]!r} already"
    assert found(interfaces=interfaces) == [("interface-twice", f"servers.gate.interfaces.{index}", message)]


def test_what_is_elsewhere() -> None:
    assert [item[:2] for item in found(interfaces=["d"], placement_group="there")] == [
        ("placement-differs", "servers.gate.interfaces.0"),
        ("placement-differs", "servers.gate.placement_group"),
    ]
    assert [item[:2] for item in found({"main": [{"to": "0.0.0.0/0", "via": "away"}]})] == [
        ("placement-differs", "networks.main.routes.0.via"),
        ("route-gateway", "networks.main.routes.0.via"),
    ]


def test_a_placement_group_that_nobody_is_in() -> None:
    notes = [item for item in validate(Stack.model_validate(BASE)) if item.severity == "note"]
    assert [(item.path, item.message) for item in notes] == [
        (("placement_groups", "there"), "no server is in the placement group 'there'")
    ]
