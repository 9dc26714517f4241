"""Pools of a load balancer, each with its members and its health monitor (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import ipaddress
import uuid
from functools import partial
from typing import Any

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import body_of, data, fields, fields_of
from mcloud_vng.emulator.vlb import (
    ANY_BALANCER,
    NOT_READY,
    accepted,
    balancer,
    begin,
    check_choice,
    check_field_name,
    check_range,
    check_room,
    child,
    children,
    made,
    shown,
    stamp,
    writable,
)
from mcloud_vng.emulator.world import Item, World, refuse

PROTOCOLS = {"Layer 7": ("HTTP",), "Layer 4": ("TCP", "UDP", "PROXY")}
TITLES = {"Layer 7": "Application", "Layer 4": "Network"}
ALGORITHMS = ("ROUND_ROBIN", "LEAST_CONNECTIONS", "SOURCE_IP")
CHECKS = {
    "HTTP": ("TCP", "HTTP"),
    "TCP": ("TCP", "HTTP", "HTTPS"),
    "PROXY": ("TCP", "HTTP", "HTTPS"),
    "UDP": ("PING-UDP",),
}
"""Pool protocol -> protocols of its health check ([DOC]: HTTPS checks on network load balancers only)."""
SPANS = {"healthyThreshold": (2, 10), "unhealthyThreshold": (2, 10), "interval": (5, 3600), "timeout": (2, 120)}
DEFAULTS = {"healthyThreshold": 3, "unhealthyThreshold": 3, "interval": 30, "timeout": 5}
HTTP_DEFAULTS = {"healthCheckMethod": "GET", "httpVersion": "1.0", "healthCheckPath": "/", "successCode": "200"}
HTTP_CHOICES = {"healthCheckMethod": ("GET", "PUT", "POST"), "httpVersion": ("1.0", "1.1")}
MONITOR = dict.fromkeys(SPANS, int)
MONITOR_TEXTS = dict.fromkeys((*HTTP_DEFAULTS, "domainName"), str)
MEMBER = {"ipAddress": str, "port": int, "backup": bool}
MEMBER_SPANS = {"port": (1, 65535), "monitorPort": (1, 65535), "weight": (0, 256)}


def make_pool(world: World, owner: Item, body: Item) -> Item:
    """A new pool in a load balancer, from a create's body."""
    fields_of(
        body,
        {"poolName": str, "poolProtocol": str, "algorithm": str, "healthMonitor": dict},
        {"stickiness": bool, "tlsEncryption": bool},
    )
    name, protocol = check_field_name(body, "poolName"), body["poolProtocol"]
    if protocol not in PROTOCOLS[owner["type"]]:
        words = ", ".join(PROTOCOLS[owner["type"]])
        title = TITLES[owner["type"]]
        raise refuse(400, f"Invalid pool's protocol for {title} load balancer. Valid values: [{words}]")
    if protocol == "HTTP" and body.get("stickiness") is None:
        raise refuse(400, "Stickiness must be specified for HTTP pools")
    check_choice(body, {"algorithm": ALGORITHMS})
    _check_layer(body, protocol)
    siblings = children(world.pools, owner)
    check_room(world, "POOL_PER_LOAD_BALANCER", len(siblings))
    if any(item["name"] == name for item in siblings):
        raise refuse(400, "Duplicated pool name", "Conflict")
    now = stamp(world)
    item: Item = {
        "uuid": world.new_id("pool"),
        "loadBalancerId": owner["uuid"],
        "name": name,
        "protocol": protocol,
        "loadBalanceMethod": body["algorithm"],
        "stickiness": bool(body.get("stickiness")),
        "tlsEncryption": bool(body.get("tlsEncryption")),
        "healthMonitor": _new_monitor(world, body["healthMonitor"], protocol),
        "status": "CREATING",
        "createdAt": now,
        "updatedAt": now,
    }
    item["members"] = _members(world, item, owner, body.get("members"))
    world.pools[item["uuid"]] = item
    return item


def _check_layer(body: Item, protocol: str) -> None:
    """Stickiness and encryption are for HTTP pools; false is what leaving out is. The text is the emulator's choice."""
    for name in ("stickiness", "tlsEncryption"):
        if body.get(name) and protocol != "HTTP":
            raise refuse(400, f"{name}: only for HTTP pools;")


