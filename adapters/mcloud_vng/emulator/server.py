"""Servers with their root disks (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import re

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.address import allocate, check_allocate, join, part
from mcloud_vng.emulator.catalog import image_view
from mcloud_vng.emulator.envelope import data, fields, fields_of, not_emulated, page
from mcloud_vng.emulator.network import check_quota, free_address, network, subnet
from mcloud_vng.emulator.placement import server_group
from mcloud_vng.emulator.security import group
from mcloud_vng.emulator.tag import wanted_tags
from mcloud_vng.emulator.volume import ENCRYPTIONS, drop_volume, make_volume
from mcloud_vng.emulator.world import Item, World, refuse, state_times

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}[A-Za-z0-9]")  # [CLI] v1.12.0
NEEDED = {
    "name": str,
    "flavorId": str,
    "imageId": str,
    "networkId": str,
    "subnetId": str,
    "rootDiskSize": int,
    "rootDiskTypeId": str,
    "encryptionVolume": bool,
}
OPTIONAL = {
    "zoneId": str,
    "securityGroup": list,
    "sshKeyId": str,
    "serverGroupId": str,
    "osLicence": bool,
    "userData": str,
    "userDataBase64Encoded": bool,
    "rootDiskEncryptionType": str,
    "isEnableAutoRenew": bool,
    "isPoc": bool,
    "attachFloating": bool,
    "dataDiskName": str,
    "dataDiskSize": int,
    "dataDiskTypeId": str,
    "dataDiskEncryptionType": str,
}
# Fields of the service that would make more than a server with its disks and an address.
ELSEWHERE = (
    "networks",
    "hostGroupId",
    "enableBackup",
    "restoreBackup",
    "backupInstancePointId",
    "snapshotInstancePointId",
    "configVolumeRestores",
    "externalNetworkInterfaceId",
)
BUSY_FOR_DELETE = ("CREATING", "CREATING-BILLING", "DELETING", "CHANGING-SECURITY-GROUP")


def create_server(world: World, call: Call) -> Answer:
    """Flavor, image, root disk and subnet must be in one zone; the boot disk is made with it."""
    body = fields(call, NEEDED, OPTIONAL)
    not_emulated(body, *ELSEWHERE)
    if not NAME.fullmatch(body["name"]):
        raise refuse(400, "name: only letters (a-z, A-Z, 0-9, '_', '-') are allowed, length 2 to 65;")
    place = _place(world, body)
    zone = world.zone_of(body.get("zoneId") or place["zone"]["uuid"])
    flavor = _flavor(world, body["flavorId"], zone)
    if place["zone"]["uuid"] != zone:
        raise refuse(400, f"subnet id: {place['uuid']} is not in zone {zone}")
    image = _image(world, body["imageId"], flavor)
    disks = [_disk(world, body, zone, "rootDisk"), *_data_disk(world, body, zone)]
    if body.get("serverGroupId"):
        server_group(world, body["serverGroupId"])
    tags = wanted_tags(world, body)
    groups = [group(world, item)["id"] for item in body.get("securityGroup") or ()] or [world.default_group]
    key = _key_name(world, body.get("sshKeyId"))
    sizes = sum(disk["size"] for disk in disks)
    _check_quotas(world, VM=1, VCPU=int(flavor["cpu"]), VOLUME=len(disks), VOLUME_SIZE=sizes)
    price = _price(world, flavor, bool(body["encryptionVolume"]))
    address = check_allocate(world) if body.get("attachFloating") else 0
    world.afford(price + world.wallet.price(disk_gib=sizes) + address)
    flavor["remaining"] = str(int(flavor["remaining"]) - 1)
    server_id = world.new_id("ins")
    made = [_attached(world, server_id, body, zone, disk) for disk in disks]
    item = {
        "uuid": server_id,
        "name": body["name"],
        "status": "CREATING",
        "createdAt": world.stamp(),
        "bootVolumeId": made[0]["uuid"],
        "encryptionVolume": bool(body["encryptionVolume"]),
        "sshKeyName": key,
        "zoneId": zone,
        "flavorId": flavor["id"],
        "imageId": image["id"],
        "networkId": place["networkUuid"],
        "subnetId": place["uuid"],
        "secgroupIds": groups,
        "serverGroupId": body.get("serverGroupId") or None,
        "fixedIp": free_address(world, place),
        "nicId": world.new_id("net-in"),
        "nics": [],
        "autoRenew": bool(body.get("isEnableAutoRenew")),
        "hasUserData": bool(body.get("userData")),
        "isPoc": bool(body.get("isPoc")),
        "licence": bool(body.get("osLicence")),
    }
    world.servers[server_id] = item
    world.wallet.debit(server_id, price)
    world.tags[server_id] = tags
    if address:
        join(world, item, item["nicId"], allocate(world))
    # The vendor's clients wait through both names; which comes first is not known.
    world.later("server-create", item, "CREATING-BILLING", "ACTIVE")
    for disk in made:
        world.later("server-create", disk, "IN-USE")
    return data(view(world, item), 202)


def _place(world: World, body: Item) -> Item:
    """The subnet; one that is not ready is not found."""
    place = subnet(world, network(world, body["networkId"])["id"], body["subnetId"])
    if place["status"] != "ACTIVE":
        raise refuse(404, f"subnet with id {place['uuid']} is not found", "NotFound")
    return place


def _price(world: World, flavor: Item, encrypted: bool) -> int:
    """A month of a server without its disks; encrypted ones make the flavor dearer [3P]."""
    bare = world.wallet.price(vcpu=int(flavor["cpu"]), memory_gib=int(flavor["memory"]))
    return bare + bare * world.wallet.prices["encrypted_percent"] // 100 * encrypted


def _check_quotas(world: World, **more: int) -> None:
    for name, number in more.items():
        check_quota(world, name, f"exceeded {name.lower()} quota. current used: {{used}}, max: {{max}}", number)


def _flavor(world: World, flavor_id: str, zone: str) -> Item:
    row = world.flavors.get(flavor_id)
    if row is None:
        raise refuse(404, f"Cannot get flavor with id {flavor_id}", "NotFound")
    if row["zone"] != zone:
        raise refuse(400, f"This flavor don't support zone with ID {zone}")
    if int(row["remaining"]) <= 0:
        raise refuse(400, f"There are no more remaining flavor with id {flavor_id}", "OutOfStock")
    return row


def _image(world: World, image_id: str, flavor: Item) -> Item:
    """One that the flavor boots."""
    image = world.images.get(image_id)
    if image is None:
        raise refuse(404, f"cannot get image with id {image_id}", "NotFound")
    if image["type"] not in world.image_types(flavor):
        raise refuse(400, f"flavor {flavor['id']} don't support image {image_id}")
    return image


def _disk(world: World, body: Item, zone: str, which: str) -> Item:
    """Size, type and name of a disk that comes with the server, checked."""
    kind = world.volume_types.get(body[f"{which}TypeId"])
    if kind is None or kind["zone"] != zone:
        raise refuse(404, f"cannot get volume type with id {body[f'{which}TypeId']}", "NotFound")
    least = max(20, int(kind["min_gib"])) if which == "rootDisk" else int(kind["min_gib"])
    if not least <= body[f"{which}Size"] <= int(kind["max_gib"]):
        raise refuse(400, f"field volume_size must from {least} to {kind['max_gib']}")
    name = body.get(f"{which}Name") or f"{body['name']}-{'boot' if which == 'rootDisk' else 'data'}"[:50]
    encryption = body.get(f"{which}EncryptionType") or None
    if encryption not in (None, *ENCRYPTIONS):
        raise refuse(400, f"{which}EncryptionType is invalid")
    return {"name": name, "size": body[f"{which}Size"], "type": kind["id"], "encryption": encryption}


def _data_disk(world: World, body: Item, zone: str) -> list[Item]:
    """At most one data disk is made with a server."""
    if not body.get("dataDiskSize"):
        return []
    return [_disk(world, fields_of(body, {"dataDiskTypeId": str}), zone, "dataDisk")]


def _key_name(world: World, key_id: str | None) -> str | None:
    if not key_id:
        return None
    if key_id not in world.keys:
        raise refuse(404, f"Cannot get ssh key with id {key_id}", "NotFound")
    return str(world.keys[key_id]["name"])


def _attached(world: World, server_id: str, body: Item, zone: str, disk: Item) -> Item:
    """A disk that is made on a server; the first one boots."""
    item = make_volume(world, disk["name"], disk["size"], disk["type"], zone)
    boots = not any(other["serverId"] == server_id for other in world.volumes.values())
    item |= {
        "serverId": server_id,
        "serverIdList": [server_id],
        "bootable": boots,
        "bootIndex": 0 if boots else None,
        "encryptionType": disk["encryption"],
    }
    world.attached_once.add(item["uuid"])
    return item


def view(world: World, item: Item, *, listed: bool = False) -> Item:
    """A server as it is answered; the list has no boot disk (MCP-LIVE)."""
    placed = world.server_groups.get(item["serverGroupId"] or "")
    return {
        "uuid": item["uuid"],
        "name": item["name"],
        "status": item["status"],
        "createdAt": item["createdAt"],
        "bootVolumeId": None if listed else item["bootVolumeId"],
        "encryptionVolume": item["encryptionVolume"],
        "licence": item["licence"],
        "location": None,
        "metadata": None,
        "migrateState": None,
        "product": None,
        "serverGroupId": item["serverGroupId"],
        "serverGroupName": placed["name"] if placed else None,
        "sshKeyName": item["sshKeyName"],
        "stopBeforeMigrate": False,
        "user": None,
        "hostGroupId": None,
        "zoneId": item["zoneId"],
        "image": image_view(world, world.images[item["imageId"]]),
        "flavor": world.flavor_view(world.flavors[item["flavorId"]]),
        "secGroups": [{"name": world.groups[one]["name"], "uuid": one} for one in item["secgroupIds"]],
        "externalInterfaces": [public_view(nic) for nic in world.elastic.values() if nic["serverId"] == item["uuid"]],
        "internalInterfaces": [nic_view(item, nic) for nic in world.nics_of(item)],
    }


def public_view(nic: Item) -> Item:
    """An elastic interface as the server that has it shows it ([TF] and [SDK] decode the fields of a private one).

    That it keeps its id on the server, and has its address as ``fixedIp``, is the emulator's choice.
    """
    return {
        "uuid": nic["uuid"],
        "createdAt": nic["createdAt"],
        "updatedAt": nic["updatedAt"],
        "status": "ACTIVE",
        "type": "NETWORK",
        "interfaceType": "PUBLIC",
        "product": "vServer",
        "serverUuid": nic["serverId"],
        "networkUuid": None,
        "subnetUuid": None,
        "portUuid": nic["uuid"],
        "mac": _mac(nic["uuid"]),
        "fixedIp": nic["ip"],
        "floatingIp": None,
        "floatingIpId": None,
    }


def _mac(nic_id: str) -> str:
    return "fa:16:3e:" + ":".join(nic_id[-6:][i : i + 2] for i in (0, 2, 4))


def nic_view(item: Item, nic: Item) -> Item:
    """A private interface as it is answered."""
    wan = item.get("wan")
    public = wan if wan and wan["status"] == "ATTACHED" and item["wanNic"] == nic["uuid"] else {}
    return {
        "updatedAt": None,
        "status": "ACTIVE",
        "type": "NETWORK",
        "interfaceType": "PRIVATE",
        "product": "vServer",
        "serverUuid": item["uuid"],
        "portUuid": nic["uuid"],
        "mac": _mac(nic["uuid"]),
        "floatingIp": public.get("ip"),
        "floatingIpId": public.get("uuid"),
        **nic,
    }


def server(world: World, server_id: str) -> Item:
    """The server, or the vendor's 404."""
    found = world.servers.get(server_id)
    if found is None:
        raise refuse(404, f"Cannot get server with id {server_id}", "NotFound")
    return found


