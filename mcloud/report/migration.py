"""The report of a migration plan. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from mcloud.match.verdict import Bill
from mcloud.migrate.values import DataItem, DataTotal, LoadNote, Mapped, MigrationPlan, Sizing, Wave
from mcloud.model.resources import KINDS
from mcloud.report.blocks import gap_table, price_table, reading_section
from mcloud.report.comparison import FITS
from mcloud.report.value import (
    Bar,
    Bars,
    Block,
    Box,
    Cell,
    Column,
    Figure,
    Notes,
    Picture,
    Report,
    Section,
    Table,
    Tone,
)
from mcloud.report.words import UNKNOWN, bill_detail, bill_text, count, span, span_unit
from mcloud.report.words import title as title_of
from mcloud.units import Size

MOST_BOXES = 14
"""In one column of the picture: with more, those of a kind become one."""
TEN = 10
KINDS_TOLD = 4
"""So many kinds of what is left over are named in the summary."""


def migration_report(plan: MigrationPlan) -> Report:
    """The report."""
    sections = [_cost(plan), _mapping(plan), *_left_over(plan)]
    sections += [_sizing(plan), _gaps(plan), _data(plan), _order(plan)]
    return Report(
        title=f"Moving “{plan.stack}” to {plan.target.title}",
        subtitle=f"Migration plan: {plan.source} to {plan.target.placement}, {plan.as_of:%d %B %Y}",
        language="en",
        as_of=plan.as_of,
        summary=tuple(_summary(plan)),
        figures=tuple(_figures(plan)),
        sections=(*sections, reading_section(plan.rates, plan.not_counted)),
    )


def _bills(plan: MigrationPlan) -> Iterator[tuple[str, Bill]]:
    if plan.today is not None:
        yield "Today", plan.today
    yield "At the target, as it is", plan.target.bill
    if plan.target_by_use is not None:
        yield "At the target, by use", plan.target_by_use.bill


def _summary(plan: MigrationPlan) -> Iterator[str]:
    words, _ = FITS[plan.target.fits]
    resources = count(plan.target.resources, "resource")
    failed = [item for item in plan.mapping if item.problem]
    stops = [gap for gap in plan.target.gaps if gap.klass == "blocking" or (gap.klass == "lossy" and not gap.accepted)]
    lacking = []
    if failed:
        lacking.append(f"{count(len(failed), 'entry', 'entries')} for which nothing fits")
    if stops:
        lacking.append(f"{count(len(stops), 'gap')} to be solved or accepted")
    ending = f": {' and '.join(lacking)}" if lacking else ""
    yield f"The stack of {resources} {words} on {plan.target.title}{ending}."
    if plan.left_over:
        most = ", ".join(f"{word} × {number}" for word, number in _kinds_left(plan).most_common(KINDS_TOLD))  # noqa: RUF001
        more = ", …" if len(_kinds_left(plan)) > KINDS_TOLD else ""
        yield f"Not in the stack, and in no figure here: {count(len(plan.left_over), 'thing')} ({most}{more})."
    if plan.utilization is not None:
        smaller = sum(len(item.names) for item in plan.sizing if _is_less(item))
        servers = sum(len(item.names) for item in plan.sizing)
        yield (
            f"By their use, {smaller} of {count(servers, 'server')} can be smaller"
            f" ({plan.utilization.span_hours:g} hours were read; a month with its peaks tells more)."
        )
    total = plan.data_total
    yield f"Data to copy: {_total_words(total)}."
    if any(bill.unknown for _, bill in _bills(plan)):
        yield "Some prices are not known: the sums are the least that it can be, and do not say which side is cheaper."


def _is_less(item: Sizing) -> bool:
    if item.vcpu is None or item.memory is None or item.vcpu_by_use is None or item.memory_by_use is None:
        return False
    return (item.vcpu_by_use, item.memory_by_use.bytes) != (item.vcpu, item.memory.bytes) and (
        item.vcpu_by_use <= item.vcpu and item.memory_by_use <= item.memory
    )


def _figures(plan: MigrationPlan) -> Iterator[Figure]:
    words, fits = FITS[plan.target.fits]
    waves = count(len(plan.waves), "wave")
    yield Figure("The target", words, "", f"{count(plan.target.resources, 'resource')} in {waves}", fits)
    if plan.today is None:
        yield Figure("Cost today", UNKNOWN, "", plan.today_unknown or "", "quiet")
    for title, bill in _bills(plan):
        least = "at least" if bill.unknown and bill.low is not None else ""
        label = f"Cost {title[0].lower()}{title[1:]}"
        tone: Tone = "warn" if bill.unknown else ""
        yield Figure(label, span(bill.low, bill.high), span_unit(bill.high), bill_detail(bill), tone, least)
    total = plan.data_total
    most = UNKNOWN if total.at_most is None else _size(total.at_most)
    value, before = (_size(total.bytes), "") if total.unknown == 0 else (most, "at most" if total.at_most else "")
    if total.at_most is None and total.bytes:
        value, before = _size(total.bytes), "at least"
    yield Figure("Data to copy", value, "", _total_words(total), "warn" if total.unknown else "", before)


def _size(number: int) -> str:
    for unit, factor in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if number >= factor:
            return f"{number / factor:,.1f} {unit}".replace(".0 ", " ")
    return count(number, "byte")


def _total_words(total: DataTotal) -> str:
    parts = [f"{_size(total.bytes)} known to be stored"]
    if total.unknown:
        parts.append(f"stored bytes of {count(total.unknown, 'item')} unknown")
    parts.append(
        f"at most {_size(total.at_most)}" if total.at_most is not None else "no upper bound, for buckets have none"
    )
    if total.objects or total.objects_unknown:
        unknown = f", {count(total.objects_unknown, 'bucket')} uncounted" if total.objects_unknown else ""
        parts.append(f"{count(total.objects, 'object')} counted{unknown}")
    return "; ".join(parts)


def _cost(plan: MigrationPlan) -> Section:
    bills = list(_bills(plan))
    bars = tuple(
        Bar(title, bill.low, bill.high, bill_text(bill), bool(bill.unknown), bill_detail(bill), int(title != "Today"))
        for title, bill in bills
    )
    blocks: list[Block] = [Bars("Cost per month, before tax", bars)]
    kinds = tuple(_kind_bars(bills))
    if kinds:
        names = ("Today", "At the target") if plan.today is not None else ("", "At the target")
        note = "What has no known price is missing from the bars."
        blocks.append(Bars("Cost per month by kind", kinds, names, note))
    if plan.today_unknown:
        blocks.append(Notes((f"What it costs today is not known: {plan.today_unknown}",)))
    blocks.append(price_table((title, line) for title, bill in bills for line in bill.lines))
    lead = (
        "Both sides by the catalogs' list prices. What runs today is priced by the flavors that the stack names, or by "
        "what would be chosen there now; discounts and commitments are not known here: a price book can hold them."
    )
    return Section("cost", "Cost on both sides", lead, tuple(blocks))


def _kind_bars(bills: Iterable[tuple[str, Bill]]) -> Iterator[Bar]:
    found = list(bills)
    kinds = sorted({line.resource.split("/")[0] for _, bill in found for line in bill.lines})
    for kind in kinds:
        for title, bill in found:
            lines = [line for line in bill.lines if line.resource.startswith(f"{kind}/")]
            if not lines:
                continue
            known = [(line.low, line.high) for line in lines if line.low is not None and line.high is not None]
            low = sum((one for one, _ in known), Decimal(0)) if known else None
            high = sum((two for _, two in known), Decimal(0)) if known else None
            more = len(known) < len(lines)
            least = "at least " if more and known else ""
            text = f"{least}{span(low, high)} {span_unit(high)}".strip()
            label = f"{title_of(KINDS[kind].word)}: {title[0].lower()}{title[1:]}"
            yield Bar(label, low, high, text, more, "", int(title != "Today"))


def _mapping(plan: MigrationPlan) -> Section:
    by_use = plan.target_by_use is not None
    rows = tuple(_mapped(item, by_use) for item in plan.mapping)
    titles = ["Resource", "Kind", "Number", "Today", "At the target, as it is"]
    titles += ["By use"] if by_use else []
    columns = tuple(Column(title, number=title == "Number") for title in (*titles, "What is lacking"))
    blocks: list[Block] = [Table("mapping", "Every entry of the stack", columns, rows)]
    if plan.target.remarks:
        blocks.append(Notes(plan.target.remarks, "On the way"))
    lead = "Why other flavors, images and disks were not taken, mcloud compare tells."
    return Section("mapping", "What becomes of each resource", lead, tuple(blocks))


def _kinds_left(plan: MigrationPlan) -> Counter[str]:
    return Counter(_type_word(item.type) for item in plan.left_over or ())


def _type_word(word: str) -> str:
    """A kind's word for people; a source's own words as they are."""
    return KINDS[word].word if word in KINDS else word


def _left_over(plan: MigrationPlan) -> Iterator[Section]:
    """What was found and does not move with the stack; nothing where nobody told."""
    if plan.left_over is None:
        return
    rows = tuple(
        (Cell(_type_word(item.type)), Cell(item.name, detail=item.where), Cell(item.reason), Cell(item.advice))
        for item in (*(plan.not_seen or ()), *plan.left_over)
    )
    columns = tuple(Column(title) for title in ("Type", "What", "Why it is not in the stack", "What to do"))
    lead = "What was found and has no word in a stack, or could not be looked at. It is in no cost and no order here."
    blocks = (Table("left", "Left over", columns, rows),) if rows else ()
    yield Section("left", "What is not in the stack", lead if rows else "Nothing is left over.", blocks)


def _mapped(item: Mapped, by_use: bool) -> tuple[Cell, ...]:
    if item.problem:
        target = Cell("does not fit", tone="bad", detail="; ".join(filter(None, (item.problem, item.hint))))
    else:
        target = Cell(item.as_is or UNKNOWN)
    cells = [
        Cell(item.resource),
        Cell(KINDS[item.kind].word),
        Cell(f"{item.count:,}", order=item.count),
        Cell(item.today or UNKNOWN, tone="" if item.today else "quiet"),
        target,
    ]
    if by_use:
        same = item.by_use == item.as_is
        cells.append(Cell("the same", tone="quiet") if same else Cell(item.by_use or "does not fit"))
    return (*cells, Cell(", ".join(item.gaps) or "nothing", tone="" if item.gaps else "quiet"))


def _sizing(plan: MigrationPlan) -> Section:
    blocks: list[Block] = []
    used = plan.utilization
    number: tuple[str, ...] = ("vCPU", "Memory, GiB")
    rows = tuple(_as_it_is(item) for item in plan.sizing)
    note = ""
    if used is not None:
        number = ("vCPU", "vCPU by use", "Memory, GiB", "Memory by use, GiB")
        number += ("CPU p95", "CPU highest", "Memory p95", "Memory highest")
        rows = tuple(_sized(item) for item in plan.sizing)
        note = "Use is in percent of today's capacity."
        blocks.append(_busy(plan))
        lead = (
            f"By {used.file}: {count(used.machines, 'machine')}, {used.matched} of them servers of this stack, over "
            f"{used.span_hours:g} hours. A size by use is the 95th percentile and {used.headroom_percent} % head-room, "
            "rounded up; memory never below the highest that was read. Peaks outside of those hours are not in it."
        )
        if used.strangers:
            shown = ", ".join(used.strangers[:TEN]) + (" …" if len(used.strangers) > TEN else "")
            blocks.append(Notes((f"No server of this stack: {shown}",)))
    else:
        lead = "As it is: no utilization was given (--utilization FILE)."
    columns = (Column("Server"), *(Column(title, number=True) for title in number), Column("Why"))
    if rows:
        blocks.append(Table("sizing", "Sizes", columns, rows, note))
    return Section("sizing", "How large the servers should be", lead, tuple(blocks))


def _as_it_is(item: Sizing) -> tuple[Cell, ...]:
    return _server(item), _number(item.vcpu), _number(_gib(item.memory)), Cell(item.reason, tone="quiet")


def _server(item: Sizing) -> Cell:
    return Cell(item.resource, detail=count(len(item.names), "instance") if len(item.names) > 1 else "")


def _sized(item: Sizing) -> tuple[Cell, ...]:
    after = item.vcpu_by_use is not None
    return (
        _server(item),
        _number(item.vcpu),
        _changed(item.vcpu_by_use, item.vcpu),
        _number(_gib(item.memory)),
        _changed(_gib(item.memory_by_use), _gib(item.memory)),
        *_loads(item.cpu),
        *_loads(item.memory_use),
        Cell(item.reason, tone="" if after else "quiet"),
    )


def _gib(size: Size | None) -> Decimal | None:
    return None if size is None else size.in_gib


def _number(value: Decimal | int | None) -> Cell:
    return Cell(UNKNOWN, tone="quiet") if value is None else Cell(f"{Decimal(value):,.10g}", order=Decimal(value))


def _changed(value: Decimal | int | None, before: Decimal | int | None) -> Cell:
    if value is None:
        return Cell("stays", tone="quiet")
    tone: Tone = "" if before is None or value == before else "good" if value < before else "warn"
    words = "" if before is None or value == before else "less" if value < before else "more"
    return Cell(f"{Decimal(value):,.10g}", order=Decimal(value), tone=tone, detail=words)


def _loads(note: LoadNote | None) -> tuple[Cell, Cell]:
    if note is None:
        return Cell(UNKNOWN, tone="quiet"), Cell(UNKNOWN, tone="quiet")
    return tuple(Cell(f"{value:.1f} %", order=Decimal(str(value))) for value in (note.p95, note.highest))  # type: ignore[return-value]


def _busy(plan: MigrationPlan) -> Bars:
    """How many servers use how much: the 95th percentiles in tens of percent."""
    bars = []
    for series, word in enumerate(("CPU", "Memory")):
        tens: Counter[int] = Counter()
        for item in plan.sizing:
            load = item.memory_use if series else item.cpu
            if load is not None:
                tens[min(int(load.p95) // TEN, TEN - 1)] += len(item.names)
        for ten in range(TEN):
            number = tens[ten]
            label = f"{word}: {ten * TEN} to {(ten + 1) * TEN} %"
            bars.append(Bar(label, Decimal(number), Decimal(number), count(number, "server"), series=series))
    note = (
        "The 95th percentile of each server's readings, in percent of what it has today. Equal servers count with the "
        "busiest of them."
    )
    return Bars("How busy the servers are", tuple(bars), ("CPU", "Memory"), note)


def _gaps(plan: MigrationPlan) -> Section:
    gaps = plan.target.gaps
    lead = "" if gaps else "Nothing that the stack asks for is lacking at the target."
    blocks = (gap_table((plan.target.placement, gap) for gap in gaps),) if gaps else ()
    return Section("gaps", "What is lacking at the target", lead, blocks)


def _data(plan: MigrationPlan) -> Section:
    columns = (
        Column("Resource"),
        Column("Name"),
        Column("Holds"),
        Column("Stored, bytes", number=True),
        Column("At most, bytes", number=True),
        Column("Objects", number=True),
        Column("From"),
    )
    rows = tuple(_data_row(item) for item in plan.data)
    lead = (
        f"{_total_words(plan.data_total)}. Servers that are marked stateless have nothing to copy." if rows else "None."
    )
    table = Table("data", "Data to copy", columns, rows, folded=len(rows) > 2 * MOST_BOXES)
    blocks = (table,) if rows else ()
    return Section("data", "Data that must be copied", lead[0].upper() + lead[1:], blocks)


def _data_row(item: DataItem) -> tuple[Cell, ...]:
    most = Cell("has no bound", tone="quiet") if item.at_most is None else _bytes(item.at_most)
    objects = Cell("not objects", tone="quiet") if item.holds == "blocks" else _whole(item.objects)
    return (
        Cell(item.resource),
        Cell(item.name),
        Cell(item.holds),
        _bytes(item.bytes),
        most,
        objects,
        Cell(item.source or "nobody told", tone="" if item.source else "quiet"),
    )


def _bytes(value: int | None) -> Cell:
    known = _whole(value)
    return known if value is None or value < 2**10 else replace(known, detail=_size(value))


def _whole(value: int | None) -> Cell:
    return Cell(UNKNOWN, tone="warn") if value is None else Cell(f"{value:,}", order=value)


def _order(plan: MigrationPlan) -> Section:
    rows = tuple(
        (
            Cell(f"{wave.number}", order=wave.number),
            Cell(step.resource, detail=count(step.count, "resource") if step.count > 1 else ""),
            Cell(KINDS[step.kind].word),
            Cell(", ".join(_name(key) for key in step.needs) or "nothing", tone="" if step.needs else "quiet"),
        )
        for wave in plan.waves
        for step in wave.steps
    )
    columns = (Column("Wave", number=True), Column("Resource"), Column("Kind"), Column("Needs"))
    lead = "Each wave needs only what the waves before it made; what is in one wave can be made at the same time."
    table = Table("order", "The order", columns, rows, folded=len(rows) > 2 * MOST_BOXES)
    return Section("order", "In which order", lead, (_picture(plan.waves, plan), table))


def _name(key: str) -> str:
    return key.split(":", 1)[1]


def _picture(waves: tuple[Wave, ...], plan: MigrationPlan) -> Picture:
    failed = {item.resource for item in plan.mapping if item.problem}
    lacking = {item.resource for item in plan.mapping if item.gaps}
    boxes: dict[str, str] = {}
    columns = []
    for wave in waves:
        many = len(wave.steps) > MOST_BOXES
        column: dict[str, Box] = {}
        for step in wave.steps:
            word = KINDS[step.kind].word
            tone: Tone = "bad" if step.resource in failed else "warn" if step.resource in lacking else ""
            boxes[step.key] = key = f"{wave.number}:{step.kind}" if many else step.key
            if many:
                same = [item for item in wave.steps if item.kind == step.kind]
                total = sum(item.count for item in same)
                title = _short(step.resource) if len(same) == 1 else f"{count(len(same), 'entry', 'entries')}"
                before: Tone = column[key].tone if key in column else ""
                worst: Tone = "bad" if "bad" in (tone, before) else tone or before
                column[key] = Box(key, title, f"{word} × {total}" if total > 1 else word, worst)  # noqa: RUF001
            else:
                detail = f"{word} × {step.count}" if step.count > 1 else word  # noqa: RUF001
                column[key] = Box(key, _short(step.resource), detail, tone)
        columns.append(tuple(column.values()))
    pairs = ((boxes[need], boxes[step.key]) for wave in waves for step in wave.steps for need in step.needs)
    arrows = tuple(dict.fromkeys(pair for pair in pairs if pair[0] != pair[1]))
    headings = tuple(f"Wave {wave.number}" for wave in waves)
    note = "Arrows lead from what is needed to what needs it. Red edge: does not fit; amber edge: something is lacking."
    return Picture("What needs what", tuple(columns), headings, arrows, note)


def _short(resource: str) -> str:
    """Without the section, which the kind's word tells."""
    parts = resource.split(".")
    return parts[1] if len(parts) == 2 else ".".join((parts[1], parts[-1]))
