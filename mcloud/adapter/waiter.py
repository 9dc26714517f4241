"""Waits for a resource: growing intervals, a deadline, and a way out within a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from mcloud.adapter.kind import Poll
from mcloud.errors import Cancelled, FailedState, TimedOut

FIRST_INTERVAL = 0.05
GROWTH = 1.4


def wait(
    look: Callable[[], Poll],
    *,
    until: str,
    what: str,
    deadline: float,
    longest_interval: float,
    cancelled: threading.Event,
    tell: Callable[[str], None] = lambda state: None,
) -> Poll:
    """Look until the phase is ``until`` ("ready" or "gone").

    Args:
        look: one look; its errors pass through.
        what: the resource, for messages.
        deadline: seconds from now.
        longest_interval: seconds between looks at most.
        cancelled: set from another thread to stop waiting.
        tell: hears the vendor's state whenever it changes; nothing where there was nothing to wait for.

    Raises:
        FailedState: it ended in a state it does not leave, or vanished while it should become ready.
        TimedOut: the deadline passed.
        Cancelled: ``cancelled`` was set.
    """
    end = time.monotonic() + deadline
    interval = FIRST_INTERVAL
    told = None
    while True:
        poll = look()
        if poll.state != told and (told is not None or poll.phase != until):
            told = poll.state
            tell(poll.state)
        if poll.phase == until:
            return poll
        if poll.phase == "failed" and until == "ready":
            raise FailedState(f"{what} is {poll.state}" + (f": {poll.detail}" if poll.detail else ""), where=what)
        if poll.phase == "gone":
            raise FailedState(f"{what} vanished while it was awaited", where=what)
        left = end - time.monotonic()
        if left <= 0:
            raise TimedOut(
                f"{what} is still {poll.state} after {deadline:.0f} s",
                hint="the next run goes on waiting; raise the timeout or ask the cloud's support",
                where=what,
            )
        if cancelled.wait(min(interval, left)):
            raise Cancelled(f"stopped while {what} was {poll.state}", where=what)
        interval = min(interval * GROWTH, longest_interval)
