"""Variables: ``${name}`` in any text of a stack file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mcloud.errors import LoadError
from mcloud.load.document import Document, Path_
from mcloud.load.problems import Problems
from mcloud.load.yaml_reader import read_value
from mcloud.model.references import suggest

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_USE = re.compile(rf"\$\$\{{|\$\{{({_NAME.pattern})\}}|\$\{{")
_ESCAPE = "write $${ for the characters themselves"
SECTION = "variables"


def declared(document: Document, problems: Problems) -> dict[str, Any]:
    """Name -> default of the ``variables`` section; None where it has none."""
    section = document.value.get(SECTION)
    if section is None:
        return {}
    if not isinstance(section, dict):
        problems.add((SECTION,), "variables must be a mapping", "variables: {name: {default: 3}}")
        return {}
    found: dict[str, Any] = {}
    for name, item in section.items():
        path = (SECTION, name)
        found[name] = None
        if not _NAME.fullmatch(name):
            problems.add(path, f"{name!r} is no name of a variable", "letters, digits and _ only", key=True)
        if not isinstance(item, dict):
            problems.add(path, f"the variable {name!r} must be a mapping", f"{name}: {{default: {_shown(item)}}}")
            continue
        for key in item:
            if key not in ("default", "description"):
                hint = suggest(key, ("default", "description"))
                problems.add((*path, key), f"{key!r} is not known in a variable", hint, key=True)
        found[name] = item.get("default")
        if isinstance(found[name], str) and "${" in found[name]:
            problems.add((*path, "default"), "a default cannot use a variable", "write the value itself")
    return found


def of_environment(document: Document, known: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """The values that an environment gives: ``variables: {name: value}``."""
    section = document.value.get(SECTION)
    if section is None:
        return {}
    if not isinstance(section, dict):
        problems.add_at(document.locate((SECTION,)), "variables must be a mapping", "variables: {name: value}")
        return {}
    for name, value in section.items():
        where = document.locate((SECTION, name), key=True)
        if name not in known:
            problems.add_at(where, f"the stack has no variable {name!r}", suggest(name, known))
        elif isinstance(value, dict) and "default" in value:
            hint = f"{name}: {_shown(value['default'])}"
            problems.add_at(where, f"an environment gives the variable {name!r} its value, not a default", hint)
    return section


def of_command_line(sets: Sequence[str], known: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """The values of ``--set name=value``, read as in a file."""
    values = {}
    for text in sets:
        name, equals, value = text.partition("=")
        if not equals:
            problems.add_at("--set", f"{text!r} is not name=value")
        elif name not in known:
            problems.add_at("--set", f"the stack has no variable {name!r}", suggest(name, known))
        else:
            try:
                values[name] = read_value(value)
            except LoadError as error:
                problems.add_at("--set", f"the value of {name!r} {error.problems[0].message}")
    return values


def substitute(document: Document, values: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """The document without its variables, filled in.

    A text that is only ``${name}`` takes the variable's type; ``$${`` stays ``${``.
    """
    filler = _Filler(values, problems)
    return {key: filler.fill(item, (key,)) for key, item in document.value.items() if key != SECTION}


class _Filler:
    def __init__(self, values: Mapping[str, Any], problems: Problems) -> None:
        self.values = values
        self.problems = problems

    def fill(self, value: Any, path: Path_) -> Any:
        if isinstance(value, dict):
            return {key: self.fill(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item, (*path, index)) for index, item in enumerate(value)]
        if not isinstance(value, str) or "${" not in value:
            return value
        found = _USE.fullmatch(value)
        if found and found[1] is not None:
            return self._look(found[1], path)
        return _USE.sub(self._replacing(path), value)

    def _replacing(self, path: Path_) -> Callable[[re.Match[str]], str]:
        def replace(match: re.Match[str]) -> str:
            if match[0] == "$${":
                return "${"
            if match[1] is None:
                self.problems.add(path, "${ is not followed by a variable's name and }", _ESCAPE, unfilled=True)
                return match[0]
            value = self._look(match[1], path)
            if isinstance(value, (dict, list)):
                message = f"the variable {match[1]!r} is no single value and cannot stand inside a text"
                self.problems.add(path, message, unfilled=True)
            return _shown(value)

        return replace

    def _look(self, name: str, path: Path_) -> Any:
        value = self.values.get(name)
        if name not in self.values:
            hint = f"{suggest(name, self.values)}; {_ESCAPE}"
            self.problems.add(path, f"there is no variable {name!r}", hint, unfilled=True)
        elif value is None:
            hint = f"give it with --set {name}=…, in an environment, or as its default"
            self.problems.add(path, f"the variable {name!r} has no value", hint, unfilled=True)
        return value


def _shown(value: Any) -> str:
    """As it is written in a file."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
