"""Bucket policies of vStorage: how resources are named, and whom a policy may name."""

from __future__ import annotations

import json

from mcloud.adapter.bucket_policy import BucketPolicies

POLICIES = BucketPolicies("arn:aws:s3:::")
"""As the vendor's document writes it [DOC]. A bucket is opened by policy, because the console's own switch is refused
to some users (LIVE [3P])."""


def foreign_principals(policy: str) -> list[str]:
    """Principals of another form than the two that the vendor's document shows [DOC]."""
    found: set[str] = set()
    for statement in json.loads(policy)["Statement"] if policy else ():
        for field in ("Principal", "NotPrincipal"):
            principal = statement.get(field, "*")
            users = principal.get("AWS") if isinstance(principal, dict) and set(principal) == {"AWS"} else principal
            for user in users if isinstance(users, list) else [users]:
                if user != "*" and not (isinstance(user, str) and user.startswith("arn:aws:iam:::user/")):
                    found.add(user if isinstance(user, str) else json.dumps(user, sort_keys=True))
    return sorted(found)
