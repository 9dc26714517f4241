"""Takes something that is on the cloud, and that no run of ours made, into the state as a resource of the stack.

The stack file says what it shall be, the cloud what it is. What was chosen for it (flavor, image, disk) stays, if it is
what the file asks for. Nothing on the cloud is touched.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mcloud.adapter.kind import Native
from mcloud.adapter.naming import logical_name
from mcloud.engine.aside import name_of
from mcloud.engine.move import consistent
from mcloud.engine.provider.check import Request, check, defaults
from mcloud.engine.provider.context import Context
from mcloud.engine.provider.diff import Difference, difference, outputs_of
from mcloud.engine.provider.work import Work
from mcloud.engine.state import PROJECT, urn_of
from mcloud.errors import BlockedError, StateError
from mcloud.match.satisfied import completed, unfit
from mcloud.model.base import Placement
from mcloud.model.graph import Graph, Node
from mcloud.model.resource_references import map_references, references
from mcloud.model.resources import BY_TOKEN, KINDS

Resource = Mapping[str, Any]
OWN = frozenset({"name", "placement", "resolved", "accept", "around", "extensions", "stateless", "keep"})
"""Inputs that are no matter of the cloud's, or are taken from it."""


@dataclass(frozen=True)
class Taken:
    """What is taken into the state.

    Attributes:
        resource: as the engine's state has it, but for its provider.
        difference: what the next ``up`` would change of it.
        unfit: why what was chosen for it is not what the stack asks for.
        not_seen: what the stack asks for and the cloud does not show; it is taken as it is written.
    """

    resource: dict[str, Any]
    difference: Difference
    unfit: tuple[str, ...]
    not_seen: tuple[str, ...]


def look_at(node: Node, resource_id: str, graph: Graph, resources: Iterable[Resource], context: Context) -> Taken:
    """Read it and compare it with what the stack file says of the node.

    Args:
        resource_id: the engine's id (cloud/region/native) or the cloud's own.
        resources: the state's, under the names of the graph.

    Raises:
        StateError: the state has it already, under this or another name, or there is nothing of this id.
        BlockedError: something that it needs is not in the state yet, or the inputs do not do.
        CloudError: the cloud cannot be asked.
    """
    listed = list(resources)
    at = context.catalog(node.placement).canonical(node.placement)
    full = resource_id if resource_id.startswith(f"{at.home}/") else at.id_of(resource_id)
    _require_new(urn_of(graph.stack, node.token, node.name), full, listed)
    work = Work(context, KINDS[node.kind], node.name)
    kind, operations = work.kind(at), context.operations(at)
    native_id = full.removeprefix(f"{at.home}/")
    native = operations.read(kind, native_id, work.what)
    if native is None or kind.poll(operations.session, native_id, native).phase == "gone":
        raise StateError(
            f"there is no {work.type.word} {native_id} at {at.home}", hint="mcloud discover lists what the account has"
        )
    return _taken(node, native_id, native, graph, listed, context)


def _taken(
    node: Node, native_id: str, native: Native, graph: Graph, resources: Iterable[Resource], context: Context
) -> Taken:
    """What would be in the state if the node were this.

    Raises:
        BlockedError: something that it needs is not in the state yet, or the inputs do not do.
    """
    catalog = context.catalog(node.placement)
    at = catalog.canonical(node.placement)
    work = Work(context, KINDS[node.kind], node.name)
    kind, account = work.kind(at), context.operations(at).session.account
    observed = kind.observe(at, native)
    asked, needs = _asked(node, resources)
    picks = completed(node.kind, asked, observed.picks, catalog, at)
    olds = {**asked, "name": observed.inputs.get("name"), "resolved": picks, "placement": str(at)}
    request = Request(work.type, node.name, asked, olds, uuid.uuid4().bytes, context.state_id, secrets=context.secrets)
    checked = check(request, kind, catalog)
    if checked.failures:
        reasons = [f"{item.prop} {item.reason}".strip() for item in checked.failures]
        raise BlockedError(f"{work.what} cannot be what the stack says: {'; '.join(reasons)}")
    inputs = checked.inputs
    outputs = outputs_of(inputs, observed, account)
    resource = {
        "urn": urn_of(graph.stack, node.token, node.name),
        "custom": True,
        "id": at.id_of(kind.final_id(native_id, native)),
        "type": node.token,
        "inputs": inputs,
        "outputs": outputs,
        "protect": node.protect,
        "dependencies": sorted({urn for urns in needs.values() for urn in urns}),
        "propertyDependencies": needs,
    }
    hidden = (key for key, value in inputs.items() if value != defaults(work.type.inputs).get(key))
    return Taken(
        resource,
        difference(work.type, kind, outputs, inputs, inputs),
        tuple(unfit(node.kind, inputs, picks, catalog, at)),
        tuple(sorted(key for key in hidden if key not in observed.inputs and key not in OWN)),
    )


