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
from mcloud.report.language import day, figure, language, t
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
from mcloud.report.words import bill_detail, bill_text, count, span, span_unit, unknown
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
        title=t("Moving “{stack}” to {target}", stack=plan.stack, target=plan.target.title),
        subtitle=t(
            "Migration plan: {source} to {target}, {day}",
            source=plan.source,
            target=plan.target.placement,
            day=day(plan.as_of),
        ),
        language=language(),
        as_of=plan.as_of,
        summary=tuple(_summary(plan)),
        figures=tuple(_figures(plan)),
        sections=(*sections, reading_section(plan.rates, plan.not_counted)),
    )


def _bills(plan: MigrationPlan) -> Iterator[tuple[str, Bill]]:
    if plan.today is not None:
        yield t("Today"), plan.today
    yield t("At the target, as it is"), plan.target.bill
    if plan.target_by_use is not None:
        yield t("At the target, by use"), plan.target_by_use.bill


def _summary(plan: MigrationPlan) -> Iterator[str]:
    words, _ = FITS[plan.target.fits]
    resources = count(plan.target.resources, "resource")
    failed = [item for item in plan.mapping if item.problem]
    stops = [gap for gap in plan.target.gaps if gap.klass == "blocking" or (gap.klass == "lossy" and not gap.accepted)]
    lacking = []
    if failed:
        lacking.append(t("{entries} for which nothing fits", entries=count(len(failed), "entry", "entries")))
    if stops:
        lacking.append(t("{gaps} to be solved or accepted", gaps=count(len(stops), "gap")))
    ending = f": {t(' and ').join(lacking)}" if lacking else ""
    target = plan.target.title
    said = t("The stack of {resources} {fits} on {target}", resources=resources, fits=t(words), target=target)
    yield f"{said}{ending}."
    if plan.left_over:
        most = ", ".join(f"{word} × {number}" for word, number in _kinds_left(plan).most_common(KINDS_TOLD))  # noqa: RUF001
        more = ", …" if len(_kinds_left(plan)) > KINDS_TOLD else ""
        things = count(len(plan.left_over), "thing")
        yield t("Not in the stack, and in no figure here: {things} ({most}).", things=things, most=most + more)
    if plan.utilization is not None:
        smaller = sum(len(item.names) for item in plan.sizing if _is_less(item))
        servers = sum(len(item.names) for item in plan.sizing)
        yield t(
            "By their use, {smaller} of {servers} can be smaller ({hours} hours were read; a month with its peaks "
            "tells more).",
            smaller=smaller,
            servers=count(servers, "server"),
            hours=figure(f"{plan.utilization.span_hours:g}"),
        )
    total = plan.data_total
    yield t("Data to copy: {total}.", total=_total_words(total))
    if any(bill.unknown for _, bill in _bills(plan)):
        yield t("Some prices are not known: the sums are the least that it can be, and do not say which is cheaper.")


def _is_less(item: Sizing) -> bool:
    if item.vcpu is None or item.memory is None or item.vcpu_by_use is None or item.memory_by_use is None:
        return False
    return (item.vcpu_by_use, item.memory_by_use.bytes) != (item.vcpu, item.memory.bytes) and (
        item.vcpu_by_use <= item.vcpu and item.memory_by_use <= item.memory
    )


def _figures(plan: MigrationPlan) -> Iterator[Figure]:
    words, fits = FITS[plan.target.fits]
    waves = count(len(plan.waves), "wave")
    resources = count(plan.target.resources, "resource")
    detail = t("{resources} in {waves}", resources=resources, waves=waves)
    yield Figure(t("The target"), t(words), "", detail, fits)
    if plan.today is None:
        yield Figure(t("Cost today"), unknown(), "", plan.today_unknown or "", "quiet")
    for title, bill in _bills(plan):
        least = t("at least") if bill.unknown and bill.low is not None else ""
        label = t("Cost {where}", where=_small(title))
        tone: Tone = "warn" if bill.unknown else ""
        yield Figure(label, span(bill.low, bill.high), span_unit(bill.high), bill_detail(bill), tone, least)
    total = plan.data_total
    most = unknown() if total.at_most is None else _size(total.at_most)
    value, before = (_size(total.bytes), "") if total.unknown == 0 else (most, t("at most") if total.at_most else "")
    if total.at_most is None and total.bytes:
        value, before = _size(total.bytes), t("at least")
    yield Figure(t("Data to copy"), value, "", _total_words(total), "warn" if total.unknown else "", before)


def _size(number: int) -> str:
    for unit, factor in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if number >= factor:
            return figure(f"{number / factor:,.1f}".removesuffix(".0")) + f" {unit}"
    return count(number, "byte")


