"""Where emulated objects are kept: moto's S3, with data of its own for each emulator and region.

moto keeps everything in the process: accounts, and one table of bucket names for all of them. Each farm here has an
account of its own, and its own table while one of its calls is under way.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

from mcloud.emulator.moto import ONE_AT_A_TIME, run
from mcloud.emulator.signature import S3Call
from mcloud.emulator.wire import WireAnswer

_ACCOUNTS = itertools.count(100_000_000_000)
_REGION = "us-east-1"
"""For moto a call is signed for its default region unless one is named: there no location is needed."""


class Farm:
    """The buckets of one region of one emulator; safe to use from several threads."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._account = f"{next(_ACCOUNTS):012d}"
        self._names: dict[str, Any] = {}
        self._touched = False

    def serve(self, call: S3Call, region: str | None = None) -> WireAnswer:
        """moto's answer, in a region if one is named; who may ask is not looked at."""
        with self._backend():
            return run("s3", call, self._account, region or _REGION)

    def region(self, bucket: str) -> str | None:
        """Where a bucket was made, None when there is none."""
        if not self.has(bucket):
            return None
        with self._backend() as backend:
            return str(backend.buckets[bucket].region_name)

    def count(self) -> int:
        """How many buckets there are."""
        return len(self._names)

    def has(self, bucket: str) -> bool:
        """Whether there is a bucket of this name."""
        return bucket in self._names

    def inventory(self) -> list[dict[str, Any]]:
        """Name, region and number of current objects of each bucket."""
        if not self._touched:
            return []
        with self._backend() as backend:
            return [
                {"name": name, "region": str(bucket.region_name), "objects": len(_current(bucket))}
                for name, bucket in sorted(backend.buckets.items())
            ]

    def encrypts(self, bucket: str, key: str = "", version: str | None = None) -> bool:
        """Whether a bucket, or an object in it, is encrypted."""
        with self._backend() as backend:
            found = backend.buckets.get(bucket)
            if found is None:
                return False
            item = backend.get_object(bucket, key, version_id=version) if key else None
            return bool(found.encryption or (item is not None and item.encryption))

    def is_public(self, call: S3Call) -> bool:
        """Whether anybody may do this: by the object's or bucket's ACL, or by the bucket's policy."""
        with self._backend() as backend:
            bucket = backend.buckets.get(call.bucket)
            if bucket is None or call.method not in ("GET", "HEAD"):
                return bucket is not None and call.method == "OPTIONS"
            item = backend.get_object(call.bucket, call.key) if call.key else None
            acl = item.acl if call.key and item is not None else bucket.acl if not call.key else None
            if acl is not None and acl.public_read and not _acls_ignored(bucket):
                return True
            action = "s3:GetObject" if call.key else "s3:ListBucket"
            return bucket.policy is not None and allows_all(bucket.policy, action, call.path[1:].rstrip("/"))

    def clear(self) -> None:
        """Throw everything away and begin with an account that nobody has used."""
        with ONE_AT_A_TIME:
            if self._touched:
                from moto.s3.models import s3_backends

                s3_backends.pop(self._account, None)
            self._begin()

    @contextmanager
    def _backend(self) -> Iterator[Any]:
        with ONE_AT_A_TIME:
            from moto.s3.models import s3_backends
            from moto.utilities.utils import DEFAULT_PARTITION

            self._touched = True
            others, s3_backends.bucket_accounts = s3_backends.bucket_accounts, self._names
            try:
                yield s3_backends[self._account][DEFAULT_PARTITION]
            finally:
                s3_backends.bucket_accounts = others
                _forget_instances()


def _current(bucket: Any) -> list[str]:
    """Keys whose newest version is no delete marker."""
    from moto.s3.models import FakeDeleteMarker

    return [key for key, newest in bucket.keys.items() if not isinstance(newest, FakeDeleteMarker)]


def _acls_ignored(bucket: Any) -> bool:
    block = bucket.public_access_block
    return block is not None and str(block.ignore_public_acls).lower() == "true"


def _forget_instances() -> None:
    """moto remembers every object that there ever was, with its open file; here an object that is gone is let go.

    Marked as disposed, it closes its file without a warning when nothing holds it any more.
    """
    from moto.s3.models import FakeKey, FakeMultipart

    for key in FakeKey.instances_tracked:
        key.disposed = True
    FakeKey.instances_tracked.clear()
    FakeMultipart.instances_tracked.clear()


def allows_all(policy: bytes, action: str, path: str) -> bool:
    """Whether a bucket's policy lets everybody do ``action`` on ``bucket`` or ``bucket/key``; a denial wins.

    Statements with a condition count when they deny and not when they allow, for no condition is looked at.
    """
    allowed = False
    for statement in _listed(json.loads(policy).get("Statement")):
        names = _listed(statement.get("Action"))
        places = [str(place).partition(":::")[2] for place in _listed(statement.get("Resource"))]
        if not _everybody(statement.get("Principal")):
            continue
        if not any(fnmatchcase(action.lower(), str(name).lower()) for name in names):
            continue
        if not any(fnmatchcase(path, place) for place in places):
            continue
        if statement.get("Effect") == "Deny":
            return False
        allowed = allowed or (statement.get("Effect") == "Allow" and not statement.get("Condition"))
    return allowed


def _everybody(principal: Any) -> bool:
    values = principal.values() if isinstance(principal, Mapping) else [principal]
    return any(value == "*" or (isinstance(value, list) and "*" in value) for value in values)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
