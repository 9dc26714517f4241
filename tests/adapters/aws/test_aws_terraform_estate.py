"""An estate of AWS in Terraform's words, as a stack: routes, addresses, fleets, load balancers, buckets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcloud.discover.discovery import Discovery
from mcloud.discover.meaning import Meant
from mcloud.discover.parts import (
    BelongsPart,
    BucketDetailPart,
    BucketPart,
    FleetPart,
    HopPart,
    ListenerPart,
    PoolPart,
    TablePart,
)
from mcloud.discover.pipeline import discover_tfstate, meaning_for
from mcloud.discover.tfstate import StateResource
from mcloud.model.stack import Stack
from mcloud.validate import validate
from mcloud_aws.facts import image_words
from mcloud_aws.terraform import MEANINGS

Row = tuple[str, str, dict[str, Any]]
VPC: Row = ("aws_vpc", "main", {"id": "vpc-1", "cidr_block": "10.0.0.0/16"})
ANY = "0.0.0.0/0"


def subnet(name: str, number: int, **more: Any) -> Row:
    return (
        "aws_subnet",
        name,
        {"id": f"subnet-{name}", "vpc_id": "vpc-1", "cidr_block": f"10.0.{number}.0/24", **more},
    )


def server(name: str, where: str, **more: Any) -> Row:
    values = {"id": f"i-{name}", "ami": "ami-1", "instance_type": "t3.micro", "subnet_id": f"subnet-{where}"}
    return ("aws_instance", name, {**values, **more})


def discover(folder: Path, *rows: Row, version: int = 4, strict: bool = False) -> Discovery:
    path = folder / "a.tfstate"
    instances = [{"type": kind, "name": name, "instances": [{"attributes": values}]} for kind, name, values in rows]
    path.write_text(json.dumps({"version": version, "resources": instances}), encoding="utf-8")
    return discover_tfstate([path], placement="vng/hcm", meanings=MEANINGS, strict=strict)


def fates(found: Discovery) -> dict[str, str]:
    return {outcome.address.partition(".")[2]: outcome.target or outcome.fate for outcome in found.outcomes}


def blocking(found: Discovery) -> list[str]:
    return [row.message for row in validate(Stack.model_validate(found.document)) if row.severity == "block"]


def meant(kind: str, **attributes: Any) -> Meant:
    meaning = meaning_for(kind, MEANINGS)
    assert meaning is not None
    return meaning(StateResource("f", f"{kind}.x", kind, attributes=attributes))


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


# --- load balancers


def test_rules_certificates_and_members(tmp_path: Path) -> None:
    def listener(name: str, port: int, protocol: str, action: dict[str, Any], **more: Any) -> Row:
        values = {"id": f"l-{name}", "load_balancer_arn": "lb-1", "port": port, "protocol": protocol}
        return ("aws_lb_listener", name, {**values, "default_action": [action], **more})

    forward = {"type": "forward", "target_group_arn": "tg-1"}
    weighted = {
        "type": "forward",
        "forward": [{"target_group": [{"arn": "tg-1", "weight": 9}, {"arn": "tg-2", "weight": 1}]}],
    }
    away = {
        "type": "redirect",
        "redirect": [
            {"host": "new.example.com", "path": "/", "protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"}
        ],
    }
    here = {"type": "redirect", "redirect": [{"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"}]}
    rows: list[Row] = [
        VPC,
        subnet("a", 1),
        server("one", "a"),
        server("two", "a"),
        ("aws_lb", "front", {"id": "lb-1", "subnets": ["subnet-a"]}),
        (
            "aws_lb_target_group",
            "web",
            {
                "id": "tg-1",
                "port": 80,
                "protocol": "HTTP",
                "health_check": [{"path": "/ok", "protocol": "HTTP", "interval": 10, "timeout": 20}],
                "stickiness": [{"enabled": True, "type": "lb_cookie"}],
            },
        ),
        ("aws_lb_target_group", "spare", {"id": "tg-2", "port": 80, "protocol": "HTTP"}),
        *(
            ("aws_lb_target_group_attachment", name, {"target_group_arn": "tg-1", "target_id": f"i-{name}"})
            for name in ("one", "two")
        ),
        listener("tls", 443, "HTTPS", weighted, certificate_arn="arn:aws:acm:x:1:certificate/4f-2"),
        listener("http", 80, "HTTP", away),
        listener("odd", 81, "HTTP", here),
        listener("wire", 25, "TLS", forward),
        (
            "aws_lb_listener_rule",
            "api",
            {
                "id": "r-1",
                "listener_arn": "l-tls",
                "priority": 5,
                "condition": [{"host_header": [{"values": ["a.example.com", "b.example.com"]}]}],
                "action": [{"type": "fixed-response", "fixed_response": [{"status_code": "404"}]}],
            },
        ),
        (
            "aws_lb_listener_rule",
            "query",
            {
                "id": "r-2",
                "listener_arn": "l-tls",
                "condition": [{"query_string": [{"key": "a"}]}],
                "action": [forward],
            },
        ),
        (
            "aws_lb_listener_certificate",
            "more",
            {"listener_arn": "l-tls", "certificate_arn": "arn:aws:acm:x:1:certificate/more"},
        ),
    ]
    found = discover(tmp_path, *rows)
    balancer = found.document["load_balancers"]["front"]
    check = {"protocol": "http", "path": "/ok", "interval": "10 s", "timeout": "10 s"}
    assert balancer["listeners"] == [
        {
            "port": 443,
            "protocol": "https",
            "certificate": "certificate-4f-2",
            "to": {"servers": "one", "port": 80, "protocol": "http", "sticky": True, "check": check},
            "rules": [{"host": "a.example.com", "reject": True}, {"host": "b.example.com", "reject": True}],
            "sni": ["more"],
        },
        {
            "port": 80,
            "protocol": "http",
            "rules": [{"redirect": "https://new.example.com/", "code": 301, "keep_query": True}],
        },
    ]
    assert found.document["servers"]["one"]["count"] == 2
    assert {left.address: left.reason for left in found.remainder} == {
        "aws_lb_listener.odd": "it redirects to the host that was asked for, which a stack's redirect cannot say",
        "aws_lb_listener.wire": "a stack has no listeners for tls",
        "aws_lb_listener_rule.query": "it goes by more than host and path, which a stack's rules know",
        "aws_lb_target_group.spare": "no listener of the stack leads to it",
    }
    assert len([item for item in found.open if item.path[:1] == ("certificates",)]) == 2
    assert blocking(found) == []


@pytest.mark.parametrize(
    ("kind", "attributes", "part", "says"),
    [
        ("aws_lb", {"id": "l", "load_balancer_type": "gateway"}, None, "appliances"),
        ("aws_lb_target_group", {"id": "t", "target_type": "lambda"}, None, "lambda"),
        ("aws_lb_target_group", {"id": "t", "port": 1, "protocol": "GENEVE"}, PoolPart, "protocol geneve"),
        ("aws_lb_listener", {"id": "l", "load_balancer_arn": "b"}, None, "no port"),
        (
            "aws_lb_listener",
            {
                "id": "l",
                "load_balancer_arn": "b",
                "port": 80,
                "default_action": [{"type": "authenticate-oidc"}, {"type": "forward", "target_group_arn": "t"}],
            },
            ListenerPart,
            "sign-in",
        ),
        ("aws_autoscaling_attachment", {"autoscaling_group_name": "g"}, None, "behind what"),
    ],
)
def test_what_balancers_cannot_say(kind: str, attributes: dict[str, Any], part: Any, says: str) -> None:
    found = meant(kind, **attributes)
    assert (found.part is None) if part is None else isinstance(found.part, part)
    assert says in found.reason + " ".join(note.what for note in found.notes)


# --- buckets


def test_a_bucket_and_what_is_set_for_it(tmp_path: Path) -> None:
    public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/*"}
    logs = {
        "Effect": "Allow",
        "Principal": {"Service": "logs"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::files/l/*",
    }
    rows: list[Row] = [
        (
            "aws_s3_bucket",
            "files",
            {"id": "files", "bucket": "files", "tags": {"team": "a"}, "versioning": [{"enabled": True}]},
        ),
        ("aws_s3_bucket_policy", "files", {"bucket": "files", "policy": json.dumps({"Statement": [public, logs]})}),
        (
            "aws_s3_bucket_cors_configuration",
            "files",
            {
                "bucket": "files",
                "cors_rule": [{"allowed_origins": ["*"], "allowed_methods": ["GET"], "max_age_seconds": 60}],
            },
        ),
        (
            "aws_s3_bucket_lifecycle_configuration",
            "files",
            {
                "bucket": "files",
                "rule": [
                    {
                        "status": "Enabled",
                        "filter": [{"prefix": "tmp/"}],
                        "expiration": [{"days": 7}],
                        "transition": [{"days": 1}],
                    },
                    {"status": "Disabled"},
                ],
            },
        ),
        ("aws_s3_bucket_notification", "files", {"id": "files", "bucket": "files"}),
        (
            "aws_s3_bucket_versioning",
            "far",
            {"bucket": "elsewhere", "versioning_configuration": [{"status": "Enabled"}]},
        ),
    ]
    found = discover(tmp_path, *rows)
    assert not found.remainder
    entry = found.document["buckets"]["files"]
    assert json.loads(entry.pop("policy"))["Statement"] == [{**logs, "Resource": "arn:aws:s3:::BUCKET/l/*"}]
    assert entry == {
        "versioning": True,
        "labels": {"team": "a"},
        "public_read": True,
        "cors": [{"origins": ["*"], "methods": ["GET"], "max_age_seconds": 60}],
        "lifecycle": [{"prefix": "tmp/", "expire_after_days": 7}],
    }
    assert found.document["buckets"]["elsewhere"] == {"versioning": True}
    assert {"storage classes", "notification", "policy"} <= {note.what for row in found.outcomes for note in row.notes}
    assert [left.type for left in discover(tmp_path, *rows, strict=True).remainder] == ["aws_s3_bucket_versioning"]


@pytest.mark.parametrize(
    ("kind", "attributes", "settings", "noted"),
    [
        ("aws_s3_bucket", {"acl": "public-read"}, {"public_read": True}, []),
        ("aws_s3_bucket", {"acl": "authenticated-read"}, {}, ["acl authenticated-read"]),
        ("aws_s3_bucket", {"website": [{"index_document": "x"}]}, {}, ["website"]),
        ("aws_s3_bucket", {"cors_rule": [{"allowed_origins": [], "allowed_methods": ["GET"]}]}, {}, ["cors rule"]),
        (
            "aws_s3_bucket",
            {"lifecycle_rule": [{"enabled": True, "tags": {"a": "b"}, "expiration": [{"days": 1}]}]},
            {},
            ["lifecycle rule with tags", "lifecycle rule"],
        ),
        ("aws_s3_bucket_policy", {"policy": "no json"}, {}, ["policy"]),
        ("aws_s3_bucket_policy", {"policy": None}, {}, []),
    ],
)
def test_settings_of_buckets(kind: str, attributes: dict[str, Any], settings: dict[str, Any], noted: list[str]) -> None:
    found = meant(kind, bucket="b", **attributes)
    assert isinstance(found.part, BucketPart | BucketDetailPart)
    assert (found.part.settings, [note.what for note in found.notes]) == (settings, noted)


# --- facts


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20230208", ("ubuntu", "22.04")),
        ("/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id", ("ubuntu", "24.04")),
        ("/aws/service/debian/release/12/latest/amd64", ("debian", "12")),
        ("debian-11-amd64-20230124", ("debian", "11")),
        ("amzn2-ami-hvm-2.0.20230404.0-x86_64-gp2", ("amazon-linux", "2")),
        ("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64", ("amazon-linux", "2023")),
        ("amzn-ami-hvm-2018.03.0.20200318.1-x86_64-gp2", ("amazon-linux", "1")),
        ("RHEL-8.6.0_HVM-20220503-x86_64", ("rhel", "8.6")),
        ("Rocky-9-EC2-Base-9.3", ("rocky", "9")),
        ("Windows_Server-2019-English-Full-Base-2023", ("windows", "2019")),
        ("my-own-image", None),
        ("ami-0123", None),
    ],
)
def test_systems_of_images(name: str, expected: tuple[str, str] | None) -> None:
    assert image_words(name) == expected


def test_an_image_that_was_looked_up_tells_the_system(tmp_path: Path) -> None:
    path = tmp_path / "a.tfstate"
    image = {
        "mode": "data",
        "type": "aws_ami",
        "name": "u",
        "instances": [{"attributes": {"id": "ami-1", "name": "ubuntu/x/ubuntu-focal-20.04-amd64"}}],
    }
    rest = [
        {"type": kind, "name": name, "instances": [{"attributes": values}]}
        for kind, name, values in (VPC, subnet("a", 1), server("w", "a"))
    ]
    path.write_text(json.dumps({"version": 4, "resources": [image, *rest]}))
    found = discover_tfstate([path], placement="vng/hcm", meanings=MEANINGS)
    assert found.document["servers"]["w"]["image"] == {"os": "ubuntu", "version": "20.04"}
    assert not found.open


def test_a_route_names_its_hop() -> None:
    part = meant("aws_route", route_table_id="r", destination_cidr_block=ANY, gateway_id="igw-1").part
    assert isinstance(part, HopPart)
    assert (part.table, part.hop.via, part.hop.target) == ("r", "internet", "igw-1")
