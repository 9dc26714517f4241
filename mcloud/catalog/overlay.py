"""The account's live catalog overlays the shipped one; the user's price book overlays both."""

from __future__ import annotations

from dataclasses import replace

from mcloud.catalog.reader import with_prices
from mcloud.catalog.types import Catalog, Price, Region


def overlay(base: Catalog, live: Catalog | None, price_book: dict[str, Price] | None = None) -> Catalog:
    """Merge.

    Where the account's list covers a region, it is the list: what it lacks is not sold to this account. What the
    account does not list at all stays as shipped, prices too; the price book has the last word on prices.
    """
    merged = base if live is None else _with_live(base, live)
    prices = {**base.prices, **(live.prices if live else {}), **(price_book or {})}
    return with_prices(merged, prices)


def _with_live(base: Catalog, live: Catalog) -> Catalog:
    regions = {region.name: region for region in base.regions}
    for region in live.regions:
        regions[region.name] = _region(regions.get(region.name), region)
    listed = {row.region for row in live.flavors}
    imaged = {row.region for row in live.images}
    balanced = {row.region for row in live.balancers}
    zones_with_disks = {(row.region, row.zone) for row in live.disks}
    return replace(
        base,
        regions=tuple(regions.values()),
        flavors=(*(row for row in base.flavors if row.region not in listed), *live.flavors),
        images=(*(row for row in base.images if row.region not in imaged), *live.images),
        disks=(*(row for row in base.disks if (row.region, row.zone) not in zones_with_disks), *live.disks),
        balancers=(*(row for row in base.balancers if row.region not in balanced), *live.balancers),
        limits=tuple({row.name: row for row in (*base.limits, *live.limits)}.values()),
    )


def _region(base: Region | None, live: Region) -> Region:
    if base is None:
        return live
    return replace(live, aliases=base.aliases, title=base.title)
