"""What happens in a run, as JSON lines for programs. Version 1; ``mcloud schema events`` prints the schema.

The first line is ``begun``, the last one ``summary``, however the run ends. New kinds of lines and new fields may be
added within a version; who reads them passes over what is not known.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from mcloud.engine.events import NO_CHANGE, Event, Progress, is_ours
from mcloud.model.base import Model
from mcloud.secrets import without_secrets

VERSION: Literal[1] = 1


class _Line(Model):
    version: Literal[1] = VERSION
    at: datetime
    """When, in UTC."""


class _About(_Line):
    op: str
    """create, update, delete; create-replacement and delete-replaced, the two parts of making anew; import; refresh."""
    type: str
    """The engine's type, like mcloud:compute:Server."""
    name: str
    """The resource's name in the stack, like web-0."""


class Begun(_Line):
    """The command has begun."""

    event: Literal["begun"] = "begun"
    command: str
    file: str
    """The stack file, as it was typed."""


class Planned(_About):
    """preview: what up would do; refresh: what would be written into the state."""

    event: Literal["planned"] = "planned"
    properties: tuple[str, ...]
    """What differs."""


class Started(_About):
    """Something is being done to a resource."""

    event: Literal["started"] = "started"
    done: int
    """So many resources are finished, those that need nothing included."""
    total: int
    """Of so many."""


class Waiting(_About):
    """It waits for the cloud; told again when the state is another one."""

    event: Literal["waiting"] = "waiting"
    state: str
    """The cloud's own word, or what it is busy with."""
    seconds: float
    """Since it started."""


class Finished(_About):
    """It is done."""

    event: Literal["finished"] = "finished"
    properties: tuple[str, ...]
    seconds: float | None
    done: int
    total: int


class Failed(_About):
    """It is not done; why is told by a message about the same name."""

    event: Literal["failed"] = "failed"
    seconds: float | None
    done: int
    total: int


class Message(_Line):
    """Something to be read by a person."""

    event: Literal["message"] = "message"
    severity: str
    """info, warning or error."""
    text: str
    name: str | None
    """The resource that it is about."""


class Summary(_Line):
    """How it ended."""

    event: Literal["summary"] = "summary"
    exit_code: int
    interrupted: bool
    failed: tuple[str, ...]
    """Names of what failed."""
    changed: dict[str, int]
    """Operation -> how many resources; of a preview, what would be done."""
    seconds: float
    cost: dict[str, Any] | None
    """Per month, before, after and left_behind, as --json has it; null where it was not worked out."""


EventLine = Annotated[
    Begun | Planned | Started | Waiting | Finished | Failed | Message | Summary, Field(discriminator="event")
]


def event_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of one line."""
    schema = TypeAdapter(EventLine).json_schema(mode="serialization")
    title = f"mcloud events, version {VERSION}: one line"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": title}


class EventLines:
    """Turns what is heard into lines.

    Args:
        write: gets each line; None where nobody reads them.
        clock: seconds that only grow.
    """

    def __init__(self, write: Callable[[_Line], None] | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._began = clock()
        self._since: dict[str, tuple[str, str, float]] = {}
        self._failed: list[str] = []
        self._changed: dict[str, set[str]] = {}
        self.interrupted = False
        self.cost: dict[str, Any] | None = None

    @property
    def anything(self) -> bool:
        """Whether something was done."""
        return bool(self._changed)

    def begun(self, command: str, file: str) -> None:
        """The first line."""
        self._say(Begun, command=command, file=file)

    def planned(self, changes: Iterable[Event]) -> None:
        """What would be done."""
        for event in changes:
            self._count(event)
            about: dict[str, Any] = {"op": event.op, "type": event.type, "name": event.name}
            self._say(Planned, **about, properties=event.diffs)

    def hear(self, progress: Progress, event: Event) -> None:
        """Something that the engine says while it works."""
        if event.kind == "message":
            self._message(event)
        elif is_ours(event) and event.op not in NO_CHANGE and event.op != "replace":
            self._resource(progress, event)

    def _message(self, event: Event) -> None:
        if not event.ephemeral:
            self.message(event.text, event.severity, event.name or None)
        elif event.urn in self._since:
            op, type_, since = self._since[event.urn]
            seconds = round(self._clock() - since, 3)
            state = without_secrets(event.text)
            self._say(Waiting, op=op, type=type_, name=event.name, state=state, seconds=seconds)

    def _resource(self, progress: Progress, event: Event) -> None:
        about: dict[str, Any] = {"op": event.op, "type": event.type, "name": event.name}
        about |= {"done": progress.done, "total": progress.total}
        if event.kind == "started":
            self._since[event.urn] = (event.op, event.type, self._clock())
            self._say(Started, **about)
            return
        begun = self._since.pop(event.urn, None)
        about["seconds"] = None if begun is None else round(self._clock() - begun[2], 3)
        if event.kind == "failed":
            self._failed.append(event.name)
            self._say(Failed, **about)
        elif event.kind == "finished":
            self._count(event)
            self._say(Finished, **about, properties=event.diffs)

    def _count(self, event: Event) -> None:
        self._changed.setdefault(event.op, set()).add(event.urn)

    def message(self, text: str, severity: str = "info", name: str | None = None) -> None:
        """Something to be read."""
        if text:
            self._say(Message, severity=severity, text=without_secrets(text), name=name)

    def summary(self, exit_code: int) -> None:
        """The last line."""
        changed = {op: len(urns) for op, urns in self._changed.items()}
        self._say(
            Summary,
            exit_code=exit_code,
            interrupted=self.interrupted,
            failed=tuple(self._failed),
            changed=changed,
            seconds=round(self._clock() - self._began, 3),
            cost=self.cost,
        )

    def _say(self, kind: type[_Line], **fields: Any) -> None:
        if self._write is not None:
            self._write(kind(at=datetime.now(UTC), **fields))
