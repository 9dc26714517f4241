"""The catalog as facts to show, and an account's list against the shipped one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from mcloud.catalog.compare import compare
from mcloud.catalog.facts import KINDS, close_names, facts_of, named, unpriced_items
from mcloud.catalog.types import Catalog, DiskClass, Flavor, Image, Limit, Price, Provenance, Region, Zone
from mcloud.units import Size

PAGE = Provenance("a page", date(2026, 1, 1), "vendor-doc")
MINE = Provenance("the account", date(2026, 3, 1), "account")
PRICE = Price(Decimal("283800.50"), "VND", "month", PAGE)
SHIPPED = Catalog(
    "c",
    (
        Region("r-1", ("r",), "Here", (Zone("Z-1", "One"), Zone("Z-2", "Two")), PAGE),
        Region("r-2", (), "There", (Zone("Y-1", "One", True, True),), PAGE),
    ),
    (
        Flavor("small", "r-1", None, 2, Size.gib(4), PAGE, price=PRICE),
        Flavor("large", "r-1", "Z-1", 8, Size.gib(16), PAGE, gpu=1, gpu_model="A100"),
        Flavor("small", "r-2", None, 2, Size.gib(4), PAGE),
    ),
    (Image("ubuntu", "22.04", "U22", "r-1", PAGE), Image("debian", "12", "D12", "r-1", PAGE)),
    (DiskClass("3000", "ssd", "r-1", "Z-1", PAGE, iops=3000), DiskClass("900", "hdd", "r-1", "Z-2", PAGE)),
    (Limit("VM", 3, PAGE), Limit("VPC", None, PAGE)),
    {"flavor:small": PRICE},
)


def test_facts_hold_every_row_with_source_and_age() -> None:
    counts = {kind: len(facts_of(SHIPPED, kind)) for kind in KINDS}
    assert counts == {"flavors": 3, "images": 2, "disks": 2, "regions": 2, "limits": 2, "prices": 1}
    [small, _] = facts_of(SHIPPED, "flavors", "r-1")
    told = small.as_dict(date(2026, 1, 31))
    assert (told["placement"], told["stock"], told["age_days"], told["mark"]) == ("c/r-1", None, 30, "vendor-doc")
    assert told["price"]["amount"] == "283800.50"
    assert told["price"]["vat"] is None
    assert [fact.name for fact in facts_of(SHIPPED, "disks")] == ["ssd-3000", "hdd-900"]
    assert [fact.values["value"] for fact in facts_of(SHIPPED, "limits", "r-1")] == [3, None]


def test_a_thing_is_found_by_any_of_its_names() -> None:
    assert {fact.place for fact in named(SHIPPED, "SMALL")} == {"c/r-1", "c/r-2", "c"}
    assert [fact.kind for fact in named(SHIPPED, "small", "r-2")] == ["flavors", "prices"]
    for name, kind in (
        ("Ubuntu 22.04", "images"),
        ("ssd-3000", "disks"),
        ("r", "regions"),
        ("z-2", "regions"),
        ("vm", "limits"),
    ):
        assert [fact.kind for fact in named(SHIPPED, name)] == [kind]
    assert named(SHIPPED, "odd") == []
    assert "large" in close_names(SHIPPED, "larg")


def test_a_price_of_nothing_is_told() -> None:
    items = ["flavor:small", "flavor:smal", "disk:hdd-900", "disk:x", "support:plan"]
    assert unpriced_items(items, SHIPPED) == ["disk:x", "flavor:smal"]


def test_an_account_against_the_shipped_list() -> None:
    mine = Catalog(
        "c",
        (Region("r-1", (), "r-1", (Zone("Z-1", "One", False), Zone("Z-3", "Three", True)), MINE),),
        (
            Flavor("small", "r-1", "Z-3", 2, Size.gib(8), MINE, sold_out=True),
            Flavor("tiny", "r-1", "Z-3", 1, Size.gib(1), MINE),
        ),
        (Image("ubuntu", "22.04", "U22", "r-1", MINE), Image("ubuntu", "24.04", "U24", "r-1", MINE)),
        (DiskClass("9000", "ssd", "r-1", "Z-1", MINE),),
        (Limit("VM", 9, MINE), Limit("KEYS", 5, MINE)),
    )
    assert [(item.kind, item.name, item.how, item.detail) for item in compare(SHIPPED, mine, "r-1")] == [
        ("zones", "Z-3", "new", ""),
        ("zones", "Z-2", "gone", ""),
        ("zones", "Z-1", "closed", "to this account"),
        ("zones", "Z-3", "opened", "to this account"),
        ("flavors", "tiny", "new", ""),
        ("flavors", "large", "gone", ""),
        ("flavors", "small", "changed", "2 vCPU, 4 GiB -> 2 vCPU, 8 GiB"),
        ("flavors", "small", "sold out", "in Z-3"),
        ("images", "U24", "new", ""),
        ("images", "D12", "gone", ""),
        ("disks", "ssd-9000 in Z-1", "new", ""),
        ("disks", "ssd-3000 in Z-1", "gone", ""),
        ("limits", "KEYS", "new", "5"),
        ("limits", "VM", "changed", "3 -> 9"),
    ]


def test_a_pattern_stands_for_the_image_of_its_system() -> None:
    def images(*rows: tuple[str, str]) -> tuple[Image, ...]:
        return tuple(Image("debian", version, name, "r-1", MINE) for version, name in rows)

    shipped = replace(SHIPPED, images=images(("12", "debian-12-*"), ("11", "debian-11-*")))
    mine = replace(SHIPPED, images=images(("12", "debian-12-20261001"), ("13", "debian-13-20261001")))
    found = [(item.name, item.how) for item in compare(shipped, mine, "r-1") if item.kind == "images"]
    assert found == [("debian-13-20261001", "new"), ("debian-11-*", "gone")]


def test_nothing_to_tell() -> None:
    assert compare(SHIPPED, SHIPPED, "r-2") == []
    assert compare(SHIPPED, SHIPPED, "r-1") == []
    unasked = replace(SHIPPED, regions=(), flavors=(), images=(), disks=(), limits=())
    assert compare(SHIPPED, unasked, "r-1") == []
