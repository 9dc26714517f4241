"""YAML as plain values with places, and everything that is wrong with a file told with its place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.errors import LoadError, Problem
from mcloud.load import yaml_reader
from mcloud.load.yaml_reader import parse_yaml, read_value, scalar


def problems(text: str) -> list[Problem]:
    with pytest.raises(LoadError) as caught:
        parse_yaml("f", text)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("22:30", "22:30"),
        ("1e3", "1e3"),
        ("022", "022"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("2027-01-01", "2027-01-01"),
        ("true", True),
        ("False", False),
        ("0", 0),
        ("-12", -12),
        ("+3", 3),
        ("22.04", 22.04),
        (".5", 0.5),
        ("null", None),
        ("~", None),
        ("", None),
        ("'3'", "3"),
        ('"true"', "true"),
        ("!!str 3", "3"),
        ("!!str no", "no"),
        ("|\n  a\n  b\n", "a\nb\n"),
        ("9" * 30, "9" * 30),
    ],
)
def test_words_and_numbers(text: str, value: Any) -> None:
    read = parse_yaml("f", f"a: {text}").value["a"]
    assert read == value
    assert type(read) is type(value)


def test_an_empty_file_has_no_value() -> None:
    assert parse_yaml("f", "# nothing\n").value is None


def test_places_of_keys_and_values() -> None:
    document = parse_yaml("f", "a:\n  b: [x, {c: 1}]\nd: 2\n")
    where = {path: str(place) for path, place in document.places.values.items()}
    assert where == {
        (): "f:1:1",
        ("a",): "f:2:3",
        ("a", "b"): "f:2:6",
        ("a", "b", 0): "f:2:7",
        ("a", "b", 1): "f:2:10",
        ("a", "b", 1, "c"): "f:2:14",
        ("d",): "f:3:4",
    }
    assert str(document.places.keys[("a", "b", 1, "c")]) == "f:2:11"
    assert document.locate(("a", "b", 7, "zzz")) == "f:2:6"
    assert document.locate(("a", "b"), key=True) == "f:2:3"
    assert document.locate(("nowhere",)) == "f"


def test_a_key_twice_is_refused_with_both_places() -> None:
    [found] = problems("a: 1\nb:\n  x: 1\n  y: 2\n  x: 3\n")
    assert found.where == "f:5:3"
    assert found.message == "the key 'x' is there twice; the first is at line 3, column 3"


def test_all_keys_that_are_there_twice_are_told_at_once() -> None:
    assert [item.where for item in problems("a: 1\na: 2\nb: {c: 1, c: 2}\n")] == ["f:2:1", "f:3:11"]


def test_anchors_and_merge_keys() -> None:
    text = """
