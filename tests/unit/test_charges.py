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
from mcloud_aws import adapter as aws
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
                ("web", Charge("flavor s", 1, price(264_880, day=3), True, True)),
                ("db", Charge("flavor m", 2, price(10), True, True)),
            ],
            [
                "creating takes 264,900 VND from the account on c/r at once for the first month "
                "(prices of 2026-01-02 or later, vendor-doc; whether tax is in it is not known)"
            ],
        ),
        (
            [
                ("web", Charge("flavor s", 1, price(5, vat="in"), True, False)),
                ("web", Charge("licence", 1, None, True, False)),
            ],
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
        ("LoadBalancer", {}, {"flavor": "ALB_Small"}, 400_000, []),
        ("LoadBalancer", {}, {"flavor": "of my own"}, 0, ["load balancer of my own"]),
        ("Bucket", {}, {}, 0, ["what is stored and transferred"]),
        ("Network", {}, {}, 0, []),
    ],
)
def test_what_vng_charges(
    kind: str, inputs: dict[str, Any], picks: dict[str, Any], known: int, unknown: list[str]
) -> None:
    charges = KINDS[kind].charges({"placement": "vng/hcm-3", **inputs}, PICKS | picks, adapter.catalog())
    assert sum(totals(charges).values()) == known
    assert [charge.what for charge in charges if charge.price is None] == unknown


AWS_PICKS = {"flavor": "t3a.medium", "diskType": "gp3", "zone": "ap-southeast-1a", "layer": "application"}


@pytest.mark.parametrize(
    ("kind", "inputs", "picks", "known", "unknown"),
    [
        # 0.0472 USD an hour and 20 GB at 0.096 USD (catalog/prices.csv).
        ("Server", {}, {}, "36.376", []),
        ("Server", {"disk": {"size": "30 GiB", "minIops": 4000}}, {}, "37.336", ["IOPS of disk gp3"]),
        ("Server", {}, {"zone": "ap-southeast-1-han-1a"}, "0", ["flavor t3a.medium", "20 GB of disk gp3"]),
        ("Server", {"placement": "aws/us-east-1"}, {}, "0", ["flavor t3a.medium", "20 GB of disk gp3"]),
        ("Server", {}, {"licensed": True, "image": "windows"}, "36.376", ["licence of windows"]),
        ("Volume", {"size": "100 GiB"}, {}, "9.6", []),
        ("Volume", {"size": "100 GiB"}, {"diskType": "io2"}, "0", ["100 GB of disk io2", "IOPS of disk io2"]),
        ("PublicIp", {}, {}, "3.65", []),
        ("PublicIp", {"placement": "aws/us-east-1"}, {}, "0", ["public address"]),
        ("LoadBalancer", {}, {}, "18.396", ["capacity units of application load balancers"]),
        ("Subnet", {"internet": "outbound"}, {}, "0", ["NAT gateway of the network"]),
        ("Subnet", {"internet": "direct"}, {}, "0", []),
        ("Bucket", {}, {}, "0", ["what is stored and transferred"]),
        ("Network", {}, {}, "0", []),
    ],
)
def test_what_aws_charges(
    kind: str, inputs: dict[str, Any], picks: dict[str, Any], known: str, unknown: list[str]
) -> None:
    inputs = {"placement": "aws/ap-southeast-1", **inputs}
    charges = aws.kinds[kind].charges(inputs, AWS_PICKS | picks, aws.catalog())
    assert sum(totals(charges).values()) == Decimal(known)
    assert [charge.what for charge in charges if charge.monthly is None] == unknown
    assert not any(charge.ahead for charge in charges)


def test_only_what_would_be_made_is_counted() -> None:
    inputs = {"placement": "vng/hcm", "size": "10 GiB"}
    nodes = [Node("Volume", name, inputs, ("volumes", name)) for name in ("old", "new")]
    planned = [Planned(node, Placement("vng", "hcm-3"), PICKS) for node in nodes]
    found = charges_of(planned, {("mcloud:storage:Volume", "new")}, lambda at: adapter.catalog())
    assert {home: [name for name, _ in charges] for home, charges in found.items()} == {"vng/hcm-3": ["new"]}
