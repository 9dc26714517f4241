"""What was found on AWS comes up on another cloud, once its gaps were accepted or answered as they advise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import yaml
from moto import mock_aws

from mcloud.adapter.operations import Operations
from mcloud.discover.live import Home, discover_homes
from mcloud.discover.write import to_yaml
from mcloud.model.base import Placement
from mcloud_aws import adapter
from mcloud_aws.session import AwsSession
from tests.adapters.aws.test_aws_estate import one_at_a_time
from tests.estates import aws as estate


def found(build: Callable[[Any], object]) -> dict[str, Any]:
    """An account on AWS, discovered for another cloud."""
    with mock_aws(), one_at_a_time():
        estate.publish_images()
        boto = boto3.session.Session("AKIDEXAMPLE", "secret", region_name=estate.REGION)
        build(boto)
        at = Placement("aws", estate.REGION)
        home = Home(Operations(adapter, AwsSession(boto, estate.REGION, {})), at, adapter.catalog())
        discovery = discover_homes((home,), name="shop", placement="vng/hcm-3", strict=False)
    assert not [outcome for outcome in discovery.remainder if outcome.type in ("Server", "Network", "Subnet")]
    return dict(yaml.safe_load(to_yaml(discovery)))


def test_what_runs_on_aws_comes_up_on_another_cloud(desk: Any) -> None:
    document = found(estate.small)
    assert {name: entry.get("count") for name, entry in document["servers"].items()} == {"app": 2, "bastion": None}
    desk.write("found.yaml", document)
    refused = desk.run("up", "found.yaml", exit_code=3)
    assert "balancer-security-groups" in refused.stdout + refused.stderr
    document["accept"] = [{"gap": "balancer-security-groups", "reason": "the servers' groups do it"}]
    desk.write("found.yaml", document)
    desk.run("up", "found.yaml")
    counts = desk.counts()
    assert (counts["servers"], counts["networks"], counts["security_groups"]) == (3, 1, 2)
    assert counts["volumes"] >= 3 + 2
    desk.run("up", "found.yaml")
    assert desk.counts() == counts


GAPS = {"subnet-outbound-internet", "balancer-security-groups", "group-as-peer"}
BLOCKING = {"balancer-subnets", "address-without-server", "data-disk-size"}


def test_an_account_of_more_than_200_resources_comes_up_once_its_gaps_are_answered(desk: Any) -> None:
    document = found(estate.build)
    for network in document["networks"].values():
        for subnet in network["subnets"].values():
            subnet["zone"] = "HCM03-1C"  # sold there: memory for databases; not: nvme
    document["volumes"]["db-data"]["class"] = "ssd"
    desk.write("found.yaml", document)
    told = desk.run("validate", "found.yaml", exit_code=3)
    assert {gap for gap in GAPS | BLOCKING if f"[{gap}, " in told.stdout + told.stderr} == GAPS | BLOCKING
    document["load_balancers"]["front"]["subnets"] = ["shop.public-a"]
    document["volumes"]["web-data"]["size"] = "10 GiB"
    del document["public_ips"]
    lossy = ("subnet-outbound-internet", "balancer-security-groups")
    document["accept"] = [{"gap": gap, "reason": "agreed with the network team"} for gap in lossy]
    desk.write("found.yaml", document)
    assert "147 resources" in desk.run("validate", "found.yaml").stdout
    desk.run("up", "found.yaml", timeout=600)
    counts = desk.counts()
    assert counts["servers"] == sum(entry.get("count", 1) for entry in document["servers"].values()) == 56
    kinds = ("networks", "subnets", "security_groups", "keys", "load_balancers", "listeners", "pools", "buckets")
    assert [counts[kind] for kind in kinds] == [3, 8, 7, 2, 3, 3, 5, 4]
    # Root disks and data volumes.
    assert (counts["volumes"], counts["attachments"]) == (56 + 22, 20)
    assert "nothing to change" in desk.run("up", "found.yaml", timeout=600).stdout
    assert desk.counts() == counts
