"""Calls, answers and refusals: what handlers of an emulator work with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    """One request: ``body`` is parsed JSON or a form, None when there was none."""

    method: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Answer:
    """Status and JSON body; a body of None is an empty answer."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """A typed refusal, in the vendor's own shape."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.answer = Answer(status, body, headers or {})


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """A method and a path with ``{name}`` parts; literal parts match exactly, case included."""

    method: str
    path: str
    handler: Handler

    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression over the decoded path."""
        parts = re.split(r"(\{\w+\})", self.path)
        text = "".join(f"(?P<{part[1:-1]}>[^/]*)" if part.startswith("{") else re.escape(part) for part in parts)
        return re.compile(f"^{text}$")
