"""What a person reads of a run that went wrong: without the engine's own frame, each thing once."""

from __future__ import annotations

import signal

import pytest

from mcloud.cli.outcome import problem_lines
from mcloud.engine.deploy import Outcome
from mcloud.engine.events import Event, Progress
from mcloud.engine.process import RunResult

GONE = "Detected that /bin/provider exited prematurely.\nThis is *always* a bug in the provider.\nstdout: hunter2"


@pytest.mark.parametrize(
    ("texts", "lines"),
    [
        (["update failed"], []),
        (["web: cannot be made", "web: cannot be made"], ["web: cannot be made"]),
        (["1 error occurred:\n\t* cannot be made\n\n"], ["web: cannot be made"]),
        (["error reading from server: EOF"], ["web: cut off, for the provider ended"]),
        ([GONE, GONE], ["mcloud's provider ended before its work was done: it was killed, or memory ran out"]),
    ],
)
def test_what_went_wrong(texts: list[str], lines: list[str]) -> None:
    progress = Progress(1)
    for text in texts:
        progress.take(Event("message", name="web", text=text, severity="error"))
    progress.take(Event("message", name="web", text="by the way"))
    assert problem_lines(Outcome(progress, True, False)) == lines


def test_an_engine_that_is_killed_says_nothing() -> None:
    assert RunResult(-signal.SIGKILL, False).failure == "it was ended by SIGKILL"
    assert RunResult(1, False).failure == "no message"
    result = RunResult(1, False)
    result.last_lines.extend(["error: no such stack", "bye"])
    assert result.failure == "no such stack"
