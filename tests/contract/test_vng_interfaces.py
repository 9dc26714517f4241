"""Further interfaces of servers on the emulated cloud."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from mcloud.errors import Conflict, NotFound, QuotaExceeded, Temporary
from mcloud_vng import adapter

KIND = "NetworkInterface"


@pytest.fixture
def place(account: Any) -> tuple[str, str]:
    """A server, and a subnet that it is not in."""
    network, subnet = account.network()
    return account.server("web-0", subnet), account.subnet(network, "10.20.2.0/24")


def test_an_interface_lives_and_goes(account: Any, place: tuple[str, str]) -> None:
    server, subnet = place
    before = account.seen("Server", server)
    nic = account.make(KIND, "web-0-b", server=server, subnet=subnet)
    assert nic.startswith(f"{server}/net-in-")
    seen = account.seen(KIND, nic)
    assert seen.inputs == {"server": f"vng/hcm-3/{server}", "subnet": f"vng/hcm-3/{subnet}"}
    assert ipaddress.ip_address(seen.outputs["privateIp"]) in ipaddress.ip_network("10.20.2.0/24")
    assert account.seen("Server", server) == before
    assert account.listed(KIND) == {nic: account.native(KIND, nic)}
    assert account.find(KIND, server=server, subnet=subnet) == nic
    account.drop(KIND, nic)
    assert account.native(KIND, nic) is None
    account.drop(KIND, nic)
    assert account.inventory("interfaces") == []
    assert account.seen("Server", server) == before


def test_an_interface_in_another_network(account: Any, place: tuple[str, str]) -> None:
    _, other = account.network(21)
    nic = account.make(KIND, "web-0-c", server=place[0], subnet=other)
    assert account.seen(KIND, nic).inputs["subnet"] == f"vng/hcm-3/{other}"


def test_a_subnet_stays_while_an_interface_is_in_it(account: Any, place: tuple[str, str]) -> None:
    server, subnet = place
    nic = account.make(KIND, "web-0-b", server=server, subnet=subnet)
    with pytest.raises(Exception, match="Having server is using this subnet"):
        account.driver.ex_delete_subnet(*subnet.split("/"))
    account.drop(KIND, nic)
    account.drop("Subnet", subnet)
    assert len(account.inventory("subnets")) == 1


def test_an_interface_goes_with_its_server(account: Any, place: tuple[str, str]) -> None:
    server, subnet = place
    nic = account.make(KIND, "web-0-b", server=server, subnet=subnet)
    account.drop("Server", server)
    assert account.native(KIND, nic) is None
    assert account.find(KIND, server=server, subnet=subnet) is None
    account.drop(KIND, nic)


@pytest.mark.parametrize("path", ["/internal-network-interfaces$"])
@pytest.mark.parametrize("effect", [True, False])
def test_an_answer_that_gets_lost_makes_one(
    account: Any, place: tuple[str, str], path: str, effect: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter.kinds[KIND], "believe_none_after", 0.1, raising=False)
    account.fault(action="reset", method="POST", path=path, effect=effect)
    nic = account.make(KIND, "web-0-b", server=place[0], subnet=place[1])
    assert [item["uuid"] for item in account.inventory("interfaces")] == [nic.split("/")[1]]


def test_two_that_cannot_be_told_apart(account: Any, place: tuple[str, str]) -> None:
    server, subnet = place
    for _ in range(2):
        account.driver.ex_attach_interface(server, {"subnetRequests": [{"subnetId": subnet.split("/")[1]}]})
    with pytest.raises(Conflict, match="several things on the cloud may be"):
        account.operations.find(adapter.kinds[KIND], {"server": server, "subnet": subnet}, "interface web-0-b")


def test_a_server_has_ten_at_most(account: Any, place: tuple[str, str]) -> None:
    server, subnet = place
    request = {"subnetId": subnet.split("/")[1]}
    account.driver.ex_attach_interface(server, {"subnetRequests": [request] * 9})
    with pytest.raises(QuotaExceeded, match="has 10 interfaces; VNG allows 10"):
        account.make(KIND, "web-0-b", server=server, subnet=subnet)
    with pytest.raises(Exception, match="network_interface_per_server quota"):
        account.driver.ex_attach_interface(server, {"subnetRequests": [request]})
    assert len(account.inventory("interfaces")) == 9


def test_an_interface_that_does_not_show(account: Any, place: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An attach that was accepted and made nothing is not called done."""
    monkeypatch.setattr(type(account.driver), "ex_attach_interface", lambda self, server_id, body: None)
    with pytest.raises(Temporary, match="does not show"):
        adapter.kinds[KIND].create(account.operations.session, {"server": place[0], "subnet": place[1]}, {})


def test_a_subnet_that_is_not_there(account: Any, place: tuple[str, str]) -> None:
    with pytest.raises(NotFound, match="subnet with id nothing is not found"):
        account.make(KIND, "web-0-b", server=place[0], subnet="net-1/nothing")


@pytest.mark.parametrize(
    ("method", "body", "status", "text"),
    [
        ("POST", {}, 400, "subnetRequests: must not be null;"),
        ("POST", {"subnetRequests": [{}]}, 400, "subnetRequests.subnetId: must not be null;"),
        ("POST", {"subnetIds": ["nothing"]}, 404, "subnet with id nothing is not found"),
        ("DELETE", {}, 400, "networkInterfaceIds: must not be null;"),
        ("DELETE", {"networkInterfaceIds": ["n"]}, 404, "internal network interface with id n is not found"),
    ],
)
def test_what_the_emulator_refuses(api: Any, method: str, body: dict[str, Any], status: int, text: str) -> None:
    server = api.made("POST", "/v2/{p}/servers", api.server_body())["uuid"]
    answer = api.call(method, f"/v2/{{p}}/servers/{server}/internal-network-interfaces", body)
    assert answer.status_code == status
    assert text in answer.json()["message"]


def test_a_server_that_is_being_made_is_let_be(api: Any) -> None:
    body = api.server_body()
    server = api.call("POST", "/v2/{p}/servers", body).json()["data"]["uuid"]
    path = f"/v2/{{p}}/servers/{server}/internal-network-interfaces"
    assert "in-process" in api.call("POST", path, {"subnetIds": [body["subnetId"]]}).json()["message"]
    api.clock.advance(100)
    assert api.call("POST", path, {"subnetIds": [body["subnetId"]]}).status_code == 200
    shown = api.call("GET", f"/v2/{{p}}/servers/{server}/network-interfaces").json()["data"]
    assert len({nic["fixedIp"] for nic in shown["internalInterfaces"]}) == 2
