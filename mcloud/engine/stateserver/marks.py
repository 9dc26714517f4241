"""What a move of a stack to another store leaves in both of them, so that at each moment one of them has the stack.

    .moves/STACK.mark   in the store that it leaves: leaving, then left; in the store that it goes to: arriving

While there is such a mark no run begins there. ``left`` is the moment from which the other store has the stack.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from mcloud.engine.stateserver.store import Blob, Changed, Store
from mcloud.errors import StateError

LEAVING, LEFT, ARRIVING, GIVEN_UP = "leaving", "left", "arriving", "given up"
FOLDER = ".moves/"
ENDING = ".mark"


@dataclass(frozen=True)
class Mark:
    """One store's side of a move.

    Attributes:
        id: of the move, the same on both sides.
        phase: leaving, left, arriving; given up, which holds nobody back.
        peer: address of the other store.
        since: seconds since 1970.
        user, host: who moves it, from which machine.
        kept: what the old state is called in the store that it left.
    """

    id: str
    phase: str
    peer: str
    since: float
    user: str
    host: str
    kept: str

    def refusal(self, stack: str) -> StateError | None:
        """Why no run may begin on this side; None when one may."""
        since = datetime.fromtimestamp(self.since, UTC).isoformat(timespec="seconds")
        by = f"by {self.user} on {self.host} since {since}"
        if self.phase == LEFT:
            return StateError(
                f"the state of the stack {stack!r} was moved to {self.peer} {by.replace('since', 'at')}",
                hint=self._way(),
            )
        if self.phase == LEAVING:
            return StateError(
                f"the state of the stack {stack!r} is being moved to {self.peer} {by}",
                hint="run the same mcloud state move again, which completes it;"
                " or mcloud state unlock STACK_FILE --force, which gives it up",
            )
        if self.phase == ARRIVING:
            return StateError(
                f"the state of the stack {stack!r} is being moved here from {self.peer} {by}",
                hint=f"where it comes from ({self._way()}), run the same mcloud state move again, which completes it",
            )
        return None

    def _way(self) -> str:
        if self.peer.startswith("file:"):
            return f"on {self.host}, without MCLOUD_BACKEND_URL or with that of its folder"
        return f"export MCLOUD_BACKEND_URL='{self.peer}'"


def read_mark(store: Store, stack: str) -> tuple[Mark | None, Blob | None]:
    """The mark of a stack, and the document that it is in.

    Raises:
        StateError: it is damaged.
    """
    blob = store.get(_key(stack))
    if blob is None:
        return None, None
    try:
        return Mark(**json.loads(blob.data)), blob
    except (ValueError, TypeError) as error:
        raise StateError("the mark of a move is damaged", where=f"{store.title}/{_key(stack)}") from error


def write_mark(store: Store, stack: str, mark: Mark, before: Mark | None = None) -> None:
    """Put a mark in place of the former one, if any.

    Args:
        before: what the former one must be; left out, anything.

    Raises:
        Changed: somebody else has written one in between.
    """
    found, blob = read_mark(store, stack)
    if before is not None and found != before:
        raise Changed(f"the move of the stack {stack!r} was given up by somebody else", where=store.title)
    store.put(_key(stack), json.dumps(asdict(mark)).encode(), blob.tag if blob else None)


def remove_mark(store: Store, stack: str) -> None:
    """Let runs begin again."""
    store.delete(_key(stack))


def marks(store: Store) -> dict[str, Mark]:
    """All marks of a store, by stack."""
    names = [key.removeprefix(FOLDER).removesuffix(ENDING) for key in store.keys(FOLDER)]
    return {name: mark for name in names if (mark := read_mark(store, name)[0]) is not None}


def _key(stack: str) -> str:
    return f"{FOLDER}{stack}{ENDING}"
