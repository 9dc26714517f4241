"""Whether what is there is what a stack asks for, where the choice was somebody else's: flavor, image, disk. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mcloud.catalog.types import DISK_CLASSES, Catalog
from mcloud.errors import MatchError, PlacementError
from mcloud.match.flavor import shortcoming
from mcloud.match.resolve import need_of, resolve
from mcloud.model.base import Placement


def completed(
    kind: str, inputs: Mapping[str, Any], picks: Mapping[str, Any], catalog: Catalog, at: Placement
) -> dict[str, Any]:
    """What is there as a choice would have it: with the names of what the cloud shows by its id.

    Args:
        inputs: what is asked for, in wire form.
        picks: what is there, as far as the cloud shows it.
        at: canonical.
    """
    wanted = {**inputs, "zone": picks["zone"]} if picks.get("zone") else inputs
    try:
        fresh = dict(resolve(kind, wanted, catalog, at).picks)
    except (MatchError, PlacementError):  # no more to be had; what is there stays
        fresh = {}
    found = {**fresh, **picks}
    rows = (("flavor", catalog.flavors), ("image", catalog.images), ("diskType", catalog.disks))
    for name, known in rows:
        there = picks.get(f"{name}Id")
        if there and name not in picks:
            row = next((row for row in known if row.native_id == there), None)
            found[name] = row.name if row else there
    return found


def unfit(
    kind: str, inputs: Mapping[str, Any], picks: Mapping[str, Any], catalog: Catalog, at: Placement
) -> Iterator[str]:
    """Why it is not what is asked for, a reason for each pick; what the catalog does not know counts as fit.

    Args:
        inputs: what is asked for, in wire form.
        picks: what is there.
        at: canonical.
    """
    zone = str(picks.get("zone") or at.zone or "")
    if kind == "Server":
        yield from _flavor(inputs, picks, catalog, at, zone)
        yield from _image(inputs, picks, catalog, at, zone)
        yield from _disk(inputs.get("disk") or {}, picks, catalog, at, zone)
    elif kind == "Volume":
        yield from _disk(inputs, picks, catalog, at, zone)


def _flavor(
    inputs: Mapping[str, Any], picks: Mapping[str, Any], catalog: Catalog, at: Placement, zone: str
) -> Iterator[str]:
    there, need = picks.get("flavor"), need_of(inputs, None)
    if need.forced is not None and there is not None and need.forced != there:
        yield f"its flavor is {there}, not {need.forced}"
        return
    row = next((row for row in catalog.flavors_in(at.region, zone) if row.name == there), None)
    short = shortcoming(row, need) if row is not None and need.forced is None else None
    if short is not None:
        yield f"its flavor {there} is not what the size asks for: {short}"


def _image(
    inputs: Mapping[str, Any], picks: Mapping[str, Any], catalog: Catalog, at: Placement, zone: str
) -> Iterator[str]:
    asked = inputs["image"]
    row = next((row for row in catalog.images_in(at.region, zone) if _is(row.native_id, picks.get("imageId"))), None)
    if row is not None and (row.os, row.version) != (asked["os"], asked["version"]):
        yield f"its image is {row.os} {row.version}, not {asked['os']} {asked['version']}"


def _disk(
    asked: Mapping[str, Any], picks: Mapping[str, Any], catalog: Catalog, at: Placement, zone: str
) -> Iterator[str]:
    wanted = asked.get("class", "ssd")
    row = next((row for row in catalog.disks_in(at.region, zone) if _is(row.native_id, picks.get("diskTypeId"))), None)
    if row is not None and DISK_CLASSES.index(row.class_) < DISK_CLASSES.index(wanted):
        yield f"its disk is {row.class_}, not {wanted}"


def _is(known: str | None, there: Any) -> bool:
    return known is not None and known == there
