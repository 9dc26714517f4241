"""A few cases of the fault matrix, always the same; ``make chaos`` plays as many as there is time for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# A program beside its file and no package.
sys.path.insert(0, str(Path(__file__).parents[1] / "chaos"))

import cases

pytestmark = pytest.mark.engine
CHAIN = {
    "networks #1": "kill engine, after the effect",
    "servers #1": "kill all, answered, not written",
    "volumes #1": "kill state server, after the effect",
    "listeners #1": "lost answer",
    "l7policies #1": "kill mcloud, after the effect",
}


def test_some_cases_of_the_matrix(repository: Path, tmp_path: Path) -> None:
    """Cut off in several ways on one stack, an error state; what a folder knows is not played again."""

    def chaos(*words: str) -> Any:
        about = ["--cloud", "vng", "--phase", "up", "--folder", str(tmp_path / "chaos"), "--json"]
        done = subprocess.run(
            [sys.executable, "tests/chaos/run.py", *about, *words],
            cwd=repository,
            env={**os.environ, "TMPDIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    chaos("--table")
    plan = cases.Plan.parse((tmp_path / "chaos" / "plan-vng.json").read_text(encoding="utf-8"))
    calls = {call.words.rsplit("/", 1)[-1]: call for call in plan.calls["up"]}
    faults = {calls[name]: fault for name, fault in CHAIN.items()}
    only = ",".join(cases.Case("vng", "up", call, fault, "again").name for call, fault in faults.items())
    told = chaos("--chains", "--only", only)
    [row, everything] = told["summary"]
    assert row == {**everything, "cloud": "vng", "phase": "up"}
    counts = ("of", "cases", "converged", "orphans", "duplicates", "not met")
    assert [row[name] for name in counts] == [len(CHAIN), len(CHAIN), len(CHAIN), 0, 0, 0]
    assert row["in chains"] > len(CHAIN) / 2
    assert told["failed chains"] == []
    played = (tmp_path / "chaos" / "results.jsonl").read_text(encoding="utf-8")
    assert chaos("--only", only, "--table")["summary"] == [row, everything]
    assert (tmp_path / "chaos" / "results.jsonl").read_text(encoding="utf-8") == played

    [row, _] = chaos("--fault", "error state", "--seed", "5", "--cases", "1")["summary"]
    assert [row[name] for name in ("cases", "converged", "orphans", "duplicates")] == [1, 1, 0, 0]
