"""A YAML or JSON document as plain values, with file, line and column of every key and value."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mcloud.errors import LoadError, Problem

Path_ = tuple[str | int, ...]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?\d+")
_FLOAT = re.compile(r"[-+]?(\d+\.\d*|\.\d+)([eE][-+]?\d+)?")
MOST_VALUES = 2_000_000
"""An alias may repeat a part of a document, but not without end."""


@dataclass(frozen=True)
class Place:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass
class Document:
    """Values and their places."""

    file: str
    value: Any
    values: dict[Path_, Place] = field(default_factory=dict)
    keys: dict[Path_, Place] = field(default_factory=dict)


def read_document(path: Path) -> Document:
    """Read a file; JSON by its ending ``.json``, where places are worked out only when they are asked for.

    Raises:
        LoadError: not there, not readable, or not well formed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise LoadError([Problem(str(path), f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise LoadError([Problem(str(path), "is not text in UTF-8")]) from error
    if path.suffix == ".json":
        return _read_json(str(path), text)
    return parse_yaml(str(path), text)


def _read_json(file: str, text: str) -> Document:
    twice: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(found)
        if len(values) != len(found):
            names = [name for name, _ in found]
            twice.extend(name for name in values if names.count(name) > 1)
        return values

    try:
        value = json.loads(text, object_pairs_hook=pairs)
    except ValueError as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        message = f"is not JSON: {getattr(error, 'msg', error)}"
        raise LoadError([Problem(f"{file}:{line}:{column}", message)]) from error
    if twice:
        return parse_yaml(file, text)  # says where
    return Document(file, value)


def with_places(document: Document, text: str) -> Document:
    """The same document with places, for messages about a JSON file."""
    return document if document.values else parse_yaml(document.file, text)


def parse_yaml(file: str, text: str) -> Document:
    """Parse YAML. Only ``true`` and ``false`` are booleans and only plain digits are numbers: ``no`` stays a word.

    Raises:
        LoadError: broken YAML, or a key twice (with both places).
    """
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise LoadError([_broken(file, text, error)]) from error
    document = Document(file, None)
    builder = _Builder(document)
    document.value = None if root is None else builder.build(root, ())
    if builder.problems:
        raise LoadError(builder.problems)
    return document


def _broken(file: str, text: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    line = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
    hint = None
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in problem:
        hint = "indent with spaces, not with tabs"
    elif "mapping values are not allowed" in problem:
        hint = "is a quote missing around a value with a colon, or is the line indented too far?"
    elif "could not find expected ':'" in problem:
        hint = "a key needs a colon and a space after it"
    return Problem(where, f"is not YAML: {problem}", hint)


class _Builder:
    """Makes plain values of nodes and keeps their places."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self._count = 0

    def _place(self, node: Any) -> Place:
        return Place(self.document.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def build(self, node: Any, path: Path_) -> Any:
        """The value of a node."""
        self._count += 1
        if self._count > MOST_VALUES:
            raise LoadError([Problem(str(self._place(node)), "aliases make this document too large")])
        self.document.values[path] = self._place(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        return scalar(node.value) if not node.style else node.value

    def _mapping(self, node: Any, path: Path_) -> dict[str, Any]:
        result: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(str(self._place(key_node)), "a key must be a word"))
                continue
            key = key_node.value
            if key == "<<" and not key_node.style:
                merged |= self._merged(value_node, path)
                continue
            if key in result:
                first = self.document.keys[(*path, key)]
                message = f"the key {key!r} is there twice; the first is at line {first.line}, column {first.column}"
                self.problems.append(Problem(str(self._place(key_node)), message, "remove or rename one of them"))
                continue
            self.document.keys[(*path, key)] = self._place(key_node)
            result[key] = self.build(value_node, (*path, key))
        return merged | result

    def _merged(self, node: Any, path: Path_) -> dict[str, Any]:
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        values: dict[str, Any] = {}
        for part in reversed(parts):
            value = self.build(part, path)
            if isinstance(value, dict):
                values |= value
            else:
                self.problems.append(Problem(str(self._place(part)), "<< needs a mapping"))
        return values


def scalar(text: str) -> Any:
    """The value of a plain word."""
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INT.fullmatch(text):
        # 022 is no number that anybody means.
        return int(text) if text.lstrip("+-") == "0" or not text.lstrip("+-").startswith("0") else text
    return float(text) if _FLOAT.fullmatch(text) else text


def merge(base: Document, over: Document) -> Document:
    """Lay one document over another: mappings merge, null deletes a key, anything else replaces."""
    merged = Document(base.file, None, dict(base.values), dict(base.keys))
    merged.value = _merge(base.value, over.value, (), over, merged)
    return merged


def _merge(base: Any, over: Any, path: Path_, source: Document, into: Document) -> Any:
    if not (isinstance(base, dict) and isinstance(over, dict)):
        for found, target in ((source.values, into.values), (source.keys, into.keys)):
            target.update({key: place for key, place in found.items() if key[: len(path)] == path})
        return over
    result = dict(base)
    for key, value in over.items():
        inner = (*path, key)
        if value is None:
            result.pop(key, None)
            continue
        if inner in source.keys:
            into.keys.setdefault(inner, source.keys[inner])
        if inner in source.values:
            into.values.setdefault(inner, source.values[inner])
        result[key] = _merge(base.get(key), value, inner, source, into)
    return result
