"""The page of a report: everything in it, everything escaped, nothing loaded."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from mcloud.cli.main import run
from mcloud.report.drawing import BOX_HEIGHT, place, scale
from mcloud.report.html import _breakable, to_html
from mcloud.report.value import (
    Bar,
    Bars,
    Box,
    Cell,
    Column,
    Figure,
    Notes,
    Picture,
    Report,
    Section,
    Table,
)
from mcloud.report.words import age_tone, amount, span, span_unit

EVIL = "<script>alert(1)</script>\"'&<img src=http://192.0.2.1/x>"
EXAMPLES = Path(__file__).parents[2] / "examples"


class Tags(HTMLParser):
    """Every tag with its attributes, and those that were opened and not closed."""

    VOID = frozenset({"meta", "link", "input", "br", "wbr", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def evil_report() -> Report:
    columns = (Column(EVIL), Column("n", number=True))
    rows = ((Cell(EVIL, detail=EVIL, tone="bad"), Cell("unknown")), (Cell("b"), Cell("12", order=Decimal("12.5"))))
    bars = Bars(
        EVIL, (Bar(EVIL, Decimal(1), Decimal(2), EVIL, True, EVIL), Bar("x", None, None, "unknown")), (EVIL,), EVIL
    )
    picture = Picture(
        EVIL, ((Box("a", EVIL, EVIL),), (Box("b", "two", tone="warn"),)), (EVIL, "2"), (("a", "b"),), EVIL
    )
    blocks = (Table("t", EVIL, columns, rows, EVIL, folded=True), bars, picture, Notes((EVIL,), EVIL))
    section = Section("s", EVIL, EVIL, blocks)
    return Report(EVIL, EVIL, "en", date(2026, 1, 2), (EVIL,), (Figure(EVIL, EVIL, EVIL, EVIL, "good"),), (section,))


def tags(page: str) -> Tags:
    parser = Tags()
    parser.feed(page)
    parser.close()
    return parser


def test_everything_is_escaped_and_well_formed() -> None:
    page = to_html(evil_report())
    found = tags(page)
    assert found.open == []
    assert [tag for tag, _ in found.seen].count("script") == 1
    assert not [tag for tag, _ in found.seen if tag in ("img", "iframe", "object")]
    assert EVIL not in page
    assert not [name for _, attributes in found.seen for name in attributes if name.startswith("on")]


def test_nothing_is_loaded_from_anywhere() -> None:
    page = to_html(evil_report())
    for tag, attributes in tags(page).seen:
        for name in ("src", "href", "data", "action"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:")), (tag, name, value)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    assert not re.search(r"url\(|@import|https?:", style[1])
    policies = [item.get("content") for tag, item in tags(page).seen if item.get("http-equiv")]
    assert policies
    assert str(policies[0]).startswith("default-src 'none'")


def test_the_language_is_told_and_unknown_numbers_have_no_order() -> None:
    page = to_html(replace(evil_report(), language="vi"))
    assert '<html lang="vi">' in page
    cells = [item for tag, item in tags(page).seen if tag == "td" and "data-order" in item]
    assert [item["data-order"] for item in cells] == ["", "12.5"]


def test_the_page_is_the_same_every_time() -> None:
    assert to_html(evil_report()) == to_html(evil_report())


def test_bars_are_on_one_scale_and_unknown_ones_have_no_length() -> None:
    block = Bars(
        "x",
        (Bar("a", Decimal(50), Decimal(100), ""), Bar("b", None, None, ""), Bar("c", Decimal(100), Decimal(100), "")),
    )
    assert [(item.sure, item.pale) for item in scale(block)] == [
        ("50.00", "50.00"),
        ("0.00", "0.00"),
        ("100.00", "0.40"),
    ]
    assert [item.sure for item in scale(Bars("x", (Bar("a", Decimal(0), Decimal(0), ""),)))] == ["0.00"]


def test_boxes_do_not_cover_each_other_and_arrows_need_both_ends() -> None:
    first = tuple(Box(f"a{n}", "x" * 40) for n in range(3))
    drawn = place(Picture("p", (first, (Box("b", "b"),)), ("1", "2"), (("a0", "b"), ("a0", "gone"))))
    tops = [box.y for box in drawn.boxes[:3]]
    assert all(two - one > BOX_HEIGHT for one, two in pairwise(tops))
    assert len(drawn.arrows) == 1
    assert drawn.boxes[0].title.endswith("…")
    assert max(box.x for box in drawn.boxes) + drawn.box_width < drawn.width
    assert place(Picture("p", (), (), ())).boxes == ()


@pytest.mark.parametrize(
    ("low", "high", "text", "unit"),
    [
        (None, None, "unknown", ""),
        (Decimal(5), Decimal(5), "5", "VND a month"),
        (Decimal(349_092), Decimal(384_000), "349,092 – 384,000", "VND a month"),  # noqa: RUF001
        (Decimal(3_893_399), Decimal(3_935_215), "3.89 – 3.94", "million VND a month"),  # noqa: RUF001
        (Decimal(1_000_001), Decimal(1_000_002), "1.00", "million VND a month"),
    ],
)
def test_ranges_in_words(low: Decimal | None, high: Decimal | None, text: str, unit: str) -> None:
    assert (span(low, high), span_unit(high)) == (text, unit)


def test_old_facts_stand_out_and_unknown_is_not_0() -> None:
    assert [age_tone(days) for days in (None, 90, 91, 181)] == ["quiet", "", "warn", "bad"]
    assert (amount(None), amount(Decimal(0))) == ("unknown", "0")


def test_compare_writes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert run(["compare", str(EXAMPLES / "three-tier.yaml"), "--html", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert tags(text).open == []
    for words in ("Where the stack", "What would be picked", "idle-timeout", "unknown", "26,070", " days"):
        assert words in text
    assert run(["compare", str(EXAMPLES / "web.yaml"), "--html", str(tmp_path / "no" / "page.html")]) == 1
    assert "name a file in a folder that is there" in capsys.readouterr().err


def test_very_many_losers_stand_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import mcloud.report.comparison

    pages = []
    for most in (3000, 10):
        monkeypatch.setattr(mcloud.report.comparison, "MOST_LOSERS", most)
        page = tmp_path / f"{most}.html"
        assert run(["compare", str(EXAMPLES / "web.yaml"), "--html", str(page)]) == 0
        pages.append(page.read_text(encoding="utf-8"))
    assert pages[0].count("sold only with GPU") > 2
    assert pages[1].count("sold only with GPU") == 2  # one for each size that is asked for
    assert "mcloud compare --json has each" in pages[1]
    assert len(pages[1]) < len(pages[0])


def test_long_names_may_be_broken_at_their_dots_and_nowhere_are_tags_made_of_text() -> None:
    broken = [
        _breakable(text) for text in ("networks.shop.subnets.app-a is so", "<b>networks.shop.subnets</b>.<i>", "a.b")
    ]
    assert broken == [
        "networks.<wbr>shop.<wbr>subnets.<wbr>app-a is so",
        "&lt;b&gt;networks.<wbr>shop.<wbr>subnets&lt;/<wbr>b&gt;.&lt;i&gt;",
        "a.b",
    ]
