"""After a run that was killed: what it may have made is looked for and put into the state; nothing is made twice.

A create that began and whose outcome the state lacks is a pending operation with its inputs, physical name included.
The adapter's ``find`` tells whether the cloud has it. Adoption happens only for such an operation, never by URN alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mcloud.engine.process import Engine
from mcloud.engine.provider.context import Context
from mcloud.engine.provider.diff import outputs_of
from mcloud.engine.provider.work import Work
from mcloud.model.base import Placement
from mcloud.model.resources import BY_TOKEN

UNFINISHED = "the run that made it was cut off; the next up goes on with it"


def recover(engine: Engine, context: Context, tell: Callable[[str], None]) -> int:
    """Resolve pending creates of the stack's state.

    Returns:
        How many were found on the cloud and taken into the state.

    Raises:
        Conflict: several things match; a person must choose.
        CloudError: the cloud cannot be asked.
    """
    pending = engine.state.pending_creates(engine.stack)
    if not pending:
        return 0
    exported = engine.export()
    deployment = exported["deployment"]
    adopted = 0
    for operation in deployment.get("pending_operations") or ():
        resource = operation["resource"]
        if operation["type"] != "creating" or resource["type"] not in BY_TOKEN:
            continue
        name = resource["urn"].rsplit("::", 1)[1]
        found = _look(resource, name, context)
        if found is None:
            tell(f"{BY_TOKEN[resource['type']].word} {name} was not made by the run that was cut off")
            continue
        resources = deployment.get("resources") or []
        if found["id"] not in {item.get("id") for item in resources}:
            made = {**resource, **found, "initErrors": [UNFINISHED]}
            deployment["resources"] = with_made(resources, made)
            adopted += 1
            tell(f"{BY_TOKEN[resource['type']].word} {name} was made by the run that was cut off; it is taken up again")
    deployment["pending_operations"] = []
    engine.import_(exported)
    return adopted


def with_made(resources: list[dict[str, Any]], made: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The state's resources with one more that a create made whose outcome the state lacked.

    Where the state has another one of the same URN the create was a replacement's. The old one is to be deleted, as
    the engine would have noted; where it was deleted first, it goes from the state.
    """
    kept = []
    for item in resources:
        if item["urn"] != made["urn"] or item.get("delete"):
            kept.append(item)
        elif not item.get("pendingReplacement"):
            kept.append({**item, "delete": True})
    return [*kept, dict(made)]


def _look(resource: Mapping[str, Any], name: str, context: Context) -> dict[str, Any] | None:
    """Id and outputs of what a pending create made; None when it made nothing."""
    inputs = resource.get("inputs") or {}
    at = Placement.parse(inputs["placement"])
    work = Work(context, BY_TOKEN[resource["type"]], name)
    kind, operations = work.kind(at), context.operations(at)
    native_inputs = work.native(inputs, at)
    native_id = operations.find(kind, native_inputs, work.what)
    if native_id is None:
        return None
    native = operations.read(kind, native_id, work.what)
    if native is None:
        return None
    outputs = outputs_of(inputs, kind.observe(at, native), operations.session.account)
    return {"id": at.id_of(native_id), "outputs": outputs}
