"""Takes something that is on the cloud, and that no run of ours made, into the state as a resource of the stack.

The stack file says what it shall be, the cloud what it is. What was chosen for it (flavor, image, disk) stays, if it is
what the file asks for. Nothing on the cloud is touched.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mcloud.engine.aside import name_of
from mcloud.engine.move import consistent
from mcloud.engine.provider.check import Request, check, defaults
from mcloud.engine.provider.context import Context
from mcloud.engine.provider.diff import Difference, difference, outputs_of
from mcloud.engine.provider.work import Work
from mcloud.engine.state import PROJECT, urn_of
from mcloud.errors import BlockedError, StateError
from mcloud.match.satisfied import completed, unfit
from mcloud.model.graph import Graph, Node
from mcloud.model.resources import BY_TOKEN, KINDS, map_references, references

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
    catalog = context.catalog(node.placement)
    at = catalog.canonical(node.placement)
    full = resource_id if resource_id.startswith(f"{at.home}/") else at.id_of(resource_id)
    urn = urn_of(graph.stack, node.token, node.name)
    _require_new(urn, full, listed)
    work = Work(context, KINDS[node.kind], node.name, urn=urn)
    kind, operations = work.kind(at), context.operations(at)
    native_id = full.removeprefix(f"{at.home}/")
    native = operations.read(kind, native_id, work.what)
    if native is None or kind.poll(operations.session, native_id, native).phase == "gone":
        raise StateError(
            f"there is no {work.type.word} {native_id} at {at.home}", hint="mcloud discover lists what the account has"
        )
    observed = kind.observe(at, native)
    asked, needs = _asked(node, listed)
    picks = completed(node.kind, asked, observed.picks, catalog, at)
    olds = {**asked, "name": observed.inputs.get("name"), "resolved": picks, "placement": str(at)}
    request = Request(work.type, node.name, asked, olds, uuid.uuid4().bytes, context.state_id, secrets=context.secrets)
    checked = check(request, kind, catalog)
    if checked.failures:
        reasons = [f"{item.prop} {item.reason}".strip() for item in checked.failures]
        raise BlockedError(f"{work.what} cannot be what the stack says: {'; '.join(reasons)}")
    inputs = checked.inputs
    outputs = outputs_of(inputs, observed, operations.session.account)
    resource = {
        "urn": urn,
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


def with_taken(exported: Mapping[str, Any], stack: str, taken: Taken) -> dict[str, Any]:
    """The engine's exported state with it; the frame of a state that is empty yet is made."""
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
    made = {**taken.resource, "parent": root, "provider": f"{provider['urn']}::{provider['id']}"}
    return {**exported, "deployment": {**deployment, "resources": consistent([*resources, made])}}
