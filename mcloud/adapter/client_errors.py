"""Errors of botocore, the client library of everything that speaks S3's language, as mcloud's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcloud.errors import CloudError, RateLimited, Unreachable

SortedBy = Callable[[str, int], tuple[type[CloudError], str]]
"""Error and hint for a service's code and its HTTP status."""


def refused(error: Any, doing: str, service: str, sorted_by: SortedBy) -> CloudError:
    """A ``ClientError``: what the service said, with its code and how long to wait where it says so."""
    said = error.response.get("Error", {})
    about = error.response.get("ResponseMetadata", {})
    code, text, status = str(said.get("Code", "")), str(said.get("Message", "")), int(about.get("HTTPStatusCode", 0))
    kind, hint = sorted_by(code, status)
    message = f"cannot {doing}: {text or code or f'{service} answered HTTP {status}'}"
    made = kind(message, hint=hint or None, vendor_code=code or None, vendor_text=text or None)
    if isinstance(made, RateLimited):
        made.retry_after = _seconds(about.get("HTTPHeaders", {}).get("retry-after"))
    return made


def unreachable(error: Exception, doing: str, service: str, library: Any, hint: str) -> Unreachable:
    """No answer; ``sent`` is False where the request surely never got there. ``library``: botocore.exceptions."""
    made = Unreachable(f"cannot {doing}: no answer from {service} ({type(error).__name__})", hint=hint)
    made.sent = not isinstance(
        error,
        (library.EndpointConnectionError, library.ConnectTimeoutError, library.ProxyConnectionError, library.SSLError),
    )
    return made


def _seconds(value: str | None) -> float | None:
    try:
        return float(value) if value else None
    except ValueError:
        return None
