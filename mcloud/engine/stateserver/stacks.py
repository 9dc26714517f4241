"""Stacks in a store: who works on one, its state, and the journal of the run under way.

    STACK/state.json             the state after the last run that ended or was taken over
    STACK/lease.json             who works on it
    STACK/journal/UPDATE.jsonl   what the run under way has done: a header, the engine's entries, the provider's creates
    STACK/history/NUMBER.json    former states with who made them, the last ones

A run that ends folds its journal into the state; one that was cut off leaves it for the next. Whoever reads the state
gets both together, so what was acknowledged counts from then on.
"""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from mcloud.engine.stateserver.lease import Lease, Owner
from mcloud.engine.stateserver.marks import LEAVING, read_mark
from mcloud.engine.stateserver.replay import EMPTY, Deployment, Replay, features
from mcloud.engine.stateserver.store import Blob, Changed, Store, StoreFull
from mcloud.errors import StateError, StateLocked

FORMAT = 1
KEPT_VERSIONS = 20
Line = Mapping[str, Any]
Create = dict[str, str]
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


@dataclass
class View:
    """A stack's state with what the journal adds to it.

    Attributes:
        version: of the state; counts runs that changed it.
        deployment: the engine's document.
        features: what a reader must know to take it.
        creates: by URN, creates that were begun and whose outcome the state lacks: ``id`` (the engine's, where the
            cloud had told it) and ``account``.
        update: what the last run was: kind, result, who, when.
        tag: of the stored state.
        dangling: ids of updates whose journals are not folded in yet.
    """

    version: int
    deployment: Deployment
    features: list[str] = field(default_factory=list)
    creates: dict[str, Create] = field(default_factory=dict)
    update: dict[str, Any] = field(default_factory=dict)
    tag: str | None = None
    dangling: dict[str, dict[str, Any]] = field(default_factory=dict)

    def copy(self) -> View:
        """Another one with the same; what is in the resources is shared."""
        deployment = dict(self.deployment)
        for name in ("resources", "pending_operations"):
            if deployment.get(name):
                deployment[name] = [dict(item) for item in deployment[name]]
        return View(
            self.version,
            deployment,
            list(self.features),
            dict(self.creates),
            dict(self.update),
            self.tag,
            dict(self.dangling),
        )


