"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StackFile = Annotated[Path, typer.Argument(help="The stack file (YAML or JSON).")]
Env = Annotated[str | None, typer.Option("--env", help="Environment: envs/NAME.yaml beside the stack.")]
Sets = Annotated[list[str] | None, typer.Option("--set", help="name=value for a variable; may be repeated.")]
Overlays = Annotated[list[Path] | None, typer.Option("--overlay", help="A file laid over the stack; may be repeated.")]
ProfileName = Annotated[str | None, typer.Option("--profile", help="Whose accounts (or MCLOUD_PROFILE).")]
Offline = Annotated[bool, typer.Option("--offline", help="Do not read the accounts' catalogs.")]
Targets = Annotated[
    list[str] | None,
    typer.Option("--target", help="NAME or KIND/NAME that it is about, with what belongs to it; may be repeated."),
]
Rematch = Annotated[bool, typer.Option("--rematch", help="Choose flavors, images and disks anew.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]


def make_app(help_text: str) -> typer.Typer:
    """A Typer application in the house style."""
    return typer.Typer(help=help_text, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