def _total_words(total: DataTotal) -> str:
    parts = [t("{size} known to be stored", size=_size(total.bytes))]
    if total.unknown:
        parts.append(t("stored bytes of {items} unknown", items=count(total.unknown, "item")))
    if total.at_most is None:
        parts.append(t("no upper bound, for buckets have none"))
    else:
        parts.append(t("at most {size}", size=_size(total.at_most)))
    if total.objects or total.objects_unknown:
        counted = t("{objects} counted", objects=count(total.objects, "object"))
        if total.objects_unknown:
            counted = f"{counted}, {t('{buckets} uncounted', buckets=count(total.objects_unknown, 'bucket'))}"
        parts.append(counted)
    return "; ".join(parts)


def _cost(plan: MigrationPlan) -> Section:
    bills = list(_bills(plan))
    bars = tuple(
        Bar(title, bill.low, bill.high, bill_text(bill), bool(bill.unknown), bill_detail(bill), series)
        for title, bill in bills
        for series in [int(bill is not plan.today)]
    )
    blocks: list[Block] = [Bars(t("Cost per month, before tax"), bars)]
    kinds = tuple(_kind_bars(bills, plan.today))
    if kinds:
        names = (t("Today") if plan.today is not None else "", t("At the target"))
        note = t("What has no known price is missing from the bars.")
        blocks.append(Bars(t("Cost per month by kind"), kinds, names, note))
    if plan.today_unknown:
        blocks.append(Notes((t("What it costs today is not known: {why}", why=plan.today_unknown),)))
    blocks.append(price_table((title, line) for title, bill in bills for line in bill.lines))
    lead = t(
        "Both sides by the catalogs' list prices. What runs today is priced by the flavors that the stack names, or by "
        "what would be chosen there now; discounts and commitments are not known here: a price book can hold them."
    )
    return Section("cost", t("Cost on both sides"), lead, tuple(blocks))


def _kind_bars(bills: Iterable[tuple[str, Bill]], today: Bill | None) -> Iterator[Bar]:
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
            text = f"{span(low, high)} {span_unit(high)}".strip()
            if more and known:
                text = t("at least {sum}", sum=text)
            label = f"{title_of(t(KINDS[kind].word))}: {_small(title)}"
            yield Bar(label, low, high, text, more, "", int(bill is not today))


def _small(words: str) -> str:
    return words[:1].lower() + words[1:]


def _mapping(plan: MigrationPlan) -> Section:
    by_use = plan.target_by_use is not None
    rows = tuple(_mapped(item, by_use) for item in plan.mapping)
    titles = [t("Resource"), t("Kind"), t("Number"), t("Today"), t("At the target, as it is")]
    titles += [t("By use")] if by_use else []
    columns = tuple(Column(title, number=title == t("Number")) for title in (*titles, t("What is lacking")))
    blocks: list[Block] = [Table("mapping", t("Every entry of the stack"), columns, rows)]
    if plan.target.remarks:
        blocks.append(Notes(plan.target.remarks, t("On the way")))
    lead = t("Why other flavors, images and disks were not taken, mcloud compare tells.")
    return Section("mapping", t("What becomes of each resource"), lead, tuple(blocks))


def _kinds_left(plan: MigrationPlan) -> Counter[str]:
    return Counter(_type_word(item.type) for item in plan.left_over or ())


def _type_word(word: str) -> str:
    """A kind's word for people; a source's own words as they are."""
    return t(KINDS[word].word) if word in KINDS else t(word)


def _left_over(plan: MigrationPlan) -> Iterator[Section]:
    """What was found and does not move with the stack; nothing where nobody told."""
    if plan.left_over is None:
        return
    rows = tuple(
        (Cell(_type_word(item.type)), Cell(item.name, detail=item.where), Cell(item.reason), Cell(item.advice))
        for item in (*(plan.not_seen or ()), *plan.left_over)
    )
    titles = (t("Type"), t("What"), t("Why it is not in the stack"), t("What to do"))
    columns = tuple(Column(title) for title in titles)
    lead = t(
        "What was found and has no word in a stack, or could not be looked at. It is in no cost and no order here."
    )
    blocks = (Table("left", t("Left over"), columns, rows),) if rows else ()
    yield Section("left", t("What is not in the stack"), lead if rows else t("Nothing is left over."), blocks)


