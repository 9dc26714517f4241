"""What buckets hold, written as planning a migration reads it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from mcloud.discover.discovery import Measured
from mcloud.errors import DiscoverError

COLUMNS = ("resource", "bytes", "objects")
"""``resource`` is its place in the stack; empty: not known."""


def write_stored(path: Path, figures: Iterable[Measured]) -> int:
    """Write bytes and objects of everything of which they were asked, as CSV; the number of rows.

    Raises:
        DiscoverError: it cannot be written.
    """
    rows = [
        [
            ".".join(map(str, item.path)),
            *("" if item.figures[name] is None else item.figures[name] for name in COLUMNS[1:]),
        ]
        for item in figures
        if "bytes" in item.figures
    ]
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])
    except OSError as error:
        raise DiscoverError(f"cannot be written: {error.strerror}", where=str(path)) from error
    return len(rows)
