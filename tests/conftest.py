"""Every test has folders of its own for what mcloud keeps, and no network but the loopback."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

from mcloud.paths import cache_dir
from tests.postgres import PASSWORD, Database, binaries
from tests.s3 import KEYS, ObjectStore

LOOPBACK = ["127.0.0.1", "::1", "localhost"]
HOMES = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
STORAGE_KEYS = ("VSTORAGE_ACCESS_KEY", "VSTORAGE_SECRET_KEY")
CACHE = str(cache_dir())

# Whoever runs the tests may ignore these (nohup, a job in the background), and what is ignored is handed down.
signal.signal(signal.SIGINT, signal.default_int_handler)
for ignored in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(ignored, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _loopback_only() -> None:
    """A connection to any other host fails; the plugin lifts this after each test."""
    socket_allow_hosts(LOOPBACK, allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the person who runs the tests is read or written; only the cache stays, for the engine is in it."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MCLOUD_CACHE_DIR", CACHE)
    for name in HOMES:
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("MCLOUD_CONFIG_DIR", str(home / "config"))
    monkeypatch.setenv("MCLOUD_STATE_DIR", str(home / "state"))
    places = ("MCLOUD_PROFILE", "MCLOUD_BACKEND_URL", "MCLOUD_STATE_BACKEND")
    clouds = [name for name in os.environ if name.startswith("AWS_")]
    clouds += [name for name in os.environ if name.startswith("PG")]
    for name in (*places, "CLIENT_ID", "CLIENT_SECRET", *STORAGE_KEYS, *clouds):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def repository() -> Path:
    """The folder of the project."""
    return Path(__file__).parents[1]


STORES = ("folder", "bucket", "database")
_numbers = itertools.count()


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """A PostgreSQL server for all tests of a process; each takes a schema of its own."""
    if binaries() is None:
        pytest.skip("there is no PostgreSQL; make postgres installs it")
    made = Database()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def objects() -> Iterator[ObjectStore]:
    """An S3 service for all tests of a process; each takes a bucket of its own."""
    made = ObjectStore()
    yield made
    made.stop()


@pytest.fixture
def address_of(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], str]:
    """The address of a new and empty store of a kind: ``folder``, ``bucket`` or ``database``."""

    def made(kind: str) -> str:
        name = f"mcloud-{os.getpid()}-{next(_numbers)}"
        if kind == "folder":
            return f"file://{tmp_path / name}"
        if kind == "bucket":
            for variable, value in KEYS.items():
                monkeypatch.setenv(variable, value)
            return str(request.getfixturevalue("objects").bucket(name))
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
        return str(request.getfixturevalue("database").address(name.replace("-", "_")))

    return made


@pytest.fixture(params=STORES)
def address(request: pytest.FixtureRequest, address_of: Callable[[str], str]) -> str:
    """A new and empty store of each kind in turn."""
    return address_of(request.param)
