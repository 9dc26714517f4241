"""Route tables: what subnets reach by them, and the routes that lead to servers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from mcloud.discover.ledger import Item
from mcloud.discover.parts import (
    BelongsPart,
    Hop,
    HopPart,
    Part,
    RoutePart,
    SubnetPart,
    TablePart,
    TableUsePart,
    part_id,
)

EVERYTHING = "0.0.0.0/0"
WORDS = {"internet": "direct", "nat": "outbound"}


@dataclass
class Routing:
    """What the tables of the sources say.

    Attributes:
        reach: subnet -> none, outbound or direct.
        networks: subnet -> its network, where a table tells it.
        main: network -> what the subnets reach that have no table of their own.
    """

    reach: dict[str, str] = field(default_factory=dict)
    networks: dict[str, str] = field(default_factory=dict)
    main: dict[str, str] = field(default_factory=dict)

    def hint(self, subnet: str | None, networks: Iterable[str | None]) -> None:
        """In which network a subnet must be, by what else is known of those in it."""
        for network in networks:
            if subnet and network:
                self.networks.setdefault(subnet, network)

    def of(self, subnet: str, network: str | None) -> str | None:
        """What a subnet reaches; None: no table that the sources hold is its own."""
        return self.reach.get(subnet) or self.main.get(network or "")


def take_tables(items: Iterable[Item]) -> tuple[list[Item], Routing]:
    """The items without tables, which belong to their networks now, and what the tables say."""
    whole = list(items)
    tables = {item.part.id: item.part for item in whole if isinstance(item.part, TablePart)}
    hops = {native: list(table.hops) for native, table in tables.items()}
    for item in whole:
        if isinstance(item.part, HopPart) and item.part.table in hops:
            hops[item.part.table].append(item.part.hop)
    routing = Routing()
    for native, table in tables.items():
        if table.main:
            routing.main[table.network] = _reach(hops[native])
    for item in whole:
        part = item.part
        if not isinstance(part, TableUsePart) or part.table not in tables:
            continue
        if part.subnet:
            routing.reach[part.subnet] = _reach(hops[part.table])
            routing.networks[part.subnet] = tables[part.table].network
        else:
            routing.main[part.network or tables[part.table].network] = _reach(hops[part.table])
    return [new for item in whole for new in _replaced(item, tables)], routing


def _reach(hops: Iterable[Hop]) -> str:
    """What the route for everything leads to, in the stack's word."""
    return next((WORDS[hop.via] for hop in hops if hop.destination == EVERYTHING and hop.via in WORDS), "none")


def _replaced(item: Item, tables: dict[str, TablePart]) -> list[Item]:
    """What becomes of an item: it belongs to its network or subnet, or is a route to a server."""
    part = item.part
    if isinstance(part, TablePart):
        routes = [
            Item(item.resource, _route(f"{part.id}/{to}", part.network, hop), (), f"route {to}")
            for hop in part.hops
            if hop.via == "server" and (to := hop.destination)
        ]
        reason = "routes of its network; what they reach is said by its subnets"
        return [_belongs(item, part.network, "network", reason), *routes]
    if isinstance(part, HopPart):
        if part.table not in tables:
            return [_belongs(item, part.table, "other", "a route of a route table")]
        network = tables[part.table].network
        if part.hop.via == "server":
            return [replace(item, part=_route(part.id, network, part.hop))]
        return [_belongs(item, network, "network", "a route: its subnets say what they reach")]
    if isinstance(part, TableUsePart):
        if part.subnet:
            return [_belongs(item, part.subnet, "subnet", "the routes of its subnet: it says what it reaches")]
        network = part.network or (tables[part.table].network if part.table in tables else part.table)
        return [_belongs(item, network, "network", "the routes of its network")]
    return [item]


def _route(native: str, network: str, hop: Hop) -> Part:
    return RoutePart(native, network, hop.destination, hop.target)


def _belongs(item: Item, owner: str, of: Literal["network", "subnet", "other"], reason: str) -> Item:
    return replace(item, part=BelongsPart(f"{type(item.part).__name__}/{part_id(item.part)}", owner, of, reason))


def with_reach(part: SubnetPart, routing: Routing) -> SubnetPart:
    """The subnet with what its routes say, where it does not say it itself."""
    if part.internet is not None:
        return part
    return replace(part, internet=routing.of(part.id, part.network))
