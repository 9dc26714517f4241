"""How long past runs took for what a run is about to do, and so how long it still takes. No name is in it, no id.

Kept in ``.mcloud/durations.json``: for each cloud, kind and operation the seconds of the last times. What has never
been done is not known, and then nothing is said.
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VERSION = 1
KEPT = 20
"""So many times are kept of each; the middle one of them counts."""
FILE = "durations.json"

Key = tuple[str, str, str]
"""Cloud, kind and operation; the parts of a replacement are a create and a delete."""
_PARTS = {"create-replacement": "create", "delete-replaced": "delete", "import-replacement": "import"}


def operation_of(op: str) -> str:
    """The engine's operation as it is kept: how long a create takes does not depend on what it is for."""
    return _PARTS.get(op, op)


class Durations:
    """What is known of past runs."""

    def __init__(self, seconds: Mapping[Key, Iterable[float]] | None = None) -> None:
        self._seconds = {key: list(values)[-KEPT:] for key, values in (seconds or {}).items()}

    @classmethod
    def read(cls, folder: Path) -> Durations:
        """Those of a folder; what is missing or damaged is as if nothing had been done yet."""
        try:
            document = json.loads((folder / FILE).read_text(encoding="utf-8"))
            rows = document["rows"] if document["durations"] == VERSION else []
            return cls({(cloud, kind, op): [float(item) for item in seconds] for cloud, kind, op, seconds in rows})
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def typical(self, key: Key) -> float | None:
        """The median in seconds; None where it is not known."""
        found = self._seconds.get(key)
        return statistics.median(found) if found else None

    def add(self, key: Key, seconds: float) -> None:
        """It took so long once more."""
        kept = self._seconds.setdefault(key, [])
        kept.append(round(seconds, 3))
        del kept[:-KEPT]

    def write(self, folder: Path) -> None:
        """Replace the file. A full or read-only disk is no reason to fail: next time less is known, nothing else."""
        rows = [[*key, seconds] for key, seconds in sorted(self._seconds.items())]
        fresh = folder / f"{FILE}.{os.getpid()}"
        with suppress(OSError):
            fresh.write_text(json.dumps({"durations": VERSION, "rows": rows}), encoding="utf-8")
            fresh.replace(folder / FILE)


@dataclass(frozen=True)
class Forecast:
    """Tells how long a run still takes: the longest chain of what depends on each other, each by its usual time.

    Attributes:
        known: durations of past runs.
        keys: urn -> cloud and kind.
        after: urn -> those that must be done before it.
        expected: urn -> operation that the run does for sure. Whether others change is not known before they do.
    """

    known: Durations
    keys: Mapping[str, tuple[str, str]]
    after: Mapping[str, Collection[str]]
    expected: Mapping[str, str] = field(default_factory=dict)

    def left(self, finished: Collection[str], running: Mapping[str, tuple[str, float]]) -> float | None:
        """Seconds that are left.

        Args:
            finished: URNs.
            running: urn -> the engine's operation, and for how many seconds already.

        Returns:
            None where one of them was never done before, or all of them take longer than they use to.
        """
        own: dict[str, float] = {}
        for urn, op in {**self.expected, **{urn: op for urn, (op, _) in running.items()}}.items():
            if urn not in running and urn in finished:
                continue
            usual = self.known.typical((*self.keys[urn], operation_of(op))) if urn in self.keys else None
            if usual is None:
                return None
            own[urn] = max(0.0, usual - (running[urn][1] if urn in running else 0.0))
        # What is under way waits for nothing any more.
        waits = {urn: [need for need in self.after.get(urn, ()) if need in own] for urn in own if urn not in running}
        return _longest(own, waits) or None

    def learn(self, took: Iterable[tuple[str, str, float]]) -> None:
        """URN, the engine's operation and seconds of what was finished, for the next run."""
        for urn, op, seconds in took:
            if urn in self.keys:
                self.known.add((*self.keys[urn], operation_of(op)), seconds)


def _longest(own: Mapping[str, float], after: Mapping[str, Collection[str]]) -> float:
    """The longest chain; worked out without recursion, for chains may be long."""
    ends: dict[str, float] = {}
    for start in own:
        stack = [start]
        while stack:
            urn = stack[-1]
            if urn in ends:
                stack.pop()
                continue
            before = after.get(urn, ())
            missing = [need for need in before if need not in ends and need not in stack]
            if missing:
                stack += missing
                continue
            ends[urn] = own[urn] + max((ends.get(need, 0.0) for need in before), default=0.0)
            stack.pop()
    return max(ends.values(), default=0.0)


def forecast_of(
    operation: str,
    known: Durations,
    wanted: Iterable[tuple[str, str, str, Collection[str]]],
    there: Iterable[Mapping[str, Any]],
    about: Collection[str],
    types: Mapping[str, str],
) -> Forecast:
    """The forecast of a run.

    Args:
        operation: the engine's: up or destroy have something that is sure beforehand, others have not.
        wanted: URN, cloud, kind and needs (URNs) of what the program has.
        there: the state's resources.
        about: URNs that the run is about.
        types: the engine's type -> kind.
    """
    rows, items = list(wanted), [item for item in there if item.get("id")]
    homes = {str(item["urn"]): str(item["id"]).split("/", 1)[0] for item in items}
    keys = {str(item["urn"]): (homes[str(item["urn"])], types[item["type"]]) for item in items}
    keys |= {urn: (cloud, kind) for urn, cloud, kind, _ in rows}
    if operation == "destroy":
        after: dict[str, list[str]] = {urn: [] for urn in homes}
        for item in items:
            for need in item.get("dependencies") or ():
                after.setdefault(str(need), []).append(str(item["urn"]))
        return Forecast(known, keys, after, {urn: "delete" for urn in homes if urn in about})
    needs = {urn: needed for urn, _, _, needed in rows}
    new = {urn: "create" for urn in needs if urn not in homes and urn in about} if operation == "up" else {}
    return Forecast(known, keys, needs, new)
