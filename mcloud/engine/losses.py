"""Data that a run would delete: volumes, buckets and servers with state that left the stack or are made anew in place.

What a change of placement makes anew is not among them: it stays behind (``move``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mcloud.engine.aside import name_of
from mcloud.engine.events import ANEW, Event
from mcloud.engine.provider.diff import FAILED
from mcloud.model.base import split_id
from mcloud.model.graph import Graph, Node, holds_data
from mcloud.model.resources import BY_TOKEN, KINDS, holds_data_as

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Loss:
    """Something with data that would be deleted.

    Attributes:
        kind, name: of the resource.
        home: where it is.
        node: what takes its place, None where the stack has it no more.
    """

    kind: str
    name: str
    home: str
    node: Node | None = None

    @property
    def address(self) -> str:
        """What the provider is told: kind/name."""
        return f"{self.kind}/{self.name}"

    @property
    def words(self) -> str:
        """For people."""
        return f"{KINDS[self.kind].word} {self.name} at {self.home}"


def removed(graph: Graph, resources: Iterable[Resource]) -> tuple[Loss, ...]:
    """What the state has and the stack has no more; what is marked ``keep`` is not deleted."""
    wanted = {(node.token, node.name) for node in graph.nodes}
    return tuple(
        _loss(item)
        for item in with_data(resources)
        if (item["type"], name_of(item)) not in wanted and not item.get("protect")
    )


def made_anew(graph: Graph, resources: Iterable[Resource], events: Iterable[Event]) -> tuple[Loss, ...]:
    """What the engine's preview replaces where it is, and what a run that was cut off has replaced and not deleted."""
    # The engine's own look may have been the first that saw it.
    replaced = {event.urn for event in events if event.op in ANEW and FAILED not in event.diffs}
    nodes = {(node.token, node.name): node for node in graph.nodes}
    found = {}
    for item in with_data(resources):
        node = nodes.get((item["type"], name_of(item)))
        if node is not None and holds_data(node) and (item["urn"] in replaced or item.get("delete")):
            found[node.address] = _loss(item, node)
    return tuple(found.values())


def may_be_replaced(graph: Graph, resources: Iterable[Resource]) -> bool:
    """Whether something with data, or something that it needs, is asked for otherwise than the state has it.

    Only then is the engine asked what it would replace.
    """
    known = {(item["type"], name_of(item)): item for item in resources if item.get("id")}
    nodes = graph.by_address
    return any(
        _differs(node, known)
        for item in with_data(known.values())
        for node in _with_needs(nodes, f"{BY_TOKEN[item['type']].kind}/{name_of(item)}")
    )


def without_data(graph: Graph) -> frozenset[str]:
    """Addresses of servers that the stack says hold no data, whatever the state said of them."""
    return frozenset(
        node.address for node in graph.nodes if not holds_data(node) and holds_data_as(node.kind, {})
    )


def with_data(resources: Iterable[Resource]) -> Iterator[Resource]:
    """Those that are there and hold data; what failed before it was ever ready holds none."""
    for item in resources:
        failed = (item.get("outputs") or {}).get(FAILED)
        if item.get("id") and not failed and holds_data_as(BY_TOKEN[item["type"]].kind, item.get("inputs") or {}):
            yield item


def _loss(item: Resource, node: Node | None = None) -> Loss:
    return Loss(BY_TOKEN[item["type"]].kind, name_of(item), split_id(str(item["id"]))[0].home, node)


def _with_needs(nodes: Mapping[str, Node], address: str) -> Iterator[Node]:
    waiting, seen = [address], set()
    while waiting:
        node = nodes.get(waiting.pop())
        if node is not None and node.address not in seen:
            seen.add(node.address)
            waiting += node.needs
            yield node


def _differs(node: Node, known: Mapping[tuple[str, str], Resource]) -> bool:
    item = known.get((node.token, node.name))
    if item is None:
        return True
    old = item.get("inputs") or {}
    return any(
        old.get(key) != _by_id(value, known)
        for key, value in node.inputs.items()
        if value is not None and key != "placement"
    )


def _by_id(value: Any, known: Mapping[tuple[str, str], Resource]) -> Any:
    """An input as the state has it: what it names by its id."""
    if isinstance(value, Mapping):
        return {key: _by_id(item, known) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_by_id(item, known) for item in value]
    if isinstance(value, str) and value.startswith("@"):
        kind, _, name = value[1:].partition("/")
        return known.get((KINDS[kind].token, name), {}).get("id")
    return value
