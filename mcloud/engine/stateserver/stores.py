"""Which store an address means."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from mcloud.engine.stateserver.store import FolderStore, Store
from mcloud.errors import StateError


def open_store(address: str) -> Store:
    """The store at ``file:///folder``.

    Raises:
        StateError: no such kind of store.
    """
    parts = urlsplit(address)
    if parts.scheme == "file":
        return FolderStore(Path(unquote(parts.path)))
    raise StateError(f"the state cannot be kept at {parts.scheme}://…", hint="file:///FOLDER is what can be")
