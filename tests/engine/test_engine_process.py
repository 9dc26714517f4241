"""The real engine, driven directly, with a program of a few components: no provider and no cloud is needed."""

from __future__ import annotations

import gzip
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
import httpx
import pytest
from moto.server import ThreadedMotoServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2, resource_pb2, resource_pb2_grpc

from mcloud.engine import install
from mcloud.engine.codec import Secret, encode
from mcloud.engine.events import Event, Progress
from mcloud.engine.file_state import FileState
from mcloud.engine.journaled_state import JournaledState
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

    def __init__(self, folder: Path, kept: Callable[[Path], StateFolder] = JournaledState) -> None:
        binary = install.find()
        assert binary is not None, "mcloud engine install comes first"
        self.engine = Engine(binary, kept(folder / ".mcloud"), "dev", {})
        self.state = self.engine.state
        self.engine.prepare()

    def seen_by_another(self) -> StateFolder:
        """The same state, as another run has it."""
        return type(self.state)(self.state.path)

    def holder(self) -> int | None:
        """The engine that holds the stack."""
        if isinstance(self.state, FileState):
            pids = [json.loads(lock.read_text())["pid"] for lock in self.state.lock_files("dev")]
        else:
            assert isinstance(self.state, JournaledState)
            lease = self.state.stacks.lease("dev")
            pids = [process.pid for process in lease.processes if process.role == "engine"] if lease else []
        assert len(pids) < 2
        return pids[0] if pids else None

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


@pytest.fixture(params=[JournaledState, FileState], ids=["server", "file"])
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Bench:
    return Bench(tmp_path, request.param)


def test_what_prepare_makes(bench: Bench) -> None:
    assert bench.state.exists("dev")
    assert bench.state.resources("dev") == []
    assert bench.names() == []
    assert bench.state.passphrase_file.stat().st_mode & 0o777 == 0o600
    assert bench.holder() is None
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
    assert bench.holder() is None

    _, progress = bench.up(program)
    assert (progress.counts, progress.changes, progress.done) == ({"same": 3}, [], 2)
    _, progress = bench.up(Program("b", "c"))
    assert sorted((event.op, event.name) for event in progress.changes) == [("create", "c"), ("delete", "a")]
    before = bench.state.deployment("dev")
    result, progress = bench.run(program, "refresh", "--preview-only")
    assert (result.exit_code, progress.changes) == (0, [])
    assert bench.state.deployment("dev") == before

    result, progress = bench.run(program, "destroy", "--yes", "--skip-preview")
    assert (result.exit_code, progress.counts) == (0, {"delete": 3})
    assert bench.names() == []


def test_nothing_beside_a_state_that_a_kill_could_cut_off(bench: Bench) -> None:
    bench.up(Program("a"))
    bench.up(Program("b"))
    if isinstance(bench.state, FileState):
        folder, expected = bench.state.state_file("dev").parent, ["dev.json", "dev.json.bak"]
    else:
        folder = bench.state.path / "stacks" / "dev"
        expected = [".lock", "history", "journal", "lease.json", "state.json"]
        assert [path.name for path in (folder / "journal").iterdir()] == [".lock"]
    assert sorted(path.name for path in folder.iterdir()) == expected


def test_a_program_that_fails(bench: Bench) -> None:
    result, progress = bench.up(Program("a", error="the sky is falling"))
    assert result.exit_code != 0
    assert any("the sky is falling" in event.text for event in progress.messages if event.severity == "error")
    assert bench.names() == ["a"]
    assert bench.holder() is None


