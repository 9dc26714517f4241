"""Every refusal of the emulated kinds, with the vendor's text and status where they are known."""

from __future__ import annotations

from typing import Any

import httpx
import pytest


def refused(answer: httpx.Response, status: int, text: str) -> None:
    assert answer.status_code == status, answer.text
    assert text in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"cidr": "10.2.0.0/17"}, 400, "Invalid CIDR."),
        ({"cidr": "10.2.0.1/16"}, 400, "Invalid CIDR."),
        ({"cidr": "words"}, 400, "Invalid CIDR."),
        ({"cidr": "10.2.0.0/26"}, 400, "Invalid CIDR."),
        ({"cidr": "172.31.0.0/16"}, 400, "User can't use this range, reserved for system."),
        ({"cidr": "8.8.0.0/16"}, 400, "User can't use this range, reserved for system."),
        ({"cidr": "10.1.16.0/20"}, 400, "VPC is overlap with another."),
        ({"mtu": 9000}, 400, "mtu: MTU value must be one of the following: [1500, 1450, 8500, 8950];"),
        ({"name": "test-network"}, 400, "already exist"),
        ({"name": "x"}, 400, "name:"),
        ({"name": None}, 400, "name: must not be null;"),
        ({"zoneId": "HCM03-9Z"}, 404, "Cannot get zone with id HCM03-9Z"),
    ],
)
def test_networks(api: Any, body: dict[str, Any], status: int, text: str) -> None:
    api.network()
    refused(
        api.call("POST", "/v2/{p}/networks", {"name": "another-network", "cidr": "10.2.0.0/16", **body}), status, text
    )
    assert len(api.cloud.app.cloud.inventory()["networks"]) == 1


def test_the_network_quota_counts_what_is_being_deleted(api: Any) -> None:
    api.cloud.app.cloud.tune("quota", {"name": "VPC", "limit": 1})
    network = api.network()
    assert api.call("DELETE", f"/v2/{{p}}/networks/{network}").status_code == 200
    again = api.call("POST", "/v2/{p}/networks", {"name": "another-network", "cidr": "10.2.0.0/16"})
    refused(again, 400, "Exceeded VPC quota. Current used: 1, max: 1.")
    api.clock.advance(100)
    assert api.call("GET", f"/v2/{{p}}/networks/{network}").status_code == 404
    assert api.call("POST", "/v2/{p}/networks", {"name": "another-network", "cidr": "10.2.0.0/16"}).status_code == 200


def test_a_network_with_a_subnet_stays(api: Any) -> None:
    network = api.network()
    subnet = api.subnet(network)
    text = "Cannot delete this VPC because it contains the subnet."
    refused(api.call("DELETE", f"/v2/{{p}}/networks/{network}"), 400, text)
    assert api.call("DELETE", f"/v2/{{p}}/networks/{network}/subnets/{subnet}").status_code == 200
    refused(api.call("DELETE", f"/v2/{{p}}/networks/{network}"), 400, text)
    api.clock.advance(100)
    assert api.call("DELETE", f"/v2/{{p}}/networks/{network}").status_code == 200


def test_a_deleted_subnet_lingers(api: Any) -> None:
    """LIVE: answered with status DELETED, gone from the list, and a second delete is a 500."""
    network = api.network()
    path = f"/v2/{{p}}/networks/{network}/subnets"
    subnet = api.subnet(network)
    api.call("DELETE", f"{path}/{subnet}")
    api.clock.advance(100)
    assert api.call("GET", f"{path}/{subnet}").json()["status"] == "DELETED"
    assert api.call("GET", path).json() == []
    assert api.call("DELETE", f"{path}/{subnet}").status_code == 500


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"cidr": "10.1.1.0/25"}, 400, "CIDR notation /25 is not allowed. Allowed CIDR notations are [/16, /18"),
        ({"cidr": "10.2.1.0/24"}, 400, "not in the range"),
        ({"cidr": "10.1.1.0/24"}, 400, "overlap"),
        ({"zoneId": None}, 404, "Cannot get zone with id HCM03-1A"),
        ({"zoneId": "HCM03-1A"}, 404, "Cannot get zone with id HCM03-1A"),
        ({"cidr": None}, 400, "cidr: must not be null;"),
    ],
)
def test_subnets(api: Any, body: dict[str, Any], status: int, text: str) -> None:
    network = api.network()
    api.subnet(network)
    whole = {"name": "other-subnet", "cidr": "10.1.2.0/24", "zoneId": "HCM03-1C", **body}
    refused(api.call("POST", f"/v2/{{p}}/networks/{network}/subnets", whole), status, text)


