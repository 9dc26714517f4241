"""Classic load balancers, whose listeners, targets and checks are parts of themselves.

Shapes: Elastic Load Balancing 2012-06-01 (docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mcloud.adapter.kind import Native, Observed
from mcloud.model.base import Placement
from mcloud.units import Duration
from mcloud_aws.discovery.look import Look, Raw
from mcloud_aws.tags import named

Rows = Iterator[tuple[str, Native]]
TAGS_AT_ONCE = 20  # DescribeTags of both generations, API reference 2026-11
READY = {"State": {"Code": "active"}}
_TARGET = re.compile(r"(HTTP|HTTPS|TCP|SSL):(\d+)(/\S*)?")
_CERTIFICATE = ":acm:"


def rows(look: Look) -> list[Raw]:
    """All of them."""
    return look.rows("elb", "describe_load_balancers")


def balancer_id(row: Native) -> str:
    """A native id that no other load balancer has."""
    return f"classic/{row['LoadBalancerName']}"


def balancers(look: Look) -> Rows:
    """As load balancers."""
    found = rows(look)
    names = [row["LoadBalancerName"] for row in found]
    parts = [names[start : start + TAGS_AT_ONCE] for start in range(0, len(names), TAGS_AT_ONCE)]
    answers = look.side_by_side(lambda part: look.rows("elb", "describe_tags", LoadBalancerNames=part), parts)
    tags = {item["LoadBalancerName"]: item.get("Tags") or [] for answer in answers for item in answer}
    for row in found:
        yield balancer_id(row), {"classic": row, "tags": tags.get(row["LoadBalancerName"], []), "balancer": READY}


def listeners(look: Look) -> Rows:
    """As listeners."""
    for row in rows(look):
        for port, listener in _by_port(row).items():
            yield f"{balancer_id(row)}/{port}", {"classic": row, "listener": listener}


def _by_port(row: Native) -> dict[int, Raw]:
    """Its listeners; a load balancer has one on a port."""
    found: dict[int, Raw] = {}
    for item in row.get("ListenerDescriptions") or ():
        found.setdefault(int(item["Listener"]["LoadBalancerPort"]), item["Listener"])
    return found


def pools(look: Look) -> Rows:
    """A pool for each way in which the servers are spoken to."""
    for row in rows(look):
        spoken = {_pool_id(row, listener): listener for listener in _by_port(row).values()}
        for native, listener in spoken.items():
            yield native, {"classic": row, "listener": listener}


def _pool_id(row: Native, listener: Native) -> str:
    spoken = listener.get("InstanceProtocol") or listener["Protocol"]
    return f"{balancer_id(row)}/{spoken.lower()}-{listener['InstancePort']}"


def observe(kind: str, at: Placement, native: Native) -> Observed:
    """In neutral words."""
    row = native["classic"]
    if kind == "LoadBalancer":
        return Observed(_balancer(at, row, native["tags"]))
    return Observed(
        _listener(at, row, native["listener"]) if kind == "Listener" else _pool(at, row, native["listener"])
    )


def _balancer(at: Placement, row: Native, tags: Any) -> Raw:
    subnets = row.get("Subnets") or ()
    return {
        "name": row["LoadBalancerName"],
        "labels": named(tags)["labels"],
        "public": row.get("Scheme") != "internal",
        "subnets": sorted(at.id_of(f"{row.get('VPCId')}/{subnet}") for subnet in subnets),
        "securityGroups": sorted(at.id_of(group) for group in row.get("SecurityGroups") or ()),
    }


def _listener(at: Placement, row: Native, listener: Native) -> Raw:
    certificate = str(listener.get("SSLCertificateId") or "")
    return {
        "name": "",
        "loadBalancer": at.id_of(balancer_id(row)),
        "port": listener["LoadBalancerPort"],
        "protocol": str(listener["Protocol"]).lower(),
        "pool": at.id_of(_pool_id(row, listener)),
        "certificate": at.id_of(certificate) if certificate else "",
    }


def _pool(at: Placement, row: Native, listener: Native) -> Raw:
    spoken = str(listener.get("InstanceProtocol") or listener["Protocol"]).lower()
    return {
        "name": "",
        "loadBalancer": at.id_of(balancer_id(row)),
        "protocol": spoken,
        "port": listener["InstancePort"],
        "members": sorted(at.id_of(item["InstanceId"]) for item in row.get("Instances") or ()),
        "monitor": _monitor(row.get("HealthCheck") or {}, listener["InstancePort"]),
    }


def _monitor(check: Native, port: int) -> Raw | None:
    target = _TARGET.fullmatch(str(check.get("Target") or ""))
    if target is None:
        return None
    protocol = {"SSL": "tcp"}.get(target[1], target[1].lower())
    found: Raw = {
        "protocol": protocol,
        "interval": str(Duration(int(check["Interval"]))),
        "timeout": str(Duration(int(check["Timeout"]))),
        "healthy": check["HealthyThreshold"],
        "unhealthy": check["UnhealthyThreshold"],
    }
    if int(target[2]) != port:
        found["port"] = int(target[2])
    return {**found, "path": target[3] or "/"} if protocol in ("http", "https") else found
