"""What stands in the way of a run before its first create."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mcloud.adapter import registry
from mcloud.adapter.preflight import Obstacle, Wanted, named, stock
from mcloud_aws.obstacles import obstacles as aws_obstacles
from mcloud_vng.obstacles import obstacles

CATALOG = registry.get("vng").catalog()
FLAVOR = replace(CATALOG.flavors[0], name="s-general-2x4", vcpu=2, native_id="flav-1", remaining=1)
SOLD = replace(CATALOG, flavors=(FLAVOR,))
NOWHERE = {"flavorId": "flav-1"}


def want(kind: str, name: str, picks: dict[str, Any] | None = None, /, **inputs: Any) -> Wanted:
    return Wanted(kind, name, {"placement": "vng/hcm", **inputs}, picks or {})


def quota(name: str, used: Any, limit: int | None) -> dict[str, Any]:
    return {"quotaName": name, "used": used, "limit": limit}


def test_resources_in_a_few_words() -> None:
    assert named("server", ["web"]) == "server web"
    assert named("server", [f"web-{index}" for index in range(5)]) == "servers web-0, web-1, web-2 and 2 more"


def test_fewer_are_left_than_are_wanted() -> None:
    wanted = [want("Server", "web-0", NOWHERE), want("Server", "web-1", NOWHERE), want("Volume", "data", NOWHERE)]
    assert stock(wanted, SOLD) == [
        Obstacle(
            "servers web-0, web-1",
            "2 of the flavor s-general-2x4 are wanted, 1 are left in its zone",
            "ask for another size or zone, or for fewer",
        )
    ]
    assert stock(wanted[:1], SOLD) == []
    untold = replace(CATALOG, flavors=(replace(FLAVOR, remaining=None),))
    assert stock(wanted, untold) == []
    assert stock([want("Server", "web-0", {"flavorId": None})], SOLD) == []


@pytest.mark.parametrize(
    ("wanted", "quotas", "reasons"),
    [
        ([want("Network", "main", cidr="10.0.0.0/16")], [quota("VPC", "1", 2)], []),
        (
            [want("Network", "main", cidr="10.0.0.0/16")],
            [quota("VPC", "2", 2)],
            ["network main: the quota VPC has no room for 1 more: 2 of 2 are in use"],
        ),
        ([want("Network", "main", cidr="10.0.0.0/16")], [quota("VPC", "2", None), quota("SUBNET", "9", 9)], []),
        ([want("Network", "main", cidr="10.0.0.0/16")], [quota("VPC", "many", 2)], []),
        (
            [want("Server", "web", NOWHERE, disk={"size": "40 GiB"}), want("Volume", "data", size="20 GiB")],
            [quota("VCPU", "3", 4), quota("VOLUME", "1", 2), quota("VOLUME_SIZE", "0", 59), quota("VM", "0", 1)],
            [
                "server web: the quota VCPU has no room for 2 more: 3 of 4 are in use",
                "server web, volume data: the quota VOLUME has no room for 2 more: 1 of 2 are in use",
                "server web, volume data: the quota VOLUME_SIZE has no room for 60 more: 0 of 59 are in use",
            ],
        ),
        ([want("SecurityGroupRule", "x")], [quota("SECGROUP_RULE", "9", 9)], []),
    ],
)
def test_quotas(wanted: list[Wanted], quotas: list[dict[str, Any]], reasons: list[str]) -> None:
    found = [f"{item.resources}: {item.reason}" for item in obstacles(wanted, SOLD, quotas, [])]
    assert found == reasons


def test_networks_that_would_overlap() -> None:
    there = [{"id": "net-1", "displayName": "old", "cidr": "10.0.0.0/16"}, {"id": "net-2", "cidr": "10.1.0.0/16"}]
    wanted = [want("Network", "main", cidr="10.0.0.0/20"), want("Network", "other", cidr="10.2.0.0/16")]
    (found,) = obstacles(wanted, CATALOG, [], there)
    assert str(found) == (
        "network main: 10.0.0.0/20 overlaps with 10.0.0.0/16 of the VPC old (net-1); "
        "take another block, or take that one in: mcloud import STACK network/main net-1"
    )


def test_elastic_addresses() -> None:
    wanted = [want("PublicIp", "one"), want("PublicIp", "two"), want("Server", "web")]
    row = {"AttributeName": "vpc-max-elastic-ips", "AttributeValues": [{"AttributeValue": "5"}]}
    assert aws_obstacles(wanted, [row], 3) == []
    assert aws_obstacles(wanted[2:], [row], 9) == []
    assert aws_obstacles(wanted, [], 9) == []
    assert aws_obstacles(wanted, [{**row, "AttributeValues": []}], 9) == []
    (found,) = aws_obstacles(wanted, [row], 4)
    assert str(found).startswith("public IPs one, two: the limit of Elastic IPs has no room for 2 more: 4 of 5 are in")
