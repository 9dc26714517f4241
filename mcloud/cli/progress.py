"""A run while it goes on: how far it is, what each resource waits for in the cloud's own word, and how long it takes.

One screen on a terminal; lines without one, for logs and pipes, and not many of them.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from mcloud.cli.out import change_line, tell
from mcloud.engine.events import NO_CHANGE, Event, Progress, is_ours
from mcloud.model.resources import BY_TOKEN
from mcloud.secrets import without_secrets

LOOK_EVERY = 10.0
"""Seconds after which a line may say what is waited for, without a terminal: when it is something else than before."""
SAY_AGAIN_AFTER = 60.0
"""Seconds after which it is said again though nothing is new: whoever reads it sees that it goes on."""
IN_A_LINE = 3
ON_A_SCREEN = 12
OPERATIONS = {
    "create": "create",
    "create-replacement": "create anew",
    "update": "change",
    "delete": "delete",
    "delete-replaced": "delete the old",
    "import": "import",
}


class ProgressView(AbstractContextManager["ProgressView"]):
    """Shows a run while it goes on; a clock of its own tells what is waited for when nothing else happens.

    Args:
        looking: nothing is done, the run only looks: what it finds is told when it is over.
    """

    every = LOOK_EVERY

    def __init__(self, *, looking: bool = False) -> None:
        self.looking = looking
        self._progress: Progress | None = None
        self._over = threading.Event()
        self._clock = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        self._clock.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._clock.join()

    def __call__(self, progress: Progress, event: Event) -> None:
        """Hear an event."""
        self._progress = progress
        # A replacement is told by its parts, the new one's creation and the old one's deletion.
        silent = self.looking or event.op in NO_CHANGE or event.op == "replace"
        if event.kind in ("finished", "failed") and is_ours(event) and not silent:
            self.finished(progress, event)

    def _tick(self) -> None:
        while not self._over.wait(self.every):
            if self._progress is not None:
                self.waiting(self._progress)

    def finished(self, progress: Progress, event: Event) -> None:
        """A resource is done or failed."""
        raise NotImplementedError

    def waiting(self, progress: Progress) -> None:
        """Time went by."""
        raise NotImplementedError


class PlainProgress(ProgressView):
    """Plain lines, for logs and pipes."""

    def __init__(self, *, looking: bool = False) -> None:
        super().__init__(looking=looking)
        self._said: list[tuple[str, str]] = []
        self._said_at = time.monotonic()

    def finished(self, progress: Progress, event: Event) -> None:
        ending = "failed" if event.kind == "failed" else "done"
        tell(f"[{progress.done}/{progress.total}] {change_line(event)}: {ending} ({span(progress.elapsed)})")

    def waiting(self, progress: Progress) -> None:
        states = sorted((urn, state) for urn, (_, state, _) in list(progress.waiting.items()))
        now = time.monotonic()
        new = bool(states) and states != self._said and not self.looking
        if new or now - self._said_at >= SAY_AGAIN_AFTER:
            self._said, self._said_at = states, now
            tell(f"[{progress.done}/{progress.total}] {span(progress.elapsed)}: {waiting_line(progress)}")


class LiveProgress(ProgressView):
    """On a terminal: finished lines above, one screen of what is waited for below."""

    every = 0.5

    def __init__(self, *, looking: bool = False) -> None:
        super().__init__(looking=looking)
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        self._text = Text
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(Text("looking at what is there"), console=self._console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._live.stop()

    def finished(self, progress: Progress, event: Event) -> None:
        ending = ": failed" if event.kind == "failed" else ""
        style = "red" if event.kind == "failed" else "green"
        self._console.print(change_line(event) + ending, style=style, markup=False)

    def waiting(self, progress: Progress) -> None:
        rows = max(1, min(ON_A_SCREEN, self._console.height - 3))
        lines = [line[: self._console.width] for line in screen(progress, rows)]
        self._live.update(self._text("\n".join(lines)), refresh=True)


def screen(progress: Progress, rows: int) -> list[str]:
    """How far it is, and a line for each resource that is under way, the longest first."""
    left = progress.time_left()
    failed = f", {len(progress.failed)} failed" if progress.failed else ""
    about = f", about {span(left)} left" if left is not None else ""
    lines = [f"{progress.done} of {progress.total}{failed}, {span(progress.elapsed)}{about}"]
    waiting = _longest_first(progress)
    names = [_words(urn) for urn, _, _, _ in waiting[:rows]]
    width = max((len(name) for name in names), default=0)
    for name, (_, op, state, seconds) in zip(names, waiting, strict=False):
        lines.append(f"  {name:<{width}}  {span(seconds):>8}  {OPERATIONS.get(op, op)}{f': {state}' if state else ''}")
    if len(waiting) > rows:
        lines.append(f"  and {len(waiting) - rows} more")
    return lines


def waiting_line(progress: Progress) -> str:
    """The same in one line: what is waited for, the longest first, and the time left."""
    waiting = _longest_first(progress)
    if not waiting:
        return "looking at what is there"
    parts = [f"{_words(urn)} ({state or OPERATIONS.get(op, op)}, {span(age)})" for urn, op, state, age in waiting]
    more = f" and {len(waiting) - IN_A_LINE} more" if len(waiting) > IN_A_LINE else ""
    left = progress.time_left()
    about = f"; about {span(left)} left" if left is not None else ""
    return f"waiting for {', '.join(parts[:IN_A_LINE])}{more}{about}"


def _longest_first(progress: Progress) -> list[tuple[str, str, str, float]]:
    now = time.monotonic()
    found = sorted(list(progress.waiting.items()), key=lambda item: item[1][2])
    # The cloud's word is what somebody else has said.
    return [(urn, op, without_secrets(" ".join(state.split())), now - since) for urn, (op, state, since) in found]


def _words(urn: str) -> str:
    kind = BY_TOKEN.get(urn.split("::")[2])
    name = urn.rsplit("::", 1)[1]
    return f"{kind.word} {name}" if kind else name


def span(seconds: float) -> str:
    """Seconds as people say them: ``0.4 s``, ``12 s``, ``3 min 05 s``, ``1 h 02 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def progress_view(*, looking: bool = False) -> ProgressView:
    """The one that fits where the errors go."""
    return LiveProgress(looking=looking) if sys.stderr.isatty() else PlainProgress(looking=looking)
