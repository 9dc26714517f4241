"""Reports in Vietnamese: every sentence has one, with the same values in it; figures in the language's form."""

from __future__ import annotations

import ast
import re
import string
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from mcloud.cli.main import run
from mcloud.match.bill import NOT_COUNTED
from mcloud.model.resources import KINDS
from mcloud.report import language
from mcloud.report.blocks import GAP_TONES, GAP_WORDS, _rate_words
from mcloud.report.comparison import FITS
from mcloud.report.language import day, figure, sentences, speaking, t
from mcloud.report.words import MARKS, count, span, span_unit

FOLDER = Path(language.__file__).parent
EXAMPLE = Path(__file__).parents[2] / "examples" / "three-tier.yaml"
ELSEWHERE = {
    *MARKS.values(),
    *GAP_TONES,
    *GAP_WORDS.values(),
    *(words for words, _ in FITS.values()),
    *NOT_COUNTED,
    *(kind.word for kind in KINDS.values()),
    *("flavor", "image", "disk", "size", "blocks", "objects", "not looked at"),
    "value added tax in %",
    *("fewer than two placements fit", "no utilization was given"),
    "95th percentile and {headroom} % head-room; memory not below its highest reading",
}


def said_in_code() -> set[str]:
    """Every sentence that is looked up: the first argument of ``t``, and what is counted."""
    found: set[str] = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("t", "count"):
                given = node.args[0 if node.func.id == "t" else 1] if node.args else None
                if isinstance(given, ast.Constant):
                    found.add(str(given.value))
    for path in (FOLDER / "page").glob("*.j2"):
        found |= set(re.findall(r'\bt\("([^"]*)"', path.read_text(encoding="utf-8")))
    return found


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_every_sentence_is_there_and_none_for_nothing() -> None:
    assert set(sentences("vi")) == said_in_code() | ELSEWHERE


def test_no_sentence_is_there_twice() -> None:
    lines = (FOLDER / "vi.yaml").read_text(encoding="utf-8").splitlines()
    keys = [line.partition('": ')[0] for line in lines if line.startswith('"')]
    assert len(keys) == len(set(keys)) == len(sentences("vi"))


@pytest.mark.parametrize("english", sorted(sentences("vi")))
def test_both_have_the_same_values(english: str) -> None:
    other = sentences("vi")[english]
    assert fields(other) == fields(english)
    assert other.strip()
    assert ("SHOWN" in english, "ALL" in english) == ("SHOWN" in other, "ALL" in other)
    assert other[-1:] == english[-1:] or english[-1:] not in ".:"


def test_figures_and_days_have_the_languages_form() -> None:
    million = Decimal(1_000_000)
    assert (span(million * 5, million * 6), figure("1,234.5"), day(date(2026, 11, 6))) == (
        "5.00 – 6.00",  # noqa: RUF001 - a range
        "1,234.5",
        "06 November 2026",
    )
    with speaking("vi"):
        assert span(million * 5, million * 6) == "5,00 – 6,00"  # noqa: RUF001 - a range
        assert span_unit(million) == "triệu đồng/tháng"
        assert (figure("1,234.5"), day(date(2026, 11, 6))) == ("1.234,5", "ngày 6 tháng 11 năm 2026")
        assert (count(1, "server"), count(1234, "server"), count(2, "entry", "entries")) == (
            "1 máy chủ",
            "1.234 máy chủ",
            "2 mục",
        )
        assert t("nobody ever wrote this") == "nobody ever wrote this"
        assert (count(2, "byte"), _rate_words("VND for 1 USD")) == ("2 byte", "VND cho 1 USD")
    assert (count(2, "entry", "entries"), _rate_words("VND for 1 USD")) == ("2 entries", "VND for 1 USD")


@pytest.mark.parametrize("words", [["compare"], ["migrate", "plan", "--to", "vng/hcm"]])
def test_pages_come_in_vietnamese(tmp_path: Path, words: list[str]) -> None:
    pages = {}
    for name in ("en", "vi"):
        pages[name] = tmp_path / f"{name}.html"
        assert run([*words, str(EXAMPLE), "--html", str(pages[name]), "--lang", name]) in (0, 3)
    english, other = (pages[name].read_text(encoding="utf-8") for name in ("en", "vi"))
    assert '<html lang="vi">' in other
    assert language.language() == "en"
    assert english.count("<tr>") == other.count("<tr>")
    shown = re.sub(r"<style>.*?</style>|<script>.*?</script>", "", other, flags=re.DOTALL)
    headings = re.findall(r"<h[123][^>]*>([^<]+)<|<button type=\"button\">([^<]+)<|<caption>([^<]+)<", shown)
    same = {"Zone", "vCPU"}
    known = set(sentences("vi").values()) | {title.capitalize() for title in sentences("vi").values()}
    for heading in {text for row in headings for text in row if text} - same:
        assert heading in known or "three-tier" in heading or re.search(r"^(Trên|CPU)", heading), heading
    assert "Chi phí mỗi tháng, chưa gồm thuế" in shown
    assert "Lọc" in shown


def test_a_language_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", str(EXAMPLE), "--lang", "fr"]) == 1
    assert "fr" in capsys.readouterr().err


def test_the_catalog_is_plain_text() -> None:
    loaded = yaml.safe_load((FOLDER / "vi.yaml").read_text(encoding="utf-8"))
    assert all(isinstance(key, str) and isinstance(value, str) for key, value in loaded.items())
    assert not [text for text in loaded.values() if "<" in text or ">" in text]
