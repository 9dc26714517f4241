"""Load balancers, neutral to native and back: what is written is read as it was asked for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.adapter.kind import Observed
from mcloud.model.base import Placement
from mcloud.model.resources import CertificateInputs, ListenerInputs, LoadBalancerInputs, PoolInputs
from mcloud.units import Duration
from mcloud_vng import policies, translate_lb
from mcloud_vng.resources import KINDS

AT = Placement("vng", "hcm-3")
NAMES = st.from_regex(r"[a-z][a-z0-9-]{4,40}", fullmatch=True)
IDS = st.from_regex(r"[a-z]{3,5}-[0-9a-f]{8}", fullmatch=True)
PICKS = {"zone": "HCM03-1C", "layer": "application", "flavor": "ALB_Small", "flavorId": "lbp-1"}


def engine_id(native: str) -> str:
    return AT.id_of(native)


@given(NAMES, IDS, IDS, st.booleans(), st.sampled_from(["application", "network"]))
def test_a_load_balancer_comes_back(name: str, network: str, subnet: str, public: bool, layer: str) -> None:
    picks = {**PICKS, "layer": layer}
    inputs = {"name": name, "subnets": [f"{network}/{subnet}"], "public": public}
    LoadBalancerInputs.model_validate({"placement": str(AT), **inputs})
    body = KINDS["LoadBalancer"].translate(inputs, picks)
    shown = {
        "name": body["name"],
        "loadBalancerSchema": body["scheme"],
        "privateSubnetId": body["subnetId"],
        "packageId": body["packageId"],
        "packageInfo": {"name": "ALB_Small"},
        "type": body["type"],
        "zone": {"uuid": body["zoneId"]},
        "address": "203.0.113.9",
    }
    found = KINDS["LoadBalancer"].observe(AT, {"balancer": shown, "network": network})
    asked = {**inputs, "subnets": [engine_id(f"{network}/{subnet}")]}
    assert found == Observed(asked, picks, {"address": "203.0.113.9"})
    bare = KINDS["LoadBalancer"].observe(AT, {"balancer": {**shown, "zone": None}, "network": None})
    assert "subnets" not in bare.inputs
    assert "zone" not in bare.picks


CHECKS = st.fixed_dictionaries(
    {"protocol": st.sampled_from(["http", "https"])},
    optional={
        "path": st.sampled_from(["/", "/ok?x=1"]),
        "host": st.just("a.example"),
        "method": st.sampled_from(["GET", "PUT"]),
        "codes": st.sampled_from(["200", "200-299"]),
        "port": st.integers(1, 65535),
        "healthy": st.integers(2, 10),
        "unhealthy": st.integers(2, 10),
        "interval": st.integers(60, 3600).map(lambda number: str(Duration(number))),
        "timeout": st.integers(2, 30).map(lambda number: str(Duration(number))),
    },
) | st.fixed_dictionaries({"protocol": st.sampled_from(["tcp", "udp"])}, optional={"port": st.integers(1, 65535)})


def pool_shown(body: dict[str, Any]) -> dict[str, Any]:
    """A pool as it is answered."""
    rows = [
        {"address": row["ipAddress"], "protocolPort": row["port"], **{key: row[key] for key in row if key != "port"}}
        for row in body["members"]
    ]
    pool = {
        "name": body["poolName"],
        "protocol": body["poolProtocol"],
        "loadBalanceMethod": body["algorithm"],
        "stickiness": body.get("stickiness", False),
        "tlsEncryption": body.get("tlsEncryption", False),
    }
    servers = {row["ipAddress"]: f"ins-{row['name']}" for row in body["members"]}
    return {
        "balancer": "lb-1",
        "pool": pool,
        "monitor": body["healthMonitor"],
        "members": rows,
        "servers": servers,
    }


@given(
    NAMES,
    st.sampled_from(["http", "https", "tcp", "udp"]),
    st.integers(1, 65535),
    st.integers(0, 4),
    st.sampled_from(["round-robin", "least-connections", "source-ip"]),
    st.booleans(),
    st.none() | CHECKS,
)
def test_a_pool_comes_back(
    name: str, protocol: str, port: int, count: int, algorithm: str, sticky: bool, check: dict[str, Any] | None
) -> None:
    members = [f"ins-web-{number}" for number in range(count)]
    servers = [{"name": f"web-{number}", "address": f"10.0.0.{number + 4}"} for number in range(count)]
    asked: dict[str, Any] = {
        "placement": str(AT),
        "name": name,
        "loadBalancer": "lb-1",
        "protocol": protocol,
        "port": port,
        "members": members,
        "algorithm": algorithm,
        "sticky": sticky and protocol in ("http", "https"),
        "monitor": check,
    }
    model = PoolInputs.model_validate({key: value for key, value in asked.items() if value is not None})
    inputs = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    shown = pool_shown(KINDS["Pool"].translate(inputs, {"servers": servers}))
    seen = KINDS["Pool"].observe(AT, shown).inputs
    assert seen["members"] == [engine_id(member) for member in members]
    assert seen["loadBalancer"] == engine_id("lb-1")
    for key in ("name", "protocol", "algorithm", "sticky", *(("port",) if count else ())):
        assert seen[key] == inputs[key]
    unseen = {"method", "codes"} if check is not None and check["protocol"] in ("tcp", "udp") else set()
    unseen |= set() if count else {"port"}
    for key, value in inputs.get("monitor", {}).items():
        if key not in unseen:
            assert seen["monitor"][key] == value
    assert translate_lb.same_settings(inputs, shown)
    assert translate_lb.same_members(translate_lb.members(inputs, servers), shown["members"])


POOL = {"name": "pool-web", "protocol": "http", "port": 80, "members": ["a", "b", "c"], "loadBalancer": "lb-1"}
SERVERS = [{"name": f"web-{number}", "address": f"10.0.0.{number}"} for number in (4, 5, 6)]


def changed_member(**changes: Any) -> dict[str, Any]:
    shown = pool_shown(KINDS["Pool"].translate(POOL, {"servers": SERVERS}))
    shown["members"][0] = {**shown["members"][0], **changes}
    return shown


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"protocolPort": 81}, "10.0.0.4:81"),
        ({"address": "10.0.0.99"}, "10.0.0.99:80"),
        ({"weight": 0}, "10.0.0.4:80"),
        ({"backup": True}, "10.0.0.4:80"),
    ],
)
def test_a_member_that_was_changed_is_no_server_of_ours(changes: dict[str, Any], says: str) -> None:
    shown = changed_member(**changes)
    seen = KINDS["Pool"].observe(AT, shown).inputs
    assert seen["members"][0] == engine_id(says)
    assert seen["port"] == 80
    assert not translate_lb.same_members(translate_lb.members(POOL, SERVERS), shown["members"])


def test_checks_at_several_ports_are_no_port_that_anybody_asked_for() -> None:
    assert KINDS["Pool"].observe(AT, changed_member(monitorPort=99)).inputs["monitor"]["port"] == 0


@pytest.mark.parametrize(
    ("old", "new", "replaced"),
    [
        ({"protocol": "http"}, {"protocol": "https"}, set()),
        ({"protocol": "tcp"}, {"protocol": "udp"}, {"protocol"}),
        ({"protocol": "http", "monitor": {"protocol": "tcp"}}, {"protocol": "http"}, set()),
        ({"protocol": "http"}, {"protocol": "http", "monitor": {"protocol": "http"}}, {"monitor"}),
        ({"protocol": "http", "name": "a"}, {"protocol": "http", "name": "b"}, {"name"}),
        ({"protocol": "http", "members": []}, {"protocol": "http", "members": ["x"]}, set()),
    ],
)
def test_when_a_pool_is_replaced(old: dict[str, Any], new: dict[str, Any], replaced: set[str]) -> None:
    changed = frozenset(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    assert KINDS["Pool"].replaces(changed, old, new) == replaced


TEXT = st.text("ab/.-+$^()", min_size=1, max_size=6)
PATTERNS = st.lists(TEXT | st.just("*"), min_size=1, max_size=4).map("".join)


@given(PATTERNS)
def test_a_pattern_comes_back(pattern: str) -> None:
    while "**" in pattern:
        pattern = pattern.replace("**", "*")
    compare, value = policies.compare_of(pattern)
    assert policies.pattern_of(compare, value) == pattern


@pytest.mark.parametrize(
    ("compare", "value"),
    [
        ("EQUAL_TO", "/a*"),
        ("STARTS_WITH", "*"),
        ("REGEX", "/a.*"),
        ("REGEX", "^/a[0-9]$"),
        ("REGEX", "^a.*$"),
        ("X", ""),
    ],
)
def test_what_no_pattern_says(compare: str, value: str) -> None:
    assert policies.pattern_of(compare, value) is None


RULES = st.builds(
    lambda host, path, action: {key: value for key, value in {"host": host, "path": path, **action}.items() if value},
    st.none() | st.sampled_from(["a.example", "*.example", "a.*.example"]),
    st.none() | st.sampled_from(["/a", "/a/*", "*.png", "*x*", "/a/*/b"]),
    st.sampled_from(
        [
            {"pool": "lb-1/pool-2"},
            {"reject": True},
            {"redirect": "https://x.example/", "code": 301, "keepQuery": True},
            {"redirect": "https://x.example/"},
        ]
    ),
)


def policies_shown(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"uuid": f"policy-{place}", "position": place, **body, "l7Rules": body["rules"], "rules": None}
        for place, body in enumerate(bodies, 1)
    ]


@given(
    NAMES,
    st.integers(1, 65535),
    st.booleans(),
    st.lists(RULES, max_size=4),
    st.lists(st.sampled_from(["10.0.0.0/8", "203.0.113.0/24"]), unique=True),
    st.none() | st.integers(1, 3600),
)
def test_a_listener_comes_back(
    name: str, port: int, secure: bool, rules: list[dict[str, Any]], blocks: list[str], idle: int | None
) -> None:
    asked: dict[str, Any] = {
        "placement": str(AT),
        "name": name,
        "loadBalancer": "lb-1",
        "pool": "lb-1/pool-1",
        "port": port,
        "protocol": "https" if secure else "http",
        "rules": rules,
        "certificate": "secret-1" if secure else None,
        "sni": ["secret-2"] if secure else [],
        "allowedCidrs": blocks,
        "idleTimeout": str(Duration(idle)) if idle else None,
    }
    model = ListenerInputs.model_validate({key: value for key, value in asked.items() if value is not None})
    inputs = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    made = KINDS["Listener"].translate(inputs, {})
    body = made["listener"]
    shown = {
        **{key: body[key] for key in (*translate_lb.TIMEOUTS, "allowedCidrs", "defaultPoolId")},
        "name": body["listenerName"],
        "protocol": body["listenerProtocol"],
        "protocolPort": body["listenerProtocolPort"],
        "certificateAuthorities": body["certificateAuthorities"],
        "defaultCertificateAuthority": body["defaultCertificateAuthority"],
        "insertHeaders": body["insertHeaders"],
    }
    native = {"balancer": "lb-1", "listener": shown, "policies": policies_shown(made["policies"])}
    found = KINDS["Listener"].observe(AT, native)
    seen = found.inputs
    for key in ("name", "port", "protocol"):
        assert seen[key] == inputs[key]
    assert seen["pool"] == engine_id("lb-1/pool-1")
    assert seen["certificate"] == (engine_id("secret-1") if secure else "")
    assert seen["sni"] == [engine_id(one) for one in inputs["sni"]]
    assert sorted(seen["allowedCidrs"]) == sorted(blocks)
    assert idle is None or seen["idleTimeout"] == inputs["idleTimeout"]
    pools = [{**rule, **({"pool": engine_id(rule["pool"])} if "pool" in rule else {})} for rule in inputs["rules"]]
    assert seen["rules"] == pools
    assert found.ordered == {"rules"}
    assert translate_lb.same_listener(inputs, shown)


def test_different_timeouts_on_both_sides_are_a_difference() -> None:
    shown = {"name": "x", "protocol": "TCP", "protocolPort": 1, "timeoutClient": 5, "timeoutMember": 6}
    assert translate_lb.listener_seen(AT, {"balancer": "lb-1", "listener": shown})["idleTimeout"] == "[5, 6]"


@pytest.mark.parametrize(
    "policy",
    [
        {"action": "REJECT", "l7Rules": [{"ruleType": "HEADER", "compareType": "EQUAL_TO", "ruleValue": "x"}]},
        {"action": "REJECT", "l7Rule": {"ruleType": "PATH", "compareType": "REGEX", "ruleValue": "a+"}},
        {"action": "OTHER", "l7Rule": {"ruleType": "PATH", "compareType": "EQUAL_TO", "ruleValue": "/a"}},
        {
            "action": "REJECT",
            "l7Rules": [
                {"ruleType": "PATH", "compareType": "EQUAL_TO", "ruleValue": "/a"},
                {"ruleType": "PATH", "compareType": "EQUAL_TO", "ruleValue": "/b"},
            ],
        },
    ],
)
def test_a_policy_that_no_rule_says_is_shown_as_it_is(policy: dict[str, Any]) -> None:
    (seen,) = policies.rules_seen(AT, "lb-1", [policy])
    assert set(seen) == {"native"}


def body(path: str, **action: Any) -> dict[str, Any]:
    return policies.policy_bodies({"rules": [{"path": path, **(action or {"reject": True})}]})[0]


def steps(wanted: list[dict[str, Any]], there: list[dict[str, Any]]) -> list[str]:
    """What is done, until it is so; the cloud is played by a list."""
    done = []
    for _ in range(40):
        step = policies.next_step(wanted, there)  # type: ignore[arg-type]
        if step is None:
            return done
        done.append(step.doing)
        found = {item["uuid"]: item for item in there}
        if step.doing == "create":
            assert step.body["name"] not in {item["name"] for item in there}
            there.append({**step.body, "uuid": f"new-{len(done)}"})
        elif step.doing == "update":
            found[step.policy_id].update(step.body)
        elif step.doing == "delete":
            there.remove(found[step.policy_id])
        else:
            there[:] = [found[policy_id] for policy_id in step.order]
    raise AssertionError("no end")


def there(*bodies: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**one, "uuid": f"policy-{place}"} for place, one in enumerate(bodies)]


A, B, C = (body(path) for path in ("/a", "/b", "/c"))


@pytest.mark.parametrize(
    ("wanted", "start", "done"),
    [
        ([], [], []),
        ([A, B], [], ["create", "create"]),
        ([A, B], [A, B], []),
        ([B, A], [A, B], ["reorder"]),
        ([C, A], [A, B], ["create", "delete", "reorder"]),
        ([body("/a", redirect="https://x.example/")], [A], ["update"]),
        ([A], [A, A], ["delete"]),
        ([], [A], ["delete"]),
    ],
)
def test_the_steps_to_the_rules(wanted: list[Any], start: list[Any], done: list[str]) -> None:
    assert steps(wanted, there(*start)) == done


def test_where_there_is_no_room_old_rules_go_first() -> None:
    full = [body(f"/{number}") for number in range(policies.MOST)]
    assert steps([A, *full[1:]], there(*full)) == ["delete", "create", "reorder"]


def test_a_certificate_comes_back_without_its_key() -> None:
    asked = {"placement": str(AT), "name": "site-1", "certificate": "PEM", "privateKey": {"secret": "env:KEY"}}
    inputs = CertificateInputs.model_validate(asked).model_dump(mode="json", by_alias=True, exclude_none=True)
    inputs["privateKey"] = "KEY"  # as a call has it
    made = KINDS["Certificate"].translate(inputs, {})
    assert (made["privateKey"], made["certificate"]) == ("KEY", "PEM")
    assert KINDS["Certificate"].observe(AT, {"name": made["name"]}) == Observed({"name": "site-1"})
