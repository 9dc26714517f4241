"""What the engine says while it works: its JSON lines as events, and the progress that they add up to."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mcloud.engine.durations import Forecast

QUIET_TYPES = ("pulumi:pulumi:Stack", "pulumi:providers:")
NO_CHANGE = frozenset({"same", "read", "refresh"})
ANEW = frozenset({"replace", "create-replacement", "delete-replaced"})
"""The parts of a replacement."""


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes:
        kind: started, finished, failed, message or summary.
        urn, type, name: of the resource, empty when it is about none.
        op: the engine's word: create, update, delete, replace, same, ...
        text: the message of a ``message``.
        severity: info, warning, error.
        ephemeral: a waiting state, gone with the next one.
        diffs: properties that differ.
        inputs: what the resource would be, as the engine says it; empty for what goes.
        old_id: the engine's id of what is there before.
        counts: operation -> how many, of a ``summary``.
    """

    kind: str
    urn: str = ""
    type: str = ""
    name: str = ""
    op: str = ""
    text: str = ""
    severity: str = "info"
    ephemeral: bool = False
    diffs: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    old_id: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


def parse(line: str) -> Event | None:
    """An event from a line; None for lines that say nothing to a person."""
    try:
        raw = json.loads(line)
    except ValueError:
        return None
    if not isinstance(raw, dict):
        return None
    for key, kind in (("resourcePreEvent", "started"), ("resOutputsEvent", "finished"), ("resOpFailedEvent", "failed")):
        if key in raw:
            return _resource(kind, raw[key].get("metadata") or {})
    if "diagnosticEvent" in raw:
        return _message(raw["diagnosticEvent"])
    if "summaryEvent" in raw:
        return Event("summary", counts=raw["summaryEvent"].get("resourceChanges") or {})
    return None


def _resource(kind: str, metadata: Mapping[str, Any]) -> Event:
    urn = metadata.get("urn", "")
    diffs = metadata.get("detailedDiff") or {}
    return Event(
        kind,
        urn=urn,
        type=metadata.get("type", ""),
        name=urn.rsplit("::", 1)[-1],
        op=metadata.get("op", ""),
        diffs=tuple(sorted(diffs)) or tuple(metadata.get("diffs") or ()),
        inputs=(metadata.get("new") or {}).get("inputs") or {},
        old_id=(metadata.get("old") or {}).get("id") or "",
    )


def _message(raw: Mapping[str, Any]) -> Event | None:
    severity = raw.get("severity", "info")
    if severity == "debug":
        return None
    text = re.sub(r"<\{%.*?%\}>", "", raw.get("message", "")).strip()
    urn = raw.get("urn", "")
    return Event(
        "message",
        urn=urn,
        name=urn.rsplit("::", 1)[-1],
        text=text,
        severity=severity.split("#")[0],
        ephemeral=bool(raw.get("ephemeral")),
    )


def is_ours(event: Event) -> bool:
    """Whether it is about a resource of the stack and not the engine's own."""
    return bool(event.type) and not event.type.startswith(QUIET_TYPES)


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        total: resources in the run, as far as known.
        done: how many are finished.
        waiting: urn -> the engine's word for the operation, what is waited for (the cloud's own word, or nothing
            yet), since when (monotonic seconds).
        failed: names of what failed; ``failures`` are their events.
        changes: what changed or would, in the order it finished; a replacement has several events.
        messages: what was said and stays.
        counts: operation -> how many, once the run is over.
        took: URN, the engine's operation and seconds of what was done.
        forecast: tells how long it still takes.
    """

    total: int
    done: int = 0
    waiting: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    failures: list[Event] = field(default_factory=list)
    changes: list[Event] = field(default_factory=list)
    messages: list[Event] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    took: list[tuple[str, str, float]] = field(default_factory=list)
    forecast: Forecast | None = None
    started_at: float = field(default_factory=time.monotonic)
    _finished: set[str] = field(default_factory=set)

    def take(self, event: Event) -> None:
        """Count an event in."""
        if event.kind == "summary":
            self.counts = dict(event.counts)
        elif event.kind == "message":
            self._take_message(event)
        elif is_ours(event):
            self._take_resource(event)

    def _take_message(self, event: Event) -> None:
        if not event.ephemeral:
            self.messages.append(event)
        elif event.urn in self.waiting:
            op, _, since = self.waiting[event.urn]
            self.waiting[event.urn] = (op, event.text, since)

    def _take_resource(self, event: Event) -> None:
        if event.kind == "started":
            if event.op not in NO_CHANGE:
                self.waiting[event.urn] = (event.op, "", time.monotonic())
            return
        begun = self.waiting.pop(event.urn, None)
        if event.op == "refresh":
            return  # a look before the work; it finishes nothing
        if event.kind == "failed":
            self.failed.append(event.name)
            self.failures.append(event)
            return
        if event.op not in NO_CHANGE:
            self.changes.append(event)
            if begun is not None and event.op == begun[0]:
                self.took.append((event.urn, event.op, time.monotonic() - begun[2]))
        if event.urn not in self._finished:
            self._finished.add(event.urn)
            self.done += 1
            self.total = max(self.total, self.done)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started_at

    def time_left(self) -> float | None:
        """Seconds that are left, by how long past runs took; None where they do not tell, or something failed."""
        if self.forecast is None or self.failed:
            return None
        now = time.monotonic()
        running = {urn: (op, now - since) for urn, (op, _, since) in list(self.waiting.items())}
        return self.forecast.left(self._finished, running)
