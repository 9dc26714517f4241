"""The same stack at another placement: what is bound to the old one is left out and told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mcloud.catalog.types import Catalog, Flavor, Provenance, Region, Zone
from mcloud.errors import PlacementError
from mcloud.match.relocate import Relocated, relocate
from mcloud.model.base import Placement
from mcloud.model.stack import Stack
from mcloud.units import Size

SOURCE = Provenance("a page", date(2026, 1, 2), "vendor-doc")


def catalog(cloud: str, region: str) -> Catalog:
    zones = tuple(Zone(f"{region}-{letter}", letter) for letter in "ab")
    flavors = (
        Flavor("big", "elsewhere", None, 9, Size.gib(9), SOURCE),
        Flavor("big", region, None, 8, Size.gib(32), SOURCE, gpu=1),
    )
    return Catalog(cloud, (Region(region, (f"{region}x",), "A region", zones, SOURCE),), flavors)


CATALOGS = {"old": catalog("old", "north"), "new": catalog("new", "south")}


def catalog_of(at: Placement) -> Catalog:
    if at.cloud not in CATALOGS:
        raise PlacementError(f"no adapter for {at.cloud}")
    return CATALOGS[at.cloud]


def stack(**more: Any) -> Stack:
    server = {"size": {"vcpu": 1, "memory": "1 GiB"}, "image": {"os": "ubuntu", "version": "22.04"}, "subnet": "a"}
    return Stack.model_validate(
        {
            "mcloud": 1,
            "name": "shop",
            "placement": "old/northx",
            "networks": {"main": {"cidr": "10.0.0.0/16", "subnets": {"a": {"cidr": "10.0.1.0/24", "zone": "north-b"}}}},
            "servers": {"web": {**server, **more.pop("server", {})}},
            **more,
        }
    )


def moved(made: Stack, to: str = "new/southx") -> Relocated:
    return relocate(made, Placement.parse(to), catalog_of)


def test_where_it_is_already_nothing_changes_but_the_name_of_the_place() -> None:
    made = stack(server={"zones": ["north-a"]}, volumes={"data": {"size": "1 GiB", "zone": "north-a"}})
    found = moved(made, "old/north")
    assert found == Relocated(made.model_copy(update={"placement": "old/north"}))


def test_zones_are_left_to_the_new_cloud() -> None:
    made = stack(
        server={"zones": ["north-a", "north-b"], "placement": "old/north"},
        volumes={"data": {"size": "1 GiB", "zone": "north-a"}, "other": {"size": "1 GiB"}},
    )
    found = moved(made)
    assert found.stack.placement == "new/south"
    assert found.stack.networks["main"].subnets["a"].zone is None
    assert found.stack.servers["web"].zones == "any"
    assert found.stack.servers["web"].placement is None
    assert found.stack.volumes["data"].zone is None
    assert found.remarks == (
        "networks.main.a: zone north-b is the old cloud's; new/south chooses one",
        "servers.web: zone north-a, north-b is the old cloud's; new/south chooses one",
        "volumes.data: zone north-a is the old cloud's; new/south chooses one",
    )


@pytest.mark.parametrize(
    ("flavors", "size", "problem"),
    [
        ({"old": "big"}, (8, 32, 1), None),
        ({"old": "big", "new": "huge"}, None, None),
        ({"old": "odd"}, None, "how large odd is on old/northx is not known; give the server a size"),
        ({"other": "odd"}, None, "how large it is on old/northx is not known; give the server a size"),
    ],
)
def test_a_server_with_a_flavor_only(
    flavors: dict[str, str], size: tuple[int, int, int] | None, problem: str | None
) -> None:
    found = moved(stack(server={"size": None, "flavor": flavors}))
    asked = found.stack.servers["web"].size
    assert (asked and (asked.vcpu, asked.memory.whole_gib, asked.gpu)) == size
    assert found.problems == ({"servers.web": problem} if problem else {})
    told = "servers.web: asked for as large as big on old/northx: 8 vCPU, 32 GiB, 1 GPU"
    assert (told in found.remarks) == bool(size)


def test_the_old_cloud_need_not_be_installed() -> None:
    found = moved(stack(placement="gone/away", server={"size": None, "flavor": {"gone": "big"}}))
    assert "servers.web" in found.problems


def test_knobs_of_other_clouds_are_told() -> None:
    made = stack(
        extensions={"old": {"servers.web": {"fast": True}}, "new": {"servers.web": {"poc": True}}, "third": {}}
    )
    assert "extensions.old: only old has these: servers.web" in moved(made).remarks
    assert len(moved(made).remarks) == 2


def test_a_placement_that_is_not_there_is_refused() -> None:
    with pytest.raises(PlacementError):
        moved(stack(), "new/nowhere")
