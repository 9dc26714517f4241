"""Placement groups, further interfaces and static routes on the real engine."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.engine

SIZE = {"size": {"vcpu": 2, "memory": "4 GiB"}, "image": {"os": "ubuntu", "version": "22.04"}}


def stack(desk: Any, via: str = "gate", **gate: Any) -> dict[str, Any]:
    """Two servers apart from each other with an interface in a second subnet, and a gateway."""
    document: dict[str, Any] = desk.small(placement_groups={"apart": {"policy": "spread"}})
    main = document["networks"]["main"]
    main["subnets"]["b"] = {"cidr": "10.20.2.0/24", "zone": "HCM03-1C"}
    main["routes"] = [{"to": "192.168.0.0/16", "via": via}]
    document["servers"] = {
        "web": {**SIZE, "subnet": "a", "count": 2, "interfaces": ["b"], "placement_group": "apart"},
        "gate": {**SIZE, "subnet": "a", **gate},
    }
    return document


def by_name(desk: Any, part: str) -> list[dict[str, Any]]:
    return [item for item in desk.inventory()["servers"] if part in item["name"]]


def targets(desk: Any) -> dict[str, str]:
    return {item["destinationCidrBlock"]: item["target"] for item in desk.inventory()["routes"]}


def test_they_come_up_change_drift_and_go(desk: Any) -> None:
    desk.write("small.yaml", stack(desk))
    desk.run("up", "small.yaml")
    (group,) = desk.inventory()["server_groups"]
    (gate,), webs = by_name(desk, "gate"), by_name(desk, "web")
    assert [server["serverGroupId"] for server in (*webs, gate)] == [group["uuid"], group["uuid"], None]
    assert sorted(len(server["nics"]) for server in (*webs, gate)) == [0, 1, 1]
    assert targets(desk) == {"192.168.0.0/16": gate["fixedIp"]}
    assert "nothing to change" in desk.run("preview", "small.yaml").stdout
    desk.run("drift", "small.yaml")

    desk.write("small.yaml", stack(desk, via="web-1", interfaces=["b"]))
    shown = desk.run("preview", "small.yaml", exit_code=2).stdout
    assert "+ create interface gate.main.b" in shown
    assert "~ change route main.192.168.0.0-16 (gateway" in shown
    desk.run("up", "small.yaml")
    (web,) = by_name(desk, "web-1")
    assert targets(desk) == {"192.168.0.0/16": web["fixedIp"]}
    assert [len(server["nics"]) for server in by_name(desk, "")] == [1, 1, 1]
    assert {server["uuid"] for server in by_name(desk, "")} == {item["uuid"] for item in (*webs, gate)}
    assert "nothing to change" in desk.run("preview", "small.yaml").stdout

    world = desk.cloud.app.cloud.worlds["hcm-3"]
    (table,) = world.route_tables.values()
    table["routes"][0]["target"] = "10.20.1.99"
    world.servers[gate["uuid"]]["nics"].clear()
    found = desk.run("drift", "small.yaml", exit_code=2).stdout
    assert "interface gate.main.b is gone from the cloud" in found
    assert "route main.192.168.0.0-16 differs on the cloud (gateway)" in found
    desk.run("up", "small.yaml")
    assert targets(desk) == {"192.168.0.0/16": web["fixedIp"]}
    assert len(desk.inventory()["interfaces"]) == 3

    desk.run("destroy", "small.yaml", "--yes")
    assert desk.counts() == {}


def test_a_route_that_could_not_be_written_is_written_by_the_next_run(desk: Any) -> None:
    desk.write("small.yaml", stack(desk))
    desk.fault(action="status", method="PUT", path="/routes$", times=0)
    done = desk.run("up", "small.yaml", exit_code=4)
    assert "route main.192.168.0.0-16" in done.stderr
    assert targets(desk) == {}
    desk.cloud.app.faults.clear()
    desk.run("up", "small.yaml")
    (gate,) = by_name(desk, "gate")
    assert targets(desk) == {"192.168.0.0/16": gate["fixedIp"]}
    assert "nothing to change" in desk.run("preview", "small.yaml").stdout
    desk.run("destroy", "small.yaml", "--yes")
    assert desk.counts() == {}


def test_what_cannot_be_is_told_before_anything_is_made(desk: Any) -> None:
    document = stack(desk)
    document["placement_groups"]["apart"]["strict"] = True
    desk.write("small.yaml", document)
    done = desk.run("up", "small.yaml", exit_code=3)
    assert "strict-placement" in done.stderr
    document["placement_groups"]["apart"]["strict"] = False
    document["networks"]["main"]["routes"][0]["to"] = "10.20.9.0/24"
    desk.write("small.yaml", document)
    shown = desk.run("validate", "small.yaml", exit_code=3).stdout
    assert "small.yaml:" in shown
    assert "10.20.9.0/24 is inside the network's own block 10.20.0.0/16" in shown
    assert desk.counts() == {}
