"""Server groups, interfaces and routes: what is written comes back, and what the kinds do with odd answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.adapter.kind import Observed
from mcloud.model.base import Placement
from mcloud_vng import topology, translate
from mcloud_vng.resources import KINDS

AT = Placement("vng", "hcm-3")
IDS = st.from_regex(r"[a-z]{3,5}-[0-9a-f]{8}", fullmatch=True)
ADDRESSES = st.ip_addresses(v=4).map(str)
BLOCKS = st.ip_addresses(v=4).map(lambda address: f"{address}/32")
OFFERED = [
    {"uuid": "p-1", "name": "AFFINITY"},
    {"uuid": "p-2", "name": "SOFT AFFINITY"},
    {"uuid": "p-3", "name": "ANTI AFFINITY"},
    {"uuid": "p-4", "name": "Soft-Anti-Affinity"},
]


@pytest.mark.parametrize(("policy", "native"), [("spread", "p-4"), ("pack", "p-2")])
def test_a_placement_group_comes_back(policy: str, native: str) -> None:
    kind = KINDS["PlacementGroup"]
    body = kind.translate({"name": "shop-web", "policy": policy}, {"policies": OFFERED})
    assert body == {"name": "shop-web", "policyId": native}
    name = next(item["name"] for item in OFFERED if item["uuid"] == native)
    assert kind.observe(AT, {**body, "policyName": name}) == Observed({"name": "shop-web", "policy": policy})


@pytest.mark.parametrize("name", ["ANTI AFFINITY", "", None])
def test_a_policy_that_is_not_written_here_is_not_taken_for_another(name: str | None) -> None:
    native = {"name": "group", "policyName": name}
    assert KINDS["PlacementGroup"].observe(AT, native).inputs == {"name": "group"}


@given(IDS, IDS, IDS, ADDRESSES)
def test_an_interface_comes_back(server: str, network: str, subnet: str, address: str) -> None:
    asked = {"server": server, "subnet": f"{network}/{subnet}"}
    (request,) = KINDS["NetworkInterface"].translate(asked, {})["subnetRequests"]
    nic = {"uuid": "net-in-1", "networkUuid": network, "subnetUuid": request["subnetId"], "fixedIp": address}
    seen = KINDS["NetworkInterface"].observe(AT, {"server": server, "nic": nic})
    expected = {name: AT.id_of(value) for name, value in asked.items()}
    assert seen == Observed(expected, outputs={"privateIp": address})


@given(st.dictionaries(BLOCKS, ADDRESSES, max_size=5), BLOCKS, ADDRESSES)
def test_a_route_comes_back_and_the_others_stay(others: dict[str, str], to: str, address: str) -> None:
    rows = [{"uuid": "r", "destinationCidrBlock": block, "target": target} for block, target in others.items()]
    table = {"uuid": "rt-1", "networkId": "net-1", "routes": rows}
    body = topology.routes_body(table, to, address)
    written = {row["destinationCidrBlock"]: row["target"] for row in body["routes"]}
    assert written == {**others, to: address}
    server = {"uuid": "ins-1", "internalInterfaces": [{"networkUuid": "net-1", "fixedIp": address}]}
    route = topology.route_to(body, to)
    native = {"table": table, "route": route, "server": topology.server_at([server], "net-1", address)}
    assert KINDS["Route"].observe(AT, native).inputs == {
        "network": "vng/hcm-3/net-1",
        "destination": to,
        "gateway": "vng/hcm-3/ins-1",
    }
    without = topology.routes_body({**table, **body}, to, None)["routes"]
    assert {row["destinationCidrBlock"] for row in without} == set(others) - {to}


def test_a_route_that_leads_to_no_server_differs() -> None:
    route = {"destinationCidrBlock": "0.0.0.0/0", "target": "10.1.1.9"}
    native = {"table": {"networkId": "net-1"}, "route": route, "server": None}
    assert KINDS["Route"].observe(AT, native).inputs["gateway"] == "vng/hcm-3/10.1.1.9"


def nic(network: str, address: str, created: str | None) -> dict[str, Any]:
    return {"networkUuid": network, "subnetUuid": f"s-{address}", "fixedIp": address, "createdAt": created}


OLD = nic("net-1", "10.1.1.4", "2026-08-01T02:10:05Z")
NEW = nic("net-1", "10.1.2.4", "2026-08-01T02:11:05Z")
OTHER = nic("net-2", "10.2.1.4", "2026-08-01T02:12:05Z")


@pytest.mark.parametrize(
    ("nics", "first"), [([], None), (None, None), ([OLD, NEW], OLD), ([OTHER, NEW, OLD], OLD), ([NEW], NEW)]
)
def test_the_first_interface_is_the_oldest(nics: list[Any] | None, first: Any) -> None:
    server = {"internalInterfaces": nics}
    assert topology.first_interface(server) == first
    assert translate.server_outputs({"server": server}) == {"privateIp": first["fixedIp"] if first else None}


def test_interfaces_without_a_date_keep_their_order() -> None:
    nics = [nic("n", "10.1.1.4", None), nic("n", "10.1.2.4", None)]
    assert topology.first_interface({"internalInterfaces": nics}) is nics[0]


def test_a_further_interface_does_not_move_the_server() -> None:
    """The subnet of a server is its first interface's, whatever the order they are shown in."""
    server = {"name": "web", "secGroups": [], "internalInterfaces": [OTHER, OLD]}
    seen = KINDS["Server"].observe(AT, {"server": server, "disk": None})
    assert seen.inputs["subnet"] == "vng/hcm-3/net-1/s-10.1.1.4"


@pytest.mark.parametrize(("network", "address"), [("net-1", "10.1.1.4"), ("net-2", "10.2.1.4"), ("net-3", None)])
def test_a_server_s_address_in_a_network(network: str, address: str | None) -> None:
    server = {"uuid": "ins-1", "internalInterfaces": [OTHER, NEW, OLD]}
    assert topology.address_in(server, network) == address
    assert topology.server_at([{"uuid": "ins-0"}, server], network, address or "10.1.1.4") == (
        "ins-1" if address else None
    )


def test_a_server_shows_its_placement_group() -> None:
    server = {"name": "web", "secGroups": [], "serverGroupId": "server-group-1"}
    seen = KINDS["Server"].observe(AT, {"server": server, "disk": None})
    assert seen.inputs["placementGroup"] == "vng/hcm-3/server-group-1"


@pytest.mark.parametrize(
    ("kind", "changed", "replaces"),
    [
        ("PlacementGroup", {"policy", "strict", "name"}, {"policy"}),
        ("NetworkInterface", {"server", "subnet", "name"}, {"server", "subnet"}),
        ("Route", {"network", "destination", "gateway"}, {"network", "destination"}),
        ("Server", {"placementGroup", "securityGroups"}, {"placementGroup"}),
    ],
)
def test_what_needs_a_new_one(kind: str, changed: set[str], replaces: set[str]) -> None:
    assert KINDS[kind].replaces(frozenset(changed), {}, {}) == replaces
