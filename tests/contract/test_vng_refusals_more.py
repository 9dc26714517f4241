"""Refusals of the emulated servers, volumes and networks that change nothing: each with the vendor's text, where it is
known, on one cloud that has some of everything."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from mcloud.emulator.clock import ManualClock
from mcloud.emulator.server import Running, serve
from mcloud_vng.emulator import SPEC

ZONE, OTHER_ZONE = "HCM03-1C", "HCM03-1B"
FLAVOR = "flav-e2028a81-cc75-47e4-8af1-9eef2f857f84"  # s-general-2x4 in HCM03-1C
IMAGE = "img-b5bf635e-0456-4765-b493-31d5fcfc05aa"
DISK = "vtype-e782f8e1-0569-11f0-a0a4-ec2a72332f83"
NVME = "vtype-2fc64a6c-38e3-4f08-93a5-18018cb3ab23"  # in HCM03-1B
LATER = 100.0  # seconds in which every state ends


@dataclass
class Standing:
    """A cloud, a client that is signed in, and the ids of what is there, by name."""

    cloud: Running
    clock: ManualClock
    client: httpx.Client
    ids: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """``<name>`` in path and body is the id of that name."""
        text = re.sub(r"<(\w+)>", lambda found: self.ids[found[1]], json.dumps([path, body]))
        path, body = json.loads(text)
        return self.client.request(method, path, json=body)

    def make(self, name: str, path: str, body: Any, key: str = "uuid", method: str = "POST") -> None:
        """Something that is there afterwards."""
        answer = self.call(method, path, body)
        assert answer.status_code < 300, answer.text
        self.clock.advance(LATER)
        if answer.content:
            made = answer.json()
            self.ids[name] = str(made.get("data", made)[key])


def server(name: str, **more: Any) -> dict[str, Any]:
    place = {"networkId": "<net>", "subnetId": "<sub>", "zoneId": ZONE}
    disk = {"rootDiskSize": 20, "rootDiskTypeId": DISK, "encryptionVolume": False}
    return {"name": name, "flavorId": FLAVOR, "imageId": IMAGE, **place, **disk, **more}


def disk(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "size": 20, "volumeTypeId": DISK, **more}


def fill(there: Standing) -> None:
    """One of everything, in the states that the refusals below need."""
    ids, make = there.ids, there.make
    ids["p"] = there.client.get("/v1/projects").json()["projects"][0]["projectId"]
    make("net", "/v2/<p>/networks", {"name": "network-one", "cidr": "10.1.0.0/16"}, "id")
    make("net2", "/v2/<p>/networks", {"name": "network-two", "cidr": "10.2.0.0/16"}, "id")
    subnet = {"name": "subnet-one", "cidr": "10.1.1.0/24", "zoneId": ZONE}
    make("sub", "/v2/<p>/networks/<net>/subnets", subnet)
    wide = {"name": "subnet-two", "cidr": "10.1.2.0/24", "zoneId": ZONE}
    range_ = [{"name": "range-one", "cidr": "10.1.16.0/24"}]
    make("wide", "/v2/<p>/networks/<net>/subnets", {**wide, "secondarySubnetRequests": range_})
    make("addressed", "/v2/<p>/networks/<net>/subnets", {**wide, "name": "subnet-three", "cidr": "10.1.3.0/24"})
    make("sg", "/v2/<p>/secgroups", {"name": "group-one"})
    make("a", "/v2/<p>/servers", server("server-a", securityGroup=["<sg>"]))
    make("b", "/v2/<p>/servers", server("server-b"))
    for name in ("a", "b"):
        ids[f"nic_{name}"] = there.call("GET", f"/v2/<p>/servers/<{name}>").json()["data"]["internalInterfaces"][0][
            "uuid"
        ]
        ids[f"boot_{name}"] = there.call("GET", f"/v2/<p>/servers/<{name}>").json()["data"]["bootVolumeId"]
    make("wan", "/v2/<p>/servers/<a>/wan-ips/auto/attach", {"networkInterfaceId": "<nic_a>"}, method="PUT")
    ids["wan"] = there.call("GET", "/v2/<p>/wanIps").json()["listData"][0]["uuid"]
    make("free", "/v2/<p>/volumes", disk("volume-free"))
    make("held", "/v2/<p>/volumes", disk("volume-held"))
    make("held", "/v2/<p>/volumes/<held>/servers/<a>/attach", {}, method="PUT")
    make("secret", "/v2/<p>/volumes", disk("volume-secret", encryptionType="aes-xts-plain64_256"))
    make("nvme", "/v2/<p>/volumes", disk("volume-nvme", volumeTypeId=NVME))
    make("eni", "/v2/<p>/network-interfaces-elastic", {"name": "public-free", "zoneId": ZONE})
    make("eni_far", "/v2/<p>/network-interfaces-elastic", {"name": "public-far", "zoneId": OTHER_ZONE})
    make("eni_b", "/v2/<p>/network-interfaces-elastic", {"name": "public-b", "zoneId": ZONE})
    make("eni_b", "/v2/<p>/servers/<b>/external-network-interfaces", {"externalNetworkInterfaceId": "<eni_b>"})
    make("vip", "/v2/<p>/virtualIpAddress", {"name": "address-one", "subnetId": "<addressed>"})
    make("pair", "/v2/<p>/virtualIpAddress/<vip>/addressPairs", {"internalNetworkInterfaceId": "<nic_a>"})
    make("bare", "/v2/<p>/virtualIpAddress", {"name": "address-two", "subnetId": "<addressed>"})
    ids["table"] = there.call("GET", "/v2/<p>/networks/<net>").json()["routeTableId"]


@pytest.fixture(scope="module")
def there() -> Iterator[Standing]:
    """One cloud for all cases: a refusal changes nothing, and each case looks whether that is so."""
    clock = ManualClock()
    with serve(SPEC, clock=clock) as cloud:
        answer = httpx.post(f"{cloud.url}/accounts-api/v2/auth/token", auth=(cloud.client_id, cloud.client_secret))
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        with httpx.Client(base_url=f"{cloud.url}/vserver/vserver-gateway", headers=headers) as client:
            standing = Standing(cloud, clock, client)
            fill(standing)
            yield standing


SERVER, VOLUME = "/v2/<p>/servers/<a>", "/v2/<p>/volumes/<free>"
GROUP, RULE = "/v2/<p>/secgroups", "/v2/<p>/secgroups/<sg>/secgroupRules"
VIP, PAIRS = "/v2/<p>/virtualIpAddress", "/v2/<p>/virtualIpAddress/<vip>/addressPairs"
ENI, SUBNETS = "/v2/<p>/network-interfaces-elastic", "/v2/<p>/networks/<net>/subnets"
OPEN = {"direction": "ingress", "etherType": "IPv4", "protocol": "tcp", "remoteIpPrefix": "0.0.0.0/0"}
WEB = {**OPEN, "portRangeMin": 80, "portRangeMax": 80}
TAGS = {"resourceId": "<a>", "resourceType": "SERVER"}
NOWHERE = "198.51.100.1"
KEY = "ssh-rsa " + base64.b64encode(b"\0\0\0\x07ssh-rsa\0\0\0\x01\x03").decode()

CASES = {
    # Networks and subnets
    "network not there": ("GET", "/v2/<p>/networks/net-none", None, 404, "Network with id net-none is not found"),
    "subnet not there": ("GET", f"{SUBNETS}/sub-none", None, 404, "subnet with id sub-none is not found"),
    "subnet of another network": (
        "GET",
        "/v2/<p>/networks/<net2>/subnets/<sub>",
        None,
        404,
        "subnet id: <sub> belong to network id: <net2> not found",
    ),
    "subnet with a server": ("DELETE", f"{SUBNETS}/<sub>", None, 400, "Having server is using this subnet"),
    "subnet with a secondary range": (
        "DELETE",
        f"{SUBNETS}/<wide>",
        None,
        400,
        "Cannot delete subnet: Having Virtual Subnet Address is using this subnet.",
    ),
    "subnet with a virtual address": ("DELETE", f"{SUBNETS}/<addressed>", None, 400, "is using this subnet"),
    "secondary range outside": (
        "POST",
        f"{SUBNETS}/<sub>/secondary-subnets",
        {"name": "range-two", "cidr": "10.9.0.0/24"},
        400,
        "not in the range",
    ),
    "secondary range that overlaps": (
        "POST",
        f"{SUBNETS}/<sub>/secondary-subnets",
        {"name": "range-two", "cidr": "10.1.16.0/26"},
        400,
        "overlap",
    ),
    "secondary range not there": ("DELETE", f"{SUBNETS}/<wide>/secondary-subnets/sec-sub-1", None, 404, "is not found"),
    # Route tables
    "route table not there": (
        "GET",
        "/v2/<p>/route-table/rt-none",
        None,
        404,
        "Route Table with uuid rt-none not found",
    ),
    "main route table": ("DELETE", "/v2/<p>/route-table/<table>", None, 400, "Cannot delete the default route table"),
    "route over the network itself": (
        "PUT",
        "/v2/<p>/route-table/<table>/routes",
        {"routes": [{"destinationCidrBlock": "10.1.0.0/16", "target": "10.1.1.10"}]},
        400,
        "overlap with VPC CIDR",
    ),
    "route tables without paging": ("GET", "/v2/<p>/route-table", None, 500, "Internal Server Error"),
    # Servers
    "group list that is empty": ("PUT", f"{SERVER}/update-sec-group", {"securityGroup": []}, 400, "must not be empty"),
    "server group not there": (
        "POST",
        "/v2/<p>/servers",
        server("server-c", serverGroupId="server-group-none"),
        400,
        "Not found server group with id server-group-none",
    ),
    "start of a running server": ("PUT", f"{SERVER}/start", None, 400, "in-process"),
    "data disk too large": (
        "POST",
        "/v2/<p>/servers",
        server("server-c", dataDiskSize=9000, dataDiskTypeId=DISK),
        400,
        "field volume_size must from 1 to 5000",
    ),
    # Floating addresses
    "interface not there": (
        "PUT",
        f"{SERVER}/wan-ips/auto/attach",
        {"networkInterfaceId": "net-in-none"},
        404,
        "internal network interface with id net-in-none is not found",
    ),
    "second address": (
        "PUT",
        f"{SERVER}/wan-ips/auto/attach",
        {"networkInterfaceId": "<nic_a>"},
        400,
        "The server only allows attaching 1 floating ip",
    ),
    "address beside a public interface": (
        "PUT",
        "/v2/<p>/servers/<b>/wan-ips/auto/attach",
        {"networkInterfaceId": "<nic_b>"},
        400,
        "external network interface",
    ),
    "address of another server": (
        "PUT",
        "/v2/<p>/servers/<b>/wan-ips/<wan>/detach",
        {"networkInterfaceId": "<nic_b>"},
        400,
        "wan ip is available",
    ),
    "address not there": (
        "PUT",
        f"{SERVER}/wan-ips/wan-none/detach",
        {"networkInterfaceId": "<nic_a>"},
        404,
        "Cannot get wan ip with id wan-none",
    ),
    "release of an attached address": ("DELETE", "/v2/<p>/wanIps/<wan>", None, 400, "in use"),
    # Interfaces
    "wanted address that is taken": (
        "POST",
        f"{SERVER}/internal-network-interfaces-floating",
        {"subnetId": "<sub>", "ip": "10.1.1.10"},
        400,
        "ip address is already in use",
    ),
    "wanted address of elsewhere": (
        "POST",
        f"{SERVER}/internal-network-interfaces-floating",
        {"subnetId": "<sub>", "ip": NOWHERE},
        400,
        "is not in the subnet",
    ),
    "interface in no subnet": (
        "POST",
        f"{SERVER}/internal-network-interfaces-floating",
        {"subnetId": "sub-none"},
        404,
        "subnet with id sub-none is not found",
    ),
    "interface with an address in use": (
        "POST",
        "/v2/<p>/servers/<b>/internal-network-interfaces-floating",
        {"subnetId": "<sub>", "wanIpId": "<wan>"},
        400,
        "in use",
    ),
    "first interface": (
        "DELETE",
        f"{SERVER}/internal-network-interfaces",
        {"networkInterfaceIds": ["<nic_a>"]},
        404,
        "internal network interface with id <nic_a> is not found",
    ),
    "eleventh interface": (
        "POST",
        f"{SERVER}/internal-network-interfaces",
        {"subnetRequests": [{"subnetId": "<sub>"}] * 10},
        400,
        "exceeded network_interface_per_server quota",
    ),
    "one of several in no subnet": (
        "POST",
        f"{SERVER}/internal-network-interfaces",
        {"subnetRequests": [{"subnetId": "<sub>"}, {"subnetId": "<sub>", "ip": NOWHERE}]},
        400,
        "is not in the subnet",
    ),
    "public interface not there": ("GET", f"{ENI}/net-ex-none", None, 404, "is not found"),
    "public interface in use": ("DELETE", f"{ENI}/<eni_b>", None, 400, "is in use"),
    "public interface twice": (
        "POST",
        f"{SERVER}/external-network-interfaces",
        {"externalNetworkInterfaceId": "<eni_b>"},
        400,
        "is in use",
    ),
    "public interface beside an address": (
        "POST",
        f"{SERVER}/external-network-interfaces",
        {"externalNetworkInterfaceId": "<eni>"},
        400,
        "floating ip",
    ),
    "public interface of another zone": (
        "POST",
        f"{SERVER}/external-network-interfaces",
        {"externalNetworkInterfaceId": "<eni_far>"},
        400,
        f"is not in zone {ZONE}",
    ),
    "public interface of another server": (
        "DELETE",
        f"{SERVER}/external-network-interfaces",
        {"networkInterfaceId": "<eni_b>"},
        400,
        "is not attached",
    ),
    "public interface in a closed zone": (
        "POST",
        ENI,
        {"name": "public-two", "zoneId": "HCM03-1A"},
        404,
        "Cannot get zone with id HCM03-1A",
    ),
    # Virtual addresses
    "virtual address not there": (
        "GET",
        f"{VIP}/vip-none",
        None,
        404,
        "virtual ip address with id vip-none is not found",
    ),
    "virtual address in no subnet": (
        "POST",
        VIP,
        {"name": "address-three", "subnetId": "sub-none"},
        404,
        "subnet with id sub-none is not found",
    ),
    "virtual address that is taken": (
        "POST",
        VIP,
        {"name": "address-three", "subnetId": "<sub>", "ipAddress": "10.1.1.10"},
        400,
        "ip address is already in use",
    ),
    "virtual address of another project": (
        "POST",
        VIP,
        {"name": "address-three", "crossProjectRequest": {"projectId": "pro-none", "subnetId": "<sub>"}},
        400,
        "project pro-none is not belong to user",
    ),
    "virtual address of no mode": (
        "POST",
        VIP,
        {"name": "address-three", "subnetId": "<sub>", "mode": "x"},
        400,
        "mode",
    ),
    "virtual address without a name": ("PUT", f"{VIP}/<vip>", {"description": "x"}, 400, "name: must not be null;"),
    "virtual address with a pair": (
        "DELETE",
        f"{VIP}/<vip>",
        None,
        400,
        "virtual ip address id <vip> is used. Please remove address pairs first",
    ),
    "pair twice": (
        "POST",
        PAIRS,
        {"networkInterfaceId": "<nic_a>"},
        400,
        "address pair with internal network interface  id <nic_a> already exists",
    ),
    "pair of no interface": (
        "POST",
        PAIRS,
        {"internalNetworkInterfaceId": "net-in-none"},
        404,
        "internal network interface with id net-in-none is not found",
    ),
    "pair not there": (
        "GET",
        f"{PAIRS}/address-pair-1",
        None,
        404,
        "address pair with uuid: address-pair-1 was not existing",
    ),
    "pair of another address": (
        "GET",
        f"{VIP}/<bare>/addressPairs/<pair>",
        None,
        404,
        "address pair with uuid: <pair> was not existing",
    ),
    "pair not there any more": (
        "DELETE",
        "/v2/<p>/virtual-subnets/addressPairs/address-pair-1",
        None,
        404,
        "address pair with uuid: address-pair-1 was not existing",
    ),
    "pairs of no range": ("GET", "/v2/<p>/virtual-subnets/sec-sub-1/addressPairs", None, 404, "is not found"),
    # Volumes
    "volume name": (
        "POST",
        "/v2/<p>/volumes",
        disk("abc"),
        400,
        "Only letters (a-z, A-Z, 0-9, '.', '@', '_', '-', space) are allowed. "
        "Your input data length must be between 5 and 50",
    ),
    "volume size": ("POST", "/v2/<p>/volumes", disk("volume-new", size=5001), 400, "field volume_size must from"),
    "volume type": (
        "POST",
        "/v2/<p>/volumes",
        disk("volume-new", volumeTypeId="vtype-none", zoneId=ZONE),
        404,
        "cannot get volume type with id vtype-none",
    ),
    "volume type by id": (
        "GET",
        "/v1/<p>/volume_types/vtype-none",
        None,
        404,
        "Cannot get volume type with id vtype-none",
    ),
    "volume not there": ("GET", "/v2/<p>/volumes/vol-none", None, 404, "volume with id vol-none is not found"),
    "volume smaller": (
        "PUT",
        f"{VOLUME}/resize",
        {"newSize": 10, "newVolumeTypeId": DISK},
        400,
        "field new_volume_size must from 20",
    ),
    "volume the same": (
        "PUT",
        f"{VOLUME}/resize",
        {"newSize": 20, "newVolumeTypeId": DISK},
        400,
        "volume size or volume type must be changed",
    ),
    "volume of another zone's type": (
        "PUT",
        f"{VOLUME}/resize",
        {"newSize": 30, "newVolumeTypeId": NVME},
        400,
        "new volume type must be same zone",
    ),
    "volume attached twice": (
        "PUT",
        "/v2/<p>/volumes/<held>/servers/<a>/attach",
        {},
        400,
        "this volume has been attached",
    ),
    "volume attached elsewhere": (
        "PUT",
        "/v2/<p>/volumes/<held>/servers/<b>/attach",
        {},
        400,
        "already attached to instance",
    ),
    "volume without a body": ("PUT", f"{VOLUME}/servers/<a>/attach", None, 400, None),
    "volume to no server": (
        "PUT",
        f"{VOLUME}/servers/ins-none/attach",
        {},
        404,
        "Cannot get server with id ins-none",
    ),
    "volume of another zone": ("PUT", "/v2/<p>/volumes/<nvme>/servers/<a>/attach", {}, 400, "is not in zone"),
    "encrypted volume": (
        "PUT",
        "/v2/<p>/volumes/<secret>/servers/<a>/attach",
        {},
        400,
        "Cannot attach encryption volume",
    ),
    "volume detached twice": ("PUT", f"{VOLUME}/servers/<a>/detach", {}, 400, "this volume is available"),
    "root disk detached": (
        "PUT",
        "/v2/<p>/volumes/<boot_a>/servers/<a>/detach",
        {},
        400,
        "cannot detach the root volume",
    ),
    "volume deleted in use": ("DELETE", "/v2/<p>/volumes/<held>", None, 400, "already attached to instance"),
    # Migrations
    "migration of no kind": (
        "PUT",
        f"{VOLUME}/change-device-type",
        {"action": "MOVE", "volumeTypeId": NVME},
        400,
        "the action must be INIT-MIGRATE or MIGRATE or CONFIRM-MIGRATE",
    ),
    "migration within a zone": (
        "PUT",
        f"{VOLUME}/change-device-type",
        {"action": "INIT-MIGRATE", "volumeTypeId": DISK},
        400,
        "new volume type must be different zone",
    ),
    "migration that was not begun": (
        "PUT",
        f"{VOLUME}/change-device-type",
        {"action": "MIGRATE", "volumeTypeId": NVME},
        400,
        "because state is not initialized",
    ),
    # Tags
    "tag key": (
        "PUT",
        "/v2/<p>/tag/resource/<a>",
        {**TAGS, "tagRequestList": [{"key": "a b", "value": "abc"}]},
        400,
        "The value for the tag key contains illegal characters",
    ),
    "tag of the platform": (
        "PUT",
        "/v2/<p>/tag/resource/<a>",
        {**TAGS, "tagRequestList": [{"key": "vng.a", "value": "abc"}]},
        400,
        "illegal characters",
    ),
    "tag value": (
        "PUT",
        "/v2/<p>/tag/resource/<a>",
        {**TAGS, "tagRequestList": [{"key": "a", "value": "ab"}]},
        400,
        "Tag Value required value must length from 3 to 255",
    ),
    "tags of a new volume": (
        "POST",
        "/v2/<p>/volumes",
        disk("volume-new", tags=[{"key": "a", "value": "ab"}]),
        400,
        "Tag Value required value must length from 3 to 255",
    ),
    "eleven tags": (
        "PUT",
        "/v2/<p>/tag/resource/<a>",
        {**TAGS, "tagRequestList": [{"key": f"key-{n}", "value": "abc"} for n in range(11)]},
        400,
        "exceeded tag_per_resource quota",
    ),
    # Catalogue
    "default type of a closed zone": (
        "GET",
        "/v1/<p>/volume_default_id",
        None,
        404,
        "Cannot get zone with id HCM03-1A",
    ),
    "zone not there": ("GET", "/v1/<p>/zones/HCM03-9Z", None, 404, "Cannot get zone with id HCM03-9Z"),
    "pages of volumes": ("GET", "/v2/<p>/volumes?page=-1&size=1", None, 400, "page or size invalid"),
    "pages of snapshots": ("GET", f"{VOLUME}/snapshots?page=a&size=1", None, 400, "page or size invalid"),
}


def check(there: Standing, method: str, path: str, body: Any, status: int, text: str | None) -> None:
    """It is refused so, and nothing is changed, not even the balance."""
    cloud = there.cloud.app.cloud
    before = json.dumps([cloud.inventory(), cloud.wallet.balance])
    answer = there.call(method, path, body)
    assert answer.status_code == status, answer.text
    if text is None:
        assert answer.json()["message"] is None
    else:
        assert re.sub(r"<(\w+)>", lambda found: there.ids[found[1]], text) in answer.json()["message"]
    assert json.dumps([cloud.inventory(), cloud.wallet.balance]) == before


@pytest.mark.parametrize("case", CASES)
def test_refused(there: Standing, case: str) -> None:
    check(there, *CASES[case])


QUOTAS = {
    "SECGROUP": ("POST", GROUP, {"name": "group-two"}, "exceeded secgroup quota"),
    "SECGROUP_RULE": ("POST", RULE, WEB, "exceeded secgroup_rule quota"),
    "SUBNET": (
        "POST",
        SUBNETS,
        {"name": "subnet-four", "cidr": "10.1.4.0/24", "zoneId": ZONE},
        "Exceeded SUBNET quota. Current used: 0, max: 0.",
    ),
    "VPC": ("POST", "/v2/<p>/networks", {"name": "network-six", "cidr": "10.6.0.0/16"}, "Exceeded VPC quota."),
    "SSHKEY": ("POST", "/v2/<p>/sshKeys/import", {"name": "key-one", "pubKey": KEY}, "exceeded sshkey quota"),
    "VIRTUAL_IP_ADDRESS": (
        "POST",
        VIP,
        {"name": "address-three", "subnetId": "<sub>"},
        "exceeded virtual_ip_address quota",
    ),
    "FLOATING_IP": (
        "POST",
        "/v2/<p>/servers",
        server("server-c", attachFloating=True),
        "exceeded floating_ip quota",
    ),
    "VM": ("POST", "/v2/<p>/servers", server("server-c"), "exceeded vm quota"),
    "VCPU": ("POST", "/v2/<p>/servers", server("server-c"), "exceeded vcpu quota. current used"),
    "VOLUME": ("POST", "/v2/<p>/volumes", disk("volume-new"), "exceeded volume quota. current used"),
    "VOLUME_SIZE": ("POST", "/v2/<p>/volumes", disk("volume-new"), "exceeded volume_size quota"),
    "SERVER_GROUP": (
        "POST",
        "/v2/<p>/serverGroups",
        {"name": "group-one", "policyId": "<policy>"},
        "exceeded server_group quota",
    ),
    "ROUTE_TABLE": (
        "POST",
        "/v2/<p>/route-table",
        {"name": "table-one", "networkId": "<net>"},
        "exceeded route_table quota",
    ),
}


@pytest.mark.parametrize("quota", QUOTAS)
def test_quotas(there: Standing, quota: str) -> None:
    method, path, body, text = QUOTAS[quota]
    there.ids["policy"] = there.call("GET", "/v2/<p>/serverGroups/policies").json()["data"][0]["uuid"]
    worlds = there.cloud.app.cloud.worlds.values()
    limits = {world.region: world.quotas[quota] for world in worlds}
    there.cloud.app.cloud.tune("quota", {"name": quota, "limit": 0})
    try:
        check(there, method, path, body, 400, text.replace("used: 0", "used: 3"))
    finally:
        for world in worlds:
            world.quotas[quota] = limits[world.region]


def test_the_mtu_is_looked_at_before_the_quota(there: Standing) -> None:
    """MCP-LIVE."""
    worlds = there.cloud.app.cloud.worlds.values()
    there.cloud.app.cloud.tune("quota", {"name": "VPC", "limit": 0})
    try:
        body = {"name": "network-six", "cidr": "10.6.0.0/16", "mtu": 9000}
        check(there, "POST", "/v2/<p>/networks", body, 400, "mtu: MTU value must be one of the following")
    finally:
        for world in worlds:
            world.quotas["VPC"] = 10


CHARGED = {
    "server": ("POST", "/v2/<p>/servers", server("server-c")),
    "volume": ("POST", "/v2/<p>/volumes", disk("volume-new")),
    "larger volume": ("PUT", f"{VOLUME}/resize", {"newSize": 40, "newVolumeTypeId": DISK}),
    "larger server": ("PUT", f"{SERVER}/resize", {"flavorId": "flav-d1e5634e-0565-11f0-a0a4-ec2a72332f83"}),
    "public interface": ("POST", ENI, {"name": "public-two", "zoneId": ZONE}),
}


@pytest.mark.parametrize("what", CHARGED)
@pytest.mark.parametrize(
    ("setting", "text"),
    [
        (("balance", {"amount": 10}), "You do not have sufficient credits to complete the purchase"),
        (("payment-method", {"allowed": False}), "Payment method is not allowed for the user"),
    ],
    ids=["credits", "payment-method"],
)
def test_what_must_be_paid_for(there: Standing, what: str, setting: tuple[str, dict[str, Any]], text: str) -> None:
    cloud = there.cloud.app.cloud
    balance = cloud.wallet.balance
    cloud.tune(*setting)
    try:
        check(there, *CHARGED[what], 400, text)
    finally:
        cloud.wallet.balance, cloud.wallet.takes_payment = balance, True


def test_what_is_free_is_made_without_credits(there: Standing) -> None:
    """LIVE: networks, groups and keys cost nothing."""
    cloud = there.cloud.app.cloud
    balance = cloud.wallet.balance
    cloud.tune("balance", {"amount": 0})
    try:
        there.make("extra", GROUP, {"name": "group-extra"})
        assert there.call("DELETE", f"{GROUP}/<extra>").status_code == 204
    finally:
        cloud.wallet.balance = balance
