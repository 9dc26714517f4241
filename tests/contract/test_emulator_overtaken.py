"""Volumes and public addresses of the emulated cloud when something else happens before they are done."""

from __future__ import annotations

from typing import Any

import pytest

DISK_TYPE = "vtype-e782f8e1-0569-11f0-a0a4-ec2a72332f83"


def servers(api: Any, *names: str) -> list[dict[str, Any]]:
    """Servers of one network."""
    body = api.server_body()
    return [api.made("POST", "/v2/{p}/servers", {**body, "name": name}) for name in names]


def nic(server: dict[str, Any]) -> dict[str, str]:
    return {"networkInterfaceId": server["internalInterfaces"][0]["uuid"]}


def volume(api: Any) -> str:
    body = {"name": "test-volume", "size": 20, "volumeTypeId": DISK_TYPE, "zoneId": "HCM03-1C"}
    return str(api.made("POST", "/v2/{p}/volumes", body)["uuid"])


def wan_ips(api: Any) -> list[dict[str, Any]]:
    return list(api.call("GET", "/v2/{p}/wanIps").json()["listData"])


def test_a_second_address_is_refused_before_the_first_one_shows(api: Any) -> None:
    (server,) = servers(api, "one")
    path = f"/v2/{{p}}/servers/{server['uuid']}/wan-ips/auto/attach"
    assert api.call("PUT", path, nic(server)).status_code == 204
    refused = api.call("PUT", path, nic(server))
    assert (refused.status_code, refused.json()["message"]) == (400, "The server only allows attaching 1 floating ip")
    shown = api.call("GET", f"/v2/{{p}}/servers/{server['uuid']}").json()["data"]["internalInterfaces"][0]
    assert shown["floatingIp"] is None
    api.clock.advance(60)
    (item,) = wan_ips(api)
    shown = api.call("GET", f"/v2/{{p}}/servers/{server['uuid']}").json()["data"]["internalInterfaces"][0]
    assert (shown["floatingIp"], shown["floatingIpId"]) == (item["ip"], item["uuid"])
    assert (item["status"], item["fixedIp"], item["networkInterfaceId"]) == (
        "ATTACHED",
        shown["fixedIp"],
        shown["uuid"],
    )


def test_one_free_address_goes_to_one_server(api: Any) -> None:
    one, two = servers(api, "one", "two")
    api.call("PUT", f"/v2/{{p}}/servers/{one['uuid']}/wan-ips/auto/attach", nic(one))
    api.clock.advance(60)
    (item,) = wan_ips(api)
    assert (
        api.call("PUT", f"/v2/{{p}}/servers/{one['uuid']}/wan-ips/{item['uuid']}/detach", nic(one)).status_code == 204
    )
    answers = [
        api.call("PUT", f"/v2/{{p}}/servers/{server['uuid']}/wan-ips/{item['uuid']}/attach", nic(server)).status_code
        for server in (one, two)
    ]
    assert answers == [204, 400]
    assert api.call("DELETE", f"/v2/{{p}}/wanIps/{item['uuid']}").status_code == 400
    api.clock.advance(60)
    shown = [api.call("GET", f"/v2/{{p}}/servers/{server['uuid']}").json()["data"] for server in (one, two)]
    assert [one["internalInterfaces"][0]["floatingIp"] for one in shown] == [item["ip"], None]


@pytest.mark.parametrize("seconds", [0, 60])
def test_an_address_outlives_its_server_and_can_be_released(api: Any, seconds: float) -> None:
    (server,) = servers(api, "one")
    api.call("PUT", f"/v2/{{p}}/servers/{server['uuid']}/wan-ips/auto/attach", nic(server))
    api.clock.advance(seconds)
    assert api.call("DELETE", f"/v2/{{p}}/servers/{server['uuid']}", {}).status_code == 202
    api.clock.advance(100)
    (item,) = wan_ips(api)
    assert (item["status"], item["networkInterfaceId"]) == ("AVAILABLE", None)
    assert api.call("DELETE", f"/v2/{{p}}/wanIps/{item['uuid']}").status_code == 204
    assert wan_ips(api) == []


def test_a_delete_of_the_server_overtakes_an_attachment(api: Any) -> None:
    (server,) = servers(api, "one")
    made = volume(api)
    attach = f"/v2/{{p}}/volumes/{made}/servers/{server['uuid']}/attach"
    assert api.call("PUT", attach, {}).json()["data"]["status"] == "ATTACHING"
    api.call("DELETE", f"/v2/{{p}}/servers/{server['uuid']}", {})
    api.clock.advance(100)
    found = api.call("GET", f"/v2/{{p}}/volumes/{made}").json()["data"]
    assert (found["status"], found["serverId"], found["serverIdList"]) == ("AVAILABLE", None, [])
    assert api.call("DELETE", f"/v2/{{p}}/volumes/{made}").status_code == 202


def test_a_detachment_that_was_overtaken_does_not_undo_the_next_attachment(api: Any) -> None:
    one, two = servers(api, "one", "two")
    made = volume(api)
    api.made("PUT", f"/v2/{{p}}/volumes/{made}/servers/{one['uuid']}/attach", {})
    assert api.call("PUT", f"/v2/{{p}}/volumes/{made}/servers/{one['uuid']}/detach", {}).status_code == 202
    api.call("DELETE", f"/v2/{{p}}/servers/{one['uuid']}", {})
    assert api.call("PUT", f"/v2/{{p}}/volumes/{made}/servers/{two['uuid']}/attach", {}).status_code == 202
    api.clock.advance(100)
    found = api.call("GET", f"/v2/{{p}}/volumes/{made}").json()["data"]
    assert (found["status"], found["serverId"]) == ("IN-USE", two["uuid"])


def test_volumes_share_the_quota_of_their_sizes(api: Any) -> None:
    made = volume(api)
    api.cloud.app.cloud.tune("quota", {"name": "VOLUME_SIZE", "limit": 30})
    body = {"name": "test-other", "size": 11, "volumeTypeId": DISK_TYPE}
    refused = api.call("POST", "/v2/{p}/volumes", body)
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "exceeded volume_size quota. current used: 20, max: 30",
    )
    grow = {"newSize": 31, "newVolumeTypeId": DISK_TYPE}
    assert api.call("PUT", f"/v2/{{p}}/volumes/{made}/resize", grow).status_code == 400
    assert api.call("POST", "/v2/{p}/volumes", {**body, "size": 10}).status_code == 202
