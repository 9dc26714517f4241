"""A rule that is several on the cloud, one for each block, and whose create is cut off between two of them."""

from __future__ import annotations

from typing import Any

import pytest

from mcloud.adapter.operations import Unfinished
from mcloud.errors import Conflict, FailedState

BLOCKS = ["10.20.1.0/24", "10.20.2.0/24"]
POST = {"method": "POST", "path": "/secgroupRules$"}


@pytest.fixture
def rule(account: Any) -> dict[str, Any]:
    """Inputs of a rule that lets two blocks in."""
    group = account.make("SecurityGroup", "shop-db")
    ports = {"protocol": "tcp", "fromPort": 5432, "toPort": 5432}
    return {"group": group, "direction": "ingress", **ports, "peerCidrs": BLOCKS}


def blocks(account: Any) -> list[str]:
    return sorted(item["remoteIpPrefix"] for item in account.inventory("rules") if item["direction"] == "ingress")


@pytest.mark.parametrize(("nth", "fault"), [(1, {"action": "status", "status": 500}), (2, {"action": "reset"})])
def test_an_answer_that_gets_lost_is_no_clash_with_oneself(
    account: Any, rule: dict[str, Any], nth: int, fault: dict[str, Any]
) -> None:
    account.fault(**fault, **POST, nth=nth, effect=True)
    native_id = account.make("SecurityGroupRule", "db", **rule)
    assert blocks(account) == BLOCKS
    assert len(native_id.split("/")[1].split(",")) == 2


def test_a_rule_of_somebody_else_is_left_alone(account: Any, rule: dict[str, Any]) -> None:
    account.make("SecurityGroupRule", "other", **{**rule, "peerCidrs": BLOCKS[1:]})
    with pytest.raises(Conflict, match="another rule of the group says the same"):
        account.make("SecurityGroupRule", "db", **rule)
    assert blocks(account) == BLOCKS[1:]


def test_a_part_of_it_is_found_and_is_not_called_done(account: Any, rule: dict[str, Any]) -> None:
    """What a run that was killed between two blocks leaves: found by content, and not ready."""
    part = account.make("SecurityGroupRule", "db", **{**rule, "peerCidrs": BLOCKS[:1]})
    assert account.find("SecurityGroupRule", **rule) == part
    seen = account.seen("SecurityGroupRule", part)
    assert seen.inputs["peerCidrs"] == BLOCKS[:1]
    with pytest.raises(FailedState, match="1 of 2 blocks of the rule are there"):
        account.change("SecurityGroupRule", part, **rule)


def test_what_cannot_be_taken_back_is_told_as_unfinished(account: Any, rule: dict[str, Any]) -> None:
    account.fault(action="status", status=500, **POST, nth=2)
    account.fault(action="status", status=500, method="DELETE", path="/secgroupRules/", times=0)
    with pytest.raises(Unfinished, match="1 of 2 blocks"):
        account.make("SecurityGroupRule", "db", **rule)
    assert blocks(account) == BLOCKS[:1]
