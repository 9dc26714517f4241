"""Every refusal of the emulated load balancers, with the vendor's text and status where they are known."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

BALANCERS = "/v2/{p}/loadBalancers"
TIMEOUTS = {"timeoutClient": 50, "timeoutMember": 50, "timeoutConnection": 5}
LISTENER = {"listenerName": "test-listener", "listenerProtocol": "HTTP", "listenerProtocolPort": 80, **TIMEOUTS}
POOL = {
    "poolName": "test-pool",
    "poolProtocol": "HTTP",
    "algorithm": "ROUND_ROBIN",
    "stickiness": False,
    "healthMonitor": {"healthCheckProtocol": "TCP"},
}
MEMBER = {"ipAddress": "10.1.1.10", "port": 8080, "backup": False}
RULE = {"ruleType": "PATH", "compareType": "STARTS_WITH", "ruleValue": "/old"}
POLICY = {"name": "test-policy", "action": "REJECT", "rules": [RULE]}


def refused(answer: httpx.Response, status: int, text: str, code: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert text in answer.json()["message"]
    if code is not None:
        assert answer.json()["errorCode"] == code


@pytest.fixture
def subnet(api: Any) -> str:
    return str(api.subnet(api.network()))


@pytest.fixture
def alb(api: Any, subnet: str) -> str:
    return str(api.balancer(subnet, "ALB_Small"))


@pytest.fixture
def nlb(api: Any, subnet: str) -> str:
    return str(api.balancer(subnet, "NLB_Small"))


def package(api: Any, name: str, zone: str = "HCM03-1C") -> str:
    rows = api.vlb("GET", f"{BALANCERS}/packages", zoneId=zone).json()["listData"]
    return str(next(row["uuid"] for row in rows if row["name"] == name))


def body_of(api: Any, subnet: str, **changes: Any) -> dict[str, Any]:
    given = {"name": "other-balancer", "scheme": "Internet", "type": "Layer 7", "zoneId": "HCM03-1C"}
    return {**given, "subnetId": subnet, "packageId": package(api, "ALB_Small"), **changes}


def inventory(api: Any, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.cloud.app.cloud.inventory()[kind]
    return found


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"name": "x"}, 400, "name:"),
        ({"name": "no spaces here"}, 400, "name:"),
        ({"packageId": None}, 400, "packageId: must not be null;"),
        ({"packageId": "lbp-none"}, 400, "Invalid package id (lbp-none)"),
        ({"type": "Layer 4"}, 400, "Invalid package id (lbp-"),
        ({"type": "Layer 5"}, 400, "type: must be one of the following: [Layer 4, Layer 7];"),
        ({"scheme": "internet"}, 400, "scheme: must be one of the following: [Internet, Internal];"),
        ({"subnetId": "sub-none"}, 404, "subnet with id sub-none is not found"),
        ({"zoneId": None}, 404, "Cannot get zone with id HCM03-1A"),
        ({"zoneId": "HCM03-1A"}, 404, "Cannot get zone with id HCM03-1A"),
        ({"zoneId": "HCM03-1B"}, 400, "is not in zone HCM03-1B"),
        ({"autoScalable": True}, 400, "the emulator does not have autoScalable"),
        ({"tags": [{"key": "k", "value": "val"}]}, 400, "the emulator does not have tags"),
        ({"pool": {**POOL, "poolProtocol": "TCP"}}, 400, "Invalid pool's protocol for Application load balancer."),
        ({"pool": POOL, "listener": {**LISTENER, "listenerProtocol": "TCP"}}, 400, "listenerProtocol:"),
    ],
)
def test_load_balancers(api: Any, subnet: str, change: dict[str, Any], status: int, text: str) -> None:
    refused(api.vlb("POST", BALANCERS, body_of(api, subnet, **change)), status, text)
    assert inventory(api, "load_balancers") == inventory(api, "pools") == []


def test_packages_of_another_zone(api: Any, subnet: str, alb: str) -> None:
    """LIVE for a resize: ids of packages are good in their own zone only, and none is asked for by default."""
    for found in (package(api, "ALB_Medium", "HCM03-1B"), package(api, "ALB_Medium", "")):
        refused(api.vlb("PUT", f"{alb}/resize", {"packageId": found}), 400, f"Invalid package id ({found})")
        body = body_of(api, subnet, packageId=found)
        refused(api.vlb("POST", BALANCERS, body), 400, f"Invalid package id ({found})")
    refused(api.vlb("GET", f"{BALANCERS}/packages", zoneId="HCM03-9Z"), 404, "Cannot get zone with id HCM03-9Z")


def test_resizes(api: Any, alb: str) -> None:
    same = api.vlb("GET", alb).json()["data"]["packageId"]
    refused(api.vlb("PUT", f"{alb}/resize", {"packageId": same}), 400, "is the same as the current package")
    refused(api.vlb("PUT", f"{alb}/resize", {"packageId": package(api, "NLB_Medium")}), 400, "Invalid package id (lbp-")
    refused(api.vlb("PUT", f"{alb}/resize", {}), 400, "packageId: must not be null;")


def test_the_quota_of_load_balancers(api: Any, subnet: str, alb: str) -> None:
    api.cloud.app.cloud.tune("quota", {"name": "LOAD_BALANCER", "limit": 1})
    answer = api.vlb("POST", BALANCERS, body_of(api, subnet))
    refused(answer, 400, "exceeded load_balancer quota. current used: 1, max: 1", "QuotaExceeded")


def test_quotas_within_a_load_balancer(api: Any, alb: str) -> None:
    pool = api.balanced("POST", f"{alb}/pools", POOL)
    listener = api.balanced("POST", f"{alb}/listeners", LISTENER)
    api.balanced("POST", f"{alb}/listeners/{listener}/l7policies", POLICY)
    https = {**LISTENER, "listenerName": "https-listener", "listenerProtocol": "HTTPS", "listenerProtocolPort": 443}
    tries = {
        "POOL_PER_LOAD_BALANCER": ("POST", f"{alb}/pools", {**POOL, "poolName": "second-pool"}),
        "LISTENER_PER_LOAD_BALANCER": (
            "POST",
            f"{alb}/listeners",
            {**LISTENER, "listenerName": "second", "listenerProtocolPort": 81},
        ),
        "POLICY_PER_LOAD_BALANCER": (
            "POST",
            f"{alb}/listeners/{listener}/l7policies",
            {**POLICY, "name": "second-policy"},
        ),
        "MEMBER_PER_POOL": (
            "PUT",
            f"{alb}/pools/{pool}/members",
            {"members": [MEMBER, {**MEMBER, "port": 8081}]},
        ),
        "CERTIFICATE_PER_LOAD_BALANCER": (
            "POST",
            f"{alb}/listeners",
            {
                **https,
                "defaultCertificateAuthority": api.certificate(),
                "certificateAuthorities": [api.certificate("second-certificate")],
            },
        ),
    }
    for quota, (method, path, body) in tries.items():
        default = api.cloud.app.cloud.worlds["hcm-3"].quotas[quota]
        api.cloud.app.cloud.tune("quota", {"name": quota, "limit": 1})
        refused(api.vlb(method, path, body), 400, f"exceeded {quota.lower()} quota. current used: ", "QuotaExceeded")
        api.cloud.app.cloud.tune("quota", {"name": quota, "limit": default})
        api.balanced(method, path, body)
    rows = {row["quotaName"]: row["used"] for row in api.call("GET", "/v2/{p}/quotas/quotaUsed").json()["data"]}
    assert {quota: rows[quota] for quota in tries} == dict.fromkeys(tries, "2") | {"LISTENER_PER_LOAD_BALANCER": "3"}
    assert rows["LOAD_BALANCER"] == "1"


def test_one_write_at_a_time(api: Any, subnet: str, alb: str) -> None:
    """The code is what the vendor's Terraform provider waits for, the texts are what its SDK looks for."""
    busy = "LoadBalancerNotReady"
    lb_id = alb.rsplit("/", 1)[1]
    pool = api.balanced("POST", f"{alb}/pools", POOL)
    listener = api.balanced("POST", f"{alb}/listeners", LISTENER)
    policies = f"{alb}/listeners/{listener}/l7policies"
    policy = api.balanced("POST", policies, POLICY)
    assert api.vlb("POST", f"{alb}/pools", {**POOL, "poolName": "second-pool"}).status_code == 202
    assert api.vlb("GET", alb).json()["data"]["progressStatus"] == "UPDATING"
    not_ready = f"The load balancer id {lb_id} is not ready"
    update = {"algorithm": "SOURCE_IP", "stickiness": False}
    for method, path, body in (
        ("POST", f"{alb}/pools", {**POOL, "poolName": "third-pool"}),
        ("PUT", f"{alb}/pools/{pool}", update),
        ("PUT", f"{alb}/pools/{pool}/members", {"members": [MEMBER]}),
        ("DELETE", f"{alb}/pools/{pool}", None),
        ("POST", f"{alb}/listeners", {**LISTENER, "listenerName": "second"}),
        ("PUT", f"{alb}/listeners/{listener}", TIMEOUTS),
        ("DELETE", f"{alb}/listeners/{listener}", None),
        ("POST", policies, POLICY),
        ("PUT", f"{policies}/{policy}", POLICY),
        ("DELETE", f"{policies}/{policy}", None),
        ("PUT", f"{alb}/listeners/{listener}/reorderL7Policies", {"policies": []}),
    ):
        refused(api.vlb(method, path, body), 400, not_ready, busy)
    resize = {"packageId": package(api, "ALB_Medium")}
    refused(api.vlb("PUT", f"{alb}/resize", resize), 400, f"Load balancer id {lb_id} is updating", busy)
    refused(api.vlb("DELETE", alb), 400, f"Load balancer id {lb_id} is updating", busy)
    api.clock.advance(20)
    assert api.vlb("PUT", f"{alb}/pools/{pool}", update).status_code == 202
    refused(api.vlb("PUT", f"{alb}/pools/{pool}", update), 400, f"Pool id {pool} is updating", busy)
    api.clock.advance(20)
    assert api.vlb("PUT", f"{policies}/{policy}", POLICY).status_code == 202
    again = api.vlb("PUT", f"{policies}/{policy}", POLICY)
    refused(again, 400, f"Listener id {listener} is not ready", "ListenerNotReady")
    # The provider does not wait for a busy listener before it deletes a policy.
    refused(api.vlb("DELETE", f"{policies}/{policy}"), 400, not_ready, busy)
    api.clock.advance(20)
    assert api.vlb("PUT", f"{alb}/resize", resize).status_code == 202
    refused(api.vlb("POST", f"{alb}/pools", {**POOL, "poolName": "third-pool"}), 400, not_ready, busy)
    api.clock.advance(130)
    assert api.vlb("DELETE", alb).status_code == 202
    refused(api.vlb("DELETE", alb), 400, f"Load balancer id {lb_id} is deleting", busy)
    refused(api.vlb("POST", f"{alb}/pools", POOL), 400, not_ready, busy)
    made = api.vlb("POST", BALANCERS, body_of(api, subnet)).json()["uuid"]
    refused(api.vlb("DELETE", f"{BALANCERS}/{made}"), 400, f"Load balancer id {made} is creating", busy)
    api.clock.advance(60)
    assert api.vlb("GET", f"{BALANCERS}/{made}").json()["data"]["progressStatus"] == "CREATING-BILLING"
    refused(api.vlb("DELETE", f"{BALANCERS}/{made}"), 400, f"Load balancer id {made} is creating", busy)


