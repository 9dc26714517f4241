"""What goes with servers and networks: volumes, public addresses, further interfaces, routes, buckets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
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
    batches: dict[tuple[str, str], list[tuple[Item, VolumePart, dict[str, Any], str | None]]] = defaultdict(list)
    for item, part in volumes:
        if part.gib is None and ledger.strict:
            ledger.leave(item, "the source does not say its size", "add it under volumes by hand")
            continue
        held = holders.get(part.id)
        batch = batches[item.base]
        batch.append((item, part, _volume(part), machines.instances.get(held[1].server) if held else None))
    section: dict[str, Any] = {}
    names: dict[str, str] = {}
    namer = Namer()
    for batch in batches.values():
        whole = _all_of_one_server(batch, machines)
        for number, (item, part, entry, instance) in enumerate(batch):
            if whole is not None and number:
                name = names[batch[0][1].id]
                reason = f"number {number} of {len(batch)} equal volumes, one for each {whole}"
                ledger.settle(item, "folded", f"volumes.{name}", reason=reason)
            else:
                name = namer.give(item.label if whole is None else item.plain)
                where = whole or instance
                section[name] = {**entry, **({"attach": where} if where else {})}
                _at_least(ledger, section[name], ("volumes", name, "size"), part.id)
                if part.gib is None:
                    reason = f"the sources do not say how large {part.id} is; this is made up"
                    ledger.ask(("volumes", name, "size"), part.id, reason)
                ledger.settle(item, "mapped", f"volumes.{name}", notes=_volume_notes(part))
            names[part.id] = name
    _settle_attachments(ledger, holders, names, machines)
    return section


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


def _all_of_one_server(
    batch: list[tuple[Item, VolumePart, dict[str, Any], str | None]], machines: Machines
) -> str | None:
    """The server with a count whose instances have these equal volumes, number by number; else None."""
    name = (batch[0][3] or "").rpartition("-")[0]
    if len(batch) < 2 or machines.section.get(name, {}).get("count") != len(batch):
        return None
    numbers = {f"{name}-{index}": index for index in range(len(batch))}
    batch.sort(key=lambda row: numbers.get(row[3] or "", -1))
    same = all(row[2] == batch[0][2] for row in batch)
    return name if same and [row[3] for row in batch] == list(numbers) else None


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
