"""Servers in the stack file's words; equal ones of one resource become one with a count."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcloud.discover import standins
from mcloud.discover.ledger import Item, Ledger, Namer
from mcloud.discover.meaning import Note
from mcloud.discover.parts import ServerPart
from mcloud.units import Size


@dataclass(frozen=True)
class Around:
    """The names of what servers refer to, by native id.

    Attributes:
        places: subnet -> network.subnet.
        groups: security group -> name.
        keys: key -> name.
        placement_groups: placement group -> name.
        interfaces: server -> the further subnets that it has interfaces in, as network.subnet.
        default_subnet: where servers are that name none; None: they are left over.
        together: ids of servers that answer behind one listener, and so are better one server with a count.
    """

    places: Mapping[str, str]
    groups: Mapping[str, str]
    keys: Mapping[str, str]
    placement_groups: Mapping[str, str] = field(default_factory=dict)
    interfaces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default_subnet: str | None = None
    together: Sequence[tuple[str, ...]] = ()


@dataclass
class Machines:
    """The section ``servers``, and what goes by it.

    Attributes:
        section: name -> entry.
        instances: native id -> instance: NAME, or NAME-0 and so on where there is a count.
    """

    section: dict[str, Any] = field(default_factory=dict)
    instances: dict[str, str] = field(default_factory=dict)

    def free_name(self, text: str) -> str:
        """A name that no server has."""
        name, number = text[:32].strip("-"), 1
        while name in self.section:
            number += 1
            name = f"{text[:28].strip('-')}-{number}"
        return name

    def name_of(self, native: str) -> str | None:
        """The name in the section."""
        instance = self.instances.get(native)
        return instance if instance is None or instance in self.section else instance.rpartition("-")[0]


@dataclass
class _Draft:
    """A server that has its place: the entry, what was assumed and is asked in it (key -> text), and its notes."""

    item: Item
    part: ServerPart
    entry: dict[str, Any]
    assumed: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    merged: bool = False


def write_servers(ledger: Ledger, servers: Iterable[tuple[Item, ServerPart]], around: Around) -> Machines:
    """The section ``servers``; equal ones of one resource become one with a count."""
    batches: dict[tuple[str, str], list[_Draft]] = defaultdict(list)
    for item, part in servers:
        draft = _draft(ledger, item, part, around)
        if draft is not None:
            batches[item.base].append(draft)
    _merge_together(batches, around.together)
    machines = Machines()
    namer = Namer()
    for batch in batches.values():
        if not batch[0].merged:
            batch.sort(key=lambda draft: (str(type(draft.item.resource.index)), draft.item.resource.index or 0))
        if _countable(batch):
            _write(ledger, machines, namer, batch)
        else:
            for draft in batch:
                _write(ledger, machines, namer, [draft])
    return machines


def _countable(batch: list[_Draft]) -> bool:
    indices = [draft.item.resource.index for draft in batch]
    first = batch[0]
    return len(batch) > 1 and (
        first.merged
        or (indices == list(range(len(batch))) and all(d.entry == first.entry and d.part.count is None for d in batch))
    )


def _merge_together(batches: dict[tuple[str, str], list[_Draft]], together: Sequence[tuple[str, ...]]) -> None:
    """Single servers that answer behind one listener and differ in their subnet only become one batch."""
    alone = {batch[0].part.id: key for key, batch in batches.items() if len(batch) == 1 and batch[0].part.count is None}
    for natives in together:
        keys = [alone[native] for native in natives if native in alone]
        if len(keys) < 2 or len(keys) != len(natives) or any(key not in batches for key in keys):
            continue
        drafts = [batches[key][0] for key in keys]
        if any(_but_place(draft) != _but_place(drafts[0]) for draft in drafts):
            continue
        for draft in drafts:
            draft.merged = True
            if draft.entry["subnet"] != drafts[0].entry["subnet"]:
                reason = f"it was in {draft.entry['subnet']}; equal servers of a stack are in one subnet"
                draft.notes.append(Note("subnet", reason, "make it a server of its own, if it matters"))
        for key in keys[1:]:
            del batches[key]
        batches[keys[0]] = drafts


def _but_place(draft: _Draft) -> dict[str, Any]:
    return {key: value for key, value in draft.entry.items() if key not in ("subnet", "labels")}


def _common_name(batch: list[_Draft]) -> str:
    """What the names of the merged begin with; the first one's where that is too little."""
    labels = [draft.item.label for draft in batch]
    common = labels[0]
    while not all(label.startswith(common) for label in labels):
        common = common[:-1]
    common = re.sub(r"[-_.]?\d*[-_.]*$", "", common)
    return common if len(common) > 2 else labels[0]