def test_a_subnet_that_is_being_made_is_not_deleted(api: Any) -> None:
    network = api.network()
    body = {"name": "new-subnet", "cidr": "10.1.1.0/24", "zoneId": "HCM03-1C"}
    made = api.call("POST", f"/v2/{{p}}/networks/{network}/subnets", body).json()["data"]["uuid"]
    answer = api.call("DELETE", f"/v2/{{p}}/networks/{network}/subnets/{made}")
    refused(answer, 400, "Cannot delete the creating subnet")


def group(api: Any, name: str = "test-group") -> str:
    answer = api.call("POST", "/v2/{p}/secgroups", {"name": name})
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert isinstance(data["id"], int)
    return str(data["uuid"])


RULE = {
    "direction": "ingress",
    "etherType": "IPv4",
    "protocol": "tcp",
    "portRangeMin": 80,
    "portRangeMax": 80,
    "remoteIpPrefix": "0.0.0.0/0",
}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "SecurityGroupRuleExists"),
        ({"protocol": "bogus"}, "Invalid protocol"),
        ({"remoteIpPrefix": "nothing"}, "Invalid CIDR."),
        ({"remoteIpPrefix": None}, "remoteIpPrefix: must not be null;"),
        ({"portRangeMin": None}, "portRangeMin: must not be null;"),
        ({"direction": "sideways"}, "direction"),
        ({"etherType": "IPv6"}, "invalid"),
        ({"portRangeMin": 90, "portRangeMax": 80}, "invalid"),
    ],
)
def test_rules(api: Any, body: dict[str, Any], text: str) -> None:
    path = f"/v2/{{p}}/secgroups/{group(api)}/secgroupRules"
    assert api.call("POST", path, RULE).status_code == 201
    refused(api.call("POST", path, {**RULE, **body}), 400, text)


def test_the_case_of_the_rule_paths_matters(api: Any) -> None:
    """Dossier 8, quirk 1: the list has a capital G; the wrong case is 403 with an array."""
    made = group(api)
    assert api.call("GET", f"/v2/{{p}}/secgroups/{made}/secGroupRules").status_code == 200
    wrong = api.call("GET", f"/v2/{{p}}/secgroups/{made}/secgroupRules")
    assert (wrong.status_code, wrong.json()[0]["code"]) == (403, "IAM_PERMISSION_DENIED")


def test_a_rule_is_deleted_whatever_the_group_in_the_path(api: Any) -> None:
    made = group(api)
    rule = api.call("POST", f"/v2/{{p}}/secgroups/{made}/secgroupRules", RULE).json()["data"]["uuid"]
    assert api.call("DELETE", f"/v2/{{p}}/secgroups/undefined/secgroupRules/{rule}").status_code == 204
    refused(api.call("GET", f"/v2/{{p}}/secgroups/{made}/secgroupRules/{rule}"), 404, "security group rule with id")


def test_group_names_are_unique_and_groups_in_use_stay(api: Any) -> None:
    made = group(api)
    refused(api.call("POST", "/v2/{p}/secgroups", {"name": "test-group"}), 400, "name of security group already exist")
    server = api.made("POST", "/v2/{p}/servers", api.server_body(securityGroup=[made]))
    refused(api.call("DELETE", f"/v2/{{p}}/secgroups/{made}"), 400, "SecurityGroupInUse")
    api.call("DELETE", f"/v2/{{p}}/servers/{server['uuid']}", {})
    api.clock.advance(100)
    assert api.call("DELETE", f"/v2/{{p}}/secgroups/{made}").status_code == 204
    refused(api.call("GET", f"/v2/{{p}}/secgroups/{made}"), 404, "Cannot get security group with id")


