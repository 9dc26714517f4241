"""The cases. Each is a function of a face, the ground and a subject; it raises when the adapter does not conform.

The footprint of a subject is what the emulator holds more after one create without faults. Whatever goes wrong, after
at most one more try the cloud must hold just that: nothing less, and nothing twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from mcloud.adapter.conformance.face import Face, Refused, require
from mcloud.adapter.conformance.ground import Ground
from mcloud.adapter.conformance.subject import Subject, Target
from mcloud.errors import EmulatorError

Run = Callable[[Face, Ground, Subject], None]
Applies = Callable[[Target, Subject], bool]
MOST_CALLS = {"http": 8, "libcloud": 8, "engine": 2}
"""Face -> the number of changing calls of a create on which faults are tried at most. No create makes more than 8; each
try through the engine is two of its runs, and the calls themselves are the same as over HTTP."""


@dataclass(frozen=True)
class Case:
    """A case and what it is for.

    Attributes:
        name: as the test shows it.
        run: does it.
        applies: whether it means anything for a subject of the target.
        faces: those that can do it.
    """

    name: str
    run: Run
    applies: Applies = field(default=lambda target, subject: True)
    faces: tuple[str, ...] = ("http", "libcloud", "engine")


def _footprint(face: Face, ground: Ground, subject: Subject) -> tuple[Counter[str], int]:
    """What one create without faults leaves, and how many changing calls it takes; it is removed again."""
    before = ground.objects()
    with ground.counted() as calls:
        made = face.create(subject)
    left = ground.objects() - before
    require(sum(left.values()) > 0, f"create of {subject.kind} made nothing that the emulator shows")
    face.delete(subject, made)
    require(ground.objects() == before, f"delete of {subject.kind} left {dict(ground.objects() - before)}")
    return left, calls["changes"]


def _is_exactly(ground: Ground, before: Counter[str], left: Counter[str], after: str) -> None:
    now = ground.objects()
    require(now - before == left, f"after {after}: {dict(now - before)} in place of {dict(left)}")


def life(face: Face, ground: Ground, subject: Subject) -> None:
    """Create, read, the same again, delete, delete what is gone."""
    face.prepare(subject)
    before = ground.objects()
    left, _ = _footprint(face, ground, subject)
    made = face.create(subject)
    _is_exactly(ground, before, left, "create")
    require(face.there(subject, made), f"{subject.kind} {made} was created and is not seen")
    face.delete(subject, made)
    require(ground.objects() == before, f"delete left {dict(ground.objects() - before)}")
    require(not face.there(subject, made), f"{subject.kind} {made} was deleted and is still seen")
    face.delete(subject, made)


def no_op(face: Face, ground: Ground, subject: Subject) -> None:
    """Nothing changed: no call changes anything, and it is the same resource."""
    face.prepare(subject)
    made = face.create(subject)
    with ground.counted() as calls:
        again = face.update(subject, made, {})
    require(calls["changes"] == 0, f"nothing changed, and {calls['changes']} calls would have changed something")
    require(again == made, f"nothing changed, and {made} became {again}")


def update(face: Face, ground: Ground, subject: Subject) -> None:
    """A change that is made in place: the same resource, nothing more on the cloud, and then nothing to do."""
    face.prepare(subject)
    made = face.create(subject)
    before = ground.objects()
    again = face.update(subject, made, subject.change)
    require(again == made, f"a change in place replaced {made} by {again}")
    require(ground.objects() == before, "a change in place made or removed something")
    with ground.counted() as calls:
        face.update(subject, made, subject.change)
    require(calls["changes"] == 0, f"the change was made, and it would be made again ({calls['changes']} calls)")


def replaced(face: Face, ground: Ground, subject: Subject) -> None:
    """A change that needs a new resource: another id, the old one gone."""
    face.prepare(subject)
    made = face.create(subject)
    before = ground.objects()
    again = face.update(subject, made, subject.replacing)
    require(again != made, f"{made} should have been replaced")
    require(ground.objects() == before, f"after the replacement: {dict(ground.objects() - before)} more")
    require(not face.there(subject, made), f"the old {made} is still there")


def gone(face: Face, ground: Ground, subject: Subject) -> None:
    """Removed behind our back: it is seen to be gone, and can be made anew."""
    face.prepare(subject)
    before = ground.objects()
    made = face.create(subject)
    left = ground.objects() - before
    ground.remove(subject, made)
    require(not face.there(subject, made), f"{made} was removed behind our back and still counts as there")
    face.create(subject)
    _is_exactly(ground, before, left, "its removal behind our back and a new create")


def refused(tune: Callable[[Ground, Subject, str], None], code: str) -> Run:
    """The cloud has no room: our own error with the vendor's words, and nothing is made."""

    def run(face: Face, ground: Ground, subject: Subject) -> None:
        face.prepare(subject)
        before = ground.objects()
        made = face.create(subject)
        face.delete(subject, made)
        tune(ground, subject, made)
        try:
            face.create(subject)
        except Refused as error:
            require(error.code in (None, code), f"expected {code}, got {error}")
            require(len(error.text) > 10, f"no reason for a person: {error}")
        else:
            require(False, f"{subject.kind} was made although {code}")
        require(ground.objects() == before, f"it was refused, and left {dict(ground.objects() - before)}")

    return run


def _no_quota(ground: Ground, subject: Subject, made: str) -> None:
    ground.cloud.tune("quota", {"name": ground.target.quotas[subject.kind], "limit": 0})


def _sold_out(ground: Ground, subject: Subject, made: str) -> None:
    for flavor in ground.target.flavors:
        with suppress(EmulatorError):  # not sold here
            ground.cloud.tune("stock", {"flavor": flavor, "remaining": 0})


