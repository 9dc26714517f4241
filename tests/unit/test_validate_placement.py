"""What belongs together is in one place, names do not meet, and what is of no use is told."""

from __future__ import annotations

from typing import Any

import pytest

from mcloud.model.graph import build_graph
from mcloud.model.stack import Stack
from mcloud.validate import validate

SERVER = {
    "size": {"vcpu": 1, "memory": "1 GiB"},
    "image": {"os": "ubuntu", "version": "22.04"},
    "subnet": "a",
    "security_groups": ["g"],
    "key": "k",
}
BASE: dict[str, Any] = {
    "mcloud": 1,
    "name": "s",
    "placement": "c/r",
    "networks": {
        "n": {"cidr": "10.0.0.0/16", "subnets": {"a": {"cidr": "10.0.1.0/24"}}},
        "far": {"cidr": "10.1.0.0/16", "subnets": {"b": {"cidr": "10.1.1.0/24"}}, "placement": "d/s"},
    },
    "security_groups": {"g": {}, "far": {"placement": "d/s"}},
    "keys": {"k": {"public_key": "x"}, "far": {"public_key": "x", "placement": "d/s/z"}},
    "certificates": {"far": {"certificate": "x", "private_key": "env:K", "placement": "d/s"}},
    "servers": {
        "w": SERVER,
        "far": {**SERVER, "subnet": "b", "security_groups": ["far"], "key": "far", "placement": "d/s"},
    },
}


def blocks(**sections: Any) -> list[tuple[str, str, str]]:
    made = Stack.model_validate(BASE | sections)
    return [
        (item.code, ".".join(str(part) for part in item.path), item.message)
        for item in validate(made)
        if item.severity == "block"
    ]


def others(**sections: Any) -> list[tuple[str, str, tuple[str | int, ...]]]:
    made = Stack.model_validate(BASE | sections)
    return [(item.code, item.severity, item.path) for item in validate(made) if item.severity != "block"]


def balancer(**more: Any) -> dict[str, Any]:
    listener = {"port": 80, "protocol": "http", "to": {"servers": "w", "port": 80}}
    return {"subnets": ["a"], "listeners": [{**listener, **more.pop("listener", {})}], **more}


def test_two_places_in_one_stack_are_fine() -> None:
    assert blocks() == []
    assert blocks(servers={"w": {**SERVER, "placement": "c/r/zone"}}) == []


@pytest.mark.parametrize(
    ("sections", "path", "message"),
    [
        (
            {"servers": {"w": {**SERVER, "subnet": "b"}}},
            "servers.w.subnet",
            "the server is at c/r, its subnet 'far.b' is at d/s",
        ),
        (
            {"servers": {"w": {**SERVER, "security_groups": ["g", "far"]}}},
            "servers.w.security_groups.1",
            "the server is at c/r, its security group 'far' is at d/s",
        ),
        (
            {"servers": {"w": {**SERVER, "key": "far"}}},
            "servers.w.key",
            "the server is at c/r, its key 'far' is at d/s",
        ),
        (
            {"volumes": {"v": {"size": "1 GiB", "attach": "far"}}},
            "volumes.v.attach",
            "the volume is at c/r, its server 'far' is at d/s",
        ),
        (
            {"public_ips": {"p": {"server": "far"}}},
            "public_ips.p.server",
            "the public IP is at c/r, its server 'far' is at d/s",
        ),
        (
            {"security_groups": {"g": {"network": "far"}, "far": {"placement": "d/s"}}},
            "security_groups.g.network",
            "the security group is at c/r, its network 'far' is at d/s",
        ),
        (
            {
                "security_groups": {
                    "g": {"ingress": [{"ports": 1, "from": [{"group": "g"}, {"group": "far"}]}]},
                    "far": {"placement": "d/s"},
                }
            },
            "security_groups.g.ingress.0",
            "the security group is at c/r, its peer 'far' is at d/s",
        ),
        (
            {"load_balancers": {"l": balancer(subnets=["a", "b"])}},
            "load_balancers.l.subnets.1",
            "the load balancer is at c/r, its subnet 'b' is at d/s",
        ),
        (
            {"load_balancers": {"l": balancer(security_groups=["far"])}},
            "load_balancers.l.security_groups.0",
            "the load balancer is at c/r, its security group 'far' is at d/s",
        ),
        (
            {"load_balancers": {"l": balancer(listener={"to": {"servers": "far", "port": 1}})}},
            "load_balancers.l.listeners.0.to.servers",
            "the load balancer is at c/r, its server 'far' is at d/s",
        ),
        (
            {"load_balancers": {"l": balancer(listener={"protocol": "https", "certificate": "far"})}},
            "load_balancers.l.listeners.0.certificate",
            "the load balancer is at c/r, its certificate 'far' is at d/s",
        ),
    ],
)
def test_what_belongs_together_is_in_one_place(sections: dict[str, Any], path: str, message: str) -> None:
    assert blocks(**sections) == [("placement-differs", path, message)]


