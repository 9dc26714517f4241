"""compare: one stack on several clouds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from mcloud.adapter import registry
from mcloud.catalog.cache import cached_file, load_live, load_price_book
from mcloud.catalog.overlay import overlay as merge
from mcloud.catalog.rates import HOME, Rates, shipped_rates
from mcloud.catalog.types import Catalog
from mcloud.cli import out
from mcloud.cli.options import AsJson, Env, Overlays, ProfileName, Sets, StackFile, make_app
from mcloud.cli.validate import check_stack
from mcloud.errors import BlockedError, PlacementError, UsageError
from mcloud.load import Loaded, load_stack
from mcloud.match.bill import OLD_DAYS
from mcloud.match.compare import Terms, compare
from mcloud.match.verdict import Bill, Choice, Comparison, Losers, Verdict, alike
from mcloud.model.base import Placement
from mcloud.report.comparison import comparison_report
from mcloud.report.language import speaking
from mcloud.report.value import Report

GROUP = False
app = make_app("Compare clouds for a stack.")
FITS = {"yes": "fits", "when-accepted": "fits once its lossy gaps are accepted", "no": "does not fit"}
To = Annotated[
    list[str] | None,
    typer.Option("--to", help="cloud, cloud/region or cloud/region/zone; may be repeated."),
]
Rate = Annotated[str | None, typer.Option("--rate", help="Your exchange rate: CURRENCY=VND, like USD=26200.")]

Html = Annotated[Path | None, typer.Option("--html", help="Write one self-contained page here.")]


class Lang(StrEnum):
    """Languages of pages."""

    en = "en"
    vi = "vi"


InLang = Annotated[Lang, typer.Option("--lang", help="Language of the page.")]


def kept_catalogs(profile: str | None) -> Callable[[Placement], Catalog]:
    """Shipped catalogs, what the accounts were last offered over them, the user's prices over both; nobody is asked."""
    from mcloud.adapter.profile import current_name

    @cache
    def of_region(cloud: str, region: str) -> Catalog:
        shipped = registry.get(cloud).catalog()
        kept = load_live(cached_file(current_name(profile), cloud, shipped.region(region).name))
        return merge(shipped, kept, load_price_book(cloud))

    return lambda placement: of_region(placement.cloud, placement.region)


def sound_stack(loaded: Loaded) -> None:
    """
    Raises:
        BlockedError: the stack has findings that block wherever it is placed.
    """
    blocking = [item for item in check_stack(loaded) if item.severity == "block"]
    if blocking:
        lines = [f"{loaded.locate(item.path)}: {item.message}" for item in blocking]
        raise BlockedError("the stack has findings that block:\n  " + "\n  ".join(lines), hint="mcloud validate")


def rates_of(given: str | None) -> Rates:
    """The shipped rates, or the user's over them.

    Raises:
        UsageError: not CURRENCY=NUMBER.
    """
    if given is None:
        return shipped_rates()
    currency, _, number = given.partition("=")
    try:
        value = Decimal(number.replace(",", ""))
    except InvalidOperation:
        value = Decimal(0)
    if not currency.isalpha() or not value.is_finite() or value <= 0:
        raise UsageError(f"--rate {given}: no exchange rate", hint="write it like USD=26200")
    return shipped_rates().with_rate(currency.upper(), value, date.today())


