"""What a report says, apart from how it is shown: a summary, then sections made of a few kinds of blocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Tone = Literal["good", "warn", "bad", "quiet", ""]


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes:
        text: what is shown.
        order: what it is sorted by; left out: its text. Unknown numbers sort last, whatever the direction.
        tone: good, warn, bad or quiet: shown by a mark and colour, so the text must say it too.
        detail: a second, smaller line.
    """

    text: str
    order: Decimal | int | None = None
    tone: Tone = ""
    detail: str = ""


@dataclass(frozen=True)
class Column:
    """A column; numbers stand to the right and sort as numbers."""

    title: str
    number: bool = False


@dataclass(frozen=True)
class Table:
    """Rows to sort and filter. ``folded``: shown when asked for."""

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Bar:
    """A range from low to high; None: unknown.

    Attributes:
        label: whose it is.
        text: the range in words, with its unit.
        more: True where something unknown comes on top.
        detail: what it is made of.
        series: bars of one series look alike.
    """

    label: str
    low: Decimal | None
    high: Decimal | None
    text: str
    more: bool = False
    detail: str = ""
    series: int = 0


@dataclass(frozen=True)
class Bars:
    """Ranges on one scale that begins at 0."""

    caption: str
    bars: tuple[Bar, ...]
    legend: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Box:
    """A box of a picture."""

    key: str
    title: str
    detail: str = ""
    tone: Tone = ""


@dataclass(frozen=True)
class Picture:
    """Boxes in columns, and arrows from what is needed to what needs it (both keys of boxes)."""

    caption: str
    columns: tuple[tuple[Box, ...], ...]
    headings: tuple[str, ...]
    arrows: tuple[tuple[str, str], ...]
    note: str = ""


@dataclass(frozen=True)
class Notes:
    """A list of sentences."""

    items: tuple[str, ...]
    title: str = ""


Block = Table | Bars | Picture | Notes


@dataclass(frozen=True)
class Figure:
    """One of the few numbers at the top, with its unit and what it is worth."""

    label: str
    value: str
    unit: str = ""
    detail: str = ""
    tone: Tone = ""
    before: str = ""
    """A word before the number, like "at least"."""


@dataclass(frozen=True)
class Section:
    """A part of the report."""

    key: str
    title: str
    lead: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """The whole of it.

    Attributes:
        title: what it is about.
        subtitle: of what, and of which day.
        language: of the texts (BCP 47).
        as_of: the day that ages are counted from.
        summary: what to know if nothing else is read.
        figures: the numbers beside it.
        sections: the rest, most wanted first.
    """

    title: str
    subtitle: str
    language: str
    as_of: date
    summary: tuple[str, ...]
    figures: tuple[Figure, ...]
    sections: tuple[Section, ...]
