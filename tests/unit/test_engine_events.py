"""The engine's JSON lines as events, and the progress that they add up to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcloud.engine import events
from mcloud.engine.durations import Durations, Forecast
from mcloud.engine.events import Event, Progress, is_ours, parse

URN = "urn:pulumi:dev::mcloud::mcloud:compute:Server::web-0"
OTHER = "urn:pulumi:dev::mcloud::mcloud:network:Network::main"
STACK = "urn:pulumi:dev::mcloud::pulumi:pulumi:Stack::mcloud-dev"


def metadata(**more: Any) -> dict[str, Any]:
    return {"metadata": {"op": "update", "urn": URN, "type": "mcloud:compute:Server", **more}}


OF_WEB = {"urn": URN, "type": "mcloud:compute:Server", "name": "web-0", "op": "update"}


@pytest.mark.parametrize(
    ("raw", "event"),
    [
        ({"resourcePreEvent": metadata()}, Event("started", **OF_WEB)),
        ({"resOutputsEvent": metadata(detailedDiff=None, diffs=None)}, Event("finished", **OF_WEB)),
        ({"resOpFailedEvent": metadata()}, Event("failed", **OF_WEB)),
        (
            {"resOutputsEvent": metadata(detailedDiff={"size": {}, "disks[0]": {}}, diffs=["disks", "size"])},
            Event("finished", **OF_WEB, diffs=("disks[0]", "size")),
        ),
        ({"resOutputsEvent": metadata(diffs=["size"])}, Event("finished", **OF_WEB, diffs=("size",))),
        (
            {"diagnosticEvent": {"message": "<{%reset%}>it <{%fg 1%}>broke<{%reset%}>\n", "severity": "error"}},
            Event("message", text="it broke", severity="error"),
        ),
        (
            {"diagnosticEvent": {"urn": URN, "message": "CREATING", "severity": "info#err", "ephemeral": True}},
            Event("message", urn=URN, name="web-0", text="CREATING", ephemeral=True),
        ),
        ({"summaryEvent": {"resourceChanges": {"create": 2}}}, Event("summary", counts={"create": 2})),
        ({"summaryEvent": {"resourceChanges": None}}, Event("summary")),
        ({"diagnosticEvent": {"message": "how it is done", "severity": "debug"}}, None),
        ({"preludeEvent": {"config": {}}}, None),
        ({"cancelEvent": {}}, None),
        ([], None),
        ("up", None),
    ],
)
def test_a_line_is_an_event(raw: Any, event: Event | None) -> None:
    assert parse(json.dumps(raw) + "\n") == event


@pytest.mark.parametrize("line", ["", "\n", "error: no such flag\n", '{"resourcePreEvent": {"met'])
def test_other_lines_are_none(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize(
    ("type_", "ours"),
    [
        ("mcloud:compute:Server", True),
        ("test:index:Group", True),
        ("pulumi:pulumi:Stack", False),
        ("pulumi:providers:mcloud", False),
        ("", False),
    ],
)
def test_what_is_ours(type_: str, ours: bool) -> None:
    assert is_ours(Event("finished", type=type_)) is ours


class Clock:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        """Seconds since some time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(events, "time", made)
    return made


def event(kind: str, op: str, urn: str = URN, **more: Any) -> Event:
    return Event(kind, urn=urn, type=urn.split("::")[2], name=urn.rsplit("::", 1)[1], op=op, **more)


def state(text: str, urn: str = URN) -> Event:
    return Event("message", urn=urn, text=text, ephemeral=True)


def progress_of(*heard: Event, total: int = 2, clock: Clock) -> Progress:
    progress = Progress(total, started_at=clock.monotonic())
    for item in heard:
        progress.take(item)
        clock.now += 1
    return progress


def test_what_it_waits_for(clock: Clock) -> None:
    progress = progress_of(event("started", "create"), event("started", "delete", OTHER), clock=clock)
    assert progress.waiting == {URN: ("create", "", 100.0), OTHER: ("delete", "", 101.0)}
    progress.take(state("CREATING"))
    progress.take(state("nobody's", "urn:other"))
    assert progress.waiting == {URN: ("create", "CREATING", 100.0), OTHER: ("delete", "", 101.0)}
    progress.take(event("finished", "create"))
    assert progress.waiting == {OTHER: ("delete", "", 101.0)}
    assert progress.messages == []


@pytest.mark.parametrize(
    ("heard", "done", "changed", "failed"),
    [
        ([event("started", "create")], 0, 0, []),
        ([event("started", "create"), event("finished", "create")], 1, 1, []),
        ([event("finished", "same")], 1, 0, []),
        ([event("finished", "refresh"), event("finished", "update")], 1, 1, []),
        ([event("finished", "refresh")], 0, 0, []),
        ([event("started", "create"), event("failed", "create")], 0, 0, ["web-0"]),
        ([event("finished", "create-replacement"), event("finished", "delete-replaced")], 1, 2, []),
        ([event("finished", "create", STACK)], 0, 0, []),
        ([event("finished", "create"), event("finished", "create", OTHER)], 2, 2, []),
    ],
)
def test_how_far_it_is(heard: list[Event], done: int, changed: int, failed: list[str], clock: Clock) -> None:
    progress = progress_of(*heard, clock=clock)
    assert (progress.done, len(progress.changes), progress.failed) == (done, changed, failed)
    assert progress.total == 2
    assert progress.waiting == ({URN: ("create", "", 100.0)} if heard == [event("started", "create")] else {})


def test_there_can_be_more_than_was_thought(clock: Clock) -> None:
    progress = progress_of(event("finished", "create"), event("finished", "create", OTHER), total=1, clock=clock)
    assert (progress.done, progress.total) == (2, 2)


def test_messages_and_counts_are_kept(clock: Clock) -> None:
    heard = [Event("message", text="one", severity="error"), Event("summary", counts={"create": 1})]
    progress = progress_of(*heard, clock=clock)
    assert progress.messages == [heard[0]]
    assert progress.counts == {"create": 1}


def test_the_time_left_is_what_past_runs_took(clock: Clock) -> None:
    known = Durations({("one", "Server", "create"): [40.0], ("one", "Network", "create"): [10.0]})
    keys = {URN: ("one", "Server"), OTHER: ("one", "Network")}
    forecast = Forecast(known, keys, {URN: [OTHER]}, {URN: "create", OTHER: "create"})
    progress = Progress(2, started_at=clock.now, forecast=forecast)
    assert progress.time_left() == 50
    progress.take(event("started", "create", OTHER))
    clock.now += 4
    assert (progress.elapsed, progress.time_left()) == (4, 46)
    progress.take(event("finished", "create", OTHER))
    assert progress.took == [(OTHER, "create", 4.0)]
    assert progress.time_left() == 40
    progress.take(event("started", "create"))
    progress.take(event("failed", "create"))
    assert (progress.time_left(), [item.urn for item in progress.failures]) == (None, [URN])
    assert Progress(2).time_left() is None
