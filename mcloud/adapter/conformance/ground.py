"""The ground that a case stands on: one emulated cloud whose time can be held, and what it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mcloud.adapter.conformance.subject import Subject, Target
from mcloud.emulator.clock import Clock
from mcloud.emulator.faults import FaultRule
from mcloud.emulator.server import Running

FAST = 0.0005
"""The cloud's minute is some thirty milliseconds."""
NEVER = 10**9


class HeldClock(Clock):
    """Real time that can be made to stand still: what is on its way stays on its way."""

    def __init__(self) -> None:
        super().__init__(FAST)
        self._held: float | None = None

    def now(self) -> float:
        return super().now() if self._held is None else self._held

    @contextmanager
    def hold(self) -> Iterator[None]:
        """While the block runs nothing gets ready."""
        self._held = super().now()
        try:
            yield
        finally:
            self._held = None


@dataclass(frozen=True)
class Ground:
    """An emulator of the target's cloud."""

    target: Target
    running: Running
    clock: HeldClock
    remove: Callable[[Subject, str], None]
    """Removes something behind everybody's back, with a sign-in of its own."""

    @property
    def cloud(self) -> Any:
        """The emulated cloud itself."""
        return self.running.app.cloud

    def objects(self) -> Counter[str]:
        """How many of each kind it holds."""
        self.cloud.agenda.settle()
        return Counter({kind: len(items) for kind, items in self.running.app.inventory().items() if items})

    @property
    def changing(self) -> dict[str, Any]:
        """The part of a fault rule that meets calls that change something, sign-in aside."""
        return {"method": "POST|PUT|PATCH|DELETE", "path": f"^(?!.*{self.target.sign_in})"}

    @contextmanager
    def counted(self) -> Iterator[Counter[str]]:
        """Counts the calls that change something while the block runs, under ``changes``."""
        found: Counter[str] = Counter()
        faults = self.running.app.faults
        faults.clear()
        faults.add(FaultRule(action="delay", nth=NEVER, **self.changing))  # never hits; it only counts
        yield found
        found["changes"] = faults.rules()[0]["seen"]
        faults.clear()

    @contextmanager
    def fault(self, nth: int, **rule: Any) -> Iterator[None]:
        """The nth changing call from now on goes wrong while the block runs."""
        faults = self.running.app.faults
        faults.clear()
        faults.add(FaultRule(nth=nth, **{**self.changing, **rule}))
        yield
        faults.clear()
