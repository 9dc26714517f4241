"""Where the parts of a drawing go: bars on a scale, boxes and arrows of a picture. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from mcloud.report.value import Bar, Bars, Box, Picture

BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y, MARGIN, HEADING = 168, 40, 64, 14, 8, 26
LONGEST = 24
"""Characters of a box's title."""


@dataclass(frozen=True)
class Stretch:
    """A bar in percent of the scale's width: solid for ``sure``, then pale for ``pale``, which reaches to ``end``."""

    bar: Bar
    sure: str
    pale: str
    end: str


def scale(block: Bars) -> list[Stretch]:
    """The bars on one scale from 0 to the highest; unknown ones have no length."""
    most = max((bar.high for bar in block.bars if bar.high is not None), default=Decimal(0))

    def percent(value: Decimal | None) -> Decimal:
        return Decimal(0) if value is None or not most else value * 100 / most

    found = []
    for bar in block.bars:
        low, high = percent(bar.low), percent(bar.high)
        # A range too narrow to be seen still gets a line.
        pale = max(high - low, Decimal("0.4") if bar.high else Decimal(0))
        found.append(Stretch(bar, f"{low:.2f}", f"{pale:.2f}", f"{low + pale:.2f}"))
    return found


@dataclass(frozen=True)
class PlacedBox:
    """A box with its corner."""

    box: Box
    x: int
    y: int
    title: str


@dataclass(frozen=True)
class Drawing:
    """A picture in units of its view box."""

    width: int
    height: int
    boxes: tuple[PlacedBox, ...]
    headings: tuple[tuple[int, str], ...]
    arrows: tuple[str, ...]
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


def place(picture: Picture) -> Drawing:
    """Columns from left to right; arrows are curves from a box's right edge to the other's left one."""
    tallest = max((len(column) for column in picture.columns), default=0)
    height = HEADING + MARGIN * 2 + tallest * (BOX_HEIGHT + GAP_Y)
    width = MARGIN * 2 + len(picture.columns) * (BOX_WIDTH + GAP_X) - GAP_X
    boxes: dict[str, PlacedBox] = {}
    for number, column in enumerate(picture.columns):
        x = MARGIN + number * (BOX_WIDTH + GAP_X)
        free = (tallest - len(column)) * (BOX_HEIGHT + GAP_Y) // 2
        for row, box in enumerate(column):
            y = HEADING + MARGIN + free + row * (BOX_HEIGHT + GAP_Y)
            short = box.title if len(box.title) <= LONGEST else f"{box.title[: LONGEST - 1]}…"
            boxes[box.key] = PlacedBox(box, x, y, short)
    headings = tuple((MARGIN + n * (BOX_WIDTH + GAP_X), text) for n, text in enumerate(picture.headings))
    arrows = tuple(_curve(boxes[one], boxes[two]) for one, two in picture.arrows if one in boxes and two in boxes)
    return Drawing(width, height, tuple(boxes.values()), headings, arrows)


def _curve(one: PlacedBox, two: PlacedBox) -> str:
    x1, y1 = one.x + BOX_WIDTH, one.y + BOX_HEIGHT // 2
    x2, y2 = two.x - 3, two.y + BOX_HEIGHT // 2
    bend = max(24, (x2 - x1) // 2)
    return f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
