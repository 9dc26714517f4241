"""From an account to a stack: list all that is there, side by side; then join it as any other source."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mcloud.adapter.inventory import UTILIZATION, Details, Inventory, Surplus, Usage
from mcloud.adapter.kind import Observed, Poll
from mcloud.adapter.naming import logical_name
from mcloud.adapter.operations import Operations
from mcloud.catalog.types import Catalog
from mcloud.discover.discovery import Discovery, Found, Measured, Outcome, Unread
from mcloud.discover.join import join
from mcloud.discover.ledger import Item, Ledger
from mcloud.discover.meaning import Meant, labels, refused
from mcloud.discover.observed import Row, View, meant
from mcloud.discover.overlay import read_overlay
from mcloud.discover.pipeline import check_document
from mcloud.discover.utilization import summary
from mcloud.errors import McloudError
from mcloud.model.base import Placement
from mcloud.model.resources import KINDS
from mcloud.units import Size

AT_ONCE = 8
DAYS = 14
Listed = list[tuple[str, Any]]


@dataclass(frozen=True)
class Home:
    """A region of an account: the operations there, signed in to; where it is; and what is sold there."""

    operations: Operations
    at: Placement
    catalog: Catalog


@dataclass
class _Look:
    """What was listed in one home, and what could not be."""

    home: Home
    snapshot: Any = None
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
    """``discover_homes`` of one region."""
    return discover_homes((Home(operations, at, catalog),), overlay_path=overlay_path, name=name)


def discover_homes(
    homes: Sequence[Home],
    *,
    overlay_path: Path | str | None = None,
    name: str = "discovered",
    placement: str | None = None,
    options: Collection[str] = (),
    days: int = DAYS,
    strict: bool = True,
) -> Discovery:
    """Make one stack of what an account holds in its regions. A refused call is reported and nothing else is lost.

    Args:
        homes: regions of one account; the stack is placed in the first one, and what is elsewhere says so.
        overlay_path: an assumptions file, see ``overlay.Overlay``.
        name: the stack's name.
        placement: where the stack shall run; left out, where it was found.
        options: what is looked at on request: ``UTILIZATION``, ``OBJECTS`` of ``mcloud.adapter.inventory``.
        days: for how many days back it is looked how busy servers were.
        strict: what is referred to and was not found is left over; else something stands for it that is marked as open.

    Raises:
        DiscoverError: what was found contradicts itself or the assumptions file.
    """
    inventory = homes[0].operations.adapter.inventory()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        looks = list(pool.map(lambda home: _look(home, inventory, options), homes))
    books = _Books(Ledger(read_overlay(Path(overlay_path) if overlay_path else None), strict=strict))
    document = {"mcloud": 1, "name": name, "placement": placement or homes[0].at.home}
    document |= _joined(books, looks, placement)
    check_document(document)
    for look in looks:
        for extra in look.surplus:
            books.add(look.home.at, extra)
    for extra in _everywhere(looks, inventory):
        books.add(homes[0].at, extra)
    usage: dict[str, Usage] = {}
    figures = list(_holdings(looks, books))
    if UTILIZATION in options:
        for look in looks:
            figures += _busy(look, inventory, books, days, usage)
    for look in looks:
        look.unread += [Unread(*words) for words in inventory.refused(look.snapshot)]
    return Discovery(
        files=tuple(home.at.home for home in homes),
        seen=tuple(books.seen),
        outcomes=tuple(books.ledger.outcomes[key] for key in books.seen),
        document=document,
        assumptions=tuple(books.ledger.assumptions),
        account=homes[0].operations.session.account,
        unread=_unread(looks),
        unseen=_unseen(inventory, looks),
        measured=tuple(figures),
        usage=usage,
    )


def _everywhere(looks: Sequence[_Look], inventory: Inventory) -> list[Surplus]:
    """What belongs to the account and not to one region."""
    operations = looks[0].home.operations
    snapshots = [look.snapshot for look in looks]
    try:
        return operations.call(
            "list what is in no region", lambda: list(inventory.everywhere(snapshots)), retry=True
        )
    except McloudError as error:
        looks[0].unread.append(Unread("what is in no region", error.message, error.hint or ""))
        return []


def _joined(books: _Books, looks: Sequence[_Look], placement: str | None) -> dict[str, Any]:
    """The sections of the stack; what is in another region than the first one says so."""
    for number, look in enumerate(looks):
        at = look.home.at
        view = View(at, look.home.catalog, look.rows, placement in (None, at.home), f"{at.region}:" if number else "")
        books.take(look, view)
    sections = join(books.ledger, books.items)
    books.settle_system()
    if placement is None:
        _place(sections, books, looks[0].home.at.home)
    return sections


def _unread(looks: Sequence[_Look]) -> tuple[Unread, ...]:
    """What could not be looked at, with the region where there are several."""
    if len(looks) == 1:
        return tuple(looks[0].unread)
    return tuple(replace(item, where=look.home.at.region) for look in looks for item in look.unread)


def _unseen(inventory: Inventory, looks: Iterable[_Look]) -> tuple[Unread, ...]:
    """What no call shows of the kinds that were found."""
    kinds = {kind for look in looks for kind, rows in look.rows.items() if rows}
    return tuple(
        Unread(f"{KINDS[kind].word}: {what}", "no call that is made shows it", advice)
        for kind, words in inventory.unseen.items()
        if kind in kinds
        for what, advice in words
    )


def _busy(
    look: _Look, inventory: Inventory, books: _Books, days: int, usage: dict[str, Usage]
) -> Iterator[Measured]:
    """How busy the servers of a home were; ``usage`` gets their samples by the names of the stack."""
    operations = look.home.operations
    servers = {row[0]: books.owners["Server", row[0]] for row in look.rows.get("Server", ())}
    there = {native: item for native, item in servers.items() if item.key in books.ledger.instances}
    try:
        found = operations.call(
            "read how busy servers were", lambda: inventory.usage(look.snapshot, there, days), retry=True
        )
    except McloudError as error:
        look.unread.append(Unread("how busy servers were", error.message, error.hint or ""))
        return
    for native, item in there.items():
        instance, target = books.ledger.instances[item.key], books.ledger.outcomes[item.key].target
        figures: dict[str, Any] = {"instance": instance}
        if native in found:
            usage[instance] = found[native]
            figures |= summary(found[native])
        yield Measured(tuple(target.split(".")), item.address, "", figures)


def _holdings(looks: Iterable[_Look], books: _Books) -> tuple[Measured, ...]:
    """How much buckets hold."""
    found = []
    for look in looks:
        for native, _, details in look.rows.get("Bucket", ()):
            resource = books.owners["Bucket", native]
            target = books.ledger.outcomes[resource.key].target
            if details.holds is not None and target:
                held = details.holds
                size = "size unknown" if held.bytes is None else str(Size(held.bytes))
                objects = "objects unknown" if held.objects is None else f"{held.objects:,} objects"
                text = f"{size}, {objects} on {held.as_of} ({held.source})"
                figures = {
                    "bytes": held.bytes,
                    "objects": held.objects,
                    "as_of": held.as_of.isoformat(),
                    "source": held.source,
                }
                found.append(Measured(tuple(target.split(".")), resource.address, text, figures))
    return tuple(found)


def _place(document: dict[str, Any], books: _Books, home: str) -> None:
    """What was found in another region than the first one says so."""
    for outcome in books.ledger.outcomes.values():
        steps = outcome.target.split(".")
        if outcome.fate == "mapped" and outcome.file != home and len(steps) == 2:
            document[steps[0]][steps[1]]["placement"] = outcome.file


class _Books:
    """What was seen, the items that are joined, and the resource of each native id."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.seen: list[tuple[str, str]] = []
        self.items: list[Item] = []
        self.owners: dict[tuple[str, str], Found] = {}
        self._within: dict[tuple[str, str], tuple[str, str]] = {}

    def settle_system(self) -> None:
        """What is the cloud's own goes where that went which it is in."""
        for key, within in self._within.items():
            owner, outcome = self.owners.get(within), self.ledger.outcomes[key]
            if outcome.fate == "folded" and not outcome.target and owner is not None:
                self.ledger.outcomes[key] = replace(outcome, target=self.ledger.outcomes[owner.key].target)

    def take(self, look: _Look, view: View) -> None:
        """The rows of one home."""
        for kind, rows in look.rows.items():
            names = _names(kind, rows, view)
            for row in sorted(rows, key=lambda row: _order(names[row[0]][0], row)):
                resource = _resource(view.at, KINDS[kind].word, row[0], names[row[0]], kind)
                self.owners[kind, row[0]] = resource
                self.seen.append(resource.key)
                _take(self.ledger, self.items, view, kind, row, resource)
                for field_, word in (("network", "Network"), ("group", "SecurityGroup")):
                    if row[1].inputs.get(field_):
                        self._within[resource.key] = (word, view.native(row[1].inputs[field_]))
        for word, native, why in look.broken:
            resource = _resource(view.at, word, native, ("", "", None), word)
            self.seen.append(resource.key)
            reason = f"what the cloud shows of it is not understood: {why}"
            _leave(self.ledger, resource, refused(reason, "look at it by hand"))

    def add(self, at: Placement, extra: Surplus) -> None:
        """Something that is no kind."""
        resource = _resource(at, extra.type, extra.native_id, (extra.name, extra.name, None), extra.type)
        if resource.key in self.ledger.outcomes:
            return
        self.seen.append(resource.key)
        _settle_surplus(self.ledger, resource, extra, self.owners)


