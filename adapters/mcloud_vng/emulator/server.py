"""Servers with their root disks (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import ipaddress
import re

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.catalog import image_view
from mcloud_vng.emulator.envelope import data, fields, not_emulated, page
from mcloud_vng.emulator.network import check_quota, network, subnet
from mcloud_vng.emulator.placement import server_group
from mcloud_vng.emulator.security import group
from mcloud_vng.emulator.volume import make_volume
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
}
# Fields of the service that would make more than a server with its root disk.
ELSEWHERE = (
    "attachFloating",
    "networks",
    "dataDiskName",
    "dataDiskSize",
    "dataDiskTypeId",
    "hostGroupId",
    "enableBackup",
    "restoreBackup",
    "backupInstancePointId",
    "snapshotInstancePointId",
    "configVolumeRestores",
    "externalNetworkInterfaceId",
    "tags",
)
BUSY_FOR_DELETE = ("CREATING", "CREATING-BILLING", "DELETING", "CHANGING-SECURITY-GROUP")


def create_server(world: World, call: Call) -> Answer:
    """Flavor, image, root disk and subnet must be in one zone; the boot disk is made with it."""
    body = fields(call, NEEDED, OPTIONAL)
    not_emulated(body, *ELSEWHERE)
    if not NAME.fullmatch(body["name"]):
        raise refuse(400, "name: only letters (a-z, A-Z, 0-9, '_', '-') are allowed, length 2 to 65;")
    parent = network(world, body["networkId"])
    place = subnet(world, parent["id"], body["subnetId"])
    if place["status"] != "ACTIVE":
        raise refuse(404, f"subnet with id {place['uuid']} is not found", "NotFound")
    zone = world.zone_of(body.get("zoneId") or place["zone"]["uuid"])
    flavor = _flavor(world, body["flavorId"], zone)
    if place["zone"]["uuid"] != zone:
        raise refuse(400, f"subnet id: {place['uuid']} is not in zone {zone}")
    image = world.images.get(body["imageId"])
    if image is None:
        raise refuse(404, f"cannot get image with id {body['imageId']}", "NotFound")
    if image["type"] not in world.image_types(flavor):
        raise refuse(400, f"flavor {flavor['id']} don't support image {image['id']}")
    _check_disk(world, body, zone)
    if body.get("serverGroupId"):
        server_group(world, body["serverGroupId"])
    groups = [group(world, item)["id"] for item in body.get("securityGroup") or ()] or [world.default_group]
    key = _key_name(world, body.get("sshKeyId"))
    _check_quotas(world, VM=1, VCPU=int(flavor["cpu"]), VOLUME=1, VOLUME_SIZE=body["rootDiskSize"])
    flavor["remaining"] = str(int(flavor["remaining"]) - 1)
    server_id = world.new_id("ins")
    disk = _boot_disk(world, server_id, body, zone)
    item = {
        "uuid": server_id,
        "name": body["name"],
        "status": "CREATING",
        "createdAt": world.stamp(),
        "bootVolumeId": disk["uuid"],
        "encryptionVolume": bool(body["encryptionVolume"]),
        "sshKeyName": key,
        "zoneId": zone,
        "flavorId": flavor["id"],
        "imageId": image["id"],
        "networkId": parent["id"],
        "subnetId": place["uuid"],
        "secgroupIds": groups,
        "serverGroupId": body.get("serverGroupId") or None,
        "fixedIp": free_address(world, place),
        "nicId": world.new_id("net-in"),
        "nics": [],
        "autoRenew": bool(body.get("isEnableAutoRenew")),
        "hasUserData": bool(body.get("userData")),
        "licence": bool(body.get("osLicence")),
    }
    world.servers[server_id] = item
    # The vendor's clients wait through both names; which comes first is not known.
    world.later("server-create", item, "CREATING-BILLING", "ACTIVE")
    world.later("server-create", disk, "IN-USE")
    return data(view(world, item), 202)


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


def _check_disk(world: World, body: Item, zone: str) -> None:
    kind = world.volume_types.get(body["rootDiskTypeId"])
    if kind is None or kind["zone"] != zone:
        raise refuse(404, f"cannot get volume type with id {body['rootDiskTypeId']}", "NotFound")
    least = max(20, int(kind["min_gib"]))
    if not least <= body["rootDiskSize"] <= int(kind["max_gib"]):
        raise refuse(400, f"field volume_size must from {least} to {kind['max_gib']}")


def _key_name(world: World, key_id: str | None) -> str | None:
    if not key_id:
        return None
    if key_id not in world.keys:
        raise refuse(404, f"Cannot get ssh key with id {key_id}", "NotFound")
    return str(world.keys[key_id]["name"])


def free_address(world: World, place: Item) -> str:
    """The first free address; the platform's own first ten are left (how many it keeps is unknown)."""
    taken = {server["fixedIp"] for server in world.servers.values() if server["subnetId"] == place["uuid"]}
    taken |= {nic["fixedIp"] for server in world.servers.values() for nic in server["nics"]}
    taken |= {balancer["address"] for balancer in world.balancers.values()}
    hosts = list(ipaddress.IPv4Network(place["cidr"]).hosts())
    for host in hosts[9:] or hosts:
        if str(host) not in taken:
            return str(host)
    raise refuse(400, "no more ip address in subnet")


