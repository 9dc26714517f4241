"""``was``: former names of all that an entry makes, the state under the new ones, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from mcloud.engine.renaming import not_found, renamed, renames
from mcloud.engine.state import urn_of
from mcloud.model.graph import Graph, build_graph
from mcloud.model.resources import KINDS
from mcloud.model.stack import Stack
from mcloud.validate import validate

SIZE = {"size": {"vcpu": 2, "memory": "4 GiB"}, "image": {"os": "ubuntu", "version": "22.04"}}


def stack(**sections: Any) -> Stack:
    return Stack.model_validate({"mcloud": 1, "name": "shop", "placement": "one/east", **sections})


WHOLE = stack(
    networks={
        "net": {
            "was": "main",
            "cidr": "10.0.0.0/16",
            "subnets": {"a": {"cidr": "10.0.1.0/24", "was": "old"}, "b": {"cidr": "10.0.2.0/24"}},
            "routes": [{"to": "192.168.0.0/16", "via": "db"}],
        }
    },
    security_groups={
        "front": {"was": "web", "ingress": [{"ports": 80, "from": "anywhere"}]},
        "back": {"ingress": [{"ports": "5000-5001", "from": {"group": "front"}}]},
    },
    keys={"ops": {"public_key": "ssh-ed25519 AAAA", "was": "deploy"}},
    servers={
        "app": {**SIZE, "subnet": "a", "count": 2, "was": "web", "public_ip": True, "interfaces": ["b"], "key": "ops"},
        "db": {**SIZE, "subnet": "a", "was": "database"},
    },
    volumes={"data": {"size": "20 GiB", "attach": "app", "was": "disk"}},
    load_balancers={
        "lb": {
            "was": "front",
            "subnets": ["a"],
            "listeners": [{"port": 80, "protocol": "http", "to": {"servers": "app", "port": 80}}],
        }
    },
    buckets={"files": {"was": "assets"}, "logs": {}},
)


def test_all_that_an_entry_makes_has_former_names() -> None:
    former = {node.address: node.was for node in build_graph(WHOLE).nodes if node.was}
    assert former == {
        "Network/net": ("main",),
        "Subnet/net.a": ("main.old", "main.a", "net.old"),
        "Subnet/net.b": ("main.b",),
        "Route/net.192.168.0.0-16": ("main.192.168.0.0-16",),
        "SecurityGroup/front": ("web",),
        "SecurityGroupRule/front.ingress.tcp.80.0.0.0.0-0": ("web.ingress.tcp.80.0.0.0.0-0",),
        "SecurityGroupRule/back.ingress.tcp.5000-5001.front": ("back.ingress.tcp.5000-5001.web",),
        "KeyPair/ops": ("deploy",),
        "Server/app-0": ("web-0", "web"),
        "Server/app-1": ("web-1",),
        "Server/db": ("database", "database-0"),
        "PublicIp/app-0": ("web-0", "web"),
        "PublicIp/app-1": ("web-1",),
        "NetworkInterface/app-0.net.b": ("app-0.main.b", "web-0.net.b", "web-0.main.b", "web.net.b", "web.main.b"),
        "NetworkInterface/app-1.net.b": ("app-1.main.b", "web-1.net.b", "web-1.main.b"),
        "Volume/data-0": ("disk-0", "disk"),
        "Volume/data-1": ("disk-1",),
        "VolumeAttachment/data-0": ("disk-0", "disk"),
        "VolumeAttachment/data-1": ("disk-1",),
        "LoadBalancer/lb": ("front",),
        "Pool/lb-80": ("front-80",),
        "Listener/lb-80": ("front-80",),
        "Bucket/files": ("assets",),
    }


def test_a_count_that_comes_or_goes() -> None:
    network = {"main": {"cidr": "10.0.0.0/16", "subnets": {"a": {"cidr": "10.0.1.0/24"}}}}
    for server, former in (
        ({"count": 2}, {"web-0": ("web",), "web-1": ()}),
        ({}, {"web": ("web-0",)}),
    ):
        made = stack(networks=network, servers={"web": {**SIZE, "subnet": "a", "was": "web", **server}})
        assert not [item for item in validate(made) if item.code == "was"]
        assert {node.name: node.was for node in build_graph(made).nodes if node.kind == "Server"} == former


def test_a_name_that_is_in_use_is_nobodys_former_one() -> None:
    network = {"main": {"cidr": "10.0.0.0/16", "subnets": {"a": {"cidr": "10.0.1.0/24"}}}}
    server = {**SIZE, "subnet": "a"}
    made = stack(networks=network, servers={"web": {**server, "was": "app", "count": 1}, "app-0": server})
    assert {node.name: node.was for node in build_graph(made).nodes if node.kind == "Server"} == {
        "web-0": ("app",),
        "app-0": (),
    }


@pytest.mark.parametrize(
    ("buckets", "message"),
    [
        ({"a": {"was": "b"}}, None),
        ({"a": {"was": "a"}}, "'a' is its name now"),
        ({"a": {"was": "b"}, "b": {}}, "there still is a bucket 'b', so this is another one"),
        ({"a": {"was": "c"}, "b": {"was": "c"}}, "'a' says too that it was the bucket 'c'"),
        ({"a": {"was": "b"}, "b": {"was": "a"}}, "there still is a bucket 'b', so this is another one"),
    ],
)
def test_what_is_refused(buckets: dict[str, Any], message: str | None) -> None:
    found = [item for item in validate(stack(buckets=buckets)) if item.code == "was"]
    assert [item.message for item in found][:1] == ([message] if message else [])
    assert all(item.severity == "block" and item.path[-1] == "was" for item in found)


def test_subnets_are_looked_at_too() -> None:
    subnets = {"a": {"cidr": "10.0.1.0/24", "was": "b"}, "b": {"cidr": "10.0.2.0/24"}}
    found = validate(stack(networks={"main": {"cidr": "10.0.0.0/16", "subnets": subnets}}))
    assert [item.path for item in found if item.code == "was"] == [("networks", "main", "subnets", "a", "was")]


def urn(kind: str, name: str) -> str:
    return urn_of("shop", KINDS[kind].token, name)


def there(kind: str, name: str, *needs: str) -> dict[str, Any]:
    return {
        "urn": urn(kind, name),
        "type": KINDS[kind].token,
        "id": f"one/east/{name}",
        "dependencies": list(needs),
        "propertyDependencies": {"network": list(needs), "cidr": None},
    }


def test_the_state_under_the_new_names() -> None:
    graph = build_graph(WHOLE)
    state = [there("Network", "main"), there("Subnet", "main.b", urn("Network", "main")), there("Bucket", "logs")]
    seen = renamed(graph, state)
    assert [item["urn"] for item in seen] == [urn("Network", "net"), urn("Subnet", "net.b"), urn("Bucket", "logs")]
    assert seen[1]["dependencies"] == [urn("Network", "net")]
    assert seen[1]["propertyDependencies"] == {"network": [urn("Network", "net")], "cidr": []}
    assert state[0]["urn"] == urn("Network", "main")
    assert {name: node.name for name, node in renames(graph, state).items()} == {
        urn("Network", "main"): "net",
        urn("Subnet", "main.b"): "net.b",
    }


def test_what_has_its_name_already_is_renamed_no_more() -> None:
    graph = build_graph(WHOLE)
    state = [there("Bucket", "files"), there("Bucket", "assets")]
    assert renames(graph, state) == {}
    assert renamed(graph, state) == state
    assert "Bucket/files" not in {node.address for node in not_found(graph, state)}
    assert "Bucket/files" in {node.address for node in not_found(graph, [])}
    assert "Bucket/files" not in {node.address for node in not_found(graph, state[1:])}
    assert not_found(Graph("shop", ()), []) == []


def test_what_is_marked_keep() -> None:
    made = stack(
        networks={"main": {"cidr": "10.0.0.0/16", "subnets": {"a": {"cidr": "10.0.1.0/24"}}}},
        servers={"web": {**SIZE, "subnet": "a", "keep": True, "public_ip": True}, "db": {**SIZE, "subnet": "a"}},
        volumes={"data": {"size": "20 GiB", "keep": True}},
        buckets={"files": {"keep": True}},
    )
    protected = {node.address for node in build_graph(made).nodes if node.protect}
    assert protected == {"Server/web", "Volume/data", "Bucket/files"}
