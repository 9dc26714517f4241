"""discover: a stack of what runs today."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcloud.adapter import registry
from mcloud.adapter.inventory import OBJECTS, REGIONS, UTILIZATION
from mcloud.cli import out
from mcloud.cli.options import AsJson, ProfileName, make_app

if TYPE_CHECKING:
    from mcloud.discover.discovery import Discovery, Unread
    from mcloud.discover.live import Home
    from mcloud.discover.pipeline import Aim
    from mcloud.discover.templates import TemplateSource
    from mcloud.engine.provider.context import Context
    from mcloud.model.base import Placement

GROUP = True
MOST_GAPS = 8
"""So many reasons are told one by one for a region; the stack's file has all."""
app = make_app("Make a stack of what runs today.")

Assumptions = Annotated[
    Path | None, typer.Option("--assumptions", help="Answers for what the source does not hold (YAML).")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Leave over what refers to things that no source holds, and make up nothing.")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write the stack here.")]
StackName = Annotated[str, typer.Option("--name", help="Name of the stack.")]


@app.callback()
def sources() -> None:
    """Make a stack of what runs today, with everything accounted for."""


@app.command()
def tfstate(
    files: Annotated[list[Path], typer.Argument(help="Terraform state files (format 3 or 4).")],
    placement: Annotated[str, typer.Option(help="Where the stack is placed: cloud/region.")],
    assumptions: Assumptions = None,
    strict: Strict = False,
    output: Output = None,
    name: StackName = "discovered",
    as_json: AsJson = False,
) -> None:
    """Join Terraform states into one stack. What is not mapped is listed with its reason."""
    from mcloud.discover.pipeline import discover_tfstate

    meanings: dict[str, Any] = {}
    for cloud in registry.names():
        meanings.update(registry.get(cloud).terraform_meanings())
    found = discover_tfstate(files, assumptions, placement=placement, meanings=meanings, name=name, strict=strict)
    _report(found, output, as_json)


@app.command("csv")
def inventory(
    file: Annotated[Path, typer.Argument(help="A list of servers; its first line names the columns.")],
    placement: Annotated[str, typer.Option(help="Where the stack is placed: cloud/region.")],
    assumptions: Assumptions = None,
    strict: Strict = False,
    output: Output = None,
    name: StackName = "discovered",
    as_json: AsJson = False,
) -> None:
    """Make a stack of a list of servers: name, vcpu, memory, disk, os, network, subnet, ip, …"""
    from mcloud.discover.pipeline import Aim
    from mcloud.discover.sheet import discover_csv

    _report(discover_csv(file, Aim(placement, name, assumptions, strict)), output, as_json)


def _template(source: TemplateSource) -> Callable[..., None]:
    """The command of one kind of template."""

    def command(
        files: Annotated[list[Path], typer.Argument(help="Templates; they may refer to each other.")],
        placement: Annotated[str, typer.Option(help="Where the stack is placed: cloud/region.")],
        parameters: Annotated[Path | None, typer.Option("--parameters", help="Values of parameters (file).")] = None,
        sets: Annotated[
            list[str] | None, typer.Option("--set", help="name=value for a parameter; may be repeated.")
        ] = None,
        assumptions: Assumptions = None,
        strict: Strict = False,
        output: Output = None,
        name: StackName = "discovered",
        as_json: AsJson = False,
    ) -> None:
        from mcloud.discover.pipeline import Aim
        from mcloud.discover.templates import discover_templates

        aim = Aim(placement, name, assumptions, strict)
        found = discover_templates(source, files, aim, parameters=parameters, sets=sets or ())
        _report(found, output, as_json)

    command.__doc__ = f"Make one stack of {source.title}. What cannot be worked out is told and asked for."
    return command


for _adapter in map(registry.get, registry.names()):
    for _word, _source in _adapter.templates().items():
        app.command(_word)(_template(_source))


