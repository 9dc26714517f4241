"""The state server's process over HTTP, as the engine and the provider call it."""

from __future__ import annotations

import gzip
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from mcloud.engine.provider.creates import NotTold, ToldToServer, from_environment
from mcloud.engine.stateserver.client import RESTARTS, TOKEN, URL, StateServer
from mcloud.engine.stateserver.lease import Owner
from mcloud.engine.stateserver.processes import Process
from mcloud.engine.stateserver.stacks import Stacks
from mcloud.engine.stateserver.stores import open_store
from mcloud.errors import EngineError, StateError

STACK = "/api/stacks/organization/mcloud/dev"
URN = "urn:pulumi:dev::mcloud::mcloud:compute:Server::web"
BEGIN = {
    "version": 1,
    "kind": 0,
    "sequenceID": 1,
    "operationID": 1,
    "operation": {"type": "creating", "resource": {"urn": URN, "type": "mcloud:compute:Server"}},
}
SUCCESS = {
    "version": 1,
    "kind": 1,
    "sequenceID": 2,
    "operationID": 1,
    "state": {"urn": URN, "type": "mcloud:compute:Server", "id": "c/r/1"},
}


class Desk:
    """A server, what calls it, and the store below it."""

    def __init__(self, address: str) -> None:
        self.store: Any = open_store(address)
        self.server = StateServer(address, Owner("lan", "here", [Process.of("mcloud", os.getpid())]))
        token = self.server.variables["PULUMI_ACCESS_TOKEN"]
        self.client = httpx.Client(
            base_url=self.server.url,
            headers={"Authorization": f"token {token}"},
            timeout=60,
            trust_env=False,
            # The process that held a kept connection may have been killed.
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def call(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        content = None if body is None else gzip.compress(json.dumps(body).encode())
        headers = {} if body is None else {"content-encoding": "gzip"}
        answer = self.client.request(method, path, content=content, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def started(self, kind: str = "update") -> str:
        """The path of an update that has begun."""
        planned = self.call("POST", f"{STACK}/{kind}", {"options": {}})
        path = f"{STACK}/{kind}/{planned['updateID']}"
        answer = self.call("POST", path, {"tags": {}, "journalVersion": 1})
        assert (answer["journalVersion"], bool(answer["token"])) == (1, True)
        return path

    def resources(self) -> list[str]:
        return [item["id"] for item in self.call("GET", f"{STACK}/export")["deployment"].get("resources") or ()]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(f"file://{tmp_path}/stacks")
    made.call("POST", "/api/stacks/organization/mcloud", {"stackName": "dev", "tags": {}})
    yield made
    made.client.close()
    made.server.stop()


def test_nobody_without_the_token(desk: Desk) -> None:
    for headers in ({}, {"Authorization": "token x"}, {"Authorization": "Bearer x"}):
        answer = httpx.get(f"{desk.server.url}/api/user", headers=headers, trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (401, 401)
    assert desk.call("GET", "/api/user")["githubLogin"] == "organization"
    assert desk.call("GET", "/api/user/organizations/default") == {"gitHubLogin": "organization"}
    assert desk.call("HEAD", "/api/stacks/organization/mcloud") is not False
    [capability] = desk.call("GET", "/api/capabilities")["capabilities"]
    assert capability["configuration"] == {"version": 4}


def test_stacks_come_and_go(desk: Desk) -> None:
    assert [row["stackName"] for row in desk.call("GET", "/api/user/stacks?project=mcloud")["stacks"]] == ["dev"]
    desk.call("POST", "/api/stacks/organization/mcloud", {"stackName": "dev"}, status=409)
    assert desk.call("GET", STACK)["activeUpdate"] == ""
    state = {"version": 3, "deployment": {"resources": [SUCCESS["state"]]}}
    desk.call("POST", "/api/stacks/organization/mcloud", {"stackName": "other", "state": state})
    other = "/api/stacks/organization/mcloud/other"
    assert desk.call("DELETE", other, status=400)["message"] == "Bad Request: Stack still contains resources."
    desk.call("DELETE", f"{other}?force=true")
    desk.call("GET", other, status=404)
    desk.call("GET", f"{other}/export", status=404)
    desk.call("POST", f"{other}/update", {}, status=404)
    desk.call("POST", f"{STACK}/somersault", {}, status=404)


def test_an_update_whose_calls_are_repeated(desk: Desk) -> None:
    update = desk.started()
    assert desk.call("GET", STACK)["activeUpdate"] == update.rsplit("/", 1)[1]
    for _ in range(2):
        desk.call("PATCH", f"{update}/journalentries", {"entries": [BEGIN, SUCCESS]})
    assert desk.call("GET", update)["status"] == "running"
    assert desk.call("POST", f"{update}/renew_lease", {"duration": 300})["token"]
    desk.call("POST", f"{update}/events/batch", {"events": []})
    for _ in range(2):
        desk.call("POST", f"{update}/complete", {"status": "succeeded"})
    assert desk.resources() == ["c/r/1"]
    assert desk.call("GET", update)["status"] == "succeeded"
    [row] = desk.call("GET", f"{STACK}/updates?pageSize=10&page=1")["updates"]
    assert (row["version"], row["kind"], row["result"], row["resourceCount"]) == (2, "update", "succeeded", 1)
    assert desk.call("GET", f"{STACK}/export/2")["deployment"]["resources"] == [SUCCESS["state"]]
    desk.call("GET", f"{STACK}/export/1", status=500)


def test_a_preview_goes_beside_an_update_and_writes_nothing(desk: Desk) -> None:
    update = desk.started()
    preview = desk.started("preview")
    dry = desk.call("POST", f"{STACK}/refresh", {"options": {"dryRun": True}})["updateID"]
    desk.call("POST", f"{STACK}/refresh/{dry}", {"journalVersion": 1})
    for path in (preview, f"{STACK}/refresh/{dry}"):
        desk.call("POST", f"{path}/renew_lease", {})
        desk.call("POST", f"{path}/complete", {"status": "succeeded"})
    assert desk.call("GET", update)["status"] == "running"
    assert len(desk.store.keys("dev/journal/")) == 1


def test_an_engine_without_a_journal_is_refused(desk: Desk) -> None:
    planned = desk.call("POST", f"{STACK}/update", {})["updateID"]
    assert "writes no journal" in desk.call("POST", f"{STACK}/update/{planned}", {}, status=400)["message"]


def test_imports(desk: Desk) -> None:
    desk.call("POST", f"{STACK}/import", {"version": 3, "deployment": {"resources": [SUCCESS["state"]]}})
    assert desk.resources() == ["c/r/1"]
    desk.call("POST", f"{STACK}/import", {"version": 99, "deployment": {}}, status=400)
    tainted = {**SUCCESS["state"], "taint": True}
    desk.call("POST", f"{STACK}/import", {"version": 4, "features": ["taint"], "deployment": {"resources": [tainted]}})
    exported = desk.call("GET", f"{STACK}/export")
    assert (exported["version"], exported["features"]) == (4, ["taint"])


def test_what_is_no_request(desk: Desk) -> None:
    answer = desk.client.post(f"{STACK}/import", content=b"{", headers={"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert desk.client.post(f"{STACK}/import", content=b"{}").status_code == 400


def test_killed_it_comes_back_and_knows_what_it_acknowledged(desk: Desk) -> None:
    update = desk.started()
    desk.call("PATCH", f"{update}/journalentries", {"entries": [BEGIN]})
    before = desk.server.pid
    os.kill(before, signal.SIGKILL)
    desk.call("PATCH", f"{update}/journalentries", {"entries": [BEGIN, SUCCESS]})
    assert desk.server.pid != before
    desk.call("POST", f"{update}/complete", {"status": "succeeded"})
    assert desk.resources() == ["c/r/1"]


def test_killed_in_the_middle_of_appends_it_loses_nothing(address: str) -> None:
    """In each store: whoever got an answer finds what it was about, whatever became of the server."""
    desk = Desk(address)
    desk.call("POST", "/api/stacks/organization/mcloud", {"stackName": "dev", "tags": {}})
    update = desk.started()
    answered: set[str] = set()
    some, enough = threading.Event(), threading.Event()

    def write(writer: int) -> None:
        for number in range(100):
            if enough.is_set():
                return
            operation = 1_000 * writer + number
            state = {**SUCCESS["state"], "id": f"c/r/{operation}", "urn": f"{URN}-{operation}"}
            entry = {**SUCCESS, "operationID": operation, "sequenceID": operation, "state": state}
            while True:
                try:
                    desk.call("PATCH", f"{update}/journalentries", {"entries": [entry]})
                except httpx.TransportError:
                    continue  # the engine repeats it too
                break
            answered.add(state["id"])
            some.set()

    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write, writer) for writer in range(3)]
        for _ in range(3):
            some.clear()
            assert some.wait(60)
            before = desk.server.pid
            os.kill(before, signal.SIGKILL)
            # An answer that was under way is no sign of the next server.
            while desk.server.pid == before and not writers[0].done():
                time.sleep(0.01)
        some.clear()
        assert some.wait(60)
        enough.set()
        for writer in writers:
            writer.result(60)
    os.kill(desk.server.pid, signal.SIGKILL)
    found = Stacks(open_store(address), Owner("x", "y", [])).view("dev").deployment["resources"]
    assert len(answered) > 3
    assert sorted(item["id"] for item in found) == sorted(answered)
    desk.call("POST", f"{update}/complete", {"status": "succeeded"})
    assert sorted(desk.resources()) == sorted(answered)
    desk.client.close()
    desk.server.stop()


def test_it_does_not_come_back_for_ever(desk: Desk) -> None:
    killed: set[int] = set()
    end = time.monotonic() + 60
    while len(killed) <= RESTARTS:
        assert time.monotonic() < end
        if desk.server.pid not in killed:
            killed.add(desk.server.pid)
            os.kill(desk.server.pid, signal.SIGKILL)
        time.sleep(0.01)
    while True:
        assert time.monotonic() < end
        try:
            httpx.get(desk.server.url, trust_env=False, timeout=0.2)
        except httpx.ConnectError:
            break
        except httpx.TransportError:
            continue
    with pytest.raises(EngineError, match="the state server does not answer"):
        desk.server.engine_started(os.getpid())


def test_a_full_disk_is_told_before_anything_is_acknowledged(desk: Desk) -> None:
    update = desk.started()
    desk.call("PATCH", f"{update}/journalentries", {"entries": [BEGIN]})
    [journal] = desk.store.keys("dev/journal/")
    size = (desk.store.root / journal).stat().st_size
    soft, hard = resource.prlimit(desk.server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(desk.server.pid, resource.RLIMIT_FSIZE, (size + 10, hard))
    refused = desk.call("PATCH", f"{update}/journalentries", {"entries": [SUCCESS]}, status=507)
    assert "the disk is full" in refused["message"]
    desk.call("POST", f"{update}/complete", {"status": "failed"}, status=507)
    resource.prlimit(desk.server.pid, resource.RLIMIT_FSIZE, (soft, hard))
    assert Stacks(desk.store, Owner("x", "y", [Process.of("mcloud", 1)])).view("dev").deployment["pending_operations"]
    desk.call("POST", f"{update}/complete", {"status": "failed"})
    assert desk.call("GET", f"{STACK}/export")["deployment"]["pending_operations"] == [BEGIN["operation"]]


def test_a_run_that_was_taken_over_can_write_nothing(desk: Desk) -> None:
    update = desk.started()
    other = Stacks(desk.store, Owner("minh", "there", [Process.of("mcloud", os.getpid())]))
    # By force from elsewhere: nothing on this machine is ended for it.
    held = other.lease("dev")
    assert held is not None
    assert other.clear("dev", force=True) == [f"the lock of process {os.getpid()}, which is gone"]
    desk.call("PATCH", f"{update}/journalentries", {"entries": [BEGIN]}, status=403)
    desk.call("POST", f"{update}/renew_lease", {}, status=403)
    other.start("dev", "0b", "update")
    planned = desk.call("POST", f"{STACK}/update", {})["updateID"]
    refused = desk.call("POST", f"{STACK}/update/{planned}", {"journalVersion": 1}, status=409)
    assert "another run holds the stack 'dev'" in refused["message"]


def test_what_the_provider_tells(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(from_environment(), NotTold)
    for name in (URL, TOKEN):
        monkeypatch.setenv(name, desk.server.variables[name])
    creates = from_environment()
    assert isinstance(creates, ToldToServer)
    with pytest.raises(StateError, match="this run does not hold the stack 'dev'"):
        creates.begun(URN, "acc")
    update = desk.started()
    desk.call("PATCH", f"{update}/journalentries", {"entries": [BEGIN]})
    view = Stacks(desk.store, Owner("x", "y", [])).view
    creates.begun(URN, "acc")
    assert view("dev").creates == {URN: {"account": "acc"}}
    os.kill(desk.server.pid, signal.SIGKILL)
    creates.made(URN, "acc", "c/r/1")
    assert view("dev").creates == {URN: {"account": "acc", "id": "c/r/1"}}
    creates.refused(URN)
    assert view("dev").creates == {}
    creates.close()


def test_mcloud_is_killed_and_the_engine_ends_before_the_server(tmp_path: Path) -> None:
    program = f"""
import os, subprocess, sys, time
from mcloud.engine.stateserver.client import StateServer
from mcloud.engine.stateserver.lease import Owner
from mcloud.engine.stateserver.processes import Process
server = StateServer("file://{tmp_path}", Owner("lan", "here", [Process.of("mcloud", os.getpid())]))
engine = subprocess.Popen(["sleep", "600"], start_new_session=True)
server.engine_started(engine.pid)
print(engine.pid, server.pid, flush=True)
time.sleep(600)
"""
    run = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    engine, server = (Process.of("", int(word)) for word in run.stdout.readline().split())
    assert engine.is_alive()
    run.kill()
    run.communicate()
    end = time.monotonic() + 30
    while server.is_alive():
        assert time.monotonic() < end
        time.sleep(0.02)
    assert not engine.is_alive()
