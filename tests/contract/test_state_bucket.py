"""The store in a bucket: what it promises beside what every store does (test_state_stores.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mcloud.engine.stateserver.s3 import PROBE, BucketStore
from mcloud.engine.stateserver.store import Blob
from mcloud.engine.stateserver.stores import open_store
from mcloud.errors import StateError

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