def test_what_is_not_there(api: Any, alb: str, nlb: str) -> None:
    gone = f"{BALANCERS}/lb-none"
    missing = "Cannot get load balancer with id lb-none"
    for path in ("", "/listeners", "/listeners/lis-none", "/pools", "/pools/pool-none", "/pools/pool-none/members"):
        refused(api.vlb("GET", gone + path), 404, missing)
    refused(api.vlb("GET", f"{gone}/pools/pool-none/healthMonitor"), 404, missing)
    refused(api.vlb("GET", f"{gone}/listeners/lis-none/l7policies"), 404, missing)
    refused(api.vlb("POST", f"{gone}/listeners/lis-none/l7policies", POLICY), 404, missing)
    refused(api.vlb("PUT", f"{gone}/resize", {"packageId": "lbp-none"}), 404, missing)
    refused(api.vlb("DELETE", gone), 404, missing)
    for method, path, body in (
        ("POST", "/listeners", LISTENER),
        ("PUT", "/listeners/lis-none", TIMEOUTS),
        ("DELETE", "/listeners/lis-none", None),
        ("POST", "/pools", POOL),
        ("PUT", "/pools/pool-none", {"algorithm": "SOURCE_IP"}),
        ("PUT", "/pools/pool-none/members", {"members": []}),
        ("DELETE", "/pools/pool-none", None),
    ):
        refused(api.vlb(method, gone + path, body), 404, "Could not find resource")
    refused(api.vlb("GET", f"{alb}/listeners/lis-none"), 404, "Cannot get listener with id lis-none")
    refused(api.vlb("DELETE", f"{alb}/listeners/lis-none"), 404, "Cannot get listener with id lis-none")
    refused(api.vlb("GET", f"{alb}/pools/pool-none"), 404, "Cannot get pool with id pool-none")
    refused(api.vlb("DELETE", f"{alb}/pools/pool-none"), 404, "Cannot get pool with id pool-none")
    literal = f"{BALANCERS}/%7BloadBalancerId%7D/pools/pool-none/members"
    refused(api.vlb("GET", literal), 404, "Cannot get pool with id pool-none")
    listener = api.balanced("POST", f"{alb}/listeners", LISTENER)
    pool = api.balanced("POST", f"{alb}/pools", POOL)
    other = nlb.rsplit("/", 1)[1]
    text = f"Listener id {listener} is not belong to load balancer id {other}"
    refused(api.vlb("GET", f"{nlb}/listeners/{listener}"), 404, text)
    refused(api.vlb("GET", f"{nlb}/pools/{pool}"), 404, f"Cannot get pool with id {pool}")
    policies = f"{alb}/listeners/{listener}/l7policies"
    refused(api.vlb("GET", f"{policies}/policy-none"), 404, "Cannot get l7 policy with id policy-none")
    policy = api.balanced("POST", policies, POLICY)
    second = {**LISTENER, "listenerName": "second-listener", "listenerProtocolPort": 81}
    elsewhere = f"{alb}/listeners/{api.balanced('POST', f'{alb}/listeners', second)}/l7policies/{policy}"
    refused(api.vlb("GET", elsewhere), 404, f"Cannot get l7 policy with id {policy}")
    refused(api.vlb("GET", "/v2/{p}/cas/secret-none"), 404, "Cannot get certificate with id secret-none")
    refused(api.vlb("DELETE", "/v2/{p}/cas/secret-none"), 404, "Cannot get certificate with id secret-none")


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"poolName": "x"}, 400, "poolName:"),
        ({"poolName": "first-pool"}, 400, "Duplicated pool name"),
        ({"poolProtocol": "TCP"}, 400, "Invalid pool's protocol for Application load balancer. Valid values: [HTTP]"),
        ({"stickiness": None}, 400, "Stickiness must be specified for HTTP pools"),
        ({"stickiness": "yes"}, 400, "stickiness: must be a boolean;"),
        ({"algorithm": None}, 400, "algorithm: must not be null;"),
        ({"algorithm": "FASTEST"}, 400, "algorithm: must be one of the following: [ROUND_ROBIN, LEAST_CONNECTIONS"),
        ({"healthMonitor": None}, 400, "healthMonitor: must not be null;"),
        ({"healthMonitor": {}}, 400, "healthCheckProtocol: must not be null;"),
        ({"healthMonitor": {"healthCheckProtocol": "HTTPS"}}, 400, "healthCheckProtocol: must be one of"),
        ({"healthMonitor": {"healthCheckProtocol": "TCP", "interval": 4}}, 400, "interval: must be from 5 to 3600;"),
        ({"healthMonitor": {"healthCheckProtocol": "TCP", "timeout": 121}}, 400, "timeout: must be from 2 to 120;"),
        (
            {"healthMonitor": {"healthCheckProtocol": "TCP", "healthyThreshold": 0}},
            400,
            "healthyThreshold: must be from 2 to 10;",
        ),
        (
            {"healthMonitor": {"healthCheckProtocol": "HTTP", "healthCheckMethod": "HEAD"}},
            400,
            "healthCheckMethod: must be one of the following: [GET, PUT, POST];",
        ),
        (
            {"healthMonitor": {"healthCheckProtocol": "HTTP", "domainName": "shop.example"}},
            400,
            "domainName: only with httpVersion 1.1;",
        ),
        (
            {"healthMonitor": {"healthCheckProtocol": "HTTP", "successCode": 200}},
            400,
            "successCode: must be a string;",
        ),
        ({"members": {}}, 400, "members: must be a list;"),
        ({"members": ["10.1.1.10"]}, 400, "members: must be a list;"),
        ({"members": [{**MEMBER, "backup": None}]}, 400, "backup: must not be null;"),
        ({"members": [{**MEMBER, "ipAddress": "web"}]}, 400, "ipAddress: must be an IPv4 address;"),
        ({"members": [{**MEMBER, "port": 70000}]}, 400, "port: must be from 1 to 65535;"),
        ({"members": [{**MEMBER, "name": "x"}]}, 400, "name:"),
        ({"members": [MEMBER, MEMBER]}, 400, "Duplicated member address and port"),
    ],
)
def test_pools(api: Any, alb: str, change: dict[str, Any], status: int, text: str) -> None:
    api.balanced("POST", f"{alb}/pools", {**POOL, "poolName": "first-pool"})
    refused(api.vlb("POST", f"{alb}/pools", {**POOL, **change}), status, text)
    assert len(inventory(api, "pools")) == 1
    assert api.vlb("GET", alb).json()["data"]["progressStatus"] == "CREATED"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "Invalid pool's protocol for Network load balancer. Valid values: [TCP, UDP, PROXY]"),
        ({"poolProtocol": "TCP", "stickiness": True}, "stickiness: only for HTTP pools;"),
        ({"poolProtocol": "TCP", "tlsEncryption": True}, "tlsEncryption: only for HTTP pools;"),
        ({"poolProtocol": "UDP"}, "healthCheckProtocol: must be one of the following: [PING-UDP];"),
    ],
)
def test_pools_of_a_network_load_balancer(api: Any, nlb: str, change: dict[str, Any], text: str) -> None:
    refused(api.vlb("POST", f"{nlb}/pools", {**POOL, **change}), 400, text)


