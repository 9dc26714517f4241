"""Servers in the stack file's words; equal ones of one resource become one with a count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mcloud.discover.ledger import Item, Ledger, Namer
from mcloud.discover.meaning import Note, ServerPart
from mcloud.units import Size

DEFAULT_DISK = Size.gib(20)


@dataclass
class _Draft:
    """A server that has its place: the entry, what was assumed in it (key -> text), and its notes."""

    item: Item
    part: ServerPart
    entry: dict[str, Any]
    assumed: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


def write_servers(
    ledger: Ledger,
    servers: Iterable[tuple[Item, ServerPart]],
    places: Mapping[str, str],
    groups: Mapping[str, str],
    keys: Mapping[str, str],
) -> dict[str, Any]:
    """The section ``servers``.

    Args:
        ledger: the books.
        servers: the parts, in order.
        places: native id of a subnet -> network.subnet.
        groups: native id -> name.
        keys: native id -> name.
    """
    batches: dict[tuple[str, str], list[_Draft]] = defaultdict(list)
    for item, part in servers:
        draft = _draft(ledger, item, part, places, groups, keys)
        if draft is not None:
            batches[(item.resource.file, item.resource.base)].append(draft)
    section: dict[str, Any] = {}
    namer = Namer()
    for batch in batches.values():
        if _countable(batch):
            _write(ledger, section, namer, batch)
        else:
            for draft in batch:
                _write(ledger, section, namer, [draft])
    return section


def _countable(batch: list[_Draft]) -> bool:
    indices = [draft.item.resource.index for draft in batch]
    return len(batch) > 1 and indices == list(range(len(batch))) and all(d.entry == batch[0].entry for d in batch)


def _write(ledger: Ledger, section: dict[str, Any], namer: Namer, batch: list[_Draft]) -> None:
    first = batch[0]
    resource = first.item.resource
    plain = resource.base.rsplit(".", 1)[-1]
    counted = len(batch) > 1
    name = namer.give(plain if counted or resource.index is None else f"{plain}-{resource.index}")
    section[name] = {**first.entry, **({"count": len(batch)} if counted else {})}
    for key, text in first.assumed.items():
        ledger.assume(("servers", name, key), first.part.id, text)
    for number, draft in enumerate(batch):
        if number == 0:
            ledger.settle(draft.item, "mapped", f"servers.{name}", notes=draft.notes)
        else:
            reason = f"number {number} of {len(batch)} equal servers"
            ledger.settle(draft.item, "folded", f"servers.{name}", reason=reason, notes=draft.notes)


def _draft(
    ledger: Ledger,
    item: Item,
    part: ServerPart,
    places: Mapping[str, str],
    groups: Mapping[str, str],
    keys: Mapping[str, str],
) -> _Draft | None:
    said_size: Any = None if part.size else ledger.answer("sizes", part.flavor)
    image: Any = ledger.answer("images", part.image)
    missing = {
        "it is in no subnet": (part.subnet is None, "put it into one, or add it to the stack by hand"),
        f"its subnet {part.subnet} is in none of the sources": (
            part.subnet is not None and part.subnet not in places,
            f"give subnets: {part.subnet} in an assumptions file",
        ),
        f"the size of {part.flavor} is not known": (
            part.size is None and said_size is None,
            f"give sizes: {part.flavor} in an assumptions file",
        ),
        f"the operating system of {part.image} is not known": (
            image is None,
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
    draft = _Draft(item, part, {"size": size, "image": image.model_dump(mode="json")})
    draft.assumed["image"] = f"the operating system of {part.image}"
    if said_size:
        draft.assumed["size"] = f"the size of {part.flavor}"
    draft.entry["subnet"] = places[part.subnet or ""]
    _add_references(draft, groups, keys)
    _add_disk(ledger, draft)
    if part.public_ip:
        draft.entry["public_ip"] = True
    if part.labels:
        draft.entry["labels"] = dict(part.labels)
    return draft


def _add_references(draft: _Draft, groups: Mapping[str, str], keys: Mapping[str, str]) -> None:
    part = draft.part
    draft.entry["security_groups"] = [groups[native] for native in part.groups if native in groups]
    for native in part.groups:
        if native not in groups:
            advice = f"give the state that holds it, or groups: {native} in an assumptions file"
            draft.notes.append(Note(f"security group {native}", "it is in none of the sources", advice))
    if part.key in keys:
        draft.entry["key"] = keys[part.key or ""]
    elif part.key:
        advice = "give the state that holds it, or add the key to the stack by hand"
        draft.notes.append(Note(f"key {part.key}", "it is in none of the sources", advice))


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
    draft.entry["disk"] = disk
