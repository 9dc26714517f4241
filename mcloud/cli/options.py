"""Arguments and options that several commands share."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from mcloud.load import Loaded, load_stack

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
Events = Annotated[
    str | None,
    typer.Option("--events", metavar="FILE|-", help="Write what happens as JSON lines to a file, or - for the output."),
]


@dataclass(frozen=True)
class Typed:
    """The stack as it was typed: to load it, and to say what to type next."""

    stack: Path
    env: str | None = None
    sets: list[str] | None = None
    overlay: list[Path] | None = None
    profile: str | None = None

    def load(self) -> Loaded:
        """The stack.

        Raises:
            LoadError: it cannot be read.
        """
        return load_stack(self.stack, self.env, self.sets, self.overlay)

    def command(self, name: str, **more: Any) -> str:
        """A command line about the same stack.

        Args:
            more: option -> its value, its values, or whether it is given.
        """
        words = ["mcloud", name, str(self.stack)]
        given = {"env": self.env, "set": self.sets, "overlay": self.overlay, "profile": self.profile, **more}
        for option, value in given.items():
            flag = f"--{option.replace('_', '-')}"
            if value is True:
                words.append(flag)
            elif value:
                for item in [value] if isinstance(value, str) else value:
                    words += [flag, str(item)]
        return shlex.join(words)


def make_app(help_text: str) -> typer.Typer:
    """A Typer application in the house style."""
    return typer.Typer(help=help_text, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
