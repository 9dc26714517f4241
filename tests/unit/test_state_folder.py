"""The folder of a state: where it is, what is made once, what the state file says, whose locks may be broken."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mcloud.engine.file_state import FileState
from mcloud.engine.journaled_state import JournaledState, machine
from mcloud.engine.state import BACKEND, BACKEND_VARIABLES, DEFAULT, StateFolder
from mcloud.errors import StateError, StateLocked


@pytest.fixture
def folder(tmp_path: Path) -> FileState:
    made = FileState(tmp_path / ".mcloud")
    made.prepare()
    return made


@pytest.fixture
def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def write(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))


def lock(folder: FileState, document: Any, name: str = "1") -> Path:
    path = folder.path / "state" / ".pulumi" / "locks" / "organization" / "mcloud" / "dev" / f"{name}.json"
    write(path, document)
    return path


def held_by(pid: int, host: str) -> dict[str, Any]:
    return {"pid": pid, "username": "lan", "hostname": host, "timestamp": "2026-09-01T08:00:00+07:00"}


def test_it_is_beside_the_stack_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert StateFolder.beside(Path("web.yaml")).path == tmp_path / ".mcloud"
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///srv/state")
    assert StateFolder.beside(Path("web.yaml")).path == Path("/srv/state")
    monkeypatch.setenv("MCLOUD_BACKEND_URL", "file://~/mine")
    assert StateFolder.beside(Path("web.yaml")).path == Path.home() / "mine"


def test_who_writes_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, type[StateFolder]] = {"server": JournaledState, "file": FileState}
    for value, expected in (("", kept[DEFAULT]), *kept.items()):
        monkeypatch.setenv(BACKEND, value)
        assert type(StateFolder.beside(Path("web.yaml"))) is expected
    monkeypatch.setenv(BACKEND, "tape")
    with pytest.raises(StateError, match="MCLOUD_STATE_BACKEND is 'tape'") as caught:
        StateFolder.beside(Path("web.yaml"))
    assert caught.value.hint == f"server or file; without it {DEFAULT}"


@pytest.mark.parametrize("variable", BACKEND_VARIABLES)
@pytest.mark.parametrize(
    "url", ["https://user:hush@api.example", "gs://b", "/srv/state", "azblob://c"]
)
def test_other_backends_are_refused(monkeypatch: pytest.MonkeyPatch, variable: str, url: str) -> None:
    monkeypatch.setenv(variable, url)
    with pytest.raises(StateError, match=f"{variable} asks for the state to be at ") as caught:
        StateFolder.beside(Path("web.yaml"))
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("MCLOUD_BACKEND_URL=file://FOLDER or")
    assert "hush" not in str(caught.value)


def test_a_bucket_is_for_the_state_server_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BACKEND, "server")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://bucket/x")
    with pytest.raises(StateError, match="PULUMI_BACKEND_URL asks for the state to be at s3://"):
        StateFolder.beside(Path("web.yaml"))
    monkeypatch.setenv("MCLOUD_BACKEND_URL", "s3://bucket/x?region=r")
    found = StateFolder.beside(Path("web.yaml"))
    assert (type(found), found.remote, found.path.name) == (JournaledState, "s3://bucket/x?region=r", ".mcloud")
    monkeypatch.setenv(BACKEND, "file")
    with pytest.raises(StateError, match="MCLOUD_BACKEND_URL asks for the state to be at s3://"):
        StateFolder.beside(Path("web.yaml"))


def test_what_is_made_once(folder: FileState) -> None:
    passphrase = folder.passphrase_file
    before = (folder.state_id, passphrase.read_text())
    assert passphrase.stat().st_mode & 0o777 == 0o600
    assert len(before[1]) >= 32
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert (folder.path / ".gitignore").read_text() == "*\n"
    folder.prepare()
    assert (folder.state_id, passphrase.read_text()) == before


def test_two_states_share_nothing(tmp_path: Path) -> None:
    made = [FileState(tmp_path / name) for name in ("a", "b")]
    for folder in made:
        folder.prepare()
    assert made[0].state_id != made[1].state_id
    assert made[0].passphrase_file.read_text() != made[1].passphrase_file.read_text()


def test_what_the_state_says(folder: FileState) -> None:
    assert folder.deployment("dev") == {}
    ours, stack = {"type": "mcloud:compute:Server", "id": "x"}, {"type": "pulumi:pulumi:Stack"}
    pending = [{"type": "creating", "resource": ours}, {"type": "deleting", "resource": ours}]
    latest = {"resources": [stack, ours], "pending_operations": pending}
    write(folder.state_file("dev"), {"version": 3, "checkpoint": {"latest": latest}})
    assert folder.resources("dev") == [ours]
    assert folder.pending_creates("dev") == pending[:1]
    write(folder.state_file("dev"), {"version": 3, "checkpoint": {"latest": None}})
    assert (folder.resources("dev"), folder.pending_creates("dev")) == ([], [])


def test_a_damaged_state_file(folder: FileState) -> None:
    path = folder.state_file("dev")
    write(path, "{cut off")
    with pytest.raises(StateError, match="the state file is damaged") as caught:
        folder.resources("dev")
    assert (caught.value.where, caught.value.hint) == (str(path), f"an older one is {path}.bak")


def test_the_lock_of_a_process_that_is_gone_is_broken(folder: FileState, gone: int) -> None:
    path = lock(folder, held_by(gone, socket.gethostname()))
    assert folder.lock_files("dev") == [path]
    assert folder.break_stale_locks("dev") == [f"the lock of process {gone}, which is gone"]
    assert not path.exists()
    assert folder.break_stale_locks("dev") == []


def test_a_process_that_nobody_has_waited_for_holds_nothing(folder: FileState) -> None:
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        path = lock(folder, held_by(process.pid, socket.gethostname()))
        assert folder.break_stale_locks("dev") == [f"the lock of process {process.pid}, which is gone"]
    assert not path.exists()


@pytest.mark.parametrize("whose", ["ours", "somebody else's", "gone, on another machine"])
def test_locks_that_are_not_broken(folder: FileState, gone: int, monkeypatch: pytest.MonkeyPatch, whose: str) -> None:
    def may_not(pid: int, number: int) -> None:
        raise PermissionError

    host, pid = socket.gethostname(), os.getpid()
    if whose == "somebody else's":
        monkeypatch.setattr(os, "kill", may_not)
    elif whose != "ours":
        host, pid = "elsewhere", gone
    path = lock(folder, held_by(pid, host))
    with pytest.raises(StateLocked) as caught:
        folder.break_stale_locks("dev")
    error = caught.value
    assert error.message == (
        f"another run holds the stack 'dev': process {pid} of lan on {host} since 2026-09-01T08:00:00+07:00"
    )
    assert (error.where, error.hint) == (
        str(path),
        "wait until it has ended; if it is surely dead, remove the lock file",
    )
    assert path.exists()


def test_locks_of_other_stacks_do_not_count(folder: FileState) -> None:
    lock(folder, held_by(os.getpid(), socket.gethostname()))
    assert folder.lock_files("prod") == []
    assert folder.break_stale_locks("prod") == []


def test_containers_of_one_name_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "web")
    for space, expected in (("pid:[4026531836]", "web"), ("pid:[4026532201]", "web/4026532201")):
        monkeypatch.setattr(os, "readlink", lambda path, space=space: space)
        assert machine() == expected

    def unknown(path: str) -> str:
        raise OSError("no such file")

    monkeypatch.setattr(os, "readlink", unknown)
    assert machine() == "web"


def test_a_command_looks_once_until_something_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = JournaledState(tmp_path / ".mcloud")
    state.prepare()
    state.stacks.create("dev", {"resources": [{"urn": "a"}], "pending_operations": []})
    looks = []
    find = state.stacks.find
    monkeypatch.setattr(state.stacks, "find", lambda stack: looks.append(stack) or find(stack))
    assert [len(state.deployment("dev")["resources"]) for _ in range(3)] == [1, 1, 1]
    assert len(looks) == 3

    state.hold("dev")
    first = state.deployment("dev")
    first["resources"][0]["urn"] = "mine"
    first["resources"].append({"urn": "mine"})
    assert state.deployment("dev")["resources"] == [{"urn": "a"}], "everybody has a copy"
    assert state.begun_creates("dev") == {}
    assert len(looks) == 4

    for change in (
        lambda: state.replace("dev", {"resources": []}),
        lambda: state.break_stale_locks("dev"),
        lambda: state.kept(),
        lambda: state.create("new"),
    ):
        state.hold("dev")
        change()
        looks.clear()
        state.deployment("dev")
        assert looks == ["dev"]
    assert state.deployment("dev")["resources"] == []


def test_a_stack_that_is_not_there_is_not_looked_for_again(tmp_path: Path) -> None:
    state = JournaledState(tmp_path / ".mcloud")
    state.prepare()
    state.hold("dev")
    state.stacks.create("dev", {"resources": [{"urn": "a"}]})
    assert not state.deployment("dev").get("resources")
    with state.connected("dev"):
        assert state.deployment("dev")["resources"] == [{"urn": "a"}]
    assert state.deployment("dev")["resources"] == [{"urn": "a"}]