# --- looking


def _look(home: Home, inventory: Inventory, options: Collection[str]) -> _Look:
    """Ask for every list, several at once."""
    operations = home.operations
    session = inventory.snapshot(operations.session, options)
    kinds = operations.adapter.kinds
    calls: dict[str, Callable[[], Listed]] = {
        name: _lister(inventory, name, kinds[name], session) for name in KINDS if name in kinds
    }
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
    look = _Look(home, session)
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
        look.rows[name] = _observed(look, inventory, name, listed)
    for what, extra in asked_extras.items():
        try:
            look.surplus += extra.result()
        except McloudError as error:
            look.unread.append(Unread(what, error.message, error.hint or ""))
    return look


def _plural(kind: str) -> str:
    return f"{KINDS[kind].word}s"


def _lister(inventory: Inventory, name: str, kind: Any, session: Any) -> Callable[[], Listed]:
    return lambda: list(inventory.natives(name, kind, session))


def _surplus_lister(call: Callable[[Any], Iterable[Surplus]], session: Any) -> Callable[[], list[Surplus]]:
    return lambda: list(call(session))


def _observed(look: _Look, inventory: Inventory, name: str, listed: Listed) -> list[Row]:
    operations, at = look.home.operations, look.home.at
    kind = operations.adapter.kinds[name]
    rows: list[Row] = []
    for native_id, native in listed:
        try:
            poll = kind.poll(operations.session, native_id, native)
            if poll.phase == "gone":
                continue
            seen, details = inventory.observe(name, kind, at, native), inventory.details(name, native)
            rows.append((native_id, *_with_plain_labels(seen, _with_state(details, poll))))
        except Exception as error:  # whatever a vendor's odd answer leads to, the rest is still worth having
            look.broken.append((KINDS[name].word, native_id, _why(error)))
    return rows


