"""Whether a request is signed with the right key: Signature Version 4, in a header or in the query.

The parts of a body that is sent in signed chunks are not checked; everything else that the signature covers is.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = timedelta(minutes=15)
LONGEST_EXPIRY = 7 * 24 * 3600
UNSIGNED = "UNSIGNED-PAYLOAD"
_HEADER = re.compile(r"Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]+)$")
SIGNATURE_QUERY = frozenset(
    f"x-amz-{name}" for name in ("algorithm", "credential", "date", "expires", "signedheaders", "signature")
)


class S3Refusal(Exception):
    """A refusal in S3's own words; other services have other words for the same."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class WireCall:
    """One request as it came.

    Attributes:
        path: percent-decoded, from the first slash on.
        query: names and values, decoded, in the order in which they came.
        headers: names in lower case.
    """

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes = b""

    def asks(self, name: str) -> bool:
        """Whether the query has this name."""
        return any(found == name for found, _ in self.query)


@dataclass(frozen=True)
class S3Call(WireCall):
    """One request to object storage, path style."""

    @property
    def bucket(self) -> str:
        """The bucket's name; empty for the service itself."""
        return self.path[1:].partition("/")[0]

    @property
    def key(self) -> str:
        """The object's key; empty for the bucket itself."""
        return self.path[1:].partition("/")[2]


@dataclass(frozen=True)
class Signed:
    """Who signed a request, and for what; the token goes with keys that are lent for a time."""

    access_key: str
    region: str
    service: str
    token: str | None


@dataclass(frozen=True)
class _Claim:
    """What a request says about its own signature."""

    access_key: str
    date: str
    region: str
    service: str
    signed: tuple[str, ...]
    signature: str
    stamp: str
    payload: str


def signed_region(call: S3Call, access_key: str, secret_key: str, now: datetime | None = None) -> str | None:
    """The region that a request is signed for; None when it is not signed at all.

    Raises:
        S3Refusal: it is signed in another way, with another key, or at another time.
    """

    def secret_of(key: str) -> str | None:
        return secret_key if hmac.compare_digest(key.encode(), access_key.encode()) else None

    found = signer(call, secret_of, "s3", now)
    return None if found is None else found.region


def signer(
    call: WireCall, secret_of: Callable[[str], str | None], service: str | None = None, now: datetime | None = None
) -> Signed | None:
    """Who signed a request, with a key whose secret ``secret_of`` knows; None when it is not signed at all.

    Raises:
        S3Refusal: it is signed in another way, for another service, with another key, or at another time.
    """
    now = now or datetime.now(UTC)
    claim = _claim(call, now)
    if claim is None:
        return None
    secret_key = secret_of(claim.access_key)
    if secret_key is None:
        raise S3Refusal(403, "InvalidAccessKeyId", "The access key id that was given does not exist.")
    if service is not None and claim.service != service:
        message = f"the service {claim.service!r} is wrong; expecting {service!r}"
        raise S3Refusal(400, "AuthorizationHeaderMalformed", message)
    expected = _signature(call, claim, secret_key)
    if not hmac.compare_digest(claim.signature, expected):
        message = "The signature that was given does not match the one that was calculated."
        raise S3Refusal(403, "SignatureDoesNotMatch", message)
    if re.fullmatch(r"[0-9a-f]{64}", claim.payload) and claim.payload != hashlib.sha256(call.body).hexdigest():
        raise S3Refusal(400, "XAmzContentSHA256Mismatch", "The body is not the one that was signed.")
    query = {name.lower(): value for name, value in call.query}
    token = call.headers.get("x-amz-security-token", query.get("x-amz-security-token"))
    return Signed(claim.access_key, claim.region, claim.service, token)


def _claim(call: WireCall, now: datetime) -> _Claim | None:
    header = call.headers.get("authorization")
    if header is not None:
        return _from_header(call, header, now)
    values = {name.lower(): value for name, value in call.query if name.lower() in SIGNATURE_QUERY}
    if "x-amz-signature" in values:
        return _from_query(values, now)
    return None


def _from_header(call: WireCall, header: str, now: datetime) -> _Claim:
    scheme, _, rest = header.partition(" ")
    if scheme != ALGORITHM:
        raise S3Refusal(400, "InvalidRequest", f"This way to sign is not supported. Please use {ALGORITHM}.")
    found = _HEADER.match(rest.strip())
    if found is None:
        raise S3Refusal(400, "AuthorizationHeaderMalformed", "The authorization header is malformed.")
    stamp = call.headers.get("x-amz-date", "")
    if abs(_moment(stamp) - now) > SKEW:
        raise S3Refusal(403, "RequestTimeTooSkewed", "The request's time is too far from the current time.")
    access_key, date, region, service = _scope(found[1])
    payload = call.headers.get("x-amz-content-sha256")
    if payload is None and service == "s3":
        raise S3Refusal(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    if payload is None:
        payload = hashlib.sha256(call.body).hexdigest()
    return _Claim(access_key, date, region, service, tuple(found[2].split(";")), found[3], stamp, payload)


def _from_query(values: Mapping[str, str], now: datetime) -> _Claim:
    missing = sorted(SIGNATURE_QUERY - values.keys())
    if missing or values["x-amz-algorithm"] != ALGORITHM or not values["x-amz-expires"].isdigit():
        message = f"The query parameters of the signature are malformed or missing: {', '.join(missing) or 'values'}"
        raise S3Refusal(400, "AuthorizationQueryParametersError", message)
    stamp, seconds = values["x-amz-date"], int(values["x-amz-expires"])
    if seconds > LONGEST_EXPIRY:
        raise S3Refusal(400, "AuthorizationQueryParametersError", "X-Amz-Expires must be less than a week.")
    if now > _moment(stamp) + timedelta(seconds=seconds):
        raise S3Refusal(403, "AccessDenied", "Request has expired")
    signed = tuple(values["x-amz-signedheaders"].split(";"))
    return _Claim(*_scope(values["x-amz-credential"]), signed, values["x-amz-signature"], stamp, UNSIGNED)


def _scope(credential: str) -> tuple[str, str, str, str]:
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise S3Refusal(400, "AuthorizationHeaderMalformed", "The credential is malformed.")
    return parts[0], parts[1], parts[2], parts[3]


def _moment(stamp: str) -> datetime:
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise S3Refusal(403, "AccessDenied", "A signed request needs a valid Date or X-Amz-Date.") from None


def _signature(call: WireCall, claim: _Claim, secret_key: str) -> str:
    query = sorted((_quoted(name), _quoted(value)) for name, value in call.query if name.lower() != "x-amz-signature")
    headers = "".join(f"{name}:{' '.join(call.headers.get(name, '').split())}\n" for name in claim.signed)
    request = "\n".join(
        (
            call.method,
            quote(call.path, safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in query),
            headers,
            ";".join(claim.signed),
            claim.payload,
        )
    )
    scope = f"{claim.date}/{claim.region}/{claim.service}/aws4_request"
    text = "\n".join((ALGORITHM, claim.stamp, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"AWS4{secret_key}".encode()
    for part in (claim.date, claim.region, claim.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def parse_query(raw: str) -> list[tuple[str, str]]:
    """Names and values as they are signed: a plus sign is a plus sign, and a name alone has an empty value."""
    pairs = [part.partition("=") for part in raw.split("&") if part]
    return [(unquote(name), unquote(value)) for name, _, value in pairs]
