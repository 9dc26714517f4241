"""The pages in a real browser: they sort, filter and print, ask for nothing, and fit a telephone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

PAGES = ("compare", "plan")
Open = Callable[..., Any]

CONTRAST = """() => {
  const channel = (value) => { const x = value / 255; return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; };
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (item) => {
    for (let at = item; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const low = [];
  const kinds = "p, li, h1, h2, h3, td, th button, .tone, small, a, summary, caption, output";
  for (const item of document.querySelectorAll(kinds)) {
    if (![...item.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
    const [one, two] = [light(parse(getComputedStyle(item).color)), light(ground(item))].sort((a, b) => b - a);
    const told = `${item.tagName}.${item.className}: ${item.textContent.slice(0, 40)}`;
    if ((one + 0.05) / (two + 0.05) < 4.5) low.push(told);
  }
  return [...new Set(low)].slice(0, 5);
}"""
TOO_WIDE = """(width) => [...document.querySelectorAll("body *")]
  .filter((item) => !item.closest(".scroll") || item.classList.contains("scroll"))
  .filter((item) => !item.closest(".skip, caption"))
  .filter((item) => item.getBoundingClientRect().right > width + 0.5)
  .map((item) => `${item.tagName}.${item.className}: ${item.textContent.slice(0, 40)}`).slice(0, 5)"""


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((item) => { item.open = true; })")


def column(table: Locator, title: str) -> int:
    titles = table.locator("thead th").all_inner_texts()
    return next(number for number, text in enumerate(titles) if text.startswith(title))


def cells(table: Locator, number: int) -> list[str]:
    found = table.locator("tbody tr:not([hidden])").evaluate_all(
        "(rows, n) => rows.map((row) => row.cells[n].firstChild.textContent)", number
    )
    return [str(text) for text in found]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_says_nothing_asks_for_nothing_and_can_be_read(opener: Open, name: str, scheme: str) -> None:
    opened = opener(name, scheme=scheme)
    unfold(opened.page)
    assert opened.page.evaluate(CONTRAST) == []
    assert opened.said == []
    assert len(opened.asked) == 1
    assert opened.asked[0].startswith("file://")


def test_dark_is_dark_and_light_is_light(opener: Open) -> None:
    grounds = [
        opener("plan", scheme=scheme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert grounds == ["rgb(252, 252, 250)", "rgb(21, 24, 29)"]


def test_its_policy_refuses_to_load_anything(opener: Open) -> None:
    opened = opener("plan")
    answer = opened.page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => 'refused')")
    assert answer == "refused"
    assert any("Content Security Policy" in text for text in opened.said)


def test_numbers_sort_as_numbers_and_unknown_ones_last(opener: Open) -> None:
    page = opener("plan").page
    table = page.locator("#rows-data")
    number = column(table, "At most")
    before = cells(table, number)
    button = table.locator("thead button").nth(number)
    button.click()
    up = cells(table, number)
    button.click()
    down = cells(table, number)
    known = [int(text.replace(",", "")) for text in before if text[0].isdigit()]
    unknown = len(before) - len(known)
    assert unknown == 2
    for shown, order in ((up, sorted(known)), (down, sorted(known, reverse=True))):
        assert [int(text.replace(",", "")) for text in shown[:-unknown]] == order
        assert set(shown[-unknown:]) == {"has no bound"}
    assert table.locator("thead th").nth(number).get_attribute("aria-sort") == "descending"
    assert table.locator("thead th[aria-sort]").count() == 1


def test_words_sort_by_the_keyboard(opener: Open) -> None:
    page = opener("compare").page
    table = page.locator("#rows-picks")
    button = table.locator("thead button").nth(column(table, "Placement"))
    button.focus()
    page.keyboard.press("Enter")
    places = cells(table, 0)
    assert places == sorted(places)
    page.keyboard.press("Space")
    assert cells(table, 0) == sorted(places, reverse=True)


def test_the_filter_takes_words_of_any_column_and_counts(opener: Open) -> None:
    page = opener("plan").page
    part = page.locator("#table-mapping")
    rows = part.locator("tbody tr")
    everything = rows.count()
    part.get_by_role("searchbox").fill("SERVER vm-01")
    shown = [text for text in rows.evaluate_all("rows => rows.filter(r => !r.hidden).map(r => r.textContent)")]
    assert 0 < len(shown) < everything
    assert all("vm-01" in text for text in shown)
    assert part.locator("output").inner_text() == f"{len(shown)} of {everything} rows"
    part.get_by_role("searchbox").fill("no such thing")
    assert part.locator("output").inner_text() == f"0 of {everything} rows"
    part.get_by_role("searchbox").fill("")
    assert part.locator("tbody tr:not([hidden])").count() == everything
    part.locator("thead button").first.click()
    assert part.locator("tbody tr").count() == everything


@pytest.mark.parametrize("name", PAGES)
def test_it_prints_what_is_unfolded(opener: Open, name: str) -> None:
    page = opener(name).page
    sheets = []
    for _ in range(2):
        printed = page.pdf(format="A4", print_background=True)
        assert printed.startswith(b"%PDF")
        sheets.append(printed.count(b"/Type /Page\n"))
        unfold(page)
    assert 1 < sheets[0] < sheets[1]
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.locator(".tools:visible").count() == 0


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [390, 820])
def test_nothing_overflows_a_narrow_window(opener: Open, name: str, width: int) -> None:
    page = opener(name, width=width).page
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(TOO_WIDE, width) == []
    page.locator("thead button:visible").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("name", PAGES)
def test_it_is_built_for_those_who_cannot_see_it(opener: Open, name: str) -> None:
    page = opener(name).page
    unfold(page)
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").count() == 1
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((item) => Number(item.tagName[1]))")
    assert all(two - one <= 1 for one, two in pairwise(levels))
    assert page.evaluate("[...document.querySelectorAll('input')].every((item) => item.labels.length === 1)")
    unnamed = "[...document.querySelectorAll('main svg[role=img]')].filter((item) => !item.getAttribute('aria-label'))"
    assert page.evaluate(f"{unnamed}.length") == 0
    assert page.evaluate("[...document.querySelectorAll('table')].every((item) => item.caption && item.tHead)")
    targets = page.evaluate("[...document.querySelectorAll('nav a')].map((item) => item.getAttribute('href'))")
    assert targets
    assert all(page.locator(target).count() == 1 for target in targets)
    assert page.evaluate(
        "(ids => ids.length === new Set(ids).size)([...document.querySelectorAll('[id]')].map(i => i.id))"
    )


def test_many_of_a_kind_are_one_box(opener: Open) -> None:
    page = opener("plan").page
    names = page.locator(".picture .box title").all_text_contents()
    assert any(name == "18 entries: server × 18" for name in names)  # noqa: RUF001
    assert page.locator(".picture .arrow").count() > 3