def look_for_all(
    graph: Graph, resources: Iterable[Resource], context: Context
) -> tuple[list[Taken], list[tuple[Node, str]]]:
    """What the accounts have of the nodes that the state lacks: for each the one thing that is just so.

    Only what ``up`` would not change counts. Of several the one of the node's name is taken, else none.

    Returns:
        What was found, each after what it needs; the nodes that were not, with the reason.

    Raises:
        CloudError: an account cannot be asked.
    """
    listed = [item for item in resources if item.get("id")]
    there = {str(item["urn"]) for item in listed}
    known = {str(item["id"]) for item in listed}
    lists: dict[tuple[str, str], list[tuple[str, Native]]] = {}
    found: list[Taken] = []
    left: list[tuple[Node, str]] = []
    for node in graph.nodes:
        if urn_of(graph.stack, node.token, node.name) in there:
            continue
        at = context.catalog(node.placement).canonical(node.placement)
        key = (at.home, node.kind)
        if key not in lists:
            lists[key] = _list(node, at, context)
        rows = [row for row in lists[key] if at.id_of(row[0]) not in known]
        taken, reason = _the_one(node, rows, graph, listed, context)
        if taken is None:
            left.append((node, reason))
            continue
        found.append(taken)
        listed.append(taken.resource)
        known.add(str(taken.resource["id"]))
    return found, left


def _list(node: Node, at: Placement, context: Context) -> list[tuple[str, Native]]:
    kind = Work(context, KINDS[node.kind], node.name).kind(at)
    operations = context.operations(at)
    rows = operations.call(f"list {node.kind}", lambda: list(kind.list(operations.session)), retry=True)
    return [row for row in rows if kind.poll(operations.session, *row).phase == "ready"]


def _the_one(
    node: Node, rows: Iterable[tuple[str, Native]], graph: Graph, resources: list[Resource], context: Context
) -> tuple[Taken | None, str]:
    exact, near = [], []
    for native_id, native in rows:
        try:
            taken = _taken(node, native_id, native, graph, resources, context)
        except BlockedError as error:
            return None, error.message
        if not taken.difference.changed and not taken.unfit:
            exact.append(taken)
        elif _is_called(taken, node):
            near.append(taken)
    named = [taken for taken in exact if _is_called(taken, node)]
    for choice in (exact, named):
        if len(choice) == 1:
            return choice[0], ""
    if exact:
        ids = ", ".join(str(taken.resource["id"]) for taken in exact)
        return None, f"several are just so: {ids}"
    if len(near) == 1:
        changed = (*near[0].unfit, *near[0].difference.changed)
        return None, f"{near[0].resource['id']} has its name and differs: {', '.join(changed)}"
    return None, "nothing is there that is just so"


def _is_called(taken: Taken, node: Node) -> bool:
    """By its own name, or by its parent's and its own: a subnet's is NETWORK-SUBNET."""
    name = logical_name(str(taken.resource["inputs"].get("name", "")))
    return name in (node.name, node.name.rpartition(".")[2], node.name.replace(".", "-"))


def _require_new(urn: str, full: str, resources: Iterable[Resource]) -> None:
    for item in resources:
        if item["urn"] == urn and item.get("id"):
            raise StateError(f"{urn.rsplit('::', 1)[1]} is in the state already: {item['id']}")
        if item.get("id") == full and not item.get("delete"):
            word = BY_TOKEN[item["type"]].word
            raise StateError(
                f"{full} is in the state already: {word} {name_of(item)}",
                hint="give the entry of that name was: in the stack file, if it shall have another one",
            )


def _asked(node: Node, resources: Iterable[Resource]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The node's inputs with ids for references, and the URNs behind each of these.

    Raises:
        BlockedError: with what is not in the state yet.
    """
    known = {f"{BY_TOKEN[item['type']].kind}/{name_of(item)}": item for item in resources if item.get("id")}
    missing = [need for need in node.needs if need not in known]
    if missing:
        words = [f"{KINDS[kind].word}/{name}" for kind, _, name in (need.partition("/") for need in missing)]
        raise BlockedError(
            f"what it needs is not in the state yet: {', '.join(words)}", hint="import these first, or mcloud up them"
        )

    def followed(value: Any, name: str) -> Any:
        return known[value[1:]]["id"] if isinstance(value, str) and value.startswith("@") else value

    model = KINDS[node.kind].inputs
    named = references(model, node.inputs)
    needs = {
        field: sorted({str(known[value[1:]]["urn"]) for value in values if str(value).startswith("@")})
        for field, values in named.items()
    }
    return map_references(model, node.inputs, followed), needs


def with_taken(exported: Mapping[str, Any], stack: str, taken: Iterable[Taken]) -> dict[str, Any]:
    """The engine's exported state with these; the frame of a state that is empty yet is made."""
    deployment = exported["deployment"]
    resources = [dict(item) for item in deployment.get("resources") or ()]
    root = f"urn:pulumi:{stack}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{stack}"
    if not any(item["urn"] == root for item in resources):
        resources.insert(0, {"urn": root, "custom": False, "type": "pulumi:pulumi:Stack"})
    provider = next((item for item in resources if item["type"].startswith("pulumi:providers:")), None)
    if provider is None:
        urn = f"urn:pulumi:{stack}::{PROJECT}::pulumi:providers:mcloud::default"
        provider = {"urn": urn, "custom": True, "id": str(uuid.uuid4()), "type": "pulumi:providers:mcloud"}
        resources.insert(1, provider)
    more = {"parent": root, "provider": f"{provider['urn']}::{provider['id']}"}
    made = [{**item.resource, **more} for item in taken]
    return {**exported, "deployment": {**deployment, "resources": consistent([*resources, *made])}}