def test_changes_of_pools(api: Any, alb: str) -> None:
    path = f"{alb}/pools/{api.balanced('POST', f'{alb}/pools', {**POOL, 'members': [MEMBER]})}"
    refused(api.vlb("PUT", path, {"stickiness": True}), 400, "algorithm: must not be null;")
    refused(api.vlb("PUT", path, {"algorithm": "SOURCE_IP"}), 400, "Stickiness must be specified for HTTP pools")
    whole = {"algorithm": "SOURCE_IP", "stickiness": False}
    refused(api.vlb("PUT", path, {**whole, "healthMonitor": {}}), 400, "healthyThreshold: must not be null;")
    same = {"members": [{**MEMBER, "weight": 1, "monitorPort": 8080}]}
    text = "The members provided are identical to the existing members in the pool"
    refused(api.vlb("PUT", f"{path}/members", same), 400, text)
    refused(api.vlb("PUT", f"{path}/members", {}), 400, "members: must not be null;")
    assert api.vlb("PUT", f"{path}/members").json()["message"] is None
    assert api.vlb("GET", alb).json()["data"]["progressStatus"] == "CREATED"


def test_a_pool_in_use_stays(api: Any, alb: str) -> None:
    """LIVE for a policy that sends traffic to it; the text is what the vendor's SDK looks for."""
    pool = api.balanced("POST", f"{alb}/pools", POOL)
    target = api.balanced("POST", f"{alb}/pools", {**POOL, "poolName": "other-pool"})
    listener = api.balanced("POST", f"{alb}/listeners", {**LISTENER, "defaultPoolId": pool})
    policy = {**POLICY, "action": "REDIRECT_TO_POOL", "redirectPoolId": target}
    policy_id = api.balanced("POST", f"{alb}/listeners/{listener}/l7policies", policy)
    refused(api.vlb("DELETE", f"{alb}/pools/{pool}"), 400, f"Pool {pool} is used in listener")
    refused(api.vlb("DELETE", f"{alb}/pools/{target}"), 400, f"Pool {target} is used in listener")
    api.balanced("DELETE", f"{alb}/listeners/{listener}/l7policies/{policy_id}")
    api.balanced("DELETE", f"{alb}/pools/{target}")
    api.balanced("PUT", f"{alb}/listeners/{listener}", {**TIMEOUTS, "defaultPoolId": None})
    api.balanced("DELETE", f"{alb}/pools/{pool}")


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"listenerName": "x"}, 400, "listenerName:"),
        ({"listenerName": "first-listener"}, 400, "Duplicated listener name"),
        ({"listenerProtocolPort": 8080}, 400, "Duplicated listener protocol port"),
        ({"listenerProtocolPort": 0}, 400, "listenerProtocolPort: must be from 1 to 65535;"),
        ({"listenerProtocolPort": "80"}, 400, "listenerProtocolPort: must be an integer;"),
        ({"listenerProtocol": "TCP"}, 400, "listenerProtocol: must be one of the following: [HTTP, HTTPS];"),
        ({"timeoutClient": None}, 400, "timeoutClient: must not be null;"),
        ({"timeoutMember": 3601}, 400, "timeoutMember: must be from 1 to 3600;"),
        ({"allowedCidrs": "10.0.0.1/8"}, 400, "allowedCidrs:"),
        ({"allowedCidrs": "10.0.0.0/8,anywhere"}, 400, "allowedCidrs:"),
        ({"defaultPoolId": "pool-none"}, 404, "Cannot get pool with id pool-none"),
        ({"insertHeaders": "X-Forwarded-For"}, 400, "insertHeaders: must be a list;"),
        ({"insertHeaders": [{"headerName": "X-Forwarded-For"}]}, 400, "headerValue: must not be null;"),
        (
            {"insertHeaders": [{"headerName": "X-Team", "headerValue": "true"}]},
            400,
            "headerName: must be one of the following: [X-Forwarded-For, X-Forwarded-Port",
        ),
        ({"headers": ["X-Team"]}, 400, "headerName: must be one of the following: [X-Forwarded-For"),
        ({"headers": [1]}, 400, "headers: must be a list of strings;"),
        ({"blockedCidrs": "10.0.0.0/8"}, 400, "the emulator does not have blockedCidrs"),
        ({"defaultCertificateAuthority": "secret-none"}, 400, "certificates: only for HTTPS listeners;"),
        ({"listenerProtocol": "HTTPS"}, 400, "defaultCertificateAuthority: must not be null;"),
        (
            {"listenerProtocol": "HTTPS", "defaultCertificateAuthority": "secret-none"},
            404,
            "Cannot get certificate with id secret-none",
        ),
    ],
)
def test_listeners(api: Any, alb: str, change: dict[str, Any], status: int, text: str) -> None:
    first = {**LISTENER, "listenerName": "first-listener", "listenerProtocolPort": 8080}
    api.balanced("POST", f"{alb}/listeners", first)
    refused(api.vlb("POST", f"{alb}/listeners", {**LISTENER, **change}), status, text)
    assert len(inventory(api, "listeners")) == 1
    assert api.vlb("GET", alb).json()["data"]["progressStatus"] == "CREATED"


