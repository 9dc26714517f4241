"""What of a VNG account stands in the way of a run: quotas and networks that would overlap. Pure.

Quotas are counted as the service counts them (``GET /v2/{project}/quotas/quotaUsed``, read 2026-11; names and limits:
docs/clouds/vng.md): a server takes a VM, its vCPUs, a volume and its disk's size. The balance of the account is in no
API that is known, and what a quota of rules or routes counts is not known either: they are refused when it comes to it.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcloud.adapter.preflight import Obstacle, Wanted, named
from mcloud.catalog.types import Catalog
from mcloud.model.resources import KINDS
from mcloud.units import Size

Raw = Mapping[str, Any]
ONE_OF = {
    "Network": "VPC",
    "Subnet": "SUBNET",
    "SecurityGroup": "SECGROUP",
    "KeyPair": "SSH_KEY",
    "PlacementGroup": "SERVER_GROUP",
    "PublicIp": "FLOATING_IP",
    "LoadBalancer": "LOAD_BALANCER",
    "Volume": "VOLUME",
    "Server": "VM",
}
"""Kind -> the quota that each takes one of."""
ROOT_DISK = "20 GiB"


def obstacles(
    wanted: Sequence[Wanted], catalog: Catalog, quotas: Sequence[Raw], networks: Sequence[Raw]
) -> list[Obstacle]:
    """All of them.

    Args:
        quotas: rows of ``ex_quotas``.
        networks: rows of ``ex_list_networks``.
    """
    return [*_quotas(wanted, catalog, {str(row["quotaName"]): row for row in quotas}), *_overlaps(wanted, networks)]


def _quotas(wanted: Sequence[Wanted], catalog: Catalog, rows: Mapping[str, Raw]) -> Iterator[Obstacle]:
    needs: dict[str, int] = defaultdict(int)
    who: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    vcpus = {row.native_id: row.vcpu for row in catalog.flavors if row.native_id}
    for item in wanted:
        for quota, amount in _taken(item, vcpus):
            needs[quota] += amount
            who[quota][item.kind].append(item.name)
    for quota, amount in sorted(needs.items()):
        room = _room(rows.get(quota))
        if room is not None and amount > room[1] - room[0]:
            resources = ", ".join(named(KINDS[kind].word, names) for kind, names in who[quota].items())
            reason = f"the quota {quota} has no room for {amount} more: {room[0]} of {room[1]} are in use"
            yield Obstacle(resources, reason, "delete what is not needed, or ask VNG Cloud's support for more")


def _taken(item: Wanted, vcpus: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    if item.kind in ONE_OF:
        yield ONE_OF[item.kind], 1
    if item.kind == "Server":
        yield "VOLUME", 1
        yield "VOLUME_SIZE", _gigabytes((item.inputs.get("disk") or {}).get("size", ROOT_DISK))
        vcpu = vcpus.get(str(item.picks.get("flavorId")))
        if vcpu is not None:
            yield "VCPU", vcpu
    elif item.kind == "Volume":
        yield "VOLUME_SIZE", _gigabytes(item.inputs["size"])


def _gigabytes(size: str) -> int:
    return -(-Size.parse(size).bytes // 2**30)


def _room(row: Raw | None) -> tuple[int, int] | None:
    """How much is used, as text on the wire, and the limit; None where either is not told."""
    if row is None or row.get("limit") is None or not str(row.get("used", "")).isdigit():
        return None
    return int(row["used"]), int(row["limit"])


def _overlaps(wanted: Sequence[Wanted], networks: Sequence[Raw]) -> Iterator[Obstacle]:
    """The service refuses overlapping VPCs in a project (``VPC is overlap with another.``, seen live)."""
    for item in wanted:
        if item.kind != "Network":
            continue
        block = ipaddress.ip_network(item.inputs["cidr"])
        for row in networks:
            if row.get("cidr") and block.overlaps(ipaddress.ip_network(row["cidr"])):
                name = row.get("displayName") or row.get("name") or row["id"]
                reason = f"{block} overlaps with {row['cidr']} of the VPC {name} ({row['id']})"
                remedy = f"take another block, or take that one in: mcloud import STACK network/{item.name} {row['id']}"
                yield Obstacle(f"network {item.name}", reason, remedy)
