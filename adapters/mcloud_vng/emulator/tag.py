"""Tags of servers, volumes, load balancers and others, by the id of what has them (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import re
from typing import Any

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import body_of, fields, page
from mcloud_vng.emulator.world import Item, World, refuse

TYPES = ("SERVER", "VOLUME", "LOAD-BALANCER", "NETWORK-INTERFACE", "IMAGE", "USER-IMAGE")
MOST = 10  # TAG_PER_RESOURCE, LIVE
CHARACTERS = re.compile(r"[A-Za-z0-9_.@-]+")  # [MCP]
SYSTEM = "vng."


def wanted_tags(world: World, body: dict[str, Any], name: str = "tags") -> list[Item]:
    """The tags of a create or update, checked.

    Raises:
        Refusal: 400; the texts for a key and for a short value are the vendor's, the others our own.
    """
    rows = body.get(name) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise refuse(400, f"{name}: must be a list of tags;")
    if len(rows) > MOST:
        raise refuse(400, f"exceeded tag_per_resource quota. current used: {len(rows)}, max: {MOST}", "QuotaExceeded")
    found = {}
    for row in rows:
        key, value = str(row.get("key") or ""), str(row.get("value") or "")
        if not CHARACTERS.fullmatch(key) or key.startswith(SYSTEM):
            raise refuse(400, "The value for the tag key contains illegal characters")
        if not 3 <= len(value) <= 255:
            raise refuse(400, "Tag Value required value must length from 3 to 255")
        if not CHARACTERS.fullmatch(value):
            raise refuse(400, "The value for the tag value contains illegal characters")
        if key in found:
            raise refuse(400, f"tag key {key} is duplicated")
        found[key] = value
    return [_tag(world, key, value, False) for key, value in found.items()]


def _tag(world: World, key: str, value: str, system: bool) -> Item:
    return {"key": key, "value": value, "createdAt": world.stamp(), "systemTag": system}


def list_tags(world: World, call: Call) -> Answer:
    """A bare array; any id is accepted (LIVE)."""
    return Answer(200, world.tags.get(call.params["r"], []))


def replace_tags(world: World, call: Call) -> Answer:
    """The user's tags are replaced, the platform's own stay (MCP-LIVE; a comment in [SDK] says that tags not sent
    stay)."""
    resource = call.params["r"]
    body = fields(call, {"resourceType": str})
    if body["resourceType"] not in TYPES or body.get("resourceId") not in (None, resource):
        raise refuse(400, "resourceType or resourceId is invalid")
    own = [tag for tag in world.tags.get(resource, []) if tag["systemTag"]]
    world.tags[resource] = own + wanted_tags(world, body, "tagRequestList")
    return Answer(200, world.tags[resource])


def add_system_tags(world: World, call: Call) -> Answer:
    """The platform's own, written by the vendor's other products through [SDK]."""
    body = body_of(call)
    resource = fields(call, {"resourceId": str, "resourceType": str})["resourceId"]
    rows = body.get("tagRequestList")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise refuse(400, "tagRequestList: must be a list of tags;")
    made = [_tag(world, str(row.get("key")), str(row.get("value")), True) for row in rows]
    new = {tag["key"] for tag in made}
    world.tags[resource] = [tag for tag in world.tags.get(resource, []) if tag["key"] not in new] + made
    return Answer(200, made)


def all_tags(world: World, call: Call) -> Answer:
    """A page."""
    rows = [
        {"uuid": f"{resource}/{tag['key']}", "name": tag["key"], "resourceType": None, **tag}
        for resource in sorted(world.tags)
        for tag in world.tags[resource]
    ]
    return page(call, rows)


def keys(world: World, call: Call) -> Answer:
    """A bare array of texts (MCP-LIVE)."""
    return Answer(200, sorted({tag["key"] for rows in world.tags.values() for tag in rows}))


def values(world: World, call: Call) -> Answer:
    """A bare array of texts (MCP-LIVE)."""
    found = {tag["value"] for rows in world.tags.values() for tag in rows if tag["key"] == call.params["key"]}
    return Answer(200, sorted(found))


def quota(world: World, call: Call) -> Answer:
    """A bare row (LIVE)."""
    return Answer(200, {"quotaName": "TAG_PER_RESOURCE", "limit": MOST})


ROUTES = (
    ("GET", "/v2/{p}/tag/resource/{r}", list_tags),
    ("PUT", "/v2/{p}/tag/resource/{r}", replace_tags),
    ("GET", "/v2/{p}/tag/tag-key", keys),
    ("GET", "/v2/{p}/tag/tag-key/{key}/tag-value", values),
    ("GET", "/v2/{p}/tag/quota", quota),
    ("GET", "/v2/{p}/tag", all_tags),
    ("POST", "/internal/{p}/tags", add_system_tags),
)