@pytest.mark.parametrize("text", ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ", "ssh-rsa words", "ssh-rsa", ""])
def test_keys_are_rsa_only(api: Any, text: str) -> None:
    refused(api.call("POST", "/v2/{p}/sshKeys/import", {"name": "test-key", "pubKey": text}), 400, "Invalid public key")


def test_a_key_is_echoed_byte_for_byte(api: Any) -> None:
    text = api.key_text()
    made = api.call("POST", "/v2/{p}/sshKeys/import", {"name": "test-key", "pubKey": text})
    assert (made.status_code, made.json()["data"]["pubKey"]) == (201, text)
    again = api.call("POST", "/v2/{p}/sshKeys/import", {"name": "test-key", "pubKey": text})
    refused(again, 400, "already exist")


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"flavorId": "flav-none"}, 404, "Cannot get flavor with id flav-none"),
        ({"imageId": "img-none"}, 404, "cannot get image with id img-none"),
        ({"rootDiskTypeId": "vtype-none"}, 404, "cannot get volume type with id vtype-none"),
        ({"rootDiskSize": 10}, 400, "field volume_size must from 20 to 5000"),
        ({"rootDiskSize": 6000}, 400, "field volume_size must from 20 to 5000"),
        ({"sshKeyId": "ssh-none"}, 404, "ssh-none"),
        ({"securityGroup": ["secg-none"]}, 404, "Cannot get security group with id secg-none"),
        ({"zoneId": "HCM03-1B"}, 400, "This flavor don't support zone with ID HCM03-1B"),
        ({"zoneId": "HCM03-1A"}, 404, "Cannot get zone with id HCM03-1A"),
        ({"name": "no spaces"}, 400, "name:"),
        ({"encryptionVolume": None}, 400, "encryptionVolume: must not be null;"),
    ],
)
def test_servers(api: Any, change: dict[str, Any], status: int, text: str) -> None:
    refused(api.call("POST", "/v2/{p}/servers", api.server_body(**change)), status, text)
    assert api.cloud.app.cloud.inventory()["servers"] == []


def test_a_flavor_sells_out_and_comes_back(api: Any) -> None:
    api.cloud.app.cloud.tune("stock", {"flavor": "s-general-2x4", "remaining": 1})
    body = api.server_body()
    server = api.made("POST", "/v2/{p}/servers", body)
    refused(
        api.call("POST", "/v2/{p}/servers", {**body, "name": "second"}),
        400,
        "There are no more remaining flavor with id",
    )
    api.call("DELETE", f"/v2/{{p}}/servers/{server['uuid']}", {})
    api.clock.advance(100)
    assert api.call("POST", "/v2/{p}/servers", {**body, "name": "second"}).status_code == 202


@pytest.mark.parametrize(
    ("quota", "text"), [("VM", "exceeded vm quota"), ("VCPU", "exceeded vcpu quota. current used")]
)
def test_server_quotas(api: Any, quota: str, text: str) -> None:
    api.cloud.app.cloud.tune("quota", {"name": quota, "limit": 0})
    refused(api.call("POST", "/v2/{p}/servers", api.server_body()), 400, text)


def test_states_of_a_server_and_what_is_refused_in_them(api: Any) -> None:
    answer = api.call("POST", "/v2/{p}/servers", api.server_body())
    assert answer.status_code == 202
    path = f"/v2/{{p}}/servers/{answer.json()['data']['uuid']}"

    def status() -> str:
        return str(api.call("GET", path).json()["data"]["status"])

    assert status() == "CREATING"
    refused(api.call("DELETE", path, {}), 400, "Cannot delete server with status creating")
    api.clock.advance(60)
    assert status() == "ACTIVE"
    assert api.call("PUT", f"{path}/stop").status_code == 202
    assert status() == "TURNING-OFF"
    refused(api.call("PUT", f"{path}/start"), 400, "in-process")
    api.clock.advance(60)
    assert status() == "STOPPED"
    bigger = "flav-d1e5634e-0565-11f0-a0a4-ec2a72332f83"
    assert api.call("PUT", f"{path}/resize", {"flavorId": bigger}).status_code == 202
    assert status() == "CHANGING-FLAVOR"
    api.clock.advance(60)
    assert status() == "STOPPED"
    refused(api.call("PUT", f"{path}/resize", {"flavorId": bigger}), 400, "same as the current flavor")
    assert api.call("PUT", f"{path}/start").status_code == 202
    api.clock.advance(60)
    assert status() == "ACTIVE"
    assert api.call("DELETE", path, {}).status_code == 202
    refused(api.call("DELETE", path, {}), 400, "Cannot delete server with status deleting")
    api.clock.advance(60)
    refused(api.call("GET", path), 404, "Cannot get server with id")
    assert api.cloud.app.cloud.inventory()["volumes"] == []


