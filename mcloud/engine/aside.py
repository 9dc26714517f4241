"""What was left behind: resources that a placement change took out of the state and did not delete.

.mcloud/left-behind/STACK.json, in the form of the engine's own state, so that they can be put back. Only
``mcloud cleanup`` deletes what is listed here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mcloud.engine.state import StateFolder
from mcloud.errors import StateError
from mcloud.model.base import split_id
from mcloud.model.resource_references import reference_fields
from mcloud.model.resources import BY_TOKEN, KindType, holds_data_as

VERSION = 1


@dataclass(frozen=True)
class Left:
    """One resource that was left behind.

    Attributes:
        resource: as the engine's state had it.
        since: when its stack moved on.
        went_to: the home of what took its place.
    """

    resource: Mapping[str, Any]
    since: datetime
    went_to: str

    @property
    def id(self) -> str:
        """The engine's id: cloud/region/native."""
        return str(self.resource["id"])

    @property
    def home(self) -> str:
        """Where it is."""
        return split_id(self.id)[0].home

    @property
    def type(self) -> KindType:
        """Its kind."""
        return BY_TOKEN[self.resource["type"]]

    @property
    def name(self) -> str:
        """Its name in the stack."""
        return name_of(self.resource)

    @property
    def holds_data(self) -> bool:
        """Whether something would be missed."""
        return holds_data_as(self.type.kind, self.resource.get("inputs") or {})

    @property
    def words(self) -> str:
        """For people: ``volume data at cloud/region``."""
        return f"{self.type.word} {self.name} at {self.home}"


def name_of(resource: Mapping[str, Any]) -> str:
    """A resource's name in its URN."""
    return str(resource["urn"].rsplit("::", 1)[1])


def referred(resource: Mapping[str, Any]) -> dict[str, set[str]]:
    """Wire name of each reference -> the ids that the resource refers to."""
    inputs = resource.get("inputs") or {}
    found = {}
    for field in reference_fields(BY_TOKEN[resource["type"]].inputs):
        value = inputs.get(field)
        ids = {item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)}
        if ids:
            found[field] = ids
    return found


class Aside:
    """The list of a stack; what needs another entry stands after it."""

    def __init__(self, state: StateFolder, stack: str) -> None:
        self.path: Path = state.path / "left-behind" / f"{stack}.json"

    def read(self) -> tuple[Left, ...]:
        """All of it, the longest left behind first.

        Raises:
            StateError: the file is damaged.
        """
        try:
            document = json.loads(self.path.read_text(encoding="utf-8"))
            return tuple(
                Left(item["resource"], datetime.fromisoformat(item["since"]), item["went_to"])
                for item in document["entries"]
            )
        except FileNotFoundError:
            return ()
        except (ValueError, KeyError, TypeError) as error:
            raise StateError("the list of what was left behind is damaged", where=str(self.path)) from error

    def write(self, entries: Iterable[Left]) -> None:
        """Replace the list; it is on the disk, whole, when this returns."""
        listed = [
            {"since": item.since.isoformat(), "went_to": item.went_to, "resource": item.resource} for item in entries
        ]
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump({"version": VERSION, "entries": listed}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
