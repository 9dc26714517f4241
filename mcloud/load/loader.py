"""Loads a stack: file, environment, overlays, variables, model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mcloud.errors import LoadError, Problem
from mcloud.load import variables
from mcloud.load.document import Document, Path_, merge
from mcloud.load.files import read_document, read_text_reference
from mcloud.load.problems import PATTERNS, Problems
from mcloud.model.base import NAME_PATTERN
from mcloud.model.references import suggest
from mcloud.model.stack import Stack
from mcloud.model.storage import canonical_policy

_ENDINGS = (".yaml", ".yml", ".json")
_TEXTS = (
    ("keys", "public_key"),
    ("servers", "user_data"),
    ("certificates", "certificate"),
    ("certificates", "chain"),
    ("buckets", "policy"),
)
"""Section and field of the values that may be ``file:PATH``."""


@dataclass(frozen=True)
class Loaded:
    """A stack and where its parts stand."""

    stack: Stack
    document: Document
    path: Path

    def locate(self, path: Path_) -> str:
        """file:line:col of a part, or of the nearest thing around it."""
        return self.document.locate(path, key=True)

    def read_text(self, value: str) -> str:
        """The text of ``file:PATH``, relative to the stack file; anything else as it is.

        Raises:
            LoadError: it cannot be read.
        """
        return read_text_reference(value, self.path.parent)


def load_stack(
    path: Path | str,
    env: str | None = None,
    sets: Sequence[str] | None = None,
    overlays: Sequence[Path | str] | None = None,
) -> Loaded:
    """Load a stack file.

    Args:
        path: YAML, or JSON where the name ends in ``.json``.
        env: name of an environment. ``envs/NAME.yaml`` beside the file gives values to variables and is laid over
            the file; the stack is then called STACK-NAME.
        sets: ``name=value`` for variables; these win over the environment's.
        overlays: files that are laid over it, in order. Mappings merge, null deletes a key.

    Raises:
        LoadError: with every problem found, in file order.
    """
    path = Path(path)
    document = _read_mapping(path)
    environment = _environment(path, env)
    if environment is not None:
        rest = {key: value for key, value in environment.value.items() if key != variables.SECTION}
        document = merge(document, Document(environment.file, rest, environment.places))
    for overlay in overlays or ():
        document = merge(document, _read_mapping(Path(overlay)))
    problems = Problems(document)
    values = variables.declared(document, problems)
    known = frozenset(values)
    if environment is not None:
        values |= variables.of_environment(environment, dict.fromkeys(known), problems)
    values |= variables.of_command_line(sets or (), dict.fromkeys(known), problems)
    stack = _modelled(variables.substitute(document, values, problems), env, problems)
    problems.stop()
    _check_texts(stack, path.parent, problems)
    problems.stop()
    return Loaded(stack, document, path)


def _modelled(values: dict[str, Any], env: str | None, problems: Problems) -> Stack:
    if env is not None and isinstance(values.get("name"), str):
        values["name"] = f"{values['name']}-{env}"
    try:
        return Stack.model_validate(values)
    except ValidationError as error:
        problems.add_errors(error)
    raise problems.error()


def _read_mapping(path: Path) -> Document:
    document = read_document(path)
    if document.value is None:
        document = Document(document.file, {}, document.places)
    if not isinstance(document.value, dict):
        message = "is not a stack: a mapping with mcloud, name and placement is expected"
        raise LoadError([Problem(str(path), message)])
    return document


def _environment(path: Path, env: str | None) -> Document | None:
    if env is None:
        return None
    if not re.fullmatch(NAME_PATTERN, env):
        raise LoadError([Problem("--env", f"{env!r} must be {PATTERNS[NAME_PATTERN]}")])
    folder = path.parent / "envs"
    for ending in _ENDINGS:
        if (folder / f"{env}{ending}").exists():
            return _read_mapping(folder / f"{env}{ending}")
    known = [item.stem for item in sorted(folder.glob("*")) if item.suffix in _ENDINGS] if folder.is_dir() else []
    hint = suggest(env, known) if known else f"write {folder / env}.yaml; it may be empty"
    raise LoadError([Problem("--env", f"there is no environment {env!r}: no {folder / env}.yaml", hint)])


def _check_texts(stack: Stack, base: Path, problems: Problems) -> None:
    """Every ``file:PATH`` can be read, policies are JSON, and nobody gives away a private key as a public one."""
    seen: dict[str, str | Problem] = {}
    for section, field in _TEXTS:
        for name, resource in getattr(stack, section).items():
            value = getattr(resource, field)
            if not isinstance(value, str):  # left out, or kept elsewhere
                continue
            if value not in seen:
                seen[value] = _text(value, base)
            text = seen[value]
            path = (section, name, field)
            if isinstance(text, Problem):
                problems.add(path, text.message, text.hint)
            elif field == "policy":
                _check_policy(text, path, problems)
            elif field != "user_data" and "PRIVATE KEY" in text:
                problems.add(path, f"{field} holds a private key", "give the public part only")


def _check_policy(text: str, path: tuple[str, str, str], problems: Problems) -> None:
    try:
        canonical_policy(text)
    except ValueError as error:
        problems.add(path, str(error))


def _text(value: str, base: Path) -> str | Problem:
    try:
        return read_text_reference(value, base)
    except LoadError as error:
        return error.problems[0]
