"""A state moves from one store to another: killed at any point, one of them has it, and a rerun completes it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcloud.engine.stateserver.lease import Owner
from mcloud.engine.stateserver.marks import read_mark
from mcloud.engine.stateserver.moving import Moved, give_up_move, move_stack
from mcloud.engine.stateserver.processes import Process
from mcloud.engine.stateserver.stacks import Stacks
from mcloud.engine.stateserver.store import Store, StoreFull
from mcloud.engine.stateserver.stores import open_store
from mcloud.errors import StateError, StateLocked

RESOURCES = [{"urn": f"urn:pulumi:dev::mcloud::t::{number}", "type": "t"} for number in range(3)]
KILLED = """
import json, os, sys
import boto3, psycopg
from mcloud.engine.stateserver.lease import Owner
from mcloud.engine.stateserver.moving import move_stack
from mcloud.engine.stateserver.processes import Process
from mcloud.engine.stateserver.stacks import Stacks
from mcloud.engine.stateserver.stores import open_store

left = 0

def counted(store):
    for name in ("put", "delete"):
        def call(*given, whole=getattr(store, name)):
            global left
            if left == 0:
                os._exit(9)
            left -= 1
            return whole(*given)
        setattr(store, name, call)
    return store

here, there, *points = sys.argv[1:]
for point in points:
    if os.fork() == 0:
        left = int(point.rpartition(" ")[2])
        a, b = (address.replace("POINT", point.partition(" ")[0]) for address in (here, there))
        owner = Owner("lan", "here", [Process.of("mcloud", os.getpid())])
        move_stack("dev", Stacks(counted(open_store(a)), owner), Stacks(counted(open_store(b)), owner), a, b)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


def stacks_at(address: str) -> Stacks:
    return Stacks(open_store(address), Owner("minh", "here", [Process.of("mcloud", os.getpid())]))


def filled(address: str) -> Stacks:
    """A stack with a state and two former versions."""
    stacks = stacks_at(address)
    stacks.create("dev")
    for count in (1, 3):
        stacks.write("dev", {"resources": RESOURCES[:count]}, "import")
    return stacks


def moved(source: str, target: str) -> Moved:
    return move_stack("dev", stacks_at(source), stacks_at(target), source, target)


def contents(store: Store, stack: str = "dev", state: str = "state.json") -> dict[str, bytes]:
    """All documents of a stack but its lease."""
    found = {}
    for key in (*store.keys(f"{stack}/history/"), f"{stack}/{state}"):
        blob = store.get(key)
        if blob is not None:
            found[key.removeprefix(f"{stack}/").replace(state, "state.json")] = blob.data
    return found


def takes_a_run(stacks: Stacks) -> bool:
    """Whether a run may begin on the stack, or make it anew."""
    try:
        stacks.require_here("dev")
    except StateError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "other"), [("folder", "database"), ("database", "bucket"), ("bucket", "folder"), ("folder", "folder")]
)
def test_from_one_store_to_another_and_back(address_of: Callable[[str], str], kind: str, other: str) -> None:
    here, there = address_of(kind), address_of(other)
    source = filled(here)
    before = contents(source.store)
    assert sorted(before) == ["history/000002.json", "history/000003.json", "state.json"]
    done = moved(here, there)
    assert (done.version, done.resources, done.former, done.said) == (3, 3, 2, ())
    target = stacks_at(there)
    assert contents(target.store) == before
    assert contents(source.store, done.kept, "old-state.json") == before
    assert (source.store.stacks(), contents(source.store), target.store.stacks()) == ([], {}, ["dev"])
    assert target.store.keys("dev/journal/") == []
    for refused in (lambda: source.create("dev"), lambda: source.start("dev", "0a", "update")):
        with pytest.raises(StateError, match=r"the state of the stack 'dev' was moved to .* by minh on here at 2"):
            refused()
    # Whoever asks for the same again is told the same.
    assert moved(here, there) == done
    target.start("dev", "0b", "update")
    target.complete("dev", "0b", "succeeded")
    back = moved(there, here)
    assert back.version == 4
    assert back.kept != done.kept
    assert (source.names(), target.names()) == (["dev"], [])
    assert contents(source.store, done.kept, "old-state.json") == before
    source.start("dev", "0c", "update")
    with pytest.raises(StateError, match="was moved to"):
        target.start("dev", "0d", "update")