def write_page(path: Path, report: Report) -> None:
    """Write a report as a page.

    Raises:
        UsageError: it cannot be written there.
    """
    from mcloud.report.html import to_html

    try:
        path.write_text(to_html(report), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--html {path}: {error.strerror}", hint="name a file in a folder that is there") from error
    out.tell(f"wrote {path}")


def terms_of(loaded: Loaded, profile: str | None, rate: str | None) -> Terms:
    """By which catalogs, rates and day a stack is looked at."""
    return Terms(kept_catalogs(profile), loaded.read_text, rates_of(rate), date.today())


def targets_of(asked: list[str], own: str) -> list[Placement]:
    """The placements to look at: those asked for, each cloud's regions for a cloud alone; by default the stack's own,
    where its cloud is installed, and the first region of each installed cloud.

    Raises:
        PlacementError: not there.
    """
    clouds = [name for name in registry.names() if registry.get(name).kinds]
    found = [Placement.parse(own)] if not asked and own.split("/")[0] in clouds else []
    for cloud in clouds if not asked else ():
        found.append(Placement(cloud, registry.get(cloud).catalog().regions[0].name))
    for text in asked:
        if "/" in text:
            found.append(Placement.parse(text))
        else:
            found += [Placement(text, region.name) for region in registry.get(text).catalog().regions]
    named: dict[str, Placement] = {}
    for at in found:
        if not registry.get(at.cloud).kinds:
            raise PlacementError(f"nothing can be placed on {registry.get(at.cloud).title} yet")
        canonical = registry.get(at.cloud).catalog().canonical(at)
        key = str(canonical) if asked else canonical.home
        named.setdefault(key, canonical)
    return list(named.values())


@app.command("compare")
def compare_command(
    stack: StackFile,
    to: To = None,
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    profile: ProfileName = None,
    rate: Rate = None,
    html: Html = None,
    lang: InLang = Lang.en,
    as_json: AsJson = False,
) -> None:
    """Tell for each cloud whether a stack fits, what would be picked and why, what is lacking, and what it costs.

    No account is asked. Exit code 3 when a placement given with --to does not take the stack as it is written, or,
    without --to, when none does.
    """
    loaded = load_stack(stack, env, sets, overlay)
    sound_stack(loaded)
    targets = targets_of(to or [], loaded.stack.placement)
    found = compare(loaded.stack, targets, terms_of(loaded, profile, rate))
    if html is not None:
        with speaking(lang):
            write_page(html, comparison_report(found))
    if as_json:
        out.print_json(found.model_dump(mode="json", by_alias=True))
    else:
        _print(found)
    taken = [item.fits == "yes" for item in found.targets]
    if not (all(taken) if to else any(taken)):
        raise typer.Exit(3)


def _print(found: Comparison) -> None:
    for verdict in found.targets:
        _print_verdict(verdict)
        typer.echo("")
    out.table(("placement", "fits", "cost per month before tax", "priced", "marks", "oldest"), map(_row, found.targets))
    if found.ranking:
        typer.echo(f"from the cheapest: {', '.join(found.ranking)}")
    else:
        typer.echo(f"no ranking: {'; '.join(found.no_ranking)}")
    for note in found.rates:
        typer.echo(f"rate: {note.value:,} {note.what} ({note.mark}, {note.as_of}, {note.age_days} d): {note.source}")
    typer.echo(f"in no figure: {'; '.join(found.not_counted)}")


def _row(verdict: Verdict) -> tuple[str, ...]:
    bill = verdict.bill
    least = "at least " if bill.unknown and bill.low is not None else ""
    priced = f"{len(bill.lines) - len(bill.unknown)} of {len(bill.lines)}"
    marks = ", ".join(bill.marks) or "-"
    oldest = f"{bill.oldest} ({bill.oldest_days} d)" if bill.oldest else "-"
    return verdict.placement, FITS[verdict.fits], f"{least}{out.money(bill.low, bill.high)}", priced, marks, oldest


def _print_verdict(verdict: Verdict) -> None:
    typer.echo(f"{verdict.placement} ({verdict.title}): {FITS[verdict.fits]}, {verdict.resources} resources")
    losers = {item.question: item for item in verdict.losers}
    for choice in verdict.choices:
        _print_choice(choice, losers)
    for gap, more in alike(verdict.gaps):
        mark = ", accepted" if gap.accepted else ""
        where = gap.resource + (f" and {more} more" if more else "")
        typer.echo(f"  gap {gap.code} ({gap.klass}{mark}): {where}: {gap.reason}; {gap.alternative}")
    for remark in verdict.remarks:
        typer.echo(f"  note: {remark}")
    for line in bill_words(verdict.bill):
        typer.echo(f"  {line}")
    typer.echo(f"  catalog: {verdict.catalog}")


def _print_choice(choice: Choice, losers: Mapping[tuple[str, str, str], Losers]) -> None:
    times = f" ({choice.count} times)" if choice.count > 1 else ""
    typer.echo(f"  {choice.resource}{times}" + (f", {choice.zone}" if choice.zone else ""))
    for part in choice.considered:
        typer.echo(f"    {part.part}: {part.pick or 'none'} for {part.asked}; {losers_words(losers[part.question])}")
        if part.nearest:
            typer.echo(f"      {part.nearest}")
    for remark in choice.remarks:
        typer.echo(f"    note: {remark}")
    if choice.problem:
        typer.echo(f"    does not fit: {choice.problem}" + (f"\n      hint: {choice.hint}" if choice.hint else ""))


def losers_words(losers: Losers, most: int = 3) -> str:
    """The others in few words: how many, and the reasons that occur most."""
    if not losers.lost:
        return "nothing else is known"
    counts = Counter(lost.reason for lost in losers.lost)
    shown = [f"{number} x {reason}" if number > 1 else reason for reason, number in counts.most_common(most)]
    rest = f"; and {len(counts) - most} more" if len(counts) > most else ""
    return f"{len(losers.lost)} others: {'; '.join(shown)}{rest}"


def bill_words(bill: Bill) -> list[str]:
    """Lines for a person."""
    known = len(bill.lines) - len(bill.unknown)
    if not bill.lines:
        return ["cost: nothing here is paid for by time"]
    if not known:
        return [f"cost: unknown, for none of {len(bill.lines)} items a price is known"]
    least = "at least " if bill.unknown else ""
    marks = ", ".join(bill.marks)
    old = "; OLD" if (bill.oldest_days or 0) > OLD_DAYS else ""
    written = " + ".join(f"{amount:,} {currency}" for currency, amount in sorted(bill.by_currency.items()))
    lines = [
        f"cost: {least}{out.money(bill.low, bill.high)} per month before tax, for {known} of {len(bill.lines)} items"
        f" ({marks}; oldest price {bill.oldest}, {bill.oldest_days} d{old})",
        f"  as the prices are written: {written}",
    ]
    if bill.unconverted:
        lines.append(f"  no rate into {HOME} is known for {', '.join(bill.unconverted)}: not in the sum")
    counts = Counter(row.item for row in bill.unknown)
    lines += [f"  unknown: {item}{f' ({number} times)' if number > 1 else ''}" for item, number in counts.items()]
    return lines