WEB2 = {**SERVER, "count": 2}


@pytest.mark.parametrize(
    ("sections", "path", "message"),
    [
        (
            {"servers": {"web": WEB2, "web-1": SERVER}},
            "servers.web-1",
            "servers.web and servers.web-1 both make a server called 'web-1'",
        ),
        (
            {
                "servers": {"web": WEB2},
                "volumes": {"v": {"size": "1 GiB", "attach": "web"}, "v-0": {"size": "1 GiB"}},
            },
            "volumes.v-0",
            "volumes.v and volumes.v-0 both make a volume called 'v-0'",
        ),
        (
            {"servers": {"w": {**SERVER, "public_ip": True}}, "public_ips": {"w": {}}},
            "servers.w.public_ip",
            "public_ips.w and servers.w.public_ip both make a public IP called 'w'",
        ),
    ],
)
def test_names_that_meet(sections: dict[str, Any], path: str, message: str) -> None:
    assert blocks(**sections) == [("name-clash", path, message)]
    addresses = [node.address for node in build_graph(Stack.model_validate(BASE | sections)).nodes]
    assert len(addresses) > len(set(addresses)), "the rule stands for what the graph would do"


def test_names_that_do_not_meet() -> None:
    sections = {
        "servers": {"web": WEB2, "web-2": {**SERVER, "public_ip": True}, "db": SERVER},
        "volumes": {
            "v": {"size": "1 GiB", "attach": "web"},
            "v-2": {"size": "1 GiB", "attach": "db"},
            "v-2-0": {"size": "1 GiB"},
        },
        "public_ips": {"web": {"server": "web-0"}},
        "load_balancers": {name: balancer(listener={"to": {"servers": "db", "port": 1}}) for name in "lm"},
    }
    assert blocks(**sections) == []
    addresses = [node.address for node in build_graph(Stack.model_validate(BASE | sections)).nodes]
    assert len(addresses) == len(set(addresses))


NOBODYS = ("unused", "note", ("certificates", "far"))


@pytest.mark.parametrize(("internet", "warned"), [("none", True), ("outbound", True), ("direct", False)])
def test_a_public_address_needs_a_subnet_that_it_works_in(internet: str, warned: bool) -> None:
    networks = {"n": {"cidr": "10.0.0.0/16", "subnets": {"a": {"cidr": "10.0.1.0/24", "internet": internet}}}}
    sections = {
        "networks": networks,
        "security_groups": {"g": {}},
        "keys": {"k": {"public_key": "x"}},
        "servers": {"w": {**SERVER, "public_ip": True}, "x": WEB2},
        "public_ips": {"p": {"server": "x-1"}, "free": {}},
    }
    told = others(**sections)
    expected = [
        ("public-ip-subnet", "warn", ("public_ips", "p", "server")),
        ("public-ip-subnet", "warn", ("servers", "w", "public_ip")),
    ]
    assert told == [NOBODYS, *(expected if warned else [])]


def test_what_nobody_uses_is_noted() -> None:
    told = others(servers={"w": {**SERVER, "key": None}}, load_balancers={"l": balancer(security_groups=["far"])})
    assert told == [NOBODYS, ("unused", "note", ("keys", "far")), ("unused", "note", ("keys", "k"))]
    assert ("unused", "note", ("security_groups", "far")) in others(servers={"w": SERVER})
