"""What no load balancer can do is found before anything is made."""

from __future__ import annotations

from typing import Any

import pytest

from mcloud.model.stack import Stack
from mcloud.validate import validate

SERVER = {"size": {"vcpu": 1, "memory": "1 GiB"}, "image": {"os": "ubuntu", "version": "22.04"}, "subnet": "a"}
TO = {"servers": "web", "port": 80}


def found(*listeners: dict[str, Any]) -> list[tuple[str, str]]:
    document = {
        "mcloud": 1,
        "name": "s",
        "placement": "c/r",
        "networks": {"n": {"cidr": "10.0.0.0/16", "subnets": {"a": {"cidr": "10.0.1.0/24"}}}},
        "certificates": {"c": {"certificate": "PEM", "private_key": "env:KEY"}},
        "servers": {"web": SERVER},
        "load_balancers": {"l": {"subnets": ["a"], "listeners": list(listeners)}},
    }
    base = "load_balancers.l.listeners."
    blocks = [item for item in validate(Stack.model_validate(document)) if item.severity == "block"]
    return [(item.code, ".".join(map(str, item.path)).removeprefix(base)) for item in blocks]


def listener(**changes: Any) -> dict[str, Any]:
    return {"port": 80, "protocol": "http", "to": TO, **changes}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"protocol": "https", "certificate": "c", "sni": ["c"]}, []),
        ({"certificate": "c"}, [("listener-certificate", "0.certificate")]),
        ({"protocol": "tcp", "sni": ["c"]}, [("listener-certificate", "0.sni")]),
        ({"protocol": "https", "certificate": "nope"}, [("reference", "0.certificate")]),
        ({"protocol": "https", "certificate": "c", "sni": ["c", "nope"]}, [("reference", "0.sni.1")]),
        ({"protocol": "tcp", "rules": [{"path": "/a", "reject": True}]}, [("listener-rules", "0.rules")]),
        ({"to": {**TO, "protocol": "https"}}, []),
        ({"to": {**TO, "protocol": "tcp"}}, [("target-protocol", "0.to.protocol")]),
        ({"protocol": "udp", "to": {**TO, "protocol": "tcp"}}, [("target-protocol", "0.to.protocol")]),
        ({"protocol": "udp", "to": {**TO, "check": "udp"}}, []),
        ({"protocol": "udp", "to": {**TO, "check": "http:/"}}, [("check-protocol", "0.to.check")]),
        ({"protocol": "udp", "to": {**TO, "check": {"protocol": "http", "port": 8080}}}, []),
        ({"to": {**TO, "check": "udp"}}, [("check-protocol", "0.to.check")]),
        ({"rules": [{"path": "/a", "to": {"servers": "nope", "port": 1}}]}, [("reference", "0.rules.0.to.servers")]),
        ({"rules": [{"path": "/a", "to": {**TO, "protocol": "udp"}}]}, [("target-protocol", "0.rules.0.to.protocol")]),
    ],
)
def test_a_listener(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found(listener(**changes)) == expected


def test_two_listeners_of_one_port() -> None:
    assert found(listener(), listener(protocol="tcp")) == [("listener-port", "1.port")]
    assert found(listener(protocol="tcp"), listener(protocol="udp")) == []


@pytest.mark.parametrize(
    ("first", "second", "unreached"),
    [
        ({"path": "/a/*"}, {"path": "/a/b/*"}, True),
        ({"path": "/a/*"}, {"path": "/b"}, False),
        ({"path": "/a/b"}, {"path": "/a/*"}, False),
        ({"host": "*.example"}, {"host": "a.example", "path": "/x"}, True),
        ({"host": "a.example"}, {"host": "*.example"}, False),
        ({"host": "a.example"}, {"path": "/x"}, False),
        ({"host": "a.example", "path": "/x"}, {"host": "a.example"}, False),
        ({"path": "/a"}, {"path": "/a"}, True),
        ({"path": "/[a]*"}, {"path": "/a"}, False),
    ],
)
def test_a_rule_that_no_request_gets_to(first: dict[str, str], second: dict[str, str], unreached: bool) -> None:
    rules = [{**first, "reject": True}, {**second, "reject": True}]
    expected = [("rule-unreached", "0.rules.1")] if unreached else []
    assert found(listener(rules=rules)) == expected


def test_a_target_that_no_request_gets_to() -> None:
    rules = [{"redirect": "https://x.example/"}]
    assert found(listener(rules=rules)) == [("rule-unreached", "0.to")]
    assert found({"port": 80, "protocol": "http", "rules": rules}) == []


def test_an_unused_certificate_is_noted() -> None:
    document = {
        "mcloud": 1,
        "name": "s",
        "placement": "c/r",
        "certificates": {"c": {"certificate": "x", "private_key": "env:K"}},
    }
    (only,) = validate(Stack.model_validate(document))
    assert (only.code, only.severity, only.path) == ("unused", "note", ("certificates", "c"))
