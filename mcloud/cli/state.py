"""state: look at a stack's state, move it, unlock it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from mcloud.cli import out
from mcloud.cli.cleanup import show_left
from mcloud.cli.options import AsJson, Env, Overlays, Sets, StackFile, make_app
from mcloud.engine.aside import Aside, name_of
from mcloud.engine.exported import document, read
from mcloud.engine.move import still_left
from mcloud.engine.state import LOCAL, StateFolder, require_state
from mcloud.engine.stateserver.moving import give_up_move
from mcloud.engine.stateserver.stores import BUCKET, DATABASE
from mcloud.errors import StateError
from mcloud.load import load_stack
from mcloud.model.references import suggest
from mcloud.model.resources import BY_TOKEN

GROUP = True
app = make_app("Look at, move and unlock a stack's state.")
Former = Annotated[int | None, typer.Option("--version", help="A former version (mcloud state history lists them).")]


def _state(
    stack: Path, env: str | None, sets: list[str] | None, overlays: list[Path] | None, *, there: bool = True
) -> tuple[StateFolder, str]:
    """The state of a stack, and the stack's name; refused where there is none, unless that does not matter."""
    loaded = load_stack(stack, env, sets, overlays)
    state = StateFolder.beside(loaded.path)
    if there:
        require_state(state, loaded.stack.name)
    return state, loaded.stack.name


def _word(resource: dict[str, Any]) -> str:
    kind = BY_TOKEN.get(resource["type"])
    return kind.word if kind else str(resource["type"])


@app.command("list")
def list_(
    stack: StackFile,
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    as_json: AsJson = False,
    left_behind: bool = typer.Option(
        False, "--left-behind", help="What a change of placement left behind instead; mcloud cleanup deletes it."
    ),
) -> None:
    """List what the state has, or what was left behind."""
    state, name = _state(stack, env, sets, overlay, there=not left_behind)
    if left_behind:
        show_left(still_left(Aside(state, name).read(), state.resources(name)), as_json=as_json)
        return
    rows = [
        {"kind": _word(item), "name": name_of(item), "id": item.get("id", ""), "remark": _remark(item)}
        for item in state.resources(name)
    ]
    rows += [
        {"kind": _word(item["resource"]), "name": name_of(item["resource"]), "id": "", "remark": "outcome not known"}
        for item in state.pending_creates(name)
    ]
    if as_json:
        out.print_json(rows)
    else:
        out.table(("kind", "name", "id", "remark"), [tuple(row.values()) for row in rows])


def _remark(resource: dict[str, Any]) -> str:
    if resource.get("delete"):
        return "to be deleted"
    if resource.get("initErrors"):
        return "not finished"
    return "kept" if resource.get("protect") else ""


@app.command()
def show(
    stack: StackFile,
    name: Annotated[str, typer.Argument(help="NAME or KIND/NAME, as state list shows them.")],
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
) -> None:
    """Print a resource as the state has it, as JSON; secrets stay encrypted."""
    state, stack_name = _state(stack, env, sets, overlay)
    known = {f"{_word(item)}/{name_of(item)}": item for item in state.resources(stack_name)}
    found = [item for item in state.resources(stack_name) if name in (name_of(item), f"{_word(item)}/{name_of(item)}")]
    if not found:
        names = known if "/" in name else {name_of(item) for item in known.values()}
        raise StateError(f"the state has no resource {name!r}", hint=suggest(name, names))
    out.print_json(found[0] if len(found) == 1 else found)


