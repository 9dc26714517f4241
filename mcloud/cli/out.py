"""Printing: data as JSON, tables for people, progress by lines or on a terminal."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

import typer

from mcloud.engine.events import NO_CHANGE, Event, Progress, is_ours
from mcloud.model.resources import BY_TOKEN

SIGNS = {
    "create": ("+", "create"),
    "delete": ("-", "delete"),
    "update": ("~", "change"),
    "replace": ("±", "replace"),
    "create-replacement": ("±", "replace"),
    "delete-replaced": ("-", "delete the old"),
    "import": ("=", "import"),
}
SAY_AGAIN_AFTER = 10.0
"""Seconds between two lines about what is waited for, without a terminal."""


def print_json(value: Any) -> None:
    """Print data."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_outputs(outputs: Mapping[str, Any]) -> None:
    """Print a stack's outputs, a line each; what is no text as JSON."""
    for name, value in sorted(outputs.items()):
        typer.echo(f"{name} = {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")


def table(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; columns are as wide as they must be."""
    lines = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(line[index]) for line in [list(headers), *lines]) for index in range(len(headers))]
    for line in [list(headers), *lines]:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def tell(text: str) -> None:
    """A remark on the way; not part of the data."""
    typer.echo(text, err=True)


def word(event: Event) -> str:
    """The resource in words: ``server web-0``."""
    kind = BY_TOKEN.get(event.type)
    return f"{kind.word if kind else event.type} {event.name}"


def change_line(event: Event) -> str:
    """One change: ``~ change server db (size)``."""
    sign, verb = SIGNS.get(event.op, ("?", event.op))
    named = {name.removeprefix("resolved.") for name in event.diffs}
    shown = sorted(name for name in named if not name.endswith("Id"))
    return f"{sign} {verb} {word(event)}" + (f" ({', '.join(shown)})" if shown and event.op != "create" else "")


class ProgressView(AbstractContextManager["ProgressView"]):
    """Shows a run while it goes on; a clock of its own tells what is waited for when nothing else happens."""

    every = SAY_AGAIN_AFTER

    def __init__(self) -> None:
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
        silent = event.op in NO_CHANGE or event.op == "replace"
        if event.kind in ("finished", "failed") and is_ours(event) and not silent:
            self.finished(progress, event)

    def _tick(self) -> None:
        while not self._over.wait(self.every):
            if self._progress is not None and self._progress.waiting:
                self.waiting(self._progress)

    def finished(self, progress: Progress, event: Event) -> None:
        """A resource is done or failed."""
        raise NotImplementedError

    def waiting(self, progress: Progress) -> None:
        """Time went by."""
        raise NotImplementedError


class PlainProgress(ProgressView):
    """Plain lines, for logs and pipes."""

    def finished(self, progress: Progress, event: Event) -> None:
        ending = "failed" if event.kind == "failed" else "done"
        tell(f"[{progress.done}/{progress.total}] {change_line(event)}: {ending} ({progress.elapsed:.1f} s)")

    def waiting(self, progress: Progress) -> None:
        tell(f"[{progress.done}/{progress.total}] {waiting_line(progress)}")


def waiting_line(progress: Progress) -> str:
    """What is waited for, the longest first, and the time left."""
    longest = sorted(list(progress.waiting.items()), key=lambda item: item[1][2])
    now = time.monotonic()
    parts = [f"{urn.rsplit('::', 1)[1]} {state or op} {now - since:.0f} s" for urn, (op, state, since) in longest[:3]]
    more = f" and {len(longest) - 3} more" if len(longest) > 3 else ""
    left = progress.time_left()
    return f"waiting for {', '.join(parts)}{more}" + (f"; about {left:.0f} s left" if left is not None else "")


class LiveProgress(ProgressView):
    """On a terminal: finished lines above, one line of what is waited for below."""

    every = 0.5

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False)
        self._status = self._console.status("starting the engine")

    def __enter__(self) -> Self:
        self._status.start()
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._status.stop()

    def finished(self, progress: Progress, event: Event) -> None:
        self._console.print(change_line(event), style="red" if event.kind == "failed" else "green", markup=False)
        self._status.update(f"{progress.done} of {progress.total}")

    def waiting(self, progress: Progress) -> None:
        text = f"{progress.done} of {progress.total}, {progress.elapsed:.0f} s: {waiting_line(progress)}"
        self._status.update(text.replace("[", "\\["))


def progress_view() -> ProgressView:
    """The one that fits where the errors go."""
    return LiveProgress() if sys.stderr.isatty() else PlainProgress()
