"""Variables: ``${name}`` in any text of a stack file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from mcloud.errors import Problem
from mcloud.load.document import Document, Path_, scalar
from mcloud.model.references import suggest

_USE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")
Locate = Callable[[Path_], str]


def declared(document: Mapping[str, Any], locate: Locate, problems: list[Problem]) -> dict[str, Any]:
    """Name -> default of the ``variables`` section; a variable without one is not in the result's values but None."""
    section = document.get("variables") or {}
    found: dict[str, Any] = {}
    if not isinstance(section, Mapping):
        problems.append(
            Problem(locate(("variables",)), "variables is not a mapping", "variables: {name: {default: 3}}")
        )
        return found
    for name, item in section.items():
        if not isinstance(item, Mapping) or set(item) - {"default", "description"}:
            where = locate(("variables", name))
            problems.append(
                Problem(where, f"the variable {name!r} takes default and description", f"{name}: {{default: 3}}")
            )
            continue
        found[name] = item.get("default")
    return found


def parse_sets(sets: tuple[str, ...], known: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """``name=value`` of the command line."""
    values = {}
    for text in sets:
        name, equals, value = text.partition("=")
        if not equals:
            problems.append(Problem("--set", f"{text!r} is not name=value"))
        elif name not in known:
            problems.append(Problem("--set", f"there is no variable {name!r}", suggest(name, known)))
        else:
            values[name] = scalar(value)
    return values


def substitute(document: Document, values: Mapping[str, Any], locate: Locate, problems: list[Problem]) -> Any:
    """Fill in; a text that is only ``${name}`` takes the variable's type, ``$${`` stays ``${``."""

    def fill(value: Any, path: Path_) -> Any:
        if isinstance(value, dict):
            return {key: fill(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [fill(item, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, str) and "${" in value:
            return _fill_text(value, values, lambda: locate(path), problems)
        return value

    return {key: fill(item, (key,)) for key, item in document.value.items() if key != "variables"}


def _fill_text(text: str, values: Mapping[str, Any], where: Callable[[], str], problems: list[Problem]) -> Any:
    def look(name: str) -> Any:
        if name not in values:
            problems.append(Problem(where(), f"there is no variable {name!r}", suggest(name, values)))
            return None
        if values[name] is None:
            problems.append(Problem(where(), f"the variable {name!r} has no value", f"give it with --set {name}=…"))
        return values[name]

    whole = re.fullmatch(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", text)
    if whole:
        return look(whole[1])

    def replace(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        if match[1] is None:
            problems.append(Problem(where(), "${ without a variable's name", "write $${ for the characters themselves"))
            return match[0]
        return str(look(match[1]))

    return _USE.sub(replace, text)
