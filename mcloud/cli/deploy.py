"""preview, up, drift, destroy, outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from mcloud.adapter import registry
from mcloud.adapter.charges import totals
from mcloud.adapter.preflight import Obstacle
from mcloud.cli import out
from mcloud.cli.aftermath import after_destroy, after_up, aftermath_of
from mcloud.cli.charges import charge_lines, charges_of
from mcloud.cli.cost import change_document, changed_since, cost_document, cost_words, costs, lines_now
from mcloud.cli.data import move_document, permitted, show_losses, show_move, show_renames
from mcloud.cli.events import event_lines
from mcloud.cli.options import (
    AsJson,
    Env,
    Events,
    Offline,
    Overlays,
    ProfileName,
    Rematch,
    Sets,
    StackFile,
    Targets,
    Typed,
    make_app,
)
from mcloud.cli.outcome import changes_document, report, shown, summary_line, tell_left_alone
from mcloud.cli.progress import ProgressView, progress_view
from mcloud.cli.validate import check_stack, show_picks
from mcloud.engine.deploy import Deployment, Outcome
from mcloud.engine.event_lines import EventLines
from mcloud.engine.events import Event, Progress
from mcloud.engine.saved_plan import SavedPlan, read_plan, require_same, write_plan
from mcloud.engine.state import StateFolder, require_state
from mcloud.errors import BlockedError, EngineError, McloudError, PlacementError
from mcloud.load import Loaded, load_stack
from mcloud.match.plan import Planned, with_acceptance
from mcloud.model.base import Placement
from mcloud.model.graph import Graph, build_graph

GROUP = False
app = make_app("Deploy a stack.")

MAKING = ("create", "create-replacement", "replace")
PENDING, BLOCKED, PARTLY = 2, 3, 4
OLD_WORDS = {"delete": "is gone from the cloud", "update": "differs on the cloud", "create": "is new on the cloud"}


def graph_of(loaded: Loaded) -> Graph:
    """The graph of a stack without blocking findings.

    Raises:
        BlockedError: it has some.
    """
    blocking = [item for item in check_stack(loaded) if item.severity == "block"]
    if blocking:
        lines = [f"{loaded.locate(item.path)}: {item.message}" for item in blocking]
        raise BlockedError(
            "the stack has findings that block:\n  " + "\n  ".join(lines), hint="mcloud validate shows all"
        )
    return with_acceptance(build_graph(loaded.stack, loaded.read_text), loaded.stack.accept)


def deployment_of(
    loaded: Loaded, graph: Graph, profile: str | None, offline: bool, rematch: bool = False
) -> Deployment:
    """The stack, its state and its accounts, for one command."""
    state = StateFolder.beside(loaded.path)
    folder = loaded.path.parent
    return Deployment(graph, state, profile_name=profile, offline=offline, rematch=rematch, base=folder, tell=out.tell)


@app.command()
def preview(
    stack: StackFile,
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    profile: ProfileName = None,
    offline: Offline = False,
    as_json: AsJson = False,
    rematch: Rematch = False,
    target: Targets = None,
    save: Annotated[Path | None, typer.Option("--save", help="Keep it as a plan for up --plan.")] = None,
    events: Events = None,
) -> None:
    """Show what up would do. Exit code 2 when there is something to do."""
    typed = Typed(stack, env, sets, overlay, profile)
    with event_lines(events, "preview", stack, as_json=as_json) as lines:
        loaded = typed.load()
        deployment = deployment_of(loaded, graph_of(loaded), profile, offline, rematch)
        _sign_in(deployment, loaded)
        planned = show_picks(deployment.graph, loaded, deployment.catalog, quiet=as_json)
        deployment.recover()
        deployment.select(target or ())
        show_move(deployment.move())
        renamed = show_renames(deployment)
        outcome, obstacles = _previewed(deployment, planned, lines)
        if save is not None:
            write_plan(deployment.plan(outcome.progress.changes), save)
            out.tell(f"the plan is in {save}")
        _show_preview(deployment, loaded, planned, outcome, obstacles, lines, as_json=as_json)
        raise typer.Exit(BLOCKED if obstacles else PENDING if outcome.changed or renamed else 0)


def _sign_in(deployment: Deployment, loaded: Loaded) -> None:
    """Sign in; who cannot is told of a zone that nobody has before anything else.

    The account's own list may have a zone that is new, so a zone is no reason not to ask.

    Raises:
        McloudError: as ``Deployment.sign_in`` says.
        PlacementError: it could not be signed in, and a zone of the stack is in no catalog.
    """
    try:
        deployment.sign_in()
    except McloudError as error:
        for node in deployment.graph.nodes:
            zone, at = node.inputs.get("zone"), node.placement
            if isinstance(zone, str) and at.cloud in registry.names():
                try:
                    deployment.catalog(at).canonical(Placement(at.cloud, at.region, zone))
                except PlacementError as unknown:
                    unknown.where = loaded.locate(node.path)
                    raise unknown from error
        raise


def _previewed(
    deployment: Deployment, planned: list[Planned], lines: EventLines
) -> tuple[Outcome, list[Obstacle]]:
    """
    Raises:
        Exit: 1 where it could not be seen.
    """
    obstacles = deployment.obstacles(planned)
    for obstacle in obstacles:
        out.tell(f"in the way: {obstacle}")
        lines.message(f"in the way: {obstacle}", "error")
    with progress_view(looking=True) as view:

        def hear(progress: Progress, event: Event) -> None:
            view(progress, event)
            if event.kind == "message" and not event.ephemeral:
                lines.hear(progress, event)

        outcome = deployment.preview(hear)
    report(outcome)
    lines.interrupted = outcome.interrupted
    if outcome.failed:
        raise typer.Exit(1)
    lines.planned(shown(outcome.progress.changes))
    return outcome, obstacles


def _show_preview(
    deployment: Deployment,
    loaded: Loaded,
    planned: list[Planned],
    outcome: Outcome,
    obstacles: list[Obstacle],
    lines: EventLines,
    *,
    as_json: bool,
) -> None:
    losses = deployment.losses_among(outcome.progress.changes)
    show_losses(losses, loaded)
    cost, change = costs(deployment, planned)
    lines.cost = change_document(change)
    made = {(event.type, event.name) for event in outcome.progress.changes if event.op in MAKING}
    taken = charges_of(planned, made, deployment.catalog)
    if as_json:
        sums = {home: totals(charge for _, charge in charges) for home, charges in taken.items()}
        about = {name: cost_document(item) for name, item in cost.items()}
        document = {"stack": loaded.stack.name, "changes": changes_document(outcome.progress.changes)}
        document["in_the_way"] = [asdict(item) for item in obstacles]
        document["left_alone"] = changes_document(outcome.left_alone)
        out.print_json({**document, "move": move_document(deployment.move(), losses), "cost": about, "charges": sums})
        return
    for event in shown(outcome.progress.changes):
        typer.echo(out.change_line(event))
    for home, charges in sorted(taken.items()):
        for line in charge_lines(home, charges):
            typer.echo(line)
    tell_left_alone(outcome.left_alone)
    typer.echo(f"{outcome.changed} to change" if outcome.changed else "nothing to change")
    for line in cost_words(change):
        typer.echo(line)


@app.command()
def up(
    stack: StackFile,
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    profile: ProfileName = None,
    offline: Offline = False,
    as_json: AsJson = False,
    rematch: Rematch = False,
    target: Targets = None,
    plan: Annotated[Path | None, typer.Option("--plan", help="Do what preview --save has saved, or nothing.")] = None,
    accept_empty: Annotated[
        list[str] | None,
        typer.Option("--accept-empty", help="NAME or KIND/NAME of what is made anew, empty; repeatable."),
    ] = None,
    delete_data: Annotated[
        list[str] | None,
        typer.Option("--delete-data", help="NAME or KIND/NAME of what left the stack; its data go too; repeatable."),
    ] = None,
    events: Events = None,
) -> None:
    """Bring the cloud to what the stack says. Exit code 4 when only a part could be done."""
    typed = Typed(stack, env, sets, overlay, profile)
    with event_lines(events, "up", stack, as_json=as_json) as lines:
        loaded = typed.load()
        deployment = deployment_of(loaded, graph_of(loaded), profile, offline, rematch)
        saved = read_plan(plan, loaded.stack.name, deployment.state.state_id) if plan is not None else None
        _sign_in(deployment, loaded)
        chosen = show_picks(deployment.graph, loaded, deployment.catalog, quiet=True)
        deployment.recover()
        deployment.select(target or ())
        _require_room(deployment, chosen)
        changes = _looked_at(deployment) if plan is not None or target else None
        planned = deployment.plan(changes) if changes is not None else None
        if plan is not None and saved is not None and planned is not None:
            require_same(saved, planned, plan)
        may_delete = permitted(deployment, loaded, accept_empty or [], delete_data or [], changes)
        show_move(deployment.move())
        show_renames(deployment)
        # What had to be named is named by then, or done: the next run asks again where it is not.
        words = typed.command("up", offline=offline, rematch=rematch, target=target), typed.command("destroy")
        _bring_up(deployment, may_delete, planned, words, lines, as_json=as_json)


def _bring_up(
    deployment: Deployment,
    may_delete: list[str],
    planned: SavedPlan | None,
    words: tuple[str, str],
    lines: EventLines,
    *,
    as_json: bool,
) -> None:
    """Do it, and tell what was done.

    Args:
        words: what to type to go on, and to take all away.

    Raises:
        Exit: 1 or 4 where not all was done.
    """
    before = lines_now(deployment)
    try:
        with progress_view() as view:
            outcome = deployment.up(_both(view, lines), may_delete, planned)
    except EngineError as error:
        found = aftermath_of(deployment, None)
        _broke_down(error, after_up(found, *words), lines, partly=lines.anything or bool(found.unknown))
    report(outcome)
    lines.interrupted = outcome.interrupted
    change = changed_since(deployment, before, anything=bool(outcome.progress.changes))
    lines.cost = change_document(change)
    if as_json:
        done = {"stack": deployment.graph.stack, "changes": changes_document(outcome.progress.changes)}
        rest = {"outputs": outcome.outputs, "failed": outcome.failed, "interrupted": outcome.interrupted}
        out.print_json({**done, **rest, "cost": lines.cost})
    else:
        typer.echo(summary_line(outcome))
        for line in cost_words(change):
            typer.echo(line)
        out.print_outputs(outcome.outputs)
    if outcome.failed or outcome.interrupted:
        _tell_all(after_up(aftermath_of(deployment, outcome), *words), lines)
    _exit(outcome)


def _broke_down(error: EngineError, text: list[str], lines: EventLines, *, partly: bool) -> NoReturn:
    """The engine itself was ended, or could not go on.

    Raises:
        Exit: 1, or 4 where it has done a part.
    """
    out.tell(f"error: {error}")
    lines.message(str(error), "error")
    _tell_all(text, lines)
    raise typer.Exit(PARTLY if partly else 1) from error


def _both(view: ProgressView, lines: EventLines) -> Callable[[Progress, Event], None]:
    def hear(progress: Progress, event: Event) -> None:
        view(progress, event)
        lines.hear(progress, event)

    return hear


def _tell_all(text: list[str], lines: EventLines) -> None:
    for line in text:
        out.tell(line)
        lines.message(line)


def _require_room(deployment: Deployment, planned: list[Planned]) -> None:
    """Refuse before the first create what the account has no room for.

    Raises:
        BlockedError: with every obstacle.
    """
    found = deployment.obstacles(planned)
    if found:
        lines = "\n  ".join(str(item) for item in found)
        raise BlockedError(f"nothing was made, for this stands in the way:\n  {lines}")


def _looked_at(deployment: Deployment) -> list[Event]:
    """What up would do, asked first; only what it leaves alone is told."""
    outcome = deployment.preview(lambda progress, event: None)
    if outcome.failed:
        report(outcome)
        raise typer.Exit(1)
    tell_left_alone(outcome.left_alone)
    return outcome.progress.changes


@app.command()
def drift(
    stack: StackFile,
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    profile: ProfileName = None,
    as_json: AsJson = False,
) -> None:
    """Show what changed on the cloud behind the stack's back. Exit code 2 when something did."""
    loaded = load_stack(stack, env, sets, overlay)
    _, outcome, changes = look_for_drift(loaded, profile, quiet=as_json)
    if as_json:
        out.print_json({"stack": loaded.stack.name, "drift": changes})
    else:
        typer.echo("up repairs it" if outcome.changed else "no drift")
    raise typer.Exit(PENDING if outcome.changed else 0)


