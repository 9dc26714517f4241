"""Snapshots of volumes (sources: docs/clouds/vng.md). The words for their states are not known: READY is our own."""

from __future__ import annotations

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import data, fields
from mcloud_vng.emulator.volume import BAD_NAME, NAME, volume_of
from mcloud_vng.emulator.world import Item, World, refuse

OPTIONAL = {"description": str, "isPermanently": bool, "retainedDay": int, "retainedDays": int}


def list_snapshots(world: World, call: Call) -> Answer:
    """A page whose names are plural (MCP-LIVE)."""
    volume_of(world, call)
    rows = [item for item in world.snapshots.values() if item["volumeId"] == call.params["id"]]
    try:
        number, size = int(call.query.get("page") or 1), int(call.query.get("size") or 100)
    except ValueError as error:
        raise refuse(400, "page or size invalid") from error
    if number < 1 or size < 1:
        raise refuse(400, "page or size invalid")
    part = rows[(number - 1) * size : number * size]
    pages = -(-len(rows) // size)
    body = {"items": part, "page": number, "pageSize": size, "totalPages": pages, "totalItems": len(rows)}
    return Answer(200, body)


def create_snapshot(world: World, call: Call) -> Answer:
    """The bare object ([SDK]); a volume that was never on a server has nothing to be taken [DOC]."""
    volume = volume_of(world, call)
    body = fields(call, {"name": str}, OPTIONAL)
    if not NAME.fullmatch(body["name"]):
        raise refuse(400, BAD_NAME)
    if volume["status"] not in ("IN-USE", "AVAILABLE"):
        raise refuse(400, f"volume with id {volume['uuid']} is in-process")
    if volume["uuid"] not in world.attached_once:
        raise refuse(400, f"volume with id {volume['uuid']} has never been attached to a server")
    days = body.get("retainedDays") or body.get("retainedDay")
    item: Item = {
        "id": world.new_id("snap-vol-pt"),
        "name": body["name"],
        "description": body.get("description") or "",
        "status": "READY",
        "size": volume["size"],
        "volumeId": volume["uuid"],
        "projectId": world.project,
        "parentId": None,
        "snapshotConfig": {"isPermanently": bool(body.get("isPermanently")), "retainedDays": days},
        "createdAt": world.stamp(),
        "updatedAt": None,
        "deletedAt": None,
    }
    world.snapshots[str(item["id"])] = item
    return Answer(200, item)


def delete_snapshot(world: World, call: Call) -> Answer:
    """The vendor's SDK sends the word "undefined" in place of the volume's id."""
    found = world.snapshots.get(call.params["s"])
    if found is None or call.params["id"] not in ("undefined", found["volumeId"]):
        raise refuse(404, f"not found snapshot-volume-point with id {call.params['s']}", "NotFound")
    del world.snapshots[call.params["s"]]
    return data(found)


ROUTES = (
    ("GET", "/v2/{p}/volumes/{id}/snapshots", list_snapshots),
    ("POST", "/v2/{p}/volumes/{id}/snapshots", create_snapshot),
    ("DELETE", "/v2/{p}/volumes/{id}/snapshots/{s}", delete_snapshot),
)
