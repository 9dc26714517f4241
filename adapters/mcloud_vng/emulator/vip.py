"""Virtual IP addresses, and the interfaces that answer for them (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import body_of, data, fields, fields_of, page
from mcloud_vng.emulator.network import check_name, check_quota, free_address, ready_subnet
from mcloud_vng.emulator.security import check_description
from mcloud_vng.emulator.world import Item, World, refuse

MODES = ("Active/Active", "Active/Passive")


def view(world: World, item: Item) -> Item:
    """A virtual address as it is answered; its ``status`` is always ACTIVE here (its values are not known)."""
    place = world.subnets[item["subnetId"]]
    network = world.networks[place["networkUuid"]]
    pairs = [pair["networkInterfaceIp"] for pair in _pairs_of(world, item)]
    return {
        **item,
        "networkId": network["id"],
        "networkName": network["displayName"],
        "networkCIDR": network["cidr"],
        "subnetName": place["name"],
        "subnetCIDR": place["cidr"],
        "addressPairIps": pairs,
        "type": "private",
        "status": "ACTIVE",
    }


def _pairs_of(world: World, item: Item) -> list[Item]:
    return [pair for pair in world.pairs.values() if pair["virtualIpAddressId"] == item["uuid"]]


def _check_mode(body: Item) -> str | None:
    mode = body.get("mode")
    if mode not in (None, "", *MODES):
        raise refuse(400, f"mode: must be one of {', '.join(MODES)};")
    return mode or None


def create(world: World, call: Call) -> Answer:
    """In a subnet; [SDK] wraps the place in ``crossProjectRequest``, here of the own project only."""
    body = body_of(call)
    crossing = body.get("crossProjectRequest")
    if isinstance(crossing, dict):
        owner = crossing.get("projectId")
        if owner != world.project:
            raise refuse(400, f"project {owner} is not belong to user {world.user}", "Forbidden")
        body = {**body, "subnetId": crossing.get("subnetId"), "ipAddress": crossing.get("ipAddress")}
    optional = {"description": str, "mode": str, "ipAddress": str}
    body = fields_of(body, {"name": str, "subnetId": str}, optional)
    place = ready_subnet(world, body["subnetId"])
    check_quota(world, "VIRTUAL_IP_ADDRESS", "exceeded virtual_ip_address quota. current used: {used}, max: {max}")
    item: Item = {
        "uuid": world.new_id("vip"),
        "name": check_name(body["name"]),
        "description": check_description(body),
        "subnetId": place["uuid"],
        "ipAddress": free_address(world, place, body.get("ipAddress")),
        "mode": _check_mode(body),
        "createdAt": world.stamp(),
    }
    world.vips[str(item["uuid"])] = item
    return data(view(world, item), 201)


def _vip(world: World, vip_id: str) -> Item:
    found = world.vips.get(vip_id)
    if found is None:
        raise refuse(404, f"virtual ip address with id {vip_id} is not found", "NotFound")
    return found


def list_vips(world: World, call: Call) -> Answer:
    """A page, also without a query ([MCP])."""
    return page(call, [view(world, item) for item in world.vips.values()])


def get(world: World, call: Call) -> Answer:
    """In ``data``."""
    return data(view(world, _vip(world, call.params["vip"])))


def update(world: World, call: Call) -> Answer:
    """Name and description, and the mode where it is sent."""
    item = _vip(world, call.params["vip"])
    body = fields(call, {"name": str}, {"description": str, "mode": str})
    mode = _check_mode(body) or item["mode"]
    item |= {"name": check_name(body["name"]), "description": check_description(body), "mode": mode}
    return data(view(world, item))


def delete(world: World, call: Call) -> Answer:
    """Refused while an interface answers for it ([SDK] has the text, but never compares it)."""
    item = _vip(world, call.params["vip"])
    if _pairs_of(world, item):
        text = f"virtual ip address id {item['uuid']} is used. Please remove address pairs first"
        raise refuse(400, text, "Conflict")
    del world.vips[item["uuid"]]
    return Answer(204)


def candidates(world: World, call: Call) -> Answer:
    """The private interfaces that could answer, of one subnet or zone where it is asked for."""
    subnet, zone = call.query.get("subnetId"), call.query.get("zoneId")
    rows = [
        {"uuid": nic["uuid"], "fixedIp": nic["fixedIp"], "subnetId": nic["subnetUuid"], "subnetUuid": nic["subnetUuid"]}
        for server in world.servers.values()
        for nic in world.nics_of(server)
        if subnet in (None, "", nic["subnetUuid"]) and zone in (None, "", server["zoneId"])
    ]
    return data(rows)


def add_pair(world: World, call: Call) -> Answer:
    """The spec, [SDK] and [TF] call the interface ``internalNetworkInterfaceId``, [MCP] ``networkInterfaceId``.

    That it must be in the address's network is not known, and not asked for.
    """
    item, body = _vip(world, call.params["vip"]), body_of(call)
    name = "networkInterfaceId" if body.get("networkInterfaceId") else "internalNetworkInterfaceId"
    nic, _ = world.nic(fields(call, {name: str}, {"mode": str})[name])
    if any(pair["networkInterfaceId"] == nic["uuid"] for pair in _pairs_of(world, item)):
        # Two spaces: the vendor's own text.
        text = f"address pair with internal network interface  id {nic['uuid']} already exists"
        raise refuse(400, text, "Conflict")
    pair: Item = {
        "uuid": world.new_id("address-pair"),
        "virtualIpAddressId": item["uuid"],
        "networkInterfaceId": nic["uuid"],
        "networkInterfaceIp": nic["fixedIp"],
        "createdAt": world.stamp(),
    }
    world.pairs[str(pair["uuid"])] = pair
    return data(pair, 201)


def list_pairs(world: World, call: Call) -> Answer:
    """In ``data``."""
    return data(_pairs_of(world, _vip(world, call.params["vip"])))


def _pair(world: World, pair_id: str) -> Item:
    found = world.pairs.get(pair_id)
    if found is None:
        raise refuse(404, f"address pair with uuid: {pair_id} was not existing", "NotFound")
    return found


def get_pair(world: World, call: Call) -> Answer:
    """One of this address."""
    item, pair = _vip(world, call.params["vip"]), _pair(world, call.params["pair"])
    if pair["virtualIpAddressId"] != item["uuid"]:
        raise refuse(404, f"address pair with uuid: {pair['uuid']} was not existing", "NotFound")
    return data(pair)


def delete_pair(world: World, call: Call) -> Answer:
    """By its own id, whatever else is in the path: [TF] leaves the literal ``{virtualIpAddressId}`` there, and [SDK]
    calls it below ``virtual-subnets``."""
    del world.pairs[_pair(world, call.params["pair"])["uuid"]]
    return Answer(204)


def _range(world: World, range_id: str) -> Item:
    """A secondary range of a subnet, which the vendor also calls a virtual subnet; the text is our own."""
    for place in world.subnets.values():
        for row in place["secondarySubnets"]:
            if row["uuid"] == range_id:
                return dict(row)
    raise refuse(404, f"virtual subnet with id {range_id} is not found", "NotFound")


def add_range_pair(world: World, call: Call) -> Answer:
    """An interface answers for a block of a secondary range ([SDK], for Kubernetes); any block is taken here."""
    row = _range(world, call.params["range"])
    body = fields(call, {"cidr": str, "internalNetworkInterfaceId": str})
    nic, _ = world.nic(body["internalNetworkInterfaceId"])
    pair: Item = {
        "uuid": world.new_id("address-pair"),
        "virtualIpAddressId": None,
        "virtualSubnetId": row["uuid"],
        "networkInterfaceId": nic["uuid"],
        "networkInterfaceIp": nic["fixedIp"],
        "cidr": body["cidr"],
        "createdAt": world.stamp(),
    }
    world.pairs[str(pair["uuid"])] = pair
    return data(pair)


def list_range_pairs(world: World, call: Call) -> Answer:
    """In ``data``."""
    row = _range(world, call.params["range"])
    return data([pair for pair in world.pairs.values() if pair.get("virtualSubnetId") == row["uuid"]])


ROUTES = (
    ("POST", "/v2/{p}/virtualIpAddress", create),
    ("GET", "/v2/{p}/virtualIpAddress", list_vips),
    ("GET", "/v2/{p}/virtualIpAddress/internalNetworkInterfaces", candidates),
    ("GET", "/v2/{p}/virtualIpAddress/{vip}", get),
    ("PUT", "/v2/{p}/virtualIpAddress/{vip}", update),
    ("DELETE", "/v2/{p}/virtualIpAddress/{vip}", delete),
    ("POST", "/v2/{p}/virtualIpAddress/{vip}/addressPairs", add_pair),
    ("GET", "/v2/{p}/virtualIpAddress/{vip}/addressPairs", list_pairs),
    ("GET", "/v2/{p}/virtualIpAddress/{vip}/addressPairs/{pair}", get_pair),
    ("DELETE", "/v2/{p}/virtualIpAddress/{vip}/addressPairs/{pair}", delete_pair),
    ("GET", "/v2/{p}/virtual-subnets/{range}/addressPairs", list_range_pairs),
    ("POST", "/v2/{p}/virtual-subnets/{range}/addressPairs", add_range_pair),
    ("DELETE", "/v2/{p}/virtual-subnets/addressPairs/{pair}", delete_pair),
)
