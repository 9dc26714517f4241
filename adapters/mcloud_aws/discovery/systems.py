"""Operating systems by the names of images: as their makers name them.

Names: ubuntu.com/aws/docs, wiki.debian.org/Cloud/AmazonEC2Image, docs.aws.amazon.com/linux, docs.aws.amazon.com/ec2
(Windows AMIs), access.redhat.com, rockylinux.org, wiki.almalinux.org/cloud/AWS (all 2026-11).
"""

from __future__ import annotations

import re

_NAMES = tuple(
    (re.compile(pattern, re.IGNORECASE), system)
    for pattern, system in (
        (r"(?:^|/)ubuntu-[a-z]+-(\d\d\.\d\d)-", "ubuntu"),
        (r"^debian-(\d+)-", "debian"),
        (r"^al(2023)-ami-", "amazon-linux"),
        (r"^amzn(2)-ami-", "amazon-linux"),
        (r"^amzn-ami-\w+-(20\d\d)\.", "amazon-linux"),
        (r"^RHEL-(\d+)\.", "rhel"),
        (r"^Rocky-(\d+)-", "rocky"),
        (r"^AlmaLinux OS (\d+)", "alma"),
        (r"^CentOS[ _-](?:Stream[ _-]|Linux[ _-])?(\d+)", "centos"),
        (r"^suse-sles-(\d+)", "sles"),
        (r"^Windows_Server-(\d{4})", "windows"),
    )
)


def system_of(name: str) -> tuple[str, str] | None:
    """Operating system and version of an image by its name; None where the name does not tell."""
    for pattern, system in _NAMES:
        found = pattern.search(name)
        if found:
            return system, found[1]
    return None
