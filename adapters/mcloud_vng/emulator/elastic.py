"""Elastic interfaces: public ones that outlive the server that has them (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.address import free_public_address, may_have
from mcloud_vng.emulator.envelope import data, fields, not_emulated, page
from mcloud_vng.emulator.interface import changeable, check_room
from mcloud_vng.emulator.network import check_name
from mcloud_vng.emulator.server import nic_view, public_view
from mcloud_vng.emulator.world import Item, World, refuse


def view(world: World, item: Item) -> Item:
    """An elastic interface as it is answered; [TF] stops where ``zone`` is missing. AVAILABLE and ATTACHED are the
    states of public addresses (MCP-LIVE); that an interface has the same ones is the emulator's choice."""
    server = world.servers.get(item["serverId"] or "")
    network = world.networks.get(server["networkId"]) if server else None
    return {
        **{key: value for key, value in item.items() if key != "zoneId"},
        "projectId": world.project,
        "serverName": server["name"] if server else None,
        "status": "ATTACHED" if server else "AVAILABLE",
        "vpcId": network["id"] if network else None,
        "vpcName": network["displayName"] if network else None,
        "elasticIpId": None,
        "zone": world.zone_view(item["zoneId"]),
    }


def create(world: World, call: Call) -> Answer:
    """At once. An elastic address is charged like a floating one [3P]. Without a zone it is the default one."""
    body = fields(call, {"name": str}, {"zoneId": str})
    not_emulated(body, "floatingIpId", "securityGroupIds", "tags")
    zone = world.zone_of(body.get("zoneId"))
    price = world.wallet.price(floating_ip=1)
    world.afford(price)
    item: Item = {
        "uuid": world.new_id("net-ex"),  # the vendor's prefix is not known
        "name": check_name(body["name"]),
        "ip": free_public_address(world),
        "serverId": None,
        "zoneId": zone,
        "createdAt": world.stamp(),
        "updatedAt": None,
    }
    world.elastic[str(item["uuid"])] = item
    world.wallet.debit(item["uuid"], price)
    return data(view(world, item), 201)


def _elastic(world: World, nic_id: str) -> Item:
    found = world.elastic.get(nic_id)
    if found is None:  # the text is our own, after the one for private interfaces
        raise refuse(404, f"external network interface with id {nic_id} is not found", "NotFound")
    return found


def list_elastic(world: World, call: Call) -> Answer:
    """A page."""
    return page(call, [view(world, item) for item in world.elastic.values()])


def get(world: World, call: Call) -> Answer:
    """In ``data``."""
    return data(view(world, _elastic(world, call.params["id"])))


def rename(world: World, call: Call) -> Answer:
    """At once."""
    item, body = _elastic(world, call.params["id"]), fields(call, {"name": str})
    item |= {"name": check_name(body["name"]), "updatedAt": world.stamp()}
    return data(view(world, item))


def delete(world: World, call: Call) -> Answer:
    """Only one that no server has; the text is our own."""
    item = _elastic(world, call.params["id"])
    if item["serverId"]:
        raise refuse(400, f"external network interface with id {item['uuid']} is in use", "Conflict")
    del world.elastic[item["uuid"]]
    world.wallet.refund(item["uuid"])
    return Answer(204)


def attach(world: World, call: Call) -> Answer:
    """One that is free, to a server of its zone without a floating address."""
    server = changeable(world, call)
    item = _elastic(world, fields(call, {"externalNetworkInterfaceId": str})["externalNetworkInterfaceId"])
    if item["serverId"]:
        raise refuse(400, f"external network interface with id {item['uuid']} is in use", "Conflict")
    if item["zoneId"] != server["zoneId"]:
        raise refuse(400, f"external network interface with id {item['uuid']} is not in zone {server['zoneId']}")
    may_have(world, server)
    check_room(world, server, 1)
    item["serverId"] = server["uuid"]
    return data(public_view(item))


def detach(world: World, call: Call) -> Answer:
    """It stays, unattached."""
    server = changeable(world, call)
    item = _elastic(world, fields(call, {"networkInterfaceId": str})["networkInterfaceId"])
    if item["serverId"] != server["uuid"]:
        raise refuse(400, f"external network interface with id {item['uuid']} is not attached", "Conflict")
    item["serverId"] = None
    return Answer(204)


def of_server(world: World, call: Call) -> Answer:
    """An interface of a server, public or (so [TF] reads them too) private."""
    public = world.elastic.get(call.params["id"])
    if public is not None and public["serverId"]:
        return data(public_view(public))
    nic, server = world.nic(call.params["id"])
    return data(nic_view(server, nic))


ROUTES = (
    ("POST", "/v2/{p}/network-interfaces-elastic", create),
    ("GET", "/v2/{p}/network-interfaces-elastic", list_elastic),
    ("GET", "/v2/{p}/network-interfaces-elastic/{id}", get),
    ("PUT", "/v2/{p}/network-interfaces-elastic/{id}/rename", rename),
    ("DELETE", "/v2/{p}/network-interfaces-elastic/{id}", delete),
    ("GET", "/v2/{p}/servers/external-network-interfaces/{id}", of_server),
    ("POST", "/v2/{p}/servers/{s}/external-network-interfaces", attach),
    ("DELETE", "/v2/{p}/servers/{s}/external-network-interfaces", detach),
)
