"""vStorage's refusals, which are S3's, as mcloud's errors; what the client library raises by itself included."""

from __future__ import annotations

import sys
from typing import Any

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
    Unreachable,
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
    library = sys.modules.get("botocore.exceptions")
    if library is None:
        return None
    if isinstance(error, library.ClientError):
        return _refused(error, doing)
    if isinstance(error, (library.HTTPClientError, library.ConnectionError)):
        return _unreachable(error, doing, library)
    return None


def _refused(error: Any, doing: str) -> CloudError:
    said = error.response.get("Error", {})
    about = error.response.get("ResponseMetadata", {})
    code, text, status = str(said.get("Code", "")), str(said.get("Message", "")), about.get("HTTPStatusCode", 0)
    kind, hint = TABLE.get(code) or (_by_status(status), _KEYS if status in (401, 403) else "")
    message = f"cannot {doing}: {text or code or f'vStorage answered HTTP {status}'}"
    made = kind(message, hint=hint or None, vendor_code=code or None, vendor_text=text or None)
    if isinstance(made, RateLimited):
        made.retry_after = _seconds(about.get("HTTPHeaders", {}).get("retry-after"))
    return made


def _by_status(status: int) -> type[CloudError]:
    if status >= 500:
        return Temporary
    return BY_STATUS.get(status, InvalidRequest if 400 <= status < 500 else CloudError)


def _seconds(value: str | None) -> float | None:
    try:
        return float(value) if value else None
    except ValueError:
        return None


def _unreachable(error: Exception, doing: str, library: Any) -> Unreachable:
    made = Unreachable(
        f"cannot {doing}: no answer from vStorage ({type(error).__name__})",
        hint="check the network and the profile's endpoint vstorage",
    )
    made.sent = not isinstance(
        error,
        (library.EndpointConnectionError, library.ConnectTimeoutError, library.ProxyConnectionError, library.SSLError),
    )
    return made
