"""Cost per month: sums of what is known, a list of what is not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mcloud.adapter.charges import Charge
from mcloud.catalog.types import Price, Provenance
from mcloud.cli.cost import cost_words
from mcloud.match.cost import total

NEW, OLD = Provenance("list", date(2026, 9, 1), "vendor-doc"), Provenance("note", date(2026, 3, 1), "third-party")


def price(amount: str, unit: str = "month", currency: str = "VND", source: Provenance = NEW) -> Price:
    return Price(Decimal(amount), currency, unit, source)


@pytest.mark.parametrize(
    ("price_", "amount", "expected"),
    [
        (price("0.5", "hour", "USD"), 1, "365.0"),
        (price("3000", "GB-month"), 40, "120000"),
        (price("1", "GB-hour"), 2, "1460"),
        (price("5", "fortnight"), 1, None),
        (None, 1, None),
    ],
)
def test_what_a_charge_is_per_month(price_: Price | None, amount: int, expected: str | None) -> None:
    assert Charge("x", amount, price_).monthly == (None if expected is None else Decimal(expected))


def test_currencies_stay_apart_and_what_is_unknown_is_counted() -> None:
    lines = [
        ("Server/web", Charge("flavor s", 1, price("0.5", "hour", "USD", OLD))),
        ("Server/web", Charge("10 GB of disk", 10, price("4000", "GB-month"))),
        ("Server/db", Charge("flavor big", 1, None)),
        ("Server/db", Charge("10 GB of disk", 10, price("4000", "GB-month"))),
        ("Bucket/assets", Charge("what is stored", 1, price("9", "fortnight"))),
    ]
    found = total(lines)
    assert found.known == {"USD": Decimal(365), "VND": Decimal(80000)}
    assert [resource for resource, _ in found.unknown] == ["Bucket/assets", "Server/db"]
    assert str(found) == (
        "365 USD + 80,000 VND per month for 3 of 5 that are paid for"
        " (prices of 2026-03-01 or later; third-party, vendor-doc)"
    )
    assert str(total(lines[4:])) == "unknown: no price is known for any of 1"


def test_words_before_and_after() -> None:
    one = total([("Server/a", Charge("flavor s", 1, price("5"))), ("Server/a", Charge("licence", 1, None))])
    none = total([])
    known = "5 VND per month for 1 of 2 that are paid for (prices of 2026-09-01 or later; vendor-doc)"
    assert cost_words({"now": none, "then": one, "left": none}) == [f"cost then: {known}", "  unknown: licence"]
    assert cost_words({"now": one, "then": one, "left": none}) == [f"cost: {known}", "  unknown: licence"]
    assert cost_words({"now": none, "then": none, "left": none}) == []
