"""Server groups (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import uuid

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import data, fields, page
from mcloud_vng.emulator.network import check_name, check_quota
from mcloud_vng.emulator.world import Item, World, refuse

POLICIES = {
    str(uuid.uuid5(uuid.NAMESPACE_URL, f"server-group-policy/{name}")): name
    for name in ("SOFT AFFINITY", "SOFT ANTI AFFINITY")
}
"""Id -> name: the two that the vendor's clients name ([TF] examples)."""


def policies(world: World, call: Call) -> Answer:
    """All of them; the descriptions are not the vendor's words."""
    rows = [
        {"uuid": key, "name": name, "status": "ACTIVE", "description": name.capitalize(), "descriptionVi": name}
        for key, name in POLICIES.items()
    ]
    return data(rows)


def view(world: World, item: Item) -> Item:
    """A group as the list shows it; whether a single one has all of it is not known."""
    servers = [
        {"uuid": server["uuid"], "name": server["name"]}
        for server in world.servers.values()
        if server.get("serverGroupId") == item["uuid"]
    ]
    return {**item, "policyName": POLICIES[item["policyId"]], "servers": servers}


def _check_unique(world: World, name: str, own: str | None = None) -> None:
    if any(item["name"] == name and item["uuid"] != own for item in world.server_groups.values()):
        raise refuse(400, "name must be unique", "Conflict")


def create(world: World, call: Call) -> Answer:
    """At once; the name must be unique (LIVE)."""
    body = fields(call, {"name": str, "policyId": str}, {"description": str})
    if body["policyId"] not in POLICIES:
        raise refuse(400, f"Not found policy with id {body['policyId']}")
    _check_unique(world, check_name(body["name"]))
    check_quota(world, "SERVER_GROUP", "exceeded server_group quota. current used: {used}, max: {max}")
    item: Item = {
        "uuid": world.new_id("server-group"),
        "serverGroupId": world.number(),
        "name": body["name"],
        "description": body.get("description") or "",
        "policyId": body["policyId"],
        "createdAt": world.stamp(),
    }
    world.server_groups[str(item["uuid"])] = item
    return data(item, 201)


def list_groups(world: World, call: Call) -> Answer:
    """A page."""
    return page(call, [view(world, item) for item in world.server_groups.values()])


def get(world: World, call: Call) -> Answer:
    """In ``data``, which is null for one that is not there (LIVE)."""
    item = world.server_groups.get(call.params["id"])
    return data(None if item is None else view(world, item))


def server_group(world: World, group_id: str) -> Item:
    """The group, or the vendor's text; the status is the emulator's choice."""
    found = world.server_groups.get(group_id)
    if found is None:
        raise refuse(400, f"Not found server group with id {group_id}")
    return found


def update(world: World, call: Call) -> Answer:
    """Name and description; the id is wanted in the body too (LIVE), where [TF] sends an empty one."""
    item = server_group(world, call.params["id"])
    body = fields(call, {"name": str, "serverGroupId": str}, {"description": str})
    _check_unique(world, check_name(body["name"]), item["uuid"])
    item |= {"name": body["name"], "description": body.get("description") or ""}
    return data(view(world, item))


def delete(world: World, call: Call) -> Answer:
    """Refused while a server is in it."""
    item = server_group(world, call.params["id"])
    if view(world, item)["servers"]:
        raise refuse(400, "Server group is in use", "Conflict")
    del world.server_groups[item["uuid"]]
    return Answer(204)


ROUTES = (
    ("GET", "/v2/{p}/serverGroups/policies", policies),
    ("POST", "/v2/{p}/serverGroups", create),
    ("GET", "/v2/{p}/serverGroups", list_groups),
    ("GET", "/v2/{p}/serverGroups/{id}", get),
    ("PUT", "/v2/{p}/serverGroups/{id}", update),
    ("DELETE", "/v2/{p}/serverGroups/{id}", delete),
)
