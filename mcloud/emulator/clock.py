"""Time for state machines: the real one times a factor, or one that a test holds."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


class Clock:
    """Real time. ``factor`` shortens what takes long: a state of 60 s lasts 60 x factor."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor

    def now(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def stamp(self) -> str:
        """The wall clock in RFC 3339, UTC."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class ManualClock(Clock):
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        super().__init__(1.0)
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Go on."""
        self._now += seconds


class Agenda:
    """What happens later: things are done when somebody looks after their time has come.

    Several threads may look; each thing is done once, by one of them.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()
        self._held: list[Callable[[], None]] = []
        self.stuck = False
        """While True, what would be planned is held back: a state that does not end until it is mended."""
        self.failing = False
        """While True, what can end badly does."""

    @contextmanager
    def ending(self, how: str) -> Iterator[None]:
        """What is planned while the block runs is ``stuck``, ends in an ``error``, or neither."""
        self.stuck, self.failing = how == "stuck", how == "error"
        try:
            yield
        finally:
            self.stuck = self.failing = False

    def after(self, seconds: float, what: Callable[[], None], badly: Callable[[], None] | None = None) -> None:
        """Plan ``what`` for so many seconds of the cloud's time from now; ``badly`` in its place where it fails."""
        when = self.clock.now() + seconds * self.clock.factor
        what = badly if self.failing and badly is not None else what
        with self._lock:
            if self.stuck:
                self._held.append(what)
            else:
                heapq.heappush(self._due, (when, next(self._order), what))

    def mend(self) -> None:
        """What is stuck is due now."""
        with self._lock:
            for what in self._held:
                heapq.heappush(self._due, (self.clock.now(), next(self._order), what))
            self._held.clear()

    def clear(self) -> None:
        """Forget all that is planned."""
        with self._lock:
            self._due.clear()
            self._held.clear()

    def settle(self) -> None:
        """Do all that is due, in order."""
        while (what := self._next()) is not None:
            what()

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            return heapq.heappop(self._due)[2] if self._due and self._due[0][0] <= self.clock.now() else None
