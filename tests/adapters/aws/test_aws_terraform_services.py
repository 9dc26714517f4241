"""Load balancers, buckets and images of AWS in Terraform's words, as a stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcloud.discover.parts import (
    BucketDetailPart,
    BucketPart,
    ListenerPart,
    PoolPart,
)
from mcloud.discover.pipeline import discover_tfstate
from mcloud_aws.facts import image_words
from mcloud_aws.terraform import MEANINGS
from tests.adapters.aws.states import VPC, Row, blocking, discover, meant, server, subnet

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
