"""What a stack costs per month, from the catalog's prices. What no price is known for is listed as unknown, never 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from mcloud.catalog.types import Catalog, Price
from mcloud.units import Money, Size

HOURS_IN_MONTH = 730
"""A month of the clouds that bill by the hour; those that bill by 30 days say "month" in their price lists."""
PER_MONTH: Mapping[str, int] = {"month": 1, "GB-month": 1, "hour": HOURS_IN_MONTH, "GB-hour": HOURS_IN_MONTH}
BY_USE = "Bucket"
"""The kind whose cost only its use tells."""


@dataclass(frozen=True)
class CostLine:
    """One thing that is paid for.

    Attributes:
        resource: kind/name.
        item: what it is billed as.
        quantity: how many of the price's unit, time aside: GiB, or 1.
        price: None where it is not known.
    """

    resource: str
    item: str
    quantity: Decimal
    price: Price | None

    @property
    def monthly(self) -> Money | None:
        """Per month; None where the price or its unit is not known."""
        if self.price is None or self.price.unit not in PER_MONTH:
            return None
        return Money(self.price.amount * self.quantity * PER_MONTH[self.price.unit], self.price.currency)


@dataclass(frozen=True)
class Cost:
    """The sum of lines.

    Attributes:
        known: currency -> per month.
        priced: how many lines have a price.
        unknown: the others.
        oldest: the day of the oldest price.
        marks: how much the prices can be trusted.
    """

    known: Mapping[str, Decimal]
    priced: int
    unknown: tuple[CostLine, ...]
    oldest: date | None
    marks: tuple[str, ...]

    def __str__(self) -> str:
        """``1,000 VND per month for 2 of 3 (…)``."""
        sums = " + ".join(f"{amount:,.0f} {currency}" for currency, amount in sorted(self.known.items()))
        count = self.priced + len(self.unknown)
        if not self.priced:
            return f"unknown: no price is known for any of {count}"
        about = f"prices of {self.oldest} or later; {', '.join(self.marks)}"
        return f"{sums} per month for {self.priced} of {count} that are paid for ({about})"


def cost_lines(
    kind: str, name: str, inputs: Mapping[str, Any], picks: Mapping[str, Any], catalog: Catalog
) -> list[CostLine]:
    """What a resource is billed for. What has no line is free on every cloud known here."""
    resource = f"{kind}/{name}"
    if kind == "Server":
        disk = inputs.get("disk") or {}
        return [
            CostLine(resource, f"flavor {picks.get('flavor')}", Decimal(1), _flavor(catalog, picks)),
            _disk_line(resource, catalog, picks, disk.get("size") or "20 GiB"),
        ]
    if kind == "Volume":
        return [_disk_line(resource, catalog, picks, inputs["size"])]
    if kind == "PublicIp":
        return [CostLine(resource, "public address", Decimal(1), _only(catalog, "public-ip:"))]
    if kind == "LoadBalancer":
        package = picks.get("flavor")
        price = catalog.prices.get(f"load-balancer:{package}") if package else _only(catalog, "load-balancer:")
        return [CostLine(resource, f"load balancer {package or ''}".strip(), Decimal(1), price)]
    if kind == BY_USE:
        return [CostLine(resource, "what is stored and transferred", Decimal(1), None)]
    return []


def _flavor(catalog: Catalog, picks: Mapping[str, Any]) -> Price | None:
    return next((row.price for row in catalog.flavors if row.name == picks.get("flavor") and row.price), None)


def _disk_line(resource: str, catalog: Catalog, picks: Mapping[str, Any], size: str) -> CostLine:
    wanted = (picks.get("diskType"), picks.get("zone"))
    rows = [row for row in catalog.disks if row.name == wanted[0]]
    rows = [row for row in rows if row.zone == wanted[1]] or rows
    price = next((row.price for row in rows if row.price is not None), None)
    return CostLine(resource, f"disk {wanted[0]}", Decimal(Size.parse(size).bytes) / 2**30, price)


def _only(catalog: Catalog, prefix: str) -> Price | None:
    """The price of the one item of its sort; None where there are several, for which it is is not known."""
    found = [price for item, price in catalog.prices.items() if item.startswith(prefix)]
    return found[0] if len(found) == 1 else None


def total(lines: Iterable[CostLine]) -> Cost:
    """Add up; currencies stay apart."""
    known: dict[str, Decimal] = {}
    prices, unknown = [], []
    for line in lines:
        monthly = line.monthly
        if monthly is None or line.price is None:
            unknown.append(line)
            continue
        known[monthly.currency] = known.get(monthly.currency, Decimal(0)) + monthly.amount
        prices.append(line.price)
    oldest = min((price.provenance.as_of for price in prices), default=None)
    marks = tuple(sorted({price.provenance.mark for price in prices}))
    return Cost(known, len(prices), tuple(unknown), oldest, marks)
