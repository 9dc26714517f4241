"""Signing in and calling VNG Cloud: dossier sections 2-4. One connection serves many threads."""

from __future__ import annotations

import base64
import json
import threading
import time
from typing import Any
from urllib.parse import quote, urlencode, urlparse

import requests
from libcloud.common.base import ConnectionUserAndKey
from libcloud.http import LibcloudConnection

from mcloud_vng.vendor_errors import VendorError, parse_refusal

# Service-account gateways (dossier 2.1: [SDK] README, [CLI] config.go, [MCP]; 2026-08).
IAM_ENDPOINT = "https://iamapis.vngcloud.vn/accounts-api"
VSERVER_ENDPOINT = "https://{region}.api.vngcloud.vn/vserver/vserver-gateway"
RENEW_BEFORE = 60.0  # seconds, as the vendor's CLI does
LIFETIME = 1800.0  # seconds, what the vendor's CLI assumes when the answer names none
PAGE = 100
TIMEOUT = 60.0


class VNGConnection(ConnectionUserAndKey):  # type: ignore[misc]
    """Calls one region's vServer gateway with a service account's token.

    Args:
        user_id: client id of the service account.
        key: client secret.
        region: URL token of the region, for example hcm-3.
        iam_endpoint: URL before ``/v2/auth/token``.
        vserver_endpoint: URL before ``/v2/…``; ``{region}`` in it is filled in.
        timeout: seconds for one call.

    Nothing is repeated but a call refused with 401, once, with a fresh token.
    """

    def __init__(
        self,
        user_id: str,
        key: str,
        *,
        region: str,
        iam_endpoint: str | None = None,
        vserver_endpoint: str | None = None,
        timeout: float = TIMEOUT,
        **_: Any,
    ) -> None:
        super().__init__(user_id, key, secure=True, timeout=int(timeout))
        self._iam = (iam_endpoint or IAM_ENDPOINT).rstrip("/")
        self._vserver = (vserver_endpoint or VSERVER_ENDPOINT).format(region=region).rstrip("/")
        self._timeout = timeout
        self._threads = threading.local()
        self._token_lock = threading.Lock()
        self._token: tuple[str, float] | None = None

    def call(self, method: str, path: str, *, body: Any = None, query: dict[str, Any] | None = None) -> Any:
        """One call to the gateway; the parsed answer, None for an empty one.

        Raises:
            VendorError: refused, failed, or no answer.
        """
        token = self._current_token()
        status, headers, text = self._send(method, self._vserver, path, token, body, query)
        if status == 401:
            token = self._renewed(token)
            status, headers, text = self._send(method, self._vserver, path, token, body, query)
        return _parsed(method, path, status, headers, text)

    def pages(self, path: str, query: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """All rows of a paged list."""
        rows: list[dict[str, Any]] = []
        number = 1
        while True:
            answer = self.call("GET", path, query={**(query or {}), "page": number, "size": PAGE})
            rows.extend(answer["listData"])
            if number >= int(answer.get("totalPage") or 0):
                return rows
            number += 1

    def _current_token(self) -> str:
        with self._token_lock:
            if self._token is None or time.monotonic() >= self._token[1]:
                self._token = self._sign_in()
            return self._token[0]

    def _renewed(self, refused: str) -> str:
        """A fresh token, unless another thread has got one already."""
        with self._token_lock:
            if self._token is None or self._token[0] == refused:
                self._token = self._sign_in()
            return self._token[0]

    def _sign_in(self) -> tuple[str, float]:
        """The v2 token call with Basic and a form (dossier 3.1); there is no refresh token."""
        pair = f"{quote(self.user_id, safe='')}:{quote(self.key, safe='')}".encode()
        headers = {
            "Authorization": f"Basic {base64.b64encode(pair).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        path = "/v2/auth/token"
        status, answer_headers, text = self._exchange(
            "POST", self._iam, path, headers, urlencode({"grant_type": "client_credentials", "scope": "email"})
        )
        answer = _parsed("POST", path, status, answer_headers, text)
        lifetime = float(answer.get("expires_in") or LIFETIME)
        return str(answer["access_token"]), time.monotonic() + max(0.0, lifetime - RENEW_BEFORE)

    def _send(
        self, method: str, base: str, path: str, token: str, body: Any, query: dict[str, Any] | None
    ) -> tuple[int, Any, str]:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body)
        if query:
            path = f"{path}?{urlencode(query)}"
        return self._exchange(method, base, path, headers, data)

    def _exchange(
        self, method: str, base: str, path: str, headers: dict[str, str], data: str | None
    ) -> tuple[int, Any, str]:
        parsed = urlparse(base)
        connection = self._connection_of_thread(parsed.scheme == "https", parsed.hostname or "", parsed.port)
        try:
            connection.request(method, f"{parsed.path}{path}", body=data, headers=headers)
            response = connection.response
            return response.status_code, response.headers, response.text
        except requests.exceptions.ConnectTimeout as error:
            raise VendorError(method, path, text="connect timed out", sent=False) from error
        except requests.exceptions.ConnectionError as error:
            raise VendorError(method, path, text=_reason(error), sent=not _refused(error)) from error
        except requests.exceptions.RequestException as error:
            raise VendorError(method, path, text=type(error).__name__) from error

    def _connection_of_thread(self, secure: bool, host: str, port: int | None) -> Any:
        """libcloud's HTTP connection holds one answer at a time, so each thread has its own; it keeps alive."""
        kept = self._threads.__dict__.setdefault("connections", {})
        number = port or (443 if secure else 80)
        if (host, number) not in kept:
            made = LibcloudConnection(host=host, port=number, secure=secure, timeout=self._timeout)
            made.session.trust_env = made.session.trust_env and host not in ("127.0.0.1", "localhost")
            kept[host, number] = made
        return kept[host, number]


def _refused(error: BaseException) -> bool:
    """Whether no connection was made, so that nothing was sent."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, (ConnectionRefusedError,)) or "NewConnectionError" in str(seen):
            return True
        inner = seen.args[0] if seen.args and isinstance(seen.args[0], BaseException) else None
        seen = inner or seen.__cause__ or getattr(seen, "reason", None)
    return False


def _reason(error: BaseException) -> str:
    return "connection refused" if _refused(error) else "connection lost"


def _parsed(method: str, path: str, status: int, headers: Any, text: str) -> Any:
    if status >= 400:
        code, message = parse_refusal(text)
        raise VendorError(method, path, status=status, code=code, text=message, retry_after=_retry_after(headers))
    if not text.strip():
        return None
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise VendorError(method, path, status=502, text="the answer is not JSON") from error
    if isinstance(answer, dict) and answer.get("success") is False:
        # v1 answers 200 with success false (dossier 4.4).
        raise VendorError(method, path, status=400, text=str(answer.get("errorMsg") or "refused"))
    return answer


def _retry_after(headers: Any) -> float | None:
    try:
        return float(headers.get("retry-after"))
    except (TypeError, ValueError):
        return None
