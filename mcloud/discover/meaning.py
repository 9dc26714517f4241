"""What a resource of a source means: neutral parts that refer to each other by native id.

A cloud's table maps each type to a ``Meaning``. A meaning gives the parts that it understands, a note for each thing
it understands but cannot carry over, or a refusal. It guesses nothing: what the source does not say stays None.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from mcloud.discover.tfstate import StateResource
from mcloud.model.base import Labels


@dataclass(frozen=True)
class NetworkPart:
    """A private network; ``cidr`` is its IPv4 block."""

    id: str
    cidr: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SubnetPart:
    """A subnet; ``network`` is a native id, ``direct`` whether its servers get public addresses, None: unknown."""

    id: str
    network: str
    cidr: str
    direct: bool | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RulePart:
    """An allow rule of a group.

    Attributes:
        group: native id of the group that has it.
        direction: ingress or egress.
        protocol: tcp, udp, icmp, any, or an IANA number as text.
        ports: first and last port; None: all.
        cidrs: IPv4 blocks of the other side.
        groups: native ids of the groups on the other side.
        description: for people.
    """

    group: str
    direction: Literal["ingress", "egress"]
    protocol: str
    ports: tuple[int, int] | None = None
    cidrs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    description: str | None = None


@dataclass(frozen=True)
class GroupPart:
    """A security group with the rules that the same resource holds."""

    id: str
    network: str | None
    description: str | None = None
    rules: tuple[RulePart, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class KeyPart:
    """An SSH key; ``public_key`` in OpenSSH format, None where the source does not hold it."""

    id: str
    public_key: str | None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ServerPart:
    """A server.

    Attributes:
        id: native id.
        flavor: the source's name for its size.
        size: vCPUs and memory in MiB; None: the flavor is not known.
        image: native id of its image.
        subnet: native id.
        groups: native ids.
        key: native id of its key.
        public_ip: whether it has a public address; None: the source does not say.
        disk_gib: size of the root disk in GiB; None: the source does not say.
        disk_class: hdd, ssd or nvme.
        min_iops: what was bought for the root disk, not what a size brings along.
    """

    id: str
    flavor: str
    size: tuple[int, int] | None
    image: str
    subnet: str | None
    groups: tuple[str, ...] = ()
    key: str | None = None
    public_ip: bool | None = None
    disk_gib: int | None = None
    disk_class: str = "ssd"
    min_iops: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


Part = NetworkPart | SubnetPart | GroupPart | RulePart | KeyPart | ServerPart


@dataclass(frozen=True)
class Note:
    """Something of a mapped resource that the stack does not carry: what, why, and what to do."""

    what: str
    reason: str
    advice: str = ""


@dataclass(frozen=True)
class Meant:
    """What one resource means: at most one part, or a refusal with reason and advice; notes in any case."""

    part: Part | None = None
    notes: tuple[Note, ...] = ()
    reason: str = ""
    advice: str = ""


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
    """Tags as labels, and a note for each that is none."""
    kept: dict[str, str] = {}
    notes = []
    for key, value in (tags or {}).items() if isinstance(tags, Mapping) else ():
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
