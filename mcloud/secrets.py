"""Secrets are references: ``env:NAME``, ``keyring:NAME`` or ``file:PATH``. The value is read when it is used."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mcloud.errors import ProfileError


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
    source, _, name = reference.partition(":")
    if source == "env" and name:
        value = os.environ.get(name)
        if not value:
            raise ProfileError(f"the environment variable {name} is not set", hint=f"export {name}=…")
        return SecretText(value)
    if source == "file" and name:
        return SecretText(_read_private(Path(name).expanduser(), base))
    if source == "keyring" and name:
        import keyring

        found = keyring.get_password("mcloud", name)
        if found is None:
            raise ProfileError(f"the keyring has no entry {name!r}", hint=f"keyring set mcloud {name}")
        return SecretText(found)
    raise ProfileError("not a reference to a secret", hint="write env:NAME, keyring:NAME or file:PATH")


def _read_private(path: Path, base: Path | None) -> str:
    path = path if path.is_absolute() or base is None else base / path
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ProfileError(f"the secret's file {path} cannot be read: {error.strerror}") from error
    if stat.S_IMODE(mode) & 0o077:
        raise ProfileError(f"others may read the secret's file {path}", hint=f"chmod 600 {path}")
    return path.read_text(encoding="utf-8").strip()
