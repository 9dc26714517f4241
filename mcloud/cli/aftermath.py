"""After a run that did not come to its end: what is there, what is not, and what to type."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mcloud.engine.aside import name_of
from mcloud.engine.deploy import Deployment, Outcome
from mcloud.engine.state import urn_of
from mcloud.model.resources import BY_TOKEN

MOST = 8
"""So many are named; of more their number is told."""


@dataclass(frozen=True)
class Aftermath:
    """Where things stand, each by kind and name.

    Attributes:
        there: as the state has it.
        unready: made, and not as it should be yet.
        unknown: begun, and nobody heard what became of it.
        failed: tried, and nothing came of it.
        untouched: not begun.
    """

    there: tuple[str, ...]
    unready: tuple[str, ...]
    unknown: tuple[str, ...]
    failed: tuple[str, ...]
    untouched: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Whether something is there, or may be."""
        return bool(self.there or self.unready or self.unknown)


def aftermath(
    wanted: Iterable[str],
    resources: Iterable[Mapping[str, Any]],
    pending: Iterable[Mapping[str, Any]],
    failed: Collection[str],
) -> Aftermath:
    """Sort it out.

    Args:
        wanted: URNs of what should be there in the end.
        resources: the state's.
        pending: the state's pending creates.
        failed: URNs of what was tried in vain.
    """
    items = {str(item["urn"]): item for item in resources if item.get("id")}
    unknown = {str(item["resource"]["urn"]) for item in pending} - items.keys()
    unready = {urn for urn, item in items.items() if item.get("initErrors") or urn in failed}
    apart = items.keys() | unknown
    return Aftermath(
        there=_words(items.keys() - unready),
        unready=_words(unready),
        unknown=_words(unknown),
        failed=_words(set(failed) - apart),
        untouched=_words(set(wanted) - apart - set(failed)),
    )


def _words(urns: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(f"{BY_TOKEN[urn.split('::')[2]].word} {name_of({'urn': urn})}" for urn in urns))


def aftermath_of(deployment: Deployment, outcome: Outcome | None) -> Aftermath:
    """After ``up`` or ``destroy``; without an outcome where the engine itself broke down."""
    stack = deployment.graph.stack
    about = deployment.targets
    wanted = [urn_of(stack, node.token, node.name) for node in deployment.graph.nodes]
    resources = [item for item in deployment.resources() if about is None or item["urn"] in about]
    pending = deployment.state.pending_creates(stack)
    failed = {event.urn for event in outcome.progress.failures} if outcome is not None else set()
    return aftermath([urn for urn in wanted if about is None or urn in about], resources, pending, failed)


def after_up(found: Aftermath, again: str, away: str) -> list[str]:
    """Lines for a person.

    Args:
        again: the command that goes on.
        away: the command that takes all of it away.
    """
    lines = [
        _line("there", found.there),
        _line("made, but not ready; the next run goes on with it", found.unready),
        _line("begun, outcome not known; the next run looks for it before it makes another", found.unknown),
        _line("not there, for it failed", found.failed),
        _line("not begun", found.untouched),
        f"to go on, when the cause is gone (nothing is made twice):  {again}",
    ]
    if found.any:
        lines.append(f"to take away what is there:  {away}")
    return [line for line in lines if line]


def after_destroy(found: Aftermath, again: str) -> list[str]:
    """Lines for a person."""
    still = tuple(sorted({*found.there, *found.unready, *found.unknown}))
    if not still:
        return ["all of it is gone"]
    return [_line("still there", still), f"to go on, when the cause is gone:  {again}"]


def _line(title: str, names: tuple[str, ...]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return f"{title} ({len(names)}): {', '.join(names[:MOST])}{more}"
