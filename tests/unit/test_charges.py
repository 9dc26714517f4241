"""What preview says that creating takes: the known sum with its age, and what is not known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mcloud.adapter.charges import Charge, totals
from mcloud.catalog.types import Price, Provenance
from mcloud.cli.charges import charge_lines, charges_of
from mcloud.match.plan import Planned
from mcloud.model.base import Placement
from mcloud.model.graph import Node
from mcloud_vng import adapter
from mcloud_vng.resources import KINDS


def price(amount: int, currency: str = "VND", vat: str | None = None, day: int = 2) -> Price:
    return Price(Decimal(amount), currency, "month", Provenance("a page", date(2026, 1, day), "vendor-doc"), vat)


def test_sums_are_by_currency_and_leave_out_what_is_not_known() -> None:
    charges = [
        Charge("a", 2, price(5)),
        Charge("b", 1, price(7, "USD")),
        Charge("c", 3, None),
        Charge("d", 1, price(1)),
    ]
    assert totals(charges) == {"VND": Decimal(11), "USD": Decimal(7)}
    assert totals([]) == {}


@pytest.mark.parametrize(
    ("charges", "lines"),
    [
        ([], []),
        (
            [
                ("web", Charge("flavor s", 1, price(264_880, day=3), True)),
                ("db", Charge("flavor m", 2, price(10), True)),
            ],
            [
                "creating takes 264,900 VND from the account on c/r at once for the first month "
                "(prices of 2026-01-02 or later, vendor-doc; whether tax is in it is not known)"
            ],
        ),
        (
            [("web", Charge("flavor s", 1, price(5, vat="in"), False)), ("web", Charge("licence", 1, None, False))],
            [
                "creating takes 5 VND from the account on c/r at once for the first month "
                "(prices of 2026-01-02 or later, vendor-doc)",
                "creating also takes, at a price that is not known: licence",
                "not renewed by themselves, so they end after that month: web",
            ],
        ),
    ],
)
def test_it_is_said_in_words(charges: list[tuple[str, Charge]], lines: list[str]) -> None:
    assert charge_lines("c/r", charges) == lines


PICKS = {"zone": "HCM03-1C", "flavor": "s-general-1x2", "diskType": "3000", "image": "Windows-2022"}


@pytest.mark.parametrize(
    ("kind", "inputs", "picks", "known", "unknown"),
    [
        # A live quote of this server with Ubuntu and 20 GB was 264,880 + 64,000 for zone 1C ([3P] 2026-09-28).
        ("Server", {}, {}, 328_880, []),
        (
            "Server",
            {"disk": {"size": "30 GiB", "encrypted": True}},
            {"licensed": True},
            360_880,
            ["encryption of the root disk", "licence of Windows-2022"],
        ),
        ("Server", {}, {"flavor": "a-general-2x4"}, 64_000, ["flavor a-general-2x4"]),
        ("Volume", {"size": "100 GiB", "encrypted": True}, {}, 320_000, []),
        ("Volume", {"size": "10 GiB"}, {"diskType": "6400"}, 0, ["10 GB of disk 6400"]),
        ("PublicIp", {}, {}, 120_000, []),
        ("Network", {}, {}, 0, []),
    ],
)
def test_what_vng_takes(
    kind: str, inputs: dict[str, Any], picks: dict[str, Any], known: int, unknown: list[str]
) -> None:
    charges = KINDS[kind].charges({"placement": "vng/hcm-3", **inputs}, PICKS | picks, adapter.catalog())
    assert sum(totals(charges).values()) == known
    assert [charge.what for charge in charges if charge.price is None] == unknown


def test_only_what_would_be_made_is_counted() -> None:
    inputs = {"placement": "vng/hcm", "size": "10 GiB"}
    nodes = [Node("Volume", name, inputs, ("volumes", name)) for name in ("old", "new")]
    planned = [Planned(node, Placement("vng", "hcm-3"), PICKS) for node in nodes]
    found = charges_of(planned, {("mcloud:storage:Volume", "new")}, lambda at: adapter.catalog())
    assert {home: [name for name, _ in charges] for home, charges in found.items()} == {"vng/hcm-3": ["new"]}
