"""What surrounds a cloud's calls: retry where it is safe, a look instead of a second create, waiting, cancelling."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from mcloud.adapter.kind import Found, Kind, Observed, Poll
from mcloud.adapter.limiter import Limiter
from mcloud.adapter.operations import ATTEMPTS, Operations, Unfinished
from mcloud.errors import (
    Cancelled,
    CloudError,
    Conflict,
    FailedState,
    InUse,
    InvalidRequest,
    NotFound,
    RateLimited,
    Temporary,
    TimedOut,
    Unreachable,
)

PENDING, READY, BROKEN = Poll("pending", "BUILDING"), Poll("ready", "ACTIVE"), Poll("failed", "ERROR", "no host")
NATIVE = {"id": "i-1"}


def rate_limited(seconds: float | None = None) -> RateLimited:
    error = RateLimited("too many calls")
    error.retry_after = seconds
    return error


def not_sent() -> Unreachable:
    error = Unreachable("no route")
    error.sent = False
    return error


class Scripted(Kind):
    """Each call takes the next of its answers, the last one again and again; an error is raised."""

    kind = "Server"
    deadline = 60.0

    def __init__(self, **answers: list[Any]) -> None:
        self.answers: dict[str, list[Any]] = {
            "create": ["i-1"],
            "read": [NATIVE],
            "poll": [READY],
            "update": [False],
            "delete": [None],
            "find": [Found()],
        }
        self.answers |= {name: list(items) for name, items in answers.items()}
        self.calls: list[str] = []

    def _next(self, name: str) -> Any:
        self.calls.append(name)
        left = self.answers[name]
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def create(self, session: Any, inputs: Any, picks: Any) -> str:
        return str(self._next("create"))

    def read(self, session: Any, native_id: str) -> Any:
        return self._next("read")

    def poll(self, session: Any, native_id: str, native: Any) -> Poll:
        return self._next("poll")  # type: ignore[no-any-return]

    def update(self, session: Any, native_id: str, old: Any, new: Any, picks: Any) -> bool:
        return bool(self._next("update"))

    def delete(self, session: Any, native_id: str) -> None:
        self._next("delete")

    def find(self, session: Any, inputs: Any) -> Found:
        return self._next("find")  # type: ignore[no-any-return]

    def translate(self, inputs: Any, picks: Any) -> dict[str, Any]:
        return {}

    def observe(self, at: Any, native: Any) -> Observed:
        return Observed({})

    def list(self, session: Any) -> Any:
        return ()


class Stopping(Scripted):
    """The person asks to stop while a create or a delete is under way."""

    def __init__(self, watch: Any, **answers: list[Any]) -> None:
        super().__init__(**answers)
        self._watch = watch

    def _next(self, name: str) -> Any:
        self._watch.cancelled = True
        return super()._next(name)


class Vendor:
    """Explains any error of a library as one of a table."""

    def explain(self, error: Exception, doing: str) -> CloudError:
        return rate_limited(7) if "429" in str(error) else InvalidRequest(f"cannot {doing}: {error}")


@pytest.fixture
def operations(watch: Any) -> Operations:
    return Operations(Vendor(), None, cancelled=watch)  # type: ignore[arg-type]


def outcome(call: Callable[[], Any]) -> Any:
    """What it gives, or the error."""
    try:
        return call()
    except CloudError as error:
        return type(error)


@pytest.mark.parametrize(
    ("answers", "given", "calls"),
    [
        ([1], 1, 1),
        ([Temporary("x"), Temporary("x"), 1], 1, 3),
        ([rate_limited(), 1], 1, 2),
        ([Unreachable("x"), 1], 1, 2),
        ([Temporary("x")], Temporary, ATTEMPTS),
        ([InvalidRequest("x"), 1], InvalidRequest, 1),
        ([NotFound("x"), 1], NotFound, 1),
    ],
)
def test_a_read_is_repeated_while_it_may_pass(
    operations: Operations, answers: list[Any], given: Any, calls: int
) -> None:
    kind = Scripted(read=answers)
    assert outcome(lambda: operations.read(kind, "i-1", "server web")) == given
    assert len(kind.calls) == calls


def test_an_error_of_a_library_is_explained(operations: Operations, watch: Any) -> None:
    def fail() -> None:
        raise OSError("429")

    with pytest.raises(InvalidRequest, match="cannot read server web: broken") as caught:
        operations.read(Scripted(read=[ValueError("broken")]), "i-1", "server web")
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(RateLimited):
        operations.call("x", fail, retry=False)
    operations.call("x", lambda: None, retry=False)
    assert watch.waits == [7], "everybody waits as long as the cloud asked"


def test_a_repeat_gives_way_to_a_cancel(operations: Operations, watch: Any) -> None:
    watch.cancelled = True
    kind = Scripted(read=[Temporary("x"), 1])
    assert outcome(lambda: operations.read(kind, "i-1", "server web")) is Temporary
    assert kind.calls == ["read"]


def created(operations: Operations, kind: Scripted) -> tuple[Any, list[str]]:
    accepted: list[str] = []
    found = outcome(lambda: operations.create(kind, {}, {}, "server web", accepted=accepted.append))
    return found, accepted


@pytest.mark.parametrize(
    ("answers", "creates", "finds", "native_id"),
    [
        ({}, 1, 0, "i-1"),
        ({"create": [rate_limited(), "i-1"]}, 2, 0, "i-1"),
        ({"create": [not_sent(), "i-1"]}, 2, 0, "i-1"),
        ({"create": [Unreachable("lost"), "i-2"], "find": [Found("i-1", ("i-1",))]}, 1, 1, "i-1"),
        ({"create": [Temporary("502"), "i-2"], "find": [Found("i-1", ("i-1",))]}, 1, 1, "i-1"),
        ({"create": [Temporary("502"), "i-2"], "find": [Temporary("x"), Found("i-1", ("i-1",))]}, 1, 2, "i-1"),
        ({"create": [Unreachable("lost"), "i-2"]}, 2, 1, "i-2"),
        ({"create": [Unreachable("lost"), Temporary("502"), "i-3"]}, 3, 2, "i-3"),
    ],
)
def test_a_create_is_looked_for_and_not_blindly_repeated(
    operations: Operations, answers: dict[str, Any], creates: int, finds: int, native_id: str
) -> None:
    kind = Scripted(**answers)
    assert created(operations, kind) == ((native_id, NATIVE), [native_id])
    assert (kind.calls.count("create"), kind.calls.count("find")) == (creates, finds)


def test_none_is_believed_only_after_a_while(operations: Operations, watch: Any) -> None:
    kind = Scripted(create=[Unreachable("lost"), "i-2"], find=[Found(), Found(), Found(), Found("i-1", ("i-1",))])
    kind.believe_none_after = 2.5  # type: ignore[misc]
    assert created(operations, kind)[0] == ("i-1", NATIVE)
    assert watch.waits[:3] == [1, 1, 0.5]
    assert kind.calls.count("create") == 1


@pytest.mark.parametrize(
    ("answers", "error", "creates"),
    [
        ({"create": [InvalidRequest("x")]}, InvalidRequest, 1),
        ({"create": [rate_limited()]}, RateLimited, ATTEMPTS),
        ({"create": [Unreachable("x")]}, Unreachable, ATTEMPTS),
        ({"create": [Unreachable("x")], "find": [Found(None, ("i-1", "i-2"))]}, Conflict, 1),
        ({"create": [Unreachable("x")], "find": [InvalidRequest("x")]}, InvalidRequest, 1),
    ],
)
def test_a_create_that_is_refused(
    operations: Operations, answers: dict[str, Any], error: type[CloudError], creates: int
) -> None:
    kind = Scripted(**answers)
    assert created(operations, kind) == (error, [])
    assert kind.calls.count("create") == creates


def test_several_that_match_are_named(operations: Operations) -> None:
    kind = Scripted(create=[Unreachable("x")], find=[Found(None, ("i-1", "i-2"))])
    with pytest.raises(Conflict) as caught:
        operations.create(kind, {}, {}, "server web")
    assert str(caught.value) == (
        "server web: several things on the cloud may be server web: i-1, i-2\n"
        "  hint: remove those that are not needed, then run again"
    )


@pytest.mark.parametrize(
    ("answers", "wait", "says"),
    [
        ({"create": [rate_limited()]}, 0, "stopped before server web was made"),
        ({"create": [Unreachable("x")]}, 5, "stopped while looking for server web"),
    ],
)
def test_a_create_that_is_stopped(
    operations: Operations, watch: Any, answers: dict[str, Any], wait: float, says: str
) -> None:
    kind = Stopping(watch, **answers)
    kind.believe_none_after = wait  # type: ignore[misc]
    with pytest.raises(Cancelled, match=says):
        operations.create(kind, {}, {}, "server web")
    assert kind.calls.count("create") == 1


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        ({"poll": [PENDING, BROKEN]}, FailedState),
        ({"poll": [PENDING]}, TimedOut),
        ({"read": [InvalidRequest("x")]}, InvalidRequest),
        ({"update": [InvalidRequest("x")]}, InvalidRequest),
        ({"read": [NATIVE, None]}, FailedState),
    ],
)
def test_what_was_accepted_keeps_its_id(
    operations: Operations, answers: dict[str, Any], cause: type[CloudError]
) -> None:
    with pytest.raises(Unfinished) as caught:
        operations.create(Scripted(**answers), {}, {}, "server web")
    assert caught.value.native_id == "i-1"
    assert type(caught.value.cause) is cause
    assert caught.value.message == caught.value.cause.message


def test_an_update_takes_steps_until_there_is_none(operations: Operations) -> None:
    kind = Scripted(update=[True, True, False], poll=[READY, PENDING, READY])
    told: list[str] = []
    assert operations.finish(kind, "i-1", {}, {}, {}, "server web", told.append) == NATIVE
    assert " ".join(kind.calls) == "read poll update read poll read poll update read poll update read"
    assert "BUILDING" in told


def test_an_update_that_never_ends_is_given_up(operations: Operations) -> None:
    kind = Scripted(update=[True], poll=[PENDING, READY] * 40)
    kind.deadline = 1.0  # type: ignore[misc]
    with pytest.raises(TimedOut, match="server web is not what was asked for after 1 s"):
        operations.finish(kind, "i-1", {}, {}, {}, "server web")
    assert 5 < kind.calls.count("update") <= 20


@pytest.mark.parametrize(
    ("answers", "given", "deletes"),
    [
        ({"read": [NATIVE, NATIVE, None]}, None, 1),
        ({"delete": [NotFound("x")]}, None, 1),
        ({"delete": [Temporary("x"), None], "read": [None]}, None, 2),
        ({"delete": [InUse("x"), Conflict("x"), None], "read": [None]}, None, 3),
        ({"delete": [InUse("x"), NotFound("x")]}, None, 2),
        ({"delete": [InvalidRequest("x")]}, InvalidRequest, 1),
        ({}, TimedOut, 1),
    ],
)
def test_a_delete(operations: Operations, answers: dict[str, Any], given: Any, deletes: int) -> None:
    kind = Scripted(**answers)
    assert outcome(lambda: operations.delete(kind, "i-1", "server web")) == given
    assert kind.calls.count("delete") == deletes


def test_what_is_in_use_is_waited_out_to_the_deadline(operations: Operations, watch: Any) -> None:
    told: list[str] = []
    busy = InUse("still there", hint="detach it", vendor_text="has NICs")
    with pytest.raises(TimedOut) as caught:
        operations.delete(Scripted(delete=[busy]), "i-1", "network main", told.append)
    assert str(caught.value) == "network main: network main is still in use: still there\n  hint: detach it"
    assert set(told) == {"has NICs"}
    assert 60 <= watch.now < 70
    assert max(watch.waits) == operations.longest_interval


def test_what_only_a_person_can_end_is_not_waited_for(operations: Operations, watch: Any) -> None:
    full = InUse("it holds objects", hint="empty it")
    full.passes = False
    kind = Scripted(delete=[full])
    with pytest.raises(InUse) as caught:
        operations.delete(kind, "b-1", "bucket assets")
    assert caught.value is full
    assert (kind.calls.count("delete"), watch.now) == (1, 0.0)


def test_a_delete_that_is_stopped(operations: Operations, watch: Any) -> None:
    with pytest.raises(Cancelled, match="stopped while network main was in use"):
        operations.delete(Stopping(watch, delete=[InUse("x")]), "i-1", "network main")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda operations, kind: operations.create(kind, {}, {}, "web"), "stopped before web was made"),
        (lambda operations, kind: operations.delete(kind, "i-1", "web"), "stopped before web was deleted"),
    ],
)
def test_what_waits_for_its_turn_when_all_is_stopped_does_not_begin(change: Any, says: str) -> None:
    operations, kind, failed = Operations(Vendor(), None, Limiter(at_once=1)), Scripted(), []  # type: ignore[arg-type]

    def run() -> None:
        try:
            change(operations, kind)
        except CloudError as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    with operations.limiter.turn(operations.cancelled):
        thread.start()
        operations.cancelled.set()
    thread.join(30)
    assert kind.calls == []
    (error,) = failed
    assert type(error) is Cancelled
    assert says in str(error)


@pytest.mark.parametrize("doing", ["create", "update"])
def test_what_is_busy_is_waited_out(operations: Operations, doing: str) -> None:
    busy = InUse("it is UPDATING", vendor_text="is not ready")
    kind = Scripted(**{doing: [busy, busy, "i-1" if doing == "create" else False]})
    told: list[str] = []
    operations.create(kind, {}, {}, "pool web", told.append)
    assert kind.calls.count(doing) == 3
    assert told.count("is not ready") == 2
    assert "find" not in kind.calls, "nothing was made, so there is nothing to look for"


def test_what_stays_busy_is_told_at_the_deadline(operations: Operations) -> None:
    kind = Scripted(create=[InUse("it is UPDATING", hint="wait")])
    kind.deadline = 0.0  # type: ignore[misc]
    with pytest.raises(TimedOut, match="pool web has to wait: it is UPDATING"):
        operations.create(kind, {}, {}, "pool web")


def test_waiting_for_what_is_busy_can_be_stopped(operations: Operations, watch: Any) -> None:
    kind = Scripted(create=[InUse("x")])

    def stop(state: str) -> None:
        watch.cancelled = True

    with pytest.raises(Cancelled, match="stopped while pool web had to wait"):
        operations.create(kind, {}, {}, "pool web", stop)


def test_what_does_not_pass_is_not_waited_for(operations: Operations) -> None:
    full = InUse("it holds objects")
    full.passes = False
    kind = Scripted(create=[full])
    with pytest.raises(InUse):
        operations.create(kind, {}, {}, "bucket files")
    assert kind.calls == ["create"]