def test_what_a_run_that_was_cut_off_has_left_goes_along(address_of: Callable[[str], str]) -> None:
    here, there = address_of("folder"), address_of("folder")
    gone = subprocess.Popen(["true"])
    gone.wait()
    dead = Stacks(open_store(here), Owner("lan", "here", [Process("mcloud", gone.pid, 1)]))
    dead.create("dev")
    dead.start("dev", "0a", "update")
    operation = {"type": "creating", "resource": {"urn": "u", "type": "t"}}
    begun = {"version": 1, "kind": 0, "operationID": 1, "sequenceID": 1, "operation": operation}
    dead.append("dev", "0a", [{"entry": begun}, {"create": {"urn": "u", "phase": "made", "id": "c/r/1"}}])
    done = moved(here, there)
    assert done.said == (f"the lock of process {gone.pid}, which is gone",)
    view = stacks_at(there).view("dev")
    assert (view.creates, view.deployment["pending_operations"]) == ({"u": {"id": "c/r/1"}}, [operation])


def test_it_is_refused_while_a_run_holds_the_stack(address_of: Callable[[str], str]) -> None:
    here, there = address_of("folder"), address_of("folder")
    filled(here)
    running = Stacks(open_store(here), Owner("lan", "here", [Process.of("mcloud", os.getppid())]))
    running.start("dev", "0a", "update")
    with pytest.raises(StateLocked, match=rf"process {os.getppid()} of lan on here since .* \(update\); it is alive"):
        moved(here, there)
    assert stacks_at(there).names() == []
    assert read_mark(open_store(there), "dev") == read_mark(open_store(here), "dev") == (None, None)


def test_it_is_refused_where_there_is_one_already(address_of: Callable[[str], str]) -> None:
    here, there = address_of("folder"), address_of("folder")
    filled(here)
    stacks_at(there).create("dev")
    before = contents(open_store(there))
    with pytest.raises(StateError, match=r"there is a state of the stack 'dev' in .* already"):
        moved(here, there)
    with pytest.raises(StateError, match="there is no state of the stack 'x'"):
        move_stack("x", stacks_at(here), stacks_at(there), here, there)
    assert contents(open_store(there)) == before
    stacks_at(here).start("dev", "0a", "update")


