"""Load balancers on the emulated cloud: what each call of the vendor's clients does, and the fields that they read."""

from __future__ import annotations

from typing import Any

import pytest

from mcloud_vng.emulator import SPEC

TCP_CHECK = {"healthCheckProtocol": "TCP"}
TIMEOUTS = {"timeoutClient": 50, "timeoutMember": 50, "timeoutConnection": 5}
POOL = {
    "poolName": "test-pool",
    "poolProtocol": "HTTP",
    "algorithm": "ROUND_ROBIN",
    "stickiness": False,
    "healthMonitor": TCP_CHECK,
}
MEMBER = {"name": "web-1", "ipAddress": "10.1.1.10", "port": 8080, "monitorPort": 8081, "weight": 1, "backup": False}
LISTENER = {"listenerName": "test-listener", "listenerProtocol": "HTTP", "listenerProtocolPort": 80, **TIMEOUTS}


REJECT = {"action": "REJECT", "rules": [{"ruleType": "PATH", "compareType": "REGEX", "ruleValue": "^/old"}]}
PARTS = ("load_balancers", "listeners", "pools", "policies")


@pytest.fixture
def subnet(api: Any) -> str:
    return str(api.subnet(api.network()))


@pytest.fixture
def balancer(api: Any, subnet: str) -> str:
    return str(api.balancer(subnet, "ALB_Small"))


