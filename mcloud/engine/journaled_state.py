"""States kept by our own state server: the engine adds to a journal, so a run costs what it changes."""

from __future__ import annotations

import getpass
import json
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from mcloud.engine.file_state import FileState
from mcloud.engine.state import StateFolder
from mcloud.engine.stateserver.lease import PRINCIPAL, Owner
from mcloud.engine.stateserver.processes import Process
from mcloud.engine.stateserver.stacks import Stacks, View
from mcloud.engine.stateserver.store import Changed, StoreFull
from mcloud.engine.stateserver.stores import open_store
from mcloud.errors import StateError

TAKEN_OVER = ".taken-over"
STATE_ID = "state-id"
FIRST_SPACE = "4026531836"
"""The kernel's number of the process space that is no container's (include/linux/proc_ns.h, PROC_PID_INIT_INO)."""


@dataclass
class JournaledState(StateFolder):
    """States in a store, written through a state server of the run's own."""

    def __post_init__(self) -> None:
        self._owner = Owner(_user(), machine(), [Process.of(PRINCIPAL, os.getpid())])
        self._server: Any = None

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
        return self.stacks

    @cached_property
    def stacks(self) -> Stacks:
        """The stacks, to be looked at and mended without the engine."""
        return Stacks(open_store(self.store_address), self._owner)

    def connect(self) -> dict[str, str]:
        if self._server is None:
            from mcloud.engine.stateserver.client import StateServer

            self._server = StateServer(self.store_address, self._owner)
        return dict(self._server.variables)

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
        return self.stacks.exists(stack) or FileState(self.path).state_file(stack).exists()

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

    def _view(self, stack: str) -> View | None:
        return self.stacks.find(stack)

    def replace(self, stack: str, deployment: dict[str, Any]) -> bool:
        self.stacks.write(stack, deployment, "recovery")
        return True

    def break_stale_locks(self, stack: str) -> list[str]:
        return self.stacks.clear(stack) if self.stacks.exists(stack) else []

    def project_stack(self, stack: str) -> str | None:
        """The engine's settings of a stack, which name what its secrets are encrypted with; None for a new one."""
        view = self._view(stack)
        provider = (view.deployment.get("secrets_providers") or {}) if view else {}
        salt = (provider.get("state") or {}).get("salt")
        return json.dumps({"encryptionsalt": salt}) if provider.get("type") == "passphrase" and salt else None


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
