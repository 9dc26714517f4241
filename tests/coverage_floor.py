"""Holds the branch coverage of what must not be guessed at: model, matching, translation and codec."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

FLOOR = 95.0
PARTS = {
    "model": ("mcloud/model/", "mcloud/units.py"),
    "match": ("mcloud/match/",),
    "translate": (
        "adapters/mcloud_vng/translate.py",
        "adapters/mcloud_vng/translate_lb.py",
        "adapters/mcloud_vng/policies.py",
    ),
    "codec": ("mcloud/engine/codec.py",),
}


def percent(files: dict[str, dict[str, dict[str, int]]], prefixes: tuple[str, ...]) -> float:
    """Covered statements and branches of all statements and branches, in percent."""
    summaries = [item["summary"] for name, item in files.items() if name.startswith(prefixes)]
    covered = sum(item["covered_lines"] + item["covered_branches"] for item in summaries)
    wanted = sum(item["num_statements"] + item["num_branches"] for item in summaries)
    return 100.0 * covered / wanted if wanted else 0.0


def main() -> None:
    """Print each part's coverage; exit 1 below the floor."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        command = [sys.executable, "-m", "coverage", "json", "--quiet", "-o", str(report)]
        subprocess.run(command, check=True)
        files = json.loads(report.read_text())["files"]
    low = []
    for part, prefixes in PARTS.items():
        found = percent(files, prefixes)
        sys.stdout.write(f"branch coverage of {part}: {found:.1f} %\n")
        if found < FLOOR:
            low.append(part)
    if low:
        sys.exit(f"below {FLOOR:.0f} %: {', '.join(low)}")


if __name__ == "__main__":
    main()
