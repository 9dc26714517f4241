"""What is paid for (prices: catalog/prices.csv). Nothing is paid ahead; traffic and requests are not here."""

from __future__ import annotations

from mcloud.adapter.charges import Charge, disk_price, flavor_price
from mcloud.adapter.kind import Inputs, Picks
from mcloud.catalog.types import Catalog
from mcloud.model.base import Placement
from mcloud.units import Size
from mcloud_aws import translate


def of_server(inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
    """The instance type by the hour, and its root volume."""
    region, name = _region(inputs), str(picks.get("flavor"))
    price = None if _is_local(region, picks) else flavor_price(catalog, region, str(picks.get("zone")), name)
    found = [
        Charge(f"flavor {name}", 1, price),
        *_disk(inputs.get("disk") or {}, translate.disk_gib(inputs), picks, catalog, region),
    ]
    if picks.get("licensed"):
        found.append(Charge(f"licence of {picks.get('image')}", 1, None))
    return found


def of_volume(inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
    """An EBS volume."""
    return _disk(inputs, Size.parse(inputs["size"]).whole_gib, picks, catalog, _region(inputs))


def of_address(inputs: Inputs, catalog: Catalog) -> list[Charge]:
    """A public IPv4 address, used or not."""
    return [Charge("public address", 1, catalog.prices.get(f"address:{_region(inputs)}/ipv4"))]


def of_balancer(inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
    """The load balancer by the hour, and what it carries, in capacity units that only its use tells."""
    kind = str(picks.get("layer"))
    price = catalog.prices.get(f"load-balancer:{_region(inputs)}/{kind}")
    return [Charge(f"{kind} load balancer", 1, price), Charge(f"capacity units of {kind} load balancers", 1, None)]


def of_subnet(inputs: Inputs) -> list[Charge]:
    """Its network's NAT gateway, one for all such subnets, charged in each zone where it works: not known from here."""
    return [Charge("NAT gateway of the network", 1, None)] if inputs.get("internet") == "outbound" else []


def of_bucket() -> list[Charge]:
    """Only its use tells."""
    return [Charge("what is stored and transferred", 1, None)]


def _disk(asked: Inputs, gib: int, picks: Picks, catalog: Catalog, region: str) -> list[Charge]:
    name = str(picks.get("diskType"))
    price = None if _is_local(region, picks) else disk_price(catalog, region, str(picks.get("zone")), name)
    found = [Charge(f"{gib} GB of disk {name}", gib, price)]
    if translate.disk_settings(asked, {"diskTypeId": name}, gib).get("Iops"):
        found.append(Charge(f"IOPS of disk {name}", 1, None))
    return found


def _region(inputs: Inputs) -> str:
    return Placement.parse(str(inputs["placement"])).region


def _is_local(region: str, picks: Picks) -> bool:
    """Whether it is in a local zone, where the region's prices do not hold (docs/clouds/aws.md)."""
    return str(picks.get("zone")).startswith(f"{region}-")
