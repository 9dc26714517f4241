"""The account's prepaid wallet (sources: docs/clouds/vng.md): one for all regions."""

from __future__ import annotations

import csv
from pathlib import Path

from mcloud.emulator.clock import Clock

PRICES = Path(__file__).parent / "seed" / "prices.csv"
START = 1_000_000_000
"""VND: enough for a stack of any size that the quotas let through."""
MONTH = 30 * 24 * 3600.0
"""Seconds that a payment lasts; how the service counts a month is not known. Other than states, it is not shortened by
the emulator's factor: what stands over night is not expired."""


class Wallet:
    """What is left, and what was paid for each object.

    A create debits one month, a delete pays back the part that is not used [3P] (LIVE 2026-09). Amounts are whole VND.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        with PRICES.open(encoding="utf-8", newline="") as file:
            self.prices = {row["item"]: int(row["vnd_month"]) for row in csv.DictReader(file)}
        self.reset()

    def reset(self) -> None:
        """As on the first day."""
        self.balance = START
        self.takes_payment = True
        self._paid: dict[str, tuple[int, float]] = {}

    def price(self, **numbers: int) -> int:
        """One month of so many of each item of the price list."""
        return sum(self.prices[item] * number for item, number in numbers.items())

    def has(self, amount: int) -> bool:
        """Whether so much is left."""
        return self.balance >= amount

    def debit(self, object_id: str, amount: int) -> None:
        """Pay a month of an object, or more for one that grew; its month stays the same."""
        self.balance -= amount
        before, since = self._paid.get(object_id, (0, self._clock.now()))
        self._paid[object_id] = (before + amount, since)

    def refund(self, object_id: str) -> None:
        """Pay back what is left of the month; nothing for what was never paid."""
        amount, since = self._paid.pop(object_id, (0, 0.0))
        used = min((self._clock.now() - since) / MONTH, 1.0)
        self.balance += round(amount * (1.0 - used))

    def is_over(self, object_id: str) -> bool:
        """Whether the month that was paid for has ended."""
        _, since = self._paid.get(object_id, (0, self._clock.now()))
        return self._clock.now() - since > MONTH
