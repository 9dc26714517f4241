"""What the instance types have: a table of facts, each row with source, date and mark."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).parent / "catalog" / "instance_types.csv"


@cache
def instance_sizes() -> dict[str, tuple[int, int]]:
    """Instance type -> vCPUs and memory in MiB."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return {row["name"]: (int(row["vcpu"]), int(row["memory_mib"])) for row in csv.DictReader(file)}
