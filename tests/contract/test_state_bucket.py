"""The store in a bucket, on an S3 service on loopback: the same promises as the one in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from mcloud.engine.journaled_state import JournaledState
from mcloud.engine.stateserver.lease import Owner
from mcloud.engine.stateserver.processes import Process
from mcloud.engine.stateserver.s3 import PROBE, BucketStore
from mcloud.engine.stateserver.stacks import Stacks
from mcloud.engine.stateserver.store import Blob, Changed, Fenced
from mcloud.engine.stateserver.stores import open_store
from mcloud.errors import StateError, StateLocked

KEY, JOURNAL = "dev/state.json", "dev/journal/u.jsonl"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def address(endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    name = "b-" + str(abs(hash(request.node.name)))
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", config=Config(s3={"addressing_style": "path"})
    )
    client.create_bucket(Bucket=name)
    client.close()
    return f"s3://{name}/team/states?endpoint={endpoint}&region=us-east-1"


def opened(address: str) -> BucketStore:
    store = open_store(address)
    assert isinstance(store, BucketStore)
    return store


def test_documents_change_only_as_expected(address: str) -> None:
    store, other = opened(address), opened(address)
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
    assert store.title.endswith("/team/states")
    store.delete(KEY)
    assert store.get(KEY) is None
    with pytest.raises(Changed):
        store.put(KEY, b"x", second)


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


def test_a_journal_grows_and_is_closed(address: str) -> None:
    store, other = opened(address), opened(address)
    assert store.read_journal(JOURNAL) is None
    store.start_journal(JOURNAL, b"head\n")
    with pytest.raises(Changed):
        other.start_journal(JOURNAL, b"head\n")
    store.append(JOURNAL, b"1\n")
    other.append(JOURNAL, b"2\n")
    store.append(JOURNAL, b"3\n")
    assert store.read_journal(JOURNAL) == b"head\n1\n2\n3\n"
    assert store.keys("dev/journal/") == [JOURNAL]
    other.close_journal(JOURNAL)
    with pytest.raises(Fenced):
        store.append(JOURNAL, b"4\n")
    assert other.read_journal(JOURNAL) == b"head\n1\n2\n3\n"
    other.drop_journal(JOURNAL)
    assert store.read_journal(JOURNAL) is None
    with pytest.raises(Fenced):
        store.append(JOURNAL, b"4\n")


def test_an_append_whose_answer_got_lost_counts_once(address: str) -> None:
    store = opened(address)
    store.start_journal(JOURNAL, b"head\n")
    opened(address).append(JOURNAL, b"1\n")
    store.append(JOURNAL, b"1\n")
    assert store.read_journal(JOURNAL) == b"head\n1\n"


def test_a_run_that_is_taken_over_from_another_machine(address: str) -> None:
    here = Stacks(opened(address), Owner("lan", "here", [Process.of("mcloud", os.getpid())]))
    there = Stacks(opened(address), Owner("minh", "there", [Process.of("mcloud", os.getpid())]))
    here.create("dev")
    here.start("dev", "0a", "update")
    entry = {"version": 1, "kind": 1, "operationID": 1, "sequenceID": 1, "state": {"urn": "u", "type": "t"}}
    here.append("dev", "0a", [{"entry": entry}])
    with pytest.raises(StateLocked, match="whether it is alive cannot be seen from here"):
        there.start("dev", "0b", "update")
    assert there.clear("dev", force=True) == [f"the lock of process {os.getpid()}, which is gone"]
    assert there.view("dev").deployment["resources"] == [{"urn": "u", "type": "t"}]
    with pytest.raises(Fenced):
        here.append("dev", "0a", [{"entry": {**entry, "sequenceID": 2}}])
    with pytest.raises(StateLocked):
        here.renew("dev", "0a")
    there.start("dev", "0b", "update")
    there.complete("dev", "0b", "succeeded")
    assert [view.version for view in here.history("dev")] == [3, 2]
    assert there.lease("dev") is None


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
        opened(address.replace("s3://b-", "s3://nobody-")).get(KEY)
    assert "nobody-" in str(caught.value.where)
    with pytest.raises(StateError, match="has color, which is not known"):
        open_store("s3://b/x?color=red")
    with pytest.raises(StateError, match="cannot be kept at s3://"):
        open_store("s3:///x")


def test_two_machines_share_an_id_and_need_the_passphrase(address: str, tmp_path: Path) -> None:
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
