"""Which store an address means."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from mcloud.engine.stateserver.store import FolderStore, Store
from mcloud.errors import StateError

KNOWN = "file:///FOLDER, or s3://BUCKET/PREFIX?endpoint=https://HOST&region=NAME"


def open_store(address: str) -> Store:
    """The store at ``file:///FOLDER`` or ``s3://BUCKET/PREFIX?endpoint=URL&region=NAME``.

    Raises:
        StateError: no such kind of store, or what it needs is not installed.
    """
    parts = urlsplit(address)
    if parts.scheme == "file":
        return FolderStore(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        return _bucket(parts.netloc, parts.path, parts.query)
    raise StateError(f"the state cannot be kept at {parts.scheme}://…", hint=KNOWN)


def _bucket(bucket: str, prefix: str, query: str) -> Store:
    given = parse_qs(query)
    unknown = sorted(given.keys() - {"endpoint", "region"})
    if unknown:
        raise StateError(f"the state's address has {', '.join(unknown)}, which is not known", hint=KNOWN)
    try:
        from mcloud.engine.stateserver.s3 import BucketStore
    except ImportError as error:
        raise StateError("a state in a bucket needs boto3", hint="pip install 'mcloud-vn[domestic]'") from error
    return BucketStore(bucket, unquote(prefix), given.get("endpoint", [None])[0], given.get("region", [None])[0])
