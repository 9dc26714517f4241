"""Imports without a look for garbage: they make none, and looking for it is a tenth of their time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """While the block imports; what it leaves is never looked through again, for it stays to the end.

    For the first lines of a process: what is garbage by then is not found later either.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
