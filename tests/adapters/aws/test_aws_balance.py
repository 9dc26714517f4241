"""Load balancers of AWS: what is written comes back, and rules are told apart by what they take."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.model.base import Placement
from mcloud.model.resources import ListenerRuleInputs
from mcloud_aws import balance
from mcloud_aws.resources import KINDS

AT = Placement("aws", "ap-southeast-1")
LB, TG = "arn:lb/app/front/1", "arn:targetgroup/web/1"
NAMES = st.from_regex(r"[a-z][a-z0-9]{4,20}", fullmatch=True)
LABELS = st.dictionaries(st.sampled_from(["team", "env"]), st.sampled_from(["a", "b c"]), max_size=2)


@given(NAMES, st.booleans(), st.lists(st.sampled_from(["sg-1", "sg-2"]), unique=True), LABELS)
def test_a_load_balancer_comes_back(name: str, public: bool, groups: list[str], labels: dict[str, str]) -> None:
    asked = {"name": name, "public": public, "subnets": ["vpc-1/subnet-1", "vpc-1/subnet-2"]}
    asked |= {"securityGroups": groups, "labels": labels}
    body = KINDS["LoadBalancer"].translate(asked, {"layer": "application"})
    shown = {
        "LoadBalancerName": body["Name"],
        "Type": body["Type"],
        "Scheme": body["Scheme"],
        "VpcId": "vpc-1",
        "AvailabilityZones": [{"SubnetId": subnet} for subnet in body["Subnets"]],
        "SecurityGroups": body.get("SecurityGroups", ["sg-default"]),
        "DNSName": "front.elb.amazonaws.com",
    }
    seen = KINDS["LoadBalancer"].observe(AT, {"balancer": shown, "tags": body["Tags"], "own": not groups})
    references = {name: sorted(AT.id_of(item) for item in asked[name]) for name in ("subnets", "securityGroups")}
    assert seen.inputs == asked | references
    assert seen.picks == {"layer": "application", "flavor": "application", "flavorId": "application"}
    assert seen.outputs == {"address": "front.elb.amazonaws.com"}


MONITOR = st.none() | st.fixed_dictionaries(
    {
        "protocol": st.sampled_from(["tcp", "http", "https"]),
        "interval": st.just("10 s"),
        "timeout": st.just("4 s"),
        "healthy": st.integers(2, 10),
        "unhealthy": st.integers(2, 10),
    },
    optional={"port": st.integers(1, 65535)},
)


@given(
    NAMES,
    st.sampled_from(["http", "https", "tcp", "udp"]),
    st.lists(st.sampled_from(["i-1", "i-2"]), unique=True),
    st.sampled_from(["round-robin", "least-connections"]),
    st.booleans(),
    MONITOR,
    LABELS,
)
def test_a_pool_comes_back(
    name: str,
    protocol: str,
    members: list[str],
    algorithm: str,
    sticky: bool,
    monitor: dict[str, Any] | None,
    labels: dict[str, str],
) -> None:
    asked: dict[str, Any] = {"name": name, "protocol": protocol, "port": 80, "members": members, "labels": labels}
    asked |= {"algorithm": algorithm, "sticky": sticky, "loadBalancer": LB}
    asked |= {"monitor": monitor} if monitor else {}
    body = KINDS["Pool"].translate(asked, {"network": "vpc-1"})
    group = {**body, "TargetGroupName": body["Name"], "LoadBalancerArns": [LB]}
    targets = [{**target, "Port": 80} for target in body["Targets"]]
    native = {"group": group, "targets": targets, "attributes": body["Attributes"], "tags": body["Tags"]}
    seen = KINDS["Pool"].observe(AT, native).inputs
    web = protocol in ("http", "https")
    told = {**asked, "loadBalancer": AT.id_of(LB), "members": sorted(AT.id_of(item) for item in members)}
    # One switch of a network pool stands for two words, and it has no algorithm of its own.
    for key in () if web else ("algorithm", *(("sticky",) if sticky else ())):
        told.pop(key)
    assert {key: value for key, value in seen.items() if key != "monitor"} == {
        key: value for key, value in told.items() if key != "monitor"
    }
    for key, value in (monitor or {"protocol": "tcp"}).items():
        assert seen["monitor"][key] == value


def test_a_target_on_another_port_is_a_difference() -> None:
    body = KINDS["Pool"].translate({"name": "web", "protocol": "tcp", "port": 80}, {})
    native = {
        "group": {**body, "TargetGroupName": "web"},
        "targets": [{"Id": "i-1", "Port": 81}],
        "attributes": {},
        "tags": [],
    }
    assert KINDS["Pool"].observe(AT, native).inputs["members"] == [AT.id_of("i-1:81")]


HOSTS, PATHS = st.sampled_from([None, "a.example", "*.b.example"]), st.sampled_from([None, "/a/*", "*.png"])
ACTIONS = st.sampled_from(
    [
        {"pool": TG},
        {"reject": True},
        {"redirect": "https://c.example/x?y=1", "code": 301},
        {"redirect": "http://c.example:8080/", "keepQuery": True},
        {"redirect": "https://c.example/"},
    ]
)
RULE = st.builds(lambda host, path, action: {"host": host, "path": path, **action}, HOSTS, PATHS, ACTIONS)


def rules_shown(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**body, "Priority": str(place), "IsDefault": False} for place, body in enumerate(bodies, 1)]


@given(st.lists(RULE, max_size=4), st.booleans(), st.sampled_from(["http", "https"]), LABELS)
def test_a_listener_comes_back(rules: list[dict[str, Any]], pool: bool, protocol: str, labels: dict[str, str]) -> None:
    asked: dict[str, Any] = {"name": "front", "port": 8443, "protocol": protocol, "loadBalancer": LB, "labels": labels}
    asked |= {"rules": rules} | ({"pool": TG} if pool else {})
    asked |= {"certificate": "arn:c/1", "sni": ["arn:c/2"]} if protocol == "https" else {}
    body = KINDS["Listener"].translate(asked, {})
    certificates = [{**item, "IsDefault": True} for item in body["listener"].get("Certificates", ())]
    certificates += [{"CertificateArn": arn, "IsDefault": False} for arn in asked.get("sni", ())]
    native = {
        "listener": {**body["listener"], "LoadBalancerArn": LB},
        "rules": rules_shown(body["rules"]),
        "certificates": certificates,
        "attributes": {},
        "tags": [{"Key": "Name", "Value": "front"}, *({"Key": key, "Value": value} for key, value in labels.items())],
    }
    seen = KINDS["Listener"].observe(AT, native)
    assert seen.ordered == {"rules"}
    expected = [
        ListenerRuleInputs.model_validate({**rule, **({"pool": AT.id_of(TG)} if "pool" in rule else {})})
        for rule in rules
    ]
    assert [ListenerRuleInputs.model_validate(rule) for rule in seen.inputs["rules"]] == expected
    assert seen.inputs["pool"] == (AT.id_of(TG) if pool else "")
    assert seen.inputs["certificate"] == (AT.id_of("arn:c/1") if protocol == "https" else "")
    assert seen.inputs["sni"] == ([AT.id_of("arn:c/2")] if protocol == "https" else [])
    for key in ("name", "port", "protocol", "labels"):
        assert seen.inputs[key] == asked[key]


@pytest.mark.parametrize(
    "rule",
    [
        {"Conditions": [{"Field": "source-ip", "Values": ["10.0.0.0/8"]}], "Actions": [balance.REFUSED]},
        {"Conditions": [{"Field": "path-pattern", "Values": ["/a", "/b"]}], "Actions": [balance.REFUSED]},
        {"Conditions": [{"Field": "path-pattern", "Values": ["/a"]}], "Actions": [balance.NOBODY]},
        {"Conditions": [{"Field": "path-pattern", "Values": ["/a"]}], "Actions": [{"Type": "authenticate-oidc"}]},
    ],
)
def test_a_rule_that_says_more_is_not_taken_for_less(rule: dict[str, Any]) -> None:
    native = {
        "listener": {"LoadBalancerArn": LB, "Port": 80, "Protocol": "HTTP"},
        "rules": [rule],
        "certificates": [],
        "attributes": {},
        "tags": [],
    }
    (shown,) = KINDS["Listener"].observe(AT, native).inputs["rules"]
    assert list(shown) == ["native"]


def test_answers_of_the_service_are_the_same_as_what_was_asked() -> None:
    host = {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example"]}}
    assert balance.match_of({"Conditions": [host]}) == (("host-header", ("a.example",)),)
    shown = {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": TG, "Weight": 1}]}}
    assert balance.same_actions([{"Type": "forward", "TargetGroupArn": TG}], [{**shown, "Order": 1}])
    two = {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": TG}, {"TargetGroupArn": "x"}]}}
    assert not balance.same_actions([{"Type": "forward", "TargetGroupArn": TG}], [two])


@pytest.mark.parametrize(
    ("protocols", "before", "replaced"),
    [(["tcp"], [], True), (["tcp"], ["sg-1"], False), (["http"], [], False)],
)
def test_a_network_load_balancer_without_groups_never_gets_any(
    protocols: list[str], before: list[str], replaced: bool
) -> None:
    old, new = {"securityGroups": before}, {"protocols": protocols, "securityGroups": ["sg-2"]}
    found = KINDS["LoadBalancer"].replaces(frozenset({"securityGroups"}), old, new)
    assert found == ({"securityGroups"} if replaced else set())


def test_a_certificate_shows_its_name_only() -> None:
    asked = {"name": "front", "certificate": "PEM", "privateKey": "env:KEY", "labels": {"team": "a"}}
    body = KINDS["Certificate"].translate(asked, {})
    assert body["PrivateKey"] == "env:KEY"
    seen = KINDS["Certificate"].observe(AT, {"certificate": {}, "tags": body["Tags"]})
    assert seen.inputs == {"name": "front", "labels": {"team": "a"}}
