"""Bucket policies: what the stack says, and the one statement that makes a bucket public. Pure."""

from __future__ import annotations

import json
from typing import Any

from mcloud.model.storage import BUCKET, canonical_policy

VERSION = "2012-10-17"
_ARN = "arn:aws:s3:::"
_SID = "McloudPublicRead"


def _public() -> dict[str, Any]:
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


def names_bucket(policy: str, bucket: str) -> bool:
    """Whether a policy names the bucket by its own name instead of by the word that stands for it."""
    statements = json.loads(policy)["Statement"] if policy else []
    return bool(_placed(statements, bucket, BUCKET) != statements)
