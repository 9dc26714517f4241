"""Sources that describe what shall be there, in the words of one vendor's own tool: what an adapter gives for one."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mcloud.discover.discovery import Assumption, Discovery
from mcloud.discover.meaning import Meaning
from mcloud.discover.pipeline import Aim, discover_resources
from mcloud.discover.secrets import without_known_secrets
from mcloud.discover.tfstate import StateResource
from mcloud.errors import DiscoverError


@dataclass(frozen=True)
class ReadTemplates:
    """What files of a kind hold: every resource once, and what was assumed when they were read."""

    resources: tuple[StateResource, ...]
    said: tuple[Assumption, ...] = ()


class TemplateSource(ABC):
    """A kind of template. Reading makes no call and runs nothing."""

    title: ClassVar[str]
    """What people call it."""

    @property
    @abstractmethod
    def meanings(self) -> Mapping[str, Meaning]:
        """Type -> what it means; a star at the end stands for any ending."""

    @abstractmethod
    def parameters(self, path: Path) -> Mapping[str, str]:
        """A parameters file: name -> value.

        Raises:
            DiscoverError: it cannot be read.
        """

    @abstractmethod
    def read(self, files: Sequence[Path], parameters: Mapping[str, str], placement: str) -> ReadTemplates:
        """Read templates that may refer to each other.

        Raises:
            DiscoverError: one cannot be read, or a parameter is in none of them; no message holds a value.
        """


def discover_templates(
    source: TemplateSource,
    paths: Sequence[Path | str],
    aim: Aim,
    *,
    parameters: Path | None = None,
    sets: Iterable[str] = (),
) -> Discovery:
    """Make one stack of templates.

    Args:
        source: their kind.
        paths: the templates; one that is given twice is read once.
        aim: what shall become of them.
        parameters: a parameters file.
        sets: ``name=value``, which win over the file.

    Raises:
        DiscoverError: a file cannot be read, a value has no name, or two sources contradict each other.
    """
    values = dict(source.parameters(parameters)) if parameters else {}
    for text in sets:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise DiscoverError("--set takes name=value", hint="for example --set Environment=prod")
        values[name.strip()] = value
    files = tuple(dict.fromkeys(str(path) for path in paths))
    found = source.read([Path(file) for file in files], values, aim.placement)
    resources = without_known_secrets(found.resources)
    # A template may lead to others beside it.
    files = tuple(dict.fromkeys((*files, *(resource.file for resource in resources))))
    return discover_resources(files, resources, source.meanings, aim, found.said)


def kebab(name: str) -> str:
    """``PublicSubnet1`` as ``public-subnet-1``: what a person would call it in a stack."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z]{2})(?=\d+$)", "-", name)
    return re.sub(r"[^a-z0-9]+", "-", parted.lower()).strip("-")


def series(names: Iterable[str]) -> dict[str, tuple[str, int | None]]:
    """Name -> what names that differ in their last number only have in common, and the number from 0; else None."""
    every = list(dict.fromkeys(names))
    rows: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for name in every:
        match = re.fullmatch(r"(.*[^\d_-])[_-]?(\d{1,4})", name)
        if match:
            rows[match[1]].append((int(match[2]), name))
    found: dict[str, tuple[str, int | None]] = {name: (name, None) for name in every}
    for base, members in rows.items():
        numbers = sorted(members)
        first = numbers[0][0]
        if len(numbers) > 1 and [number for number, _ in numbers] == list(range(first, first + len(numbers))):
            found |= {name: (base, index) for index, (_, name) in enumerate(numbers)}
    return found
