"""What the provider's process knows: profile, state id, catalogs, and one open session per account and region.

The command line sets the variables; a program that is run by plain ``pulumi`` may leave them out.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile

from mcloud.adapter import registry
from mcloud.adapter.limiter import Limiter
from mcloud.adapter.listing import Listings
from mcloud.adapter.operations import Operations
from mcloud.adapter.profile import Profile, current_name, load_profile
from mcloud.catalog.cache import load_live, load_price_book
from mcloud.catalog.overlay import overlay
from mcloud.catalog.types import Catalog
from mcloud.engine.provider.creates import Creates, NotTold, from_environment
from mcloud.errors import ForeignAccount, ProfileError
from mcloud.model.base import Placement
from mcloud.secrets import BASE_FOLDER, KEY_FILE, SecretReader

STATE_ID = "MCLOUD_STATE_ID"
CATALOGS = "MCLOUD_CATALOGS"
"""Folder with the live catalogs that were read before this run, one file per home."""
REMATCH = "MCLOUD_REMATCH"
MAY_DELETE = "MCLOUD_MAY_DELETE"
"""File with a JSON list of what may be deleted though it holds data, each kind/name; without it, all may."""


def live_file(folder: Path, at: Placement) -> Path:
    """Where the live catalog of a home is kept for a run."""
    return folder / f"{at.cloud}-{at.region}.json"


def _secret_reader() -> SecretReader:
    """As the variables say.

    Raises:
        ProfileError: the key cannot be read.
    """
    file = os.environ.get(KEY_FILE)
    try:
        key = Path(file).read_bytes().strip() if file else b""
    except OSError as error:
        raise ProfileError(f"{KEY_FILE}: {file} cannot be read: {error.strerror}") from error
    return SecretReader(Path(os.environ.get(BASE_FOLDER) or "."), key)


@contextmanager
def permission(names: Iterable[str]) -> Iterator[str]:
    """The value of ``MCLOUD_MAY_DELETE`` for these, for as long as it lasts.

    A file, because one variable holds no more than 128 KiB on Linux: a few thousand names.
    """
    with NamedTemporaryFile("w", prefix="mcloud-may-delete-", suffix=".json", encoding="utf-8") as file:
        json.dump(sorted(names), file)
        file.flush()
        yield file.name


def _may_delete() -> frozenset[str] | None:
    """As the variable says.

    Raises:
        ProfileError: the file cannot be read; then nothing may be done at all.
    """
    path = os.environ.get(MAY_DELETE)
    if path is None:
        return None
    try:
        return frozenset(json.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ProfileError(f"{MAY_DELETE}: {path} cannot be read", hint="run mcloud up again") from error


@dataclass
class Context:
    """Shared by all calls; safe to use from many threads."""

    profile: Profile
    state_id: str
    rematch: bool = False
    catalogs: Path | None = None
    secrets: SecretReader = field(default_factory=SecretReader)
    cancelled: threading.Event = field(default_factory=threading.Event)
    creates: Creates = field(default_factory=NotTold)
    may_delete: frozenset[str] | None = None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._home_locks: dict[str, threading.Lock] = {}
        self._operations: dict[str, Operations] = {}
        self._listings: dict[str, Listings] = {}
        self._catalogs: dict[str, Catalog] = {}

    @classmethod
    def from_environment(cls) -> Context:
        """Read the variables.

        Raises:
            ProfileError: the profile cannot be used.
        """
        folder = os.environ.get(CATALOGS)
        return cls(
            profile=load_profile(current_name()),
            state_id=os.environ.get(STATE_ID, "x"),
            rematch=os.environ.get(REMATCH) == "1",
            catalogs=Path(folder) if folder else None,
            secrets=_secret_reader(),
            creates=from_environment(),
            may_delete=_may_delete(),
        )

    def _home_lock(self, home: str) -> threading.Lock:
        with self._lock:
            return self._home_locks.setdefault(home, threading.Lock())

    def operations(self, at: Placement) -> Operations:
        """The operations on the account that the profile names there; signs in once.

        Raises:
            CloudError, ProfileError, PlacementError: as the adapter says.
        """
        adapter = registry.get(at.cloud)
        with self._home_lock(at.home):
            if at.home not in self._operations:
                session = adapter.connect(self.profile.cloud(at.cloud), at)
                self._operations[at.home] = Operations(adapter, session, Limiter(), self.cancelled)
            return self._operations[at.home]

    def listings(self, at: Placement) -> Listings:
        """The lists of the account there."""
        operations = self.operations(at)
        with self._lock:
            return self._listings.setdefault(at.home, Listings(operations))

    def guarded(self, at: Placement, account: str | None) -> Operations:
        """The same, refusing an account other than the one in the state.

        Raises:
            ForeignAccount: the state was made with another account.
        """
        operations = self.operations(at)
        found = operations.session.account
        if account is not None and account != found:
            raise ForeignAccount(
                f"the state was made with the account {account} on {at.home}, the credentials are of {found}",
                hint="use the profile of that account (--profile NAME)",
            )
        return operations

    def catalog(self, placement: Placement) -> Catalog:
        """The catalog for a placement: shipped, overlaid by what the account is offered and by the user's price book.

        The command line reads the live part once before the engine starts; a plain program makes this process read it
        at the first check of each home.
        """
        adapter = registry.get(placement.cloud)
        shipped = adapter.catalog()
        at = shipped.canonical(placement)
        with self._lock:
            known = self._catalogs.get(at.home)
        if known is not None:
            return known
        prepared = live_file(self.catalogs, at) if self.catalogs else None
        if prepared is not None:
            live = load_live(prepared) if prepared.exists() else None
        else:
            operations = self.operations(at)
            live = operations.call(
                f"read the catalog of {at.home}", lambda: adapter.live_catalog(operations.session, at), retry=True
            )
        merged = overlay(shipped, live, load_price_book(placement.cloud))
        with self._lock:
            return self._catalogs.setdefault(at.home, merged)
