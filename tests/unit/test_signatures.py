"""Which signatures the emulators refuse, and with which words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mcloud.emulator.signature import S3Call, S3Refusal, signed_region

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SIGNED = {
    "authorization": "AWS4-HMAC-SHA256 Credential=k/20261101/R/s3/aws4_request, SignedHeaders=host, Signature=00",
    "x-amz-date": "20261101T120000Z",
    "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    "host": "h",
}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "SignatureDoesNotMatch"),
        ({"authorization": "AWS4-HMAC-SHA256 nonsense"}, "AuthorizationHeaderMalformed"),
        ({"authorization": SIGNED["authorization"].replace("/s3/", "/ses/")}, "AuthorizationHeaderMalformed"),
        ({"authorization": SIGNED["authorization"].replace("k/2026", "2026")}, "AuthorizationHeaderMalformed"),
        ({"authorization": "AWS k:signature"}, "InvalidRequest"),
        ({"x-amz-date": "20261101T114459Z"}, "RequestTimeTooSkewed"),
        ({"x-amz-date": "yesterday"}, "AccessDenied"),
        ({"x-amz-content-sha256": None}, "InvalidRequest"),
    ],
)
def test_signatures_that_are_refused(changes: dict[str, str | None], code: str) -> None:
    headers = {name: value for name, value in (SIGNED | changes).items() if value is not None}
    with pytest.raises(S3Refusal) as caught:
        signed_region(S3Call("GET", "/", [], headers), "k", "s", NOW)
    assert caught.value.code == code


QUERY = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": "k/20261101/R/s3/aws4_request",
    "X-Amz-Date": "20261101T120000Z",
    "X-Amz-Expires": "60",
    "X-Amz-SignedHeaders": "host",
    "X-Amz-Signature": "00",
}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "SignatureDoesNotMatch"),
        ({"X-Amz-Date": "20261101T115859Z"}, "AccessDenied"),
        ({"X-Amz-Expires": "604801"}, "AuthorizationQueryParametersError"),
        ({"X-Amz-Expires": "soon"}, "AuthorizationQueryParametersError"),
        ({"X-Amz-SignedHeaders": None}, "AuthorizationQueryParametersError"),
    ],
)
def test_signed_addresses_that_are_refused(changes: dict[str, str | None], code: str) -> None:
    query = [(name, value) for name, value in (QUERY | changes).items() if value is not None]
    with pytest.raises(S3Refusal) as caught:
        signed_region(S3Call("GET", "/b/k", query, {"host": "h"}), "k", "s", NOW)
    assert caught.value.code == code
