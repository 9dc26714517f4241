"""How busy machines are: reads utilization files (CSV, gzipped too) into the few figures that sizing needs."""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from mcloud.errors import LoadError, Problem

COLUMNS = ("vm", "minute", "cpu_percent", "memory_percent")
MOST_PROBLEMS = 20


@dataclass(frozen=True)
class Load:
    """One kind of use in percent of capacity. The 95th percentile is the nearest rank: a value that was read."""

    readings: int
    p95: float
    highest: float


@dataclass(frozen=True)
class Usage:
    """What was read of one machine; None where a kind was not read at all.

    Attributes:
        cpu: of all its virtual CPUs.
        memory: of its memory.
        minutes: from the first reading to the last.
    """

    cpu: Load | None
    memory: Load | None
    minutes: float


def read_usage(path: Path) -> dict[str, Usage]:
    """Machine -> its use.

    A CSV file, gzipped where its name ends in ``.gz``, with the columns vm, minute (a number; only the span counts),
    cpu_percent and memory_percent (0 to 100 of the machine's capacity; empty: not read). Others are ignored.

    Raises:
        LoadError: it cannot be read, or rows that do not fit, with file:line.
    """
    cpu: defaultdict[str, list[float]] = defaultdict(list)
    memory: defaultdict[str, list[float]] = defaultdict(list)
    times: dict[str, tuple[float, float]] = {}
    problems: list[Problem] = []
    with _opened(path) as file:
        for line, row in _rows(path, file):
            try:
                minute = _number(row, "minute")
                shares = [_share(row, name) for name in COLUMNS[2:]]
            except ValueError as error:
                problems.append(Problem(f"{path}:{line}", str(error)))
                if len(problems) >= MOST_PROBLEMS:
                    break
                continue
            first, last = times.get(row["vm"], (minute, minute))
            times[row["vm"]] = (min(first, minute), max(last, minute))
            for found, share in zip((cpu, memory), shares, strict=True):
                if share is not None:
                    found[row["vm"]].append(share)
    if problems:
        raise LoadError(problems)
    return {
        name: Usage(_load(cpu[name]), _load(memory[name]), last - first)
        for name, (first, last) in sorted(times.items())
    }


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8-sig", newline="")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8-sig", newline="") as file
        ):
            yield file
    except (OSError, EOFError, UnicodeDecodeError, zlib.error, csv.Error) as error:
        raise LoadError([Problem(str(path), f"the utilization cannot be read: {error}")]) from None


def _rows(path: Path, file: TextIO) -> Iterator[tuple[int, Mapping[str, str]]]:
    reader = csv.DictReader(file, restval="")
    lacking = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if lacking:
        hint = f"the first line is {','.join(COLUMNS)}"
        raise LoadError([Problem(f"{path}:1", f"there is no column {' and no column '.join(lacking)}", hint)])
    for row in reader:
        yield reader.line_num, row


def _number(row: Mapping[str, str], name: str) -> float:
    try:
        value = float(row[name])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name}: {row[name]!r} is no number")
    if not row["vm"]:
        raise ValueError("vm: the machine has no name")
    return value


def _share(row: Mapping[str, str], name: str) -> float | None:
    if not row[name]:
        return None
    value = _number(row, name)
    if not 0 <= value <= 100:
        raise ValueError(f"{name}: {row[name]!r} is not between 0 and 100 percent")
    return value


def _load(values: Iterable[float]) -> Load | None:
    found = sorted(values)
    if not found:
        return None
    return Load(len(found), found[math.ceil(0.95 * len(found)) - 1], found[-1])
