"""A few cases of the fault matrix, always the same; ``make chaos`` plays as many as there is time for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.engine
CASES = 3


def test_some_cases_of_the_matrix(repository: Path, tmp_path: Path) -> None:
    """Cut off in three ways, and a state that ends in an error; what a folder knows is not played again."""

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

    draw = ["--seed", "5", "--cases", str(CASES), "--fault", "kill"]
    [row, everything] = chaos(*draw)["summary"]
    assert row == {**everything, "cloud": "vng", "phase": "up"}
    met = row["cases"]
    assert met + row["not met"] == CASES
    assert met
    assert (row["converged"], row["orphans"], row["duplicates"]) == (met, 0, 0)
    played = (tmp_path / "chaos" / "results.jsonl").read_text(encoding="utf-8")
    assert chaos(*draw, "--table")["summary"] == [row, everything]
    assert (tmp_path / "chaos" / "results.jsonl").read_text(encoding="utf-8") == played

    [row, _] = chaos("--fault", "error state", "--seed", "5", "--cases", "1")["summary"]
    assert [row[name] for name in ("cases", "converged", "orphans", "duplicates")] == [1, 1, 0, 0]
