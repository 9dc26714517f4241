"""Many who add to a journal at the same time wait for one write together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class _Waiting:
    lines: Sequence[Any]
    done: bool = False
    error: Exception | None = field(default=None)


class GroupCommit:
    """Calls ``write`` with the lines of all who came while the last write was under way.

    Args:
        write: makes lines durable, all or none.
    """

    def __init__(self, write: Callable[[list[Any]], None]) -> None:
        self._write = write
        self._queue: list[_Waiting] = []
        self._queue_lock = threading.Lock()
        self._turn = threading.Lock()

    def add(self, lines: Sequence[Any]) -> None:
        """Return when the lines are durable; raise what ``write`` raised when they are not."""
        mine = _Waiting(lines)
        with self._queue_lock:
            self._queue.append(mine)
        with self._turn:
            if not mine.done:
                self._write_queue()
        if mine.error is not None:
            raise mine.error

    def _write_queue(self) -> None:
        with self._queue_lock:
            batch, self._queue = self._queue, []
        error: Exception | None = None
        try:
            self._write([line for waiting in batch for line in waiting.lines])
        except Exception as raised:
            error = raised
        for waiting in batch:
            waiting.done, waiting.error = True, error
