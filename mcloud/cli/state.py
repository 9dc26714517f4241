"""state: look at a stack's state, move it, unlock it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from mcloud.cli import out
from mcloud.cli.cleanup import show_left
from mcloud.cli.options import AsJson, Env, Overlays, Sets, StackFile, make_app
from mcloud.engine.aside import Aside, name_of
from mcloud.engine.deploy import require_state
from mcloud.engine.move import still_left
from mcloud.engine.state import StateFolder
from mcloud.engine.stateserver.replay import VERSION, VERSION_WITH_FEATURES, features
from mcloud.errors import StateError
from mcloud.load import load_stack
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
    name: Annotated[str, typer.Argument(help="The resource's name, as state list shows it.")],
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
) -> None:
    """Print a resource as the state has it, as JSON; secrets stay encrypted."""
    state, stack_name = _state(stack, env, sets, overlay)
    found = [item for item in state.resources(stack_name) if name_of(item) == name]
    if not found:
        raise StateError(f"the state has no resource {name!r}", hint="mcloud state list shows what it has")
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
    deployment = state.deployment(name) if version is None else state.kept().former(name, version).deployment
    needed = features(deployment)
    document = {"version": VERSION_WITH_FEATURES if needed else VERSION, "deployment": deployment}
    out.print_json({**document, "features": needed} if needed else document)


@app.command("import")
def import_(
    stack: StackFile,
    file: Annotated[Path, typer.Argument(help="What state export has printed.")],
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
) -> None:
    """Replace the state by an exported one. The cloud is not touched; state history keeps the former one."""
    state, name = _state(stack, env, sets, overlay, there=False)
    deployment = _read(file, name)
    state.prepare()
    stacks = state.kept()
    state.take_over(name)
    if not stacks.exists(name):
        stacks.create(name)
    for removed in stacks.clear(name):
        out.tell(f"removed {removed}")
    stacks.write(name, deployment, "import")
    typer.echo(f"{len(deployment.get('resources') or ())} resources are in the state now")


def _read(file: Path, stack: str) -> dict[str, Any]:
    """The deployment in an exported file.

    Raises:
        StateError: not such a file, or of another stack.
    """
    hint = "mcloud state export prints what can be imported"
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        deployment, version = document["deployment"], document["version"]
        urns = [resource["urn"] for resource in deployment.get("resources") or ()]
    except OSError as error:
        raise StateError(f"the file cannot be read: {error.strerror}", where=str(file)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError("this is no exported state", where=str(file), hint=hint) from error
    if version not in (VERSION, VERSION_WITH_FEATURES):
        raise StateError(f"the state has version {version}, which is not known", where=str(file), hint=hint)
    foreign = [urn for urn in urns if not urn.startswith(f"urn:pulumi:{stack}::")]
    if foreign:
        raise StateError(f"this is the state of another stack: it has {foreign[0]}", where=str(file))
    return dict(deployment)


@app.command()
def unlock(
    stack: StackFile,
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    force: bool = typer.Option(
        False, "--force", help="Even if the run that holds it may be alive; its processes here end."
    ),
) -> None:
    """Take the stack from a run that is gone. What that run has done stays in the state."""
    state, name = _state(stack, env, sets, overlay)
    removed = state.kept().clear(name, force=force) if force else state.break_stale_locks(name)
    for item in removed:
        typer.echo(f"removed {item}")
    if not removed:
        typer.echo("nobody holds it")
