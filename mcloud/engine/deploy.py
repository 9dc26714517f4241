"""One command on a stack: catalogs, account check, recovery, then the engine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from mcloud.adapter import registry
from mcloud.adapter.preflight import Obstacle, Wanted, stock
from mcloud.adapter.profile import Profile, current_name, load_profile
from mcloud.catalog.cache import save_live
from mcloud.catalog.types import Catalog
from mcloud.engine import install
from mcloud.engine.aside import Aside, Left, name_of
from mcloud.engine.asked import is_as_asked
from mcloud.engine.durations import Durations, Forecast, forecast_of
from mcloud.engine.events import NO_CHANGE, Event, Progress, is_ours
from mcloud.engine.look import is_as_recorded
from mcloud.engine.losses import Loss, made_anew, may_be_replaced, removed, without_data
from mcloud.engine.move import Move, left_after, moved_state, plan_move, still_left
from mcloud.engine.process import Engine
from mcloud.engine.provider.context import CATALOGS, MAY_DELETE, REMATCH, STATE_ID, Context, live_file, permission
from mcloud.engine.recovery import is_cut_off, recover
from mcloud.engine.renaming import renamed
from mcloud.engine.saved_plan import SavedPlan, make_plan, only_planned
from mcloud.engine.state import StateFolder, urn_of
from mcloud.engine.targets import (
    chosen,
    kept_with,
    left_alone,
    part_of,
    require_unkept,
    require_whole,
    targeted,
    with_dependents,
    with_needs,
)
from mcloud.errors import BlockedError, CloudError, EngineError
from mcloud.match.plan import Planned
from mcloud.model.base import Placement, split_id
from mcloud.model.graph import Graph
from mcloud.model.resources import BY_TOKEN
from mcloud.secrets import BASE_FOLDER, KEY_FILE, SecretReader

Tell = Callable[[str], None]


@dataclass
class Outcome:
    """How it went.

    Attributes:
        progress: what was done and said.
        failed: something did not work out; what was done is in the state.
        interrupted: the person stopped it.
        outputs: the stack's outputs, after up.
        left_alone: what a preview found to do beside the targets of the run.
    """

    progress: Progress
    failed: bool
    interrupted: bool
    outputs: dict[str, Any] = field(default_factory=dict)
    left_alone: list[Event] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """How many resources changed or would."""
        return len({event.urn for event in self.progress.changes})


class Deployment:
    """A stack, its state and its accounts, for one command.

    Args:
        graph: what should be there; empty for destroy.
        profile_name: whose accounts.
        offline: do not read the accounts' catalogs.
        rematch: choose flavors and the like anew.
        base: the stack file's folder, which relative paths of secrets are below; left out, the working directory.
    """

    def __init__(
        self,
        graph: Graph,
        state: StateFolder,
        *,
        profile_name: str | None = None,
        offline: bool = False,
        rematch: bool = False,
        base: Path | None = None,
        tell: Tell = lambda text: None,
    ) -> None:
        self.graph = graph
        self.state = state
        self.tell = tell
        self.offline = offline
        self.profile_name = current_name(profile_name)
        self.profile: Profile = load_profile(self.profile_name)
        state.prepare()
        folder = (base or Path()).absolute()
        reader = SecretReader(folder, state.passphrase_file.read_bytes().strip())
        self.context = Context(self.profile, state.state_id, rematch, state.catalogs, reader)
        self._variables = {
            "MCLOUD_PROFILE": self.profile_name,
            STATE_ID: state.state_id,
            CATALOGS: str(state.catalogs),
            REMATCH: "1" if rematch else "0",
            KEY_FILE: str(state.passphrase_file),
            BASE_FOLDER: str(folder),
        }
        self._engine: Engine | None = None
        self.targets: frozenset[str] | None = None

    @property
    def engine(self) -> Engine:
        """The engine, got and prepared when it is first needed."""
        if self._engine is None:
            engine = Engine(install.ensure(self.tell), self.state, self.graph.stack, self._variables)
            engine.prepare()
            self._engine = engine
        return self._engine

    def catalog(self, placement: Placement) -> Catalog:
        """The catalog that the engine's provider will use too."""
        return self.context.catalog(placement)

    def homes(self) -> list[Placement]:
        """Every account and region that the graph or the state has something in, canonical.

        Raises:
            PlacementError: a cloud that is not installed, or an unknown region.
        """
        found = set()
        for node in self.graph.nodes:
            adapter = registry.get(node.placement.cloud)
            at = adapter.catalog().canonical(node.placement)
            found.add(Placement(at.cloud, at.region))
        for resource in self.state.resources(self.graph.stack):
            if resource.get("id"):
                found.add(split_id(resource["id"])[0])
        return sorted(found)

    def sign_in(self) -> None:
        """Open a session for each home, refuse foreign accounts, and read the live catalogs.

        Raises:
            ForeignAccount: before anything else is read.
            CloudError, ProfileError: as the adapter says.
        """
        accounts, homes = self._accounts_known(), self.homes()
        for at in homes:
            operations = self.context.operations(at)
            for account in accounts.get(at.home, ()):
                self.context.guarded(at, account)
        for at in homes:
            operations = self.context.operations(at)
            path = live_file(self.state.catalogs, at)
            adapter = operations.adapter
            self._variables |= adapter.hand_over(operations.session)
            if self.offline:
                continue
            self.tell(f"reading what {adapter.title} offers in {at.region}")
            live = operations.call(
                f"read the catalog of {at.home}",
                partial(adapter.live_catalog, operations.session, at),
                retry=True,
            )
            save_live(path, live)

    def resources(self) -> list[dict[str, Any]]:
        """The state's resources of ours, under the names that the stack file gives them."""
        return renamed(self.graph, self.state.resources(self.graph.stack))

    @property
    def aside(self) -> Aside:
        """What the stack left behind."""
        return Aside(self.state, self.graph.stack)

    def left(self) -> tuple[Left, ...]:
        """What is left behind and not in the state, under the names that the stack file gives it."""
        left = still_left(self.aside.read(), self.state.resources(self.graph.stack))
        named = renamed(self.graph, (item.resource for item in left))
        return tuple(replace(item, resource=resource) for item, resource in zip(left, named, strict=True))

    def move(self) -> Move:
        """What up does about placements first; asks nobody."""
        # The same few placements come again and again, one for each resource.
        return plan_move(self.graph, self.resources(), self.left(), cache(_canonical))

    def make_move(self) -> None:
        """Take what stays out of the state and what returns into it; what is cut off is done again by the next run."""
        move, left = self.move(), self.left()
        if not move.changes_state:
            return
        after = left_after(left, move, self.graph, datetime.now(UTC))
        # On both lists until the state is written: nothing is ever on none.
        self.aside.write((*after, *move.returns))
        self.engine.import_(moved_state(self.engine.export(), move))
        self.aside.write(after)

    def _accounts_known(self) -> dict[str, set[str]]:
        """Home -> the accounts of what is in the state, and of what was left behind and returns."""
        found: dict[str, set[str]] = {}
        for resource in (*self.state.resources(self.graph.stack), *(item.resource for item in self.move().returns)):
            account = (resource.get("outputs") or {}).get("account")
            if account and resource.get("id"):
                found.setdefault(split_id(resource["id"])[0].home, set()).add(account)
        return found

    def recover(self) -> None:
        """Clear stale locks and resolve what a killed run left; before every command that reads the state.

        Raises:
            StateLocked: another run is under way.
        """
        said = self.state.take_over(self.graph.stack)
        if said is not None:
            self.tell(said)
        for lock in self.state.break_stale_locks(self.graph.stack):
            self.tell(f"removed {lock}")
        # One that was moved elsewhere is refused here.
        if self.state.exists(self.graph.stack) and is_cut_off(self.state, self.graph.stack):
            recover(self.engine, self.context, self.tell)
        self.state.hold(self.graph.stack)

    def select(self, names: Iterable[str]) -> None:
        """From now on the run is about these and what they need; no names: about all.

        Raises:
            UsageError: a name of nothing, or of several things.
            BlockedError: a change of placement, which is done whole.
        """
        if not names:
            return
        move = self.move()
        if move.changes_state or move.emptied:
            raise BlockedError("the stack changes its placement, which is done whole", hint="run it without --target")
        self.targets = with_needs(chosen(names, self.graph, self.resources()), self.graph)

    def select_to_go(self, names: Iterable[str], graph: Graph) -> list[str]:
        """The run is about deleting these and what needs them.

        Args:
            graph: what the stack file says, for the names of its entries.

        Returns:
            Kind and name of each, sorted.

        Raises:
            UsageError: a name of nothing, or of several things.
            BlockedError: something among it is to be kept.
        """
        resources = self.state.resources(self.graph.stack)
        there = {str(item["urn"]) for item in resources}
        self.targets = with_dependents(chosen(names, graph, resources) & there, resources)
        require_unkept(self.targets, resources)
        return sorted(
            f"{BY_TOKEN[item['type']].word} {name_of(item)}" for item in resources if item["urn"] in self.targets
        )

    def obstacles(self, planned: Iterable[Planned]) -> list[Obstacle]:
        """What stands in the way of what the run is going to make, of all homes, before anything is made.

        Args:
            planned: every node with what was chosen for it.
        """
        there = {(str(item["urn"]), split_id(item["id"])[0].home) for item in self.resources() if item.get("id")}
        # What a move takes up again is not made.
        there |= {(str(left.resource["urn"]), left.home) for left in self.move().returns}
        wanted: dict[Placement, list[Wanted]] = {}
        for item in planned:
            node, at = item.node, item.placement
            urn = urn_of(self.graph.stack, node.token, node.name)
            if (urn, at.home) not in there and (self.targets is None or urn in self.targets):
                new = Wanted(node.kind, node.name, node.inputs, item.picks)
                wanted.setdefault(Placement(at.cloud, at.region), []).append(new)
        found: list[Obstacle] = []
        for at, items in sorted(wanted.items()):
            operations, catalog = self.context.operations(at), self.catalog(at)
            found += stock(items, catalog)
            look = partial(operations.adapter.obstacles, operations.session, items, catalog)
            try:
                found += operations.call(f"look at quotas and clashes on {at.home}", look, retry=True)
            except CloudError as error:
                # Who may make things need not be allowed to read quotas.
                self.tell(f"quotas and clashes on {at.home} were not looked at: {error.message}")
        return found

    def preview(self, on_event: Callable[[Progress, Event], None]) -> Outcome:
        """What up would do; the cloud is looked at, the state is not touched."""
        outcome = self._preview(on_event)
        if self.targets is not None:
            found = outcome.progress.changes
            outcome.left_alone = [event for event in found if event.urn not in self.targets]
            outcome.progress.changes = [event for event in found if event.urn in self.targets]
            require_whole(self.targets, outcome.progress.changes, self.resources())
        return outcome

    def _preview(self, on_event: Callable[[Progress, Event], None]) -> Outcome:
        move = self.move()
        if not move.changes_state:
            return self._unless_nothing_is_to_do(["preview"], on_event)
        with tempfile.TemporaryDirectory(prefix="mcloud-preview-") as place:
            engine = Engine(
                self.engine.binary, self.state.twin(Path(place)), self.graph.stack, self._variables
            )
            engine.prepare()
            engine.import_(moved_state(self.engine.export(), move))
            return self._run(["preview", "--refresh"], on_event, engine)

    def losses(self) -> tuple[Loss, ...]:
        """What holds data and would be deleted by ``up``: gone from the stack, or made anew where it is.

        The engine is asked only where something that matters is asked for otherwise than before.
        """
        asked = may_be_replaced(self.graph, self._here())
        return self.losses_among(self.preview(lambda progress, event: None).progress.changes if asked else ())

    def losses_among(self, changes: Iterable[Event]) -> tuple[Loss, ...]:
        """The same, where it is known what the engine would change."""
        here = self._here()
        return (*made_anew(self.graph, here, changes), *removed(self.graph, here))

    def _here(self) -> list[dict[str, Any]]:
        """What the state has, a change of placement leaves in it, and the run is about."""
        stays = {item["id"] for item in self.move().stays}
        found = [item for item in self.resources() if item.get("id") not in stays]
        return [item for item in found if self.targets is None or item["urn"] in self.targets]

    def plan(self, changes: Iterable[Event]) -> SavedPlan:
        """What a preview's changes are as a plan."""
        resources = self.state.resources(self.graph.stack)
        key = self.state.passphrase_file.read_bytes().strip()
        return make_plan(self.graph, resources, changes, self.move(), self.state.state_id, key)

    def up(
        self,
        on_event: Callable[[Progress, Event], None],
        may_delete: Iterable[str] | None = None,
        planned: SavedPlan | None = None,
    ) -> Outcome:
        """Bring the cloud to what the graph says.

        Args:
            may_delete: kind/name of what holds data and may be deleted; left out, all may.
            planned: all that may be done; left out, what the engine finds.

        Raises:
            BlockedError: the engine began something that was not planned, and was stopped.
        """
        if planned is not None:
            on_event = only_planned(planned.operations, on_event)
        with self._permitted(may_delete):
            return self._up(on_event)

    @contextmanager
    def _permitted(self, may_delete: Iterable[str] | None) -> Iterator[None]:
        """Tell the provider what it may delete."""
        if may_delete is None:
            yield
            return
        named = {*may_delete, *without_data(self.graph)}
        # The engine deletes a renamed one under the name that it had.
        former = {f"{node.kind}/{name}" for node in self.graph.nodes if node.address in named for name in node.was}
        with permission(named | former) as file:
            self._variables[MAY_DELETE] = file
            try:
                yield
            finally:
                del self._variables[MAY_DELETE]

    def _up(self, on_event: Callable[[Progress, Event], None]) -> Outcome:
        self.make_move()
        if self.targets is not None:
            looked = self._refresh_targets()
            if looked.failed or looked.interrupted:
                return looked
        operation = ["up", "--yes", "--skip-preview"]
        if self.targets is None:
            outcome = self._unless_nothing_is_to_do(operation, on_event)
        else:
            outcome = self._run([*operation, *self._only()], on_event)
        outcome.outputs = self.state.outputs(self.graph.stack)
        return outcome

    def _unless_nothing_is_to_do(self, operation: list[str], on_event: Callable[[Progress, Event], None]) -> Outcome:
        """Run the engine where something is to be done, or may be; it looks at the cloud where our look saw more."""
        found = Progress(total=len(self.graph.nodes), done=len(self.graph.nodes))
        deployment = self.state.deployment(self.graph.stack)
        if not is_as_recorded(self.context, deployment):
            return self._run([*operation, "--refresh"], on_event)
        # What is chosen anew is the engine's to tell.
        asked = not self.context.rematch and is_as_asked(self.graph, deployment, self.context)
        return Outcome(found, False, False) if asked else self._run(operation, on_event)

    def drift(self, on_event: Callable[[Progress, Event], None]) -> Outcome:
        """What changed behind the state's back; touches nothing."""
        deployment = self.state.deployment(self.graph.stack)
        if is_as_recorded(self.context, deployment):
            return Outcome(Progress(total=0), False, False)
        return self._run(["refresh", "--preview-only"], on_event)

    def refresh(self, on_event: Callable[[Progress, Event], None]) -> Outcome:
        """Write what the cloud shows into the state."""
        return self._run(["refresh", "--yes", "--skip-preview"], on_event)

    def destroy(self, on_event: Callable[[Progress, Event], None]) -> Outcome:
        """Delete the targets, or all but for what is marked ``keep`` and its kin, which stay in the state."""
        there = self.state.resources(self.graph.stack)
        kept = kept_with(there)
        if self.targets is None and kept:
            self.targets = frozenset(str(item["urn"]) for item in there) - kept
        if self.targets is not None and not self.targets:
            return Outcome(Progress(total=0), False, False)
        return self._run(["destroy", "--yes", "--skip-preview", *self._only()], on_event)

    def _only(self) -> list[str]:
        return targeted(self.targets or ())

    def _refresh_targets(self) -> Outcome:
        """Look at the targets that are there; the engine would refuse to do so where one is not yet."""
        about, raw = self.targets or frozenset(), self.state.resources(self.graph.stack)
        there = [old["urn"] for old, new in zip(raw, self.resources(), strict=True) if new["urn"] in about]
        if not there:
            return Outcome(Progress(total=0), False, False)
        return self._run(["refresh", "--yes", "--skip-preview", *targeted(there)], lambda progress, event: None)

    def kept(self) -> list[str]:
        """What is marked ``keep``: kind, name and the engine's id."""
        found = self.state.resources(self.graph.stack)
        return [
            f"{BY_TOKEN[item['type']].word} {item['urn'].rsplit('::', 1)[1]} ({item['id']})"
            for item in found
            if item.get("protect") and item.get("id")
        ]

    def _run(
        self, operation: list[str], on_event: Callable[[Progress, Event], None], engine: Engine | None = None
    ) -> Outcome:
        from mcloud.engine.runtime import serve_graph  # with gRPC, which only the engine needs

        resources = self.resources()
        there = {str(item["urn"]) for item in resources}
        wanted = {urn_of(self.graph.stack, node.token, node.name) for node in self.graph.nodes}
        about = (there | wanted) if self.targets is None else self.targets
        progress = Progress(total=len(about), forecast=self._forecast(operation[0], about, resources))

        def hear(event: Event) -> None:
            if self.targets is not None and is_ours(event) and event.op in NO_CHANGE and event.urn not in about:
                return
            progress.take(event)
            on_event(progress, event)

        graph, outputs = self._program(operation[0])
        # What serves the state starts while the engine is made ready.
        with (engine or self).state.connected(graph.stack), serve_graph(graph, outputs) as (port, _):
            result = (engine or self.engine).run(operation, port, hear)
        self.state.hold(graph.stack)
        if progress.forecast is not None and progress.took and operation[0] != "preview":
            progress.forecast.learn(progress.took)
            progress.forecast.known.write(self.state.path)
        problems = [event for event in progress.messages if event.severity == "error"]
        if result.exit_code != 0 and not (problems or progress.failed or result.interrupted):
            raise EngineError(
                f"the engine failed: {result.failure}",
                hint="run again with --debug",
            )
        return Outcome(progress, result.exit_code != 0, result.interrupted)

    def _forecast(self, operation: str, about: Collection[str], resources: list[dict[str, Any]]) -> Forecast:
        urns = {node.address: urn_of(self.graph.stack, node.token, node.name) for node in self.graph.nodes}
        wanted = [
            (urns[node.address], node.placement.cloud, node.kind, [urns[need] for need in node.needs])
            for node in self.graph.nodes
        ]
        kinds = {token: type_.kind for token, type_ in BY_TOKEN.items()}
        return forecast_of(operation, Durations.read(self.state.path), wanted, resources, about, kinds)

    def _program(self, operation: str) -> tuple[Graph, dict[str, Any]]:
        """What the engine is told to bring about, and the outputs that stay as they are."""
        if self.targets is None or operation != "up":
            return self.graph, {}
        part, before = part_of(self.graph, self.targets), self.state.outputs(self.graph.stack)
        beside = left_alone(part, self.state.resources(self.graph.stack), self.resources(), self.targets)
        part = replace(part, nodes=(*part.nodes, *beside))
        return part, {name: before[name] for name in self.graph.outputs if name not in part.outputs and name in before}


def _canonical(placement: Placement) -> Placement:
    return registry.get(placement.cloud).catalog().canonical(placement)
