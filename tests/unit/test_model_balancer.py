"""Load balancers as people write them: what is taken, what is refused, and what becomes of it in the graph."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mcloud.model.balancer import Certificate, HealthCheck, Listener, ListenerRule, Target
from mcloud.model.graph import build_graph
from mcloud.model.resource_references import map_references, nested_references, references
from mcloud.model.resources import HealthMonitor, ListenerInputs
from mcloud.model.stack import Stack
from mcloud.units import Duration

TO = {"servers": "web", "port": 80}


def refusal(model: Any, **values: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(values)
    return str(caught.value.errors()[0]["msg"]).removeprefix("Value error, ")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("tcp", {"protocol": "tcp"}),
        ("udp", {"protocol": "udp"}),
        ("http:/", {"protocol": "http", "path": "/"}),
        ("https:/health?x=1", {"protocol": "https", "path": "/health?x=1"}),
        ({"protocol": "http", "interval": "10 s"}, {"protocol": "http", "interval": "10 s"}),
    ],
)
def test_health_checks(written: Any, meant: dict[str, Any]) -> None:
    assert Target.model_validate({**TO, "check": written}).check == HealthCheck.model_validate(meant)


@pytest.mark.parametrize("check", ["http", "http:health", "ftp:/", "http:/a b", ""])
def test_no_health_check(check: str) -> None:
    says = f"{check!r} is no health check; write 'tcp', 'udp', 'http:/path' or 'https:/path'"
    assert refusal(Target, **TO, check=check) == says


@pytest.mark.parametrize("model", [HealthCheck, HealthMonitor])
def test_a_check_that_makes_no_sense(model: Any) -> None:
    says = "a tcp check has no path and no host; http and https have them"
    assert refusal(model, protocol="tcp", path="/") == says
    assert refusal(model, protocol="http", interval="5 s", timeout="6 s") == (
        "the timeout 6 s is longer than the interval 5 s"
    )
    assert model.model_validate({"protocol": "http", "interval": "5 s", "timeout": "5 s"}).interval == Duration(5)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("*", None),
        ("**", None),
        ("A.Example", "a.example"),
        ("**.example", "*.example"),
        ("api-*.example", "api-*.example"),
    ],
)
def test_hosts(written: str, meant: str | None) -> None:
    assert ListenerRule(host=written, reject=True).host == meant


@pytest.mark.parametrize(("written", "meant"), [("/*", None), ("*", None), ("/a/**", "/a/*"), ("*.png", "*.png")])
def test_paths(written: str, meant: str | None) -> None:
    assert ListenerRule(path=written, reject=True).path == meant


@pytest.mark.parametrize("wrong", [{"host": "a b"}, {"host": ".x"}, {"path": "a"}, {"path": "/a?b"}, {"redirect": "x"}])
def test_no_host_path_or_url(wrong: dict[str, str]) -> None:
    assert "should match pattern" in refusal(ListenerRule, **({"reject": True} | wrong))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "a rule does one thing: it has a target, or redirect, or reject: true"),
        (
            {"reject": True, "redirect": "https://x.y/"},
            "a rule does one thing: it has a target, or redirect, or reject: true",
        ),
        ({"reject": True, "code": 301}, "only a redirect has a status code and a query to keep"),
        ({"reject": True, "keep_query": True}, "only a redirect has a status code and a query to keep"),
    ],
)
def test_a_rule_does_one_thing(values: dict[str, Any], says: str) -> None:
    assert refusal(ListenerRule, **values) == says


def test_https_needs_a_certificate() -> None:
    listener = {"port": 443, "protocol": "https", "to": TO}
    assert refusal(Listener, **listener) == "an https listener needs a certificate"
    assert Listener.model_validate(listener | {"certificate": "site"}).certificate == "site"
    wire = {"placement": "c/r", "loadBalancer": "x", "port": 443, "protocol": "https"}
    assert refusal(ListenerInputs, **wire) == "an https listener needs a certificate"


def test_somebody_answers_what_no_rule_takes() -> None:
    rules = [{"path": "/a", "reject": True}]
    assert "who answers what no rule takes?" in refusal(Listener, port=80, protocol="http", rules=rules)
    everybody = {"redirect": "https://x.example/"}
    assert Listener.model_validate({"port": 80, "protocol": "http", "rules": [*rules, everybody]}).to is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [("anywhere", ()), ("10.0.0.0/8", ("10.0.0.0/8",)), (["10.0.0.0/8", "anywhere"], ()), (["0.0.0.0/0"], ())],
)
def test_who_may_connect(written: Any, meant: tuple[str, ...]) -> None:
    assert Listener.model_validate({"port": 1, "protocol": "tcp", "to": TO, "allow": written}).allow == meant


def test_a_certificate_s_key_is_a_reference() -> None:
    good = Certificate(certificate="file:site.pem", private_key="env:SITE_KEY")
    assert good.private_key == "env:SITE_KEY"
    with pytest.raises(ValidationError, match="private_key"):
        Certificate(certificate="x", private_key="MIIE")


RULES = [{"path": "/a", "pool": "@Pool/a"}, {"reject": True}, {"path": "/b", "pool": "@Pool/b"}]


def test_references_in_mappings_are_found_and_changed() -> None:
    assert nested_references(ListenerInputs) == {"rules": {"pool": "Pool"}}
    values = {"loadBalancer": "@LoadBalancer/l", "pool": None, "sni": ["@Certificate/c"], "rules": RULES, "port": 80}
    assert references(ListenerInputs, values) == {
        "loadBalancer": ["@LoadBalancer/l"],
        "sni": ["@Certificate/c"],
        "rules": ["@Pool/a", "@Pool/b"],
    }
    made = map_references(ListenerInputs, values, lambda value, name: f"{name}={value}")
    assert made["rules"] == [
        {"path": "/a", "pool": "rules.pool=@Pool/a"},
        {"reject": True},
        {"path": "/b", "pool": "rules.pool=@Pool/b"},
    ]
    assert made["sni"] == ["sni=@Certificate/c"]
    assert made["pool"] is None
    assert map_references(ListenerInputs, {"rules": "unknown"}, lambda value, name: "x") == {"rules": "unknown"}
    assert map_references(ListenerInputs, {"rules": ["?"]}, lambda value, name: "x") == {"rules": ["?"]}


def graph_of(*rules: dict[str, Any], **listener: Any) -> Any:
    server = {"size": {"vcpu": 1, "memory": "1 GiB"}, "image": {"os": "ubuntu", "version": "22.04"}, "subnet": "a"}
    document = {
        "mcloud": 1,
        "name": "s",
        "placement": "c/r",
        "networks": {"n": {"cidr": "10.0.0.0/16", "subnets": {"a": {"cidr": "10.0.1.0/24", "zone": "z1"}}}},
        "servers": {"web": {**server, "count": 2}, "api": server},
        "load_balancers": {
            "l": {
                "subnets": ["a"],
                "flavor": {"c": "small", "d": "big"},
                "min_connections": 10,
                "listeners": [{"port": 80, "protocol": "http", "to": TO, "rules": list(rules), **listener}],
            }
        },
    }
    return build_graph(Stack.model_validate(document)).by_address


def test_rules_have_pools_named_by_what_they_take() -> None:
    one = {"host": "api.example", "path": "/v1/*", "to": {"servers": "api", "port": 81, "check": "tcp"}}
    other = {"path": "/old", "redirect": "https://x.example/", "code": 301}
    made = graph_of(one, other)
    (name,) = (address for address in made if address.startswith("Pool/l-80."))
    assert made["Listener/l-80"].inputs["rules"] == [
        {"host": "api.example", "path": "/v1/*", "pool": f"@{name}"},
        {"path": "/old", "redirect": "https://x.example/", "code": 301},
    ]
    assert set(made["Listener/l-80"].needs) == {"LoadBalancer/l", "Pool/l-80", name}
    assert made[name].inputs["members"] == ["@Server/api"]
    assert made[name].inputs["monitor"] == {"protocol": "tcp"}
    assert name in graph_of(other, one), "a rule more moves no other"
    assert name not in graph_of({**one, "path": "/v2/*"})


def test_a_load_balancer_knows_what_its_listeners_speak_and_where_its_subnet_is() -> None:
    made = graph_of(allow="10.0.0.0/8", idle_timeout="60 s")
    balancer, listener = made["LoadBalancer/l"].inputs, made["Listener/l-80"].inputs
    assert (balancer["protocols"], balancer["zone"]) == (["http"], "z1")
    assert (balancer["flavor"], balancer["minConnections"]) == ("small", 10)
    assert (listener["allowedCidrs"], listener["idleTimeout"]) == (["10.0.0.0/8"], "1 min")
    assert "rules" not in listener
