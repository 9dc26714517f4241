"""Whether the program asks for what the state has already, found out without the engine.

The state is the record of what the program was: checked inputs, what each resource needs, what must be kept. So the
same functions that answer the engine's Check and Diff tell what it would do, from the same state, catalogs and secrets.
It says yes only where the engine would call every resource the same and write down nothing new; whatever else it
meets, an error too, is the engine's to find again and to tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mcloud.engine.codec import UNKNOWN, as_sent
from mcloud.engine.provider.check import Request, check
from mcloud.engine.provider.context import Context
from mcloud.engine.provider.diff import difference
from mcloud.engine.provider.work import Work
from mcloud.engine.state import PROJECT, urn_of
from mcloud.model.base import Placement
from mcloud.model.graph import SECTION_OF, Graph, Node
from mcloud.model.resources import KINDS

Resource = Mapping[str, Any]
STACK, PROVIDER = "pulumi:pulumi:Stack", "pulumi:providers:mcloud"
IN_THE_STATE = frozenset({
    "urn", "custom", "id", "type", "inputs", "outputs", "parent", "provider", "dependencies", "propertyDependencies",
    "protect", "created", "modified",
})  # fmt: skip
"""What the state says of a resource that is done. Whatever else it says means something to the engine."""


def is_as_asked(graph: Graph, deployment: Mapping[str, Any], context: Context) -> bool:
    """Whether the engine would find nothing to do to a state whose cloud is as it has it.

    Args:
        graph: the whole program.
        deployment: the state.
        context: as the provider would have it. Its catalogs are those that a check reads.
    """
    if deployment.get("pending_operations"):
        return False
    listed = deployment.get("resources") or ()
    found = {str(item.get("urn")): item for item in listed}
    wanted = {urn_of(graph.stack, node.token, node.name): node for node in graph.nodes}
    frame = _Frame(graph.stack, found)
    # Twice the same URN: one of them is to go.
    if not wanted or not frame.usual or len(found) != len(listed) or found.keys() != {*wanted, *frame.urns}:
        return False
    if not all(_stands_so(node, found[urn], frame) for urn, node in wanted.items()):
        return False
    ids = {node.address: found[urn]["id"] for urn, node in wanted.items()}
    try:
        if not all(_is_same(node, found[urn], ids, context) for urn, node in wanted.items()):
            return False
        done = {
            node.address: {**found[urn]["outputs"], "id": found[urn]["id"], "urn": urn} for urn, node in wanted.items()
        }
        values = {name: output_value(graph, done, path) for name, path in graph.outputs.items()}
        return as_sent(values) == (frame.root.get("outputs") or {})
    except Exception:
        return False


class _Frame:
    """What stands around a stack's resources in the state: the stack itself, and the provider."""

    def __init__(self, stack: str, found: Mapping[str, Resource]) -> None:
        self.stack = stack
        self.urns = urn_of(stack, STACK, f"{PROJECT}-{stack}"), urn_of(stack, PROVIDER, "default")
        self.root, self.provider = (found.get(urn) or {} for urn in self.urns)

    @property
    def usual(self) -> bool:
        """Whether both are there as our own runs make them."""
        plain = all(item.keys() <= IN_THE_STATE and not item.get("inputs") for item in (self.root, self.provider))
        return bool(plain and self.root and self.provider.get("id") and not self.provider.get("outputs"))

    @property
    def reference(self) -> str:
        """The provider, as a resource refers to it."""
        return f"{self.urns[1]}::{self.provider['id']}"

    def urns_of(self, addresses: Iterable[str]) -> set[str]:
        """The nodes' URNs."""
        parts = (address.partition("/") for address in addresses)
        return {urn_of(self.stack, KINDS[kind].token, name) for kind, _, name in parts}


def _stands_so(node: Node, item: Resource, frame: _Frame) -> bool:
    """Whether all but the inputs is as the program has it: what it is a part of, what it needs, whether it is kept."""
    needs = {name: frame.urns_of(addresses) for name, addresses in node.depends.items() if addresses}
    known = {name: set(urns) for name, urns in (item.get("propertyDependencies") or {}).items() if urns}
    return (
        item.keys() <= IN_THE_STATE
        and bool(item.get("id") and item.get("custom"))
        and (item.get("parent"), item.get("provider")) == (frame.urns[0], frame.reference)
        and bool(item.get("protect")) == node.protect
        and known == needs
        and set(item.get("dependencies") or ()) == {urn for urns in needs.values() for urn in urns}
    )


def _is_same(node: Node, item: Resource, ids: Mapping[str, str], context: Context) -> bool:
    """What the engine would ask of the provider: Check with the inputs of the last run, then Diff."""
    type_ = KINDS[node.kind]
    news = as_sent(node.resolved(ids.__getitem__))
    at = Placement.parse(news["placement"])
    kind, catalog = Work(context, type_, node.name).kind(at), context.catalog(at)
    inputs, outputs = item.get("inputs") or {}, item["outputs"]
    request = Request(type_, node.name, news, inputs, b"", context.state_id, context.rematch, context.secrets)
    checked = check(request, kind, catalog)
    if checked.failures or as_sent(checked.inputs) != inputs:
        return False
    return not difference(type_, kind, outputs, inputs, inputs).changed


_KIND_OF = {section: kind for kind, section in SECTION_OF.items()}


def output_value(graph: Graph, done: Mapping[str, Mapping[str, Any]], path: str) -> Any:
    """The value of ``section.name.attribute``; for a server with count a list of its instances' values."""
    section, rest = path.split(".", 1)
    name, attribute = rest.rsplit(".", 1)
    kind = _KIND_OF[section]
    key = "".join(part.capitalize() if index else part for index, part in enumerate(attribute.split("_")))
    if f"{kind}/{name}" in done:
        return done[f"{kind}/{name}"].get(key, UNKNOWN)
    instances = [node for node in graph.nodes if node.kind == kind and node.path[:2] == (section, name)]
    return [done[node.address].get(key, UNKNOWN) for node in instances if node.address in done]
