"""Create, read, update, delete with everything that must surround the cloud's calls.

Rate (one limiter per account), retry where it is safe, look-up instead of a repeated create, waiting, cancelling. The
kinds stay plain exchanges.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import tenacity

from mcloud.adapter.adapter import Adapter
from mcloud.adapter.crowd import Crowd
from mcloud.adapter.kind import Inputs, Kind, Native, Picks, Poll
from mcloud.adapter.limiter import Limiter
from mcloud.adapter.waiter import wait
from mcloud.errors import (
    Cancelled,
    CloudError,
    Conflict,
    FailedState,
    InUse,
    McloudError,
    NotFound,
    RateLimited,
    Temporary,
    TimedOut,
    Unreachable,
)
from mcloud.secrets import without_secrets

T = TypeVar("T")
ATTEMPTS = 5
LONGEST_BACKOFF = 10.0


def hushed(error: CloudError) -> CloudError:
    """The same error, without secrets that the cloud has repeated in its answer."""
    error.message = without_secrets(error.message)
    error.args = (error.message,)
    error.vendor_text = without_secrets(error.vendor_text) if error.vendor_text else error.vendor_text
    return error


class Unfinished(McloudError):
    """A create that the cloud accepted and that did not become ready; the id must not get lost.

    Attributes:
        native_id: what the cloud called it.
        cause: why it is not ready.
    """

    code = "unfinished"

    def __init__(self, native_id: str, cause: CloudError) -> None:
        super().__init__(cause.message, hint=cause.hint, where=cause.where)
        self.native_id = native_id
        self.cause = cause


@dataclass
class Operations:
    """The operations on one account in one region.

    Attributes:
        adapter: the cloud.
        session: what its ``connect`` gave.
        limiter: shared by all that use the account.
        cancelled: set to stop waiting.
        longest_interval: seconds between two looks at most.
        haste: how many times faster than the cloud's own it all goes: emulators shorten what takes long.
    """

    adapter: Adapter
    session: Any
    limiter: Limiter = field(default_factory=Limiter)
    cancelled: threading.Event = field(default_factory=threading.Event)
    longest_interval: float = 5.0
    haste: float = 1.0

    def __post_init__(self) -> None:
        self._crowd = Crowd(self._list)
        # One for all calls and threads: what it knows of a call is the thread's own.
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, CloudError) and error.retryable),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=LONGEST_BACKOFF),
            stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_when_event_set(self.cancelled),
            sleep=tenacity.sleep_using_event(self.cancelled),
            reraise=True,
        )

    def call(self, doing: str, function: Callable[[], T], *, retry: bool, unless_stopped: str = "") -> T:
        """One exchange with the cloud, its errors in our words; repeated when ``retry`` and it may pass.

        Args:
            unless_stopped: what to say instead of calling when all was stopped while it waited for its turn; empty
                for a call that is needed even then, because it tells what became of an earlier one.

        Raises:
            CloudError: by the vendor's error table.
            Cancelled: ``unless_stopped``.
        """

        def once() -> T:
            with self.limiter.turn(self.cancelled):
                if unless_stopped and self.cancelled.is_set():
                    raise Cancelled(unless_stopped)
                try:
                    return function()
                except McloudError:
                    raise
                except Exception as error:  # drivers raise what their libraries raise; the table sorts it
                    explained = hushed(self.adapter.explain(error, doing))
                    if isinstance(explained, RateLimited):
                        self.limiter.pause(explained.retry_after or 1.0)
                    raise explained from error

        return self._retrying(once) if retry else once()

    def create(
        self,
        kind: Kind,
        inputs: Inputs,
        picks: Picks,
        what: str,
        tell: Callable[[str], None] = lambda state: None,
        accepted: Callable[[str], None] = lambda native_id: None,
    ) -> tuple[str, Native]:
        """Create and wait until it is ready.

        Args:
            accepted: hears the native id as soon as there is one.

        Returns:
            The native id and the native resource.

        Raises:
            CloudError: refused; nothing was made, unless its ``outcome_known`` is False.
            Unfinished: made, but not ready.
        """
        native_id = self._create_once(kind, inputs, picks, what, tell)
        accepted(native_id)
        try:
            native = self.finish(kind, native_id, inputs, inputs, picks, what, tell)
        except CloudError as error:
            if isinstance(error, FailedState) and not error.hint:
                error.hint = "run mcloud up again: it makes another one and deletes this one"
            raise Unfinished(native_id, error) from error
        return kind.final_id(native_id, native), native

    def _create_once(
        self, kind: Kind, inputs: Inputs, picks: Picks, what: str, tell: Callable[[str], None]
    ) -> str:
        """The create call; after an unknown outcome a look, never a blind second try. What it goes into may be busy."""
        doing, stopped = f"create {what}", f"stopped before {what} was made"

        def create() -> str:
            return self.call(
                doing, lambda: kind.create(self.session, inputs, picks), retry=False, unless_stopped=stopped
            )

        end = time.monotonic() + kind.deadline
        for attempt in range(ATTEMPTS):
            try:
                return self._when_idle(create, end, what, tell)
            except (RateLimited, Temporary, Unreachable) as error:
                refused = isinstance(error, RateLimited) or (isinstance(error, Unreachable) and not error.sent)
                if not refused:
                    found = self._look_after(kind, inputs, what)
                    if found is not None:
                        return found
                if attempt == ATTEMPTS - 1:
                    raise
                tell(f"tried again, for {error.vendor_text or error.message}")
                if self.cancelled.wait(min(LONGEST_BACKOFF, 0.2 * 2**attempt)):
                    raise Cancelled(stopped, where=what) from error
        raise AssertionError("unreachable")

    def _when_idle(self, function: Callable[[], T], end: float, what: str, tell: Callable[[str], None]) -> T:
        """Do it, waiting out refusals because something is busy: nothing was done then.

        Raises:
            CloudError: it does not pass, or not before the deadline.
            Cancelled: asked to stop.
        """
        interval = 0.1
        while True:
            try:
                return function()
            except InUse as error:
                if not error.passes:
                    raise
                if time.monotonic() >= end:
                    raise TimedOut(f"{what} has to wait: {error.message}", hint=error.hint, where=what) from error
                tell(error.vendor_text or error.message)
                if self.cancelled.wait(interval):
                    raise Cancelled(f"stopped while {what} had to wait", where=what) from error
                interval = min(interval * 1.5, self.longest_interval)

    def _look_after(self, kind: Kind, inputs: Inputs, what: str) -> str | None:
        try:
            return self.find(kind, inputs, what)
        except CloudError as error:
            error.outcome_known = False
            raise

    def find(self, kind: Kind, inputs: Inputs, what: str) -> str | None:
        """Look for what a create with an unknown outcome may have made, until "none" may be believed.

        Raises:
            Conflict: several things match; a person must choose.
            Cancelled: asked to stop.
        """
        end = time.monotonic() + kind.believe_none_after / self.haste
        while True:
            found = self.call(f"look for {what}", lambda: kind.find(self.session, inputs), retry=True)
            if found.ambiguous:
                raise Conflict(
                    f"several things on the cloud may be {what}: {', '.join(found.candidates)}",
                    hint="remove those that are not needed, then run again",
                    where=what,
                )
            if found.native_id is not None:
                return found.native_id
            left = end - time.monotonic()
            if left <= 0:
                return None
            if self.cancelled.wait(min(1.0, left)):
                raise Cancelled(f"stopped while looking for {what}", where=what)

    def _ready(self, kind: Kind, native_id: str, what: str, tell: Callable[[str], None]) -> Poll:
        with self._crowd.joined(kind):
            return wait(
                self._looks(kind, native_id, what),
                until="ready",
                what=what,
                deadline=kind.deadline,
                longest_interval=self.longest_interval,
                cancelled=self.cancelled,
                tell=tell,
            )

    def _looks(self, kind: Kind, native_id: str, what: str) -> Callable[[], Poll]:
        """A look at one of many: the first by itself, later ones together with others as long as it is on its way."""
        began, looked = time.monotonic(), False

        def look() -> Poll:
            nonlocal looked
            if looked:
                listed = self._crowd.look(kind, native_id, time.monotonic() - began)
                poll = None if listed is None else kind.poll(self.session, native_id, listed)
                if poll is not None and poll.phase == "pending":
                    return poll
            looked = True
            return kind.poll(self.session, native_id, self.read(kind, native_id, what))

        return look

    def _list(self, kind: Kind) -> Mapping[str, Native]:
        try:
            return dict(self.call(f"list {kind.kind}", lambda: list(kind.list(self.session)), retry=False))
        except CloudError:
            # The reads tell what is wrong, if it is more than a list that is refused.
            return {}

    def finish(
        self,
        kind: Kind,
        native_id: str,
        old: Mapping[str, Any],
        new: Mapping[str, Any],
        picks: Picks,
        what: str,
        tell: Callable[[str], None] = lambda state: None,
    ) -> Native:
        """Take steps until the resource is what ``new`` says; also goes on with a half-made one.

        Raises:
            CloudError: refused, failed, gone, or not so at the deadline.
        """
        end = time.monotonic() + kind.deadline
        self._ready(kind, native_id, what, tell)

        def step() -> bool:
            return self.call(
                f"update {what}", lambda: kind.update(self.session, native_id, old, new, picks), retry=True
            )

        while self._when_idle(step, end, what, tell):
            if time.monotonic() >= end:
                raise TimedOut(f"{what} is not what was asked for after {kind.deadline:.0f} s", where=what)
            self._ready(kind, native_id, what, tell)
        native = self.read(kind, native_id, what)
        if native is None:
            raise FailedState(f"{what} vanished", where=what)
        return native

    def read(self, kind: Kind, native_id: str, what: str) -> Native | None:
        """The native resource; None when it is gone."""
        return self.call(f"read {what}", lambda: kind.read(self.session, native_id), retry=True)

    def delete(self, kind: Kind, native_id: str, what: str, tell: Callable[[str], None] = lambda state: None) -> None:
        """Delete and wait until it is gone; waits out what still uses it.

        Raises:
            CloudError: refused, or still there at the deadline.
        """
        end = time.monotonic() + kind.deadline
        interval, doing, stopped = 0.1, f"delete {what}", f"stopped before {what} was deleted"
        while True:
            try:
                self.call(doing, lambda: kind.delete(self.session, native_id), retry=True, unless_stopped=stopped)
                break
            except NotFound:
                return
            except (InUse, Conflict) as error:
                if isinstance(error, InUse) and not error.passes:
                    raise
                if time.monotonic() >= end:
                    raise TimedOut(f"{what} is still in use: {error.message}", hint=error.hint, where=what) from error
                tell(error.vendor_text or error.message)
                if self.cancelled.wait(interval):
                    raise Cancelled(f"stopped while {what} was in use", where=what) from error
                interval = min(interval * 1.5, self.longest_interval)

        self._gone(kind, native_id, what, max(1.0, end - time.monotonic()), tell)

    def _gone(self, kind: Kind, native_id: str, what: str, deadline: float, tell: Callable[[str], None]) -> None:
        began, looked = time.monotonic(), False

        def look() -> Poll:
            nonlocal looked
            native = self._crowd.look(kind, native_id, time.monotonic() - began) if looked else None
            if native is None:
                native = self.read(kind, native_id, what)
            looked = True
            poll = kind.poll(self.session, native_id, native)
            return Poll("gone", "gone") if native is None else Poll("pending", poll.state, poll.detail)

        with self._crowd.joined(kind):
            wait(
                look,
                until="gone",
                what=what,
                deadline=deadline,
                longest_interval=self.longest_interval,
                cancelled=self.cancelled,
                tell=tell,
            )
