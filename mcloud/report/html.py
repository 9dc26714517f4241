"""A report as one HTML page: nothing is loaded from anywhere, everything is escaped."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mcloud.report import drawing
from mcloud.report.language import speaking, t
from mcloud.report.value import Bars, Notes, Picture, Report, Table

FOLDER = Path(__file__).with_name("page")
LONG = 22
"""Longer words do not fit a narrow column."""
BREAKS = re.compile(r"(?<=[._/])(?=\w)")
_KINDS: dict[type, str] = {Table: "table", Bars: "bars", Picture: "picture", Notes: "notes"}


def to_html(report: Report) -> str:
    """The page. Styles, script and drawings are in it; its policy forbids the browser to load anything."""
    style, script = ((FOLDER / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    with speaking(report.language):
        return _environment().get_template("page.html.j2").render(report=report, style=style, script=script)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["kind"] = lambda block: _KINDS[type(block)]
    made.filters["order"] = _order
    made.filters["long"] = lambda cell: (
        max((len(word) for word in f"{cell.text} {cell.detail}".split()), default=0) > LONG
    )
    made.filters["breakable"] = _breakable
    made.globals |= {"scale": drawing.scale, "place": drawing.place, "t": t}
    return made


def _breakable(text: str) -> Markup:
    """Escaped, with places where a long name may be broken: after its dots, slashes and underscores."""
    words = re.split(r"(\s+)", text)
    return Markup("").join(Markup("<wbr>").join(BREAKS.split(word)) if len(word) > LONG else word for word in words)


def _order(cell: Any) -> str:
    """What a cell is sorted by, as the script reads it: nothing for unknown numbers."""
    return "" if cell.order is None else f"{Decimal(cell.order):f}"
