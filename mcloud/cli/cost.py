"""What a run does to the cost of a stack per month: before and after, as ranges, with what is not known by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from mcloud.catalog.rates import HOME, shipped_rates
from mcloud.cli import out
from mcloud.engine.aside import name_of
from mcloud.engine.deploy import Deployment
from mcloud.match.bill import OLD_DAYS, bill_of
from mcloud.match.cost import Cost, Line, lines_of, total
from mcloud.match.plan import Planned
from mcloud.match.verdict import Bill
from mcloud.model.base import Placement, split_id
from mcloud.model.resources import BY_TOKEN

CHOSEN_BY = ("size", "flavor", "image", "disk", "class", "minIops", "zone")
"""Inputs that a choice is made by; while they are the same the old choice stays."""


@dataclass(frozen=True)
class CostChange:
    """What a run does to the cost per month; what is left behind is still paid for, and in neither of the other two."""

    before: Bill
    after: Bill
    left: Bill


def costs(deployment: Deployment, planned: Iterable[Planned]) -> tuple[dict[str, Cost], CostChange]:
    """What ``up`` would do to the cost, as sums by currency (now, then, left), and as ranges in one currency."""
    now, then, left = lines_now(deployment), lines_then(deployment, planned), lines_left(deployment)
    return {"now": total(now), "then": total(then), "left": total(left)}, CostChange(*map(_bill, (now, then, left)))


def changed_since(deployment: Deployment, before: Iterable[Line], *, anything: bool = True) -> CostChange:
    """What a run has done to the cost.

    Args:
        before: ``lines_now`` from before it.
        anything: whether it has done anything.
    """
    was = _bill(before)
    return CostChange(was, _bill(lines_now(deployment)) if anything else was, _bill(lines_left(deployment)))


def lines_now(deployment: Deployment) -> list[Line]:
    """What the state has is billed for."""
    resources = [item for item in deployment.state.resources(deployment.graph.stack) if item.get("id")]
    return [line for item in resources for line in _of(deployment, item)]


def lines_then(deployment: Deployment, planned: Iterable[Planned]) -> list[Line]:
    """What the stack says is billed for."""
    resources = [item for item in deployment.state.resources(deployment.graph.stack) if item.get("id")]
    return list(_planned(deployment, resources, planned))


def lines_left(deployment: Deployment) -> list[Line]:
    """What is left behind, or would be, is billed for."""
    move = deployment.move()
    back = {item.id for item in move.returns}
    behind = [*(item.resource for item in deployment.left() if item.id not in back), *move.stays]
    return [line for item in behind for line in _of(deployment, item)]


def _bill(lines: Iterable[Line]) -> Bill:
    return bill_of(lines, shipped_rates(), date.today())


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


def cost_words(change: CostChange) -> list[str]:
    """Lines for a person; none where nothing is paid for."""
    lines = []
    if change.before.lines or change.after.lines:
        before, after = _sum(change.before), _sum(change.after)
        way = after if _same(change.before, change.after) else f"{before} -> {after}"
        lines.append(f"cost per month: {way}{_worth(change.after if change.after.lines else change.before)}")
        now, then = (Counter(row.item for row in bill.unknown) for bill in (change.before, change.after))
        lines += _without_price(then)
        gone = (now - then).items()
        lines += [f"  gone, at a price that was not known: {_times(item, count)}" for item, count in gone]
    if change.left.lines:
        lines.append(f"cost of what is left behind, until mcloud cleanup: {_sum(change.left)}{_worth(change.left)}")
        lines += _without_price(Counter(row.item for row in change.left.unknown))
    return lines


def _without_price(items: Mapping[str, int]) -> list[str]:
    return [f"  no price is known for {_times(item, count)}" for item, count in items.items()]


def _same(one: Bill, other: Bill) -> bool:
    """Whether both bill for the same; the state's order is that in which things were made."""
    return sorted(map(repr, one.lines)) == sorted(map(repr, other.lines))


def _sum(bill: Bill) -> str:
    if not bill.lines:
        return "nothing"
    if bill.low is None:
        return " + ".join(f"{amount:,} {name}" for name, amount in sorted(bill.by_currency.items())) or "unknown"
    return ("at least " if bill.unknown or bill.unconverted else "") + out.money(bill.low, bill.high)


def _worth(bill: Bill) -> str:
    """How much of it is known, by which marks, and how old."""
    known = len(bill.lines) - len(bill.unknown)
    if not known:
        return f" (for none of {len(bill.lines)} items a price is known)"
    marks = ", ".join(bill.marks)
    old = "; OLD" if (bill.oldest_days or 0) > OLD_DAYS else ""
    about = f"{known} of {len(bill.lines)} items; {marks}; oldest price {bill.oldest}, {bill.oldest_days} d{old}"
    return f" before tax ({about})"


def _times(item: str, count: int) -> str:
    return f"{item} ({count} times)" if count > 1 else item


def bill_document(bill: Bill) -> dict[str, Any]:
    """A range as data: VND per month before tax, null where it is not known; 0 where nothing is paid for."""
    low, high = (Decimal(0), Decimal(0)) if not bill.lines else (bill.low, bill.high)
    return {
        "currency": HOME,
        "low": None if low is None else str(low),
        "high": None if high is None else str(high),
        "by_currency": {currency: str(amount) for currency, amount in bill.by_currency.items()},
        "items": len(bill.lines),
        "unknown": [{"resource": row.resource, "item": row.item} for row in bill.unknown],
        "unconverted": list(bill.unconverted),
        "oldest_price": bill.oldest.isoformat() if bill.oldest else None,
        "marks": bill.marks,
    }


def change_document(change: CostChange) -> dict[str, Any]:
    """A change as data."""
    return {
        "before": bill_document(change.before),
        "after": bill_document(change.after),
        "left_behind": bill_document(change.left),
    }


def cost_document(cost: Cost) -> dict[str, Any]:
    """A cost as data."""
    return {
        "per_month": {currency: str(amount) for currency, amount in cost.known.items()},
        "priced": cost.priced,
        "unknown": [{"resource": resource, "item": charge.what} for resource, charge in cost.unknown],
        "oldest_price": cost.oldest.isoformat() if cost.oldest else None,
        "marks": list(cost.marks),
    }
