"""What a resource of a source means: neutral parts that refer to each other by native id.

A cloud's table maps each type to a ``Meaning``. A meaning gives the parts that it understands, a note for each thing
it understands but cannot carry over, or a refusal. It guesses nothing: what the source does not say stays None.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mcloud.discover.discretion import looks_secret
from mcloud.discover.parts import (
    GroupPart,
    KeyPart,
    NetworkPart,
    Part,
    RulePart,
    ServerPart,
    SubnetPart,
)
from mcloud.discover.tfstate import StateResource
from mcloud.model.base import Labels

__all__ = [
    "GroupPart",
    "KeyPart",
    "Meaning",
    "Meant",
    "NetworkPart",
    "Note",
    "Part",
    "RulePart",
    "ServerPart",
    "SubnetPart",
    "Unknown",
    "ipv4",
    "labels",
    "refusal",
    "refused",
    "text",
    "texts",
    "unread",
]


@dataclass(frozen=True)
class Note:
    """Something of a mapped resource that the stack does not carry: what, why, and what to do."""

    what: str
    reason: str
    advice: str = ""


class Unknown(str):
    """Stands for a value that the source refers to and does not hold; the text is what people call it."""

    __slots__ = ()


@dataclass(frozen=True)
class Meant:
    """What one resource means: at most one part, or a refusal with reason and advice; notes in any case.

    ``inline`` are further parts that the resource holds within itself (the disks of a server, the listeners of a load
    balancer), each with a word that tells it from the others. ``folded``: without a part, for other resources that were
    read stand for it.
    """

    part: Part | None = None
    notes: tuple[Note, ...] = ()
    reason: str = ""
    advice: str = ""
    inline: tuple[tuple[str, Part], ...] = ()
    folded: bool = False


Meaning = Callable[[StateResource], Meant]


def refused(reason: str, advice: str, notes: Iterable[Note] = ()) -> Meant:
    """Nothing of it can be carried over."""
    return Meant(None, tuple(notes), reason, advice)


def refusal(reason: str, advice: str) -> Meaning:
    """A meaning for a type that the model has no word for."""
    return lambda resource: refused(reason, advice)


def unread(resource: StateResource, read: Iterable[str], computed: Iterable[str]) -> list[Note]:
    """A note for each attribute that has a value and that nobody looked at, so that none is dropped in silence.

    Args:
        resource: where to look.
        read: attributes that the meaning reads.
        computed: attributes that the cloud fills in: ids, addresses, defaults.
    """
    known = {*read, *computed}
    notes = [
        Note(name, "this attribute has no meaning in a stack", "see whether it matters")
        for name, value in sorted(resource.attributes.items())
        if name not in known and value not in (None, "", False, 0, [], {})
    ]
    notes += [
        Note(name, "may hold a secret, so it was not read", "give it to the stack by hand where it is needed")
        for name in resource.removed
    ]
    return notes


def text(attributes: Mapping[str, Any], name: str) -> str | None:
    """A text attribute; None where it is missing or empty."""
    value = attributes.get(name)
    return value if isinstance(value, str) and value else None


def texts(attributes: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of texts; empty where it is missing."""
    value = attributes.get(name)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


_LABEL = TypeAdapter(Labels)


def labels(tags: Any) -> tuple[dict[str, str], list[Note]]:
    """Tags as labels, and a note for each that is none, or that may hold a secret."""
    kept: dict[str, str] = {}
    notes = []
    for key, value in sorted((tags or {}).items()) if isinstance(tags, Mapping) else ():
        if looks_secret(str(key), str(value)):
            reason = "may hold a secret, so it was not read"
            notes.append(Note(f"tag {key}", reason, "give it to the stack by hand where it is needed"))
            continue
        try:
            kept |= _LABEL.validate_python({key: value})
        except ValidationError:
            notes.append(Note(f"tag {key}", "labels take no such key or value", "rename it or leave it out"))
    return kept, notes


def ipv4(block: Any) -> str | None:
    """An IPv4 block in its usual form; None where it is none."""
    try:
        return str(ipaddress.IPv4Network(block)) if isinstance(block, str) and "/" in block else None
    except ValueError:
        return None
