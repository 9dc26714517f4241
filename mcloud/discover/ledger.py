"""The books of one discovery: which ids are the same, what was answered, where each resource went, what is open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from mcloud.discover.discovery import Assumption, DocumentPath, Outcome, Source
from mcloud.discover.meaning import Note
from mcloud.discover.overlay import Overlay
from mcloud.discover.parts import GroupPart, Part, RulePart
from mcloud.errors import DiscoverError

P = TypeVar("P", bound=Part)

_IDS = {"id", "network", "subnet", "group", "server", "volume", "gateway", "balancer", "pool", "placement_group"}
_IDS |= {"owner", "table", "bucket", "address", "listener", "certificate", "member"}
_ID_LISTS = {"groups", "subnets", "members", "pools"}
"""Fields of parts that hold native ids. (Keys and images go by names of their own.)"""


@dataclass(frozen=True)
class Item:
    """A resource with the part that it means, or with one of the parts that it holds within itself (``inline``)."""

    resource: Source
    part: Part
    notes: tuple[Note, ...] = ()
    inline: str = ""

    @property
    def base(self) -> tuple[str, str]:
        """What it has in common with those that differ in the index only."""
        return self.resource.file, self.resource.base + (f"/{self.inline}" if self.inline else "")

    @property
    def plain(self) -> str:
        """What a person would call it, without the index."""
        return f"{self.resource.plain}-{self.inline}" if self.inline else self.resource.plain

    @property
    def label(self) -> str:
        """What a person would call it."""
        return f"{self.resource.label}-{self.inline}" if self.inline else self.resource.label


Pairs = list[tuple[Item, P]]
"""Items of one kind of part, with the part."""


class Namer:
    """Gives names that a stack takes, each once."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def give(self, text: str) -> str:
        """The text as a name; a number is added where the name is taken."""
        parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", text)
        base = re.sub(r"[^a-z0-9]+", "-", parted.lower()).strip("-")
        if not base[:1].isalpha():
            base = f"x-{base}"
        base = base[:32].strip("-")
        name, number = base, 1
        while name in self._given:
            number += 1
            name = f"{base}-{number}"
        self._given.add(name)
        return name


