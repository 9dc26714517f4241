"""Writes each exchange as a JSON line, secrets masked."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MASK = "***"
SECRET_KEYS = frozenset(
    key.lower()
    for key in (
        "client_secret",
        "ClientSecret",
        "client_id",
        "ClientId",
        "access_token",
        "accessToken",
        "refresh_token",
        "userPassword",
        "password",
        "privateKey",
        "private_key",
        "passphrase",
        "userData",
        "secretKey",
    )
)


def masked(value: Any) -> Any:
    """The value with every secret replaced."""
    if isinstance(value, Mapping):
        return {key: MASK if str(key).lower() in SECRET_KEYS and item else masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value


class Recorder:
    """Appends to a file, one exchange a line; headers are left out but for the content type."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def write(
        self, method: str, path: str, query: Mapping[str, str], request: Any, status: int | None, response: Any
    ) -> None:
        """Write one exchange; a status of None means that the answer was cut off."""
        line = json.dumps(
            {
                "method": method,
                "path": path,
                "query": dict(query),
                "request": masked(request),
                "status": status,
                "response": masked(response),
            },
            sort_keys=True,
        )
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
