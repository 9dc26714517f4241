"""One limiter per account: so many calls at once, and a pause when the cloud asks for one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 16
"""Calls to one account that are under way at the same time."""


class Limiter:
    """Holds back calls to one account.

    Args:
        at_once: calls under way at the same time.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._places = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._open_at = 0.0

    def pause(self, seconds: float) -> None:
        """Nobody calls for so long: the cloud answered Retry-After."""
        with self._lock:
            self._open_at = max(self._open_at, time.monotonic() + seconds)

    @contextmanager
    def turn(self, cancelled: threading.Event) -> Iterator[None]:
        """Wait for a place and for the end of a pause; gives way at once when ``cancelled`` is set."""
        with self._places:
            while not cancelled.is_set():
                with self._lock:
                    left = self._open_at - time.monotonic()
                if left <= 0:
                    break
                cancelled.wait(left)
            yield