def _why(error: Exception) -> str:
    """The kind of an error and what it lacks; other texts may hold values."""
    return f"KeyError: {error}" if isinstance(error, KeyError) else type(error).__name__


def _with_plain_labels(seen: Observed, details: Details) -> tuple[Observed, Details]:
    """Without labels that no stack takes or that may be secrets."""
    if not seen.inputs.get("labels"):
        return seen, details
    kept, notes = labels(seen.inputs["labels"])
    lost = tuple((note.what, note.reason, note.advice) for note in notes)
    return replace(seen, inputs={**seen.inputs, "labels": kept}), replace(details, lost=(*details.lost, *lost))


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
    found: dict[str, tuple[str, str, int | None]] = {native: (label, label, None) for native, label in labels.items()}
    series: dict[str, list[tuple[int, str]]] = defaultdict(list)
    same = Counter(labels.values())
    numbers: Counter[str] = Counter()
    for native, label in sorted(labels.items()):
        if kind == "Server" and label and same[label] > 1:
            # Several of one name, as the members of a scaling group have: they get numbers.
            found[native] = (label, label, numbers[label])
            numbers[label] += 1
            continue
        match = re.fullmatch(r"(.*[^\d_-])[_-]?(\d{1,4})", label)
        if match:
            series[match[1]].append((int(match[2]), native))
    for base, members in series.items():
        ordered = sorted(members)
        first = ordered[0][0]
        if len(ordered) > 1 and [number for number, _ in ordered] == list(range(first, first + len(ordered))):
            for index, (_, native) in enumerate(ordered):
                found[native] = (labels[native], base, index)
    return found


