"""What a stack costs per month, from what its kinds are billed for. What no price is known for is listed, never 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from mcloud.adapter import registry
from mcloud.adapter.charges import Charge, totals
from mcloud.catalog.types import Catalog
from mcloud.model.base import Placement

Line = tuple[str, Charge]
"""kind/name of a resource, and one thing that it is billed for."""


@dataclass(frozen=True)
class Cost:
    """The sum of lines.

    Attributes:
        known: currency -> per month.
        priced: how many lines have a price.
        unknown: the others, sorted.
        oldest: the day of the oldest price.
        marks: how much the prices can be trusted.
    """

    known: Mapping[str, Decimal]
    priced: int
    unknown: tuple[Line, ...]
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


def lines_of(
    kind: str, name: str, at: Placement, inputs: Mapping[str, Any], picks: Mapping[str, Any], catalog: Catalog
) -> list[Line]:
    """What a resource is billed for, by its kind's own charges; ``at`` is canonical."""
    doing = registry.get(at.cloud).kinds[kind]
    return [(f"{kind}/{name}", charge) for charge in doing.charges({**inputs, "placement": str(at)}, picks, catalog)]


def total(lines: Iterable[Line]) -> Cost:
    """Add up; currencies stay apart."""
    found = list(lines)
    prices = [charge.price for _, charge in found if charge.price is not None and charge.monthly is not None]
    unknown = sorted((line for line in found if line[1].monthly is None), key=lambda line: (line[0], line[1].what))
    oldest = min((price.provenance.as_of for price in prices), default=None)
    marks = tuple(sorted({price.provenance.mark for price in prices}))
    return Cost(totals(charge for _, charge in found), len(prices), tuple(unknown), oldest, marks)
