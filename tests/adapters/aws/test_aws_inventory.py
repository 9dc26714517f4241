"""What AWS tells discovery beyond its kinds."""

from __future__ import annotations

from typing import Any

import pytest

from mcloud_aws import adapter

GROUP = {"GroupId": "sg-1", "GroupName": "default", "Description": "default VPC security group", "VpcId": "vpc-1"}


@pytest.mark.parametrize(
    ("kind", "native", "system", "description"),
    [
        ("SecurityGroup", {"group": GROUP}, True, None),
        ("SecurityGroup", {"group": {**GROUP, "GroupName": "web", "Description": "for people"}}, False, "for people"),
        ("SecurityGroup", {"group": {**GROUP, "GroupName": "web", "Description": "web"}}, False, None),
        ("Network", {}, False, None),
    ],
)
def test_what_else_a_native_one_shows(kind: str, native: Any, system: bool, description: str | None) -> None:
    found = adapter.inventory().details(kind, native)
    assert (bool(found.system), found.description) == (system, description)
