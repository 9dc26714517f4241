"""What is wrong with a stack file, in people's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import ValidationError

from mcloud.errors import LoadError, Problem
from mcloud.load.document import Document, Path_
from mcloud.model.balancer import CHECK_PATH_PATTERN, CODES_PATTERN, HOST_PATTERN, PATH_PATTERN, URL_PATTERN
from mcloud.model.base import LABEL_KEY_PATTERN, NAME_PATTERN, PLACEMENT_PATTERN, REFERENCE_PATTERN
from mcloud.model.compute import GPU_PATTERN, OS_PATTERN
from mcloud.model.references import suggest
from mcloud.model.stack import OUTPUT_PATTERN, Stack

PATTERNS = {
    NAME_PATTERN: "lower-case letters, digits and single dashes, starting with a letter",
    PLACEMENT_PATTERN: "cloud/region or cloud/region/zone",
    LABEL_KEY_PATTERN: "letters, digits and _.@-, at most 63, starting with a letter or digit",
    OUTPUT_PATTERN: "lower-case letters, digits, _ and -, starting with a letter",
    GPU_PATTERN: "the model of a GPU in lower case, like rtx4090",
    OS_PATTERN: "the name of an operating system in lower case, like ubuntu",
    REFERENCE_PATTERN: "a reference to a secret: env:NAME, keyring:NAME or file:PATH",
    HOST_PATTERN: "a host name, in which * stands for any text",
    PATH_PATTERN: "a path that starts with / (or *), without ? and #",
    CHECK_PATH_PATTERN: "a path that starts with /",
    URL_PATTERN: "a URL that starts with http:// or https://",
    CODES_PATTERN: "status codes like 200, 200-299 or 200,301",
}
"""Pattern of the model -> what it asks for."""

_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "dict": "a mapping",
    "model": "a mapping",
    "tuple": "a list",
    "list": "a list",
    "date": "a date like 2027-01-31",
}
_STRUCTURE = frozenset({"model_type", "model_attributes_type", "tuple_type", "list_type", "dict_type"})
_SECRET_FIELDS = frozenset({"private_key"})


class Problems:
    """Collects problems and tells them in file order, those of the stack file first."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._found: dict[Problem, tuple[bool, str, int, int]] = {}
        self._unfilled: set[Path_] = set()

    def add(
        self, path: Path_, message: str, hint: str | None = None, *, key: bool = False, unfilled: bool = False
    ) -> None:
        """Add one at a place of the document. ``unfilled``: what the model says of that value has no meaning then."""
        place = self.document.place(path, key=key)
        where = str(place or self.document.file)
        order = (place.file != self.document.file, place.file, place.line, place.column) if place else (False, "", 0, 0)
        self._found.setdefault(Problem(where, message, hint), order)
        if unfilled:
            self._unfilled.add(path)

    def add_at(self, where: str, message: str, hint: str | None = None) -> None:
        """Add one that is not in the document."""
        self._found.setdefault(Problem(where, message, hint), (False, "", 0, 0))

    def add_errors(self, error: ValidationError) -> None:
        """Add what the model refuses."""
        for path, is_key, item in _chosen(error, self.document):
            if path not in self._unfilled:
                message, hint = _say(item, path)
                self.add(path, message, hint, key=is_key)

    def stop(self) -> None:
        """Raise them all, if there are some.

        Raises:
            LoadError: with every problem.
        """
        if self._found:
            raise self.error()

    def error(self) -> LoadError:
        """All of them."""
        return LoadError(sorted(self._found, key=self._found.__getitem__))


def _chosen(error: ValidationError, document: Document) -> list[tuple[Path_, bool, Any]]:
    """Each error with its path in the file; of the forms that a value may take only the one that was meant."""
    plain: list[tuple[Path_, bool, Any]] = []
    unions: dict[Path_, list[tuple[Path_, bool, Any]]] = {}
    for item in error.errors(include_url=False):
        location = item["loc"][:-1] if item["type"] == "missing" else item["loc"]
        path, union = _path(location, document)
        is_key = item["type"] in ("extra_forbidden", "missing") or "[key]" in item["loc"]
        target = plain if union is None else unions.setdefault(union, [])
        target.append((path, is_key, item))
    for union, errors in unions.items():
        inside = [entry for entry in errors if entry[0] != union or entry[2]["type"] == "missing"]
        direct = [entry for entry in errors if entry[2]["type"] not in _STRUCTURE]
        plain += inside or direct or errors
    return plain


def _path(location: Sequence[str | int], document: Document) -> tuple[Path_, Path_ | None]:
    """The part of pydantic's location that is in the file, and where it added words of its own for a choice of forms.

    Besides those it adds an index where one value stood for a list of one, and "[key]".
    """
    path: Path_ = ()
    union: Path_ | None = None
    for part in location:
        if (*path, part) in document.places.values:
            path = (*path, part)
        elif isinstance(part, str) and part != "[key]" and union is None:
            union = path
    return path, union


def _say(item: Any, path: Path_) -> tuple[str, str | None]:
    kind, context = item["type"], item.get("ctx") or {}
    name = str(item["loc"][-1]) if item["loc"] else "the file"
    value = "the value" if name in _SECRET_FIELDS else _shown(item.get("input"))
    if kind == "missing":
        return f"{name!r} is missing", None
    if kind == "extra_forbidden":
        return f"{name!r} is not known here", suggest(name, known_keys(path[:-1]))
    if kind == "value_error":
        # The model's own words show values as Python does, and whole.
        return str(item["msg"]).removeprefix("Value error, ").replace(repr(item["input"]), value), None
    if kind == "string_pattern_mismatch":
        return f"{value} must be {PATTERNS.get(context['pattern'], context['pattern'])}", None
    if kind == "literal_error":
        expected = str(context["expected"]).replace("'", "")
        close = suggest(str(item.get("input")), expected.replace(" or ", ", ").split(", "))
        return f"{value} is not known here: write {expected}", close if close.startswith("did") else None
    if kind in _LIMITS:
        return _LIMITS[kind](value, context), None
    return _wrong_type(kind, value, item)


_LIMITS: dict[str, Callable[[str, Mapping[str, Any]], str]] = {
    "greater_than_equal": lambda value, context: f"{value} is too small: at least {context['ge']}",
    "less_than_equal": lambda value, context: f"{value} is too large: at most {context['le']}",
    "string_too_long": lambda value, context: f"{value} is too long: at most {context['max_length']} characters",
    "string_too_short": lambda value, context: f"{value} is too short: at least {context['min_length']} characters",
    "too_short": lambda value, context: f"the list is too short: at least {context['min_length']}",
}


def _wrong_type(kind: str, value: str, item: Any) -> tuple[str, str | None]:
    expected = _EXPECTED.get(kind.split("_")[0])
    given = item.get("input")
    if expected is None:
        return f"{value} does not fit: {item['msg'][:1].lower()}{item['msg'][1:]}", None
    if given is None:
        return f"there is no value; {expected} is expected", "take the key out, or give it a value"
    hint = f'put it in quotes: "{value}"' if expected == "text" and isinstance(given, (int, float)) else None
    return f"{expected} is expected, not {value}", hint


def _shown(value: Any) -> str:
    """A value as it is written in a file, short, and without secrets."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    if not isinstance(value, str):
        return "nothing" if value is None else str(value)
    if "PRIVATE KEY" in value:
        return "a private key"
    return repr(value if len(value) <= 60 else f"{value[:57]}...")


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
