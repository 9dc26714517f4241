"""Live catalogs on disk, so that the engine's provider and later runs need not ask again."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from mcloud.catalog.reader import read_prices
from mcloud.catalog.types import Catalog, Price
from mcloud.paths import cache_dir, config_dir

_ADAPTER = TypeAdapter(Catalog)


def cached_file(profile: str, cloud: str, region: str) -> Path:
    """Where the list that an account was last offered is kept, for commands that ask nobody."""
    return cache_dir() / "catalogs" / profile / f"{cloud}-{region}.json"


def save_live(path: Path, catalog: Catalog) -> None:
    """Write a live catalog, all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_bytes(_ADAPTER.dump_json(catalog))
    temporary.replace(path)


def load_live(path: Path) -> Catalog | None:
    """Read one; None when it is not there or of another version."""
    try:
        return _ADAPTER.validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def load_price_book(cloud: str) -> dict[str, Price] | None:
    """The user's price book for a cloud: ``prices/CLOUD.csv`` in the configuration folder.

    Raises:
        LoadError: a row that does not fit.
    """
    path = config_dir() / "prices" / f"{cloud}.csv"
    return read_prices(path) if path.exists() else None
