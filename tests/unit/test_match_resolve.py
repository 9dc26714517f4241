"""Zone, image, disk and flavor of a resource; what a plan says of a whole graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.adapter import registry
from mcloud.adapter.gaps import Gap
from mcloud.catalog.types import Catalog, DiskClass, Flavor, Image, Provenance, Region, Zone
from mcloud.errors import MatchError, McloudError, PlacementError
from mcloud.match.plan import plan, with_acceptance
from mcloud.match.resolve import choose_disk, choose_image, choose_zone, need_of, resolve
from mcloud.model.base import Placement
from mcloud.model.graph import Graph, Node
from mcloud.model.stack import Acceptance
from mcloud.units import Size

SOURCE = Provenance("a page", date(2026, 1, 2), "vendor-doc")
OPEN, CLOSED, MAIN = Zone("Z-1", "One"), Zone("Z-2", "Two", enabled=False), Zone("Z-3", "Three", default=True)
AT = Placement("c", "r-1")


def region(*zones: Zone) -> Region:
    return Region("r-1", ("r",), "R", zones, SOURCE)


def disk(
    name: str, class_: str, iops: int | None = None, most: int | None = None, zone: str | None = None
) -> DiskClass:
    return DiskClass(name, class_, "r-1", zone, SOURCE, f"d-{name}", iops, max_size=most and Size.gib(most))


CATALOG = Catalog(
    "c",
    (region(OPEN, CLOSED, MAIN),),
    flavors=tuple(
        Flavor(name, "r-1", zone, cpu, Size.gib(gib), SOURCE, f"f-{name}")
        for name, zone, cpu, gib in (("s", "Z-3", 2, 4), ("l", "Z-3", 4, 8), ("s", "Z-1", 2, 4), ("x", "Z-1", 9, 9))
    ),
    images=tuple(
        Image(os, version, f"{os}-{version}", "r-1", SOURCE, f"i-{version}")
        for os, version in (("ubuntu", "22.04"), ("ubuntu", "24.04"), ("debian", "12"))
    ),
    disks=(
        disk("n5", "nvme", 5000),
        disk("n3", "nvme", 3000),
        disk("s1", "ssd", 1000, most=100),
        disk("h", "hdd"),
        disk("only", "hdd", zone="Z-1"),
    ),
)
SERVER = {
    "placement": "c/r-1",
    "size": {"vcpu": 2, "memory": "4 GiB"},
    "image": {"os": "ubuntu", "version": "22.04"},
    "subnet": "c/r-1/n/s",
}


def told(error: McloudError) -> tuple[str, str | None]:
    return error.message, error.hint


@pytest.mark.parametrize(
    ("zones", "asked", "placed", "zone", "why"),
    [
        ((OPEN, CLOSED, MAIN), None, None, "Z-3", ()),
        ((OPEN, CLOSED, MAIN), None, "Z-1", "Z-1", ()),
        ((OPEN, CLOSED, MAIN), "one", "Z-3", "Z-1", ()),
        ((CLOSED, OPEN), None, None, "Z-1", ()),
        (
            (OPEN, replace(MAIN, enabled=False)),
            None,
            None,
            "Z-1",
            ("the default zone Z-3 is closed, Z-1 is open",),
        ),
    ],
)
def test_zone(zones: Any, asked: str | None, placed: str | None, zone: str, why: tuple[str, ...]) -> None:
    made = replace(CATALOG, regions=(region(*zones),))
    assert choose_zone(asked, made, Placement("c", "r-1", placed)) == (zone, why)


@pytest.mark.parametrize(
    ("zones", "asked", "says", "hint"),
    [
        ((OPEN, CLOSED), "Z-2", "the zone Z-2 is closed to this account", "open zones: Z-1"),
        ((CLOSED,), "Z-2", "the zone Z-2 is closed to this account", "open zones: none"),
        ((CLOSED,), None, "c/r-1 has no zone open to this account", None),
        ((OPEN, MAIN), "Z-9", "c/r-1 has no zone 'Z-9'", "did you mean 'Z-3'? known: Z-1, Z-3"),
        ((OPEN, MAIN), "qq", "c/r-1 has no zone 'qq'", "known: Z-1, Z-3"),
    ],
)
def test_no_zone(zones: Any, asked: str | None, says: str, hint: str | None) -> None:
    with pytest.raises(PlacementError) as caught:
        choose_zone(asked, replace(CATALOG, regions=(region(*zones),)), AT)
    assert told(caught.value) == (says, hint)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({}, "s1"),
        ({"class": "hdd"}, "h"),
        ({"class": "nvme"}, "n3"),
        ({"minIops": 2000}, "n3"),
        ({"class": "ssd", "size": "200 GiB"}, "n3"),
        ({"class": "hdd", "minIops": 1}, "s1"),
        ({"minIops": 5000, "size": "1 TiB"}, "n5"),
    ],
)
def test_disk(asked: dict[str, Any], name: str) -> None:
    assert choose_disk(asked, CATALOG, "r-1", "Z-3").name == name


@pytest.mark.parametrize(
    ("asked", "rows", "says", "hint"),
    [
        (
            {"class": "nvme", "minIops": 9000, "size": "1 TiB"},
            (disk("n3", "nvme", 3000), disk("h", "hdd")),
            "no disk class in Z-3 for nvme with 9000 IOPS of 1 TiB",
            "Z-3 has: hdd h, nvme n3",
        ),
        ({}, (disk("h", "hdd"),), "no disk class in Z-3 for ssd", "Z-3 has: hdd h"),
        ({}, (), "no disk class in Z-3 for ssd", "Z-3 has: none known"),
    ],
)
def test_no_disk(asked: dict[str, Any], rows: tuple[DiskClass, ...], says: str, hint: str) -> None:
    with pytest.raises(MatchError) as caught:
        choose_disk(asked, replace(CATALOG, disks=rows), "r-1", "Z-3")
    assert told(caught.value) == (says, hint)


CLASSES = ("hdd", "ssd", "nvme")
DISKS = st.lists(
    st.builds(
        disk,
        st.sampled_from("abcdef"),
        st.sampled_from(CLASSES),
        st.none() | st.integers(1, 9),
        st.none() | st.integers(1, 9),
        st.sampled_from([None, "Z-3", "Z-1"]),
    ),
    max_size=8,
    unique_by=lambda row: row.name,
)


@given(st.data(), DISKS, st.sampled_from(CLASSES), st.integers(0, 9), st.integers(1, 9))
def test_a_disk_is_good_enough_and_none_slower_is(
    data: st.DataObject, rows: list[DiskClass], class_: str, iops: int, gib: int
) -> None:
    asked = {"class": class_, "minIops": iops, "size": f"{gib} GiB"}

    def fits(row: DiskClass) -> bool:
        fast = CLASSES.index(row.class_) >= CLASSES.index(class_) and (not iops or (row.iops or 0) >= iops)
        return fast and (row.max_size is None or Size.gib(gib) <= row.max_size) and row.zone in (None, "Z-3")

    able = [row for row in rows if fits(row)]
    shuffled = replace(CATALOG, disks=tuple(data.draw(st.permutations(rows))))
    if not able:
        with pytest.raises(MatchError):
            choose_disk(asked, shuffled, "r-1", "Z-3")
        return
    found = choose_disk(asked, shuffled, "r-1", "Z-3")
    assert found in able
    assert CLASSES.index(found.class_) == min(CLASSES.index(row.class_) for row in able)
    assert found == choose_disk(asked, replace(CATALOG, disks=tuple(rows)), "r-1", "Z-3")


@pytest.mark.parametrize(
    ("os", "version", "images", "says", "hint"),
    [
        ("ubuntu", "18.04", None, "there is no image of ubuntu 18.04", "versions of ubuntu: 22.04, 24.04"),
        ("ubunto", "22.04", None, "there is no image of ubunto 22.04", "did you mean 'ubuntu'?"),
        ("plan9", "4", None, "there is no image of plan9 4", "known: debian, ubuntu"),
        ("plan9", "4", (), "there is no image of plan9 4", "known: none"),
    ],
)
def test_no_image(os: str, version: str, images: Any, says: str, hint: str) -> None:
    made = CATALOG if images is None else replace(CATALOG, images=images)
    with pytest.raises(MatchError) as caught:
        choose_image({"os": os, "version": version}, made, "r-1", "Z-3")
    assert told(caught.value) == (says, hint)


def test_a_server_s_choices() -> None:
    assert resolve("Server", SERVER, CATALOG, AT).picks == {
        "zone": "Z-3",
        "flavor": "s",
        "flavorId": "f-s",
        "image": "ubuntu-22.04",
        "imageId": "i-22.04",
        "diskType": "s1",
        "diskTypeId": "d-s1",
    }


@pytest.mark.parametrize(
    ("kind", "inputs", "picks"),
    [
        ("Network", {}, {}),
        ("Subnet", {"zone": "Z-1"}, {"zone": "Z-1"}),
        ("Subnet", {}, {"zone": "Z-3"}),
        ("Volume", {"size": "1 GiB", "class": "nvme"}, {"zone": "Z-3", "diskType": "n3", "diskTypeId": "d-n3"}),
    ],
)
def test_choices_of_other_kinds(kind: str, inputs: dict[str, Any], picks: dict[str, Any]) -> None:
    assert resolve(kind, inputs, CATALOG, AT).picks == picks


@pytest.mark.parametrize(
    ("changes", "says", "hint"),
    [
        (
            {"size": {"vcpu": 64, "memory": "4 GiB"}},
            "no flavor in Z-3 for 64 vCPU, 4 GiB",
            "relax vcpu by 60 to get l",
        ),
        (
            {"size": {"vcpu": 2, "memory": "4 GiB", "gpu": 1}},
            "no flavor in Z-3 for 2 vCPU, 4 GiB, 1 GPU",
            "relax gpu by 1 to get l",
        ),
        ({"flavor": "x"}, "no flavor in Z-3 for x", "x is sold in Z-1, not in Z-3"),
    ],
)
def test_no_flavor(changes: dict[str, Any], says: str, hint: str) -> None:
    with pytest.raises(MatchError) as caught:
        resolve("Server", SERVER | changes, CATALOG, AT)
    assert told(caught.value) == (says, hint)


def test_no_flavor_at_all() -> None:
    with pytest.raises(MatchError) as caught:
        resolve("Server", SERVER, replace(CATALOG, flavors=()), AT)
    assert caught.value.hint == "c/r-1 sells no flavor in Z-3 that is known here"


def test_a_need_of_nothing() -> None:
    found = need_of({}, None)
    assert (found.vcpu, found.memory, found.gpu, found.forced, found.image_family) == (0, Size(0), 0, None, None)


class OneKind:
    """A kind that lacks one thing."""

    def gaps(self, resource: str, inputs: Mapping[str, Any]) -> list[Gap]:
        return [Gap("small", resource, "lossy", "why", "what")] if inputs.get("cidr") else []


class FakeAdapter:
    title = "Some Cloud"
    kinds: ClassVar[dict[str, Any]] = {"Server": OneKind(), "Network": OneKind()}


class NoKinds:
    title = "Bare Cloud"
    kinds: ClassVar[dict[str, Any]] = {}


@pytest.fixture
def clouds(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"c": FakeAdapter(), "bare": NoKinds()}

    def get(cloud: str) -> Any:
        if cloud not in found:
            raise PlacementError(f"no adapter is installed for the cloud {cloud!r}")
        return found[cloud]

    monkeypatch.setattr(registry, "get", get)


def planned(kind: str, **inputs: Any) -> Any:
    node = Node(kind, "x", {"placement": "c/r"} | inputs, ("servers", "x"))
    [found] = plan(Graph("s", (node,)), lambda at: CATALOG)
    return found


@pytest.mark.usefixtures("clouds")
def test_a_plan_of_a_server() -> None:
    found = planned("Server", **{**SERVER, "placement": "c/R"})
    assert str(found.placement) == "c/r-1"
    assert found.picks["flavor"] == "s"
    assert found.problem is None
    assert found.gaps == ()


@pytest.mark.usefixtures("clouds")
@pytest.mark.parametrize(
    ("kind", "inputs", "problem"),
    [
        ("Server", {"placement": "d/r"}, "no adapter is installed for the cloud 'd'"),
        ("Server", {"placement": "c/q"}, "c has no region 'q'"),
        ("Server", {**SERVER, "zone": "Z-2"}, "the zone Z-2 is closed to this account"),
        ("Server", {**SERVER, "flavor": "x"}, "no flavor in Z-3 for x"),
    ],
)
def test_a_plan_holds_what_is_wrong(kind: str, inputs: dict[str, Any], problem: str) -> None:
    found = planned(kind, **inputs)
    assert found.problem.message == problem
    assert found.picks == {}


@pytest.mark.usefixtures("clouds")
@pytest.mark.parametrize(
    ("kind", "inputs", "gap"),
    [
        (
            "Bucket",
            {},
            Gap(
                "kind", "servers.x", "blocking", "the adapter for Some Cloud does no bucket", "it does: Network, Server"
            ),
        ),
        (
            "Server",
            {"placement": "bare/anywhere"},
            Gap("kind", "servers.x", "blocking", "the adapter for Bare Cloud does no server", "it does: nothing"),
        ),
        ("Network", {"cidr": "10.0.0.0/8"}, Gap("small", "servers.x", "lossy", "why", "what")),
    ],
)
def test_a_plan_holds_gaps(kind: str, inputs: dict[str, Any], gap: Gap) -> None:
    found = planned(kind, **inputs)
    assert found.gaps == (gap,)
    assert found.problem is None


def test_acceptance_goes_with_the_nodes() -> None:
    nodes = tuple(Node("Server", name, {"placement": "c/r"}, ("servers", name)) for name in ("a", "b"))
    graph = Graph("s", nodes, {"o": "servers.a.id"})
    everywhere = Acceptance(gap="labels", reason="not needed")
    here = Acceptance(gap="disk", reason="fine here", resource="servers.b")
    made = with_acceptance(graph, [everywhere, here])
    assert [node.inputs.get("accept") for node in made.nodes] == [
        {"labels": "not needed"},
        {"labels": "not needed", "disk": "fine here"},
    ]
    assert made.outputs == graph.outputs
    assert with_acceptance(graph, []) is graph


def test_a_gpu_that_is_not_sold_is_named() -> None:
    size = {"vcpu": 2, "memory": "4 GiB", "gpu": 2, "gpuModel": "h100"}
    with pytest.raises(MatchError) as caught:
        resolve("Server", {**SERVER, "size": size}, CATALOG, AT)
    assert told(caught.value) == ("no flavor in Z-3 for 2 vCPU, 4 GiB, 2 h100 GPU", "GPU models in Z-3: none")


def test_a_better_disk_that_is_taken_is_told() -> None:
    plain = resolve("Server", {**SERVER, "disk": {"class": "ssd"}}, CATALOG, AT)
    faster = resolve("Volume", {"size": "200 GiB", "class": "ssd"}, CATALOG, AT)
    assert (plain.picks["diskType"], plain.reasons) == ("s1", ())
    assert faster.picks["diskType"] == "n3"
    assert faster.reasons == ("there is no ssd disk that is good enough in r-1: nvme is taken",)


def test_a_root_disk_holds_its_image_and_a_licence_is_told() -> None:
    (image, *_) = CATALOG.images
    windows = replace(image, min_disk=Size.gib(40), licensed=True)
    catalog = replace(CATALOG, images=(windows,))
    with pytest.raises(MatchError) as caught:
        resolve("Server", SERVER, catalog, AT)
    assert told(caught.value) == ("a root disk of 20 GiB is too small for ubuntu-22.04", "ask for 40 GiB")
    assert resolve("Server", {**SERVER, "disk": {"size": "40 GiB"}}, catalog, AT).picks["licensed"] is True
    assert "licensed" not in resolve("Server", SERVER, CATALOG, AT).picks
