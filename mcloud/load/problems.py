"""What the model refuses, in people's words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError

from mcloud.errors import Problem
from mcloud.load.document import Document, Path_
from mcloud.model.base import NAME_PATTERN, PLACEMENT_PATTERN
from mcloud.model.references import suggest
from mcloud.model.stack import Stack

_PATTERNS = {
    NAME_PATTERN: "lower-case letters, digits and single dashes, starting with a letter",
    PLACEMENT_PATTERN: "cloud/region or cloud/region/zone",
}
_TYPES = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "dict_type": "a mapping of names",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
}


def problems_of(error: ValidationError, document: Document) -> list[Problem]:
    """One problem for each thing that is wrong, in file order."""
    found: dict[tuple[str, str], tuple[tuple[str, int, int], Problem]] = {}
    for item in error.errors(include_url=False):
        path, is_key = _path(item, document)
        place = (document.keys if is_key else document.values).get(path) or document.values.get(path)
        message, hint = _say(item, path)
        where = str(place) if place else document.file
        order = (place.file, place.line, place.column) if place else (document.file, 0, 0)
        found.setdefault((where, message), (order, Problem(where, message, hint)))
    return [problem for _, problem in sorted(found.values(), key=lambda pair: pair[0])]


def _path(item: Any, document: Document) -> tuple[Path_, bool]:
    """The longest part of pydantic's location that is in the file: unions add words of their own."""
    path = tuple(item["loc"])
    if item["type"] == "missing":
        path = path[:-1]
    if "[key]" in path:
        return path[: path.index("[key]")], True
    while path and path not in document.values:
        path = path[:-1]
    return path, item["type"] == "extra_forbidden"


def _say(item: Any, path: Path_) -> tuple[str, str | None]:
    kind, context = item["type"], item.get("ctx") or {}
    name = str(item["loc"][-1]) if item["loc"] else "the file"
    if kind == "missing":
        return f"{name!r} is missing", None
    if kind == "extra_forbidden":
        return f"{name!r} is not known here", suggest(name, known_keys(path[:-1]))
    if kind == "value_error":
        return str(item["msg"]).removeprefix("Value error, "), None
    shown = item.get("input")
    value = repr(shown) if isinstance(shown, (str, int, float, bool)) or shown is None else f"a {_word(shown)}"
    if kind == "string_pattern_mismatch":
        return f"{value} must be {_PATTERNS.get(context.get('pattern', ''), context.get('pattern'))}", None
    if kind == "literal_error":
        expected = str(context.get("expected", "")).replace("'", "")
        close = suggest(str(shown), expected.replace(" or ", ", ").split(", "))
        return f"{value} is not one of: {expected}", close if close.startswith("did") else None
    if kind in _TYPES:
        return f"{value} must be {_TYPES[kind]}", None
    return f"{value}: {item['msg'][0].lower()}{item['msg'][1:]}", None


def _word(value: Any) -> str:
    return (
        "mapping"
        if isinstance(value, Mapping)
        else "list"
        if isinstance(value, (list, tuple))
        else type(value).__name__
    )


@cache
def _schema() -> dict[str, Any]:
    return Stack.model_json_schema(by_alias=True)


def known_keys(path: Path_) -> list[str]:
    """The keys that the model knows at a place."""
    options = [_schema()]
    for part in path:
        options = [inner for option in options for inner in _inside(option, part)]
    return sorted(
        {key for option in options for key in option.get("properties", {})} | ({"variables"} if not path else set())
    )


def _inside(schema: dict[str, Any], part: str | int) -> list[dict[str, Any]]:
    if isinstance(part, int):
        found = [schema["items"]] if "items" in schema else []
    elif part in schema.get("properties", {}):
        found = [schema["properties"][part]]
    else:
        extra = schema.get("additionalProperties")
        found = [extra] if isinstance(extra, dict) else list(schema.get("patternProperties", {}).values())
    return [inner for item in found for inner in _resolved(item)]


def _resolved(schema: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in schema:
        return [_schema()["$defs"][schema["$ref"].rsplit("/", 1)[1]]]
    if "anyOf" in schema:
        return [inner for option in schema["anyOf"] for inner in _resolved(option)]
    return [schema]
