"""From a stack to the graph: counts, rules, references, and that the engine's kinds take what comes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcloud.model.graph import Graph, Node, build_graph, read_reference, slug
from mcloud.model.resources import KINDS, reference_fields
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
    "servers": {
        "web": {
            "count": 3,
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
                    "to": {"servers": "web", "port": 8080, "check": "http:/healthz", "sticky": True},
                },
                {"port": 25, "protocol": "tcp", "to": {"servers": "web-1", "port": 25, "check": "tcp"}},
                {"port": 53, "protocol": "udp", "to": {"servers": "db", "port": 53, "protocol": "tcp"}},
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


def names(graph: Graph, kind: str) -> list[str]:
    return [node.name for node in graph.nodes if node.kind == kind]


def inputs(graph: Graph, address: str) -> dict[str, Any]:
    return dict(graph.by_address[address].inputs)


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


def test_servers_are_counted(graph: Graph) -> None:
    assert names(graph, "Server") == ["web-0", "web-1", "web-2", "db", "far"]
    web = inputs(graph, "Server/web-2")
    assert web == {
        "placement": "c/r",
        "labels": {"owner": "me"},
        "extensions": {"knob": 1},
        "size": {"vcpu": 2, "memory": "4 GiB", "gpu": 0},
        "image": IMAGE,
        "subnet": "@Subnet/main.web",
        "securityGroups": ["@SecurityGroup/web"],
        "key": "@KeyPair/deploy",
        "zone": "a",
        "disk": {"size": "40 GiB", "class": "ssd", "minIops": 3000},
        "userData": "#!/bin/sh",
        "stateless": False,
        "billing": {"renew": True},
    }
    assert [inputs(graph, f"Server/web-{index}")["zone"] for index in range(3)] == ["a", "b", "a"]


def test_a_forced_flavor_counts_on_its_own_cloud_only(graph: Graph) -> None:
    db, far = inputs(graph, "Server/db"), inputs(graph, "Server/far")
    assert (db.get("flavor"), db.get("size")) == ("big", None)
    assert (far.get("flavor"), far["size"]["vcpu"]) == (None, 1)


def test_zones_and_placements(graph: Graph) -> None:
    assert "zone" not in inputs(graph, "Server/far")
    assert inputs(graph, "Server/far")["placement"] == "d/s/z9"
    assert inputs(graph, "Subnet/far.x")["placement"] == "d/s"
    assert inputs(graph, "Subnet/main.web") == {
        "placement": "c/r",
        "labels": {"owner": "me"},
        "network": "@Network/main",
        "cidr": "10.0.1.0/24",
        "internet": "direct",
        "zone": "z1",
    }
    assert str(graph.by_address["Server/far"].placement) == "d/s/z9"


def test_a_zone_of_the_subnet_is_the_servers() -> None:
    server = {"flavor": {"c": "f"}, "image": IMAGE, "subnet": "web"}
    stack = Stack.model_validate(
        {**FULL, "servers": {"one": server}} | {key: {} for key in ("volumes", "public_ips", "load_balancers")}
    )
    assert build_graph(stack, str).by_address["Server/one"].inputs["zone"] == "z1"


def test_rules_are_resources_of_their_own(graph: Graph) -> None:
    assert names(graph, "SecurityGroupRule") == [
        "web.ingress.tcp.80.0.0.0.0-0",
        "web.ingress.tcp.80.-0",
        "web.ingress.tcp.8000-8100.0.0.0.0-0",
        "web.ingress.tcp.8000-8100.-0",
        "web.ingress.icmp.all.db",
        "db.ingress.tcp.5432.web",
        "db.egress.tcp.all.10.0.0.0-8",
        "far.ingress.tcp.all.10.1.0.0-16",
    ]
    assert inputs(graph, "SecurityGroupRule/db.ingress.tcp.5432.web") == {
        "placement": "c/r",
        "labels": {"owner": "me"},
        "group": "@SecurityGroup/db",
        "direction": "ingress",
        "protocol": "tcp",
        "fromPort": 5432,
        "toPort": 5432,
        "peerGroup": "@SecurityGroup/web",
        "peerCidrs": ["10.0.1.0/24"],
    }
    icmp = inputs(graph, "SecurityGroupRule/web.ingress.icmp.all.db")
    assert "fromPort" not in icmp
    assert icmp["peerCidrs"] == ["10.0.2.0/24"]
    assert inputs(graph, "SecurityGroupRule/far.ingress.tcp.all.10.1.0.0-16")["placement"] == "d/s"


def test_a_rule_more_moves_no_other(graph: Graph) -> None:
    more = json.loads(json.dumps(FULL))
    more["security_groups"]["web"]["ingress"].insert(0, {"ports": 443, "from": "anywhere"})
    changed = build_graph(Stack.model_validate(more), lambda value: value)
    before, after = set(names(graph, "SecurityGroupRule")), set(names(changed, "SecurityGroupRule"))
    assert after - before == {"web.ingress.tcp.443.0.0.0.0-0"}
    assert before <= after


def test_groups_know_their_network_and_whether_all_may_leave(graph: Graph) -> None:
    found = {
        name: (
            inputs(graph, f"SecurityGroup/{name}").get("network"),
            inputs(graph, f"SecurityGroup/{name}")["openEgress"],
        )
        for name in FULL["security_groups"]
    }
    assert found == {
        "web": ("@Network/main", True),
        "db": ("@Network/main", False),
        "far": (None, True),
        "idle": ("@Network/far", True),
    }


def test_a_group_is_in_the_only_network_there_is() -> None:
    stack = Stack.model_validate(
        {
            "mcloud": 1,
            "name": "s",
            "placement": "c/r",
            "networks": {"n": {"cidr": "10.0.0.0/16"}},
            "security_groups": {"g": {}},
        }
    )
    assert build_graph(stack).by_address["SecurityGroup/g"].inputs["network"] == "@Network/n"


def test_volumes_are_one_for_each_server(graph: Graph) -> None:
    assert names(graph, "Volume") == ["data", "logs-0", "logs-1", "logs-2", "spare", "nobody"]
    attached = {
        node.name: (node.inputs["volume"], node.inputs["server"])
        for node in graph.nodes
        if node.kind == "VolumeAttachment"
    }
    assert attached == {
        "data": ("@Volume/data", "@Server/db"),
        "logs-0": ("@Volume/logs-0", "@Server/web-0"),
        "logs-1": ("@Volume/logs-1", "@Server/web-1"),
        "logs-2": ("@Volume/logs-2", "@Server/web-2"),
    }
    data = graph.by_address["Volume/data"]
    assert data.protect
    assert (data.inputs["class"], data.inputs["minIops"], data.inputs["size"]) == ("nvme", 100, "200 GiB")
    assert not graph.by_address["Volume/spare"].protect


def test_public_addresses(graph: Graph) -> None:
    servers = {node.name: node.inputs.get("server") for node in graph.nodes if node.kind == "PublicIp"}
    assert servers == {
        "front": "@Server/web-1",
        "free": None,
        "web-0": "@Server/web-0",
        "web-1": "@Server/web-1",
        "web-2": "@Server/web-2",
    }


def test_texts_are_read(graph: Graph) -> None:
    assert inputs(graph, "KeyPair/deploy")["publicKey"] == "text of key.pub"
    assert inputs(graph, "KeyPair/deploy")["labels"] == {"owner": "you", "x": "y"}
    certificate = inputs(graph, "Certificate/site")
    assert (certificate["certificate"], certificate["chain"]) == ("text of site.pem", "text of chain.pem")
    assert certificate["privateKey"] == "env:KEY", "a secret stays a reference"


def test_load_balancers_have_a_pool_and_a_listener_for_each_port(graph: Graph) -> None:
    assert names(graph, "Listener") == names(graph, "Pool") == ["lb-443", "lb-25", "lb-53"]
    pool = inputs(graph, "Pool/lb-443")
    assert pool["members"] == ["@Server/web-0", "@Server/web-1", "@Server/web-2"]
    assert (pool["protocol"], pool["port"], pool["sticky"]) == ("http", 8080, True)
    assert pool["monitor"] == {"protocol": "http", "path": "/healthz"}
    assert inputs(graph, "Pool/lb-25")["monitor"] == {"protocol": "tcp"}
    assert "monitor" not in inputs(graph, "Pool/lb-53")
    assert inputs(graph, "Pool/lb-53")["protocol"] == "tcp"
    listener = inputs(graph, "Listener/lb-443")
    assert (listener["certificate"], listener["pool"]) == ("@Certificate/site", "@Pool/lb-443")
    assert "certificate" not in inputs(graph, "Listener/lb-25")


def test_buckets_and_outputs(graph: Graph) -> None:
    bucket = graph.by_address["Bucket/assets"]
    assert bucket.protect
    assert bucket.inputs["placement"] == "d/s"
    assert graph.outputs == {"ip": "servers.web-0.private_ip"}


def test_texts_below_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("key.pub").write_text("ssh-rsa AAAA\n")
    assert read_reference("file:key.pub") == "ssh-rsa AAAA\n"
    assert read_reference("plain") == "plain"


@pytest.mark.parametrize(("text", "name"), [("a.b-c", "a.b-c"), ("10.0.0.0/8", "10.0.0.0-8"), ("a b//c:", "a-b-c")])
def test_names_of_the_engine(text: str, name: str) -> None:
    assert slug(text) == name


def test_extensions_reach_the_resource_that_they_name_and_no_other(graph: Graph) -> None:
    found = {node.address: node.inputs["extensions"] for node in graph.nodes if "extensions" in node.inputs}
    servers = {f"Server/web-{index}": {"knob": 1} for index in range(3)}
    assert found == {"Network/main": {"knob": 2}, **servers}
