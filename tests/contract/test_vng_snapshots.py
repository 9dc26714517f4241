"""Snapshots of volumes on the emulated service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

DISK = "vtype-e782f8e1-0569-11f0-a0a4-ec2a72332f83"
POINT = {"name": "first-point", "description": "", "isPermanently": True}


def _volume(api: Any, *, attached: bool = True) -> str:
    body = {"name": "data-volume", "size": 20, "volumeTypeId": DISK, "zoneId": "HCM03-1C"}
    volume = str(api.made("POST", "/v2/{p}/volumes", body)["uuid"])
    if attached:
        server = api.made("POST", "/v2/{p}/servers", api.server_body())["uuid"]
        api.made("PUT", f"/v2/{{p}}/volumes/{volume}/servers/{server}/attach", {})
    return volume


def test_a_snapshot_is_listed_restored_and_deleted(api: Any) -> None:
    volume = _volume(api)
    taken = api.call("POST", f"/v2/{{p}}/volumes/{volume}/snapshots", POINT).json()
    listed = api.call("GET", f"/v2/{{p}}/volumes/{volume}/snapshots", page=1, size=10).json()
    restore = {"snapshotVolumePointId": taken["id"], "volumeTypeId": DISK}
    body = {"name": "restored", "size": 25, "volumeTypeId": DISK, "createdFrom": "SNAPSHOT"}
    restored = api.made("POST", "/v2/{p}/volumes", {**body, "configVolumeRestore": restore})
    gone = api.call("DELETE", f"/v2/{{p}}/volumes/undefined/snapshots/{taken['id']}")

    assert taken["id"].startswith("snap-vol-pt-")
    assert (listed["items"], listed["totalPages"], listed["totalItems"]) == ([taken], 1, 1)
    assert restored["size"] == 25
    assert gone.status_code == 200
    assert api.cloud.app.cloud.inventory()["snapshots"] == []


def _never_attached(api: Any) -> tuple[str, str, Any]:
    return "POST", f"/v2/{{p}}/volumes/{_volume(api, attached=False)}/snapshots", POINT


def _short_name(api: Any) -> tuple[str, str, Any]:
    return "POST", f"/v2/{{p}}/volumes/{_volume(api)}/snapshots", {**POINT, "name": "abc"}


def _unknown(api: Any) -> tuple[str, str, Any]:
    return "DELETE", f"/v2/{{p}}/volumes/{_volume(api)}/snapshots/snap-vol-pt-1", None


def _restored(api: Any, size: int, point: str | None = None) -> tuple[str, str, Any]:
    if point is None:
        point = api.call("POST", f"/v2/{{p}}/volumes/{_volume(api)}/snapshots", POINT).json()["id"]
    restore = {"snapshotVolumePointId": point, "volumeTypeId": DISK}
    body = {"name": "restored", "size": size, "volumeTypeId": DISK, "createdFrom": "SNAPSHOT"}
    return "POST", "/v2/{p}/volumes", {**body, "configVolumeRestore": restore}


@pytest.mark.parametrize(
    ("prepare", "status", "text"),
    [
        (_never_attached, 400, "has never been attached"),
        (_short_name, 400, "Your input data length must be between 5 and 50"),
        (_unknown, 404, "not found snapshot-volume-point"),
        (lambda api: _restored(api, 15), 400, "must from 20"),
        (lambda api: _restored(api, 25, "snap-vol-pt-1"), 404, "not found snapshot-volume-point"),
    ],
    ids=["never-attached", "short-name", "unknown", "restored-smaller", "restored-from-nothing"],
)
def test_refused(api: Any, prepare: Callable[[Any], tuple[str, str, Any]], status: int, text: str) -> None:
    method, path, body = prepare(api)
    api.cloud.app.cloud.agenda.settle()
    before = api.cloud.app.cloud.inventory()
    answer = api.call(method, path, body)

    assert answer.status_code == status
    assert text in answer.text
    assert api.cloud.app.cloud.inventory() == before
