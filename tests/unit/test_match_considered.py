"""What was considered for each part of a resource, and why the others lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mcloud.catalog.types import (
    BalancerSize,
    Catalog,
    DiskClass,
    Flavor,
    Image,
    Price,
    Provenance,
    Region,
    Zone,
)
from mcloud.errors import PlacementError
from mcloud.match.considered import consider
from mcloud.match.verdict import Considered, Lost
from mcloud.model.base import Placement
from mcloud.units import Size

SOURCE = Provenance("a page", date(2026, 1, 2), "vendor-doc")
AT = Placement("c", "r")
PRICE = Price(Decimal("1000"), "VND", "month", SOURCE)


def flavor(name: str, vcpu: int, gib: int, **more: Any) -> Flavor:
    return Flavor(name, "r", "z1", vcpu, Size.gib(gib), SOURCE, **more)


def disk(name: str, class_: str, iops: int | None, most: int | None = None) -> DiskClass:
    return DiskClass(name, class_, "r", None, SOURCE, iops=iops, max_size=Size.gib(most) if most else None, price=PRICE)


CATALOG = Catalog(
    "c",
    (Region("r", (), "R", (Zone("z1", "Z"), Zone("z2", "Y"), Zone("z3", "X", enabled=False)), SOURCE),),
    flavors=(
        flavor("small", 1, 2, price=PRICE),
        flavor("right", 2, 4),
        flavor("gone", 2, 4, sold_out=True),
        flavor("gpu", 4, 8, gpu=1, gpu_model="a100"),
    ),
    images=tuple(
        Image(os, v, f"{os}-{v}", "r", SOURCE) for os, v in (("ubuntu", "22.04"), ("ubuntu", "24.04"), ("debian", "12"))
    ),
    disks=(
        disk("h", "hdd", None),
        disk("s", "ssd", 3000),
        disk("t", "ssd", None),
        disk("u", "ssd", 5000, 100),
        disk("n", "nvme", 9000),
    ),
    balancers=(BalancerSize("lb-s", "r", None, "application", SOURCE, connections=100),),
)
SERVER = {"size": {"vcpu": 2, "memory": "4 GiB"}, "image": {"os": "ubuntu", "version": "22.04"}}


@dataclass(frozen=True)
class Part:
    """An answer with its losers."""

    answer: Considered
    losers: tuple[Lost, ...]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.answer, name)


def parts(kind: str, inputs: dict[str, Any], catalog: Catalog = CATALOG) -> dict[str, Part]:
    found = consider(kind, inputs, catalog, AT)
    assert all(losers.question == part.question and len(losers.lost) == part.others for part, losers in found)
    return {part.part: Part(part, losers.lost) for part, losers in found}


def reasons(part: Part) -> dict[str, str]:
    return {lost.name: lost.reason for lost in part.losers}


def test_a_server_has_three_parts_each_with_its_losers() -> None:
    found = parts("Server", SERVER)
    assert {name: part.pick for name, part in found.items()} == {
        "flavor": "right",
        "image": "ubuntu-22.04",
        "disk": "ssd t",
    }
    assert reasons(found["flavor"]) == {
        "small": "1 vCPU short, 2 GiB short",
        "gone": "sold out in z1",
        "gpu": "sold only with GPU",
    }
    assert {lost.name: lost.price for lost in found["flavor"].losers}["small"] == "1,000 VND/month [vendor-doc]"
    assert {lost.name: lost.about for lost in found["flavor"].losers}["gpu"] == "4 vCPU, 8 GiB, 1 a100 GPU"
    assert reasons(found["image"]) == {"ubuntu-24.04": "is ubuntu 24.04"}
    assert found["flavor"].nearest is None


def test_all_that_does_not_fit_is_told_at_once() -> None:
    asked = {"size": {"vcpu": 8, "memory": "4 GiB", "gpu": 2}, "image": {"os": "ubuntu", "version": "20.04"}}
    found = parts("Server", {**asked, "disk": {"class": "nvme", "minIops": 99_000}})
    assert {name: part.pick for name, part in found.items()} == {"flavor": None, "image": None, "disk": None}
    assert found["flavor"].nearest == "relax vcpu by 4 and gpu by 1 to get gpu"
    assert found["flavor"].asked == "8 vCPU, 4 GiB, 2 GPU"
    assert found["image"].nearest == "versions of ubuntu: 22.04, 24.04"
    assert found["disk"].nearest is not None
    assert "nvme n" in found["disk"].nearest


def test_a_question_names_all_that_its_answer_depends_on() -> None:
    tied = replace(CATALOG, flavors=(flavor("f", 2, 4, image_families=("Linux",)),))
    images = tuple(replace(image, family="Linux") for image in CATALOG.images)
    asked = {**SERVER, "size": {"vcpu": 2, "memory": "4 GiB", "gpu": 1, "gpuModel": "a100"}}
    found = parts("Server", asked, replace(tied, images=images))["flavor"]
    assert found.asked == "2 vCPU, 4 GiB, 1 a100 GPU, bootable for Linux"
    forced = parts("Server", {**SERVER, "flavor": "f"}, replace(tied, images=images))["flavor"]
    assert (forced.asked, forced.pick) == ("f, bootable for Linux", "f")


def test_a_zone_that_sells_nothing_says_so() -> None:
    bare = replace(CATALOG, flavors=())
    assert parts("Server", SERVER, bare)["flavor"].nearest == "no flavor is known to be sold in z1"


@pytest.mark.parametrize(
    ("asked", "pick", "others"),
    [
        (
            {"size": "200 GiB", "minIops": 4000},
            "nvme n",
            {
                "hdd h": "hdd is slower than ssd",
                "ssd s": "1,000 IOPS short",
                "ssd t": "its IOPS are not known",
                "ssd u": "100 GiB at most",
            },
        ),
        (
            {"size": "10 GiB", "class": "hdd"},
            "hdd h",
            {name: "faster than hdd h, which is enough" for name in ("ssd s", "ssd t", "ssd u", "nvme n")},
        ),
        ({"size": "10 GiB", "class": "nvme", "minIops": 90_000}, None, None),
    ],
)
def test_disks(asked: dict[str, Any], pick: str | None, others: dict[str, str] | None) -> None:
    part = parts("Volume", asked)["disk"]
    assert part.pick == pick
    if others is not None:
        assert reasons(part) == others
    else:
        assert reasons(part)["nvme n"] == "81,000 IOPS short"


@pytest.mark.parametrize(
    ("inputs", "pick", "nearest"),
    [
        ({"protocols": ["http"], "minConnections": 50}, "lb-s", None),
        ({"protocols": ["http"], "minConnections": 500}, None, "lb-s: it holds 100 connections, 500 are asked for"),
        ({"protocols": ["tcp"]}, None, "which sizes z1 has only the account's own list tells"),
        ({"protocols": ["http"], "flavor": "lb-x"}, None, "did you mean 'lb-s'?"),
    ],
)
def test_load_balancers(inputs: dict[str, Any], pick: str | None, nearest: str | None) -> None:
    part = parts("LoadBalancer", inputs)["size"]
    assert (part.pick, part.nearest) == (pick, nearest)


def test_other_kinds_have_no_parts_and_a_closed_zone_is_refused() -> None:
    assert consider("Network", {"zone": "nowhere"}, CATALOG, AT) == ()
    with pytest.raises(PlacementError):
        consider("Server", {**SERVER, "zone": "z3"}, CATALOG, AT)
