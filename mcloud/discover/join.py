"""Joins neutral parts by native id into the sections of a stack.

Nothing is guessed: what no source and no assumption says makes the resource a remainder or stays an open question.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from mcloud.discover import attached, balancers
from mcloud.discover.discovery import DocumentPath
from mcloud.discover.facts import take_facts
from mcloud.discover.ledger import Item, Ledger, Namer, split_twins
from mcloud.discover.meaning import Note
from mcloud.discover.overlay import AssumedGroup, AssumedNetwork, AssumedSubnet, move_block
from mcloud.discover.parts import (
    AddressPart,
    AttachmentPart,
    BalancerPart,
    BucketPart,
    CertificatePart,
    GroupPart,
    InterfacePart,
    KeyPart,
    ListenerPart,
    NetworkPart,
    Part,
    PlacementGroupPart,
    PoolPart,
    RoutePart,
    RulePart,
    ServerPart,
    SubnetPart,
    VolumePart,
)
from mcloud.discover.rules import Renumbering, RuleWriter, short
from mcloud.discover.servers import Around, write_servers
from mcloud.errors import DiscoverError

T = TypeVar("T", bound=Part)
Sections = dict[str, dict[str, Any]]
Pairs = list[tuple[Item, T]]


@dataclass(frozen=True)
class Place:
    """A subnet of the stack: network and subnet by name."""

    network: str
    subnet: str

    @property
    def text(self) -> str:
        """As a server refers to it."""
        return f"{self.network}.{self.subnet}"


def join(ledger: Ledger, items: Iterable[Item]) -> Sections:
    """The sections of the stack; outcomes and assumptions go into the ledger.

    Raises:
        DiscoverError: two sources contradict each other, or an assumption contradicts a source.
    """
    same = [Item(item.resource, ledger.canonical_part(item.part), item.notes) for item in items]
    kept, twins = split_twins(take_facts(ledger, same))
    waiting = [(item, part) for item, part in _of(kept, AddressPart) if part.server is None]
    addresses = [(item, part) for item, part in _of(kept, AddressPart) if part.server is not None]
    public = {part.server for _, part in addresses}
    servers = [
        (item, replace(part, public_ip=True) if part.id in public else part) for item, part in _of(kept, ServerPart)
    ]
    nets = _Networks(ledger)
    nets.write(_of(kept, NetworkPart), _of(kept, SubnetPart), servers, _of(kept, GroupPart))
    groups = _Groups(ledger, nets)
    groups.write(_of(kept, GroupPart), _of(kept, RulePart), servers)
    keys = _write_keys(ledger, _of(kept, KeyPart))
    places = {native: place.text for native, place in nets.places.items()}
    placement_groups, placement_names = attached.write_placement_groups(ledger, _of(kept, PlacementGroupPart))
    interfaces = _of(kept, InterfacePart)
    firsts = {part.id: part.subnet for _, part in servers}
    key_names = {native: name for native, (name, _) in keys.items()}
    further = attached.interfaces_of(interfaces, places, firsts)
    machines = write_servers(ledger, servers, Around(places, groups.names, key_names, placement_names, further))
    attached.settle_on_servers(ledger, [*interfaces, *addresses], machines, places, firsts)
    attached.write_routes(ledger, _of(kept, RoutePart), nets.names, nets.section, machines)
    volumes = attached.write_volumes(ledger, _of(kept, VolumePart), _of(kept, AttachmentPart), machines)
    beside = balancers.Beside(places, groups.names, machines, balancers.by_address(servers))
    sections: Sections = {
        "networks": nets.section,
        "security_groups": groups.section,
        "keys": {name: entry for name, entry in keys.values()},
        "placement_groups": placement_groups,
        "servers": machines.section,
        "volumes": volumes,
        "public_ips": attached.write_addresses(ledger, waiting),
        **_balancing(ledger, kept, beside),
        "buckets": attached.write_buckets(ledger, _of(kept, BucketPart)),
    }
    ledger.settle_twins(twins)
    ledger.ask_unused()
    return {name: section for name, section in sections.items() if section}


def _balancing(ledger: Ledger, kept: list[Item], beside: balancers.Beside) -> Sections:
    certificates, names = balancers.write_certificates(ledger, _of(kept, CertificatePart))
    found = balancers.write_balancers(
        ledger, _of(kept, BalancerPart), _of(kept, PoolPart), _of(kept, ListenerPart), beside, names
    )
    return {"load_balancers": found, "certificates": certificates}


def _of(items: Iterable[Item], kind: type[T]) -> Pairs[T]:
    return [(item, item.part) for item in items if isinstance(item.part, kind)]


class _Networks:
    """Networks with their subnets."""

    def __init__(self, ledger: Ledger) -> None:
        self.section: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self.places: dict[str, Place] = {}
        self.renumbering = Renumbering()
        self._ledger = ledger
        self._namer = Namer()
        self._subnet_namers: dict[str, Namer] = {}

    def write(
        self,
        networks: Pairs[NetworkPart],
        subnets: Pairs[SubnetPart],
        servers: Pairs[ServerPart],
        groups: Pairs[GroupPart],
    ) -> None:
        """All networks and subnets, held or assumed."""
        for item, network in networks:
            self._held(item, network)
        reaching = {server.subnet for _, server in servers if server.public_ip and server.subnet}
        for item, subnet in subnets:
            self._subnet(item, subnet, subnet.id in reaching)
        for native in dict.fromkeys(server.subnet for _, server in servers if server.subnet):
            if native not in self.places and not any(subnet.id == native for _, subnet in subnets):
                self._assumed_subnet(native, native in reaching)
        for native in dict.fromkeys(group.network for _, group in groups if group.network):
            self.find(native)

    def find(self, native: str) -> str | None:
        """The network's name; one that is only assumed is added on first use."""
        if native not in self.names:
            assumed: AssumedNetwork | None = self._ledger.answer("networks", native)
            if assumed is None:
                return None
            name = self._namer.give(assumed.name or native)
            self._add(native, name, assumed.cidr, {})
            self._ledger.assume(("networks", name), native, f"{native} is not in the sources")
        return self.names[native]

    def _held(self, item: Item, part: NetworkPart) -> None:
        said: AssumedNetwork | None = self._ledger.answer("networks", part.id)
        if said is not None and said.cidr != part.cidr:
            raise DiscoverError(
                f"{part.id} has the block {part.cidr}, not {said.cidr} as the assumptions file says",
                where=f"{item.resource.file}: {item.resource.address}",
                hint="use renumber to give it a new block",
            )
        name = self._namer.give(said.name if said and said.name else item.resource.label)
        self._add(part.id, name, part.cidr, dict(part.labels))
        self._ledger.settle(item, "mapped", f"networks.{name}")

    def _add(self, native: str, name: str, cidr: str, labels: dict[str, str]) -> None:
        new = self._ledger.answer("renumber", native) or cidr
        if new != cidr:
            self._move(cidr, cidr, new, native)
            self._ledger.assume(("networks", name, "cidr"), native, f"renumbered from {cidr}")
        if others := self._ledger.others(native):
            self._ledger.assume(("networks", name), native, f"{others} is the same")
        self.names[native] = name
        self.renumbering.moves[native] = (cidr, new)
        self.section[name] = {"cidr": new, **({"labels": labels} if labels else {})}
        self._subnet_namers[name] = Namer()

    @staticmethod
    def _move(cidr: str, old: str, new: str, native: str) -> str | None:
        try:
            return move_block(cidr, old, new)
        except ValueError as error:
            hint = "give it a block at least as large"
            raise DiscoverError(f"renumber: {native}: {error}", hint=hint) from error

    def _subnet(self, item: Item, part: SubnetPart, reaching: bool) -> None:
        network = self.find(part.network)
        if network is None:
            self._ledger.leave(
                item,
                f"its network {part.network} is in none of the sources",
                f"give the state that holds it, or networks: {part.network} in an assumptions file",
            )
            return
        name = self._subnet_namers[network].give(item.resource.label)
        path = ("networks", network, "subnets", name)
        moved = self._place(part.id, part.network, name, part.cidr, dict(part.labels))
        if moved is None:
            self._ledger.leave(
                item,
                f"its block {part.cidr} is outside its network's {self.renumbering.moves[part.network][0]}",
                "secondary blocks have no word in a stack; choose a block inside the network",
            )
            return
        if part.zone:
            self.section[network]["subnets"][name]["zone"] = part.zone
        self._internet(path, part.id, part.direct, reaching, part.internet)
        self._ledger.settle(item, "mapped", f"networks.{network}.subnets.{name}")

    def _assumed_subnet(self, native: str, reaching: bool) -> None:
        said: AssumedSubnet | None = self._ledger.answer("subnets", native)
        if said is None:
            return
        parent = self._ledger.canonical(said.network)
        network = self.find(parent)
        if network is None:
            raise DiscoverError(
                f"subnets: {native}: its network {said.network} is not known",
                hint=f"give networks: {said.network} in the assumptions file",
            )
        name = self._subnet_namers[network].give(said.name or native)
        path = ("networks", network, "subnets", name)
        if self._place(native, parent, name, said.cidr, {}) is None:
            raise DiscoverError(f"subnets: {native}: {said.cidr} is outside of its network {said.network}")
        self._ledger.assume(path, native, f"{native} is not in the sources")
        if said.internet:
            self.section[network]["subnets"][name]["internet"] = said.internet
        else:
            self._internet(path, native, None, reaching)

    def _place(self, native: str, parent: str, name: str, cidr: str, labels: dict[str, str]) -> str | None:
        old, new = self.renumbering.moves[parent]
        block = self._move(cidr, old, new, parent)
        if block is None:
            return None
        network = self.names[parent]
        entry = {"cidr": block, **({"labels": labels} if labels else {})}
        self.section[network].setdefault("subnets", {})[name] = entry
        self.places[native] = Place(network, name)
        if others := self._ledger.others(native):
            self._ledger.assume(("networks", network, "subnets", name), native, f"{others} is the same")
        if block != cidr:
            self._ledger.assume(("networks", network, "subnets", name, "cidr"), native, f"moved along from {cidr}")
        return block

    def _internet(
        self, path: tuple[str, ...], native: str, direct: bool | None, reaching: bool, shown: str | None = None
    ) -> None:
        said = self._ledger.answer("internet", native)
        if said is not None:
            value, why = said, "by the assumptions file; the sources show no route"
        elif shown is not None:
            self.section[path[1]]["subnets"][path[3]]["internet"] = shown
            return
        elif reaching:
            value, why = "direct", "a server in it has a public address; the sources show no route"
        elif direct:
            value, why = "direct", "its servers get public addresses; the sources show no route"
        else:
            value, why = "none", "the sources show no route"
        self.section[path[1]]["subnets"][path[3]]["internet"] = value
        self._ledger.assume((*path, "internet"), native, why)


