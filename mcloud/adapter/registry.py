"""Finds the clouds that are installed, through the entry point group ``mcloud.adapters``."""

from __future__ import annotations

import difflib
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from mcloud.adapter.adapter import Adapter
from mcloud.errors import PlacementError

GROUP = "mcloud.adapters"


@cache
def _points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def names() -> tuple[str, ...]:
    """The installed clouds, sorted; imports none of them."""
    return tuple(sorted(_points()))


@cache
def get(cloud: str) -> Adapter:
    """The adapter of a cloud.

    Raises:
        PlacementError: it is not installed, or its package is broken.
    """
    point = _points().get(cloud)
    if point is None:
        close = difflib.get_close_matches(cloud, names(), n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"installed: {', '.join(names()) or 'none'}"
        raise PlacementError(f"no adapter is installed for the cloud {cloud!r}", hint=hint)
    try:
        adapter = point.load()
    except ImportError as error:
        raise PlacementError(
            f"the adapter for {cloud!r} cannot be loaded: {error}", hint="install mcloud-vn[all]"
        ) from error
    if not isinstance(adapter, Adapter):
        raise PlacementError(f"the entry point {point.value} of {cloud!r} is not an Adapter")
    return adapter
