"""Blocks that both reports have: gaps, price lines, how to read it."""

from __future__ import annotations

from collections.abc import Iterable

from mcloud.catalog.rates import HOME
from mcloud.match.verdict import GapNote, PriceLine, RateNote, alike
from mcloud.report.value import Block, Cell, Column, Notes, Section, Table, Tone
from mcloud.report.words import MARKS, UNKNOWN, age, age_tone, amount

GAP_TONES: dict[str, Tone] = {"blocking": "bad", "lossy": "warn", "substituted": "quiet"}
GAP_WORDS = {
    "blocking": "blocking: the stack must change",
    "lossy": "lossy: goes on only when accepted",
    "substituted": "substituted: done another way by itself",
}


def gap_table(gaps: Iterable[tuple[str, GapNote]], key: str = "gaps") -> Table:
    """What is lacking: (placement, gap) rows, equal ones of one placement together."""
    by_place: dict[str, list[GapNote]] = {}
    for place, gap in gaps:
        by_place.setdefault(place, []).append(gap)
    rows = []
    for place, found in by_place.items():
        for gap, more in alike(found):
            where = f"{gap.resource} and {more} more" if more else gap.resource
            accepted = "accepted by the stack" if gap.accepted else ""
            tone = "good" if gap.accepted else GAP_TONES[gap.klass]
            rows.append(
                (
                    Cell(place),
                    Cell(gap.klass, tone=tone, detail=accepted),
                    Cell(where, detail=gap.code),
                    Cell(gap.reason),
                    Cell(gap.alternative),
                )
            )
    rows.sort(key=lambda row: (row[0].text, list(GAP_TONES).index(row[1].text), row[2].text))
    titles = ("Placement", "Class", "Where", "What is lacking", "Instead")
    note = "; ".join(GAP_WORDS.values())
    return Table(key, "What is lacking", tuple(Column(title) for title in titles), tuple(rows), note)


def price_table(lines: Iterable[tuple[str, PriceLine]], key: str = "prices") -> Table:
    """Every item that is paid for: (placement, line) rows; what has no price stands there as unknown."""
    rows = tuple(
        (
            Cell(place),
            Cell(line.resource),
            Cell(line.item),
            _written(line),
            Cell(amount(line.low), order=line.low, tone="" if line.low is not None else "warn"),
            Cell(amount(line.high), order=line.high, tone="" if line.high is not None else "warn"),
            Cell(line.mark or UNKNOWN, detail=line.source or ""),
            Cell(age(line.age_days), order=line.age_days, tone=age_tone(line.age_days), detail=str(line.as_of or "")),
        )
        for place, line in lines
    )
    columns = (
        Column("Placement"),
        Column("Resource"),
        Column("Item"),
        Column("As written, a month", number=True),
        Column(f"{HOME} before tax, least", number=True),
        Column("most", number=True),
        Column("Mark"),
        Column("Age", number=True),
    )
    note = "Unknown prices are in no sum and are never counted as 0."
    return Table(key, "Every item that is paid for", columns, rows, note, folded=True)


def _written(line: PriceLine) -> Cell:
    if line.per_month is None:
        return Cell(UNKNOWN, tone="warn")
    tax = {"excluded": "before tax", "included": "tax included"}.get(line.vat or "", "tax in it or not: unknown")
    return Cell(f"{line.per_month:,} {line.currency}", order=line.per_month, detail=tax)


def reading_section(rates: Iterable[RateNote], not_counted: Iterable[str]) -> Section:
    """How to read the figures: marks, rates, what no figure has in it."""
    rows = tuple(
        (
            Cell(note.what),
            Cell(f"{note.value:,}", order=note.value),
            Cell(note.mark, detail=note.source),
            Cell(age(note.age_days), order=note.age_days, tone=age_tone(note.age_days), detail=str(note.as_of)),
        )
        for note in rates
    )
    columns = (Column("Rate"), Column("Value", number=True), Column("Mark"), Column("Age", number=True))
    table = Table("rates", "Rates that were used", columns, rows)
    lead = (
        f"Sums are {HOME} a month before tax, as a range: from the lowest to the highest exchange rate that was read, "
        "and with or without tax where it is not known whether tax is in a price. Errors of the prices themselves are "
        "not in the range; their mark and age tell how far to trust them."
    )
    marks = tuple(f"{mark}: {meaning}" for mark, meaning in MARKS.items())
    blocks: list[Block] = [table] if rows else []
    blocks += [Notes(tuple(not_counted), "In no figure"), Notes(marks, "Marks")]
    return Section("reading", "How to read the figures", lead, tuple(blocks))
