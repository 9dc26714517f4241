"""Physical names: fit for every cloud, and never the same twice."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.adapter.naming import new_state_id, physical_name

LEAST_LIMIT = 20


@given(st.text(max_size=60), st.binary(max_size=8), st.integers(LEAST_LIMIT, 63))
def test_a_name_fits(logical: str, seed: bytes, limit: int) -> None:
    name = physical_name(logical, "abc234", seed, limit)
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)
    assert 5 <= len(name) <= limit
    assert physical_name(logical, "abc234", seed, limit) == name


@given(st.text(max_size=60))
def test_seed_and_state_make_it_another(logical: str) -> None:
    names = {physical_name(logical, state, seed, 50) for state in ("abc234", "abc235") for seed in (b"1", b"2")}
    assert len(names) == 4


@given(st.from_regex(r"[a-z]{30,40}", fullmatch=True), st.from_regex(r"[a-z]{30,40}", fullmatch=True))
def test_names_that_are_cut_stay_apart(one: str, other: str) -> None:
    cut = {physical_name(f"same-long-beginning-{text}", "abc234", b"seed", 40) for text in (one, other)}
    assert len(cut) == len({one, other})


@pytest.mark.parametrize(
    ("logical", "head"),
    [("web", "web"), ("Web_Server.1", "web-server-1"), ("7up", "x7up"), ("--", "x"), ("máy", "m-y")],
)
def test_the_beginning_is_the_name_in_the_stack(logical: str, head: str) -> None:
    assert re.fullmatch(rf"{head}-abc234-[0-9a-f]{{5}}", physical_name(logical, "abc234", b"seed", 50))


def test_state_ids() -> None:
    ids = {new_state_id() for _ in range(200)}
    assert len(ids) == 200
    assert all(re.fullmatch(r"[a-z2-9]{6}", item) for item in ids)
    assert not any(set(item) & set("ilo01") for item in ids)
