"""The folder that a stack's state lives in: its random id, the passphrase, and where the state itself is kept.

.mcloud/
  state-id          chosen once; part of every physical name
  passphrase        mode 600; encrypts secrets in the state
  stacks/           the state server's store, one folder for each stack
  state/            the engine's file backend, where that is used
  project/          the engine's project file
  catalogs/         live catalogs of the last run
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcloud.adapter.naming import new_state_id
from mcloud.engine.stateserver.moving import Moved
from mcloud.engine.stateserver.replay import features
from mcloud.engine.stateserver.stacks import Stacks
from mcloud.engine.stateserver.stores import BUCKET, DATABASE, REMOTE, require_no_password
from mcloud.errors import StateError

PROJECT = "mcloud"
BACKEND = "MCLOUD_STATE_BACKEND"
"""``server`` or ``file``: who writes the state."""
DEFAULT = "server"
LOCAL = "local"
"""The address of the folder beside the stack file."""
BACKEND_VARIABLES = ("MCLOUD_BACKEND_URL", "PULUMI_BACKEND_URL")


def urn_of(stack: str, token: str, name: str) -> str:
    """The engine's name of a resource of ours: all are children of the stack itself."""
    return f"urn:pulumi:{stack}::{PROJECT}::{token}::{name}"


@dataclass
class StateFolder:
    """The state of the stacks of one folder.

    Attributes:
        path: the folder.
        remote: address of the store where that is not in the folder.
    """

    path: Path
    remote: str | None = None

    @classmethod
    def beside(cls, stack_file: Path) -> StateFolder:
        """The state folder of a stack file: beside it, or where the environment says.

        Raises:
            StateError: a backend is asked for that is not known or not safe.
        """
        variable = next((name for name in BACKEND_VARIABLES if os.environ.get(name)), None)
        return cls.at(stack_file, os.environ[variable] if variable else LOCAL, variable or BACKEND_VARIABLES[0])

    @classmethod
    def at(cls, stack_file: Path, address: str, variable: str = BACKEND_VARIABLES[0]) -> StateFolder:
        """The state folder of a stack file at an address: ``local``, or what may be in the environment's variable.

        Raises:
            StateError: a backend is asked for that is not known or not safe.
        """
        folder, backend = (stack_file.parent / ".mcloud").absolute(), os.environ.get(BACKEND) or DEFAULT
        if address == LOCAL:
            return _kept_by(backend, folder)
        if address.startswith("file://"):
            return _kept_by(backend, Path(address.removeprefix("file://")).expanduser().absolute())
        scheme = address.split(":", 1)[0]
        # What the engine would read from its own variable's address is in another form.
        if f"{scheme}://" in address and scheme in REMOTE and variable == BACKEND_VARIABLES[0] and backend == "server":
            require_no_password(address)
            return _kept_by(backend, folder, address)
        raise StateError(
            f"{variable} asks for the state to be at {scheme}://…, which is not supported",
            hint=f"{BACKEND_VARIABLES[0]}=file://FOLDER or, with {BACKEND}=server, {BUCKET} or {DATABASE}",
        )

    @property
    def project(self) -> Path:
        """The engine's project folder."""
        return self.path / "project"

    @property
    def catalogs(self) -> Path:
        """Live catalogs of the run."""
        return self.path / "catalogs"

    def prepare(self) -> None:
        """Make the folders and what is chosen once."""
        for folder in (self.path, self.project, self.catalogs):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ignore = self.path / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        self._once("state-id", self._new_state_id)
        self._once("passphrase", lambda: secrets.token_urlsafe(32))

    def twin(self, path: Path) -> StateFolder:
        """Another folder with the same id and passphrase, for a look at what would be."""
        other = type(self)(path)
        for name in ("state-id", "passphrase"):
            text = (self.path / name).read_text(encoding="utf-8")
            other._once(name, lambda text=text: text)
        other.prepare()
        return other

    def _once(self, name: str, make: Any) -> str:
        path = self.path / name
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="utf-8").strip()
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        return path.read_text(encoding="utf-8").strip()

    @property
    def state_id(self) -> str:
        """The state's random id."""
        return self._once("state-id", self._new_state_id)

    def _new_state_id(self) -> str:
        return new_state_id()

    @property
    def passphrase_file(self) -> Path:
        """The file that holds the passphrase."""
        return self.path / "passphrase"

    def connect(self) -> dict[str, str]:
        """What the engine needs to know to reach the state; what serves it runs until ``disconnect``."""
        raise NotImplementedError

    @contextmanager
    def connected(self, stack: str) -> Iterator[dict[str, str]]:
        """``connect``, and ``disconnect`` in the end; one within another ends it for both."""
        try:
            yield self.connect()
        finally:
            self.disconnect(stack)

    def engine_started(self, pid: int) -> None:
        """Hear which process the engine is."""

    def disconnect(self, stack: str) -> None:
        """End what ``connect`` started; an engine that was killed holds the stack no more."""

    def hold(self, stack: str) -> None:
        """From now on answer with the state as it is now, until a run of the engine or a change by us.

        A command looks at it two dozen times, and each look at a bucket is three calls.
        """

    def names(self) -> list[str]:
        """All stacks with a state here; they share the state's id, and so the mark of what is theirs."""
        raise NotImplementedError

    def exists(self, stack: str) -> bool:
        """Whether there is a state of the stack."""
        raise NotImplementedError

    def deployment(self, stack: str) -> dict[str, Any]:
        """The deployment part of the state, as of now; empty when there is none.

        Raises:
            StateError: it is damaged.
        """
        raise NotImplementedError

    def break_stale_locks(self, stack: str) -> list[str]:
        """Take the stack from processes that are gone from this machine.

        Returns:
            What was removed, for telling.

        Raises:
            StateLocked: somebody alive, or somebody elsewhere, holds it.
        """
        raise NotImplementedError

    def take_over(self, stack: str) -> str | None:
        """Take over a state that was kept in another way before; what was done, for telling."""
        return None

    def begun_creates(self, stack: str) -> dict[str, dict[str, str]]:
        """By URN, ``id`` and ``account`` of creates whose outcome the state lacks, where the provider told them."""
        return {}

    def features(self, stack: str) -> list[str]:
        """What a reader must know to take the deployment."""
        return features(self.deployment(stack))

    def elsewhere(self, tell: Callable[[str], None]) -> list[StateFolder]:
        """Other stores with states that have this one's id: what is made by them has the same mark on the clouds."""
        return []

    def replace(self, stack: str, deployment: dict[str, Any]) -> bool:
        """Replace the state; False where only the engine can."""
        return False

    def create(self, stack: str) -> bool:
        """Make a state of a stack that has none; False where only the engine can."""
        return False

    def kept(self) -> Stacks:
        """The store's stacks, for what only the state server's store can do.

        Raises:
            StateError: the file backend writes the state.
        """
        raise StateError(
            "the file backend cannot do that", hint=f"{BACKEND}=server: the state server takes its states over"
        )

    def move_to(self, target: StateFolder, stack: str) -> Moved:
        """Move a stack's state there, or complete a move that was cut off.

        Raises:
            StateLocked: a run holds the stack.
            StateError: there is no such stack, or there is one already, or its secrets and names would not fit there.
        """
        self.kept()
        raise NotImplementedError

    def project_stack(self, stack: str) -> str | None:
        """What the engine's file of the stack's settings must hold where it is missing."""
        return None

    def resources(self, stack: str) -> list[dict[str, Any]]:
        """Our resources in the state, without starting the engine.

        Raises:
            StateError: the state is damaged.
        """
        return [item for item in self.deployment(stack).get("resources") or () if item["type"].startswith("mcloud:")]

    def outputs(self, stack: str) -> dict[str, Any]:
        """The stack's outputs.

        Raises:
            StateError: the state is damaged.
        """
        for resource in self.deployment(stack).get("resources") or ():
            if resource["type"] == "pulumi:pulumi:Stack":
                return dict(resource.get("outputs") or {})
        return {}

    def pending_creates(self, stack: str) -> list[dict[str, Any]]:
        """Creates that began and whose outcome the state lacks."""
        return self._pending(stack, "creating")

    def pending_updates(self, stack: str) -> list[dict[str, Any]]:
        """Updates that began and did not come to their end."""
        return self._pending(stack, "updating")

    def _pending(self, stack: str, kind: str) -> list[dict[str, Any]]:
        found = self.deployment(stack).get("pending_operations") or ()
        return [item for item in found if item.get("type") == kind]


def require_state(state: StateFolder, stack: str) -> None:
    """Refuse a command that needs a stack that was brought up.

    Raises:
        StateError: there is no such state.
    """
    if not state.exists(stack):
        raise StateError(f"there is no state of the stack {stack!r} in {state.path}", hint="mcloud up STACK_FILE first")


def _kept_by(backend: str, folder: Path, remote: str | None = None) -> StateFolder:
    if backend == "file":
        from mcloud.engine.file_state import FileState

        return FileState(folder)
    if backend == "server":
        from mcloud.engine.journaled_state import JournaledState

        return JournaledState(folder, remote)
    raise StateError(f"{BACKEND} is {backend!r}", hint=f"server or file; without it {DEFAULT}")
