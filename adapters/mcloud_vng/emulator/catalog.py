"""Projects, zones, quotas, flavors, images, volume types (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from collections import Counter

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import data, page, v1
from mcloud_vng.emulator.world import Item, World, refuse


def projects(world: World, call: Call) -> Answer:
    """One project per user and region."""
    return v1("projects", [{"projectId": world.project, "userId": world.user}])


def project_detail(world: World, call: Call) -> Answer:
    """The project's user."""
    return Answer(200, {"projectId": world.project, "userId": world.user})


def zones(world: World, call: Call) -> Answer:
    """All zones, closed ones too."""
    return data([world.zone_view(name) for name in world.zones])


def dynamic_config(world: World, call: Call) -> Answer:
    """Bare (MCP-LIVE)."""
    prefixes = ["/16", "/18", "/20", "/22", "/24", "/26", "/28"]
    return Answer(200, {"mtuConfig": [1500, 1450, 8500, 8950], "cidrNotationConfigs": prefixes})


def used(world: World) -> dict[str, int]:
    """Quota -> how much of it is used; what is being deleted counts."""
    own_groups = [group for group in world.groups.values() if not group["isSystem"]]
    flavors = [world.flavors[server["flavorId"]] for server in world.servers.values()]
    return {
        "VPC": len(world.networks),
        "SUBNET": sum(1 for subnet in world.subnets.values() if subnet["status"] != "DELETED"),
        "SECGROUP": len(own_groups),
        "SECGROUP_RULE": sum(1 for rule in world.rules.values() if rule["direction"] == "ingress"),
        "SSHKEY": len(world.keys),
        "VM": len(world.servers),
        "VCPU": sum(int(flavor["cpu"]) for flavor in flavors),
        "VOLUME": len(world.volumes),
        "FLOATING_IP": len(world.addresses),
        "VOLUME_SIZE": sum(volume["size"] for volume in world.volumes.values()),
        "SERVER_GROUP": len(world.server_groups),
        "ROUTE_TABLE": len(world.route_tables),
        "LOAD_BALANCER": len(world.balancers),
        "LISTENER_PER_LOAD_BALANCER": _most(world.listeners),
        "POOL_PER_LOAD_BALANCER": _most(world.pools),
        "POLICY_PER_LOAD_BALANCER": _most(world.policies),
        "CERTIFICATE_PER_LOAD_BALANCER": max(map(len, certificates_in_use(world).values()), default=0),
        "MEMBER_PER_POOL": max((len(pool["members"]) for pool in world.pools.values()), default=0),
    }


def _most(parts: dict[str, Item]) -> int:
    """How many of them the fullest load balancer has."""
    return max(Counter(part["loadBalancerId"] for part in parts.values()).values(), default=0)


def certificates_in_use(world: World) -> dict[str, set[str]]:
    """Load balancer -> the certificates that its listeners have."""
    found: dict[str, set[str]] = {}
    for item in world.listeners.values():
        alone = (item["defaultCertificateAuthority"], item["clientCertificateAuthentication"])
        ids = {one for one in (*item["certificateAuthorities"], *alone) if one}
        found.setdefault(item["loadBalancerId"], set()).update(ids)
    return found


def quotas(world: World, call: Call) -> Answer:
    """``used`` is a string."""
    count = used(world)
    rows = [
        {"quotaName": name, "type": "vServer", "description": "", "used": str(count[name]), "limit": limit}
        for name, limit in world.quotas.items()
    ]
    return data(rows)


def _families(world: World) -> list[tuple[str, str]]:
    return sorted({(row["zone"], row["family"]) for row in world.flavors.values()})


def flavor_zones(world: World, call: Call) -> Answer:
    """A flavor zone is a family in a zone."""
    rows = [
        {"id": world.flavor_zone_id(zone, family), "name": family, "description": "", "zoneId": zone}
        for zone, family in _families(world)
    ]
    return v1("flavorZones", rows)


def flavors(world: World, call: Call) -> Answer:
    """The flavors of a flavor zone."""
    views = [_offer(world, row) for row in world.flavors.values()]
    return v1("flavors", [view for view in views if view["flavorZoneId"] == call.params["fz"]])


def _offer(world: World, row: Item) -> Item:
    """A flavor as the catalogue has it: without its zone, even where one was asked for (MCP-LIVE)."""
    return {**world.flavor_view(row), "zoneId": None}


def _family_key(row: Item) -> str:
    return "gpu" if int(row["gpu"]) else "general-purpose"


def _platform_key(row: Item) -> str:
    """``Standard Code S`` is on platform ``code-s``, ``GPU RTX4090`` on ``code-rtx4090``."""
    return f"code-{row['family'].split()[-1].lower()}"