def _new_monitor(world: World, body: Item, protocol: str) -> Item:
    fields_of(body, {"healthCheckProtocol": str}, {**MONITOR, **MONITOR_TEXTS})
    check_choice(body, {"healthCheckProtocol": CHECKS[protocol]})
    now = stamp(world)
    return {
        "uuid": str(uuid.uuid4()),
        "healthCheckProtocol": body["healthCheckProtocol"],
        "createdAt": now,
        "updatedAt": now,
        **_monitor(body, body["healthCheckProtocol"], DEFAULTS),
    }


def _monitor(body: Item, protocol: str, defaults: dict[str, int]) -> Item:
    """What can change of a monitor; the HTTP part is there for HTTP checks only."""
    check_range(body, SPANS)
    found: Item = {name: body.get(name) or defaults[name] for name in SPANS}
    if protocol not in ("HTTP", "HTTPS"):
        return {**found, **dict.fromkeys(MONITOR_TEXTS)}
    check_choice(body, HTTP_CHOICES)
    found |= {name: body.get(name) or default for name, default in HTTP_DEFAULTS.items()}
    if body.get("domainName") and found["httpVersion"] != "1.1":
        # A rule of [TF]'s documents; the text is the emulator's choice.
        raise refuse(400, "domainName: only with httpVersion 1.1;")
    return {**found, "domainName": body.get("domainName") or None}


def _members(world: World, item: Item, owner: Item, asked: Any) -> list[Item]:
    """The members that were sent, in their order: [TF] compares the list as a list."""
    if asked is not None and not isinstance(asked, list):
        raise refuse(400, "members: must be a list;")
    rows = [_member(world, item, owner, one) for one in asked or []]
    check_room(world, "MEMBER_PER_POOL", 0, len(rows))
    places = [(row["address"], row["protocolPort"]) for row in rows]
    if len(set(places)) < len(places):
        # The text is not known.
        raise refuse(400, "Duplicated member address and port", "Conflict")
    return rows


def _member(world: World, item: Item, owner: Item, body: Any) -> Item:
    """One member. Documents want an address of the load balancer's subnet, or a public one; whether the service looks
    at that is not known: here it does not."""
    if not isinstance(body, dict):
        raise refuse(400, "members: must be a list;")
    fields_of(body, MEMBER, {"name": str, "monitorPort": int, "weight": int})
    check_range(body, MEMBER_SPANS)
    try:
        address = str(ipaddress.IPv4Address(body["ipAddress"]))
    except ValueError as error:
        raise refuse(400, "ipAddress: must be an IPv4 address;") from error
    name = check_field_name(body, "name") if body.get("name") else None
    there = {(one["address"], one["protocolPort"]): one for one in item.get("members", ())}
    old = there.get((address, body["port"]), {})
    now = stamp(world)
    return {
        "uuid": old.get("uuid") or str(uuid.uuid4()),
        "name": name,
        "address": address,
        "protocolPort": body["port"],
        "monitorPort": body.get("monitorPort") or body["port"],
        "weight": 1 if body.get("weight") is None else body["weight"],
        "backup": body["backup"],
        "poolId": item["uuid"],
        "subnetId": owner["subnetId"],
        "createdAt": old.get("createdAt") or now,
        "updatedAt": now,
    }


def _view(item: Item) -> Item:
    names = ("uuid", "name", "protocol", "loadBalanceMethod", "stickiness", "tlsEncryption")
    return {
        **{name: item[name] for name in names},
        "description": "",
        "members": _member_views(item),
        "healthMonitor": _monitor_view(item),
        **shown(item),
    }


def _monitor_view(item: Item) -> Item:
    states = {name: value for name, value in shown(item).items() if name.endswith("Status")}
    return {**item["healthMonitor"], **states}


def _member_views(item: Item) -> list[Item]:
    """Members with the states of their pool; [SDK] reads ``updateAt``, [TF] ``updatedAt``."""
    states = {name: value for name, value in shown(item).items() if name.endswith("Status")}
    return [{**row, **states, "typeCreate": "MANUAL", "updateAt": row["updatedAt"]} for row in item["members"]]


def pool_of(world: World, call: Call) -> Item:
    """The pool of a path, or the vendor's 404."""
    return child(world, call, world.pools, "pool", "Cannot get pool with id")


def create(world: World, call: Call) -> Answer:
    """Its id; the load balancer is busy meanwhile."""
    owner = writable(world, call)
    item = make_pool(world, owner, body_of(call))
    begin(world, owner, item)
    return made(call, item)


