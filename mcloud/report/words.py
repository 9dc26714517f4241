"""Amounts and ages in words, the same in every report."""

from __future__ import annotations

from decimal import Decimal

from mcloud.match.bill import OLD_DAYS, TOO_OLD_DAYS
from mcloud.match.verdict import Bill
from mcloud.report.value import Tone

UNKNOWN = "unknown"
MARKS = {
    "vendor-doc": "the vendor's documents or clients",
    "vendor-live": "the vendor's own notes of live answers",
    "third-party": "somebody else's live reading",
    "account": "the account's own API",
    "user": "your price book, or given with the command",
    "derived": "worked out from other facts",
}
"""What each mark means."""
MILLION = 1_000_000


def amount(value: Decimal | None) -> str:
    """Whole VND, or unknown."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def span(low: Decimal | None, high: Decimal | None) -> str:
    """A range of VND in figures that can be read at a glance; the unit is told apart (``span_unit``)."""
    if low is None or high is None:
        return UNKNOWN
    if high < MILLION:
        return f"{low:,.0f}" if low == high else f"{low:,.0f} – {high:,.0f}"  # noqa: RUF001 - a range
    digits = 2 if high < 10 * MILLION else 1 if high < 100 * MILLION else 0
    one, two = f"{low / MILLION:,.{digits}f}", f"{high / MILLION:,.{digits}f}"
    return one if one == two else f"{one} – {two}"  # noqa: RUF001 - a range


def span_unit(high: Decimal | None) -> str:
    """The unit of ``span``."""
    if high is None:
        return ""
    return "million VND a month" if high >= MILLION else "VND a month"


def age(days: int | None) -> str:
    """How old a fact is."""
    return UNKNOWN if days is None else f"{days} days"


def age_tone(days: int | None) -> Tone:
    """Old facts stand out."""
    if days is None:
        return "quiet"
    return "bad" if days > TOO_OLD_DAYS else "warn" if days > OLD_DAYS else ""


def bill_detail(bill: Bill) -> str:
    """What a sum is worth: how much of it is known, by which marks, how old."""
    if not bill.lines:
        return "nothing here is paid for by time"
    unknown, items = len(bill.unknown), len(bill.lines)
    some = f"{unknown:,} of {count(items, 'item')} without a known price"
    parts = [some if unknown else f"{count(items, 'item')}, each with a price"]
    marks = sorted({row.mark for row in bill.lines if row.mark})
    if marks:
        parts.append(f"{', '.join(marks)}; oldest {bill.oldest}, {age(bill.oldest_days)}")
    if bill.unconverted:
        parts.append(f"without {', '.join(bill.unconverted)}, for which no rate is known")
    return "; ".join(parts)


def bill_text(bill: Bill) -> str:
    """The sum in words, with unit; "at least" where something is unknown."""
    if bill.low is None:
        return UNKNOWN
    return f"{'at least ' if bill.unknown else ''}{span(bill.low, bill.high)} {span_unit(bill.high)}"


def title(words: str) -> str:
    """Words with a capital at the beginning: ``Public IP``."""
    return words[:1].upper() + words[1:]


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 server``, ``2 servers``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
