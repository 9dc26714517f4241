"""What is chosen for a resource: zone, flavor, image, disk. One pure function for CLI and provider."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mcloud.catalog.types import DISK_CLASSES, Catalog, DiskClass, Image, Region
from mcloud.errors import MatchError, PlacementError
from mcloud.match.balancer import layer_of, match_balancer, nearest
from mcloud.match.flavor import FlavorMatch, FlavorNeed, match_flavor
from mcloud.model.base import Placement
from mcloud.units import Size


@dataclass(frozen=True)
class Resolution:
    """What was chosen, and remarks on how."""

    picks: dict[str, Any]
    reasons: tuple[str, ...] = ()


def resolve(kind: str, inputs: Mapping[str, Any], catalog: Catalog, placement: Placement) -> Resolution:
    """Choose for a resource's neutral inputs (wire form).

    Args:
        placement: canonical.

    Raises:
        MatchError: nothing fits; the hint says what to relax.
        PlacementError: an unknown or closed zone.
    """
    if kind == "Server":
        return _server(inputs, catalog, placement)
    if kind == "Subnet":
        zone, reasons = choose_zone(inputs.get("zone"), catalog, placement)
        return Resolution({"zone": zone}, reasons)
    if kind == "Volume":
        zone, reasons = choose_zone(inputs.get("zone"), catalog, placement)
        disk = choose_disk(inputs, catalog, placement.region, zone)
        picks = {"zone": zone, "diskType": disk.name, "diskTypeId": disk.native_id}
        return Resolution(picks, (*reasons, *_better_disk(inputs, disk)))
    if kind == "LoadBalancer":
        return _load_balancer(inputs, catalog, placement)
    return Resolution({})


def _load_balancer(inputs: Mapping[str, Any], catalog: Catalog, placement: Placement) -> Resolution:
    """Zone, layer and size; the size is None where none is known, for only the account's own list has ids."""
    zone, reasons = choose_zone(inputs.get("zone"), catalog, placement)
    layer, forced = layer_of(inputs.get("protocols") or ("http",)), inputs.get("flavor")
    found = match_balancer(layer, inputs.get("minConnections"), forced, catalog, placement.region, zone)
    if found.pick is None and found.known:
        asked = forced or f"{inputs.get('minConnections'):,} connections"
        raise MatchError(f"no size of {layer} load balancers in {zone} for {asked}", hint=nearest(found, forced))
    if not found.known:
        reasons = (*reasons, f"which sizes of load balancers {zone} has only the account's own list tells")
    picks = {"zone": zone, "layer": layer, "flavor": None, "flavorId": None}
    if found.pick is None:
        return Resolution(picks, reasons)
    name = found.pick.name
    if found.losers:
        others = ", ".join(f"{loser.name} ({loser.reason})" for loser in found.losers)
        reasons = (*reasons, f"load balancers in {zone} are {name}, not {others}")
    return Resolution({**picks, "flavor": name, "flavorId": found.pick.native_id}, reasons)


def choose_zone(asked: str | None, catalog: Catalog, placement: Placement) -> tuple[str, tuple[str, ...]]:
    """The zone asked for, else the placement's, else the region's default, else its first open one.

    Raises:
        PlacementError: there is no such zone, or it is closed to the account.
    """
    region = catalog.region(placement.region)
    wanted = asked or placement.zone
    if wanted is not None:
        found = catalog.canonical(Placement(placement.cloud, region.name, wanted)).zone
        zone = next(item for item in region.zones if item.name == found)
        if zone.enabled is False:
            opened = ", ".join(_open_zones(region)) or "none"
            raise PlacementError(f"the zone {zone.name} is closed to this account", hint=f"open zones: {opened}")
        return zone.name, ()
    default = next((zone for zone in region.zones if zone.default), None)
    if default is not None and default.enabled is not False:
        return default.name, ()
    opened_zones = _open_zones(region)
    if not opened_zones:
        raise PlacementError(f"{placement.cloud}/{region.name} has no zone open to this account")
    why = f"the default zone {default.name} is closed, {opened_zones[0]} is open" if default else ""
    return opened_zones[0], (why,) if why else ()


def _open_zones(region: Region) -> list[str]:
    return [zone.name for zone in region.zones if zone.enabled is not False]


def _server(inputs: Mapping[str, Any], catalog: Catalog, placement: Placement) -> Resolution:
    zone, reasons = choose_zone(inputs.get("zone"), catalog, placement)
    image = choose_image(inputs["image"], catalog, placement.region, zone)
    flavor = choose_flavor(inputs, image, catalog, placement.region, zone)
    assert flavor.pick is not None  # noqa: S101 - choose_flavor raises otherwise
    asked = inputs.get("disk") or {}
    disk = choose_disk(asked, catalog, placement.region, zone)
    _check_room(image, asked)
    picks: dict[str, Any] = {
        "zone": zone,
        "flavor": flavor.pick.name,
        "flavorId": flavor.pick.native_id,
        "image": image.name,
        "imageId": image.native_id,
        "diskType": disk.name,
        "diskTypeId": disk.native_id,
    }
    if image.licensed:
        picks["licensed"] = True
    return Resolution(picks, (*reasons, *_better_disk(asked, disk)))


