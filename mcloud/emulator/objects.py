"""Emulated object storage: S3 on a port of its own, in front of the buckets.

The front knows the emulator's one access key, refuses what the vendor's service refuses, and obeys the same fault
rules and recorder as the rest of the emulator. Path style only: no host name leads to a bucket.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from mcloud.emulator.buckets import Farm
from mcloud.emulator.faults import FaultRule, Faults
from mcloud.emulator.recorder import MASK, Recorder
from mcloud.emulator.signature import SIGNATURE_QUERY, S3Call, S3Refusal, WireCall, parse_query, signed_region
from mcloud.emulator.wire import Exchange, Receive, Scope, Send, WireAnswer, received, serve

SUBRESOURCES = frozenset(
    [
        "accelerate",
        "acl",
        "analytics",
        "cors",
        "encryption",
        "intelligent-tiering",
        "inventory",
        "legal-hold",
        "lifecycle",
        "location",
        "logging",
        "metrics",
        "notification",
        "object-lock",
        "ownershipControls",
        "policy",
        "policyStatus",
        "publicAccessBlock",
        "replication",
        "requestPayment",
        "restore",
        "retention",
        "select",
        "tagging",
        "torrent",
        "versioning",
        "versions",
        "website",
    ]
)
"""What S3 knows of a bucket or object beside its content."""
LONGEST_RECORDED = 10_000
CODES = {401: "InvalidAccessKeyId", 403: "AccessDenied", 503: "ServiceUnavailable"}
"""What S3 calls a refusal of this status, where a fault names no code."""


@dataclass(frozen=True)
class ObjectStorage:
    """A cloud's object storage: what it has, what it refuses, and what its clients must be told.

    Attributes:
        regions: region strings that requests are signed for, each with buckets of its own.
        subresources: those of ``SUBRESOURCES`` that the service has; the others are NotImplemented.
        bucket_name: regular expression for the whole name.
        buckets: how many there may be in a region.
        lifecycle_rules: how many a bucket may have.
        lock_modes: modes of object lock that it takes.
        copies_encrypted: False where it cannot copy what is encrypted.
        env: URL, access key, secret key -> variables for S3 clients.
        endpoints: URL -> endpoints for a profile.
    """

    regions: tuple[str, ...]
    subresources: frozenset[str]
    bucket_name: str
    buckets: int
    lifecycle_rules: int
    lock_modes: frozenset[str]
    copies_encrypted: bool
    env: Callable[[str, str, str], Mapping[str, str]]
    endpoints: Callable[[str], Mapping[str, str]]


class ObjectsApp:
    """Serves the object storage of one emulator. Nothing heavy is loaded before its first call."""

    def __init__(
        self, spec: ObjectStorage, access_key: str, secret_key: str, faults: Faults, recorder: Recorder | None
    ) -> None:
        self.spec = spec
        self._keys = (access_key, secret_key)
        self._faults = faults
        self._recorder = recorder
        self._farms = {region: Farm() for region in spec.regions}

    def inventory(self) -> list[dict[str, Any]]:
        """Every bucket: name, region, number of objects."""
        return [
            {"name": found["name"], "region": region, "objects": found["objects"]}
            for region, farm in self._farms.items()
            for found in farm.inventory()
        ]

    def reset(self) -> None:
        """Throw every bucket away."""
        for farm in self._farms.values():
            farm.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = await received(scope, receive, S3Call)
        await serve(self, self._faults, self._recorder, call, send)

    def shown(self, call: S3Call) -> tuple[str, str]:
        """The path, and after a question mark what of it is meant."""
        return call.method, shown_path(call)

    def answer(self, call: S3Call, *, ending: str = "") -> WireAnswer:
        """What the service says."""
        try:
            farm = self._farm(call)
            self._refuse(farm, call)
            return _located(call, self._region_of(farm)) or farm.serve(_without_location(call, self._region_of(farm)))
        except S3Refusal as refusal:
            return told(refusal.status, refusal.code, refusal.message, call)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{place.filename.rsplit('/', 1)[-1]}:{place.lineno}"
            return told(500, "InternalError", f"a defect of the emulator: {type(error).__name__} in {where}", call)

    def spoilt(self, rule: FaultRule, call: S3Call) -> WireAnswer:
        """A fault in S3's words."""
        return spoilt(rule, call)

    def exchange(self, call: S3Call, answer: WireAnswer | None) -> Exchange:
        """What is recorded: no signature, and nothing of an object but its size and digest."""
        return exchange(call, answer)

    def _region_of(self, farm: Farm) -> str:
        return next(region for region, found in self._farms.items() if found is farm)

    def _farm(self, call: S3Call) -> Farm:
        """The region that a request is signed for; without a signature, where the bucket is, if it is for everybody."""
        region = signed_region(call, *self._keys)
        if region is None:
            found = next((farm for farm in self._farms.values() if farm.has(call.bucket)), None)
            if found is None or not found.is_public(call):
                raise S3Refusal(403, "AccessDenied", "Access Denied")
            return found
        if region not in self._farms:
            # The emulator's choice: whether the service looks at the region is not known.
            message = f"the region {region!r} is wrong; expecting {' or '.join(map(repr, self._farms))}"
            raise S3Refusal(400, "AuthorizationHeaderMalformed", message)
        return self._farms[region]

    def _refuse(self, farm: Farm, call: S3Call) -> None:
        """What the vendor's service does not do. Codes that no source names are the emulator's choice.

        Raises:
            S3Refusal: always with S3's own codes.
        """
        for name in sorted(SUBRESOURCES - self.spec.subresources):
            if call.asks(name):
                raise S3Refusal(501, "NotImplemented", f"{name} is not implemented here.")
        if call.method != "PUT":
            return
        if not call.key and not any(call.asks(name) for name in SUBRESOURCES):
            self._refuse_bucket(farm, call)
        if call.asks("lifecycle") and call.body.count(b"<Rule>") > self.spec.lifecycle_rules:
            message = f"A lifecycle configuration has at most {self.spec.lifecycle_rules} rules."
            raise S3Refusal(400, "InvalidRequest", message)
        modes = set(re.findall(r"<Mode>\s*(\w+)\s*</Mode>", call.body.decode(errors="replace")))
        modes = modes if call.asks("object-lock") or call.asks("retention") else set()
        modes |= {call.headers["x-amz-object-lock-mode"]} if "x-amz-object-lock-mode" in call.headers else set()
        for mode in sorted(modes - self.spec.lock_modes):
            raise S3Refusal(400, "InvalidArgument", f"The object lock mode {mode} is not supported.")
        if "x-amz-copy-source" in call.headers and not self.spec.copies_encrypted and _is_encrypted(farm, call):
            raise S3Refusal(501, "NotImplemented", "Encrypted objects and buckets cannot be copied.")

    def _refuse_bucket(self, farm: Farm, call: S3Call) -> None:
        if not re.fullmatch(self.spec.bucket_name, call.bucket):
            raise S3Refusal(400, "InvalidBucketName", "The specified bucket is not valid.")
        if not farm.has(call.bucket) and farm.count() >= self.spec.buckets:
            raise S3Refusal(400, "TooManyBuckets", "You have attempted to create more buckets than allowed.")


