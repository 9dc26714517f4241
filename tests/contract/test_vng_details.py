"""Tags, encryption, payment and the types of disks on the emulated cloud."""

from __future__ import annotations

from typing import Any

import pytest

from mcloud.errors import InvalidRequest
from mcloud_vng.emulator.world import World

FASTER = "vtype-e78306a0-0569-11f0-a0a4-ec2a72332f83"  # SSD, 6400 IOPS, HCM03-1C
NVME = "vtype-2fc64a6c-38e3-4f08-93a5-18018cb3ab23"  # NVMe, 5000 IOPS, HCM03-1B
ENCRYPTION = "aes-xts-plain64_256"
LABELS = {"owner": "web-team", "env": "prod"}


def world(account: Any) -> World:
    found: World = account.cloud.app.cloud.worlds["hcm-3"]
    return found


def tags(account: Any, native_id: str) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in account.driver.ex_list_tags(native_id)}


@pytest.fixture(params=["Server", "Volume"])
def tagged(request: pytest.FixtureRequest, account: Any) -> tuple[Any, str, str, dict[str, Any]]:
    """Something with two labels: account, kind, id, inputs."""
    kind = str(request.param)
    inputs: dict[str, Any] = {"name": "shop-one", "labels": LABELS}
    if kind == "Server":
        inputs |= {"subnet": account.network()[1], "disk": {"size": "20 GiB"}}
    else:
        inputs |= {"size": "10 GiB"}
    name = inputs["name"]
    native_id = account.make(kind, name, **{key: value for key, value in inputs.items() if key != "name"})
    return account, kind, native_id, inputs


def test_labels_are_tags(tagged: Any) -> None:
    account, kind, native_id, inputs = tagged
    assert tags(account, native_id) == LABELS
    account.operations.finish(_kind(kind), native_id, inputs, {**inputs, "labels": {"owner": "ops-team"}}, PICKS, "it")
    assert tags(account, native_id) == {"owner": "ops-team"}
    account.operations.finish(
        _kind(kind), native_id, {**inputs, "labels": {"owner": "ops-team"}}, _bare(inputs), PICKS, "it"
    )
    assert tags(account, native_id) == {}
    account.drop(kind, native_id)
    assert native_id not in world(account).tags


def test_tags_of_others_and_the_platform_s_stay(tagged: Any) -> None:
    account, kind, native_id, inputs = tagged
    own = {"key": "vng.vpc.id", "value": "net-1", "systemTag": True}
    other = {"key": "cost", "value": "c-17", "systemTag": False}
    world(account).tags[native_id] += [own, other]
    account.operations.finish(_kind(kind), native_id, inputs, {**inputs, "labels": {"env": "test"}}, PICKS, "it")
    assert tags(account, native_id) == {"vng.vpc.id": "net-1", "cost": "c-17", "env": "test"}


def test_unchanged_labels_cost_no_call(tagged: Any) -> None:
    account, kind, native_id, inputs = tagged
    account.fault(action="status", path="/tag/", times=0)
    account.operations.finish(_kind(kind), native_id, inputs, inputs, PICKS, "it")


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([{"key": "env", "value": "eu"}], "must length from 3 to 255"),
        ([{"key": "env", "value": "two words"}], "tag value contains illegal characters"),
        ([{"key": "vng.mine", "value": "value"}], "tag key contains illegal characters"),
        ([{"key": f"key-{index}", "value": "value"} for index in range(11)], "exceeded tag_per_resource quota"),
        ([{"key": "env", "value": "one"}, {"key": "env", "value": "two"}], "duplicated"),
    ],
)
def test_tags_that_are_refused(api: Any, rows: list[dict[str, str]], text: str) -> None:
    body = {"name": "test-volume", "size": 10, "volumeTypeId": FASTER, "zoneId": "HCM03-1C"}
    volume = api.made("POST", "/v2/{p}/volumes", body)["uuid"]
    path = f"/v2/{{p}}/tag/resource/{volume}"
    answer = api.call("PUT", path, {"resourceId": volume, "resourceType": "VOLUME", "tagRequestList": rows})
    assert (answer.status_code, text in answer.json()["message"]) == (400, True)
    answer = api.call("POST", "/v2/{p}/volumes", {**body, "tags": rows})
    assert (answer.status_code, text in answer.json()["message"]) == (400, True)
    assert api.call("GET", path).json() == []


