"""Volumes and attachments (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import re
import uuid
from functools import partial

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import body_of, data, fields, not_emulated, page
from mcloud_vng.emulator.network import check_quota
from mcloud_vng.emulator.tag import wanted_tags
from mcloud_vng.emulator.world import Item, World, refuse, state_times

NAME = re.compile(r"[A-Za-z0-9.@_ -]{5,50}")
BAD_NAME = (
    "Only letters (a-z, A-Z, 0-9, '.', '@', '_', '-', space) are allowed. "
    "Your input data length must be between 5 and 50"
)
ENCRYPTIONS = ("aes-xts-plain64_128", "aes-xts-plain64_256")
PER_SERVER = 10
OPTIONAL = {
    "zoneId": str,
    "encryptionType": str,
    "multiAttach": bool,
    "createdFrom": str,
    "isEnableAutoRenew": bool,
    "isPoc": bool,
}
# Fields of the service that would make more than an empty volume.
ELSEWHERE = ("backupVolumePointId", "imageId")
SIZES = "exceeded volume_size quota. current used: {used}, max: {max}"


def make_volume(world: World, name: str, size: int, type_id: str, zone: str) -> Item:
    """A volume of the region, being made; the caller says what becomes of it."""
    kind = world.volume_types[type_id]
    item: Item = {
        "uuid": world.new_id("vol"),
        "projectId": world.project,
        "name": name,
        "size": size,
        "status": "CREATING",
        "volumeTypeId": kind["id"],
        "volumeTypeZoneName": kind["type_zone"],
        "iops": str(kind["iops"]),
        "serverId": None,
        "serverIdList": [],
        "createdAt": world.stamp(),
        "updatedAt": None,
        "bootable": False,
        "bootIndex": None,
        "encryptionType": None,
        "multiAttach": False,
        "location": None,
        "product": None,
        "persistentVolume": False,
        "migrateState": None,
        "zone": world.zone_view(zone),
    }
    world.volumes[str(item["uuid"])] = item
    world.wallet.debit(item["uuid"], world.wallet.price(disk_gib=size))
    return item


def drop_volume(world: World, item: Item) -> None:
    """It is gone; the rest of the month is paid back."""
    if world.volumes.pop(item["uuid"], None) is not None:
        world.wallet.refund(item["uuid"])
        world.tags.pop(item["uuid"], None)
        world.paid.pop(item["uuid"], None)


def create_volume(world: World, call: Call) -> Answer:
    """Type and zone must agree; without a zone it is the type's."""
    body = fields(call, {"name": str, "size": int, "volumeTypeId": str}, OPTIONAL)
    not_emulated(body, *ELSEWHERE)
    if not NAME.fullmatch(body["name"]):
        raise refuse(400, BAD_NAME)
    kind = world.volume_types.get(body["volumeTypeId"])
    zone = world.zone_of(body.get("zoneId") or (kind or {}).get("zone"))
    if kind is None or kind["zone"] != zone:
        raise refuse(404, f"cannot get volume type with id {body['volumeTypeId']}", "NotFound")
    if not int(kind["min_gib"]) <= body["size"] <= int(kind["max_gib"]):
        raise refuse(400, f"field volume_size must from {kind['min_gib']} to {kind['max_gib']}")
    if body.get("encryptionType") not in (None, "", *ENCRYPTIONS):
        raise refuse(400, "encryptionType is invalid")
    _check_snapshot(world, body)
    check_quota(world, "VOLUME", "exceeded volume quota. current used: {used}, max: {max}")
    check_quota(world, "VOLUME_SIZE", SIZES, body["size"])
    tags = wanted_tags(world, body)
    world.afford(world.wallet.price(disk_gib=body["size"]))
    item = make_volume(world, body["name"], body["size"], kind["id"], zone)
    item |= {"encryptionType": body.get("encryptionType") or None, "multiAttach": bool(body.get("multiAttach"))}
    world.paid[item["uuid"]] = {"autoRenew": bool(body.get("isEnableAutoRenew")), "isPoc": bool(body.get("isPoc"))}
    world.tags[item["uuid"]] = tags
    world.later("volume-create", item, "AVAILABLE")
    return data(item, 202)


