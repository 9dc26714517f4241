"""How busy servers were: figures for sizing, and the samples that they are of."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from mcloud.adapter.inventory import Usage
from mcloud.errors import DiscoverError

COLUMNS = ("vm", "minute", "cpu_percent", "memory_percent", "received_bytes", "sent_bytes")
"""``vm`` is a server's name in the stack; ``minute`` counts from the first sample of all; empty: not known."""
QUANTILE = 0.95
Series = Sequence[tuple[datetime, float]]


def summary(usage: Usage, now: datetime | None = None) -> dict[str, Any]:
    """p95 and maximum of each series, with their period and age; what is not known is left out.

    CPU and memory are percent of what the server has, networking is Mbit/s; p95 is the value that 95 of 100 samples do
    not exceed (nearest rank).
    """
    every = [when for series in (usage.cpu, usage.memory, usage.received, usage.sent) for when, _ in series]
    found: dict[str, Any] = {"source": usage.source, "period_seconds": usage.period}
    if every:
        last = max(every)
        age = ((now or datetime.now(UTC)) - last).total_seconds() / 3600
        found |= {"from": min(every).isoformat(), "to": last.isoformat(), "age_hours": round(age, 1)}
    rate = 8 / (usage.period * 1e6)
    series = {
        "cpu_percent": (usage.cpu, 1.0),
        "memory_percent": (usage.memory, 1.0),
        "received_mbps": (usage.received, rate),
        "sent_mbps": (usage.sent, rate),
    }
    return found | {name: _figures(values, factor) for name, (values, factor) in series.items() if values}


def _figures(series: Series, factor: float) -> dict[str, Any]:
    values = sorted(value * factor for _, value in series)
    rank = math.ceil(QUANTILE * len(values)) - 1
    return {"p95": round(values[rank], 3), "max": round(values[-1], 3), "samples": len(values)}


def write_samples(path: Path, servers: Mapping[str, Usage]) -> int:
    """Write all samples as CSV, compressed where the name ends in ``.gz``; the number of rows.

    Raises:
        DiscoverError: it cannot be written.
    """
    every = [when for usage in servers.values() for series in _series(usage) for when, _ in series]
    first, count = min(every, default=datetime.now(UTC)), 0
    try:
        with _opened(path) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for name, usage in servers.items():
                columns = [dict(series) for series in _series(usage)]
                for when in sorted({when for column in columns for when in column}):
                    minute = int((when - first).total_seconds() // 60)
                    writer.writerow([name, minute, *(column.get(when, "") for column in columns)])
                    count += 1
    except OSError as error:
        raise DiscoverError(f"cannot be written: {error.strerror}", where=str(path)) from error
    return count


def _series(usage: Usage) -> tuple[Series, ...]:
    return usage.cpu, usage.memory, usage.received, usage.sent


@contextmanager
def _opened(path: Path) -> Any:
    file: TextIO
    if path.suffix == ".gz":
        with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
            yield file
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
