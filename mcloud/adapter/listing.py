"""One list call for many reads: when a run looks at many resources of a kind, they are read together.

Only for looking at what is there (refresh, drift). What waits for a state, or follows a change, reads by itself.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from mcloud.adapter.kind import Kind, Native
from mcloud.adapter.operations import Operations
from mcloud.errors import CloudError

SINGLE_READS = 4
"""So many of a kind are read one by one: a few reads cost less than the list of a big account."""
FRESH = 20.0
"""Seconds for which a list is believed."""


@dataclass
class _Listed:
    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: int = 0
    at: float = 0.0
    natives: dict[str, Native] | None = None
    unlistable: bool = False


class Listings:
    """The lists of one account in one region; safe to use from many threads."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._lock = threading.Lock()
        self._kinds: dict[str, _Listed] = {}

    def forget(self) -> None:
        """Something is being changed: no list is believed any more."""
        with self._lock:
            self._kinds.clear()

    def read(self, kind: Kind, native_id: str, what: str) -> Native | None:
        """The native resource, None when it is gone.

        What a list does not have is read by itself before it counts as gone: lists may lag behind.

        Raises:
            CloudError: the cloud cannot be asked.
        """
        with self._lock:
            listed = self._kinds.setdefault(kind.kind, _Listed())
            listed.asked += 1
            few = listed.asked <= SINGLE_READS
        found = None if few or not kind.reads_by_list else self._natives(kind, listed).get(native_id)
        return self._operations.read(kind, native_id, what) if found is None else found

    def _natives(self, kind: Kind, listed: _Listed) -> dict[str, Native]:
        with listed.lock:
            if listed.unlistable:
                return {}
            if listed.natives is None or time.monotonic() - listed.at > FRESH:
                session = self._operations.session
                try:
                    rows = self._operations.call(f"list {kind.kind}", lambda: list(kind.list(session)), retry=True)
                except CloudError:
                    # A list may be refused where a read is not; the reads tell what is wrong, if it is more than that.
                    listed.unlistable = True
                    return {}
                listed.natives, listed.at = dict(rows), time.monotonic()
            return listed.natives