def test_tags_need_their_resources_type(api: Any) -> None:
    path = "/v2/{p}/tag/resource/vol-none"
    assert api.call("GET", path).json() == []
    body = {"resourceId": "vol-none", "resourceType": "VOLUME", "tagRequestList": []}
    assert api.call("PUT", path, {**body, "resourceType": "NETWORK"}).status_code == 400
    assert api.call("PUT", path, {**body, "resourceId": "vol-other"}).status_code == 400
    assert api.call("GET", "/v2/{p}/tag/quota").json()["limit"] == 10


def test_what_tags_there_are(api: Any) -> None:
    body = {"name": "test-volume", "size": 10, "volumeTypeId": FASTER, "tags": [{"key": "env", "value": "prod"}]}
    api.made("POST", "/v2/{p}/volumes", body)
    assert api.call("GET", "/v2/{p}/tag/tag-key").json() == ["env"]
    assert api.call("GET", "/v2/{p}/tag/tag-key/env/tag-value").json() == ["prod"]
    (row,) = api.call("GET", "/v2/{p}/tag", page=1, size=10).json()["listData"]
    assert (row["key"], row["value"], row["systemTag"]) == ("env", "prod", False)


def test_an_encrypted_root_disk(account: Any) -> None:
    _, subnet = account.network()
    server = account.make("Server", "shop-one", subnet=subnet, disk={"size": "20 GiB", "encrypted": True})
    native = account.native("Server", server)
    assert (native["server"]["encryptionVolume"], native["disk"]["encryptionType"]) == (True, ENCRYPTION)
    assert account.seen("Server", server).inputs["disk"] == {"size": "20 GiB", "encrypted": True}
    volume = account.make("Volume", "shop-data", size="10 GiB", encrypted=True)
    account.make("VolumeAttachment", "a", volume=volume, server=server)


def test_an_encrypted_volume_on_a_plain_server_is_refused_with_what_to_do(account: Any) -> None:
    server = account.server("shop-one", account.network()[1])
    volume = account.make("Volume", "shop-data", size="10 GiB", encrypted=True)
    with pytest.raises(InvalidRequest, match="Cannot attach encryption volume") as caught:
        account.make("VolumeAttachment", "a", volume=volume, server=server)
    assert caught.value.hint == "the server must be made with disk: {encrypted: true}"


def test_an_encryption_that_is_not_offered_is_refused(api: Any) -> None:
    body = api.server_body(encryptionVolume=True, rootDiskEncryptionType="rot13")
    assert "rootDiskEncryptionType is invalid" in api.call("POST", "/v2/{p}/servers", body).json()["message"]


def test_a_root_disk_grows_and_gets_faster_in_place(account: Any) -> None:
    server = account.server("shop-one", account.network()[1])
    wanted = {"name": "shop-one", "disk": {"size": "30 GiB"}}
    account.operations.finish(_kind("Server"), server, wanted, wanted, {**PICKS, "diskTypeId": FASTER}, "it")
    disk = account.native("Server", server)["disk"]
    assert (disk["size"], disk["iops"]) == (30, "6400")


def test_a_volume_does_not_go_to_another_kind_of_storage(api: Any) -> None:
    item = api.made("POST", "/v2/{p}/volumes", {"name": "test-volume", "size": 10, "volumeTypeId": FASTER})
    other = api.cloud.app.cloud.worlds["hcm-3"].volume_types[NVME]
    other["zone"] = "HCM03-1C"
    path = f"/v2/{{p}}/volumes/{item['uuid']}/resize"
    answer = api.call("PUT", path, {"newSize": 10, "newVolumeTypeId": NVME})
    assert (answer.status_code, answer.json()["message"]) == (400, "new volume type must be same zone")


def test_what_is_paid_and_how(account: Any) -> None:
    order: dict[str, Any] = {"billing": {"renew": True}, "extensions": {"poc": True}}
    server = account.server("shop-one", account.network()[1], **order)
    volume = account.make("Volume", "shop-data", size="10 GiB", **order)
    plain = account.make("Volume", "shop-logs", size="10 GiB")
    found = world(account)
    assert (found.servers[server]["autoRenew"], found.servers[server]["isPoc"]) == (True, True)
    assert found.paid[volume] == {"autoRenew": True, "isPoc": True}
    assert found.paid[plain] == {"autoRenew": False, "isPoc": False}


def _kind(kind: str) -> Any:
    from mcloud_vng import adapter

    return adapter.kinds[kind]


def _bare(inputs: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key != "labels"}


PICKS = {
    "zone": "HCM03-1C",
    "flavorId": "flav-e2028a81-cc75-47e4-8af1-9eef2f857f84",
    "imageId": "img-b5bf635e-0456-4765-b493-31d5fcfc05aa",
    "diskTypeId": "vtype-e782f8e1-0569-11f0-a0a4-ec2a72332f83",
}