def look_for_drift(
    loaded: Loaded, profile: str | None, *, quiet: bool
) -> tuple[Deployment, Outcome, list[dict[str, Any]]]:
    """Tell how the cloud differs from the state; the same as data.

    Raises:
        Exit: 1 where it could not be seen.
    """
    deployment = deployment_of(loaded, build_graph(loaded.stack, loaded.read_text), profile, True)
    require_state(deployment.state, loaded.stack.name)
    deployment.sign_in()
    deployment.recover()
    outcome = deployment.drift(lambda progress, event: None)
    report(outcome)
    if outcome.failed:
        raise typer.Exit(1)
    for event in [] if quiet else shown(outcome.progress.changes):
        about = f" ({', '.join(event.diffs)})" if event.diffs and event.op == "update" else ""
        typer.echo(f"{out.word(event)} {OLD_WORDS.get(event.op, event.op)}{about}")
    return deployment, outcome, changes_document(outcome.progress.changes)


@app.command()
def destroy(
    stack: StackFile,
    env: Env = None,
    sets: Sets = None,
    overlay: Overlays = None,
    profile: ProfileName = None,
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
    target: Targets = None,
    as_json: AsJson = False,
    events: Events = None,
) -> None:
    """Delete all that the stack made; with --target only that, and what needs it."""
    typed = Typed(stack, env, sets, overlay, profile)
    with event_lines(events, "destroy", stack, as_json=as_json) as lines:
        loaded = typed.load()
        deployment = deployment_of(loaded, Graph(loaded.stack.name, ()), profile, True)
        require_state(deployment.state, loaded.stack.name)
        resources = deployment.state.resources(loaded.stack.name)
        going = f"{len(resources)} resources of the stack {loaded.stack.name!r}"
        if target:
            named = deployment.select_to_go(target, build_graph(loaded.stack, loaded.read_text))
            going = f"{', '.join(named) or 'nothing'} (and {len(resources) - len(named)} resources are left alone)"
        if not yes or target:
            out.tell(f"to be deleted, data included: {going}")
        if not yes:
            typer.confirm("delete them?", abort=True, err=True)
        deployment.sign_in()
        deployment.recover()
        if target:  # what a run that was cut off had made is in the state by now
            deployment.select_to_go(target, build_graph(loaded.stack, loaded.read_text))
        _take_away(deployment, typed.command("destroy", yes=yes, target=target), lines, as_json=as_json)


