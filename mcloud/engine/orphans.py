"""What carries this folder's mark on the cloud and is in no state: found by listing, deleted by name only.

The mark is the physical name, which holds the state's random id (``adapter/naming``). What has no name of its own
(rules, attachments, addresses, routes, interfaces on some clouds) belongs to something that has one, and goes with it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mcloud.adapter.inventory import Surplus
from mcloud.adapter.kind import Kind, Native
from mcloud.adapter.naming import logical_name
from mcloud.adapter.operations import Operations
from mcloud.engine.aside import Aside, name_of
from mcloud.engine.provider.context import Context
from mcloud.engine.state import StateFolder
from mcloud.errors import CloudError, McloudError, ProfileError, UsageError
from mcloud.model.base import Placement
from mcloud.model.resources import BY_TOKEN, KINDS, holds_data_as

Tell = Callable[[str], None]
Look = Callable[[Any], Iterable[Surplus]]
ORDER = (
    "Listener",
    "Pool",
    "Certificate",
    "LoadBalancer",
    "VolumeAttachment",
    "PublicIp",
    "Route",
    "NetworkInterface",
    "Server",
    "Volume",
    "SecurityGroupRule",
    "SecurityGroup",
    "PlacementGroup",
    "KeyPair",
    "Bucket",
    "Subnet",
    "Network",
)
"""What is deleted first, where several are."""


@dataclass(frozen=True)
class Known:
    """What belongs to somebody: every state of the folder, what they left behind, what is being made.

    Attributes:
        ids: the engine's ids.
        names: physical names of creates whose outcome no state has yet.
        logical: kind and name of what a state has.
    """

    ids: frozenset[str]
    names: frozenset[str]
    logical: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Orphan:
    """One thing that is ours and in no state.

    Attributes:
        kind: of ``KINDS``; empty for what only the cloud's console can delete.
        word: the kind for people.
        name: on the cloud.
        at: its home.
        native_id: the cloud's id.
        twin: whether a state has another one of the same kind and name.
        data: whether something would be missed.
    """

    kind: str
    word: str
    name: str
    at: Placement
    native_id: str
    twin: bool = False
    data: bool = False

    @property
    def id(self) -> str:
        """The engine's id."""
        return self.at.id_of(self.native_id)

    @property
    def advice(self) -> str:
        """What to do about it."""
        if not self.kind:
            return "look at it in the cloud's console; mcloud does not delete it"
        why = "a second one beside the state's" if self.twin else "no state has it"
        return f"{why}; --delete {self.name} deletes it{' with its data' if self.data else ''}"


def known(state: StateFolder, stacks: Iterable[str]) -> Known:
    """What the states of these stacks, and their lists of what was left behind, have.

    Raises:
        StateError: one is damaged.
    """
    ids: set[str] = set()
    names: set[str] = set()
    logical: set[tuple[str, str]] = set()
    for stack in stacks:
        resources = [*state.resources(stack), *(item.resource for item in Aside(state, stack).read())]
        for item in resources:
            if item.get("id") and item["type"] in BY_TOKEN:
                ids.add(str(item["id"]))
                logical.add((BY_TOKEN[item["type"]].kind, name_of(item)))
        pending = [item["resource"] for item in state.pending_creates(stack)]
        names |= {str((item.get("inputs") or {}).get("name")) for item in pending}
        ids |= {begun["id"] for begun in state.begun_creates(stack).values() if begun.get("id")}
    return Known(frozenset(ids), frozenset(names), frozenset(logical))


def known_everywhere(state: StateFolder, stack: str, tell: Tell) -> Known:
    """The same of all stacks that have this state's id, in whatever store they are, and of one more.

    Raises:
        StateError: one is damaged, or a store cannot be reached.
    """
    all_of_them = [known(state, {*state.names(), stack})]
    all_of_them += [known(other, other.names()) for other in state.elsewhere(tell)]
    return Known(
        frozenset().union(*(one.ids for one in all_of_them)),
        frozenset().union(*(one.names for one in all_of_them)),
        frozenset().union(*(one.logical for one in all_of_them)),
    )


