"""Secrets are references: ``env:NAME``, ``keyring:NAME`` or ``file:PATH``. The value is read when it is used."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from mcloud.errors import ProfileError

REFERENCE_PATTERN = r"^(env|keyring|file):.+$"


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


@dataclass(frozen=True)
class SecretReference:
    """Where a secret is. What shows of it is the reference; the value is read by the call that needs it.

    Attributes:
        reference: env:NAME, keyring:NAME or file:PATH.
        base: folder that a relative path is below.
    """

    reference: str
    base: Path | None = None

    def reveal(self) -> str:
        """The value.

        Raises:
            ProfileError: nothing there, or a file that others may read.
        """
        return resolve(self.reference, base=self.base).reveal()

    def digest(self, key: bytes) -> str:
        """What state holds of the value, so that another one is seen: nothing can be told from it without the key.

        Raises:
            ProfileError: as ``reveal``.
        """
        return hmac.new(key, self.reveal().encode(), hashlib.sha256).hexdigest()[:32]

    def __str__(self) -> str:
        return self.reference


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
        return SecretText(_read_private(name, base))
    if source == "keyring" and name:
        return SecretText(_from_keyring(name))
    raise ProfileError("not a reference to a secret", hint="write env:NAME, keyring:NAME or file:PATH")


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
