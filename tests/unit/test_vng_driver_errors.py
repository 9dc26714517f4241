"""Errors and tokens of the driver."""

from __future__ import annotations

import sys
import types
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from mcloud.errors import CloudError, InvalidRequest, RateLimited, Unreachable
from mcloud_vng import tokens
from mcloud_vng.errors import explain
from mcloud_vng.tokens import Token, shared_token
from mcloud_vng.vendor_errors import VendorError, parse_refusal, retry_after

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"message":"Invalid CIDR."}', (None, "Invalid CIDR.")),
        ('{"statusCode":400,"errorCode":"LoadBalancerNotReady","message":"busy"}', ("LoadBalancerNotReady", "busy")),
        ('{"errors":[{"code":"AUTHENTICATION_FAILED","message":"no"}]}', ("AUTHENTICATION_FAILED", "no")),
        ('[{"code":"IAM_PERMISSION_DENIED","message":"denied"}]', ("IAM_PERMISSION_DENIED", "denied")),
        ('{"code":404,"error":"gone"}', ("404", "gone")),
        ('{"message":"bad","code":3,"errorCode":null,"success":false}', ("3", "bad")),
        ('{"success":false,"errorCode":0,"errorMsg":"refused"}', (None, "refused")),
        ('{"message":null}', (None, "")),
        ('{"errors":[]}', (None, "")),
        ('["plain"]', (None, "plain")),
        ("null", (None, "")),
        ("", (None, "")),
        ("  upstream failed\n", (None, "upstream failed")),
        ("<html><title>Bad\n  Gateway</title></html>", (None, "Bad Gateway")),
        ("<p>oops</p>", (None, "an answer that is not JSON")),
    ],
)
def test_shapes_of_refusals(body: str, expected: tuple[str | None, str]) -> None:
    assert parse_refusal(body) == expected


def test_long_texts_are_cut() -> None:
    assert len(parse_refusal("x" * 5000)[1]) == len(parse_refusal('{"message":"' + "x" * 5000 + '"}')[1]) == 300


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": format_datetime(NOW.replace(second=30))}, 30.0),
        ({"retry-after": "Tue, 24 Nov 2026 12:00:12 GMT"}, 12.0),
        ({"retry-after": "Tue, 24 Nov 2026 11:00:00 GMT"}, 0.0),
    ],
)
def test_how_long_to_wait(header: dict[str, str], seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (VendorError("GET", "/x", status=404, text="x is not found"), "GET /x: HTTP 404: x is not found"),
        (VendorError("PUT", "/x", status=400), "PUT /x: HTTP 400"),
        (VendorError("GET", "/x", text="cannot connect", sent=False), "GET /x: cannot connect"),
        (VendorError("GET", "/x"), "GET /x: no answer"),
    ],
)
def test_what_an_error_says(error: VendorError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize(
    ("lifetime", "good_for"),
    [(7200.0, 7140.0), (100.0, 50.0), (10.0, 5.0)],
)
def test_a_token_is_renewed_before_it_ends(monkeypatch: pytest.MonkeyPatch, lifetime: float, good_for: float) -> None:
    now = [1000.0]
    monkeypatch.setattr("mcloud_vng.tokens.time.monotonic", lambda: now[0])
    made: list[str] = []

    def sign_in() -> tuple[str, float]:
        made.append(f"token-{len(made)}")
        return made[-1], lifetime

    token = Token()
    assert token.current(sign_in) == "token-0"
    now[0] += good_for - 0.1
    assert token.current(sign_in) == "token-0"
    now[0] += 0.2
    assert token.current(sign_in) == "token-1"


def test_a_refused_token_is_renewed_unless_another_thread_did() -> None:
    answers = iter([("old", 100.0), ("new", 100.0)])
    token = Token()
    assert token.current(lambda: next(answers)) == "old"
    assert token.renewed("old", lambda: next(answers)) == "new"
    assert token.renewed("old", lambda: next(answers)) == "new"


def test_each_token_is_told() -> None:
    told: list[str] = []
    token, handed = Token(), Token()
    token.current(lambda: ("first", 100.0))
    token.tell(told.append)
    token.renewed("first", lambda: ("second", 100.0))
    handed.tell(told.append)
    handed.take_over("another process's", 100.0)
    assert told == ["first", "second", "another process's"]


def test_a_failed_sign_in_leaves_no_token() -> None:
    def refused() -> tuple[str, float]:
        raise VendorError("POST", "/v2/auth/token", status=401)

    token = Token()
    with pytest.raises(VendorError):
        token.current(refused)
    assert token.current(lambda: ("good", 100.0)) == "good"


def test_tokens_are_shared_by_account_and_secret() -> None:
    one = shared_token("https://iam.example.test/v2", "client", "secret")
    assert shared_token("https://iam.example.test/v2", "client", "secret") is one
    for other in (("https://iam.example.test/v1", "client", "secret"), ("https://iam.example.test/v2", "x", "secret")):
        assert shared_token(*other) is not one
    assert shared_token("https://iam.example.test/v2", "client", "other") is not one
    one.current(lambda: ("t0ken", 100.0))
    assert "t0ken" not in repr(one)
    assert not [key for key in tokens._tokens if "secret" in key]


def test_a_refusal_while_another_thread_loads_the_client_of_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A half-loaded module is in the list of modules already, and has nothing in it yet."""
    monkeypatch.setitem(sys.modules, "botocore.exceptions", types.ModuleType("botocore.exceptions"))
    refusal = VendorError("POST", "/cas", status=400, text="the certificate is out of date")
    explained = explain(refusal, "create certificate site")
    assert isinstance(explained, InvalidRequest)
    assert explained.message == "cannot create certificate site: the certificate is out of date"


def test_errors_of_the_client_of_buckets_are_sorted() -> None:
    refused = ClientError({"Error": {"Code": "SlowDown", "Message": "later"}}, "PutObject")
    assert isinstance(explain(refused, "write"), RateLimited)
    assert isinstance(explain(EndpointConnectionError(endpoint_url="http://x"), "write"), Unreachable)
    assert type(explain(ValueError("x"), "write")) is CloudError
