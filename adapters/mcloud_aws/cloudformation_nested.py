"""Templates within templates: ``AWS::CloudFormation::Stack``, where the inner one lies beside the outer one.

``TemplateURL`` is a path where a template is written for ``aws cloudformation package``, which puts the inner one into
a bucket and the bucket's address in its place (AWS CLI reference, "package", 2026-11). Nothing is fetched.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from mcloud.discover.meaning import Unknown

STACK = "AWS::CloudFormation::Stack"
_DEEPEST = 10
"""Templates within each other at most; CloudFormation's own stacks seldom have more than three."""


class NotFollowed(Exception):
    """Why an inner template is not read, and what to do."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


def locate(url: Any, outer: Sequence[Path], given: Sequence[Path]) -> Path:
    """The file of an inner template.

    Args:
        url: ``TemplateURL``, worked out.
        outer: the templates that it is within, the innermost last.
        given: the files that were given; one of the same name stands for one that lies on the network.

    Raises:
        NotFollowed: it lies elsewhere, is not there, or is within itself.
    """
    if not isinstance(url, str) or isinstance(url, Unknown) or not url.strip():
        raise NotFollowed("a template within the template; where it lies is not known", "give its template too")
    parts = urlsplit(url)
    path = _beside(outer[-1], url) if not parts.scheme and not os.path.isabs(url) else None
    if path is None:
        name = PurePosixPath(unquote(parts.path)).name
        same = [file for file in given if file.name == name and file not in outer]
        if len(same) != 1:
            reason = f"a template within the template, which lies elsewhere ({parts.scheme or 'an absolute path'})"
            raise NotFollowed(reason, f"get {name or 'its template'} and give it as a file of that name too")
        path = same[0]
    if path.resolve() in [one.resolve() for one in outer]:
        raise NotFollowed(f"the template {path} is within itself", "see which template is meant")
    if len(outer) >= _DEEPEST:
        raise NotFollowed(f"templates are within each other more than {_DEEPEST} deep", "give its template alone")
    return path


def _beside(outer: Path, url: str) -> Path:
    path = Path(os.path.normpath(outer.parent / url))
    if not path.is_file():
        raise NotFollowed(f"the template {path} is not there", "give it, or put it there")
    return path


@dataclass(frozen=True)
class Given:
    """What an outer template says of an inner one: its parameters, worked out when they are asked for."""

    names: frozenset[str]
    value: Callable[[str], Any]


class Late(Mapping[str, Any]):
    """Parameters whose values are worked out when they are asked for, once: those of one inner template may be what
    another one puts out."""

    def __init__(self, ways: Mapping[str, Callable[[], Any]]) -> None:
        self._ways = ways
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            way = self._ways[name]
            # Set first: one that refers to itself is not known.
            self._known[name] = Unknown(name)
            self._known[name] = way()
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._ways

    def __iter__(self) -> Iterator[str]:
        return iter(self._ways)

    def __len__(self) -> int:
        return len(self._ways)
