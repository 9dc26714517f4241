"""Waiting for a resource, and for one's turn: until when, how often, and the way out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Literal

import pytest

from mcloud.adapter.kind import Poll
from mcloud.adapter.limiter import Limiter
from mcloud.adapter.waiter import wait
from mcloud.errors import Cancelled, CloudError, FailedState, TimedOut

PENDING, READY, GONE = Poll("pending", "BUILDING"), Poll("ready", "ACTIVE"), Poll("gone", "DELETED")
BROKEN, BROKEN_WHY = Poll("failed", "ERROR"), Poll("failed", "ERROR", "no host")


def looks(*polls: Poll) -> Callable[[], Poll]:
    """Each look sees the next; the last stays."""
    left = list(polls)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def waited(
    watch: Any, *polls: Poll, until: Literal["ready", "gone"] = "ready", deadline: float = 60, longest: float = 5
) -> tuple[Poll, list[str]]:
    told: list[str] = []
    found = wait(
        looks(*polls),
        until=until,
        what="server web",
        deadline=deadline,
        longest_interval=longest,
        cancelled=watch,
        tell=told.append,
    )
    return found, told


@pytest.mark.parametrize(
    ("polls", "until", "found", "told"),
    [
        ((READY,), "ready", READY, []),
        ((PENDING, PENDING, READY), "ready", READY, ["BUILDING", "ACTIVE"]),
        ((READY, GONE), "gone", GONE, ["ACTIVE", "DELETED"]),
        ((BROKEN, GONE), "gone", GONE, ["ERROR", "DELETED"]),
        ((GONE,), "gone", GONE, []),
    ],
)
def test_it_looks_until_it_is_there(
    watch: Any, polls: tuple[Poll, ...], until: Literal["ready", "gone"], found: Poll, told: list[str]
) -> None:
    assert waited(watch, *polls, until=until) == (found, told)
    assert len(watch.waits) == len(polls) - 1


def test_intervals_grow_to_the_longest(watch: Any) -> None:
    waited(watch, *[PENDING] * 20, READY, longest=1)
    assert watch.waits[:3] == pytest.approx([0.05, 0.07, 0.098])
    assert watch.waits == sorted(watch.waits)
    assert watch.waits[-1] == 1


@pytest.mark.parametrize(
    ("polls", "error", "says"),
    [
        ((PENDING, BROKEN), FailedState, "server web is ERROR"),
        ((BROKEN_WHY,), FailedState, "server web is ERROR: no host"),
        ((PENDING, GONE), FailedState, "server web vanished while it was awaited"),
        ((PENDING,), TimedOut, "server web is still BUILDING after 60 s"),
    ],
)
def test_it_gives_up(watch: Any, polls: tuple[Poll, ...], error: type[CloudError], says: str) -> None:
    with pytest.raises(error) as caught:
        waited(watch, *polls)
    assert caught.value.message == says
    assert caught.value.where == "server web"


def test_the_deadline_is_kept_to_the_second(watch: Any) -> None:
    with pytest.raises(TimedOut) as caught:
        waited(watch, PENDING, deadline=7)
    assert watch.now == pytest.approx(7)
    assert caught.value.hint is not None
    assert "the next run goes on waiting" in caught.value.hint


def test_it_stops_when_asked(watch: Any) -> None:
    watch.cancelled = True
    with pytest.raises(Cancelled, match="stopped while server web was BUILDING"):
        waited(watch, PENDING)
    assert len(watch.waits) == 1


def test_a_real_cancel_ends_a_long_wait_at_once() -> None:
    cancelled = threading.Event()
    timer = threading.Timer(0.1, cancelled.set)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        wait(looks(PENDING), until="ready", what="x", deadline=60, longest_interval=60, cancelled=cancelled)
    assert time.monotonic() - started < 10
    timer.join()


def test_errors_of_a_look_pass(watch: Any) -> None:
    def look() -> Poll:
        raise CloudError("refused")

    with pytest.raises(CloudError, match="refused"):
        wait(look, until="ready", what="x", deadline=1, longest_interval=1, cancelled=threading.Event())


def test_a_pause_holds_everybody_back(watch: Any) -> None:
    limiter = Limiter()
    limiter.pause(3)
    limiter.pause(1)
    with limiter.turn(watch):
        assert watch.waits == [3], "the longer pause holds"
    with limiter.turn(watch):
        assert watch.waits == [3]


def test_a_pause_gives_way_to_a_cancel(watch: Any) -> None:
    limiter = Limiter()
    limiter.pause(3600)
    watch.cancelled = True
    with limiter.turn(watch):
        assert watch.waits == []


def test_no_more_than_so_many_at_once() -> None:
    limiter, lock, there, most = Limiter(at_once=2), threading.Lock(), 0, 0
    gate = threading.Barrier(2, timeout=20)

    def work() -> None:
        nonlocal there, most
        with limiter.turn(threading.Event()):
            with lock:
                there += 1
                most = max(most, there)
            gate.wait()  # two are inside at the same time, or this breaks
            with lock:
                there -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (there, most) == (0, 2)


def test_a_place_is_given_back_after_an_error() -> None:
    limiter = Limiter(at_once=1)
    for _ in range(2):
        with pytest.raises(ValueError, match="x"), limiter.turn(threading.Event()):
            raise ValueError("x")
