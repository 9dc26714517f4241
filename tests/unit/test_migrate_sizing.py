"""Sizes by use: head-room on the 95th percentile, and memory never below the highest that was read."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.adapter import registry
from mcloud.catalog.types import Catalog
from mcloud.errors import PlacementError
from mcloud.migrate.sizing import LEAST_READINGS, Sized, capacity_of, size_servers, with_sizes
from mcloud.migrate.utilization import Load, Usage
from mcloud.model.base import Placement
from mcloud.model.stack import Stack
from mcloud.units import Size

TO = Placement("vng", "hcm-3")


def catalog_of(at: Placement) -> Catalog:
    return registry.get(at.cloud).catalog()


def stack(**server: Any) -> Stack:
    web = {
        "image": {"os": "ubuntu", "version": "22.04"},
        "subnet": "a",
        "size": {"vcpu": 4, "memory": "16 GiB"},
        **server,
    }
    networks = {"main": {"cidr": "10.0.0.0/16", "subnets": {"a": {"cidr": "10.0.1.0/24"}}}}
    placed = {"mcloud": 1, "name": "shop", "placement": "aws/ap-southeast-1", "networks": networks}
    return Stack.model_validate({**placed, "servers": {"web": web}})


def usage(cpu: float, memory: float, most: float | None = None, readings: int = 288) -> Usage:
    high = memory if most is None else most
    return Usage(Load(readings, cpu, max(cpu, 90.0)), Load(readings, memory, high), 1435)


def sized(made: Stack, use: dict[str, Usage] | None, headroom: int = 20) -> Sized:
    return size_servers(made, use, headroom, TO, catalog_of)


@pytest.mark.parametrize(
    ("use", "headroom", "vcpu", "gib"),
    [
        (usage(20, 25), 20, 1, 5),  # 0.96 and 4.8
        (usage(25, 25), 0, 1, 4),
        (usage(25.1, 25.1), 0, 2, 5),
        (usage(90, 90), 20, 5, 18),
        (usage(0.1, 0.1), 20, 1, 1),
        (usage(20, 25, most=80), 20, 1, 13),  # the highest counts: 12.8
    ],
)
def test_a_size_by_use(use: Usage, headroom: int, vcpu: int, gib: int) -> None:
    found = sized(stack(), {"web": use}, headroom).sizes["web"]
    assert (found.vcpu, found.memory) == (vcpu, Size.gib(gib))


@given(
    st.floats(0, 100),
    st.floats(0, 100),
    st.floats(0, 100),
    st.integers(0, 300),
    st.integers(1, 512),
    st.integers(1, 4096),
)
def test_memory_is_never_below_its_highest_reading(
    cpu: float, memory: float, more: float, headroom: int, vcpu: int, gib: int
) -> None:
    most = max(memory, more)
    made = stack(size={"vcpu": vcpu, "memory": f"{gib} GiB"})
    found = sized(made, {"web": usage(cpu, memory, most)}, headroom).sizes["web"]
    assert found.memory.bytes / 2**30 >= gib * most / 100 - 1e-5
    assert found.memory.whole_gib <= max(1, math.ceil(gib * max(most, memory * (100 + headroom) / 100) / 100 + 1e-5))
    assert found.vcpu >= vcpu * cpu / 100 - 1e-5


def test_of_equal_servers_the_busiest_counts() -> None:
    found = sized(stack(count=2), {"web-0": usage(20, 10), "web-1": usage(60, 50, most=70)})
    assert (found.sizes["web"].vcpu, found.sizes["web"].memory) == (3, Size.gib(12))
    (note,) = found.sizings
    assert note.cpu is not None
    assert (note.names, note.cpu.p95, note.cpu.readings) == (("web-0", "web-1"), 60, 576)


@pytest.mark.parametrize(
    ("made", "use", "reason"),
    [
        (stack(), None, "no utilization was given"),
        (stack(), {"other": usage(1, 1)}, "there are readings of 0 of 1"),
        (stack(count=0), {}, "there are readings of 0 of 0"),
        (stack(count=3), {"web-0": usage(1, 1), "web-1": usage(1, 1)}, "there are readings of 2 of 3"),
        (stack(), {"web": usage(1, 1, readings=LEAST_READINGS - 1)}, "there are fewer than 20 readings"),
        (stack(), {"web": Usage(None, None, 0)}, "there are fewer than 20 readings"),
        (stack(flavor={"aws": "m9.odd"}), {"web": usage(1, 1)}, "how large it is today is not known"),
        (stack(flavor={"vng": "s-general-2x4"}), {"web": usage(1, 1)}, "the stack asks for s-general-2x4 there"),
    ],
)
def test_where_it_stays_as_it_is(made: Stack, use: dict[str, Usage] | None, reason: str) -> None:
    found = sized(made, use)
    assert found.sizes == {}
    (note,) = found.sizings
    assert (note.vcpu_by_use, note.memory_by_use, note.reason) == (None, None, reason)


@pytest.mark.parametrize(("lacking", "vcpu", "gib"), [("cpu", 4, 2), ("memory", 1, 16)])
def test_what_was_not_read_stays_and_is_told(lacking: str, vcpu: int, gib: int) -> None:
    read = Load(100, 10, 10)
    use = Usage(None if lacking == "cpu" else read, None if lacking == "memory" else read, 60)
    found = sized(stack(), {"web": use})
    assert (found.sizes["web"].vcpu, found.sizes["web"].memory) == (vcpu, Size.gib(gib))
    assert f"{'CPU' if lacking == 'cpu' else 'memory'} as it is" in found.sizings[0].reason


def test_a_machine_is_found_by_a_label_of_a_single_server() -> None:
    use = {"1297383150_10": usage(10, 10), "stranger": usage(1, 1)}
    found = sized(stack(labels={"vm": "1297383150_10"}), use)
    assert set(found.sizes) == {"web"}
    assert found.strangers == ("stranger",)
    assert found.span_minutes == 1435
    assert sized(stack(labels={"vm": "1297383150_10"}, count=2), use).sizes == {}
    assert sized(stack(labels={"vm": "1297383150_10", "too": "stranger"}), use).sizes == {}


def test_the_capacity_is_that_of_the_flavor_that_runs_today() -> None:
    large = capacity_of(stack(flavor={"aws": "t3.large"}), "web", catalog_of)
    assert large is not None
    assert (large.vcpu, large.memory) == (2, Size.gib(8))

    def none(at: Placement) -> Catalog:
        raise PlacementError("not installed")

    assert capacity_of(stack(flavor={"aws": "t3.large"}), "web", none) is None
    assert capacity_of(stack(), "web", none) == stack().servers["web"].size


def test_other_sizes_win_over_flavors() -> None:
    made = stack(flavor={"aws": "t3.large"})
    found = with_sizes(made, sized(made, {"web": usage(10, 10)}).sizes).servers["web"]
    assert found.flavor == {}
    assert found.size is not None
    assert (found.size.vcpu, found.size.memory) == (1, Size.gib(1))
    assert with_sizes(made, {}) == made
