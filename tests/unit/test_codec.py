"""Property maps: what goes onto the wire comes back, and the engine's marks mean what they should."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from mcloud.engine import codec
from mcloud.engine.codec import UNKNOWN, Secret, contains_unknown, decode, encode, is_unknown
from mcloud.errors import EngineError

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
PLAIN = (
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.just(UNKNOWN)
    | TEXT.map(Secret)
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3) | inner.map(Secret),
    max_leaves=10,
)
MAPS = st.dictionaries(TEXT, VALUES, max_size=4)


def as_sent(value: dict[str, Any]) -> struct_pb2.Struct:
    """A struct as the engine sends it: through bytes."""
    struct = struct_pb2.Struct()
    json_format.ParseDict(value, struct)
    return struct_pb2.Struct.FromString(struct.SerializeToString())


@given(MAPS)
def test_a_map_comes_back(values: dict[str, Any]) -> None:
    sent = struct_pb2.Struct.FromString(encode(values).SerializeToString())
    assert decode(sent, keep_secrets=True) == values


@given(MAPS)
def test_without_secrets_their_values_come_back(values: dict[str, Any]) -> None:
    assert decode(encode(values)) == opened(values)


@given(MAPS)
def test_what_would_come_back_is_known_without_sending_it(values: dict[str, Any]) -> None:
    nothing = {"x": None, "y": [None, {"z": None}], "t": (1, 2.0), "s": dict.fromkeys("a"), "w": [Secret(None)]}
    marked = {"m": {codec.SIGNATURE: codec.SECRET, "value": "x"}, "u": codec.UNKNOWN_STRING, "n": 1.5, "b": True}
    for each in (values, nothing, marked, {codec.SIGNATURE: "at the top it means nothing"}):
        assert codec.as_sent(each) == decode(encode(each))


@pytest.mark.parametrize("value", [2**53 + 1, 10**400, b"bytes", object()])
def test_what_cannot_be_sent_does_not_come_back(value: Any) -> None:
    with pytest.raises(EngineError):
        codec.as_sent({"x": [value]})


def opened(value: Any) -> Any:
    if isinstance(value, Secret):
        return opened(value.value)
    if isinstance(value, dict):
        return {key: opened(item) for key, item in value.items()}
    return [opened(item) for item in value] if isinstance(value, list) else value


@given(VALUES)
def test_unknown_values_are_seen_wherever_they_are(value: Any) -> None:
    def here(item: Any) -> bool:
        if isinstance(item, (list, dict)):
            return any(here(inner) for inner in (item.values() if isinstance(item, dict) else item))
        return item is UNKNOWN

    assert contains_unknown(value) == here(opened(value))
    assert contains_unknown((value,)) == contains_unknown(value)
    assert is_unknown(value) == (value is UNKNOWN)


@pytest.mark.parametrize("sentinel", sorted(codec.SENTINELS))
def test_each_sentinel_is_not_known(sentinel: str) -> None:
    assert decode(as_sent({"a": sentinel, "b": [sentinel]})) == {"a": UNKNOWN, "b": [UNKNOWN]}


SIGN = codec.SIGNATURE
SEALED = {SIGN: codec.SECRET, "value": "x"}


@pytest.mark.parametrize(
    ("wire", "plain", "kept"),
    [
        (SEALED, "x", Secret("x")),
        ({SIGN: codec.SECRET, "value": {"a": SEALED}}, {"a": "x"}, Secret({"a": Secret("x")})),
        ({SIGN: codec.OUTPUT, "value": "x"}, "x", "x"),
        ({SIGN: codec.OUTPUT, "value": "x", "secret": True}, "x", Secret("x")),
        ({SIGN: codec.OUTPUT, "value": "x", "secret": False, "dependencies": ["urn:x"]}, "x", "x"),
        ({SIGN: codec.OUTPUT}, UNKNOWN, UNKNOWN),
        ({SIGN: codec.OUTPUT, "secret": True}, UNKNOWN, Secret(UNKNOWN)),
        ({SIGN: codec.RESOURCE, "urn": "urn:x", "id": "i-1"}, "i-1", "i-1"),
        ({SIGN: codec.RESOURCE, "urn": "urn:x", "id": ""}, UNKNOWN, UNKNOWN),
        ({SIGN: codec.RESOURCE, "urn": "urn:x"}, UNKNOWN, UNKNOWN),
        ({SIGN: codec.RESOURCE, "urn": "urn:x", "id": codec.UNKNOWN_STRING}, UNKNOWN, UNKNOWN),
    ],
)
def test_marked_values(wire: dict[str, Any], plain: Any, kept: Any) -> None:
    assert decode(as_sent({"a": wire})) == {"a": plain}
    assert decode(as_sent({"a": wire}), keep_secrets=True) == {"a": kept}


@pytest.mark.parametrize(
    ("signature", "says"),
    [
        (codec.ASSET, "files and archives cannot be inputs here"),
        (codec.ARCHIVE, "files and archives cannot be inputs here"),
        ("0" * 32, "a value with the signature 00000000000000000000000000000000, which this version does not know"),
    ],
)
def test_marks_that_are_refused(signature: str, says: str) -> None:
    with pytest.raises(EngineError, match=says):
        decode(as_sent({"a": [{SIGN: signature}]}))


def test_numbers_and_nothing() -> None:
    decoded = decode(as_sent({"whole": 3.0, "part": 1.5, "nothing": None, "list": [None], "yes": True}))
    assert decoded == {"whole": 3, "part": 1.5, "list": [None], "yes": True}
    assert isinstance(decoded["whole"], int)
    assert decoded["yes"] is True
    assert dict(encode({"a": None}).fields) == {}
    assert decode(encode({"a": [None, (1, 2)]})) == {"a": [None, [1, 2]]}


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(EngineError, match="a set cannot be sent to the engine"):
        encode({"a": {1}})


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**60, 0, -1])
def test_whole_numbers_that_doubles_hold(number: int) -> None:
    assert decode(encode({"a": number})) == {"a": number}


@pytest.mark.parametrize("number", [2**53 + 1, -(2**63) + 1, 10**400])
def test_whole_numbers_that_would_come_back_changed(number: int) -> None:
    with pytest.raises(EngineError, match="more than 53 bits") as caught:
        encode({"a": [number]})
    assert caught.value.hint == "pass it as text"


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("hush")
    assert "hush" not in f"{secret} {secret!r} {[secret]}"
    assert secret == Secret("hush")
    assert secret != Secret("other")
    assert secret != "hush"
    assert {Secret("a"), Secret("a"), Secret("b")} == {Secret("a"), Secret("b")}
    assert {Secret(1), Secret(1.0), Secret([1]), Secret([1.0])} == {Secret(1), Secret([1])}


def test_there_is_one_unknown() -> None:
    assert codec.Unknown() is UNKNOWN
    assert copy.copy(UNKNOWN) is UNKNOWN
    assert copy.deepcopy({"a": UNKNOWN})["a"] is UNKNOWN
    assert repr(UNKNOWN) == "UNKNOWN"
