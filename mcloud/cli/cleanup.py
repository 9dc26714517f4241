"""cleanup: what was left behind by a change of placement."""

from __future__ import annotations

from typing import Annotated

import typer

from mcloud.adapter.profile import current_name, load_profile
from mcloud.cli import out
from mcloud.cli.options import AsJson, Env, Overlays, ProfileName, Sets, StackFile, make_app
from mcloud.engine.aside import Aside, Left
from mcloud.engine.cleanup import clean_up
from mcloud.engine.move import still_left
from mcloud.engine.provider.context import Context
from mcloud.engine.state import StateFolder
from mcloud.load import load_stack

GROUP = False
app = make_app("What a change of placement left behind.")


@app.command("cleanup")
def cleanup_command(
    stack: StackFile,
    names: Annotated[
        list[str] | None, typer.Argument(help="NAME, KIND/NAME or NAME@cloud/region of what to delete with its data.")
    ] = None,
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    profile: ProfileName = None,
    as_json: AsJson = False,
) -> None:
    """List what a change of placement left behind; with names, delete that, and what only it still needed."""
    loaded = load_stack(stack, env, sets, overlay)
    state = StateFolder.beside(loaded.path)
    aside = Aside(state, loaded.stack.name)
    aside.write(still_left(aside.read(), state.resources(loaded.stack.name)))
    if not names:
        show_left(aside.read(), as_json=as_json)
        return
    context = Context(load_profile(current_name(profile)), state.state_id)
    gone = clean_up(aside, names, context, out.tell)
    if as_json:
        out.print_json({"deleted": [_row(item) for item in gone], "left": [_row(item) for item in aside.read()]})
    else:
        typer.echo(f"{len(gone)} deleted, {len(aside.read())} still left behind")


def show_left(left: tuple[Left, ...], *, as_json: bool) -> None:
    """Print what was left behind."""
    rows = [_row(item) for item in left]
    if as_json:
        out.print_json(rows)
    elif not rows:
        typer.echo("nothing was left behind")
    else:
        columns = ("kind", "name", "at", "data", "since", "went_to", "id")
        out.table(columns, ([row[column] for column in columns] for row in rows))
        typer.echo("mcloud cleanup STACK NAME deletes one with its data, and what only it still needed")


def _row(item: Left) -> dict[str, str]:
    return {
        "kind": item.type.word,
        "name": item.name,
        "at": item.home,
        "data": "yes" if item.holds_data else "-",
        "since": f"{item.since:%Y-%m-%d %H:%M} UTC",
        "went_to": item.went_to,
        "id": item.id,
    }
