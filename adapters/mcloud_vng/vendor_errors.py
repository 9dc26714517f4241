"""The driver's one exception: what the vendor answered, or that it did not."""

from __future__ import annotations

import json
from typing import Any


class VendorError(Exception):
    """A refused or failed call. It holds no request body and no header, so no secret.

    Attributes:
        method, path: the call.
        status: HTTP status, None when there was no answer.
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
        answer = f"HTTP {status}" if status is not None else "no answer"
        super().__init__(f"{method} {path}: {answer}{f': {text}' if text else ''}")
        self.method, self.path = method, path
        self.status, self.code, self.text = status, code, text
        self.retry_after, self.sent = retry_after, sent


def parse_refusal(body: str) -> tuple[str | None, str]:
    """Code and message of an error body in any of the vendor's shapes (dossier 3.2 and 4.4).

    ``{"message", "errorCode", "statusCode"}``, ``{"errors": [{"code", "message"}]}``, ``[{"code", "message"}]``,
    ``{"success": false, "errorMsg"}``; anything else is given back as it is, shortened.
    """
    try:
        parsed: Any = json.loads(body)
    except ValueError:
        return None, body.strip()[:300]
    if isinstance(parsed, dict) and isinstance(parsed.get("errors"), list):
        parsed = parsed["errors"]
    if isinstance(parsed, list):
        parsed = parsed[0] if parsed and isinstance(parsed[0], dict) else {}
    if not isinstance(parsed, dict):
        return None, str(parsed)[:300]
    code = parsed.get("errorCode") or parsed.get("code")
    text = parsed.get("message") or parsed.get("errorMsg") or parsed.get("error") or ""
    return (str(code) if code else None), str(text)[:300]
