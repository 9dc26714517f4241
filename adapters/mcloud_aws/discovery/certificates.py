"""Certificates of ACM with their texts; their keys stay where they are."""

from __future__ import annotations

from collections.abc import Iterator

from mcloud.adapter.kind import Native
from mcloud_aws.discovery.look import Look, Raw
from mcloud_aws.resources.certificate import KEYS


def certificates(look: Look) -> Iterator[tuple[str, Native]]:
    """All that are issued."""
    rows = look.rows("acm", "list_certificates", Includes={"keyTypes": KEYS})
    for row, native in zip(rows, look.side_by_side(lambda one: _native(look, one), rows), strict=True):
        yield row["CertificateArn"], native


def _native(look: Look, row: Raw) -> Raw:
    arn = row["CertificateArn"]
    tags = look.rows("acm", "list_tags_for_certificate", CertificateArn=arn)
    # One that waits for its proof has no text yet.
    text = look.one("acm", "get_certificate", "RequestInProgressException", CertificateArn=arn) or {}
    return {"certificate": row, "tags": tags, "text": text.get("Certificate"), "chain": text.get("CertificateChain")}
