"""What goes with servers and networks: volumes, public addresses, further interfaces, routes, buckets."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mcloud.discover import standins
from mcloud.discover.ledger import Item, Ledger, Namer, Pairs
from mcloud.discover.meaning import Note
from mcloud.discover.parts import (
    AddressPart,
    AddressUsePart,
    AttachmentPart,
    InterfacePart,
    KeptAddressPart,
    PlacementGroupPart,
    RoutePart,
    VolumePart,
)
from mcloud.discover.servers import Machines
from mcloud.units import Size

NOT_HERE = "is not in the stack"


def write_placement_groups(
    ledger: Ledger, groups: Iterable[tuple[Item, PlacementGroupPart]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The section ``placement_groups``, and native id -> name."""
    section: dict[str, Any] = {}
    names: dict[str, str] = {}
    namer = Namer()
    for item, part in groups:
        if part.policy not in ("spread", "pack"):
            ledger.leave(item, "its policy is neither spread nor pack", "choose one and add the group by hand")
            continue
        name = namer.give(item.resource.label)
        section[name] = {"policy": part.policy, **({"strict": True} if part.strict else {})}
        section[name] |= {"labels": dict(part.labels)} if part.labels else {}
        names[part.id] = name
        ledger.settle(item, "mapped", f"placement_groups.{name}")
    return section, names


def interfaces_of(
    interfaces: Iterable[tuple[Item, InterfacePart]], places: Mapping[str, str], firsts: Mapping[str, str | None]
) -> dict[str, tuple[str, ...]]:
    """Server -> the further subnets that it has interfaces in, each once, in order; ``firsts`` is server -> subnet."""
    found: dict[str, set[str]] = defaultdict(set)
    for _, part in interfaces:
        if part.subnet in places and part.subnet != firsts.get(part.server):
            found[part.server].add(places[part.subnet])
    return {server: tuple(sorted(names)) for server, names in found.items()}


def settle_on_servers(
    ledger: Ledger,
    parts: Iterable[tuple[Item, InterfacePart | AddressPart]],
    machines: Machines,
    places: Mapping[str, str],
    firsts: Mapping[str, str | None],
) -> None:
    """Interfaces and addresses become fields of their servers."""
    seen: set[tuple[str, str | None]] = set(firsts.items())
    for item, part in parts:
        name = machines.name_of(part.server)
        if name is None:
            ledger.leave(item, f"its server {part.server} {NOT_HERE}", "see why the server is not there")
        elif isinstance(part, InterfacePart) and part.subnet not in places:
            ledger.leave(item, f"its subnet {part.subnet} {NOT_HERE}", "see why the subnet is not there")
        elif isinstance(part, InterfacePart) and (part.server, part.subnet) in seen:
            ledger.leave(item, "a server of a stack has one interface in a subnet", "attach it by hand")
        else:
            if isinstance(part, InterfacePart):
                seen.add((part.server, part.subnet))
            field = "interfaces" if isinstance(part, InterfacePart) else "public_ip"
            ledger.settle(item, "folded", f"servers.{name}", reason=f"{field} of its server")


def write_routes(
    ledger: Ledger,
    routes: Iterable[tuple[Item, RoutePart]],
    networks: Mapping[str, str],
    section: dict[str, Any],
    machines: Machines,
) -> None:
    """Routes become entries of their networks."""
    for item, part in routes:
        network, via = networks.get(part.network), machines.instances.get(part.gateway)
        if network is None or via is None:
            lacking = f"network {part.network}" if network is None else f"target {part.gateway}"
            advice = "a stack's routes lead to its own servers; make the route by hand"
            ledger.leave(item, f"its {lacking} {NOT_HERE}", advice)
            continue
        section[network].setdefault("routes", []).append({"to": part.destination, "via": via})
        ledger.settle(item, "folded", f"networks.{network}", reason="a route of its network")


def write_volumes(
    ledger: Ledger,
    volumes: Iterable[tuple[Item, VolumePart]],
    attachments: Iterable[tuple[Item, AttachmentPart]],
    machines: Machines,
) -> dict[str, Any]:
    """The section ``volumes``; one for each instance of a server becomes one entry."""
    holders = {part.volume: (item, part) for item, part in attachments}
    rows: list[_Held] = []
    for item, part in volumes:
        if part.gib is None and ledger.strict:
            ledger.leave(item, "the source does not say its size", "add it under volumes by hand")
        else:
            rows.append(_Held(item, part, _volume(part), _instance(machines, holders.get(part.id))))
    section: dict[str, Any] = {}
    names: dict[str, str] = {}
    namer = Namer()
    whole, single = _one_for_each(rows, machines)
    for where, batch in [*whole, *((row.instance, [row]) for row in single)]:
        first = batch[0]
        name = namer.give(_called(batch, where))
        section[name] = {**first.entry, **({"attach": where} if where else {})}
        _at_least(ledger, section[name], ("volumes", name, "size"), first.part.id)
        if first.part.gib is None:
            reason = f"the sources do not say how large {first.part.id} is; this is made up"
            ledger.ask(("volumes", name, "size"), first.part.id, reason)
        ledger.settle(first.item, "mapped", f"volumes.{name}", notes=_volume_notes(first.part))
        for number, row in enumerate(batch):
            names[row.part.id] = name
            if number:
                reason = f"number {number} of {len(batch)} equal volumes, one for each {where}"
                ledger.settle(row.item, "folded", f"volumes.{name}", reason=reason)
    _settle_attachments(ledger, holders, names, machines)
    return section


