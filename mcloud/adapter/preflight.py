"""What would stop a run half way, told before its first create: quotas, clashes, stock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcloud.catalog.types import Catalog


@dataclass(frozen=True)
class Wanted:
    """A resource that a run is going to make.

    Attributes:
        kind: neutral kind.
        name: of the resource.
        inputs: neutral, in wire form; references are ``@address``.
        picks: what was chosen for it.
    """

    kind: str
    name: str
    inputs: Mapping[str, Any]
    picks: Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Obstacle:
    """Why something cannot be made now, and what to do about it.

    Attributes:
        resources: which resources, for people.
        reason: what is in the way.
        remedy: what to do.
    """

    resources: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.resources}: {self.reason}; {self.remedy}"


def named(word: str, names: Iterable[str]) -> str:
    """Several resources of a kind in a few words: ``servers web-0, web-1, web-2 and 7 more``."""
    listed = sorted(names)
    more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
    return f"{word}{'s' if len(listed) > 1 else ''} {', '.join(listed[:3])}{more}"


def stock(wanted: Iterable[Wanted], catalog: Catalog) -> list[Obstacle]:
    """Flavors of which the zone has fewer left than servers want; where nobody tells how many, none."""
    left = {row.native_id: row for row in catalog.flavors if row.native_id and row.remaining is not None}
    servers: dict[str, list[str]] = defaultdict(list)
    for item in wanted:
        known = item.picks.get("flavorId")
        if item.kind == "Server" and known in left:
            servers[str(known)].append(item.name)
    found = []
    for known, names in sorted(servers.items()):
        row = left[known]
        if row.remaining is not None and row.remaining < len(names):
            reason = f"{len(names)} of the flavor {row.name} are wanted, {row.remaining} are left in its zone"
            found.append(Obstacle(named("server", names), reason, "ask for another size or zone, or for fewer"))
    return found
