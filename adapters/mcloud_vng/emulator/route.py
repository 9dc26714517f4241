"""Route tables (sources: docs/clouds/vng.md). Each VPC comes with its main one."""

from __future__ import annotations

import ipaddress
from typing import Any

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import body_of, data, fields, page
from mcloud_vng.emulator.network import check_name, check_quota, network
from mcloud_vng.emulator.world import Item, World, refuse, state_times


def _table(world: World, call: Call) -> Item:
    found = world.route_tables.get(call.params["id"])
    if found is None:
        raise refuse(404, f"Route Table with uuid {call.params['id']} not found", "NotFound")
    return found


def _routes(world: World, table: Item, asked: object) -> list[Item]:
    """The routes that were sent; none where the field is left out, as [TF] does for an empty list."""
    if asked is not None and not isinstance(asked, list):
        raise refuse(400, "routes: must be a list;")
    own = ipaddress.ip_network(world.networks[table["networkId"]]["cidr"])
    rows: list[Item] = []
    for item in asked or []:
        block, target = _entry(item)
        # [MCP]: no destination overlaps the VPC; a default route does, and a Public NAT adds one. Texts: our own.
        if block.prefixlen and block.overlaps(own):
            raise refuse(400, f"Destination {block} is overlap with VPC CIDR {own}.")
        if any(row["destinationCidrBlock"] == str(block) for row in rows):
            raise refuse(400, f"Destination {block} is duplicated.")
        row = {"uuid": world.new_id("route"), "routeTableId": table["uuid"], "routingType": "STATIC"}
        rows.append({**row, "destinationCidrBlock": str(block), "target": target, "status": "ACTIVE"})
    return rows


def _entry(item: Any) -> tuple[ipaddress.IPv4Network, str]:
    try:
        # As text: the library takes numbers for addresses too.
        return ipaddress.IPv4Network(str(item["destinationCidrBlock"])), str(ipaddress.IPv4Address(str(item["target"])))
    except (ValueError, TypeError, KeyError) as error:
        raise refuse(400, "routes: destinationCidrBlock or target is invalid;") from error


def create(world: World, call: Call) -> Answer:
    """A further table of a VPC; what several do together is not known."""
    body = fields(call, {"name": str, "networkId": str})
    parent = network(world, body["networkId"])
    check_quota(world, "ROUTE_TABLE", "exceeded route_table quota. current used: {used}, max: {max}")
    item = world.add_route_table(world.new_id("rt"), check_name(body["name"]), parent["id"], "CREATING")
    item["routes"] = _routes(world, item, body.get("routes"))
    world.later("route-table", item, "ACTIVE")
    return Answer(202, {"uuid": item["uuid"]})


def list_tables(world: World, call: Call) -> Answer:
    """A page; without name, page and size it is a 500 (MCP-LIVE)."""
    if not {"name", "page", "size"} <= call.query.keys():
        raise refuse(500, "Internal Server Error", "InternalServerError")
    return page(call, list(world.route_tables.values()))


def get(world: World, call: Call) -> Answer:
    """In ``data``."""
    return data(_table(world, call))


def routes_of(world: World, call: Call) -> Answer:
    """The routes alone."""
    return data(_table(world, call)["routes"])


def replace_routes(world: World, call: Call) -> Answer:
    """All of them at once. What is said to a second write meanwhile is not known: here it is refused."""
    item, body = _table(world, call), body_of(call)
    if item["status"] != "ACTIVE":
        raise refuse(400, f"Route Table with uuid {item['uuid']} is in-process")
    item["routes"] = _routes(world, item, body.get("routes"))
    item["status"] = "UPDATING"
    world.later("route-table", item, "ACTIVE")
    return data(item)


def delete(world: World, call: Call) -> Answer:
    """Not the main one of a VPC ([MCP]); it goes with the VPC. The text is the emulator's choice."""
    item = _table(world, call)
    if world.networks[item["networkId"]]["routeTableId"] == item["uuid"]:
        raise refuse(400, "Cannot delete the default route table")
    if item["status"] != "ACTIVE":
        raise refuse(400, f"Route Table with uuid {item['uuid']} is in-process")
    item["status"] = "DELETING"

    def gone() -> None:
        world.route_tables.pop(item["uuid"], None)

    world.agenda.after(state_times()["route-table"], gone)
    return Answer(202)


ROUTES = (
    ("POST", "/v2/{p}/route-table", create),
    ("GET", "/v2/{p}/route-table", list_tables),
    ("GET", "/v2/{p}/route-table/{id}", get),
    ("GET", "/v2/{p}/route-table/route/{id}", routes_of),
    ("PUT", "/v2/{p}/route-table/{id}/routes", replace_routes),
    ("DELETE", "/v2/{p}/route-table/{id}", delete),
)