class Stacks:
    """The stacks in a store, for one run.

    Every method raises StateError where the store cannot be used or what is in it is damaged.
    """

    def __init__(self, store: Store, owner: Owner) -> None:
        self.store = store
        self.owner = owner
        self._parsed: dict[str, tuple[str, View]] = {}

    def names(self) -> list[str]:
        """All stacks."""
        return self.store.stacks()

    def exists(self, stack: str) -> bool:
        """Whether there is such a stack."""
        return self.store.get(_key(stack, "state.json")) is not None

    def create(self, stack: str, deployment: Deployment | None = None) -> None:
        """Make a stack, empty or with a state.

        Raises:
            Changed: it is there.
            StateError: it is being moved to or from another store, or was.
        """
        self.require_here(stack)
        view = View(1, deployment or dict(EMPTY), features(deployment or {}))
        self.store.put(_key(stack, "state.json"), _dump(view), None)

    def require_here(self, stack: str, moving: str | None = None) -> None:
        """Refuse to work on a stack that is being moved to or from another store, or was; ``moving`` there goes on.

        Raises:
            StateError: it is.
        """
        mark, _ = read_mark(self.store, stack)
        refusal = None if mark is None or (mark.phase == LEAVING and mark.peer == moving) else mark.refusal(stack)
        if refusal is not None:
            raise refusal

    def view(self, stack: str) -> View:
        """The state as it is now.

        Raises:
            StateError: there is no such stack.
        """
        view = self.find(stack)
        if view is None:
            raise StateError(f"there is no state of the stack {stack!r}", where=self.store.title)
        return view

    def find(self, stack: str) -> View | None:
        """The state as it is now; None when there is no such stack."""
        key = _key(stack, "state.json")
        blob = self.store.get(key)
        if blob is None:
            return None
        view = self._understood(key, blob)
        for journal in self.store.keys(_key(stack, "journal/")):
            data = self.store.read_journal(journal)
            if data is not None:
                lines = parse_lines(data, f"{self.store.title}/{journal}")
                self._add(view, journal, lines)
        return view

    def _understood(self, key: str, blob: Blob) -> View:
        """A command looks two dozen times at a state that nobody changes meanwhile; that is understood once.

        The resources are copies, but what is in them is shared: nobody may change it.
        """
        tag, view = self._parsed.get(key) or ("", None)
        if view is None or tag != blob.tag:
            view = _parse(blob.data, f"{self.store.title}/{key}")
            self._parsed[key] = blob.tag, view
        return replace(view.copy(), tag=blob.tag)

    def _add(self, view: View, journal: str, lines: list[Line]) -> None:
        where = f"{self.store.title}/{journal}"
        if lines and "header" not in lines[0]:
            raise StateError("the journal is damaged: it has no beginning", where=f"{where}:1")
        header = dict(lines[0]["header"]) if lines else {}
        view.dangling[journal] = header
        if header.get("base", 0) > view.version:
            raise StateError(
                f"the journal goes on from version {header['base']} of the state, and the state is of {view.version}",
                hint="an older state was put in its place: put that version back, or move the journal away",
                where=where,
            )
        # Of a run whose state was written and whose journal was not removed any more.
        if header.get("base") != view.version:
            return
        replay = Replay(view.deployment)
        creates = dict(view.creates)
        entries: dict[int, tuple[int, Line]] = {}
        for place, line in enumerate(lines[1:], 2):
            with _damage_at(where, place):
                if "create" in line:
                    _take_create(creates, line["create"])
                else:
                    # An entry may come twice: the engine repeats a call whose answer got lost.
                    entries.setdefault(line["entry"]["sequenceID"], (place, line["entry"]))
        for number in sorted(entries):
            place, entry = entries[number]
            with _damage_at(where, place):
                replay.add(entry)
        for urn in replay.made():
            creates.pop(urn, None)
        view.deployment, view.creates = replay.deployment(), creates
        pending = view.deployment.setdefault("pending_operations", [])
        known = {operation["resource"]["urn"] for operation in pending}
        # The engine takes it that a failed create made nothing. Where the provider was cut off, nobody knows that.
        pending += [item for item in replay.failed_creates() if item["resource"]["urn"] in creates.keys() - known]
        # And that a failed update changed nothing.
        pending += replay.failed_updates()
        if not pending:
            del view.deployment["pending_operations"]
        view.features = features(view.deployment, has_bytes=replay.has_bytes or "byteString" in view.features)

    def lease(self, stack: str) -> Lease | None:
        """Who works on the stack."""
        return self._lease(stack)[0]

    def _lease(self, stack: str) -> tuple[Lease | None, str | None]:
        blob = self.store.get(_key(stack, "lease.json"))
        if blob is None:
            return None, None
        try:
            return Lease.parse(blob.data), blob.tag
        except (ValueError, TypeError, KeyError) as error:
            raise StateError("the lease is damaged", where=f"{self.store.title}/{stack}/lease.json") from error

    def clear(self, stack: str, *, force: bool = False) -> list[str]:
        """Take over from a run that is gone, and let go of the stack again.

        Args:
            force: from a run that may be alive, too.

        Returns:
            What was done, for telling.

        Raises:
            StateLocked: somebody else works on it.
        """
        lease, _ = self._lease(stack)
        if lease is None or lease.run == self.owner.run:
            return []
        said = self.take(stack, "recovery", force=force)
        self.release(stack)
        return said

    def take(
        self, stack: str, kind: str, *, update: str = "", force: bool = False, moving: str | None = None
    ) -> list[str]:
        """Work on the stack from now on; what a run that is gone has left is folded in.

        Args:
            moving: address of the store that this is to move the stack to.

        Returns:
            What was done, for telling.

        Raises:
            StateLocked: somebody else does.
            StateError: it is being moved to another store, or was.
        """
        self.require_here(stack, moving)
        said: list[str] = []
        lease, tag = self._lease(stack)
        if lease is not None and lease.run != self.owner.run:
            refusal = None if force else lease.refusal(stack, self.owner.host)
            if refusal is not None:
                raise refusal
            if not lease.end_the_rest(self.owner.host) and not force:
                raise StateLocked(
                    f"a part of a run that is gone still works on the stack {stack!r}:"
                    f" {', '.join(f'{one.role} {one.pid}' for one in lease.processes if one.is_alive())}",
                    hint="end these processes, then run again",
                )
            said.append(f"the lock of process {lease.principal.pid}, which is gone")
        try:
            self.store.put(_key(stack, "lease.json"), Lease.of(self.owner, kind, update).dump(), tag)
        except Changed:
            return self.take(stack, kind, update=update, force=force, moving=moving)
        self._fold_what_is_left(stack)
        return said

    def release(self, stack: str) -> None:
        """Let go of the stack, if it is still ours."""
        lease, tag = self._lease(stack)
        if lease is not None and lease.run == self.owner.run:
            with suppress(Changed):
                self.store.put(_key(stack, "lease.json"), b"null", tag)

    def renew(self, stack: str, update: str) -> None:
        """Hold on to the stack.

        Raises:
            StateLocked: somebody else has taken it.
        """
        lease, tag = self._lease(stack)
        if lease is None or (lease.run, lease.update) != (self.owner.run, update):
            raise StateLocked(f"this run does not hold the stack {stack!r} any more")
        self.store.put(_key(stack, "lease.json"), lease.renewed(self.owner).dump(), tag)

    def start(self, stack: str, update: str, kind: str) -> int:
        """Begin an update of the engine; the version that it will make.

        Raises:
            StateLocked: somebody else works on the stack.
        """
        self.take(stack, kind, update=update)
        view = self.view(stack)
        header = {"format": FORMAT, "update": update, "kind": kind, "base": view.version, "started": time.time()}
        self.store.start_journal(_journal(stack, update), dump_lines([{"header": header}]))
        return view.version + 1

    def append(self, stack: str, update: str, lines: Iterable[Line]) -> None:
        """Add to the journal of an update; it is on the disk when this returns.

        Raises:
            Fenced: the run was taken over.
            StoreFull: no room; nothing was added.
        """
        self.store.append(_journal(stack, update), dump_lines(lines))

    def complete(self, stack: str, update: str, result: str) -> None:
        """End an update: its journal becomes the state, and the stack is free."""
        self._fold_what_is_left(stack, {update: result})
        self.release(stack)

    def write(self, stack: str, deployment: Deployment, kind: str, needed: Iterable[str] = ()) -> None:
        """Replace the state, as after an import or a recovery; creates of unknown outcome count as resolved.

        Args:
            needed: features that a reader must know, where the deployment does not show it.

        Raises:
            StateLocked: somebody else works on the stack.
        """
        self.take(stack, kind)
        try:
            view = self.view(stack)
            has_bytes = "byteString" in {*needed, *view.features}
            written = View(view.version, deployment, features(deployment, has_bytes=has_bytes), tag=view.tag)
            self._store(stack, written, kind, "succeeded")
        finally:
            self.release(stack)

    def _fold_what_is_left(self, stack: str, results: Mapping[str, str] | None = None) -> None:
        if not self.store.keys(_key(stack, "journal/")):
            return
        for journal in self.store.keys(_key(stack, "journal/")):
            self.store.close_journal(journal)
        view = self.view(stack)
        live = [header for header in view.dangling.values() if header.get("base") == view.version]
        for header in live:
            result = (results or {}).get(header["update"], "failed")
            self._store(stack, view, header["kind"], result, started=header["started"])
        for journal in view.dangling:
            self.store.drop_journal(journal)

    def _store(self, stack: str, view: View, kind: str, result: str, started: float | None = None) -> None:
        now = time.time()
        by = {"user": self.owner.user, "host": self.owner.host}
        view.update = {"kind": kind, "result": result, "startTime": started or now, "endTime": now, **by}
        view.version += 1
        data = _dump(view)
        view.tag = self.store.put(_key(stack, "state.json"), data, view.tag)
        # The state counts; a former version that finds no room is no reason to fail.
        with suppress(StoreFull, Changed):
            self.store.put(_key(stack, f"history/{view.version:06}.json"), gzip.compress(data, 1), None)
            for key in self.store.keys(_key(stack, "history/"))[:-KEPT_VERSIONS]:
                self.store.delete(key)

    def history(self, stack: str) -> list[View]:
        """The last versions, the newest first."""
        return [self._former(key) for key in reversed(self.store.keys(_key(stack, "history/")))]

    def former(self, stack: str, version: int) -> View:
        """A version that is kept.

        Raises:
            StateError: it is not.
        """
        return self._former(_key(stack, f"history/{version:06}.json"))

    def _former(self, key: str) -> View:
        blob = self.store.get(key)
        if blob is None:
            raise StateError("this version is not kept", where=f"{self.store.title}/{key}")
        try:
            data = gzip.decompress(blob.data)
        except (OSError, EOFError) as error:
            raise StateError("the version is damaged", where=f"{self.store.title}/{key}") from error
        return _parse(data, f"{self.store.title}/{key}")

    def delete(self, stack: str) -> None:
        """Forget a stack that has no resources.

        Raises:
            StateError: it has some.
            StateLocked: somebody works on it.
        """
        self.take(stack, "delete")
        for key in self.store.keys(_key(stack, "history/")):
            self.store.delete(key)
        self.store.delete(_key(stack, "state.json"))
        self.store.delete(_key(stack, "lease.json"))


