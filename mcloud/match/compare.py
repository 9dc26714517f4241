"""One stack at several placements: does it fit, what is picked, what is lacking, what it costs. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from mcloud.adapter import registry
from mcloud.adapter.charges import Charge
from mcloud.adapter.gaps import Gap, stopping
from mcloud.catalog.rates import Rates
from mcloud.catalog.types import Catalog
from mcloud.errors import McloudError, PlacementError
from mcloud.match.bill import NOT_COUNTED, bill_of, prices_of, rank, rate_notes
from mcloud.match.considered import consider
from mcloud.match.cost import Line, lines_of
from mcloud.match.plan import CatalogOf, Planned, plan
from mcloud.match.relocate import relocate
from mcloud.match.resolve import resolve
from mcloud.match.verdict import Choice, Comparison, Considered, Fits, GapNote, Losers, Verdict
from mcloud.model.base import Placement
from mcloud.model.graph import build_graph
from mcloud.model.stack import Stack

SHOWN = ("Server", "Volume", "LoadBalancer")
"""Kinds for which something is chosen; of others only what does not fit is told."""
CHOSEN_BY = ("size", "flavor", "image", "disk", "class", "minIops", "zone", "protocols", "minConnections")
"""Inputs that a choice is made by."""


@dataclass(frozen=True)
class Terms:
    """What comparing goes by.

    Attributes:
        catalog_of: the catalog of a placement.
        read_text: reads ``file:PATH`` values of the stack.
        rates: exchange and tax.
        today: the day from which ages are counted.
    """

    catalog_of: CatalogOf
    read_text: Callable[[str], str]
    rates: Rates
    today: date


@dataclass(frozen=True)
class Placed:
    """A stack at a placement, with what its verdict was made of."""

    verdict: Verdict
    stack: Stack
    planned: tuple[Planned, ...]
    lines: tuple[Line, ...]


def compare(stack: Stack, targets: Iterable[Placement], terms: Terms) -> Comparison:
    """Look at a stack at each placement.

    Raises:
        PlacementError: a placement that is not there.
    """
    placed = [place(stack, to, terms) for to in targets]
    verdicts = tuple(item.verdict for item in placed)
    ranking, why = rank(verdicts)
    prices = prices_of(line for item in placed for line in item.lines)
    return Comparison(
        stack=stack.name,
        as_of=terms.today,
        targets=verdicts,
        ranking=ranking,
        no_ranking=why,
        rates=rate_notes(terms.rates, prices, terms.today),
        not_counted=NOT_COUNTED,
    )


def place(stack: Stack, to: Placement, terms: Terms) -> Placed:
    """A stack at one placement.

    Raises:
        PlacementError: it is not there.
    """
    catalog = terms.catalog_of(to)
    at = catalog.canonical(to)
    moved = relocate(stack, to, terms.catalog_of)
    planned = plan(build_graph(moved.stack, terms.read_text), terms.catalog_of)
    problems = {
        item.node.address: moved.problems[key]
        for item in planned
        if item.node.kind == "Server" and (key := _resource(item)) in moved.problems
    }
    lines = [line for item in planned for line in _lines(item, terms.catalog_of, item.node.address in problems)]
    gaps = sorted({gap for item in planned for gap in item.gaps})
    stops = stopping(gaps, stack.accept)
    seeker = _Seeker(terms.catalog_of)
    choices = _choices(planned, seeker, problems)
    verdict = Verdict(
        placement=str(at),
        title=f"{registry.get(at.cloud).title}, {catalog.region(at.region).title}",
        fits=_fits(choices, stops),
        resources=len(planned),
        choices=choices,
        gaps=tuple(_note(gap, gap not in stops and gap.klass == "lossy") for gap in gaps),
        bill=bill_of(lines, terms.rates, terms.today),
        losers=tuple(seeker.losers.values()),
        remarks=moved.remarks,
        catalog=_catalog_words(catalog, at.region, terms.today),
    )
    return Placed(verdict, moved.stack, tuple(planned), tuple(lines))


def _catalog_words(catalog: Catalog, region: str, today: date) -> str:
    """Whose list it is, and how old."""
    oldest = catalog.oldest()
    if oldest is None:
        return "no facts"
    mine = [
        row.provenance.as_of for row in catalog.flavors if row.region == region and row.provenance.mark == "account"
    ]
    kept = f"what the account was offered on {min(mine)}" if mine else "as shipped, no account's list was kept"
    return f"{kept}; oldest fact of {oldest}, {(today - oldest).days} days ago"


def as_written(stack: Stack, terms: Terms) -> tuple[tuple[Planned, ...], tuple[Line, ...]]:
    """Where the stack says that it is: what is chosen for each node, and what is paid for.

    Raises:
        PlacementError: a cloud that is not installed.
    """
    planned = tuple(plan(build_graph(stack, terms.read_text), terms.catalog_of))
    return planned, tuple(line for item in planned for line in _lines(item, terms.catalog_of, False))


def _resource(item: Planned) -> str:
    return ".".join(str(part) for part in item.node.path[:2])


def _lines(item: Planned, catalog_of: CatalogOf, unsized: bool) -> list[Line]:
    node = item.node
    kinds = registry.get(item.placement.cloud).kinds
    if node.kind not in kinds:
        return []
    if item.problem is not None or unsized:
        return [(node.address, Charge("nothing that fits", 1, None))]
    return lines_of(node.kind, node.name, item.placement, node.inputs, item.picks, catalog_of(item.placement))


def _fits(choices: Iterable[Choice], stops: Iterable[Gap]) -> Fits:
    if any(choice.problem for choice in choices) or any(gap.klass == "blocking" for gap in stops):
        return "no"
    return "when-accepted" if list(stops) else "yes"


def _note(gap: Gap, accepted: bool) -> GapNote:
    return GapNote.model_validate({**gap.as_dict(), "accepted": accepted})


def _choices(planned: Iterable[Planned], seeker: _Seeker, problems: dict[str, str]) -> tuple[Choice, ...]:
    """Equal ones of one resource are one."""
    found: dict[_Same, list[str]] = {}
    seen: dict[_Same, tuple[Considered, ...]] = {}
    for item in planned:
        problem, hint = _problem(item, seeker.catalog_of, problems)
        if item.node.kind not in SHOWN and problem is None:
            continue
        considered = () if item.node.address in problems else seeker.considered(item)
        told = tuple((part.part, part.asked, part.pick, part.zone) for part in considered)
        key = _Same(_resource(item), item.node.kind, item.reasons, problem, hint, told)
        found.setdefault(key, []).append(item.node.name)
        seen[key] = considered
    return tuple(
        Choice(
            resource=key.resource,
            kind=key.kind,
            names=tuple(names),
            zone=seen[key][0].zone if seen[key] else None,
            considered=seen[key],
            remarks=key.remarks,
            problem=key.problem,
            hint=key.hint,
        )
        for key, names in found.items()
    )


class _Same(NamedTuple):
    """What equal ones have in common."""

    resource: str
    kind: str
    remarks: tuple[str, ...]
    problem: str | None
    hint: str | None
    told: tuple[tuple[str | None, ...], ...]


class _Seeker:
    """Considers each question once: a stack asks the same few again and again."""

    def __init__(self, catalog_of: CatalogOf) -> None:
        self.catalog_of = catalog_of
        self.losers: dict[tuple[str, str, str], Losers] = {}
        self._answers: dict[str, tuple[Considered, ...]] = {}

    def considered(self, item: Planned) -> tuple[Considered, ...]:
        """What was considered for a node; nothing where there is no zone or no such kind."""
        node = item.node
        if node.kind not in registry.get(item.placement.cloud).kinds:
            return ()
        key = json.dumps([node.kind, str(item.placement), {name: node.inputs.get(name) for name in CHOSEN_BY}])
        if key not in self._answers:
            try:
                found = consider(node.kind, node.inputs, self.catalog_of(item.placement), item.placement)
            except PlacementError:  # the zone: the plan has told it
                found = ()
            self._answers[key] = tuple(part for part, _ in found)
            self.losers |= {lost.question: lost for _, lost in found}
        return self._answers[key]


def _problem(item: Planned, catalog_of: CatalogOf, problems: dict[str, str]) -> tuple[str | None, str | None]:
    if item.node.address in problems:
        return problems[item.node.address], None
    if item.problem is None:
        return None, None
    other = _other_zones(item, catalog_of(item.placement))
    hints = [item.problem.hint or "", f"it fits in {' and '.join(other)}" if other else ""]
    return item.problem.message, "; ".join(hint for hint in hints if hint) or None


def _other_zones(item: Planned, catalog: Catalog) -> list[str]:
    """The other open zones of the region in which it fits."""
    found = []
    for zone in catalog.region(item.placement.region).zones:
        try:
            chosen = resolve(item.node.kind, {**item.node.inputs, "zone": zone.name}, catalog, item.placement)
        except McloudError:
            continue
        if chosen.picks.get("zone"):
            found.append(zone.name)
    return found
