"""The bill of a stack: ranges, what is unknown, and when a ranking may be made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mcloud.adapter.charges import Charge
from mcloud.catalog.rates import Rates, Reading
from mcloud.catalog.types import Price, Provenance
from mcloud.match.bill import bill_of, prices_of, rank, rate_notes
from mcloud.match.verdict import Bill, Verdict

TODAY = date(2026, 11, 1)


def price(
    amount: str, currency: str = "VND", *, mark: str = "vendor-doc", day: int = 1, vat: str | None = "excluded"
) -> Price:
    return Price(Decimal(amount), currency, "month", Provenance("a page", date(2026, 10, day), mark), vat)


ABOUT = Provenance("a bank", date(2026, 10, 30), "third-party")
RATES = Rates({"USD": (Reading(Decimal(25000), ABOUT),)}, Reading(Decimal(10), ABOUT))


def bill(*charges: Charge, today: date = TODAY) -> Bill:
    return bill_of([("Server/a", charge) for charge in charges], RATES, today)


def test_nothing_is_paid_for_and_nothing_is_known() -> None:
    nothing = bill()
    assert (nothing.low, nothing.lines, nothing.oldest) == (None, (), None)
    unknown = bill(Charge("x", 1, None))
    assert (unknown.low, unknown.high, len(unknown.unknown)) == (None, None, 1)


def test_the_sum_is_a_range_and_what_is_unknown_is_not_in_it() -> None:
    made = bill(
        Charge("taxed or not", 1, price("110", vat=None, day=3)),
        Charge("in dollars", 2, price("1.5", "USD", mark="derived")),
        Charge("nobody knows", 1, None),
        Charge("in other money", 1, price("7", "EUR")),
    )
    assert (made.low, made.high) == (75_100, 75_110)
    assert made.by_currency == {"VND": Decimal(110), "USD": Decimal(3), "EUR": Decimal(7)}
    assert [row.item for row in made.unknown] == ["nobody knows"]
    assert made.unconverted == ("EUR",)
    assert made.weak
    assert (made.oldest, made.oldest_days) == (date(2026, 10, 1), 31)
    assert [row.age_days for row in made.lines] == [29, 31, None, 31]


def test_the_rates_that_were_used_are_told() -> None:
    lines = [("Server/a", Charge("x", 1, price("1", "USD"))), ("Server/a", Charge("y", 1, price("1", vat=None)))]
    notes = rate_notes(RATES, prices_of(lines), TODAY)
    assert [(note.value, note.age_days) for note in notes] == [(25000, 2), (10, 2)]


def verdict(name: str, made: Bill, fits: str = "yes") -> Verdict:
    about: Mapping[str, Any] = {"title": name, "resources": 1, "choices": (), "gaps": (), "catalog": ""}
    return Verdict.model_validate({"placement": name, "fits": fits, "bill": made, **about})


GOOD, DEAR = bill(Charge("x", 1, price("100"))), bill(Charge("x", 1, price("200")))


def test_a_ranking_is_from_the_cheapest() -> None:
    assert rank([verdict("b", DEAR), verdict("a", GOOD), verdict("c", GOOD, "no")]) == (("a", "b"), ())


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (bill(Charge("x", 1, price("500", mark="third-party"))), "b: prices are third-party"),
        (bill(Charge("x", 1, price("500")), Charge("y", 1, None)), "b: 1 of 2 items have no known price"),
        (bill(Charge("y", 1, None)), "b: nothing has a known price"),
        (bill(Charge("x", 1, price("5", "EUR"))), "b: no rate into VND is known for EUR"),
        (bill(Charge("x", 1, price("500")), today=date(2027, 5, 1)), "b: the oldest price is 212 days old"),
        (bill(Charge("x", 1, price("105", vat=None))), "the ranges of b and a overlap"),
    ],
)
def test_no_ranking_on_weak_ground(other: Bill, why: str) -> None:
    ranking, reasons = rank([verdict("a", GOOD), verdict("b", other)])
    assert ranking is None
    assert why in reasons


def test_one_alone_is_no_ranking() -> None:
    assert rank([verdict("a", GOOD), verdict("b", DEAR, "no")]) == (None, ("fewer than two placements fit",))
