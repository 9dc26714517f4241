"""What creating something takes from the account at once, where a cloud sells ahead. Pure data, for showing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from mcloud.catalog.types import Price


@dataclass(frozen=True)
class Charge:
    """One part of what is taken.

    Attributes:
        what: in words.
        amount: how much of it, in units of the price: 1 server, 40 GB.
        price: per unit; None when it is not known.
        renews: whether it goes on by itself after the time that is paid for; None where that is not known.
    """

    what: str
    amount: int
    price: Price | None
    renews: bool | None = None


def totals(charges: Iterable[Charge]) -> dict[str, Decimal]:
    """Currency -> the sum of the known charges."""
    found: dict[str, Decimal] = {}
    for charge in charges:
        if charge.price is not None:
            currency = charge.price.currency
            found[currency] = found.get(currency, Decimal(0)) + charge.amount * charge.price.amount
    return found
