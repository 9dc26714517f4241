"""Where mcloud keeps its own files; each folder can be moved by an environment variable."""

from __future__ import annotations

import os
from pathlib import Path


def _folder(variable: str, kind: str) -> Path:
    given = os.environ.get(variable)
    if given:
        return Path(given)
    import platformdirs

    return Path(getattr(platformdirs, f"user_{kind}_dir")("mcloud"))


def config_dir() -> Path:
    """Profiles. ``MCLOUD_CONFIG_DIR`` moves it."""
    return _folder("MCLOUD_CONFIG_DIR", "config")


def cache_dir() -> Path:
    """The engine and live catalogs. ``MCLOUD_CACHE_DIR`` moves it."""
    return _folder("MCLOUD_CACHE_DIR", "cache")


def state_dir() -> Path:
    """Run files of emulators. ``MCLOUD_STATE_DIR`` moves it."""
    return _folder("MCLOUD_STATE_DIR", "state")
