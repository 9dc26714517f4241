"""Load balancers on the emulated cloud: what each call of the vendor's clients does, and the fields that they read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.pem import make_certificate

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


def test_pool_listener_and_members(api: Any, balancer: str) -> None:
    pool = api.balanced("POST", f"{balancer}/pools", {**POOL, "members": [MEMBER]})
    listener = api.balanced("POST", f"{balancer}/listeners", {**LISTENER, "defaultPoolId": pool})
    found = read(api, f"{balancer}/listeners/{listener}")
    assert (found["defaultPoolId"], found["defaultPoolName"], found["protocolPort"]) == (pool, "test-pool", 80)
    api.balanced("PUT", f"{balancer}/pools/{pool}/members", {"members": [{**MEMBER, "weight": 2}]})
    (member,) = read(api, f"{balancer}/pools/{pool}/members")
    assert (member["address"], member["protocolPort"], member["monitorPort"]) == ("10.1.1.10", 8080, 8081)
    assert member["weight"] == 2
    assert read(api, f"{balancer}/pools/{pool}/healthMonitor")["interval"] == 30
    api.balanced("DELETE", f"{balancer}/listeners/{listener}")
    api.balanced("DELETE", f"{balancer}/pools/{pool}")
    assert (held(api, "listeners"), held(api, "pools")) == ([], [])


def test_certificates(api: Any) -> None:
    certificate, key = make_certificate("shop.example")
    body = {"name": "shop-example", "type": "TLS/SSL", "certificate": certificate, "privateKey": key}
    answer = api.vlb("POST", "/v2/{p}/cas", body)
    assert answer.status_code == 201, answer.text
    made = answer.json()["data"]
    assert (made["domainName"], made["inUse"], made["certificateType"]) == ("shop.example", False, "TLS/SSL")
    path = f"/v2/{{p}}/cas/{made['uuid']}"
    assert api.vlb("GET", path).json() == made
    assert "PRIVATE" not in str(held(api, "certificates"))
    assert api.vlb("DELETE", path).status_code == 204
    assert api.vlb("GET", path).status_code == 404
