"""engine: the Pulumi engine underneath."""

from __future__ import annotations

from typing import Annotated

import typer

from mcloud.cli import out
from mcloud.cli.options import AsJson, make_app
from mcloud.engine import install as bootstrap
from mcloud.engine import yaml_host

GROUP = True
app = make_app("The Pulumi engine: find it, get it.")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Where an engine was looked for, and which one is used."""
    places = bootstrap.places()
    used = next((place.found for place in places if place.found), None)
    if as_json:
        rows = [{"where": place.where, "suits": place.found is not None, "remark": place.remark} for place in places]
        out.print_json({"wanted": bootstrap.VERSION, "used": str(used.path) if used else None, "places": rows})
    else:
        for place in places:
            typer.echo(f"{place.where}: {place.remark}")
        typer.echo(f"used: {used.path} {used.version}" if used else f"none; {bootstrap.VERSION} is needed")
    raise typer.Exit(0 if used else 1)


@app.command()
def install(
    yaml: Annotated[bool, typer.Option("--yaml", help="Pulumi's host for programs in YAML too.")] = False,
) -> None:
    """Get the engine: from the cache, the official download, or a build from the Go module proxy."""
    found = bootstrap.ensure(out.tell)
    typer.echo(f"{found.path} {found.version}")
    if yaml:
        typer.echo(yaml_host.ensure(out.tell))
