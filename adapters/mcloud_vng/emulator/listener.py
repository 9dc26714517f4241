"""Listeners of a load balancer (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import ipaddress
from functools import partial
from typing import Any

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.catalog import certificates_in_use
from mcloud_vng.emulator.envelope import body_of, data, fields_of, not_emulated
from mcloud_vng.emulator.vlb import (
    accepted,
    balancer,
    begin,
    check_choice,
    check_field_name,
    check_range,
    check_room,
    children,
    made,
    shown,
    stamp,
    writable,
)
from mcloud_vng.emulator.world import Item, World, refuse

PROTOCOLS = {"Layer 7": ("HTTP", "HTTPS"), "Layer 4": ("TCP", "UDP")}
POOLS = {"HTTP": ("HTTP",), "HTTPS": ("HTTP",), "TCP": ("TCP", "PROXY"), "UDP": ("UDP",)}
"""Protocol -> protocols of the pools that it can send to; only that Layer 7 has HTTP pools alone is known."""
TIMEOUTS = ("timeoutClient", "timeoutMember", "timeoutConnection")
SPANS = {"listenerProtocolPort": (1, 65535), **dict.fromkeys(TIMEOUTS, (1, 3600))}
NEEDED = {"listenerName": str, "listenerProtocol": str, "listenerProtocolPort": int, **dict.fromkeys(TIMEOUTS, int)}
OPTIONAL = {
    "allowedCidrs": str,
    "defaultPoolId": str,
    "certificateAuthorities": list,
    "defaultCertificateAuthority": str,
    "clientCertificate": str,
    "headers": list,
}
ELSEWHERE = ("blockedCidrs", "defaultAction", "alpnProtocols", "tlsSecurityPolicy")
HEADERS = ("X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto")
CLIENT_HEADERS = ("Client-Verify", "Client-Has-Cert", "Client-DN", "Client-CN", "Issuer", "Client-SHA1")
DATE_HEADERS = ("Client-Not-Before", "Client-Not-After")
ALL_HEADERS = (*HEADERS, *(f"X-SSL-{part}" for part in (*CLIENT_HEADERS, *DATE_HEADERS)))
"""[TF] v1.3.11, docs and swagger.yaml: the usual three, and those about the client's certificate."""


def make_listener(world: World, owner: Item, body: Item) -> Item:
    """A new listener in a load balancer, from a create's body."""
    fields_of(body, NEEDED, OPTIONAL)
    not_emulated(body, *ELSEWHERE)
    name, protocol, port = (
        check_field_name(body, "listenerName"),
        body["listenerProtocol"],
        body["listenerProtocolPort"],
    )
    check_choice(body, {"listenerProtocol": PROTOCOLS[owner["type"]]})
    check_range(body, SPANS)
    siblings = children(world.listeners, owner)
    check_room(world, "LISTENER_PER_LOAD_BALANCER", len(siblings))
    if any(item["name"] == name for item in siblings):
        raise refuse(400, "Duplicated listener name", "Conflict")
    # Whether TCP and UDP may have the same port is not known: here they may.
    if any(item["protocolPort"] == port and (item["protocol"] == "UDP") == (protocol == "UDP") for item in siblings):
        raise refuse(400, "Duplicated listener protocol port", "Conflict")
    now = stamp(world)
    item: Item = {
        "uuid": world.new_id("lis"),
        "loadBalancerId": owner["uuid"],
        "name": name,
        "protocol": protocol,
        "protocolPort": port,
        "status": "CREATING",
        "createdAt": now,
        "updatedAt": now,
        **_settings(world, owner, protocol, body),
    }
    world.listeners[item["uuid"]] = item
    return item


def _settings(world: World, owner: Item, protocol: str, body: Item) -> Item:
    """All that an update can change."""
    found: Item = {
        **{name: body[name] for name in TIMEOUTS},
        "allowedCidrs": _checked_blocks(body.get("allowedCidrs") or "0.0.0.0/0"),
        "defaultPoolId": _pool(world, owner, protocol, body.get("defaultPoolId")),
        "certificateAuthorities": body.get("certificateAuthorities") or [],
        "defaultCertificateAuthority": body.get("defaultCertificateAuthority") or None,
        "clientCertificateAuthentication": body.get("clientCertificate") or None,
        "insertHeaders": _headers(protocol, body),
    }
    _check_certificates(world, owner, protocol, found)
    return found


def _checked_blocks(text: str) -> str:
    for block in text.split(","):
        try:
            ipaddress.IPv4Network(block.strip())
        except ValueError as error:
            raise refuse(400, "allowedCidrs: must be IPv4 blocks, with commas between them;") from error
    return text


def _pool(world: World, owner: Item, protocol: str, pool_id: str | None) -> str | None:
    if not pool_id:
        return None
    found = world.pools.get(pool_id)
    if found is None or found["loadBalancerId"] != owner["uuid"]:
        raise refuse(404, f"Cannot get pool with id {pool_id}", "NotFound")
    if found["protocol"] not in POOLS[protocol]:
        raise refuse(400, f"Pool {pool_id} with protocol {found['protocol']} cannot serve a {protocol} listener")
    return pool_id


