"""What a graph becomes on its clouds: for each node what was chosen and what the cloud lacks. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mcloud.adapter import registry
from mcloud.adapter.gaps import Gap
from mcloud.catalog.types import Catalog
from mcloud.errors import MatchError, McloudError, PlacementError
from mcloud.match.resolve import resolve
from mcloud.model.base import Placement
from mcloud.model.graph import Graph, Node
from mcloud.model.resources import KINDS
from mcloud.model.stack import Acceptance

CatalogOf = Callable[[Placement], Catalog]


@dataclass(frozen=True)
class Planned:
    """A node with its canonical placement, what was chosen for it and its gaps; or why nothing fits."""

    node: Node
    placement: Placement
    picks: Mapping[str, Any]
    reasons: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    problem: McloudError | None = None


def plan(graph: Graph, catalog_of: CatalogOf) -> list[Planned]:
    """Choose for every node.

    Raises:
        PlacementError: a cloud that is not installed, an unknown region or zone.
    """
    return [_planned(node, catalog_of) for node in graph.nodes]


def _planned(node: Node, catalog_of: CatalogOf) -> Planned:
    asked = node.placement
    try:
        adapter = registry.get(asked.cloud)
        kind = adapter.kinds.get(node.kind)
        catalog = catalog_of(asked) if adapter.kinds else None
        placement = catalog.canonical(asked) if catalog else asked
    except PlacementError as error:
        return Planned(node, asked, {}, problem=error)
    resource = ".".join(str(part) for part in node.path)
    if kind is None or catalog is None:
        word = KINDS[node.kind].word
        known = ", ".join(sorted(adapter.kinds)) or "nothing"
        gap = Gap("kind", resource, "blocking", f"the adapter for {adapter.title} does no {word}", f"it does: {known}")
        return Planned(node, placement, {}, gaps=(gap,))
    gaps = tuple(kind.gaps(resource, node.inputs))
    try:
        chosen = resolve(node.kind, node.inputs, catalog, placement)
    except (MatchError, PlacementError) as error:
        return Planned(node, placement, {}, gaps=gaps, problem=error)
    return Planned(node, placement, chosen.picks, chosen.reasons, gaps)


def with_acceptance(graph: Graph, accepted: Iterable[Acceptance]) -> Graph:
    """The graph whose nodes carry the lossy gaps that the stack accepts, for the engine's provider to see."""
    taken = list(accepted)
    if not taken:
        return graph
    nodes = []
    for node in graph.nodes:
        resource = ".".join(str(part) for part in node.path)
        codes = {item.gap: item.reason for item in taken if item.resource in (None, resource)}
        nodes.append(replace(node, inputs={**node.inputs, "accept": codes}))
    return Graph(graph.stack, tuple(nodes), graph.outputs)
