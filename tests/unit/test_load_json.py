"""JSON stack files: places that are worked out later are the right ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.errors import LoadError, Problem
from mcloud.load.json_reader import parse_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def problems(text: str) -> list[Problem]:
    with pytest.raises(LoadError) as caught:
        parse_json("f", text)
    return caught.value.problems


def reached(value: Any, path: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], Any]:
    found = {path: value}
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found |= reached(item, (*path, key))
    return found


@given(JSON, st.sampled_from([None, 0, 2, "\t"]), st.booleans())
def test_every_value_stands_where_its_place_says(value: Any, indent: int | str | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    document = parse_json("f", text)
    assert document.value == value
    lines = text.split("\n")
    found = reached(value)
    assert set(document.places.values) == set(found)
    for path, place in document.places.values.items():
        rest = "\n".join([lines[place.line - 1][place.column - 1 :], *lines[place.line :]])
        assert json.JSONDecoder().raw_decode(rest)[0] == found[path]
    for path, place in document.places.keys.items():
        assert json.JSONDecoder().raw_decode(lines[place.line - 1], place.column - 1)[0] == path[-1]


def test_a_key_twice_is_refused_with_both_places() -> None:
    text = '{"a": {"x": 1,\n "y": 2, "x": {"z": 1}},\n\t"b": [{"c": 1, "c": 1}], "b": 0}'
    found = [(item.where, item.message.split("; ")[1]) for item in problems(text)]
    assert found == [
        ("f:2:10", "the first is at line 1, column 8"),
        ("f:3:17", "the first is at line 3, column 9"),
        ("f:3:27", "the first is at line 3, column 2"),
    ]


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ('{"a": 1,\n "b": }', "f:2:7", "is not JSON: expecting value"),
        ('{"a" 1}', "f:1:6", "is not JSON: expecting ':' delimiter"),
        ("", "f:1:1", "is not JSON: expecting value"),
        ('{"a": 1} x', "f:1:10", "is not JSON: extra data"),
        ('{"a": NaN}', "f", "is not JSON: NaN is no number"),
        ('{"a": ' + "9" * 5000 + "}", "f", "is not JSON: a number is too long"),
        ("[" * 60 + "]" * 60, "f", "is nested more than 50 levels deep"),
        ("[" * 200_000 + "]" * 200_000, "f", "is nested more than 50 levels deep"),
    ],
)
def test_broken_json_is_told(text: str, where: str, words: str) -> None:
    [found] = problems(text)
    assert found.where == where
    assert found.message == words


def test_a_comma_after_the_last_entry_is_told() -> None:
    [found] = problems('{"a": 1, }')
    assert found.where.startswith("f:1:")
    assert "comma" in f"{found.message} {found.hint}"
