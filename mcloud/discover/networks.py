"""Networks with their subnets: held by a source, told by an assumption, or made up where the ledger is not strict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcloud.discover import standins
from mcloud.discover.ledger import Item, Ledger, Namer, Pairs
from mcloud.discover.overlay import AssumedNetwork, AssumedSubnet, move_block
from mcloud.discover.parts import GroupPart, NetworkPart, ServerPart, SubnetPart
from mcloud.discover.routing import Routing, with_reach
from mcloud.discover.rules import Renumbering
from mcloud.errors import DiscoverError

_AROUND = "it is in none of the sources; its block is the least around its subnets"
_NO_BLOCK_BUT = "the source does not say its block; this is the least around its subnets"
_NO_BLOCK = "the source does not say its block; this one is made up"


@dataclass(frozen=True)
class Place:
    """A subnet of the stack: network and subnet by name."""

    network: str
    subnet: str

    @property
    def text(self) -> str:
        """As a server refers to it."""
        return f"{self.network}.{self.subnet}"


class Networks:
    """Networks with their subnets."""

    def __init__(self, ledger: Ledger, routing: Routing, holders: set[str]) -> None:
        self.section: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self.places: dict[str, Place] = {}
        self.default_subnet: str | None = None
        self.asked: list[str] = []
        self._inside: dict[str, list[str]] = {}
        self.renumbering = Renumbering()
        self._routing = routing
        self._holders = holders
        self._ledger = ledger
        self._namer = Namer()
        self._subnet_namers: dict[str, Namer] = {}

    def write(
        self,
        networks: Pairs[NetworkPart],
        subnets: Pairs[SubnetPart],
        servers: Pairs[ServerPart],
        groups: Pairs[GroupPart],
        asked: Mapping[str, str | None],
    ) -> None:
        """All networks and subnets, held or assumed; ``asked``: further subnets that are referred to."""
        for _, subnet in subnets:
            if subnet.cidr:
                self._inside.setdefault(subnet.network, []).append(subnet.cidr)
        for item, network in sorted(networks, key=lambda pair: not pair[1].cidr):
            self._held(item, network)
        reaching = {
            server.subnet for _, server in servers if server.subnet and (server.public_ip or server.id in self._holders)
        }
        for item, subnet in sorted(subnets, key=lambda pair: not pair[1].cidr):
            self._subnet(item, with_reach(subnet, self._routing), subnet.id in reaching)
        held = {subnet.id for _, subnet in subnets}
        of_groups = {group.id: group.network for _, group in groups if group.network}
        for _, server in servers:
            self._routing.hint(server.subnet, [of_groups.get(native) for native in server.groups])
        for native in dict.fromkeys([*(server.subnet for _, server in servers if server.subnet), *asked]):
            if native not in self.places and native not in held:
                self._assumed_subnet(native, native in reaching, asked.get(native))
        homeless = [server for _, server in servers if server.subnet is None]
        if homeless and not self._ledger.strict:
            self.default_subnet = standins.DEFAULT
            self._assumed_subnet(standins.DEFAULT, any(server.public_ip for server in homeless), standins.DEFAULT)
        for native in dict.fromkeys([*(group.network for _, group in groups if group.network), *self.asked]):
            self.find(native)

    @property
    def only(self) -> str | None:
        """The name of the network, where there is one only."""
        return next(iter(self.section)) if len(self.section) == 1 else None

    def find(self, native: str) -> str | None:
        """The network's name; one that is only assumed is added on first use."""
        if native not in self.names:
            assumed: AssumedNetwork | None = self._ledger.answer("networks", native)
            if assumed is None:
                return None if self._ledger.strict else self._stand_in(native)
            name = self._namer.give(assumed.name or native)
            self._add(native, name, assumed.cidr, {})
            self._ledger.assume(("networks", name), native, f"{native} is not in the sources")
        return self.names[native]

    def _stand_in(self, native: str) -> str:
        """A network with a block that is made up."""
        name = self._namer.give(native)
        around = standins.around(self._inside.get(native, ()))
        self._add(native, name, around or self._free(), {})
        text = _AROUND if around else _made_up_network(native)
        self._ledger.ask(("networks", name), native, text)
        return name

    def _free(self) -> str:
        """A block that none of the networks that are known has."""
        said = [network.cidr for network in self._ledger.overlay.networks.values()]
        moves = [block for pair in self.renumbering.moves.values() for block in pair]
        return standins.free_network([*said, *moves, *self._ledger.overlay.renumber.values()])

    def _held(self, item: Item, part: NetworkPart) -> None:
        said: AssumedNetwork | None = self._ledger.answer("networks", part.id)
        if said is not None and part.cidr and said.cidr != part.cidr:
            raise DiscoverError(
                f"{part.id} has the block {part.cidr}, not {said.cidr} as the assumptions file says",
                where=f"{item.resource.file}: {item.resource.address}",
                hint="use renumber to give it a new block",
            )
        name = self._namer.give(said.name if said and said.name else item.resource.label)
        self._add(
            part.id,
            name,
            part.cidr or (said.cidr if said else standins.around(self._inside.get(part.id, ())) or self._free()),
            dict(part.labels),
        )
        if not part.cidr and said is None:
            text = _NO_BLOCK_BUT if self._inside.get(part.id) else _NO_BLOCK
            self._ledger.ask(("networks", name, "cidr"), part.id, text)
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
        block = part.cidr or self._room(part.network)
        if not part.cidr and block:
            self._ledger.ask((*path, "cidr"), part.id, _NO_BLOCK)
        if part.assumed and block:
            self._ledger.assume((*path, "cidr"), part.id, part.assumed)
        moved = self._place(part.id, part.network, name, block, dict(part.labels)) if block else None
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

    def _room(self, parent: str) -> str | None:
        """A free block of a network, in its old numbers."""
        network = self.names[parent]
        old, new = self.renumbering.moves[parent]
        taken = [str(part["cidr"]) for part in self.section[network].get("subnets", {}).values()]
        free = standins.free_subnet(new, taken)
        return free if free is None or old == new else self._move(free, new, old, parent)

    def _stand_in_subnet(self, native: str, reaching: bool, parent: str) -> None:
        """A subnet with a block that is made up; where its network has no room for it there is none."""
        network, block = self.find(parent) or "", self._room(parent)
        if block is None:
            return
        name = self._subnet_namers[network].give(native)
        path = ("networks", network, "subnets", name)
        self._place(native, parent, name, block, {})
        self._ledger.ask(path, native, _made_up_subnet(native))
        self._internet(path, native, None, reaching, self._routing.of(native, parent))

    def _assumed_subnet(self, native: str, reaching: bool, network_hint: str | None = None) -> None:
        said: AssumedSubnet | None = self._ledger.answer("subnets", native)
        if said is None:
            if not self._ledger.strict:
                only = next(iter(self.names)) if len(self.names) == 1 else standins.DEFAULT
                parent = network_hint or self._routing.networks.get(native) or only
                self._stand_in_subnet(native, reaching, parent)
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
            self._internet(path, native, None, reaching, self._routing.of(native, parent))

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


def _made_up_network(native: str) -> str:
    if native == standins.DEFAULT:
        return "the sources do not say which network this is; its block is made up"
    return "it is in none of the sources; its block is made up"


def _made_up_subnet(native: str) -> str:
    if native == standins.DEFAULT:
        return "the sources do not say which subnet this is; its block is made up"
    return "it is in none of the sources; its block is made up"
