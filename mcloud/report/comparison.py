"""The report of a comparison: where a stack fits, what it costs, what is lacking. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from mcloud.match.verdict import Choice, Comparison, Considered, Verdict
from mcloud.report.blocks import gap_table, price_table, reading_section
from mcloud.report.value import Bar, Bars, Cell, Column, Figure, Notes, Report, Section, Table, Tone
from mcloud.report.words import bill_detail, bill_text, count, span, span_unit

FITS: dict[str, tuple[str, Tone]] = {
    "yes": ("fits", "good"),
    "when-accepted": ("fits once gaps are accepted", "warn"),
    "no": ("does not fit", "bad"),
}


def comparison_report(found: Comparison) -> Report:
    """The report."""
    return Report(
        title=f"Where the stack “{found.stack}” can run",
        subtitle=f"{count(len(found.targets), 'placement')} compared, {found.as_of:%d %B %Y}",
        language="en",
        as_of=found.as_of,
        summary=tuple(_summary(found)),
        figures=tuple(_figure(verdict) for verdict in found.targets),
        sections=(
            _cost(found),
            _fit(found),
            _gaps(found),
            _losers(found),
            reading_section(found.rates, found.not_counted),
        ),
    )


def _summary(found: Comparison) -> Iterator[str]:
    for key, (words, _) in FITS.items():
        names = [f"{verdict.title} ({verdict.placement})" for verdict in found.targets if verdict.fits == key]
        if names:
            yield f"{words.capitalize()}: {'; '.join(names)}."
    if found.ranking:
        yield f"From the cheapest to the dearest: {', '.join(found.ranking)}."
    else:
        yield f"The prices do not allow a ranking: {'; '.join(found.no_ranking)}."


def _figure(verdict: Verdict) -> Figure:
    words, tone = FITS[verdict.fits]
    bill = verdict.bill
    least = "at least" if bill.unknown and bill.low is not None else ""
    detail = f"{words.capitalize()}. {bill_detail(bill)}."
    return Figure(verdict.title, span(bill.low, bill.high), span_unit(bill.high), detail, tone, least)


def _cost(found: Comparison) -> Section:
    bars = tuple(
        Bar(v.title, v.bill.low, v.bill.high, bill_text(v.bill), bool(v.bill.unknown), bill_detail(v.bill))
        for v in found.targets
    )
    lead = (
        "What has no known price is not in the bars: where something is unknown, the sum is the least that it can be."
    )
    table = price_table((verdict.placement, line) for verdict in found.targets for line in verdict.bill.lines)
    return Section("cost", "Cost per month", lead, (Bars("Cost per month, before tax", bars), table))


def _fit(found: Comparison) -> Section:
    rows = [row for verdict in found.targets for choice in verdict.choices for row in _picked(verdict, choice)]
    titles = ("Placement", "Resource", "Part", "Asked for", "Picked", "Zone", "Otherwise")
    columns = tuple(Column(title) for title in titles)
    notes = [Notes(verdict.remarks, f"On {verdict.placement}") for verdict in found.targets if verdict.remarks]
    lead = "Flavor, image and disk of each server, the disk of each volume, the size of each load balancer."
    return Section("picks", "What would be picked", lead, (Table("picks", "Picks", columns, tuple(rows)), *notes))


def _picked(verdict: Verdict, choice: Choice) -> Iterator[tuple[Cell, ...]]:
    times = f"{choice.count} of them" if choice.count > 1 else ""
    for part in choice.considered:
        missed = part.nearest or ""
        yield (
            Cell(verdict.placement),
            Cell(choice.resource, detail=times),
            Cell(part.part),
            Cell(part.asked),
            Cell(part.pick, detail=part.about) if part.pick else Cell("none", tone=_missed_tone(choice)),
            Cell(part.zone),
            Cell(missed or count(len(part.losers), "other"), detail="; ".join(choice.remarks) if missed else ""),
        )
    if choice.problem:
        yield (
            Cell(verdict.placement),
            Cell(choice.resource, detail=times),
            Cell(choice.kind),
            Cell(""),
            Cell("does not fit", tone="bad"),
            Cell(choice.zone or ""),
            Cell(choice.problem, detail=choice.hint or ""),
        )


def _missed_tone(choice: Choice) -> Tone:
    return "bad" if choice.problem else "warn"


def _gaps(found: Comparison) -> Section:
    table = gap_table((verdict.placement, gap) for verdict in found.targets for gap in verdict.gaps)
    lead = "" if table.rows else "Nothing that the stack asks for is lacking anywhere."
    return Section("gaps", "What the clouds lack", lead, (table,) if table.rows else ())


def _losers(found: Comparison) -> Section:
    """Equal questions of a placement once: the answer is the same for all that ask it."""
    asked: dict[tuple[str, str, str, str], Considered] = {}
    for verdict in found.targets:
        for part in (part for choice in verdict.choices for part in choice.considered):
            asked.setdefault((verdict.placement, part.part, part.asked, part.zone), part)
    rows = tuple(
        (
            Cell(place),
            Cell(name),
            Cell(words, detail=f"picked: {part.pick}" if part.pick else "nothing was picked"),
            Cell(lost.name, detail=lost.about),
            Cell(lost.reason),
            Cell(lost.price or "unknown", tone="" if lost.price else "quiet"),
        )
        for (place, name, words, _), part in asked.items()
        for lost in part.losers
    )
    columns = tuple(Column(title) for title in ("Placement", "Part", "Asked for", "Not taken", "Why", "Price"))
    lead = "Everything else that the catalogs know, with the reason why it was not taken."
    return Section("losers", "Why the others lost", lead, (Table("losers", "Not taken", columns, rows, folded=True),))
