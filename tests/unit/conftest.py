"""A clock for what waits: nothing sleeps, and every wait is kept."""

from __future__ import annotations

import pytest

from mcloud.adapter import limiter, operations, waiter


class Watch:
    """Clock and cancel event in one; only waiting moves it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self.cancelled = False

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self.now

    def is_set(self) -> bool:
        """Whether the person asked to stop."""
        return self.cancelled

    def wait(self, timeout: float) -> bool:
        """Time passes at once."""
        self.waits.append(timeout)
        self.now += timeout
        return self.cancelled


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """The clock that waiter, limiter and operations look at."""
    made = Watch()
    for module in (waiter, limiter, operations):
        monkeypatch.setattr(module, "time", made)
    return made