def _headers(protocol: str, body: Item) -> list[Item]:
    """Two generations of one thing: [TF] sends names, [SDK] names with values; the usual three where neither is."""
    if protocol not in PROTOCOLS["Layer 7"]:
        return []
    rows: Any = body.get("insertHeaders")
    if rows is None:
        rows = [{"headerName": name, "headerValue": "true"} for name in body.get("headers") or HEADERS]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise refuse(400, "insertHeaders: must be a list;")
    for row in rows:
        check_choice(fields_of(row, {"headerName": str, "headerValue": str}), {"headerName": ALL_HEADERS})
    return rows


def _check_certificates(world: World, owner: Item, protocol: str, item: Item) -> None:
    """An HTTPS listener has one, others have none; texts and types are the emulator's choice."""
    servers = [one for one in (item["defaultCertificateAuthority"], *item["certificateAuthorities"]) if one]
    client = item["clientCertificateAuthentication"]
    wanted = [*((one, "TLS/SSL") for one in servers), *([(client, "CA")] if client else [])]
    if wanted and protocol != "HTTPS":
        raise refuse(400, "certificates: only for HTTPS listeners;")
    if protocol == "HTTPS" and not item["defaultCertificateAuthority"]:
        raise refuse(400, "defaultCertificateAuthority: must not be null;")
    for certificate_id, kind in wanted:
        found = world.certificates.get(certificate_id)
        if found is None:
            raise refuse(404, f"Cannot get certificate with id {certificate_id}", "NotFound")
        if found["certificateType"] != kind:
            raise refuse(400, f"Certificate {certificate_id} is not of type {kind}")
    there = certificates_in_use(world).get(owner["uuid"], set())
    more = len({one for one, _ in wanted} - there)
    if more:
        check_room(world, "CERTIFICATE_PER_LOAD_BALANCER", len(there), more)


def _view(world: World, item: Item) -> Item:
    pool = world.pools.get(item["defaultPoolId"] or "")
    names = (
        "uuid",
        "name",
        "protocol",
        "protocolPort",
        *TIMEOUTS,
        "allowedCidrs",
        "defaultPoolId",
        "certificateAuthorities",
        "defaultCertificateAuthority",
        "clientCertificateAuthentication",
        "insertHeaders",
    )
    return {
        **{name: item[name] for name in names},
        "description": "",
        "connectionLimit": -1,
        "defaultPoolName": pool["name"] if pool else None,
        "headers": [row["headerName"] for row in item["insertHeaders"]],
        **shown(item),
    }


def listener_of(world: World, call: Call) -> Item:
    """The listener of a path, or the vendor's texts: there is none, or it is another load balancer's."""
    listener_id, owner = call.params["listener"], call.params["lb"]
    found = world.listeners.get(listener_id)
    if found is None:
        raise refuse(404, f"Cannot get listener with id {listener_id}", "NotFound")
    if found["loadBalancerId"] != owner:
        raise refuse(404, f"Listener id {listener_id} is not belong to load balancer id {owner}", "NotFound")
    return found


def create(world: World, call: Call) -> Answer:
    """Its id; the load balancer is busy meanwhile."""
    owner = writable(world, call)
    item = make_listener(world, owner, body_of(call))
    begin(world, owner, item)
    return made(call, item)


def list_listeners(world: World, call: Call) -> Answer:
    """All of them in ``data``."""
    return data([_view(world, item) for item in children(world.listeners, balancer(world, call))])


def get(world: World, call: Call) -> Answer:
    """In ``data``."""
    balancer(world, call)
    return data(_view(world, listener_of(world, call)))


def update(world: World, call: Call) -> Answer:
    """All but name, protocol and port. A field that is left out stays, for [TF] never sends the certificates for other
    names; null empties it."""
    owner, item = writable(world, call), listener_of(world, call)
    body = body_of(call)
    fields_of(body, dict.fromkeys(TIMEOUTS, int), OPTIONAL)
    not_emulated(body, *ELSEWHERE)
    check_range(body, SPANS)
    before = {**item, "clientCertificate": item["clientCertificateAuthentication"]}
    kept = {name: before[name] for name in OPTIONAL if name in before}
    if "headers" not in body:
        kept["insertHeaders"] = item["insertHeaders"]
    item |= _settings(world, owner, item["protocol"], {**kept, **body})
    begin(world, owner, item)
    return accepted(call)


def delete(world: World, call: Call) -> Answer:
    """Its policies go with it."""
    owner, item = writable(world, call), listener_of(world, call)
    item["status"] = "DELETING"
    begin(world, owner, done=partial(_drop, world, item))
    return Answer(202)


def _drop(world: World, item: Item) -> None:
    world.listeners.pop(item["uuid"], None)
    for policy in [one for one in world.policies.values() if one["listenerId"] == item["uuid"]]:
        world.policies.pop(policy["uuid"], None)


PATH = "/v2/{p}/loadBalancers/{lb}/listeners"
ROUTES = (
    ("POST", PATH, create),
    ("GET", PATH, list_listeners),
    ("GET", PATH + "/{listener}", get),
    ("PUT", PATH + "/{listener}", update),
    ("DELETE", PATH + "/{listener}", delete),
)