def _cloud(cloud: str) -> Callable[..., None]:
    """The command of one cloud."""

    def command(
        region: Annotated[
            list[str] | None, typer.Option(help="The region, or several; left out where the cloud has one only.")
        ] = None,
        all_regions: Annotated[bool, typer.Option("--all-regions", help="All regions open to the account.")] = False,
        placement: Annotated[
            str | None, typer.Option(help="Where the stack is placed; left out, where it was found.")
        ] = None,
        profile: ProfileName = None,
        assumptions: Assumptions = None,
        strict: Strict = False,
        output: Output = None,
        name: StackName = "discovered",
        utilization: Annotated[
            Path | None, typer.Option(help="Read how busy servers were, and write the samples here (CSV, or .csv.gz).")
        ] = None,
        days: Annotated[int, typer.Option(min=1, max=60, help="For so many days back, with --utilization.")] = 14,
        list_objects: Annotated[
            bool, typer.Option("--list-objects", help="Count the objects of buckets one by one.")
        ] = False,
        data: Annotated[
            Path | None, typer.Option(help="Write what buckets hold here (CSV), for mcloud migrate plan --data.")
        ] = None,
        policy: Annotated[
            bool, typer.Option("--policy", help="Print what the account must allow for this, and look at nothing.")
        ] = False,
        as_json: AsJson = False,
    ) -> None:
        asked = {REGIONS: all_regions, UTILIZATION: utilization is not None, OBJECTS: list_objects}
        from mcloud.discover.pipeline import Aim

        options = frozenset(word for word, wanted in asked.items() if wanted)
        if policy:
            typer.echo(_policy(cloud, options))
            return
        look = _Look(cloud, tuple(region or ()), profile, options, days)
        found = look.discover(Aim(_canonical(placement) or "", name, assumptions, strict))
        if utilization is not None:
            from mcloud.discover.utilization import write_samples

            write_samples(utilization, found.usage)
        if data is not None:
            from mcloud.discover.stored import write_stored

            write_stored(data, found.measured)
        _report(found, output, as_json)

    command.__doc__ = (
        f"List what the account holds on {cloud} and make a stack of it; the rest is told with its reason."
    )
    return command


for _name in registry.names():
    app.command(_name)(_cloud(_name))


def _policy(cloud: str, options: frozenset[str]) -> str:
    adapter = registry.get(cloud)
    text = adapter.inventory().policy(options)
    if not text:
        from mcloud.errors import DiscoverError

        hint = "an account that may read everything does"
        raise DiscoverError(f"what {adapter.title} must allow for discovery is not known", hint=hint)
    return text


@dataclass(frozen=True)
class _Look:
    """Which account is looked at, where, and what of it on request."""

    cloud: str
    regions: tuple[str, ...]
    profile: str | None
    options: frozenset[str]
    days: int

    def discover(self, aim: Aim) -> Discovery:
        """Sign in, read what is sold, list everything.

        Raises:
            PlacementError: no such region, several to choose from, or a cloud without kinds.
            ProfileError, CloudError: no way in.
        """
        from mcloud.adapter.profile import current_name, load_profile
        from mcloud.discover.live import discover_homes
        from mcloud.engine.provider.context import Context

        context = Context(load_profile(current_name(self.profile)), "x")
        missing: list[Unread] = []
        homes = _homes(context, self._places(context, missing), missing)
        found = discover_homes(
            homes,
            overlay_path=aim.overlay_path,
            name=aim.name,
            placement=aim.placement or None,
            options=self.options,
            days=self.days,
            strict=aim.strict,
        )
        return replace(found, unread=(*missing, *found.unread))

    def _places(self, context: Context, missing: list[Unread]) -> list[Placement]:
        from mcloud.errors import PlacementError
        from mcloud.model.base import Placement

        adapter = registry.get(self.cloud)
        if not adapter.kinds:
            hint = "give its Terraform states: discover tfstate"
            raise PlacementError(f"{adapter.title} cannot be looked at with this version", hint=hint)
        catalog = adapter.catalog()
        known = [item.name for item in catalog.regions]
        if REGIONS not in self.options:
            if not self.regions and len(known) > 1:
                raise PlacementError(
                    "which region shall be looked at?", hint=f"--region {' or '.join(known)}, or --all-regions"
                )
            chosen = [self._named(context, one, missing) for one in self.regions or (known[0],)]
            return [Placement(self.cloud, one) for one in dict.fromkeys(chosen)]
        first = self._named(context, self.regions[0], missing) if self.regions else known[0]
        there = _open_regions(context, Placement(self.cloud, first), missing) or known
        rest = [one for one in (*known, *sorted(set(there) - set(known))) if one in there and one != first]
        return [Placement(self.cloud, one) for one in (first, *rest)]

    def _named(self, context: Context, name: str, missing: list[Unread]) -> str:
        """A region by its name or alias; one that the catalog does not have must be open to the account.

        Raises:
            PlacementError: there is no such region.
        """
        from mcloud.errors import PlacementError
        from mcloud.model.base import Placement

        catalog = registry.get(self.cloud).catalog()
        try:
            return catalog.region(name).name
        except PlacementError:
            if name in _open_regions(context, Placement(self.cloud, catalog.regions[0].name), missing):
                return name
            raise