@pytest.mark.parametrize("fault", ["full", "damaged", "state damaged"])
def test_a_store_that_does_not_keep_what_it_was_given(
    address_of: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    here, there = address_of("folder"), address_of("folder")
    source, target = filled(here), stacks_at(there)
    before = contents(source.store)

    def put(key: str, data: bytes, expected: str | None, whole: Any = target.store.put) -> Any:
        if fault == "full" and key.endswith("000003.json"):
            raise StoreFull("no room")
        damaged = fault == "damaged" and key.endswith("000002.json")
        damaged = damaged or (fault == "state damaged" and key.endswith("state.json"))
        return whole(key, data[:-1] if damaged else data, expected)

    monkeypatch.setattr(target.store, "put", put)
    with pytest.raises(StateError, match=r"no room|what was written is not what is read"):
        move_stack("dev", source, target, here, there)
    assert (target.store.stacks(), contents(target.store), contents(source.store)) == ([], {}, before)
    assert read_mark(source.store, "dev") == read_mark(target.store, "dev") == (None, None)
    source.start("dev", "0a", "update")
    source.complete("dev", "0a", "succeeded")
    monkeypatch.undo()
    assert moved(here, there).version == 4


def killed_at(points: list[str], here: str, there: str) -> list[int]:
    """How moves end that are killed before their so many-th write; ``POINT`` in an address is the word before it."""
    run = subprocess.run(
        [sys.executable, "-c", KILLED, here, there, *points], capture_output=True, text=True, check=True
    )
    return [int(line) for line in run.stdout.split()]


def look_and_complete(here: str, there: str) -> str:
    """What must hold wherever it was killed; which side had the stack then."""
    source, target = stacks_at(here), stacks_at(there)
    mark = read_mark(source.store, "dev")[0]
    before = {"resources": RESOURCES}
    valid = target if mark is not None and mark.phase == "left" else source
    assert valid.view("dev").deployment == before
    assert not (takes_a_run(source) and takes_a_run(target) and mark is not None)
    if valid is source:
        assert mark is None or not takes_a_run(source)
        assert read_mark(target.store, "dev")[0] is None or not takes_a_run(target)
    else:
        assert not takes_a_run(source)
    done = move_stack("dev", source, target, here, there)
    assert (done.version, done.former, target.view("dev").deployment) == (3, 2, before)
    assert (source.names(), target.names(), contents(source.store)) == ([], ["dev"], {})
    assert contents(source.store, done.kept, "old-state.json") == contents(target.store)
    assert not takes_a_run(source)
    target.start("dev", "0b", "update")
    return "new" if valid is target else "old"


def test_killed_before_each_write(tmp_path: Path) -> None:
    here, there = f"file://{tmp_path}/POINT/here", f"file://{tmp_path}/POINT/there"
    points = list(range(30))
    for point in points:
        filled(here.replace("POINT", str(point)))
    ends = killed_at([f"{point} {point}" for point in points], here, there)
    assert ends == sorted(ends, reverse=True)
    assert set(ends) == {0, 9}
    sides = [look_and_complete(*(one.replace("POINT", str(point)) for one in (here, there))) for point in points]
    assert sides == sorted(sides, reverse=True)
    assert set(sides) == {"old", "new"}


@pytest.mark.parametrize(
    ("kind", "other", "point"),
    [("database", "bucket", 7), ("database", "bucket", 14), ("bucket", "database", 2), ("bucket", "database", 13)],
)
def test_killed_between_stores_of_several_machines(
    address_of: Callable[[str], str], kind: str, other: str, point: int
) -> None:
    here, there = address_of(kind), address_of(other)
    filled(here)
    assert killed_at([f"- {point}"], here, there) == [9]
    look_and_complete(here, there)


def test_a_move_that_was_cut_off_is_given_up(tmp_path: Path, address_of: Callable[[str], str]) -> None:
    here, there = f"file://{tmp_path}/here", f"file://{tmp_path}/there"
    source = filled(here)
    assert killed_at(["- 8"], here, there) == [9]
    with pytest.raises(StateError, match="is being moved to") as caught:
        source.start("dev", "0a", "update")
    assert "unlock STACK_FILE --force, which gives it up" in str(caught.value.hint)
    with pytest.raises(StateError, match="is being moved to"):
        moved(here, address_of("folder"))
    with pytest.raises(StateError, match="is being moved here from"):
        give_up_move("dev", stacks_at(there))
    assert give_up_move("dev", source) == f"the mark of the move to {there}"
    assert give_up_move("dev", source) is None
    source.clear("dev", force=True)
    source.start("dev", "0a", "update")
    source.complete("dev", "0a", "succeeded")
    with pytest.raises(StateError, match="is being moved here from"):
        stacks_at(there).create("dev")
    # The copy that was left there is known by the mark, and another one takes its place.
    done = moved(here, there)
    assert (done.version, stacks_at(there).view("dev").version, stacks_at(there).names()) == (4, 4, ["dev"])


def test_once_the_other_store_has_it_it_cannot_be_given_up(tmp_path: Path) -> None:
    here, there = f"file://{tmp_path}/here", f"file://{tmp_path}/there"
    source = filled(here)
    assert killed_at(["- 13"], here, there) == [9]
    mark = read_mark(source.store, "dev")[0]
    assert mark is not None
    assert (mark.phase, source.exists("dev")) == ("left", True)
    with pytest.raises(StateError, match="was moved to"):
        give_up_move("dev", source)
    moved(here, there)
    # Nobody has it here any more; a new stack of that name may be made when a person says so.
    assert give_up_move("dev", source) == f"the mark of the move to {there}"
    source.create("dev")


def test_a_mark_that_is_damaged(tmp_path: Path) -> None:
    source = filled(f"file://{tmp_path}")
    (tmp_path / ".moves").mkdir()
    (tmp_path / ".moves" / "dev.mark").write_text(json.dumps({"id": 1}))
    with pytest.raises(StateError, match="the mark of a move is damaged") as caught:
        source.start("dev", "0a", "update")
    assert caught.value.where == f"{tmp_path}/.moves/dev.mark"
