"""discover: a stack of what runs today."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mcloud.adapter import registry
from mcloud.cli import out
from mcloud.cli.options import AsJson, make_app
from mcloud.discover.pipeline import discover_tfstate
from mcloud.discover.write import to_json, to_yaml

GROUP = True
app = make_app("Make a stack of what runs today.")


@app.callback()
def sources() -> None:
    """Make a stack of what runs today, with everything accounted for."""


@app.command()
def tfstate(
    files: Annotated[list[Path], typer.Argument(help="Terraform state files (format 4).")],
    placement: Annotated[str, typer.Option(help="Where the stack is placed: cloud/region.")],
    assumptions: Annotated[Path | None, typer.Option(help="Answers for what the states do not hold (YAML).")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the stack here.")] = None,
    name: Annotated[str, typer.Option(help="Name of the stack.")] = "discovered",
    as_json: AsJson = False,
) -> None:
    """Join Terraform states into one stack. What is not mapped is listed with its reason."""
    meanings: dict[str, Any] = {}
    for cloud in registry.names():
        meanings.update(registry.get(cloud).terraform_meanings())
    found = discover_tfstate(files, assumptions, placement=placement, meanings=meanings, name=name)
    text = to_yaml(found)
    if output is not None:
        output.write_text(text, encoding="utf-8")
    if as_json:
        typer.echo(to_json(found))
        return
    if output is None:
        typer.echo(text)
        return
    counts = found.counts()
    out.tell(f"{counts.seen} seen: {counts.mapped} mapped, {counts.folded} folded, {counts.remainder} not mapped")
    for left in found.remainder:
        out.tell(f"not mapped: {left.address} ({left.file}): {left.reason}; {left.advice}")
    for outcome in found.outcomes:
        for note in outcome.notes:
            advice = f"; {note.advice}" if note.advice else ""
            out.tell(f"not carried over: {outcome.address}: {note.what}: {note.reason}{advice}")
    for question in found.open:
        out.tell(f"open: {question.text}")
    typer.echo(f"wrote {output}; next: mcloud validate {output}")