def name_clash(face: Face, ground: Ground, subject: Subject) -> None:
    """A second one of the same name is refused as a conflict or is another one; never is the first taken for it."""
    face.prepare(subject)
    before = ground.objects()
    first = face.create(subject, {"name": "conform-clash"})
    left = ground.objects() - before
    try:
        second = face.create(replace(subject, twin=True), {"name": "conform-clash"})
    except Refused as error:
        require(error.code in (None, "conflict"), f"expected a conflict, got {error}")
        _is_exactly(ground, before, left, "a clash of names")
    else:
        require(second != first, f"a second create of the same name took {first} for its own")
    face.delete(subject, first)


def token_expired(face: Face, ground: Ground, subject: Subject) -> None:
    """401 once: signs in again, and makes it once."""
    face.prepare(subject)
    before = ground.objects()
    left, _ = _footprint(face, ground, subject)
    ground.cloud.tune("expire-tokens", {})
    face.create(subject)
    _is_exactly(ground, before, left, "an expired token")


def never_allowed(face: Face, ground: Ground, subject: Subject) -> None:
    """403 always: an error about permission, nothing is made, and no endless tries."""
    face.prepare(subject)
    before = ground.objects()
    with ground.fault(1, action="status", status=403, times=0):
        try:
            face.create(subject)
        except Refused as error:
            require(error.code in (None, "unauthorised"), f"expected unauthorised, got {error}")
        else:
            require(False, "it was forbidden, and seems to be made")
    require(ground.objects() == before, "it was forbidden, and something was made")


def faulty(**rule: Any) -> Run:
    """One changing call of the create goes wrong, each in turn; one more try at most makes it right."""

    def run(face: Face, ground: Ground, subject: Subject) -> None:
        face.prepare(subject)
        before = ground.objects()
        left, calls = _footprint(face, ground, subject)
        for nth in range(1, min(calls, MOST_CALLS[face.name]) + 1):
            with ground.fault(nth, **rule):
                made = _made(face, ground, subject, before)
            _is_exactly(ground, before, left, f"{rule} at call {nth} of {calls}")
            face.delete(subject, made)
            require(ground.objects() == before, f"{rule} at call {nth}: delete left {dict(ground.objects() - before)}")

    return run


def _made(face: Face, ground: Ground, subject: Subject, before: Mapping[str, int]) -> str:
    try:
        return face.create(subject)
    except Refused as error:
        # The user of a face that does not repeat looks for himself before he tries again.
        if error.made is not None and not face.repeats:
            return error.made
        return face.create(subject)


def faulty_delete(**rule: Any) -> Run:
    """A changing call of the delete goes wrong; one more try at most and it is gone."""

    def run(face: Face, ground: Ground, subject: Subject) -> None:
        face.prepare(subject)
        before = ground.objects()
        made = face.create(subject)
        with ground.fault(1, **rule):
            try:
                face.delete(subject, made)
            except Refused:
                face.delete(subject, made)
        require(ground.objects() == before, f"{rule}: delete left {dict(ground.objects() - before)}")

    return run


def cancel(face: Face, ground: Ground, subject: Subject) -> None:
    """Told to stop while it waits: it stops within a second, nothing is lost, and the next run goes on with it."""
    face.prepare(subject)
    before = ground.objects()
    left, _ = _footprint(face, ground, subject)
    with ground.clock.hold():
        face.stopped(subject)
    face.create(subject)
    _is_exactly(ground, before, left, "a stop and another run")


def timeout(face: Face, ground: Ground, subject: Subject) -> None:
    """Not ready in time: an error that says so, nothing is lost, and the next run goes on with it."""
    face.prepare(subject)
    before = ground.objects()
    left, _ = _footprint(face, ground, subject)
    with ground.clock.hold():
        try:
            face.create(subject, deadline=0.1)
        except Refused as error:
            require(error.code == "timed_out", f"expected timed_out, got {error}")
            require(error.made is not None, f"it exists, and the error does not say what: {error}")
        else:
            return  # it has no states to wait for
    face.create(subject)
    _is_exactly(ground, before, left, "a deadline and another run")


def _has_quota(target: Target, subject: Subject) -> bool:
    return subject.kind in target.quotas


CASES: tuple[Case, ...] = (
    Case("life", life),
    # libcloud's standard calls make, list and destroy; they change nothing and wait for nothing.
    Case("no-op", no_op, faces=("http", "engine")),
    Case("update", update, lambda target, subject: bool(subject.change), ("http", "engine")),
    Case("replace", replaced, lambda target, subject: bool(subject.replacing), ("http", "engine")),
    Case("gone", gone),
    Case("name-clash", name_clash),
    Case("quota", refused(_no_quota, "quota"), _has_quota),
    Case("sold-out", refused(_sold_out, "out_of_stock"), lambda target, subject: subject.kind == "Server"),
    Case("token-expired", token_expired),
    Case("never-allowed", never_allowed),
    Case("429", faulty(action="rate-limit", seconds=0.05)),
    Case("500-before", faulty(action="status", status=500)),
    Case("500-after", faulty(action="status", status=500, effect=True)),
    Case("reset-before", faulty(action="reset")),
    Case("reset-after", faulty(action="reset", effect=True)),
    Case("lost-answer", faulty(action="lost", seconds=0.05, effect=True)),
    Case("delete-500-before", faulty_delete(action="status", status=500)),
    Case("delete-500-after", faulty_delete(action="status", status=500, effect=True)),
    Case("delete-reset-after", faulty_delete(action="reset", effect=True)),
    # The engine has the adapter's own deadlines.
    Case("cancel", cancel, faces=("http", "engine")),
    Case("timeout", timeout, faces=("http",)),
)
"""All of them."""
