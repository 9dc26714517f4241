"""Diff and the outputs it compares with.

Inputs in the state are what was asked for; outputs are what is there. Comparing new inputs with old outputs shows both
a changed program and a cloud that was changed behind its back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcloud.adapter.kind import Kind, Observed
from mcloud.engine.codec import contains_unknown
from mcloud.engine.provider.check import defaults
from mcloud.model.base import Placement
from mcloud.model.resources import KindType
from mcloud.secrets import is_same_text

UNFINISHED = "unfinished"
"""Among the outputs of what was never ready: True. The run that made it was stopped, or it failed on its way."""
FAILED = "failed"
"""Beside it, once the cloud's state is one that it does not leave: that state. It is replaced, and holds no data."""
HALFWAY = "halfway"
"""Among the outputs of what an update was begun on and not ended: True. Nobody knows which of its steps were taken."""
NOT_COMPARED = frozenset({"resolved", "accept", "around"})


@dataclass(frozen=True)
class Difference:
    """What changed: property paths, those of them that need a new resource, and whether the old goes first."""

    changed: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    delete_first: bool = False


def outputs_of(inputs: Mapping[str, Any], observed: Observed, account: str) -> dict[str, Any]:
    """The outputs: the inputs as the cloud shows them, what was chosen, and what only the cloud knows."""
    outputs = {
        key: _seen(value, observed.inputs.get(key), ordered=key in observed.ordered)
        for key, value in inputs.items()
        if key != "resolved"
    }
    resolved = inputs.get("resolved") or {}
    outputs["resolved"] = {key: observed.picks.get(key, value) for key, value in resolved.items()}
    return outputs | observed.outputs | {"account": account}


def _seen(asked: Any, seen: Any, *, ordered: bool = False) -> Any:
    """What is there, written as it was asked for where that means the same.

    Args:
        ordered: the order of a list counts.
    """
    if seen is None:
        return asked
    if isinstance(asked, Mapping) and isinstance(seen, Mapping):
        return {key: _seen(value, seen.get(key)) for key, value in asked.items()}
    if isinstance(asked, (list, tuple)) and isinstance(seen, (list, tuple)):
        same = not ordered and sorted(map(str, asked)) == sorted(map(str, seen))
        return list(asked) if same else list(seen)
    return seen


def difference(
    type_: KindType, kind: Kind, old_outputs: Mapping[str, Any], old_inputs: Mapping[str, Any], news: Mapping[str, Any]
) -> Difference:
    """Compare new inputs with what is there."""
    changed = {key for key in news if key not in NOT_COMPARED and _differs(type_, old_outputs, news, key)}
    changed |= {
        key for key in old_inputs if key not in news and key not in NOT_COMPARED and old_inputs[key] is not None
    }
    changed -= {key for key in changed if key not in news and old_inputs.get(key) == defaults(type_.inputs).get(key)}
    old_picks, new_picks = old_outputs.get("resolved") or {}, news.get("resolved") or {}
    if not contains_unknown(new_picks):
        changed |= {f"resolved.{key}" for key, value in new_picks.items() if old_picks.get(key) != value}
    if old_outputs.get(FAILED):
        return Difference(tuple(sorted(changed | {FAILED})), (FAILED,), kind.delete_first)
    if not changed:
        return Difference()
    if "placement" in changed and _moves(old_outputs, news):
        # Another home: the adapter there has no say about what is here, and both can be there at once.
        return Difference(tuple(sorted(changed)), ("placement",))
    replaces = kind.replaces(frozenset(changed), old_outputs, news)
    return Difference(tuple(sorted(changed)), tuple(sorted(replaces)), kind.delete_first)


def _differs(type_: KindType, old: Mapping[str, Any], news: Mapping[str, Any], key: str) -> bool:
    value = news[key]
    if contains_unknown(value):
        return True
    before = old.get(key, defaults(type_.inputs).get(key))
    return bool(before != value) and not is_same_text(before, value)


def _moves(old: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """A zone alone is no other home; whether it matters the chosen zone tells."""
    before, after = old.get("placement"), news.get("placement")
    if not isinstance(before, str) or not isinstance(after, str):
        return True
    return Placement.parse(before).home != Placement.parse(after).home
