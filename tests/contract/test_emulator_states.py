"""Statuses on their way, what overtakes them, and quotas, on the emulated cloud with its clock held still."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mcloud.emulator.faults import FaultRule

LARGE = "flav-d1e5634e-0565-11f0-a0a4-ec2a72332f83"  # s-general-4x8 in HCM03-1C
DISK_TYPE = "vtype-e782f8e1-0569-11f0-a0a4-ec2a72332f83"


def seconds(api: Any, name: str) -> float:
    return float(httpx.get(f"{api.cloud.url}/_mcloud/times").json()["seconds"][name])


def seen(api: Any, path: str, times: int, step: float) -> list[str]:
    """Statuses of something, looked at so often, so many seconds apart; a missing one is gone."""
    found = []
    for _ in range(times):
        answer = api.call("GET", path)
        item = answer.json().get("data", answer.json())
        found.append("gone" if answer.status_code == 404 else str(item["status"]))
        api.clock.advance(step)
    return list(dict.fromkeys(found))


def test_a_server_is_billed_before_it_is_there(api: Any) -> None:
    answer = api.call("POST", "/v2/{p}/servers", api.server_body())
    path = f"/v2/{{p}}/servers/{answer.json()['data']['uuid']}"
    api.clock.advance(seconds(api, "server-create") / 2)
    assert api.call("GET", path).json()["data"]["status"] == "CREATING-BILLING"
    refused = api.call("DELETE", path, {})
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "Cannot delete server with status creating-billing",
    )
    api.clock.advance(seconds(api, "server-create") / 2)
    assert api.call("GET", path).json()["data"]["status"] == "ACTIVE"


def test_a_new_flavor_is_verified(api: Any) -> None:
    server = api.made("POST", "/v2/{p}/servers", api.server_body())
    path = f"/v2/{{p}}/servers/{server['uuid']}"
    api.call("PUT", f"{path}/resize", {"flavorId": LARGE})
    assert seen(api, path, 5, seconds(api, "server-resize") / 4) == ["CHANGING-FLAVOR", "VERIFYING-FLAVOR", "ACTIVE"]


@pytest.mark.parametrize(
    ("action", "through"), [("stop", "TURNING-OFF"), ("reboot", "REBOOTING"), ("resize", "CHANGING-FLAVOR")]
)
def test_a_delete_overtakes_what_a_server_was_doing(api: Any, action: str, through: str) -> None:
    server = api.made("POST", "/v2/{p}/servers", api.server_body())
    path = f"/v2/{{p}}/servers/{server['uuid']}"
    assert api.call("PUT", f"{path}/{action}", {"flavorId": LARGE}).json()["data"]["status"] == through
    api.clock.advance(seconds(api, f"server-{action}") - 5)
    assert api.call("DELETE", path, {}).status_code == 202
    assert seen(api, path, 20, 1) == ["DELETING", "gone"]


def test_a_delete_overtakes_a_root_disk_that_grows(api: Any) -> None:
    server = api.made("POST", "/v2/{p}/servers", api.server_body())
    api.call("PUT", f"/v2/{{p}}/volumes/{server['bootVolumeId']}/resize", {"newSize": 40, "newVolumeTypeId": DISK_TYPE})
    api.call("DELETE", f"/v2/{{p}}/servers/{server['uuid']}", {})
    assert seen(api, f"/v2/{{p}}/volumes/{server['bootVolumeId']}", 20, 1) == ["DELETING", "gone"]


def test_a_delete_overtakes_a_network_that_is_being_made(api: Any) -> None:
    made = api.call("POST", "/v2/{p}/networks", {"name": "test-network", "cidr": "10.1.0.0/16"}).json()["data"]
    path = f"/v2/{{p}}/networks/{made['id']}"
    assert api.call("DELETE", path).status_code == 200
    assert seen(api, path, 12, 1) == ["DELETING", "gone"]


def test_nothing_of_before_a_reset_happens_after_it(api: Any) -> None:
    server = api.made("POST", "/v2/{p}/servers", api.server_body())
    left = server["flavor"]["remainingVms"]
    api.call("DELETE", f"/v2/{{p}}/servers/{server['uuid']}", {})
    assert httpx.post(f"{api.cloud.url}/_mcloud/reset").status_code == 200
    api.clock.advance(100)
    offered = api.call("GET", f"/v1/{{p}}/flavors/{server['flavor']['flavorId']}").json()["flavors"][0]
    assert offered["remainingVms"] == left + 1


@pytest.mark.parametrize(
    ("quota", "limit", "text"),
    [
        ("VCPU", 1, "exceeded vcpu quota. current used: 0, max: 1"),
        ("VOLUME", 0, "exceeded volume quota. current used: 0, max: 0"),
        ("VOLUME_SIZE", 19, "exceeded volume_size quota. current used: 0, max: 19"),
    ],
)
def test_a_server_must_fit_in_each_quota(api: Any, quota: str, limit: int, text: str) -> None:
    body = api.server_body()
    httpx.post(f"{api.cloud.url}/_mcloud/quota", json={"name": quota, "limit": limit})
    answer = api.call("POST", "/v2/{p}/servers", body)
    assert (answer.status_code, answer.json()["message"]) == (400, text)
    assert api.cloud.app.cloud.inventory()["servers"] == []
    httpx.post(f"{api.cloud.url}/_mcloud/quota", json={"name": quota, "limit": 20})
    assert api.call("POST", "/v2/{p}/servers", body).status_code == 202


def test_what_grows_must_fit_in_the_quota(api: Any) -> None:
    server = api.made("POST", "/v2/{p}/servers", api.server_body())
    resize = f"/v2/{{p}}/servers/{server['uuid']}/resize"
    grow = f"/v2/{{p}}/volumes/{server['bootVolumeId']}/resize"
    for name, limit in (("VCPU", 3), ("VOLUME_SIZE", 29)):
        httpx.post(f"{api.cloud.url}/_mcloud/quota", json={"name": name, "limit": limit})
    answers = (
        api.call("PUT", resize, {"flavorId": LARGE}),
        api.call("PUT", grow, {"newSize": 30, "newVolumeTypeId": DISK_TYPE}),
    )
    assert [(answer.status_code, answer.json()["message"]) for answer in answers] == [
        (400, "exceeded vcpu quota. current used: 2, max: 3"),
        (400, "exceeded volume_size quota. current used: 20, max: 29"),
    ]
    assert api.call("PUT", grow, {"newSize": 29, "newVolumeTypeId": DISK_TYPE}).status_code == 202


def test_used_quotas_are_told_as_texts(api: Any) -> None:
    api.made("POST", "/v2/{p}/servers", api.server_body())
    rows = {row["quotaName"]: row["used"] for row in api.call("GET", "/v2/{p}/quotas/quotaUsed").json()["data"]}
    used = {name: rows[name] for name in ("VPC", "SUBNET", "VM", "VCPU", "VOLUME", "VOLUME_SIZE")}
    assert used == {"VPC": "1", "SUBNET": "1", "VM": "1", "VCPU": "2", "VOLUME": "1", "VOLUME_SIZE": "20"}


def test_what_fails_on_its_way_ends_in_an_error_and_can_be_deleted(api: Any) -> None:
    body = api.server_body()
    for path in ("/servers$", "/volumes$", "/loadBalancers$"):
        api.cloud.app.faults.add(FaultRule(action="error", method="POST", path=path))
    server = api.made("POST", "/v2/{p}/servers", body)["uuid"]
    volume = api.made("POST", "/v2/{p}/volumes", {"name": "test-volume", "size": 20, "volumeTypeId": DISK_TYPE})["uuid"]
    balancer = api.balancer(body["subnetId"], "ALB_Small")
    paths = (f"/v2/{{p}}/servers/{server}", f"/v2/{{p}}/volumes/{volume}")
    assert [api.call("GET", path).json()["data"]["status"] for path in paths] == ["ERROR", "ERROR"]
    assert api.vlb("GET", balancer).json()["data"]["progressStatus"] == "ERROR"
    for path in paths:
        api.made("DELETE", path, {})
    assert api.vlb("DELETE", balancer).status_code == 202
    api.clock.advance(100)
    api.cloud.app.cloud.agenda.settle()
    held = api.cloud.app.inventory()
    assert [held[kind] for kind in ("servers", "volumes", "load_balancers")] == [[], [], []]