def _mapped(item: Mapped, by_use: bool) -> tuple[Cell, ...]:
    if item.problem:
        target = Cell(t("does not fit"), tone="bad", detail="; ".join(filter(None, (item.problem, item.hint))))
    else:
        target = Cell(_said(item.as_is, item.kind) or unknown())
    cells = [
        Cell(item.resource),
        Cell(t(KINDS[item.kind].word)),
        Cell(figure(f"{item.count:,}"), order=item.count),
        Cell(_said(item.today, item.kind) or unknown(), tone="" if item.today else "quiet"),
        target,
    ]
    if by_use:
        same = item.by_use == item.as_is
        by_use_words = _said(item.by_use, item.kind) or t("does not fit")
        cells.append(Cell(t("the same"), tone="quiet") if same else Cell(by_use_words))
    return (*cells, Cell(", ".join(item.gaps) or t("nothing"), tone="" if item.gaps else "quiet"))


def _said(words: str | None, kind: str) -> str | None:
    """What something is: its kind's word where nothing is chosen for it."""
    return t(words) if words == KINDS[kind].word else words


def _sizing(plan: MigrationPlan) -> Section:
    blocks: list[Block] = []
    used = plan.utilization
    number: tuple[str, ...] = ("vCPU", t("Memory, GiB"))
    rows = tuple(_as_it_is(item) for item in plan.sizing)
    note = ""
    if used is not None:
        number = ("vCPU", t("vCPU by use"), t("Memory, GiB"), t("Memory by use, GiB"))
        number += ("CPU p95", t("CPU highest"), t("Memory p95"), t("Memory highest"))
        rows = tuple(_sized(item, used.headroom_percent) for item in plan.sizing)
        note = t("Use is in percent of today's capacity.")
        blocks.append(_busy(plan))
        lead = t(
            "By {file}: {machines}, {matched} of them servers of this stack, over {hours} hours. A size by use is the "
            "95th percentile and {headroom} % head-room, rounded up; memory never below the highest that was read. "
            "Peaks outside of those hours are not in it.",
            file=used.file,
            machines=count(used.machines, "machine"),
            matched=used.matched,
            hours=figure(f"{used.span_hours:g}"),
            headroom=used.headroom_percent,
        )
        if used.strangers:
            shown = ", ".join(used.strangers[:TEN]) + (" …" if len(used.strangers) > TEN else "")
            blocks.append(Notes((t("No server of this stack: {names}", names=shown),)))
    else:
        lead = t("As it is: no utilization was given (--utilization FILE).")
    columns = (Column(t("Server")), *(Column(title, number=True) for title in number), Column(t("Why")))
    if rows:
        blocks.append(Table("sizing", t("Sizes"), columns, rows, note))
    return Section("sizing", t("How large the servers should be"), lead, tuple(blocks))


def _as_it_is(item: Sizing) -> tuple[Cell, ...]:
    return _server(item), _number(item.vcpu), _number(_gib(item.memory)), Cell(t(item.reason), tone="quiet")


def _server(item: Sizing) -> Cell:
    return Cell(item.resource, detail=count(len(item.names), "instance") if len(item.names) > 1 else "")


def _reason(said: str, headroom: int) -> str:
    """Why a server has its size: the usual reason in the report's language, another one as it is."""
    usual = "95th percentile and {headroom} % head-room; memory not below its highest reading"
    return t(usual, headroom=headroom) if said == usual.format(headroom=headroom) else t(said)


def _sized(item: Sizing, headroom: int) -> tuple[Cell, ...]:
    after = item.vcpu_by_use is not None
    return (
        _server(item),
        _number(item.vcpu),
        _changed(item.vcpu_by_use, item.vcpu),
        _number(_gib(item.memory)),
        _changed(_gib(item.memory_by_use), _gib(item.memory)),
        *_loads(item.cpu),
        *_loads(item.memory_use),
        Cell(_reason(item.reason, headroom), tone="" if after else "quiet"),
    )


def _gib(size: Size | None) -> Decimal | None:
    return None if size is None else size.in_gib


def _number(value: Decimal | int | None) -> Cell:
    if value is None:
        return Cell(unknown(), tone="quiet")
    return Cell(figure(f"{Decimal(value):,.10g}"), order=Decimal(value))


def _changed(value: Decimal | int | None, before: Decimal | int | None) -> Cell:
    if value is None:
        return Cell(t("stays"), tone="quiet")
    tone: Tone = "" if before is None or value == before else "good" if value < before else "warn"
    words = "" if before is None or value == before else t("less") if value < before else t("more")
    return Cell(figure(f"{Decimal(value):,.10g}"), order=Decimal(value), tone=tone, detail=words)


