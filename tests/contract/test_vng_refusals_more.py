"""Refusals of the emulated servers, volumes and networks that change nothing: each with the vendor's text, where it is
known, on one cloud that has some of everything."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

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
VIP = "/v2/<p>/virtualIpAddress"
ENI, SUBNETS = "/v2/<p>/network-interfaces-elastic", "/v2/<p>/networks/<net>/subnets"
OPEN = {"direction": "ingress", "etherType": "IPv4", "protocol": "tcp", "remoteIpPrefix": "0.0.0.0/0"}
WEB = {**OPEN, "portRangeMin": 80, "portRangeMax": 80}
KEY = "ssh-rsa " + base64.b64encode(b"\0\0\0\x07ssh-rsa\0\0\0\x01\x03").decode()

TABLE = yaml.safe_load(Path(__file__).with_name("refusals_vng.yaml").read_text(encoding="utf-8"))
CASES = {f"{theme}: {name}": case for theme, cases in TABLE.items() for name, case in cases.items()}


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
    given = CASES[case]
    method, path = given["call"].split(" ", 1)
    check(there, method, path, given.get("body"), given["status"], given["text"])


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
    "SSH_KEY": ("POST", "/v2/<p>/sshKeys/import", {"name": "key-one", "pubKey": KEY}, "exceeded sshkey quota"),
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
