"""Those who wait are looked at together, and nobody believes a list that says that something is done."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from mcloud.adapter import crowd
from mcloud.adapter.crowd import CROWD, Crowd
from mcloud.adapter.kind import Poll
from mcloud.adapter.operations import Operations
from mcloud.errors import Unauthorised
from tests.unit.test_operations import Scripted, Vendor

BUILDING, ACTIVE = Poll("pending", "BUILDING"), Poll("ready", "ACTIVE")


class Watched:
    """A list that counts how often it is asked for."""

    def __init__(self, **natives: Any) -> None:
        self.natives: Mapping[str, Any] = natives
        self.lists = 0

    def __call__(self, kind: Any) -> Mapping[str, Any]:
        self.lists += 1
        return self.natives


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands still: [now]."""
    now = [100.0]
    monkeypatch.setattr(crowd.time, "monotonic", lambda: now[0])
    return now


def joined(among: Crowd, kind: Any, number: int) -> ExitStack:
    stack = ExitStack()
    for _ in range(number):
        stack.enter_context(among.joined(kind))
    return stack


@pytest.mark.parametrize(("number", "lists"), [(CROWD - 1, 0), (CROWD, 1)])
def test_a_few_are_read_one_by_one(number: int, lists: int) -> None:
    listed, kind = Watched(a="seen"), Scripted()
    among = Crowd(listed)
    with joined(among, kind, number):
        assert among.look(kind, "a", 1.0) == ("seen" if lists else None)
    assert listed.lists == lists
    assert among.look(kind, "a", 1.0) is None


def test_kinds_whose_list_saves_nothing_are_read() -> None:
    listed, kind = Watched(a="seen"), Scripted()
    kind.reads_by_list = False  # type: ignore[misc]
    among = Crowd(listed)
    with joined(among, kind, CROWD):
        assert among.look(kind, "a", 1.0) is None
    assert listed.lists == 0


def test_a_list_serves_those_who_come_a_little_later(still: list[float]) -> None:
    listed, kind = Watched(a="seen"), Scripted()
    among = Crowd(listed)
    with joined(among, kind, CROWD):
        for now, patience, lists in (
            (100.0, 0.5, 1),
            (100.05, 0.5, 1),
            (100.2, 0.5, 2),
            (101.1, 60, 2),
            (101.3, 60, 3),
        ):
            still[0] = now
            assert among.look(kind, "a", patience) == "seen"
            assert listed.lists == lists, now


def test_those_who_ask_at_once_share_the_next_list() -> None:
    going, begun = threading.Event(), threading.Event()
    kind = Scripted()

    class Slow(Watched):
        def __call__(self, kind: Any) -> Mapping[str, Any]:
            begun.set()
            assert going.wait(10)
            return super().__call__(kind)

    listed = Slow(a="seen")
    among = Crowd(listed)
    with joined(among, kind, CROWD):
        threads = [threading.Thread(target=among.look, args=(kind, "a", 0.0)) for _ in range(20)]
        threads[0].start()
        assert begun.wait(10)
        for thread in threads[1:]:
            thread.start()
        going.set()
        for thread in threads:
            thread.join(10)
    # One that was under way when the others asked, and at most one after it for each that still asked later.
    assert 1 <= listed.lists <= 20


class Many(Scripted):
    """Its list has it, in the state that ``listed`` tells; its reads are counted."""

    def __init__(self, listed: list[Any], **answers: list[Any]) -> None:
        super().__init__(**answers)
        self.listed = listed

    def poll(self, session: Any, native_id: str, native: Any) -> Poll:
        return native if isinstance(native, Poll) else super().poll(session, native_id, native)

    def list(self, session: Any) -> Any:
        self.calls.append("list")
        found = self.listed.pop(0) if len(self.listed) > 1 else self.listed[0]
        if isinstance(found, Exception):
            raise found
        return [] if found is None else [("i-1", found)]


@pytest.mark.parametrize(
    ("listed", "lists"),
    [
        ([BUILDING, BUILDING, ACTIVE], 3),  # the list says that it is ready: it is read before that is believed
        ([None], 1),  # the list lacks it
        ([Unauthorised("no lists")], 1),  # there is no list
    ],
)
def test_a_list_is_believed_only_while_it_is_on_its_way(
    listed: list[Any], lists: int, watch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "FRESH", 0.0)
    kind = Many(listed, read=[BUILDING, ACTIVE])
    operations = Operations(Vendor(), None, cancelled=watch)  # type: ignore[arg-type]
    with joined(operations._crowd, kind, CROWD):
        operations._ready(kind, "i-1", "server web", lambda state: None)
    assert kind.calls.count("read") == 2
    assert kind.calls.count("list") == lists


def test_what_is_not_listed_any_more_is_read_before_it_counts_as_gone(
    watch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "FRESH", 0.0)
    kind = Many([BUILDING, None], read=[BUILDING, BUILDING, None], poll=[BUILDING])
    operations = Operations(Vendor(), None, cancelled=watch)  # type: ignore[arg-type]
    with joined(operations._crowd, kind, CROWD):
        operations.delete(kind, "i-1", "server web")
    assert kind.calls.count("list") == 3
    assert kind.calls.count("read") == 3
