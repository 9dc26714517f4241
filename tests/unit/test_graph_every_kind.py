"""One stack with everything in it: the graph has every kind, and the engine takes what comes out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcloud.model.graph import Graph, Node, build_graph
from mcloud.model.resource_references import reference_fields
from mcloud.model.resources import KINDS
from mcloud.model.stack import Stack
from mcloud.validate import validate

IMAGE = {"os": "ubuntu", "version": "22.04"}
FULL: dict[str, Any] = {
    "mcloud": 1,
    "name": "s",
    "placement": "c/r",
    "labels": {"owner": "me"},
    "networks": {
        "main": {
            "cidr": "10.0.0.0/16",
            "subnets": {
                "web": {"cidr": "10.0.1.0/24", "internet": "direct", "zone": "z1"},
                "db": {"cidr": "10.0.2.0/24"},
            },
            "routes": [{"to": "0.0.0.0/0", "via": "web-2"}, {"to": "192.168.0.0/16", "via": "db"}],
        },
        "far": {"cidr": "10.1.0.0/16", "placement": "d/s", "subnets": {"x": {"cidr": "10.1.1.0/24"}}},
    },
    "security_groups": {
        "web": {
            "ingress": [
                {"ports": [80, "8000-8100"], "from": ["anywhere", "::/0"]},
                {"ports": 80, "from": "anywhere", "description": "the same rule again"},
                {"protocol": "icmp", "from": {"group": "db"}},
            ]
        },
        "db": {"ingress": [{"ports": 5432, "from": {"group": "web"}}], "egress": [{"to": "10.0.0.0/8"}]},
        "far": {"placement": "d/s", "ingress": [{"from": "10.1.0.0/16"}]},
        "idle": {"network": "far", "placement": "d/s"},
    },
    "keys": {"deploy": {"public_key": "file:key.pub", "labels": {"owner": "you", "x": "y"}}},
    "placement_groups": {"apart": {"policy": "spread"}, "near": {"policy": "pack", "strict": True}},
    "servers": {
        "web": {
            "count": 3,
            "interfaces": ["db"],
            "placement_group": "apart",
            "size": {"vcpu": 2, "memory": "4 GiB"},
            "image": IMAGE,
            "subnet": "web",
            "zones": ["a", "b"],
            "security_groups": ["web"],
            "key": "deploy",
            "public_ip": True,
            "user_data": "#!/bin/sh",
            "billing": {"renew": True},
            "disk": {"size": "40 GiB", "min_iops": 3000},
        },
        "db": {
            "size": {"vcpu": 4, "memory": "8 GiB"},
            "flavor": {"c": "big", "other": "huge"},
            "image": IMAGE,
            "subnet": "main.db",
            "security_groups": ["db"],
        },
        "far": {
            "size": {"vcpu": 1, "memory": "1 GiB"},
            "flavor": {"c": "big"},
            "image": IMAGE,
            "subnet": "x",
            "placement": "d/s/z9",
            "zones": "spread",
        },
        "none": {"count": 0, "flavor": {"c": "big"}, "image": IMAGE, "subnet": "web"},
    },
    "volumes": {
        "data": {"size": "200 GiB", "class": "nvme", "min_iops": 100, "attach": "db", "keep": True, "encrypted": True},
        "logs": {"size": "10 GiB", "attach": "web", "zone": "a"},
        "spare": {"size": "10 GiB"},
        "nobody": {"size": "10 GiB", "attach": "none"},
    },
    "public_ips": {"front": {"server": "web-1"}, "free": {}},
    "certificates": {"site": {"certificate": "file:site.pem", "private_key": "env:KEY", "chain": "file:chain.pem"}},
    "load_balancers": {
        "lb": {
            "subnets": ["web"],
            "public": True,
            "security_groups": ["web"],
            "listeners": [
                {
                    "port": 443,
                    "protocol": "https",
                    "certificate": "site",
                    "sni": ["site"],
                    "to": {"servers": "web", "port": 8080, "check": "http:/healthz", "sticky": True},
                },
                {"port": 25, "protocol": "tcp", "to": {"servers": "web-1", "port": 25, "check": "tcp"}},
                {"port": 53, "protocol": "udp", "to": {"servers": "db", "port": 53, "check": "udp"}},
                {
                    "port": 80,
                    "protocol": "http",
                    "allow": "203.0.113.0/24",
                    "idle_timeout": "1 min",
                    "rules": [
                        {"host": "api.example.com", "path": "/v1/*", "to": {"servers": "db", "port": 8080}},
                        {"redirect": "https://example.com/", "code": 301, "keep_query": True},
                    ],
                },
            ],
        }
    },
    "buckets": {"assets": {"versioning": True, "keep": True, "placement": "d/s"}},
    "extensions": {"c": {"servers.web": {"knob": 1}, "networks.main": {"knob": 2}}, "d": {"servers.web": {"no": 1}}},
    "outputs": {"ip": "servers.web-0.private_ip"},
}


@pytest.fixture(scope="module")
def graph() -> Graph:
    stack = Stack.model_validate(FULL)
    assert [item for item in validate(stack) if item.severity == "block"] == []
    return build_graph(stack, lambda value: value.replace("file:", "text of "))


def test_every_node_is_what_its_kind_takes(graph: Graph) -> None:
    assert {node.kind for node in graph.nodes} == set(KINDS)
    for node in graph.nodes:
        json.dumps(node.inputs)
        made = KINDS[node.kind].inputs.model_validate(node.inputs)
        assert made.placement == str(node.placement)
        assert node.token == KINDS[node.kind].token


def test_addresses_are_unique_and_everything_comes_after_what_it_needs(graph: Graph) -> None:
    seen: dict[str, Node] = {}
    for node in graph.nodes:
        assert node.address not in seen
        assert [address for address in node.needs if address not in seen] == []
        fields = reference_fields(KINDS[node.kind].inputs)
        for field, kind in fields.items():
            value = node.inputs.get(field)
            for item in value if isinstance(value, list) else [value] if value else []:
                assert item.startswith(f"@{kind}/")
        seen[node.address] = node


def test_every_node_stands_somewhere_in_the_file(graph: Graph) -> None:
    for node in graph.nodes:
        value: Any = FULL
        for part in node.path:
            value = value[part]
        assert value is not None


def test_extensions_reach_the_resource_that_they_name_and_no_other(graph: Graph) -> None:
    found = {node.address: node.inputs["extensions"] for node in graph.nodes if "extensions" in node.inputs}
    servers = {f"Server/web-{index}": {"knob": 1} for index in range(3)}
    assert found == {"Network/main": {"knob": 2}, **servers}


def test_two_blocks_are_two_rules() -> None:
    blocks = ["fd00:1::/128", "fd00::1/128", "::/0", "0.0.0.0/0"]
    stack = Stack.model_validate(
        {
            "mcloud": 1,
            "name": "s",
            "placement": "c/r",
            "security_groups": {"x-0": {"ingress": [{"ports": 80, "from": [*blocks, {"group": "x-0"}]}]}},
        }
    )
    nodes = [node for node in build_graph(stack).nodes if node.kind == "SecurityGroupRule"]
    assert [node.inputs.get("cidr") for node in nodes] == [*blocks, None]
    assert len({node.name for node in nodes}) == 5


def test_interfaces_and_routes_follow_their_servers(graph: Graph) -> None:
    """One interface for each instance, and a route to the one instance that is named."""
    made = {node.address: node for node in graph.nodes if node.kind in ("NetworkInterface", "Route", "PlacementGroup")}
    assert list(made) == [
        "PlacementGroup/apart",
        "PlacementGroup/near",
        "NetworkInterface/web-0.main.db",
        "NetworkInterface/web-1.main.db",
        "NetworkInterface/web-2.main.db",
        "Route/main.0.0.0.0-0",
        "Route/main.192.168.0.0-16",
    ]
    assert made["NetworkInterface/web-1.main.db"].inputs == {
        "placement": "c/r",
        "server": "@Server/web-1",
        "subnet": "@Subnet/main.db",
    }
    assert made["Route/main.0.0.0.0-0"].inputs == {
        "placement": "c/r",
        "network": "@Network/main",
        "destination": "0.0.0.0/0",
        "gateway": "@Server/web-2",
    }
    assert made["PlacementGroup/near"].inputs["strict"] is True
    assert {node.inputs.get("placementGroup") for node in graph.nodes if node.kind == "Server"} == {
        "@PlacementGroup/apart",
        None,
    }


def test_a_group_s_members_are_in_all_their_subnets(graph: Graph) -> None:
    (rule,) = [node for node in graph.nodes if node.inputs.get("peerGroup") == "@SecurityGroup/web"]
    assert rule.inputs["peerCidrs"] == ["10.0.1.0/24", "10.0.2.0/24"]


def test_two_routes_are_two_resources() -> None:
    blocks = ["fd00:1::/128", "fd00::1/128", "::/0", "0.0.0.0/0"]
    stack = Stack.model_validate(
        {
            "mcloud": 1,
            "name": "s",
            "placement": "c/r",
            "networks": {
                "n": {
                    "cidr": "10.0.0.0/16",
                    "placement": "c/r/z",
                    "subnets": {"a": {"cidr": "10.0.1.0/24"}},
                    "routes": [{"to": block, "via": "w"} for block in blocks],
                }
            },
            "servers": {"w": {"flavor": {"c": "big"}, "image": IMAGE, "subnet": "a"}},
        }
    )
    nodes = [node for node in build_graph(stack).nodes if node.kind == "Route"]
    assert [node.inputs["destination"] for node in nodes] == blocks
    assert len({node.name for node in nodes}) == 4
    assert {node.inputs["placement"] for node in nodes} == {"c/r/z"}


def test_what_is_around_is_told_where_it_matters() -> None:
    stack = json.loads(json.dumps(FULL))
    subnets = stack["networks"]["main"]["subnets"]
    subnets["web"]["internet"] = subnets["db"]["internet"] = "outbound"
    stack["networks"]["far"]["subnets"]["x"]["internet"] = "outbound"
    stack["servers"]["db"]["disk"] = {"encrypted": True}
    stack["servers"]["web"]["user_data"] = {"secret": "keyring:web"}
    stack["servers"]["web"]["size"] |= {"gpu": 1, "gpu_model": "rtx4090"}
    stack["volumes"]["logs"]["encrypted"] = True
    made = build_graph(Stack.model_validate(stack), lambda value: value)
    found = {node.address: node.inputs["around"] for node in made.nodes if "around" in node.inputs}
    assert found == {
        "Subnet/main.web": {"defaultRoute": True},
        "Subnet/main.db": {"defaultRoute": True},
        "VolumeAttachment/data": {"volumeEncrypted": True, "serverEncrypted": True},
        **{f"VolumeAttachment/logs-{index}": {"volumeEncrypted": True, "serverEncrypted": False} for index in range(3)},
    }
    web = made.by_address["Server/web-0"].inputs
    assert web["userData"] == {"secret": "keyring:web"}
    assert web["size"] == {"vcpu": 2, "memory": "4 GiB", "gpu": 1, "gpuModel": "rtx4090"}
    assert made.by_address["Server/db"].inputs["disk"]["encrypted"] is True
