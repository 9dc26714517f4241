"""The face of the adapter's kinds: over HTTP, with what surrounds them, without the engine."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from mcloud.adapter.conformance.face import Refused, require
from mcloud.adapter.conformance.subject import Subject, Target
from mcloud.adapter.kind import Kind
from mcloud.adapter.operations import Unfinished
from mcloud.adapter.profile import Profile
from mcloud.engine.provider.check import Request, check
from mcloud.engine.provider.context import Context
from mcloud.engine.provider.diff import difference
from mcloud.engine.provider.work import Work
from mcloud.errors import McloudError
from mcloud.model.base import Placement
from mcloud.model.resources import KINDS
from mcloud.secrets import SecretReader

STOP_SECONDS = 5.0
"""A second of the adapter's, and what a busy machine adds; who does not hear of it waits for minutes."""
HASTE = 100.0
"""The emulator's seconds are shorter than the cloud's, so "none" may be believed sooner."""
Inputs = Mapping[str, Any]


@dataclass
class _Made:
    """A resource that the face made."""

    inputs: dict[str, Any]
    outputs: dict[str, Any]
    ready: bool = True


class HttpFace:
    """The adapter's kinds with what surrounds them, over HTTP to the emulator."""

    name: ClassVar[str] = "http"
    repeats: ClassVar[bool] = True

    def __init__(self, target: Target, profile: Profile) -> None:
        self.target = target
        self.profile = profile
        self.at = Placement.parse(target.placement)
        self._context = self._open()
        self._needs: dict[str, str] = {}
        self._made: dict[str, _Made] = {}
        self._half: dict[str, str] = {}

    def _open(self) -> Context:
        context = Context(self.profile, "conform", secrets=SecretReader(key=b"conform"))
        operations = context.operations(self.at)
        operations.longest_interval, operations.haste = 0.02, HASTE
        return context

    def prepare(self, subject: Subject) -> None:
        *needed, last = self.target.closure(subject.kind)
        for need in needed:
            if need.kind not in self._needs:
                self._needs[need.kind] = self.create(need)
        require(last.kind == subject.kind, "a subject needs itself last")

    def _work(self, subject: Subject, context: Context | None = None) -> Work:
        return Work(context or self._context, KINDS[subject.kind], subject.name)

    def _inputs(self, subject: Subject, changes: Inputs, olds: Inputs | None) -> dict[str, Any]:
        news = {"placement": self.target.placement, **self._resolved(subject.inputs), **changes}
        work, catalog = self._work(subject), self._context.catalog(self.at)
        seed = subject.name.encode()
        request = Request(work.type, subject.name, news, olds, seed, "conform", secrets=self._context.secrets)
        checked = check(request, work.kind(self.at), catalog)
        require(not checked.failures, f"{subject.kind}: {[item.reason for item in checked.failures]}")
        return dict(checked.inputs)

    def _resolved(self, inputs: Inputs) -> dict[str, Any]:
        """References as ids of the engine."""

        def one(value: Any) -> Any:
            if isinstance(value, str) and value.startswith("@"):
                return self._needs[value[1:]]
            return [one(item) for item in value] if isinstance(value, list) else value

        return {name: one(value) for name, value in inputs.items()}

    def create(self, subject: Subject, changes: Inputs | None = None, *, deadline: float | None = None) -> str:
        inputs = self._inputs(subject, changes or {}, None)
        half = self._half.pop(subject.name, None)
        if half is not None:
            self._made[half] = _Made(inputs, self._called(lambda: self._work(subject).update(half, inputs, inputs)))
            return half
        work = self._work(subject)
        kind, operations = work.kind(self.at), self._context.operations(self.at)
        if deadline is not None:
            kind = _with_deadline(kind, deadline)
        native_inputs, picks = work.revealed(work.native(inputs, self.at)), inputs.get("resolved") or {}
        try:
            native_id, native = operations.create(kind, native_inputs, picks, work.what)
        except Unfinished as error:
            self._half[subject.name] = self.at.id_of(error.native_id)
            raise Refused(error.cause.code, str(error), self.at.id_of(error.native_id)) from error
        except McloudError as error:
            raise Refused(error.code, str(error)) from error
        made = self.at.id_of(native_id)
        self._made[made] = _Made(inputs, work.outputs(operations, kind, self.at, inputs, native))
        return made

    def stopped(self, subject: Subject) -> None:
        context = self._open()
        work, inputs = self._work(subject, context), self._inputs(subject, {}, None)
        operations, accepted = context.operations(self.at), threading.Event()
        ids: list[str] = []

        def hear(native_id: str) -> None:
            ids.append(native_id)
            accepted.set()

        def run() -> None:
            kind, picks = work.kind(self.at), inputs.get("resolved") or {}
            try:
                operations.create(kind, work.revealed(work.native(inputs, self.at)), picks, work.what, accepted=hear)
            except McloudError:
                return

        thread = threading.Thread(target=run)
        thread.start()
        require(accepted.wait(30), f"{subject.kind}: the cloud did not accept the create")
        operations.cancelled.set()
        asked = time.monotonic()
        thread.join(30)
        took = time.monotonic() - asked
        require(took < STOP_SECONDS, f"{subject.kind} took {took:.1f} s to stop")
        self._half[subject.name] = self.at.id_of(ids[0])

    def there(self, subject: Subject, made: str) -> bool:
        known = self._made.get(made)
        work = self._work(subject)
        return work.read(made, known.inputs if known else {}, known.outputs if known else {}) is not None

    def update(self, subject: Subject, made: str, changes: Inputs) -> str:
        known = self._made[made]
        work = self._work(subject)
        kind = work.kind(self.at)
        seen = work.read(made, known.inputs, known.outputs)
        require(seen is not None, f"{made} is not there")
        assert seen is not None  # noqa: S101 - require raised otherwise
        outputs = seen[1]
        news = self._inputs(subject, {**changes}, known.inputs)
        found = difference(work.type, kind, outputs, known.inputs, news)
        if not found.changed:
            return made
        if not found.replaces:
            known.outputs = self._called(lambda: work.update(made, outputs, news))
            known.inputs = news
            return made
        if found.delete_first:
            self.delete(subject, made)
            return self.create(replace(subject, twin=True), changes)
        again = self.create(replace(subject, twin=True), changes)
        self.delete(subject, made)
        return again

    def delete(self, subject: Subject, made: str) -> None:
        known = self._made.get(made)
        self._called(lambda: self._work(subject).delete(made, known.outputs if known else {}))
        self._half.pop(subject.name, None)

    def _called(self, function: Callable[[], Any]) -> Any:
        try:
            return function()
        except McloudError as error:
            raise Refused(error.code, str(error)) from error


def _with_deadline(kind: Kind, seconds: float) -> Kind:
    """The same kind with less patience."""
    found = copy.copy(kind)
    found.__dict__["deadline"] = seconds
    return found
