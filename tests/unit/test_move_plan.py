"""What stays, what returns, and the engine's state that comes of it: pure."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mcloud.engine.aside import Aside, Left
from mcloud.engine.cleanup import chosen, condemned
from mcloud.engine.file_state import FileState
from mcloud.engine.move import left_after, moved_state, plan_move, still_left
from mcloud.engine.recovery import with_made
from mcloud.errors import PlacementError, StateError, UsageError
from mcloud.model.base import Placement
from mcloud.model.graph import Graph, Node
from mcloud.model.resources import KINDS

NOW = datetime(2026, 1, 2, tzinfo=UTC)
OLD, NEW = "one/east", "two/west"
TYPE = "pulumi:providers:mcloud"
PROVIDER = {"urn": f"urn:pulumi:shop::mcloud::{TYPE}::default", "type": TYPE, "id": "p"}


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:shop::mcloud::{KINDS[kind].token}::{name}"


def resource(kind: str, name: str, home: str = OLD, /, *, needs: tuple[str, ...] = (), **inputs: Any) -> dict[str, Any]:
    return {
        "urn": urn(kind, name),
        "type": KINDS[kind].token,
        "id": f"{home}/{kind}-{name}",
        "inputs": inputs,
        "outputs": {},
        "dependencies": list(needs),
        "propertyDependencies": {"any": list(needs)},
    }


def at(home: str) -> list[dict[str, Any]]:
    """A network, a web server without state, a database with a volume, groups and rules."""

    def id_of(kind: str, name: str) -> str:
        return f"{home}/{kind}-{name}"

    network, subnet = urn("Network", "main"), urn("Subnet", "main.a")
    groups = [urn("SecurityGroup", name) for name in ("web", "db", "idle")]
    return [
        resource("Network", "main", home),
        resource("Subnet", "main.a", home, needs=(network,), network=id_of("Network", "main")),
        *(resource("SecurityGroup", name, home) for name in ("web", "db", "idle")),
        resource(
            "SecurityGroupRule", "db-from-web", home, needs=(groups[1], groups[0]),
            group=id_of("SecurityGroup", "db"), peerGroup=id_of("SecurityGroup", "web"),
        ),
        resource("SecurityGroupRule", "idle-all", home, needs=(groups[2],), group=id_of("SecurityGroup", "idle")),
        resource("Server", "web", home, needs=(subnet,), subnet=id_of("Subnet", "main.a"), stateless=True),
        resource(
            "Server", "db", home, needs=(subnet, groups[1]),
            subnet=id_of("Subnet", "main.a"), securityGroups=[id_of("SecurityGroup", "db")],
        ),
        resource("Volume", "data", home),
        resource(
            "VolumeAttachment", "data", home, needs=(urn("Volume", "data"), urn("Server", "db")),
            volume=id_of("Volume", "data"), server=id_of("Server", "db"),
        ),
        resource("Volume", "scratch", home),
        resource(
            "VolumeAttachment", "scratch", home, needs=(urn("Volume", "scratch"), urn("Server", "web")),
            volume=id_of("Volume", "scratch"), server=id_of("Server", "web"),
        ),
    ]  # fmt: skip


def graph(home: str) -> Graph:
    nodes = [
        Node(kind, item["urn"].rsplit("::", 1)[1], {**item["inputs"], "placement": home}, ("x",))
        for item in at(home)
        for kind in [next(name for name, type_ in KINDS.items() if type_.token == item["type"])]
    ]
    return Graph("shop", tuple(nodes))


def same(placement: Placement) -> Placement:
    return placement


def names(resources: Any) -> set[str]:
    return {item["id"].split("/")[2] for item in resources}


STAYING = {
    "Network-main", "Subnet-main.a", "SecurityGroup-web", "SecurityGroup-db", "SecurityGroupRule-db-from-web",
    "Server-db", "Volume-data", "VolumeAttachment-data", "Volume-scratch",
}  # fmt: skip


def test_what_holds_data_stays_with_all_that_it_needs_and_its_parts() -> None:
    move = plan_move(graph(NEW), at(OLD), (), same)
    assert names(move.stays) == STAYING
    assert {node.address for node, home in move.emptied if home == OLD} == {
        "Server/db", "Volume/data", "Volume/scratch",
    }  # fmt: skip
    assert (move.returns, move.discarded) == ((), frozenset())


def test_nothing_moves_where_nothing_changes() -> None:
    move = plan_move(graph(OLD), at(OLD), (), same)
    assert not move.changes_state
    assert move.emptied == ()


def test_without_data_nothing_stays() -> None:
    empty = [item for item in at(OLD) if item["id"].split("/")[2] in ("Network-main", "Server-web", "Subnet-main.a")]
    move = plan_move(graph(NEW), empty, (), same)
    assert not move.changes_state


def test_the_state_without_what_stays_has_no_loose_ends() -> None:
    move = plan_move(graph(NEW), at(OLD), (), same)
    exported = {"version": 3, "deployment": {"resources": [PROVIDER, *at(OLD)], "manifest": {}}}
    found = moved_state(exported, move)["deployment"]
    assert names(found["resources"][1:]) == names(at(OLD)) - STAYING
    urns = {item["urn"] for item in found["resources"]}
    for item in found["resources"][1:]:
        assert urns.issuperset(item["dependencies"])
        assert urns.issuperset(item["propertyDependencies"]["any"])
    # The given state is not touched.
    assert names(exported["deployment"]["resources"][1:]) == names(at(OLD))


def cut_off() -> tuple[list[dict[str, Any]], tuple[Left, ...]]:
    """A move that was cut off before it deleted anything: its server web could not be made."""
    gone = plan_move(graph(NEW), at(OLD), (), same)
    old = [item | {"delete": True} for item in at(OLD) if item["id"].split("/")[2] not in STAYING]
    new = [item for item in at(NEW) if item["id"] != f"{NEW}/Server-web"]
    return [*new, *old], left_after((), gone, graph(NEW), NOW)


def test_what_a_move_has_not_deleted_yet_is_spared_on_the_way_back() -> None:
    resources, left = cut_off()
    move = plan_move(graph(OLD), resources, left, same)
    spared = {"SecurityGroup-idle", "SecurityGroupRule-idle-all", "Server-web", "VolumeAttachment-scratch"}
    assert move.spared == {f"{OLD}/{name}" for name in spared}
    assert {f"{NEW}/SecurityGroup-idle", f"{NEW}/VolumeAttachment-scratch"} <= move.discarded
    found = moved_state({"deployment": {"resources": resources}}, move)["deployment"]["resources"]
    kept = [item for item in found if not item.get("delete")]
    assert {item["id"] for item in kept} == {item["id"] for item in at(OLD)}, "one of each, all of them at home"
    half_gone = [item for item in kept if item["outputs"].get("unfinished")]
    assert names(half_gone) == spared
    assert all("cut off" in item["initErrors"][0] for item in half_gone)
    # The move goes on: what it was going to delete goes.
    assert plan_move(graph(NEW), resources, left, same).spared == frozenset()


def test_nothing_is_spared_that_is_not_the_only_one_or_holds_data() -> None:
    resources, left = cut_off()
    web = f"{OLD}/Server-web"
    two = [*resources, resource("Server", "web") | {"id": f"{web}-older", "delete": True}]
    assert web not in plan_move(graph(OLD), two, left, same).spared
    there = [*resources, resource("Server", "web") | {"id": f"{web}-newer"}]
    assert web not in plan_move(graph(OLD), there, left, same).spared
    data = [item for item in resources if item["id"] != f"{OLD}/Volume-data"]
    gone = [*data, resource("Volume", "data") | {"delete": True}]
    assert f"{OLD}/Volume-data" not in plan_move(graph(OLD), gone, (), same).spared


def back_again() -> tuple[Any, tuple[Left, ...], list[dict[str, Any]]]:
    gone = plan_move(graph(NEW), at(OLD), (), same)
    left = left_after((), gone, graph(NEW), NOW)
    return plan_move(graph(OLD), at(NEW), left, same), left, at(NEW)


def test_on_the_way_back_what_was_left_is_taken_up_again() -> None:
    move, left, resources = back_again()
    assert {item.went_to for item in left} == {NEW}
    assert names(item.resource for item in move.returns) == STAYING
    assert names(move.stays) == STAYING
    assert move.emptied == ()
    assert move.discarded == frozenset()
    after = left_after(left, move, graph(OLD), NOW)
    assert {item.home for item in after} == {NEW}
    found = moved_state({"deployment": {"resources": [PROVIDER, *resources]}}, move)["deployment"]["resources"]
    assert {item["id"] for item in found if "Server-db" in item["id"]} == {f"{OLD}/Server-db"}
    seen: set[str] = set()
    for item in found[1:]:
        assert seen.issuperset(item["dependencies"]), item["urn"]
        seen.add(item["urn"])


def test_what_returns_takes_the_place_of_what_holds_no_data() -> None:
    gone = plan_move(graph(NEW), at(OLD), (), same)
    left = left_after((), gone, graph(NEW), NOW)
    resources = [item for item in at(NEW) if "Volume" not in item["id"] and "Server-db" not in item["id"]]
    move = plan_move(graph(OLD), resources, left, same)
    assert move.stays == ()
    assert f"{NEW}/Network-main" in move.discarded
    assert f"{NEW}/Server-web" not in move.discarded  # the engine replaces it
    found = moved_state({"deployment": {"resources": [PROVIDER, *resources]}}, move)["deployment"]["resources"]
    assert {item["id"] for item in found if item.get("delete")} == move.discarded


def test_addresses_that_will_change_are_told() -> None:
    resources = at(OLD)
    resources[-2]["outputs"] = {"address": "203.0.113.9"}
    move = plan_move(graph(NEW), resources, (), same)
    assert [(node.address, known) for node, known in move.renumbered] == [("Volume/scratch", "203.0.113.9")]


@pytest.mark.parametrize(
    ("placement", "zone", "stateless", "told"),
    [
        ("one/east/b", None, False, ["a"]),
        ("one/east", "b", False, ["a"]),
        ("one/east/B-title", None, False, ["a"]),
        ("one/east/a", None, False, []),
        ("one/east", None, False, []),
        ("one/east/b", None, True, []),
        ("one/east", "nowhere", False, []),  # told elsewhere
    ],
)
def test_another_zone_of_the_same_home_is_told_for_the_disk_goes(
    placement: str, zone: str | None, stateless: bool, told: list[str]
) -> None:
    def canonical(at: Placement) -> Placement:
        if at.zone == "nowhere":
            raise PlacementError("no such zone")
        return Placement(at.cloud, at.region, {"B-title": "b"}.get(at.zone or "", at.zone))

    there = {**resource("Server", "db"), "outputs": {"resolved": {"zone": "a"}}}
    inputs = {"placement": placement, "stateless": stateless, **({"zone": zone} if zone else {})}
    planned = Graph("shop", (Node("Server", "db", inputs, ("x",)),))
    move = plan_move(planned, [there], (), canonical)
    assert [at for _, at in move.rezoned] == told
    assert not move.changes_state


def test_a_cut_off_move_is_done_again() -> None:
    left = left_after((), plan_move(graph(NEW), at(OLD), (), same), graph(NEW), NOW)
    assert still_left(left, at(OLD)) == ()
    assert still_left(left, at(NEW)) == left


def test_the_list_survives_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    aside = Aside(FileState(tmp_path), "shop")
    assert aside.read() == ()
    left = left_after((), plan_move(graph(NEW), at(OLD), (), same), graph(NEW), NOW)
    aside.write(left)
    assert aside.read() == left
    assert aside.path.stat().st_mode & 0o777 == 0o600
    aside.path.write_text('{"entries": [')
    with pytest.raises(StateError, match="damaged"):
        aside.read()


def left_ones() -> tuple[Left, ...]:
    return left_after((), plan_move(graph(NEW), at(OLD), (), same), graph(NEW), NOW)


def test_only_what_is_named_goes_and_what_nothing_needs_any_more() -> None:
    left = left_ones()
    assert names(item.resource for item in condemned(left, chosen(left, ["scratch"]))) == {"Volume-scratch"}
    going = [item.id.split("/")[2] for item in condemned(left, chosen(left, ["db"]))]
    assert set(going) == STAYING - {"Volume-data", "Volume-scratch"}
    assert going.index("Server-db") < going.index("Subnet-main.a") < going.index("Network-main")
    assert going.index("VolumeAttachment-data") < going.index("Server-db")
    assert set(names(item.resource for item in condemned(left, chosen(left, ["db", "data", "scratch"])))) == STAYING


@pytest.mark.parametrize(
    ("name", "says"), [("dbb", "did you mean 'db'"), ("web", "left behind with data: data, db, scratch")]
)
def test_a_name_that_is_not_there(name: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(left_ones(), [name])
    assert says in str(caught.value)


def test_a_name_that_was_left_twice_needs_its_place() -> None:
    twice = (*left_ones(), *(Left(item, NOW, OLD) for item in at("three/north")))
    with pytest.raises(UsageError, match="more than once"):
        chosen(twice, ["db"])
    assert [item.id for item in chosen(twice, ["db@three/north"])] == ["three/north/Server-db"]


def test_two_kinds_of_one_name_need_the_kind() -> None:
    both = (Left(resource("Server", "db"), NOW, NEW), Left(resource("Volume", "db"), NOW, NEW))
    with pytest.raises(UsageError) as caught:
        chosen(both, ["db"])
    assert "say which: server/db@one/east, volume/db@one/east" in str(caught.value)
    for name in ("volume/db", "volume/db@one/east"):
        assert [item.type.kind for item in chosen(both, [name])] == ["Volume"]


def test_a_replacement_that_was_cut_off_keeps_both() -> None:
    old, other = resource("Server", "web"), resource("Server", "db")
    made = resource("Server", "web", NEW)
    assert with_made([old, other], made) == [{**old, "delete": True}, other, made]
    assert with_made([{**old, "pendingReplacement": True}], made) == [made]
    assert with_made([{**old, "delete": True}], made) == [{**old, "delete": True}, made]
