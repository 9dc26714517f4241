"""The real engine, driven directly, with a program of a few components: no provider and no cloud is needed."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2, resource_pb2, resource_pb2_grpc

from mcloud.engine import install
from mcloud.engine.codec import Secret, encode
from mcloud.engine.events import Event, Progress
from mcloud.engine.process import Engine
from mcloud.engine.state import StateFolder
from mcloud.errors import EngineError, StateLocked

pytestmark = pytest.mark.engine
Hear = Callable[[Event], None]
NO_PROXY = [("grpc.enable_http_proxy", 0)]


class Program(language_pb2_grpc.LanguageRuntimeServicer):
    """Registers components by name, says what it is told to, and holds the run until it is released."""

    def __init__(self, *names: str, error: str = "", outputs: dict[str, Any] | None = None, hold: bool = False) -> None:
        self.names = names
        self.error = error
        self.outputs = outputs or {}
        self.release = threading.Event()
        if not hold:
            self.release.set()

    def Handshake(self, request: Any, context: Any) -> Any:
        return language_pb2.LanguageHandshakeResponse()

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        return language_pb2.GetRequiredPackagesResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="1.0.0")

    def Run(self, request: Any, context: Any) -> Any:
        with grpc.insecure_channel(request.monitor_address, options=NO_PROXY) as channel:
            monitor = resource_pb2_grpc.ResourceMonitorStub(channel)
            root = self._register(monitor, "pulumi:pulumi:Stack", f"{request.project}-{request.stack}")
            for name in self.names:
                self._finish(monitor, self._register(monitor, "test:index:Group", name, parent=root))
            self._finish(monitor, root)
            while context.is_active() and not self.release.wait(0.02):
                pass
        return language_pb2.RunResponse(error=self.error)

    def _register(self, monitor: Any, type_: str, name: str, parent: str = "") -> str:
        answer = monitor.RegisterResource(
            resource_pb2.RegisterResourceRequest(type=type_, name=name, parent=parent, custom=False, acceptSecrets=True)
        )
        return str(answer.urn)

    def _finish(self, monitor: Any, urn: str) -> None:
        monitor.RegisterResourceOutputs(
            resource_pb2.RegisterResourceOutputsRequest(urn=urn, outputs=encode(self.outputs))
        )


@contextmanager
def served(program: Program) -> Iterator[int]:
    server = grpc.server(ThreadPoolExecutor(4))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(program, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        program.release.set()
        server.stop(grace=1).wait(5)


class Bench:
    """An engine with a state of its own."""

    def __init__(self, folder: Path) -> None:
        binary = install.find()
        assert binary is not None, "mcloud engine install comes first"
        self.engine = Engine(binary, StateFolder(folder / ".mcloud"), "dev", {})
        self.state = self.engine.state
        self.engine.prepare()

    def run(self, program: Program, *operation: str, hear: Hear = lambda event: None) -> Any:
        """Run an operation; its result and the progress."""
        progress = Progress(total=len(program.names))

        def on_event(event: Event) -> None:
            progress.take(event)
            hear(event)

        with served(program) as port:
            result = self.engine.run(operation, port, on_event)
        return result, progress

    def up(self, program: Program, hear: Hear = lambda event: None) -> Any:
        return self.run(program, "up", "--yes", "--skip-preview", hear=hear)

    def names(self) -> list[str]:
        """What is in the state, but for the stack itself."""
        found = (item["urn"].rsplit("::", 1)[1] for item in self.state.deployment("dev").get("resources") or ())
        return sorted(name for name in found if name != "mcloud-dev")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_prepare_makes(bench: Bench) -> None:
    assert bench.state.state_file("dev").exists()
    assert bench.state.resources("dev") == []
    assert bench.names() == []
    assert bench.state.passphrase_file.stat().st_mode & 0o777 == 0o600
    assert bench.state.lock_files("dev") == []
    bench.engine.prepare()


def test_a_stack_s_life(bench: Bench) -> None:
    program = Program("a", "b")
    result, progress = bench.run(program, "preview")
    assert (result.exit_code, progress.counts["create"]) == (0, 3)
    # A component is told twice in a preview: when it is registered and when its outputs are.
    assert {(event.op, event.name) for event in progress.changes} == {("create", "a"), ("create", "b")}
    assert (progress.done, bench.names()) == (2, [])

    result, progress = bench.up(program)
    assert (result.exit_code, result.interrupted, progress.counts) == (0, False, {"create": 3})
    assert (progress.done, progress.total, progress.waiting, progress.failed) == (2, 2, {}, [])
    assert sorted((event.op, event.type, event.name) for event in progress.changes) == [
        ("create", "test:index:Group", "a"),
        ("create", "test:index:Group", "b"),
    ]
    assert bench.names() == ["a", "b"]
    assert bench.state.lock_files("dev") == []

    _, progress = bench.up(program)
    assert (progress.counts, progress.changes, progress.done) == ({"same": 3}, [], 2)
    _, progress = bench.up(Program("b", "c"))
    assert sorted((event.op, event.name) for event in progress.changes) == [("create", "c"), ("delete", "a")]
    before = bench.state.state_file("dev").read_bytes()
    result, progress = bench.run(program, "refresh", "--preview-only")
    assert (result.exit_code, progress.changes) == (0, [])
    assert bench.state.state_file("dev").read_bytes() == before

    result, progress = bench.run(program, "destroy", "--yes", "--skip-preview")
    assert (result.exit_code, progress.counts) == (0, {"delete": 3})
    assert bench.names() == []


def test_nothing_beside_a_state_that_a_kill_could_cut_off(bench: Bench) -> None:
    bench.up(Program("a"))
    bench.up(Program("b"))
    folder = bench.state.state_file("dev").parent
    assert sorted(path.name for path in folder.iterdir()) == ["dev.json", "dev.json.bak"]


def test_a_program_that_fails(bench: Bench) -> None:
    result, progress = bench.up(Program("a", error="the sky is falling"))
    assert result.exit_code != 0
    assert any("the sky is falling" in event.text for event in progress.messages if event.severity == "error")
    assert bench.names() == ["a"]
    assert bench.state.lock_files("dev") == []


def test_secrets_are_encrypted_wherever_they_lie(bench: Bench) -> None:
    said: list[Event] = []
    result, _ = bench.up(Program("a", outputs={"token": Secret("hush-hush"), "plain": "seen"}), hear=said.append)
    assert result.exit_code == 0
    exported = json.dumps(bench.engine.export())
    assert "seen" in exported
    assert "ciphertext" in exported
    assert "hush-hush" not in exported + repr(said)
    written = [path for path in bench.state.path.rglob("*") if path.is_file()]
    assert bench.state.state_file("dev") in written
    assert [path for path in written if b"hush-hush" in path.read_bytes()] == []


def test_export_and_import(bench: Bench) -> None:
    bench.up(Program("a", "b", outputs={"token": Secret("hush")}))
    exported = bench.engine.export()
    bench.run(Program(), "destroy", "--yes", "--skip-preview")
    bench.engine.import_(exported)
    assert bench.names() == ["a", "b"]
    _, progress = bench.up(Program("a", "b", outputs={"token": Secret("hush")}))
    assert progress.counts == {"same": 3}


def test_an_import_that_is_refused(bench: Bench) -> None:
    bench.up(Program("a"))
    with pytest.raises(EngineError, match=r"^the engine's stack import failed: (?!error)") as caught:
        bench.engine.import_({"version": 99, "deployment": {}})
    assert "no message" not in caught.value.message
    assert bench.names() == ["a"]


def when(kind: str, name: str, do: Callable[[], object]) -> Hear:
    """Do something once an event is heard."""

    def hear(event: Event) -> None:
        if (event.kind, event.name) == (kind, name):
            do()

    return hear


def test_ctrl_c(bench: Bench) -> None:
    before = signal.getsignal(signal.SIGINT)
    pressed = when("finished", "a", lambda: signal.raise_signal(signal.SIGINT))
    result, _ = bench.up(Program("a", hold=True), hear=pressed)
    assert result.interrupted
    assert result.exit_code > 0
    assert bench.names() == ["a"]
    assert bench.state.lock_files("dev") == []
    assert signal.getsignal(signal.SIGINT) is before
    result, progress = bench.up(Program("a"))
    assert (result.exit_code, progress.counts) == (0, {"same": 2})


def test_an_error_of_ours_leaves_no_lock(bench: Bench) -> None:
    def break_down() -> None:
        raise OSError("the terminal is gone")

    with pytest.raises(OSError, match="the terminal is gone"):
        bench.up(Program("a", hold=True), hear=when("finished", "a", break_down))
    assert bench.state.lock_files("dev") == []
    assert bench.names() == ["a"]


def test_while_it_runs_the_stack_is_held(bench: Bench) -> None:
    program = Program("a", hold=True)
    refused: list[StateLocked] = []

    def look() -> None:
        with pytest.raises(StateLocked) as caught:
            bench.state.break_stale_locks("dev")
        refused.append(caught.value)
        program.release.set()

    result, _ = bench.up(program, hear=when("finished", "a", look))
    assert result.exit_code == 0
    assert re.fullmatch(
        r"another run holds the stack 'dev': process \d+ of \S+ on \S+ since \d{4}-\d\d-\d\dT\S+", refused[0].message
    )
    assert bench.state.break_stale_locks("dev") == []


def test_the_lock_of_a_killed_engine_is_told_from_a_living_one(bench: Bench) -> None:
    result, _ = bench.up(Program("a", hold=True), hear=when("finished", "a", lambda: kill(bench)))
    assert result.exit_code == -signal.SIGKILL
    [lock] = bench.state.lock_files("dev")
    holder = json.loads(lock.read_text())["pid"]
    assert bench.up(Program("a"))[0].exit_code > 0, "the engine itself refuses"
    assert bench.state.break_stale_locks("dev") == [f"the lock of process {holder}, which is gone"]
    assert bench.up(Program("a"))[0].exit_code == 0


def kill(bench: Bench) -> None:
    """End the engine that holds the stack."""
    [lock] = bench.state.lock_files("dev")
    os.kill(json.loads(lock.read_text())["pid"], signal.SIGKILL)


@pytest.mark.parametrize("name", ["a b", "a%20b", "a#b", "a?b", "a%b", "a&b+c", "tiếng việt"])
def test_any_name_of_a_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    bench = Bench(tmp_path / name)
    assert bench.up(Program("a"))[0].exit_code == 0
    assert bench.names() == ["a"]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_passphrase_is_on_no_command_line(bench: Bench) -> None:
    lines: list[bytes] = []
    program = Program("a", hold=True)

    def look() -> None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                lines.append(path.read_bytes())
            except OSError:
                continue
        program.release.set()

    bench.up(program, hear=when("finished", "a", look))
    assert any(str(bench.state.project).encode() in line for line in lines), "the engine was looked at"
    assert not any(bench.state.passphrase_file.read_bytes() in line for line in lines)
