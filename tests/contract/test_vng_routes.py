"""Static routes on the emulated cloud: entries of a table that is written as a whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mcloud.adapter.operations import Unfinished
from mcloud.errors import Conflict, InvalidRequest, NotFound
from mcloud_vng import adapter

KIND = "Route"
FOREIGN = {"destinationCidrBlock": "192.168.0.0/16", "target": "10.20.1.200"}


@pytest.fixture
def place(account: Any) -> dict[str, str]:
    """A network with two servers, and a route of somebody else in its table."""
    network, subnet = account.network()
    table = account.driver.ex_get_network(network)["routeTableId"]
    account.driver.ex_replace_routes(table, {"routes": [FOREIGN]})
    return {
        "network": network,
        "subnet": subnet,
        "table": table,
        "gate": account.server("gate-0", subnet),
        "other": account.server("gate-1", subnet),
    }


def address(account: Any, server: str) -> str:
    return str(account.seen("Server", server).outputs["privateIp"])


def entries(account: Any) -> dict[str, str]:
    return {item["destinationCidrBlock"]: item["target"] for item in account.inventory("routes")}


def asked(place: dict[str, str], to: str = "0.0.0.0/0", via: str = "gate") -> dict[str, str]:
    return {"network": place["network"], "destination": to, "gateway": place[via]}


FOREIGN_ENTRY = {FOREIGN["destinationCidrBlock"]: FOREIGN["target"]}


def test_a_route_lives_and_goes_and_the_others_stay(account: Any, place: dict[str, str]) -> None:
    route = account.make(KIND, "out", **asked(place))
    assert route == f"{place['table']}/0.0.0.0/0"
    assert entries(account) == {**FOREIGN_ENTRY, "0.0.0.0/0": address(account, place["gate"])}
    assert account.native(KIND, route)["table"]["status"] == "ACTIVE"
    assert account.seen(KIND, route).inputs == {
        "network": f"vng/hcm-3/{place['network']}",
        "destination": "0.0.0.0/0",
        "gateway": f"vng/hcm-3/{place['gate']}",
    }
    assert account.listed(KIND)[route] == account.native(KIND, route)
    assert len(account.listed(KIND)) == 2

    account.change(KIND, route, **asked(place, via="other"))
    assert entries(account) == {**FOREIGN_ENTRY, "0.0.0.0/0": address(account, place["other"])}
    assert account.find(KIND, **asked(place, via="other")) == route
    assert account.find(KIND, **asked(place)) is None

    account.drop(KIND, route)
    assert account.native(KIND, route) is None
    account.drop(KIND, route)
    assert entries(account) == FOREIGN_ENTRY


def test_what_was_changed_behind_our_back_is_seen(account: Any, place: dict[str, str]) -> None:
    route = account.make(KIND, "out", **asked(place))
    others = [FOREIGN, {"destinationCidrBlock": "0.0.0.0/0", "target": "10.20.1.201"}]
    account.driver.ex_replace_routes(place["table"], {"routes": others})
    assert account.seen(KIND, route).inputs["gateway"] == "vng/hcm-3/10.20.1.201"
    account.change(KIND, route, **asked(place))
    assert entries(account)["0.0.0.0/0"] == address(account, place["gate"])
    account.driver.ex_replace_routes(place["table"], {"routes": [FOREIGN]})
    assert account.native(KIND, route) is None


def test_many_at_once_lose_none(account: Any, place: dict[str, str]) -> None:
    blocks = [f"10.{number}.0.0/16" for number in range(100, 108)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda block: account.make(KIND, block, **asked(place, block)), blocks))
    assert set(entries(account)) == {*FOREIGN_ENTRY, *blocks}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda route: account.drop(KIND, route), made))
    assert entries(account) == FOREIGN_ENTRY


def test_a_block_that_has_a_route_is_not_taken_over(account: Any, place: dict[str, str]) -> None:
    with pytest.raises(Conflict, match=r"has a route to 192\.168\.0\.0/16 already, through 10\.20\.1\.200"):
        account.make(KIND, "out", **asked(place, "192.168.0.0/16"))
    assert entries(account) == FOREIGN_ENTRY


@pytest.mark.parametrize("method", ["PUT", "GET"])
@pytest.mark.parametrize("effect", [True, False])
def test_an_answer_that_gets_lost(account: Any, place: dict[str, str], method: str, effect: bool) -> None:
    account.fault(action="reset", method=method, path="/route-table/", effect=effect)
    route = account.make(KIND, "out", **asked(place))
    assert entries(account) == {**FOREIGN_ENTRY, "0.0.0.0/0": address(account, place["gate"])}
    account.fault(action="reset", method=method, path="/route-table/", effect=effect)
    account.drop(KIND, route)
    assert entries(account) == FOREIGN_ENTRY


def test_a_gateway_in_another_network(account: Any, place: dict[str, str]) -> None:
    """Its address there is taken, once it has an interface there."""
    network, subnet = account.network(21)
    wanted = {**asked(place), "network": network}
    with pytest.raises(InvalidRequest, match="has no address in the network"):
        account.make(KIND, "out", **wanted)
    nic = account.make("NetworkInterface", "gate-0-b", server=place["gate"], subnet=subnet)
    route = account.make(KIND, "out", **wanted)
    assert entries(account)["0.0.0.0/0"] == account.seen("NetworkInterface", nic).outputs["privateIp"]
    assert account.seen(KIND, route).inputs["gateway"] == f"vng/hcm-3/{place['gate']}"


def test_a_network_that_is_not_there(account: Any, place: dict[str, str]) -> None:
    with pytest.raises(NotFound, match="the network nothing or its route table is not there"):
        account.make(KIND, "out", **{**asked(place), "network": "nothing"})
    assert account.find(KIND, **{**asked(place), "network": "nothing"}) is None


def test_a_gateway_that_is_gone(account: Any, place: dict[str, str]) -> None:
    """It is told for a new route; a look for one finds none; the route itself can still go."""
    route = account.make(KIND, "out", **asked(place))
    before = address(account, place["gate"])
    account.drop("Server", place["gate"])
    assert account.seen(KIND, route).inputs["gateway"] == f"vng/hcm-3/{before}"
    assert account.find(KIND, **asked(place)) is None
    with pytest.raises(InvalidRequest, match="has no address in the network"):
        account.make(KIND, "more", **asked(place, "10.100.0.0/16"))
    account.drop(KIND, route)
    assert entries(account) == FOREIGN_ENTRY


def test_a_route_goes_with_its_network(account: Any) -> None:
    network = account.make("Network", "network-20", cidr="10.20.0.0/16")
    table = account.driver.ex_get_network(network)["routeTableId"]
    account.driver.ex_replace_routes(table, {"routes": [FOREIGN]})
    account.drop("Network", network)
    assert account.native(KIND, f"{table}/192.168.0.0/16") is None
    account.drop(KIND, f"{table}/192.168.0.0/16")
    assert account.inventory("routes") == []


def test_a_block_that_the_cloud_refuses(account: Any, place: dict[str, str]) -> None:
    with pytest.raises(Unfinished) as caught:
        account.make(KIND, "in", **asked(place, "10.20.9.0/24"))
    assert isinstance(caught.value.cause, InvalidRequest)
    assert "overlap with VPC CIDR" in str(caught.value)
    assert account.native(KIND, caught.value.native_id) is None
    assert entries(account) == FOREIGN_ENTRY


def test_a_write_waits_for_the_one_before(account: Any, place: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that is being written is left alone; the emulator would refuse."""
    world = account.cloud.app.cloud.worlds["hcm-3"]
    table = world.route_tables[place["table"]]
    table["status"] = "UPDATING"
    session = account.operations.session
    native_id = f"{place['table']}/0.0.0.0/0"
    assert adapter.kinds[KIND].update(session, native_id, {}, asked(place), {}) is True
    assert entries(account) == FOREIGN_ENTRY
    assert adapter.kinds[KIND].poll(session, native_id, None).phase == "pending"
    table["status"] = "ACTIVE"
    assert adapter.kinds[KIND].update(session, native_id, {}, asked(place), {}) is True
    assert set(entries(account)) == {"192.168.0.0/16", "0.0.0.0/0"}


