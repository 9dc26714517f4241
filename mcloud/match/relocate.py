"""The same stack at another placement: pure. What is bound to the old one is left out and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mcloud.catalog.types import Catalog
from mcloud.errors import PlacementError
from mcloud.model.base import Placement
from mcloud.model.compute import MachineSize
from mcloud.model.stack import SECTIONS, Stack

CatalogOf = Callable[[Placement], Catalog]


@dataclass(frozen=True)
class Relocated:
    """A stack at another placement.

    Attributes:
        stack: with everything placed there.
        remarks: what was left out or worked out on the way.
        problems: section.name -> why it cannot be placed there as it is written.
    """

    stack: Stack
    remarks: tuple[str, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)


def relocate(stack: Stack, to: Placement, catalog_of: CatalogOf) -> Relocated:
    """Place everything at ``to``, also what names a placement of its own.

    What is there already stays as it is. Elsewhere zones are left to the new cloud, for their names are the old one's;
    a server that only names a flavor is asked for by that flavor's size.

    Raises:
        PlacementError: the new placement is not there.
    """
    target = catalog_of(to).canonical(to)
    mover = _Mover(stack, target, catalog_of)
    sections = {section: mover.section(section) for section in SECTIONS}
    mover.tell_extensions()
    moved = stack.model_copy(update={"placement": str(target), **sections})
    return Relocated(moved, tuple(dict.fromkeys(mover.remarks)), mover.problems)


class _Mover:
    def __init__(self, stack: Stack, target: Placement, catalog_of: CatalogOf) -> None:
        self.stack = stack
        self.target = target
        self.catalog_of = catalog_of
        self.remarks: list[str] = []
        self.problems: dict[str, str] = {}

    def section(self, section: str) -> dict[str, Any]:
        """The entries of a section as they are there."""
        return {name: self._moved(section, name, item) for name, item in getattr(self.stack, section).items()}

    def _moved(self, section: str, name: str, item: Any) -> Any:
        written = Placement.parse(item.placement or self.stack.placement)
        if self._home(written) == self.target.home:
            return item
        changes: dict[str, Any] = {"placement": None}
        if section == "networks":
            changes["subnets"] = {
                part: self._without_zone(f"{section}.{name}.{part}", subnet) for part, subnet in item.subnets.items()
            }
        if section == "volumes" and item.zone:
            self._tell_zones(f"volumes.{name}", [item.zone])
            changes["zone"] = None
        if section == "servers":
            changes |= self._server(name, item, written)
        return item.model_copy(update=changes)

    def _home(self, written: Placement) -> str:
        try:
            return self.catalog_of(written).canonical(written).home
        except PlacementError:  # the old cloud need not be installed
            return written.home

    def _without_zone(self, resource: str, subnet: Any) -> Any:
        if subnet.zone is None:
            return subnet
        self._tell_zones(resource, [subnet.zone])
        return subnet.model_copy(update={"zone": None})

    def _tell_zones(self, resource: str, zones: Iterable[str]) -> None:
        self.remarks.append(f"{resource}: zone {', '.join(zones)} is the old cloud's; {self.target.home} chooses one")

    def _server(self, name: str, server: Any, written: Placement) -> dict[str, Any]:
        resource = f"servers.{name}"
        changes: dict[str, Any] = {}
        if isinstance(server.zones, tuple) and server.zones:
            self._tell_zones(resource, server.zones)
            changes["zones"] = "any"
        if server.size is None and self.target.cloud not in server.flavor:
            flavor = server.flavor.get(written.cloud, "")
            size = self._size_of(written, flavor)
            if size is None:
                self.problems[resource] = (
                    f"how large {flavor or 'it'} is on {written.home} is not known; give the server a size"
                )
            else:
                words = f"{size.vcpu} vCPU, {size.memory}" + (f", {size.gpu} GPU" if size.gpu else "")
                self.remarks.append(f"{resource}: asked for as large as {flavor} on {written.home}: {words}")
                changes["size"] = size
        return changes

    def _size_of(self, written: Placement, flavor: str) -> MachineSize | None:
        try:
            catalog = self.catalog_of(written)
            region = catalog.region(written.region).name
        except PlacementError:
            return None
        rows = [row for row in catalog.flavors if row.name == flavor]
        rows.sort(key=lambda row: row.region != region)
        return MachineSize(vcpu=rows[0].vcpu, memory=rows[0].memory, gpu=rows[0].gpu) if rows else None

    def tell_extensions(self) -> None:
        """Knobs of other clouds are not turned here."""
        for cloud, settings in self.stack.extensions.items():
            if cloud != self.target.cloud and settings:
                self.remarks.append(f"extensions.{cloud}: only {cloud} has these: {', '.join(sorted(settings))}")