def read(api: Any, path: str) -> Any:
    answer = api.vlb("GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def held(api: Any, kind: str) -> list[dict[str, Any]]:
    api.cloud.app.cloud.agenda.settle()
    found: list[dict[str, Any]] = api.cloud.app.cloud.inventory()[kind]
    return found


def test_a_load_balancer_comes_and_goes(api: Any, subnet: str, balancer: str) -> None:
    found = read(api, balancer)
    assert (found["name"], found["type"], found["loadBalancerSchema"]) == ("test-balancer", "Layer 7", "Internet")
    assert (found["displayStatus"], found["progressStatus"]) == ("ACTIVE", "CREATED")
    assert (found["privateSubnetId"], found["privateSubnetCidr"]) == (subnet, "10.1.1.0/24")
    assert found["zone"]["uuid"] == "HCM03-1C"
    assert not found["createdAt"].endswith("Z"), "the vendor's Terraform provider cannot read a zone here"
    assert found["packageInfo"]["name"] == "ALB_Small"
    listed = api.vlb("GET", "/v2/{p}/loadBalancers", name="test-bal", page=1, size=10).json()
    assert (listed["totalItem"], listed["listData"][0]) == (1, found)
    assert api.vlb("DELETE", balancer).status_code == 202
    api.clock.advance(20)
    assert api.vlb("GET", balancer).status_code == 404
    assert held(api, "load_balancers") == []


def test_each_zone_sells_packages_of_its_own(api: Any) -> None:
    def sold(**query: str) -> dict[str, str]:
        rows = api.vlb("GET", "/v2/{p}/loadBalancers/packages", **query).json()["listData"]
        return {row["name"]: row["uuid"] for row in rows}

    # Without a zone: those of the default one, which is closed here.
    assert sold() == sold(zoneId="") == sold(zoneId="HCM03-1A")
    there = [set(sold(zoneId=zone).values()) for zone in ("HCM03-1A", "HCM03-1B", "HCM03-1C")]
    assert [len(ids) for ids in there] == [11, 8, 11]
    assert len(set.union(*there)) == 30
    rows = api.vlb("GET", "/v2/{p}/loadBalancers/all_packages").json()
    assert rows["totalItem"] == 30
    small = next(row for row in rows["listData"] if row["name"] == "NLB_Small")
    assert (small["connectionNumber"], small["lbType"], small["mode"]) == (2000, "L4", "ACTIVE/STANDBY")


def test_addresses(api: Any) -> None:
    """Public ones are shared with servers, private ones are of the subnet: nobody gets one twice."""
    here = api.server_body()
    subnet = here["subnetId"]
    balancer = api.balancer(subnet, "ALB_Small")
    inside = api.balancer(subnet, "NLB_Small", scheme="Internal")
    other = api.balancer(subnet, "NLB_Small", scheme="Internal")
    addresses = [read(api, path)["address"] for path in (balancer, inside, other)]
    assert addresses[0].startswith("203.0.113.")
    assert addresses[1].startswith("10.1.1.")
    assert len(set(addresses)) == 3
    server = api.made("POST", "/v2/{p}/servers", here)
    nic = api.call("GET", f"/v2/{{p}}/servers/{server['uuid']}").json()["data"]["internalInterfaces"][0]
    assert nic["fixedIp"] not in addresses
    path = f"/v2/{{p}}/servers/{server['uuid']}/wan-ips/auto/attach"
    assert api.call("PUT", path, {"networkInterfaceId": nic["uuid"]}).status_code == 204
    assert held(api, "addresses")[0]["ip"] not in addresses


def test_states_of_a_load_balancer(api: Any, subnet: str, balancer: str) -> None:
    """Those that the vendor's clients wait through, and nothing shows before its time."""

    def states(path: str = balancer) -> tuple[str, str]:
        found = read(api, path)
        return found["progressStatus"], found["displayStatus"]

    before = read(api, balancer)
    packages = api.vlb("GET", "/v2/{p}/loadBalancers/packages", zoneId="HCM03-1C").json()["listData"]
    medium = next(row["uuid"] for row in packages if row["name"] == "ALB_Medium")
    answer = api.vlb("PUT", f"{balancer}/resize", {"packageId": medium})
    assert (answer.status_code, answer.json()) == (202, {"uuid": before["uuid"]})
    api.clock.advance(119)
    assert states() == ("UPDATING", "UPDATING")
    assert read(api, balancer)["packageId"] == before["packageId"]
    api.clock.advance(1)
    assert states() == ("CREATED", "ACTIVE")
    found = read(api, balancer)
    assert (found["packageId"], found["packageInfo"]["name"]) == (medium, "ALB_Medium")
    assert found["createdAt"] == before["createdAt"]

    body = {**POOL, "poolName": "second-pool"}
    pool = f"{balancer}/pools/{api.vlb('POST', f'{balancer}/pools', body).json()['uuid']}"
    assert states(pool) == ("CREATING", "CREATING")
    api.clock.advance(11)
    assert states(pool) == states() == ("CREATED", "ACTIVE")
    assert api.vlb("DELETE", pool).status_code == 202
    assert (states(pool)[0], states()[0]) == ("DELETING", "UPDATING")
    api.clock.advance(11)
    assert api.vlb("GET", pool).status_code == 404
    assert states()[0] == "CREATED"

    made = api.vlb("POST", "/v2/{p}/loadBalancers", order(api, subnet)).json()["uuid"]
    path = f"/v2/{{p}}/loadBalancers/{made}"
    assert states(path)[0] == "CREATING"
    api.clock.advance(57)
    assert states(path)[0] == "CREATING-BILLING"
    api.clock.advance(57)
    assert states(path)[0] == "CREATED"
    assert api.vlb("DELETE", path).status_code == 202
    api.clock.advance(10)
    assert states(path)[0] == "DELETING"
    api.clock.advance(1)
    assert api.vlb("GET", path).status_code == 404


def order(api: Any, subnet: str, **changes: Any) -> dict[str, Any]:
    packages = api.vlb("GET", "/v2/{p}/loadBalancers/packages", zoneId="HCM03-1C").json()["listData"]
    found = next(row["uuid"] for row in packages if row["name"] == "ALB_Small")
    body = {"name": "other-balancer", "packageId": found, "scheme": "Internet", "subnetId": subnet}
    return {**body, "type": "Layer 7", "zoneId": "HCM03-1C", **changes}


def test_a_pool_and_a_listener_may_come_with_a_load_balancer(api: Any, subnet: str) -> None:
    body = order(api, subnet, pool={**POOL, "members": [MEMBER]}, listener=LISTENER, isPoc=False, autoScalable=False)
    path = f"/v2/{{p}}/loadBalancers/{api.balanced('POST', '/v2/{p}/loadBalancers', body)}"
    (pool,), (listener,) = read(api, f"{path}/pools"), read(api, f"{path}/listeners")
    assert listener["defaultPoolId"] == pool["uuid"]
    assert {pool["progressStatus"], listener["progressStatus"]} == {"CREATED"}
    assert pool["members"][0]["address"] == "10.1.1.10"


def test_what_the_go_sdk_leaks_into_bodies_is_tolerated(api: Any, subnet: str, balancer: str) -> None:
    leaked = {"Agent": ["cluster"], "LoadBalancerId": "x", "listener": None, "pool": None}
    api.balanced("POST", "/v2/{p}/loadBalancers", order(api, subnet, **leaked))
    api.balanced("POST", f"{balancer}/pools", {**POOL, **leaked, "PoolId": ""})


def test_a_load_balancer_takes_all_that_is_in_it_along(api: Any, balancer: str) -> None:
    pool = api.balanced("POST", f"{balancer}/pools", POOL)
    listener = api.balanced("POST", f"{balancer}/listeners", {**LISTENER, "defaultPoolId": pool})
    api.balanced("POST", f"{balancer}/listeners/{listener}/l7policies", {**REJECT, "name": "test-policy"})
    assert api.vlb("DELETE", balancer).status_code == 202
    api.clock.advance(20)
    assert {kind: held(api, kind) for kind in PARTS} == {kind: [] for kind in PARTS}


def test_lists_of_load_balancers(api: Any, subnet: str, balancer: str) -> None:
    def names(**query: Any) -> list[str]:
        answer = api.vlb("GET", "/v2/{p}/loadBalancers", **query)
        return [row["name"] for row in answer.json()["listData"]]

    api.balancer(subnet, "NLB_Small", name="second-balancer")
    assert names() == ["test-balancer", "second-balancer"]
    assert names(name="SECOND", page=1, size=10) == ["second-balancer"]
    assert names(name="", page=2, size=1) == ["second-balancer"]
    # The newer command line tool sends objects, which say nothing here; nothing here has tags.
    assert len(names(filter="{}", pageRequest='{"page":1,"size":1}')) == 2
    assert names(name="", page=1, size=10, tags="key:owner,value:shop") == []
    of_subnet = api.vlb("GET", f"/v2/{{p}}/loadBalancers/subnet/{subnet}").json()
    assert [row["name"] for row in of_subnet] == names()
    offered = read(api, "/v2/{p}/loadBalancers/headers")
    assert (offered[0], len(offered)) == ("X-Forwarded-For", 11)


def test_pool_listener_and_members(api: Any, balancer: str) -> None:
    pool = api.balanced("POST", f"{balancer}/pools", {**POOL, "members": [MEMBER]})
    listener = api.balanced("POST", f"{balancer}/listeners", {**LISTENER, "defaultPoolId": pool})
    found = read(api, f"{balancer}/listeners/{listener}")
    assert (found["defaultPoolId"], found["defaultPoolName"], found["protocolPort"]) == (pool, "test-pool", 80)
    (before,) = read(api, f"{balancer}/pools/{pool}/members")
    assert (before["address"], before["protocolPort"], before["monitorPort"]) == ("10.1.1.10", 8080, 8081)
    second = {"ipAddress": "10.1.1.9", "port": 8080, "backup": True}
    api.balanced("PUT", f"{balancer}/pools/{pool}/members", {"members": [second, {**MEMBER, "weight": 2}]})
    members = read(api, f"{balancer}/pools/{pool}/members")
    assert [(one["address"], one["weight"], one["backup"]) for one in members] == [
        ("10.1.1.9", 1, True),
        ("10.1.1.10", 2, False),
    ]
    assert members[1]["uuid"] == before["uuid"]
    # The vendor's Terraform provider has the name of the path's part in the path.
    assert read(api, f"/v2/{{p}}/loadBalancers/%7BloadBalancerId%7D/pools/{pool}/members") == members
    assert [one["uuid"] for one in read(api, f"{balancer}/pools")] == [pool]
    assert [one["uuid"] for one in read(api, f"{balancer}/listeners")] == [listener]
    api.balanced("PUT", f"{balancer}/pools/{pool}/members", {"members": []})
    assert read(api, f"{balancer}/pools/{pool}")["members"] == []
    api.balanced("DELETE", f"{balancer}/listeners/{listener}")
    api.balanced("DELETE", f"{balancer}/pools/{pool}")
    assert (held(api, "listeners"), held(api, "pools")) == ([], [])


def test_health_monitors(api: Any, balancer: str) -> None:
    """HTTP fields are there for HTTP checks only; the protocol of a check never changes."""
    pool = f"{balancer}/pools/{api.balanced('POST', f'{balancer}/pools', POOL)}"
    plain = read(api, f"{pool}/healthMonitor")
    assert (plain["interval"], plain["timeout"], plain["healthyThreshold"], plain["unhealthyThreshold"]) == (
        30,
        5,
        3,
        3,
    )
    assert (plain["healthCheckMethod"], plain["healthCheckPath"], plain["successCode"]) == (None, None, None)
    check = {
        "healthCheckProtocol": "HTTP",
        "healthCheckPath": "/healthz",
        "httpVersion": "1.1",
        "domainName": "shop.example",
    }
    body = {**POOL, "poolName": "http-pool", "healthMonitor": check}
    path = f"{balancer}/pools/{api.balanced('POST', f'{balancer}/pools', body)}"
    found = read(api, f"{path}/healthMonitor")
    assert {name: found[name] for name in check} == check
    assert (found["healthCheckMethod"], found["successCode"]) == ("GET", "200")
    numbers = {"interval": 10, "timeout": 3, "healthyThreshold": 2, "unhealthyThreshold": 4}
    change = {**numbers, "healthCheckProtocol": "TCP", "healthCheckPath": "/other"}
    whole = {"algorithm": "SOURCE_IP", "stickiness": True, "tlsEncryption": True}
    api.balanced("PUT", path, {**whole, "healthMonitor": change})
    later = read(api, f"{path}/healthMonitor")
    assert {name: later[name] for name in numbers} == numbers
    assert (later["healthCheckProtocol"], later["healthCheckPath"], later["uuid"]) == ("HTTP", "/other", found["uuid"])
    pool_now = read(api, path)
    assert pool_now["healthMonitor"] == later
    assert (pool_now["loadBalanceMethod"], pool_now["stickiness"], pool_now["tlsEncryption"]) == (
        "SOURCE_IP",
        True,
        True,
    )
    api.balanced("PUT", path, {"algorithm": "ROUND_ROBIN", "stickiness": False, "healthMonitor": None})
    assert read(api, f"{path}/healthMonitor")["interval"] == 10


def test_changes_of_a_listener(api: Any, balancer: str) -> None:
    """A field that is left out stays, null empties it; both generations of headers are answered."""
    pool = api.balanced("POST", f"{balancer}/pools", POOL)
    path = f"{balancer}/listeners/{api.balanced('POST', f'{balancer}/listeners', {**LISTENER, 'defaultPoolId': pool})}"
    found = read(api, path)
    assert found["headers"] == ["X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"]
    assert (found["allowedCidrs"], found["timeoutClient"]) == ("0.0.0.0/0", 50)
    api.balanced("PUT", path, {**TIMEOUTS, "timeoutClient": 60, "allowedCidrs": "10.0.0.0/8,192.168.0.0/16"})
    later = read(api, path)
    assert (later["timeoutClient"], later["allowedCidrs"]) == (60, "10.0.0.0/8,192.168.0.0/16")
    assert (later["defaultPoolId"], later["headers"]) == (pool, found["headers"])
    api.balanced("PUT", path, {**TIMEOUTS, "headers": ["X-Forwarded-For"], "defaultPoolId": None})
    now = read(api, path)
    assert now["insertHeaders"] == [{"headerName": "X-Forwarded-For", "headerValue": "true"}]
    assert (now["defaultPoolId"], now["defaultPoolName"]) == (None, None)
    api.balanced("PUT", path, {**TIMEOUTS, "insertHeaders": [{"headerName": "X-SSL-Issuer", "headerValue": "true"}]})
    assert read(api, path)["headers"] == ["X-SSL-Issuer"]
    assert read(api, path)["insertHeaders"] == [{"headerName": "X-SSL-Issuer", "headerValue": "true"}]


def test_policies_in_both_generations(api: Any, balancer: str) -> None:
    pool = api.balanced("POST", f"{balancer}/pools", POOL)
    listener = f"{balancer}/listeners/{api.balanced('POST', f'{balancer}/listeners', LISTENER)}"
    path = f"{listener}/l7policies"
    old = {
        "name": "old-policy",
        "action": "REDIRECT_TO_POOL",
        "type": "PATH",
        "compareType": "EQUAL_TO",
        "value": "/api",
        "redirectPoolId": pool,
        "redirectUrl": None,
        "redirectHttpCode": None,
        "keepQueryString": None,
    }
    first = f"{path}/{api.balanced('POST', path, old)}"
    found = read(api, first)
    rule = {"ruleType": "PATH", "compareType": "EQUAL_TO", "ruleValue": "/api"}
    assert {name: found["l7Rule"][name] for name in rule} == rule
    assert found["l7Rules"] == [found["l7Rule"]]
    assert (found["redirectPoolId"], found["redirectPoolName"], found["position"]) == (pool, "test-pool", 1)
    rules = [rule, {"ruleType": "HOST_NAME", "compareType": "ENDS_WITH", "ruleValue": ".example"}]
    new = {"name": "new-policy", "action": "REDIRECT_TO_URL", "rules": rules, "redirectUrl": "https://shop.example"}
    second = f"{path}/{api.balanced('POST', path, {**new, 'redirectHttpCode': 301, 'keepQueryString': True})}"
    found = read(api, second)
    assert [one["ruleValue"] for one in found["l7Rules"]] == ["/api", ".example"]
    assert (found["redirectUrl"], found["redirectHttpCode"], found["keepQueryString"]) == (
        "https://shop.example",
        301,
        True,
    )
    assert (found["redirectPoolId"], found["position"]) == (None, 2)
    listed = api.vlb("GET", path).json()
    assert ([one["name"] for one in listed["data"]], listed["totalItem"]) == (["old-policy", "new-policy"], 2)
    api.balanced("PUT", second, {"action": "REJECT", "rules": [rule], "redirectUrl": "https://shop.example"})
    found = read(api, second)
    assert (found["name"], found["action"], found["redirectUrl"]) == ("new-policy", "REJECT", None)
    places = [(second, 1), (first, 2)]
    order = [{"policyId": one.rsplit("/", 1)[1], "position": place} for one, place in places]
    api.balanced("PUT", f"{listener}/reorderL7Policies", {"policies": order})
    assert [one["name"] for one in read(api, path)] == ["new-policy", "old-policy"]
    api.balanced("DELETE", second)
    assert [(one["name"], one["position"]) for one in read(api, path)] == [("old-policy", 1)]
    api.balanced("DELETE", listener)
    assert held(api, "policies") == []


def test_the_published_codes_for_the_newer_command_line_tool(api: Any, subnet: str, balancer: str) -> None:
    """It takes nothing else than 200 for creates and changes; all other clients get 202."""
    api.client.headers["User-Agent"] = "grn/1.13.0"
    made = []
    for method, path, body in (
        ("POST", f"{balancer}/pools", POOL),
        ("POST", f"{balancer}/listeners", LISTENER),
        ("POST", "/v2/{p}/loadBalancers", order(api, subnet)),
    ):
        answer = api.vlb(method, path, body)
        assert answer.status_code == 200, answer.text
        made.append(answer.json()["uuid"])
        api.clock.advance(150)
    listener = f"{balancer}/listeners/{made[1]}"
    for method, path, body in (
        ("PUT", f"{balancer}/pools/{made[0]}", {"algorithm": "SOURCE_IP", "stickiness": False}),
        ("PUT", f"{balancer}/pools/{made[0]}/members", {"members": [MEMBER]}),
        ("PUT", listener, TIMEOUTS),
        ("PUT", f"{listener}/reorderL7Policies", {"policies": []}),
    ):
        answer = api.vlb(method, path, body)
        assert (answer.status_code, answer.content) == (200, b""), path
        api.clock.advance(150)
    for path in (listener, f"{balancer}/pools/{made[0]}", balancer):
        assert api.vlb("DELETE", path).status_code == 202
        api.clock.advance(150)


def test_each_region_has_its_own(api: Any, balancer: str) -> None:
    """The gateway without a region is the first one's."""
    url = f"{api.cloud.url}/hcm-3/vserver/vlb-gateway/v2/{api.project}/loadBalancers"
    assert api.client.get(url).json()["totalItem"] == 1
    north = f"{api.cloud.url}/han-1/vserver"
    project = api.client.get(f"{north}/vserver-gateway/v1/projects").json()["projects"][0]["projectId"]
    url = f"{north}/vlb-gateway/v2/{project}/loadBalancers"
    assert api.client.get(url).json()["totalItem"] == 0
    assert api.client.get(f"{url}/packages").json()["totalItem"] == 11
    assert api.client.get(f"{north}/vlb-gateway/v2/{api.project}/loadBalancers").status_code == 403


def test_what_leads_clients_here() -> None:
    assert SPEC.env("http://127.0.0.1:1", "id", "secret")["VLB_BASE_URL"] == "http://127.0.0.1:1/vserver/vlb-gateway"
    endpoints = SPEC.profile("http://127.0.0.1:1", "id")["endpoints"]
    assert endpoints["vlb"] == "http://127.0.0.1:1/{region}/vserver/vlb-gateway"
