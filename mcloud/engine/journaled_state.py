"""States kept by our own state server: the engine adds to a journal, so a run costs what it changes."""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from mcloud.engine.aside import Aside
from mcloud.engine.file_state import FileState
from mcloud.engine.salt import new_salt
from mcloud.engine.state import StateFolder
from mcloud.engine.stateserver.lease import PRINCIPAL, Owner
from mcloud.engine.stateserver.marks import LEFT, marks
from mcloud.engine.stateserver.moving import Moved, move_stack
from mcloud.engine.stateserver.processes import Process
from mcloud.engine.stateserver.replay import EMPTY
from mcloud.engine.stateserver.stacks import Stacks, View
from mcloud.engine.stateserver.store import Changed, StoreFull
from mcloud.engine.stateserver.stores import open_store
from mcloud.errors import StateError

TAKEN_OVER = ".taken-over"
FAR = {"PULUMI_JOURNALING_BATCH_PERIOD": "100"}
"""Milliseconds that the engine collects for one write where each is a journey of its own."""
STATE_ID = "state-id"
FIRST_SPACE = "4026531836"
"""The kernel's number of the process space that is no container's (include/linux/proc_ns.h, PROC_PID_INIT_INO)."""


@dataclass
class JournaledState(StateFolder):
    """States in a store, written through a state server of the run's own."""

    def __post_init__(self) -> None:
        self._owner = Owner(_user(), machine(), [Process.of(PRINCIPAL, os.getpid())])
        self._server: Any = None
        self._held: dict[str, View | None] = {}

    def prepare(self) -> None:
        if self.remote and not self.passphrase_file.exists() and self.stacks.names():
            raise StateError(
                f"the passphrase of the states in {self.stacks.store.title} is not on this machine",
                hint=f"copy it from where they were made to {self.passphrase_file}, mode 600",
            )
        super().prepare()

    def _new_state_id(self) -> str:
        """With a store that several machines share, the one that the first of them has chosen."""
        made = super()._new_state_id()
        if self.remote is None:
            return made
        store = self.stacks.store
        try:
            store.put(STATE_ID, made.encode(), None)
        except Changed:
            chosen = store.get(STATE_ID)
            return made if chosen is None else chosen.data.decode()
        return made

    @property
    def store_address(self) -> str:
        """The store, as an address."""
        return self.remote or f"file://{quote(str(self.path / 'stacks'))}"

    def kept(self) -> Stacks:
        self._held.clear()
        return self.stacks

    @cached_property
    def stacks(self) -> Stacks:
        """The stacks, to be looked at and mended without the engine."""
        return Stacks(open_store(self.store_address), self._owner)

    def elsewhere(self, tell: Callable[[str], None]) -> list[StateFolder]:
        found: list[StateFolder] = []
        places = [type(self)(self.path)] if self.remote and (self.path / "stacks").is_dir() else []
        for place in (self, *places):
            for stack, mark in sorted(marks(place.stacks.store).items()):
                if mark.phase != LEFT or mark.peer in (self.store_address, *(one.store_address for one in places)):
                    continue
                if not mark.peer.startswith("file:"):
                    found.append(type(self)(self.path, mark.peer))
                elif mark.host == self._owner.host:
                    found.append(type(self)(Path(unquote(urlsplit(mark.peer).path)).parent))
                else:
                    tell(f"the state of {stack!r} was moved to a folder on {mark.host}: what it has may be listed here")
        return [*places, *found]

    def connect(self) -> dict[str, str]:
        self._held.clear()
        if self._server is None:
            from mcloud.engine.stateserver.client import StateServer

            self._server = StateServer(self.store_address, self._owner)
        return {**self._server.variables, **(FAR if self.remote else {})}

    def engine_started(self, pid: int) -> None:
        if self._server is not None:
            self._server.engine_started(pid)

    def disconnect(self, stack: str) -> None:
        if self._server is None:
            return
        self._server.stop()
        self._server = None
        lease = self.stacks.lease(stack)
        if lease is not None and lease.run == self._owner.run:
            # Without room it stays a journal, which the next run folds in.
            with suppress(StoreFull):
                self.stacks.complete(stack, lease.update, "failed")

    def names(self) -> list[str]:
        return sorted({*self.stacks.names(), *FileState(self.path).names()})

    def exists(self, stack: str) -> bool:
        if self.stacks.exists(stack):
            return True
        # One that was moved away must not be taken for one that was never brought up.
        self.stacks.require_here(stack)
        return FileState(self.path).state_file(stack).exists()

    def move_to(self, target: StateFolder, stack: str) -> Moved:
        if not isinstance(target, JournaledState) or target.store_address == self.store_address:
            raise StateError(f"the state of the stack {stack!r} is to be moved to where it is", where=str(self.path))
        self._held.clear()
        self.prepare()
        self.take_over(stack)
        target._receive(self, stack)
        return move_stack(stack, self.stacks, target.stacks, self.store_address, target.store_address)

    def _receive(self, source: JournaledState, stack: str) -> None:
        """Get ready for a stack of another state: with the same id, passphrase and list of what was left behind."""
        if self.remote:
            store = self.stacks.store
            with suppress(Changed):
                store.put(STATE_ID, source.state_id.encode(), None)
            chosen = store.get(STATE_ID)
            _require_same(STATE_ID, source.state_id, chosen.data.decode() if chosen else "", store.title)
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in (STATE_ID, source.passphrase_file.name):
            text = (source.path / name).read_text(encoding="utf-8").strip()
            _require_same(name, text, self._once(name, lambda text=text: text), str(self.path))
        self.prepare()
        left, ours = (Aside(one, stack) for one in (source, self))
        if left.path != ours.path and left.read() and not ours.read():
            ours.write(left.read())

    def take_over(self, stack: str) -> str | None:
        """Take a state of the file backend over, once; the old file stays under another name.

        Returns:
            What was done, for telling.

        Raises:
            StateLocked: a run holds it.
            StateError: it is damaged.
        """
        old = FileState(self.path)
        file = old.state_file(stack)
        if not file.exists():
            return None
        self._held.clear()
        old.break_stale_locks(stack)
        kept = file.with_name(file.name + TAKEN_OVER)
        if not self.stacks.exists(stack):
            try:
                self.stacks.create(stack, old.deployment(stack) or None)
            except Changed:
                return None
        # Cut off before this, the next run finds the new state and only moves the file.
        file.rename(kept)
        return f"the state of {stack!r} is kept in {self.stacks.store.title} from now on; the old file is {kept}"

    def deployment(self, stack: str) -> dict[str, Any]:
        view = self._view(stack)
        return FileState(self.path).deployment(stack) if view is None else view.deployment

    def begun_creates(self, stack: str) -> dict[str, dict[str, str]]:
        view = self._view(stack)
        return {} if view is None else view.creates

    def features(self, stack: str) -> list[str]:
        view = self._view(stack)
        return super().features(stack) if view is None else view.features

    def hold(self, stack: str) -> None:
        if self._server is None:
            self._held[stack] = self.stacks.find(stack)

    def _view(self, stack: str) -> View | None:
        if stack not in self._held:
            return self.stacks.find(stack)
        held = self._held[stack]
        return None if held is None else held.copy()

    def create(self, stack: str) -> bool:
        self._held.clear()
        salt = new_salt(self.passphrase_file.read_bytes())
        if salt is None:
            return False
        # Somebody else who has just made it has made it as well.
        with suppress(Changed):
            self.stacks.create(stack, {**EMPTY, "secrets_providers": {"type": "passphrase", "state": {"salt": salt}}})
        return True

    def replace(self, stack: str, deployment: dict[str, Any]) -> bool:
        self._held.clear()
        self.stacks.write(stack, deployment, "recovery")
        return True

    def break_stale_locks(self, stack: str) -> list[str]:
        self._held.clear()
        return self.stacks.clear(stack) if self.stacks.exists(stack) else []

    def project_stack(self, stack: str) -> str | None:
        """The engine's settings of a stack, which name what its secrets are encrypted with; None for a new one."""
        view = self._view(stack)
        provider = (view.deployment.get("secrets_providers") or {}) if view else {}
        salt = (provider.get("state") or {}).get("salt")
        return json.dumps({"encryptionsalt": salt}) if provider.get("type") == "passphrase" and salt else None


def _require_same(name: str, theirs: str, ours: str, where: str) -> None:
    if theirs != ours:
        raise StateError(
            f"the states there have another {name} than this one, so they cannot be in one place",
            hint="choose a place of its own: another folder, another prefix in the bucket, another schema",
            where=where,
        )


def machine() -> str:
    """This machine, as far as numbers of processes mean the same: containers with one name do not share them."""
    name = socket.gethostname()
    try:
        space = os.readlink("/proc/self/ns/pid").rpartition("[")[2].rstrip("]")
    except OSError:
        return name
    return name if space == FIRST_SPACE else f"{name}/{space}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