class Ledger:
    """Keeps the books.

    Attributes:
        overlay: the assumptions file.
        assumptions: what was assumed or is open, in the order found.
        outcomes: where each resource went.
        strict: what a source refers to and does not hold is left over; else something made up stands for it, and it
            is asked what it is.
    """

    def __init__(self, overlay: Overlay, *, strict: bool = True) -> None:
        self.overlay = overlay
        self.strict = strict
        self.assumptions: list[Assumption] = []
        self.outcomes: dict[tuple[str, str], Outcome] = {}
        self._within: list[tuple[tuple[str, str], Note]] = []
        self._used: set[tuple[str, str]] = set()
        self._aliases: dict[str, tuple[str, ...]] = {}
        for group in overlay.same:
            for native in group:
                if native in self._aliases:
                    raise DiscoverError(f"{native} is in two groups of same", hint="put all its ids into one group")
                self._aliases[native] = group

    # --- ids and answers

    def canonical(self, native: str) -> str:
        """The id that stands for this one."""
        group = self._aliases.get(native)
        if group is None:
            return native
        self._used.add(("same", group[0]))
        return group[0]

    def canonical_part(self, part: P) -> P:
        """The part with every id replaced by the one that stands for it."""
        changed: dict[str, Any] = {}
        for name in _IDS & vars(part).keys():
            value = getattr(part, name)
            changed[name] = self.canonical(value) if value and isinstance(value, str) else value
        for name in _ID_LISTS & vars(part).keys():
            changed[name] = tuple(dict.fromkeys(self.canonical(native) for native in getattr(part, name)))
        if isinstance(part, GroupPart):
            changed["rules"] = tuple(self.canonical_part(rule) for rule in part.rules)
        return replace(part, **changed)

    def answer(self, section: str, native: str) -> Any:
        """What the assumptions file says of an id, under any name that the id goes by; None: nothing."""
        values: Mapping[str, Any] = getattr(self.overlay, section)
        for key in (native, *self._aliases.get(native, ())):
            if key in values:
                self._used.add((section, key))
                return values[key]
        return None

    def others(self, native: str) -> str:
        """The ids that stand for the same thing, as text; empty where there are none."""
        return ", ".join(other for other in self._aliases.get(native, ()) if other != native)

    def assume(self, path: DocumentPath, subject: str, text: str) -> None:
        """Note what was assumed, and where it stands."""
        self.assumptions.append(Assumption(path, subject, text))

    def ask(self, path: DocumentPath, subject: str, text: str) -> None:
        """Note what nobody answered."""
        self.assumptions.append(Assumption(path, subject, text, open=True))

    def ask_unused(self) -> None:
        """An answer to a question that nobody asked is often a typing error, so it is reported."""
        asked = {"networks", "subnets", "groups", "images", "sizes", "public_keys", "renumber", "internet", "leave_out"}
        given = [(name, key) for name in sorted(asked) for key in getattr(self.overlay, name)]
        given += [("same", group[0]) for group in self.overlay.same]
        for section, key in given:
            if (section, key) not in self._used:
                self.ask((), key, f"{section}: {key} of the assumptions file was not needed; is the id right?")

    # --- outcomes

    def settle(
        self,
        item: Item,
        fate: Literal["mapped", "folded", "remainder"],
        target: str = "",
        *,
        reason: str = "",
        advice: str = "",
        notes: Iterable[Note] = (),
    ) -> None:
        """Say where a resource went; of what it holds within itself only what was lost is told."""
        resource = item.resource
        if item.inline:
            lost = [Note(f"{item.inline} in it", reason, advice)] if fate == "remainder" else []
            self._within += [(resource.key, note) for note in (*lost, *notes)]
            return
        self.outcomes[resource.key] = Outcome(
            *resource.key, resource.type, fate, target, reason, advice, (*item.notes, *notes)
        )

    def leave(self, item: Item, reason: str, advice: str) -> None:
        """A resource that does not get into the stack."""
        self.settle(item, "remainder", reason=reason, advice=advice)

    def went(self, item: Item) -> Outcome:
        """Where a resource went."""
        return self.outcomes[item.resource.key]

    def settle_twins(self, twins: Iterable[tuple[Item, Item]]) -> None:
        """Whatever is the same as another resource goes where that one went."""
        for item, first in twins:
            if item.inline:
                continue
            other = self.outcomes[first.resource.key]
            if other.fate == "remainder":
                self.leave(item, other.reason, other.advice)
            else:
                reason = f"is the same as {other.address} of {other.file}"
                self.settle(item, "folded", other.target, reason=reason)


    def close(self) -> None:
        """Tell of each resource what was lost of the things within it."""
        for key, note in self._within:
            outcome = self.outcomes[key]
            self.outcomes[key] = replace(outcome, notes=(*outcome.notes, note))


def split_twins(items: Iterable[Item]) -> tuple[list[Item], list[tuple[Item, Item]]]:
    """The first item of each id, and the others with the one that they are the same as.

    Raises:
        DiscoverError: two that should be the same differ.
    """
    first: dict[tuple[type, str], Item] = {}
    kept: list[Item] = []
    twins: list[tuple[Item, Item]] = []
    for item in items:
        # Rules have no id of their own; equal ones merge by what they say.
        other = item if isinstance(item.part, RulePart) else first.setdefault((type(item.part), item.part.id), item)
        if other is item:
            kept.append(item)
        else:
            _check_twins(other, item)
            twins.append((item, other))
    return kept, twins


def _check_twins(first: Item, second: Item) -> None:
    for name in ("cidr", "network", "subnet", "flavor", "image", "rules", "public_key"):
        one, two = getattr(first.part, name, None), getattr(second.part, name, None)
        if one != two:
            raise DiscoverError(
                f"it is the same as {first.resource.address} of {first.resource.file}, but its {name} differs",
                where=f"{second.resource.file}: {second.resource.address}",
                hint="leave one of the files out, refresh the older one, or take the pair out of same",
            )
