"""Interfaces, virtual addresses, secondary ranges and tags of the emulated cloud: what its clients do with them."""

from __future__ import annotations

from typing import Any

import pytest

ZONE = "HCM03-1C"
DISK = "vtype-e782f8e1-0569-11f0-a0a4-ec2a72332f83"


@pytest.fixture
def place(api: Any) -> tuple[str, str, str]:
    """The paths of a server and of its network, and its subnet's id."""
    body = api.server_body()
    made = api.made("POST", "/v2/{p}/servers", body)
    return f"/v2/{{p}}/servers/{made['uuid']}", f"/v2/{{p}}/networks/{body['networkId']}", body["subnetId"]


def nics(api: Any, server: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.call("GET", server).json()["data"]["internalInterfaces"]
    return found


@pytest.mark.parametrize("client", ["terraform", "mcp"])
def test_an_interface_takes_a_free_address_and_gives_it_back(
    api: Any, place: tuple[str, str, str], client: str
) -> None:
    server, _, subnet = place
    first = nics(api, server)[0]["uuid"]
    api.call("PUT", f"{server}/wan-ips/auto/attach", {"networkInterfaceId": first})
    api.clock.advance(60)
    (wan,) = api.call("GET", "/v2/{p}/wanIps").json()["listData"]
    api.call("PUT", f"{server}/wan-ips/{wan['uuid']}/detach", {"networkInterfaceId": first})
    path = f"{server}/internal-network-interfaces-floating"
    body = {"subnetId": subnet, "ip": "10.1.1.50", "wanIpId": wan["uuid"]}
    made = api.made("POST", path, body)
    assert made["fixedIp"] == "10.1.1.50"
    shown = {nic["uuid"]: nic["floatingIp"] for nic in nics(api, server)}
    assert shown == {first: None, made["uuid"]: wan["ip"]}
    read = api.call("GET", f"/v2/{{p}}/servers/external-network-interfaces/{made['uuid']}").json()["data"]
    assert (read["fixedIp"], read["interfaceType"]) == ("10.1.1.50", "PRIVATE")
    gone = {"networkInterfaceId": made["uuid"]} if client == "terraform" else {"networkInterfaceIds": [made["uuid"]]}
    assert api.call("DELETE", path, gone).status_code == 200
    assert [nic["uuid"] for nic in nics(api, server)] == [first]
    assert api.call("GET", "/v2/{p}/wanIps").json()["listData"] == []


def test_several_interfaces_or_none(api: Any, place: tuple[str, str, str]) -> None:
    server, _, subnet = place
    path = f"{server}/internal-network-interfaces-floating"
    made = api.made("POST", path, {"subnetRequests": [{"subnetId": subnet, "ip": "10.1.1.60"}, {"subnetId": subnet}]})
    assert made["fixedIp"] == "10.1.1.60"
    assert len(nics(api, server)) == 3
    wrong = [{"subnetId": subnet}, {"subnetId": subnet, "ip": "10.1.1.60"}]
    refused = api.call("POST", path, {"subnetRequests": wrong})
    assert (refused.status_code, refused.json()["message"]) == (400, "ip address is already in use")
    assert len(nics(api, server)) == 3


def test_a_public_interface_outlives_its_server(api: Any, place: tuple[str, str, str]) -> None:
    server, _, _ = place
    made = api.made("POST", "/v2/{p}/network-interfaces-elastic", {"name": "test-public", "zoneId": ZONE})
    path = f"/v2/{{p}}/network-interfaces-elastic/{made['uuid']}"
    api.made("PUT", f"{path}/rename", {"name": "test-renamed"})
    body = {"externalNetworkInterfaceId": made["uuid"]}
    attached = api.made("POST", f"{server}/external-network-interfaces", body)
    assert (attached["uuid"], attached["fixedIp"], attached["interfaceType"]) == (made["uuid"], made["ip"], "PUBLIC")
    seen = api.call("GET", path).json()["data"]
    assert (seen["name"], seen["status"], seen["serverName"]) == ("test-renamed", "ATTACHED", "test-server")
    both = api.call("GET", f"{server}/network-interfaces").json()["data"]
    assert (len(both["internalInterfaces"]), both["externalInterfaces"]) == (1, [attached])
    assert api.call("DELETE", server, {}).status_code == 202
    api.clock.advance(60)
    (left,) = api.call("GET", "/v2/{p}/network-interfaces-elastic").json()["listData"]
    assert (left["status"], left["serverId"], left["vpcName"]) == ("AVAILABLE", None, None)
    assert api.call("DELETE", path).status_code == 204
    assert api.call("GET", path).status_code == 404


def test_a_virtual_address_and_who_answers_for_it(api: Any, place: tuple[str, str, str]) -> None:
    server, network, subnet = place
    (nic,) = nics(api, server)
    candidates = api.call("GET", "/v2/{p}/virtualIpAddress/internalNetworkInterfaces", subnetId=subnet).json()["data"]
    assert [(row["uuid"], row["fixedIp"]) for row in candidates] == [(nic["uuid"], nic["fixedIp"])]
    body = {"name": "test-address", "subnetId": subnet, "mode": "Active/Passive", "ipAddress": "10.1.1.77"}
    made = api.made("POST", "/v2/{p}/virtualIpAddress", body)
    path = f"/v2/{{p}}/virtualIpAddress/{made['uuid']}"
    assert (made["ipAddress"], made["networkId"], made["subnetCIDR"]) == (
        "10.1.1.77",
        network.rsplit("/", 1)[1],
        "10.1.1.0/24",
    )
    pair = api.made("POST", f"{path}/addressPairs", {"networkInterfaceId": nic["uuid"]})
    assert api.call("GET", path).json()["data"]["addressPairIps"] == [nic["fixedIp"]]
    assert api.call("GET", f"{path}/addressPairs/{pair['uuid']}").json()["data"] == pair
    # [TF] leaves the literal name of the parameter in the path.
    literal = "/v2/{p}/virtualIpAddress/%7BvirtualIpAddressId%7D/addressPairs"
    assert api.call("DELETE", f"{literal}/{pair['uuid']}").status_code == 204
    changed = api.made("PUT", path, {"name": "test-renamed", "description": "second"})
    assert (changed["name"], changed["description"], changed["mode"]) == ("test-renamed", "second", "Active/Passive")
    assert api.call("GET", "/v2/{p}/virtualIpAddress").json()["totalItem"] == 1
    assert api.call("DELETE", path).status_code == 204


def test_pairs_go_with_the_interface(api: Any, place: tuple[str, str, str]) -> None:
    server, _, subnet = place
    vip = api.made("POST", "/v2/{p}/virtualIpAddress", {"name": "test-address", "subnetId": subnet})
    path = f"/v2/{{p}}/virtualIpAddress/{vip['uuid']}"
    further = api.made("POST", f"{server}/internal-network-interfaces-floating", {"subnetId": subnet})["uuid"]
    for nic in nics(api, server):
        api.made("POST", f"{path}/addressPairs", {"internalNetworkInterfaceId": nic["uuid"]})
    api.call("DELETE", f"{server}/internal-network-interfaces", {"networkInterfaceIds": [further]})
    assert len(api.call("GET", f"{path}/addressPairs").json()["data"]) == 1
    assert api.call("DELETE", server, {}).status_code == 202
    assert api.call("GET", f"{path}/addressPairs").json()["data"] == []


def test_secondary_ranges_are_replaced_with_each_update(api: Any) -> None:
    """MCP-LIVE: matched by block, and without the list they are gone."""
    network = api.network()
    path = f"/v2/{{p}}/networks/{network}/subnets/{api.subnet(network)}"
    one = api.made("POST", f"{path}/secondary-subnets", {"name": "range-one", "cidr": "10.1.8.0/24"})
    asked = [{"name": "range-new", "cidr": "10.1.8.0/24"}, {"name": "range-two", "cidr": "10.1.9.0/24"}]
    rows = api.made("PATCH", path, {"name": "test-subnet", "secondarySubnetRequests": asked})["secondarySubnets"]
    assert [(row["name"], row["cidr"]) for row in rows] == [("range-new", "10.1.8.0/24"), ("range-two", "10.1.9.0/24")]
    assert rows[0]["uuid"] == one["uuid"]
    assert api.call("DELETE", f"{path}/secondary-subnets/{one['uuid']}").status_code == 200
    assert len(api.call("GET", path).json()["secondarySubnets"]) == 1
    assert api.made("PATCH", path, {"name": "test-subnet"})["secondarySubnets"] == []
    assert api.call("DELETE", path).status_code == 200


def test_tags_are_replaced_but_for_those_of_the_platform(api: Any) -> None:
    path, body = "/v2/{p}/tag/resource/any-id", {"resourceId": "any-id", "resourceType": "SERVER"}
    assert api.call("GET", path).json() == []
    system = {**body, "tagRequestList": [{"key": "vng.vpc.id", "value": "net-1"}]}
    assert api.client.post(f"/internal/{api.project}/tags", json=system).status_code == 200
    for key in ("team", "stage"):
        assert api.call("PUT", path, {**body, "tagRequestList": [{"key": key, "value": "web"}]}).status_code == 200
    rows = api.call("GET", path).json()
    assert [(row["key"], row["systemTag"]) for row in rows] == [("vng.vpc.id", True), ("stage", False)]
    assert api.call("GET", "/v2/{p}/tag/tag-key").json() == ["stage", "vng.vpc.id"]
    assert api.call("GET", "/v2/{p}/tag/tag-key/stage/tag-value").json() == ["web"]
    assert api.call("GET", "/v2/{p}/tag/quota").json()["limit"] == 10
    assert api.call("PUT", path, {**body, "tagRequestList": []}).status_code == 200
    assert [row["key"] for row in api.call("GET", path).json()] == ["vng.vpc.id"]


def test_a_server_comes_with_a_data_disk_and_an_address(api: Any) -> None:
    disk = {"dataDiskName": "test-data", "dataDiskSize": 30, "dataDiskTypeId": DISK}
    body = api.server_body(**disk, attachFloating=True, tags=[{"key": "team", "value": "web"}])
    made = api.made("POST", "/v2/{p}/servers", body)
    volumes = api.call("GET", f"/v2/{{p}}/volumes/servers/{made['uuid']}").json()["volumes"]
    assert [(row["name"], row["size"], row["bootable"], row["status"]) for row in volumes] == [
        ("test-server-boot", 20, True, "IN-USE"),
        ("test-data", 30, False, "IN-USE"),
    ]
    assert nics(api, f"/v2/{{p}}/servers/{made['uuid']}")[0]["floatingIp"] is not None
    assert [row["value"] for row in api.call("GET", f"/v2/{{p}}/tag/resource/{made['uuid']}").json()] == ["web"]
    assert api.call("DELETE", f"/v2/{{p}}/servers/{made['uuid']}", {"deleteAllVolume": True}).status_code == 202
    api.clock.advance(60)
    assert api.call("GET", "/v2/{p}/volumes").json()["listData"] == []


def test_more_of_the_catalogue(api: Any) -> None:
    assert api.call("GET", f"/v1/{{p}}/zones/{ZONE}").json()["data"]["name"] == "HCM-1C"
    assert {row["imageType"] for row in api.call("GET", "/v1/{p}/images/gpu").json()["images"]} == {"Ubuntu"}
    default = api.call("GET", "/v1/{p}/volume_default_id", zoneId=ZONE).json()
    kind = api.call("GET", f"/v1/{{p}}/volume_types/{default['volumeTypeId']}").json()["volumeTypes"][0]
    assert kind["zoneId"] == ZONE
    zones = api.call("GET", "/v1/{p}/volume_type_zones", zoneId=ZONE).json()["volumeTypeZones"]
    assert default["volumeTypeZoneId"] in [row["id"] for row in zones]
