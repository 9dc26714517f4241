"""From a stack to a graph: what is expanded, named, inherited, and in which order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.model.graph import Graph, Node, build_graph, slug
from mcloud.model.references import ReferenceProblem, find_server, find_subnet, server_instances, suggest
from mcloud.model.resources import KINDS
from mcloud.model.stack import Stack

SERVER = {"size": {"vcpu": 2, "memory": "4 GiB"}, "image": {"os": "ubuntu", "version": "22.04"}, "subnet": "web"}
NETWORKS = {
    "main": {
        "cidr": "10.20.0.0/16",
        "subnets": {
            "web": {"cidr": "10.20.1.0/24", "internet": "direct", "zone": "z1"},
            "db": {"cidr": "10.20.2.0/24"},
        },
    }
}


def stack(**sections: Any) -> Stack:
    base: dict[str, Any] = {"mcloud": 1, "name": "shop", "placement": "c/r", "networks": NETWORKS}
    return Stack.model_validate(base | sections)


def graph(**sections: Any) -> Graph:
    return build_graph(stack(**sections), lambda text: f"text of {text}" if text.startswith("file:") else text)


def inputs(of: Graph, address: str) -> dict[str, Any]:
    return dict(of.by_address[address].inputs)


def names(of: Graph, kind: str) -> list[str]:
    return [node.name for node in of.nodes if node.kind == kind]


def test_networks_and_subnets() -> None:
    made = graph()
    assert inputs(made, "Network/main") == {"placement": "c/r", "cidr": "10.20.0.0/16"}
    assert inputs(made, "Subnet/main.web") == {
        "placement": "c/r",
        "network": "@Network/main",
        "cidr": "10.20.1.0/24",
        "internet": "direct",
        "zone": "z1",
    }
    assert "zone" not in inputs(made, "Subnet/main.db")
    assert made.by_address["Subnet/main.db"].path == ("networks", "main", "subnets", "db")
    assert made.by_address["Subnet/main.db"].token == "mcloud:network:Subnet"


def test_labels_and_placements_go_down() -> None:
    networks = {"main": {**NETWORKS["main"], "placement": "d/q", "labels": {"owner": "net", "tier": "1"}}}
    made = graph(networks=networks, labels={"owner": "shop", "env": "prod"}, servers={})
    assert inputs(made, "Network/main")["labels"] == {"owner": "net", "env": "prod", "tier": "1"}
    assert inputs(made, "Subnet/main.web")["labels"] == {"owner": "shop", "env": "prod"}
    assert inputs(made, "Subnet/main.web")["placement"] == "d/q", "a subnet lives where its network lives"
    assert str(made.by_address["Subnet/main.web"].placement) == "d/q"


def test_servers_are_counted() -> None:
    made = graph(
        servers={
            "web": SERVER | {"count": 2, "zones": ["z1", "z2"], "user_data": "file:init", "public_ip": True},
            "db": SERVER | {"subnet": "db", "disk": {"size": "40 GiB", "min_iops": 3000}, "billing": {"renew": True}},
            "off": SERVER | {"count": 0},
        }
    )
    assert names(made, "Server") == ["web-0", "web-1", "db"]
    assert [inputs(made, f"Server/web-{index}")["zone"] for index in range(2)] == ["z1", "z2"]
    assert inputs(made, "Server/web-0")["userData"] == "text of file:init"
    assert names(made, "PublicIp") == ["web-0", "web-1"]
    assert inputs(made, "PublicIp/web-1")["server"] == "@Server/web-1"
    assert inputs(made, "Server/db") == {
        "placement": "c/r",
        "size": {"vcpu": 2, "memory": "4 GiB", "gpu": 0},
        "image": {"os": "ubuntu", "version": "22.04"},
        "subnet": "@Subnet/main.db",
        "securityGroups": [],
        "disk": {"size": "40 GiB", "class": "ssd", "minIops": 3000},
        "stateless": False,
        "billing": {"renew": True},
    }


@pytest.mark.parametrize(
    ("server", "size", "flavor"),
    [
        ({"flavor": {"c": "small"}}, None, "small"),
        ({"flavor": {"other": "small"}}, {"vcpu": 2, "memory": "4 GiB", "gpu": 0}, None),
        ({"placement": "other/x", "flavor": {"other": "small"}}, None, "small"),
    ],
)
def test_a_flavor_of_the_cloud_stands_for_the_size(server: dict[str, Any], size: Any, flavor: str | None) -> None:
    made = inputs(graph(servers={"web": SERVER | server}), "Server/web")
    assert (made.get("size"), made.get("flavor")) == (size, flavor)


def test_a_rule_for_each_range_and_peer() -> None:
    groups = {
        "web": {
            "ingress": [
                {"ports": [80, "8000-8100"], "from": ["anywhere", {"group": "db"}]},
                {"ports": "all", "protocol": "udp", "from": "10.0.0.0/8", "description": "inside"},
                {"ports": 80, "from": "anywhere"},
            ]
        },
        "db": {"egress": [{"protocol": "icmp", "to": {"group": "web"}}]},
    }
    servers = {
        "web": SERVER | {"security_groups": ["web"], "count": 2},
        "db": SERVER | {"subnet": "db", "security_groups": ["db"]},
        "old": SERVER | {"security_groups": ["db"]},
    }
    made = graph(security_groups=groups, servers=servers)
    assert names(made, "SecurityGroupRule") == [
        "web.ingress.tcp.80.0.0.0.0-0",
        "web.ingress.tcp.80.db",
        "web.ingress.tcp.8000-8100.0.0.0.0-0",
        "web.ingress.tcp.8000-8100.db",
        "web.ingress.udp.1-65535.10.0.0.0-8",
        "db.egress.icmp.all.web",
    ], "the rule that is there twice is made once"
    assert inputs(made, "SecurityGroupRule/web.ingress.tcp.8000-8100.db") == {
        "placement": "c/r",
        "group": "@SecurityGroup/web",
        "direction": "ingress",
        "protocol": "tcp",
        "fromPort": 8000,
        "toPort": 8100,
        "peerGroup": "@SecurityGroup/db",
        "peerCidrs": ["10.20.1.0/24", "10.20.2.0/24"],
    }
    assert inputs(made, "SecurityGroupRule/db.egress.icmp.all.web")["peerCidrs"] == ["10.20.1.0/24"]
    assert "fromPort" not in inputs(made, "SecurityGroupRule/db.egress.icmp.all.web")
    assert inputs(made, "SecurityGroup/web")["openEgress"] is True
    assert inputs(made, "SecurityGroup/db")["openEgress"] is False
    assert made.by_address["SecurityGroupRule/db.egress.icmp.all.web"].path == ("security_groups", "db", "egress", 0)


def test_a_rule_that_is_added_moves_no_other() -> None:
    old = [{"ports": 80, "from": "anywhere"}, {"ports": 443, "from": "anywhere"}]
    before = graph(security_groups={"web": {"ingress": old}})
    after = graph(security_groups={"web": {"ingress": [{"ports": 22, "from": "10.0.0.0/8"}, *reversed(old)]}})
    added = set(after.by_address) - set(before.by_address)
    assert added == {"SecurityGroupRule/web.ingress.tcp.22.10.0.0.0-8"}
    for address, node in before.by_address.items():
        assert after.by_address[address].inputs == node.inputs


TWO = {**NETWORKS, "edge": {"cidr": "10.30.0.0/16", "subnets": {"front": {"cidr": "10.30.1.0/24"}}}}


@pytest.mark.parametrize(
    ("networks", "group", "members", "network"),
    [
        (NETWORKS, {}, [], "@Network/main"),
        (TWO, {}, [], None),
        (TWO, {}, ["front"], "@Network/edge"),
        (TWO, {"network": "main"}, ["front"], "@Network/main"),
    ],
)
def test_the_network_of_a_group(networks: Any, group: Any, members: list[str], network: str | None) -> None:
    servers = {f"s{index}": SERVER | {"subnet": text, "security_groups": ["g"]} for index, text in enumerate(members)}
    made = graph(networks=networks, security_groups={"g": group}, servers=servers)
    assert inputs(made, "SecurityGroup/g").get("network") == network


def test_volumes_and_attachments() -> None:
    made = graph(
        servers={"web": SERVER | {"count": 2}, "db": SERVER, "none": SERVER | {"count": 0}},
        volumes={
            "data": {"size": "200 GiB", "attach": "web", "class": "nvme", "min_iops": 5000},
            "one": {"size": "1 GiB", "attach": "db", "keep": True},
            "free": {"size": "1 GiB", "zone": "z2", "encrypted": True, "placement": "c/q"},
        },
    )
    assert names(made, "Volume") == ["data-0", "data-1", "one", "free"]
    attachments = [node for node in made.nodes if node.kind == "VolumeAttachment"]
    attached = {node.name: (node.inputs["volume"], node.inputs["server"]) for node in attachments}
    assert attached == {
        "data-0": ("@Volume/data-0", "@Server/web-0"),
        "data-1": ("@Volume/data-1", "@Server/web-1"),
        "one": ("@Volume/one", "@Server/db"),
    }
    assert inputs(made, "Volume/data-1") == {
        "placement": "c/r",
        "size": "200 GiB",
        "class": "nvme",
        "minIops": 5000,
        # Where its server is, for a volume cannot be attached across zones.
        "zone": "z1",
        "encrypted": False,
        "keep": False,
    }
    assert inputs(made, "Volume/free")["placement"] == "c/q"
    assert [node.address for node in made.nodes if node.protect] == ["Volume/one"]


def test_load_balancers_pools_listeners() -> None:
    made = graph(
        servers={"web": SERVER | {"count": 2}},
        certificates={"site": {"certificate": "file:site.pem", "private_key": "env:KEY", "chain": "file:chain"}},
        security_groups={"lb": {}, "web": {"ingress": [{"ports": 80, "from": {"group": "lb"}}]}},
        load_balancers={
            "front": {
                "placement": "c/r/z9",
                "subnets": ["web", "main.db"],
                "public": True,
                "security_groups": ["lb"],
                "listeners": [
                    {
                        "port": 443,
                        "protocol": "https",
                        "certificate": "site",
                        "to": {"servers": "web", "port": 8080, "check": "http:/health", "sticky": True},
                    },
                    {"port": 53, "protocol": "udp", "to": {"servers": "web-1", "port": 53, "check": "tcp"}},
                    {"port": 25, "protocol": "tcp", "to": {"servers": "web", "port": 25, "protocol": "tcp"}},
                ],
            }
        },
    )
    assert inputs(made, "LoadBalancer/front") == {
        "placement": "c/r/z9",
        "subnets": ["@Subnet/main.web", "@Subnet/main.db"],
        "zone": "z1",
        "public": True,
        "protocols": ["https", "tcp", "udp"],
        "securityGroups": ["@SecurityGroup/lb"],
    }
    assert inputs(made, "Pool/front-443") == {
        "placement": "c/r/z9",
        "loadBalancer": "@LoadBalancer/front",
        "protocol": "http",
        "port": 8080,
        "members": ["@Server/web-0", "@Server/web-1"],
        "algorithm": "round-robin",
        "sticky": True,
        "monitor": {"protocol": "http", "path": "/health"},
    }
    assert inputs(made, "Pool/front-53-udp")["members"] == ["@Server/web-1"]
    assert inputs(made, "Pool/front-53-udp")["monitor"] == {"protocol": "tcp"}
    assert "monitor" not in inputs(made, "Pool/front-25")
    assert inputs(made, "Listener/front-443")["certificate"] == "@Certificate/site"
    assert inputs(made, "Certificate/site") == {
        "placement": "c/r",
        "certificate": "text of file:site.pem",
        "privateKey": {"secret": "env:KEY"},
        "chain": "text of file:chain",
    }
    members = inputs(made, "SecurityGroupRule/web.ingress.tcp.80.lb")["peerCidrs"]
    assert members == ["10.20.1.0/24", "10.20.2.0/24"], "the load balancer's subnets"


def test_buckets_addresses_keys_outputs() -> None:
    made = graph(
        keys={"deploy": {"public_key": "file:key.pub"}},
        servers={"web": SERVER | {"key": "deploy"}},
        buckets={"files": {"versioning": True, "keep": True}},
        certificates={"bare": {"certificate": "PEM", "private_key": "env:KEY"}},
        public_ips={"fixed": {"server": "web"}, "spare": {}},
        extensions={"c": {"servers.web": {"encryption": True}}, "other": {"buckets.files": {"x": 1}}},
        outputs={"ip": "servers.web.private_ip"},
    )
    assert inputs(made, "KeyPair/deploy")["publicKey"] == "text of file:key.pub"
    assert inputs(made, "Server/web")["key"] == "@KeyPair/deploy"
    assert inputs(made, "Server/web")["extensions"] == {"encryption": True}
    assert inputs(made, "Bucket/files") == {
        "placement": "c/r",
        "versioning": True,
        "publicRead": False,
        "keep": True,
    }
    assert made.by_address["Bucket/files"].protect
    assert inputs(made, "PublicIp/fixed")["server"] == "@Server/web"
    assert "server" not in inputs(made, "PublicIp/spare")
    assert "chain" not in inputs(made, "Certificate/bare")
    assert made.outputs == {"ip": "servers.web.private_ip"}
    assert made.stack == "shop"


FULL: dict[str, Any] = {
    "keys": {"deploy": {"public_key": "ssh-rsa AAAA"}},
    "servers": {"web": SERVER | {"count": 3, "security_groups": ["web"], "key": "deploy"}, "db": SERVER},
    "security_groups": {"web": {"ingress": [{"ports": 80, "from": {"group": "db"}}]}, "db": {}},
    "volumes": {"data": {"size": "1 GiB", "attach": "web"}},
    "load_balancers": {
        "lb": {"subnets": ["web"], "listeners": [{"port": 1, "protocol": "tcp", "to": {"servers": "web", "port": 1}}]}
    },
    "public_ips": {"a": {"server": "db"}},
    "buckets": {"b": {}},
}


def test_each_stands_after_what_it_needs_and_fits_its_kind() -> None:
    made = graph(**FULL)
    seen: set[str] = set()
    for node in made.nodes:
        assert set(node.needs) <= seen, node.address
        assert node.address not in seen
        KINDS[node.kind].inputs.model_validate(node.inputs)
        seen.add(node.address)
    assert made.by_address["Server/web-0"].needs == ("Subnet/main.web", "SecurityGroup/web", "KeyPair/deploy")


def test_the_same_stack_gives_the_same_graph() -> None:
    assert graph(**FULL) == graph(**FULL)


def test_texts_are_read_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key.pub").write_text("ssh-rsa AAAA me\n")
    monkeypatch.chdir(tmp_path)
    made = build_graph(stack(keys={"a": {"public_key": "file:key.pub"}, "b": {"public_key": "ssh-rsa BBBB"}}))
    assert inputs(made, "KeyPair/a")["publicKey"] == "ssh-rsa AAAA me"
    assert inputs(made, "KeyPair/b")["publicKey"] == "ssh-rsa BBBB"
    with pytest.raises(FileNotFoundError):
        build_graph(stack(keys={"a": {"public_key": "file:nothing"}}))


@given(st.text())
def test_a_slug_is_fit_for_a_name(text: str) -> None:
    made = slug(text)
    assert slug(made) == made
    assert all(character.isascii() and (character.isalnum() or character in ".-") for character in made)


def test_needs_takes_references_only() -> None:
    node = Node("Server", "a", {"subnet": "c/r/known", "securityGroups": ["@SecurityGroup/g", "c/r/x"], "key": 3}, ())
    assert node.needs == ("SecurityGroup/g",)


BOTH = {**NETWORKS, "edge": {"cidr": "10.30.0.0/16", "subnets": {"web": {"cidr": "10.30.1.0/24"}}}}


@pytest.mark.parametrize(
    ("networks", "text", "says", "hint"),
    [
        (BOTH, "web", "'web' is a subnet of several networks", "write main.web or edge.web"),
        (NETWORKS, "wbe", "there is no subnet 'wbe'", "did you mean 'web'?"),
        (NETWORKS, "main.wbe", "there is no subnet 'main.wbe'", "did you mean 'main.web'?"),
        (NETWORKS, "mian.web", "there is no subnet 'mian.web'", "did you mean 'main.web'?"),
        ({}, "web", "there is no subnet 'web'", "there is none"),
    ],
)
def test_no_subnet(networks: Any, text: str, says: str, hint: str) -> None:
    with pytest.raises(ReferenceProblem) as caught:
        find_subnet(stack(networks=networks), text)
    assert (caught.value.message, caught.value.hint) == (says, hint)


def test_a_subnet_by_its_full_name() -> None:
    assert find_subnet(stack(networks=BOTH), "edge.web") == ("edge", "web")
    assert find_subnet(stack(networks=BOTH), "db") == ("main", "db")


@pytest.mark.parametrize(
    ("text", "instances", "key"),
    [("web", ["web-0", "web-1"], "web"), ("web-1", ["web-1"], "web"), ("db", ["db"], "db"), ("a-1", ["a-1"], "a-1")],
)
def test_instances(text: str, instances: list[str], key: str) -> None:
    made = stack(servers={"web": SERVER | {"count": 2}, "db": SERVER, "a-1": SERVER})
    assert server_instances(made, text) == instances
    assert find_server(made, text) == key


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ("web-2", "'web' has no instance 'web-2'", "its count is 2"),
        ("db-0", "'db' has no instance 'db-0'", "it has no count: write db"),
        ("web-01", "there is no server 'web-01'", "did you mean 'web'?"),
        ("mail", "there is no server 'mail'", "known: db, web"),
    ],
)
def test_no_instance(text: str, says: str, hint: str) -> None:
    with pytest.raises(ReferenceProblem) as caught:
        find_server(stack(servers={"web": SERVER | {"count": 2}, "db": SERVER}), text)
    assert (caught.value.message, caught.value.hint) == (says, hint)


def test_many_known_names_are_cut() -> None:
    assert suggest("zzz", [f"a{index:02}" for index in range(13)]).endswith("a11, …")
    assert suggest("zzz", ["b", "a"]) == "known: a, b"