def _is_encrypted(farm: Farm, call: S3Call) -> bool:
    source, _, query = call.headers["x-amz-copy-source"].partition("?")
    bucket, _, key = unquote(source).lstrip("/").partition("/")
    version = dict(parse_query(query)).get("versionId")
    asked = any(name.startswith("x-amz-") and "server-side-encryption" in name for name in call.headers)
    return asked or farm.encrypts(bucket, key, version) or farm.encrypts(call.bucket)


def _located(call: S3Call, region: str) -> WireAnswer | None:
    """The answer to where a bucket is, which the buckets themselves do not know."""
    if call.method != "GET" or not call.asks("location"):
        return None
    return _xml(200, f"<LocationConstraint>{escape(region)}</LocationConstraint>")


def _without_location(call: S3Call, region: str) -> S3Call:
    """A create that names its own region, without it.

    Raises:
        S3Refusal: it names another one.
    """
    if call.method != "PUT" or call.key or call.query or not call.body:
        return call
    found = re.search(rb"<LocationConstraint>\s*([^<]*?)\s*</LocationConstraint>", call.body)
    if found and found[1].decode(errors="replace") != region:
        raise S3Refusal(400, "InvalidLocationConstraint", "The specified location constraint is not valid.")
    return S3Call(call.method, call.path, call.query, call.headers)


def told(status: int, code: str, message: str, call: S3Call, **more: str) -> WireAnswer:
    """A refusal as S3 writes it, with further elements."""
    parts = {"Code": code, "Message": message, **more, "Resource": call.path}
    parts["RequestId"] = secrets.token_hex(8).upper()
    return _xml(status, f"<Error>{''.join(f'<{tag}>{escape(text)}</{tag}>' for tag, text in parts.items())}</Error>")


def _xml(status: int, text: str) -> WireAnswer:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    return WireAnswer(status, (("content-type", "application/xml"),), body)


def shown_path(call: WireCall) -> str:
    """What fault rules see: the path, and after a question mark what of it is meant."""
    names = [name for name, _ in call.query if name in SUBRESOURCES or name in ("uploads", "uploadId", "delete")]
    return f"{call.path}?{names[0]}" if names else call.path


def spoilt(rule: FaultRule, call: S3Call) -> WireAnswer:
    """A fault of the actions ``status`` and ``rate-limit`` as S3 tells it."""
    if rule.action == "rate-limit":
        # S3 says it so, not by 429.
        slow = told(503, "SlowDown", "Please reduce your request rate.", call)
        return WireAnswer(slow.status, (*slow.headers, ("retry-after", f"{rule.seconds:g}")), slow.body)
    given = rule.body if isinstance(rule.body, Mapping) else {}
    code = str(given.get("Code", CODES.get(rule.status, "InternalError")))
    return told(rule.status, code, str(given.get("Message", "a fault on demand")), call)


def exchange(call: S3Call, answer: WireAnswer | None) -> Exchange:
    """What the recorder gets of a call to S3."""
    query = {name: MASK if name.lower() in SIGNATURE_QUERY else value for name, value in call.query}
    response = _text(call, answer.body) if answer else None
    return Exchange(call.method, call.path, query, _text(call, call.body), response)


def _text(call: S3Call, body: bytes) -> str | None:
    """A body as it is recorded: what concerns an object is its owner's and is told by size and digest only."""
    if not body:
        return None
    if call.key or len(body) > LONGEST_RECORDED:
        return f"{len(body)} bytes, SHA-256 {hashlib.sha256(body).hexdigest()}"
    return body.decode(errors="replace")
