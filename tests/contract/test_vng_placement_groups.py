"""Placement groups on the emulated cloud."""

from __future__ import annotations

from typing import Any

import pytest

from mcloud.adapter.kind import Observed
from mcloud.adapter.operations import Unfinished
from mcloud.errors import Conflict, InvalidRequest, QuotaExceeded, TimedOut
from mcloud_vng import adapter
from mcloud_vng.emulator import placement

KIND = "PlacementGroup"


@pytest.mark.parametrize(("policy", "native"), [("spread", "SOFT ANTI AFFINITY"), ("pack", "SOFT AFFINITY")])
def test_a_group_lives_and_goes(account: Any, policy: str, native: str) -> None:
    group = account.make(KIND, "web-apart", policy=policy)
    offered = {item["uuid"]: item["name"] for item in account.driver.ex_list_server_group_policies()}
    assert [offered[item["policyId"]] for item in account.inventory("server_groups")] == [native]
    assert account.seen(KIND, group) == Observed({"name": "web-apart", "policy": policy})
    assert account.listed(KIND) == {group: account.native(KIND, group)}
    account.change(KIND, group, name="web-other", policy=policy)
    assert account.seen(KIND, group).inputs["name"] == "web-other"
    assert account.find(KIND, name="web-other") == group
    account.drop(KIND, group)
    assert account.native(KIND, group) is None
    account.drop(KIND, group)
    assert account.inventory("server_groups") == []


def test_a_group_goes_after_its_servers(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    group = account.make(KIND, "web-apart", policy="spread")
    server = account.server("web-0", account.network()[1], placementGroup=group)
    assert account.seen("Server", server).inputs["placementGroup"] == f"vng/hcm-3/{group}"
    with monkeypatch.context() as hurried:
        hurried.setattr(adapter.kinds[KIND], "deadline", 0.2)
        with pytest.raises(TimedOut, match="Server group is in use"):
            account.drop(KIND, group)
    account.drop("Server", server)
    account.drop(KIND, group)
    assert account.inventory("server_groups") == []


def test_a_server_in_a_group_that_is_not_there(account: Any) -> None:
    with pytest.raises(Exception, match="Not found server group with id nothing"):
        account.server("web-0", account.network()[1], placementGroup="nothing")
    assert account.inventory("servers") == []


def test_a_name_is_used_once(account: Any) -> None:
    account.make(KIND, "web-apart", policy="spread")
    with pytest.raises(Conflict, match="name must be unique"):
        account.make(KIND, "web-apart", policy="pack")


def test_an_answer_that_gets_lost_makes_one_group(account: Any) -> None:
    account.fault(action="reset", method="POST", path="/serverGroups$", effect=True)
    group = account.make(KIND, "web-apart", policy="spread")
    assert [item["uuid"] for item in account.inventory("server_groups")] == [group]


def test_there_are_so_many_groups(account: Any) -> None:
    account.cloud.app.cloud.tune("quota", {"name": "SERVER_GROUP", "limit": 1})
    account.make(KIND, "web-apart", policy="spread")
    with pytest.raises(QuotaExceeded, match="server_group quota"):
        account.make(KIND, "web-other", policy="spread")


def test_a_policy_that_is_not_offered(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "POLICIES", {"p-1": "AFFINITY"})
    with pytest.raises(InvalidRequest) as caught:
        account.make(KIND, "web-apart", policy="spread")
    assert not isinstance(caught.value, Unfinished)
    assert str(caught.value) == (
        "the account is offered no policy SOFT ANTI AFFINITY for server groups\n  hint: offered: AFFINITY"
    )


def test_the_policy_s_name_is_looked_up_where_an_answer_has_its_id_only(
    account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = account.make(KIND, "web-apart", policy="pack")
    shown = placement.view
    monkeypatch.setattr(placement, "view", lambda world, item: {**shown(world, item), "policyName": None})
    assert account.seen(KIND, group).inputs["policy"] == "pack"
    assert account.listed(KIND)[group]["policyName"] == "SOFT AFFINITY"


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"policyId": None}, 400, "policyId: must not be null;"),
        ({"policyId": "nothing"}, 400, "Not found policy"),
        ({"name": "x"}, 400, "name:"),
        ({"name": "test-group"}, 400, "name must be unique"),
    ],
)
def test_what_the_emulator_refuses(api: Any, body: dict[str, Any], status: int, text: str) -> None:
    policy = next(iter(placement.POLICIES))
    assert api.call("POST", "/v2/{p}/serverGroups", {"name": "test-group", "policyId": policy}).status_code == 201
    answer = api.call("POST", "/v2/{p}/serverGroups", {"name": "other-group", "policyId": policy, **body})
    assert answer.status_code == status
    assert text in answer.json()["message"]


def test_a_group_s_own_id_is_wanted_in_a_rename(api: Any) -> None:
    policy = next(iter(placement.POLICIES))
    group = api.made("POST", "/v2/{p}/serverGroups", {"name": "test-group", "policyId": policy})["uuid"]
    path = f"/v2/{{p}}/serverGroups/{group}"
    refused = api.call("PUT", path, {"name": "other-group"})
    assert (refused.status_code, refused.json()["message"]) == (400, "serverGroupId: must not be null;")
    assert api.call("PUT", path, {"name": "other-group", "serverGroupId": ""}).status_code == 200
    assert api.call("GET", "/v2/{p}/serverGroups/nothing").json() == {"data": None}
