"""A state as a document of the engine's own form: what ``state export`` prints and ``state import`` takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcloud.engine.stateserver.replay import VERSION, VERSION_WITH_FEATURES, Deployment
from mcloud.errors import StateError
from mcloud.model.base import split_id

HINT = "mcloud state export prints what can be imported"
Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Exported:
    """What is in such a document."""

    deployment: Deployment
    features: tuple[str, ...]


def document(deployment: Deployment, features: Iterable[str]) -> dict[str, Any]:
    """The document of a state."""
    needed = sorted(features)
    found = {"version": VERSION_WITH_FEATURES if needed else VERSION, "deployment": deployment}
    return {**found, "features": needed} if needed else found


def read(file: Path, stack: str, before: Iterable[Resource] = ()) -> Exported:
    """The state in an exported file.

    Args:
        stack: the stack that it is for.
        before: the resources that the stack has now.

    Raises:
        StateError: no such file, a damaged one, or the state of another stack or account.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise StateError(f"the file cannot be read: {error.strerror}", where=str(file)) from error
    except UnicodeDecodeError as error:
        raise StateError(f"the file is no text at byte {error.start}", where=str(file), hint=HINT) from error
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{file}:{error.lineno}:{error.colno}"
        raise StateError(f"the file is damaged: {error.msg}", where=where, hint=HINT) from error
    try:
        version, deployment, features = found["version"], found["deployment"], tuple(found.get("features") or ())
        resources = list(deployment.get("resources") or ())
        urns = [str(resource["urn"]) for resource in resources]
        [resource["type"] for resource in resources]
        [operation["resource"]["urn"] for operation in deployment.get("pending_operations") or ()]
    except (KeyError, TypeError, AttributeError) as error:
        raise StateError("this is no exported state", where=str(file), hint=HINT) from error
    if version not in (VERSION, VERSION_WITH_FEATURES):
        raise StateError(f"the state has version {version}, which is not known", where=str(file), hint=HINT)
    foreign = [urn for urn in urns if not urn.startswith(f"urn:pulumi:{stack}::")]
    if foreign:
        message = f"this is the state of another stack: it has {foreign[0]}"
        raise StateError(message, where=_place(file, text, foreign[0]))
    problem = _torn(resources) or _foreign_account(resources, before)
    if problem is not None:
        urn, message = problem
        raise StateError(message, where=_place(file, text, urn))
    return Exported(dict(deployment), features)


def _place(file: Path, text: str, urn: str) -> str:
    """The line that has the resource."""
    found = text.find(json.dumps(urn))
    return str(file) if found < 0 else f"{file}:{text.count(chr(10), 0, found) + 1}"


def _torn(resources: Iterable[Resource]) -> tuple[str, str] | None:
    """The first resource that does not fit in with the others, and why: the engine would refuse the whole state."""
    before: set[str] = set()
    alive: set[str] = set()
    for item in resources:
        urn = str(item["urn"])
        provider = str(item.get("provider") or "").rpartition("::")[0]
        needed = [item.get("parent"), provider, *(item.get("dependencies") or ())]
        missing = [str(one) for one in needed if one and one not in before]
        if missing:
            return urn, f"the state is not whole: {urn} needs {missing[0]}, which is not there before it"
        if not item.get("delete"):
            if urn in alive:
                return urn, f"the state is damaged: it has {urn} twice"
            alive.add(urn)
        before.add(urn)
    return None


def _foreign_account(resources: Iterable[Resource], before: Iterable[Resource]) -> tuple[str, str] | None:
    """The first resource of another account than the others at its home, or than what the stack has there now."""
    accounts = {home: account for home, account, _ in _accounts(before)}
    whose = {home: "the stack's is" for home in accounts}
    for home, account, urn in _accounts(resources):
        known = accounts.setdefault(home, account)
        if known != account:
            which = whose.get(home, "others in the file are of")
            return urn, f"{urn} is of the account {account} at {home}, and {which} {known}"
    return None


def _accounts(resources: Iterable[Resource]) -> Iterable[tuple[str, str, str]]:
    for item in resources:
        account = (item.get("outputs") or {}).get("account")
        if account and item.get("id") and str(item["type"]).startswith("mcloud:"):
            yield split_id(str(item["id"]))[0].home, str(account), str(item["urn"])
