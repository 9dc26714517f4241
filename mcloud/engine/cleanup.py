"""Deletes what was left behind: what holds data only by name, the rest as soon as nothing left behind needs it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence

from mcloud.engine.aside import Aside, Left, referred
from mcloud.engine.move import PARTS
from mcloud.engine.provider.context import Context
from mcloud.engine.provider.work import Work
from mcloud.errors import UsageError
from mcloud.model.base import split_id

Tell = Callable[[str], None]


def chosen(left: Sequence[Left], names: Iterable[str]) -> list[Left]:
    """What holds data and was named: NAME or KIND/NAME, with @cloud/region where it was left behind at several places.

    Raises:
        UsageError: no such thing, or several.
    """
    data = [item for item in left if item.holds_data]
    found = []
    for name in names:
        matches = [item for item in data if name in _called(item)]
        if not matches:
            known = sorted({item.name for item in data})
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"left behind with data: {', '.join(known) or 'nothing'}"
            raise UsageError(f"nothing with data called {name!r} was left behind", hint=hint)
        if len(matches) > 1:
            places = ", ".join(f"{item.type.word}/{item.name}@{item.home}" for item in matches)
            raise UsageError(f"{name!r} was left behind more than once", hint=f"say which: {places}")
        found += matches
    return found


def _called(item: Left) -> tuple[str, ...]:
    """What one may be called on the command line."""
    whole = f"{item.type.word}/{item.name}"
    return item.name, whole, f"{item.name}@{item.home}", f"{whole}@{item.home}"


def condemned(left: Sequence[Left], named: Iterable[Left]) -> list[Left]:
    """What goes with what was named, each before what it needs."""
    going = {item.id for item in named}
    while True:
        more = {item.id for item in left if item.id not in going and _goes_too(item, left, going)}
        if not more:
            return [item for item in reversed(left) if item.id in going]
        going |= more


def _goes_too(item: Left, left: Sequence[Left], going: set[str]) -> bool:
    if item.holds_data:
        return False
    if item.type.kind in PARTS:
        return any(ids & going for ids in referred(item.resource).values())
    users = [other for other in left if any(item.id in ids for ids in referred(other.resource).values())]
    if item.type.kind == "SecurityGroupRule":
        return not users and any(ids & going for ids in referred(item.resource).values())
    # A group's own rules do not keep it.
    users = [other for other in users if other.type.kind != "SecurityGroupRule" or not _is_of(other, item)]
    return bool(going) and all(other.id in going for other in users)


def _is_of(rule: Left, group: Left) -> bool:
    return group.id in referred(rule.resource).get("group", set())


def clean_up(aside: Aside, names: Iterable[str], context: Context, tell: Tell) -> list[Left]:
    """Delete what is named and what only it needed; each leaves the list when it is gone.

    Returns:
        What was deleted.

    Raises:
        UsageError: a name that is not there.
        ForeignAccount: the credentials are of another account.
        CloudError: a delete was refused; what was deleted before it has left the list.
    """
    left = list(aside.read())
    going = condemned(left, chosen(left, names))
    for item in going:
        at, _ = split_id(item.id)
        context.guarded(at, (item.resource.get("outputs") or {}).get("account"))
    for item in going:
        tell(f"deleting {item.words}")
        Work(context, item.type, item.name).delete(item.id, item.resource.get("outputs") or {})
        left = [other for other in left if other.id != item.id]
        aside.write(left)
    return going
