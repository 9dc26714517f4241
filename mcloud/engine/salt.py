"""What the engine encrypts the secrets of a new state with: a salt, and a word by which it knows the passphrase again.

Made as the engine makes it when it makes a stack (pulumi v3.259.0, pkg/secrets/passphrase/manager.go and
sdk/go/common/resource/config/crypt.go, read 2026-11-26), so that it need not be started for that.
"""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode

ROUNDS = 1_000_000
KEY, SALT, NONCE = 32, 8, 12
"""Bytes."""
WORD = b"pulumi"


def new_salt(passphrase: bytes) -> str | None:
    """A new salt for a passphrase, as the engine's settings of a stack hold it; None where only the engine can.

    It takes a third of a second of a processor, as it should: so does each guess of a passphrase.
    """
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        return None
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    key = hashlib.pbkdf2_hmac("sha256", passphrase.strip(), salt, ROUNDS, KEY)
    sealed = AESGCM(key).encrypt(nonce, WORD, None)
    first, second, third = (b64encode(part).decode() for part in (salt, nonce, sealed))
    return f"v1:{first}:v1:{second}:{third}"
