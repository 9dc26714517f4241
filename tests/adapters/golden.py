"""Golden files: ``CLOUD/golden/KIND.json`` holds neutral inputs and picks, what they become natively, and the gaps.

MCLOUD_REGEN=1 writes the native side and the gaps anew; the difference is then read by a person.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mcloud.adapter import registry

CLOUDS = ("aws", "vng")
REGENERATE = bool(os.environ.get("MCLOUD_REGEN"))
unless_regenerated = pytest.mark.skipif(REGENERATE, reason="the golden files are written anew")
Cases = dict[tuple[str, str], dict[str, Any]]


def file_of(cloud: str, kind: str) -> Path:
    """The golden file of a kind."""
    return Path(__file__).parent / cloud / "golden" / f"{kind}.json"


def cases(cloud: str) -> Cases:
    """(kind, name) -> case, of all golden files of a cloud."""
    files = sorted(file_of(cloud, "x").parent.glob("*.json"))
    return {(path.stem, name): case for path in files for name, case in json.loads(path.read_text()).items()}


def made(cloud: str, kind: str, case: dict[str, Any]) -> dict[str, Any]:
    """The case with what the adapter makes of it today."""
    doing = registry.get(cloud).kinds[kind]
    gaps = [gap.as_dict() for gap in doing.gaps("section.name", case["inputs"])]
    return {**case, "native": doing.translate(case["inputs"], case["picks"]), "gaps": gaps}
