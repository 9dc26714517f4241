"""The catalog's values. What is unknown is None and is shown as unknown, never as 0."""

from __future__ import annotations

import difflib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from mcloud.errors import PlacementError
from mcloud.model.base import Placement
from mcloud.units import Size

Mark = Literal["vendor-doc", "vendor-live", "third-party", "account", "user", "derived"]
"""How much a fact can be trusted: the vendor's page, the vendor's own live notes, somebody else's live reading, the
account's own API, the user's price book, or worked out from other facts."""
MARKS: tuple[str, ...] = ("vendor-doc", "vendor-live", "third-party", "account", "user", "derived")
DISK_CLASSES: tuple[str, ...] = ("hdd", "ssd", "nvme")
"""From slow to fast: a faster one may stand in for a slower one."""


@dataclass(frozen=True)
class Provenance:
    """Where a fact is from, of which day, and its mark."""

    source: str
    as_of: date
    mark: str

    def __str__(self) -> str:
        return f"{self.mark}, {self.as_of}: {self.source}"


@dataclass(frozen=True)
class Price:
    """A price per ``unit``; ``vat`` tells whether tax is in it, None when that is not known."""

    amount: Decimal
    currency: str
    unit: str
    provenance: Provenance
    vat: str | None = None


@dataclass(frozen=True)
class Zone:
    """A zone of a region; ``enabled`` is None when only the account could tell."""

    name: str
    title: str
    enabled: bool | None = None
    default: bool = False


@dataclass(frozen=True)
class Region:
    """A region with its zones, the default one first where there is one."""

    name: str
    aliases: tuple[str, ...]
    title: str
    zones: tuple[Zone, ...]
    provenance: Provenance


@dataclass(frozen=True)
class Flavor:
    """A size of server. Without a zone it is sold in the region and the zone is not known."""

    name: str
    region: str
    zone: str | None
    vcpu: int
    memory: Size
    provenance: Provenance
    native_id: str | None = None
    family: str = ""
    gpu: int = 0
    gpu_model: str | None = None
    sold_out: bool | None = None
    remaining: int | None = None
    price: Price | None = None
    image_families: tuple[str, ...] = ()


@dataclass(frozen=True)
class Image:
    """An operating system image; a least disk that is not known is None."""

    os: str
    version: str
    name: str
    region: str
    provenance: Provenance
    native_id: str | None = None
    zone: str | None = None
    family: str | None = None
    min_disk: Size | None = None
    licensed: bool = False


@dataclass(frozen=True)
class DiskClass:
    """A kind of block storage in a zone."""

    name: str
    class_: str
    region: str
    zone: str | None
    provenance: Provenance
    native_id: str | None = None
    iops: int | None = None
    throughput_mb_s: int | None = None
    min_size: Size | None = None
    max_size: Size | None = None
    price: Price | None = None


@dataclass(frozen=True)
class BalancerSize:
    """A size of load balancer in a zone.

    Attributes:
        layer: application (HTTP) or network (TCP and UDP).
        connections: how many it holds at once.
    """

    name: str
    region: str
    zone: str | None
    layer: str
    provenance: Provenance
    native_id: str | None = None
    connections: int | None = None


@dataclass(frozen=True)
class Limit:
    """A limit of the account in a region."""

    name: str
    value: int | None
    provenance: Provenance


