"""Tags of servers and volumes (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import re
from typing import Any

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import fields, page
from mcloud_vng.emulator.world import Item, World, refuse

TYPES = ("SERVER", "VOLUME", "LOAD-BALANCER", "NETWORK-INTERFACE", "IMAGE", "USER-IMAGE")
MOST = 10
KEY = re.compile(r"[A-Za-z0-9_.@-]+")
VALUE = re.compile(r"[A-Za-z0-9_.@-]{3,255}")


def checked_tags(body: Item, name: str = "tags") -> list[Item]:
    """The tags in a body, dates added by the caller. The texts of these refusals are not the vendor's."""
    given: Any = body.get(name) or []
    whole = isinstance(given, list) and all(isinstance(tag, dict) for tag in given)
    if not whole or not all(_is_tag(tag) for tag in given):
        raise refuse(400, "tag key and value: letters, digits, '_', '.', '@', '-'; a value has 3 to 255 of them")
    if len({tag["key"] for tag in given}) != len(given):
        raise refuse(400, "tag key is duplicated")
    if len(given) > MOST:
        raise refuse(400, f"exceeded tag_per_resource quota. current used: 0, max: {MOST}", "QuotaExceeded")
    return [{"key": tag["key"], "value": tag["value"], "systemTag": False} for tag in given]


def _is_tag(tag: Item) -> bool:
    key, value = tag.get("key"), tag.get("value")
    if not isinstance(key, str) or not isinstance(value, str):
        return False
    return bool(KEY.fullmatch(key) and VALUE.fullmatch(value)) and not key.startswith("vng.")


def tags_of_resource(world: World, call: Call) -> Answer:
    """A bare array; of any id (LIVE). The platform's own tags are in it."""
    return Answer(200, _shown(world, call.params["id"]))


def _shown(world: World, resource: str) -> list[Item]:
    return [{"createdAt": "2026-01-05T03:04:05Z", **tag} for tag in world.tags.get(resource, [])]


def replace_tags(world: World, call: Call) -> Answer:
    """Replaces all user tags; the platform's own survive (MCP-LIVE)."""
    body = fields(call, {"resourceId": str, "resourceType": str})
    resource = call.params["id"]
    if body["resourceType"] not in TYPES or body["resourceId"] != resource:
        raise refuse(400, "resourceType or resourceId is invalid")
    if resource not in world.tags:
        raise refuse(404, f"resource with id {resource} is not found", "NotFound")
    own = [tag for tag in world.tags[resource] if tag["systemTag"]]
    world.tags[resource] = [*checked_tags(body, "tagRequestList"), *own]
    return Answer(200, _shown(world, resource))


def all_tags(world: World, call: Call) -> Answer:
    """A page."""
    rows = [
        {"uuid": f"{resource}/{tag['key']}", "name": tag["key"], "resourceType": None, **tag}
        for resource in sorted(world.tags)
        for tag in _shown(world, resource)
    ]
    return page(call, rows)


def tag_keys(world: World, call: Call) -> Answer:
    """A bare array (MCP-LIVE)."""
    return Answer(200, sorted({tag["key"] for tags in world.tags.values() for tag in tags}))


def tag_values(world: World, call: Call) -> Answer:
    """A bare array (MCP-LIVE)."""
    wanted = call.params["key"]
    return Answer(200, sorted({tag["value"] for tags in world.tags.values() for tag in tags if tag["key"] == wanted}))


def tag_quota(world: World, call: Call) -> Answer:
    """A bare row (LIVE)."""
    return Answer(200, {"quotaName": "TAG_PER_RESOURCE", "limit": MOST})


ROUTES = (
    ("GET", "/v2/{p}/tag/resource/{id}", tags_of_resource),
    ("PUT", "/v2/{p}/tag/resource/{id}", replace_tags),
    ("GET", "/v2/{p}/tag/tag-key", tag_keys),
    ("GET", "/v2/{p}/tag/tag-key/{key}/tag-value", tag_values),
    ("GET", "/v2/{p}/tag/quota", tag_quota),
    ("GET", "/v2/{p}/tag", all_tags),
)
