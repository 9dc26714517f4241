"""What the instance types have: a table of facts, each row with source, date and mark."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).parent / "catalog" / "instance_types.csv"


@cache
def instance_sizes() -> dict[str, tuple[int, int]]:
    """Instance type -> vCPUs and memory in MiB."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return {row["name"]: (int(row["vcpu"]), int(row["memory_mib"])) for row in csv.DictReader(file)}


_SYSTEMS: tuple[tuple[str, str], ...] = (
    # (a pattern of names of images and of parameters that name images, the system); the group is the version.
    (r"ubuntu[-/].*?\b(\d\d\.\d\d)\b", "ubuntu"),
    (r"ubuntu/server/(\d\d\.\d\d)/", "ubuntu"),
    (r"debian[-/](?:release/)?(\d+)\b", "debian"),
    (r"rocky-(\d+)\b", "rocky"),
    (r"al(2023)-ami", "amazon-linux"),
    (r"amzn(2)-ami", "amazon-linux"),
    (r"amzn-ami-", "amazon-linux"),
    (r"rhel-?(\d+(?:\.\d+)?)", "rhel"),
    (r"centos[- ](?:stream |linux )?(\d+)", "centos"),
    (r"almalinux(?: os)? (\d+)", "almalinux"),
    (r"suse-sles-(\d+)", "sles"),
    (r"windows_server-(20\d\d)", "windows"),
)


def image_words(name: str) -> tuple[str, str] | None:
    """System and version by the name of an image, or of the parameter that names it; None where it tells neither.

    Names as their publishers give them (docs.aws.amazon.com/ec2, "Find an AMI", and the publishers' pages, 2026-11).
    """
    for pattern, system in _SYSTEMS:
        found = re.search(pattern, name, re.IGNORECASE)
        if found is not None:
            # The first of these has no version in its name.
            return system, found[1] if found.lastindex else "1"
    return None
