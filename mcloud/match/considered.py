"""What was considered for a resource: the pick of each part, why every other one lost, and the nearest miss. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mcloud.catalog.types import DISK_CLASSES, Catalog, DiskClass, Flavor, Image, Price
from mcloud.errors import McloudError
from mcloud.match.balancer import layer_of, match_balancer, nearest
from mcloud.match.flavor import FlavorNeed
from mcloud.match.resolve import choose_disk, choose_image, choose_zone, find_flavor, need_of
from mcloud.match.verdict import Considered, Losers, Lost
from mcloud.model.base import Placement
from mcloud.units import Size

Answer = tuple[Considered, Losers]


def consider(kind: str, inputs: Mapping[str, Any], catalog: Catalog, at: Placement) -> tuple[Answer, ...]:
    """Flavor, image and disk of a server, the disk of a volume, the size of a load balancer; nothing for other kinds.

    Each is looked at by itself, so that all that does not fit is told at once; with each what was not taken.

    Args:
        kind: neutral kind.
        inputs: neutral inputs in wire form.
        catalog: of the placement's cloud.
        at: canonical.

    Raises:
        PlacementError: there is no such zone, or it is closed.
    """
    parts = _PARTS.get(kind)
    if parts is None:
        return ()
    zone, _ = choose_zone(inputs.get("zone"), catalog, at)
    return tuple(part(inputs, catalog, at.region, zone) for part in parts)


def _answer(losers: tuple[Lost, ...], **about: Any) -> Answer:
    found = Considered(others=len(losers), **about)
    return found, Losers(part=found.part, asked=found.asked, zone=found.zone, lost=losers)


def _asked(need: FlavorNeed, by_image: bool) -> str:
    """All that the answer depends on."""
    image = f", bootable for {need.image_family}" if by_image and need.image_family else ""
    if need.forced is not None:
        return f"{need.forced}{image}"
    gpu = f", {need.gpu} {need.gpu_model + ' ' if need.gpu_model else ''}GPU" if need.gpu else ""
    return f"{need.vcpu} vCPU, {need.memory}{gpu}{image}"


def _about(row: Flavor) -> str:
    return f"{row.vcpu} vCPU, {row.memory}" + (
        f", {row.gpu} {row.gpu_model or ''} GPU".replace("  ", " ") if row.gpu else ""
    )


def _price(price: Price | None) -> str | None:
    return None if price is None else f"{price.amount:,} {price.currency}/{price.unit} [{price.provenance.mark}]"


def _flavor(inputs: Mapping[str, Any], catalog: Catalog, region: str, zone: str) -> Answer:
    try:
        image: Image | None = choose_image(inputs["image"], catalog, region, zone)
    except McloudError:  # told as the image's own
        image = None
    need = need_of(inputs, image)
    found = find_flavor(need, catalog, region, zone)
    rows = {row.name: row for row in reversed(catalog.flavors_in(region, zone))}
    losers = tuple(
        Lost(name=lost.name, reason=lost.reason, about=_about(rows[lost.name]), price=_price(rows[lost.name].price))
        for lost in found.losers
    )
    pick = found.pick
    return _answer(
        losers,
        part="flavor",
        asked=_asked(need, any(row.image_families for row in rows.values())),
        zone=zone,
        pick=pick.name if pick else None,
        about=_about(pick) if pick else "",
        price=_price(pick.price) if pick else None,
        nearest=None if pick else found.nearest or f"no flavor is known to be sold in {zone}",
    )


def _image(inputs: Mapping[str, Any], catalog: Catalog, region: str, zone: str) -> Answer:
    asked = inputs["image"]
    rows = catalog.images_in(region, zone)
    pick, missed = _tried(lambda: choose_image(asked, catalog, region, zone))
    losers = tuple(
        Lost(name=row.name, reason=f"is {row.os} {row.version}", about=f"{row.os} {row.version}")
        for row in rows
        if row.os == asked["os"] and (pick is None or row.name != pick.name)
    )
    words = f"{asked['os']} {asked['version']}"
    name = pick.name if pick else None
    return _answer(losers, part="image", asked=words, zone=zone, pick=name, about=words, nearest=missed)


def _root_disk(inputs: Mapping[str, Any], catalog: Catalog, region: str, zone: str) -> Answer:
    return _disk(inputs.get("disk") or {}, catalog, region, zone)


def _disk(asked: Mapping[str, Any], catalog: Catalog, region: str, zone: str) -> Answer:
    pick, missed = _tried(lambda: choose_disk(asked, catalog, region, zone))
    rows = catalog.disks_in(region, zone)
    losers = tuple(
        Lost(name=f"{row.class_} {row.name}", reason=_why_not(row, asked, pick), price=_price(row.price))
        for row in rows
        if row is not pick
    )
    iops, size = asked.get("minIops"), asked.get("size") or "20 GiB"
    return _answer(
        losers,
        part="disk",
        asked=f"{size} {asked.get('class', 'ssd')}" + (f", {iops:,} IOPS" if iops else ""),
        zone=zone,
        pick=f"{pick.class_} {pick.name}" if pick else None,
        about=_disk_words(pick) if pick else "",
        price=_price(pick.price) if pick else None,
        nearest=missed,
    )


def _disk_words(row: DiskClass) -> str:
    return row.class_ + (f", {row.iops:,} IOPS" if row.iops else ", IOPS unknown")


def _why_not(row: DiskClass, asked: Mapping[str, Any], pick: DiskClass | None) -> str:
    wanted, iops = asked.get("class", "ssd"), int(asked.get("minIops") or 0)
    if DISK_CLASSES.index(row.class_) < DISK_CLASSES.index(wanted):
        return f"{row.class_} is slower than {wanted}"
    if iops and row.iops is None:
        return "its IOPS are not known"
    if iops and row.iops is not None and row.iops < iops:
        return f"{iops - row.iops:,} IOPS short"
    if asked.get("size") and row.max_size is not None and Size.parse(asked["size"]) > row.max_size:
        return f"{row.max_size} at most"
    return f"faster than {pick.class_} {pick.name}, which is enough" if pick else ""


def _balancer(inputs: Mapping[str, Any], catalog: Catalog, region: str, zone: str) -> Answer:
    layer, forced, least = layer_of(inputs.get("protocols") or ()), inputs.get("flavor"), inputs.get("minConnections")
    found = match_balancer(layer, least, forced, catalog, region, zone)
    losers = tuple(Lost(name=lost.name, reason=lost.reason) for lost in found.losers)
    missed = None if found.pick else nearest(found, forced)
    if not found.known:
        missed = f"which sizes {zone} has only the account's own list tells"
    wanted = forced or (f"{least:,} connections" if least else "")
    return _answer(
        losers,
        part="size",
        asked=f"{layer} layer" + (f", {wanted}" if wanted else ""),
        zone=zone,
        pick=found.pick.name if found.pick else None,
        about=f"{layer} layer",
        nearest=missed,
    )


def _tried(choose: Callable[[], Any]) -> tuple[Any, str | None]:
    try:
        return choose(), None
    except McloudError as error:
        return None, error.hint


_Part = Callable[[Mapping[str, Any], Catalog, str, str], Answer]
_PARTS: Mapping[str, tuple[_Part, ...]] = {
    "Server": (_flavor, _image, _root_disk),
    "Volume": (_disk,),
    "LoadBalancer": (_balancer,),
}
