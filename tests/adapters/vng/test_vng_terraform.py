"""What VNG Cloud's Terraform types mean, and a state that the vendor's provider wrote, end to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcloud.discover.discovery import Counts, Discovery
from mcloud.discover.meaning import Meant
from mcloud.discover.parts import (
    AttachmentPart,
    BalancerPart,
    CertificatePart,
    FactPart,
    GroupPart,
    InterfacePart,
    KeyPart,
    ListenerPart,
    NetworkPart,
    PlacementGroupPart,
    PoolPart,
    RulePart,
    ServerPart,
    SubnetPart,
    VolumePart,
)
from mcloud.discover.pipeline import discover_tfstate
from mcloud.discover.tfstate import StateResource, read_tfstate
from mcloud.discover.write import to_yaml
from mcloud.model.stack import Stack
from mcloud_vng import adapter
from mcloud_vng.terraform import MEANINGS

STATE = Path(__file__).parents[2] / "data" / "vng-tfstate" / "state.tfstate"
SCOPE = {
    "vngcloud_vserver_": (
        *("volume", "server", "sshkey", "network", "vip", "route_table", "address_pair_interface_attachment"),
        *("secgroup", "subnet", "secgrouprule", "volume_attach", "server_group", "network_interface"),
        *("external_interface_attach", "internal_interface_attach"),
    ),
    "vngcloud_vlb_": ("load_balancer", "listener", "pool", "l7policy", "certificate"),
}
SSD_3000, SSD_10000 = "vtype-e782f8e1-0569-11f0-a0a4-ec2a72332f83", "vtype-e783127f-0569-11f0-a0a4-ec2a72332f83"


def meant(kind: str, removed: tuple[str, ...] = (), **attributes: Any) -> Meant:
    name = f"vngcloud_{kind}"
    return MEANINGS[name](StateResource("f", f"{name}.x", name, attributes=attributes, removed=removed))


def whats(found: Meant) -> list[str]:
    return [note.what for note in found.notes]


def test_every_type_of_server_network_and_balancer_has_a_meaning() -> None:
    names = [f"{prefix}{name}" for prefix, rest in SCOPE.items() for name in rest]
    assert len(names) == 20
    assert not set(names) - set(MEANINGS)
    assert adapter.terraform_meanings() is MEANINGS


def test_networks_and_subnets() -> None:
    assert meant("vserver_network", id="n", cidr="10.0.0.0/16", zone_id="Z").part == NetworkPart("n", "10.0.0.0/16")
    found = meant(
        "vserver_subnet",
        id="s",
        network_id="n",
        cidr="10.0.1.0/24",
        zone_id="Z",
        interface_acl_policy_uuid="acl-1",
        odd="x",
    )
    assert found.part == SubnetPart("s", "n", "10.0.1.0/24")
    assert whats(found) == ["zone Z", "network ACL acl-1", "odd"]


def test_a_group_is_in_no_network_and_lets_everything_out() -> None:
    part = meant("vserver_secgroup", id="g", name="web", description="d").part
    assert isinstance(part, GroupPart)
    assert (part.network, part.everywhere, part.description) == (None, True, "d")
    assert part.open_egress is not None
    assert "does not show" in part.open_egress


RULE = {"security_group_id": "g", "direction": "ingress", "remote_ip_prefix": "10.0.0.0/8"}


@pytest.mark.parametrize(
    ("attributes", "protocol", "ports"),
    [
        ({"protocol": "TCP", "port_range_min": 80, "port_range_max": 81}, "tcp", (80, 81)),
        ({"protocol": "udp", "port_range_min": 1, "port_range_max": 65535}, "udp", None),
        ({"protocol": "icmp", "port_range_min": 1, "port_range_max": 255}, "icmp", None),
        ({"protocol": "any", "port_range_min": 0, "port_range_max": 65535}, "any", None),
        ({"protocol": "47", "port_range_min": 1, "port_range_max": 65535}, "47", None),
    ],
)
def test_rules(attributes: dict[str, Any], protocol: str, ports: tuple[int, int] | None) -> None:
    part = meant("vserver_secgrouprule", **RULE, **attributes, description="d").part
    assert part == RulePart("g", "ingress", protocol, ports, ("10.0.0.0/8",), (), "d")


@pytest.mark.parametrize(
    ("kind", "attributes", "says"),
    [
        ("vserver_network", {"id": "n"}, "its cidr"),
        ("vserver_network", {"id": "n", "cidr": "::/64"}, "not IPv4"),
        ("vserver_subnet", {"id": "s", "cidr": "10.0.0.0/24"}, "network_id"),
        ("vserver_secgrouprule", {"protocol": "tcp", "remote_ip_prefix": "0.0.0.0/0"}, "security_group_id"),
        ("vserver_secgrouprule", {**RULE, "direction": "odd", "protocol": "tcp"}, "direction"),
        (
            "vserver_secgrouprule",
            {**RULE, "protocol": "icmp", "port_range_min": 8, "port_range_max": 8},
            "ICMP types 8",
        ),
        ("vserver_secgrouprule", {**RULE, "protocol": "vrrp"}, "vrrp"),
        (
            "vserver_secgrouprule",
            {**RULE, "protocol": "tcp", "port_range_min": 9, "port_range_max": 1},
            "no port range",
        ),
        ("vserver_server", {"id": "i", "flavor_id": "f"}, "image_id"),
        ("vserver_volume", {"id": "v", "volume_type_id": "t"}, "its size"),
        ("vserver_volume", {"id": "v", "volume_type_id": "t", "size": 9, "bootable": True}, "root disk"),
        ("vserver_route_table", {"route": [{"destination_cidr_block": "1.0.0.0/8", "target": "t"}]}, "1.0.0.0/8 via t"),
        ("vserver_vip", {}, "no word"),
        ("vserver_network_interface", {}, "no word"),
        ("vserver_flavor", {"id": "f"}, "its size"),
        ("vserver_image", {"id": "i", "name": "mine"}, "not known"),
        ("vlb_load_balancer", {"id": "l"}, "subnet_id"),
        ("vlb_load_balancer", {"id": "l", "subnet_id": "s", "scheme": "InterVPC"}, "intervpc"),
        ("vlb_pool", {"id": "p", "load_balancer_id": "l", "protocol": "PROXY"}, "proxy"),
        ("vlb_certificate", {"id": "c", "type": "CA"}, "checked against"),
        ("vlb_l7policy", {}, "one group of servers"),
        ("vks_cluster", {}, "Kubernetes"),
        ("vdb_relational_database", {}, "database"),
    ],
)
def test_refusals(kind: str, attributes: dict[str, Any], says: str) -> None:
    found = meant(kind, **attributes)
    assert found.part is None
    assert says in found.reason
    assert found.advice


def test_servers() -> None:
    found = meant(
        "vserver_server",
        ("user_data",),
        id="i",
        name="web",
        flavor_id="flav-1",
        image_id="img-1",
        os_info="Ubuntu-22.04x64",
        subnet_id="s",
        security_group=["g"],
        ssh_key="k",
        root_disk_size=30,
        root_disk_type_id=SSD_10000,
        encryption_volume=True,
        internal_interfaces=[{"fixed_ip": "10.0.0.5", "floating_ip": "203.0.113.1"}],
        external_interfaces=[{"uuid": "x"}],
        user_name="admin",
        server_group_id="sg",
        action="stop",
        host_group_id="hg",
    )
    assert found.part == ServerPart(
        "i",
        "flav-1",
        None,
        "img-1",
        "s",
        ("g",),
        "k",
        public_ip=True,
        disk_gib=30,
        min_iops=10000,
        os=("ubuntu", "22.04"),
        placement_group="sg",
        addresses=("10.0.0.5",),
        disk_encrypted=True,
        stopped=True,
    )
    assert whats(found) == ["public interfaces", "user and password", "host_group_id", "user_data"]


def test_volumes_keys_interfaces_and_facts() -> None:
    assert meant("vserver_volume", id="v", size=20, volume_type_id=SSD_3000).part == VolumePart(
        "v", 20, "ssd", None, SSD_3000
    )
    unknown = meant("vserver_volume", id="v", size=20, volume_type_id="t", encryption_type="aes", multi_attach=True)
    assert unknown.part == VolumePart("v", 20, None, None, "t", encrypted=True)
    assert whats(unknown) == ["multi_attach"]
    assert meant("vserver_volume_attach", id="v", volume_id="v", server_id="i").part == AttachmentPart("v/i", "v", "i")
    assert meant("vserver_sshkey", id="k", public_key="ssh-rsa A").part == KeyPart("k", "ssh-rsa A")
    assert meant("vserver_server_group", id="g", policy_id="p").part == PlacementGroupPart("g", "p")
    nic = meant(
        "vserver_internal_interface_attach", id="n", server_id="i", subnet_id="s", ip="1.2.3.4", floating_ip_id="w"
    )
    assert nic.part == InterfacePart("n", "i", "s")
    assert whats(nic) == ["address 1.2.3.4", "public address"]
    assert meant("vserver_flavor", id="f", cpu=2, memory=4).part == FactPart("f", "flavor", (2, 4096))
    assert meant("vserver_server_group_policy", id="p", name="Soft affinity").part == FactPart("p", "policy", "pack")
    assert meant("vserver_volume_type", id="t", volume_type_zone_id="z", iops="3000").part == FactPart(
        "t", "disk type", ("z", 3000)
    )
    assert meant("vserver_volume_type_zone", id="z", name="NVME").part == FactPart("z", "disk class", "nvme")


def test_balancers() -> None:
    balancer = meant("vlb_load_balancer", id="l", subnet_id="s", scheme="Internal", package_id="p")
    assert balancer.part == BalancerPart("l", ("s",))
    assert whats(balancer) == ["package p"]
    pool = meant(
        "vlb_pool",
        id="p",
        load_balancer_id="l",
        protocol="HTTP",
        algorithm="SOURCE_IP",
        stickiness=True,
        health_monitor=[
            {"health_check_protocol": "HTTP", "health_check_path": "/up", "success_code": "200,302", "interval": 30}
        ],
        members=[
            {"ip_address": "10.0.0.5", "port": 8080, "monitor_port": 8081, "weight": 1, "backup": False},
            {"ip_address": "10.0.0.6", "port": 8080, "monitor_port": 8080, "weight": 2, "backup": True},
        ],
    )
    settings = {"protocol": "http", "algorithm": "source-ip", "sticky": True, "check": "http:/up"}
    assert pool.part == PoolPart("p", "l", 8080, ("10.0.0.5", "10.0.0.6"), settings)
    assert whats(pool) == ["success_code", "backup members", "weights", "monitor port"]
    listener = meant(
        "vlb_listener",
        id="h",
        load_balancer_id="l",
        protocol="HTTPS",
        protocol_port=443,
        default_pool_id="p",
        default_certificate_authority="c",
        allowed_cidrs="10.0.0.0/8",
        timeout_client=50,
        headers=["X-Forwarded-For"],
    )
    assert listener.part == ListenerPart("h", "l", "p", 443, "https", "c")
    assert whats(listener) == ["allowed_cidrs", "headers"]
    certificate = meant("vlb_certificate", ("private_key",), id="c", certificate="PEM", type="TLS/SSL")
    assert certificate.part == CertificatePart("c", "PEM")
    assert whats(certificate) == ["private_key"]


def discover(*files: Path) -> Discovery:
    return discover_tfstate(files, placement="vng/hcm", meanings=MEANINGS)


def test_a_state_that_the_vendors_provider_wrote() -> None:
    found = discover(STATE)
    assert found.counts() == Counts(26, 8, 17, 1)
    assert [outcome.type for outcome in found.remainder] == ["vngcloud_vserver_route_table"]
    assert not found.open
    document = found.document
    stack = Stack.model_validate(document)
    assert document["servers"]["web"] == {
        "size": {"vcpu": 2, "memory": "4 GiB"},
        "image": {"os": "ubuntu", "version": "24.04"},
        "subnet": "main.web",
        "security_groups": ["web"],
        "key": "deploy",
        "placement_group": "apart",
        "disk": {"size": "30 GiB", "class": "ssd"},
        "count": 2,
    }
    assert document["volumes"] == {"data": {"size": "50 GiB", "class": "ssd", "min_iops": 10000, "attach": "web"}}
    target = {"servers": "web", "port": 8080, "sticky": True, "check": "http:/healthz"}
    listener = {"port": 80, "protocol": "http", "to": target}
    assert document["load_balancers"] == {"front": {"subnets": ["main.web"], "public": True, "listeners": [listener]}}
    assert stack.placement_groups["apart"].policy == "spread"
    assert stack.security_groups["web"].egress is None
    assert "assumed: everything may leave" in to_yaml(found)


def test_a_state_with_another_balancer_and_a_certificate(tmp_path: Path) -> None:
    state = json.loads(STATE.read_text())
    web = [item for item in read_tfstate(STATE) if item.type == "vngcloud_vserver_server"]
    members = [
        {"ip_address": item.attributes["internal_interfaces"][0]["fixed_ip"], "port": 8080, "weight": 1} for item in web
    ]
    [subnet] = {item.attributes["subnet_id"] for item in web}
    more: dict[str, dict[str, Any]] = {
        "vngcloud_vlb_load_balancer": {"id": "lb", "subnet_id": subnet, "scheme": "Internet"},
        "vngcloud_vlb_pool": {
            "id": "p",
            "load_balancer_id": "lb",
            "protocol": "HTTP",
            "members": members,
            "health_monitor": [{"health_check_protocol": "TCP"}],
        },
        "vngcloud_vlb_listener": {
            "id": "h",
            "load_balancer_id": "lb",
            "protocol": "HTTP",
            "protocol_port": 80,
            "default_pool_id": "p",
        },
        "vngcloud_vlb_certificate": {"id": "c", "name": "site", "private_key": "SECRET", "passphrase": "SECRET"},
    }
    state["resources"] += [
        {"mode": "managed", "type": kind, "name": "other", "instances": [{"attributes": values}]}
        for kind, values in more.items()
    ]
    path = tmp_path / "lb.tfstate"
    path.write_text(json.dumps(state))
    found = discover(path)
    target = {"servers": "web", "port": 8080, "check": "tcp"}
    assert found.document["load_balancers"]["other"] == {
        "subnets": ["main.web"],
        "public": True,
        "listeners": [{"port": 80, "protocol": "http", "to": target}],
    }
    # Neither source holds the certificate itself: where it is has to be asked.
    assert found.counts() == Counts(30, 10, 19, 1)
    assert {outcome.type for outcome in found.remainder} == {"vngcloud_vserver_route_table"}
    assert found.document["certificates"]["other"]["private_key"] == "env:OTHER_KEY"
    assert "where are it and its key" in " ".join(item.text for item in found.open)
    assert "SECRET" not in to_yaml(found)