def list_pools(world: World, call: Call) -> Answer:
    """All of them in ``data``."""
    return data([_view(item) for item in children(world.pools, balancer(world, call))])


def get(world: World, call: Call) -> Answer:
    """In ``data``."""
    balancer(world, call)
    return data(_view(pool_of(world, call)))


def get_monitor(world: World, call: Call) -> Answer:
    """In ``data``."""
    balancer(world, call)
    return data(_monitor_view(pool_of(world, call)))


def get_members(world: World, call: Call) -> Answer:
    """All of them in ``data``; the load balancer's part of the path may be the literal of [TF]."""
    if call.params["lb"] == ANY_BALANCER:
        found = world.pools.get(call.params["pool"])
        if found is None:
            raise refuse(404, f"Cannot get pool with id {call.params['pool']}", "NotFound")
        return data(_member_views(found))
    balancer(world, call)
    return data(_member_views(pool_of(world, call)))


def _changeable(world: World, call: Call) -> tuple[Item, Item]:
    """The load balancer and the pool, both ready; the code of a busy pool is the one that [TF] tries again after."""
    found = world.pools.get(call.params["pool"])
    if found is not None and found["status"] != "CREATED" and found["loadBalancerId"] == call.params["lb"]:
        raise refuse(400, f"Pool id {found['uuid']} is {found['status'].lower()}", NOT_READY)
    return writable(world, call), pool_of(world, call)


def update(world: World, call: Call) -> Answer:
    """Algorithm, stickiness, encryption and monitor; the monitor's protocol stays, one that is left out stays."""
    owner, item = _changeable(world, call)
    optional = {"stickiness": bool, "tlsEncryption": bool, "healthMonitor": dict}
    body = fields(call, {"algorithm": str}, optional)
    check_choice(body, {"algorithm": ALGORITHMS})
    if item["protocol"] == "HTTP" and body.get("stickiness") is None:
        raise refuse(400, "Stickiness must be specified for HTTP pools")
    _check_layer(body, item["protocol"])
    monitor = body.get("healthMonitor")
    if monitor is not None:
        fields_of(monitor, MONITOR, MONITOR_TEXTS)
        changed = _monitor(monitor, item["healthMonitor"]["healthCheckProtocol"], DEFAULTS)
        item["healthMonitor"] |= {**changed, "updatedAt": stamp(world)}
    item |= {
        "loadBalanceMethod": body["algorithm"],
        "stickiness": bool(body.get("stickiness")),
        "tlsEncryption": bool(body.get("tlsEncryption")),
    }
    begin(world, owner, item)
    return accepted(call)


def set_members(world: World, call: Call) -> Answer:
    """The full list; the same list again is refused."""
    owner, item = _changeable(world, call)
    body = body_of(call)
    if body.get("members") is None:
        raise refuse(400, "members: must not be null;")
    rows = _members(world, item, owner, body["members"])
    if _said(rows) == _said(item["members"]):
        raise refuse(400, "The members provided are identical to the existing members in the pool")
    item["members"] = rows
    begin(world, owner, item)
    return accepted(call)


def _said(rows: list[Item]) -> list[tuple[Any, ...]]:
    names = ("name", "address", "protocolPort", "monitorPort", "weight", "backup")
    return [tuple(row[name] for name in names) for row in rows]


def delete(world: World, call: Call) -> Answer:
    """Refused while a listener or a policy sends traffic to it (400, LIVE)."""
    owner, item = _changeable(world, call)
    users = [one["uuid"] for one in children(world.listeners, owner) if one["defaultPoolId"] == item["uuid"]]
    users += [one["listenerId"] for one in children(world.policies, owner) if one["redirectPoolId"] == item["uuid"]]
    if users:
        raise refuse(400, f"Pool {item['uuid']} is used in listener {users[0]}", "Conflict")
    item["status"] = "DELETING"
    begin(world, owner, done=partial(world.pools.pop, item["uuid"], None))
    return Answer(202)


PATH = "/v2/{p}/loadBalancers/{lb}/pools"
ROUTES = (
    ("POST", PATH, create),
    ("GET", PATH, list_pools),
    ("GET", PATH + "/{pool}", get),
    ("PUT", PATH + "/{pool}", update),
    ("DELETE", PATH + "/{pool}", delete),
    ("GET", PATH + "/{pool}/healthMonitor", get_monitor),
    ("GET", PATH + "/{pool}/members", get_members),
    ("PUT", PATH + "/{pool}/members", set_members),
)
