"""Which store an address means."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from mcloud.engine.stateserver.store import FolderStore, Store
from mcloud.errors import StateError
from mcloud.secrets import resolve

BUCKET = "s3://BUCKET/PREFIX?endpoint=https://HOST&region=NAME"
DATABASE = "postgresql://USER@HOST/DATABASE?schema=NAME"
KNOWN = f"file:///FOLDER, {BUCKET} or {DATABASE}"
DATABASES = ("postgresql", "postgres")
REMOTE = ("s3", *DATABASES)
"""Schemes of the stores that several machines can share."""
SCHEMA = "mcloud"


def open_store(address: str) -> Store:
    """The store at ``file:///FOLDER``, ``s3://BUCKET/PREFIX?…`` or ``postgresql://USER@HOST:PORT/DATABASE?…``.

    A bucket's settings are ``endpoint`` and ``region``; a database's ``schema``, ``host`` (the folder of a socket),
    ``sslmode``, ``sslrootcert`` and ``password``, which is a reference to a secret.

    Raises:
        StateError: no such kind of store, or what it needs is not installed.
    """
    parts = urlsplit(address)
    if parts.scheme == "file":
        return FolderStore(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        return _bucket(parts)
    if parts.scheme in DATABASES:
        return _database(parts)
    raise StateError(f"the state cannot be kept at {parts.scheme}://…", hint=KNOWN)


def require_no_password(address: str) -> None:
    """Refuse an address with a secret in it: it would be in the state's marks, in messages and in the shell's history.

    Raises:
        StateError: it has one; the message does not.
    """
    try:
        secret = urlsplit(address).password
    except ValueError as error:
        raise StateError("the state's address cannot be read", hint=KNOWN) from error
    if secret is not None:
        raise StateError(
            "the state's address has a password in it",
            hint="leave it out, and give it by PGPASSWORD, by ~/.pgpass or by a reference: "
            f"{DATABASE}&password=env:VARIABLE (or keyring:NAME, or file:PATH)",
        )


def _settings(parts: SplitResult, known: Iterable[str], form: str) -> dict[str, str]:
    given = parse_qs(parts.query, keep_blank_values=True)
    unknown = sorted(given.keys() - set(known))
    if unknown:
        raise StateError(f"the state's address has {', '.join(unknown)}, which is not known", hint=form)
    return {name: values[-1] for name, values in given.items()}


def _bucket(parts: SplitResult) -> Store:
    given = _settings(parts, ("endpoint", "region"), BUCKET)
    try:
        from mcloud.engine.stateserver.s3 import BucketStore
    except ImportError as error:
        raise StateError("a state in a bucket needs boto3", hint="pip install 'mcloud-vn[domestic]'") from error
    return BucketStore(parts.netloc, unquote(parts.path), given.get("endpoint"), given.get("region"))


def _database(parts: SplitResult) -> Store:
    require_no_password(parts.geturl())
    given = _settings(parts, ("schema", "host", "sslmode", "sslrootcert", "password"), DATABASE)
    schema, reference = given.pop("schema", SCHEMA), given.pop("password", None)
    try:
        port = str(parts.port) if parts.port else None
    except ValueError:
        raise StateError("the port in the state's address is no port", hint=DATABASE) from None
    named = {"host": parts.hostname, "port": port, "user": parts.username, "dbname": parts.path.strip("/")}
    target = {name: unquote(value) for name, value in named.items() if value} | given
    if "dbname" not in target:
        raise StateError("the state's address names no database", hint=DATABASE)
    try:
        from mcloud.engine.stateserver.postgres import DatabaseStore
    except ImportError as error:
        raise StateError("a state in a database needs psycopg", hint="pip install 'mcloud-vn[postgres]'") from error
    return DatabaseStore(target, schema, None if reference is None else lambda: resolve(reference).reveal())
