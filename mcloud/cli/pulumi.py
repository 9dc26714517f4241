"""pulumi: the provider for programs that people write with Pulumi."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mcloud import __version__
from mcloud.cli import out
from mcloud.cli.options import make_app
from mcloud.engine import register as plugins
from mcloud.engine.provider.schema import provider_schema

GROUP = True
app = make_app("The provider for your own Pulumi programs.")
Home = Annotated[Path | None, typer.Option("--home", help="Pulumi's folder (PULUMI_HOME, else ~/.pulumi).")]


@app.command()
def register(home: Home = None) -> None:
    """Make the provider one of your Pulumi's plugins: a link to this installation."""
    link = plugins.register(home or plugins.pulumi_home())
    typer.echo(f"{link} -> {link.resolve()}")


@app.command()
def unregister(home: Home = None) -> None:
    """Take it away again."""
    gone = plugins.unregister(home or plugins.pulumi_home())
    for folder in gone:
        typer.echo(f"removed {folder}")
    if not gone:
        typer.echo("it is not there")


@app.command()
def schema() -> None:
    """Print the package schema: what pulumi package gen-sdk makes typed classes of."""
    out.print_json(provider_schema(__version__))
