"""A stack moves to another place and back: what holds data stays behind, and nothing with data is deleted unnamed."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.engine

SIZE = {"size": {"vcpu": 2, "memory": "4 GiB"}, "image": {"os": "ubuntu", "version": "22.04"}}
HOME, AWAY = "hcm-3", "han-1"
ALL = {
    "networks": 1,
    "subnets": 1,
    "security_groups": 2,
    "rules": 6,
    "servers": 2,
    "volumes": 3,
    "attachments": 1,
}


def shop(placement: str) -> dict[str, Any]:
    """A web server without state, and a database with a data volume."""
    return {
        "mcloud": 1,
        "name": "shop",
        "placement": placement,
        "networks": {"main": {"cidr": "10.20.0.0/16", "subnets": {"a": {"cidr": "10.20.1.0/24"}}}},
        "security_groups": {
            "web": {"ingress": [{"ports": 80, "from": "anywhere"}]},
            "db": {"ingress": [{"ports": 5432, "from": {"group": "web"}}]},
        },
        "servers": {
            "web": {**SIZE, "subnet": "a", "security_groups": ["web"], "stateless": True},
            "db": {**SIZE, "subnet": "a", "security_groups": ["db"]},
        },
        "volumes": {"data": {"size": "20 GiB", "attach": "db"}},
    }


def held(desk: Any, region: str) -> dict[str, int]:
    """How many of each kind a region holds."""
    counts = Counter(kind for kind, items in desk.inventory().items() for item in items if item["region"] == region)
    return dict(counts)


def ids(desk: Any, kind: str) -> dict[str, str]:
    """Name of each without its random end -> id, of a kind that has names."""
    return {item["name"].split("-")[0] + "@" + item["region"]: item["uuid"] for item in desk.inventory()[kind]}


def left_behind(desk: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(desk.run("cleanup", "shop.yaml", "--json").stdout)
    return found


def move(desk: Any, placement: str) -> None:
    desk.write("shop.yaml", shop(placement))


ACCEPTED = ("--accept-empty", "db", "--accept-empty", "data")


def test_there_and_back(desk: Any) -> None:
    move(desk, "vng/hcm")
    desk.run("up", "shop.yaml")
    assert held(desk, HOME) == ALL
    before = desk.inventory()
    db, data = ids(desk, "servers")["db@hcm-3"], ids(desk, "volumes")["data@hcm-3"]

    move(desk, "vng/han")
    seen = desk.run("preview", "shop.yaml", exit_code=2)
    assert "data: server db stays at vng/hcm-3 with its data; the new one is empty" in seen.stderr
    assert "data: volume data stays at vng/hcm-3" in seen.stderr
    assert "+ create volume data" in seen.stdout
    assert "replace server web" in seen.stdout
    refused = desk.run("up", "shop.yaml", exit_code=3)
    assert "server db is at vng/hcm-3 and would be empty at vng/han" in refused.stderr
    assert "--accept-empty db" in refused.stderr
    refused = desk.run("up", "shop.yaml", "--accept-empty", "db", exit_code=3)
    assert "server db" not in refused.stderr.split("hint")[0]
    assert "volume data" in refused.stderr
    refused = desk.run("up", "shop.yaml", *ACCEPTED, "--accept-empty", "web", exit_code=1)
    assert "that is not made anew" in refused.stderr
    assert desk.inventory() == before

    desk.run("up", "shop.yaml", *ACCEPTED)
    assert held(desk, AWAY) == ALL
    # The database with all that it needs: not the web server and its boot disk.
    assert held(desk, HOME) == {**ALL, "servers": 1, "volumes": 2}
    assert ids(desk, "servers")["db@hcm-3"] == db
    assert "nothing to change" in desk.run("preview", "shop.yaml").stdout
    named = {(row["kind"], row["name"]) for row in left_behind(desk)}
    assert {("server", "db"), ("volume", "data"), ("network", "main"), ("attachment", "data")} <= named
    assert ("server", "web") not in named

    move(desk, "vng/hcm")
    seen = desk.run("preview", "shop.yaml", exit_code=2)
    assert "back: server db at vng/hcm-3" in seen.stderr
    assert "create server db" not in seen.stdout
    desk.run("up", "shop.yaml")
    assert held(desk, HOME) == ALL
    assert held(desk, AWAY) == {**ALL, "servers": 1, "volumes": 2}
    assert ids(desk, "servers")["db@hcm-3"] == db
    assert ids(desk, "volumes")["data@hcm-3"] == data
    assert "nothing to change" in desk.run("preview", "shop.yaml").stdout
    assert {row["at"] for row in left_behind(desk)} == {"vng/han-1"}

    desk.run("destroy", "shop.yaml", "--yes")
    assert held(desk, HOME) == {}
    assert "did you mean 'data'" in desk.run("cleanup", "shop.yaml", "dta", exit_code=1).stderr
    desk.run("cleanup", "shop.yaml", "data")
    without = {**ALL, "servers": 1, "volumes": 1}
    del without["attachments"]
    assert held(desk, AWAY) == without
    desk.run("cleanup", "shop.yaml", "db")
    assert held(desk, AWAY) == {}
    assert left_behind(desk) == []


def killed_on_its_way(desk: Any) -> None:
    """The move is killed when the new servers are being made."""
    move(desk, "vng/hcm")
    desk.run("up", "shop.yaml")
    desk.cloud.app.cloud.agenda.clock.factor = 1 / 15
    move(desk, "vng/han")
    run = desk.start("up", "shop.yaml", *ACCEPTED)
    end = time.monotonic() + 120
    while held(desk, AWAY).get("servers") != 2:
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)
    for pid in [run.pid, *children(run.pid)]:
        os.kill(pid, signal.SIGKILL)
    run.communicate()
    desk.cloud.app.cloud.agenda.clock.factor = 0.001


def children(pid: int) -> list[int]:
    """All processes below one, the deepest last."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *children(int(child))]
    return found


