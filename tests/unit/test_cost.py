"""Cost per month: sums of what is known, a list of what is not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mcloud.catalog.types import Catalog, DiskClass, Flavor, Price, Provenance, Region
from mcloud.match.cost import cost_lines, total
from mcloud.units import Money, Size

NEW, OLD = Provenance("list", date(2026, 9, 1), "vendor-doc"), Provenance("note", date(2026, 3, 1), "third-party")


def price(amount: str, unit: str = "month", currency: str = "VND", source: Provenance = NEW) -> Price:
    return Price(Decimal(amount), currency, unit, source)


def disk(name: str, zone: str, value: Price | None) -> DiskClass:
    return DiskClass(name, "ssd", "east", zone, NEW, price=value)


CATALOG = Catalog(
    "one",
    (Region("east", (), "East", (), NEW),),
    (
        Flavor("small", "east", None, 1, Size.gib(2), NEW, price=price("0.5", "hour", "USD", OLD)),
        Flavor("big", "east", None, 8, Size.gib(16), NEW),
    ),
    (),
    (disk("fast", "a", price("3000", "GB-month")), disk("fast", "b", price("4000", "GB-month"))),
    prices={"public-ip:any": price("120000"), "load-balancer:s": price("7"), "load-balancer:m": price("9")},
)
PICKS = {"flavor": "small", "diskType": "fast", "zone": "b"}


@pytest.mark.parametrize(
    ("kind", "inputs", "picks", "expected"),
    [
        ("Server", {"disk": {"size": "40 GiB"}}, PICKS, ["365.0 USD", "160,000 VND"]),
        ("Server", {}, {**PICKS, "flavor": "big", "zone": "a"}, [None, "60,000 VND"]),
        ("Volume", {"size": "1 TiB"}, {"diskType": "fast", "zone": "z"}, ["3,072,000 VND"]),
        ("Volume", {"size": "10 GiB"}, {"diskType": "slow"}, [None]),
        ("PublicIp", {}, {}, ["120,000 VND"]),
        ("LoadBalancer", {}, {}, [None]),
        ("LoadBalancer", {}, {"flavor": "m"}, ["9 VND"]),
        ("Bucket", {}, {}, [None]),
        ("Network", {}, {}, []),
    ],
)
def test_lines(kind: str, inputs: dict[str, Any], picks: dict[str, Any], expected: list[str | None]) -> None:
    lines = cost_lines(kind, "x", inputs, picks, CATALOG)
    assert [line.monthly for line in lines] == [text and Money.parse(text) for text in expected]


def test_currencies_stay_apart_and_what_is_unknown_is_counted() -> None:
    lines = [
        *cost_lines("Server", "web", {"disk": {"size": "10 GiB"}}, PICKS, CATALOG),
        *cost_lines("Server", "db", {"disk": {"size": "10 GiB"}}, {**PICKS, "flavor": "big"}, CATALOG),
        *cost_lines("Bucket", "assets", {}, {}, CATALOG),
    ]
    found = total(lines)
    assert found.known == {"USD": Decimal(365), "VND": Decimal(80000)}
    assert [line.resource for line in found.unknown] == ["Server/db", "Bucket/assets"]
    assert str(found) == (
        "365 USD + 80,000 VND per month for 3 of 5 that are paid for"
        " (prices of 2026-03-01 or later; third-party, vendor-doc)"
    )


def test_a_unit_that_is_not_known_is_no_price() -> None:
    odd = Catalog("one", CATALOG.regions, prices={"public-ip:any": price("5", "fortnight")})
    (line,) = cost_lines("PublicIp", "x", {}, {}, odd)
    assert line.monthly is None
    assert str(total([line])) == "unknown: no price is known for any of 1"
