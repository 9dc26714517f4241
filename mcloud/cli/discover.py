"""discover: a stack of what runs today."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcloud.adapter import registry
from mcloud.cli import out
from mcloud.cli.options import AsJson, ProfileName, make_app

if TYPE_CHECKING:
    from mcloud.discover.discovery import Discovery
    from mcloud.discover.templates import TemplateSource

GROUP = True
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
        region: Annotated[str | None, typer.Option(help="The region; left out where the cloud has one only.")] = None,
        profile: ProfileName = None,
        assumptions: Assumptions = None,
        output: Output = None,
        name: StackName = "discovered",
        as_json: AsJson = False,
    ) -> None:
        _report(_look(cloud, region, profile, assumptions, name), output, as_json)

    command.__doc__ = (
        f"List what the account holds on {cloud} and make a stack of it; the rest is told with its reason."
    )
    return command


for _name in registry.names():
    app.command(_name)(_cloud(_name))


def _look(cloud: str, region: str | None, profile: str | None, assumptions: Path | None, name: str) -> Discovery:
    """Sign in, read the catalog, list everything.

    Raises:
        PlacementError: no such region, several to choose from, or a cloud without kinds.
        ProfileError, CloudError: no way in.
    """
    from mcloud.adapter.profile import current_name, load_profile
    from mcloud.discover.live import discover_live
    from mcloud.engine.provider.context import Context
    from mcloud.errors import PlacementError
    from mcloud.model.base import Placement

    adapter = registry.get(cloud)
    if not adapter.kinds:
        raise PlacementError(
            f"{adapter.title} cannot be looked at with this version", hint="give its Terraform states: discover tfstate"
        )
    catalog = adapter.catalog()
    if region is None and len(catalog.regions) > 1:
        known = " or ".join(item.name for item in catalog.regions)
        raise PlacementError("which region shall be looked at?", hint=f"--region {known}")
    at = Placement(cloud, catalog.region(region or catalog.regions[0].name).name)
    context = Context(load_profile(current_name(profile)), "x")
    return discover_live(context.operations(at), at, context.catalog(at), overlay_path=assumptions, name=name)


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
    for gap in found.unread:
        out.tell(f"not looked at: {gap.what}: {gap.reason}" + (f"; {gap.advice}" if gap.advice else ""))
    for left in found.remainder:
        out.tell(f"not mapped: {left.address} ({left.file}): {left.reason}; {left.advice}")
    for outcome in found.outcomes:
        for note in outcome.notes:
            advice = f"; {note.advice}" if note.advice else ""
            out.tell(f"not carried over: {outcome.address}: {note.what}: {note.reason}{advice}")
    for question in found.open:
        out.tell(f"open: {question.text}")
    typer.echo(f"wrote {output}; next: mcloud validate {output}")
