"""Images as their makers publish them, beside those that moto has: those are of 2017.

Owners and the form of the names are those of the catalog's patterns; the days are the emulator's own.
"""

from __future__ import annotations

import csv
import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).parent / "images.csv"


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def image_id(name: str, region: str) -> str:
    """The image's id in a region, always the same."""
    return f"ami-{hashlib.sha256(f'{region}/{name}'.encode()).hexdigest()[:17]}"


def put(ec2: Any, region: str) -> None:
    """Publish them in a region of moto's."""
    from moto.ec2.models.amis import Ami

    for row in _rows():
        made = Ami(
            ec2,
            image_id(row["name"], region),
            name=row["name"],
            owner_id=row["owner"],
            owner_alias=row["alias"] or None,
            public=True,
            virtualization_type="hvm",
            architecture="x86_64",
            creation_date=datetime.fromisoformat(row["created"]).replace(tzinfo=UTC),
            platform=row["platform"] or None,
            hypervisor="xen",
            root_device_type="ebs",
            root_device_name=row["root_device"],
            region_name=f"{region}a",
        )
        ec2.amis[made.id] = made
