"""Every name that refers to something leads to one thing, or is told with the nearest name."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from mcloud.model.references import ReferenceProblem, find_server, find_subnet, home_of, server_instances, suggest
from mcloud.model.stack import Stack
from mcloud.validate import Finding, validate

IMAGE = {"os": "ubuntu", "version": "22.04"}
SIZE = {"vcpu": 1, "memory": "1 GiB"}
GOOD: dict[str, Any] = {
    "mcloud": 1,
    "name": "s",
    "placement": "c/r",
    "networks": {
        "main": {
            "cidr": "10.0.0.0/16",
            "subnets": {"web": {"cidr": "10.0.1.0/24", "internet": "direct"}},
            "routes": [{"to": "0.0.0.0/0", "via": "web-0"}],
        },
        "side": {"cidr": "10.1.0.0/16", "subnets": {"db": {"cidr": "10.1.1.0/24"}, "x": {"cidr": "10.1.2.0/24"}}},
    },
    "security_groups": {
        "web": {"ingress": [{"ports": 80, "from": "anywhere"}], "network": "main"},
        "db": {"ingress": [{"ports": 5432, "from": {"group": "web"}}], "egress": [{"to": {"group": "web"}}]},
    },
    "keys": {"deploy": {"public_key": "ssh-rsa AAAA"}},
    "servers": {
        "web": {
            "count": 2,
            "size": SIZE,
            "image": IMAGE,
            "subnet": "web",
            "security_groups": ["web"],
            "key": "deploy",
            "interfaces": ["x"],
            "placement_group": "apart",
        },
        "db": {"size": SIZE, "image": IMAGE, "subnet": "side.db", "security_groups": ["db"]},
    },
    "volumes": {"data": {"size": "10 GiB", "attach": "db"}, "logs": {"size": "10 GiB", "attach": "web-1"}},
    "public_ips": {"front": {"server": "web-0"}},
    "certificates": {"site": {"certificate": "x", "private_key": "env:KEY"}},
    "load_balancers": {
        "lb": {
            "subnets": ["web"],
            "security_groups": ["web"],
            "listeners": [
                {"port": 443, "protocol": "https", "certificate": "site", "to": {"servers": "web", "port": 80}},
                {"port": 81, "protocol": "http", "to": {"servers": "web-1", "port": 80}},
            ],
        }
    },
    "placement_groups": {"apart": {"policy": "spread"}},
    "buckets": {"assets": {}},
    "extensions": {"c": {"servers.web": {"knob": 1}, "networks.main": {}}},
    "outputs": {
        "a": "servers.web-1.private_ip",
        "b": "load_balancers.lb.address",
        "c": "networks.main.id",
        "d": "buckets.assets.endpoint",
    },
}


def edited(path: str, value: Any) -> Stack:
    """GOOD with one value changed; a path is written as in outputs."""
    document = copy.deepcopy(GOOD)
    target: Any = document
    *parts, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in parts:
        target = target[part]
    target[last] = value
    return Stack.model_validate(document)


def test_a_sound_stack_has_no_findings() -> None:
    assert validate(Stack.model_validate(GOOD)) == ()


@pytest.mark.parametrize(
    ("path", "value", "message", "hint"),
    [
        ("servers/web/subnet", "wbe", "there is no subnet 'wbe'", "did you mean 'web'?"),
        ("servers/web/subnet", "main.wbe", "there is no subnet 'main.wbe'", "did you mean 'main.web'?"),
        ("servers/web/subnet", "man.web", "there is no subnet 'man.web'", "did you mean 'main.web'?"),
        ("servers/web/security_groups/0", "zzz", "there is no security group 'zzz'", "known: db, web"),
        ("servers/web/key", "deplyo", "there is no key 'deplyo'", "did you mean 'deploy'?"),
        ("security_groups/web/network", "mani", "there is no network 'mani'", "did you mean 'main'?"),
        ("servers/web/interfaces/0", "y", "there is no subnet 'y'", "known: db, web, x"),
        ("servers/web/interfaces/0", "side.d", "there is no subnet 'side.d'", "did you mean 'side.db'?"),
        ("servers/web/placement_group", "apat", "there is no placement group 'apat'", "did you mean 'apart'?"),
        ("networks/main/routes/0/via", "wep-0", "there is no server 'wep-0'", "known: db, web"),
        ("networks/main/routes/0/via", "web-2", "'web' has no instance 'web-2'", "its count is 2"),
        ("networks/main/routes/0/via", "web", "a route leads to one server, but 'web' is 2 servers", "write web-0"),
        ("outputs/a", "placement_groups.apat.id", "there is no placement group 'apat'", "did you mean 'apart'?"),
        ("volumes/data/attach", "dbb", "there is no server 'dbb'", "did you mean 'db'?"),
        ("volumes/data/attach", "web-2", "'web' has no instance 'web-2'", "its count is 2"),
        ("volumes/data/attach", "web-01", "there is no server 'web-01'", "did you mean 'web'?"),
        ("volumes/data/attach", "db-0", "'db' has no instance 'db-0'", "it has no count: write db"),
        ("public_ips/front/server", "wep-0", "there is no server 'wep-0'", "known: db, web"),
        (
            "public_ips/front/server",
            "web",
            "an address belongs to one server, but 'web' is 2 servers",
            "write web-0",
        ),
        ("load_balancers/lb/subnets/0", "wbe", "there is no subnet 'wbe'", "did you mean 'web'?"),
        ("load_balancers/lb/security_groups/0", "wbe", "there is no security group 'wbe'", "did you mean 'web'?"),
        ("load_balancers/lb/listeners/1/to/servers", "app", "there is no server 'app'", "known: db, web"),
        ("load_balancers/lb/listeners/0/certificate", "sit", "there is no certificate 'sit'", "did you mean 'site'?"),
        ("outputs/a", "servers.web", "'servers.web' is not section.name.attribute", None),
        ("outputs/a", "server.web.id", "there is no section 'server'", "did you mean 'servers'?"),
        ("outputs/a", "servers.app.id", "there is no server 'app'", "known: db, web"),
        ("outputs/a", "buckets.asset.id", "there is no bucket 'asset'", "did you mean 'assets'?"),
        (
            "outputs/a",
            "servers.web.private-ip",
            "there is no output of a server called 'private-ip'",
            "did you mean 'private_ip'?",
        ),
        ("outputs/a", "networks.main.cidr", "there is no output of a network called 'cidr'", "did you mean 'id'?"),
    ],
)
def test_a_name_that_leads_nowhere_blocks(path: str, value: str, message: str, hint: str | None) -> None:
    place = tuple(int(part) if part.isdigit() else part for part in path.split("/"))
    assert validate(edited(path, value))[0] == Finding("reference", "block", place, message, hint)


@pytest.mark.parametrize(
    ("key", "message"),
    [("server.web", "there is no section 'server'"), ("servers.wbe", "there is no server 'wbe'")],
)
def test_extensions_name_resources(key: str, message: str) -> None:
    [finding] = validate(edited("extensions", {"c": {key: {}}}))
    assert (finding.severity, finding.path, finding.message) == ("block", ("extensions", "c", key), message)


def test_a_subnet_of_two_networks_is_ambiguous() -> None:
    stack = edited("networks/side/subnets/web", {"cidr": "10.1.3.0/24"})
    found = [item for item in validate(stack) if item.path[0] == "servers"]
    assert [(item.message, item.hint) for item in found] == [
        ("'web' is a subnet of several networks", "write main.web or side.web")
    ]


def test_an_address_for_a_server_with_no_instance() -> None:
    stack = edited("servers/web/count", 0)
    found = {item.path: item.message for item in validate(stack)}
    assert found[("public_ips", "front", "server")] == "'web' has no instance 'web-0'"
    stack = Stack.model_validate(
        {
            **GOOD,
            "networks": {name: {**network, "routes": []} for name, network in GOOD["networks"].items()},
            "servers": {"web": {**GOOD["servers"]["web"], "count": 0}, "db": GOOD["servers"]["db"]},
            "public_ips": {"front": {"server": "web"}},
            "volumes": {},
            "load_balancers": {},
            "outputs": {},
        }
    )
    [finding] = [item for item in validate(stack) if item.severity == "block"]
    assert (finding.message, finding.hint) == (
        "an address belongs to one server, but 'web' is 0 servers",
        "its count is 0",
    )


@pytest.mark.parametrize(
    ("direction", "rule", "message"),
    [
        ("ingress", {"ports": 80}, "the rule has no 'from'"),
        ("egress", {"ports": 80}, "the rule has no 'to'"),
        ("ingress", {"ports": 80, "to": "anywhere"}, "an ingress rule has 'from', not 'to'"),
        ("egress", {"ports": 80, "from": "anywhere"}, "an egress rule has 'to', not 'from'"),
        ("ingress", {"ports": 80, "from": "10.0.0.0/8", "to": "10.0.0.0/8"}, "an ingress rule has 'from', not 'to'"),
    ],
)
def test_a_rule_has_the_peers_of_its_direction(direction: str, rule: dict[str, Any], message: str) -> None:
    [finding] = validate(edited(f"security_groups/db/{direction}", [rule]))
    assert (finding.code, finding.severity) == ("rule-peer", "block")
    assert finding.path == ("security_groups", "db", direction, 0)
    assert finding.message == message


@pytest.mark.parametrize(("direction", "word"), [("ingress", "from"), ("egress", "to")])
def test_a_peer_that_is_no_group(direction: str, word: str) -> None:
    rule = {"ports": 80, word: ["10.0.0.0/8", {"group": "wbe"}]}
    [finding] = validate(edited(f"security_groups/db/{direction}", [rule]))
    assert finding.path == ("security_groups", "db", direction, 0, word)
    assert finding.hint == "did you mean 'web'?"


def test_findings_are_sorted_and_the_same_every_time() -> None:
    rules = [{"ports": 80, "from": {"group": f"g{index}"}} for index in range(12)]
    stack = edited("security_groups/db/ingress", rules)
    found = validate(stack)
    assert [item.path[3] for item in found] == list(range(12))
    assert validate(Stack.model_validate_json(stack.model_dump_json(by_alias=True))) == found


def test_the_hint_is_not_endless() -> None:
    assert suggest("zzz", [f"a{index:02}" for index in range(20)]).endswith("a10, a11, …")
    assert suggest("zzz", []) == "there is none"


def test_what_references_stand_for() -> None:
    stack = Stack.model_validate(GOOD)
    assert find_subnet(stack, "web") == ("main", "web")
    assert find_subnet(stack, "side.db") == ("side", "db")
    assert server_instances(stack, "web") == ["web-0", "web-1"]
    assert server_instances(stack, "web-1") == ["web-1"]
    assert server_instances(stack, "db") == ["db"]
    assert [find_server(stack, text) for text in ("web", "web-1", "db")] == ["web", "web", "db"]
    assert home_of(stack, stack.servers["web"]) == "c/r"
    assert home_of(stack, stack.servers["web"].model_copy(update={"placement": "d/s/z"})) == "d/s"
    with pytest.raises(ReferenceProblem, match="there is no server 'nope'"):
        find_server(stack, "nope")


def test_a_finding_as_json() -> None:
    finding = Finding("reference", "block", ("servers", "web", 0), "m", None)
    assert finding.as_dict("f:1:2") == {
        "code": "reference",
        "severity": "block",
        "where": "f:1:2",
        "path": "servers.web.0",
        "message": "m",
        "hint": None,
    }
