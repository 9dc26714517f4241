"""Driving the engine's process, with a shell script for an engine: signals, errors of ours, environment, last words."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sysconfig
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mcloud.engine import process, runtime
from mcloud.engine.events import Event
from mcloud.engine.file_state import FileState
from mcloud.engine.install import VERSION, EngineBinary
from mcloud.engine.process import Engine
from mcloud.engine.provider import main as provider
from mcloud.errors import EngineError

Make = Callable[[str], Engine]
BEGUN, ASKED = (
    "echo '" + json.dumps({"diagnosticEvent": {"message": text, "severity": "info"}}) + "'"
    for text in ("begun", "asked")
)
FOREVER = "while :; do sleep 0.02; done"


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """An engine that is a shell script."""

    def made(body: str) -> Engine:
        script = tmp_path / "engine.sh"
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
        return Engine(EngineBinary(script, VERSION, "PATH"), FileState(tmp_path / "state"), "dev", {"MCLOUD_X": "x"})

    return made


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in process._Interrupts.signals}
    yield
    after = {number: signal.getsignal(number) for number in before}
    for number, handler in before.items():
        signal.signal(number, handler)
    assert after == before


def presser(*presses: tuple[str, signal.Signals]) -> tuple[list[str], Callable[[Event], None]]:
    """Hears events, and sends this process a signal when a text is heard."""
    heard: list[str] = []

    def on_event(event: Event) -> None:
        heard.append(event.text)
        for text, number in presses:
            if event.text == text:
                signal.raise_signal(number)

    return heard, on_event


def trapped(then: str) -> str:
    """An engine that says when it is asked to stop."""
    return f"asked() {{ {ASKED}; {then}; }}\ntrap asked INT\n{BEGUN}\n{FOREVER}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_press_lets_the_engine_end(make: Make, number: signal.Signals) -> None:
    heard, on_event = presser(("begun", number))
    result = make(trapped("exit 7")).run(["up"], None, on_event)
    assert (result.exit_code, result.interrupted, heard) == (7, True, ["begun", "asked"])


def test_the_second_press_ends_it(make: Make) -> None:
    heard, on_event = presser(("begun", signal.SIGINT), ("asked", signal.SIGINT))
    result = make(trapped(":")).run(["up"], None, on_event)
    assert (result.exit_code, result.interrupted, heard) == (-signal.SIGKILL, True, ["begun", "asked"])


def test_a_press_before_the_engine_is_there_is_made_up_for(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    started = subprocess.Popen

    def pressed_while_starting(*arguments: Any, **options: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return started(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", pressed_while_starting)
    result = make(FOREVER).run(["up"], None, lambda event: None)
    assert (result.exit_code, result.interrupted) == (-signal.SIGINT, True)


def test_what_is_ignored_stays_ignored(make: Make) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        heard, on_event = presser(("begun", signal.SIGHUP))
        result = make(f"{BEGUN}\n{ASKED}\nexit 3").run(["up"], None, on_event)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (result.exit_code, result.interrupted, heard) == (3, False, ["begun", "asked"])


def test_an_error_of_ours_stops_the_engine_once_and_is_raised_at_its_end(make: Make, tmp_path: Path) -> None:
    counted = f"echo asked >> {tmp_path}/asked; {ASKED}; {ASKED}; exit 0"
    heard = []

    def on_event(event: Event) -> None:
        heard.append(event.text)
        raise OSError("the terminal is gone")

    with pytest.raises(OSError, match="the terminal is gone"):
        make(trapped(counted)).run(["up"], None, on_event)
    assert heard == ["begun"]
    assert (tmp_path / "asked").read_text() == "asked\n"


def test_after_a_press_an_error_of_ours_does_not_ask_again(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []
    send = subprocess.Popen.send_signal
    monkeypatch.setattr(subprocess.Popen, "send_signal", lambda self, number: (sent.append(number), send(self, number)))

    def on_event(event: Event) -> None:
        signal.raise_signal(signal.SIGHUP)
        raise OSError("the terminal is gone")

    with pytest.raises(OSError, match="the terminal is gone"):
        make(trapped("exit 0")).run(["up"], None, on_event)
    assert sent == [signal.SIGINT]


def test_in_another_thread_signals_are_left_alone(make: Make) -> None:
    ended: list[int] = []
    handlers: list[Any] = []

    def hear(event: Event) -> None:
        handlers.append(signal.getsignal(signal.SIGINT))

    engine = make(f"{BEGUN}\nexit 5")
    thread = threading.Thread(target=lambda: ended.append(engine.run(["up"], None, hear).exit_code))
    thread.start()
    thread.join(20)
    assert ended == [5]
    assert handlers == [signal.getsignal(signal.SIGINT)]


def test_the_engine_is_in_a_session_of_its_own(make: Make) -> None:
    result = make('read -r line < /proc/$$/stat; set -- $line; echo "$1 $6"').run(["up"], None, lambda event: None)
    number, session = result.last_lines[0].split()
    assert number == session != str(os.getsid(0))


def test_last_words(make: Make) -> None:
    body = "i=0; while [ $i -lt 30 ]; do echo line $i; i=$((i+1)); done; echo; echo '{\"cut'"
    result = make(f"{body}\nexit 255").run(["up"], None, lambda event: None)
    assert result.exit_code == 255
    assert list(result.last_lines) == [f"line {number}" for number in range(30 - process.LAST_LINES, 30)]
    result = make("echo 'error: no such flag' >&2\nprintf 'caf\\351\\n'\nexit 1").run(["up"], None, lambda event: None)
    assert sorted(result.last_lines) == ["caf\ufffd", "error: no such flag"]


def test_how_it_is_called(make: Make) -> None:
    engine = make('echo "$@"')
    [line] = engine.run(["up", "--yes"], 4321, lambda event: None).last_lines
    assert line == (
        f"up --yes --json --non-interactive --stack dev --parallel 256 --cwd {engine.state.project}"
        " --client=127.0.0.1:4321 --exec-kind auto.inline"
    )
    [line] = engine.run(["destroy"], None, lambda event: None).last_lines
    assert "--client" not in line


def test_whatever_is_under_way_has_a_thread_and_a_cancel_is_heard() -> None:
    assert runtime.AT_ONCE >= process.PARALLEL
    assert provider.THREADS > process.PARALLEL


def test_its_environment(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_DEBUG_PROVIDERS", "PULUMI_BACKEND_URL"):
        monkeypatch.setenv(name, "the person's own")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    engine = make("env")
    engine.state.prepare()
    monkeypatch.setattr(process, "LAST_LINES", 1000)
    said = [line.partition("=") for line in engine.run(["up"], None, lambda event: None).last_lines]
    env = {name: value for name, _, value in said}
    assert "the person's own" not in env.values()
    assert env["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/state/state?metadata=skip"
    assert env["PULUMI_HOME"] == f"{os.environ['MCLOUD_CACHE_DIR']}/engine/home"
    assert env["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(engine.state.passphrase_file)
    assert engine.state.passphrase_file.read_text() not in env.values()
    assert (env["HTTPS_PROXY"], env["MCLOUD_X"]) == ("http://proxy", "x")


def test_how_it_collects_what_it_needs_no_more(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOGC", raising=False)
    monkeypatch.setenv("GOMEMLIMIT", "2GiB")
    engine = make('echo "$GOGC $GOMEMLIMIT"')
    assert list(engine.run(["up"], None, lambda event: None).last_lines) == [f"{process.GARBAGE['GOGC']} 2GiB"]


def test_it_can_keep_no_log_and_former_ones_go(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "home", lambda: tmp_path / "home")
    logs = tmp_path / "home" / "logs"
    logs.mkdir(parents=True)
    (logs / "pulumi-20261126T000000-1-up.log").write_text("every input")
    for _ in range(2):
        make("exit 0").prepare()
        assert logs.read_text() == process.NO_LOGS


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("echo 'error: the stack is gone' >&2; echo more >&2; exit 255", "the stack is gone"),
        ("echo; echo odd; exit 1", "odd"),
        ("exit 1", "no message"),
    ],
)
def test_a_refusal(make: Make, body: str, says: str) -> None:
    with pytest.raises(EngineError) as caught:
        make(body).export()
    assert caught.value.message == f"the engine's stack export failed: {says}"


def test_import_hands_the_state_over_without_a_file(make: Make, tmp_path: Path) -> None:
    engine = make(f'cat > {tmp_path}/got; echo "$@" > {tmp_path}/arguments')
    engine.import_({"version": 3, "deployment": {"resources": []}})
    assert json.loads((tmp_path / "got").read_text()) == {"version": 3, "deployment": {"resources": []}}
    assert (tmp_path / "arguments").read_text().startswith("stack import --stack dev --non-interactive")


def test_preparing_twice_starts_nothing_the_second_time(make: Make, tmp_path: Path) -> None:
    engine = make(f'echo "$@" >> {tmp_path}/calls')
    engine.prepare()
    project = engine.state.project / "Pulumi.yaml"
    document = json.loads(project.read_text())
    assert (document["name"], document["runtime"]) == ("mcloud", "client")
    [provider] = document["plugins"]["providers"]
    assert provider["name"] == "mcloud"
    assert (Path(provider["path"]) / process.PROVIDER).exists()
    assert [path.name for path in engine.state.project.iterdir()] == ["Pulumi.yaml"]
    before = project.stat()
    engine.state.state_file("dev").parent.mkdir(parents=True)
    engine.state.state_file("dev").write_text("{}")
    engine.prepare()
    assert project.stat().st_mtime_ns == before.st_mtime_ns
    assert (tmp_path / "calls").read_text().splitlines() == [
        f"stack init dev --secrets-provider passphrase --non-interactive --cwd {engine.state.project}"
    ]


def test_where_our_provider_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schemes = {name: tmp_path / name for name in ("python", "person")}
    monkeypatch.setattr(sysconfig, "get_default_scheme", lambda: "python")
    monkeypatch.setattr(sysconfig, "get_preferred_scheme", lambda key: "person")
    monkeypatch.setattr(sysconfig, "get_path", lambda name, scheme: str(schemes[scheme]))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    with pytest.raises(EngineError, match="pulumi-resource-mcloud, a part of mcloud, is not where"):
        process.provider_folder()
    for folder in (tmp_path / "path", schemes["person"], schemes["python"]):
        folder.mkdir()
        (folder / process.PROVIDER).touch(mode=0o755)
        assert process.provider_folder() == folder