def _check_room(image: Image, disk: Mapping[str, Any]) -> None:
    """
    Raises:
        MatchError: the image needs a larger root disk.
    """
    size = Size.parse(disk.get("size", "20 GiB"))
    if image.min_disk is not None and size < image.min_disk:
        raise MatchError(f"a root disk of {size} is too small for {image.name}", hint=f"ask for {image.min_disk}")


def _better_disk(asked: Mapping[str, Any], disk: DiskClass) -> tuple[str, ...]:
    wanted = asked.get("class", "ssd")
    if disk.class_ == wanted:
        return ()
    return (f"there is no {wanted} disk that is good enough in {disk.zone or disk.region}: {disk.class_} is taken",)


def need_of(inputs: Mapping[str, Any], image: Image | None) -> FlavorNeed:
    """The need in a server's inputs."""
    size = inputs.get("size") or {}
    return FlavorNeed(
        vcpu=int(size.get("vcpu", 0)),
        memory=Size.parse(size["memory"]) if "memory" in size else Size(0),
        gpu=int(size.get("gpu", 0)),
        gpu_model=size.get("gpuModel"),
        forced=inputs.get("flavor"),
        image_family=image.family if image else None,
    )


def choose_flavor(inputs: Mapping[str, Any], image: Image, catalog: Catalog, region: str, zone: str) -> FlavorMatch:
    """The flavor; a match with a pick.

    Raises:
        MatchError: none fits.
    """
    need = need_of(inputs, image)
    found = find_flavor(need, catalog, region, zone)
    if found.pick is None:
        asked = need.forced or f"{need.vcpu} vCPU, {need.memory}" + _gpus(need)
        hint = found.nearest or f"{catalog.cloud}/{region} sells no flavor in {zone} that is known here"
        raise MatchError(f"no flavor in {zone} for {asked}", hint=hint)
    return found


def find_flavor(need: FlavorNeed, catalog: Catalog, region: str, zone: str) -> FlavorMatch:
    """``match_flavor``, remembered."""
    found: FlavorMatch = _remembered(catalog)(need, region, zone)
    return found


def _gpus(need: FlavorNeed) -> str:
    return f", {need.gpu} {need.gpu_model + ' ' if need.gpu_model else ''}GPU" if need.gpu else ""


def _remembered(catalog: Catalog) -> Any:
    """Equal needs are matched once per catalog: a stack asks for the same few again and again."""
    found = catalog.__dict__.get("_matches")
    if found is None:
        found = lru_cache(maxsize=4096)(lambda need, region, zone: match_flavor(need, catalog, region, zone))
        catalog.__dict__["_matches"] = found
    return found


def choose_image(asked: Mapping[str, Any], catalog: Catalog, region: str, zone: str) -> Image:
    """The image of an operating system and version.

    Raises:
        MatchError: there is none.
    """
    rows = catalog.images_in(region, zone)
    found = [row for row in rows if row.os == asked["os"] and row.version == asked["version"]]
    if found:
        return found[0]
    wanted = f"{asked['os']} {asked['version']}"
    same = sorted({row.version for row in rows if row.os == asked["os"]})
    if same:
        raise MatchError(f"there is no image of {wanted}", hint=f"versions of {asked['os']}: {', '.join(same)}")
    systems = sorted({row.os for row in rows})
    close = difflib.get_close_matches(asked["os"], systems, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(systems) or 'none'}"
    raise MatchError(f"there is no image of {wanted}", hint=hint)


def choose_disk(asked: Mapping[str, Any], catalog: Catalog, region: str, zone: str) -> DiskClass:
    """The slowest disk class that is good enough: never a worse class, a better one where the zone has no other.

    Raises:
        MatchError: none is good enough.
    """
    wanted = asked.get("class", "ssd")
    iops = int(asked.get("minIops") or 0)
    size = Size.parse(asked["size"]) if asked.get("size") else None
    rows = catalog.disks_in(region, zone)
    able = [
        row
        for row in rows
        if DISK_CLASSES.index(row.class_) >= DISK_CLASSES.index(wanted)
        and (not iops or (row.iops is not None and row.iops >= iops))
        and (size is None or row.max_size is None or size <= row.max_size)
    ]
    if able:
        return able[0]
    known = ", ".join(f"{row.class_} {row.name}" for row in rows) or "none known"
    need = f"{wanted}" + (f" with {iops} IOPS" if iops else "") + (f" of {size}" if size else "")
    raise MatchError(f"no disk class in {zone} for {need}", hint=f"{zone} has: {known}")
