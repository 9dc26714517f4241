"""JSON, read at full speed; the places of keys and values are worked out when a message needs them."""

from __future__ import annotations

import bisect
import json
import re
from functools import partial
from typing import Any, NoReturn

from mcloud.errors import LoadError, Problem
from mcloud.load.document import MOST_DEEP, Document, Path_, Place, Places

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_ATOM = re.compile(r"[^\s,\]}]+")


def parse_json(file: str, text: str) -> Document:
    """Parse JSON.

    Raises:
        LoadError: broken JSON, or a key twice (with both places).
    """
    twice = False

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        values = dict(found)
        twice = twice or len(values) != len(found)
        return values

    def constant(name: str) -> NoReturn:
        raise LoadError([Problem(file, f"is not JSON: {name} is no number")])

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        where = f"{file}:{error.lineno}:{error.colno}"
        hint = "is there a comma after the last entry?" if "property name" in error.msg else None
        raise LoadError([Problem(where, f"is not JSON: {error.msg[:1].lower()}{error.msg[1:]}", hint)]) from None
    except ValueError:  # a number of thousands of digits
        raise LoadError([Problem(file, "is not JSON: a number is too long")]) from None
    except RecursionError:
        raise LoadError([_too_deep(file)]) from None
    _refuse_depth(file, value)
    if twice:
        raise LoadError(_Scanner(file, text).run().problems)
    return Document(file, value, partial(_places, file, text))


def _places(file: str, text: str) -> Places:
    return _Scanner(file, text).run().places


def _refuse_depth(file: str, value: Any) -> None:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MOST_DEEP):
        inner = [item for holder in level for item in (holder.values() if isinstance(holder, dict) else holder)]
        level = [item for item in inner if isinstance(item, (dict, list))]
        if not level:
            return
    raise LoadError([_too_deep(file)])


def _too_deep(file: str) -> Problem:
    return Problem(file, f"is nested more than {MOST_DEEP} levels deep")


class _Scanner:
    """Walks over a text that is known to be JSON."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.places = Places()
        self.problems: list[Problem] = []
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def run(self) -> _Scanner:
        """Find every place, and every key that is there twice."""
        self._value(self._skip(0), ())
        return self

    def _place(self, at: int) -> Place:
        line = bisect.bisect_right(self._lines, at)
        return Place(self.file, line, at - self._lines[line - 1] + 1)

    def _skip(self, at: int) -> int:
        return _end(_SPACE, self.text, at)

    def _value(self, at: int, path: Path_) -> int:
        """Note the value that begins at ``at``; where it ends."""
        self.places.values[path] = self._place(at)
        if self.text[at] == "{":
            return self._object(at, path)
        if self.text[at] == "[":
            return self._array(at, path)
        return _end(_STRING if self.text[at] == '"' else _ATOM, self.text, at)

    def _object(self, at: int, path: Path_) -> int:
        seen: set[str] = set()
        at = self._skip(at + 1)
        while self.text[at] != "}":
            end = _end(_STRING, self.text, at)
            key = json.loads(self.text[at:end])
            inner = (*path, key)
            if key in seen:
                first = self.places.keys[inner]
                message = f"the key {key!r} is there twice; the first is at line {first.line}, column {first.column}"
                self.problems.append(Problem(str(self._place(at)), message, "remove or rename one of them"))
            else:
                self.places.keys[inner] = self._place(at)
            seen.add(key)
            at = self._after(self._value(self._skip(self._skip(end) + 1), inner))
        return at + 1

    def _array(self, at: int, path: Path_) -> int:
        index = 0
        at = self._skip(at + 1)
        while self.text[at] != "]":
            at = self._after(self._value(at, (*path, index)))
            index += 1
        return at + 1

    def _after(self, at: int) -> int:
        """The next key or value, or the closing bracket."""
        at = self._skip(at)
        return self._skip(at + 1) if self.text[at] == "," else at


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at
