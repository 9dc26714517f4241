"""What is shown of a run while it goes on, on a screen and in lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from mcloud import secrets
from mcloud.cli import progress as shown
from mcloud.cli.progress import LiveProgress, PlainProgress, progress_view, screen, span, waiting_line
from mcloud.engine import events
from mcloud.engine.durations import Durations, Forecast
from mcloud.engine.events import Event, Progress


def urn(name: str) -> str:
    return f"urn:pulumi:dev::mcloud::mcloud:compute:Server::{name}"


class Clock:
    """A clock that only the test moves."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(shown, "time", made)
    monkeypatch.setattr(events, "time", made)
    return made


def started(name: str, op: str = "create", state: str = "") -> list[Event]:
    about = Event("started", urn=urn(name), type="mcloud:compute:Server", name=name, op=op)
    return [about, Event("message", urn=urn(name), text=state, ephemeral=True)] if state else [about]


def under_way(clock: Clock, *heard: Event, **more: Any) -> Progress:
    progress = Progress(13, started_at=clock.now, **more)
    for event in heard:
        progress.take(event)
        clock.now += 1
    return progress


def test_the_screen_says_how_far_what_for_and_how_long(clock: Clock) -> None:
    known = Durations({("one", "Server", op): [70.0] for op in ("create", "delete")})
    forecast = Forecast(known, {urn(name): ("one", "Server") for name in ("web-0", "db")}, {})
    heard = [*started("web-0", "create", "BUILDING"), *started("db", "delete-replaced")]
    progress = under_way(clock, *heard, forecast=forecast)
    assert screen(progress, 10) == [
        "0 of 13, 3.0 s, about 1 min 09 s left",
        "  server web-0     3.0 s  create: BUILDING",
        "  server db        1.0 s  delete the old",
    ]
    assert waiting_line(progress) == (
        "waiting for server web-0 (BUILDING, 3.0 s), server db (delete the old, 1.0 s); about 1 min 09 s left"
    )
    progress.take(Event("failed", urn=urn("db"), type="mcloud:compute:Server", name="db", op="delete-replaced"))
    assert screen(progress, 10)[0] == "0 of 13, 1 failed, 3.0 s"


def test_what_is_too_much_is_counted(clock: Clock) -> None:
    progress = under_way(clock, *(event for number in range(9) for event in started(f"web-{number}")))
    lines = screen(progress, 4)
    assert (len(lines), lines[0], lines[-1]) == (6, "0 of 13, 9.0 s", "  and 5 more")
    assert waiting_line(progress).endswith("server web-2 (create, 7.0 s) and 6 more")
    assert waiting_line(under_way(clock)) == "looking at what is there"


def test_the_clouds_word_has_no_secret(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_pieces", {})
    monkeypatch.setattr(secrets, "_remembered", set())
    secrets.remember("hunter2-and-more")
    progress = under_way(clock, *started("web-0", "create", "no hunter2-and-more,\nplease"))
    assert "server web-0 (no (secret), please, 2.0 s)" in waiting_line(progress)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (185, "3 min 05 s"), (7320, "2 h 02 min")],
)
def test_a_span_in_words(seconds: float, words: str) -> None:
    assert span(seconds) == words


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(shown, "tell", lines.append)
    return lines


def test_lines_are_said_when_they_are_new_and_now_and_then(clock: Clock, told: list[str]) -> None:
    view = PlainProgress()
    progress = under_way(clock, *started("web-0", "create", "BUILDING"))
    view.waiting(progress)
    assert told == ["[0/13] 2.0 s: waiting for server web-0 (BUILDING, 2.0 s)"]
    clock.now += 10
    view.waiting(progress)
    assert len(told) == 1
    progress.take(Event("message", urn=urn("web-0"), text="STARTING", ephemeral=True))
    view.waiting(progress)
    assert told[1:] == ["[0/13] 12 s: waiting for server web-0 (STARTING, 12 s)"]
    clock.now += 60
    view.waiting(progress)
    assert told[2:] == ["[0/13] 1 min 12 s: waiting for server web-0 (STARTING, 1 min 12 s)"]
    progress.waiting.clear()
    clock.now += 59
    view.waiting(progress)
    assert len(told) == 3
    clock.now += 1
    view.waiting(progress)
    assert told[3:] == ["[0/13] 2 min 12 s: looking at what is there"]


def test_what_is_done_is_a_line_of_its_own(clock: Clock, told: list[str]) -> None:
    view, progress = PlainProgress(), under_way(clock, *started("web-0"))
    done = Event("finished", urn=urn("web-0"), type="mcloud:compute:Server", name="web-0", op="create")
    progress.take(done)
    view(progress, done)
    view(progress, Event("finished", urn=urn("db"), type="mcloud:compute:Server", name="db", op="same"))
    view(progress, Event("failed", urn=urn("x"), type="mcloud:compute:Server", name="x", op="update"))
    assert told == ["[1/13] + create server web-0: done (1.0 s)", "[1/13] ~ change server x: failed (1.0 s)"]
    told.clear()
    looking = PlainProgress(looking=True)
    looking(progress, done)
    looking.waiting(progress)
    assert told == []
    clock.now += 60
    looking.waiting(progress)
    assert told == ["[1/13] 1 min 01 s: looking at what is there"]


def test_a_terminal_has_a_screen(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    view = LiveProgress()
    console: Any = Console(force_terminal=True, width=60, height=6, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    view._console = view._live.console = console
    progress = under_way(clock, *(event for number in range(9) for event in started(f"web-{number}", "create", "[B]")))
    with view:
        view(progress, Event("finished", urn=urn("db"), type="mcloud:compute:Server", name="db", op="create"))
        view.waiting(progress)
    text = console.export_text()
    console.file.close()
    assert "+ create server db" in text
    assert "0 of 13, 18 s" in text
    assert "create: [B]" in text
    assert "and 6 more" in text


@pytest.mark.parametrize(("terminal", "kind"), [(True, LiveProgress), (False, PlainProgress)])
def test_the_view_that_fits(terminal: bool, kind: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal, raising=False)
    assert type(progress_view()) is kind
