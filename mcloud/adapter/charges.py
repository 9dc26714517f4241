"""What things are billed for, by time: each kind names its charges, everything that speaks of money adds them up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from mcloud.catalog.types import Catalog, Price

HOURS_IN_MONTH = 730
"""A month of the clouds that bill by the hour; those that bill by 30 days say "month" in their price lists."""
PER_MONTH: Mapping[str, int] = {"month": 1, "GB-month": 1, "hour": HOURS_IN_MONTH, "GB-hour": HOURS_IN_MONTH}


@dataclass(frozen=True)
class Charge:
    """One thing that is paid for.

    Attributes:
        what: what it is billed as, in words.
        amount: how many of the price's unit, time aside: 1 server, 40 GB.
        price: per unit; None where it is not known, or only its use tells it.
        ahead: whether the first month is taken from the account when it is made.
        renews: whether it goes on by itself after the time that is paid for; None where that is not known.
    """

    what: str
    amount: int
    price: Price | None
    ahead: bool = False
    renews: bool | None = None

    @property
    def monthly(self) -> Decimal | None:
        """Per month, in the price's currency; None where the price, or what its unit means, is not known."""
        if self.price is None or self.price.unit not in PER_MONTH:
            return None
        return self.price.amount * self.amount * PER_MONTH[self.price.unit]


def totals(charges: Iterable[Charge]) -> dict[str, Decimal]:
    """Currency -> the sum of what is known, per month."""
    found: dict[str, Decimal] = {}
    for charge in charges:
        monthly = charge.monthly
        if monthly is not None and charge.price is not None:
            currency = charge.price.currency
            found[currency] = found.get(currency, Decimal(0)) + monthly
    return found


def flavor_price(catalog: Catalog, region: str, zone: str, name: str) -> Price | None:
    """The price of a flavor in a zone; None where it is not known."""
    return next((row.price for row in catalog.flavors_in(region, zone) if row.name == name), None)


def disk_price(catalog: Catalog, region: str, zone: str, name: str) -> Price | None:
    """The price of a GB of a disk class in a zone; None where it is not known."""
    return next((row.price for row in catalog.disks_in(region, zone) if row.name == name), None)
