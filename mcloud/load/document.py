"""A file as plain values with the place of every key and value, and how one is laid over another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Path_ = tuple[str | int, ...]

MOST_DEEP = 50
"""A stack is less than ten levels deep; what is much deeper is a mistake or an attack."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass
class Places:
    """Path -> place, of values and of the keys in front of them."""

    values: dict[Path_, Place] = field(default_factory=dict)
    keys: dict[Path_, Place] = field(default_factory=dict)

    def forget(self, value: Any, path: Path_) -> None:
        """Drop the places of a value and of what is in it."""
        self.values.pop(path, None)
        self.keys.pop(path, None)
        items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in items:
            self.forget(item, (*path, key))


class Document:
    """Values and their places.

    Attributes:
        file: as it is shown to people.
        value: mappings, lists and scalars.
    """

    def __init__(self, file: str, value: Any, places: Places | Callable[[], Places]) -> None:
        self.file = file
        self.value = value
        self._places = places

    @property
    def places(self) -> Places:
        """Places; for a file where they cost a second reading they are worked out when they are first asked for."""
        if not isinstance(self._places, Places):
            self._places = self._places()
        return self._places

    def place(self, path: Path_, *, key: bool = False) -> Place | None:
        """Where a value (or its key) stands, or else the nearest thing around it."""
        first, second = (self.places.keys, self.places.values) if key else (self.places.values, self.places.keys)
        for length in range(len(path), 0, -1):
            place = first.get(path[:length]) or second.get(path[:length])
            if place is not None:
                return place
        return None

    def locate(self, path: Path_, *, key: bool = False) -> str:
        """The same as file:line:col, or the file."""
        return str(self.place(path, key=key) or self.file)


def merge(base: Document, over: Document) -> Document:
    """Lay one document over another: mappings merge, null deletes a key, anything else replaces.

    What comes from ``over`` keeps its place there.
    """
    places = Places(dict(base.places.values), dict(base.places.keys))
    return Document(base.file, _merge(base.value, over.value, (), over.places, places), places)


def _merge(base: Any, over: Any, path: Path_, source: Places, into: Places) -> Any:
    if isinstance(over, dict):
        if not isinstance(base, dict):
            _replace(base, path, source, into)
        result = dict(base) if isinstance(base, dict) else {}
        for key, value in over.items():
            inner = (*path, key)
            if value is None:
                into.forget(result.pop(key, None), inner)
            else:
                result[key] = _merge(result.get(key), value, inner, source, into)
        return result
    _replace(base, path, source, into)
    for index, item in enumerate(over if isinstance(over, list) else ()):
        _merge(None, item, (*path, index), source, into)
    return over


def _replace(base: Any, path: Path_, source: Places, into: Places) -> None:
    """From here on the value is that of ``source``, and so is its place."""
    into.forget(base, path)
    if path in source.values:
        into.values[path] = source.values[path]
    if path in source.keys:
        into.keys[path] = source.keys[path]
