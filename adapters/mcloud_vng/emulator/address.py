"""Floating ("WAN") addresses (sources: docs/clouds/vng.md). There is no call that only allocates one."""

from __future__ import annotations

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import fields, page
from mcloud_vng.emulator.network import check_quota
from mcloud_vng.emulator.world import Item, World, refuse, state_times


def _server(world: World, call: Call) -> tuple[Item, str]:
    """The server, and which of its private interfaces is meant."""
    found = world.servers.get(call.params["s"])
    if found is None:
        raise refuse(404, f"Cannot get server with id {call.params['s']}", "NotFound")
    nic = fields(call, {"networkInterfaceId": str})["networkInterfaceId"]
    if nic not in [item["uuid"] for item in world.nics_of(found)]:
        raise refuse(404, f"internal network interface with id {nic} is not found", "NotFound")
    return found, str(nic)


def may_have(world: World, server: Item) -> None:
    """Refuse a second address, and one beside a public interface: they exclude each other ([DOC]; text our own)."""
    if server.get("wan"):
        raise refuse(400, "The server only allows attaching 1 floating ip", "Conflict")
    if any(item["serverId"] == server["uuid"] for item in world.elastic.values()):
        raise refuse(400, "The server has an external network interface", "Conflict")


def _may_attach(world: World, server: Item) -> None:
    may_have(world, server)
    if server["status"] not in ("ACTIVE", "STOPPED"):
        raise refuse(400, f"server with status {server['status'].lower()} is in-process")


def free_public_address(world: World) -> str:
    """The first one that no server, interface or load balancer has."""
    taken = {item["ip"] for items in (world.addresses, world.elastic) for item in items.values()}
    taken |= {balancer["address"] for balancer in world.balancers.values()}
    return next(f"203.0.113.{number}" for number in range(1, 255) if f"203.0.113.{number}" not in taken)


def check_allocate(world: World) -> int:
    """What one more address costs a month; refused where the quota has no room for it."""
    check_quota(world, "FLOATING_IP", "exceeded floating_ip quota. current used: {used}, max: {max}")
    return world.wallet.price(floating_ip=1)


def allocate(world: World) -> Item:
    """A new address, paid for."""
    item: Item = {
        "uuid": world.new_id("wan"),
        "ip": free_public_address(world),
        "fixedIp": None,
        "networkInterfaceId": None,
        "status": "AVAILABLE",
        "createdAt": world.stamp(),
    }
    world.addresses[str(item["uuid"])] = item
    world.wallet.debit(item["uuid"], world.wallet.price(floating_ip=1))
    return item


def attach_new(world: World, call: Call) -> Answer:
    """Allocate and attach: an empty 204; the address shows at the server's interface after a while."""
    server, nic = _server(world, call)
    _may_attach(world, server)
    world.afford(check_allocate(world))
    join(world, server, nic, allocate(world))
    return Answer(204)


def join(world: World, server: Item, nic_id: str, item: Item) -> None:
    """The server has it from now on; it shows at both of them later, unless it is taken away before."""
    server["wan"], server["wanNic"] = item, nic_id
    item["status"] = "CREATING"

    def shown() -> None:
        nic = next((nic for nic in world.nics_of(server) if nic["uuid"] == nic_id), None)
        if server.get("wan") is item and nic is not None:
            item.update({"status": "ATTACHED", "fixedIp": nic["fixedIp"], "networkInterfaceId": nic_id})

    world.agenda.after(state_times()["address-attach"], shown)


def part(server: Item) -> None:
    """The server no longer has its address, if it had one; it stays, and is charged, until it is released."""
    if server.get("wan"):
        server["wan"] |= {"status": "AVAILABLE", "fixedIp": None, "networkInterfaceId": None}
        server["wan"] = None


def attach_existing(world: World, call: Call) -> Answer:
    """An address that is free."""
    (server, nic), item = _server(world, call), address(world, call.params["wan"])
    _may_attach(world, server)
    check_free(item)
    join(world, server, nic, item)
    return Answer(204)


def check_free(item: Item) -> None:
    """Refuse one that a server has; what the service says is not known."""
    if item["status"] != "AVAILABLE":
        raise refuse(400, "wan ip is in use", "Conflict")


def detach(world: World, call: Call) -> Answer:
    """From the server only."""
    (server, _), item = _server(world, call), address(world, call.params["wan"])
    if server.get("wan") is not item:
        raise refuse(400, "wan ip is available")
    part(server)
    return Answer(204)


def address(world: World, wan_id: str) -> Item:
    """The address, or the vendor's text."""
    found = world.addresses.get(wan_id)
    if found is None:
        raise refuse(404, f"Cannot get wan ip with id {wan_id}", "NotFound")
    return found


def list_addresses(world: World, call: Call) -> Answer:
    """A page."""
    return page(call, list(world.addresses.values()))


def drop(world: World, item: Item) -> None:
    """Give it back to the cloud; the rest of the month is paid back."""
    del world.addresses[item["uuid"]]
    world.wallet.refund(item["uuid"])


def release(world: World, call: Call) -> Answer:
    """Only a free one; what the service says to an attached one is not known."""
    item = address(world, call.params["wan"])
    check_free(item)
    drop(world, item)
    return Answer(204)


ROUTES = (
    ("PUT", "/v2/{p}/servers/{s}/wan-ips/auto/attach", attach_new),
    ("PUT", "/v2/{p}/servers/{s}/wan-ips/{wan}/attach", attach_existing),
    ("PUT", "/v2/{p}/servers/{s}/wan-ips/{wan}/detach", detach),
    ("GET", "/v2/{p}/wanIps", list_addresses),
    ("DELETE", "/v2/{p}/wanIps/{wan}", release),
)
