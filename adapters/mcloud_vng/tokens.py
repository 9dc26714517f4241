"""Tokens of service accounts, kept in the process: every driver of one account signs in once between them."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

RENEW_BEFORE = 60.0  # seconds, as [CLI] v1.12.0 and [MCP] v0.1.1 do

SignIn = Callable[[], tuple[str, float]]
"""Asks for a token; gives it with its lifetime in seconds."""


@dataclass
class Token:
    """The current token of one account, shared by all threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _value: str | None = field(default=None, repr=False)
    _until: float = 0.0
    _told: Callable[[str], None] = field(default=lambda value: None, repr=False)

    def tell(self, hears: Callable[[str], None]) -> None:
        """Each token from now on, and the one that there is, before it is used."""
        with self._lock:
            self._told = hears
            if self._value is not None:
                hears(self._value)

    def current(self, sign_in: SignIn) -> str:
        """The token; a new one shortly before the old one ends."""
        with self._lock:
            if self._value is None or time.monotonic() >= self._until:
                self._renew(sign_in)
            return str(self._value)

    def renewed(self, refused: str, sign_in: SignIn) -> str:
        """A token that is not the refused one; what another thread has got since is used."""
        with self._lock:
            if self._value in (None, refused):
                self._renew(sign_in)
            return str(self._value)

    def handed_over(self) -> tuple[str, float] | None:
        """The token and the seconds for which it is used, for another process of the same run."""
        with self._lock:
            left = self._until - time.monotonic()
            return (self._value, left) if self._value is not None and left > 0 else None

    def take_over(self, value: str, seconds: float) -> None:
        """Use another process's token; a refused one is renewed as always."""
        with self._lock:
            if self._value is None and seconds > 0:
                self._value, self._until = value, time.monotonic() + seconds
                self._told(value)

    def _renew(self, sign_in: SignIn) -> None:
        self._value, lifetime = sign_in()
        self._told(self._value)
        # A short-lived token is used for half of its life, so that not every call signs in.
        self._until = time.monotonic() + max(lifetime - RENEW_BEFORE, lifetime / 2)


_tokens: dict[tuple[str, ...], Token] = {}
_tokens_lock = threading.Lock()


def shared_token(sign_in_url: str, client_id: str, secret: str) -> Token:
    """The process's token for an account; another secret has another one, so that a wrong one is never let in."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    with _tokens_lock:
        return _tokens.setdefault((sign_in_url, client_id, digest), Token())