def test_the_root_disk_grows_and_never_shrinks(api: Any) -> None:
    server = api.made("POST", "/v2/{p}/servers", api.server_body())
    boot = api.call("GET", f"/v2/{{p}}/servers/{server['uuid']}").json()["data"]["bootVolumeId"]
    path = f"/v2/{{p}}/volumes/{boot}/resize"
    assert api.call("PUT", path, {"newSize": 40, "newVolumeTypeId": DISK_TYPE}).status_code == 202
    refused(api.call("PUT", path, {"newSize": 50, "newVolumeTypeId": DISK_TYPE}), 400, "is in-process")
    api.clock.advance(60)
    refused(
        api.call("PUT", path, {"newSize": 30, "newVolumeTypeId": DISK_TYPE}), 400, "field new_volume_size must from 40"
    )
    refused(api.call("PUT", path, {"newSize": 40, "newVolumeTypeId": DISK_TYPE}), 400, "must be changed")
    other_zone = "vtype-2fc64a6c-38e3-4f08-93a5-18018cb3ab23"
    refused(
        api.call("PUT", path, {"newSize": 50, "newVolumeTypeId": other_zone}), 400, "new volume type must be same zone"
    )
    refused(
        api.call("PUT", path, {"newSize": 50, "newVolumeTypeId": "vtype-none"}), 404, "cannot get volume type with id"
    )


DISK_TYPE = "vtype-e782f8e1-0569-11f0-a0a4-ec2a72332f83"


@pytest.mark.parametrize(
    "path",
    ["/v2/{p}/networks/net-none", "/v2/{p}/servers/ins-none", "/v2/{p}/volumes/vol-none", "/v2/{p}/sshKeys/ssh-none"],
)
def test_what_is_not_there(api: Any, path: str) -> None:
    answer = api.call("GET", path)
    assert answer.status_code == 404
    assert answer.json()["message"]


def test_another_project(api: Any) -> None:
    answer = api.call("GET", "/v2/pro-00000000-0000-4000-8000-000000000000/networks")
    refused(answer, 400, "project pro-00000000-0000-4000-8000-000000000000 is not belong to user")


def test_no_body_and_bad_paging(api: Any) -> None:
    assert api.call("POST", "/v2/{p}/networks").json()["message"] is None
    refused(api.call("GET", "/v2/{p}/networks", page="x", size="1"), 400, "page or size invalid")


def test_paging_starts_at_one_and_without_it_everything_comes(api: Any) -> None:
    for number in range(3):
        group(api, f"group-{number}")
    first = api.call("GET", "/v2/{p}/secgroups", page=1, size=2).json()
    assert (len(first["listData"]), first["totalPage"], first["totalItem"]) == (2, 2, 4)
    whole = api.call("GET", "/v2/{p}/secgroups").json()
    assert (len(whole["listData"]), whole["page"], whole["totalPage"], whole["totalItem"]) == (4, 0, 0, 4)
    assert len(api.call("GET", "/v2/{p}/secgroups", name="GROUP-1", page=1, size=9).json()["listData"]) == 1


@pytest.mark.parametrize("form", ["basic", "form", "json"])
def test_the_ways_to_sign_in(api: Any, form: str) -> None:
    """Dossier 3.1: three official bodies, and a wrong secret in each."""
    url = f"{api.cloud.url}/accounts-api/v2/auth/token"
    for secret, status in ((api.cloud.client_secret, 200), ("wrong", 401)):
        if form == "basic":
            answer = httpx.post(url, auth=(api.cloud.client_id, secret), data={"grant_type": "client_credentials"})
        elif form == "form":
            answer = httpx.post(url, data={"client_id": api.cloud.client_id, "client_secret": secret})
        else:
            answer = httpx.post(url, json={"ClientId": api.cloud.client_id, "ClientSecret": secret})
        assert answer.status_code == status
    assert answer.json()["errors"][0]["code"] == "AUTHENTICATION_FAILED"


def test_a_token_ends(api: Any) -> None:
    api.clock.advance(7201)
    assert api.call("GET", "/v1/projects").status_code == 401


def test_expired_tokens_on_demand(api: Any) -> None:
    assert httpx.post(f"{api.cloud.url}/_mcloud/expire-tokens").status_code == 200
    assert api.call("GET", "/v1/projects").status_code == 401