@dataclass(frozen=True)
class _Held:
    """A volume with its entry and the instance that it is on."""

    item: Item
    part: VolumePart
    entry: dict[str, Any]
    instance: str | None


def _instance(machines: Machines, held: tuple[Item, AttachmentPart] | None) -> str | None:
    return machines.instances.get(held[1].server) if held else None


def _one_for_each(
    rows: list[_Held], machines: Machines
) -> tuple[list[tuple[str | None, list[_Held]]], list[_Held]]:
    """Equal volumes of which each instance of a server with a count has one, with the server; and the others."""
    equal: dict[tuple[str, str], dict[str, list[_Held]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        server = (row.instance or "").rpartition("-")[0]
        if row.instance and row.instance not in machines.section:
            equal[server, json.dumps(row.entry, sort_keys=True)][row.instance].append(row)
    whole: list[tuple[str | None, list[_Held]]] = []
    for (server, _), by_instance in equal.items():
        if len(by_instance) < machines.section[server]["count"]:
            continue
        ordered = sorted(by_instance.items(), key=lambda pair: int(pair[0].rpartition("-")[2]))
        each = min(len(held) for _, held in ordered)
        whole += [(server, [held[number] for _, held in ordered]) for number in range(each)]
    taken = {id(row) for _, batch in whole for row in batch}
    return whole, [row for row in rows if id(row) not in taken]


def _called(batch: list[_Held], holder: str | None) -> str:
    """Their own name, without the number where there are several; else that of the server that they are on."""
    item = batch[0].item
    if item.label != batch[0].part.id:
        return item.label if len(batch) == 1 else item.plain
    return f"{holder}-data" if holder else item.label


def _at_least(ledger: Ledger, entry: dict[str, Any], path: tuple[str, str, str], native: str) -> None:
    """Make a volume as large as the assumptions file asks for."""
    size, least = Size.parse(entry["size"]), ledger.overlay.disk_min
    if least is not None and size < least:
        entry["size"] = str(least)
        ledger.assume(path, native, f"made larger from {size}")


def _volume(part: VolumePart) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "size": str(standins.DISK if part.gib is None else Size.gib(part.gib)),
        "class": part.disk_class or "ssd",
    }
    if part.min_iops:
        entry["min_iops"] = part.min_iops
    if part.encrypted:
        entry["encrypted"] = True
    if part.zone:
        entry["zone"] = part.zone
    if part.labels:
        entry["labels"] = dict(part.labels)
    return entry


def _volume_notes(part: VolumePart) -> tuple[Note, ...]:
    if part.disk_class is not None:
        return ()
    reason = f"the class of {part.disk_type} is not known; ssd was taken"
    return (Note("disk type", reason, "give the class and min_iops by hand"),)


def _settle_attachments(
    ledger: Ledger,
    holders: Mapping[str, tuple[Item, AttachmentPart]],
    names: Mapping[str, str],
    machines: Machines,
) -> None:
    for item, part in holders.values():
        if item.inline:
            continue
        if part.volume not in names:
            ledger.leave(item, f"its volume {part.volume} {NOT_HERE}", "see why the volume is not there")
        elif part.server not in machines.instances:
            ledger.leave(item, f"its server {part.server} {NOT_HERE}", "attach the volume by hand")
        else:
            target = f"volumes.{names[part.volume]}"
            ledger.settle(item, "folded", target, reason=f"puts it on {machines.instances[part.server]}")


def kept_addresses(addresses: Pairs[KeptAddressPart], uses: Pairs[AddressUsePart]) -> Pairs[KeptAddressPart]:
    """The kept addresses, each with the server that a resource of its own gives it."""
    users = {part.address: part.server for _, part in uses}
    return [(item, replace(part, server=part.server or users.get(part.id))) for item, part in addresses]


def write_kept_addresses(
    ledger: Ledger, addresses: Pairs[KeptAddressPart], uses: Pairs[AddressUsePart], machines: Machines
) -> dict[str, Any]:
    """The section ``public_ips``."""
    section: dict[str, Any] = {}
    names: dict[str, str] = {}
    namer = Namer()
    for item, part in addresses:
        name = namer.give(item.label)
        instance = machines.instances.get(part.server or "")
        notes = []
        if part.server and instance is None:
            notes.append(Note(f"server {part.server}", f"it {NOT_HERE}", "name the server that shall have it"))
        section[name] = {"server": instance} if instance else {}
        section[name] |= {"labels": dict(part.labels)} if part.labels else {}
        names[part.id] = name
        ledger.settle(item, "mapped", f"public_ips.{name}", notes=notes)
    for item, use in uses:
        if use.address in names:
            ledger.settle(item, "folded", f"public_ips.{names[use.address]}", reason="says which server has it")
        else:
            ledger.leave(item, f"its address {use.address} {NOT_HERE}", "give the source that holds it")
    return section