def test_killed_half_way_and_continued(desk: Any) -> None:
    killed_on_its_way(desk)
    desk.run("up", "shop.yaml")
    assert held(desk, AWAY) == ALL
    assert held(desk, HOME) == {**ALL, "servers": 1, "volumes": 2}
    assert "nothing to change" in desk.run("preview", "shop.yaml").stdout


def test_killed_half_way_and_reverted(desk: Any) -> None:
    killed_on_its_way(desk)
    db, data = ids(desk, "servers")["db@hcm-3"], ids(desk, "volumes")["data@hcm-3"]
    move(desk, "vng/hcm")
    desk.run("up", "shop.yaml")
    assert held(desk, HOME) == ALL
    assert ids(desk, "servers")["db@hcm-3"] == db
    assert ids(desk, "volumes")["data@hcm-3"] == data
    assert {row["at"] for row in left_behind(desk)} == {"vng/han-1"}
    assert "nothing to change" in desk.run("preview", "shop.yaml").stdout
    desk.run("cleanup", "shop.yaml", "db", "data")
    assert held(desk, AWAY) == {}


def test_another_zone_takes_no_disk_unnamed(desk: Any) -> None:
    desk.write("small.yaml", desk.small())
    desk.run("up", "small.yaml")
    before = desk.inventory()
    document = desk.small()
    document["networks"]["main"]["subnets"]["a"]["zone"] = "HCM03-1B"
    desk.write("small.yaml", document)
    refused = desk.run("up", "small.yaml", exit_code=3)
    assert "server web is in HCM03-1C; in another zone it is made anew, empty, and the old" in refused.stderr
    assert "--accept-empty web goes on; or undo the change" in refused.stderr
    assert desk.inventory() == before
    desk.run("up", "small.yaml", "--accept-empty", "web")
    assert desk.counts() == {"networks": 1, "subnets": 1, "servers": 1, "volumes": 1}


def test_nothing_with_data_is_deleted_unnamed(desk: Any) -> None:
    """Made anew in place, or gone from the stack: up wants the name, and what was not named is not touched."""
    document = desk.small(volumes={"data": {"size": "20 GiB", "attach": "web"}})
    desk.write("small.yaml", document)
    desk.run("up", "small.yaml")
    before = desk.inventory()
    document["servers"]["web"]["user_data"] = "#cloud-config\n"
    del document["volumes"]
    desk.write("small.yaml", document)
    seen = desk.run("preview", "small.yaml", exit_code=2).stderr
    assert "server web at vng/hcm-3 would be made anew, empty, and the old one deleted; up wants it named" in seen
    assert "volume data at vng/hcm-3 is not in the stack any more and would be deleted with its data" in seen
    refused = desk.run("up", "small.yaml", exit_code=3).stderr
    assert "--accept-empty web --delete-data data goes on" in refused
    desk.run("up", "small.yaml", "--accept-empty", "web", exit_code=3)
    assert desk.inventory() == before
    desk.run("up", "small.yaml", "--accept-empty", "web", "--delete-data", "data")
    assert desk.counts() == {"networks": 1, "subnets": 1, "servers": 1, "volumes": 1}
    assert desk.inventory()["servers"][0]["uuid"] != before["servers"][0]["uuid"]


def test_data_that_only_the_cloud_would_have_replaced(desk: Any) -> None:
    """What nobody could know before the run is not deleted in it: the provider refuses what was not named."""
    document = desk.small()
    desk.write("small.yaml", document)
    desk.run("up", "small.yaml")
    server = desk.inventory()["servers"][0]
    world = next(iter(desk.cloud.app.cloud.worlds.values()))
    item = world.servers[server["uuid"]]
    item["imageId"] = next(known for known in world.images if known != item["imageId"])
    done = desk.run("up", "small.yaml", exit_code=4)
    assert "server web holds data and was not deleted" in done.stderr
    assert server["uuid"] in {item["uuid"] for item in desk.inventory()["servers"]}