def test_listeners_of_a_network_load_balancer(api: Any, nlb: str) -> None:
    refused(api.vlb("POST", f"{nlb}/listeners", LISTENER), 400, "listenerProtocol: must be one of the following: [TCP")
    pool = api.balanced("POST", f"{nlb}/pools", {**POOL, "poolProtocol": "TCP"})
    udp = {**LISTENER, "listenerProtocol": "UDP", "listenerProtocolPort": 53}
    refused(api.vlb("POST", f"{nlb}/listeners", {**udp, "defaultPoolId": pool}), 400, "cannot serve a UDP listener")
    listener = api.balanced("POST", f"{nlb}/listeners", udp)
    tcp = {**udp, "listenerName": "tcp-listener", "listenerProtocol": "TCP", "defaultPoolId": pool}
    api.balanced("POST", f"{nlb}/listeners", tcp)
    answer = api.vlb("POST", f"{nlb}/listeners/{listener}/l7policies", POLICY)
    refused(answer, 400, "l7policies: only for HTTP and HTTPS listeners;")


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"name": "x"}, 400, "name:"),
        ({"name": None}, 400, "name: must not be null;"),
        ({"action": None}, 400, "action: must not be null;"),
        ({"action": "FORWARD"}, 400, "action: must be one of the following: [REDIRECT_TO_POOL, REDIRECT_TO_URL"),
        ({"rules": None}, 400, "rules: must not be empty;"),
        ({"rules": []}, 400, "rules: must not be empty;"),
        ({"rules": [{**RULE, "ruleValue": ""}]}, 400, "ruleValue: must not be empty;"),
        ({"rules": [{**RULE, "ruleType": "HEADER"}]}, 400, "ruleType: must be one of the following: [HOST_NAME, PATH]"),
        ({"rules": [{**RULE, "compareType": "LIKE"}]}, 400, "compareType: must be one of the following: [CONTAINS"),
        ({"action": "REDIRECT_TO_POOL"}, 400, "redirectPoolId: must not be null;"),
        (
            {"action": "REDIRECT_TO_POOL", "redirectPoolId": "pool-none"},
            404,
            "Cannot get pool with id pool-none",
        ),
        ({"action": "REDIRECT_TO_URL"}, 400, "redirectUrl: must not be null;"),
        ({"action": "REDIRECT_TO_URL", "redirectUrl": "shop.example"}, 400, "redirectUrl: must be a URL;"),
        (
            {"action": "REDIRECT_TO_URL", "redirectUrl": "https://shop.example", "redirectHttpCode": 200},
            400,
            "redirectHttpCode: must be one of the following: [301, 302];",
        ),
    ],
)
def test_policies(api: Any, alb: str, change: dict[str, Any], status: int, text: str) -> None:
    listener = api.balanced("POST", f"{alb}/listeners", LISTENER)
    path = f"{alb}/listeners/{listener}/l7policies"
    refused(api.vlb("POST", path, {**POLICY, **change}), status, text)
    assert inventory(api, "policies") == []
    assert api.vlb("GET", alb).json()["data"]["progressStatus"] == "CREATED"


