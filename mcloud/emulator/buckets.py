"""Where emulated objects are kept: moto's S3, with data of its own for each emulator and region.

moto keeps everything in the process: accounts, and one table of bucket names for all of them. Each farm here has an
account of its own, and its own table while one of its calls is under way; calls are made one at a time. moto takes a
second to import, so that is done at the first call.
"""

from __future__ import annotations

import io
import itertools
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any
from urllib.parse import quote

from mcloud.emulator.signature import SIGNATURE_QUERY, S3Call

_ONE_AT_A_TIME = threading.RLock()
_ACCOUNTS = itertools.count(100_000_000_000)
_SIGNED = "AWS4-HMAC-SHA256 Credential=x/20000101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
"""What moto is told instead of the caller's signature: in its default region no location needs to be named."""


@dataclass(frozen=True)
class S3Answer:
    """Status, headers and body."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@cache
def _application() -> Any:
    from moto.moto_server.werkzeug_app import create_backend_app

    application = create_backend_app("s3")
    # It would let every origin in, whatever the bucket's own CORS rules say.
    application.after_request_funcs.clear()
    return application


class Farm:
    """The buckets of one region of one emulator; safe to use from several threads."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._account = f"{next(_ACCOUNTS):012d}"
        self._names: dict[str, Any] = {}
        self._touched = False

    def serve(self, call: S3Call) -> S3Answer:
        """moto's answer; who may ask is not looked at."""
        with self._backend():
            return _run(_application(), call, self._account)

    def count(self) -> int:
        """How many buckets there are."""
        return len(self._names)

    def has(self, bucket: str) -> bool:
        """Whether there is a bucket of this name."""
        return bucket in self._names

    def inventory(self) -> list[dict[str, Any]]:
        """Name and number of current objects of each bucket."""
        if not self._touched:
            return []
        with self._backend() as backend:
            return [
                {"name": name, "objects": len(_current(bucket))} for name, bucket in sorted(backend.buckets.items())
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
        with _ONE_AT_A_TIME:
            if self._touched:
                from moto.s3.models import s3_backends

                s3_backends.pop(self._account, None)
            self._begin()

    @contextmanager
    def _backend(self) -> Iterator[Any]:
        with _ONE_AT_A_TIME:
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


def _run(application: Any, call: S3Call, account: str) -> S3Answer:
    """Call a WSGI application."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], error: Any = None) -> None:
        started.append((status, headers))

    body = application(_environment(call, account), start_response)
    try:
        raw = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    status, headers = started[-1]
    return S3Answer(int(status.split(" ", 1)[0]), tuple(headers), raw)


def _environment(call: S3Call, account: str) -> dict[str, Any]:
    raw_path = quote(call.path, safe="/-_.~")
    query = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}" if value else quote(name, safe="")
        for name, value in call.query
        if name.lower() not in SIGNATURE_QUERY
    )
    environ: dict[str, Any] = {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in call.headers.items()
        if not name.startswith("x-moto-") and name not in ("content-type", "content-length", "transfer-encoding")
    }
    return environ | {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": call.path.encode().decode("latin-1"),
        "RAW_URI": f"{raw_path}?{query}" if query else raw_path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        # An address, so that no part of it is taken for a bucket.
        "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": _SIGNED,
        "HTTP_X_MOTO_ACCOUNT_ID": account,
        "CONTENT_TYPE": call.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(call.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(call.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
