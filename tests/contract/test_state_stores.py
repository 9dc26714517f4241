"""What every store of states promises: in a folder, in a bucket on an S3 service on loopback, in PostgreSQL."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from mcloud.engine.journaled_state import JournaledState
from mcloud.engine.stateserver.lease import Owner
from mcloud.engine.stateserver.processes import Process
from mcloud.engine.stateserver.stacks import Stacks
from mcloud.engine.stateserver.store import Changed, Fenced
from mcloud.engine.stateserver.stores import open_store
from mcloud.errors import StateError, StateLocked

KEY, JOURNAL = "dev/state.json", "dev/journal/u.jsonl"


def run(address: str, user: str = "lan", host: str = "here", pid: int = 0) -> Stacks:
    """A run of somebody on a machine, on a connection of its own."""
    return Stacks(open_store(address), Owner(user, host, [Process.of("mcloud", pid or os.getpid())]))


def made(number: int, name: str = "u") -> list[dict[str, object]]:
    """The journal's line of one more resource."""
    state = {"urn": f"{name}{number}", "type": "t"}
    return [{"entry": {"version": 1, "kind": 1, "operationID": number, "sequenceID": number, "state": state}}]


def test_documents_change_only_as_expected(address: str) -> None:
    store, other = open_store(address), open_store(address)
    assert (store.get(KEY), store.stacks(), store.keys("dev/")) == (None, [], [])
    first = store.put(KEY, b"1", None)
    with pytest.raises(Changed):
        other.put(KEY, b"x", None)
    second = other.put(KEY, b"2", first)
    with pytest.raises(Changed):
        store.put(KEY, b"x", first)
    found = store.get(KEY)
    assert found is not None
    assert (found.data, found.tag) == (b"2", second)
    assert (store.stacks(), store.keys("dev/")) == (["dev"], [KEY])
    store.delete(KEY)
    store.delete(KEY)
    assert (store.get(KEY), store.stacks()) == (None, [])
    with pytest.raises(Changed):
        store.put(KEY, b"x", second)


def test_any_bytes_of_any_length_under_any_name(address: str) -> None:
    store, data = open_store(address), bytes(range(256)) * 800
    names = ("a.b", "a-b", "a_b", "axb", "A_b")
    for name in names:
        store.put(f"{name}/state.json", data + name.encode(), None)
        store.put(f"{name}/history/000001.json", b"", None)
    for name in names:
        found = open_store(address).get(f"{name}/state.json")
        assert found is not None
        assert found.data == data + name.encode()
        assert store.keys(f"{name}/history/") == [f"{name}/history/000001.json"]
    assert store.stacks() == sorted(names)


def test_of_many_at_once_one_writes(address: str) -> None:
    stores, start = [open_store(address) for _ in range(6)], threading.Barrier(6)

    def write(number: int) -> bool:
        start.wait()
        try:
            stores[number].put(KEY, str(number).encode(), None)
        except Changed:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(write, range(6))) == [False] * 5 + [True]


def test_a_journal_grows_and_is_closed(address: str) -> None:
    store, other = open_store(address), open_store(address)
    assert store.read_journal(JOURNAL) is None
    with pytest.raises(Fenced):
        store.append(JOURNAL, b"0\n")
    store.start_journal(JOURNAL, b"head\n")
    with pytest.raises(Changed):
        other.start_journal(JOURNAL, b"another head\n")
    store.append(JOURNAL, b"1\n")
    other.append(JOURNAL, b"2\n")
    store.append(JOURNAL, b"3\n3\n")
    assert store.read_journal(JOURNAL) == b"head\n1\n2\n3\n3\n"
    assert store.keys("dev/journal/") == [JOURNAL]
    other.close_journal(JOURNAL)
    other.close_journal(JOURNAL)
    for writer in (store, store, open_store(address)):
        with pytest.raises(Fenced):
            writer.append(JOURNAL, b"4\n")
    assert other.read_journal(JOURNAL) == b"head\n1\n2\n3\n3\n"
    assert store.keys("dev/journal/") == [JOURNAL]
    other.drop_journal(JOURNAL)
    other.drop_journal(JOURNAL)
    assert (store.read_journal(JOURNAL), store.keys("dev/journal/")) == (None, [])
    for writer in (store, other, open_store(address)):
        with pytest.raises(Fenced):
            writer.append(JOURNAL, b"4\n")
        assert writer.read_journal(JOURNAL) is None


def test_what_was_acknowledged_before_a_journal_was_closed_is_in_it(address: str) -> None:
    """Whoever takes over reads all that the other was promised, and nothing is promised afterwards."""
    store, other = open_store(address), open_store(address)
    store.start_journal(JOURNAL, b"head\n")
    acknowledged: list[bytes] = []
    enough = threading.Event()

    def write() -> None:
        for number in range(10_000):
            line = b"%d\n" % number
            try:
                store.append(JOURNAL, line)
            except Fenced:
                return
            acknowledged.append(line)
            if number == 5:
                enough.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert enough.wait(60)
    other.close_journal(JOURNAL)
    seen = other.read_journal(JOURNAL)
    writer.join(60)
    assert seen == b"head\n" + b"".join(acknowledged)