def _boot_disk(world: World, server_id: str, body: Item, zone: str) -> Item:
    item = make_volume(world, f"{body['name']}-boot"[:50], body["rootDiskSize"], body["rootDiskTypeId"], zone)
    item |= {
        "serverId": server_id,
        "serverIdList": [server_id],
        "bootable": True,
        "bootIndex": 0,
        "encryptionType": body.get("rootDiskEncryptionType"),
    }
    return item


def view(world: World, item: Item, *, listed: bool = False) -> Item:
    """A server as it is answered; the list has no boot disk (MCP-LIVE)."""
    wan = item.get("wan")
    public = wan if wan and wan["status"] == "ATTACHED" else {}
    first = {
        "uuid": item["nicId"],
        "createdAt": item["createdAt"],
        "networkUuid": item["networkId"],
        "subnetUuid": item["subnetId"],
        "fixedIp": item["fixedIp"],
        "floatingIp": public.get("ip"),
        "floatingIpId": public.get("uuid"),
    }
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
        "externalInterfaces": [],
        "internalInterfaces": [_nic_view(item, nic) for nic in (first, *item["nics"])],
    }


def _nic_view(item: Item, nic: Item) -> Item:
    """A private interface as it is answered."""
    return {
        "updatedAt": None,
        "status": "ACTIVE",
        "type": "NETWORK",
        "interfaceType": "PRIVATE",
        "product": "vServer",
        "serverUuid": item["uuid"],
        "portUuid": nic["uuid"],
        "mac": "fa:16:3e:" + ":".join(nic["uuid"][-6:][i : i + 2] for i in (0, 2, 4)),
        "floatingIp": None,
        "floatingIpId": None,
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
        world.volumes.pop(disk["uuid"], None)
        flavor = world.flavors[item["flavorId"]]
        flavor["remaining"] = str(int(flavor["remaining"]) + 1)

    world.agenda.after(state_times()["server-delete"], gone)
    return data(view(world, item), 202)


def _let_go(world: World, item: Item, whole: bool) -> None:
    """Data volumes are detached, or go with the server when asked for; a public address stays, unattached."""
    for volume in [one for one in world.volumes.values() if one["serverId"] == item["uuid"] and not one["bootable"]]:
        if whole:
            del world.volumes[volume["uuid"]]
        else:
            volume |= {"serverId": None, "serverIdList": [], "status": "AVAILABLE"}
    if item.get("wan"):
        item["wan"] |= {"status": "AVAILABLE", "networkInterfaceId": None, "fixedIp": None}
        item["wan"] = None


def _move(world: World, item: Item, allowed: tuple[str, ...], through: str, to: str, time: str) -> Answer:
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
    if item["status"] not in ("ACTIVE", "STOPPED"):
        raise refuse(400, f"server with status {item['status'].lower()} is in-process")
    flavor = _flavor(world, body["flavorId"], item["zoneId"])
    if flavor["id"] == item["flavorId"]:
        raise refuse(400, "flavor is the same as the current flavor")
    before = item["status"]
    old = world.flavors[item["flavorId"]]
    _check_quotas(world, VCPU=int(flavor["cpu"]) - int(old["cpu"]))
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
