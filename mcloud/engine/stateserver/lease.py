"""Who works on a stack: one run at a time, told by name to the next one."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from mcloud.engine.stateserver.processes import Process, wait_until_gone
from mcloud.errors import StateLocked

SECONDS = 300.0
"""How long a lease holds where nobody can look whether its holder is alive; the engine renews it at half of that."""
PATIENCE = 10.0
"""Seconds that what is left of a run whose mcloud is gone may take to end by itself."""
PRINCIPAL = "mcloud"


@dataclass
class Owner:
    """The run that this process is a part of."""

    user: str
    host: str
    processes: list[Process]
    run: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass(frozen=True)
class Lease:
    """A run's hold on a stack.

    Attributes:
        run: the run's random id.
        update: the engine's update under way, empty before and after.
        kind: update, destroy, refresh, recovery or import.
        since, until: seconds since 1970.
    """

    run: str
    kind: str
    user: str
    host: str
    since: float
    until: float
    processes: tuple[Process, ...]
    update: str = ""

    @classmethod
    def of(cls, owner: Owner, kind: str, update: str = "") -> Lease:
        """A new one from now on."""
        now = time.time()
        return cls(owner.run, kind, owner.user, owner.host, now, now + SECONDS, tuple(owner.processes), update)

    @classmethod
    def parse(cls, data: bytes) -> Lease | None:
        """What the store holds; None when nobody holds the stack."""
        values: dict[str, Any] | None = json.loads(data)
        if values is None:
            return None
        return cls(**{**values, "processes": tuple(Process(**item) for item in values["processes"])})

    def dump(self) -> bytes:
        """What the store holds."""
        return json.dumps(asdict(self)).encode()

    def renewed(self, owner: Owner) -> Lease:
        """The same, from now on for the whole time, with the processes that the run has now."""
        return replace(self, until=time.time() + SECONDS, processes=tuple(owner.processes))

    @property
    def principal(self) -> Process:
        """The process that a person knows the run by."""
        return next((one for one in self.processes if one.role == PRINCIPAL), self.processes[0])

    def refusal(self, stack: str, host: str) -> StateLocked | None:
        """Why nobody else may have the stack now; None when the holder is gone."""
        if self.host != host:
            return None if self.until < time.time() else self._refusal(stack, self._elsewhere())
        if self.principal.is_alive():
            return self._refusal(stack, "it is alive")
        return None

    def _elsewhere(self) -> str:
        until = datetime.fromtimestamp(self.until, UTC).isoformat(timespec="seconds")
        return f"whether it is alive cannot be seen from here; its lease ends at {until} unless it renews it"

    def _refusal(self, stack: str, alive: str) -> StateLocked:
        since = datetime.fromtimestamp(self.since, UTC).isoformat(timespec="seconds")
        return StateLocked(
            f"another run holds the stack {stack!r}: process {self.principal.pid} of {self.user} on {self.host}"
            f" since {since} ({self.kind}); {alive}",
            hint="wait until it has ended; if it is surely dead, mcloud state unlock STACK_FILE --force",
        )

    def end_the_rest(self, host: str) -> bool:
        """See that nothing of a run whose mcloud is gone goes on on this machine; False when something does."""
        if self.host != host:
            return True
        rest = [process for process in self.processes if process.is_alive()]
        return wait_until_gone(rest, PATIENCE) or all(process.end() for process in rest)
