"""A state and the engine's journal entries, folded into the next state. Pure.

The rules are those of the engine's own replayer (pkg/backend/journal.go of Pulumi 3.259.0, read on 2026-11-26); the
contract tests hold them against the real binary. A deployment is the engine's document of version 3 or 4 as a plain
dictionary: ``resources``, ``pending_operations``, ``secrets_providers`` and what else it carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from mcloud.errors import StateError

Deployment = dict[str, Any]
Entry = Mapping[str, Any]

BEGIN, SUCCESS, FAILURE, REFRESH, OUTPUTS, WRITE, SECRETS, REBUILT, EXTENSION, SNIPPETS = range(10)
VERSION, VERSION_WITH_FEATURES = 3, 4
CREATING, UPDATING = "creating", "updating"
EMPTY: Deployment = {"manifest": {"time": "0001-01-01T00:00:00Z", "magic": "", "version": ""}}

_FEATURES = {
    "refreshBeforeUpdate": "refreshBeforeUpdate",
    "viewOf": "views",
    "resourceHooks": "hooks",
    "taint": "taint",
    "replaceWith": "replaceWith",
    "extensionRef": "extensionParameterization",
    "snippetID": "snippets-prototype",
}
"""Property of a resource -> the feature that a reader must know to take the deployment."""


class Replay:
    """Takes entries one by one; ``deployment`` is the state after them.

    Args:
        base: the state before the run; not changed.
    """

    def __init__(self, base: Deployment) -> None:
        # What is in the resources is never changed, only replaced: a copy of all of it costs more than the replay.
        self._base = dict(base)
        self._refreshed = False
        self._bytes = False
        self._failed: list[dict[str, Any]] = []
        self._made: set[str] = set()
        self._forget()

    def _forget(self) -> None:
        self._old_gone: set[int] = set()
        self._old_instead: dict[int, dict[str, Any]] = {}
        self._old_to_delete: set[int] = set()
        self._old_to_replace: set[int] = set()
        self._new: list[dict[str, Any]] = []
        self._new_gone: set[int] = set()
        self._index: dict[int, int] = {}
        self._begun: dict[int, dict[str, Any] | None] = {}
        self._extensions: dict[str, Any] = {}

    def add(self, entry: Entry) -> None:
        """Take one entry.

        Raises:
            StateError: an entry of a kind or version that is not known, or about a resource that is not there.
        """
        if entry.get("version") != 1:
            raise StateError(f"a journal entry of version {entry.get('version')} is not known")
        self._bytes = self._bytes or bool(entry.get("requiresByteString"))
        kind = entry["kind"]
        if kind == BEGIN:
            self._begun[entry["operationID"]] = entry.get("operation")
        elif kind in (SUCCESS, FAILURE, REFRESH):
            self._end(kind, entry)
        elif kind == OUTPUTS:
            self._instead(entry, drop=False)
        elif kind == WRITE:
            self._base = dict(entry["newSnapshot"])
        elif kind == SECRETS:
            self._base["secrets_providers"] = entry["secretsProvider"]
        elif kind == SNIPPETS:
            self._base["snippets"] = entry.get("snippets") or []
        elif kind == EXTENSION:
            self._extensions[entry["extensionRef"]] = entry["extension"]
        elif kind == REBUILT:
            self._base = self.deployment()
            self._forget()
        else:
            raise StateError(f"a journal entry of kind {kind} is not known")

    def _end(self, kind: int, entry: Entry) -> None:
        operation = self._begun.pop(entry["operationID"], None)
        if kind == FAILURE:
            if operation is not None:
                self._failed.append(operation)
            return
        if operation is not None and operation.get("type") == CREATING:
            self._made.add(operation["resource"]["urn"])
        if kind == REFRESH:
            self._refreshed = True
            self._instead(entry, drop=True)
            return
        self._refreshed = self._refreshed or bool(entry.get("isRefresh"))
        if entry.get("state") is not None:
            self._index[entry["operationID"]] = len(self._new)
            self._new.append(dict(entry["state"]))
        for name, old in (
            ("removeOld", self._old_gone),
            ("deleteOld", self._old_to_delete),
            ("pendingReplacementOld", self._old_to_replace),
        ):
            if entry.get(name) is not None:
                old.add(entry[name])
        if entry.get("removeNew") is not None:
            self._new_gone.add(self._place(entry["removeNew"]))
        if entry.get("deleteNew") is not None:
            self._new[self._place(entry["deleteNew"])]["delete"] = True
        if entry.get("pendingReplacementNew") is not None:
            self._new[self._place(entry["pendingReplacementNew"])]["pendingReplacement"] = True

    def _instead(self, entry: Entry, *, drop: bool) -> None:
        """Put a resource's new state in its old place; without a state it is gone, where ``drop``."""
        state, old, new = entry.get("state"), entry.get("removeOld"), entry.get("removeNew")
        if old is not None and state is not None:
            self._old_instead[old] = dict(state)
        elif old is not None and drop:
            self._old_gone.add(old)
        if new is not None and state is not None:
            self._new[self._place(new)] = dict(state)
        elif new is not None and drop:
            self._new_gone.add(self._place(new))

    def _place(self, operation: int) -> int:
        try:
            return self._index[operation]
        except KeyError:
            raise StateError(f"the journal speaks of operation {operation}, which it does not have") from None

    def failed_creates(self) -> list[dict[str, Any]]:
        """The operations of creates that the engine was told have failed, in order."""
        return [operation for operation in self._failed if operation.get("type") == CREATING]

    def failed_updates(self) -> list[dict[str, Any]]:
        """The same of updates: some of their steps may have been taken."""
        return [operation for operation in self._failed if operation.get("type") == UPDATING]

    def made(self) -> frozenset[str]:
        """URNs of creates whose outcome the entries have."""
        return frozenset(self._made)

    def deployment(self) -> Deployment:
        """The state after the entries that were added."""
        resources = [dict(item) for place, item in enumerate(self._new) if place not in self._new_gone]
        resources += self._old_resources()
        pending = [operation for operation in self._begun.values() if operation is not None]
        # A create whose outcome is not known stays, whatever happens, until somebody has looked for it.
        pending += [item for item in self._base.get("pending_operations") or () if item["type"] == CREATING]
        if self._refreshed:
            _without_dangling(resources)
        _follow_aliases(resources)
        found = {
            **self._base,
            "manifest": {"time": datetime.now(UTC).isoformat(), "magic": "", "version": ""},
            "resources": resources,
            "pending_operations": pending,
            "extensions": self._extensions | (self._base.get("extensions") or {}),
        }
        return {key: value for key, value in found.items() if value or key in ("manifest", "metadata")}

    def _old_resources(self) -> Iterable[dict[str, Any]]:
        for place, resource in enumerate(self._base.get("resources") or ()):
            if place in self._old_gone:
                continue
            if place in self._old_instead:
                yield dict(self._old_instead[place])
                continue
            found = dict(resource)
            if place in self._old_to_replace:
                found["pendingReplacement"] = True
            if place in self._old_to_delete:
                found["delete"] = True
            yield found

    @property
    def has_bytes(self) -> bool:
        """Whether some value holds bytes that are no text."""
        return self._bytes


