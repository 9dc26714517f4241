"""A plan that was saved: what it says, what differs from it, and that it tells no value."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mcloud.engine.events import Event, Progress
from mcloud.engine.move import Move
from mcloud.engine.saved_plan import (
    SavedPlan,
    differences,
    make_plan,
    only_planned,
    read_plan,
    require_same,
    write_plan,
)
from mcloud.errors import BlockedError, UsageError
from mcloud.model.graph import Graph, Node

KEY = b"a key"
SERVER = "mcloud:compute:Server"
WEB, DB = (f"urn:pulumi:shop::mcloud::{SERVER}::{name}" for name in ("web", "db"))


def event(op: str, urn: str = WEB, /, kind: str = "finished", old_id: str = "", **inputs: Any) -> Event:
    return Event(kind, urn=urn, type=SERVER, name=urn.rsplit("::", 1)[1], op=op, inputs=inputs, old_id=old_id)


def plan(*changes: Event, graph: Graph | None = None, resources: Any = (), move: Move | None = None) -> SavedPlan:
    return make_plan(graph or Graph("shop", ()), resources, changes, move or Move(), "abc", KEY)


REPLACED = (
    event("create-replacement", WEB, old_id="one/east/1", image="b"),
    event("replace", WEB, old_id="one/east/1", image="b"),
    event("delete-replaced", WEB, old_id="one/east/1"),
)


@pytest.mark.parametrize(
    ("then", "now", "lines"),
    [
        ((event("create", name="web-1a", size=2),), (event("create", name="web-7f", size=2),), []),
        (REPLACED, tuple(reversed(REPLACED)), []),
        (
            (event("create", size=2),),
            (event("create", size=4, disk=3),),
            ["server web: disk, size would be otherwise than in the plan"],
        ),
        (
            (event("create", size=2),),
            (event("delete", DB, old_id="one/east/2"),),
            [
                "server db: it would delete it; the plan does nothing to it",
                "server web: it would do nothing to it; the plan says create",
            ],
        ),
        (
            (event("update", old_id="one/east/1", image="b"),),
            REPLACED,
            ["server web: it would replace it; the plan says change"],
        ),
        (
            (event("delete", old_id="one/east/1"),),
            (event("delete", old_id="one/east/9"),),
            ["server web: it is one/east/9 now; the plan is for one/east/1"],
        ),
    ],
)
def test_what_differs(then: tuple[Event, ...], now: tuple[Event, ...], lines: list[str]) -> None:
    assert differences(plan(*then), plan(*now)) == lines


def test_what_a_change_of_placement_leaves_behind_is_a_part_of_it() -> None:
    left = Move(stays=({"id": "one/east/1"},))
    assert differences(plan(move=left), plan(move=left)) == []
    assert differences(plan(), plan(move=left)) == ["one/east/1: it would be left behind; the plan does not say so"]
    assert differences(plan(move=left), plan()) == ["one/east/1: it would not be left behind; the plan says so"]


def test_a_refusal_says_why_and_how_old_the_plan_is() -> None:
    node = Node("Server", "web", {"placement": "one/east"}, ("servers", "web"))
    old = plan(event("create", size=2))
    for now, why in (
        (plan(graph=Graph("shop", (node,))), "the stack file was changed"),
        (plan(resources=[{"urn": WEB, "id": "one/east/1"}]), "the state is another one than then"),
        (plan(), "what the cloud has or offers is another than then"),
    ):
        with pytest.raises(BlockedError) as refused:
            require_same(old, now, Path("shop.plan"))
        assert why in str(refused.value)
        assert "0 minutes old" in str(refused.value)
        assert refused.value.exit_code == 3
    require_same(old, plan(event("create", size=2), graph=Graph("shop", (node,))), Path("shop.plan"))


@pytest.mark.parametrize(("hours", "words"), [(0.5, "30 minutes"), (5, "5 hours"), (72, "3 days"), (-1, "0 minutes")])
def test_its_age(hours: float, words: str) -> None:
    made = datetime.now(UTC) - timedelta(hours=hours)
    assert SavedPlan("shop", "abc", "", "", made.isoformat(), "0", ()).age == words


def test_the_file_is_the_owners_alone_and_tells_no_value(tmp_path: Path) -> None:
    path = tmp_path / "shop.plan"
    path.write_text("older, and readable by all")
    path.chmod(0o644)
    left = Move(stays=({"id": "x"},))
    made = plan(event("create", userData="planted-secret", size={"vcpu": 2}), *REPLACED, move=left)
    write_plan(made, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "planted" not in path.read_text()
    assert read_plan(path, "shop", "abc") == made
    assert [item.name for item in tmp_path.iterdir()] == ["shop.plan"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read"),
        ("{", "this is no plan"),
        ("[]", "this is no plan"),
        ('{"mcloud_plan": 1}', "this is no plan"),
        ('{"mcloud_plan": 2}', "a version that is not known"),
    ],
)
def test_what_is_no_plan(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "shop.plan"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match=words):
        read_plan(path, "shop", "abc")


def test_a_plan_is_for_one_stack_and_one_state(tmp_path: Path) -> None:
    path = tmp_path / "shop.plan"
    write_plan(plan(), path)
    assert json.loads(path.read_text())["stack"] == "shop"
    with pytest.raises(UsageError, match="for the stack 'shop'"):
        read_plan(path, "other", "abc")
    with pytest.raises(UsageError, match="another state"):
        read_plan(path, "shop", "abd")
    with pytest.raises(UsageError, match="cannot be written"):
        write_plan(plan(), tmp_path / "none" / "shop.plan")


def test_the_engine_is_stopped_when_it_begins_something_else() -> None:
    heard: list[Event] = []
    hear = only_planned(plan(*REPLACED).operations, lambda progress, event: heard.append(event))
    progress = Progress(total=2)
    hear(progress, event("delete-replaced", kind="started"))
    hear(progress, event("same", DB, kind="started"))
    hear(progress, Event("message", text="hello"))
    with pytest.raises(BlockedError, match="began to delete db, which was not planned"):
        hear(progress, event("delete", DB, kind="started"))
    assert len(heard) == 3
