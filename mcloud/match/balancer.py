"""Which size of load balancer is taken, and why the others lost."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from mcloud.catalog.types import BalancerSize, Catalog
from mcloud.match.flavor import Loser

APPLICATION, NETWORK = "application", "network"


@dataclass(frozen=True)
class BalancerMatch:
    """The answer.

    Attributes:
        pick: the size, None when none fits.
        losers: every other one of the zone and layer with its reason.
        known: False where no size at all is known there: the account's own list was not read.
    """

    pick: BalancerSize | None
    losers: tuple[Loser, ...] = ()
    known: bool = True


def layer_of(protocols: Iterable[str]) -> str:
    """application where any listener speaks HTTP, else network."""
    return APPLICATION if {"http", "https"} & set(protocols) else NETWORK


def match_balancer(
    layer: str, connections: int | None, forced: str | None, catalog: Catalog, region: str, zone: str
) -> BalancerMatch:
    """The smallest size of a zone that holds so many connections.

    Args:
        connections: at once, at least; None: any will do.
        forced: one size by name; then connections do not count.
    """
    rows = catalog.balancers_in(region, zone, layer)
    refused = {row: _shortcoming(row, connections, forced) for row in rows}
    fitting = [row for row, reason in refused.items() if reason is None]
    best = fitting[0] if fitting else None
    losers = tuple(
        Loser(row.name, reason or f"larger than {best.name if best else ''}")
        for row, reason in refused.items()
        if row is not best
    )
    return BalancerMatch(best, losers, bool(rows))


def _shortcoming(row: BalancerSize, connections: int | None, forced: str | None) -> str | None:
    if forced is not None:
        return None if row.name == forced else f"{forced} is asked for"
    if connections is None or (row.connections is not None and row.connections >= connections):
        return None
    if row.connections is None:
        return f"how many connections it holds is not known; {connections:,} are asked for"
    return f"it holds {row.connections:,} connections, {connections:,} are asked for"


def nearest(found: BalancerMatch, forced: str | None) -> str:
    """A hint where nothing fits."""
    names = [loser.name for loser in found.losers]
    close = difflib.get_close_matches(forced or "", names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return "; ".join(f"{loser.name}: {loser.reason}" for loser in found.losers)
