"""What looks like a secret in a label: better a label too few than a password in a file."""

from __future__ import annotations

import re

_NAME = re.compile(
    r"passw|passphrase|pwd|secret|token|credential|private|api[_.-]?key|access[_.-]?key|(^|[_.@-])(auth|pin|key)($|[_.@-])",
    re.IGNORECASE,
)
_WORD = re.compile(r"passw|passphrase|secret|s3cr3t|credential|api[_-]?key|PRIVATE KEY", re.IGNORECASE)
_FORM = re.compile(
    r"(A3T|AKIA|ASIA|AGPA|AIDA|AROA)[0-9A-Z]{12,}"  # keys of a cloud
    r"|gh[pousr]_\w{20,}|glpat-|xox[abprs]-|(sk|pk|rk)_(live|test)_|ya29\.|AIza|SG\.\w"  # of well-known services
    r"|eyJ[\w-]{8,}\.[\w-]+"  # a signed token
    r"|://[^/\s:@]+:[^/\s@]+@"  # a URL with a password
)
_LONG = re.compile(r"[0-9a-fA-F]{32,}|[A-Za-z0-9+/_-]{40,}={0,2}")
_CLASSES = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"\d"), re.compile(r"[^\w\s.,:/@+()-]"))
LEAST = 10
"""A word shorter than this is taken for a password by its name only."""


def looks_secret(name: str, value: str) -> bool:
    """Whether a label may hold a secret: by its name, by words and forms in its value, or because it looks random.

    A word that mixes three of small letters, capitals, digits and other signs counts as random, and so does a long
    hexadecimal or base64 one.
    """
    if _NAME.search(name) or _WORD.search(value) or _FORM.search(value) or _LONG.search(value):
        return True
    return any(len(word) >= LEAST and sum(1 for kind in _CLASSES if kind.search(word)) >= 3 for word in value.split())
