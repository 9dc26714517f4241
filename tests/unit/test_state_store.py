"""The store in a folder: nothing half written, nothing overwritten unseen, nothing behind a torn line."""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from mcloud.engine.stateserver.commit import GroupCommit
from mcloud.engine.stateserver.store import FolderStore, StoreFull
from mcloud.engine.stateserver.stores import open_store
from mcloud.errors import StateError

KEY = "dev/state.json"
JOURNAL = "dev/journal/u.jsonl"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "stacks")


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """What a full disk looks like to a process: a write that goes in part, then one that fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_nobody_else_may_read_it(store: FolderStore) -> None:
    store.put(KEY, b"1", None)
    store.start_journal(JOURNAL, b"head\n")
    for key in (KEY, JOURNAL):
        assert (store.root / key).stat().st_mode & 0o777 == 0o600
        assert (store.root / key).parent.stat().st_mode & 0o777 == 0o700


def test_what_was_torn_off_is_cut_away_before_the_next_line(store: FolderStore) -> None:
    store.start_journal(JOURNAL, b"head\n")
    store.append(JOURNAL, b"1\n")
    with (store.root / JOURNAL).open("ab") as file:
        file.write(b"torn")
    store.append(JOURNAL, b"2\n")
    assert store.read_journal(JOURNAL) == b"head\n1\n2\n"


def test_no_room_in_a_journal(store: FolderStore) -> None:
    store.start_journal(JOURNAL, b"head\n")
    with files_of_at_most(8), pytest.raises(StoreFull, match="the disk is full") as caught:
        store.append(JOURNAL, b"1\n2\n3\n")
    assert caught.value.hint is not None
    assert "make room" in caught.value.hint
    assert store.read_journal(JOURNAL) == b"head\n"
    store.append(JOURNAL, b"4\n")
    assert store.read_journal(JOURNAL) == b"head\n4\n"


def test_no_room_for_a_document_leaves_the_old_one(store: FolderStore) -> None:
    tag = store.put(KEY, b"old", None)
    with files_of_at_most(8), pytest.raises(StoreFull):
        store.put(KEY, b"new and too long", tag)
    found = store.get(KEY)
    assert found is not None
    assert (found.data, found.tag) == (b"old", tag)
    assert [path.name for path in (store.root / "dev").iterdir() if path.name != ".lock"] == ["state.json"]


def test_what_cannot_be_read_is_told_with_its_place(store: FolderStore) -> None:
    (store.root / KEY).mkdir(parents=True)
    with pytest.raises(StateError, match=r"cannot read dev/state\.json") as caught:
        store.get(KEY)
    assert caught.value.where == str(store.root / KEY)


def test_addresses(tmp_path: Path) -> None:
    assert open_store(f"file://{tmp_path}/a%20b").title == f"{tmp_path}/a b"
    with pytest.raises(StateError, match="cannot be kept at gs://"):
        open_store("gs://bucket/x")


def test_who_comes_during_a_write_waits_for_the_next_one_together() -> None:
    writes: list[list[int]] = []
    under_way, go_on = threading.Event(), threading.Event()

    def write(lines: list[int]) -> None:
        writes.append(lines)
        under_way.set()
        assert go_on.wait(10)

    commit = GroupCommit(write)
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(commit.add, [0])
        assert under_way.wait(10)
        others = [pool.submit(commit.add, [number]) for number in range(1, 5)]
        while len(commit._queue) < 4:
            pass
        go_on.set()
        for future in (first, *others):
            future.result(10)
    assert [sorted(lines) for lines in writes] == [[0], [1, 2, 3, 4]]


def test_who_is_done_waits_for_no_turn() -> None:
    """Else those who come again would each write alone while all others stand behind them."""
    begun = [threading.Event() for _ in range(3)]
    go_on = [threading.Event() for _ in range(3)]
    writes: list[list[str]] = []

    def write(lines: list[str]) -> None:
        number = len(writes)
        writes.append(lines)
        begun[number].set()
        assert go_on[number].wait(10)

    commit = GroupCommit(write)

    def added(pool: ThreadPoolExecutor, line: str, waiting: int) -> Future[None]:
        future = pool.submit(commit.add, [line])
        while len(commit._queue) < waiting:
            pass
        return future

    with ThreadPoolExecutor(7) as pool:
        first = pool.submit(commit.add, ["first"])
        assert begun[0].wait(10)
        second = [added(pool, str(number), number + 1) for number in range(5)]
        go_on[0].set()
        assert begun[1].wait(10)
        first.result(10)
        third = added(pool, "third", 1)
        go_on[1].set()
        assert begun[2].wait(10)
        for future in second:
            future.result(10)
        assert not third.done()
        go_on[2].set()
        third.result(10)
    assert [sorted(lines) for lines in writes] == [["first"], ["0", "1", "2", "3", "4"], ["third"]]


def test_a_failed_write_fails_for_all_who_waited_for_it() -> None:
    def write(lines: list[int]) -> None:
        if lines == [1]:
            raise StoreFull("no room")

    commit = GroupCommit(write)
    with pytest.raises(StoreFull):
        commit.add([1])
    commit.add([2])
