"""VPCs and subnets (sources: docs/clouds/vng.md). Every refusal has the vendor's text."""

from __future__ import annotations

import ipaddress
import re

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.catalog import used
from mcloud_vng.emulator.envelope import data, fields, not_emulated, page
from mcloud_vng.emulator.world import Item, World, refuse, state_times

PREFIXES = (16, 18, 20, 22, 24, 26, 28)
NETWORK_PREFIXES = (16, 20, 22, 24)
MTUS = (1500, 1450, 8500, 8950)
NAME = re.compile(r"[A-Za-z0-9_.-]{5,50}")


def check_name(name: object) -> str:
    """Refuse a name outside 5-50 of ``a-zA-Z0-9_-.``; the exact text of this refusal is not known."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise refuse(400, "name: only letters (a-z, A-Z, 0-9, '_', '-', '.') are allowed, length 5 to 50;")
    return name


def check_quota(world: World, name: str, text: str, more: int = 1) -> None:
    """Refuse so many more when the quota does not hold them."""
    limit, there = world.quotas[name], used(world)[name]
    if more > 0 and there + more > limit:
        raise refuse(400, text.format(used=there, max=limit), "QuotaExceeded")


def _block(text: object) -> ipaddress.IPv4Network:
    try:
        block = ipaddress.ip_network(str(text), strict=True)
    except ValueError as error:
        raise refuse(400, "Invalid CIDR.") from error
    if not isinstance(block, ipaddress.IPv4Network):
        raise refuse(400, "Invalid CIDR.")
    return block


def _is_offered(block: ipaddress.IPv4Network) -> bool:
    first, last = int(block[0]), int(block[-1])
    spans = (("10.0.0.0", "10.255.255.255"), ("172.16.0.0", "172.24.255.255"), ("192.168.0.0", "192.168.255.255"))
    return any(
        int(ipaddress.ip_address(low)) <= first and last <= int(ipaddress.ip_address(high)) for low, high in spans
    )


def create_network(world: World, call: Call) -> Answer:
    """Checked in this order: MTU, quota, block, range, overlap (MCP-LIVE: MTU comes before the quota)."""
    body = fields(call, {"name": str, "cidr": str}, {"zoneId": str, "mtu": int})
    not_emulated(body, "tags")
    mtu = body.get("mtu") or 1500
    if mtu not in MTUS:
        raise refuse(400, f"mtu: MTU value must be one of the following: {list(MTUS)};")
    check_quota(world, "VPC", "Exceeded VPC quota. Current used: {used}, max: {max}.")
    name, block = check_name(body["name"]), _block(body["cidr"])
    if block.prefixlen not in NETWORK_PREFIXES:
        raise refuse(400, "Invalid CIDR.")
    if not _is_offered(block):
        raise refuse(400, "User can't use this range, reserved for system.")
    if any(block.overlaps(ipaddress.ip_network(item["cidr"])) for item in world.networks.values()):
        raise refuse(400, "VPC is overlap with another.")
    if any(item["displayName"] == name for item in world.networks.values()):
        raise refuse(400, "VPC name already exist", "Conflict")
    zone = body.get("zoneId") or next(item[0] for item in world.zones.values() if item[3])
    if zone not in world.zones:
        raise refuse(404, f"Cannot get zone with id {zone}", "NotFound")
    item: Item = {
        "id": world.new_id("net"),
        "displayName": name,
        "status": "CREATING",
        "cidr": str(block),
        "createdAt": world.stamp(),
        "mtu": mtu,
        "dnsStatus": "DISABLED",
        "dnsId": None,
        "routeTableId": world.new_id("rt"),
        "routeTableName": "default",
        "dhcpOptionId": None,
        "dhcpOptionName": None,
        "elasticIps": [],
        "zone": world.zone_view(zone),
    }
    world.networks[item["id"]] = item
    world.add_route_table(item["routeTableId"], item["routeTableName"], item["id"], "ACTIVE")
    world.later("network-create", item, "ACTIVE")
    return data(item)


def list_networks(world: World, call: Call) -> Answer:
    """A page."""
    return page(call, list(world.networks.values()))


def network(world: World, network_id: str) -> Item:
    """The VPC, or the vendor's 404."""
    found = world.networks.get(network_id)
    if found is None:
        raise refuse(404, f"Network with id {network_id} is not found", "NotFound")
    return found


def get_network(world: World, call: Call) -> Answer:
    """Bare."""
    return Answer(200, network(world, call.params["id"]))


def rename_network(world: World, call: Call) -> Answer:
    """Name only."""
    item, body = network(world, call.params["id"]), fields(call, {"name": str})
    not_emulated(body, "tags")
    item["displayName"] = check_name(body["name"])
    return data(item)


def delete_network(world: World, call: Call) -> Answer:
    """Refused while it has subnets. (One live source saw the refusal go on for 11 minutes after the last subnet,
    another for seconds: here it ends with the subnet.)"""
    item = network(world, call.params["id"])
    there = [s for s in world.subnets.values() if s["networkUuid"] == item["id"] and s["status"] != "DELETED"]
    if there:
        raise refuse(400, "Cannot delete this VPC because it contains the subnet.")
    item["status"] = "DELETING"

    def gone() -> None:
        world.networks.pop(item["id"], None)
        for subnet in [s for s in world.subnets.values() if s["networkUuid"] == item["id"]]:
            world.subnets.pop(subnet["uuid"], None)
        for table in [t for t in world.route_tables.values() if t["networkId"] == item["id"]]:
            world.route_tables.pop(table["uuid"], None)

    world.agenda.after(state_times()["network-delete"], gone)
    return Answer(200)