def _order(label: str, row: Row) -> tuple[str, list[str]]:
    """By name, then by what is said; not by when it was made, so that equal accounts lead to equal stacks."""
    said = [f"{key} {value:>6}" for key, value in sorted(row[1].inputs.items()) if isinstance(value, str | int)]
    return label, [text for text in said if not text.startswith("group ")]


def _resource(at: Placement, word: str, native: str, names: tuple[str, str, int | None], type_: str) -> Found:
    label, plain, index = names
    address = f"{word} {label} ({native})" if label else f"{word} {native}"
    return Found(at.home, address, type_, label or native, plain or native, index)


# --- where each goes


def _take(ledger: Ledger, items: list[Item], view: View, kind: str, row: Row, resource: Found) -> None:
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
        found = _meant(view, kind, row)
    if found.part is None:
        _leave(ledger, resource, found)
    else:
        items.append(Item(resource, found.part, found.notes))


def _meant(view: View, kind: str, row: Row) -> Meant:
    try:
        return meant(view, kind, row)
    except Exception as error:  # one odd thing must not take the others with it
        return refused(f"what the cloud shows of it is not understood: {_why(error)}", "look at it by hand")


def _leave(ledger: Ledger, resource: Found, found: Meant) -> None:
    ledger.outcomes[resource.key] = Outcome(
        *resource.key, resource.type, "remainder", "", found.reason, found.advice, found.notes
    )


def _fold(ledger: Ledger, resource: Found, reason: str, target: str = "") -> None:
    ledger.outcomes[resource.key] = Outcome(*resource.key, resource.type, "folded", target, reason)


def _network_of_subnets(ledger: Ledger, native: str, owners: Mapping[tuple[str, str], Found]) -> str:
    """Where a network is in the stack that was not listed itself, by its subnets; empty where it is not there."""
    inside = [item for (kind, name), item in owners.items() if kind == "Subnet" and name.startswith(f"{native}/")]
    targets = [ledger.outcomes[item.key].target for item in inside]
    return next((".".join(target.split(".")[:2]) for target in targets if target), "")


def _settle_surplus(
    ledger: Ledger, resource: Found, extra: Surplus, owners: Mapping[tuple[str, str], Found]
) -> None:
    owner = owners.get(extra.owner) if extra.owner else None
    went = ledger.outcomes[owner.key] if owner is not None else None
    if extra.owner is not None and extra.owner[0] == "Network" and went is None:
        target = _network_of_subnets(ledger, extra.owner[1], owners)
        if target:
            _fold(ledger, resource, extra.reason, target)
            return
    if went is not None and went.fate != "remainder":
        _fold(ledger, resource, extra.reason, went.target)
        return
    reason = extra.reason if extra.owner is None else f"{extra.reason}, which is not in the stack"
    _leave(ledger, resource, refused(reason, extra.advice))
