"""Snapshots of volumes: the three calls of the vendor's SDK (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import fields
from mcloud_vng.emulator.volume import BAD_NAME, NAME, volume
from mcloud_vng.emulator.world import Item, World, refuse

RETAINED = 7  # days; the service's own default is not known


def list_snapshots(world: World, call: Call) -> Answer:
    """``items`` with plural totals (MCP-LIVE)."""
    item = volume(world, call.params["id"])
    found = [row for row in world.snapshots.values() if row["volumeId"] == item["uuid"]]
    try:
        number, size = int(call.query.get("page") or 1), int(call.query.get("size") or 10)
    except ValueError as error:
        raise refuse(400, "page or size invalid") from error
    if number < 1 or size < 1:
        raise refuse(400, "page or size invalid")
    body = {
        "items": found[(number - 1) * size : number * size],
        "page": number,
        "pageSize": size,
        "totalPages": -(-len(found) // size),
        "totalItems": len(found),
    }
    return Answer(200, body)


def create(world: World, call: Call) -> Answer:
    """Bare. A volume that was never on a server has none ([DOC]; the text is our own); ACTIVE, at once: the wire values
    of its states are not known."""
    item = volume(world, call.params["id"])
    optional = {"description": str, "isPermanently": bool, "retainedDays": int, "retainedDay": int}
    body = fields(call, {"name": str}, optional)
    if not NAME.fullmatch(body["name"]):
        raise refuse(400, BAD_NAME)
    if item["status"] not in ("IN-USE", "AVAILABLE"):
        raise refuse(400, f"volume with id {item['uuid']} is in-process")
    if not item["wasAttached"]:
        raise refuse(400, "cannot snapshot a volume that was never attached to a server")
    days = body.get("retainedDays") or body.get("retainedDay") or RETAINED  # [SDK] spells it without the last letter
    made: Item = {
        "id": world.new_id("snap-vol-pt"),
        "name": body["name"],
        "description": body.get("description") or "",
        "status": "ACTIVE",
        "size": item["size"],
        "volumeId": item["uuid"],
        "scheduleType": None,
        "snapshotVolumeId": world.new_id("snap-vol"),
        "projectId": world.project,
        "userId": world.user,
        "parentId": None,
        "parentType": None,
        "backendId": None,
        "backendSnapshotId": None,
        "snapshotTime": 0,
        "snapshotConfig": {"isPermanently": bool(body.get("isPermanently")), "retainedDays": days},
        "volumeSnapshot": None,
        "createdAt": world.stamp(),
        "updatedAt": world.stamp(),
        "deletedAt": None,
    }
    world.snapshots[str(made["id"])] = made
    return Answer(200, made)


def delete(world: World, call: Call) -> Answer:
    """By its own id: [SDK] sends ``undefined`` for the volume's."""
    if world.snapshots.pop(call.params["snapshot"], None) is None:
        raise refuse(404, f"Not found snapshot-volume-point with id {call.params['snapshot']}", "NotFound")
    return Answer(200)


ROUTES = (
    ("GET", "/v2/{p}/volumes/{id}/snapshots", list_snapshots),
    ("POST", "/v2/{p}/volumes/{id}/snapshots", create),
    ("DELETE", "/v2/{p}/volumes/{id}/snapshots/{snapshot}", delete),
)
