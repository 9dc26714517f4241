"""The plan of a move: mapping, sizes, cost on both sides, gaps, data, order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mcloud.errors import PlacementError
from mcloud.match.bill import NOT_COUNTED, bill_of, prices_of, rate_notes
from mcloud.match.compare import Placed, Terms, as_written, place
from mcloud.match.cost import Line
from mcloud.match.plan import Planned
from mcloud.match.verdict import Bill, Choice
from mcloud.migrate.data import Stored, data_of, total_of
from mcloud.migrate.order import waves_of
from mcloud.migrate.sizing import Sized, size_servers, with_sizes
from mcloud.migrate.utilization import Usage
from mcloud.migrate.values import LeftOver, Mapped, MigrationPlan, Utilization
from mcloud.model.base import Placement
from mcloud.model.graph import build_graph
from mcloud.model.resources import KINDS
from mcloud.model.stack import Stack

HEADROOM = 20
"""Percent on top of the 95th percentile, where nobody says otherwise."""


@dataclass(frozen=True)
class Known:
    """What is known beside the stack; None: nothing.

    Attributes:
        usage: machine -> its use.
        usage_file: where that is from.
        stored: resource -> its data.
        stored_file: where that is from.
        headroom: percent.
        left_over: what was found and is not in the stack.
        not_seen: what could not be looked at.
    """

    usage: Mapping[str, Usage] | None = None
    usage_file: str = ""
    stored: Mapping[str, Stored] | None = None
    stored_file: str = ""
    headroom: int = HEADROOM
    left_over: tuple[LeftOver, ...] | None = None
    not_seen: tuple[LeftOver, ...] | None = None


def plan_migration(stack: Stack, to: Placement, terms: Terms, known: Known) -> MigrationPlan:
    """Work out the plan.

    Raises:
        PlacementError: the target is not there.
        LoadError: figures of data that the stack does not have.
    """
    graph = build_graph(stack, terms.read_text)
    sized = size_servers(stack, known.usage, known.headroom, to, terms.catalog_of)
    target = place(stack, to, terms)
    by_use = place(with_sizes(stack, sized.sizes), to, terms) if known.usage is not None else None
    today, today_lines, bill, why = _today(stack, terms)
    data = data_of(graph, known.stored, known.stored_file)
    lines = [*today_lines, *target.lines, *(by_use.lines if by_use else ())]
    return MigrationPlan(
        stack=stack.name,
        as_of=terms.today,
        source=stack.placement,
        target=target.verdict.model_copy(update={"losers": ()}),
        target_by_use=by_use.verdict.model_copy(update={"losers": ()}) if by_use else None,
        today=bill,
        today_unknown=why,
        sizing=sized.sizings,
        utilization=_utilization(known, sized),
        mapping=tuple(_mapping(today, target, by_use)),
        left_over=known.left_over,
        not_seen=known.not_seen,
        data=data,
        data_total=total_of(data),
        waves=waves_of(graph),
        rates=rate_notes(terms.rates, prices_of(lines), terms.today),
        not_counted=NOT_COUNTED,
    )


def _today(stack: Stack, terms: Terms) -> tuple[tuple[Planned, ...], tuple[Line, ...], Bill | None, str | None]:
    try:
        planned, lines = as_written(stack, terms)
    except PlacementError as error:
        return (), (), None, str(error.message)
    return planned, lines, bill_of(lines, terms.rates, terms.today), None


def _utilization(known: Known, sized: Sized) -> Utilization | None:
    if known.usage is None:
        return None
    return Utilization(
        file=known.usage_file,
        machines=len(known.usage),
        matched=len(known.usage) - len(sized.strangers),
        strangers=sized.strangers,
        span_hours=round(sized.span_minutes / 60, 1),
        headroom_percent=known.headroom,
    )


def _mapping(today: Iterable[Planned], target: Placed, by_use: Placed | None) -> Iterable[Mapped]:
    """One row for each entry and kind, however many instances it has."""
    before = {item.node.address: item for item in today}
    smaller = {item.node.address: item for item in by_use.planned} if by_use else {}
    problems = {name: choice for choice in target.verdict.choices if choice.problem for name in _addresses(choice)}
    members: dict[tuple[str, str], list[Planned]] = {}
    for item in target.planned:
        members.setdefault((_resource(item), item.node.kind), []).append(item)
    for (resource, kind), items in members.items():
        failed = next((problems[item.node.address] for item in items if item.node.address in problems), None)
        yield Mapped(
            resource=resource,
            kind=kind,
            count=len(items),
            names=tuple(item.node.name for item in items),
            today=_words([before[item.node.address] for item in items if item.node.address in before]),
            as_is=None if failed else _words(items),
            by_use=_words([smaller[item.node.address] for item in items if item.node.address in smaller]),
            gaps=tuple(sorted({gap.code for item in items for gap in item.gaps})),
            problem=failed.problem if failed else None,
            hint=failed.hint if failed else None,
        )


def _addresses(choice: Choice) -> list[str]:
    return [f"{choice.kind}/{name}" for name in choice.names]


def _resource(item: Planned) -> str:
    node = item.node
    return ".".join(str(part) for part in node.path[: 4 if node.kind == "Subnet" else 2])


def _words(items: list[Planned]) -> str | None:
    """What was chosen, in a few words; several where equal ones get different things; None where nothing fits."""
    if not items or any(item.problem is not None for item in items):
        return None
    return " or ".join(dict.fromkeys(_chosen(item) for item in items))


def _chosen(item: Planned) -> str:
    picks, inputs = item.picks, item.node.inputs
    if item.node.kind == "Server":
        disk = (inputs.get("disk") or {}).get("size", "")
        return f"{picks.get('flavor')}, {disk} disk {picks.get('diskType')}, {picks.get('zone')}".replace("  ", " ")
    if item.node.kind == "Volume":
        return f"{inputs.get('size')} disk {picks.get('diskType')}, {picks.get('zone')}"
    if item.node.kind == "LoadBalancer":
        return f"{picks.get('flavor') or picks.get('layer')}, {picks.get('zone')}"
    return KINDS[item.node.kind].word
