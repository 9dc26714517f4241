"""From an account to a stack: list all that is there, side by side; then join it as any other source."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mcloud.adapter.inventory import Details, Inventory, Surplus
from mcloud.adapter.kind import Poll
from mcloud.adapter.naming import logical_name
from mcloud.adapter.operations import Operations
from mcloud.catalog.types import Catalog
from mcloud.discover.discovery import Discovery, Outcome, Unread
from mcloud.discover.join import join
from mcloud.discover.ledger import Item, Ledger
from mcloud.discover.meaning import Meant, refused
from mcloud.discover.observed import Row, View, meant
from mcloud.discover.overlay import read_overlay
from mcloud.discover.pipeline import check_document
from mcloud.errors import McloudError
from mcloud.model.base import Placement
from mcloud.model.resources import KINDS

AT_ONCE = 8
Listed = list[tuple[str, Any]]


@dataclass(frozen=True)
class LiveResource:
    """Something on a cloud; the attributes are those of ``Source``."""

    file: str
    address: str
    type: str
    label: str
    plain: str
    index: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """File and address: unique in a run."""
        return self.file, self.address

    @property
    def base(self) -> str:
        """Type and name without the number."""
        return f"{self.type}.{self.plain}" if self.index is not None else f"{self.type}.={self.label}"


@dataclass
class _Look:
    """What was listed, and what could not be."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    broken: list[tuple[str, str, str]] = field(default_factory=list)
    surplus: list[Surplus] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)


def discover_live(
    operations: Operations,
    at: Placement,
    catalog: Catalog,
    *,
    overlay_path: Path | str | None = None,
    name: str = "discovered",
) -> Discovery:
    """Make a stack of what an account holds in a region. A call that is refused is reported and nothing else is lost.

    Args:
        operations: the account, signed in to.
        at: cloud and region, canonical.
        catalog: what is sold there, the account's own list over the shipped one.
        overlay_path: an assumptions file, see ``overlay.Overlay``.
        name: the stack's name.

    Raises:
        DiscoverError: what was found contradicts itself or the assumptions file.
    """
    inventory = operations.adapter.inventory()
    look = _look(operations, at, inventory)
    ledger = Ledger(read_overlay(Path(overlay_path) if overlay_path else None))
    view = View(at, catalog, look.rows)
    seen: list[tuple[str, str]] = []
    items: list[Item] = []
    owners: dict[tuple[str, str], LiveResource] = {}
    for kind, rows in look.rows.items():
        names = _names(kind, rows, view)
        for row in sorted(rows, key=lambda row: _order(names[row[0]][0], row)):
            resource = _resource(at, KINDS[kind].word, row[0], names[row[0]], kind)
            owners[kind, row[0]] = resource
            seen.append(resource.key)
            _take(ledger, items, view, kind, row, resource)
    for word, native, why in look.broken:
        resource = _resource(at, word, native, ("", "", None), word)
        seen.append(resource.key)
        reason = f"what the cloud shows of it is not understood: {why}"
        _leave(ledger, resource, refused(reason, "look at it by hand"))
    document = {"mcloud": 1, "name": name, "placement": at.home, **join(ledger, items)}
    check_document(document)
    for extra in look.surplus:
        resource = _resource(at, extra.type, extra.native_id, (extra.name, extra.name, None), extra.type)
        seen.append(resource.key)
        _settle_surplus(ledger, resource, extra, owners)
    return Discovery(
        files=(at.home,),
        seen=tuple(seen),
        outcomes=tuple(ledger.outcomes[key] for key in seen),
        document=document,
        assumptions=tuple(ledger.assumptions),
        account=operations.session.account,
        unread=tuple(look.unread),
        unseen=_unseen(inventory, look),
    )


def _unseen(inventory: Inventory, look: _Look) -> tuple[Unread, ...]:
    """What no call shows of the kinds that were found."""
    return tuple(
        Unread(f"{KINDS[kind].word}: {what}", "no call that is made shows it", advice)
        for kind, words in inventory.unseen.items()
        if look.rows.get(kind)
        for what, advice in words
    )


# --- looking


def _look(operations: Operations, at: Placement, inventory: Inventory) -> _Look:
    """Ask for every list, several at once."""
    session = inventory.snapshot(operations.session)
    kinds = operations.adapter.kinds
    calls: dict[str, Callable[[], Listed]] = {name: _lister(kinds[name], session) for name in KINDS if name in kinds}
    extras = inventory.surplus
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = {
            name: pool.submit(operations.call, f"list {_plural(name)}", call, retry=True)
            for name, call in calls.items()
        }
        asked_extras = {
            what: pool.submit(operations.call, f"list {what}", _surplus_lister(call, session), retry=True)
            for what, call in extras.items()
        }
    look = _Look()
    title = operations.adapter.title
    look.unread += [
        Unread(_plural(name), f"the adapter for {title} does not know them", "look for them in the console")
        for name in KINDS
        if name not in kinds
    ]
    for name, future in asked.items():
        try:
            listed = future.result()
        except McloudError as error:
            look.unread.append(Unread(_plural(name), error.message, error.hint or ""))
            continue
        look.rows[name] = _observed(look, operations, inventory, at, name, listed)
    for what, extra in asked_extras.items():
        try:
            look.surplus += extra.result()
        except McloudError as error:
            look.unread.append(Unread(what, error.message, error.hint or ""))
    return look


