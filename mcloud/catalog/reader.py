"""Reads a folder of catalog files: ``catalog.yaml`` (regions, sources, limits), ``flavors.csv``, ``images.csv``,
``disks.csv``, ``prices.csv``.

A row names its source by a key of ``sources`` in ``catalog.yaml``, which gives text, date and mark. An empty cell is
unknown.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

import yaml

from mcloud.catalog.types import (
    DISK_CLASSES,
    MARKS,
    Catalog,
    DiskClass,
    Flavor,
    Image,
    Limit,
    Price,
    Provenance,
    Region,
    Zone,
)
from mcloud.errors import LoadError, Problem
from mcloud.units import Size

T = TypeVar("T")
PricedRow = TypeVar("PricedRow", Flavor, DiskClass)
Row = dict[str, str]


def read_catalog(folder: Path) -> Catalog:
    """Read all files of a folder.

    Raises:
        LoadError: a file or row that does not fit, with file:line.
    """
    main = folder / "catalog.yaml"
    document = yaml.safe_load(main.read_text(encoding="utf-8"))
    sources = {key: _provenance(main, key, value) for key, value in document["sources"].items()}
    prices = dict(_rows(folder / "prices.csv", lambda row: _price(row, sources)))
    catalog = Catalog(
        cloud=document["cloud"],
        regions=tuple(_region(item, sources) for item in document["regions"]),
        flavors=tuple(_rows(folder / "flavors.csv", lambda row: _flavor(row, sources))),
        images=tuple(_rows(folder / "images.csv", lambda row: _image(row, sources))),
        disks=tuple(_rows(folder / "disks.csv", lambda row: _disk(row, sources))),
        limits=tuple(
            Limit(name, item["value"], sources[item["source"]]) for name, item in document.get("limits", {}).items()
        ),
        prices=prices,
    )
    return with_prices(catalog, prices)


def with_prices(catalog: Catalog, prices: dict[str, Price]) -> Catalog:
    """Put prices by ``flavor:NAME`` and ``disk:CLASS-NAME`` on their rows.

    ``flavor:REGION/NAME`` is of one region only, and wins; but the user's own price wins over all others.
    """

    def priced(kind: str, row: PricedRow, name: str) -> PricedRow:
        keys = (f"{kind}:{row.region}/{name}", f"{kind}:{name}")
        found = [prices[key] for key in keys if key in prices]
        found.sort(key=lambda price: price.provenance.mark != "user")
        return replace(row, price=found[0] if found else row.price)

    return replace(
        catalog,
        flavors=tuple(priced("flavor", row, row.name) for row in catalog.flavors),
        disks=tuple(priced("disk", row, f"{row.class_}-{row.name}") for row in catalog.disks),
        prices=prices,
    )


def read_prices(path: Path) -> dict[str, Price]:
    """Read a user's price book.

    A CSV file with the columns item, amount, currency (VND, USD), unit, as_of (YYYY-MM-DD), source, and vat (included,
    excluded, or empty) where it is known. An item is ``flavor:NAME``, ``disk:CLASS-NAME`` or another of the shipped
    prices' items; each stands there once.

    Raises:
        LoadError: a cell that does not fit, with file:line:col; every one of the file.
    """
    found: dict[str, Price] = {}
    problems: list[Problem] = []
    for line, text, row in _book_rows(path, problems):
        try:
            item, price = _book_price(row)
            if item in found:
                raise _BadCell("item", f"{item} is priced twice")
            found[item] = price
        except _BadCell as error:
            column = _column(text, list(row).index(error.column))
            problems.append(Problem(f"{path}:{line}:{column}", str(error), error.hint))
    if problems:
        raise LoadError(problems)
    return found


BOOK_COLUMNS = ("item", "amount", "currency", "unit", "as_of", "source")
CURRENCIES = ("VND", "USD")


class _BadCell(ValueError):
    """A cell that does not fit."""

    def __init__(self, column: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.column = column
        self.hint = hint


def _book_rows(path: Path, problems: list[Problem]) -> Iterator[tuple[int, str, Row]]:
    """Line number, its text, and the cells by column; what is no such row goes to the problems."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError([Problem(str(path), f"the price book cannot be read: {error}")]) from error
    columns = [cell.strip() for cell in next(csv.reader(lines[:1]), [])]
    lacking = [name for name in BOOK_COLUMNS if name not in columns]
    if lacking:
        hint = f"the first line is {','.join(BOOK_COLUMNS)}, and vat where it is known"
        raise LoadError([Problem(f"{path}:1:1", f"there is no column {' and no column '.join(lacking)}", hint)])
    for number, text in enumerate(lines[1:], 2):
        cells = next(csv.reader([text]), [])
        if not cells or text.lstrip().startswith("#"):
            continue
        if len(cells) != len(columns):
            message = "the row has not as many cells as there are columns"
            problems.append(
                Problem(f"{path}:{number}:1", message, f"{len(columns)} are needed, {len(cells)} are there")
            )
            continue
        yield number, text, dict(zip(columns, (cell.strip() for cell in cells), strict=True))


