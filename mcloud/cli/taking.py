"""refresh and import: what the cloud shows, written into the state."""

from __future__ import annotations

from typing import Annotated

import typer

from mcloud.cli import out
from mcloud.cli.deploy import PENDING, deployment_of, graph_of, look_for_drift
from mcloud.cli.events import event_lines
from mcloud.cli.options import AsJson, Env, Events, Overlays, ProfileName, Sets, StackFile, make_app
from mcloud.cli.outcome import report
from mcloud.engine.deploy import Deployment
from mcloud.engine.importing import look_at, look_for_all, with_taken
from mcloud.engine.targets import node_called
from mcloud.errors import BlockedError, UsageError
from mcloud.load import Loaded, load_stack
from mcloud.model.graph import Node
from mcloud.model.resources import KINDS

GROUP = False
app = make_app("Write what the cloud shows into the state.")


@app.command()
def refresh(
    stack: StackFile,
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    profile: ProfileName = None,
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
    as_json: AsJson = False,
    events: Events = None,
) -> None:
    """Write what the cloud shows into the state, after saying what; the cloud is not touched."""
    with event_lines(events, "refresh", stack, as_json=as_json) as lines:
        loaded = load_stack(stack, env, sets, overlay)
        deployment, found, changes = look_for_drift(loaded, profile, quiet=as_json)
        lines.planned(found.progress.changes)
        if found.changed and not yes:
            typer.confirm("write this into the state?", abort=True, err=True)
        if found.changed:
            done = deployment.refresh(lambda progress, event: None)
            report(done)
            lines.interrupted = done.interrupted
            if done.failed or done.interrupted:
                raise typer.Exit(1)
        if as_json:
            out.print_json({"stack": loaded.stack.name, "written": changes})
        else:
            written = f"{found.changed} written into the state"
            typer.echo(written if found.changed else "the state is what the cloud shows")


@app.command("import")
def import_(
    stack: StackFile,
    name: Annotated[str | None, typer.Argument(help="KIND/NAME of the resource in the stack file.")] = None,
    resource_id: Annotated[str | None, typer.Argument(metavar="ID", help="Its id on the cloud.")] = None,
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    profile: ProfileName = None,
    anyway: bool = typer.Option(False, "--anyway", help="Even if the next up would change it; never to make it anew."),
    everything: bool = typer.Option(False, "--all", help="All that the accounts have just as the stack says."),
) -> None:
    """Take what is on the cloud into the state as a resource of the stack; the cloud is not touched."""
    if everything == (resource_id is not None) or (name is None) != (resource_id is None):
        raise UsageError("say KIND/NAME and ID of one resource, or --all")
    loaded = load_stack(stack, env, sets, overlay)
    deployment = deployment_of(loaded, graph_of(loaded), profile, False)
    node = node_called(name, deployment.graph) if name is not None else None
    deployment.sign_in()
    deployment.recover()
    if node is None or resource_id is None:
        _import_all(deployment)
    else:
        _import_one(deployment, loaded, node, resource_id, anyway=anyway)


def _import_all(deployment: Deployment) -> None:
    """
    Raises:
        Exit: 2 where something was not found.
    """
    found, left = look_for_all(deployment.graph, deployment.resources(), deployment.context)
    if found:
        deployment.engine.import_(with_taken(deployment.engine.export(), deployment.graph.stack, found))
    hidden = sorted({name for taken in found for name in taken.not_seen})
    if hidden:
        out.tell(f"note: the cloud does not show {', '.join(hidden)}; taken as the stack says")
    for node, reason in left:
        out.tell(f"not taken: {KINDS[node.kind].word} {node.name}: {reason}")
    typer.echo(f"{len(found)} are in the state now, {len(left)} are not")
    raise typer.Exit(PENDING if left else 0)


def _import_one(deployment: Deployment, loaded: Loaded, node: Node, resource_id: str, *, anyway: bool) -> None:
    """
    Raises:
        BlockedError: it is not what the stack says.
    """
    taken = look_at(node, resource_id, deployment.graph, deployment.resources(), deployment.context)
    what, other = f"{KINDS[node.kind].word} {node.name}", taken.difference
    if taken.unfit or other.replaces or (other.changed and not anyway):
        lines = [*taken.unfit]
        if other.changed:
            verb = "replace" if other.replaces else "change"
            lines.append(f"the next up would {verb} it: {', '.join(other.changed)}")
        hint = "write the stack file as it is" + ("" if taken.unfit or other.replaces else ", or --anyway")
        raise BlockedError(
            f"{what} is not what is there:\n  " + "\n  ".join(lines), hint=hint, where=loaded.locate(node.path)
        )
    if taken.not_seen:
        out.tell(f"note: the cloud does not show {', '.join(taken.not_seen)}; taken as the stack says")
    if other.changed:
        out.tell(f"note: the next up changes {', '.join(other.changed)}")
    engine = deployment.engine
    engine.import_(with_taken(engine.export(), deployment.graph.stack, [taken]))
    typer.echo(f"{what} is in the state now, as {taken.resource['id']}")
