"""Policies of a Layer 7 listener (sources: docs/clouds/vng.md): two generations of one body, answered in both."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import body_of, data, fields_of
from mcloud_vng.emulator.listener import listener_of
from mcloud_vng.emulator.vlb import (
    accepted,
    balancer,
    begin,
    check_choice,
    check_field_name,
    check_ready,
    check_room,
    child,
    children,
    made,
    shown,
    stamp,
)
from mcloud_vng.emulator.world import Item, World, refuse

ACTIONS = ("REDIRECT_TO_POOL", "REDIRECT_TO_URL", "REJECT")
RULE = {"ruleType": str, "compareType": str, "ruleValue": str}
OLD_RULE = {"ruleType": "type", "compareType": "compareType", "ruleValue": "value"}
RULE_CHOICES = {
    "ruleType": ("HOST_NAME", "PATH"),
    "compareType": ("CONTAINS", "EQUAL_TO", "REGEX", "STARTS_WITH", "ENDS_WITH"),
}
OPTIONAL = {"redirectPoolId": str, "redirectUrl": str, "redirectHttpCode": int, "keepQueryString": bool}
CODES = (301, 302)


def _changeable(world: World, call: Call) -> tuple[Item, Item]:
    """Load balancer and listener, both ready. What goes on in the listener itself has a code of its own, which [TF]
    waits for when it makes and changes policies."""
    owner, listener = balancer(world, call), listener_of(world, call)
    if listener["status"] != "CREATED":
        raise refuse(400, f"Listener id {listener['uuid']} is not ready", "ListenerNotReady")
    check_ready(owner)
    return owner, listener


def _settings(world: World, owner: Item, body: Item) -> Item:
    """All that an update can change; what an action has no use for is not kept."""
    fields_of(body, {"action": str}, OPTIONAL)
    check_choice(body, {"action": ACTIONS})
    found: Item = {"action": body["action"], "rules": _rules(world, body)}
    found |= {"redirectPoolId": None, "redirectUrl": None, "redirectHttpCode": None, "keepQueryString": False}
    if body["action"] == "REDIRECT_TO_POOL":
        found["redirectPoolId"] = _pool(world, owner, fields_of(body, {"redirectPoolId": str})["redirectPoolId"])
    if body["action"] == "REDIRECT_TO_URL":
        found |= _redirect(body)
    return found


def _redirect(body: Item) -> Item:
    fields_of(body, {"redirectUrl": str})
    if not body["redirectUrl"].startswith(("http://", "https://")):
        raise refuse(400, "redirectUrl: must be a URL;")
    code = body.get("redirectHttpCode") or CODES[1]
    if code not in CODES:
        raise refuse(400, f"redirectHttpCode: must be one of the following: {list(CODES)};")
    keep = bool(body.get("keepQueryString"))
    return {"redirectUrl": body["redirectUrl"], "redirectHttpCode": code, "keepQueryString": keep}


def _pool(world: World, owner: Item, pool_id: str) -> str:
    found = world.pools.get(pool_id)
    if found is None or found["loadBalancerId"] != owner["uuid"]:
        raise refuse(404, f"Cannot get pool with id {pool_id}", "NotFound")
    return pool_id


def _rules(world: World, body: Item) -> list[Item]:
    """[SDK] sends a list, the older [TF] one rule as fields of the policy."""
    rows: Any = body.get("rules")
    if rows is None and body.get("type") is not None:
        rows = [{name: body.get(old) for name, old in OLD_RULE.items()}]
    if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
        raise refuse(400, "rules: must not be empty;")
    return [_rule(world, dict(row)) for row in rows]


def _rule(world: World, row: Item) -> Item:
    fields_of(row, RULE)
    check_choice(row, RULE_CHOICES)
    if not row["ruleValue"]:
        raise refuse(400, "ruleValue: must not be empty;")
    return {"uuid": str(uuid.uuid4()), **{name: row[name] for name in RULE}, "createdAt": stamp(world)}


def _view(world: World, item: Item) -> Item:
    """``l7Rules`` for [SDK], ``l7Rule`` for [TF], which crashes without it."""
    states = {"provisioningStatus": "ACTIVE", "operatingStatus": "ONLINE"}
    rules = [{**row, **states, "updatedAt": row["createdAt"]} for row in item["rules"]]
    pool = world.pools.get(item["redirectPoolId"] or "")
    names = ("uuid", "name", "action", *OPTIONAL)
    return {
        **{name: item[name] for name in names},
        "description": "",
        "redirectPoolName": pool["name"] if pool else None,
        "position": item["position"],
        "l7Rules": rules,
        "l7Rule": rules[0],
        **shown(item),
    }


def _of(world: World, listener: Item) -> list[Item]:
    found = [item for item in world.policies.values() if item["listenerId"] == listener["uuid"]]
    return sorted(found, key=lambda item: int(item["position"]))


def _policy(world: World, call: Call) -> Item:
    """The policy of a path; the text for a missing one is after the others'."""
    found = child(world, call, world.policies, "policy", "Cannot get l7 policy with id")
    if found["listenerId"] != call.params["listener"]:
        raise refuse(404, f"Cannot get l7 policy with id {call.params['policy']}", "NotFound")
    return found


