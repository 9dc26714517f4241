"""Cost per month: sums of what is known, a list of what is not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from mcloud.adapter.charges import Charge
from mcloud.catalog.rates import shipped_rates
from mcloud.catalog.types import Price, Provenance
from mcloud.cli.cost import CostChange, change_document, cost_words
from mcloud.match.bill import bill_of
from mcloud.match.cost import total
from mcloud.match.verdict import Bill

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


def bill(*charges: Charge) -> Bill:
    return bill_of([("Server/a", charge) for charge in charges], shipped_rates(), date(2026, 9, 11))


def test_words_before_and_after() -> None:
    one = bill(Charge("flavor s", 1, replace(price("5000"), vat="excluded")), Charge("licence", 1, None))
    other = bill(Charge("flavor m", 2, replace(price("11000", source=OLD), vat=None)))
    none, untold = bill(), bill(Charge("licence", 2, None), Charge("licence", 1, None))
    known = "before tax (1 of 2 items; vendor-doc; oldest price 2026-09-01, 10 d)"
    free = "  no price is known for licence"
    assert cost_words(CostChange(none, one, none)) == [f"cost per month: nothing -> at least 5,000 VND {known}", free]
    assert cost_words(CostChange(one, one, none)) == [f"cost per month: at least 5,000 VND {known}", free]
    assert cost_words(CostChange(none, none, none)) == []
    assert cost_words(CostChange(one, other, untold)) == [
        "cost per month: at least 5,000 VND -> 20,000 - 22,000 VND before tax"
        " (1 of 1 items; third-party; oldest price 2026-03-01, 194 d; OLD)",
        "  gone, at a price that was not known: licence",
        "cost of what is left behind, until mcloud cleanup: unknown (for none of 2 items a price is known)",
        "  no price is known for licence (2 times)",
    ]
    assert cost_words(CostChange(one, none, none))[0] == f"cost per month: at least 5,000 VND -> nothing {known}"


def test_an_order_of_its_own_is_no_change() -> None:
    charges = [Charge("flavor s", 1, price("5000")), Charge("licence", 1, None)]
    assert cost_words(CostChange(bill(*charges), bill(*reversed(charges)), bill()))[0].count("VND") == 1


def test_the_change_as_data() -> None:
    one = bill(Charge("flavor s", 1, price("11000")), Charge("licence", 1, None))
    found = change_document(CostChange(bill(), one, bill(Charge("x", 1, None))))
    assert {name: (item["low"], item["high"]) for name, item in found.items()} == {
        "before": ("0", "0"),
        "after": ("10000", "11000"),
        "left_behind": (None, None),
    }
    assert found["after"]["unknown"] == [{"resource": "Server/a", "item": "licence"}]
    assert (found["after"]["by_currency"], found["after"]["items"]) == ({"VND": "11000"}, 2)
    assert (found["after"]["oldest_price"], found["after"]["marks"]) == ("2026-09-01", ["vendor-doc"])
    assert json.loads(json.dumps(found)) == found