def families(world: World, call: Call) -> Answer:
    """A bare array (LIVE)."""
    platforms: dict[str, set[str]] = {}
    for row in world.flavors.values():
        platforms.setdefault(_family_key(row), set()).add(_platform_key(row))
    rows = [
        {"key": key, "value": key, "description": "", "condition": {"codes": sorted(codes)}, "types": None}
        for key, codes in sorted(platforms.items())
    ]
    return Answer(200, rows)


def platforms(world: World, call: Call) -> Answer:
    """A bare array (LIVE)."""
    keys = sorted({_platform_key(row) for row in world.flavors.values()})
    return Answer(200, [{"key": key, "value": key, "description": ""} for key in keys])


def flavors_of_family(world: World, call: Call) -> Answer:
    """A bare array (LIVE); with zoneId those of one zone."""
    wanted = (call.params["family"], call.params["platform"])
    zone = call.query.get("zoneId")
    found = [row for row in world.flavors.values() if (_family_key(row), _platform_key(row)) == wanted]
    return Answer(200, [_offer(world, row) for row in found if zone in (None, "", row["zone"])])


def flavor(world: World, call: Call) -> Answer:
    """A one-element list (MCP-LIVE)."""
    row = world.flavors.get(call.params["id"])
    if row is None:
        raise refuse(404, f"Cannot get flavor with id {call.params['id']}", "NotFound")
    return v1("flavors", [_offer(world, row)])


def image_view(world: World, row: Item) -> Item:
    """An image; the same list in every zone (LIVE). Its flavor zones are those with a flavor that boots it."""
    return {
        "id": row["id"],
        "imageType": row["type"],
        "imageVersion": row["version"],
        "licence": row["licence"] == "1",
        "packageLimit": {"cpu": 1, "memory": 1, "diskSize": 20},
        "flavorZoneIds": sorted(
            {
                world.flavor_zone_id(flavor["zone"], flavor["family"])
                for flavor in world.flavors.values()
                if row["type"] in world.image_types(flavor)
            }
        ),
        "zoneId": None,
    }


def images(world: World, call: Call) -> Answer:
    """Operating system images."""
    return v1("images", [image_view(world, row) for row in world.images.values()])


def user_images(world: World, call: Call) -> Answer:
    """No custom image can be made here yet."""
    return page(call, [])


def _type_zones(world: World) -> list[tuple[str, str]]:
    return sorted({(row["zone"], row["type_zone"]) for row in world.volume_types.values()})


def volume_type_zones(world: World, call: Call) -> Answer:
    """Kinds of storage; with zoneId those of one zone."""
    wanted = call.query.get("zoneId")
    rows = [
        {"id": world.type_zone_id(zone, name), "name": name, "poolName": [], "zoneId": zone}
        for zone, name in _type_zones(world)
        if wanted in (None, "", zone)
    ]
    return v1("volumeTypeZones", rows)


def _type_view(row: Item) -> Item:
    return {
        "id": row["id"],
        "name": row["name"],
        "iops": int(row["iops"]),
        "minSize": int(row["min_gib"]),
        "maxSize": int(row["max_gib"]),
        "throughPut": int(row["mb_s"]) * 1024 * 1024,
        "zoneId": row["zone"],
    }


def volume_types(world: World, call: Call) -> Answer:
    """The types of one kind of storage."""
    rows = [
        _type_view(row)
        for row in world.volume_types.values()
        if world.type_zone_id(row["zone"], row["type_zone"]) == call.params["tz"]
    ]
    return v1("volumeTypes", rows)


def volume_type(world: World, call: Call) -> Answer:
    """A one-element list (MCP-LIVE)."""
    row = world.volume_types.get(call.params["id"])
    if row is None:
        raise refuse(404, f"Cannot get volume type with id {call.params['id']}", "NotFound")
    return v1("volumeTypes", [_type_view(row)])


ROUTES = (
    ("GET", "/v1/projects", projects),
    ("GET", "/v1/projects/{p}/detail", project_detail),
    ("GET", "/v1/common/dynamic-config", dynamic_config),
    ("GET", "/v1/{p}/zones", zones),
    ("GET", "/v2/{p}/quotas/quotaUsed", quotas),
    ("GET", "/v1/{p}/flavor_zones/product", flavor_zones),
    ("GET", "/v1/{p}/flavor_zones/families", families),
    ("GET", "/v1/{p}/flavor_zones/codes", platforms),
    ("GET", "/v1/{p}/flavors/families/{family}/platforms/{platform}", flavors_of_family),
    ("GET", "/v1/{p}/flavors/{id}", flavor),
    ("GET", "/v1/{p}/{fz}/flavors", flavors),
    ("GET", "/v1/{p}/images/os", images),
    ("GET", "/v2/{p}/user-images", user_images),
    ("GET", "/v2/{p}/user-images/", user_images),
    ("GET", "/v1/{p}/volume_type_zones", volume_type_zones),
    ("GET", "/v1/{p}/volume_types/{id}", volume_type),
    ("GET", "/v1/{p}/{tz}/volume_types", volume_types),
)