def test_orders_of_policies(api: Any, alb: str) -> None:
    path = f"{alb}/listeners/{api.balanced('POST', f'{alb}/listeners', LISTENER)}"
    first, second = (
        api.balanced("POST", f"{path}/l7policies", {**POLICY, "name": f"policy-{number}"}) for number in (1, 2)
    )
    for asked, status, text in (
        (None, 400, "policies: must not be null;"),
        ([{"policyId": first}], 400, "position: must not be null;"),
        ([{"policyId": "policy-none", "position": 1}], 404, "Cannot get l7 policy with id policy-none"),
        ([{"policyId": first, "position": 1}], 400, "policies: every policy"),
        ([{"policyId": first, "position": 1}, {"policyId": second, "position": 1}], 400, "policies: every policy"),
    ):
        refused(api.vlb("PUT", f"{path}/reorderL7Policies", {"policies": asked}), status, text)


def test_a_subnet_with_a_load_balancer_stays(api: Any, subnet: str, alb: str) -> None:
    network = inventory(api, "networks")[0]["id"]
    path = f"/v2/{{p}}/networks/{network}/subnets/{subnet}"
    refused(api.call("DELETE", path), 400, "Having load balancer is using this subnet.")
    assert api.vlb("DELETE", alb).status_code == 202
    api.clock.advance(20)
    assert api.call("DELETE", path).status_code == 200


def test_another_project_and_no_sign_in(api: Any) -> None:
    answer = api.vlb("GET", "/v2/pro-00000000-0000-4000-8000-000000000000/loadBalancers")
    refused(answer, 403, "project pro-00000000-0000-4000-8000-000000000000 is not belong to user")
    assert httpx.get(f"{api.cloud.url}/vserver/vlb-gateway/v2/{api.project}/loadBalancers").status_code == 401
    assert api.vlb("GET", "/v2/{p}/loadbalancers").json()[0]["code"] == "IAM_PERMISSION_DENIED"
    refused(api.vlb("GET", BALANCERS, page="x", size="1"), 400, "page or size invalid")