def _server(world: World, call: Call) -> Item:
    return server(world, call.params["id"])


def get_server(world: World, call: Call) -> Answer:
    """In ``data``; 404 after it is gone (LIVE)."""
    return data(view(world, _server(world, call)))


def list_servers(world: World, call: Call) -> Answer:
    """A page."""
    return page(call, [view(world, item, listed=True) for item in world.servers.values()])


def servers_of_subnet(world: World, call: Call) -> Answer:
    """A bare array (LIVE)."""
    rows = [view(world, item) for item in world.servers.values() if call.params["sub"] in world.subnets_of(item)]
    return Answer(200, rows)


def delete_server(world: World, call: Call) -> Answer:
    """The boot disk always goes with it (LIVE)."""
    item = _server(world, call)
    if item["status"] in BUSY_FOR_DELETE:
        raise refuse(400, f"Cannot delete server with status {item['status'].lower()}", "Conflict")
    whole = isinstance(call.body, dict) and bool(call.body.get("deleteAllVolume"))
    _let_go(world, item, whole)
    item["status"] = "DELETING"
    disk = world.volumes[item["bootVolumeId"]]
    disk["status"] = "DELETING"

    def gone() -> None:
        world.servers.pop(item["uuid"], None)
        world.tags.pop(item["uuid"], None)
        world.wallet.refund(item["uuid"])
        drop_volume(world, disk)
        flavor = world.flavors[item["flavorId"]]
        flavor["remaining"] = str(int(flavor["remaining"]) + 1)

    world.agenda.after(state_times()["server-delete"], gone)
    return data(view(world, item), 202)


