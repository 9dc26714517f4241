"""Sizes, rates, durations and money: what people write, what is printed, what is refused."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from mcloud.units import Duration, Money, Rate, Size


class Box(BaseModel):
    model_config = ConfigDict(frozen=True)

    size: Size = Size.gib(1)
    rate: Rate = Rate(1)
    wait: Duration = Duration(1)
    price: Money = Money(Decimal(1), "USD")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4 GiB", 4 * 2**30),
        ("4GiB", 4 * 2**30),
        (" 4  gib ", 4 * 2**30),
        ("1.5 TiB", 3 * 2**39),
        ("1,024 MiB", 2**30),
        ("1_024 MiB", 2**30),
        ("2 GB", 2 * 10**9),
        ("0 B", 0),
        ("512 KB", 512_000),
    ],
)
def test_size_as_written(text: str, size: int) -> None:
    assert Size.parse(text).bytes == size


@pytest.mark.parametrize(
    ("unit", "text", "words"),
    [
        (Size, "4", "'4' has no unit; write it like '4 GiB'"),
        (Size, "4 GiBB", "'GiBB' is no unit of size (in '4 GiBB'); write it like '4 GiB'"),
        (Size, "four GiB", "'four GiB' is not a quantity; write it like '4 GiB'"),
        (Size, "-4 GiB", "is not a quantity"),
        (Size, "1,5 GiB", "is not a quantity"),
        (Size, "10,24 MiB", "is not a quantity"),
        (Size, "4..5 GiB", "is not a quantity"),
        (Size, "٤ GiB", "is not a quantity"),
        (Size, "0.3 B", "is not a whole number of bytes"),
        (Size, "9999999999999 TiB", "is too large"),
        (Rate, "3 MB", "'MB' is no unit of rate (in '3 MB'); write it like '300 Mbps'"),
        (Rate, "0.5 bps", "is not a whole number of bits per second"),
        (Rate, "", "is not a quantity"),
        (Duration, "15 m", "'m' is no unit of time (in '15 m'); write it like '15 min'"),
        (Duration, "0.5 s", "is not a whole number of seconds"),
        (Money, "10 EUR", "'EUR' is no currency known here"),
        (Money, "10", "'10' has no unit; write it like '120,000 VND'"),
    ],
)
def test_refused_with_value_and_example(unit: type[Size | Rate | Duration | Money], text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        unit.parse(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Size(0), "0 B"),
        (Size(1), "1 B"),
        (Size(1023), "1023 B"),
        (Size(2**10), "1 KiB"),
        (Size(3 * 2**20), "3 MiB"),
        (Size(3 * 2**29), "1536 MiB"),
        (Size.gib(40), "40 GiB"),
        (Size(2**40), "1 TiB"),
        (Rate(300_000_000), "300 Mbps"),
        (Rate(10**9), "1 Gbps"),
        (Rate(1500), "1500 bps"),
        (Rate(0), "0 bps"),
        (Duration(900), "15 min"),
        (Duration(7200), "2 h"),
        (Duration(86400), "1 d"),
        (Duration(61), "61 s"),
        (Duration(0), "0 s"),
        (Money(Decimal(120000), "VND"), "120,000 VND"),
        (Money(Decimal("0.25"), "USD"), "0.25 USD"),
    ],
)
def test_printed(value: Size | Rate | Duration | Money, text: str) -> None:
    assert str(value) == text
    assert type(value).parse(text) == value


@given(st.integers(min_value=0, max_value=2**62))
def test_size_comes_back(number: int) -> None:
    assert Size.parse(str(Size(number))) == Size(number)


@given(st.integers(min_value=0, max_value=10**15))
def test_rate_and_duration_come_back(number: int) -> None:
    assert Rate.parse(str(Rate(number))) == Rate(number)
    assert Duration.parse(str(Duration(number))) == Duration(number)


@given(st.decimals(min_value=0, max_value=10**12, places=2), st.sampled_from(["VND", "USD"]))
def test_money_comes_back(amount: Decimal, currency: str) -> None:
    assert Money.parse(str(Money(amount, currency))) == Money(amount, currency)


@given(st.integers(min_value=0, max_value=2**40), st.integers(min_value=0, max_value=2**40))
def test_order_is_that_of_the_numbers(one: int, other: int) -> None:
    assert (Size(one) < Size(other), Size(one) >= Size(other)) == (one < other, one >= other)
    assert (Rate(one) < Rate(other)) == (one < other)
    assert (Duration(one) < Duration(other)) == (one < other)


def test_size_in_gib() -> None:
    assert Size.parse("1536 MiB").in_gib == Decimal("1.5")
    assert Size.parse("1536 MiB").whole_gib == 2
    assert Size.gib(2).whole_gib == 2


def test_money_adds_up_in_one_currency_only() -> None:
    assert Money.parse("1.5 USD") + Money.parse("2 usd") == Money(Decimal("3.5"), "USD")
    with pytest.raises(ValueError, match="cannot add USD and VND without an exchange rate"):
        _ = Money.parse("1 USD") + Money.parse("1 VND")


def test_in_a_model_text_goes_in_and_comes_out() -> None:
    box = Box.model_validate({"size": "4 GiB", "rate": "3 Mbps", "wait": "15 min", "price": "1,000 VND"})
    assert box.size == Size.gib(4)
    assert box.model_dump() == {"size": "4 GiB", "rate": "3 Mbps", "wait": "15 min", "price": "1,000 VND"}
    assert Box.model_validate_json(box.model_dump_json()) == box
    assert Box(size=Size.gib(2)).size == Size.gib(2)


@pytest.mark.parametrize(
    ("value", "words"), [(4, "4 has no unit"), (None, "None has no unit"), ("4", "'4' has no unit")]
)
def test_in_a_model_a_bare_number_is_refused(value: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Box.model_validate({"size": value})


def test_schema_shows_an_example() -> None:
    schema = Box.model_json_schema()["properties"]
    assert schema["size"]["examples"] == ["4 GiB"]
    assert schema["price"]["examples"] == ["120,000 VND"]
    assert schema["rate"]["type"] == "string"