def create_subnet(world: World, call: Call) -> Answer:
    """Needs an enabled zone: without one the default is looked up, which may be closed (404, LIVE)."""
    parent, body = network(world, call.params["net"]), fields(call, {"name": str, "cidr": str}, {"zoneId": str})
    not_emulated(body, "secondarySubnetRequests", "tags")
    zone = world.zone_of(body.get("zoneId"))
    check_quota(world, "SUBNET", "Exceeded SUBNET quota. Current used: {used}, max: {max}.")
    block = _block(body["cidr"])
    if block.prefixlen not in PREFIXES:
        allowed = ", ".join(f"/{prefix}" for prefix in PREFIXES)
        raise refuse(400, f"CIDR notation /{block.prefixlen} is not allowed. Allowed CIDR notations are [{allowed}]")
    if parent["status"] != "ACTIVE":
        raise refuse(400, f"Network with id {parent['id']} is in-process")
    if not block.subnet_of(ipaddress.IPv4Network(parent["cidr"])):
        raise refuse(400, "Subnet CIDR is not in the range of VPC CIDR.")
    siblings = [s for s in world.subnets.values() if s["networkUuid"] == parent["id"] and s["status"] != "DELETED"]
    if any(block.overlaps(ipaddress.ip_network(item["cidr"])) for item in siblings):
        raise refuse(400, "Subnet CIDR is overlap with another.")
    item: Item = {
        "uuid": world.new_id("sub"),
        "name": check_name(body["name"]),
        "status": "CREATING",
        "cidr": str(block),
        "networkUuid": parent["id"],
        "routeTableUuid": None,
        "interfaceAclPolicyUuid": None,
        "interfaceAclPolicyName": None,
        "secondarySubnets": [],
        "zone": world.zone_view(zone),
        "createdAt": world.stamp(),
        "updatedAt": None,
        "deletedAt": None,
    }
    world.subnets[item["uuid"]] = item
    world.later("subnet-create", item, "ACTIVE")
    return data(item)


def list_subnets(world: World, call: Call) -> Answer:
    """A bare array; a deleted one is gone from it at once (LIVE)."""
    parent = network(world, call.params["net"])
    rows = [s for s in world.subnets.values() if s["networkUuid"] == parent["id"] and s["status"] != "DELETED"]
    return Answer(200, rows)


def subnet(world: World, network_id: str, subnet_id: str) -> Item:
    """The subnet, or the vendor's 404."""
    found = world.subnets.get(subnet_id)
    if found is None:
        raise refuse(404, f"subnet with id {subnet_id} is not found", "NotFound")
    if found["networkUuid"] != network_id:
        raise refuse(404, f"subnet id: {subnet_id} belong to network id: {network_id} not found", "NotFound")
    return found


def get_subnet(world: World, call: Call) -> Answer:
    """Bare; a deleted one is still answered, with status DELETED (LIVE: for more than 5 minutes)."""
    return Answer(200, subnet(world, call.params["net"], call.params["id"]))


def update_subnet(world: World, call: Call) -> Answer:
    """The name; secondary ranges are not emulated."""
    item, body = subnet(world, call.params["net"], call.params["id"]), fields(call, {"name": str})
    not_emulated(body, "secondarySubnetRequests", "tags")
    item["name"] = check_name(body["name"])
    return data(item)


def delete_subnet(world: World, call: Call) -> Answer:
    """A second delete answers 500 (LIVE)."""
    item = subnet(world, call.params["net"], call.params["id"])
    if item["status"] == "CREATING":
        raise refuse(400, "Cannot delete the creating subnet")
    if item["status"] in ("DELETING", "DELETED"):
        raise refuse(500, "Internal Server Error", "InternalServerError")
    if any(item["uuid"] in world.subnets_of(server) for server in world.servers.values()):
        raise refuse(400, "Cannot delete subnet: Having server is using this subnet.", "SubnetInUse")
    if any(balancer["subnetId"] == item["uuid"] for balancer in world.balancers.values()):
        raise refuse(400, "Cannot delete subnet: Having load balancer is using this subnet.", "SubnetInUse")
    item["status"] = "DELETING"

    def gone() -> None:
        item["status"], item["deletedAt"] = "DELETED", world.stamp()

    world.agenda.after(state_times()["subnet-delete"], gone)
    return Answer(200)


ROUTES = (
    ("POST", "/v2/{p}/networks", create_network),
    ("GET", "/v2/{p}/networks", list_networks),
    ("GET", "/v2/{p}/networks/{id}", get_network),
    ("PATCH", "/v2/{p}/networks/{id}", rename_network),
    ("DELETE", "/v2/{p}/networks/{id}", delete_network),
    ("POST", "/v2/{p}/networks/{net}/subnets", create_subnet),
    ("GET", "/v2/{p}/networks/{net}/subnets", list_subnets),
    ("GET", "/v2/{p}/networks/{net}/subnets/{id}", get_subnet),
    ("PATCH", "/v2/{p}/networks/{net}/subnets/{id}", update_subnet),
    ("DELETE", "/v2/{p}/networks/{net}/subnets/{id}", delete_subnet),
)
