"""Recorded answers of real accounts: everything is accounted for, and goes where the checked-in table says."""

from __future__ import annotations

import csv
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from mcloud.discover.discovery import Discovery
from mcloud.discover.write import to_json, to_yaml
from mcloud.model.graph import build_graph
from mcloud.model.stack import Stack
from tests.adapters.aws.answers import Refusal, discover

FOLDER = Path(__file__).parents[2] / "data" / "aws-recorded"


@cache
def recorded(name: str) -> dict[str, Any]:
    """The data of a file."""
    return dict(json.loads((FOLDER / f"{name}.json").read_text())["data"])


def answers() -> dict[str, Any]:
    """All files as the answers of one account."""
    files = ("DescribeInstances-13", "DescribeInstances-6")
    servers = [row for name in files for row in recorded(name)["Reservations"]]
    return {
        "ec2.DescribeInstances": {"Reservations": servers},
        "ec2.DescribeVolumes": recorded("DescribeVolumes-6"),
        "ec2.DescribeRouteTables": recorded("DescribeRouteTables-13"),
        "ec2.DescribeSubnets": recorded("DescribeSubnets-13"),
        "ec2.DescribeSecurityGroups": recorded("DescribeSecurityGroups-19"),
        # They were recorded before this call was there: then the rules are those that the groups tell.
        "ec2.DescribeSecurityGroupRules": Refusal("UnauthorizedOperation"),
        "elb.DescribeLoadBalancers": recorded("DescribeLoadBalancers"),
        "elbv2.DescribeTargetGroups": recorded("DescribeTargetGroups"),
        "elbv2.DescribeTargetHealth": recorded("DescribeTargetHealth"),
        "autoscaling.DescribeAutoScalingGroups": recorded("DescribeAutoScalingGroups"),
        "rds.DescribeDBInstances": recorded("DescribeDBInstances-5"),
    }


@cache
def found() -> Discovery:
    return discover(answers())


def fates(discovery: Discovery) -> dict[tuple[str, str], int]:
    return dict(Counter((outcome.type, outcome.fate) for outcome in discovery.outcomes))


def test_each_recorded_resource_goes_where_the_table_says() -> None:
    with (FOLDER / "fates.csv").open(newline="") as file:
        expected = {(row["type"], row["fate"]): int(row["count"]) for row in csv.DictReader(file)}
    assert fates(found()) == expected
    assert all(outcome.reason and outcome.advice for outcome in found().remainder)
    assert all(outcome.target for outcome in found().mapped)


def test_the_counts_are_those_of_the_recorded_rows() -> None:
    counts = Counter(outcome.type for outcome in found().outcomes)
    reservations = answers()["ec2.DescribeInstances"]["Reservations"]
    rows = [row for reservation in reservations for row in reservation["Instances"]]
    assert counts["Server"] + counts["terminated server"] == len(rows) == 19
    for name, field, types in (
        ("DescribeVolumes-6", "Volumes", ("Volume", "root disk")),
        ("DescribeSubnets-13", "Subnets", ("Subnet",)),
        ("DescribeRouteTables-13", "RouteTables", ("route table",)),
        ("DescribeSecurityGroups-19", "SecurityGroups", ("SecurityGroup",)),
        ("DescribeLoadBalancers", "LoadBalancerDescriptions", ("LoadBalancer",)),
        ("DescribeAutoScalingGroups", "AutoScalingGroups", ("auto scaling group",)),
        ("DescribeDBInstances-5", "DBInstances", ("database",)),
    ):
        assert sum(counts[one] for one in types) == len(recorded(name)[field]), name
    permissions = [
        peer
        for group in recorded("DescribeSecurityGroups-19")["SecurityGroups"]
        for name in ("IpPermissions", "IpPermissionsEgress")
        for permission in group[name]
        for peers in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")
        for peer in permission.get(peers, ())
    ]
    assert counts["SecurityGroupRule"] == len(permissions)


def test_the_stack_of_the_recorded_answers_is_one() -> None:
    stack = Stack.model_validate(yaml.safe_load(to_yaml(found())))
    assert {subnet.internet for network in stack.networks.values() for subnet in network.subnets.values()} == {
        *("none", "outbound", "direct")
    }
    assert build_graph(stack, lambda text: text).nodes
    assert json.loads(to_json(found()))["seen"] == found().counts().seen
    [gap] = found().unread
    assert (gap.what, "ec2:DescribeSecurityGroupRules" in gap.advice) == ("rules of security groups", True)


def test_strictly_nothing_is_made_up() -> None:
    strict = discover(answers(), strict=True)
    left = {outcome.type for outcome in strict.remainder}
    assert {"Server", "Subnet", "LoadBalancer"} <= left
    assert not strict.document.get("servers")
    assert strict.counts().seen == found().counts().seen
