"""Bucket policies of S3: how resources are named, and what opens a bucket to everybody. Pure."""

from __future__ import annotations

import json
from typing import Any

from mcloud.adapter.bucket_policy import BucketPolicies

POLICIES = BucketPolicies("arn:aws:s3:::")


def opens_to_all(policy: str) -> bool:
    """Whether a stack's policy allows something to everybody without a condition: such a one is blocked by default."""
    for statement in json.loads(policy)["Statement"] if policy else ():
        principal = statement.get("Principal")
        everybody = principal == "*" or (isinstance(principal, dict) and "*" in _listed(principal.get("AWS")))
        if statement.get("Effect") == "Allow" and everybody and not statement.get("Condition"):
            return True
    return False


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
