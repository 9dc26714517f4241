"""YAML with the place of every key and value.

Only ``true`` and ``false`` are booleans and only plain digits are numbers: ``no``, ``on`` and ``22:30`` stay words.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from mcloud.errors import LoadError, Problem
from mcloud.load.document import MOST_DEEP, Document, Path_, Place, Places

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")  # 022 is no number that anybody means.
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_STANDARD = "tag:yaml.org,2002:"
_TEXT = "tag:yaml.org,2002:str"

MOST_REPEATED = 300_000
"""So many values may come from aliases: a few bytes of them could else fill the memory."""

_SAYS = (
    ("mapping values are not allowed", "put a value that holds a colon in quotes; or is the line indented too far?"),
    ("could not find expected ':'", "a key needs a colon and a space after it"),
    ("expected ',' or", 'is a comma or a closing bracket missing? Inside brackets write variables as "${name}"'),
    ("found undefined alias", "*name needs an &name before it; put a text that begins with * in quotes"),
    ("cannot start any token", "put a text that begins with @, ` or % in quotes"),
    ("unexpected end of stream", "a quote or a bracket is not closed"),
    ("escape character", "in double quotes write \\\\ for a backslash, or use single quotes"),
    ("did not find expected key", "do the keys of one mapping start in one column? A quote inside '...' is written ''"),
    ("did not find expected '-'", "the items of a list start in one column, each with a dash"),
    ("another document", "a file holds one stack: take the second --- and what follows out"),
)


def parse_yaml(file: str, text: str) -> Document:
    """Parse YAML.

    Raises:
        LoadError: broken YAML; or a key twice (with both places), a tag, or aliases without end.
    """
    try:
        _refuse_depth(file, text)
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise LoadError([_broken(file, text, error)]) from None
    builder = _Builder(file)
    value = None if root is None else builder.build(root, ())
    if builder.problems:
        raise LoadError(list(dict.fromkeys(builder.problems)))
    return Document(file, value, builder.places)


def scalar(text: str) -> Any:
    """The value of a plain word."""
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _INT.fullmatch(text) and len(text) < 20:
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def read_value(text: str) -> Any:
    """The value of one scalar as in a file: ``3``, ``true``, ``"22.04"``, or any text.

    Raises:
        LoadError: a quote that is not closed, or more than one value.
    """
    if text[:1] not in ("'", '"'):
        return scalar(text)
    value = parse_yaml("value", text).value
    if not isinstance(value, str):
        raise LoadError([Problem("value", "is more than one value")])
    return value


def _refuse_depth(file: str, text: str) -> None:
    """The composer calls itself for each level and would bring the process down."""
    loader = _Loader(text)
    depth = 0
    try:
        while loader.check_event():
            event = loader.get_event()
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MOST_DEEP:
                    raise LoadError([_too_deep(_place(file, event.start_mark))])
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    finally:
        loader.dispose()


def _too_deep(place: Place) -> Problem:
    return Problem(str(place), f"is nested more than {MOST_DEEP} levels deep")


def _place(file: str, mark: Any) -> Place:
    return Place(file, mark.line + 1, mark.column + 1)


def _broken(file: str, text: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    if mark is None:  # the reader's own error: it knows the character and how far it got
        at = max(text.find(chr(getattr(error, "character", 0))), 0)
        place = Place(file, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
        return Problem(str(place), "is not YAML: there is a control character", "remove it")
    problem = str(getattr(error, "problem", None) or "cannot be read")
    lines = text.splitlines()
    line_text = lines[mark.line] if mark.line < len(lines) else ""
    indent = line_text[: len(line_text) - len(line_text.lstrip())]
    hint = next((hint for words, hint in _SAYS if words in problem), None)
    if "\t" in indent:
        hint = "indent with spaces, not with tabs"
    return Problem(str(_place(file, mark)), f"is not YAML: {problem}", hint)


class _Builder:
    """Makes plain values of nodes and keeps their places."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places = Places()
        self.problems: list[Problem] = []
        self._seen: set[int] = set()
        self._repeated = 0
        self._depth = 0

    def build(self, node: Any, path: Path_) -> Any:
        """The value of a node."""
        place = _place(self.file, node.start_mark)
        self._count(node, place)
        if not node.tag.startswith(_STANDARD):
            self.problems.append(Problem(str(place), f"the tag {node.tag} means nothing here", "remove it"))
        self.places.values[path] = place
        if isinstance(node, yaml.CollectionNode):
            self._depth += 1
            value: Any = (
                self._mapping(node, path, place) if isinstance(node, yaml.MappingNode) else self._list(node, path)
            )
            self._depth -= 1
            return value
        # A plain word that the parser took for text is text, also where a tag said so.
        return node.value if node.style or node.tag == _TEXT else scalar(node.value)

    def _count(self, node: Any, place: Place) -> None:
        if self._depth > MOST_DEEP:  # without aliases it would not have come here
            raise LoadError([Problem(str(place), "an alias repeats what it stands in, or aliases are nested too deep")])
        if id(node) in self._seen:
            self._repeated += 1
            if self._repeated > MOST_REPEATED:
                raise LoadError([Problem(str(place), "aliases make this document too large")])
        self._seen.add(id(node))

    def _list(self, node: Any, path: Path_) -> list[Any]:
        return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]

    def _mapping(self, node: Any, path: Path_, place: Place) -> dict[str, Any]:
        result: dict[str, Any] = {}
        merges = [value for key, value in node.value if _is_merge(key)]
        merged = self._merged(merges, path) if merges else {}
        # What is written here comes after what is merged in, so that its places are the ones that stay.
        self.places.values[path] = place
        for key_node, value_node in node.value:
            if _is_merge(key_node):
                continue
            key_place = _place(self.file, key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(str(key_place), "a key must be a word", 'put it in quotes: "${name}"'))
                continue
            key = key_node.value
            if key in result:
                first = self.places.keys[(*path, key)]
                message = f"the key {key!r} is there twice; the first is at line {first.line}, column {first.column}"
                self.problems.append(Problem(str(key_place), message, "remove or rename one of them"))
                continue
            if key in merged:
                self.places.forget(merged[key], (*path, key))
            self.places.keys[(*path, key)] = key_place
            result[key] = self.build(value_node, (*path, key))
        return merged | result if merged else result

    def _merged(self, merges: list[Any], path: Path_) -> dict[str, Any]:
        parts = [part for node in merges for part in (node.value if isinstance(node, yaml.SequenceNode) else [node])]
        values: dict[str, Any] = {}
        for part in reversed(parts):
            value = self.build(part, path)
            if isinstance(value, dict):
                values |= value
            else:
                where = str(_place(self.file, part.start_mark))
                self.problems.append(Problem(where, "<< needs a mapping", "<<: *name, where &name marks a mapping"))
        return values


def _is_merge(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value == "<<" and not node.style
