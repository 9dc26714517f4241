"""Faults on demand, by rule: which call, which time, what goes wrong."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Action = Literal["status", "delay", "reset", "lost", "stuck", "error", "rate-limit"]


class FaultRule(BaseModel):
    """One rule.

    ``status``: answer with a status and body; ``delay``: answer late; ``reset``: cut the connection; ``lost``: take so
    many seconds, then cut; ``stuck``: what the call starts never ends; ``error``: it ends in the vendor's error
    state, where it has one; ``rate-limit``: 429 with Retry-After.
    """

    model_config = ConfigDict(extra="forbid")

    action: Action
    method: str = ".*"
    path: str = ".*"
    """Regular expression, found anywhere in the path."""
    nth: int = Field(default=1, ge=1)
    """The first matching call that is hit."""
    times: int = Field(default=1, ge=0)
    """How many in a row; 0: from then on always."""
    effect: bool = False
    """True: the call does its work first."""
    status: int = Field(default=500, ge=400, le=599)
    body: Any = None
    seconds: float = Field(default=1.0, ge=0)

    @property
    def works(self) -> bool:
        """Whether the call does its work."""
        return self.effect or self.action in ("delay", "stuck", "error")

    @property
    def ending(self) -> str:
        """How what the call starts ends: ``stuck``, in an ``error``, or well."""
        return self.action if self.action in ("stuck", "error") else ""

    @field_validator("method", "path")
    @classmethod
    def _is_regular(cls, text: str) -> str:
        try:
            re.compile(text)
        except re.error as error:
            raise ValueError(f"{text!r} is no regular expression: {error}") from error
        return text


@dataclass
class _Armed:
    rule: FaultRule
    seen: int = 0


class Faults:
    """The rules of one emulator; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []

    def add(self, rule: FaultRule) -> None:
        """Arm a rule."""
        with self._lock:
            self._armed.append(_Armed(rule))

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._armed.clear()

    def rules(self) -> list[dict[str, Any]]:
        """The rules and how many calls each has seen."""
        with self._lock:
            return [{**armed.rule.model_dump(), "seen": armed.seen} for armed in self._armed]

    def seen(self, place: int) -> int:
        """How many calls the rule at a place among the rules has seen."""
        with self._lock:
            return self._armed[place].seen

    def hit(self, method: str, path: str) -> FaultRule | None:
        """The rule that this call meets, if any; every matching rule counts it."""
        found = None
        with self._lock:
            for armed in self._armed:
                rule = armed.rule
                if not (re.fullmatch(rule.method, method) and re.search(rule.path, path)):
                    continue
                armed.seen += 1
                last = rule.nth + rule.times - 1
                if found is None and armed.seen >= rule.nth and (rule.times == 0 or armed.seen <= last):
                    found = rule
        return found
