"""The report of a comparison: where a stack fits, what it costs, what is lacking. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from mcloud.match.verdict import Choice, Comparison, Losers, Verdict
from mcloud.model.resources import KINDS
from mcloud.report.blocks import gap_table, price_table, reading_section
from mcloud.report.language import day, language, t
from mcloud.report.value import Bar, Bars, Cell, Column, Figure, Notes, Report, Section, Table, Tone
from mcloud.report.words import bill_detail, bill_text, count, span, span_unit, title, unknown

FITS: dict[str, tuple[str, Tone]] = {
    "yes": ("fits", "good"),
    "when-accepted": ("fits once gaps are accepted", "warn"),
    "no": ("does not fit", "bad"),
}

MOST_LOSERS = 3000
"""Rows of the page; with more, those of a reason stand together."""


def comparison_report(found: Comparison) -> Report:
    """The report."""
    return Report(
        title=t("Where the stack “{stack}” can run", stack=found.stack),
        subtitle=t("{places} compared, {day}", places=count(len(found.targets), "placement"), day=day(found.as_of)),
        language=language(),
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
            yield f"{title(t(words))}: {'; '.join(names)}."
    if found.ranking:
        yield t("From the cheapest to the dearest: {places}.", places=", ".join(found.ranking))
    else:
        yield t("No ranking: {reasons}.", reasons="; ".join(map(t, found.no_ranking)))
    if any(verdict.bill.unknown for verdict in found.targets):
        yield t("Some prices are not known: the sums are the least that it can be, and do not say which is cheaper.")


def _figure(verdict: Verdict) -> Figure:
    words, tone = FITS[verdict.fits]
    bill = verdict.bill
    least = t("at least") if bill.unknown and bill.low is not None else ""
    detail = f"{title(t(words))}. {bill_detail(bill)}."
    return Figure(verdict.title, span(bill.low, bill.high), span_unit(bill.high), detail, tone, least)


def _cost(found: Comparison) -> Section:
    bars = tuple(
        Bar(v.title, v.bill.low, v.bill.high, bill_text(v.bill), bool(v.bill.unknown), bill_detail(v.bill))
        for v in found.targets
    )
    lead = t(
        "What has no known price is not in the bars: where something is unknown, the sum is the least that it can be."
    )
    table = price_table((verdict.placement, line) for verdict in found.targets for line in verdict.bill.lines)
    return Section("cost", t("Cost per month"), lead, (Bars(t("Cost per month, before tax"), bars), table))


def _fit(found: Comparison) -> Section:
    rows = [row for verdict in found.targets for choice in verdict.choices for row in _picked(verdict, choice)]
    titles = (t("Placement"), t("Resource"), t("Part"), t("Asked for"), t("Picked"), t("Zone"), t("Otherwise"))
    columns = tuple(Column(title) for title in titles)
    noted = [verdict for verdict in found.targets if verdict.remarks]
    notes = [Notes(verdict.remarks, t("On {place}", place=verdict.placement)) for verdict in noted]
    lead = t("Flavor, image and disk of each server, the disk of each volume, the size of each load balancer.")
    table = Table("picks", t("Picks"), columns, tuple(rows))
    return Section("picks", t("What would be picked"), lead, (table, *notes))


def _picked(verdict: Verdict, choice: Choice) -> Iterator[tuple[Cell, ...]]:
    times = t("{number} of them", number=choice.count) if choice.count > 1 else ""
    for part in choice.considered:
        missed = part.nearest or ""
        yield (
            Cell(verdict.placement),
            Cell(choice.resource, detail=times),
            Cell(t(part.part)),
            Cell(part.asked),
            Cell(part.pick, detail=part.about) if part.pick else Cell(t("none"), tone=_missed_tone(choice)),
            Cell(part.zone),
            Cell(missed or count(part.others, "other"), detail="; ".join(choice.remarks) if missed else ""),
        )
    if choice.problem:
        yield (
            Cell(verdict.placement),
            Cell(choice.resource, detail=times),
            Cell(t(KINDS[choice.kind].word)),
            Cell(""),
            Cell(t("does not fit"), tone="bad"),
            Cell(choice.zone or ""),
            Cell(choice.problem, detail=choice.hint or ""),
        )


def _missed_tone(choice: Choice) -> Tone:
    return "bad" if choice.problem else "warn"


def _gaps(found: Comparison) -> Section:
    table = gap_table((verdict.placement, gap) for verdict in found.targets for gap in verdict.gaps)
    lead = "" if table.rows else t("Nothing that the stack asks for is lacking anywhere.")
    return Section("gaps", t("What the clouds lack"), lead, (table,) if table.rows else ())


def _losers(found: Comparison) -> Section:
    picks = {
        (verdict.placement, part.question): part.pick
        for verdict in found.targets
        for choice in verdict.choices
        for part in choice.considered
    }
    asked = [(verdict.placement, losers) for verdict in found.targets for losers in verdict.losers]
    together = sum(len(losers.lost) for _, losers in asked) > MOST_LOSERS
    rows = tuple(
        (
            Cell(place),
            Cell(t(losers.part)),
            Cell(losers.asked, detail=_picked_words(picks[place, losers.question])),
            *cells,
        )
        for place, losers in asked
        for cells in (_by_reason(losers) if together else _each(losers))
    )
    titles = (t("Placement"), t("Part"), t("Asked for"), t("Not taken"), t("Why"), t("Price"))
    columns = tuple(Column(title) for title in titles)
    lead = t("Everything else that the catalogs know, with the reason why it was not taken.")
    if together:
        more = t("They are many: those of one reason stand together here; mcloud compare --json has each.")
        lead = f"{lead} {more}"
    table = Table("losers", t("Not taken"), columns, rows, folded=True)
    return Section("losers", t("Why the others lost"), lead, (table,))


def _each(losers: Losers) -> Iterator[tuple[Cell, ...]]:
    for lost in losers.lost:
        price = Cell(lost.price or unknown(), tone="" if lost.price else "quiet")
        yield Cell(lost.name, detail=lost.about), Cell(lost.reason), price


def _by_reason(losers: Losers) -> Iterator[tuple[Cell, ...]]:
    names: dict[str, list[str]] = {}
    for lost in losers.lost:
        names.setdefault(lost.reason, []).append(lost.name)
    for reason, same in names.items():
        name = t("{name} and {number} more", name=same[0], number=len(same) - 1) if len(same) > 1 else same[0]
        yield Cell(name), Cell(reason), Cell(t("left out"), tone="quiet")


def _picked_words(pick: str | None) -> str:
    return t("picked: {pick}", pick=pick) if pick else t("nothing was picked")
