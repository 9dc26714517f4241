"""Amounts in VND before tax, as a range; what has no rate stays apart."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.catalog.rates import Rates, Reading, shipped_rates
from mcloud.catalog.types import MARKS, Price, Provenance

ABOUT = Provenance("a page", date(2026, 1, 2), "third-party")
RATES = Rates({"USD": (Reading(Decimal(25000), ABOUT), Reading(Decimal(26000), ABOUT))}, Reading(Decimal(10), ABOUT))


@pytest.mark.parametrize(
    ("amount", "currency", "vat", "expected"),
    [
        (110, "VND", "excluded", (110, 110)),
        (110, "VND", "included", (100, 100)),
        (110, "VND", None, (100, 110)),
        (2, "USD", "excluded", (50_000, 52_000)),
        (11, "USD", None, (250_000, 286_000)),
        (11, "EUR", "excluded", None),
    ],
)
def test_a_span(amount: int, currency: str, vat: str | None, expected: tuple[int, int] | None) -> None:
    assert RATES.span(Decimal(amount), currency, vat) == expected


@given(
    st.decimals(0, 10**9, places=4), st.sampled_from(["VND", "USD"]), st.sampled_from([None, "excluded", "included"])
)
def test_the_least_is_never_more_than_the_most(amount: Decimal, currency: str, vat: str | None) -> None:
    span = RATES.span(amount, currency, vat)
    assert span is not None
    assert 0 <= span[0] <= span[1]


def test_which_rates_are_used() -> None:
    dollars, home = (Price(Decimal(1), currency, "month", ABOUT, "excluded") for currency in ("USD", "VND"))
    assert RATES.used_for([home]) == []
    assert len(RATES.used_for([home, dollars])) == 2
    taxed = Price(Decimal(1), "VND", "month", ABOUT)
    assert RATES.used_for([taxed]) == [RATES.vat]


def test_the_users_own_rate_is_the_only_one() -> None:
    mine = RATES.with_rate("USD", Decimal(30000), date(2026, 2, 3))
    assert mine.span(Decimal(1), "USD", "excluded") == (30000, 30000)
    assert mine.exchange["USD"][0].provenance.mark == "user"


def test_the_shipped_rates_have_source_day_and_mark() -> None:
    rates = shipped_rates()
    for reading in (*rates.exchange["USD"], rates.vat):
        assert reading.value > 0
        assert reading.provenance.mark in MARKS
        assert reading.provenance.as_of >= date(2026, 1, 1)
        assert reading.provenance.source