def features(deployment: Deployment, *, has_bytes: bool = False) -> list[str]:
    """What a reader must know to take the deployment, sorted; with any the document's version is 4, else 3."""
    found = {"byteString"} if has_bytes else set()
    operations = [item["resource"] for item in deployment.get("pending_operations") or ()]
    for resource in [*(deployment.get("resources") or ()), *operations]:
        found |= {feature for name, feature in _FEATURES.items() if resource.get(name)}
    if deployment.get("snippets"):
        found.add("snippets-prototype")
    return sorted(found)


def _without_dangling(resources: list[dict[str, Any]]) -> None:
    """Drop what refers to resources that a refresh took away; a child goes to its parent's parent."""
    there: set[str] = set()
    parents: dict[str, str] = {}
    for resource in resources:
        for name in ("dependencies", "replaceWith"):
            if resource.get(name):
                resource[name] = [urn for urn in resource[name] if urn in there]
        if resource.get("propertyDependencies"):
            kept = {
                key: [urn for urn in urns or () if urn in there]
                for key, urns in resource["propertyDependencies"].items()
            }
            resource["propertyDependencies"] = {key: urns for key, urns in kept.items() if urns}
        if resource.get("deletedWith") not in there:
            resource.pop("deletedWith", None)
        there.add(resource["urn"])
    for resource in resources:
        parent = resource.get("parent", "")
        if parent and parent not in there:
            resource["parent"] = parents.get(parent, "")
        parents[resource["urn"]] = resource.get("parent", "")


def _follow_aliases(resources: list[dict[str, Any]]) -> None:
    """Write every reference by the name that a resource has now, and forget its former names."""
    now: dict[str, str] = {}
    for resource in resources:
        for alias in resource.get("aliases") or ():
            now[alias] = resource["urn"]
        parent = now.get(resource.get("parent", ""))
        if parent and _qualified_type(parent) != "pulumi:pulumi:Stack":
            head, _, rest = resource["urn"].partition("::")
            project, _, tail = rest.partition("::")
            type_, _, name = tail.partition("::")
            own = type_.rsplit("$", 1)[-1]
            now[resource["urn"]] = f"{head}::{project}::{_qualified_type(parent)}${own}::{name}"
    if not now:
        return
    for resource in resources:
        for name in ("urn", "parent", "deletedWith", "viewOf"):
            if resource.get(name):
                resource[name] = now.get(resource[name], resource[name])
        if resource.get("provider"):
            urn, _, identity = resource["provider"].rpartition("::")
            resource["provider"] = f"{now.get(urn, urn)}::{identity}"
        if resource.get("dependencies"):
            resource["dependencies"] = [now.get(urn, urn) for urn in resource["dependencies"]]
        if resource.get("propertyDependencies"):
            resource["propertyDependencies"] = {
                key: [now.get(urn, urn) for urn in urns or ()] for key, urns in resource["propertyDependencies"].items()
            }
        resource.pop("aliases", None)


def _qualified_type(urn: str) -> str:
    return urn.split("::", 3)[2]
