"""The driver's calls against the emulated service: what is there, what is gone, and lists."""

from __future__ import annotations

import base64
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from libcloud.compute.types import KeyPairDoesNotExistError

from mcloud.emulator.faults import FaultRule
from mcloud.emulator.server import Running, serve
from mcloud_vng.driver import VNGNodeDriver
from mcloud_vng.emulator import SPEC
from mcloud_vng.vendor_errors import VendorError

T = TypeVar("T")
ZONE = "HCM03-1C"
BLOB = b"".join(struct.pack(">I", len(part)) + part for part in (b"ssh-rsa", b"\x01\x00\x01", b"\x7f" * 256))
RSA = f"ssh-rsa {base64.b64encode(BLOB).decode()} someone"
RULE = {
    "direction": "ingress",
    "etherType": "IPv4",
    "protocol": "tcp",
    "portRangeMin": 443,
    "portRangeMax": 443,
    "remoteIpPrefix": "0.0.0.0/0",
}


@pytest.fixture
def emulator() -> Iterator[Running]:
    with serve(SPEC) as running:
        yield running


@pytest.fixture
def driver(emulator: Running) -> VNGNodeDriver:
    return connect(emulator)


def connect(emulator: Running, **changes: Any) -> VNGNodeDriver:
    arguments = {
        "iam_endpoint": f"{emulator.url}/accounts-api",
        "vserver_endpoint": emulator.url + "/{region}/vserver/vserver-gateway",
        **changes,
    }
    return VNGNodeDriver(emulator.client_id, emulator.client_secret, **arguments)


def there(item: T | None) -> T:
    assert item is not None
    return item


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def place(driver: VNGNodeDriver) -> tuple[str, str]:
    """An active network and subnet."""
    network = driver.ex_create_network({"name": "net-one", "cidr": "10.42.0.0/16"})["id"]
    until(lambda: there(driver.ex_get_network(network))["status"] == "ACTIVE")
    body = {"name": "subnet-one", "cidr": "10.42.1.0/24", "zoneId": ZONE}
    subnet = driver.ex_create_subnet(network, body)["uuid"]
    until(lambda: there(driver.ex_get_subnet(network, subnet))["status"] == "ACTIVE")
    return network, subnet


def server_body(driver: VNGNodeDriver, name: str, network: str, subnet: str) -> dict[str, Any]:
    family = next(row for row in driver.ex_list_flavor_zones() if row["zoneId"] == ZONE)
    kind = driver.ex_list_volume_type_zones(ZONE)[0]
    return {
        "name": name,
        "flavorId": driver.ex_list_flavors(family["id"])[0]["flavorId"],
        "imageId": driver.ex_list_images()[0]["id"],
        "networkId": network,
        "subnetId": subnet,
        "rootDiskSize": 20,
        "rootDiskTypeId": driver.ex_list_volume_types(kind["id"])[0]["id"],
        "encryptionVolume": False,
        "zoneId": ZONE,
    }


def test_what_never_was_is_none(driver: VNGNodeDriver) -> None:
    network, _ = place(driver)
    group = driver.ex_create_security_group({"name": "group-one"})["uuid"]
    assert [
        driver.ex_get_network("net-0"),
        driver.ex_get_subnet("net-0", "sub-0"),
        driver.ex_get_subnet(network, "sub-0"),
        driver.ex_get_security_group("secg-0"),
        driver.ex_get_security_group_rule(group, "secr-0"),
        driver.ex_get_ssh_key("ssh-0"),
        driver.ex_get_server("ins-0"),
        driver.ex_get_node("ins-0"),
        driver.ex_get_volume("vol-0"),
    ] == [None] * 9
    assert driver.ex_list_subnets("net-0") == []


def test_networks_and_subnets_to_the_end(driver: VNGNodeDriver) -> None:
    network, subnet = place(driver)
    driver.ex_update_network(network, {"name": "net-two"})
    driver.ex_update_subnet(network, subnet, {"name": "subnet-two"})
    assert [(row["id"], row["displayName"], row["cidr"]) for row in driver.ex_list_networks()] == [
        (network, "net-two", "10.42.0.0/16")
    ]
    assert [(row["uuid"], row["name"]) for row in driver.ex_list_subnets(network)] == [(subnet, "subnet-two")]

    with pytest.raises(VendorError, match="contains the subnet") as caught:
        driver.ex_delete_network(network)
    assert (caught.value.status, caught.value.sent) == (400, True)

    driver.ex_delete_subnet(network, subnet)
    driver.ex_delete_subnet(network, subnet)  # the service answers 500 to this one
    until(lambda: driver.ex_get_subnet(network, subnet) is None)
    driver.ex_delete_subnet(network, subnet)
    assert driver.ex_list_subnets(network) == []
    driver.ex_delete_network(network)
    until(lambda: driver.ex_get_network(network) is None)
    driver.ex_delete_network(network)