@app.command()
def history(
    stack: StackFile, env: Env = None, sets: Sets = None, overlay: Overlays = None, as_json: AsJson = False
) -> None:
    """List the versions that are kept, the newest first."""
    state, name = _state(stack, env, sets, overlay)
    rows = [
        {
            "version": view.version,
            "kind": view.update["kind"],
            "result": view.update["result"],
            "ended": datetime.fromtimestamp(view.update["endTime"]).astimezone().isoformat(timespec="seconds"),
            "by": f"{view.update['user']} on {view.update['host']}",
            "resources": len(view.deployment.get("resources") or ()),
        }
        for view in state.kept().history(name)
    ]
    if as_json:
        out.print_json(rows)
    else:
        out.table(("version", "kind", "result", "ended", "by", "resources"), [tuple(row.values()) for row in rows])


@app.command()
def export(
    stack: StackFile, env: Env = None, sets: Sets = None, overlay: Overlays = None, version: Former = None
) -> None:
    """Print the state as JSON, in the engine's own form; secrets stay encrypted."""
    state, name = _state(stack, env, sets, overlay)
    if version is None:
        out.print_json(document(state.deployment(name), state.features(name)))
    else:
        former = state.kept().former(name, version)
        out.print_json(document(former.deployment, former.features))


@app.command("import")
def import_(
    stack: StackFile,
    file: Annotated[Path, typer.Argument(help="What state export has printed.")],
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    as_json: AsJson = False,
) -> None:
    """Replace the state by an exported one. The cloud is not touched; state history keeps the former one."""
    state, name = _state(stack, env, sets, overlay, there=False)
    found = read(file, name, state.resources(name))
    state.prepare()
    stacks = state.kept()
    state.take_over(name)
    if not stacks.exists(name):
        stacks.create(name)
    for removed in stacks.clear(name):
        out.tell(f"removed {removed}")
    stacks.write(name, found.deployment, "import", found.features)
    count = len(found.deployment.get("resources") or ())
    if as_json:
        out.print_json({"stack": name, "resources": count, "version": stacks.view(name).version})
    else:
        typer.echo(f"{count} resources are in the state now")


@app.command()
def move(
    stack: StackFile,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="ADDRESS",
            help=f"local (the folder beside the stack file), file://FOLDER, {BUCKET} or {DATABASE}.",
        ),
    ],
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    as_json: AsJson = False,
) -> None:
    """Move the stack's state to another store; the old one stays under another name. The cloud is not touched."""
    loaded = load_stack(stack, env, sets, overlay)
    name = loaded.stack.name
    source, target = StateFolder.beside(loaded.path), StateFolder.at(loaded.path, to)
    moved = source.move_to(target, name)
    for done in moved.said:
        out.tell(f"removed {done}")
    old, new = source.kept().store.title, target.kept().store.title
    if as_json:
        counts = {"resources": moved.resources, "version": moved.version, "former_versions": moved.former}
        out.print_json({"stack": name, "from": old, "to": new, **counts, "kept_as": f"{old}/{moved.kept}"})
        return
    typer.echo(f"the state of {name!r} is in {new} now: {moved.resources} resources, {moved.former} former versions")
    typer.echo(f"the old one is kept as {old}/{moved.kept}; nothing reads it, and it may be deleted")
    typer.echo("from now on: " + ("unset MCLOUD_BACKEND_URL" if to == LOCAL else f"export MCLOUD_BACKEND_URL='{to}'"))


@app.command()
def unlock(
    stack: StackFile,
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    force: bool = typer.Option(
        False,
        "--force",
        help="Even if the run that holds it may be alive; its processes here end. A move that was cut off is given up.",
    ),
    as_json: AsJson = False,
) -> None:
    """Take the stack from a run that is gone. What that run has done stays in the state."""
    state, name = _state(stack, env, sets, overlay, there=not force)
    given_up = give_up_move(name, state.kept()) if force else None
    removed = [given_up] if given_up else []
    if not given_up or state.exists(name):
        require_state(state, name)
        removed += state.kept().clear(name, force=True) if force else state.break_stale_locks(name)
    if as_json:
        out.print_json({"stack": name, "removed": removed})
        return
    for item in removed:
        typer.echo(f"removed {item}")
    if not removed:
        typer.echo("nobody holds it")
