"""The emulated vStorage: what the service's S3 has and refuses (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from collections.abc import Mapping

from mcloud.emulator.objects import ObjectStorage

REGIONS = ("HCM04", "HAN02")
DOCUMENTED = frozenset(
    [
        "acl",
        "cors",
        "encryption",
        "legal-hold",
        "lifecycle",
        "location",
        "notification",
        "object-lock",
        "policy",
        "policyStatus",
        "publicAccessBlock",
        "retention",
        "versioning",
        "versions",
        "website",
    ]
)
"""Of the vendor's list of S3 calls ([DOC] 2026-08-07); that what it does not list is refused is the emulator's choice.

``location`` and ``policyStatus`` are not listed; S3 clients ask for them by themselves.
"""


def _env(url: str, access_key: str, secret_key: str) -> Mapping[str, str]:
    """What rclone reads, as the remote ``vng:``; the last two are what S3 clients and this adapter read."""
    remote = {
        "TYPE": "s3",
        "PROVIDER": "Other",
        "ENDPOINT": url,
        "REGION": REGIONS[0],
        "ACCESS_KEY_ID": access_key,
        "SECRET_ACCESS_KEY": secret_key,
        "FORCE_PATH_STYLE": "true",
        "ACL": "private",
    }
    found = {f"RCLONE_CONFIG_VNG_{name}": value for name, value in remote.items()}
    return found | {"VSTORAGE_ACCESS_KEY": access_key, "VSTORAGE_SECRET_KEY": secret_key}


def _endpoints(url: str) -> Mapping[str, str]:
    """One address for both regions: each request is signed for its own."""
    return {"vstorage": url}


OBJECTS = ObjectStorage(
    regions=REGIONS,
    subresources=DOCUMENTED,
    # Lower-case letters, digits and hyphens [3P]; the lengths are S3's own.
    bucket_name=r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    buckets=1000,  # per project [DOC]
    lifecycle_rules=50,  # per bucket [DOC]
    lock_modes=frozenset({"COMPLIANCE"}),  # no GOVERNANCE [DOC]
    copies_encrypted=False,  # 501 NotImplemented [DOC]
    env=_env,
    endpoints=_endpoints,
)
