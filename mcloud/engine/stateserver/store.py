"""What a store of states must be able to do, and the one in a folder.

A store holds small documents under keys (``STACK/state.json``) that change only when nobody else has changed them, and
journals that only grow. What a call has returned from is on the disk.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mcloud.errors import StateError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Changed(StateError):
    """Somebody else has written the document in between."""

    code = "state_changed"


class Fenced(StateError):
    """The journal was closed by somebody who took the run over; nothing can be added."""

    code = "state_fenced"


class StoreFull(StateError):
    """There is no room; what was to be written is not there."""

    code = "state_full"


@dataclass(frozen=True)
class Blob:
    """A document and the mark of its version."""

    data: bytes
    tag: str


class Store(Protocol):
    """Where states are kept."""

    @property
    def title(self) -> str:
        """Where that is, for people."""
        ...

    def stacks(self) -> list[str]:
        """Names of the stacks, sorted."""
        ...

    def get(self, key: str) -> Blob | None:
        """A document, None when there is none."""
        ...

    def put(self, key: str, data: bytes, expected: str | None) -> str:
        """Write a document whose version is ``expected`` (None: it is not there yet); the new version.

        Raises:
            Changed: it has another version.
            StoreFull: no room.
            StateError: the store cannot be written.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove a document; gone already is no error."""
        ...

    def keys(self, prefix: str) -> list[str]:
        """Keys of documents and journals below a prefix that ends in ``/``, sorted."""
        ...

    def start_journal(self, key: str, data: bytes) -> None:
        """Begin a journal.

        Raises:
            Changed: it is there.
            StoreFull: no room.
        """
        ...

    def append(self, key: str, data: bytes) -> None:
        """Add whole lines to a journal; all of them or none.

        Raises:
            Fenced: it was closed.
            StoreFull: no room; nothing was added.
            StateError: the store cannot be written.
        """
        ...

    def read_journal(self, key: str) -> bytes | None:
        """All that was added; a torn last line may follow. None when there is no such journal."""
        ...

    def close_journal(self, key: str) -> None:
        """Let nobody add to it any more; it stays readable."""
        ...

    def drop_journal(self, key: str) -> None:
        """Remove a journal; gone already is no error."""
        ...


class FolderStore:
    """A store in a folder of this machine.

    Args:
        root: the folder; it is made when something is written.
    """

    CLOSED = ".closed"

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lengths: dict[str, int] = {}

    @property
    def title(self) -> str:
        return str(self.root)

    def stacks(self) -> list[str]:
        if not self.root.is_dir():
            return []
        return sorted(path.name for path in self.root.iterdir() if (path / "state.json").exists())

    def get(self, key: str) -> Blob | None:
        with _explained(f"read {key}"):
            try:
                data = (self.root / key).read_bytes()
            except FileNotFoundError:
                return None
        return Blob(data, _tag(data))

    def put(self, key: str, data: bytes, expected: str | None) -> str:
        path = self.root / key
        with _explained(f"write {key}"), self._locked(path.parent):
            try:
                current: str | None = _tag(path.read_bytes())
            except FileNotFoundError:
                current = None
            if current != expected:
                raise Changed(f"{key} was changed by somebody else", hint="run again", where=self.title)
            _write_whole(path, data)
        return _tag(data)

    def delete(self, key: str) -> None:
        with _explained(f"remove {key}"):
            path = self.root / key
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                _sync_folder(path.parent)

    def keys(self, prefix: str) -> list[str]:
        folder = self.root / prefix
        if not folder.is_dir():
            return []
        names = {path.name.removesuffix(self.CLOSED) for path in folder.iterdir() if path.is_file()}
        return sorted(prefix + name for name in names if not name.startswith("."))

    def start_journal(self, key: str, data: bytes) -> None:
        path = self.root / key
        with _explained(f"write {key}"), self._locked(path.parent):
            if path.exists():
                raise Changed(f"{key} is there already", where=self.title)
            _write_whole(path, data)
        self._lengths[key] = len(data)

    def append(self, key: str, data: bytes) -> None:
        with _explained(f"write {key}"):
            try:
                # Never made here: one that was closed has another name.
                descriptor = os.open(self.root / key, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
            except FileNotFoundError:
                raise Fenced(f"{key} was taken over by another run", where=self.title) from None
            try:
                good = self._good_length(key, descriptor)
                try:
                    _write_all(descriptor, data)
                    os.fsync(descriptor)
                except OSError:
                    # What was written of it was not promised to anybody; without it the next line stands by itself.
                    self._lengths.pop(key, None)
                    os.ftruncate(descriptor, good)
                    raise
                self._lengths[key] = good + len(data)
            finally:
                os.close(descriptor)

    def _good_length(self, key: str, descriptor: int) -> int:
        """Where the last whole line ends; what was torn off behind it is cut away."""
        size = os.fstat(descriptor).st_size
        if self._lengths.get(key) == size:
            return size
        good = os.pread(descriptor, size, 0).rfind(b"\n") + 1
        if good != size:
            os.ftruncate(descriptor, good)
        return good

    def read_journal(self, key: str) -> bytes | None:
        with _explained(f"read {key}"):
            for path in (self.root / key, self.root / (key + self.CLOSED)):
                with suppress(FileNotFoundError):
                    return path.read_bytes()
        return None

    def close_journal(self, key: str) -> None:
        path = self.root / key
        with _explained(f"close {key}"), suppress(FileNotFoundError):
            path.rename(path.with_name(path.name + self.CLOSED))
            _sync_folder(path.parent)

    def drop_journal(self, key: str) -> None:
        self._lengths.pop(key, None)
        self.delete(key)
        self.delete(key + self.CLOSED)

    @contextmanager
    def _locked(self, folder: Path) -> Iterator[None]:
        """Nobody else on this machine is between looking and writing."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _tag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write_whole(path: Path, data: bytes) -> None:
    """The old content or the new one, never a part; on the disk when it returns."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            _write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StoreFull(
                f"the state cannot be written, for the disk is full ({error.strerror})",
                hint="make room, then run again; nothing that was acknowledged is lost",
                where=error.filename,
            ) from error
        raise StateError(f"cannot {doing}: {error.strerror}", where=error.filename) from error
