"""How long past runs took, and what that says about this one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.engine.durations import FILE, KEPT, Durations, Forecast, forecast_of

SERVER, NETWORK = ("one", "Server", "create"), ("one", "Network", "create")
KNOWN = {SERVER: [30.0, 40.0, 90.0], NETWORK: [10.0]}
KNOWN |= {("one", "Server", "delete"): [5.0], ("one", "Server", "update"): [7.0]}
KEYS = {name: ("one", "Network" if name.startswith("net") else "Server") for name in ("net", "a", "b", "c")}
CHAIN = {"a": ["net"], "b": ["a"], "c": ["net"]}
ALL = dict.fromkeys(KEYS, "create")


@pytest.mark.parametrize(
    ("expected", "finished", "running", "left"),
    [
        (ALL, set(), {}, 10 + 40 + 40),
        (ALL, {"net"}, {"a": ("create", 15.0), "c": ("create", 39.0)}, 25 + 40),
        (ALL, {"net", "a", "b"}, {"c": ("create", 39.0)}, 1),
        (ALL, {"net", "a", "b"}, {"c": ("create", 41.0)}, None),
        (ALL, set(KEYS), {}, None),
        ({}, set(), {"a": ("update", 3.0)}, 4),
        ({}, set(), {"a": ("create-replacement", 3.0), "b": ("delete-replaced", 1.0)}, 37),
        ({"a": "create"}, {"a"}, {"a": ("delete-replaced", 1.0)}, 4),
        ({}, set(), {"net": ("delete", 1.0)}, None),
        ({"net": "delete"}, set(), {}, None),
        ({"who": "create"}, set(), {}, None),
    ],
)
def test_what_is_left(
    expected: dict[str, str], finished: set[str], running: dict[str, tuple[str, float]], left: float | None
) -> None:
    assert Forecast(Durations(KNOWN), KEYS, CHAIN, expected).left(finished, running) == left


def test_a_long_chain_is_no_trouble() -> None:
    names = [str(number) for number in range(20_000)]
    after = {name: [names[index - 1]] if index else [] for index, name in enumerate(names)}
    keys, expected = dict.fromkeys(names, ("one", "Network")), dict.fromkeys(names, "create")
    assert Forecast(Durations(KNOWN), keys, after, expected).left((), {}) == 10.0 * len(names)


def test_a_circle_ends() -> None:
    forecast = Forecast(Durations(KNOWN), KEYS, {"a": ["b"], "b": ["a"]}, {"a": "create", "b": "create"})
    assert forecast.left((), {}) in (40.0, 80.0)


@given(st.lists(st.floats(0, 1e5), max_size=40))
def test_the_last_times_count(tmp_path_factory: pytest.TempPathFactory, seconds: list[float]) -> None:
    folder = tmp_path_factory.mktemp("d")
    known = Durations()
    for item in seconds:
        known.add(SERVER, item)
    known.write(folder)
    read = Durations.read(folder)
    assert read.typical(SERVER) == known.typical(SERVER)
    assert (read.typical(SERVER) is None) == (not seconds)
    if seconds:
        assert min(seconds[-KEPT:]) - 0.001 <= (read.typical(SERVER) or 0) <= max(seconds[-KEPT:]) + 0.001


OF_LATER = '{"durations": 2, "rows": [["a", "b", "c", [1]]]}'


@pytest.mark.parametrize("text", [None, "", "[]", "{}", OF_LATER, '{"durations": 1, "rows": [1]}'])
def test_what_is_damaged_is_not_known(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / FILE).write_text(text)
    assert Durations.read(tmp_path).typical(("a", "b", "c")) is None


def test_where_nothing_can_be_written_nothing_happens(tmp_path: Path) -> None:
    Durations(KNOWN).write(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def item(urn: str, *needs: str) -> dict[str, Any]:
    return {"urn": urn, "type": "t:Server", "id": f"one/east/{urn}", "dependencies": list(needs)}


def test_what_a_run_does_for_sure() -> None:
    wanted = [("net", "two", "Network", ()), ("a", "two", "Server", ("net",)), ("b", "two", "Server", ("net",))]
    there, types = [item("a"), item("old", "a"), {"urn": "half", "type": "t:Server"}], {"t:Server": "Server"}
    everything = {"net", "a", "b", "old"}
    up = forecast_of("up", Durations(), wanted, there, everything, types)
    assert (up.expected, up.after["a"]) == ({"net": "create", "b": "create"}, ("net",))
    assert (up.keys["a"], up.keys["old"]) == (("two", "Server"), ("one", "Server"))
    assert forecast_of("up", Durations(), wanted, there, {"b"}, types).expected == {"b": "create"}
    assert forecast_of("preview", Durations(), wanted, there, everything, types).expected == {}
    down = forecast_of("destroy", Durations(), (), there, everything, types)
    assert (down.expected, down.after["a"]) == ({"a": "delete", "old": "delete"}, ["old"])


def test_a_run_is_learned_from() -> None:
    forecast = Forecast(Durations(), KEYS, {})
    forecast.learn([("a", "create-replacement", 3.0), ("a", "delete-replaced", 1.0), ("who", "create", 9.0)])
    assert forecast.known.typical(SERVER) == 3.0
    assert forecast.known.typical(("one", "Server", "delete")) == 1.0
