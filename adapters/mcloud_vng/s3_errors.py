"""vStorage's refusals, which are S3's, as mcloud's errors; what the client library raises by itself included."""

from __future__ import annotations

import sys

from mcloud.adapter.client_errors import refused, unreachable
from mcloud.errors import (
    CloudError,
    Conflict,
    InUse,
    InvalidRequest,
    NotFound,
    QuotaExceeded,
    RateLimited,
    Temporary,
    Unauthorised,
)

_KEYS = "check access_key and secret_key of vStorage; a key belongs to one vStorage project in one region"
_AGAIN = "it is tried again"
TABLE: dict[str, tuple[type[CloudError], str]] = {
    "NoSuchBucket": (NotFound, ""),
    "BucketAlreadyExists": (Conflict, "the name is taken, maybe by another account; choose another one"),
    "BucketAlreadyOwnedByYou": (Conflict, "the bucket is there already; import it or choose another name"),
    "BucketNotEmpty": (InUse, ""),
    "OperationAborted": (Conflict, "another change of the bucket is under way; try again"),
    "TooManyBuckets": (QuotaExceeded, "delete buckets that are not needed: a vStorage project has at most 1000 [DOC]"),
    "QuotaExceeded": (QuotaExceeded, "enlarge the vStorage project"),
    "AccessDenied": (Unauthorised, _KEYS),
    "InvalidAccessKeyId": (Unauthorised, _KEYS),
    "SignatureDoesNotMatch": (Unauthorised, _KEYS),
    "AuthorizationHeaderMalformed": (Unauthorised, "the placement's region must be that of the vStorage project"),
    "RequestTimeTooSkewed": (Unauthorised, "set this machine's clock"),
    "NotImplemented": (InvalidRequest, "vStorage does not do this"),
    "SlowDown": (RateLimited, _AGAIN),
    "ServiceUnavailable": (Temporary, _AGAIN),
    "InternalError": (Temporary, _AGAIN),
    "RequestTimeout": (Temporary, _AGAIN),
}
BY_STATUS: dict[int, type[CloudError]] = {
    401: Unauthorised,
    403: Unauthorised,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
}


def explain_s3(error: Exception, doing: str) -> CloudError | None:
    """Sort an error of the S3 client; None for an error of anything else."""
    if not any(kind.__module__.partition(".")[0] == "botocore" for kind in type(error).__mro__):
        # The client may not be loaded yet, or be half loaded by another thread that makes a bucket.
        return None
    library = sys.modules["botocore.exceptions"]
    if isinstance(error, library.ClientError):
        return refused(error, doing, "vStorage", _sorted)
    if isinstance(error, (library.HTTPClientError, library.ConnectionError)):
        hint = "check the network and the profile's endpoint vstorage"
        return unreachable(error, doing, "vStorage", library, hint)
    return None


def _sorted(code: str, status: int) -> tuple[type[CloudError], str]:
    return TABLE.get(code) or (_by_status(status), _KEYS if status in (401, 403) else "")


def _by_status(status: int) -> type[CloudError]:
    if status >= 500:
        return Temporary
    return BY_STATUS.get(status, InvalidRequest if 400 <= status < 500 else CloudError)
