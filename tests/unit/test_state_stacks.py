"""Stacks in a store: leases, journals that become states, runs that are taken over, former versions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcloud.engine.stateserver import lease as leases
from mcloud.engine.stateserver.lease import Lease, Owner
from mcloud.engine.stateserver.processes import Process
from mcloud.engine.stateserver.replay import BEGIN, FAILURE, SUCCESS
from mcloud.engine.stateserver.stacks import KEPT_VERSIONS, Stacks
from mcloud.engine.stateserver.store import Fenced, FolderStore
from mcloud.errors import StateError, StateLocked

URN = "urn:pulumi:dev::mcloud::test:index:Group::a"
UPDATE = "0a6f"


def owner(pid: int | None = None, host: str = "here", role: str = "mcloud") -> Owner:
    return Owner("lan", host, [Process.of(role, os.getpid() if pid is None else pid)])


@pytest.fixture
def stacks(tmp_path: Path) -> Stacks:
    made = Stacks(FolderStore(tmp_path), owner())
    made.create("dev")
    return made


@pytest.fixture
def other(stacks: Stacks) -> Stacks:
    """Another run on the same store, of another living process."""
    return Stacks(FolderStore(Path(stacks.store.title)), owner(os.getppid()))


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    made = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield made
    made.kill()
    made.wait()


def test_a_look_at_the_state_is_ones_own_and_as_it_is_now(stacks: Stacks, other: Stacks) -> None:
    pending = {"type": "creating", "resource": {"urn": URN}}
    stacks.write("dev", {"resources": [{"urn": URN}], "pending_operations": [pending]}, "import")
    before = stacks.view("dev")
    before.deployment["resources"][0]["delete"] = True
    before.deployment["pending_operations"][0]["type"] = "deleting"
    before.deployment["resources"].append({})
    before.creates["x"] = {}
    again = stacks.view("dev")
    assert again.deployment["resources"] == [{"urn": URN}]
    assert again.deployment["pending_operations"] == [pending]
    assert again.creates == {}
    other.write("dev", {"resources": []}, "import")
    assert (stacks.view("dev").deployment, stacks.view("dev").version) == ({"resources": []}, before.version + 1)
    assert stacks.find("nobody") is None


def begin(number: int = 1, urn: str = URN) -> dict[str, Any]:
    operation = {"type": "creating", "resource": {"urn": urn, "type": "test:index:Group", "inputs": {"x": 1}}}
    entry = {"version": 1, "kind": BEGIN, "operationID": number, "sequenceID": 2 * number, "operation": operation}
    return {"entry": entry}


def end(number: int = 1, kind: int = SUCCESS, urn: str = URN) -> dict[str, Any]:
    state = {"urn": urn, "type": "test:index:Group", "id": "c/r/1"}
    return {
        "entry": {"version": 1, "kind": kind, "operationID": number, "sequenceID": 2 * number + 1, "state": state}
    }


def create(phase: str, **more: str) -> dict[str, Any]:
    return {"create": {"urn": URN, "phase": phase, **more}}


def names(stacks: Stacks) -> list[str]:
    return [item["urn"].rsplit("::", 1)[1] for item in stacks.view("dev").deployment.get("resources") or ()]


def pending(stacks: Stacks) -> list[str]:
    return [item["resource"]["urn"] for item in stacks.view("dev").deployment.get("pending_operations") or ()]


def test_a_run_from_start_to_end(stacks: Stacks, other: Stacks) -> None:
    assert (stacks.names(), stacks.exists("dev"), stacks.exists("x")) == (["dev"], True, False)
    assert stacks.start("dev", UPDATE, "update") == 2
    stacks.append("dev", UPDATE, [begin()])
    assert (names(other), pending(other)) == ([], [URN])
    stacks.append("dev", UPDATE, [end()])
    assert (names(other), pending(other), other.view("dev").version) == (["a"], [], 1)
    held = other.lease("dev")
    assert held is not None
    assert (held.update, held.kind, held.user) == (UPDATE, "update", "lan")
    stacks.renew("dev", UPDATE)
    stacks.complete("dev", UPDATE, "succeeded")
    view = other.view("dev")
    assert (view.version, view.dangling, other.lease("dev"), names(other)) == (2, {}, None, ["a"])
    assert (view.update["kind"], view.update["result"], view.update["user"]) == ("update", "succeeded", "lan")
    stacks.complete("dev", UPDATE, "succeeded")
    assert other.view("dev").version == 2


def test_an_entry_that_comes_twice_counts_once_and_order_does_not_matter(stacks: Stacks) -> None:
    stacks.start("dev", UPDATE, "update")
    stacks.append("dev", UPDATE, [end(), begin(), end(), begin()])
    assert (names(stacks), pending(stacks)) == (["a"], [])


@pytest.mark.parametrize(
    ("lines", "expected", "creates"),
    [
        ([begin()], [URN], {}),
        ([begin(), create("begun", account="acc")], [URN], {URN: {"account": "acc"}}),
        (
            [begin(), create("begun", account="acc"), create("made", account="acc", id="c/r/1")],
            [URN],
            {URN: {"account": "acc", "id": "c/r/1"}},
        ),
        ([begin(), create("begun"), create("refused"), end(kind=FAILURE)], [], {}),
        ([begin(), end(kind=FAILURE)], [], {}),
        # The provider was cut off: the engine says that nothing was made, and cannot know.
        ([begin(), create("begun"), end(kind=FAILURE)], [URN], {URN: {}}),
        ([begin(), create("begun"), create("made", id="c/r/1"), end(kind=FAILURE)], [URN], {URN: {"id": "c/r/1"}}),
        ([begin(), create("begun"), create("made", id="c/r/1"), end()], [], {}),
    ],
)
def test_creates_whose_outcome_is_not_known(
    stacks: Stacks, lines: list[Any], expected: list[str], creates: dict[str, Any]
) -> None:
    stacks.start("dev", UPDATE, "update")
    stacks.append("dev", UPDATE, lines)
    assert (pending(stacks), stacks.view("dev").creates) == (expected, creates)
    stacks.complete("dev", UPDATE, "failed")
    assert (pending(stacks), stacks.view("dev").creates) == (expected, creates)
    stacks.write("dev", {"resources": []}, "recovery")
    assert (pending(stacks), stacks.view("dev").creates) == ([], {})


def test_the_second_run_is_told_who_has_it(stacks: Stacks, other: Stacks) -> None:
    stacks.start("dev", UPDATE, "update")
    for refused in (
        lambda: other.start("dev", "0b", "update"),
        lambda: other.clear("dev"),
        lambda: other.write("dev", {}, "import"),
        lambda: other.delete("dev"),
    ):
        with pytest.raises(StateLocked) as caught:
            refused()
        assert caught.value.message.startswith(
            f"another run holds the stack 'dev': process {os.getpid()} of lan on here since 2"
        )
        assert caught.value.message.endswith("(update); it is alive")
    with pytest.raises(StateLocked):
        other.renew("dev", UPDATE)
    assert stacks.clear("dev") == []


def test_a_run_whose_process_is_gone_is_taken_over_at_once(
    stacks: Stacks, process: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    dead = Stacks(FolderStore(tmp_path), owner(process.pid))
    dead.start("dev", UPDATE, "update")
    dead.append("dev", UPDATE, [begin(), end(), begin(2, URN + "2")])
    with pytest.raises(StateLocked):
        stacks.clear("dev")
    process.kill()
    process.wait()
    assert stacks.clear("dev") == [f"the lock of process {process.pid}, which is gone"]
    assert (names(stacks), pending(stacks), stacks.view("dev").version) == (["a"], [URN + "2"], 2)
    assert (stacks.lease("dev"), stacks.view("dev").update["result"]) == (None, "failed")
    with pytest.raises(Fenced):
        dead.append("dev", UPDATE, [end(2, urn=URN + "2")])
    with pytest.raises(StateLocked):
        dead.renew("dev", UPDATE)


def test_what_is_left_of_a_dead_run_is_ended(
    stacks: Stacks, process: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "PATIENCE", 0.1)
    gone = subprocess.Popen(["true"])
    gone.wait()
    half = Owner("lan", "here", [Process("mcloud", gone.pid, 1), Process.of("engine", process.pid)])
    Stacks(FolderStore(tmp_path), half).start("dev", UPDATE, "update")
    assert stacks.clear("dev") == [f"the lock of process {gone.pid}, which is gone"]
    assert process.wait(10) == -9


def test_a_number_that_another_process_has_now_is_no_holder(stacks: Stacks, tmp_path: Path) -> None:
    before = replace(Process.of("mcloud", os.getpid()), started=1)
    Stacks(FolderStore(tmp_path), Owner("lan", "here", [before])).start("dev", UPDATE, "update")
    assert stacks.clear("dev") == [f"the lock of process {os.getpid()}, which is gone"]


def test_elsewhere_a_lease_counts_until_it_is_over(stacks: Stacks, tmp_path: Path) -> None:
    away = Stacks(FolderStore(tmp_path), owner(1, "there"))
    away.start("dev", UPDATE, "update")
    with pytest.raises(StateLocked, match="whether it is alive cannot be seen from here; its lease ends at 2"):
        stacks.clear("dev")
    held = stacks.lease("dev")
    assert held is not None
    (tmp_path / "dev" / "lease.json").write_bytes(replace(held, until=time.time() - 1).dump())
    assert stacks.clear("dev") == ["the lock of process 1, which is gone"]


def test_by_force(stacks: Stacks, tmp_path: Path) -> None:
    away = Stacks(FolderStore(tmp_path), owner(1, "there"))
    away.start("dev", UPDATE, "update")
    away.append("dev", UPDATE, [begin(), end()])
    assert stacks.clear("dev", force=True) == ["the lock of process 1, which is gone"]
    assert names(stacks) == ["a"]
    with pytest.raises(Fenced):
        away.append("dev", UPDATE, [begin(2)])


def test_cut_off_between_writing_the_state_and_removing_the_journal(stacks: Stacks, tmp_path: Path) -> None:
    stacks.start("dev", UPDATE, "update")
    stacks.append("dev", UPDATE, [begin(), end()])
    journal = tmp_path / "dev" / "journal" / f"{UPDATE}.jsonl"
    kept = journal.read_bytes()
    stacks.complete("dev", UPDATE, "succeeded")
    journal.write_bytes(kept)
    assert (names(stacks), stacks.view("dev").version) == (["a"], 2)
    stacks.start("dev", "0b", "update")
    assert not journal.exists()
    assert names(stacks) == ["a"]


def test_former_versions(stacks: Stacks) -> None:
    for number in range(KEPT_VERSIONS + 3):
        stacks.write("dev", {"resources": [{"urn": URN, "type": "t", "id": str(number)}]}, "import")
    found = stacks.history("dev")
    assert [view.version for view in found] == list(range(KEPT_VERSIONS + 4, 4, -1))
    assert stacks.former("dev", 10).deployment["resources"][0]["id"] == "8"
    with pytest.raises(StateError, match="this version is not kept"):
        stacks.former("dev", 4)
    stacks.delete("dev")
    assert (stacks.exists("dev"), stacks.names()) == (False, [])


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("state.json", "{", "the state is damaged"),
        ("state.json", json.dumps({"format": 2}), "the state has format 2"),
        ("lease.json", "{}", "the lease is damaged"),
        ("journal/u.jsonl", '{"header": {"base": 1}}\n{"entr\n{}\n', "the journal is damaged"),
        ("journal/u.jsonl", '{"entry": {}}\n', "the journal is damaged: it has no beginning"),
        ("journal/u.jsonl", '{"header": {"base": 7}}\n', "goes on from version 7 of the state, and the state is of 1"),
    ],
)
def test_what_is_damaged_is_told_with_its_place(
    stacks: Stacks, tmp_path: Path, file: str, content: str, says: str
) -> None:
    path = tmp_path / "dev" / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    with pytest.raises(StateError, match=says) as caught:
        stacks.lease("dev") if file == "lease.json" else stacks.view("dev")
    assert str(path) in str(caught.value.where)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("5", "the journal is damaged"),
        ("{}", "the journal is damaged"),
        ('{"create": {"urn": "u"}}', "the journal is damaged"),
        ('{"entry": {"kind": 1}}', "the journal is damaged"),
        ('{"entry": {"version": 1, "kind": 1, "sequenceID": 9}}', "the journal is damaged"),
        ('{"entry": {"version": 1, "kind": 77, "sequenceID": 9}}', "entry of kind 77 is not known"),
        ('{"entry": {"version": 2, "kind": 1, "sequenceID": 9}}', "entry of version 2 is not known"),
    ],
)
def test_a_line_that_says_nothing_sensible_is_told_with_its_place(
    stacks: Stacks, tmp_path: Path, line: str, says: str
) -> None:
    """A whole line was acknowledged: it must not be passed over."""
    stacks.start("dev", UPDATE, "update")
    stacks.append("dev", UPDATE, [begin(), end()])
    journal = tmp_path / "dev" / "journal" / f"{UPDATE}.jsonl"
    with journal.open("a") as file:
        file.write(line + "\n")
    before = journal.read_bytes()
    for look in (lambda: stacks.view("dev"), lambda: stacks.complete("dev", UPDATE, "succeeded")):
        with pytest.raises(StateError, match=says) as caught:
            look()
        assert caught.value.where == f"{journal}:4"
    assert journal.with_name(journal.name + ".closed").read_bytes() == before


@pytest.mark.parametrize("name", ["", "..", "a/b", ".x", "a b"])
def test_names_that_lead_elsewhere(stacks: Stacks, name: str) -> None:
    with pytest.raises(StateError, match="cannot be the name of a stack"):
        stacks.exists(name)


def test_no_such_stack(stacks: Stacks) -> None:
    with pytest.raises(StateError, match="there is no state of the stack 'x'"):
        stacks.view("x")


def test_a_lease_is_read_back_as_it_was_written() -> None:
    made = Lease.of(owner(), "update", UPDATE)
    assert Lease.parse(made.dump()) == made
    assert Lease.parse(b"null") is None
