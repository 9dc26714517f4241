"""What looks like a secret in a label: better a label too few than a password in a file."""

from __future__ import annotations

import re

from mcloud.discover.secrets import is_secret_form, is_secret_name

_NAME = re.compile(r"pwd|private|token|credential|(^|[_.@-])(pin|key)($|[_.@-])", re.IGNORECASE)
_WORD = re.compile(r"passw|passphrase|secret|s3cr3t|credential|api[_-]?key", re.IGNORECASE)
_KEY = re.compile(r"(A3T|AGPA|AIDA|AROA)[0-9A-Z]{12,}|glpat-|(sk|pk|rk)_(live|test)_|ya29\.|AIza|SG\.\w")
_LONG = re.compile(r"[0-9a-fA-F]{32,}|[A-Za-z0-9+/_-]{40,}={0,2}")
_CLASSES = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"\d"), re.compile(r"[^\w\s.,:/@+()-]"))
LEAST = 10
"""A word shorter than this is taken for a password by its name only."""


def looks_secret(name: str, value: str) -> bool:
    """Whether a label may hold a secret: by its name, by words and forms in its value, or because it looks random.

    A word that mixes three of small letters, capitals, digits and other signs counts as random, and so does a long
    hexadecimal or base64 one.
    """
    if is_secret_name(name) or _NAME.search(name) or is_secret_form(value):
        return True
    if _WORD.search(value) or _KEY.search(value) or _LONG.search(value):
        return True
    return any(len(word) >= LEAST and _classes(word) >= 3 for word in value.split())


def _classes(word: str) -> int:
    """How many kinds of signs are mixed; a number at the end of a name is no mixture."""
    plain = re.sub(r"\d+$", "", word)
    return sum(1 for kind in _CLASSES if kind.search(plain))
