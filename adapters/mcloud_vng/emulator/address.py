"""Floating ("WAN") addresses (sources: docs/clouds/vng.md). There is no call that only allocates one."""

from __future__ import annotations

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import fields, page
from mcloud_vng.emulator.network import check_quota
from mcloud_vng.emulator.world import Item, World, refuse, state_times


def _server(world: World, call: Call) -> Item:
    found = world.servers.get(call.params["s"])
    if found is None:
        raise refuse(404, f"Cannot get server with id {call.params['s']}", "NotFound")
    nic = fields(call, {"networkInterfaceId": str})["networkInterfaceId"]
    if nic != found["nicId"]:
        raise refuse(404, f"internal network interface with id {nic} is not found", "NotFound")
    return found


def _may_attach(world: World, server: Item) -> None:
    if server.get("wan"):
        raise refuse(400, "The server only allows attaching 1 floating ip", "Conflict")
    if server["status"] not in ("ACTIVE", "STOPPED"):
        raise refuse(400, f"server with status {server['status'].lower()} is in-process")


def free_public_address(world: World) -> str:
    """The first one that neither a server nor a load balancer has."""
    taken = {item["ip"] for item in world.addresses.values()}
    taken |= {balancer["address"] for balancer in world.balancers.values()}
    return next(f"203.0.113.{number}" for number in range(1, 255) if f"203.0.113.{number}" not in taken)


def attach_new(world: World, call: Call) -> Answer:
    """Allocate and attach: an empty 204; the address shows at the server's interface after a while."""
    server = _server(world, call)
    _may_attach(world, server)
    check_quota(world, "FLOATING_IP", "exceeded floating_ip quota. current used: {used}, max: {max}")
    free = free_public_address(world)
    item: Item = {
        "uuid": world.new_id("wan"),
        "ip": free,
        "fixedIp": None,
        "networkInterfaceId": None,
        "status": "AVAILABLE",
        "createdAt": world.stamp(),
    }
    world.addresses[str(item["uuid"])] = item
    _join(world, server, item)
    return Answer(204)


def _join(world: World, server: Item, item: Item) -> None:
    """The server has it from now on; it shows at both of them later, unless the server is deleted before."""
    server["wan"] = item
    item["status"] = "CREATING"

    def shown() -> None:
        if server.get("wan") is item:
            item.update({"status": "ATTACHED", "fixedIp": server["fixedIp"], "networkInterfaceId": server["nicId"]})

    world.agenda.after(state_times()["address-attach"], shown)


def attach_existing(world: World, call: Call) -> Answer:
    """An address that is free."""
    server, item = _server(world, call), _address(world, call)
    _may_attach(world, server)
    if item["status"] != "AVAILABLE":
        raise refuse(400, "wan ip is in use", "Conflict")
    _join(world, server, item)
    return Answer(204)


def detach(world: World, call: Call) -> Answer:
    """It stays, and is charged, until it is released."""
    server, item = _server(world, call), _address(world, call)
    if server.get("wan") is not item:
        raise refuse(400, "wan ip is available")
    server["wan"] = None
    item |= {"status": "AVAILABLE", "fixedIp": None, "networkInterfaceId": None}
    return Answer(204)


def _address(world: World, call: Call) -> Item:
    found = world.addresses.get(call.params["wan"])
    if found is None:
        raise refuse(404, f"wan ip with id {call.params['wan']} is not found", "NotFound")
    return found


def list_addresses(world: World, call: Call) -> Answer:
    """A page."""
    return page(call, list(world.addresses.values()))


def release(world: World, call: Call) -> Answer:
    """Only a free one; what the service says to an attached one is not known."""
    item = _address(world, call)
    if item["status"] != "AVAILABLE":
        raise refuse(400, "wan ip is in use", "Conflict")
    del world.addresses[item["uuid"]]
    return Answer(204)


ROUTES = (
    ("PUT", "/v2/{p}/servers/{s}/wan-ips/auto/attach", attach_new),
    ("PUT", "/v2/{p}/servers/{s}/wan-ips/{wan}/attach", attach_existing),
    ("PUT", "/v2/{p}/servers/{s}/wan-ips/{wan}/detach", detach),
    ("GET", "/v2/{p}/wanIps", list_addresses),
    ("DELETE", "/v2/{p}/wanIps/{wan}", release),
)
