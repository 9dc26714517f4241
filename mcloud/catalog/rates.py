"""What makes prices comparable: exchange rates into VND and the value added tax, as dated facts (``rates.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from mcloud.catalog.types import Price, Provenance

FILE = Path(__file__).with_name("rates.yaml")
HOME = "VND"
"""The currency in which things are compared."""


@dataclass(frozen=True)
class Reading:
    """One reading of a rate: VND for one unit of a currency, or tax in percent."""

    value: Decimal
    provenance: Provenance


@dataclass(frozen=True)
class Rates:
    """The rates that a comparison uses.

    Attributes:
        exchange: currency -> its readings, at least one.
        vat: value added tax in percent.
    """

    exchange: Mapping[str, tuple[Reading, ...]]
    vat: Reading

    def span(self, amount: Decimal, currency: str, vat: str | None) -> tuple[Decimal, Decimal] | None:
        """The least and the most that an amount is in VND before tax; None where no rate is known.

        Args:
            amount: in the currency.
            currency: of the amount.
            vat: "excluded", "included", or None: then it may or may not be in it.
        """
        low = high = Decimal(1)
        if currency != HOME:
            readings = [reading.value for reading in self.exchange.get(currency, ())]
            if not readings:
                return None
            low, high = min(readings), max(readings)
        before_tax = amount * 100 / (100 + self.vat.value)
        return (amount if vat == "excluded" else before_tax) * low, (before_tax if vat == "included" else amount) * high

    def used_for(self, prices: list[Price]) -> list[Reading]:
        """The readings that are needed for these prices."""
        currencies = sorted({price.currency for price in prices} & set(self.exchange))
        found = [reading for currency in currencies for reading in self.exchange[currency]]
        return [*found, self.vat] if any(price.vat != "excluded" for price in prices) else found

    def with_rate(self, currency: str, value: Decimal, today: date) -> Rates:
        """The same with the user's own rate as the only one of a currency."""
        reading = Reading(value, Provenance("given with the command", today, "user"))
        return replace(self, exchange={**self.exchange, currency: (reading,)})


@cache
def shipped_rates() -> Rates:
    """The rates of ``rates.yaml``."""
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    exchange = {
        currency: tuple(_reading(row, "vnd") for row in rows) for currency, rows in document["exchange"].items()
    }
    return Rates(exchange, _reading(document["vat"], "percent"))


def _reading(row: Mapping[str, Any], key: str) -> Reading:
    return Reading(Decimal(str(row[key])), Provenance(row["source"], row["as_of"], row["mark"]))
