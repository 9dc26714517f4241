"""Joins neutral parts by native id into the sections of a stack.

Nothing is guessed: what no source and no assumption says makes the resource a remainder or stays an open question.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from mcloud.discover.discovery import Assumption, DocumentPath, Outcome
from mcloud.discover.meaning import GroupPart, KeyPart, NetworkPart, Note, Part, RulePart, ServerPart, SubnetPart
from mcloud.discover.overlay import Overlay, move_block
from mcloud.discover.rules import RuleBook
from mcloud.discover.tfstate import StateResource
from mcloud.errors import DiscoverError
from mcloud.units import Size

T = TypeVar("T")
DEFAULT_DISK = Size.gib(20)
_SECTIONS = ("networks", "security_groups", "keys", "servers")


@dataclass(frozen=True)
class Item:
    """A resource with the part that it means."""

    resource: StateResource
    part: Part
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class _Network:
    """A network of the stack: its name, its block in the source and in the stack."""

    name: str
    old: str
    new: str


class Namer:
    """Gives names that the stack takes and that are unique among those given."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def give(self, text: str) -> str:
        """The text as a name; a number is added where the name is taken."""
        base = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
        base = (base if base[:1].isalpha() else f"x-{base}".strip("-"))[:36].strip("-")
        name, number = base, 1
        while name in self._given:
            number += 1
            name = f"{base}-{number}"
        self._given.add(name)
        return name


class Joiner:
    """One join; ``used`` holds section and key of the assumptions that were needed."""

    def __init__(self, overlay: Overlay) -> None:
        self.overlay = overlay
        self.used: set[tuple[str, str]] = set()
        self._aliases: dict[str, tuple[str, ...]] = {item: group for group in overlay.same for item in group}
        self._outcomes: dict[tuple[str, str], Outcome] = {}
        self._assumptions: list[Assumption] = []
        self._sections: dict[str, dict[str, Any]] = {section: {} for section in _SECTIONS}
        self._names = {section: Namer() for section in _SECTIONS}
        self._networks: dict[str, _Network] = {}
        self._subnets: dict[str, str] = {}
        self._groups: dict[str, str] = {}
        self._keys: dict[str, str] = {}

    def join(self, items: Iterable[Item]) -> tuple[dict[str, Any], list[Outcome], tuple[Assumption, ...]]:
        """Sections of the stack, an outcome for each item, and what was assumed or is open.

        Raises:
            DiscoverError: two sources contradict each other, or an assumption contradicts a source.
        """
        items = self._without_twins([replace(item, part=self._canonical(item.part)) for item in items])
        servers = _of(items, ServerPart)
        self._join_networks(items)
        self._join_subnets(items, servers)
        self._join_groups(items)
        self._join_keys(_of(items, KeyPart))
        self._join_servers(servers)
        self._report_unused()
        sections = {name: values for name, values in self._sections.items() if values}
        return sections, list(self._outcomes.values()), tuple(self._assumptions)

    # --- ids -------------------------------------------------------------------------------------------------

    def _id(self, native: str) -> str:
        group = self._aliases.get(native)
        if group is None:
            return native
        self.used.add(("same", group[0]))
        return group[0]

    def _ids(self, natives: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._id(native) for native in natives))

    def _canonical(self, part: Part) -> Part:
        """The part with every id replaced by the one that stands for it."""
        if isinstance(part, NetworkPart):
            return replace(part, id=self._id(part.id))
        if isinstance(part, SubnetPart):
            return replace(part, id=self._id(part.id), network=self._id(part.network))
        if isinstance(part, RulePart):
            return self._canonical_rule(part)
        if isinstance(part, GroupPart):
            network = self._id(part.network) if part.network else None
            rules = tuple(self._canonical_rule(rule) for rule in part.rules)
            return replace(part, id=self._id(part.id), network=network, rules=rules)
        if isinstance(part, ServerPart):
            subnet = self._id(part.subnet) if part.subnet else None
            return replace(part, id=self._id(part.id), subnet=subnet, groups=self._ids(part.groups))
        return part

    def _canonical_rule(self, rule: RulePart) -> RulePart:
        return replace(rule, group=self._id(rule.group), groups=self._ids(rule.groups))

    def _given(self, section: str, native: str) -> Any:
        """What the assumptions file says of an id, under any name that the id goes by."""
        values: Mapping[str, Any] = getattr(self.overlay, section)
        for key in dict.fromkeys((native, *self._aliases.get(native, ()))):
            if key in values:
                self.used.add((section, key))
                return values[key]
        return None

    # --- outcomes --------------------------------------------------------------------------------------------

    def _settle(
        self,
        item: Item,
        fate: Literal["mapped", "folded", "remainder"],
        target: str = "",
        reason: str = "",
        advice: str = "",
        notes: Iterable[Note] = (),
    ) -> None:
        resource = item.resource
        self._outcomes[resource.key] = Outcome(
            *resource.key, resource.type, fate, target, reason, advice, (*item.notes, *notes)
        )

    def _assume(self, path: DocumentPath, subject: str, text: str) -> None:
        self._assumptions.append(Assumption(path, subject, text))

    def _ask(self, path: DocumentPath, subject: str, text: str) -> None:
        self._assumptions.append(Assumption(path, subject, text, open=True))

    def _without_twins(self, items: list[Item]) -> list[Item]:
        """The first item of each id; the others are folded into it."""
        first: dict[tuple[type, str], Item] = {}
        kept: list[Item] = []
        for item in items:
            if isinstance(item.part, RulePart):
                kept.append(item)
                continue
            other = first.setdefault((type(item.part), item.part.id), item)
            if other is item:
                kept.append(item)
                continue
            self._check_twins(other, item)
            self._twins.append((item, other))
        return kept

    def _check_twins(self, first: Item, second: Item) -> None:
        for name in ("cidr", "network", "flavor", "subnet"):
            one, two = getattr(first.part, name, None), getattr(second.part, name, None)
            if one != two:
                raise DiscoverError(
                    f"is the same as {first.resource.address} of {first.resource.file}, but {name} is {two} and not {one}",
                    where=f"{second.resource.file}: {second.resource.address}",
                    hint="leave one of them out, or take the pair out of same",
                )
