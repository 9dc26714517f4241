"""One command on a stack: catalogs, account check, recovery, then the engine."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from mcloud.adapter import registry
from mcloud.adapter.profile import Profile, current_name, load_profile
from mcloud.catalog.cache import save_live
from mcloud.catalog.types import Catalog
from mcloud.engine import install
from mcloud.engine.aside import Aside, Left, name_of
from mcloud.engine.events import Event, Progress
from mcloud.engine.losses import Loss, made_anew, may_be_replaced, removed, without_data
from mcloud.engine.move import Move, left_after, moved_state, plan_move, still_left
from mcloud.engine.process import Engine, RunResult
from mcloud.engine.provider.context import CATALOGS, MAY_DELETE, REMATCH, STATE_ID, Context, live_file
from mcloud.engine.recovery import recover
from mcloud.engine.runtime import serve_graph
from mcloud.engine.state import StateFolder
from mcloud.errors import EngineError, StateError
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
    """

    progress: Progress
    failed: bool
    interrupted: bool
    outputs: dict[str, Any] = field(default_factory=dict)

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

    @property
    def engine(self) -> Engine:
        """The engine, got when it is first needed."""
        if self._engine is None:
            binary = install.ensure(self.tell)
            self._engine = Engine(binary, self.state, self.graph.stack, self._variables)
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

    @property
    def aside(self) -> Aside:
        """What the stack left behind."""
        return Aside(self.state, self.graph.stack)

    def left(self) -> tuple[Left, ...]:
        """What is left behind and not in the state."""
        return still_left(self.aside.read(), self.state.resources(self.graph.stack))

    def move(self) -> Move:
        """What up does about placements first; asks nobody."""
        resources = self.state.resources(self.graph.stack)
        return plan_move(self.graph, resources, self.left(), _canonical)

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
        self.engine.prepare()
        recover(self.engine, self.context, self.tell)

    def preview(self, on_event: Callable[[Progress, Event], None]) -> Outcome:
        """What up would do; the cloud is looked at, the state is not touched."""
        move = self.move()
        if not move.changes_state:
            return self._run(["preview", "--refresh"], on_event)
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
        if not may_be_replaced(self.graph, self._here()):
            return self.losses_among(())
        return self.losses_among(self.preview(lambda progress, event: None).progress.changes)

    def losses_among(self, changes: Iterable[Event]) -> tuple[Loss, ...]:
        """The same, where it is known what the engine would change."""
        here = self._here()
        return (*made_anew(self.graph, here, changes), *removed(self.graph, here))

    def _here(self) -> list[dict[str, Any]]:
        """What the state has and a change of placement leaves in it."""
        stays = {item["id"] for item in self.move().stays}
        return [item for item in self.state.resources(self.graph.stack) if item.get("id") not in stays]

    def up(self, on_event: Callable[[Progress, Event], None], may_delete: Iterable[str] | None = None) -> Outcome:
        """Bring the cloud to what the graph says.

        Args:
            may_delete: kind/name of what holds data and may be deleted; left out, all may.
        """
        if may_delete is not None:
            self._variables[MAY_DELETE] = json.dumps(sorted({*may_delete, *without_data(self.graph)}))
        self.make_move()
        outcome = self._run(["up", "--yes", "--skip-preview", "--refresh"], on_event)
        outcome.outputs = self.state.outputs(self.graph.stack)
        return outcome

    def drift(self, on_event: Callable[[Progress, Event], None]) -> Outcome:
        """What changed behind the state's back; touches nothing."""
        return self._run(["refresh", "--preview-only"], on_event)

    def destroy(self, on_event: Callable[[Progress, Event], None]) -> Outcome:
        """Delete all that the state has but for what is marked ``keep``, which stays in the state."""
        return self._run(["destroy", "--yes", "--skip-preview", "--exclude-protected"], on_event)

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
        there = {(item["type"], name_of(item)) for item in self.state.resources(self.graph.stack)}
        wanted = {(node.token, node.name) for node in self.graph.nodes}
        progress = Progress(total=len(there | wanted))

        def hear(event: Event) -> None:
            progress.take(event)
            on_event(progress, event)

        with serve_graph(self.graph) as (port, _):
            result = (engine or self.engine).run(operation, port, hear)
        problems = [event for event in progress.messages if event.severity == "error"]
        if result.exit_code != 0 and not (problems or progress.failed or result.interrupted):
            raise EngineError(
                f"the engine failed: {_failure(result)}",
                hint="run again with --debug",
            )
        return Outcome(progress, result.exit_code != 0, result.interrupted)


def _failure(result: RunResult) -> str:
    """What the engine said last, or where it said that this is the error."""
    errors = [line.removeprefix("error: ") for line in result.last_lines if line.startswith("error: ")]
    return (errors or list(result.last_lines) or ["no message"])[-1]


def _canonical(placement: Placement) -> Placement:
    return registry.get(placement.cloud).catalog().canonical(placement)


def require_state(state: StateFolder, stack: str) -> None:
    """Refuse a command that needs a stack that was brought up.

    Raises:
        StateError: there is no such state.
    """
    if not state.exists(stack):
        raise StateError(f"there is no state of the stack {stack!r} in {state.path}", hint="mcloud up STACK_FILE first")
