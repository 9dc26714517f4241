"""A plan that somebody read: what a preview said, kept in a file, and what differs from it now.

The file says for each resource what is done to it, to which one (its id), and what it would be, each property by a
keyed digest: two previews can be compared property by property and the file tells nobody a value. Physical names are
left out: a part of them is random in each preview.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mcloud import __version__
from mcloud.engine.events import ANEW, NO_CHANGE, Event, Progress, is_ours
from mcloud.engine.move import Move
from mcloud.errors import BlockedError, UsageError
from mcloud.model.graph import Graph
from mcloud.model.resources import BY_TOKEN

VERSION = 1
NOT_PLANNED = frozenset({"name"})
"""Inputs that each preview makes anew."""
WORDS = {"create": "create", "update": "change", "delete": "delete", "replace": "replace"}
Listen = Callable[[Progress, Event], None]


@dataclass(frozen=True)
class Operation:
    """What is done to one resource.

    Attributes:
        urn: the engine's name of it.
        ops: the engine's words, sorted; ``replace`` for a replacement and all that belongs to it.
        ids: the engine's ids of what is changed, replaced or deleted, sorted.
        inputs: property -> keyed digest of its value, of what would be there.
    """

    urn: str
    ops: tuple[str, ...]
    ids: tuple[str, ...] = ()
    inputs: Mapping[str, str] | None = None

    @property
    def words(self) -> str:
        """The resource, for people."""
        kind = BY_TOKEN.get(self.urn.split("::")[2].split("$")[-1])
        return f"{kind.word if kind else 'resource'} {self.urn.rsplit('::', 1)[1]}"

    @property
    def verb(self) -> str:
        """What is done, for people."""
        return " and ".join(WORDS.get(op, op) for op in self.ops)


@dataclass(frozen=True)
class SavedPlan:
    """A plan.

    Attributes:
        stack: the stack's name.
        state_id: the state's random id: a plan is for one state.
        state: digest of what the state had.
        graph: keyed digest of what the stack file asked for.
        made_at: ISO 8601, UTC.
        mcloud: the version that made it.
        operations: by URN.
        stays, returns: ids of what a change of placement leaves behind, and takes up again; sorted.
    """

    stack: str
    state_id: str
    state: str
    graph: str
    made_at: str
    mcloud: str
    operations: tuple[Operation, ...]
    stays: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()

    @property
    def age(self) -> str:
        """How old it is, for people."""
        seconds = max(0.0, (datetime.now(UTC) - datetime.fromisoformat(self.made_at)).total_seconds())
        for size, word in ((86400, "days"), (3600, "hours")):
            if seconds >= 2 * size:
                return f"{seconds / size:.0f} {word}"
        return f"{seconds / 60:.0f} minutes"


def make_plan(
    graph: Graph,
    resources: Iterable[Mapping[str, Any]],
    changes: Iterable[Event],
    move: Move,
    state_id: str,
    key: bytes,
) -> SavedPlan:
    """The plan that a preview's changes make.

    Args:
        resources: the state's.
        changes: what the engine would do.
        key: of the digests.
    """
    asked = [[node.address, node.inputs, node.protect] for node in graph.nodes]
    return SavedPlan(
        graph.stack,
        state_id,
        _digest([{name: item.get(name) for name in ("urn", "id", "inputs", "outputs")} for item in resources], key),
        _digest([asked, graph.outputs], key),
        datetime.now(UTC).isoformat(timespec="seconds"),
        __version__,
        operations_of(changes, key),
        tuple(sorted(str(item["id"]) for item in move.stays)),
        tuple(sorted(item.id for item in move.returns)),
    )


def operations_of(changes: Iterable[Event], key: bytes) -> tuple[Operation, ...]:
    """Changes, the parts of a replacement as one, by URN."""
    found: dict[str, list[Event]] = {}
    for event in changes:
        found.setdefault(event.urn, []).append(event)
    return tuple(_operation(urn, found[urn], key) for urn in sorted(found))


def _operation(urn: str, events: Sequence[Event], key: bytes) -> Operation:
    made = [event for event in events if event.op not in ("delete", "delete-replaced") and event.inputs]
    inputs = {
        name: _digest(value, key)
        for event in made
        for name, value in sorted(event.inputs.items())
        if name not in NOT_PLANNED
    }
    return Operation(
        urn,
        tuple(sorted({_op(event) for event in events})),
        tuple(sorted({event.old_id for event in events if event.old_id})),
        inputs or None,
    )


def _op(event: Event) -> str:
    return "replace" if event.op in ANEW else event.op


def _digest(value: Any, key: bytes) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hmac.new(b"plan " + key, text.encode(), hashlib.sha256).hexdigest()[:24]


def differences(saved: SavedPlan, now: SavedPlan) -> list[str]:
    """What would be done otherwise than the plan says, a line each."""
    before, after = ({item.urn: item for item in plan.operations} for plan in (saved, now))
    lines = []
    for urn in sorted(before.keys() | after.keys()):
        old, new = before.get(urn), after.get(urn)
        if old is None and new is not None:
            lines.append(f"{new.words}: it would {new.verb} it; the plan does nothing to it")
        elif new is None and old is not None:
            lines.append(f"{old.words}: it would do nothing to it; the plan says {old.verb}")
        elif old is not None and new is not None:
            lines += _of_one(old, new)
    for what, first, second in (
        ("left behind", saved.stays, now.stays),
        ("taken up again", saved.returns, now.returns),
    ):
        lines += [f"{known}: it would be {what}; the plan does not say so" for known in sorted({*second} - {*first})]
        lines += [f"{known}: it would not be {what}; the plan says so" for known in sorted({*first} - {*second})]
    return lines


def _of_one(old: Operation, new: Operation) -> list[str]:
    if old.ops != new.ops:
        return [f"{new.words}: it would {new.verb} it; the plan says {old.verb}"]
    if old.ids != new.ids:
        return [f"{new.words}: it is {', '.join(new.ids)} now; the plan is for {', '.join(old.ids)}"]
    first, second = old.inputs or {}, new.inputs or {}
    other = sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
    return [f"{new.words}: {', '.join(other)} would be otherwise than in the plan"] if other else []


def require_same(saved: SavedPlan, now: SavedPlan, where: Path) -> None:
    """Refuse what is not in the plan.

    Raises:
        BlockedError: what would be done differs.
    """
    lines = differences(saved, now)
    if not lines:
        return
    causes = [
        *(["the stack file was changed"] if saved.graph != now.graph else []),
        *(["the state is another one than then"] if saved.state != now.state else []),
    ]
    why = " and ".join(causes) or "what the cloud has or offers is another than then"
    raise BlockedError(
        f"what would be done differs from the plan, which is {saved.age} old; {why}:\n  " + "\n  ".join(lines),
        hint="mcloud preview --save makes a new plan",
        where=str(where),
    )


def only_planned(operations: Iterable[Operation], listen: Listen) -> Listen:
    """A listener that refuses, as soon as the engine starts with it, what is not among the operations."""
    allowed = {(item.urn, op) for item in operations for op in item.ops}

    def hear(progress: Progress, event: Event) -> None:
        works = event.kind == "started" and is_ours(event) and event.op not in NO_CHANGE
        if works and (event.urn, _op(event)) not in allowed:
            raise BlockedError(
                f"the engine began to {WORDS.get(_op(event), event.op)} {event.name}, which was not planned; "
                "it was stopped, and what it had begun is in the state",
                hint="mcloud preview shows what is left to do",
            )
        listen(progress, event)

    return hear


def write_plan(plan: SavedPlan, path: Path) -> None:
    """Write it, for its owner alone.

    Raises:
        UsageError: it cannot be written there.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump({"mcloud_plan": VERSION, **asdict(plan)}, file, indent=1)
            file.write("\n")
        os.replace(fresh, path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise UsageError(f"the plan cannot be written: {error.strerror}", where=str(path)) from error


def read_plan(path: Path, stack: str, state_id: str) -> SavedPlan:
    """Read one that is for this stack and state.

    Raises:
        UsageError: it cannot be read, or is for another one.
    """
    hint = "mcloud preview --save makes one"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("mcloud_plan") != VERSION:
            raise UsageError("the plan is of a version that is not known", where=str(path), hint=hint)
        operations = tuple(
            Operation(item["urn"], tuple(item["ops"]), tuple(item["ids"]), item["inputs"])
            for item in document.pop("operations")
        )
        stays, returns = tuple(document.pop("stays")), tuple(document.pop("returns"))
        plan = SavedPlan(**document, operations=operations, stays=stays, returns=returns)
    except OSError as error:
        raise UsageError(f"the plan cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError("this is no plan", where=str(path), hint=hint) from error
    if plan.stack != stack:
        raise UsageError(f"the plan is for the stack {plan.stack!r}, not {stack!r}", where=str(path))
    if plan.state_id != state_id:
        raise UsageError("the plan is for another state of the stack", where=str(path), hint=hint)
    return plan
