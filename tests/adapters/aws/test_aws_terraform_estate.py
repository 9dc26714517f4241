"""An estate of AWS in Terraform's words, as a stack: routes, addresses, rules, disks, fleets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcloud.discover.parts import (
    BelongsPart,
    FleetPart,
    HopPart,
    TablePart,
)
from mcloud.discover.pipeline import discover_tfstate
from mcloud_aws.terraform import MEANINGS
from tests.adapters.aws.states import ANY, VPC, Row, blocking, discover, fates, meant, server, subnet

# --- routes and addresses


def test_routes_say_what_subnets_reach(tmp_path: Path) -> None:
    rows: list[Row] = [
        VPC,
        *(subnet(name, number) for number, name in enumerate(("front", "back", "inner", "rest"))),
        ("aws_internet_gateway", "gw", {"id": "igw-1", "vpc_id": "vpc-1"}),
        ("aws_eip", "nat", {"id": "eipalloc-1"}),
        ("aws_nat_gateway", "nat", {"id": "nat-1", "subnet_id": "subnet-front", "allocation_id": "eipalloc-1"}),
        (
            "aws_route_table",
            "front",
            {"id": "rtb-1", "vpc_id": "vpc-1", "route": [{"cidr_block": ANY, "gateway_id": "igw-1"}]},
        ),
        ("aws_route_table", "back", {"id": "rtb-2", "vpc_id": "vpc-1", "route": []}),
        ("aws_route", "out", {"route_table_id": "rtb-2", "destination_cidr_block": ANY, "nat_gateway_id": "nat-1"}),
        ("aws_route_table", "inner", {"id": "rtb-3", "vpc_id": "vpc-1"}),
        (
            "aws_default_route_table",
            "main",
            {"id": "rtb-4", "vpc_id": "vpc-1", "route": [{"cidr_block": ANY, "gateway_id": "igw-1"}]},
        ),
        *(
            ("aws_route_table_association", name, {"route_table_id": f"rtb-{number}", "subnet_id": f"subnet-{name}"})
            for number, name in enumerate(("front", "back", "inner"), 1)
        ),
    ]
    found = discover(tmp_path, *rows)
    subnets = found.document["networks"]["main"]["subnets"]
    reach = {"front": "direct", "back": "outbound", "inner": "none", "rest": "direct"}
    assert {name: row["internet"] for name, row in subnets.items()} == reach
    assert not found.remainder
    # What the routes say is known, so it is not assumed.
    assert not [item for item in found.assumptions if item.path[-1:] == ("internet",)]
    assert "public_ips" not in found.document


def test_a_route_to_a_server_is_the_networks(tmp_path: Path) -> None:
    rows = [
        VPC,
        subnet("a", 1),
        server("vpn", "a", primary_network_interface_id="eni-1"),
        (
            "aws_route_table",
            "a",
            {
                "id": "rtb-1",
                "vpc_id": "vpc-1",
                "route": [{"cidr_block": "192.168.0.0/16", "network_interface_id": "eni-1"}],
            },
        ),
        (
            "aws_route",
            "b",
            {"route_table_id": "rtb-1", "destination_cidr_block": "172.16.0.0/12", "instance_id": "i-vpn"},
        ),
    ]
    found = discover(tmp_path, *rows)
    routes = found.document["networks"]["main"]["routes"]
    assert sorted(routes, key=str) == [{"to": "172.16.0.0/12", "via": "vpn"}, {"to": "192.168.0.0/16", "via": "vpn"}]


def test_kept_addresses_and_interfaces(tmp_path: Path) -> None:
    rows = [
        VPC,
        subnet("a", 1),
        subnet("b", 2),
        server("web", "a", public_ip="1.2.3.4", primary_network_interface_id="eni-1"),
        (
            "aws_network_interface",
            "first",
            {"id": "eni-1", "subnet_id": "subnet-a", "attachment": [{"instance": "i-web", "device_index": 0}]},
        ),
        (
            "aws_network_interface",
            "second",
            {"id": "eni-2", "subnet_id": "subnet-b", "attachment": [{"instance": "i-web", "device_index": 1}]},
        ),
        ("aws_eip", "web", {"id": "eipalloc-1", "public_ip": "1.2.3.4"}),
        ("aws_eip_association", "web", {"allocation_id": "eipalloc-1", "network_interface_id": "eni-1"}),
        ("aws_eip", "spare", {"id": "eipalloc-2", "tags": {"team": "a"}}),
    ]
    found = discover(tmp_path, *rows)
    assert fates(found) | {"main": "", "a": "", "b": ""} == {
        **{"main": "", "a": "", "b": "", "first": "servers.web", "second": "servers.web"},
        **{"web": "public_ips.web", "spare": "public_ips.spare"},
    }
    assert found.document["public_ips"] == {"web": {"server": "web"}, "spare": {"labels": {"team": "a"}}}
    entry = found.document["servers"]["web"]
    assert ("public_ip" in entry, entry["interfaces"]) == (False, ["main.b"])
    assert found.document["networks"]["main"]["subnets"]["a"]["internet"] == "direct"


@pytest.mark.parametrize(
    ("kind", "attributes", "part"),
    [
        (
            "aws_route_table",
            {"id": "r", "vpc_id": "v", "route": [{"cidr_block": ANY, "gateway_id": "vgw-1"}]},
            TablePart("r", "v"),
        ),
        (
            "aws_route_table",
            {"id": "r", "vpc_id": "v", "route": [{"ipv6_cidr_block": "::/0", "gateway_id": "igw-1"}]},
            TablePart("r", "v"),
        ),
        ("aws_route", {"route_table_id": "r", "destination_cidr_block": ANY, "transit_gateway_id": "tgw-1"}, None),
        ("aws_route", {"route_table_id": "r", "destination_ipv6_cidr_block": "::/0", "gateway_id": "igw-1"}, None),
        ("aws_route_table_association", {"route_table_id": "r", "gateway_id": "igw-1"}, None),
        ("aws_nat_gateway", {"id": "n", "subnet_id": "s", "connectivity_type": "private"}, None),
        ("aws_network_interface", {"id": "e", "subnet_id": "s"}, None),
        (
            "aws_network_acl",
            {
                "id": "a",
                "vpc_id": "v",
                "ingress": [{"rule_no": 1, "action": "deny", "protocol": "-1", "cidr_block": ANY}],
            },
            None,
        ),
    ],
)
def test_what_has_no_word_is_told(kind: str, attributes: dict[str, Any], part: Any) -> None:
    found = meant(kind, **attributes)
    assert found.part == part
    assert found.notes if part else (found.reason and found.advice)


def test_an_acl_that_lets_everything_through_is_none() -> None:
    rule = {"rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": ANY}
    found = meant("aws_default_network_acl", id="acl-1", vpc_id="vpc-1", ingress=[rule], egress=[rule])
    assert isinstance(found.part, BelongsPart)
    assert found.part.owner == "vpc-1"


# --- rules of the newer form


def test_rules_of_both_forms_say_the_same(tmp_path: Path) -> None:
    group = ("aws_security_group", "web", {"id": "sg-1", "vpc_id": "vpc-1"})
    new = {"security_group_id": "sg-1", "ip_protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv4": ANY}
    old = {
        "security_group_id": "sg-1",
        "type": "ingress",
        "protocol": "tcp",
        "from_port": 443,
        "to_port": 443,
        "cidr_blocks": [ANY],
    }
    peer = {"security_group_id": "sg-1", "ip_protocol": "-1", "referenced_security_group_id": "sg-1"}
    six = {"security_group_id": "sg-1", "ip_protocol": "-1", "cidr_ipv6": "::/0"}
    found = discover(
        tmp_path,
        VPC,
        group,
        ("aws_vpc_security_group_ingress_rule", "new", new),
        ("aws_security_group_rule", "old", old),
        ("aws_vpc_security_group_egress_rule", "peer", peer),
        ("aws_vpc_security_group_ingress_rule", "six", six),
    )
    entry = found.document["security_groups"]["web"]
    assert entry["ingress"] == [{"protocol": "tcp", "ports": "443", "from": ["anywhere"]}]
    assert entry["egress"] == [{"protocol": "any", "to": [{"group": "web"}]}]
    assert [(left.address, left.reason) for left in found.remainder] == [
        ("aws_vpc_security_group_ingress_rule.six", "IPv6 block ::/0: a stack's rules are IPv4")
    ]


# --- disks


def test_disks_of_servers_and_on_their_own(tmp_path: Path) -> None:
    disk = {"device_name": "/dev/sdf", "volume_id": "vol-1", "volume_size": 50, "volume_type": "gp3", "iops": 4000}
    found = discover(
        tmp_path,
        VPC,
        subnet("a", 1),
        server("db", "a", ebs_block_device=[disk, {**disk, "volume_id": "vol-2", "volume_type": "st1"}]),
        ("aws_ebs_volume", "files", {"id": "vol-1", "size": 50, "type": "gp3", "iops": 4000, "encrypted": True}),
        ("aws_volume_attachment", "files", {"volume_id": "vol-1", "instance_id": "i-db"}),
    )
    # The volume that is a resource of its own is not there twice, although the server shows it too.
    assert found.document["volumes"] == {
        "files": {"size": "50 GiB", "class": "ssd", "min_iops": 4000, "encrypted": True, "attach": "db"},
        "db-data-2": {"size": "50 GiB", "class": "hdd", "attach": "db"},
    }


def test_small_disks_are_made_as_large_as_asked_for(tmp_path: Path) -> None:
    path, said = tmp_path / "a.tfstate", tmp_path / "said.yaml"
    volume = {"type": "aws_ebs_volume", "name": "v", "instances": [{"attributes": {"id": "vol-1", "size": 8}}]}
    path.write_text(json.dumps({"version": 4, "resources": [volume]}))
    said.write_text("disk_min: 20 GiB\n")
    found = discover_tfstate([path], said, placement="vng/hcm", meanings=MEANINGS)
    assert found.document["volumes"]["v"]["size"] == "20 GiB"
    assert [item.text for item in found.assumptions] == ["made larger from 8 GiB"]


# --- fleets


def test_a_scaling_group_is_servers_with_a_count(tmp_path: Path) -> None:
    template = {
        "id": "lt-1",
        "name": "web",
        "image_id": "ami-1",
        "instance_type": "t3.large",
        "vpc_security_group_ids": ["sg-1"],
        "block_device_mappings": [
            {"device_name": "/dev/xvda", "ebs": [{"volume_size": 30, "volume_type": "gp3", "encrypted": "true"}]},
            {"device_name": "/dev/sdf", "ebs": [{"volume_size": 80}]},
        ],
        "tag_specifications": [{"resource_type": "instance", "tags": {"Name": "x", "role": "web"}}],
    }
    fleet = {
        "id": "web-asg",
        "launch_template": [{"id": "lt-1"}],
        "desired_capacity": 3,
        "min_size": 1,
        "max_size": 9,
        "vpc_zone_identifier": ["subnet-a", "subnet-b"],
        "target_group_arns": ["tg-1"],
        "tag": [
            {"key": "team", "value": "a", "propagate_at_launch": True},
            {"key": "no", "value": "b", "propagate_at_launch": False},
        ],
    }
    rows: list[Row] = [
        VPC,
        subnet("a", 1),
        subnet("b", 2),
        ("aws_security_group", "web", {"id": "sg-1", "vpc_id": "vpc-1"}),
        ("aws_launch_template", "web", template),
        ("aws_autoscaling_group", "web", fleet),
        ("aws_launch_configuration", "old", {"id": "old", "image_id": "ami-1", "instance_type": "t2.micro"}),
        ("aws_lb", "front", {"id": "lb-1", "subnets": ["subnet-a", "subnet-b"], "internal": True, "idle_timeout": 120}),
        ("aws_lb_target_group", "web", {"id": "tg-1", "port": 8080, "protocol": "HTTP", "target_type": "instance"}),
        (
            "aws_lb_listener",
            "web",
            {
                "id": "l-1",
                "load_balancer_arn": "lb-1",
                "port": 80,
                "protocol": "HTTP",
                "default_action": [{"type": "forward", "target_group_arn": "tg-1"}],
            },
        ),
        ("aws_autoscaling_policy", "up", {"id": "up"}),
    ]
    found = discover(tmp_path, *rows)
    assert found.document["servers"]["web"] == {
        "size": {"vcpu": 2, "memory": "8 GiB"},
        "image": {"os": "ubuntu", "version": "22.04"},
        "subnet": "main.a",
        "security_groups": ["web"],
        "disk": {"size": "30 GiB", "class": "ssd", "encrypted": True},
        "labels": {"role": "web", "team": "a"},
        "count": 3,
    }
    assert found.document["servers"]["old"]["count"] == 0
    assert found.document["volumes"]["web-data"] == {"size": "80 GiB", "class": "ssd", "attach": "web"}
    assert found.document["load_balancers"]["front"]["listeners"] == [
        {"port": 80, "protocol": "http", "to": {"servers": "web", "port": 8080}, "idle_timeout": "120 s"}
    ]
    assert [left.type for left in found.remainder] == ["aws_autoscaling_policy"]
    assert blocking(found) == []
    strict = discover(tmp_path, *rows, strict=True)
    assert {"aws_launch_configuration", "aws_autoscaling_group"} <= {left.type for left in strict.remainder}


@pytest.mark.parametrize(
    ("attributes", "count", "template", "flavor"),
    [
        ({"launch_configuration": "lc", "min_size": 2}, 2, "lc", ""),
        ({"launch_template": [{"name": "lt"}]}, 1, "lt", ""),
        (
            {
                "desired_capacity": "4",
                "mixed_instances_policy": [
                    {
                        "launch_template": [
                            {
                                "launch_template_specification": [{"launch_template_id": "lt-9"}],
                                "override": [{"instance_type": "m5.large"}],
                            }
                        ]
                    }
                ],
            },
            4,
            "lt-9",
            "m5.large",
        ),
    ],
)
def test_groups_in_their_forms(attributes: dict[str, Any], count: int, template: str, flavor: str) -> None:
    part = meant("aws_autoscaling_group", id="g", **attributes).part
    assert isinstance(part, FleetPart)
    assert (part.count, part.template, part.flavor) == (count, template, flavor)


def test_a_group_of_nothing_is_refused() -> None:
    assert meant("aws_autoscaling_group", id="g").part is None
    assert meant("aws_placement_group", name="p", strategy="partition").part is None


def test_a_route_names_its_hop() -> None:
    part = meant("aws_route", route_table_id="r", destination_cidr_block=ANY, gateway_id="igw-1").part
    assert isinstance(part, HopPart)
    assert (part.table, part.hop.via, part.hop.target) == ("r", "internet", "igw-1")
