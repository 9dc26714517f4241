"""refresh and import: what the cloud shows, written into the state."""

from __future__ import annotations

from typing import Annotated

import typer

from mcloud.cli import out
from mcloud.cli.deploy import deployment_of, graph_of, load, report, say_changes
from mcloud.cli.options import AsJson, Env, Overlays, ProfileName, Sets, StackFile, make_app
from mcloud.engine.deploy import require_state
from mcloud.engine.importing import look_at, with_taken
from mcloud.engine.targets import node_called
from mcloud.errors import BlockedError
from mcloud.model.graph import build_graph
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
) -> None:
    """Write what the cloud shows into the state, after saying what; the cloud is not touched."""
    loaded = load(stack, env, sets, overlay)
    deployment = deployment_of(loaded, build_graph(loaded.stack, loaded.read_text), profile, True)
    require_state(deployment.state, loaded.stack.name)
    deployment.sign_in()
    deployment.recover()
    found = deployment.drift(lambda progress, event: None)
    report(found, deployment)
    if found.failed:
        raise typer.Exit(1)
    changes = say_changes(found, quiet=as_json)
    if found.changed and not yes:
        typer.confirm("write this into the state?", abort=True, err=True)
    if found.changed:
        done = deployment.refresh(lambda progress, event: None)
        report(done, deployment)
        if done.failed or done.interrupted:
            raise typer.Exit(1)
    if as_json:
        out.print_json({"stack": loaded.stack.name, "written": changes})
    else:
        typer.echo(f"{found.changed} written into the state" if found.changed else "the state is what the cloud shows")


@app.command("import")
def import_(
    stack: StackFile,
    name: Annotated[str, typer.Argument(help="KIND/NAME of the resource in the stack file.")],
    resource_id: Annotated[str, typer.Argument(metavar="ID", help="Its id on the cloud.")],
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    profile: ProfileName = None,
    anyway: bool = typer.Option(False, "--anyway", help="Even if the next up would change it; never to make it anew."),
) -> None:
    """Take what is on the cloud into the state as a resource of the stack; the cloud is not touched."""
    loaded = load(stack, env, sets, overlay)
    deployment = deployment_of(loaded, graph_of(loaded), profile, False)
    node = node_called(name, deployment.graph)
    deployment.sign_in()
    deployment.recover()
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
    engine.import_(with_taken(engine.export(), deployment.graph.stack, taken))
    typer.echo(f"{what} is in the state now, as {taken.resource['id']}")