def test_a_500_of_a_subnet_that_is_there_is_an_error(emulator: Running, driver: VNGNodeDriver) -> None:
    network, subnet = place(driver)
    emulator.app.faults.add(FaultRule(action="status", method="DELETE", status=500, body={"message": "boom"}))
    with pytest.raises(VendorError, match="boom"):
        driver.ex_delete_subnet(network, subnet)
    assert there(driver.ex_get_subnet(network, subnet))["status"] == "ACTIVE"


def test_groups_rules_and_keys_to_the_end(driver: VNGNodeDriver) -> None:
    group = driver.ex_create_security_group({"name": "group-one", "description": "first"})["uuid"]
    driver.ex_update_security_group(group, {"name": "group-two", "description": "second"})
    found = there(driver.ex_get_security_group(group))
    assert (found["name"], found["description"]) == ("group-two", "second")
    assert group in [row["id"] for row in driver.ex_list_security_groups()]

    rule = driver.ex_create_security_group_rule(group, RULE)["uuid"]
    read = there(driver.ex_get_security_group_rule(group, rule))
    assert {name: read[name] for name in RULE} == RULE
    assert rule in [row["id"] for row in driver.ex_list_security_group_rules(group)]
    driver.ex_delete_security_group_rule(group, rule)
    assert driver.ex_get_security_group_rule(group, rule) is None
    driver.ex_delete_security_group_rule(group, rule)

    key = driver.ex_import_ssh_key({"name": "key-one", "pubKey": RSA})["id"]
    assert there(driver.ex_get_ssh_key(key))["pubKey"] == RSA
    driver.ex_delete_ssh_key(key)
    driver.ex_delete_security_group(group)
    assert (driver.ex_get_ssh_key(key), driver.ex_get_security_group(group)) == (None, None)


