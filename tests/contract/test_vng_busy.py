"""What the emulated cloud refuses for the state that something is in, and what the account's wallet does with it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mcloud.errors import QuotaExceeded

DISK = "vtype-e782f8e1-0569-11f0-a0a4-ec2a72332f83"
NVME = "vtype-2fc64a6c-38e3-4f08-93a5-18018cb3ab23"  # in HCM03-1B
LARGE = "flav-d1e5634e-0565-11f0-a0a4-ec2a72332f83"  # s-general-4x8 in HCM03-1C
DAY = 24 * 3600.0


def refused(answer: httpx.Response, text: str) -> None:
    assert (answer.status_code, text in answer.json()["message"]) == (400, True), answer.text


def sign_in_again(api: Any) -> None:
    """Tokens end after two hours."""
    url = f"{api.cloud.url}/accounts-api/v1/auth/token"
    answer = httpx.post(url, auth=(api.cloud.client_id, api.cloud.client_secret))
    api.client.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"


def server(api: Any, **more: Any) -> str:
    made = api.made("POST", "/v2/{p}/servers", api.server_body(**more))
    return f"/v2/{{p}}/servers/{made['uuid']}"


def volume(api: Any, **more: Any) -> str:
    made = api.made("POST", "/v2/{p}/volumes", {"name": "test-volume", "size": 20, "volumeTypeId": DISK, **more})
    return f"/v2/{{p}}/volumes/{made['uuid']}"


def test_groups_that_are_being_changed(api: Any) -> None:
    path = server(api)
    group = api.call("POST", "/v2/{p}/secgroups", {"name": "test-group"}).json()["data"]["uuid"]
    assert api.call("PUT", f"{path}/update-sec-group", {"securityGroup": [group]}).status_code == 202
    refused(
        api.call("PUT", f"{path}/update-sec-group", {"securityGroup": [group]}),
        "cannot change security group of server with status changing-security-group",
    )
    refused(api.call("DELETE", path, {}), "Cannot delete server with status changing-security-group")
    api.clock.advance(60)
    assert api.call("DELETE", path, {}).status_code == 202


def test_a_server_on_its_way_takes_no_interface_and_no_address(api: Any) -> None:
    path = server(api)
    nic = api.call("GET", path).json()["data"]["internalInterfaces"][0]["uuid"]
    subnet = api.cloud.app.cloud.inventory()["subnets"][0]["uuid"]
    elastic = api.made("POST", "/v2/{p}/network-interfaces-elastic", {"name": "test-public", "zoneId": "HCM03-1C"})
    assert api.call("PUT", f"{path}/stop").status_code == 202
    text = "server with status turning-off is in-process"
    refused(api.call("PUT", f"{path}/wan-ips/auto/attach", {"networkInterfaceId": nic}), text)
    refused(api.call("POST", f"{path}/internal-network-interfaces-floating", {"subnetId": subnet}), text)
    body = {"externalNetworkInterfaceId": elastic["uuid"]}
    refused(api.call("POST", f"{path}/external-network-interfaces", body), text)
    api.clock.advance(60)
    assert api.call("POST", f"{path}/external-network-interfaces", body).status_code == 200


def test_a_volume_on_its_way_takes_nothing_else(api: Any) -> None:
    path, disk = server(api), volume(api)
    attach = f"{disk}/servers/{path.rsplit('/', 1)[1]}/attach"
    assert api.call("PUT", f"{disk}/resize", {"newSize": 30, "newVolumeTypeId": DISK}).status_code == 202
    for method, where, body in (
        ("PUT", attach, {}),
        ("PUT", f"{disk}/resize", {"newSize": 40, "newVolumeTypeId": DISK}),
        ("POST", f"{disk}/snapshots", {"name": "test-snapshot"}),
        ("PUT", f"{disk}/change-device-type", {"action": "INIT-MIGRATE", "volumeTypeId": NVME}),
        ("DELETE", disk, None),
    ):
        refused(api.call(method, where, body), "is in-process")
    api.clock.advance(60)
    assert api.call("PUT", attach, {}).status_code == 202


def test_ten_volumes_are_all_that_a_server_takes(api: Any) -> None:
    path = server(api)
    for _ in range(9):  # and the boot disk
        assert api.call("PUT", f"{volume(api)}/servers/{path.rsplit('/', 1)[1]}/attach", {}).status_code == 202
    refused(
        api.call("PUT", f"{volume(api)}/servers/{path.rsplit('/', 1)[1]}/attach", {}),
        "exceeded volume_per_server quota",
    )


def test_a_volume_moves_to_another_kind_of_storage_in_three_steps(api: Any) -> None:
    disk = volume(api)

    def step(action: str) -> httpx.Response:
        answer: httpx.Response = api.call(
            "PUT", f"{disk}/change-device-type", {"action": action, "volumeTypeId": NVME, "tags": []}
        )
        return answer

    def cannot(doing: str, state: str) -> str:
        return f"this volume cannot {doing} because state is {state}"

    assert step("INIT-MIGRATE").status_code == 204
    refused(step("INIT-MIGRATE"), cannot("initialize migration", "migrating"))
    refused(api.call("DELETE", disk), "is migrating")
    api.clock.advance(60)
    refused(step("INIT-MIGRATE"), cannot("initialize migration", "ready to migrate difference"))
    assert step("MIGRATE").status_code == 204
    refused(step("INIT-MIGRATE"), cannot("initialize migration", "migrating difference"))
    api.clock.advance(60)
    refused(step("INIT-MIGRATE"), cannot("initialize migration", "confirm final migration"))
    refused(step("MIGRATE"), cannot("migrate difference data", "confirm final migration"))
    assert step("CONFIRM-MIGRATE").status_code == 204
    refused(step("INIT-MIGRATE"), cannot("initialize migration", "processing to confirm"))
    api.clock.advance(60)
    moved = api.call("GET", disk).json()["data"]
    assert (moved["volumeTypeId"], moved["volumeTypeZoneName"], moved["migrateState"]) == (NVME, "NVMe", None)


def test_an_attached_volume_that_moves_is_not_detached(api: Any) -> None:
    path, disk = server(api), volume(api)
    on = f"{disk}/servers/{path.rsplit('/', 1)[1]}"
    api.made("PUT", f"{on}/attach", {})
    assert api.call("PUT", f"{disk}/change-device-type", {"action": "INIT-MIGRATE", "volumeTypeId": NVME}).is_success
    refused(api.call("PUT", f"{on}/detach", {}), "is migrating")


def test_a_network_refuses_to_go_for_a_while_after_its_last_subnet(api: Any) -> None:
    network = api.network()
    subnet = api.subnet(network)
    assert api.call("DELETE", f"/v2/{{p}}/networks/{network}/subnets/{subnet}").status_code == 200
    api.clock.advance(2)
    assert api.call("GET", f"/v2/{{p}}/networks/{network}/subnets").json() == []
    refused(api.call("DELETE", f"/v2/{{p}}/networks/{network}"), "because it contains the subnet")
    api.clock.advance(5)
    assert api.call("DELETE", f"/v2/{{p}}/networks/{network}").status_code == 200


def test_a_network_that_is_being_deleted_still_overlaps(api: Any) -> None:
    """LIVE."""
    network = api.network()
    assert api.call("DELETE", f"/v2/{{p}}/networks/{network}").status_code == 200
    again = {"name": "another-network", "cidr": "10.1.0.0/16"}
    refused(api.call("POST", "/v2/{p}/networks", again), "VPC is overlap with another.")
    api.clock.advance(60)
    assert api.call("POST", "/v2/{p}/networks", again).status_code == 200


def test_a_month_is_debited_and_what_is_not_used_is_paid_back(api: Any) -> None:
    wallet = api.cloud.app.cloud.wallet
    start = wallet.balance
    path = server(api, attachFloating=True)
    server_price, disk_price, address = 2 * 132_440 + 4 * 66_220, 20 * 3_200, 120_000
    assert start - wallet.balance == server_price + disk_price + address
    api.clock.advance(15 * DAY)
    sign_in_again(api)
    assert api.call("DELETE", path, {}).status_code == 202
    api.clock.advance(60)
    assert api.call("GET", path).status_code == 404
    half = (server_price + disk_price) // 2
    assert start - address - half - 100 < wallet.balance <= start - address - half
    (left,) = api.call("GET", "/v2/{p}/wanIps").json()["listData"]
    assert left["status"] == "AVAILABLE"
    before = wallet.balance
    assert api.call("DELETE", f"/v2/{{p}}/wanIps/{left['uuid']}").status_code == 204
    assert 59_000 < wallet.balance - before <= 60_000


def test_larger_ones_cost_the_difference(api: Any) -> None:
    wallet = api.cloud.app.cloud.wallet
    path, disk = server(api), volume(api)
    before = wallet.balance
    api.made("PUT", f"{disk}/resize", {"newSize": 30, "newVolumeTypeId": DISK})
    assert before - wallet.balance == 10 * 3_200
    before = wallet.balance
    api.made("PUT", f"{path}/resize", {"flavorId": LARGE})
    assert before - wallet.balance == 2 * 132_440 + 4 * 66_220


def test_a_wallet_that_is_too_small_is_told_to_the_person(account: Any) -> None:
    _, subnet = account.network()
    account.cloud.app.cloud.tune("balance", {"amount": 1000})
    with pytest.raises(QuotaExceeded, match="do not have sufficient credits") as caught:
        account.server("web-0", subnet)
    assert caught.value.hint == "top up the account's wallet"
    assert account.inventory("servers") == []


@pytest.mark.parametrize("renewed", [False, True])
def test_a_server_whose_month_is_over(api: Any, renewed: bool) -> None:
    path = server(api, isEnableAutoRenew=renewed)
    group = api.call("POST", "/v2/{p}/secgroups", {"name": "test-group"}).json()["data"]["uuid"]
    api.clock.advance(31 * DAY)
    sign_in_again(api)
    answers = [
        api.call("PUT", f"{path}/update-sec-group", {"securityGroup": [group]}),
        api.call("PUT", f"{path}/resize", {"flavorId": LARGE}),
    ]
    if renewed:
        assert answers[0].status_code == 202
    else:
        for answer in answers:
            refused(answer, "server is expired")
        assert api.call("DELETE", path, {}).status_code == 202


def test_maintenance_is_told_by_a_fault_rule(api: Any) -> None:
    body = {"message": "This service is in maintenance"}
    rule = {"action": "status", "status": 503, "path": "/servers$", "body": body}
    httpx.post(f"{api.cloud.url}/_mcloud/faults", json=rule).raise_for_status()
    answer = api.call("GET", "/v2/{p}/servers")
    assert (answer.status_code, answer.json()) == (503, body)
