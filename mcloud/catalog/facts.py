"""The catalog's rows as facts to show: values by name, price, and where each is from. Unknown values are None."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from mcloud.catalog.types import Catalog, Price, Provenance

KINDS = ("flavors", "images", "disks", "regions", "limits", "prices")


@dataclass(frozen=True)
class Fact:
    """One row.

    Attributes:
        kind: one of ``KINDS``.
        name: what it is called, unique in its kind and place.
        place: cloud, cloud/region or cloud/region/zone.
        values: name -> value; None is unknown.
        provenance: where it is from.
        price: None is unknown.
    """

    kind: str
    name: str
    place: str
    values: dict[str, Any]
    provenance: Provenance
    price: Price | None = None

    def as_dict(self, today: date) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "kind": self.kind,
            "name": self.name,
            "placement": self.place,
            **self.values,
            "price": None if self.price is None else price_dict(self.price, today),
            **provenance_dict(self.provenance, today),
        }


def provenance_dict(provenance: Provenance, today: date) -> dict[str, Any]:
    """Source, day, mark and age in days."""
    age = (today - provenance.as_of).days
    return {"source": provenance.source, "as_of": str(provenance.as_of), "mark": provenance.mark, "age_days": age}


def price_dict(price: Price, today: date) -> dict[str, Any]:
    """Amount as text, for it is exact; vat None: not known whether it is in it."""
    return {
        "amount": str(price.amount),
        "currency": price.currency,
        "unit": price.unit,
        "vat": price.vat,
        **provenance_dict(price.provenance, today),
    }


def facts_of(catalog: Catalog, kind: str, region: str | None = None) -> list[Fact]:
    """The facts of a kind, sorted by place and name.

    Args:
        catalog: where to look.
        kind: one of ``KINDS``.
        region: only what is sold there; limits and prices are of the whole cloud.
    """
    found = _MAKERS[kind](catalog)
    if region is not None and kind not in ("limits", "prices"):
        home = f"{catalog.cloud}/{region}"
        found = [fact for fact in found if fact.place == home or fact.place.startswith(f"{home}/")]
    return sorted(found, key=lambda fact: (fact.place, _order(fact), fact.name))


def named(catalog: Catalog, name: str, region: str | None = None) -> list[Fact]:
    """The facts of a name or alias, of any kind; capital letters do not matter."""
    wanted = name.lower()
    return [fact for kind in KINDS for fact in facts_of(catalog, kind, region) if wanted in _names(fact)]


def close_names(catalog: Catalog, name: str) -> list[str]:
    """Names that are nearly this one."""
    known = {text for kind in KINDS for fact in facts_of(catalog, kind) for text in _names(fact)}
    return difflib.get_close_matches(name.lower(), sorted(known), n=3)


def unpriced_items(prices: Iterable[str], catalog: Catalog) -> list[str]:
    """The items of a price book that price nothing: no flavor and no disk is called so."""
    flavors = {f"flavor:{row.name}" for row in catalog.flavors}
    disks = {f"disk:{row.class_}-{row.name}" for row in catalog.disks}
    known = flavors | disks | set(catalog.prices)
    return sorted(item for item in prices if item.startswith(("flavor:", "disk:")) and item not in known)


def _names(fact: Fact) -> set[str]:
    others = fact.values.get("aliases") or ()
    words = [fact.name, fact.name.partition(":")[2], *others, *(fact.values.get("zones") or ())]
    if fact.kind == "images":
        words.append(f"{fact.values['os']} {fact.values['version']}")
    return {word.lower() for word in words if word}


def _order(fact: Fact) -> tuple[Any, ...]:
    if fact.kind == "flavors":
        return (fact.values["vcpu"],)
    return (fact.values["class"], fact.values["iops"] or 0) if fact.kind == "disks" else ()


def _place(*parts: str | None) -> str:
    return "/".join(part for part in parts if part)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _flavors(catalog: Catalog) -> list[Fact]:
    stock = {None: None, True: "sold out", False: "yes"}
    return [
        Fact(
            "flavors",
            row.name,
            _place(catalog.cloud, row.region, row.zone),
            {
                "vcpu": row.vcpu,
                "memory": str(row.memory),
                "gpu": row.gpu,
                **({"gpu_model": row.gpu_model} if row.gpu else {}),
                "family": row.family or None,
                "stock": stock[row.sold_out],
                "remaining": row.remaining,
                "native_id": row.native_id,
            },
            row.provenance,
            row.price,
        )
        for row in catalog.flavors
    ]


def _images(catalog: Catalog) -> list[Fact]:
    return [
        Fact(
            "images",
            row.name,
            _place(catalog.cloud, row.region, row.zone),
            {
                "os": row.os,
                "version": row.version,
                "family": row.family,
                "min_disk": _text(row.min_disk),
                "licensed": row.licensed,
                "native_id": row.native_id,
            },
            row.provenance,
        )
        for row in catalog.images
    ]


def _disks(catalog: Catalog) -> list[Fact]:
    return [
        Fact(
            "disks",
            f"{row.class_}-{row.name}",
            _place(catalog.cloud, row.region, row.zone),
            {
                "class": row.class_,
                "iops": row.iops,
                "throughput_mb_s": row.throughput_mb_s,
                "min_size": _text(row.min_size),
                "max_size": _text(row.max_size),
                "native_id": row.native_id,
            },
            row.provenance,
            row.price,
        )
        for row in catalog.disks
    ]


def _regions(catalog: Catalog) -> list[Fact]:
    words = {None: None, True: "open", False: "closed"}
    return [
        Fact(
            "regions",
            row.name,
            _place(catalog.cloud, row.name),
            {
                "title": row.title,
                "aliases": list(row.aliases),
                "zones": [zone.name for zone in row.zones],
                "open": {zone.name: words[zone.enabled] for zone in row.zones},
                "default_zone": next((zone.name for zone in row.zones if zone.default), None),
            },
            row.provenance,
        )
        for row in catalog.regions
    ]


def _limits(catalog: Catalog) -> list[Fact]:
    return [Fact("limits", row.name, catalog.cloud, {"value": row.value}, row.provenance) for row in catalog.limits]


def _prices(catalog: Catalog) -> list[Fact]:
    return [Fact("prices", item, catalog.cloud, {}, price.provenance, price) for item, price in catalog.prices.items()]


_MAKERS: dict[str, Callable[[Catalog], list[Fact]]] = {
    "flavors": _flavors,
    "images": _images,
    "disks": _disks,
    "regions": _regions,
    "limits": _limits,
    "prices": _prices,
}