def find_orphans(
    context: Context, homes: Iterable[Placement], theirs: Known
) -> tuple[list[Orphan], dict[str, McloudError]]:
    """List what is ours and nobody's, what is deleted first at the head; touches nothing.

    Returns:
        The orphans, and what could not be looked at, with the reason.
    """
    found: list[Orphan] = []
    unseen: dict[str, McloudError] = {}

    def look(what: str, rows: Callable[[], Iterable[Orphan]]) -> None:
        try:
            found.extend(rows())
        except (CloudError, ProfileError) as error:
            unseen[what] = error

    for at in homes:
        operations, mark = context.operations(at), context.state_id
        for kind in operations.adapter.kinds.values():
            if "name" in KINDS[kind.kind].inputs.model_fields:
                look(f"{KINDS[kind.kind].word} at {at}", partial(_of_kind, operations, kind, at, mark, theirs))
        for word, rows in operations.adapter.inventory().surplus.items():
            look(f"{word} at {at}", partial(_beyond_kinds, operations, word, rows, at, mark, theirs))
    return sorted(found, key=lambda item: (_rank(item.kind), str(item.at), item.name, item.native_id)), unseen


def _rank(kind: str) -> int:
    return ORDER.index(kind) if kind in ORDER else len(ORDER)


def is_ours(name: str, state_id: str) -> bool:
    """Whether a physical name has this state's id in it."""
    return re.fullmatch(rf".+-{re.escape(state_id)}-[0-9a-f]{{5}}", name) is not None


def _of_kind(operations: Operations, kind: Kind, at: Placement, state_id: str, theirs: Known) -> Iterator[Orphan]:
    session = operations.session
    rows = operations.call(f"list {kind.kind}", lambda: list(kind.list(session)), retry=True)
    for native_id, native in rows:
        inputs = kind.observe(at, native).inputs
        name = str(inputs.get("name") or "")
        if not is_ours(name, state_id) or name in theirs.names:
            continue
        ids = {at.id_of(native_id), at.id_of(kind.final_id(native_id, native))}
        if ids & theirs.ids or _is_on_its_way_out(operations, kind, native_id, native):
            continue
        twin = (kind.kind, logical_name(name)) in theirs.logical
        data = holds_data_as(kind.kind, inputs)
        yield Orphan(kind.kind, KINDS[kind.kind].word, name, at, native_id, twin, data)


def _is_on_its_way_out(operations: Operations, kind: Kind, native_id: str, native: Native) -> bool:
    return kind.poll(operations.session, native_id, native).phase == "gone"


def _beyond_kinds(
    operations: Operations, word: str, look: Look, at: Placement, state_id: str, theirs: Known
) -> Iterator[Orphan]:
    """What the account holds beside the kinds, where it carries the mark and nothing of ours owns it."""
    for item in operations.call(f"list {word}", lambda: list(look(operations.session)), retry=True):
        if is_ours(item.name, state_id) and item.owner is None and at.id_of(item.native_id) not in theirs.ids:
            yield Orphan("", item.type, item.name, at, item.native_id)


def chosen(orphans: Sequence[Orphan], names: Iterable[str]) -> list[Orphan]:
    """What was named: by its name on the cloud or by its id.

    Raises:
        UsageError: no such orphan, several of the name, or one that mcloud does not delete.
    """
    found: list[Orphan] = []
    for name in names:
        matches = [item for item in orphans if name in (item.name, item.native_id, item.id)]
        if not matches:
            close = difflib.get_close_matches(name, [item.name for item in orphans], n=1)
            listed = ", ".join(item.name for item in orphans) or "there are none"
            hint = f"did you mean {close[0]!r}?" if close else f"orphans: {listed}"
            raise UsageError(f"{name!r} is no orphan, so it is not deleted here", hint=hint)
        if len(matches) > 1:
            raise UsageError(
                f"there are {len(matches)} orphans called {name!r}",
                hint=f"say which: {', '.join(item.id for item in matches)}",
            )
        if not matches[0].kind:
            raise UsageError(f"mcloud does not delete a {matches[0].word}", hint=matches[0].advice)
        found += [item for item in matches if item not in found]
    return sorted(found, key=orphans.index)


def delete_orphans(context: Context, condemned: Iterable[Orphan], tell: Tell) -> list[Orphan]:
    """Delete these, one after another.

    Returns:
        What was deleted.

    Raises:
        CloudError: one was refused; those before it are gone.
    """
    gone = []
    for item in condemned:
        operations = context.operations(item.at)
        tell(f"deleting {item.word} {item.name}")
        operations.delete(operations.adapter.kinds[item.kind], item.native_id, f"{item.word} {item.name}", tell)
        gone.append(item)
    return gone
