"""Further private interfaces of servers (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.address import address, check_free, drop, join, may_have, part
from mcloud_vng.emulator.envelope import body_of, data, fields, not_emulated
from mcloud_vng.emulator.network import free_address, ready_subnet
from mcloud_vng.emulator.server import nic_view, server, view
from mcloud_vng.emulator.world import Item, World, refuse

MOST = 10  # [DOC] quota-limit.md 2026-08-07


def list_interfaces(world: World, call: Call) -> Answer:
    """Private ones and public ones."""
    shown = view(world, server(world, call.params["s"]))
    return data({kind: shown[kind] for kind in ("internalInterfaces", "externalInterfaces")})


def changeable(world: World, call: Call) -> Item:
    """The server, ready for a change; the text for one that is not is the emulator's choice."""
    item = server(world, call.params["s"])
    if item["status"] not in ("ACTIVE", "STOPPED"):
        raise refuse(400, f"server with status {item['status'].lower()} is in-process")
    return item


def check_room(world: World, item: Item, more: int) -> None:
    """Refuse more interfaces than a server may have; the exact text is not known."""
    public = sum(1 for nic in world.elastic.values() if nic["serverId"] == item["uuid"])
    there = 1 + len(item["nics"]) + public
    if there + more > MOST:
        raise refuse(400, f"exceeded network_interface_per_server quota. current used: {there}", "QuotaExceeded")


def _wanted(call: Call) -> list[tuple[str, str | None]]:
    """Subnets with the addresses asked for: [CLI] and [MCP] send ``subnetRequests``, older clients ``subnetIds``."""
    body = body_of(call)
    if body.get("subnetIds"):
        return [(subnet, None) for subnet in fields(call, {"subnetIds": list})["subnetIds"]]
    requests = body.get("subnetRequests")
    if not isinstance(requests, list) or not requests:
        raise refuse(400, "subnetRequests: must not be null;")
    if not all(isinstance(item, dict) and isinstance(item.get("subnetId"), str) for item in requests):
        raise refuse(400, "subnetRequests.subnetId: must not be null;")
    if not all(item.get("ip") is None or isinstance(item["ip"], str) for item in requests):
        raise refuse(400, "subnetRequests.ip: must be a string;")
    return [(item["subnetId"], item.get("ip")) for item in requests]


def _add(world: World, item: Item, wanted: list[tuple[str, str | None]]) -> list[Item]:
    """One interface in each subnet, all of them or none."""
    check_room(world, item, len(wanted))
    places = [(ready_subnet(world, subnet_id), ip) for subnet_id, ip in wanted]
    before, made = item["nics"], []
    item["nics"] = list(before)
    try:
        for place, ip in places:
            nic = {
                "uuid": world.new_id("net-in"),
                "createdAt": world.stamp(),
                "networkUuid": place["networkUuid"],
                "subnetUuid": place["uuid"],
                "fixedIp": free_address(world, place, ip),
            }
            item["nics"].append(nic)
            made.append(nic)
    except Exception:
        item["nics"] = before
        raise
    return made


def attach(world: World, call: Call) -> Answer:
    """At once. What ``data`` holds is not known: here it is the server."""
    item = changeable(world, call)
    _add(world, item, _wanted(call))
    return data(view(world, item))


def _remove(world: World, item: Item, wanted: list[str]) -> None:
    """They are gone at once, and the address pairs with them. The first interface stays: the emulator's choice, for it
    goes with its server."""
    there = {nic["uuid"]: nic for nic in item["nics"]}
    for nic_id in wanted:
        if nic_id not in there:
            raise refuse(404, f"internal network interface with id {nic_id} is not found", "NotFound")
    item["nics"] = [nic for key, nic in there.items() if key not in wanted]
    world.pairs = {key: pair for key, pair in world.pairs.items() if pair["networkInterfaceId"] not in wanted}


def detach(world: World, call: Call) -> Answer:
    """A public address stays, unattached."""
    item, wanted = changeable(world, call), fields(call, {"networkInterfaceIds": list})["networkInterfaceIds"]
    _remove(world, item, wanted)
    if item.get("wan") and item["wanNic"] in wanted:
        part(item)
    return data(view(world, item))


def attach_with_address(world: World, call: Call) -> Answer:
    """One interface, with a free floating address where one is named; [TF] sends the fields bare, [MCP] a list."""
    item, body = changeable(world, call), body_of(call)
    not_emulated(body, "tags")
    if body.get("subnetRequests"):
        made = _add(world, item, _wanted(call))
        return data(nic_view(item, made[0]))
    body = fields(call, {"subnetId": str}, {"ip": str, "wanIpId": str})
    wan = address(world, body["wanIpId"]) if body.get("wanIpId") else None
    if wan is not None:
        check_free(wan)
        may_have(world, item)
    made = _add(world, item, [(body["subnetId"], body.get("ip"))])
    if wan is not None:
        join(world, item, made[0]["uuid"], wan)
    return data(nic_view(item, made[0]))


def detach_with_address(world: World, call: Call) -> Answer:
    """The floating address is given back too."""
    item, body = changeable(world, call), body_of(call)
    if body.get("networkInterfaceIds"):
        wanted = fields(call, {"networkInterfaceIds": list})["networkInterfaceIds"]
    else:
        wanted = [fields(call, {"networkInterfaceId": str})["networkInterfaceId"]]
    _remove(world, item, wanted)
    if item.get("wan") and item["wanNic"] in wanted:
        wan = item["wan"]
        part(item)
        drop(world, wan)
    return data(view(world, item))


ROUTES = (
    ("GET", "/v2/{p}/servers/{s}/network-interfaces", list_interfaces),
    ("POST", "/v2/{p}/servers/{s}/internal-network-interfaces", attach),
    ("DELETE", "/v2/{p}/servers/{s}/internal-network-interfaces", detach),
    ("POST", "/v2/{p}/servers/{s}/internal-network-interfaces-floating", attach_with_address),
    ("DELETE", "/v2/{p}/servers/{s}/internal-network-interfaces-floating", detach_with_address),
)
