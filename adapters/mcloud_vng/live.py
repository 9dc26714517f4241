"""What the account is offered now (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

from mcloud.catalog.types import BalancerSize, Catalog, DiskClass, Flavor, Image, Limit, Provenance, Region, Zone
from mcloud.units import Size
from mcloud_vng.vendor_errors import VendorError

if TYPE_CHECKING:
    from mcloud_vng.balancer_driver import VNGLBDriver
    from mcloud_vng.driver import VNGNodeDriver

Raw = dict[str, Any]


def read_live(driver: VNGNodeDriver, region: str, balancers: VNGLBDriver) -> Catalog:
    """Read zones, flavors with stock, images, disk classes, sizes of load balancers and limits of the region.

    Raises:
        VendorError: refused or no answer.
    """
    source = Provenance(f"the account's API in {region}", date.today(), "account")
    zones = driver.ex_list_zones()
    opened = [zone["uuid"] for zone in zones if zone.get("isEnabled")]
    return Catalog(
        cloud="vng",
        regions=(Region(region, (), region, tuple(_zone(zone) for zone in zones), source),),
        flavors=tuple(
            _flavor(row, family, region, source)
            for family in driver.ex_list_flavor_zones()
            for row in driver.ex_list_flavors(family["id"])
        ),
        images=tuple(image for row in driver.ex_list_images() if (image := _image(row, region, source))),
        disks=tuple(
            _disk(row, kind, zone, region, source)
            for zone in opened
            for kind in driver.ex_list_volume_type_zones(zone)
            for row in driver.ex_list_volume_types(kind["id"])
        ),
        balancers=tuple(
            size
            for zone in opened
            for row in _packages(balancers, zone)
            if (size := _balancer(row, zone, region, source)) is not None
        ),
        limits=tuple(Limit(row["quotaName"], row.get("limit"), source) for row in driver.ex_quotas()),
    )


def _zone(row: Raw) -> Zone:
    return Zone(row["uuid"], row["name"], bool(row.get("isEnabled")), bool(row.get("isDefault")))


def _flavor(row: Raw, family: Raw, region: str, source: Provenance) -> Flavor:
    remaining = row.get("remainingVms")
    return Flavor(
        name=row["name"],
        region=region,
        # A flavor's own zoneId may be null even where the query filtered by it (MCP-LIVE).
        zone=row.get("zoneId") or family.get("zoneId"),
        vcpu=int(row["cpu"]),
        memory=Size.gib(int(row["memory"])),
        gpu=int(row.get("gpu") or 0),
        gpu_model=_gpu_model(row["name"]),
        family=family["name"],
        native_id=row["flavorId"],
        sold_out=bool(row.get("isSoldOut")) or (remaining is not None and int(remaining) <= 0),
        remaining=remaining,
        image_families=_image_types(row.get("metaData")),
        provenance=source,
    )


def _gpu_model(name: str) -> str | None:
    found = re.search(r"-\d+(rtx\w+|a\d+|h\d+)", name)
    return found[1] if found else None


def _image_types(meta: str | None) -> tuple[str, ...]:
    """``metaData`` is JSON text that names the image types that it boots (MCP-LIVE)."""
    try:
        return tuple(json.loads(meta or "{}").get("imageTypeSupport") or ())
    except ValueError:
        return ()


def image_words(name: str) -> tuple[str, str] | None:
    """``Ubuntu-22.04x64``, ``Windows-2022``: system and version in one word; others are not understood."""
    found = re.fullmatch(r"([A-Za-z]+)[-_ ]([\d.]+)(?:x64)?", name)
    return (found[1].lower(), found[2]) if found else None


def _image(row: Raw, region: str, source: Provenance) -> Image | None:
    found = image_words(row["imageVersion"])
    if found is None:
        return None
    disk = (row.get("packageLimit") or {}).get("diskSize")
    return Image(
        os=found[0],
        version=found[1],
        name=row["imageVersion"],
        region=region,
        family=row["imageType"],
        native_id=row["id"],
        min_disk=Size.gib(int(disk)) if disk else None,
        licensed=bool(row.get("licence")),
        provenance=source,
    )


def _disk(row: Raw, kind: Raw, zone: str, region: str, source: Provenance) -> DiskClass:
    return DiskClass(
        name=row["name"],
        class_="nvme" if kind["name"].lower() == "nvme" else "ssd",
        region=region,
        zone=row.get("zoneId") or zone,
        native_id=row["id"],
        iops=row.get("iops"),
        min_size=Size.gib(int(row["minSize"])),
        max_size=Size.gib(int(row["maxSize"])),
        provenance=source,
    )


def _packages(balancers: VNGLBDriver, zone: str) -> list[Raw]:
    """Packages of a zone; none for an account that may not use load balancers (a policy of its own, vLBFullAccess)."""
    try:
        return balancers.ex_list_packages(zone)
    except VendorError as error:
        if error.status in (403, 404):
            return []
        raise


def _balancer(row: Raw, zone: str, region: str, source: Provenance) -> BalancerSize | None:
    """``lbType`` is L4 or L7, ``type`` or ``displayLbType`` may say Layer 4; others are not understood."""
    words = " ".join(str(row.get(name) or "") for name in ("lbType", "displayLbType", "type"))
    found = re.search(r"\bL(?:ayer )?([47])\b", words)
    if found is None:
        return None
    return BalancerSize(
        name=row["name"],
        region=region,
        zone=zone,
        layer="application" if found[1] == "7" else "network",
        native_id=row["uuid"],
        connections=row.get("connectionNumber"),
        provenance=source,
    )