def _take_away(deployment: Deployment, again: str, lines: EventLines, *, as_json: bool) -> None:
    """
    Raises:
        Exit: 1 or 4 where not all is gone.
    """
    before = lines_now(deployment)
    try:
        with progress_view() as view:
            outcome = deployment.destroy(_both(view, lines))
    except EngineError as error:
        _broke_down(error, after_destroy(aftermath_of(deployment, None), again), lines, partly=lines.anything)
    report(outcome)
    lines.interrupted = outcome.interrupted
    change = changed_since(deployment, before, anything=bool(outcome.progress.changes))
    lines.cost = change_document(change)
    if as_json:
        done = {"stack": deployment.graph.stack, "changes": changes_document(outcome.progress.changes)}
        rest = {"kept": deployment.kept(), "left_behind": [left.words for left in deployment.left()]}
        out.print_json({**done, "failed": outcome.failed, **rest, "cost": lines.cost})
    else:
        typer.echo(summary_line(outcome))
        for line in cost_words(change):
            typer.echo(line)
        for item in deployment.kept():
            typer.echo(f"kept, as the stack says: {item}")
        for left in deployment.left():
            if left.holds_data:
                typer.echo(f"still left behind, until mcloud cleanup: {left.words}")
    if outcome.failed or outcome.interrupted:
        _tell_all(after_destroy(aftermath_of(deployment, outcome), again), lines)
    _exit(outcome)


@app.command()
def outputs(
    stack: StackFile, env: Env = None, sets: Sets = None, overlay: Overlays = None, as_json: AsJson = False
) -> None:
    """Print the stack's outputs as the state has them."""
    loaded = load_stack(stack, env, sets, overlay)
    state = StateFolder.beside(loaded.path)
    require_state(state, loaded.stack.name)
    found = state.outputs(loaded.stack.name)
    if as_json:
        out.print_json(found)
    else:
        out.print_outputs(found)


def _exit(outcome: Outcome) -> None:
    if outcome.failed or outcome.interrupted:
        raise typer.Exit(PARTLY if outcome.progress.changes or outcome.interrupted else 1)