def _let_go(world: World, item: Item, whole: bool) -> None:
    """Data volumes are detached, or go with the server when asked for; public addresses and interfaces stay,
    unattached."""
    for volume in [one for one in world.volumes.values() if one["serverId"] == item["uuid"] and not one["bootable"]]:
        if whole:
            drop_volume(world, volume)
        else:
            volume |= {"serverId": None, "serverIdList": [], "status": "AVAILABLE"}
    part(item)
    for nic in world.elastic.values():
        if nic["serverId"] == item["uuid"]:
            nic["serverId"] = None
    own = {nic["uuid"] for nic in world.nics_of(item)}
    world.pairs = {key: pair for key, pair in world.pairs.items() if pair["networkInterfaceId"] not in own}


def _check_paid(world: World, item: Item) -> None:
    """Refuse to change a server whose month is over, where it is not renewed ([SDK] has the text). What ``status``
    such a server has is not known: here it keeps its own."""
    if not item["autoRenew"] and world.wallet.is_over(item["uuid"]):
        raise refuse(400, "server is expired", "ServerExpired")


def _move(world: World, item: Item, allowed: tuple[str, ...], through: str, to: str, time: str) -> Answer:
    _check_paid(world, item)
    if item["status"] not in allowed:
        # The exact text for a server in the wrong state is not known.
        raise refuse(400, f"server with status {item['status'].lower()} is in-process")
    item["status"] = through
    world.later(time, item, to)
    return data(view(world, item), 202)


