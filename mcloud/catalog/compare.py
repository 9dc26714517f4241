"""What an account is offered, against what is shipped: new, gone, sold out, opened, closed, changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mcloud.catalog.types import Catalog, DiskClass, Flavor, Image, Region

How = Literal["new", "gone", "sold out", "opened", "closed", "changed"]


@dataclass(frozen=True)
class Change:
    """One difference.

    Attributes:
        kind: flavors, images, disks, zones or limits.
        name: what it is called.
        how: what is different.
        detail: where, and old and new values; empty where there is nothing to add.
    """

    kind: str
    name: str
    how: How
    detail: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def compare(shipped: Catalog, live: Catalog, region: str) -> list[Change]:
    """What the account's own list of a region has otherwise than the shipped one.

    A part that the account's list does not have at all is not compared: it was not asked for, or refused.
    """
    old, new = (next((row for row in part.regions if row.name == region), None) for part in (shipped, live))
    changes: list[Change] = []
    if new is not None:
        changes += _zones(old, new)
    if flavors := _in(live.flavors, region):
        changes += _flavors(_in(shipped.flavors, region), flavors)
    if images := _in(live.images, region):
        changes += _images(_in(shipped.images, region), images)
    if disks := _in(live.disks, region):
        changes += _disks(_in(shipped.disks, region), disks)
    if live.limits:
        changes += _limits(shipped, live)
    return changes


def _in(rows: tuple[Any, ...], region: str) -> list[Any]:
    return [row for row in rows if row.region == region]


def _names(kind: str, old: set[str], new: set[str]) -> Iterator[Change]:
    yield from (Change(kind, name, "new") for name in sorted(new - old))
    yield from (Change(kind, name, "gone") for name in sorted(old - new))


def _zones(old: Region | None, new: Region) -> Iterator[Change]:
    before = {zone.name: zone for zone in old.zones} if old is not None else {}
    after = {zone.name: zone for zone in new.zones}
    yield from _names("zones", set(before), set(after))
    for name, zone in after.items():
        known = before[name].enabled if name in before else None
        if zone.enabled is not None and zone.enabled is not known:
            yield Change("zones", name, "opened" if zone.enabled else "closed", "to this account")


def _flavors(old: list[Flavor], new: list[Flavor]) -> Iterator[Change]:
    before, after = {row.name for row in old}, {row.name for row in new}
    yield from _names("flavors", before, after)
    sizes = {row.name: (row.vcpu, row.memory, row.gpu) for row in old}
    for name in sorted(before & after):
        found = next(row for row in new if row.name == name)
        if sizes[name] != (found.vcpu, found.memory, found.gpu):
            was = f"{sizes[name][0]} vCPU, {sizes[name][1]}"
            yield Change("flavors", name, "changed", f"{was} -> {found.vcpu} vCPU, {found.memory}")
    for row in sorted(new, key=lambda row: (row.name, row.zone or "")):
        if row.sold_out:
            yield Change("flavors", row.name, "sold out", f"in {row.zone}" if row.zone else "")


def _images(old: list[Image], new: list[Image]) -> Iterator[Change]:
    """A shipped name with ``*`` stands for whatever image of its system is there today."""
    before, after = {row.name for row in old}, {row.name for row in new}
    patterns = {row.name: (row.os, row.version) for row in old if "*" in row.name}
    systems = {row.name: (row.os, row.version) for row in new}
    after |= {name for name, system in patterns.items() if system in systems.values()}
    before |= {name for name, system in systems.items() if system in patterns.values()}
    yield from _names("images", before, after)


def _disks(old: list[DiskClass], new: list[DiskClass]) -> Iterator[Change]:
    """Zones that the account's list does not have are closed to it, not changed."""
    zones = {row.zone for row in new}
    before = {_disk_name(row) for row in old if row.zone in zones}
    yield from _names("disks", before, {_disk_name(row) for row in new})


def _disk_name(row: DiskClass) -> str:
    return f"{row.class_}-{row.name}" + (f" in {row.zone}" if row.zone else "")


def _limits(shipped: Catalog, live: Catalog) -> Iterator[Change]:
    before = {row.name: row.value for row in shipped.limits}
    after = {row.name: row.value for row in live.limits}
    yield from (Change("limits", name, "new", str(after[name])) for name in sorted(after.keys() - before.keys()))
    for name in sorted(before.keys() & after.keys()):
        if before[name] != after[name]:
            yield Change("limits", name, "changed", f"{before[name]} -> {after[name]}")
