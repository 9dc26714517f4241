"""Secrets of sources stay behind: known by names and forms that only secrets have, and by their values.

Whatever was cut out in one place is cut out wherever else it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcloud.discover.tfstate import StateResource

CUT = "(removed: may hold a secret)"
_NAME = re.compile(
    r"passw|passphrase|secret|private_key|access_key|credential|connection_string|kubeconfig"
    r"|(^|_)(token|pem|certificate_body)($|_)"
    r"|(^|_)api_?key($|_)|^(auth|user_data|user_data_base64|pwd|db_pass)$",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\b(AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bsk_live_[A-Za-z0-9]{16,}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\."
    r"|[a-z][a-z0-9+.-]*://[^\s/:@]*:[^\s/@]+@"
    r"|\b(password|passwd|pwd|secret|token|api[_-]?key)\b\s*[=:]\s*\S+",
    re.IGNORECASE,
)
_LEAST = 6
"""Shorter values are found in too many harmless places to be cut out there."""


def is_secret_name(name: str) -> bool:
    """Whether only secrets have such a name, in snake_case, kebab-case or CamelCase."""
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").replace(".", "_").replace(" ", "_")
    return _NAME.search(plain) is not None


def is_secret_form(text: str) -> bool:
    """Whether a text has the form of a secret: a private key, an access key, a token, a password in a URL."""
    return _FORM.search(text) is not None


def cut_names(value: Any, name: str, removed: list[str], found: set[str]) -> Any:
    """The value without what has the name or the form of a secret.

    Args:
        value: attributes of a source.
        name: where it stands, dotted.
        removed: gets the names of what was cut out and had a value.
        found: gets the values.
    """
    if isinstance(value, list):
        kept_items = [cut_names(item, name, removed, found) for item in value]
        return [CUT if item is None and old is not None else item for item, old in zip(kept_items, value, strict=True)]
    if isinstance(value, str) and is_secret_form(value):
        removed.append(name)
        found |= texts_of(value)
        return None
    if not isinstance(value, dict):
        return value
    kept = {}
    hidden = _named_values(value)
    for key, item in value.items():
        path = f"{name}.{key}" if name else str(key)
        # True and False are switches such as "manage the password", no secrets.
        if (key in hidden or is_secret_name(str(key))) and not isinstance(item, bool):
            if item not in (None, "", [], {}):
                removed.append(path)
                found |= texts_of(item)
        else:
            kept[key] = cut_names(item, path, removed, found)
    return kept


def _named_values(value: dict[Any, Any]) -> set[str]:
    """The values of a mapping whose name stands beside them: ``{Key: db-password, Value: …}``."""
    found = set()
    for key, item in value.items():
        word = str(key)
        for name in ("key", "name"):
            if word.lower().endswith(name) and isinstance(item, str) and is_secret_name(item):
                stem = word[: -len(name)]
                found |= {other for other in value if str(other).lower() == f"{stem}value".lower()}
    return found


def texts_of(value: Any) -> set[str]:
    """All texts in a value that are long enough to be known again."""
    if isinstance(value, dict):
        return {text for item in value.values() for text in texts_of(item)}
    if isinstance(value, list | tuple):
        return {text for item in value for text in texts_of(item)}
    return {value} if isinstance(value, str) and len(value) >= _LEAST and not value.isdigit() else set()


def without_known_secrets(resources: Iterable[StateResource]) -> Sequence[StateResource]:
    """The resources, where a secret of one of them stands in none of the others either."""
    whole = list(resources)
    known = sorted({text for resource in whole for text in resource.secrets}, key=len, reverse=True)
    if not known:
        return whole
    pattern = re.compile("|".join(re.escape(text) for text in known))
    return [
        replace(resource, attributes=_scrub(resource.attributes, pattern), secrets=frozenset()) for resource in whole
    ]


def _scrub(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, dict):
        return {_scrub(key, pattern): _scrub(item, pattern) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_scrub(item, pattern) for item in value]
    if isinstance(value, str) and pattern.search(value):
        return CUT
    return value