def test_secrets_are_encrypted_wherever_they_lie(bench: Bench) -> None:
    said: list[Event] = []
    result, _ = bench.up(Program("a", outputs={"token": Secret("hush-hush"), "plain": "seen"}), hear=said.append)
    assert result.exit_code == 0
    exported = json.dumps(bench.engine.export())
    assert "seen" in exported
    assert "ciphertext" in exported
    assert "hush-hush" not in exported + repr(said)
    written = {path: path.read_bytes() for path in bench.state.path.rglob("*") if path.is_file()}
    held = [path for path, data in written.items() if b"ciphertext" in unzipped(data)]
    assert held, "the state is among what was looked at"
    assert [path for path, data in written.items() if b"hush-hush" in unzipped(data)] == []


def unzipped(data: bytes) -> bytes:
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


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
    assert bench.holder() is None
    assert signal.getsignal(signal.SIGINT) is before
    result, progress = bench.up(Program("a"))
    assert (result.exit_code, progress.counts) == (0, {"same": 2})


def test_an_error_of_ours_leaves_no_lock(bench: Bench) -> None:
    def break_down() -> None:
        raise OSError("the terminal is gone")

    with pytest.raises(OSError, match="the terminal is gone"):
        bench.up(Program("a", hold=True), hear=when("finished", "a", break_down))
    assert bench.holder() is None
    assert bench.names() == ["a"]


def test_while_it_runs_the_stack_is_held(bench: Bench) -> None:
    program = Program("a", hold=True)
    refused: list[StateLocked] = []

    def look() -> None:
        with pytest.raises(StateLocked) as caught:
            bench.seen_by_another().break_stale_locks("dev")
        refused.append(caught.value)
        program.release.set()

    result, _ = bench.up(program, hear=when("finished", "a", look))
    assert result.exit_code == 0
    assert re.fullmatch(
        r"another run holds the stack 'dev': process \d+ of \S+ on \S+ since \d{4}-\d\d-\d\dT\S+"
        r"( \(update\); it is alive)?",
        refused[0].message,
    )
    assert bench.seen_by_another().break_stale_locks("dev") == []


def test_the_lock_of_a_killed_engine_is_told_from_a_living_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path, FileState)
    holder: list[int | None] = []
    result, _ = bench.up(Program("a", hold=True), hear=when("finished", "a", lambda: holder.append(kill(bench))))
    assert result.exit_code == -signal.SIGKILL
    assert bench.holder() == holder[0]
    assert bench.up(Program("a"))[0].exit_code > 0, "the engine itself refuses"
    assert bench.state.break_stale_locks("dev") == [f"the lock of process {holder[0]}, which is gone"]
    assert bench.up(Program("a"))[0].exit_code == 0


def test_a_killed_engine_leaves_what_it_has_done_and_no_lock(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    result, _ = bench.up(Program("a", hold=True), hear=when("finished", "a", lambda: kill(bench)))
    assert result.exit_code == -signal.SIGKILL
    assert bench.names() == ["a"]
    assert bench.holder() is None
    assert bench.seen_by_another().break_stale_locks("dev") == []
    _, progress = bench.up(Program("a"))
    assert progress.counts == {"same": 2}


def kill(bench: Bench) -> int | None:
    """End the engine that holds the stack."""
    holder = bench.holder()
    assert holder is not None
    os.kill(holder, signal.SIGKILL)
    return holder


def test_a_state_in_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        httpx.put(f"http://{host}:{port}/states", trust_env=False).raise_for_status()
        address = f"s3://states/team?endpoint=http://{host}:{port}&region=us-east-1"
        bench = Bench(tmp_path, lambda path: JournaledState(path, address))
        result, progress = bench.up(Program("a", "b", outputs={"token": Secret("hush")}))
        assert (result.exit_code, progress.counts) == (0, {"create": 3})
        assert (bench.names(), bench.holder()) == (["a", "b"], None)
        assert not (bench.state.path / "stacks").exists()
        (bench.state.project / "Pulumi.dev.yaml").unlink()
        bench.engine.prepare()
        _, progress = bench.up(Program("b", outputs={"token": Secret("hush")}))
        assert progress.counts == {"same": 2, "delete": 1}
    finally:
        server.stop()


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
