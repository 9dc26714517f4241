"""Rules of security groups in the stack file's words; what is said twice is written once."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mcloud.discover.meaning import Note, RulePart
from mcloud.discover.overlay import move_block
from mcloud.model.network import ANYWHERE

MAX_DESCRIPTION = 200

GroupName = Callable[[str], str | None]


@dataclass
class Renumbering:
    """The blocks that move: network id -> (old block, new block)."""

    moves: dict[str, tuple[str, str]] = field(default_factory=dict)

    def move(self, cidr: str, network: str | None) -> str | None:
        """The new block of a rule's peer in a group of ``network``; None where it stays.

        Only the group's own network counts: which of several networks with one block is meant, nobody can tell.
        """
        if network is None or network not in self.moves or ":" in cidr:
            return None
        old, new = self.moves[network]
        return move_block(cidr, old, new)

    def is_doubtful(self, cidr: str) -> bool:
        """Whether a block that stays touches one that moved."""
        if cidr == ANYWHERE or ":" in cidr:
            return False
        block = ipaddress.IPv4Network(cidr)
        return any(old != new and block.overlaps(ipaddress.IPv4Network(old)) for old, new in self.moves.values())


@dataclass(frozen=True)
class Written:
    """A rule in the stack file's words; None where nothing of it was left.

    Attributes:
        entry: the rule.
        moved: blocks that moved with their network, old -> new.
        notes: what was not carried over.
        merged: peers that another rule names already.
        lost: peers that nobody knows.
    """

    entry: dict[str, Any] | None
    moved: dict[str, str]
    notes: tuple[Note, ...]
    merged: int
    lost: int


class RuleWriter:
    """Writes the rules of one group."""

    def __init__(self, network: str | None, names: GroupName, renumbering: Renumbering) -> None:
        self._network = network
        self._names = names
        self._renumbering = renumbering
        self._said: set[tuple[str, str, tuple[int, int] | None, str]] = set()

    def write(self, rule: RulePart) -> Written:
        """One rule, without the peers that were named before."""
        notes: list[Note] = []
        moved: dict[str, str] = {}
        peers: list[Any] = []
        merged = lost = 0
        for kind, native in [*(("cidr", cidr) for cidr in rule.cidrs), *(("group", group) for group in rule.groups)]:
            peer = self._block(native, moved, notes) if kind == "cidr" else self._group(native, notes)
            if peer is None:
                lost += 1
                continue
            said = (rule.direction, rule.protocol, rule.ports, str(peer))
            if said in self._said:
                merged += 1
                continue
            self._said.add(said)
            peers.append(peer)
        return Written(self._entry(rule, peers, notes) if peers else None, moved, tuple(notes), merged, lost)

    def _block(self, cidr: str, moved: dict[str, str], notes: list[Note]) -> str:
        new = self._renumbering.move(cidr, self._network)
        if new is not None and new != cidr:
            moved[cidr] = new
            return new
        if new is None and self._renumbering.is_doubtful(cidr):
            notes.append(
                Note(f"peer {cidr}", "it touches a block that was renumbered, and was left as it is", "check the rule")
            )
        return "anywhere" if cidr == ANYWHERE else cidr

    def _group(self, native: str, notes: list[Note]) -> dict[str, str] | None:
        name = self._names(native)
        if name is None:
            advice = f"say what it is under groups: {native} in an assumptions file"
            notes.append(Note(f"peer {native}", "the sources do not hold this group", advice))
            return None
        return {"group": name}

    @staticmethod
    def _entry(rule: RulePart, peers: list[Any], notes: list[Note]) -> dict[str, Any]:
        entry: dict[str, Any] = {"protocol": rule.protocol}
        if rule.ports is not None:
            first, last = rule.ports
            entry["ports"] = str(first) if first == last else f"{first}-{last}"
        entry["from" if rule.direction == "ingress" else "to"] = peers
        text = short(rule.description, notes)
        if text:
            entry["description"] = text
        return entry


def short(description: str | None, notes: list[Note]) -> str | None:
    """A description that a stack takes, with a note where it was cut."""
    if description and len(description) > MAX_DESCRIPTION:
        notes.append(Note("description", f"cut to {MAX_DESCRIPTION} characters", ""))
        return description[:MAX_DESCRIPTION]
    return description or None