def test_key_pairs_as_libcloud_has_them(driver: VNGNodeDriver) -> None:
    made = driver.import_key_pair_from_string("key-one", RSA)
    assert (made.name, made.public_key, made.private_key) == ("key-one", RSA, None)
    assert [pair.name for pair in driver.list_key_pairs()] == ["key-one"]
    with pytest.raises(KeyPairDoesNotExistError):
        driver.get_key_pair("key-on")
    assert driver.delete_key_pair(driver.get_key_pair("key-one"))
    assert driver.list_key_pairs() == []
    with pytest.raises(VendorError, match="Invalid public key"):
        driver.import_key_pair_from_string("key-two", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== someone")


def test_a_server_by_raw_calls(driver: VNGNodeDriver) -> None:
    network, subnet = place(driver)
    first, other = (driver.ex_create_server(server_body(driver, name, network, subnet)) for name in ("web-1", "web-10"))
    assert [row["uuid"] for row in driver.ex_list_servers("web-1")] == [first["uuid"]]
    assert driver.ex_list_servers("web") == []
    assert {row["uuid"] for row in driver.ex_list_servers()} == {first["uuid"], other["uuid"]}

    until(lambda: there(driver.ex_get_server(first["uuid"]))["status"] == "ACTIVE")
    group = driver.ex_create_security_group({"name": "group-one"})["uuid"]
    node = there(driver.ex_get_node(first["uuid"]))
    driver.ex_set_security_groups(node, [group])
    until(lambda: there(driver.ex_get_server(node.id))["status"] == "ACTIVE")
    driver.ex_rename_node(node, "web-2")
    seen = there(driver.ex_get_server(node.id))
    assert ([one["uuid"] for one in seen["secGroups"]], seen["name"]) == ([group], "web-2")

    boot = there(driver.ex_get_volume(seen["bootVolumeId"]))
    driver.ex_resize_volume(boot["uuid"], 40, boot["volumeTypeId"])
    until(lambda: there(driver.ex_get_volume(boot["uuid"]))["status"] == "IN-USE")
    assert there(driver.ex_get_volume(boot["uuid"]))["size"] == 40

    driver.ex_delete_server(node.id)
    until(lambda: driver.ex_get_server(node.id) is None)
    assert driver.ex_get_volume(boot["uuid"]) is None
    driver.ex_delete_server(node.id)


def test_create_node_passes_on_everything(driver: VNGNodeDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    driver.import_key_pair_from_string("key-one", RSA)
    size, image = driver.list_sizes()[0], driver.list_images()[0]
    sent: list[dict[str, Any]] = []

    def create(body: dict[str, Any]) -> dict[str, Any]:
        sent.append(body)
        return {"uuid": "ins-1", "name": body["name"], "status": "CREATING-BILLING"}

    monkeypatch.setattr(driver, "ex_create_server", create)
    where: dict[str, Any] = {"ex_network": "net-1", "ex_subnet": "sub-1", "ex_root_disk_type": "vtype-1"}
    driver.create_node("web-1", size, image, **where)
    driver.create_node(
        "web-2",
        size,
        image,
        **where,
        ex_root_disk_size=50,
        ex_security_groups=["secg-1"],
        ex_key="key-one",
        ex_user_data="#cloud-config\n",
        ex_zone="HCM03-1B",
    )
    plain = {
        "name": "web-1",
        "flavorId": size.id,
        "imageId": image.id,
        "networkId": "net-1",
        "subnetId": "sub-1",
        "rootDiskSize": 20,
        "rootDiskTypeId": "vtype-1",
        "encryptionVolume": False,
        "securityGroup": [],
        "zoneId": size.extra["zone"],
    }
    assert sent == [
        plain,
        plain
        | {
            "name": "web-2",
            "rootDiskSize": 50,
            "securityGroup": ["secg-1"],
            "sshKeyId": driver.get_key_pair("key-one").extra["id"],
            "userData": "#cloud-config\n",
            "userDataBase64Encoded": False,
            "zoneId": "HCM03-1B",
        },
    ]
    with pytest.raises(KeyPairDoesNotExistError):
        driver.create_node("web-3", size, image, **where, ex_key="no-such-key")


def test_sizes_are_of_one_zone_and_in_stock(emulator: Running, driver: VNGNodeDriver) -> None:
    zones = {zone.id: zone for zone in driver.list_locations()}
    assert set(zones) == {"HCM03-1B", "HCM03-1C"}, "HCM03-1A is closed to the account"
    before = driver.list_sizes(zones[ZONE])
    assert {size.extra["zone"] for size in before} == {ZONE}
    assert len(before) < len(driver.list_sizes())

    emulator.app.cloud.tune("stock", {"flavor": before[0].name, "remaining": 0})
    assert before[0].name not in {size.name for size in driver.list_sizes()}
    raw = [row for family in driver.ex_list_flavor_zones() for row in driver.ex_list_flavors(family["id"])]
    memory = {row["flavorId"]: row["memory"] for row in raw}
    assert all(size.ram == memory[size.id] * 1024 for size in before)


def test_lists_go_through_all_pages(emulator: Running, driver: VNGNodeDriver) -> None:
    keys = emulator.app.cloud.worlds["hcm-3"].keys  # type: ignore[attr-defined]
    for number in range(205):
        keys[f"ssh-{number}"] = {"id": f"ssh-{number}", "name": f"key-{number}", "pubKey": RSA, "status": "ACTIVE"}
    assert [row["id"] for row in driver.ex_list_ssh_keys()] == [f"ssh-{number}" for number in range(205)]


def test_each_region_has_its_own_project(emulator: Running) -> None:
    here, there = connect(emulator), connect(emulator, region="han-1")
    here.ex_create_network({"name": "net-one", "cidr": "10.42.0.0/16"})
    assert here.ex_account() != there.ex_account()
    assert here.ex_account()["user_id"] == there.ex_account()["user_id"]
    assert [zone["uuid"] for zone in there.ex_list_zones()] == ["HAN01-1A"]
    assert (len(here.ex_list_networks()), there.ex_list_networks()) == (1, [])
    quotas = {row["quotaName"]: row["used"] for row in here.ex_quotas()}
    assert quotas["VPC"] == "1"


def test_a_project_of_somebody_else_is_refused_before_anything(emulator: Running) -> None:
    own = connect(emulator).ex_account()["project_id"]
    assert connect(emulator, project=own).ex_list_networks() == []
    with pytest.raises(Exception, match="no such project"):
        connect(emulator, project="pro-somebody-else").ex_list_networks()


@pytest.mark.parametrize("given", ["", ".", "..", "..."])
def test_what_is_no_id_is_refused(driver: VNGNodeDriver, given: str) -> None:
    with pytest.raises(ValueError, match="is no id"):
        driver.ex_get_network(given)


def test_an_id_cannot_lead_to_another_path(driver: VNGNodeDriver) -> None:
    network = driver.ex_create_network({"name": "net-one", "cidr": "10.42.0.0/16"})["id"]
    assert driver.ex_get_network(f"{network}?name=x") is None
    assert driver.ex_get_network(f"{network}#x") is None
    with pytest.raises(VendorError, match="IAM denied action"):
        driver.ex_get_network(f"x/../{network}")