def _write(ledger: Ledger, machines: Machines, namer: Namer, batch: list[_Draft]) -> None:
    first = batch[0]
    resource = first.item.resource
    counted = len(batch) > 1
    label = _common_name(batch) if first.merged else resource.plain if counted else resource.label
    name = namer.give(label)
    count = len(batch) if counted else first.part.count
    machines.section[name] = {**first.entry, **({} if count is None else {"count": count})}
    for key, text in first.assumed.items():
        ledger.assume(("servers", name, key), first.part.id, text)
    for key, text in first.asked.items():
        ledger.ask(("servers", name, key), first.part.id, text)
    for number, draft in enumerate(batch):
        machines.instances[draft.part.id] = f"{name}-{number}" if counted else name
        if number == 0:
            ledger.settle(draft.item, "mapped", f"servers.{name}", notes=draft.notes)
        else:
            reason = f"number {number} of {len(batch)} equal servers"
            ledger.settle(draft.item, "folded", f"servers.{name}", reason=reason, notes=draft.notes)


def _draft(ledger: Ledger, item: Item, part: ServerPart, around: Around) -> _Draft | None:
    said_size: Any = None if part.size else ledger.answer("sizes", part.flavor)
    image: Any = None if part.os else ledger.answer("images", part.image)
    subnet = part.subnet or around.default_subnet
    missing = {
        "it is in no subnet": (subnet is None, "put it into one, or add it to the stack by hand"),
        f"its subnet {part.subnet} is in none of the sources": (
            subnet is not None and subnet not in around.places,
            f"give subnets: {part.subnet} in an assumptions file",
        ),
        f"the size of {part.flavor} is not known": (
            part.size is None and said_size is None and ledger.strict,
            f"give sizes: {part.flavor} in an assumptions file",
        ),
        f"the operating system of {part.image} is not known": (
            image is None and part.os is None and ledger.strict,
            f"give images: {part.image} in an assumptions file",
        ),
    }
    lacking = {reason: advice for reason, (lacks, advice) in missing.items() if lacks}
    if lacking:
        ledger.leave(item, "; ".join(lacking), "; ".join(lacking.values()))
        return None
    draft = _Draft(item, part, {})
    _add_size(draft, said_size)
    _add_image(draft, image)
    draft.entry["subnet"] = around.places[subnet or ""]
    _add_references(draft, around)
    _add_disk(ledger, draft)
    if part.public_ip:
        draft.entry["public_ip"] = True
    if part.labels:
        draft.entry["labels"] = dict(part.labels)
    if part.stopped:
        draft.notes.append(Note("switched off", "a stack's servers run", "stop it by hand after up"))
    return draft


def _add_size(draft: _Draft, said: Any) -> None:
    part = draft.part
    if part.size:
        draft.entry["size"] = {"vcpu": part.size[0], "memory": str(Size(part.size[1] * 2**20))}
    elif said is not None:
        draft.entry["size"] = said.model_dump(mode="json", exclude_defaults=True)
        draft.assumed["size"] = f"the size of {part.flavor}"
    else:
        draft.entry["size"] = dict(standins.SIZE)
        draft.asked["size"] = f"what does {part.flavor} have? This is made up"
    if part.flavors:
        draft.entry["flavor"] = dict(part.flavors)


def _add_image(draft: _Draft, said: Any) -> None:
    part = draft.part
    if part.os:
        draft.entry["image"] = {"os": part.os[0], "version": part.os[1]}
    elif said is not None:
        draft.entry["image"] = said.model_dump(mode="json")
        draft.assumed["image"] = f"the operating system of {part.image}"
    else:
        draft.entry["image"] = dict(standins.IMAGE)
        draft.asked["image"] = f"which system is {part.image}? This is made up"


def _add_references(draft: _Draft, around: Around) -> None:
    part = draft.part
    if part.id in around.interfaces:
        draft.entry["interfaces"] = list(around.interfaces[part.id])
    groups = [around.groups[native] for native in part.groups if native in around.groups]
    if groups:
        draft.entry["security_groups"] = groups
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
    size = standins.DISK if part.disk_gib is None else Size.gib(part.disk_gib)
    if part.disk_gib is None:
        draft.assumed["disk"] = f"the sources do not say how large; {standins.DISK} is a stack's default"
    if least is not None and size < least:
        draft.assumed["disk"] = f"made larger from {size}"
        size = least
    disk: dict[str, Any] = {"size": str(size), "class": part.disk_class}
    if part.min_iops:
        disk["min_iops"] = part.min_iops
    if part.disk_encrypted:
        disk["encrypted"] = True
    draft.entry["disk"] = disk
