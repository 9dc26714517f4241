"""Reads CloudFormation templates, YAML with short tags (``!Ref``, ``!Sub`` …) or JSON, into plain values.

Of values nothing is said in errors: they may be secrets.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from mcloud.errors import DiscoverError

_HINT = "give a CloudFormation template, YAML or JSON"
_MOST_BYTES = 5 * 2**20
"""CloudFormation itself takes 1 MB (quotas, docs.aws.amazon.com/AWSCloudFormation, 2026-11)."""
_DEEPEST = 200


class _Loader(yaml.SafeLoader):
    """YAML 1.1 without dates (``2010-09-09`` is a text) and without aliases, which CloudFormation does not take."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.twice: list[tuple[str, int]] = []

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            mark = event.start_mark
            raise yaml.MarkedYAMLError(problem="templates have no aliases", problem_mark=mark)
        return super().compose_node(parent, index)


def _tagged(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    """A short tag as the long form: ``!GetAtt A.B`` is ``{Fn::GetAtt: [A, B]}``."""
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = node.value
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = _mapping(loader, node)
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


def _mapping(loader: _Loader, node: yaml.Node) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str | int | float | bool) and key is not None:
            raise yaml.MarkedYAMLError(problem="a key is no text", problem_mark=key_node.start_mark)
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else str(key)
        if key in found:
            # CloudFormation takes the last one; so do we, and tell it.
            loader.twice.append((str(key), key_node.start_mark.line + 1))
        found[key] = loader.construct_object(value_node, deep=True)
    return found


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_multi_constructor("!", _tagged)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


Twice = list[tuple[str, int]]
"""Keys that are there twice, with the line of the second."""


def read_template(path: Path) -> tuple[dict[str, Any], Twice]:
    """The template as plain values, and keys that are there twice; short tags are written out.

    Raises:
        DiscoverError: not there, too large, neither YAML nor JSON, or without resources; ``where`` names the place.
    """
    text = read_text(path)
    value, twice = _json(path, text) if text.lstrip()[:1] == "{" else _yaml(path, text)
    if not isinstance(value, dict) or not isinstance(value.get("Resources"), dict):
        raise DiscoverError("has no Resources", where=str(path), hint=_HINT)
    return value, twice


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        DiscoverError: not there, too large, or no UTF-8.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DiscoverError(f"cannot be read: {error.strerror}", where=str(path)) from error
    if len(raw) > _MOST_BYTES:
        raise DiscoverError("is too large for a template", where=str(path), hint=_HINT)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DiscoverError("is not UTF-8 text", where=str(path), hint=_HINT) from None


def _json(path: Path, text: str) -> tuple[Any, Twice]:
    try:
        return json.loads(text), []
    except RecursionError:
        raise DiscoverError("is nested too deeply", where=str(path), hint=_HINT) from None
    except json.JSONDecodeError as error:
        problem = error
    try:
        # Flow style YAML begins with a brace too, and comments are found in what is meant to be JSON.
        return _yaml(path, text)
    except DiscoverError:
        where = f"{path}:{problem.lineno}:{problem.colno}"
        raise DiscoverError(f"is not JSON: {problem.msg}", where=where, hint=_HINT) from None


def _yaml(path: Path, text: str) -> tuple[Any, Twice]:
    if _depth(text) > _DEEPEST:
        raise DiscoverError("is nested too deeply", where=str(path), hint=_HINT)
    try:
        loader = _Loader(text)
        return loader.get_single_data(), loader.twice
    except RecursionError:
        raise DiscoverError("is nested too deeply", where=str(path), hint=_HINT) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        # The parser's own message may quote the document, so only what it found is told.
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise DiscoverError(f"is not a YAML template: {problem}", where=where, hint=_HINT) from None
    except ValueError:
        raise DiscoverError("is not a YAML template: a value cannot be read", where=str(path), hint=_HINT) from None


def _depth(text: str) -> int:
    """How deep brackets go at most: a cheap guard before the parser, which recurses."""
    deepest = depth = 0
    for char in text:
        if char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}" and depth:
            depth -= 1
    return deepest


def read_parameters(path: Path) -> dict[str, str]:
    """A parameters file: ``[{ParameterKey, ParameterValue}]``, ``{Parameters: {…}}`` or ``{name: value}``.

    Raises:
        DiscoverError: not there, or none of these.
    """
    text = read_text(path)
    value, _ = _json(path, text) if text.lstrip()[:1] in ("{", "[") else _yaml(path, text)
    if isinstance(value, dict) and isinstance(value.get("Parameters"), dict):
        value = value["Parameters"]
    if isinstance(value, list) and all(isinstance(row, dict) and "ParameterKey" in row for row in value):
        value = {str(row["ParameterKey"]): row.get("ParameterValue") for row in value}
    if not isinstance(value, dict):
        hint = "[{ParameterKey: …, ParameterValue: …}] or {name: value}"
        raise DiscoverError("holds no parameters", where=str(path), hint=hint)
    return {str(name): as_text(item) for name, item in value.items() if item is not None}


def as_text(value: Any) -> str:
    """A scalar as CloudFormation has it; lists as their items with commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(as_text(item) for item in value) if isinstance(value, list) else str(value)
