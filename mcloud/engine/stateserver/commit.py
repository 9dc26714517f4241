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
    error: BaseException | None = None
    woken: threading.Event = field(default_factory=threading.Event)


class GroupCommit:
    """Calls ``write`` with the lines of all who came while the last write was under way; one write at a time.

    Args:
        write: makes lines durable, all or none.
    """

    def __init__(self, write: Callable[[list[Any]], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._queue: list[_Waiting] = []
        self._writing = False

    def add(self, lines: Sequence[Any]) -> None:
        """Return when the lines are durable; raise what ``write`` raised when they are not."""
        mine = _Waiting(lines)
        with self._lock:
            self._queue.append(mine)
            writes, self._writing = not self._writing, True
        if not writes:
            # Woken when it is done, or when it is one's turn to write for all who wait. Whoever is done must not have
            # to wait for a turn: those who come again would each write for themselves alone.
            mine.woken.wait()
        if not mine.done:
            self._write_queue()
        if mine.error is not None:
            raise mine.error

    def _write_queue(self) -> None:
        with self._lock:
            batch, self._queue = self._queue, []
        error: BaseException | None = None
        try:
            self._write([line for waiting in batch for line in waiting.lines])
        except BaseException as raised:
            error = raised
        with self._lock:
            following = self._queue[0] if self._queue else None
            self._writing = following is not None
        for waiting in batch:
            waiting.done, waiting.error = True, error
            waiting.woken.set()
        if following is not None:
            following.woken.set()
