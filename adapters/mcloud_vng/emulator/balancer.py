"""Load balancers and the packages that they are sold in (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from functools import partial

from mcloud.emulator.http import Answer, Call, Refusal
from mcloud_vng.emulator.address import free_public_address
from mcloud_vng.emulator.envelope import data, fields, not_emulated, page
from mcloud_vng.emulator.listener import ALL_HEADERS, make_listener
from mcloud_vng.emulator.network import check_quota, free_address
from mcloud_vng.emulator.pool import make_pool
from mcloud_vng.emulator.vlb import (
    balancer,
    begin,
    check_choice,
    check_field_name,
    check_idle,
    children,
    made,
    shown,
    stamp,
)
from mcloud_vng.emulator.world import Item, World, refuse, state_times

LAYERS = {"L4": "Layer 4", "L7": "Layer 7"}
CHOICES = {"scheme": ("Internet", "Internal"), "type": tuple(LAYERS.values())}
NEEDED = {"name": str, "packageId": str, "scheme": str, "subnetId": str, "type": str}
OPTIONAL = {"zoneId": str, "listener": dict, "pool": dict, "autoScalable": bool, "isPoc": bool}


def _package_view(row: Item) -> Item:
    return {
        "uuid": row["id"],
        "name": row["name"],
        "type": "",
        "connectionNumber": int(row["connections"]),
        "dataTransfer": 0,
        "mode": "ACTIVE/STANDBY",
        "lbType": row["layer"],
        "displayLbType": LAYERS[row["layer"]],
    }


def packages(world: World, call: Call) -> Answer:
    """Those of a zone; without one those of the default zone, whose ids are good in no other zone (LIVE 2026-09)."""
    zone = call.query.get("zoneId") or next(item[0] for item in world.zones.values() if item[3])
    if zone not in world.zones:
        raise refuse(404, f"Cannot get zone with id {zone}", "NotFound")
    return page(call, [_package_view(row) for row in world.packages.values() if row["zone"] == zone])


def all_packages(world: World, call: Call) -> Answer:
    """Those of all zones."""
    return page(call, [_package_view(row) for row in world.packages.values()])


def headers(world: World, call: Call) -> Answer:
    """Names of headers that a listener can insert."""
    return data(list(ALL_HEADERS))


def create(world: World, call: Call) -> Answer:
    """Its id. Subnet and package must be of its zone; a pool and a listener may come with it."""
    body = fields(call, NEEDED, OPTIONAL)
    not_emulated(body, "tags", "autoScalable", "isPoc")
    check_field_name(body, "name")
    check_choice(body, CHOICES)
    zone = world.zone_of(body.get("zoneId"))
    place = world.subnets.get(body["subnetId"])
    if place is None or place["status"] != "ACTIVE":
        raise refuse(404, f"subnet with id {body['subnetId']} is not found", "NotFound")
    if place["zone"]["uuid"] != zone:
        # Whether the service looks at this is not known.
        raise refuse(400, f"subnet id: {place['uuid']} is not in zone {zone}")
    package = _package(world, body["packageId"], zone, body["type"])
    check_quota(world, "LOAD_BALANCER", "exceeded load_balancer quota. current used: {used}, max: {max}")
    now = stamp(world)
    public = body["scheme"] == "Internet"
    item: Item = {
        "uuid": world.new_id("lb"),
        "name": body["name"],
        "status": "CREATING",
        "type": body["type"],
        "scheme": body["scheme"],
        "subnetId": place["uuid"],
        "packageId": package["id"],
        "address": free_public_address(world) if public else free_address(world, place),
        "zoneId": zone,
        "createdAt": now,
        "updatedAt": now,
    }
    parts = _parts(world, item, body)
    world.balancers[item["uuid"]] = item
    for one in (item, *parts):
        # Which of the two names comes first is not known.
        world.later("load-balancer-create", one, *(("CREATING-BILLING",) if one is item else ()), "CREATED")
    return made(call, item)


def _parts(world: World, item: Item, body: Item) -> list[Item]:
    """The pool and the listener that [SDK] can send with a load balancer; the listener then sends to the pool."""
    parts = [make_pool(world, item, body["pool"])] if body.get("pool") else []
    if body.get("listener"):
        to = {"defaultPoolId": parts[0]["uuid"]} if parts else {}
        try:
            parts.append(make_listener(world, item, {**body["listener"], **to}))
        except Refusal:
            for pool in parts:
                del world.pools[pool["uuid"]]
            raise
    return parts


def _package(world: World, package_id: str, zone: str, layer: str) -> Item:
    """A package of this zone and layer (LIVE for a resize to another zone's)."""
    row = world.packages.get(package_id)
    if row is None or row["zone"] != zone or LAYERS[row["layer"]] != layer:
        raise refuse(400, f"Invalid package id ({package_id})")
    return row


def _view(world: World, item: Item) -> Item:
    place, package = world.subnets[item["subnetId"]], world.packages[item["packageId"]]
    node = {"status": "ACTIVE", "zoneId": item["zoneId"], "zoneName": item["zoneId"], "subnetId": item["subnetId"]}
    return {
        "uuid": item["uuid"],
        "name": item["name"],
        "description": "",
        "location": "",
        "address": item["address"],
        "type": item["type"],
        "displayType": item["type"],
        "loadBalancerSchema": item["scheme"],
        "privateSubnetId": place["uuid"],
        "privateSubnetCidr": place["cidr"],
        "backendSubnetId": place["uuid"],
        "packageId": package["id"],
        "packageInfo": {
            "packageId": package["id"],
            "name": package["name"],
            "connectionNumber": int(package["connections"]),
            "dataTransfer": 0,
        },
        "autoScalable": False,
        "minSize": 0,
        "maxSize": 0,
        "totalNodes": 2,
        "nodes": [node, node],
        "zone": world.zone_view(item["zoneId"]),
        **shown(item),
    }


def list_balancers(world: World, call: Call) -> Answer:
    """A page; there are no tags here, so that no load balancer has the ones that are asked for."""
    rows = [] if call.query.get("tags") else [_view(world, item) for item in world.balancers.values()]
    return page(call, rows)


def of_subnet(world: World, call: Call) -> Answer:
    """A bare array, as published ([CLI+])."""
    wanted = call.params["subnet"]
    return Answer(200, [_view(world, item) for item in world.balancers.values() if item["subnetId"] == wanted])


def get(world: World, call: Call) -> Answer:
    """In ``data``."""
    return data(_view(world, balancer(world, call)))


def resize(world: World, call: Call) -> Answer:
    """To another package of the same zone and layer; it shows when the work is done."""
    item, body = balancer(world, call), fields(call, {"packageId": str})
    check_idle(item)
    if body["packageId"] == item["packageId"]:
        raise refuse(400, f"Package {item['packageId']} is the same as the current package")
    package = _package(world, body["packageId"], item["zoneId"], item["type"])
    begin(world, item, time="load-balancer-resize", done=partial(item.update, packageId=package["id"]))
    return made(call, item)


def delete(world: World, call: Call) -> Answer:
    """With all that is in it: the order in which [TF] takes things down implies it. That one in ERROR goes is the
    emulator's choice."""
    item = balancer(world, call)
    if item["status"] != "ERROR":
        check_idle(item)
    item["status"] = "DELETING"
    world.agenda.after(state_times()["load-balancer-delete"], partial(_drop, world, item))
    return Answer(202)


def _drop(world: World, item: Item) -> None:
    for parts in (world.policies, world.listeners, world.pools):
        for part in children(parts, item):
            parts.pop(part["uuid"], None)
    world.balancers.pop(item["uuid"], None)


PATH = "/v2/{p}/loadBalancers"
ROUTES = (
    ("GET", PATH + "/packages", packages),
    ("GET", PATH + "/all_packages", all_packages),
    ("GET", PATH + "/headers", headers),
    ("GET", PATH + "/subnet/{subnet}", of_subnet),
    ("POST", PATH, create),
    ("GET", PATH, list_balancers),
    ("GET", PATH + "/{lb}", get),
    ("PUT", PATH + "/{lb}/resize", resize),
    ("DELETE", PATH + "/{lb}", delete),
)