def _loads(note: LoadNote | None) -> tuple[Cell, Cell]:
    if note is None:
        return Cell(unknown(), tone="quiet"), Cell(unknown(), tone="quiet")
    return tuple(Cell(figure(f"{value:.1f}") + " %", order=Decimal(str(value))) for value in (note.p95, note.highest))  # type: ignore[return-value]


def _busy(plan: MigrationPlan) -> Bars:
    """How many servers use how much: the 95th percentiles in tens of percent."""
    bars = []
    for series, word in enumerate(("CPU", t("Memory"))):
        tens: Counter[int] = Counter()
        for item in plan.sizing:
            load = item.memory_use if series else item.cpu
            if load is not None:
                tens[min(int(load.p95) // TEN, TEN - 1)] += len(item.names)
        for ten in range(TEN):
            number = tens[ten]
            label = f"{word}: {t('{low} to {high} %', low=ten * TEN, high=(ten + 1) * TEN)}"
            bars.append(Bar(label, Decimal(number), Decimal(number), count(number, "server"), series=series))
    note = t(
        "The 95th percentile of each server's readings, in percent of what it has today. Equal servers count with the "
        "busiest of them."
    )
    return Bars(t("How busy the servers are"), tuple(bars), ("CPU", t("Memory")), note)


def _gaps(plan: MigrationPlan) -> Section:
    gaps = plan.target.gaps
    lead = "" if gaps else t("Nothing that the stack asks for is lacking at the target.")
    blocks = (gap_table((plan.target.placement, gap) for gap in gaps),) if gaps else ()
    return Section("gaps", t("What is lacking at the target"), lead, blocks)


def _data(plan: MigrationPlan) -> Section:
    columns = (
        Column(t("Resource")),
        Column(t("Name")),
        Column(t("Holds")),
        Column(t("Stored, bytes"), number=True),
        Column(t("At most, bytes"), number=True),
        Column(t("Objects"), number=True),
        Column(t("From")),
    )
    rows = tuple(_data_row(item) for item in plan.data)
    told = t("Servers that are marked stateless have nothing to copy.")
    lead = f"{title_of(_total_words(plan.data_total))}. {told}" if rows else t("None.")
    table = Table("data", t("Data to copy"), columns, rows, folded=len(rows) > 2 * MOST_BOXES)
    blocks = (table,) if rows else ()
    return Section("data", t("Data that must be copied"), lead, blocks)


def _data_row(item: DataItem) -> tuple[Cell, ...]:
    most = Cell(t("has no bound"), tone="quiet") if item.at_most is None else _bytes(item.at_most)
    objects = Cell(t("not objects"), tone="quiet") if item.holds == "blocks" else _whole(item.objects)
    return (
        Cell(item.resource),
        Cell(item.name),
        Cell(t(item.holds)),
        _bytes(item.bytes),
        most,
        objects,
        Cell(item.source or t("nobody told"), tone="" if item.source else "quiet"),
    )


def _bytes(value: int | None) -> Cell:
    known = _whole(value)
    return known if value is None or value < 2**10 else replace(known, detail=_size(value))


def _whole(value: int | None) -> Cell:
    return Cell(unknown(), tone="warn") if value is None else Cell(figure(f"{value:,}"), order=value)


def _order(plan: MigrationPlan) -> Section:
    rows = tuple(
        (
            Cell(f"{wave.number}", order=wave.number),
            Cell(step.resource, detail=count(step.count, "resource") if step.count > 1 else ""),
            Cell(t(KINDS[step.kind].word)),
            Cell(", ".join(_name(key) for key in step.needs) or t("nothing"), tone="" if step.needs else "quiet"),
        )
        for wave in plan.waves
        for step in wave.steps
    )
    columns = (Column(t("Wave"), number=True), Column(t("Resource")), Column(t("Kind")), Column(t("Needs")))
    lead = t("Each wave needs only what the waves before it made; what is in one wave can be made at the same time.")
    table = Table("order", t("The order"), columns, rows, folded=len(rows) > 2 * MOST_BOXES)
    return Section("order", t("In which order"), lead, (_picture(plan.waves, plan), table))


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
            word = t(KINDS[step.kind].word)
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
    headings = tuple(t("Wave {number}", number=wave.number) for wave in waves)
    note = t(
        "Arrows lead from what is needed to what needs it. Red edge: does not fit; amber edge: something is lacking."
    )
    return Picture(t("What needs what"), tuple(columns), headings, arrows, note)


def _short(resource: str) -> str:
    """Without the section, which the kind's word tells."""
    parts = resource.split(".")
    return parts[1] if len(parts) == 2 else ".".join((parts[1], parts[-1]))