base: &base {size: 1, disk: {size: 2, class: ssd}}
other: &other {size: 9, zone: z}
one: {<<: *base, size: 3}
two: {disk: {size: 5}, <<: [*base, *other]}
same: *base
"""
    value = parse_yaml("f", text).value
    assert value["one"] == {"size": 3, "disk": {"size": 2, "class": "ssd"}}
    assert value["two"] == {"size": 1, "disk": {"size": 5}, "zone": "z"}
    assert value["same"] == value["base"]


def test_places_in_what_is_merged() -> None:
    text = "base: &base\n  size: 1\n  disk: {class: ssd}\none:\n  disk: {size: 5}\n  <<: *base\n"
    document = parse_yaml("f", text)
    assert document.locate(("one", "size")) == "f:2:9"
    assert document.locate(("one", "disk")) == "f:5:9"
    assert document.locate(("one", "disk", "class")) == "f:5:9", "overridden, so not in the file any more"
    assert document.locate(("one",)) == "f:5:3"


@pytest.mark.parametrize("text", ["<<: 3", "<<: [1]", "<<: word"])
def test_a_merge_needs_a_mapping(text: str) -> None:
    assert problems(text)[0].message == "<< needs a mapping"


def test_a_quoted_merge_sign_is_a_key() -> None:
    assert parse_yaml("f", '"<<": 3').value == {"<<": 3}


@pytest.mark.parametrize(
    ("text", "where", "words", "hint"),
    [
        ("a:\n\tb: 1\n", "f:2:1", "cannot start any token", "indent with spaces, not with tabs"),
        ("a: b: c\n", "f:1:5", "mapping values are not allowed", "in quotes"),
        ("a: @x\n", "f:1:4", "cannot start any token", "begins with @"),
        ("a: 'x\n", "f:2:1", "unexpected end", "not closed"),
        ("a: *b\n", "f:1:4", "undefined alias", "needs an &name"),
        ("a: {b: ${c}}\n", "f:1:9", "expected ',' or", '"${name}"'),
        ("a: [1, 2\nb: 3\n", "f:2:2", "expected ',' or", "bracket"),
        ('a: "\\q"\n', "f:1:5", "escape", "backslash"),
        ("a:\n  b: 1\n c: 2\n", "f:3:2", "expected key", "one column"),
        ("- a\nb: 1\n", "f:2:1", "expected '-'", "with a dash"),
        ("a: |\n x\ny\n", "f:4:1", "expected ':'", "colon"),
        ("a: 1\n---\nb: 1\n", "f:2:1", "another document", "one stack"),
        ("a: 1\nb: x\x01y\n", "f:2:5", "control character", "remove it"),
        ("\x01", "f:1:1", "control character", "remove it"),
        ("%YAML 3.0\n---\na: 1\n", "f:1:1", "incompatible", None),
    ],
)
def test_broken_yaml_is_told_with_place_and_hint(text: str, where: str, words: str, hint: str | None) -> None:
    [found] = problems(text)
    assert found.where == where
    assert found.message.startswith("is not YAML: ")
    assert words in found.message
    assert (hint or "") in (found.hint or "")
    assert (found.hint is None) == (hint is None)


def test_tags_and_keys_that_are_no_words_are_refused() -> None:
    found = problems("a: !python/object x\n? [1, 2]\n: y\n")
    assert [(item.where, item.message) for item in found] == [
        ("f:1:4", "the tag !python/object means nothing here"),
        ("f:2:3", "a key must be a word"),
    ]


def test_an_alias_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_reader, "MOST_REPEATED", 10_000)
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    [found] = problems("\n".join(lines))
    assert found.message == "aliases make this document too large"


def test_many_aliases_of_a_real_file_are_fine() -> None:
    text = "t: &t {a: 1, b: 2, c: 3}\n" + "".join(f"s{i}: *t\n" for i in range(5000))
    assert parse_yaml("f", text).value["s4999"] == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: *a}", "a: &a {<<: *a}"])
def test_an_alias_inside_itself_is_refused(text: str) -> None:
    assert problems(text)[0].message.startswith("an alias repeats what it stands in")


@pytest.mark.parametrize("form", ["a{i}: &a{i} [*a{j}]", "a{i}: &a{i} {{<<: *a{j}}}"])
def test_a_chain_of_aliases_has_an_end(form: str) -> None:
    text = "a0: &a0 {}\n" + "\n".join(form.format(i=i, j=i - 1) for i in range(1, 500))
    assert problems(text)[0].message.endswith("aliases are nested too deep")


@pytest.mark.parametrize("text", ["[" * 100_000, "a:\n" + "- " * 5000, "{a: " * 200])
def test_a_document_without_a_bottom_is_refused(text: str) -> None:
    assert problems(text)[0].message == "is nested more than 50 levels deep"


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_integers_come_back(number: int) -> None:
    assert scalar(str(number)) == number


def refusal(text: str) -> list[Problem]:
    try:
        parse_yaml("f", text)
    except LoadError as error:
        return error.problems
    return []


@given(st.text(max_size=30) | st.text(alphabet="a:[]{}-&*!|>'\"#%@ \n\t", max_size=30))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    assert all(problem.where.startswith("f:") and problem.message for problem in refusal(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("true", True), ("", None), ('"22.04"', "22.04"), ("'a b'", "a b"), ("a: b", "a: b"), ("[1]", "[1]")],
)
def test_a_single_value(text: str, value: Any) -> None:
    assert read_value(text) == value


@pytest.mark.parametrize("text", ['"open', '"a": b'])
def test_a_single_value_that_is_none(text: str) -> None:
    with pytest.raises(LoadError):
        read_value(text)
