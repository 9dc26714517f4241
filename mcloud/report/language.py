"""The language that a report is made in: English, or another one by a catalog of sentences.

``t`` looks a sentence up while a report is made. What comes from elsewhere (names, what clouds lack, sources of facts)
is data and stays as it is. A catalog is a file: English sentence -> the other one, with the same ``{names}`` in both; a
test finds what is missing, and what is there for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_speaking: ContextVar[str] = ContextVar("language of reports", default="en")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """While the block runs, reports are made in this language: ``en``, or one that has a catalog here."""
    token = _speaking.set(language)
    try:
        yield
    finally:
        _speaking.reset(token)


def language() -> str:
    """The language now (BCP 47)."""
    return _speaking.get()


def t(text: str, /, **values: Any) -> str:
    """A sentence in the language, with its values put in; one that the catalog lacks stays English."""
    said = sentences(language()).get(text, text) if language() != "en" else text
    return said.format(**values) if values else said


@cache
def sentences(name: str) -> Mapping[str, str]:
    """A language's catalog: English sentence -> its own."""
    text = Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def figure(text: str) -> str:
    """A number as Python writes it (1,234.5), in the language's form: 1.234,5 in Vietnamese."""
    return text.translate({ord(","): ".", ord("."): ","}) if language() == "vi" else text


def day(when: date) -> str:
    """A day in words."""
    if language() == "vi":
        return f"ngày {when.day} tháng {when.month} năm {when.year}"
    return f"{when:%d %B %Y}"