def _book_price(row: Row) -> tuple[str, Price]:
    if ":" not in row["item"].strip(":"):
        raise _BadCell("item", f"{row['item']!r} is no item", "write it like flavor:NAME or disk:CLASS-NAME")
    try:
        amount = _amount(row)
    except (InvalidOperation, ValueError):
        raise _BadCell("amount", f"{row['amount']!r} is no amount", "write a number like 283800 or 0.05") from None
    if row["currency"] not in CURRENCIES:
        raise _BadCell("currency", f"{row['currency']!r} is no currency", f"known: {', '.join(CURRENCIES)}")
    if not row["unit"]:
        raise _BadCell("unit", "the unit is missing", "write what the amount is for, like month or GB-month")
    try:
        as_of = date.fromisoformat(row["as_of"])
    except ValueError:
        raise _BadCell("as_of", f"{row['as_of']!r} is no day", "write it like 2026-05-31") from None
    if not row["source"]:
        raise _BadCell("source", "the source is missing", "write where the price is from")
    vat = row.get("vat") or None
    if vat not in (None, "included", "excluded"):
        raise _BadCell("vat", f"{vat!r} says nothing about tax", "write included, excluded, or nothing")
    return row["item"], Price(amount, row["currency"], row["unit"], Provenance(row["source"], as_of, "user"), vat)


def _column(text: str, index: int) -> int:
    """Where a cell begins in its line, counted from 1."""
    quoted = False
    for position, character in enumerate(text):
        if index == 0:
            return position + 1
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            index -= 1
    return len(text) + 1


def _rows(path: Path, make: Callable[[Row], T]) -> Iterator[T]:
    if not path.exists():
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, restkey="")
        for row in reader:
            yield _made(f"{path}:{reader.line_num}", row, make)


def _made(where: str, row: Row, make: Callable[[Row], T]) -> T:
    if "" in row or None in row.values():
        raise LoadError([Problem(where, "the row has not as many cells as there are columns")])
    try:
        return make(row)
    except KeyError as error:
        message = f"there is no column or source {error}"
    except InvalidOperation:
        message = f"{row['amount']!r} is no amount"
    except ValueError as error:
        message = str(error)
    raise LoadError([Problem(where, f"row {','.join(row.values())!r}: {message}")])


def _amount(row: Row) -> Decimal:
    amount = Decimal(row["amount"])
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{row['amount']!r} is no amount")
    return amount


def _provenance(path: Path, key: str, value: dict[str, Any]) -> Provenance:
    if value["mark"] not in MARKS:
        raise LoadError([Problem(str(path), f"source {key}: {value['mark']!r} is no mark; known: {', '.join(MARKS)}")])
    return Provenance(value["text"], value["as_of"], value["mark"])


def _region(item: dict[str, Any], sources: dict[str, Provenance]) -> Region:
    zones = tuple(
        Zone(zone["name"], zone.get("title", zone["name"]), zone.get("enabled"), zone.get("default", False))
        for zone in item["zones"]
    )
    return Region(item["name"], tuple(item.get("aliases", ())), item["title"], zones, sources[item["source"]])


def _optional(row: Row, name: str) -> str | None:
    return row.get(name) or None


def _number(row: Row, name: str) -> int | None:
    text = _optional(row, name)
    return int(text) if text else None


def _gib(row: Row, name: str) -> Size | None:
    number = _number(row, name)
    return None if number is None else Size.gib(number)


def _flavor(row: Row, sources: dict[str, Provenance]) -> Flavor:
    return Flavor(
        name=row["name"],
        region=row["region"],
        zone=_optional(row, "zone"),
        vcpu=int(row["vcpu"]),
        memory=Size.gib(int(row["memory_gib"])),
        gpu=int(row["gpu"]),
        gpu_model=_optional(row, "gpu_model"),
        family=row["family"],
        native_id=_optional(row, "native_id"),
        provenance=sources[row["source"]],
    )


def _image(row: Row, sources: dict[str, Provenance]) -> Image:
    return Image(
        os=row["os"],
        version=row["version"],
        name=row["name"],
        region=row["region"],
        family=_optional(row, "family"),
        native_id=_optional(row, "native_id"),
        min_disk=_gib(row, "min_disk_gib"),
        provenance=sources[row["source"]],
    )


def _disk(row: Row, sources: dict[str, Provenance]) -> DiskClass:
    if row["class"] not in DISK_CLASSES:
        raise ValueError(f"{row['class']!r} is no disk class")
    return DiskClass(
        name=row["name"],
        class_=row["class"],
        region=row["region"],
        zone=_optional(row, "zone"),
        native_id=_optional(row, "native_id"),
        iops=_number(row, "iops"),
        throughput_mb_s=_number(row, "throughput_mb_s"),
        min_size=_gib(row, "min_gib"),
        max_size=_gib(row, "max_gib"),
        provenance=sources[row["source"]],
    )


def _price(row: Row, sources: dict[str, Provenance]) -> tuple[str, Price]:
    price = Price(_amount(row), row["currency"], row["unit"], sources[row["source"]], row.get("vat") or None)
    return row["item"], price
