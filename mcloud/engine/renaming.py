"""The state as it will be once the engine has renamed what the stack file says was called otherwise. Pure.

The engine renames by itself (aliases, told by ``runtime``); whoever looks at the state before it runs must see a
renamed resource under its new name, or would take it for one that left the stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mcloud.engine.state import urn_of
from mcloud.model.graph import Graph, Node

Resource = Mapping[str, Any]


def renames(graph: Graph, resources: Iterable[Resource]) -> dict[str, Node]:
    """URN in the state -> the node that it is now. What has its own name in the state already is renamed no more."""
    there = {str(item["urn"]) for item in resources}
    found: dict[str, Node] = {}
    for node in graph.nodes:
        if not node.was or urn_of(graph.stack, node.token, node.name) in there:
            continue
        former = (urn_of(graph.stack, node.token, name) for name in node.was)
        urn = next((urn for urn in former if urn in there and urn not in found), None)
        if urn is not None:
            found[urn] = node
    return found


def not_found(graph: Graph, resources: Iterable[Resource]) -> list[Node]:
    """Nodes that the stack file says were called otherwise, and that the state has under no name."""
    listed = list(resources)
    there, found = {str(item["urn"]) for item in listed}, {node.address for node in renames(graph, listed).values()}
    return [
        node
        for node in graph.nodes
        if node.was and node.address not in found and urn_of(graph.stack, node.token, node.name) not in there
    ]


def renamed(graph: Graph, resources: Iterable[Resource]) -> list[dict[str, Any]]:
    """The resources under their new names, wherever these stand."""
    listed = [dict(item) for item in resources]
    new = {urn: urn_of(graph.stack, node.token, node.name) for urn, node in renames(graph, listed).items()}
    if not new:
        return listed
    for item in listed:
        item["urn"] = new.get(item["urn"], item["urn"])
        if item.get("dependencies"):
            item["dependencies"] = [new.get(urn, urn) for urn in item["dependencies"]]
        if item.get("propertyDependencies"):
            item["propertyDependencies"] = {
                name: [new.get(urn, urn) for urn in urns or ()] for name, urns in item["propertyDependencies"].items()
            }
    return listed

