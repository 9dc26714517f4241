"""Signing in and calling VNG Cloud (sources: docs/clouds/vng.md). One connection serves many threads."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from libcloud.common.base import ConnectionUserAndKey
from libcloud.http import LibcloudConnection

from mcloud_vng.tokens import shared_token
from mcloud_vng.vendor_errors import VendorError, parse_refusal, retry_after

# Service-account gateways ([SDK] README, [CLI] config.go, [MCP]; 2026-08).
IAM_ENDPOINT = "https://iamapis.vngcloud.vn/accounts-api"
VSERVER_ENDPOINT = "https://{region}.api.vngcloud.vn/vserver/vserver-gateway"
VLB_ENDPOINT = "https://{region}.api.vngcloud.vn/vserver/vlb-gateway"  # [TF] provider.go, [CLI+] config
VSERVER, VLB = "vserver", "vlb"
"""The gateways of a region."""
LIFETIME = 1800.0  # seconds, what [CLI-old] and [MCP] assume when the answer names none
PAGE = 100
TIMEOUT = 60.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")

# A gateway may answer a stale token with a 4xx or 5xx that carries this code ([MCP] v0.1.1, 2026-08-26).
STALE_TOKEN = "IAM_VALIDATION_ERROR"  # noqa: S105 - the vendor's code

# Names of the HTTP library's errors that come before a byte of the request is sent, and what they mean. They are
# matched by name, so that this module needs nothing but libcloud.
NOT_SENT = {
    "NameResolutionError": "the name of the host is not known",
    "NewConnectionError": "cannot connect",
    "ConnectTimeoutError": "connect timed out",
    "SSLCertVerificationError": "the certificate of the host is not trusted",
}


NOT_JSON = object()


class Reply(NamedTuple):
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    text: str


class VNGConnection(ConnectionUserAndKey):  # type: ignore[misc]
    """Calls one region's gateways with a service account's token; each connection serves one call after the
    other, and there are as many as calls at once.

    Args:
        user_id: client id of the service account.
        key: client secret.
        region: URL token of the region, for example hcm-3.
        iam_endpoint: URL before ``/v2/auth/token``.
        vserver_endpoint: URL before ``/v2/…``; ``{region}`` in it is filled in.
        vlb_endpoint: the same for load balancers; left out, beside a vserver_endpoint that is given.
        auth_version: "v2", or "v1" for the older sign-in.
        timeout: seconds to connect and seconds between two bytes of the answer.

    Raises:
        ValueError: no such ``auth_version``, or an endpoint is no http(s) URL.

    Nothing is repeated but a call refused for its token, once, with a fresh one. Redirects are not followed: a
    redirected POST would become a GET, and a redirect to another host loses the token.
    """

    def __init__(
        self,
        user_id: str,
        key: str,
        secure: bool = True,
        *,
        region: str,
        iam_endpoint: str | None = None,
        vserver_endpoint: str | None = None,
        vlb_endpoint: str | None = None,
        auth_version: str = "v2",
        timeout: float | None = None,
        **libclouds: Any,
    ) -> None:
        super().__init__(user_id, key, secure=secure, timeout=timeout or TIMEOUT, **libclouds)
        if auth_version not in ("v1", "v2"):
            raise ValueError(f"auth_version is {auth_version!r}; it can be v2 or v1")
        self._auth_version = auth_version
        self._iam = _endpoint(iam_endpoint or IAM_ENDPOINT)
        beside = (vserver_endpoint or VSERVER_ENDPOINT).replace("vserver-gateway", "vlb-gateway")
        self._gateways = {
            VSERVER: _endpoint((vserver_endpoint or VSERVER_ENDPOINT).replace("{region}", region)),
            VLB: _endpoint((vlb_endpoint or beside).replace("{region}", region)),
        }
        self._idle: dict[tuple[bool, str, int], list[Any]] = {}
        self._guard = threading.Lock()
        self.sign_in_url = f"{self._iam}/{auth_version}"
        self.token = shared_token(self.sign_in_url, user_id, key)

    def connect(self, *_: Any, **__: Any) -> None:
        """Nothing: connections are made when one is needed."""

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        gateway: str = VSERVER,
    ) -> Any:
        """One call to a gateway; the parsed answer, None for an empty one.

        Raises:
            VendorError: refused, failed, or no answer.
        """
        token = self.token.current(self._sign_in)
        reply = self._send(gateway, method, path, token, body, query)
        if _token_is_refused(reply):
            token = self.token.renewed(token, self._sign_in)
            reply = self._send(gateway, method, path, token, body, query)
        return _parsed(method, path, reply)

    def pages(
        self,
        path: str,
        query: Mapping[str, Any] | None = None,
        *,
        gateway: str = VSERVER,
        names: tuple[str, str] = ("listData", "totalPage"),
    ) -> list[dict[str, Any]]:
        """All rows of a paged list (pages count from 1); ``names`` of its rows and of the number of its pages.

        Raises:
            VendorError: refused, failed, or no answer.
        """
        rows: list[dict[str, Any]] = []
        number = 1
        while True:
            asked = {**(query or {}), "page": number, "size": PAGE}
            answer = self.call("GET", path, query=asked, gateway=gateway)
            part = field("GET", path, answer, names[0])
            rows.extend(part)
            if not part or number >= int(answer.get(names[1]) or 0):
                return rows
            number += 1

    def _sign_in(self) -> tuple[str, float]:
        """Token and lifetime in seconds; there is no refresh token."""
        path = f"/{self._auth_version}/auth/token"
        if self._auth_version == "v2":
            # As the OAuth library of [TF] and [CLI] does: both parts escaped, then a form.
            pair = f"{quote(self.user_id, safe='')}:{quote(self.key, safe='')}"
            kind, data = "application/x-www-form-urlencoded", "grant_type=client_credentials&scope=email"
        else:
            # As [MCP] v0.1.1 does.
            pair = f"{self.user_id}:{self.key}"
            kind, data = "application/json", json.dumps({"grantType": "client_credentials"})
        headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}", "Content-Type": kind}
        answer = _parsed("POST", path, self._exchange("POST", self._iam, path, "", headers, data))
        old = self._auth_version == "v1"
        token = field("POST", path, answer, "accessToken" if old else "access_token")
        # A number, or a numeric string.
        return str(token), float(answer.get("expiresIn" if old else "expires_in") or LIFETIME)

    def _send(
        self, gateway: str, method: str, path: str, token: str, body: Any, query: Mapping[str, Any] | None
    ) -> Reply:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body)
        base, asked = self._gateways[gateway], f"?{urlencode(query)}" if query else ""
        return self._exchange(method, base, path, asked, headers, data)

    def _exchange(
        self, method: str, base: str, path: str, query: str, headers: dict[str, str], data: str | None
    ) -> Reply:
        parts = urlsplit(base)
        secure = parts.scheme == "https"
        place = (secure, parts.hostname or "", parts.port or (443 if secure else 80))
        connection = self._taken(place)
        try:
            connection.request(method, f"{parts.path}{path}{query}", body=data, headers=headers)
            response = connection.response
            # JSON is UTF-8 (RFC 8259), also where a gateway calls it text and the library would take it for Latin-1.
            reply = Reply(response.status_code, response.headers, response.content.decode("utf-8", errors="replace"))
            with self._guard:
                self._idle[place].append(connection)
            return reply
        except OSError as error:  # every error of libcloud's HTTP library is one
            connection.session.close()
            failure = _failure(method, path, error)
        # Raised here and not above: the library's error holds the request with its Authorization header.
        raise failure

    def _taken(self, place: tuple[bool, str, int]) -> Any:
        """A connection for one call: libcloud's holds one answer at a time. It keeps alive, and the one that was used
        last is taken first; one whose call failed is not used again."""
        with self._guard:
            idle = self._idle.setdefault(place, [])
            if idle:
                return idle.pop()
        secure, host, port = place
        name = f"[{host}]" if ":" in host else host
        made = LibcloudConnection(host=name, port=port, secure=secure, timeout=self.timeout, proxy_url=self.proxy_url)
        made.session.max_redirects = 0
        # Without an own auth the library would put a netrc entry in place of the token.
        made.session.auth = _as_it_is
        if host in LOOPBACK:
            made.session.trust_env = False
        return made


def field(method: str, path: str, answer: Any, name: str) -> Any:
    """A field that the answer must have.

    Raises:
        VendorError: it is not there; what the call did is not known.
    """
    if not isinstance(answer, dict) or answer.get(name) is None:
        raise VendorError(method, path, text=f"the answer has no {name}")
    return answer[name]


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError(f"{url!r} is no endpoint; give a URL that starts with https://")
    return url.rstrip("/")


def _as_it_is(request: Any) -> Any:
    return request


def _token_is_refused(reply: Reply) -> bool:
    return reply.status == 401 or (reply.status >= 400 and parse_refusal(reply.text)[0] == STALE_TOKEN)


def _parsed(method: str, path: str, reply: Reply) -> Any:
    if reply.status >= 400:
        code, text = parse_refusal(reply.text)
        wait = retry_after(reply.headers)
        raise VendorError(method, path, status=reply.status, code=code, text=text, retry_after=wait)
    if not reply.text.strip():
        return None
    answer = _loaded(reply.text)
    if answer is NOT_JSON:
        raise VendorError(method, path, text=f"HTTP {reply.status}, but the answer is not JSON")
    if isinstance(answer, dict) and answer.get("success") is False:
        # v1 answers 200 with success false.
        code, text = parse_refusal(reply.text)
        raise VendorError(method, path, status=reply.status, code=code, text=text or "refused without a reason")
    return answer


def _loaded(text: str) -> Any:
    """The value, or ``NOT_JSON``: the parser's own error would hold the answer, which may be a token's."""
    try:
        return json.loads(text)
    except ValueError:
        return NOT_JSON


def _failure(method: str, path: str, error: OSError) -> VendorError:
    """What the library's error says about the request; when in doubt, it was sent."""
    names = _names(error)
    for name, text in NOT_SENT.items():
        if name in names:
            return VendorError(method, path, text=text, sent=False)
    if "ReadTimeout" in names or "ReadTimeoutError" in names:
        return VendorError(method, path, text="timed out waiting for the answer")
    if "TooManyRedirects" in names:
        return VendorError(method, path, text="redirected to another address; check the endpoint")
    return VendorError(method, path, text="connection lost")


def _names(error: BaseException) -> set[str]:
    """Class names of an error and of what caused it. What merely was handled at the time (``__context__``) is left out:
    a call made while an earlier error is handled would be taken for that one."""
    found: set[str] = set()
    todo: list[Any] = [error]
    seen: set[int] = set()
    while todo:
        item = todo.pop()
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        found.update(kind.__name__ for kind in type(item).__mro__)
        todo += [*item.args, item.__cause__, getattr(item, "reason", None)]
    return found
