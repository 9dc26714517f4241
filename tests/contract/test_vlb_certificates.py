"""Certificates of the emulated load balancers; no refusal's text is the vendor's."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mcloud.adapter.conformance.pem import make_certificate

TIMEOUTS = {"timeoutClient": 50, "timeoutMember": 50, "timeoutConnection": 5}
HTTPS = {"listenerName": "test-listener", "listenerProtocol": "HTTPS", "listenerProtocolPort": 443, **TIMEOUTS}


def refused(answer: httpx.Response, status: int, text: str) -> None:
    assert answer.status_code == status, answer.text
    assert text in answer.json()["message"]


@pytest.fixture
def alb(api: Any) -> str:
    return str(api.balancer(api.subnet(api.network()), "ALB_Small"))


def test_a_certificate_comes_and_goes(api: Any) -> None:
    certificate, key = make_certificate("shop.example")
    body = {"name": "shop-example", "type": "TLS/SSL", "certificate": certificate, "privateKey": key}
    answer = api.vlb("POST", "/v2/{p}/cas", body)
    assert answer.status_code == 201, answer.text
    made = answer.json()["data"]
    assert (made["domainName"], made["inUse"], made["certificateType"]) == ("shop.example", False, "TLS/SSL")
    path = f"/v2/{{p}}/cas/{made['uuid']}"
    assert api.vlb("GET", path).json() == made
    assert (made["subjectAlternativeNames"], made["subject"]) == (["shop.example"], "CN=shop.example")
    assert made["notBefore"] < made["notAfter"]
    assert api.vlb("GET", "/v2/{p}/cas", name="shop", page=1, size=10).json()["listData"] == [made]
    assert (made["keyAlgorithm"], made["expiredAt"]) == ("EC", "2035-12-30T00:00:00")
    certificate, key = make_certificate("plain.example", plain_rsa=True)
    plain = {**body, "name": "plain-example", "certificate": certificate, "privateKey": key}
    found = api.vlb("POST", "/v2/{p}/cas", plain).json()["data"]
    assert (found["keyAlgorithm"], found["subjectAlternativeNames"]) == ("RSA", [])
    ca = {"name": "shop-clients", "type": "CA", "certificate": certificate, "privateKey": None}
    assert api.vlb("POST", "/v2/{p}/cas", ca).json()["data"]["certificateType"] == "CA"
    assert "PRIVATE" not in str(api.cloud.app.cloud.inventory()["certificates"])
    assert api.vlb("DELETE", path).status_code == 204
    assert api.vlb("GET", path).status_code == 404


def test_certificates_of_a_listener_stay_when_they_are_left_out(api: Any, alb: str) -> None:
    first, second = api.certificate(), api.certificate("second-certificate")
    https = {**HTTPS, "defaultCertificateAuthority": first}
    asked = {**https, "certificateAuthorities": [second]}
    path = f"{alb}/listeners/{api.balanced('POST', f'{alb}/listeners', asked)}"
    api.balanced("PUT", path, TIMEOUTS)
    found = api.vlb("GET", path).json()["data"]
    assert (found["defaultCertificateAuthority"], found["certificateAuthorities"]) == (first, [second])
    api.balanced("PUT", path, {**TIMEOUTS, "certificateAuthorities": None, "defaultCertificateAuthority": second})
    found = api.vlb("GET", path).json()["data"]
    assert (found["defaultCertificateAuthority"], found["certificateAuthorities"]) == (second, [])
    assert api.vlb("GET", f"/v2/{{p}}/cas/{first}").json()["inUse"] is False


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": "under_score"}, "name:"),
        ({"type": "PEM"}, "type: must be one of the following: [TLS/SSL, CA];"),
        ({"certificate": None}, "certificate: must not be null;"),
        ({"certificate": "words"}, "certificate: must be PEM"),
        ({"privateKey": None}, "privateKey: must not be null;"),
        ({"privateKey": "words"}, "privateKey: must be PEM"),
        ({"privateKey": make_certificate("other.example")[1]}, "privateKey: must be the certificate's;"),
        ({"passphrase": "of no use"}, "privateKey: must be PEM"),
        ({"certificateChain": "words"}, "certificateChain: must be PEM"),
    ],
)
def test_certificates(api: Any, change: dict[str, Any], text: str) -> None:
    certificate, key = make_certificate("shop.example")
    body = {"name": "test-certificate", "type": "TLS/SSL", "certificate": certificate, "privateKey": key, **change}
    answer = api.vlb("POST", "/v2/{p}/cas", body)
    refused(answer, 400, text)
    assert "of no use" not in answer.text
    assert api.cloud.app.cloud.inventory()["certificates"] == []


def test_a_wrong_passphrase(api: Any) -> None:
    certificate, key = make_certificate("shop.example", "right")
    body = {"name": "test-certificate", "type": "TLS/SSL", "certificate": certificate, "privateKey": key}
    refused(api.vlb("POST", "/v2/{p}/cas", body), 400, "privateKey: must be PEM")
    refused(api.vlb("POST", "/v2/{p}/cas", {**body, "passphrase": "wrong"}), 400, "privateKey: must be PEM")
    assert api.vlb("POST", "/v2/{p}/cas", {**body, "passphrase": "right"}).status_code == 201


def test_a_certificate_in_use_stays(api: Any, alb: str) -> None:
    server, client = api.certificate(), api.certificate("client-certificate", "CA")
    swapped = {**HTTPS, "defaultCertificateAuthority": client}
    refused(api.vlb("POST", f"{alb}/listeners", swapped), 400, f"Certificate {client} is not of type TLS/SSL")
    right = {**HTTPS, "defaultCertificateAuthority": server, "clientCertificate": client}
    listener = api.balanced("POST", f"{alb}/listeners", right)
    for one in (server, client):
        assert api.vlb("GET", f"/v2/{{p}}/cas/{one}").json()["inUse"] is True
        refused(api.vlb("DELETE", f"/v2/{{p}}/cas/{one}"), 400, f"Certificate {one} is in use")
    api.balanced("DELETE", f"{alb}/listeners/{listener}")
    assert api.vlb("DELETE", f"/v2/{{p}}/cas/{server}").status_code == 204
