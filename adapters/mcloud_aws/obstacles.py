"""What of an AWS account stands in the way of a run: Elastic IP addresses. Pure.

EC2 tells one limit that a run meets, ``vpc-max-elastic-ips`` of ``DescribeAccountAttributes`` (EC2 API reference, read
2026-11-26). The others (VPCs, vCPUs by family, load balancers) are in the service Service Quotas, which is not read:
what exceeds them is refused when it comes to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mcloud.adapter.preflight import Obstacle, Wanted, named

ADDRESSES = "vpc-max-elastic-ips"


def obstacles(wanted: Sequence[Wanted], attributes: Sequence[Mapping[str, Any]], used: int) -> list[Obstacle]:
    """All of them.

    Args:
        attributes: rows of ``DescribeAccountAttributes``.
        used: how many addresses the account has in the region.
    """
    names = [item.name for item in wanted if item.kind == "PublicIp"]
    limit = next((_number(row) for row in attributes if row["AttributeName"] == ADDRESSES), None)
    if not names or limit is None or used + len(names) <= limit:
        return []
    reason = f"the limit of Elastic IPs has no room for {len(names)} more: {used} of {limit} are in use"
    remedy = "release what is not needed, or ask for more in the Service Quotas console"
    return [Obstacle(named("public IP", names), reason, remedy)]


def _number(row: Mapping[str, Any]) -> int | None:
    text = next((str(item.get("AttributeValue", "")) for item in row.get("AttributeValues") or ()), "")
    return int(text) if text.isdigit() else None
