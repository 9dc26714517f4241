"""What is paid for; servers, volumes and addresses are sold by the month, ahead (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcloud.adapter.charges import Charge, disk_price, flavor_price
from mcloud.adapter.kind import Inputs, Picks
from mcloud.errors import InvalidRequest
from mcloud.model.base import Placement
from mcloud.units import Size
from mcloud_vng import translate

if TYPE_CHECKING:
    from mcloud.catalog.types import Catalog

KNOBS = ("poc",)
"""Extensions of servers and volumes. poc: paid from the account's trial wallet."""


def unchangeable(what: str) -> InvalidRequest:
    """No client has a call for it ([DOC] terraform: cannot renew)."""
    return InvalidRequest(
        f"whether a {what} is renewed cannot be changed by any known call of VNG",
        hint="change it in the console, and leave billing in the stack as it was made",
    )


def of_server(inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
    """A month of the flavor and of the root disk, and what encryption and a licence add."""
    region, zone, name, disk = _region(inputs), str(picks["zone"]), str(picks["flavor"]), inputs.get("disk") or {}
    renews = translate.renews(inputs)
    found = [
        Charge(f"flavor {name}", 1, flavor_price(catalog, region, zone, name), True, renews),
        _disk(translate.disk_gib(inputs), picks, catalog, region, renews),
    ]
    if disk.get("encrypted"):
        # 30 % of the flavor's price in a live quote ([3P] 2026-10-10); no price list has it.
        found.append(Charge("encryption of the root disk", 1, None, True, renews))
    if picks.get("licensed"):
        found.append(Charge(f"licence of {picks['image']}", 1, None, True, renews))
    return found


def of_volume(inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
    """A month of its size; encryption costs nothing on a separate volume (LIVE [3P] 2026-10-10)."""
    size = Size.parse(inputs["size"]).whole_gib
    return [_disk(size, picks, catalog, _region(inputs), translate.renews(inputs))]


def of_address(catalog: Catalog) -> list[Charge]:
    """A month of a floating address; whether it is renewed is not known."""
    return [Charge("floating address", 1, catalog.prices.get("public-ip:floating"), True)]


def of_balancer(picks: Picks, catalog: Catalog) -> list[Charge]:
    """A month of its package; whether it is taken ahead is not known."""
    name = str(picks.get("flavor") or "")
    return [Charge(f"load balancer {name}".strip(), 1, catalog.prices.get(f"load-balancer:{name}"))]


def of_bucket() -> list[Charge]:
    """Only its use tells: pay as you go, or a package that was bought in the vendor's portal."""
    return [Charge("what is stored and transferred", 1, None)]


def _disk(gib: int, picks: Picks, catalog: Catalog, region: str, renews: bool) -> Charge:
    name = str(picks["diskType"])
    price = disk_price(catalog, region, str(picks["zone"]), name)
    return Charge(f"{gib} GB of disk {name}", gib, price, True, renews)


def _region(inputs: Inputs) -> str:
    return Placement.parse(inputs["placement"]).region
