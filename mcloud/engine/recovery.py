"""After a run that was cut off: what it may have made is looked for and put into the state; nothing is made twice.

What it was changing is marked, so that the next update takes the rest of the steps, or takes them back, though the
inputs show no difference: a server that was stopped for another flavor is started.

A create that began and whose outcome the state lacks is a pending operation with its inputs, physical name included.
Where the provider had told the cloud's id, it is read by that; else the adapter's ``find`` tells whether the cloud has
it. Adoption happens only for such an operation, never by URN alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mcloud.engine.aside import name_of
from mcloud.engine.process import Engine
from mcloud.engine.provider.context import Context
from mcloud.engine.provider.diff import HALFWAY, UNFINISHED, outputs_of
from mcloud.engine.provider.work import Work
from mcloud.engine.state import StateFolder
from mcloud.errors import StateError
from mcloud.model.base import Placement, split_id
from mcloud.model.resources import BY_TOKEN

CUT_OFF = "the run that made it was cut off; the next up goes on with it"
CHANGE_CUT_OFF = "its last change did not come to its end; the next up goes on with it"


def is_cut_off(state: StateFolder, stack: str) -> bool:
    """Whether a run left creates or updates whose outcome the state lacks."""
    return bool(state.pending_creates(stack) or state.pending_updates(stack))


def recover(engine: Engine, context: Context, tell: Callable[[str], None]) -> int:
    """Resolve pending creates and updates of the stack's state.

    Returns:
        How many were found on the cloud and taken into the state.

    Raises:
        Conflict: several things match; a person must choose.
        CloudError: the cloud cannot be asked.
        ForeignAccount: the run that was cut off worked on another account.
    """
    if not is_cut_off(engine.state, engine.stack):
        return 0
    deployment = engine.state.deployment(engine.stack)
    begun = engine.state.begun_creates(engine.stack)
    adopted = 0
    for operation in deployment.get("pending_operations") or ():
        resource = operation["resource"]
        if operation["type"] not in ("creating", "updating") or resource["type"] not in BY_TOKEN:
            continue
        name = name_of(resource)
        word = BY_TOKEN[resource["type"]].word
        if operation["type"] == "updating":
            deployment["resources"] = with_halfway(deployment.get("resources") or [], resource)
            tell(f"{word} {name}: {CHANGE_CUT_OFF}")
            continue
        found = _look(resource, name, context, begun.get(resource["urn"], {}))
        if found is None:
            tell(f"{word} {name} was not made by the run that was cut off")
            continue
        resources = deployment.get("resources") or []
        if found["id"] not in {item.get("id") for item in resources}:
            made = {**resource, **found, "initErrors": [CUT_OFF]}
            deployment["resources"] = with_made(resources, made)
            adopted += 1
            tell(f"{word} {name} was made by the run that was cut off; it is taken up again")
    deployment.pop("pending_operations", None)
    if not engine.state.replace(engine.stack, deployment):
        engine.import_({**engine.export(), "deployment": deployment})
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


def with_halfway(resources: list[dict[str, Any]], changed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The state's resources with a mark on the one whose update did not come to its end, where it is still there."""
    return [
        {**item, "outputs": (item.get("outputs") or {}) | {HALFWAY: True}, "initErrors": [CHANGE_CUT_OFF]}
        if item["urn"] == changed["urn"] and not item.get("delete")
        else item
        for item in resources
    ]


def _look(resource: Mapping[str, Any], name: str, context: Context, begun: Mapping[str, str]) -> dict[str, Any] | None:
    """Id and outputs of what a pending create made; None when it made nothing."""
    inputs = resource.get("inputs") or {}
    at = Placement.parse(inputs["placement"])
    work = Work(context, BY_TOKEN[resource["type"]], name)
    kind, operations = work.kind(at), context.guarded(at, begun.get("account"))
    native_id = _told(begun, at, work.what)
    native = operations.read(kind, native_id, work.what) if native_id is not None else None
    if native_id is None or native is None:
        native_id = operations.find(kind, work.native(inputs, at), work.what)
        native = operations.read(kind, native_id, work.what) if native_id is not None else None
    if native_id is None or native is None:
        return None
    outputs = outputs_of(inputs, kind.observe(at, native), operations.session.account)
    return {"id": at.id_of(native_id), "outputs": outputs | {UNFINISHED: True}}


def _told(begun: Mapping[str, str], at: Placement, what: str) -> str | None:
    """The cloud's id, where the run that was cut off had got it."""
    if not begun.get("id"):
        return None
    home, native_id = split_id(begun["id"])
    if home.home != at.home:
        raise StateError(f"{what} was begun on {at.home} and made on {home.home}", where=what)
    return native_id
