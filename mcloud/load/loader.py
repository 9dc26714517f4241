"""Loads a stack: file, environment, overlays, variables, model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mcloud.errors import LoadError, Problem
from mcloud.load import variables
from mcloud.load.document import Document, Path_, merge, read_document, with_places
from mcloud.load.problems import problems_of
from mcloud.model.references import suggest
from mcloud.model.stack import Stack


@dataclass(frozen=True)
class Loaded:
    """A stack and where its parts stand."""

    stack: Stack
    document: Document
    path: Path

    def locate(self, path: Path_) -> str:
        """file:line:col of a part, or of the nearest thing around it."""
        return _locate(self.document, path, self.path)

    def read_text(self, value: str) -> str:
        """The text of ``file:PATH``, relative to the stack file; anything else as it is.

        Raises:
            LoadError: it cannot be read.
        """
        if not value.startswith("file:"):
            return value
        target = Path(value.removeprefix("file:")).expanduser()
        target = target if target.is_absolute() else self.path.parent / target
        try:
            return target.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
            raise LoadError([Problem(str(self.path), f"{value}: {target} cannot be read: {reason}")]) from error


def load_stack(
    path: Path | str, env: str | None = None, sets: Sequence[str] = (), overlays: Sequence[Path | str] = ()
) -> Loaded:
    """Load a stack file.

    Args:
        env: name of an environment: ``envs/NAME.yaml`` beside the file is laid over it and the stack is called
            STACK-NAME.
        sets: ``name=value`` for variables.
        overlays: files that are laid over it, in order.

    Raises:
        LoadError: with every problem found.
    """
    path = Path(path)
    document = read_document(path)
    if not isinstance(document.value, dict):
        raise LoadError([Problem(str(path), "is not a stack: a mapping with mcloud, name and placement is expected")])
    document = _with_env(document, path, env)
    for overlay in overlays:
        over = read_document(Path(overlay))
        if isinstance(over.value, dict):
            document = merge(_placed(document, path), over)
        elif over.value is not None:
            raise LoadError([Problem(str(overlay), "is not a mapping")])
    values = _filled(document, path, tuple(sets))
    if env is not None and isinstance(values.get("name"), str):
        values["name"] = f"{values['name']}-{env}"
    try:
        stack = Stack.model_validate(values)
    except ValidationError as error:
        raise LoadError(problems_of(error, _placed(document, path))) from error
    return Loaded(stack, document, path)


def _with_env(document: Document, path: Path, env: str | None) -> Document:
    if env is None:
        return document
    file = path.parent / "envs" / f"{env}.yaml"
    if not file.exists():
        known = [item.stem for item in file.parent.glob("*.yaml")] if file.parent.exists() else []
        raise LoadError([Problem(str(file), f"there is no environment {env!r}", suggest(env, known))])
    over = read_document(file)
    if not isinstance(over.value, dict):
        return document
    given = over.value.get("variables") or {}
    # In an environment a variable is its value; in the stack it is a declaration.
    over.value = {**over.value, "variables": {name: {"default": value} for name, value in given.items()}}
    known_names = document.value.get("variables") or {}
    unknown = [name for name in given if name not in known_names]
    if unknown:
        places = [over.keys.get(("variables", name)) for name in unknown]
        raise LoadError(
            [
                Problem(str(place or file), f"the stack has no variable {name!r}", suggest(name, known_names))
                for name, place in zip(unknown, places, strict=True)
            ]
        )
    return merge(_placed(document, path), over)


def _filled(document: Document, path: Path, sets: tuple[str, ...]) -> dict[str, Any]:
    problems: list[Problem] = []

    def locate(inner: Path_) -> str:
        return _locate(document, inner, path)

    known = variables.declared(document.value, locate, problems)
    values = {**known, **variables.parse_sets(sets, known, problems)}
    filled = variables.substitute(document, values, locate, problems)
    if problems:
        raise LoadError(list(dict.fromkeys(problems)))
    return dict(filled)


def _placed(document: Document, path: Path) -> Document:
    """The document with places: a JSON file's are worked out only now."""
    return document if document.values else with_places(document, path.read_text(encoding="utf-8"))


def _locate(document: Document, path: Path_, file: Path) -> str:
    placed = _placed(document, file)
    inner = path
    while inner:
        place = placed.keys.get(inner) or placed.values.get(inner)
        if place is not None:
            return str(place)
        inner = inner[:-1]
    return str(file)