def _plural(kind: str) -> str:
    return f"{KINDS[kind].word}s"


def _lister(kind: Any, session: Any) -> Callable[[], Listed]:
    return lambda: list(kind.list(session))


def _surplus_lister(call: Callable[[Any], Iterable[Surplus]], session: Any) -> Callable[[], list[Surplus]]:
    return lambda: list(call(session))


def _observed(
    look: _Look, operations: Operations, inventory: Inventory, at: Placement, name: str, listed: Listed
) -> list[Row]:
    kind = operations.adapter.kinds[name]
    rows: list[Row] = []
    for native_id, native in listed:
        try:
            poll = kind.poll(operations.session, native_id, native)
            if poll.phase != "gone":
                rows.append((native_id, kind.observe(at, native), _with_state(inventory.details(name, native), poll)))
        except Exception as error:  # whatever a vendor's odd answer leads to, the rest is still worth having
            look.broken.append((KINDS[name].word, native_id, f"{type(error).__name__}: {error}"))
    return rows


def _with_state(details: Details, poll: Poll) -> Details:
    """What failed is left over; what is on its way is told."""
    if poll.phase == "failed" and not details.system:
        why = f": {poll.detail}" if poll.detail else ""
        return replace(details, refused=(f"it failed and is in the state {poll.state}{why}", "delete it, or mend it"))
    if poll.phase == "pending":
        lost = (f"state {poll.state}", "it was on its way when it was looked at", "look again later")
        return replace(details, lost=(*details.lost, lost))
    return details


# --- names


def _names(kind: str, rows: Iterable[Row], view: View) -> dict[str, tuple[str, str, int | None]]:
    """Native id -> what a person calls it: label, label without the number, and the number in its series from 0.

    The parts that mcloud put into a name are taken out again where the name stays unique without them.
    """
    given = {native: str(seen.inputs.get("name") or "") for native, seen, _ in rows}
    plain = {native: logical_name(name) for native, name in given.items()}
    if kind == "Subnet":
        networks = {native: logical_name(str(seen.inputs.get("name"))) for native, seen, _ in view.rows["Network"]}
        for native, seen, _ in rows:
            plain[native] = plain[native].removeprefix(networks.get(view.native(seen.inputs["network"]), "") + "-")
    often = Counter(plain.values())
    labels = {
        native: plain[native] if kind == "Subnet" or often[plain[native]] == 1 else name
        for native, name in given.items()
    }
    series: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for native, label in labels.items():
        match = re.fullmatch(r"(.*[^\d_-])[_-]?(\d{1,4})", label)
        if match:
            series[match[1]].append((int(match[2]), native))
    found: dict[str, tuple[str, str, int | None]] = {native: (label, label, None) for native, label in labels.items()}
    for base, members in series.items():
        numbers = sorted(members)
        first = numbers[0][0]
        if len(numbers) > 1 and [number for number, _ in numbers] == list(range(first, first + len(numbers))):
            for index, (_, native) in enumerate(numbers):
                found[native] = (labels[native], base, index)
    return found


def _order(label: str, row: Row) -> tuple[str, list[str]]:
    """By name, then by what is said; not by when it was made, so that equal accounts lead to equal stacks."""
    said = [f"{key} {value:>6}" for key, value in sorted(row[1].inputs.items()) if isinstance(value, str | int)]
    return label, [text for text in said if not text.startswith("group ")]


def _resource(at: Placement, word: str, native: str, names: tuple[str, str, int | None], type_: str) -> LiveResource:
    label, plain, index = names
    address = f"{word} {label} ({native})" if label else f"{word} {native}"
    return LiveResource(at.home, address, type_, label or native, plain or native, index)


# --- where each goes


def _take(ledger: Ledger, items: list[Item], view: View, kind: str, row: Row, resource: LiveResource) -> None:
    unwanted = ledger.answer("leave_out", resource.address)
    found: Meant
    if unwanted is not None:
        found = refused(f"left out by the assumptions file: {unwanted}", "")
    elif row[2].system:
        _fold(ledger, resource, row[2].system)
        return
    elif kind == "SecurityGroupRule" and view.native(row[1].inputs["group"]) in view.system_groups:
        _fold(ledger, resource, "a rule of a group that is the cloud's own")
        return
    else:
        found = meant(view, kind, row)
    if found.part is None:
        _leave(ledger, resource, found)
    else:
        items.append(Item(resource, found.part, found.notes))


def _leave(ledger: Ledger, resource: LiveResource, found: Meant) -> None:
    ledger.outcomes[resource.key] = Outcome(
        *resource.key, resource.type, "remainder", "", found.reason, found.advice, found.notes
    )


def _fold(ledger: Ledger, resource: LiveResource, reason: str, target: str = "") -> None:
    ledger.outcomes[resource.key] = Outcome(*resource.key, resource.type, "folded", target, reason)


def _settle_surplus(
    ledger: Ledger, resource: LiveResource, extra: Surplus, owners: Mapping[tuple[str, str], LiveResource]
) -> None:
    owner = owners.get(extra.owner) if extra.owner else None
    went = ledger.outcomes[owner.key] if owner is not None else None
    if went is not None and went.fate != "remainder":
        _fold(ledger, resource, extra.reason, went.target)
        return
    reason = extra.reason if extra.owner is None else f"{extra.reason}, which is not in the stack"
    _leave(ledger, resource, refused(reason, extra.advice))
