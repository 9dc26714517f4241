"""What was found on AWS comes up on another cloud, once its gaps were accepted or answered as they advise."""

from __future__ import annotations

from pathlib import Path
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


def found(folder: Path) -> dict[str, Any]:
    """A small account on AWS, discovered for another cloud."""
    with mock_aws(), one_at_a_time():
        estate.publish_images()
        boto = boto3.session.Session("AKIDEXAMPLE", "secret", region_name=estate.REGION)
        estate.small(boto)
        at = Placement("aws", estate.REGION)
        home = Home(Operations(adapter, AwsSession(boto, estate.REGION, {})), at, adapter.catalog())
        discovery = discover_homes((home,), name="shop", placement="vng/hcm-3", strict=False)
    assert not [outcome for outcome in discovery.remainder if outcome.type in ("Server", "Network", "Subnet")]
    return dict(yaml.safe_load(to_yaml(discovery)))


def test_what_runs_on_aws_comes_up_on_another_cloud(desk: Any) -> None:
    document = found(desk.folder)
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
