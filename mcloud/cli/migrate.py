"""migrate: plan the move of a stack to another placement."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mcloud.cli import out
from mcloud.cli.compare import FITS, Html, InLang, Lang, Rate, bill_words, sound_stack, terms_of, write_page
from mcloud.cli.options import AsJson, Env, Overlays, ProfileName, Sets, StackFile, make_app
from mcloud.load import load_stack
from mcloud.match.verdict import alike
from mcloud.migrate.data import read_stored
from mcloud.migrate.found import read_found
from mcloud.migrate.plan import HEADROOM, Known, plan_migration
from mcloud.migrate.utilization import read_usage
from mcloud.migrate.values import DataTotal, MigrationPlan, Sizing
from mcloud.model.base import Placement
from mcloud.model.resources import KINDS
from mcloud.report.language import speaking
from mcloud.report.migration import migration_report

GROUP = True
app = make_app("Plan the move of a stack.")
To = Annotated[str, typer.Option("--to", help="Where it shall go: cloud/region or cloud/region/zone.")]
UtilizationFile = Annotated[
    Path | None, typer.Option("--utilization", help="CPU and memory use of the servers (CSV, .gz too).")
]
DataFile = Annotated[Path | None, typer.Option("--data", help="Bytes and objects that are stored (CSV).")]
DiscoveredFile = Annotated[
    Path | None,
    typer.Option("--discovered", help="What discover --json printed: what is left over, and what buckets hold."),
]
Headroom = Annotated[int, typer.Option("--headroom", min=0, max=300, help="Percent on top of the 95th percentile.")]


@app.callback()
def parts() -> None:
    """Plan the move of a stack to another placement."""


@app.command("plan")
def plan_command(
    stack: StackFile,
    to: To,
    utilization: UtilizationFile = None,
    headroom: Headroom = HEADROOM,
    data: DataFile = None,
    discovered: DiscoveredFile = None,
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    profile: ProfileName = None,
    rate: Rate = None,
    html: Html = None,
    lang: InLang = Lang.en,
    as_json: AsJson = False,
) -> None:
    """Tell what each resource becomes, how large, at what cost on both sides, what is lacking, which data to copy.

    No account is asked. Exit code 3 when the target does not take the stack as it is written.
    """
    loaded = load_stack(stack, env, sets, overlay)
    sound_stack(loaded)
    found = read_found(discovered, loaded.stack.buckets) if discovered else None
    stored = {**(found.stored if found else {}), **(read_stored(data) if data else {})}
    known = Known(
        usage=read_usage(utilization) if utilization else None,
        usage_file=utilization.name if utilization else "",
        stored=stored or None,
        stored_file=", ".join(path.name for path in (discovered, data) if path),
        headroom=headroom,
        left_over=found.left_over if found else None,
        not_seen=found.not_seen if found else None,
    )
    made = plan_migration(loaded.stack, Placement.parse(to), terms_of(loaded, profile, rate), known)
    if html is not None:
        with speaking(lang):
            write_page(html, migration_report(made))
    if as_json:
        out.print_json(made.model_dump(mode="json", by_alias=True))
    else:
        _print(made)
    if made.target.fits != "yes":
        raise typer.Exit(3)


def _print(made: MigrationPlan) -> None:
    typer.echo(
        f"{made.stack}: {made.source} -> {made.target.placement} ({made.target.title}): {FITS[made.target.fits]}"
    )
    typer.echo("mapping:")
    for item in made.mapping:
        times = f" x {item.count}" if item.count > 1 else ""
        smaller = f"; by use {item.by_use}" if item.by_use and item.by_use != item.as_is else ""
        lacking = f" [{', '.join(item.gaps)}]" if item.gaps else ""
        typer.echo(
            f"  {item.resource} ({item.kind}{times}): {item.today or '?'} -> {item.as_is or 'none'}{smaller}{lacking}"
        )
        if item.problem:
            typer.echo(f"    does not fit: {item.problem}" + (f"; {item.hint}" if item.hint else ""))
    for left in made.left_over or ():
        typer.echo(f"not in the stack: {left.name} ({left.where}): {left.reason}; {left.advice}")
    for unseen in made.not_seen or ():
        where = f"{unseen.where}: " if unseen.where else ""
        typer.echo(f"not looked at: {where}{unseen.name}: {unseen.reason}; {unseen.advice}")
    _print_sizing(made)
    _print_cost(made)
    for gap, more in alike(made.target.gaps):
        where = gap.resource + (f" and {more} more" if more else "")
        typer.echo(f"gap {gap.code} ({gap.klass}): {where}: {gap.reason}; {gap.alternative}")
    for remark in made.target.remarks:
        typer.echo(f"note: {remark}")
    typer.echo(f"data to copy: {data_words(made.data_total)}")
    for part in made.data:
        stored = "unknown" if part.bytes is None else f"{part.bytes:,} bytes"
        most = f", at most {part.at_most:,} bytes" if part.at_most is not None else ""
        count = (
            f", {'unknown' if part.objects is None else f'{part.objects:,}'} objects" if part.holds == "objects" else ""
        )
        typer.echo(f"  {part.resource} ({part.name}): {stored}{most}{count}")
    for wave in made.waves:
        words = (f"{KINDS[step.kind].word} {step.resource}" for step in wave.steps)
        steps = ", ".join(
            f"{word}{f' x {step.count}' if step.count > 1 else ''}"
            for word, step in zip(words, wave.steps, strict=True)
        )
        typer.echo(f"wave {wave.number}: {steps}")
    typer.echo(f"in no figure: {'; '.join(made.not_counted)}")


def _print_sizing(made: MigrationPlan) -> None:
    used = made.utilization
    if used is None:
        typer.echo("sizing: as it is; --utilization FILE sizes by use")
        return
    span = f"{used.span_hours:g} h, {used.headroom_percent} % head-room"
    typer.echo(f"sizing by use: {used.matched} of {used.machines} machines are servers here; {span}")
    for item in made.sizing:
        typer.echo(f"  {item.resource}: {sizing_words(item)} ({item.reason})")
    if used.strangers:
        typer.echo(f"  no server here: {', '.join(used.strangers[:5])}{' …' if len(used.strangers) > 5 else ''}")


def _print_cost(made: MigrationPlan) -> None:
    sides = [("today", made.today), ("target, as it is", made.target.bill)]
    sides += [("target, by use", made.target_by_use.bill)] if made.target_by_use else []
    for title, bill in sides:
        lines = bill_words(bill) if bill is not None else [f"cost: unknown, for {made.today_unknown}"]
        typer.echo(f"{title}:")
        for line in lines:
            typer.echo(f"  {line}")


def sizing_words(item: Sizing) -> str:
    """Before and after."""
    before = f"{item.vcpu} vCPU, {item.memory}" if item.vcpu is not None else "unknown"
    if item.vcpu_by_use is None:
        return f"{before}, stays"
    return f"{before} -> {item.vcpu_by_use} vCPU, {item.memory_by_use}"


def data_words(total: DataTotal) -> str:
    """The sums in words."""
    most = "unknown" if total.at_most is None else f"{total.at_most:,} bytes"
    return (
        f"{total.bytes:,} bytes known, {total.unknown} unknown; at most {most}; "
        f"{total.objects:,} objects known, {total.objects_unknown} buckets unknown"
    )
