"""Bucket policies: what the stack says, and the one statement that makes a bucket public."""

from __future__ import annotations

import json
from typing import Any

from mcloud.model.storage import BUCKET, canonical_policy

VERSION = "2012-10-17"  # the one that the vendor's document shows [DOC]
_ARN = "arn:aws:s3:::"
_SID = "McloudPublicRead"


def _public() -> dict[str, Any]:
    """Everybody reads: by policy, because the console's own switch is refused to some users (LIVE [3P])."""
    place = f"{_ARN}{BUCKET}/*"
    return {"Action": "s3:GetObject", "Effect": "Allow", "Principal": "*", "Resource": place, "Sid": _SID}


def native_policy(policy: str, public: bool, bucket: str) -> str | None:
    """The policy for the service: the stack's, and the public statement; None where there is neither."""
    document = json.loads(policy) if policy else {"Version": VERSION, "Statement": []}
    statements = [*document["Statement"], *([_public()] if public else [])]
    if not statements:
        return None
    return json.dumps({**document, "Statement": _placed(statements, BUCKET, bucket)}, sort_keys=True)


def neutral_policy(text: str | None, bucket: str) -> tuple[str, bool]:
    """The stack's policy and whether the bucket is public, from what the service has."""
    if not text:
        return "", False
    try:
        document = json.loads(canonical_policy(text))
    except ValueError:
        return text, False
    statements = _placed(document["Statement"], bucket, BUCKET)
    rest = [statement for statement in statements if statement != _public()]
    if not rest:
        return "", True
    return canonical_policy(json.dumps({**document, "Statement": rest})), len(rest) < len(statements)


def _placed(statements: list[dict[str, Any]], before: str, after: str) -> list[dict[str, Any]]:
    """The statements with one bucket's name for another in their resources."""

    def moved(place: Any) -> Any:
        if isinstance(place, list):
            return [moved(item) for item in place]
        for end in ("", "/"):
            start = f"{_ARN}{before}{end}"
            if isinstance(place, str) and (place == start or (end and place.startswith(start))):
                return f"{_ARN}{after}{end}{place[len(start) :]}"
        return place

    fields = ("Resource", "NotResource")
    return [{key: moved(value) if key in fields else value for key, value in item.items()} for item in statements]


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


def names_bucket(policy: str, bucket: str) -> bool:
    """Whether a policy names the bucket by its own name instead of by the word that stands for it."""
    statements = json.loads(policy)["Statement"] if policy else []
    return bool(_placed(statements, bucket, BUCKET) != statements)