@contextmanager
def _damage_at(journal: str, line: int) -> Iterator[None]:
    """Whatever cannot be understood is told with its place."""
    try:
        yield
    except StateError as error:
        error.where = error.where or f"{journal}:{line}"
        raise
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise StateError("the journal is damaged", where=f"{journal}:{line}") from error


def parse_lines(data: bytes, where: str) -> list[Line]:
    """The lines of a journal; what was torn off at its end was never acknowledged and is left out.

    Raises:
        StateError: a line before the last is damaged.
    """
    whole, _, torn = data.rpartition(b"\n")
    del torn
    found: list[Line] = []
    for number, line in enumerate(whole.split(b"\n") if whole else (), 1):
        try:
            parsed = json.loads(line)
        except ValueError as error:
            # A line that is no text has no such position.
            column = f":{error.colno}" if isinstance(error, json.JSONDecodeError) else ""
            raise StateError("the journal is damaged", where=f"{where}:{number}{column}") from error
        if not isinstance(parsed, dict):
            raise StateError("the journal is damaged", where=f"{where}:{number}")
        found.append(parsed)
    return found


def dump_lines(lines: Iterable[Line]) -> bytes:
    """Lines of a journal."""
    return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)


def _take_create(creates: dict[str, Create], create: Mapping[str, Any]) -> None:
    if create["phase"] == "refused":
        creates.pop(create["urn"], None)
    else:
        known = {key: str(create[key]) for key in ("id", "account") if create.get(key)}
        creates[create["urn"]] = creates.get(create["urn"], {}) | known


def _key(stack: str, rest: str) -> str:
    if not _NAME.fullmatch(stack):
        raise StateError(f"{stack!r} cannot be the name of a stack", hint="letters, digits, _ - and . only")
    return f"{stack}/{rest}"


def _journal(stack: str, update: str) -> str:
    return _key(stack, f"journal/{update}.jsonl")


def _dump(view: View) -> bytes:
    return json.dumps(
        {
            "format": FORMAT,
            "version": view.version,
            "features": view.features,
            "creates": view.creates,
            "update": view.update,
            "deployment": view.deployment,
        }
    ).encode()


def _parse(data: bytes, where: str) -> View:
    try:
        values = json.loads(data)
        if values["format"] != FORMAT:
            raise StateError(f"the state has format {values['format']}, which this version does not know", where=where)
        return View(values["version"], values["deployment"], values["features"], values["creates"], values["update"])
    except (ValueError, KeyError, TypeError) as error:
        place = f":{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        hint = "mcloud state history lists older ones"
        raise StateError("the state is damaged", where=f"{where}{place}", hint=hint) from error
