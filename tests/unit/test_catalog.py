"""Catalog files, live catalogs over them, price books over both."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcloud.adapter import registry
from mcloud.catalog.cache import load_live, load_price_book, save_live
from mcloud.catalog.overlay import overlay
from mcloud.catalog.reader import read_catalog, read_prices
from mcloud.catalog.types import Catalog, DiskClass, Flavor, Image, Limit, Price, Provenance, Region, Zone
from mcloud.errors import LoadError, PlacementError
from mcloud.model.base import Placement
from mcloud.units import Size

MAIN = {
    "cloud": "c",
    "sources": {
        "page": {"text": "a page", "as_of": date(2026, 2, 3), "mark": "vendor-doc"},
        "quote": {"text": "a quote", "as_of": date(2026, 1, 1), "mark": "third-party"},
    },
    "regions": [
        {
            "name": "r-1",
            "aliases": ["r", "R01"],
            "title": "Here",
            "source": "page",
            "zones": [{"name": "Z-1", "title": "One", "default": True}, {"name": "Z-2", "enabled": False}],
        }
    ],
    "limits": {"VM": {"value": 3, "source": "quote"}, "VOLUME": {"value": None, "source": "page"}},
}
FILES = {
    "flavors.csv": "name,region,zone,family,vcpu,memory_gib,gpu,gpu_model,native_id,source\n"
    "small,r-1,,s,2,4,0,,,page\n"
    "large,r-1,Z-1,s,8,16,1,A100,f-1,quote\n",
    "images.csv": "os,version,name,region,family,min_disk_gib,native_id,source\nubuntu,22.04,U22,r-1,Ubuntu,10,,page\n",
    "disks.csv": "name,class,region,zone,iops,throughput_mb_s,min_gib,max_gib,native_id,source\n"
    "3000,ssd,r-1,Z-1,3000,,1,100,d-1,page\n",
    "prices.csv": "item,amount,currency,unit,vat,source\n"
    "flavor:small,100.50,VND,month,excluded,quote\ndisk:ssd-3000,2,VND,GiB-month,,quote\n",
}
PAGE, QUOTE = (
    Provenance("a page", date(2026, 2, 3), "vendor-doc"),
    Provenance("a quote", date(2026, 1, 1), "third-party"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "catalog.yaml").write_text(yaml.safe_dump(MAIN), encoding="utf-8")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_what_is_read(folder: Path) -> None:
    catalog = read_catalog(folder)
    price = Price(Decimal("100.50"), "VND", "month", QUOTE, "excluded")
    zones = (Zone("Z-1", "One", None, True), Zone("Z-2", "Z-2", False, False))
    assert catalog.regions == (Region("r-1", ("r", "R01"), "Here", zones, PAGE),)
    assert catalog.flavors == (
        Flavor("small", "r-1", None, 2, Size.gib(4), PAGE, family="s", price=price),
        Flavor("large", "r-1", "Z-1", 8, Size.gib(16), QUOTE, "f-1", "s", 1, "A100"),
    )
    assert catalog.images == (Image("ubuntu", "22.04", "U22", "r-1", PAGE, family="Ubuntu", min_disk=Size.gib(10)),)
    [disk] = catalog.disks
    assert (disk.iops, disk.throughput_mb_s, disk.min_size, disk.max_size) == (3000, None, Size.gib(1), Size.gib(100))
    assert disk.price == Price(Decimal(2), "VND", "GiB-month", QUOTE)
    assert catalog.limits == (Limit("VM", 3, QUOTE), Limit("VOLUME", None, PAGE))
    assert catalog.oldest() == date(2026, 1, 1)
    assert str(PAGE) == "vendor-doc, 2026-02-03: a page"


def test_a_folder_with_regions_only(folder: Path) -> None:
    for name in FILES:
        (folder / name).unlink()
    catalog = read_catalog(folder)
    assert (catalog.flavors, catalog.images, catalog.disks, catalog.prices) == ((), (), (), {})
    assert Catalog("c", ()).oldest() is None


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            "flavors.csv",
            "8,16,1",
            "8,16,one",
            "row 'large,r-1,Z-1,s,8,16,one,A100,f-1,quote': invalid literal for int()",
        ),
        ("flavors.csv", ",,page", ",,pgae", "row 'small,r-1,,s,2,4,0,,,pgae': there is no column or source 'pgae'"),
        ("flavors.csv", ",,page", ",page", "the row has not as many cells as there are columns"),
        ("flavors.csv", ",,page", ",,page,", "the row has not as many cells as there are columns"),
        ("disks.csv", ",ssd,", ",tape,", "'tape' is no disk class"),
        ("prices.csv", "100.50", "much", "row 'flavor:small,much,VND,month,excluded,quote': 'much' is no amount"),
        ("prices.csv", "100.50", "NaN", "'NaN' is no amount"),
        ("prices.csv", "100.50", "-1", "'-1' is no amount"),
        ("images.csv", "os,version", "os,ver", "there is no column or source 'version'"),
        ("catalog.yaml", "vendor-doc", "hearsay", "source page: 'hearsay' is no mark; known: vendor-doc, vendor-live"),
    ],
)
def test_what_does_not_fit_is_told_with_file_and_row(folder: Path, file: str, old: str, new: str, says: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LoadError) as caught:
        read_catalog(folder)
    [problem] = caught.value.problems
    line = {"catalog.yaml": "", "flavors.csv": ":3" if "one" in new else ":2"}.get(file, ":2")
    assert problem.where == f"{path}{line}"
    assert says in problem.message


@pytest.mark.parametrize(
    ("written", "canonical"),
    [("c/r-1", "c/r-1"), ("c/R", "c/r-1"), ("c/r01/z-2", "c/r-1/Z-2"), ("c/r/One", "c/r-1/Z-1")],
)
def test_canonical_names(folder: Path, written: str, canonical: str) -> None:
    assert str(read_catalog(folder).canonical(Placement.parse(written))) == canonical


@pytest.mark.parametrize(
    ("written", "says", "hint"),
    [
        ("c/r-2", "c has no region 'r-2'", "did you mean 'r-1'? known: r-1"),
        ("c/moon", "c has no region 'moon'", "known: r-1"),
        ("c/r/Z-3", "c/r-1 has no zone 'Z-3'", "did you mean 'Z-2'? known: Z-1, Z-2"),
        ("c/r/attic", "c/r-1 has no zone 'attic'", "known: Z-1, Z-2"),
    ],
)
def test_a_place_that_is_not_there(folder: Path, written: str, says: str, hint: str) -> None:
    with pytest.raises(PlacementError) as caught:
        read_catalog(folder).canonical(Placement.parse(written))
    assert (caught.value.message, caught.value.hint) == (says, hint)


LIVE = Provenance("the account", date(2026, 3, 3), "account")


def live(**parts: Any) -> Catalog:
    region = Region("r-1", (), "live", (Zone("Z-1", "One", True), Zone("Z-2", "Two", True)), LIVE)
    return Catalog("c", (region,), **parts)


def test_the_account_s_list_is_the_list(folder: Path) -> None:
    base = read_catalog(folder)
    mine = Flavor("small", "r-1", "Z-2", 2, Size.gib(4), LIVE, "f-9", remaining=3)
    disk = DiskClass("5000", "ssd", "r-1", "Z-2", LIVE, "d-9", 5000)
    made = overlay(base, live(flavors=(mine,), disks=(disk,), limits=(Limit("VM", 9, LIVE),)))
    assert made.flavors == (replace(mine, price=base.flavors[0].price),), "prices stay, rows do not"
    assert made.images == base.images, "what the account does not list stays"
    assert [row.name for row in made.disks] == ["3000", "5000"], "zone by zone"
    assert [(limit.name, limit.value) for limit in made.limits] == [("VM", 9), ("VOLUME", None)]
    [region] = made.regions
    assert (region.title, region.aliases, region.zones[1].enabled) == ("Here", ("r", "R01"), True)


def test_a_region_that_only_the_account_knows(folder: Path) -> None:
    new = Region("r-9", (), "New", (), LIVE)
    made = overlay(read_catalog(folder), Catalog("c", (new,)))
    assert [region.name for region in made.regions] == ["r-1", "r-9"]
    assert len(made.flavors) == 2


def test_the_price_book_wins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCLOUD_CONFIG_DIR", str(folder))
    assert load_price_book("c") is None
    (folder / "prices").mkdir()
    (folder / "prices" / "c.csv").write_text(
        "item,amount,currency,unit,as_of,source\nflavor:large,7,USD,hour,2026-05-05,my contract\n"
    )
    made = overlay(read_catalog(folder), None, load_price_book("c"))
    [small, large] = made.flavors
    assert small.price == Price(Decimal("100.50"), "VND", "month", QUOTE, "excluded")
    assert large.price == Price(Decimal(7), "USD", "hour", Provenance("my contract", date(2026, 5, 5), "user"))


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("flavor:x,7,USD,hour,yesterday,me,", 21, "'yesterday' is no day"),
        ("flavor:x,?,USD,hour,2026-05-05,me,", 10, "'?' is no amount"),
        ("flavor:x,-1,USD,hour,2026-05-05,me,", 10, "'-1' is no amount"),
        ('"flavor:x,y",7,EUR,hour,2026-05-05,me,', 16, "'EUR' is no currency"),
        ("flavor:x,7,USD,,2026-05-05,me,", 16, "the unit is missing"),
        ("flavor:x,7,USD,hour,2026-05-05,,", 32, "the source is missing"),
        ("flavor:x,7,USD,hour,2026-05-05,me,maybe", 35, "'maybe' says nothing about tax"),
        ("flavor,7,USD,hour,2026-05-05,me,", 1, "'flavor' is no item"),
        ("flavor:a,7,USD,hour,2026-05-05,me,", 1, "flavor:a is priced twice"),
        ("flavor:x,7", 1, "the row has not as many cells as there are columns"),
    ],
)
def test_a_price_book_that_does_not_fit(tmp_path: Path, row: str, column: int, says: str) -> None:
    path = tmp_path / "c.csv"
    header = "item,amount,currency,unit,as_of,source,vat\n"
    path.write_text(f"{header}flavor:a,1,USD,hour,2026-05-05,me,\n# a remark\n\n{row}\n")
    with pytest.raises(LoadError) as caught:
        read_prices(path)
    [problem] = caught.value.problems
    assert problem.where == f"{path}:5:{column}"
    assert says in problem.message


def test_every_problem_of_a_price_book_is_told(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(
        "item,amount,currency,unit,as_of,source\nflavor:a,x,USD,hour,2026-05-05,me\nb,1,USD,hour,2026-05-05,me\n"
    )
    with pytest.raises(LoadError) as caught:
        read_prices(path)
    assert [problem.where for problem in caught.value.problems] == [f"{path}:2:10", f"{path}:3:1"]
    path.write_text("item,price\n")
    with pytest.raises(LoadError, match="no column amount"):
        read_prices(path)
    path.write_bytes(b"\xff")
    with pytest.raises(LoadError, match="cannot be read"):
        read_prices(path)


def test_an_account_s_own_prices_are_between_the_shipped_ones_and_the_book(folder: Path) -> None:
    base = read_catalog(folder)
    mine = Price(Decimal(90), "VND", "month", LIVE)
    book = {"disk:ssd-3000": Price(Decimal(1), "VND", "GiB-month", QUOTE)}
    made = overlay(base, live(prices={"flavor:small": mine, "disk:ssd-3000": mine}), book)
    assert made.flavors[0].price == mine
    assert made.disks[0].price == book["disk:ssd-3000"]


def test_a_live_catalog_comes_back(folder: Path, tmp_path: Path) -> None:
    catalog = overlay(read_catalog(folder), live())
    path = tmp_path / "cache" / "live.json"
    assert load_live(path) is None
    save_live(path, catalog)
    assert load_live(path) == catalog
    assert [item.name for item in path.parent.iterdir()] == ["live.json"]
    path.write_text('{"cloud": 3}')
    assert load_live(path) is None
    path.write_text("{broken")
    assert load_live(path) is None


@pytest.mark.parametrize("name", [name for name in registry.names() if registry.get(name).kinds])
def test_what_is_shipped_is_sound(name: str) -> None:
    catalog = registry.get(name).catalog()
    assert catalog.cloud == name
    homes = {region.name for region in catalog.regions}
    zones = {(region.name, zone.name) for region in catalog.regions for zone in region.zones}
    for row in (*catalog.flavors, *catalog.images, *catalog.disks):
        assert row.region in homes
        assert row.zone is None or (row.region, row.zone) in zones
    keys = [(row.name, row.region, row.zone, row.native_id) for row in catalog.flavors]
    assert len(set(keys)) == len(keys)
    assert all(row.provenance.source and row.provenance.as_of for row in (*catalog.regions, *catalog.flavors))


def test_the_installed_clouds() -> None:
    assert registry.names() == tuple(sorted(point.name for point in entry_points(group="mcloud.adapters")))


def test_shipped_rows_have_a_name_for_every_cell(repository: Path) -> None:
    for path in repository.glob("adapters/*/catalog/*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                assert None not in row, f"{path}: a cell too many in {row}"
                assert None not in row.values(), f"{path}: a cell is missing in {row}"
