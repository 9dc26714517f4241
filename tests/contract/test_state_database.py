"""The store in PostgreSQL: what it promises beside what every store does (test_state_stores.py)."""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from mcloud import secrets
from mcloud.engine.stateserver.postgres import DatabaseStore
from mcloud.engine.stateserver.store import Fenced, StoreFull
from mcloud.engine.stateserver.stores import open_store
from mcloud.errors import ProfileError, StateError
from tests.postgres import PASSWORD, USER, Database

KEY, JOURNAL = "dev/state.json", "dev/journal/u.jsonl"


@pytest.fixture
def address(address_of: Callable[[str], str]) -> str:
    return address_of("database")


@pytest.fixture
def store(address: str) -> DatabaseStore:
    return opened(address)


@pytest.fixture
def beside(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """Somebody else's connection."""
    with psycopg.connect(host=str(database.folder), user=USER, dbname="states", password=PASSWORD) as made:
        made.autocommit = True
        yield made


def opened(address: str) -> DatabaseStore:
    found = open_store(address)
    assert isinstance(found, DatabaseStore)
    return found


def tear(store: DatabaseStore, beside: psycopg.Connection[Any]) -> None:
    """End the server's side of the store's connection."""
    beside.execute("SELECT pg_terminate_backend(%s, 10000)", (store._connection().info.backend_pid,))


def test_a_torn_connection_is_made_anew_and_nothing_is_lost_or_there_twice(
    store: DatabaseStore, beside: psycopg.Connection[Any]
) -> None:
    tag = store.put(KEY, b"1", None)
    store.start_journal(JOURNAL, b"head\n")
    for number in range(3):
        tear(store, beside)
        store.append(JOURNAL, b"%d\n" % number)
        tear(store, beside)
        tag = store.put(KEY, b"%d" % number, tag)
        tear(store, beside)
        assert store.read_journal(JOURNAL) == b"head\n" + b"".join(b"%d\n" % line for line in range(number + 1))
    found = store.get(KEY)
    assert found is not None
    assert (found.data, found.tag) == (b"2", tag)


def test_a_write_whose_answer_got_lost_counts_once(store: DatabaseStore, beside: psycopg.Connection[Any]) -> None:
    """The connection breaks after the effect: each call is done and then made to believe that it was not."""
    lost: list[str] = []

    def after(work: Callable[[psycopg.Connection[Any]], Any]) -> Any:
        with store._lock:
            work(store._connection())
            lost.append("answer")
            tear(store, beside)
            return whole(work)

    whole = store._patiently
    tag = store.put("dev/other.json", b"", None)
    store._patiently = after
    store.start_journal(JOURNAL, b"head\n")
    store.append(JOURNAL, b"1\n")
    tag = store.put(KEY, b"1", None)
    tag = store.put(KEY, b"2", tag)
    store._patiently = whole
    assert len(lost) >= 4
    assert store.read_journal(JOURNAL) == b"head\n1\n"
    found = store.get(KEY)
    assert found is not None
    assert (found.data, found.tag) == (b"2", tag)


def test_the_database_crashes_in_the_middle_of_appends(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    crashing = Database()
    try:
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
        store = opened(crashing.address())
        store.start_journal(JOURNAL, b"head\n")
        acknowledged: list[bytes] = []
        some = threading.Event()

        def write() -> None:
            for number in range(60):
                line = b"%d\n" % number
                store.append(JOURNAL, line)
                acknowledged.append(line)
                if number == 10:
                    some.set()

        writer = threading.Thread(target=write)
        writer.start()
        assert some.wait(60)
        crashing.crash()
        at_the_crash = list(acknowledged)
        crashing.start()
        writer.join(120)
        assert len(acknowledged) == 60
        assert len(at_the_crash) >= 11
        assert opened(crashing.address()).read_journal(JOURNAL) == b"head\n" + b"".join(acknowledged)
    finally:
        crashing.stop()


def test_no_room_leaves_what_was_there(store: DatabaseStore, address: str, beside: psycopg.Connection[Any]) -> None:
    beside.execute("SELECT set_config('search_path', %s, false)", (address.rpartition("schema=")[2],))
    tag = store.put(KEY, b"old", None)
    store.start_journal(JOURNAL, b"head\n")
    beside.execute(
        "CREATE FUNCTION full_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"
    )
    for table in ("parts", "documents"):
        beside.execute(f"CREATE TRIGGER full_up BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION full_up()")
    for write in (lambda: store.append(JOURNAL, b"1\n"), lambda: store.put(KEY, b"new", tag)):
        with pytest.raises(StoreFull, match="the database has no room") as caught:
            write()
        assert "make room" in str(caught.value.hint)
    for table in ("parts", "documents"):
        beside.execute(f"DROP TRIGGER full_up ON {table}")
    store.append(JOURNAL, b"2\n")
    assert store.read_journal(JOURNAL) == b"head\n2\n"
    found = store.get(KEY)
    assert found is not None
    assert found.data == b"old"


def test_who_closes_a_journal_waits_for_what_is_being_added(
    store: DatabaseStore, address: str, beside: psycopg.Connection[Any]
) -> None:
    schema, other = address.rpartition("schema=")[2], opened(address)
    store.start_journal(JOURNAL, b"head\n")
    beside.autocommit = False
    beside.execute("SELECT set_config('search_path', %s, false)", (schema,))
    beside.execute("SELECT 1 FROM journals WHERE key = %s AND NOT closed FOR SHARE", (JOURNAL,))
    closer = threading.Thread(target=other.close_journal, args=(JOURNAL,))
    closer.start()
    store.append(JOURNAL, b"1\n")
    assert closer.is_alive()
    beside.rollback()
    closer.join(60)
    assert store.read_journal(JOURNAL) == b"head\n1\n"
    with pytest.raises(Fenced):
        store.append(JOURNAL, b"2\n")


def test_what_is_acknowledged_is_on_the_disk(store: DatabaseStore, beside: psycopg.Connection[Any]) -> None:
    beside.execute("ALTER ROLE lan IN DATABASE states SET synchronous_commit = off")
    try:
        store.put(KEY, b"1", None)
        with store._connection().cursor() as cursor:
            assert cursor.execute("SHOW synchronous_commit").fetchall() == [("on",)]
    finally:
        beside.execute("ALTER ROLE lan IN DATABASE states RESET synchronous_commit")


def test_who_may_only_read_sees_nothing_where_nothing_is(store: DatabaseStore, address: str) -> None:
    assert (store.stacks(), store.get(KEY), store.read_journal(JOURNAL), store.keys("dev/")) == ([], None, None, [])
    store.delete(KEY)
    assert not store._there("look")


def test_a_password_by_reference(
    address: str, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.delenv("PGPASSWORD")
    monkeypatch.setenv("STATES_PASSWORD", PASSWORD)
    opened(address + "&password=env:STATES_PASSWORD").put(KEY, b"1", None)
    file = tmp_path / "pgpass"
    file.write_text(f"*:*:states:{USER}:{PASSWORD}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    monkeypatch.setattr(secrets, "_pieces", {})
    monkeypatch.setattr(secrets, "_remembered", set())
    assert opened(address).get(KEY) is not None
    assert PASSWORD not in secrets.without_secrets(f"it is {PASSWORD}")
    with pytest.raises(ProfileError, match="NOBODY is not set"):
        opened(address + "&password=env:NOBODY").get(KEY)


def test_a_wrong_password_is_told_and_not_shown(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGPASSWORD")
    monkeypatch.setenv("STATES_PASSWORD", "not-it-0815")
    store = opened(address + "&password=env:STATES_PASSWORD")
    with pytest.raises(StateError, match="password authentication failed") as caught:
        store.get(KEY)
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "not-it-0815" not in told
    assert "not-it-0815" not in repr(store) + store.title


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("postgresql://lan:hush-hush@db/states", "has a password in it"),
        ("postgresql://db:70000/states", "is no port"),
        ("postgresql://db", "names no database"),
        ("postgresql://db/states?color=red&tint=2", "has color, tint, which is not known"),
        ("postgresql://db/states?schema=A-b", "cannot be the schema"),
        ("postgresql://db/states?password=hush-hush", "not a reference to a secret"),
    ],
)
def test_addresses_that_are_refused(address: str, says: str) -> None:
    with pytest.raises((StateError, ProfileError), match=says) as caught:
        open_store(address).get(KEY)
    assert "hush-hush" not in str(caught.value)


def test_a_database_that_is_not_there(tmp_path: Any) -> None:
    with pytest.raises(StateError, match=r"cannot be used to read dev/state\.json: .*No such file or directory"):
        open_store(f"postgresql:///states?host={tmp_path}").get(KEY)


def test_what_it_is_called() -> None:
    assert open_store("postgres://lan@db:5433/states?schema=team").title == "postgresql://db:5433/states/team"
    assert os.environ.get("PGPASSWORD") is None
