"""recover: after the worst, what is ours on the clouds and in no state."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mcloud.adapter import registry
from mcloud.cli import out
from mcloud.cli.options import AsJson, Env, Overlays, ProfileName, Sets, StackFile, make_app
from mcloud.engine.deploy import Deployment
from mcloud.engine.orphans import Orphan, chosen, delete_orphans, find_orphans, known_everywhere
from mcloud.engine.state import StateFolder
from mcloud.load import load_stack
from mcloud.model.base import Placement
from mcloud.model.graph import build_graph

GROUP = False
app = make_app("What is ours on the clouds and in no state.")
PENDING = 2


@app.command("recover")
def recover_command(
    stack: StackFile,
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    profile: ProfileName = None,
    delete: Annotated[
        list[str] | None, typer.Option("--delete", help="Name on the cloud, or id, of an orphan; repeatable.")
    ] = None,
    at: Annotated[
        list[str] | None, typer.Option("--at", help="cloud/region to look at as well; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what carries this folder's mark and is in no state; exit code 2 when there is some. Deletes by name only."""
    loaded = load_stack(stack, env, sets, overlay)
    graph = build_graph(loaded.stack, loaded.read_text)
    state = StateFolder.beside(loaded.path)
    folder = loaded.path.parent
    deployment = Deployment(graph, state, profile_name=profile, offline=True, base=folder, tell=out.tell)
    deployment.sign_in()
    if state.exists(graph.stack):
        deployment.recover()
    homes = sorted({*deployment.homes(), *(_home(text) for text in at or ())} | _homes_left(deployment))
    found, unseen = find_orphans(deployment.context, homes, known_everywhere(state, graph.stack, out.tell))
    for what, reason in unseen.items():
        out.tell(f"not looked at: {what}: {reason.message}")
    gone = delete_orphans(deployment.context, chosen(found, delete or ()), out.tell)
    left = [item for item in found if item not in gone]
    if as_json:
        about = {"deleted": [_row(item) for item in gone], "orphans": [_row(item) for item in left]}
        out.print_json({**about, "not_looked_at": {what: reason.message for what, reason in unseen.items()}})
    else:
        _show(gone, left, homes)
    raise typer.Exit(PENDING if left else 0)


def _homes_left(deployment: Deployment) -> set[Placement]:
    return {Placement.parse(item.home) for item in deployment.left()}


def _home(text: str) -> Placement:
    placement = Placement.parse(text)
    found = registry.get(placement.cloud).catalog().canonical(placement)
    return Placement(found.cloud, found.region)


def _show(gone: list[Orphan], left: list[Orphan], homes: list[Placement]) -> None:
    if gone:
        typer.echo(f"{len(gone)} deleted")
    if left:
        columns = ("kind", "name", "at", "id", "what to do")
        out.table(columns, [(item.word, item.name, str(item.at), item.native_id, item.advice) for item in left])
    else:
        typer.echo(f"no orphans at {', '.join(map(str, homes)) or 'any cloud'}")


def _row(item: Orphan) -> dict[str, Any]:
    return {
        "kind": item.word,
        "name": item.name,
        "at": str(item.at),
        "id": item.id,
        "second": item.twin,
        "data": item.data,
        "what_to_do": item.advice,
    }
