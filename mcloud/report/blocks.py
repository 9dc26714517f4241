"""Blocks that both reports have: gaps, price lines, how to read it."""

from __future__ import annotations

from collections.abc import Iterable

from mcloud.match.verdict import GapNote, PriceLine, RateNote, alike
from mcloud.report.language import figure, t
from mcloud.report.value import Block, Cell, Column, Notes, Section, Table, Tone
from mcloud.report.words import MARKS, age, age_tone, amount, unknown

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
            where = t("{name} and {number} more", name=gap.resource, number=more) if more else gap.resource
            accepted = t("accepted by the stack") if gap.accepted else ""
            tone = "good" if gap.accepted else GAP_TONES[gap.klass]
            rows.append(
                (
                    Cell(place),
                    Cell(t(gap.klass), order=list(GAP_TONES).index(gap.klass), tone=tone, detail=accepted),
                    Cell(where, detail=gap.code),
                    Cell(gap.reason),
                    Cell(gap.alternative),
                )
            )
    rows.sort(key=lambda row: (row[0].text, row[1].order or 0, row[2].text))
    titles = (t("Placement"), t("Class"), t("Where"), t("What is lacking"), t("Instead"))
    note = "; ".join(map(t, GAP_WORDS.values()))
    return Table(key, t("What is lacking"), tuple(Column(title) for title in titles), tuple(rows), note)


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
            Cell(line.mark or unknown(), detail=line.source or ""),
            Cell(age(line.age_days), order=line.age_days, tone=age_tone(line.age_days), detail=str(line.as_of or "")),
        )
        for place, line in lines
    )
    columns = (
        Column(t("Placement")),
        Column(t("Resource")),
        Column(t("Item")),
        Column(t("As written, a month"), number=True),
        Column(t("VND before tax, least"), number=True),
        Column(t("most"), number=True),
        Column(t("Mark")),
        Column(t("Age"), number=True),
    )
    note = t("Unknown prices are in no sum and are never counted as 0.")
    return Table(key, t("Every item that is paid for"), columns, rows, note, folded=True)


def _written(line: PriceLine) -> Cell:
    if line.per_month is None:
        return Cell(unknown(), tone="warn")
    words = {"excluded": t("before tax"), "included": t("tax included")}
    tax = words.get(line.vat or "", t("tax in it or not: unknown"))
    return Cell(f"{figure(f'{line.per_month:,}')} {line.currency}", order=line.per_month, detail=tax)


def _rate_words(what: str) -> str:
    """A rate by its words, in the report's language."""
    head, _, currency = what.rpartition(" ")
    return t("VND for 1 {currency}", currency=currency) if head == "VND for 1" else t(what)


def reading_section(rates: Iterable[RateNote], not_counted: Iterable[str]) -> Section:
    """How to read the figures: marks, rates, what no figure has in it."""
    rows = tuple(
        (
            Cell(_rate_words(note.what)),
            Cell(figure(f"{note.value:,}"), order=note.value),
            Cell(note.mark, detail=note.source),
            Cell(age(note.age_days), order=note.age_days, tone=age_tone(note.age_days), detail=str(note.as_of)),
        )
        for note in rates
    )
    columns = (Column(t("Rate")), Column(t("Value"), number=True), Column(t("Mark")), Column(t("Age"), number=True))
    table = Table("rates", t("Rates that were used"), columns, rows)
    lead = t(
        "Sums are VND a month before tax, as a range: from the lowest to the highest exchange rate that was read, "
        "and with or without tax where it is not known whether tax is in a price. Errors of the prices themselves are "
        "not in the range; their mark and age tell how far to trust them."
    )
    marks = tuple(f"{mark}: {t(meaning)}" for mark, meaning in MARKS.items())
    blocks: list[Block] = [table] if rows else []
    blocks += [Notes(tuple(map(t, not_counted)), t("In no figure")), Notes(marks, t("Marks"))]
    return Section("reading", t("How to read the figures"), lead, tuple(blocks))
