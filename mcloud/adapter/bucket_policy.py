"""Bucket policies: what the stack says, and the one statement that makes a bucket public. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from mcloud.model.storage import BUCKET, canonical_policy

VERSION = "2012-10-17"
_SID = "McloudPublicRead"


@dataclass(frozen=True)
class BucketPolicies:
    """Policies of one service.

    Attributes:
        prefix: what stands before a bucket's name in a resource.
    """

    prefix: str

    def native(self, policy: str, public: bool, bucket: str) -> str | None:
        """The policy for the service: the stack's, and the public statement; None where there is neither."""
        document = json.loads(policy) if policy else {"Version": VERSION, "Statement": []}
        statements = [*document["Statement"], *([self._public()] if public else [])]
        if not statements:
            return None
        return json.dumps({**document, "Statement": self._placed(statements, BUCKET, bucket)}, sort_keys=True)

    def neutral(self, text: str | None, bucket: str) -> tuple[str, bool]:
        """The stack's policy and whether the bucket is public, from what the service has."""
        if not text:
            return "", False
        try:
            document = json.loads(canonical_policy(text))
        except ValueError:
            return text, False
        statements = self._placed(document["Statement"], bucket, BUCKET)
        rest = [statement for statement in statements if statement != self._public()]
        if not rest:
            return "", True
        return canonical_policy(json.dumps({**document, "Statement": rest})), len(rest) < len(statements)

    def names(self, policy: str, bucket: str) -> bool:
        """Whether a policy names the bucket by its own name instead of by the word that stands for it."""
        statements = json.loads(policy)["Statement"] if policy else []
        return bool(self._placed(statements, bucket, BUCKET) != statements)

    def _public(self) -> dict[str, Any]:
        place = f"{self.prefix}{BUCKET}/*"
        return {"Action": "s3:GetObject", "Effect": "Allow", "Principal": "*", "Resource": place, "Sid": _SID}

    def _placed(self, statements: list[dict[str, Any]], before: str, after: str) -> list[dict[str, Any]]:
        """The statements with one bucket's name for another in their resources."""

        def moved(place: Any) -> Any:
            if isinstance(place, list):
                return [moved(item) for item in place]
            for end in ("", "/"):
                start = f"{self.prefix}{before}{end}"
                if isinstance(place, str) and (place == start or (end and place.startswith(start))):
                    return f"{self.prefix}{after}{end}{place[len(start) :]}"
            return place

        fields = ("Resource", "NotResource")
        return [{key: moved(value) if key in fields else value for key, value in item.items()} for item in statements]
