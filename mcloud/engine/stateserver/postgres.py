"""A store in a PostgreSQL database, for people who work on one state from several machines.

A document is a row that is written under the condition that it has the version which the writer has seen. A journal is
a row and its parts; a part is added only while the journal is open, and who closes it waits for the part under way.
Each call is one statement in a transaction of its own, which is on the server's disk when it returns. Each write has a
mark of its own: where the connection breaks and the answer gets lost, the call goes on with a new connection and finds
by the mark whether it had been done.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.errors import ConfigurationLimitExceeded, DiskFull
from psycopg.sql import SQL, Identifier

from mcloud.engine.stateserver.store import Blob, Changed, Fenced, StoreFull
from mcloud.errors import StateError
from mcloud.secrets import remember

WAITS = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each new attempt where the connection was lost; a server that restarts is back in that time."""
SETTINGS: Mapping[str, Any] = {
    "application_name": "mcloud",
    "connect_timeout": 10,
    # A connection that a network has forgotten is given up after half a minute at most.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
DURABLE = ("on", "remote_apply")
TABLES: tuple[LiteralString, ...] = (
    "CREATE TABLE documents (key text PRIMARY KEY, mark text NOT NULL, data bytea NOT NULL)",
    "CREATE TABLE journals (key text PRIMARY KEY, mark text NOT NULL, closed boolean NOT NULL DEFAULT false)",
    "CREATE TABLE parts (journal text NOT NULL REFERENCES journals ON DELETE CASCADE,"
    " number bigint GENERATED ALWAYS AS IDENTITY, mark text NOT NULL UNIQUE, data bytea NOT NULL,"
    " PRIMARY KEY (journal, number))",
)
Rows = list[tuple[Any, ...]]


class DatabaseStore:
    """A store in a schema of a database.

    Args:
        target: what libpq needs to find the database: host, port, dbname, user and so on, no password.
        schema: the schema; it is made when something is written first.
        password: gives the password at each connect; left out, libpq looks for one itself (PGPASSWORD, ~/.pgpass).
    """

    def __init__(
        self, target: Mapping[str, str], schema: str, password: Callable[[], str] | None = None
    ) -> None:
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
            raise StateError(f"{schema!r} cannot be the schema of a state", hint="small letters, digits and _ only")
        self._target = dict(target)
        self._schema = schema
        self._password = password
        self._lock = threading.RLock()
        self._open: list[psycopg.Connection[Any]] = []
        self._was_open = False
        self._tables = False
        weakref.finalize(self, _close, self._open)

    @property
    def title(self) -> str:
        host, port = self._target.get("host", ""), self._target.get("port", "")
        return f"postgresql://{host}{port and ':' + port}/{self._target.get('dbname', '')}/{self._schema}"

    def stacks(self) -> list[str]:
        rows = self._read("list", "SELECT key FROM documents WHERE right(key, 11) = '/state.json'", ())
        names = (str(key).removesuffix("/state.json") for (key,) in rows)
        return sorted(name for name in names if "/" not in name)

    def get(self, key: str) -> Blob | None:
        rows = self._read(f"read {key}", "SELECT data, mark FROM documents WHERE key = %s", (key,))
        return Blob(*rows[0]) if rows else None

    def put(self, key: str, data: bytes, expected: str | None) -> str:
        mark = secrets.token_hex(16)
        if expected is None:
            written = self._write(
                f"write {key}",
                "INSERT INTO documents (key, mark, data) VALUES (%s, %s, %s) ON CONFLICT (key) DO NOTHING RETURNING 1",
                (key, mark, data),
            )
        else:
            written = self._write(
                f"write {key}",
                "UPDATE documents SET mark = %s, data = %s WHERE key = %s AND mark = %s RETURNING 1",
                (mark, data, key, expected),
            )
        if not written and not self._has("documents", mark):
            raise Changed(f"{key} was changed by somebody else", hint="run again", where=self.title)
        return mark

    def delete(self, key: str) -> None:
        self._read(f"remove {key}", "DELETE FROM documents WHERE key = %s RETURNING 1", (key,))

    def keys(self, prefix: str) -> list[str]:
        rows = self._read(
            "list",
            "SELECT key FROM (SELECT key FROM documents UNION ALL SELECT key FROM journals) AS both_of_them"
            " WHERE starts_with(key, %s) AND strpos(substr(key, length(%s) + 1), '/') = 0",
            (prefix, prefix),
        )
        return sorted(str(key) for (key,) in rows)

    def start_journal(self, key: str, data: bytes) -> None:
        mark = secrets.token_hex(16)
        written = self._write(
            f"write {key}",
            "WITH begun AS"
            " (INSERT INTO journals (key, mark) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING RETURNING key)"
            " INSERT INTO parts (journal, mark, data) SELECT key, %s, %s FROM begun RETURNING 1",
            (key, mark, mark, data),
        )
        if not written and not self._has("journals", mark):
            raise Changed(f"{key} is there already", where=self.title)

    def append(self, key: str, data: bytes) -> None:
        mark = secrets.token_hex(16)
        written = self._write(
            f"write {key}",
            # With its row held for sharing, nobody closes the journal until the part is there; closed, it gives no row.
            "INSERT INTO parts (journal, mark, data)"
            " SELECT key, %s, %s FROM journals WHERE key = %s AND NOT closed FOR SHARE"
            " ON CONFLICT (mark) DO NOTHING RETURNING 1",
            (mark, data, key),
        )
        if not written and not self._has("parts", mark):
            raise Fenced(f"{key} was taken over by another run", where=self.title)

    def read_journal(self, key: str) -> bytes | None:
        rows = self._read(f"read {key}", "SELECT data FROM parts WHERE journal = %s ORDER BY number", (key,))
        return b"".join(data for (data,) in rows) if rows else None

    def close_journal(self, key: str) -> None:
        self._read(f"close {key}", "UPDATE journals SET closed = true WHERE key = %s RETURNING 1", (key,))

    def drop_journal(self, key: str) -> None:
        self._read(f"remove {key}", "DELETE FROM journals WHERE key = %s RETURNING 1", (key,))

    def _has(self, table: str, mark: str) -> bool:
        """Whether a write whose answer got lost had been done."""
        queries: dict[str, LiteralString] = {
            "documents": "SELECT 1 FROM documents WHERE mark = %s",
            "journals": "SELECT 1 FROM journals WHERE mark = %s",
            "parts": "SELECT 1 FROM parts WHERE mark = %s",
        }
        return bool(self._read("look", queries[table], (mark,)))

    def _read(self, doing: str, query: LiteralString, values: Sequence[Any]) -> Rows:
        """Run a statement that makes nothing new; where nothing was ever written there are no rows."""
        return self._run(doing, query, values) if self._there(doing) else []

    def _write(self, doing: str, query: LiteralString, values: Sequence[Any]) -> Rows:
        if not self._there(doing):
            self._make(doing)
        return self._run(doing, query, values)

    def _there(self, doing: str) -> bool:
        if not self._tables:
            [(found,)] = self._run(doing, "SELECT to_regclass(%s) IS NOT NULL", (f"{self._schema}.parts",))
            self._tables = bool(found)
        return self._tables

    def _make(self, doing: str) -> None:
        """Make schema and tables, where another has not done so in the meantime; all of them or none."""

        def make(connection: psycopg.Connection[Any]) -> Rows:
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(hashtext('mcloud'))")
                [(tables, schema)] = connection.execute(
                    "SELECT to_regclass(%s) IS NOT NULL, to_regnamespace(%s) IS NOT NULL",
                    (f"{self._schema}.parts", self._schema),
                ).fetchall()
                if not schema:
                    connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(self._schema)))
                for statement in () if tables else TABLES:
                    connection.execute(statement)
            return []

        with self._explained(doing):
            self._patiently(make)
        self._tables = True

    def _run(self, doing: str, query: LiteralString, values: Sequence[Any]) -> Rows:
        def run(connection: psycopg.Connection[Any]) -> Rows:
            with connection.cursor(binary=True) as cursor:
                return cursor.execute(query, values).fetchall()

        with self._explained(doing):
            return self._patiently(run)

    def _patiently(self, work: Callable[[psycopg.Connection[Any]], Rows]) -> Rows:
        """Do it, again with a new connection where this one is lost; nothing here does harm when it is done twice."""
        with self._lock:
            for wait in (*WAITS, None):
                try:
                    return work(self._connection())
                except (psycopg.OperationalError, psycopg.InterfaceError):
                    lost = not self._open or self._open[0].closed
                    # A database that was never reached is a wrong address rather than one that comes back.
                    if wait is None or not lost or not self._was_open:
                        raise
                time.sleep(wait)
        raise AssertionError("not reached")

    def _connection(self) -> psycopg.Connection[Any]:
        if self._open and not self._open[0].closed:
            return self._open[0]
        self._open.clear()
        made = self._connected()
        try:
            self._settle(made)
        except BaseException:
            made.close()
            raise
        self._open.append(made)
        self._was_open = True
        return made

    def _connected(self) -> psycopg.Connection[Any]:
        try:
            return psycopg.connect(**self._given(), autocommit=True)
        except psycopg.OperationalError as error:
            problem = _first_line(error)
        # Raised out here: the client's own frames, which a traceback would lead to, have the password.
        raise psycopg.OperationalError(problem)

    def _given(self) -> dict[str, Any]:
        secret = {} if self._password is None else {"password": self._password()}
        return {**SETTINGS, **self._target, **secret}

    def _settle(self, connection: psycopg.Connection[Any]) -> None:
        """See that names mean this schema's tables alone, and that what is acknowledged is on the disk."""
        # Wherever libpq has found it: what is printed anywhere is looked through for it.
        remember(connection.info.password)
        connection.execute("SELECT set_config('search_path', %s, false)", (self._schema,))
        [(commit, sync)] = connection.execute(
            "SELECT current_setting('synchronous_commit'), current_setting('fsync')"
        ).fetchall()
        if sync != "on":
            raise StateError(
                f"this database runs with fsync = {sync}, so what it acknowledges may be lost",
                hint="keep the state in another database, or locally",
                where=self.title,
            )
        if commit not in DURABLE:
            connection.execute("SET synchronous_commit = on")

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (DiskFull, ConfigurationLimitExceeded) as error:
            raise StoreFull(
                f"the state cannot be written, for the database has no room ({_first_line(error)})",
                hint="make room, then run again; nothing that was acknowledged is lost",
                where=self.title,
            ) from error
        except psycopg.Error as error:
            raise StateError(
                f"the state's database cannot be used to {doing}: {_first_line(error)}", where=self.title
            ) from error


def _close(connections: list[psycopg.Connection[Any]]) -> None:
    for connection in connections:
        connection.close()


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().partition("\n")[0]
