"""Volumes, attachments and public addresses on the real engine."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.engine


def stack(desk: Any, **volume: Any) -> dict[str, Any]:
    document = desk.small(volumes={"data": {"size": "50 GiB", "attach": "web", **volume}})
    document["networks"]["main"]["subnets"]["a"]["internet"] = "direct"
    document["servers"]["web"]["public_ip"] = True
    return document


def data_volumes(desk: Any) -> list[dict[str, Any]]:
    return [item for item in desk.inventory()["volumes"] if not item["bootable"]]


def test_a_volume_and_an_address_come_up_change_and_go(desk: Any) -> None:
    desk.write("small.yaml", stack(desk))
    desk.run("up", "small.yaml")
    (volume,) = data_volumes(desk)
    (server,) = desk.inventory()["servers"]
    (address,) = desk.inventory()["addresses"]
    assert (volume["size"], volume["status"], volume["serverId"]) == (50, "IN-USE", server["uuid"])
    assert (address["status"], address["networkInterfaceId"]) == ("ATTACHED", server["nicId"])
    assert "nothing to change" in desk.run("preview", "small.yaml").stdout

    desk.write("small.yaml", stack(desk, size="80 GiB", min_iops=6000))
    assert "~ change volume data (" in desk.run("preview", "small.yaml", exit_code=2).stdout
    desk.run("up", "small.yaml")
    (grown,) = data_volumes(desk)
    assert (grown["uuid"], grown["size"], grown["iops"]) == (volume["uuid"], 80, "6400")
    assert "nothing to change" in desk.run("preview", "small.yaml").stdout

    document = stack(desk, size="80 GiB", min_iops=6000)
    del document["volumes"]["data"]["attach"]
    document["servers"]["web"]["public_ip"] = False
    desk.write("small.yaml", document)
    desk.run("up", "small.yaml")
    (free,) = data_volumes(desk)
    assert (free["uuid"], free["status"]) == (volume["uuid"], "AVAILABLE")
    assert desk.inventory()["addresses"] == []

    desk.run("destroy", "small.yaml", "--yes")
    assert desk.counts() == {}


def test_a_volume_never_shrinks(desk: Any) -> None:
    desk.write("small.yaml", stack(desk))
    desk.run("up", "small.yaml")
    desk.write("small.yaml", stack(desk, size="40 GiB"))
    done = desk.run("up", "small.yaml", exit_code=None)
    assert done.returncode in (1, 4)
    assert "a volume never shrinks: it has 50 GiB, 40 GiB are asked for" in done.stderr
    assert [item["size"] for item in data_volumes(desk)] == [50]


def test_what_is_kept_outlives_destroy_and_is_taken_up_again(desk: Any) -> None:
    desk.write("small.yaml", stack(desk, keep=True))
    desk.run("up", "small.yaml")
    (volume,) = data_volumes(desk)
    done = desk.run("destroy", "small.yaml", "--yes")
    assert f"kept, as the stack says: volume data (vng/hcm-3/{volume['uuid']})" in done.stdout
    assert desk.counts() == {"volumes": 1}
    desk.run("up", "small.yaml")
    assert [item["uuid"] for item in data_volumes(desk)] == [volume["uuid"]]
    assert data_volumes(desk)[0]["status"] == "IN-USE"


def test_drift_of_an_attachment_is_repaired(desk: Any) -> None:
    desk.write("small.yaml", stack(desk))
    desk.run("up", "small.yaml")
    world = desk.cloud.app.cloud.worlds["hcm-3"]
    volume = next(item for item in world.volumes.values() if not item["bootable"])
    volume |= {"serverId": None, "serverIdList": [], "status": "AVAILABLE"}
    found = desk.run("drift", "small.yaml", exit_code=2).stdout
    assert "attachment data is gone from the cloud" in found
    desk.run("up", "small.yaml")
    assert volume["status"] == "IN-USE"


@pytest.mark.parametrize("path", ["/volumes$", "/attach$", "/detach$"])
def test_an_answer_that_gets_lost(desk: Any, path: str) -> None:
    desk.write("small.yaml", stack(desk))
    desk.fault(action="reset", method="POST|PUT", path=path, effect=True)
    desk.run("up", "small.yaml")
    assert len(data_volumes(desk)) == 1
    assert len(desk.inventory()["addresses"]) == 1
    desk.run("destroy", "small.yaml", "--yes")
    assert desk.counts() == {}


def test_a_volume_is_never_replaced_by_an_empty_one(desk: Any) -> None:
    desk.write("small.yaml", stack(desk))
    desk.run("up", "small.yaml")
    (volume,) = data_volumes(desk)
    for change in ({"encrypted": True, "attach": None}, {"zone": "HCM03-1B", "attach": None}):
        document = stack(desk)
        document["volumes"]["data"] |= change
        desk.write("small.yaml", document)
        done = desk.run("up", "small.yaml", exit_code=None)
        assert done.returncode in (1, 4), done.stdout
        assert "a new volume would be empty" in done.stderr
        assert [item["uuid"] for item in data_volumes(desk)] == [volume["uuid"]]
    # On this server, whose root disk is plain, it could not even be attached: that is told first.
    desk.write("small.yaml", stack(desk, encrypted=True))
    assert "[encrypted-volume, blocking]" in desk.run("up", "small.yaml", exit_code=3).stderr
    assert [item["uuid"] for item in data_volumes(desk)] == [volume["uuid"]]
