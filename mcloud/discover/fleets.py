"""Fleets and their templates: equal servers with a count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mcloud.discover.ledger import Item, Ledger
from mcloud.discover.meaning import Note
from mcloud.discover.parts import (
    AttachmentPart,
    BelongsPart,
    FleetPart,
    MemberPart,
    ServerPart,
    TemplatePart,
    part_id,
)


def take_fleets(ledger: Ledger, items: Iterable[Item]) -> list[Item]:
    """The items with fleets as servers, and with templates folded into those that are made from them."""
    whole = list(items)
    templates = {
        name: item.part
        for item in whole
        if isinstance(item.part, TemplatePart)
        for name in (item.part.id, *item.part.aliases)
    }
    users: dict[str, str] = {}
    for item in whole:
        named = item.part.template if isinstance(item.part, FleetPart | ServerPart) else None
        if named in templates:
            users.setdefault(templates[named or ""].id, part_id(item.part))
    found: list[Item] = []
    for item in whole:
        part = item.part
        if isinstance(part, FleetPart):
            found += _fleet(item, part, templates)
        elif isinstance(part, ServerPart) and part.template:
            found += _from_template(item, part, templates.get(part.template))
        elif isinstance(part, TemplatePart):
            found += _template(ledger, item, part, users)
        else:
            found.append(item)
    # What resources hold within themselves comes last, so that what stands on its own wins.
    return sorted(found, key=lambda item: bool(item.inline))


def _fleet(item: Item, part: FleetPart, templates: Mapping[str, TemplatePart]) -> list[Item]:
    template = templates.get(part.template)
    notes = list(item.notes)
    if template is None:
        base = ServerPart(part.id, f"what {part.template} names", None, f"the image of {part.template}", None)
        notes.append(Note(f"template {part.template}", "the sources do not hold it", "give the source that holds it"))
    else:
        base = template.server
    if len(part.subnets) > 1:
        reason = "a stack's servers are in one subnet; the first of them was taken"
        notes.append(Note(f"subnets {', '.join(part.subnets)}", reason, "make one entry for each, if it matters"))
    server = replace(
        _named(base, part.template),
        id=part.id,
        count=part.count,
        subnet=part.subnets[0] if part.subnets else base.subnet,
        labels={**base.labels, **part.labels},
        template=None,
        flavor=part.flavor or base.flavor or f"the flavor of {part.template}",
        size=part.size if part.flavor else base.size,
    )
    found = [Item(item.resource, server, tuple(notes))]
    found += [Item(item.resource, MemberPart(f"{pool}/{part.id}", pool, part.id), (), "a pool") for pool in part.pools]
    return found + (_volumes(item, part.id, template) if template else [])


def _volumes(item: Item, holder: str, template: TemplatePart) -> list[Item]:
    """The data volumes that the template gives to each of them."""
    found: list[Item] = []
    for number, volume in enumerate(template.volumes):
        word = "data" if number == 0 else f"data-{number + 1}"
        own = replace(volume, id=f"{holder}/{volume.id}")
        found.append(Item(item.resource, own, (), word))
        found.append(Item(item.resource, AttachmentPart(f"{own.id}/at", own.id, holder), (), word))
    return found


def _named(server: ServerPart, template: str) -> ServerPart:
    """A server whose flavor and image have names to ask for, even where the template does not say them."""
    return replace(
        server,
        flavor=server.flavor or f"the flavor of {template}",
        image=server.image or f"the image of {template}",
    )


def _from_template(item: Item, part: ServerPart, template: TemplatePart | None) -> list[Item]:
    """A single server that a template completes."""
    name = part.template or ""
    if template is None:
        note = Note(f"template {name}", "the sources do not hold it", "give the source that holds it")
        return [Item(item.resource, replace(_named(part, name), template=None), (*item.notes, note), item.inline)]
    base = template.server
    whole = replace(
        part,
        flavor=part.flavor or base.flavor,
        size=part.size or (None if part.flavor else base.size),
        image=part.image or base.image,
        os=part.os or (None if part.image else base.os),
        subnet=part.subnet or base.subnet,
        groups=part.groups or base.groups,
        key=part.key or base.key,
        public_ip=base.public_ip if part.public_ip is None else part.public_ip,
        disk_gib=part.disk_gib or base.disk_gib,
        disk_class=base.disk_class if part.disk_gib is None else part.disk_class,
        min_iops=base.min_iops if part.disk_gib is None else part.min_iops,
        disk_encrypted=part.disk_encrypted or base.disk_encrypted,
        labels={**base.labels, **part.labels},
        template=None,
    )
    return [Item(item.resource, _named(whole, name), item.notes, item.inline), *_volumes(item, part.id, template)]


def _template(ledger: Ledger, item: Item, part: TemplatePart, users: Mapping[str, str]) -> list[Item]:
    if part.id in users:
        reason = "what its servers are made from"
        return [replace(item, part=BelongsPart(f"template/{part.id}", users[part.id], "other", reason))]
    if ledger.strict:
        ledger.leave(item, "no server of the sources is made from it", "give the source of those that are")
        return []
    note = Note("its servers", "no source holds servers that are made from it; the count is 0", "set the count")
    server = replace(_named(part.server, part.id), id=part.id, count=0)
    return [Item(item.resource, server, (*item.notes, note)), *_volumes(item, part.id, part)]
