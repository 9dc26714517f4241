"""Amounts and ages in words, the same in every report."""

from __future__ import annotations

from decimal import Decimal

from mcloud.match.bill import OLD_DAYS, TOO_OLD_DAYS
from mcloud.match.verdict import Bill
from mcloud.report.language import figure, language, t
from mcloud.report.value import Tone

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


def unknown() -> str:
    """The word for what is not known."""
    return t("unknown")


def amount(value: Decimal | None) -> str:
    """Whole VND, or unknown."""
    return unknown() if value is None else figure(f"{value:,.0f}")


def span(low: Decimal | None, high: Decimal | None) -> str:
    """A range of VND in figures that can be read at a glance; the unit is told apart (``span_unit``)."""
    if low is None or high is None:
        return unknown()
    if high < MILLION:
        return figure(f"{low:,.0f}" if low == high else f"{low:,.0f} – {high:,.0f}")  # noqa: RUF001 - a range
    digits = 2 if high < 10 * MILLION else 1 if high < 100 * MILLION else 0
    one, two = f"{low / MILLION:,.{digits}f}", f"{high / MILLION:,.{digits}f}"
    return figure(one if one == two else f"{one} – {two}")  # noqa: RUF001 - a range


def span_unit(high: Decimal | None) -> str:
    """The unit of ``span``."""
    if high is None:
        return ""
    return t("million VND a month") if high >= MILLION else t("VND a month")


def age(days: int | None) -> str:
    """How old a fact is."""
    return unknown() if days is None else t("{days} days", days=days)


def age_tone(days: int | None) -> Tone:
    """Old facts stand out."""
    if days is None:
        return "quiet"
    return "bad" if days > TOO_OLD_DAYS else "warn" if days > OLD_DAYS else ""


def bill_detail(bill: Bill) -> str:
    """What a sum is worth: how much of it is known, by which marks, how old."""
    if not bill.lines:
        return t("nothing here is paid for by time")
    lacking, items = len(bill.unknown), count(len(bill.lines), "item")
    parts = [
        t("{unknown} of {items} without a known price", unknown=figure(f"{lacking:,}"), items=items)
        if lacking
        else t("{items}, each with a price", items=items)
    ]
    if bill.marks:
        parts.append(f"{', '.join(bill.marks)}; {t('oldest {day}, {age}', day=bill.oldest, age=age(bill.oldest_days))}")
    if bill.unconverted:
        parts.append(t("without {currencies}, for which no rate is known", currencies=", ".join(bill.unconverted)))
    return "; ".join(parts)


def bill_text(bill: Bill) -> str:
    """The sum in words, with unit; "at least" where something is unknown."""
    if bill.low is None:
        return unknown()
    said = f"{span(bill.low, bill.high)} {span_unit(bill.high)}"
    return t("at least {sum}", sum=said) if bill.unknown else said


def title(words: str) -> str:
    """Words with a capital at the beginning: ``Public IP``."""
    return words[:1].upper() + words[1:]


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 server``, ``2 servers``; languages without plurals have one word for both."""
    plural = many or f"{one}s"
    return f"{figure(f'{number:,}')} {plural if language() == 'en' and number != 1 else t(one)}"
