"""What was played: lines of a file that goes on growing, and tables of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cases import FAULTS, PHASES, Case
from ground import CLOUDS

Row = dict[str, Any]


def lines(file: Path) -> list[Row]:
    """All that was played, in order."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def read(file: Path) -> dict[str, Row]:
    """Name of a case or chain -> how it went when it was played last."""
    return {row["name"]: row for row in lines(file)}


def add(file: Path, row: Row) -> None:
    """One more; several processes may do so."""
    with file.open("a", encoding="utf-8") as results:
        results.write(json.dumps(row) + "\n")


def of_chains(known: Mapping[str, Row]) -> tuple[set[str], Counter[str]]:
    """Cases of chains that failed; and how many chains each case was in whose call did not come."""
    chains = [row for row in known.values() if "cases" in row]
    failed = {name for row in chains if row["problems"] for name in row["cases"]}
    return failed, Counter(name for row in chains if not row["problems"] for name in row["passed"])


def failed_chains(known: Mapping[str, Row], cases: Iterable[Case]) -> list[Row]:
    """Chains with problems none of whose cases is known to fail when it is played singly."""
    asked = {case.name for case in cases}
    bad = {name for name, row in known.items() if row["problems"]}
    return [
        row
        for row in known.values()
        if "cases" in row and row["problems"] and asked & {*row["cases"]} and not bad & {*row["cases"]}
    ]


def by_phase(rows: Iterable[Row], cases: Sequence[Case]) -> list[Row]:
    """A row for each cloud and phase, and one for all.

    Args:
        cases: all that could have been played.
    """
    rows = list(rows)
    keys = sorted(
        {(case.cloud, case.phase) for case in cases}, key=lambda key: (CLOUDS.index(key[0]), PHASES.index(key[1]))
    )
    found = []
    for cloud, phase in keys:
        mine = [row for row in rows if (row["cloud"], row["phase"]) == (cloud, phase)]
        of = sum((case.cloud, case.phase) == (cloud, phase) for case in cases)
        found.append({"cloud": cloud, "phase": phase, "of": of, **_summed(mine)})
    return [*found, {"cloud": "all", "phase": "", "of": len(cases), **_summed(rows)}]


def by_fault(rows: Iterable[Row], cases: Sequence[Case]) -> list[Row]:
    """A row for each fault."""
    rows, of = list(rows), Counter(case.fault for case in cases)
    return [
        {"fault": name, "of": of[name], **_summed([row for row in rows if row["fault"] == name])}
        for name in FAULTS
        if of[name]
    ]


def _summed(rows: Sequence[Row]) -> Row:
    met = [row for row in rows if row["met"]]
    return {
        "cases": len(met),
        "in chains": sum("chain" in row for row in met),
        "converged": sum(not row["problems"] for row in met),
        "orphans": sum(row["orphans"] for row in rows),
        "duplicates": sum(row["duplicates"] for row in rows),
        "not met": len(rows) - len(met),
    }


def table(lines: Sequence[Row]) -> str:
    """In Markdown."""
    names = list(lines[0])
    text = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    return "\n".join([*text, *(f"| {' | '.join(str(line[name]) for name in names)} |" for line in lines)])


def coverage(rows: Iterable[Row], cases: Sequence[Case]) -> str:
    """How much of what could be played was: classes of calls, and each of them with each fault."""
    met = [row for row in rows if row["met"]]
    classes = {(case.cloud, case.phase, case.call.words) for case in cases}
    seen = {(row["cloud"], row["phase"], row["call"]) for row in met} & classes
    return f"{len(seen)} of {len(classes)} classes of calls met a fault, in {len(met)} of {len(cases)} cases"