def create(world: World, call: Call) -> Answer:
    """The last one of its listener."""
    owner, listener = _changeable(world, call)
    body = fields_of(body_of(call), {"name": str, "action": str})
    if listener["protocol"] not in ("HTTP", "HTTPS"):
        raise refuse(400, "l7policies: only for HTTP and HTTPS listeners;")
    name = check_field_name(body, "name")
    check_room(world, "POLICY_PER_LOAD_BALANCER", len(children(world.policies, owner)))
    now = stamp(world)
    item: Item = {
        "uuid": world.new_id("policy"),
        "loadBalancerId": owner["uuid"],
        "listenerId": listener["uuid"],
        "name": name,
        "position": len(_of(world, listener)) + 1,
        "status": "CREATING",
        "createdAt": now,
        "updatedAt": now,
        **_settings(world, owner, body),
    }
    world.policies[item["uuid"]] = item
    begin(world, owner, listener, item)
    return made(call, item)


def list_policies(world: World, call: Call) -> Answer:
    """By position; ``data`` with the fields of a page."""
    balancer(world, call)
    rows = [_view(world, item) for item in _of(world, listener_of(world, call))]
    return Answer(200, {"data": rows, "page": 1, "pageSize": len(rows), "totalPage": 1, "totalItem": len(rows)})


def get(world: World, call: Call) -> Answer:
    """In ``data``."""
    balancer(world, call)
    listener_of(world, call)
    return data(_view(world, _policy(world, call)))


def update(world: World, call: Call) -> Answer:
    """All but the name."""
    owner, listener = _changeable(world, call)
    item = _policy(world, call)
    item |= _settings(world, owner, body_of(call))
    begin(world, owner, listener, item)
    return accepted(call)


def delete(world: World, call: Call) -> Answer:
    """Those behind it move up. [TF] waits for a busy load balancer here, and not for a busy listener."""
    owner, listener = balancer(world, call), listener_of(world, call)
    check_ready(owner)
    item = _policy(world, call)
    item["status"] = "DELETING"
    begin(world, owner, listener, done=partial(_drop, world, listener, item))
    return Answer(202)


def _drop(world: World, listener: Item, item: Item) -> None:
    world.policies.pop(item["uuid"], None)
    for position, one in enumerate(_of(world, listener), 1):
        one["position"] = position


def reorder(world: World, call: Call) -> Answer:
    """Every policy of the listener with its new place. What the service says to less is not known: it is refused."""
    owner, listener = _changeable(world, call)
    rows: Any = body_of(call).get("policies")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise refuse(400, "policies: must not be null;")
    places = {
        row["policyId"]: row["position"] for row in (fields_of(row, {"policyId": str, "position": int}) for row in rows)
    }
    there = {item["uuid"]: item for item in _of(world, listener)}
    for policy_id in places:
        if policy_id not in there:
            raise refuse(404, f"Cannot get l7 policy with id {policy_id}", "NotFound")
    if sorted(places.values()) != list(range(1, len(there) + 1)):
        raise refuse(400, "policies: every policy must have a position of its own;")
    for policy_id, position in places.items():
        there[policy_id]["position"] = position
    begin(world, owner, listener, *there.values())
    return accepted(call)


PATH = "/v2/{p}/loadBalancers/{lb}/listeners/{listener}"
ROUTES = (
    ("PUT", PATH + "/reorderL7Policies", reorder),
    ("POST", PATH + "/l7policies", create),
    ("GET", PATH + "/l7policies", list_policies),
    ("GET", PATH + "/l7policies/{policy}", get),
    ("PUT", PATH + "/l7policies/{policy}", update),
    ("DELETE", PATH + "/l7policies/{policy}", delete),
)