class _Groups:
    """Security groups with their rules."""

    def __init__(self, ledger: Ledger, networks: _Networks) -> None:
        self.section: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self._ledger = ledger
        self._networks = networks
        self._namer = Namer()
        self._native_networks: dict[str, str] = {}
        self._writers: dict[str, RuleWriter] = {}
        self._open: set[str] = set()

    def write(self, groups: Pairs[GroupPart], rules: Pairs[RulePart], servers: Pairs[ServerPart]) -> None:
        """All groups, held or assumed; names come before rules, for groups refer to each other."""
        for item, group in groups:
            self._held(item, group)
        for native in dict.fromkeys(rule.group for _, rule in rules):
            if native not in self.names:
                self._assumed(native, "only its rules are in the sources")
        peers = [peer for _, group in groups for rule in group.rules for peer in rule.groups]
        peers += [peer for _, rule in rules for peer in rule.groups]
        peers += [group for _, server in servers for group in server.groups]
        for native in dict.fromkeys(peers):
            if native not in self.names and self._ledger.answer("groups", native) is not None:
                self._assumed(native, "it is not in the sources")
        for item, group in groups:
            self._held_rules(item, group)
        for item, rule in rules:
            self._rule(item, rule)

    def _held(self, item: Item, part: GroupPart) -> None:
        said: AssumedGroup | None = self._ledger.answer("groups", part.id)
        name = self._namer.give(said.name if said and said.name else item.resource.label)
        self.names[part.id] = name
        self._start(part.id, name, part.network, part.everywhere)
        if part.open_egress is not None:
            self._open.add(part.id)
            del self.section[name]["egress"]
            if part.open_egress:
                self._ledger.assume(("security_groups", name), part.id, part.open_egress)

    def _assumed(self, native: str, why: str) -> None:
        said: AssumedGroup | None = self._ledger.answer("groups", native)
        name = self._namer.give(said.name if said and said.name else native)
        self.names[native] = name
        self._start(native, name, self._ledger.canonical(said.network) if said else None)
        self._ledger.assume(("security_groups", name), native, f"{native}: {why}")

    def _start(self, native: str, name: str, network: str | None, everywhere: bool = False) -> None:
        entry: dict[str, Any] = {}
        path: DocumentPath = ("security_groups", name)
        if everywhere:
            pass
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
            reason = f"a {part.direction} rule of its group" if written == "new" else "another rule says the same"
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


def _write_keys(ledger: Ledger, keys: Pairs[KeyPart]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Native id -> name and entry."""
    namer = Namer()
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for item, part in keys:
        said = ledger.answer("public_keys", part.id)
        public_key = part.public_key or said
        if public_key is None:
            advice = f"give its text under public_keys: {part.id} in an assumptions file"
            ledger.leave(item, "the sources do not hold the public key", advice)
            continue
        name = namer.give(item.resource.label)
        if part.public_key is None:
            ledger.assume(("keys", name, "public_key"), part.id, "the sources hold only its fingerprint")
        labels = {"labels": dict(part.labels)} if part.labels else {}
        found[part.id] = (name, {"public_key": public_key, **labels})
        ledger.settle(item, "mapped", f"keys.{name}")
    return found