def test_a_run_that_is_taken_over_from_another_machine(address: str) -> None:
    here, there = run(address), run(address, "minh", "there")
    here.create("dev")
    here.start("dev", "0a", "update")
    here.append("dev", "0a", made(1))
    with pytest.raises(StateLocked, match="whether it is alive cannot be seen from here"):
        there.start("dev", "0b", "update")
    assert there.clear("dev", force=True) == [f"the lock of process {os.getpid()}, which is gone"]
    assert there.view("dev").deployment["resources"] == [{"urn": "u1", "type": "t"}]
    with pytest.raises(Fenced):
        here.append("dev", "0a", made(2))
    with pytest.raises(StateLocked):
        here.renew("dev", "0a")
    there.start("dev", "0b", "update")
    there.complete("dev", "0b", "succeeded")
    assert [view.version for view in here.history("dev")] == [3, 2]
    assert there.lease("dev") is None
    assert there.store.keys("dev/journal/") == []


def test_the_second_run_is_told_who_has_it_since_when_and_whether_it_lives(address: str) -> None:
    first = run(address)
    first.create("dev")
    first.start("dev", "0a", "destroy")
    held = first.lease("dev")
    assert held is not None
    since = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(held.since)) + r"\+00:00"
    who = rf"process {os.getpid()} of lan on here since {since} \(destroy\)"
    for host, alive in (("here", "it is alive"), ("there", "whether it is alive cannot be seen from here; its lease ")):
        with pytest.raises(StateLocked, match=rf"another run holds the stack 'dev': {who}; {alive}"):
            run(address, "minh", host, os.getppid()).start("dev", "0b", "update")
    # The same process number, of a process that is gone.
    first.store.put("dev/lease.json", replace(held, processes=(Process("mcloud", os.getpid(), 1),)).dump(), _tag(first))
    assert run(address, "minh").clear("dev") == [f"the lock of process {os.getpid()}, which is gone"]


def _tag(stacks: Stacks) -> str:
    blob = stacks.store.get("dev/lease.json")
    assert blob is not None
    return blob.tag


def test_of_two_that_begin_at_once_one_has_the_stack(address: str) -> None:
    run(address).create("dev")
    runs, start = [run(address, host=f"machine-{number}") for number in range(4)], threading.Barrier(4)

    def begin(number: int) -> str:
        start.wait()
        try:
            runs[number].start("dev", f"0{number}", "update")
        except StateLocked:
            return "locked"
        return "held"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(begin, range(4))) == ["held", "locked", "locked", "locked"]
    assert len(runs[0].store.keys("dev/journal/")) == 1


def test_a_damaged_line_is_told_with_its_place_and_nothing_is_touched(address: str) -> None:
    stacks = run(address)
    stacks.create("dev")
    stacks.start("dev", "0a", "update")
    stacks.append("dev", "0a", made(1))
    stacks.store.append("dev/journal/0a.jsonl", b'{"entry": {"ver\n')
    stacks.append("dev", "0a", made(2))
    before = stacks.store.read_journal("dev/journal/0a.jsonl")
    for look in (lambda: stacks.view("dev"), lambda: run(address, "minh", "there").clear("dev", force=True)):
        with pytest.raises(StateError, match="the journal is damaged") as caught:
            look()
        assert caught.value.where == f"{stacks.store.title}/dev/journal/0a.jsonl:3:12"
    assert run(address).store.read_journal("dev/journal/0a.jsonl") == before


def test_a_torn_last_line_was_never_acknowledged(address: str) -> None:
    stacks = run(address)
    stacks.create("dev")
    stacks.start("dev", "0a", "update")
    stacks.append("dev", "0a", made(1))
    stacks.store.append("dev/journal/0a.jsonl", b'{"entry": {"version": 1, "kin')
    assert [item["urn"] for item in stacks.view("dev").deployment["resources"]] == ["u1"]
    other = run(address, "minh", "there")
    other.clear("dev", force=True)
    assert [item["urn"] for item in other.view("dev").deployment["resources"]] == ["u1"]


@pytest.mark.parametrize("kind", ["bucket", "database"])
def test_two_machines_share_an_id_and_need_the_passphrase(
    address_of: Callable[[str], str], tmp_path: Path, kind: str
) -> None:
    address = address_of(kind)
    first, second = (JournaledState(tmp_path / name, address) for name in ("a", "b"))
    first.prepare()
    first.stacks.create("dev")
    with pytest.raises(StateError, match="is not on this machine") as caught:
        second.prepare()
    assert str(second.passphrase_file) in str(caught.value.hint)
    second.path.mkdir()
    second.passphrase_file.write_text(first.passphrase_file.read_text())
    second.prepare()
    assert second.state_id == first.state_id
    assert second.exists("dev")
    assert not (second.path / "stacks").exists()
