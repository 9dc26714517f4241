"""What the provider's threads share."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mcloud.engine.provider.servicer import Provider


def test_the_first_calls_share_a_context() -> None:
    """Each with one of its own, all but one would go on waiting when the engine says that the person wants to stop."""
    others = threading.Barrier(2)

    def make() -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            others.wait(0.3)
        return object()

    provider = Provider(make)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: provider.context, range(4)))
    assert len({id(context) for context in found}) == 1
