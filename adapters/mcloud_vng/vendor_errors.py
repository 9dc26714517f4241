"""The driver's one exception: what the vendor answered, or that it did not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST_TEXT = 300


class VendorError(Exception):
    """A refused or failed call. It holds no request body and no header, so no secret.

    Attributes:
        method, path: the call.
        status: HTTP status, None when there was no answer that could be used.
        code: the vendor's code, where the body has one.
        text: the vendor's message.
        retry_after: seconds, where the answer said so.
        sent: False when the request surely did not reach the service.
    """

    def __init__(
        self,
        method: str,
        path: str,
        *,
        status: int | None = None,
        code: str | None = None,
        text: str = "",
        retry_after: float | None = None,
        sent: bool = True,
    ) -> None:
        said = [f"HTTP {status}"] if status is not None else []
        said += [text] if text else []
        super().__init__(f"{method} {path}: {': '.join(said) or 'no answer'}")
        self.method, self.path = method, path
        self.status, self.code, self.text = status, code, text
        self.retry_after, self.sent = retry_after, sent


def parse_refusal(body: str) -> tuple[str | None, str]:
    """Code and message of an error body in any of the vendor's shapes.

    ``{"message", "errorCode", "statusCode"}``, ``{"errors": [{"code", "message"}]}``, ``[{"code", "message"}]``,
    ``{"code", "error"}``, ``{"success": false, "errorMsg"}``; of a web page its title; other text as it is, shortened.
    """
    try:
        parsed: Any = json.loads(body)
    except ValueError:
        return None, _plain(body)
    if isinstance(parsed, dict) and isinstance(parsed.get("errors"), list):
        parsed = parsed["errors"]
    if isinstance(parsed, list):
        parsed = parsed[0] if parsed else {}
    if not isinstance(parsed, dict):
        return None, "" if parsed is None else str(parsed)[:LONGEST_TEXT]
    code = parsed.get("errorCode") or parsed.get("code")
    text = parsed.get("message") or parsed.get("errorMsg") or parsed.get("error") or ""
    return (str(code) if code else None), str(text)[:LONGEST_TEXT]


def _plain(body: str) -> str:
    """A gateway's or proxy's page is named by its title only."""
    if body.lstrip().startswith("<"):
        found = re.search(r"<title>(.*?)</title>", body, re.IGNORECASE | re.DOTALL)
        return " ".join(found[1].split())[:LONGEST_TEXT] if found else "an answer that is not JSON"
    return body.strip()[:LONGEST_TEXT]


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds to wait by the ``Retry-After`` header, in seconds or as a date (RFC 9110); None without a usable one."""
    given = headers.get("retry-after") or ""
    try:
        return max(0.0, float(given))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(given)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
