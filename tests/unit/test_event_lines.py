"""Runs as JSON lines: each fits the published schema, the last one always comes, and no error of a file stops a run."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer

from mcloud import secrets
from mcloud.cli import events as cli
from mcloud.cli.events import event_lines
from mcloud.engine.event_lines import EventLines, event_schema
from mcloud.engine.events import Event, Progress
from mcloud.errors import BlockedError, UsageError

TYPE = "mcloud:compute:Server"
URN = f"urn:pulumi:dev::mcloud::{TYPE}::web"
SCHEMA = jsonschema.Draft202012Validator(event_schema())


def event(kind: str, op: str, **more: Any) -> Event:
    return Event(kind, urn=URN, type=TYPE, name="web", op=op, **more)


def state(text: str) -> Event:
    return Event("message", urn=URN, name="web", text=text, ephemeral=True)


def lines_of(*heard: Event, code: int = 0, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    times = iter(range(100))
    lines = EventLines(lambda line: found.append(json.loads(line.model_dump_json())), lambda: float(next(times)))
    lines.begun("up", "shop.yaml")
    progress = Progress(2)
    for item in heard:
        progress.take(item)
        lines.hear(progress, item)
    for name, value in more.items():
        setattr(lines, name, value)
    lines.summary(code)
    for line in found:
        SCHEMA.validate(line)
        assert line["version"] == 1
        assert line.pop("at").endswith("Z")
    return [{key: value for key, value in line.items() if key != "version"} for line in found]


def test_a_run() -> None:
    heard = [event("started", "create"), state("BUILDING"), event("finished", "create", diffs=("size",))]
    about = {"op": "create", "type": TYPE, "name": "web"}
    assert lines_of(*heard, cost={"before": None}) == [
        {"event": "begun", "command": "up", "file": "shop.yaml"},
        {"event": "started", **about, "done": 0, "total": 2},
        {"event": "waiting", **about, "state": "BUILDING", "seconds": 1.0},
        {"event": "finished", **about, "properties": ["size"], "seconds": 2.0, "done": 1, "total": 2},
        {
            "event": "summary",
            "exit_code": 0,
            "interrupted": False,
            "failed": [],
            "changed": {"create": 1},
            "seconds": 4.0,
            "cost": {"before": None},
        },
    ]


def test_a_failure_and_what_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_pieces", {})
    monkeypatch.setattr(secrets, "_remembered", set())
    secrets.remember("hunter2-and-more")
    refused = Event("message", urn=URN, name="web", text="refused: hunter2-and-more", severity="error")
    quiet = [event("finished", "same"), event("started", "refresh"), event("finished", "replace"), state("of nobody")]
    quiet += [Event("finished", type="pulumi:pulumi:Stack", op="create"), Event("summary"), Event("message")]
    found = lines_of(*quiet, event("started", "update"), refused, event("failed", "update"), code=4, interrupted=True)
    assert [line["event"] for line in found] == ["begun", "started", "message", "failed", "summary"]
    assert found[2] == {"event": "message", "severity": "error", "text": "refused: (secret)", "name": "web"}
    assert (found[3]["op"], found[3]["seconds"]) == ("update", 1.0)
    assert (found[4]["exit_code"], found[4]["failed"], found[4]["interrupted"]) == (4, ["web"], True)


def test_what_would_be_done() -> None:
    found: list[Any] = []
    lines = EventLines(found.append)
    lines.planned([event("finished", "replace", diffs=("image",))])
    assert json.loads(found[0].model_dump_json())["properties"] == ["image"]
    lines.summary(2)
    assert found[1].changed == {"replace": 1}


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (None, 0, []),
        (typer.Exit(2), 2, []),
        (BlockedError("no", hint="yes"), 3, ["no\n  hint: yes"]),
        (ValueError("odd"), 1, ["ValueError: odd"]),
        (KeyboardInterrupt(), 1, []),
    ],
)
def test_there_is_a_last_line_however_it_ends(
    tmp_path: Path, error: BaseException | None, code: int, said: list[str]
) -> None:
    file = tmp_path / "events.jsonl"

    def run() -> None:
        with event_lines(str(file), "up", Path("shop.yaml"), as_json=True):
            if error is not None:
                raise error

    if error is None:
        run()
    else:
        with pytest.raises(type(error)):
            run()
    first, *between, last = read(file)
    assert (first["event"], first["command"], first["file"]) == ("begun", "up", "shop.yaml")
    assert [line["text"] for line in between] == said
    assert (last["event"], last["exit_code"]) == ("summary", code)


def test_on_the_output_are_only_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with event_lines("-", "up", Path("shop.yaml"), as_json=False):
        typer.echo("for people")
    out, err = capsys.readouterr()
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["begun", "summary"]
    assert err == "for people\n"
    with (
        pytest.raises(UsageError, match="both want the output"),
        event_lines("-", "up", Path("shop.yaml"), as_json=True),
    ):
        pass


class Full(io.StringIO):
    """A file that has no room."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_file_that_is_full_stops_no_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    opened: Callable[[Any], Any] = lambda where: Full()  # noqa: E731
    monkeypatch.setattr(cli, "_opened", opened)
    with event_lines("events.jsonl", "up", Path("shop.yaml"), as_json=False) as lines:
        lines.message("one")
    err = capsys.readouterr().err
    assert err == "events are not written any more to events.jsonl: No space left on device\n"


def test_a_file_that_cannot_be_is_told_first(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "no" / "where")
    told = pytest.raises(UsageError, match="cannot be written there")
    with told, event_lines(nowhere, "up", Path("a"), as_json=False):
        raise AssertionError("it was not told")
    assert sys.stdout is not sys.stderr
    with event_lines(None, "up", Path("a"), as_json=False) as lines:
        lines.message("nobody hears it")
