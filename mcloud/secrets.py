"""Secrets are references: ``env:NAME``, ``keyring:NAME`` or ``file:PATH``. The value is read when it is used.

What this process has read it knows again, in whatever others say to it: a cloud that repeats a refused request in its
answer would put it into a message, and the message into a log, the state and a report.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from mcloud.errors import ProfileError

KEY_FILE = "MCLOUD_DIGEST_KEY_FILE"
"""Variable: the file whose text keys the digests of secrets."""
BASE_FOLDER = "MCLOUD_BASE_FOLDER"
"""Variable: the folder that relative paths of secrets are below."""


CUT = "(secret)"
"""Stands where a secret stood."""
LEAST = 8
"""Shorter values are in too many harmless words to be cut out of a text."""
PIECE = 16
"""So many characters of a longer value are known again: answers are cut short anywhere."""
_pieces: dict[int, set[str]] = {}
_remembered: set[str] = set()


def remember(value: str) -> None:
    """Know a secret again, for ``without_secrets``; an empty one is none."""
    if value not in _remembered:
        for form in _forms(value.strip()):
            for piece in _pieces_of(form):
                _pieces.setdefault(len(piece), set()).add(piece)
        _remembered.add(value)  # not before: another thread may ask


def without_secrets(text: str) -> str:
    """The text without what this process knows to be secret: plain, in JSON, in a URL, in base64, or a part of it."""
    if not _pieces:
        return text
    hidden = bytearray(len(text))
    for length, pieces in list(_pieces.items()):
        for start in range(len(text) - length + 1):
            if text[start : start + length] in pieces:
                hidden[start : start + length] = b"\1" * length
    shown = []
    for index, letter in enumerate(text):
        if not hidden[index]:
            shown.append(letter)
        elif index == 0 or not hidden[index - 1]:
            shown.append(CUT)
    return "".join(shown)


def _forms(value: str) -> Iterator[str]:
    # Of a text of several lines those are known that say something: not the frame of a key.
    for line in (part.strip() for part in value.splitlines()):
        if not line.startswith("-----"):
            yield from (line, json.dumps(line)[1:-1], quote(line, safe=""), quote(line), quote_plus(line))
    yield base64.b64encode(value.encode()).decode()
    yield base64.b64encode(f"{value}\n".encode()).decode()


def _pieces_of(form: str) -> Iterator[str]:
    if LEAST <= len(form) < PIECE:
        yield form
    yield from (form[start : start + PIECE] for start in range(len(form) - PIECE + 1))


class SecretText:
    """A secret's value that does not show itself."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value, for the call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "SecretText(***)"

    __str__ = __repr__


def resolve(reference: str, *, base: Path | None = None) -> SecretText:
    """Read the value behind a reference.

    Args:
        reference: env:NAME, keyring:NAME or file:PATH.
        base: folder that a relative path is below.

    Raises:
        ProfileError: nothing there, or a file that others may read.
    """
    value = _read(reference, base)
    remember(value)
    return SecretText(value)


def _read(reference: str, base: Path | None) -> str:
    source, _, name = reference.partition(":")
    if source == "env" and name:
        value = os.environ.get(name)
        if not value:
            raise ProfileError(f"the environment variable {name} is not set", hint=f"export {name}=…")
        return value
    if source == "file" and name:
        return _read_private(name, base)
    if source == "keyring" and name:
        return _from_keyring(name)
    raise ProfileError("not a reference to a secret", hint="write env:NAME, keyring:NAME or file:PATH")


def is_same_text(old: Any, new: Any) -> bool:
    """Whether two references in inputs, with their digests, lead to one text: where it is kept does not count."""
    both = isinstance(old, Mapping) and isinstance(new, Mapping)
    return both and bool(old.get("digest")) and old.get("digest") == new.get("digest")


@dataclass(frozen=True)
class SecretReader:
    """Reads the references of a stack.

    Attributes:
        base: the folder that a relative path is below: the stack file's.
        key: what digests are keyed with; it is kept apart from the state, so that the state alone gives no way to try
            values.
    """

    base: Path = field(default_factory=Path)
    key: bytes = field(default=b"", repr=False)

    def reveal(self, reference: str) -> str:
        """The value, for the call that needs it.

        Raises:
            ProfileError: it cannot be read.
        """
        return resolve(reference, base=self.base).reveal()

    def digest(self, reference: str) -> str:
        """A keyed digest of the value, by which a change of it is seen.

        Raises:
            ProfileError: it cannot be read, or there is no key.
        """
        if not self.key:
            raise ProfileError(
                "there is no key to keep a secret's digest with",
                hint=f"name a file with a random text in {KEY_FILE}; mcloud up does so by itself",
            )
        return hmac.new(self.key, self.reveal(reference).encode(), hashlib.sha256).hexdigest()


def _from_keyring(name: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        found = keyring.get_password("mcloud", name)
    except KeyringError as error:
        hint = "set up a keyring, or use env:NAME or file:PATH"
        raise ProfileError(f"the keyring cannot be read: {type(error).__name__}", hint=hint) from error
    if found is None:
        raise ProfileError(f"the keyring has no entry {name!r}", hint=f"keyring set mcloud {name}")
    return str(found)


def _read_private(name: str, base: Path | None) -> str:
    try:
        path = (base or Path()) / Path(name).expanduser()
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise ProfileError(f"others may read the secret's file {path}", hint=f"chmod 600 {path}")
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ProfileError(f"the secret's file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ProfileError(f"the secret's file {path} is not text in UTF-8") from None
    except RuntimeError as error:  # ~somebody who is not there
        raise ProfileError(f"the secret's file {name} cannot be read: {error}") from error
