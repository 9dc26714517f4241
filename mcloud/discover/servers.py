"""Servers in the stack file's words; equal ones of one resource become one with a count."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mcloud.discover.ledger import Item, Ledger, Namer
from mcloud.discover.meaning import Note
from mcloud.discover.parts import ServerPart
from mcloud.units import Size

DEFAULT_DISK = Size.gib(20)


@dataclass(frozen=True)
class Around:
    """The names of what servers refer to, by native id.

    Attributes:
        places: subnet -> network.subnet.
        groups: security group -> name.
        keys: key -> name.
        placement_groups: placement group -> name.
        interfaces: server -> the further subnets that it has interfaces in, as network.subnet.
    """

    places: Mapping[str, str]
    groups: Mapping[str, str]
    keys: Mapping[str, str]
    placement_groups: Mapping[str, str] = field(default_factory=dict)
    interfaces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class Machines:
    """The section ``servers``, and what goes by it.

    Attributes:
        section: name -> entry.
        instances: native id -> instance: NAME, or NAME-0 and so on where there is a count.
    """

    section: dict[str, Any] = field(default_factory=dict)
    instances: dict[str, str] = field(default_factory=dict)

    def name_of(self, native: str) -> str | None:
        """The name in the section."""
        instance = self.instances.get(native)
        return instance if instance is None or instance in self.section else instance.rpartition("-")[0]


@dataclass
class _Draft:
    """A server that has its place: the entry, what was assumed in it (key -> text), and its notes."""

    item: Item
    part: ServerPart
    entry: dict[str, Any]
    assumed: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


def write_servers(ledger: Ledger, servers: Iterable[tuple[Item, ServerPart]], around: Around) -> Machines:
    """The section ``servers``; equal ones of one resource become one with a count."""
    batches: dict[tuple[str, str], list[_Draft]] = defaultdict(list)
    for item, part in servers:
        draft = _draft(ledger, item, part, around)
        if draft is not None:
            batches[(item.resource.file, item.resource.base)].append(draft)
    machines = Machines()
    namer = Namer()
    for batch in batches.values():
        batch.sort(key=lambda draft: (str(type(draft.item.resource.index)), draft.item.resource.index or 0))
        if _countable(batch):
            _write(ledger, machines, namer, batch, batch[0].item.resource.plain)
        elif _share_a_name(batch):
            _write_alike(ledger, machines, namer, batch)
        else:
            for group in _equal(batch).values() if _numbered(batch) else ([draft] for draft in batch):
                resource = group[0].item.resource
                _write(ledger, machines, namer, group, resource.label if len(group) == 1 else resource.plain)
    return machines


def _numbered(batch: list[_Draft]) -> bool:
    """Whether they are told apart by numbers, which mean nothing, and not by words."""
    return all(isinstance(draft.item.resource.index, int) for draft in batch)


def _equal(batch: list[_Draft]) -> dict[str, list[_Draft]]:
    """Those that are equal together."""
    found: dict[str, list[_Draft]] = defaultdict(list)
    for draft in batch:
        found[json.dumps(draft.entry, sort_keys=True, default=str)].append(draft)
    return found


def _countable(batch: list[_Draft]) -> bool:
    indices = [draft.item.resource.index for draft in batch]
    first = batch[0]
    return (
        len(batch) > 1
        and indices == list(range(len(batch)))
        and all(d.entry == first.entry for d in batch)
    )


def _share_a_name(batch: list[_Draft]) -> bool:
    """Whether their numbers are not in their names: they have one name, as the members of a scaling group have."""
    resources = [draft.item.resource for draft in batch]
    return len(batch) > 1 and all(item.index is not None and item.label == item.plain for item in resources)


def _write_alike(ledger: Ledger, machines: Machines, namer: Namer, batch: list[_Draft]) -> None:
    """Servers of one name: those that are equal become one with a count; where subnets differ they are in the names."""
    equal = _equal(batch)
    subnets = {text: group[0].entry["subnet"].rpartition(".")[2] for text, group in equal.items()}
    tell = len(set(subnets.values())) == len(equal) > 1
    for text, group in equal.items():
        plain = group[0].item.resource.plain
        _write(ledger, machines, namer, group, f"{plain}-{subnets[text]}" if tell else plain)


def _write(ledger: Ledger, machines: Machines, namer: Namer, batch: list[_Draft], called: str) -> None:
    first = batch[0]
    counted = len(batch) > 1
    name = namer.give(called)
    machines.section[name] = {**first.entry, **({"count": len(batch)} if counted else {})}
    for key, text in first.assumed.items():
        ledger.assume(("servers", name, key), first.part.id, text)
    for number, draft in enumerate(batch):
        instance = f"{name}-{number}" if counted else name
        machines.instances[draft.part.id] = ledger.instances[draft.item.resource.key] = instance
        if number == 0:
            ledger.settle(draft.item, "mapped", f"servers.{name}", notes=draft.notes)
        else:
            reason = f"number {number} of {len(batch)} equal servers"
            ledger.settle(draft.item, "folded", f"servers.{name}", reason=reason, notes=draft.notes)


def _draft(ledger: Ledger, item: Item, part: ServerPart, around: Around) -> _Draft | None:
    said_size: Any = None if part.size else ledger.answer("sizes", part.flavor)
    image: Any = None if part.os else ledger.answer("images", part.image)
    missing = {
        "it is in no subnet": (part.subnet is None, "put it into one, or add it to the stack by hand"),
        f"its subnet {part.subnet} is in none of the sources": (
            part.subnet is not None and part.subnet not in around.places,
            f"give subnets: {part.subnet} in an assumptions file",
        ),
        f"the size of {part.flavor} is not known": (
            part.size is None and said_size is None,
            f"give sizes: {part.flavor} in an assumptions file",
        ),
        f"the operating system of {part.image} is not known": (
            image is None and part.os is None,
            f"give images: {part.image} in an assumptions file",
        ),
    }
    lacking = {reason: advice for reason, (lacks, advice) in missing.items() if lacks}
    if lacking:
        ledger.leave(item, "; ".join(lacking), "; ".join(lacking.values()))
        return None
    size: dict[str, Any]
    if part.size:
        size = {"vcpu": part.size[0], "memory": str(Size(part.size[1] * 2**20))}
    else:
        size = said_size.model_dump(mode="json", exclude_defaults=True)
    draft = _Draft(item, part, {"size": size})
    if part.flavors:
        draft.entry["flavor"] = dict(part.flavors)
    if part.os:
        draft.entry["image"] = {"os": part.os[0], "version": part.os[1]}
    else:
        draft.entry["image"] = image.model_dump(mode="json")
        draft.assumed["image"] = f"the operating system of {part.image}"
    if said_size:
        draft.assumed["size"] = f"the size of {part.flavor}"
    draft.entry["subnet"] = around.places[part.subnet or ""]
    _add_references(draft, around)
    _add_disk(ledger, draft)
    if part.public_ip:
        draft.entry["public_ip"] = True
    if part.labels:
        draft.entry["labels"] = dict(part.labels)
    if part.stopped:
        draft.notes.append(Note("switched off", "a stack's servers run", "stop it by hand after up"))
    return draft


def _add_references(draft: _Draft, around: Around) -> None:
    part = draft.part
    if part.id in around.interfaces:
        draft.entry["interfaces"] = list(around.interfaces[part.id])
    draft.entry["security_groups"] = [around.groups[native] for native in part.groups if native in around.groups]
    for native in part.groups:
        if native not in around.groups:
            advice = f"give the state that holds it, or groups: {native} in an assumptions file"
            draft.notes.append(Note(f"security group {native}", "it is in none of the sources", advice))
    if part.key in around.keys:
        draft.entry["key"] = around.keys[part.key or ""]
    elif part.key:
        advice = "give the state that holds it, or add the key to the stack by hand"
        draft.notes.append(Note(f"key {part.key}", "it is in none of the sources", advice))
    if part.placement_group in around.placement_groups:
        draft.entry["placement_group"] = around.placement_groups[part.placement_group or ""]
    elif part.placement_group:
        reason = "it is in none of the sources, or its policy is not known"
        draft.notes.append(Note(f"placement group {part.placement_group}", reason, "add it to the stack by hand"))


def _add_disk(ledger: Ledger, draft: _Draft) -> None:
    part = draft.part
    least = ledger.overlay.disk_min
    size = DEFAULT_DISK if part.disk_gib is None else Size.gib(part.disk_gib)
    if part.disk_gib is None:
        draft.assumed["disk"] = f"the sources do not say how large; {DEFAULT_DISK} is a stack's default"
    if least is not None and size < least:
        draft.assumed["disk"] = f"made larger from {size}"
        size = least
    disk: dict[str, Any] = {"size": str(size), "class": part.disk_class}
    if part.min_iops:
        disk["min_iops"] = part.min_iops
    if part.disk_encrypted:
        disk["encrypted"] = True
    draft.entry["disk"] = disk
