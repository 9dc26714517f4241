"""The cost of a stack before and after, for preview."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from mcloud.engine.aside import name_of
from mcloud.engine.deploy import Deployment
from mcloud.match.cost import Cost, Line, lines_of, total
from mcloud.match.plan import Planned
from mcloud.model.base import Placement, split_id
from mcloud.model.resources import BY_TOKEN

CHOSEN_BY = ("size", "flavor", "image", "disk", "class", "minIops", "zone")
"""Inputs that a choice is made by; while they are the same the old choice stays."""


def costs(deployment: Deployment, planned: Iterable[Planned]) -> dict[str, Cost]:
    """``now``: what the state has; ``then``: what the stack says; ``left``: what is left behind and still paid for."""
    resources = [item for item in deployment.state.resources(deployment.graph.stack) if item.get("id")]
    move = deployment.move()
    back = {item.id for item in move.returns}
    behind = [*(item.resource for item in deployment.left() if item.id not in back), *move.stays]
    return {
        "now": total(line for item in resources for line in _of(deployment, item)),
        "then": total(_planned(deployment, resources, planned)),
        "left": total(line for item in behind for line in _of(deployment, item)),
    }


def _of(deployment: Deployment, resource: Mapping[str, Any]) -> list[Line]:
    kind, name = BY_TOKEN[resource["type"]].kind, name_of(resource)
    inputs = resource.get("inputs") or {}
    return _lines(deployment, kind, name, split_id(resource["id"])[0], inputs, inputs.get("resolved") or {})


def _planned(
    deployment: Deployment, resources: Iterable[Mapping[str, Any]], planned: Iterable[Planned]
) -> Iterable[Line]:
    there = {(item["type"], name_of(item), split_id(item["id"])[0].home): item for item in resources}
    for item in planned:
        node, picks = item.node, item.picks
        old = (there.get((node.token, node.name, item.placement.home)) or {}).get("inputs") or {}
        if old and all(old.get(name) == node.inputs.get(name) for name in CHOSEN_BY):
            picks = old.get("resolved") or picks
        yield from _lines(deployment, node.kind, node.name, item.placement, node.inputs, picks)


def _lines(
    deployment: Deployment, kind: str, name: str, at: Placement, inputs: Mapping[str, Any], picks: Mapping[str, Any]
) -> list[Line]:
    return lines_of(kind, name, at, inputs, picks, deployment.catalog(at))


def cost_words(found: Mapping[str, Cost]) -> list[str]:
    """Lines for a person; none where nothing is paid for."""
    titles = {"now": "cost now", "then": "cost then", "left": "cost of what is left behind, until mcloud cleanup"}
    if found["now"] == found["then"]:
        titles = {"now": "cost", "left": titles["left"]}
    lines = []
    for key, title in titles.items():
        cost = found[key]
        if cost.priced or cost.unknown:
            lines.append(f"{title}: {cost}")
            items = Counter(charge.what for _, charge in cost.unknown)
            lines += [f"  unknown: {what}{f' ({count} times)' if count > 1 else ''}" for what, count in items.items()]
    return lines


def cost_document(cost: Cost) -> dict[str, Any]:
    """A cost as data."""
    return {
        "per_month": {currency: str(amount) for currency, amount in cost.known.items()},
        "priced": cost.priced,
        "unknown": [{"resource": resource, "item": charge.what} for resource, charge in cost.unknown],
        "oldest_price": cost.oldest.isoformat() if cost.oldest else None,
        "marks": list(cost.marks),
    }