def _open_regions(context: Context, at: Placement, missing: list[Unread]) -> list[str]:
    """The regions open to the account; none where that may not be asked."""
    from mcloud.discover.discovery import Unread
    from mcloud.errors import CloudError

    operations = context.operations(at)
    inventory = registry.get(at.cloud).inventory()
    try:
        return operations.call("list regions", lambda: list(inventory.regions(operations.session)), retry=True)
    except CloudError as error:
        missing.append(Unread("regions", error.message, "those that this version knows were looked at"))
        return []


def _homes(context: Context, places: Sequence[Placement], missing: list[Unread]) -> list[Home]:
    """The regions, signed in to side by side; of several, those that let nobody in are told.

    Raises:
        CloudError, ProfileError: there is no way into any of them.
    """
    from concurrent.futures import ThreadPoolExecutor

    from mcloud.discover.discovery import Unread
    from mcloud.discover.live import AT_ONCE
    from mcloud.errors import CloudError

    homes, refusals = [], []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [(at, pool.submit(_home, context, at)) for at in places]
    for at, future in asked:
        try:
            home, untold = future.result()
        except CloudError as error:
            refusals.append(error)
            missing.append(Unread(f"region {at.region}", error.message, error.hint or ""))
            continue
        homes.append(home)
        missing += untold
    if not homes:
        raise refusals[0]
    return homes


def _home(context: Context, at: Placement) -> tuple[Home, list[Unread]]:
    """A region, signed in to; what is sold there as shipped, where the account may not be asked."""
    from mcloud.catalog.cache import load_price_book
    from mcloud.catalog.overlay import overlay
    from mcloud.discover.discovery import Unread
    from mcloud.discover.live import Home
    from mcloud.errors import CloudError

    operations = context.operations(at)
    adapter = registry.get(at.cloud)
    shipped = overlay(adapter.catalog(), None, load_price_book(at.cloud))
    try:
        if at.region in [region.name for region in shipped.regions]:
            return Home(operations, at, context.catalog(at)), []
        live = operations.call(
            f"read the catalog of {at.home}", lambda: adapter.live_catalog(operations.session, at), retry=True
        )
        reason = "this version does not have it, so nothing can be placed there"
        told = Unread(f"the catalog of {at.region}", reason, "--placement says where the stack shall be")
        return Home(operations, at, overlay(shipped, live, None)), [told]
    except CloudError as error:
        told = Unread(f"what is sold in {at.region}", error.message, "the shipped catalog was taken")
        return Home(operations, at, shipped), [told]


def _canonical(placement: str | None) -> str | None:
    """A placement with the names that its cloud's catalog has."""
    from mcloud.model.base import Placement

    if placement is None:
        return None
    at = Placement.parse(placement)
    return str(registry.get(at.cloud).catalog().canonical(at))


def _not_looked_at(gaps: Sequence[Unread], output: Path) -> Iterator[str]:
    """Lines for what could not be looked at: the same reason once, and of many refusals in a region how many."""
    places = {gap.where: [other for other in gaps if other.where == gap.where] for gap in gaps}
    for where, items in places.items():
        head = f"not looked at in {where}: " if where else "not looked at: "
        alike: dict[tuple[str, str], list[str]] = {}
        for gap in items:
            alike.setdefault((gap.reason, gap.advice), []).append(gap.what)
        if len(alike) > MOST_GAPS:
            named = ", ".join(gap.what for gap in items[:MOST_GAPS])
            yield f"{head}{len(items)} lists, {named} among them; the head of {output} has each with its reason"
            continue
        for (reason, advice), names in alike.items():
            yield f"{head}{', '.join(names)}: {reason}" + (f"; {advice}" if advice else "")


def _report(found: Discovery, output: Path | None, as_json: bool) -> None:
    from mcloud.discover.write import to_json, to_yaml

    if output is not None:
        output.write_text(to_yaml(found), encoding="utf-8")
    if as_json:
        typer.echo(to_json(found))
        return
    if output is None:
        typer.echo(to_yaml(found))
        return
    counts = found.counts()
    out.tell(f"{counts.seen} seen: {counts.mapped} mapped, {counts.folded} folded, {counts.remainder} not mapped")
    for line in _not_looked_at(found.unread, output):
        out.tell(line)
    for left in found.remainder:
        out.tell(f"not mapped: {left.address} ({left.file}): {left.reason}; {left.advice}")
    for outcome in found.outcomes:
        for note in outcome.notes:
            advice = f"; {note.advice}" if note.advice else ""
            out.tell(f"not carried over: {outcome.address}: {note.what}: {note.reason}{advice}")
    for question in found.open:
        out.tell(f"open: {question.text}")
    typer.echo(f"wrote {output}; next: mcloud validate {output}")
