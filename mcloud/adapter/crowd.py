"""One list call for many that wait: while a crowd waits for things of a kind, they are looked at together.

A list only tells that something is still on its way. Whatever else it seems to be, or when the list lacks it, is read
by itself before anybody believes it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from mcloud.adapter.kind import Kind, Native

CROWD = 5
"""So many wait before they are looked at together."""
FRESH = 1.0
"""Seconds for which a list serves those who come later."""


@dataclass
class _Kind:
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: int = 0
    started: float = -FRESH
    natives: Mapping[str, Native] = field(default_factory=dict)


class Crowd:
    """Those who wait on one account; safe to use from many threads.

    Args:
        list_of: the list of a kind by native id; empty where it cannot be had.
    """

    def __init__(self, list_of: Callable[[Kind], Mapping[str, Native]]) -> None:
        self._list_of = list_of
        self._lock = threading.Lock()
        self._kinds: dict[str, _Kind] = {}

    @contextmanager
    def joined(self, kind: Kind) -> Iterator[None]:
        """Be one of those who wait, while the block runs."""
        with self._lock:
            among = self._kinds.setdefault(kind.kind, _Kind())
            among.waiting += 1
        try:
            yield
        finally:
            with self._lock:
                among.waiting -= 1

    def look(self, kind: Kind, native_id: str, patience: float) -> Native | None:
        """What the list shows; None where it does not, or where too few wait.

        Args:
            patience: seconds that the one who asks has waited: the longer, the older a list may be.
        """
        with self._lock:
            among = self._kinds.setdefault(kind.kind, _Kind())
            alone = among.waiting < CROWD
        if alone or not kind.reads_by_list:
            return None
        asked = time.monotonic()
        with among.lock:
            # What began after the question, or not long before it, answers it.
            if among.started < asked - min(FRESH, patience / 5):
                among.started = time.monotonic()
                among.natives = self._list_of(kind)
            return among.natives.get(native_id)