@dataclass(frozen=True)
class Catalog:
    """All of it for one cloud."""

    cloud: str
    regions: tuple[Region, ...]
    flavors: tuple[Flavor, ...] = ()
    images: tuple[Image, ...] = ()
    disks: tuple[DiskClass, ...] = ()
    limits: tuple[Limit, ...] = ()
    prices: dict[str, Price] = field(default_factory=dict)
    """Prices by ``kind:name`` that belong to no row of their own."""
    balancers: tuple[BalancerSize, ...] = ()

    @cached_property
    def _regions(self) -> dict[str, Region]:
        return {name.lower(): region for region in self.regions for name in (region.name, *region.aliases)}

    def region(self, text: str) -> Region:
        """The region by name or alias.

        Raises:
            PlacementError: there is none of that name.
        """
        found = self._regions.get(text.lower())
        if found is None:
            close = difflib.get_close_matches(text.lower(), list(self._regions), n=1)
            known = ", ".join(sorted(region.name for region in self.regions))
            hint = f"did you mean {close[0]!r}? known: {known}" if close else f"known: {known}"
            raise PlacementError(f"{self.cloud} has no region {text!r}", hint=hint)
        return found

    def canonical(self, placement: Placement) -> Placement:
        """The placement with the cloud's own names.

        Raises:
            PlacementError: no such region or zone.
        """
        region = self.region(placement.region)
        if placement.zone is None:
            return Placement(placement.cloud, region.name)
        zones = {name.lower(): zone.name for zone in region.zones for name in (zone.name, zone.title)}
        found = zones.get(placement.zone.lower())
        if found is None:
            known = ", ".join(zone.name for zone in region.zones)
            close = difflib.get_close_matches(placement.zone.lower(), list(zones), n=1)
            hint = f"did you mean {zones[close[0]]!r}? known: {known}" if close else f"known: {known}"
            raise PlacementError(f"{self.cloud}/{region.name} has no zone {placement.zone!r}", hint=hint)
        return Placement(placement.cloud, region.name, found)

    @cached_property
    def _flavors(self) -> dict[str, tuple[Flavor, ...]]:
        found: defaultdict[str, list[Flavor]] = defaultdict(list)
        for flavor in self.flavors:
            found[flavor.region].append(flavor)
        return {region: tuple(sorted(rows, key=_flavor_order)) for region, rows in found.items()}

    @cached_property
    def _by_zone(self) -> dict[tuple[str, str], tuple[Flavor, ...]]:
        return {}

    def flavors_in(self, region: str, zone: str) -> tuple[Flavor, ...]:
        """Flavors that may be sold in a zone, sorted.

        A row whose zone is not known may be sold there, unless the zone has a row of that name. (The account's own list
        names the zones, and takes the place of all rows of its region.)
        """
        key = (region, zone)
        if key not in self._by_zone:
            rows = self._flavors.get(region, ())
            known = {row.name for row in rows if row.zone == zone}
            self._by_zone[key] = tuple(
                row for row in rows if row.zone == zone or (row.zone is None and row.name not in known)
            )
        return self._by_zone[key]

    def flavor_names_elsewhere(self, region: str, zone: str) -> dict[str, str]:
        """Name -> zone, of flavors that are sold in another zone of the region."""
        rows = self._flavors.get(region, ())
        return {row.name: row.zone for row in rows if row.zone is not None and row.zone != zone}

    def images_in(self, region: str, zone: str) -> tuple[Image, ...]:
        """Images that can be used in a zone, sorted by name."""
        rows = [row for row in self.images if row.region == region and row.zone in (None, zone)]
        return tuple(sorted(rows, key=lambda row: (row.os, row.version, row.name, row.native_id or "")))

    def disks_in(self, region: str, zone: str) -> tuple[DiskClass, ...]:
        """Disk classes of a zone, from slow to fast."""
        rows = [row for row in self.disks if row.region == region and row.zone in (None, zone)]
        return tuple(sorted(rows, key=lambda row: (DISK_CLASSES.index(row.class_), row.iops or 0, row.name)))

    def balancers_in(self, region: str, zone: str, layer: str) -> tuple[BalancerSize, ...]:
        """Sizes of load balancers of a layer in a zone, from small to large; those of unknown size last."""
        rows = [
            row for row in self.balancers if row.region == region and row.zone in (None, zone) and row.layer == layer
        ]
        return tuple(sorted(rows, key=lambda row: (row.connections is None, row.connections or 0, row.name)))

    def oldest(self) -> date | None:
        """The day of the oldest fact."""
        rows: list[Region | Flavor | Image | DiskClass | BalancerSize | Limit] = [*self.regions, *self.flavors]
        rows += [*self.images, *self.disks, *self.balancers, *self.limits]
        return min((row.provenance.as_of for row in rows), default=None)


def _flavor_order(row: Flavor) -> tuple[object, ...]:
    return (row.vcpu, row.memory.bytes, row.gpu, row.name, row.zone or "", row.native_id or "")