@pytest.mark.parametrize(
    ("routes", "text"),
    [
        ([{"destinationCidrBlock": "10.1.2.0/24", "target": "10.1.1.1"}], "overlap with VPC CIDR"),
        ([{"destinationCidrBlock": "10.0.0.0/8", "target": "10.1.1.1"}], "overlap with VPC CIDR"),
        ([{"destinationCidrBlock": "10.2.0.1/16", "target": "10.1.1.1"}], "is invalid"),
        ([{"destinationCidrBlock": "::/0", "target": "10.1.1.1"}], "is invalid"),
        ([{"destinationCidrBlock": "10.2.0.0/16", "target": "igw-1"}], "is invalid"),
        ([{"target": "10.1.1.1"}], "is invalid"),
        ([{"destinationCidrBlock": 5, "target": "10.1.1.1"}], "is invalid"),
        ([{"destinationCidrBlock": "10.2.0.0/16", "target": 5}], "is invalid"),
        (["10.2.0.0/16"], "is invalid"),
        ([{"destinationCidrBlock": "0.0.0.0/0", "target": "10.1.1.1"}] * 2, "is duplicated"),
        ("10.2.0.0/16", "must be a list"),
    ],
)
def test_what_the_emulator_refuses(api: Any, routes: Any, text: str) -> None:
    table = api.call("GET", f"/v2/{{p}}/networks/{api.network()}").json()["routeTableId"]
    answer = api.call("PUT", f"/v2/{{p}}/route-table/{table}/routes", {"routes": routes})
    assert answer.status_code == 400
    assert text in answer.json()["message"]


def test_a_table_of_one_s_own(api: Any) -> None:
    network = api.network()
    route = {"destinationCidrBlock": "0.0.0.0/0", "target": "10.1.1.1"}
    path = "/v2/{p}/route-table"
    made = api.call("POST", path, {"name": "own-table", "networkId": network, "routes": [route]})
    assert made.status_code == 202
    table = f"{path}/{made.json()['uuid']}"
    assert api.call("GET", table).json()["data"]["status"] == "CREATING"
    assert "in-process" in api.call("PUT", f"{table}/routes", {}).json()["message"]
    api.clock.advance(5)
    assert api.call("PUT", f"{table}/routes", {}).status_code == 200
    assert api.call("GET", table).json()["data"]["status"] == "UPDATING"
    assert "in-process" in api.call("DELETE", table).json()["message"]
    api.clock.advance(5)
    assert api.call("GET", f"{path}/route/{made.json()['uuid']}").json() == {"data": []}
    rows = api.call("GET", path, name="", page=1, size=10).json()["listData"]
    assert [row["name"] for row in rows] == ["default", "own-table"]
    assert api.call("DELETE", table).status_code == 202
    api.clock.advance(5)
    assert api.call("GET", table).json()["message"] == f"Route Table with uuid {made.json()['uuid']} not found"


def test_the_main_table_stays_and_lists_want_a_name(api: Any) -> None:
    table = api.call("GET", f"/v2/{{p}}/networks/{api.network()}").json()["routeTableId"]
    assert "default" in api.call("DELETE", f"/v2/{{p}}/route-table/{table}").json()["message"]
    assert api.call("GET", "/v2/{p}/route-table", page=1, size=10).status_code == 500
