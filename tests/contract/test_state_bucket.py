"""The store in a bucket: what it promises beside what every store does (test_state_stores.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mcloud.engine.stateserver.s3 import PROBE, BucketStore
from mcloud.engine.stateserver.store import Blob, Fenced, StoreFull
from mcloud.engine.stateserver.stores import open_store
from mcloud.errors import StateError
from tests.s3 import ObjectStore

KEY, JOURNAL = "dev/state.json", "dev/journal/u.jsonl"


@pytest.fixture
def address(address_of: Callable[[str], str]) -> str:
    return address_of("bucket")


def opened(address: str) -> BucketStore:
    store = open_store(address)
    assert isinstance(store, BucketStore)
    return store


def test_what_did_not_change_is_sent_once(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store, other = opened(address), opened(address)
    first = other.put(KEY, b"1", None)
    get, sent = store._client.get_object, []

    def heard(**call: Any) -> Any:
        answer = get(**call)
        sent.append(answer["ETag"])
        return answer

    monkeypatch.setattr(store._client, "get_object", heard)
    for _ in range(3):
        assert store.get(KEY) == Blob(b"1", first)
    assert sent == [first]
    second = other.put(KEY, b"2", first)
    assert store.get(KEY) == Blob(b"2", second)
    assert sent == [first, second]
    other.delete(KEY)
    assert store.get(KEY) is None


def test_an_append_whose_answer_got_lost_counts_once(address: str) -> None:
    store = opened(address)
    store.start_journal(JOURNAL, b"head\n")
    opened(address).append(JOURNAL, b"1\n")
    store.append(JOURNAL, b"1\n")
    assert store.read_journal(JOURNAL) == b"head\n1\n"


def test_a_write_whose_answer_got_lost_counts_once(address: str, objects: ObjectStore) -> None:
    store, bucket = opened(address), address.removeprefix("s3://").partition("/")[0]
    tag = store.put(KEY, b"1", None)
    objects.lost.add(bucket)
    tag = store.put(KEY, b"2", tag)
    objects.lost.add(bucket)
    store.start_journal(JOURNAL, b"head\n")
    objects.lost.add(bucket)
    store.append(JOURNAL, b"1\n")
    assert not objects.lost
    assert store.read_journal(JOURNAL) == b"head\n1\n"
    assert store.get(KEY) == Blob(b"2", tag)


def test_no_room_leaves_what_was_there(address: str, objects: ObjectStore) -> None:
    store, bucket = opened(address), address.removeprefix("s3://").partition("/")[0]
    tag = store.put(KEY, b"old", None)
    store.start_journal(JOURNAL, b"head\n")
    objects.faults[bucket] = ("403 Forbidden", "QuotaExceeded")
    for write in (lambda: store.append(JOURNAL, b"1\n"), lambda: store.put(KEY, b"new", tag)):
        with pytest.raises(StoreFull, match="refuses to write"):
            write()
    objects.faults.clear()
    store.append(JOURNAL, b"2\n")
    assert store.read_journal(JOURNAL) == b"head\n2\n"
    assert store.get(KEY) == Blob(b"old", tag)


def test_a_run_that_comes_back_finds_its_place_taken(address: str, objects: ObjectStore) -> None:
    """It had stood still while its journal was closed, folded in and removed; what it adds would be lost."""
    store, other = opened(address), opened(address)
    store.start_journal(JOURNAL, b"head\n")
    store.append(JOURNAL, b"1\n")
    other.close_journal(JOURNAL)
    other.drop_journal(JOURNAL)
    other.drop_journal(JOURNAL)
    with pytest.raises(Fenced):
        store.append(JOURNAL, b"2\n")
    assert store._names(f"{JOURNAL}/")[0] == "00000002"
    # Of a run that ended by itself nothing stays.
    key = "dev/journal/v.jsonl"
    store.start_journal(key, b"head\n")
    store.append(key, b"1\n")
    store.close_journal(key)
    store.drop_journal(key)
    assert (store._names(f"{key}/"), store.keys("dev/journal/")) == ([], [])


def test_a_service_that_passes_conditions_over_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened(address)
    blind = store._client.put_object
    monkeypatch.setattr(store._client, "put_object", lambda IfNoneMatch=None, IfMatch=None, **call: blind(**call))
    with pytest.raises(StateError, match="passes over the conditions"):
        store.put(KEY, b"1", None)
    assert store.get(PROBE) is not None
    assert store.get(KEY) is None


def test_what_the_service_refuses_is_told(address: str) -> None:
    with pytest.raises(StateError, match="the state's bucket refuses to read") as caught:
        opened(address.replace("s3://mcloud-", "s3://nobody-")).get(KEY)
    assert "nobody-" in str(caught.value.where)
    with pytest.raises(StateError, match="has color, which is not known"):
        open_store("s3://b/x?color=red")
    with pytest.raises(StateError, match="cannot be kept at s3://"):
        open_store("s3:///x")
