"""A few cases of the fault matrix, always the same; ``make chaos`` plays as many as there is time for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine
CASES = 3


def test_some_cases_of_the_matrix(repository: Path, tmp_path: Path) -> None:
    draw = ["--seed", "5", "--cases", str(CASES), "--cloud", "vng", "--phase", "up", "--fault", "kill"]
    done = subprocess.run(
        [sys.executable, "tests/chaos/run.py", *draw, "--folder", str(tmp_path / "chaos"), "--json"],
        cwd=repository,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [row, everything] = json.loads(done.stdout)["summary"]
    assert row == {**everything, "cloud": "vng", "phase": "up"}
    met = row["cases"]
    assert met + row["not met"] == CASES
    assert met
    assert (row["converged"], row["orphans"], row["duplicates"]) == (met, 0, 0)
