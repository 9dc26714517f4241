"""Which flavor is taken, why the others are not, and what to relax where none fits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.catalog.types import Catalog, Flavor, Price, Provenance, Region, Zone
from mcloud.match.flavor import FlavorNeed, match_flavor
from mcloud.units import Size

SOURCE = Provenance("a page", date(2026, 1, 2), "vendor-doc")
REGION = Region("r", (), "R", (Zone("z", "Z"), Zone("y", "Y")), SOURCE)


def flavor(name: str, vcpu: int = 2, gib: int = 4, gpu: int = 0, **more: Any) -> Flavor:
    amount, currency = more.pop("vnd", None), more.pop("currency", "VND")
    price = None if amount is None else Price(Decimal(amount), currency, "month", SOURCE)
    return Flavor(name, "r", more.pop("zone", "z"), vcpu, Size.gib(gib), SOURCE, gpu=gpu, price=price, **more)


def catalog(*rows: Flavor) -> Catalog:
    return Catalog("c", (REGION,), rows)


def need(vcpu: int = 2, gib: int = 4, gpu: int = 0, family: str | None = None) -> FlavorNeed:
    return FlavorNeed(vcpu, Size.gib(gib), gpu, image_family=family)


@pytest.mark.parametrize(
    ("rows", "wanted", "pick", "losers"),
    [
        (
            [flavor("small", 1, 2), flavor("right"), flavor("large", 4, 16)],
            need(),
            "right",
            {"small": "1 vCPU short, 2 GiB short", "large": "2 vCPU and 12 GiB more than right"},
        ),
        ([flavor("m", 2, 16), flavor("c", 4, 4)], need(), "m", {"c": "2 vCPU more than m"}),
        ([flavor("b"), flavor("a")], need(), "a", {"b": "as good as a, later in the order"}),
        ([flavor("dear", vnd=9), flavor("cheap", 8, 32, vnd=5)], need(), "cheap", {"dear": "dearer than cheap"}),
        (
            [flavor("same", vnd=5), flavor("more", 2, 8, vnd=5)],
            need(),
            "same",
            {"more": "4 GiB more than same"},
        ),
        ([flavor("a", 4, vnd=1), flavor("b", 2)], need(), "b", {"a": "2 vCPU more than b"}),
        (
            [flavor("a", 4, vnd=1, currency="USD"), flavor("b", vnd=9)],
            need(),
            "b",
            {"a": "2 vCPU more than b"},
        ),
        ([flavor("gone", sold_out=True), flavor("there", 4, 8)], need(), "there", {"gone": "sold out in z"}),
        ([flavor("g", 2, 4, 1), flavor("n", 4, 8)], need(), "n", {"g": "sold only with GPU"}),
        (
            [flavor("g1", 2, 4, 1), flavor("g2", 2, 4, 2), flavor("n")],
            need(gpu=1),
            "g1",
            {"g2": "1 GPU more than g1", "n": "1 GPU short"},
        ),
        (
            [flavor("w", image_families=("Windows",)), flavor("u", 4, 8, image_families=("Ubuntu",))],
            need(family="Ubuntu"),
            "u",
            {"w": "does not boot Ubuntu"},
        ),
    ],
)
def test_pick_and_losers(rows: list[Flavor], wanted: FlavorNeed, pick: str, losers: dict[str, str]) -> None:
    found = match_flavor(wanted, catalog(*rows), "r", "z")
    assert found.pick is not None
    assert found.pick.name == pick
    assert {loser.name: loser.reason for loser in found.losers} == losers
    assert found.nearest is None


@pytest.mark.parametrize(
    ("rows", "wanted", "nearest"),
    [
        ([], need(), None),
        ([flavor("a", sold_out=True)], need(), None),
        ([flavor("g", 2, 4, 1)], need(1, 1), None),
        ([flavor("a", 2, 4), flavor("b", 1, 2)], need(4, 8), "relax vcpu by 2 and memory by 4 GiB to get a"),
        ([flavor("a", 2, 4), flavor("b", 4, 4)], need(4, 5), "relax memory by 1 GiB to get b"),
        ([flavor("a", 2, 4, 1)], need(2, 4, 2), "relax gpu by 1 to get a"),
    ],
)
def test_what_to_relax(rows: list[Flavor], wanted: FlavorNeed, nearest: str | None) -> None:
    found = match_flavor(wanted, catalog(*rows), "r", "z")
    assert found.pick is None
    assert found.nearest == nearest
    assert [loser.name for loser in found.losers] == [row.name for row in catalog(*rows).flavors_in("r", "z")]
    assert all(loser.reason for loser in found.losers)


@pytest.mark.parametrize(
    ("rows", "pick", "nearest"),
    [
        ([flavor("a-2x4", 1, 1), flavor("b")], "a-2x4", None),
        ([flavor("a-2x5"), flavor("b")], None, "there is no flavor a-2x4; did you mean a-2x5?"),
        ([flavor("zzz")], None, "there is no flavor a-2x4"),
        ([flavor("a-2x4", zone="y"), flavor("b")], None, "a-2x4 is sold in y, not in z"),
        ([flavor("a-2x4", sold_out=True), flavor("b")], None, "a-2x4 is sold out in z; b has as much"),
        ([flavor("a-2x4", sold_out=True), flavor("b", 1, 1)], None, "a-2x4 is sold out in z"),
        ([flavor("a-2x4", image_families=("Windows",))], None, "a-2x4 does not boot Ubuntu"),
        ([flavor("a-2x4", sold_out=True, native_id="1"), flavor("a-2x4", native_id="2")], "a-2x4", None),
    ],
)
def test_a_flavor_by_name(rows: list[Flavor], pick: str | None, nearest: str | None) -> None:
    wanted = FlavorNeed(forced="a-2x4", image_family="Ubuntu")
    found = match_flavor(wanted, catalog(*rows), "r", "z")
    assert (found.pick.name if found.pick else None, found.nearest) == (pick, nearest)
    assert all(loser.reason for loser in found.losers)


def test_a_row_of_an_unknown_zone_counts_unless_the_zone_has_one_of_that_name() -> None:
    here, again, somewhere = flavor("a"), flavor("a", zone=None), flavor("b", zone=None)
    made = catalog(again, somewhere, here)
    assert made.flavors_in("r", "z") == (here, somewhere)
    assert made.flavors_in("r", "y") == (again, somewhere)
    assert made.flavors_in("q", "y") == ()
    assert made.flavor_names_elsewhere("r", "y") == {"a": "z"}


ROWS = st.lists(
    st.builds(
        flavor,
        st.sampled_from([f"f{number}" for number in range(12)]),
        st.integers(1, 8),
        st.integers(1, 16),
        st.integers(0, 1),
        zone=st.sampled_from(["z", "y", None]),
        vnd=st.none() | st.integers(1, 3),
        sold_out=st.sampled_from([None, False, True]),
        native_id=st.sampled_from(["1", "2", None]),
        image_families=st.sampled_from([(), ("Ubuntu",), ("Windows",)]),
    ),
    max_size=12,
    unique_by=lambda row: (row.name, row.zone),
)
NEEDS = st.builds(
    FlavorNeed,
    vcpu=st.integers(0, 9),
    memory=st.integers(0, 17).map(Size.gib),
    gpu=st.integers(0, 1),
    forced=st.none() | st.sampled_from(["f1", "f99"]),
    image_family=st.sampled_from([None, "Ubuntu"]),
)


@given(st.data(), ROWS, NEEDS)
def test_the_order_of_rows_does_not_matter(data: st.DataObject, rows: list[Flavor], wanted: FlavorNeed) -> None:
    shuffled = data.draw(st.permutations(rows))
    assert match_flavor(wanted, catalog(*rows), "r", "z") == match_flavor(wanted, catalog(*shuffled), "r", "z")


@given(ROWS, NEEDS)
def test_the_pick_satisfies_and_every_loser_has_a_reason(rows: list[Flavor], wanted: FlavorNeed) -> None:
    made = catalog(*rows)
    found = match_flavor(wanted, made, "r", "z")
    there = made.flavors_in("r", "z")
    names = sorted(row.name for row in there if row is not found.pick)
    assert sorted(loser.name for loser in found.losers) == names
    assert all(loser.reason for loser in found.losers)
    if found.pick is None:
        return
    assert found.pick in there
    assert not found.pick.sold_out
    if wanted.image_family and found.pick.image_families:
        assert wanted.image_family in found.pick.image_families
    if wanted.forced:
        assert found.pick.name == wanted.forced
    else:
        assert found.pick.vcpu >= wanted.vcpu
        assert found.pick.memory >= wanted.memory
        assert found.pick.gpu >= wanted.gpu
        assert bool(found.pick.gpu) == bool(wanted.gpu)


@given(ROWS, NEEDS)
def test_what_one_relaxes_to_does_fit(rows: list[Flavor], wanted: FlavorNeed) -> None:
    made = catalog(*rows)
    found = match_flavor(wanted, made, "r", "z")
    if wanted.forced or found.nearest is None:
        return
    name = found.nearest.rpartition(" ")[2]
    [row] = [row for row in made.flavors_in("r", "z") if row.name == name]
    less = FlavorNeed(
        min(wanted.vcpu, row.vcpu), min(wanted.memory, row.memory), min(wanted.gpu, row.gpu), None, wanted.image_family
    )
    assert match_flavor(less, made, "r", "z").pick is not None


CARDS = [
    flavor("g1", 4, 16, 1, gpu_model="rtx2080ti"),
    flavor("g2", 16, 64, 1, gpu_model="RTX4090"),
    flavor("g3", 4, 16, 2),
    flavor("plain", 4, 16),
]


@pytest.mark.parametrize(
    ("model", "rows", "pick", "reasons", "nearest"),
    [
        (
            "rtx4090",
            CARDS,
            "g2",
            {"g1": "has rtx2080ti GPU, not rtx4090", "g3": "has an unknown GPU, not rtx4090"},
            None,
        ),
        ("rtx2080ti", CARDS, "g1", {"g2": "has RTX4090 GPU, not rtx2080ti", "plain": "1 GPU short"}, None),
        (None, CARDS, "g1", {"g2": "12 vCPU and 48 GiB more than g1"}, None),
        ("h100", CARDS, None, {"g1": "has rtx2080ti GPU, not h100"}, "GPU models in z: RTX4090, rtx2080ti"),
        ("h100", CARDS[3:], None, {"plain": "1 GPU short"}, "GPU models in z: none"),
    ],
)
def test_the_model_of_a_gpu(
    model: str | None, rows: list[Flavor], pick: str | None, reasons: dict[str, str], nearest: str | None
) -> None:
    wanted = FlavorNeed(2, Size.gib(4), 1, gpu_model=model)
    found = match_flavor(wanted, catalog(*rows), "r", "z")
    assert (found.pick.name if found.pick else None, found.nearest) == (pick, nearest)
    losers = {loser.name: loser.reason for loser in found.losers}
    assert losers | reasons == losers


def test_what_is_relaxed_has_the_gpu_that_is_asked_for() -> None:
    found = match_flavor(FlavorNeed(32, Size.gib(64), 1, gpu_model="rtx4090"), catalog(*CARDS), "r", "z")
    assert found.nearest == "relax vcpu by 16 to get g2"