def _check_snapshot(world: World, body: Item) -> None:
    """What a volume is restored from must be there and fit."""
    if body.get("createdFrom") != "SNAPSHOT":
        return
    restore = body.get("configVolumeRestore")
    wanted = restore.get("snapshotVolumePointId") if isinstance(restore, dict) else None
    found = world.snapshots.get(str(wanted))
    if found is None:
        raise refuse(404, f"not found snapshot-volume-point with id {wanted}", "NotFound")
    if body["size"] < found["size"]:
        raise refuse(400, f"field volume_size must from {found['size']}")


def list_volumes(world: World, call: Call) -> Answer:
    """A page; boot disks are in it."""
    return page(call, list(world.volumes.values()))


def volume_of(world: World, call: Call) -> Item:
    """The volume of the path.

    Raises:
        Refusal: 404.
    """
    found = world.volumes.get(call.params["id"])
    if found is None:
        raise refuse(404, f"volume with id {call.params['id']} is not found", "NotFound")
    return found


def _check_still(item: Item) -> None:
    """Refuse what is on its way to another kind of storage."""
    if item["migrateState"] is not None:
        raise refuse(400, f"volume with id {item['uuid']} is migrating", "Conflict")


def mapping(world: World, call: Call) -> Answer:
    """The id behind the service, bare, everything else null (MCP-LIVE)."""
    return Answer(200, {"uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, volume_of(world, call)["uuid"]))})


def get_volume(world: World, call: Call) -> Answer:
    """In ``data``."""
    return data(volume_of(world, call))


def boot_volume(world: World, call: Call) -> Answer:
    """The v1 envelope with one element (MCP-LIVE)."""
    server = world.servers.get(call.params["id"])
    if server is None:
        raise refuse(404, f"Cannot get server with id {call.params['id']}", "NotFound")
    return Answer(200, {"success": True, "volumes": [world.volumes[server["bootVolumeId"]]]})


def server_volumes(world: World, call: Call) -> Answer:
    """All volumes of a server."""
    rows = [item for item in world.volumes.values() if item["serverId"] == call.params["id"]]
    return Answer(200, {"success": True, "volumes": rows})


def resize_volume(world: World, call: Call) -> Answer:
    """Grows, or changes its type within the zone; an attached one too (LIVE)."""
    item, body = volume_of(world, call), fields(call, {"newSize": int, "newVolumeTypeId": str})
    kind = world.volume_types.get(body["newVolumeTypeId"])
    if kind is None:
        raise refuse(404, f"cannot get volume type with id {body['newVolumeTypeId']}", "NotFound")
    if kind["zone"] != item["zone"]["uuid"]:
        raise refuse(400, "new volume type must be same zone")
    if kind["type_zone"] != item["volumeTypeZoneName"]:
        # The text says "zone"; that of a migration, which goes between SSD and NVMe, says "must be different zone".
        raise refuse(400, "new volume type must be same zone")
    if item["status"] not in ("IN-USE", "AVAILABLE"):
        raise refuse(400, f"volume with id {item['uuid']} is in-process")
    if (item["size"], item["volumeTypeId"]) == (body["newSize"], kind["id"]):
        raise refuse(400, "volume size or volume type must be changed")
    if not item["size"] <= body["newSize"] <= int(kind["max_gib"]):
        raise refuse(400, f"field new_volume_size must from {item['size']} to {kind['max_gib']}")
    check_quota(world, "VOLUME_SIZE", SIZES, body["newSize"] - item["size"])
    more = world.wallet.price(disk_gib=body["newSize"] - item["size"])
    world.afford(more)
    world.wallet.debit(item["uuid"], more)
    before = item["status"]
    item |= {"size": body["newSize"], "volumeTypeId": kind["id"], "iops": str(kind["iops"]), "status": "RESIZING"}
    world.later("volume-resize", item, before)
    return data(item, 202)


def rename_volume(world: World, call: Call) -> Answer:
    """At once."""
    item, body = volume_of(world, call), fields(call, {"newName": str})
    if not NAME.fullmatch(body["newName"]):
        raise refuse(400, BAD_NAME)
    item["name"] = body["newName"]
    return data(item)


def attach_volume(world: World, call: Call) -> Answer:
    """An AVAILABLE volume to a server of its zone; an encrypted one only to an encrypted server (LIVE, 400)."""
    item = volume_of(world, call)
    body_of(call)
    server = world.servers.get(call.params["s"])
    if server is None:
        raise refuse(404, f"Cannot get server with id {call.params['s']}", "NotFound")
    if item["status"] != "AVAILABLE":
        raise refuse(400, _why_not(item, call.params["s"]), "Conflict")
    if item["zone"]["uuid"] != server["zoneId"]:
        raise refuse(400, f"volume with id {item['uuid']} is not in zone {server['zoneId']}")
    if item["encryptionType"] and not server["encryptionVolume"]:
        raise refuse(400, "Cannot attach encryption volume")
    if sum(1 for one in world.volumes.values() if one["serverId"] == server["uuid"]) >= PER_SERVER:
        raise refuse(400, "exceeded volume_per_server quota", "QuotaExceeded")
    item |= {"serverId": server["uuid"], "serverIdList": [server["uuid"]], "status": "ATTACHING"}
    world.attached_once.add(item["uuid"])
    world.later("volume-attach", item, "IN-USE")
    return data(item, 202)


def _why_not(item: Item, server: str) -> str:
    if item["serverId"] == server:
        return f"this volume has been attached to server {server}"
    return "already attached to instance" if item["serverId"] else f"volume with id {item['uuid']} is in-process"


def detach_volume(world: World, call: Call) -> Answer:
    """A boot disk cannot be detached."""
    item = volume_of(world, call)
    body_of(call)
    if item["status"] == "AVAILABLE":
        raise refuse(400, "this volume is available")
    if item["bootable"]:
        raise refuse(400, "cannot detach the root volume")
    _check_still(item)
    if item["status"] != "IN-USE" or item["serverId"] != call.params["s"]:
        raise refuse(400, f"volume with id {item['uuid']} is in-process")
    item["status"] = "DETACHING"

    def free() -> None:
        if item["status"] == "DETACHING":
            item.update({"serverId": None, "serverIdList": [], "status": "AVAILABLE"})

    world.agenda.after(state_times()["volume-detach"], free)
    return data(item, 202)


def delete_volume(world: World, call: Call) -> Answer:
    """Only an AVAILABLE one; that one in ERROR goes too is the emulator's choice."""
    item = volume_of(world, call)
    if item["status"] not in ("AVAILABLE", "ERROR"):
        raise refuse(400, _why_not(item, ""), "Conflict")
    _check_still(item)
    item["status"] = "DELETING"

    world.agenda.after(state_times()["volume-delete"], partial(drop_volume, world, item))
    return data(item, 202)


ROUTES = (
    ("POST", "/v2/{p}/volumes", create_volume),
    ("GET", "/v2/{p}/volumes", list_volumes),
    ("GET", "/v2/{p}/volumes/servers/{id}/boot", boot_volume),
    ("GET", "/v2/{p}/volumes/servers/{id}", server_volumes),
    ("GET", "/v2/{p}/volumes/{id}", get_volume),
    ("GET", "/v2/{p}/volumes/{id}/mapping", mapping),
    ("DELETE", "/v2/{p}/volumes/{id}", delete_volume),
    ("PUT", "/v2/{p}/volumes/{id}/resize", resize_volume),
    ("PUT", "/v2/{p}/volumes/{id}/rename", rename_volume),
    ("PUT", "/v2/{p}/volumes/{id}/servers/{s}/attach", attach_volume),
    ("PUT", "/v2/{p}/volumes/{id}/servers/{s}/detach", detach_volume),
)
