"""The shipped facts of VNG Cloud: each has a source, and none was made up."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from mcloud.catalog.types import MARKS, Provenance
from mcloud_vng import adapter

CATALOG = adapter.catalog()
NAME = re.compile(r"-(\d+)x(\d+)(?:-(\d+)(rtx\w+))?")


def all_provenance() -> list[tuple[str, Provenance]]:
    rows = [*CATALOG.regions, *CATALOG.flavors, *CATALOG.images, *CATALOG.disks, *CATALOG.limits]
    return [(str(row.name), row.provenance) for row in rows] + [
        (item, price.provenance) for item, price in CATALOG.prices.items()
    ]


def test_every_row_says_where_it_is_from() -> None:
    rows = all_provenance()
    assert len(rows) > 180
    for name, provenance in rows:
        assert re.search(r"\w+/\w+", provenance.source), name
        assert date(2026, 1, 1) <= provenance.as_of <= date(2026, 11, 26), name
        assert provenance.mark in MARKS, name


def test_a_flavor_is_what_its_name_says() -> None:
    for row in CATALOG.flavors:
        match = NAME.search(row.name)
        assert match, row.name
        assert (row.vcpu, row.memory.whole_gib) == (int(match[1]), int(match[2])), row.name
        assert (row.gpu, row.gpu_model) == (int(match[3] or 0), match[4]), row.name


def test_ids_are_told_only_with_the_zone_that_they_are_bound_to() -> None:
    for row in (*CATALOG.flavors, *CATALOG.disks):
        assert row.native_id is None or row.zone is not None, row.name
    assert len({row.native_id for row in CATALOG.disks}) == len(CATALOG.disks) == 23


@pytest.mark.parametrize(
    ("item", "amount", "unit", "as_of", "mark"),
    [
        ("flavor:s2-general-1x2", "283800", "month", date(2026, 9, 28), "third-party"),
        ("disk:ssd-3000", "3200", "GB-month", date(2026, 9, 28), "third-party"),
        ("load-balancer:NLB_x4Large", "6115200", "month", date(2026, 9, 28), "third-party"),
        ("nat:public-standard", "712400", "month", date(2026, 10, 11), "third-party"),
        ("object-storage:gold-package", "1000", "GB-month", date(2026, 4, 21), "vendor-doc"),
        ("snapshot:volume", "7.7", "GB-hour", date(2026, 1, 5), "vendor-doc"),
    ],
)
def test_prices_are_those_of_their_sources(item: str, amount: str, unit: str, as_of: date, mark: str) -> None:
    price = CATALOG.prices[item]
    assert (price.amount, price.currency, price.unit, price.vat) == (Decimal(amount), "VND", unit, None)
    assert (price.provenance.as_of, price.provenance.mark) == (as_of, mark)


def test_what_nobody_published_is_unknown() -> None:
    priced = {row.name for row in CATALOG.flavors if row.price is not None}
    assert priced == {"s2-general-1x2", "s-general-1x2", "s2-general-2x4"}
    assert {f"{row.class_}-{row.name}" for row in CATALOG.disks if row.price is not None} == {"ssd-3000"}
    assert all(zone.enabled is None for region in CATALOG.regions for zone in region.zones)
    assert not [row for row in (*CATALOG.images, *CATALOG.disks) if row.region == "han-1"]
    assert all(price.amount > 0 for price in CATALOG.prices.values())


def test_limits_are_those_of_the_documents() -> None:
    limits = {row.name: row.value for row in CATALOG.limits}
    assert len(limits) == 29
    spots = {
        "VPC": 10,
        "SSH_KEY": 20,
        "VOLUME_MAXSIZE": 5000,
        "MEM": 500,
        "VIRTUAL_IP_ADDRESS": 3,
        "MEMBER_PER_POOL": 20,
    }
    assert spots.items() <= limits.items()
