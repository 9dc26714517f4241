"""Further private interfaces of servers (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import body_of, data, fields
from mcloud_vng.emulator.server import free_address, server, view
from mcloud_vng.emulator.world import Item, World, refuse

MOST = 10  # [DOC] quota-limit.md 2026-08-07


def list_interfaces(world: World, call: Call) -> Answer:
    """Private ones and public ones; the latter are not emulated."""
    shown = view(world, server(world, call.params["s"]))
    return data({"internalInterfaces": shown["internalInterfaces"], "externalInterfaces": []})


def _changeable(world: World, call: Call) -> Item:
    """The server, ready for a change; the text for one that is not is the emulator's choice."""
    item = server(world, call.params["s"])
    if item["status"] not in ("ACTIVE", "STOPPED"):
        raise refuse(400, f"server with status {item['status'].lower()} is in-process")
    return item


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
    return [(item["subnetId"], item.get("ip")) for item in requests]


def attach(world: World, call: Call) -> Answer:
    """One interface in each subnet, at once. What ``data`` holds is not known: here it is the server."""
    item, wanted = _changeable(world, call), _wanted(call)
    if 1 + len(item["nics"]) + len(wanted) > MOST:
        # The exact text is not known.
        raise refuse(400, f"exceeded network_interface_per_server quota. current used: {1 + len(item['nics'])}")
    places = []
    for subnet_id, address in wanted:
        if address:
            raise refuse(400, "the emulator does not have ip", "NotEmulated")
        place = world.subnets.get(subnet_id)
        if place is None or place["status"] != "ACTIVE":
            raise refuse(404, f"subnet with id {subnet_id} is not found", "NotFound")
        places.append(place)
    for place in places:
        nic = {
            "uuid": world.new_id("net-in"),
            "createdAt": world.stamp(),
            "networkUuid": place["networkUuid"],
            "subnetUuid": place["uuid"],
            "fixedIp": free_address(world, place),
        }
        item["nics"].append(nic)
    return data(view(world, item))


def detach(world: World, call: Call) -> Answer:
    """They are gone at once. The first interface stays: the emulator's choice, for it goes with its server."""
    item = _changeable(world, call)
    there = {nic["uuid"]: nic for nic in item["nics"]}
    wanted = fields(call, {"networkInterfaceIds": list})["networkInterfaceIds"]
    for nic_id in wanted:
        if nic_id not in there:
            raise refuse(404, f"internal network interface with id {nic_id} is not found", "NotFound")
    item["nics"] = [nic for key, nic in there.items() if key not in wanted]
    return data(view(world, item))


ROUTES = (
    ("GET", "/v2/{p}/servers/{s}/network-interfaces", list_interfaces),
    ("POST", "/v2/{p}/servers/{s}/internal-network-interfaces", attach),
    ("DELETE", "/v2/{p}/servers/{s}/internal-network-interfaces", detach),
)
