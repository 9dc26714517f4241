"""Where the demo on the emulated VNG Cloud is: beside the sources, or packaged with this folder."""

from __future__ import annotations

from pathlib import Path


def folder() -> Path:
    """The folder with ``demo.json`` and what it uses."""
    packaged = Path(__file__).parent / "demo"
    return packaged if packaged.exists() else Path(__file__).parents[2] / "examples"
