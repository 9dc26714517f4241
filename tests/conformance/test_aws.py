"""AWS against the cases that every cloud must pass."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mcloud.adapter.conformance.subject import Subject, Target
from mcloud.engine.conformance import ConformanceRun, runs
from mcloud_aws import adapter
from mcloud_aws.emulator import SPEC

WHOLE = os.environ.get("MCLOUD_CONFORMANCE") == "whole"
FACES = ("http", "engine")  # AWS goes through boto3; there is no driver of ours
OWN = (
    # A public address needs a way to the internet.
    Subject(
        "Subnet",
        {"network": "@Network", "cidr": "10.77.1.0/24", "internet": "direct"},
        {"labels": {"team": "a"}},
        {"cidr": "10.77.2.0/24"},
    ),
    # A group keeps its description for good.
    Subject(
        "SecurityGroup",
        {"network": "@Network", "description": "first"},
        {"labels": {"team": "a"}},
        {"description": "second"},
    ),
    # An HTTP load balancer needs two zones, and the subjects have one.
    Subject(
        "LoadBalancer", {"subnets": ["@Subnet"], "protocols": ["tcp"]}, {"labels": {"team": "a"}}, {"public": True}
    ),
    Subject(
        "Pool",
        {"loadBalancer": "@LoadBalancer", "protocol": "tcp", "port": 8080, "members": ["@Server"]},
        {"monitor": {"protocol": "http", "path": "/ready"}},
        {"port": 8081},
    ),
    Subject(
        "Listener",
        {"loadBalancer": "@LoadBalancer", "pool": "@Pool", "port": 80, "protocol": "tcp"},
        {"port": 81, "idleTimeout": "5 min"},
    ),
)
TARGET = Target(
    SPEC,
    "aws/ap-southeast-1",
    "GetCallerIdentity",
    quotas={
        "Network": "vpcs",
        "Subnet": "subnets",
        "SecurityGroup": "security_groups",
        "SecurityGroupRule": "security_group_rules",
        "PlacementGroup": "placement_groups",
        "Server": "vcpus",
        "Volume": "volumes",
        "PublicIp": "addresses",
        "NetworkInterface": "network_interfaces",
        "Bucket": "buckets",
    },
    flavors=tuple({flavor.name for flavor in adapter.catalog().flavors}),
    subjects={subject.kind: subject for subject in OWN},
)


def chosen() -> list[ConformanceRun]:
    """All of them in make conformance; moto makes each some seconds long, and through the engine half a minute."""
    if WHOLE:
        return runs(TARGET, FACES, whole=True)
    telling = ("life", "update", "replace", "lost-answer")
    engine = [run for run in runs(TARGET, ("engine",)) if run.kind == "Server" and run.case.name in telling]
    return [*runs(TARGET, ("http",), narrow=("http",)), *engine]


@pytest.mark.parametrize("run", chosen(), ids=str)
def test_conformance(run: ConformanceRun, tmp_path: Path) -> None:
    run(tmp_path)
