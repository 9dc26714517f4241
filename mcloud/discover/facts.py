"""What sources say of things that others name by id: sizes of flavors, systems of images, classes of disks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from mcloud.discover.ledger import Item, Ledger
from mcloud.discover.parts import FactPart, PlacementGroupPart, ServerPart, VolumePart

Facts = dict[tuple[str, str], Any]


def take_facts(ledger: Ledger, items: Iterable[Item]) -> list[Item]:
    """The items that are no facts, with what the facts say filled in; facts are folded into those that they are about.

    Nothing that an item says itself is overwritten.
    """
    facts: Facts = {}
    others: list[Item] = []
    for item in items:
        if isinstance(item.part, FactPart):
            facts[item.part.about, item.part.id] = item.part.value
            ledger.settle(item, "folded", reason=f"tells what a {item.part.about} is", notes=())
        else:
            others.append(item)
    return [Item(item.resource, _filled(item.part, facts), item.notes) for item in others] if facts else others


def _filled(part: Any, facts: Facts) -> Any:
    if isinstance(part, ServerPart):
        found: dict[str, Any] = {
            "size": part.size or facts.get(("flavor", part.flavor)),
            "os": part.os or facts.get(("image", part.image)),
        }
        disk = _disk(part.disk_type, facts)
        if disk:
            found |= {"disk_class": disk[0], "min_iops": part.min_iops or disk[1]}
        return replace(part, **found)
    if isinstance(part, VolumePart):
        disk = _disk(part.disk_type, facts)
        if disk and part.disk_class is None:
            return replace(part, disk_class=disk[0], min_iops=part.min_iops or disk[1])
    if isinstance(part, PlacementGroupPart):
        return replace(part, policy=facts.get(("policy", part.policy), part.policy))
    return part


def _disk(type_id: str | None, facts: Facts) -> tuple[str, int | None] | None:
    """Class and IOPS of a disk type; its class may be told by another fact."""
    class_, iops = facts.get(("disk type", type_id or ""), (None, None))
    class_ = facts.get(("disk class", class_), class_)
    return (class_, iops) if class_ in ("hdd", "ssd", "nvme") else None
