"""Security groups with their rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mcloud.discover import standins
from mcloud.discover.discovery import DocumentPath
from mcloud.discover.ledger import Item, Ledger, Namer, Pairs
from mcloud.discover.meaning import Note
from mcloud.discover.networks import Networks
from mcloud.discover.overlay import AssumedGroup
from mcloud.discover.parts import BalancerPart, GroupPart, RulePart, ServerPart
from mcloud.discover.rules import RuleWriter, short


class Groups:
    """Security groups with their rules."""

    def __init__(self, ledger: Ledger, networks: Networks) -> None:
        self.section: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self._ledger = ledger
        self._networks = networks
        self._namer = Namer()
        self._native_networks: dict[str, str] = {}
        self._writers: dict[str, RuleWriter] = {}
        self._open: set[str] = set()
        self._near: dict[str, str] = {}

    def write(
        self,
        groups: Pairs[GroupPart],
        rules: Pairs[RulePart],
        servers: Pairs[ServerPart],
        balancers: Iterable[BalancerPart] = (),
    ) -> None:
        """All groups, held or assumed; names come before rules, for groups refer to each other."""
        self._found_in(rules, servers, balancers, groups)
        for item, group in groups:
            self._held(item, group)
        for native in dict.fromkeys(rule.group for _, rule in rules):
            if native not in self.names:
                self._assumed(native, "only its rules are in the sources")
        peers = [peer for _, group in groups for rule in group.rules for peer in rule.groups]
        peers += [peer for _, rule in rules for peer in rule.groups]
        peers += [group for _, server in servers for group in server.groups]
        peers += [group for balancer in balancers for group in balancer.groups]
        for native in dict.fromkeys(peers):
            if native not in self.names and (
                not self._ledger.strict or self._ledger.answer("groups", native) is not None
            ):
                self._assumed(native, "it is not in the sources")
        for item, group in groups:
            self._held_rules(item, group)
        for item, rule in rules:
            self._rule(item, rule)

    def _found_in(
        self,
        rules: Pairs[RulePart],
        servers: Pairs[ServerPart],
        balancers: Iterable[BalancerPart],
        groups: Pairs[GroupPart],
    ) -> None:
        """In which network a group must be that no source holds: that of those that have it or let it in."""
        known = {group.id: group.network for _, group in groups if group.network}
        for _, group in groups:
            peers = [known[peer] for rule in group.rules for peer in rule.groups if peer in known]
            if peers:
                self._near[group.id] = peers[0]
        for _, group in groups:
            for rule in group.rules:
                self._near |= {peer: group.network for peer in rule.groups if group.network}
        for _, rule in rules:
            self._near |= {peer: known[rule.group] for peer in rule.groups if rule.group in known}
        for _, server in servers:
            place = self._networks.places.get(server.subnet or self._networks.default_subnet or "")
            inside = [native for native, name in self._networks.names.items() if place and name == place.network]
            self._near |= {group: parent for group in server.groups for parent in inside[:1]}
        for balancer in balancers:
            self._near |= {group: balancer.network for group in balancer.groups if balancer.network}

    def _held(self, item: Item, part: GroupPart) -> None:
        said: AssumedGroup | None = self._ledger.answer("groups", part.id)
        name = self._namer.give(said.name if said and said.name else item.resource.label)
        self.names[part.id] = name
        network = part.network if self._ledger.strict else part.network or self._near.get(part.id)
        self._start(part.id, name, network, part.everywhere)
        if part.open_egress is not None:
            self._open.add(part.id)
            del self.section[name]["egress"]
            if part.open_egress:
                self._ledger.assume(("security_groups", name), part.id, part.open_egress)

    def _assumed(self, native: str, why: str) -> None:
        said: AssumedGroup | None = self._ledger.answer("groups", native)
        name = self._namer.give(said.name if said and said.name else native)
        self.names[native] = name
        network = self._ledger.canonical(said.network) if said else self._near.get(native)
        self._start(native, name, network)
        if said is None and not self._ledger.strict:
            if why.startswith("it is"):
                self._open.add(native)
                del self.section[name]["egress"]
            self._ledger.ask(("security_groups", name), native, f"{why}; what else does it let through?")
        else:
            self._ledger.assume(("security_groups", name), native, f"{native}: {why}")

    def _start(self, native: str, name: str, network: str | None, everywhere: bool = False) -> None:
        entry: dict[str, Any] = {}
        path: DocumentPath = ("security_groups", name)
        if everywhere:
            pass
        elif network is None and not self._ledger.strict:
            # Where there is one network only, it must be that.
            entry["network"] = self._networks.only or self._networks.find(standins.DEFAULT)
        elif network is None:
            self._ledger.ask(path, native, f"which network has {native}? Say it under groups: {native}")
        else:
            found = self._networks.find(network)
            if found is None:
                self._ledger.ask(path, native, f"its network {network} is in none of the sources")
            else:
                entry["network"] = found
                self._native_networks[native] = network
        if others := self._ledger.others(native):
            self._ledger.assume(path, native, f"{others} is the same")
        self.section[name] = entry | {"ingress": [], "egress": []}
        self._writers[native] = RuleWriter(
            self._native_networks.get(native), self.names.get, self._networks.renumbering
        )

    def _held_rules(self, item: Item, part: GroupPart) -> None:
        name = self.names[part.id]
        notes: list[Note] = []
        text = short(part.description, notes)
        if text:
            self.section[name]["description"] = text
        if part.labels:
            self.section[name]["labels"] = dict(part.labels)
        for rule in part.rules:
            if rule.direction == "ingress" or part.id not in self._open:
                notes += self._add(rule)[1]
        self._ledger.settle(item, "mapped", f"security_groups.{name}", notes=notes)

    def _rule(self, item: Item, part: RulePart) -> None:
        target = f"security_groups.{self.names[part.group]}"
        if part.direction == "egress" and part.group in self._open:
            self._ledger.settle(item, "folded", target, reason="everything may leave its group anyway")
            return
        written, notes = self._add(part)
        if written:
            reason = f"an {part.direction} rule of its group" if written == "new" else "another rule says the same"
            self._ledger.settle(item, "folded", target, reason=reason, notes=notes)
        else:
            reason = "; ".join(f"{note.what}: {note.reason}" for note in notes) or "it names nobody on the other side"
            advice = "; ".join(note.advice for note in notes) or "look at the rule in the source"
            self._ledger.leave(item, reason, advice)

    def _add(self, part: RulePart) -> tuple[str, tuple[Note, ...]]:
        """Write a rule; gives "new", "merged", or nothing where none of its peers is known."""
        name = self.names[part.group]
        written = self._writers[part.group].write(part)
        if written.entry is None:
            return "merged" if written.merged else "", written.notes
        rules = self.section[name][part.direction]
        for old, new in written.moved.items():
            path = ("security_groups", name, part.direction, len(rules))
            self._ledger.assume(path, part.group, f"{old} moved along to {new}")
        rules.append(written.entry)
        return "new", written.notes
