"""What a stack costs per month: a range in one currency, each price with age and mark, unknown items by name. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from mcloud.adapter.charges import totals
from mcloud.catalog.rates import HOME, Rates, Reading
from mcloud.catalog.types import Price
from mcloud.match.cost import Line
from mcloud.match.verdict import Bill, PriceLine, RateNote, Verdict

WEAK_MARKS = ("third-party", "derived")
"""Marks on which no ranking is built."""
OLD_DAYS, TOO_OLD_DAYS = 90, 180
"""From when on a price is called old, and from when on no longer current."""
NOT_COUNTED = (
    "traffic to the internet and between zones",
    "requests, snapshots and backups",
    "support plans, licences that the catalog does not know, people",
    "both sides at once while the move goes on, and the traffic of the move itself",
)


def bill_of(lines: Iterable[Line], rates: Rates, today: date) -> Bill:
    """Add up. What has no price, and what no rate is known for, is not in the sum and is listed."""
    found = list(lines)
    rows = tuple(_line(line, rates, today) for line in found)
    priced = [row for row in rows if row.low is not None and row.high is not None]
    days = [row.as_of for row in rows if row.as_of is not None]
    oldest = min(days, default=None)
    return Bill(
        lines=rows,
        low=sum((row.low for row in priced if row.low is not None), Decimal(0)) if priced else None,
        high=sum((row.high for row in priced if row.high is not None), Decimal(0)) if priced else None,
        by_currency={currency: _cents(amount) for currency, amount in totals(charge for _, charge in found).items()},
        unknown=tuple(row for row in rows if row.per_month is None),
        unconverted=tuple(sorted({str(row.currency) for row in rows if row.per_month is not None and row.low is None})),
        weak=any(row.mark in WEAK_MARKS for row in rows),
        oldest=oldest,
        oldest_days=(today - oldest).days if oldest else None,
    )


def _line(line: Line, rates: Rates, today: date) -> PriceLine:
    resource, charge = line
    price, monthly = charge.price, charge.monthly
    if price is None or monthly is None:
        return PriceLine(resource=resource, item=charge.what, per_month=None)
    span = rates.span(monthly, price.currency, price.vat)
    return PriceLine(
        resource=resource,
        item=charge.what,
        per_month=_cents(monthly),
        currency=price.currency,
        low=_whole(span[0]) if span else None,
        high=_whole(span[1]) if span else None,
        vat=price.vat,
        mark=price.provenance.mark,
        as_of=price.provenance.as_of,
        age_days=(today - price.provenance.as_of).days,
        source=price.provenance.source,
    )


def _whole(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1), ROUND_HALF_UP)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP).normalize() + Decimal(0)


def prices_of(lines: Iterable[Line]) -> list[Price]:
    """The prices that lines are paid by."""
    return [charge.price for _, charge in lines if charge.price is not None and charge.monthly is not None]


def rate_notes(rates: Rates, prices: list[Price], today: date) -> tuple[RateNote, ...]:
    """The rates that these prices need, as they are shown."""
    words = {
        reading.provenance: f"{HOME} for 1 {currency}" for currency, rows in rates.exchange.items() for reading in rows
    }

    def note(reading: Reading) -> RateNote:
        about = reading.provenance
        return RateNote(
            what=words.get(about, "value added tax in %"),
            value=reading.value,
            mark=about.mark,
            as_of=about.as_of,
            age_days=(today - about.as_of).days,
            source=about.source,
        )

    return tuple(note(reading) for reading in rates.used_for(prices))


def rank(verdicts: Iterable[Verdict]) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """The placements that fit from the cheapest on, or None with the reasons why that cannot be said.

    A ranking needs two that fit, every price known, by the vendor, the account or the user, of the last half year, and
    ranges that do not overlap.
    """
    fitting = [item for item in verdicts if item.fits != "no"]
    if len(fitting) < 2:
        return None, ("fewer than two placements fit",)
    reasons = [f"{item.placement}: {reason}" for item in fitting for reason in _doubts(item.bill)]
    if reasons:
        return None, tuple(reasons)
    ordered = sorted(fitting, key=lambda item: (item.bill.low or 0, item.placement))
    for one, two in pairwise(ordered):
        if (two.bill.low or 0) <= (one.bill.high or 0):
            return None, (f"the ranges of {one.placement} and {two.placement} overlap",)
    return tuple(item.placement for item in ordered), ()


def _doubts(bill: Bill) -> list[str]:
    found = []
    if bill.low is None:
        found.append("nothing has a known price")
    elif bill.unknown:
        found.append(f"{len(bill.unknown)} of {len(bill.lines)} items have no known price")
    if bill.unconverted:
        found.append(f"no rate into {HOME} is known for {', '.join(bill.unconverted)}")
    if weak := sorted({row.mark for row in bill.lines if row.mark in WEAK_MARKS}):
        found.append(f"prices are {' and '.join(str(mark) for mark in weak)}")
    if bill.oldest_days is not None and bill.oldest_days > TOO_OLD_DAYS:
        found.append(f"the oldest price is {bill.oldest_days} days old")
    return found
