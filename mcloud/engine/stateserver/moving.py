"""Moves a stack from one store to another: journal folded in, state and former versions copied, then read back.

Killed at any point, one of the two stores has the stack and no run begins in the other; the same move again completes
it. The old state stays in the store that it left, under another name.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from mcloud.engine.stateserver.marks import (
    ARRIVING,
    GIVEN_UP,
    LEAVING,
    LEFT,
    Mark,
    read_mark,
    remove_mark,
    write_mark,
)
from mcloud.engine.stateserver.stacks import Stacks
from mcloud.engine.stateserver.store import Store
from mcloud.errors import McloudError, StateError

STATE = "state.json"
OLD_STATE = "old-state.json"
"""Another name, for what has a state.json is a stack."""


@dataclass(frozen=True)
class Moved:
    """What was moved.

    Attributes:
        kept: what the old state is called in the store that it left.
        version: of the state.
        resources, former: how many resources and former versions it has.
        said: what was done on the way, for telling.
    """

    kept: str
    version: int
    resources: int
    former: int
    said: tuple[str, ...] = ()


def move_stack(stack: str, source: Stacks, target: Stacks, here: str, there: str) -> Moved:
    """Move a stack, or complete a move that was cut off.

    Args:
        here, there: addresses of the stores.

    Raises:
        StateLocked: a run holds the stack.
        StateError: there is no such stack, or the other store has one already; or the other store does not give back
            what was written, and then the stack is where it was.
    """
    mark, _ = read_mark(source.store, stack)
    if mark is not None and mark.phase == LEFT and mark.peer == there and target.exists(stack):
        return _finish(stack, source.store, target, mark)
    if not source.exists(stack):
        refusal = mark.refusal(stack) if mark is not None else None
        raise refusal or StateError(f"there is no state of the stack {stack!r}", where=source.store.title)
    said = source.take(stack, "move", moving=there)
    try:
        mark = _begin(stack, source, target, there)
        try:
            write_mark(target.store, stack, replace(mark, phase=ARRIVING, peer=here))
            _copy(stack, source.store, target.store)
            _keep(stack, source.store, mark)
        except BaseException:
            with suppress(McloudError):
                _give_up(stack, source.store, target.store, mark)
            raise
        # What is cut off from here on is completed, never taken back.
        write_mark(source.store, stack, replace(mark, phase=LEFT, since=time.time()), before=mark)
    finally:
        source.release(stack)
    return replace(_finish(stack, source.store, target, mark), said=tuple(said))


def _begin(stack: str, source: Stacks, target: Stacks, there: str) -> Mark:
    """Mark the side that it leaves; from now on no run begins there."""
    before, _ = read_mark(source.store, stack)
    now, owner = time.time(), source.owner
    if before is not None and before.phase in (LEAVING, GIVEN_UP) and before.peer == there:
        made = replace(before, phase=LEAVING, since=now, user=owner.user, host=owner.host)
    else:
        number = secrets.token_hex(8)
        kept = f"{stack}.moved-{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}-{number[:4]}"
        made = Mark(number, LEAVING, there, now, owner.user, owner.host, kept)
    found, _ = read_mark(target.store, stack)
    if found is not None and found.phase == ARRIVING:
        if found.id != made.id:
            raise found.refusal(stack) or AssertionError
    elif target.exists(stack):
        raise StateError(
            f"there is a state of the stack {stack!r} in {target.store.title} already",
            hint="move that one away first, or choose another place",
        )
    write_mark(source.store, stack, made)
    return made


def _copy(stack: str, source: Store, target: Store) -> None:
    """Copy all of it, the state last, and read it back."""
    _clear(stack, target)
    for key in _documents(stack, source):
        _copy_one(source, key, target, key)


def _keep(stack: str, store: Store, mark: Mark) -> None:
    """Keep the old one under another name, in place of what an attempt that was cut off has kept."""
    _drop_kept(store, mark)
    for key in _documents(stack, store):
        rest = key.removeprefix(f"{stack}/")
        _copy_one(store, key, store, f"{mark.kept}/{OLD_STATE if rest == STATE else rest}")


def _drop_kept(store: Store, mark: Mark) -> None:
    for key in (*store.keys(f"{mark.kept}/history/"), f"{mark.kept}/{OLD_STATE}"):
        store.delete(key)


def _copy_one(source: Store, key: str, target: Store, other: str) -> None:
    blob = source.get(key)
    if blob is None:
        raise StateError("it was removed by somebody else", where=f"{source.title}/{key}")
    target.put(other, blob.data, None)
    written = target.get(other)
    if written is None or written.data != blob.data:
        raise StateError("what was written is not what is read", where=f"{target.title}/{other}")


def _documents(stack: str, store: Store) -> Iterator[str]:
    """Keys of all that belongs to a stack, the state last."""
    yield from store.keys(f"{stack}/history/")
    yield f"{stack}/{STATE}"


def _clear(stack: str, store: Store) -> None:
    """Remove a stack's documents, the state first: without it there is no stack."""
    for key in reversed(list(_documents(stack, store))):
        store.delete(key)
    store.delete(f"{stack}/lease.json")


def _finish(stack: str, source: Store, target: Stacks, mark: Mark) -> Moved:
    """The other store has the stack; take it away here, and open it there, where that was not done before."""
    found, _ = read_mark(target.store, stack)
    if found is not None and (found.phase, found.id) == (ARRIVING, mark.id):
        _clear(stack, source)
        remove_mark(target.store, stack)
    view = target.view(stack)
    former = len(target.store.keys(f"{stack}/history/"))
    return Moved(mark.kept, view.version, len(view.deployment.get("resources") or ()), former)


def _give_up(stack: str, source: Store, target: Store, mark: Mark) -> None:
    """Everything is where it was. What cannot be removed of the copy is no stack there, and the next move knows it."""
    _drop_kept(source, mark)
    try:
        _clear(stack, target)
        remove_mark(target, stack)
    except McloudError:
        write_mark(source, stack, replace(mark, phase=GIVEN_UP), before=mark)
    else:
        remove_mark(source, stack)


def give_up_move(stack: str, stacks: Stacks) -> str | None:
    """Let runs begin again in a store that a move was leaving; what was done, for telling.

    Raises:
        StateError: the other store has the stack, or it comes from another one.
    """
    mark, _ = read_mark(stacks.store, stack)
    refusal = mark.refusal(stack) if mark is not None else None
    if mark is None or refusal is None:
        return None
    if mark.phase == ARRIVING or (mark.phase == LEFT and stacks.exists(stack)):
        raise refusal
    write_mark(stacks.store, stack, replace(mark, phase=GIVEN_UP))
    return f"the mark of the move to {mark.peer}"