def start_server(world: World, call: Call) -> Answer:
    """STOPPED to ACTIVE."""
    return _move(world, _server(world, call), ("STOPPED",), "STARTING", "ACTIVE", "server-start")


def stop_server(world: World, call: Call) -> Answer:
    """ACTIVE to STOPPED, never SHUTOFF (MCP-LIVE)."""
    return _move(world, _server(world, call), ("ACTIVE",), "TURNING-OFF", "STOPPED", "server-stop")


def reboot_server(world: World, call: Call) -> Answer:
    """ACTIVE again."""
    return _move(world, _server(world, call), ("ACTIVE",), "REBOOTING", "ACTIVE", "server-reboot")


def resize_server(world: World, call: Call) -> Answer:
    """From STOPPED, as documented, and from ACTIVE, because the vendor's Terraform provider resizes without a stop;
    the state before is the state after."""
    item, body = _server(world, call), fields(call, {"flavorId": str})
    not_emulated(body, "hostGroupId")
    _check_paid(world, item)
    if item["status"] not in ("ACTIVE", "STOPPED"):
        raise refuse(400, f"server with status {item['status'].lower()} is in-process")
    flavor = _flavor(world, body["flavorId"], item["zoneId"])
    if flavor["id"] == item["flavorId"]:
        raise refuse(400, "flavor is the same as the current flavor")
    before = item["status"]
    old = world.flavors[item["flavorId"]]
    _check_quotas(world, VCPU=int(flavor["cpu"]) - int(old["cpu"]))
    more = _price(world, flavor, item["encryptionVolume"]) - _price(world, old, item["encryptionVolume"])
    world.afford(more)
    world.wallet.debit(item["uuid"], more)
    old["remaining"] = str(int(old["remaining"]) + 1)
    flavor["remaining"] = str(int(flavor["remaining"]) - 1)
    item |= {"flavorId": flavor["id"], "status": "CHANGING-FLAVOR"}
    world.later("server-resize", item, "VERIFYING-FLAVOR", before)
    return data(view(world, item), 202)


def rename_server(world: World, call: Call) -> Answer:
    """At once."""
    item, body = _server(world, call), fields(call, {"newName": str})
    if not NAME.fullmatch(body["newName"]):
        raise refuse(400, "name: only letters (a-z, A-Z, 0-9, '_', '-') are allowed, length 2 to 65;")
    item["name"] = body["newName"]
    return data(view(world, item))


def change_groups(world: World, call: Call) -> Answer:
    """The full list; at least one."""
    item, body = _server(world, call), fields(call, {"securityGroup": list})
    _check_paid(world, item)
    if item["status"] not in ("ACTIVE", "STOPPED"):
        raise refuse(400, f"cannot change security group of server with status {item['status'].lower()}", "Conflict")
    groups = [group(world, one)["id"] for one in body["securityGroup"]]
    if not groups:
        raise refuse(400, "securityGroup: must not be empty;")
    before = item["status"]
    item |= {"secgroupIds": groups, "status": "CHANGING-SECURITY-GROUP"}
    world.later("server-groups", item, before)
    return data(view(world, item), 202)


ROUTES = (
    ("POST", "/v2/{p}/servers", create_server),
    ("GET", "/v2/{p}/servers", list_servers),
    ("GET", "/v2/{p}/servers/subnets/{sub}", servers_of_subnet),
    ("GET", "/v2/{p}/servers/{id}", get_server),
    ("DELETE", "/v2/{p}/servers/{id}", delete_server),
    ("PUT", "/v2/{p}/servers/{id}/start", start_server),
    ("PUT", "/v2/{p}/servers/{id}/stop", stop_server),
    ("PUT", "/v2/{p}/servers/{id}/reboot", reboot_server),
    ("PUT", "/v2/{p}/servers/{id}/resize", resize_server),
    ("PUT", "/v2/{p}/servers/{id}/rename", rename_server),
    ("PUT", "/v2/{p}/servers/{id}/update-sec-group", change_groups),
)
