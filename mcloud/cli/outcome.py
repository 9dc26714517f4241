"""What a run has done, or would do: as lines, as data, and what went wrong in it."""

from __future__ import annotations

from typing import Any

import typer

from mcloud.cli import out
from mcloud.engine.deploy import Outcome
from mcloud.engine.events import ANEW, Event

PROVIDER_GONE, CUT_OFF = "exited prematurely", "error reading from server: EOF"
"""What the engine says when the provider is no more, as of v3.259.0; it takes it for a defect and prints all of it."""


def problem_lines(outcome: Outcome) -> list[str]:
    """What went wrong, each thing once and without the engine's own frame."""
    found = []
    for event in outcome.progress.messages:
        if event.severity != "error" or not event.text or event.text.startswith(("update failed", "preview failed")):
            continue
        if PROVIDER_GONE in event.text:
            found.append("mcloud's provider ended before its work was done: it was killed, or memory ran out")
            continue
        lines = [line.rstrip() for line in event.text.splitlines() if line.strip()]
        if lines == [CUT_OFF]:
            lines = ["cut off, for the provider ended"]
        if lines and lines[0].endswith("occurred:"):
            lines = [line.strip().removeprefix("* ") for line in lines[1:]]
        name = f"{event.name}: " if event.name and event.name not in lines[0] else ""
        found.append(name + "\n".join(lines))
    return list(dict.fromkeys(found))


def report(outcome: Outcome) -> None:
    """Tell what went wrong."""
    for line in problem_lines(outcome):
        typer.echo(f"error: {line}", err=True)
    if outcome.interrupted:
        out.tell("stopped as you asked; what was begun is in the state and the next run goes on with it")


def changes_document(events: list[Event]) -> list[dict[str, Any]]:
    """Changes as data."""
    return [
        {"op": event.op, "type": event.type, "name": event.name, "properties": list(event.diffs)}
        for event in shown(events)
    ]


def tell_left_alone(events: list[Event]) -> None:
    """What a run about some resources does not do to the others."""
    for event in shown(events):
        out.tell(f"left alone: {out.change_line(event)}")


def shown(events: list[Event]) -> list[Event]:
    """One line for each resource; the parts of a replacement are one."""
    kept: dict[tuple[str, bool], Event] = {}
    for event in events:
        part = event.op in ("create-replacement", "delete-replaced")
        if part and (event.urn, False) in kept:
            continue
        kept.setdefault((event.urn, False), event)
    replaced = {event.urn for event in events if event.op in ANEW}
    found = {event.urn: event for event in events if event.op == "replace"}
    return [found.get(event.urn, event) if event.urn in replaced else event for event in kept.values()]


def summary_line(outcome: Outcome) -> str:
    """What was done, in numbers, and how long it took."""
    words = {"create": "created", "update": "changed", "replace": "replaced", "delete": "deleted"}
    counts: dict[str, int] = {}
    for event in shown(outcome.progress.changes):
        word = words.get(
            {"create-replacement": "replace", "delete-replaced": "replace"}.get(event.op, event.op), event.op
        )
        counts[word] = counts.get(word, 0) + 1
    text = ", ".join(f"{number} {name}" for name, number in counts.items()) or "nothing to change"
    return f"{text} ({outcome.progress.elapsed:.1f} s)"
