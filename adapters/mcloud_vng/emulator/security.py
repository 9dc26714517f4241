"""Security groups, rules and SSH keys (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import struct
from typing import Any

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import data, fields, not_emulated, page
from mcloud_vng.emulator.network import check_name, check_quota
from mcloud_vng.emulator.rsa import make_pair
from mcloud_vng.emulator.world import Item, World, refuse

DESCRIPTION = re.compile(r"([A-Za-z][A-Za-z0-9 _.@-]{0,254})?")
NUMBER = re.compile(r"25[0-5]|2[0-4]\d|1?\d?\d", re.ASCII)
RULE_FIELDS = {
    "direction": str,
    "etherType": str,
    "protocol": str,
    "portRangeMin": int,
    "portRangeMax": int,
    "remoteIpPrefix": str,
}


def check_description(body: dict[str, Any]) -> str:
    """Letters, digits, space, ``_ . @ -``, first a letter, at most 255 (MCP-LIVE 2026-09); the text is not known."""
    text = str(body.get("description") or "")
    if not DESCRIPTION.fullmatch(text):
        raise refuse(400, "description: only letters, digits, space and '_', '.', '@', '-', first a letter, to 255;")
    return text


def create_group(world: World, call: Call) -> Answer:
    """A new group lets everything out; it is ACTIVE at once (LIVE). The answer has other names than a read."""
    body = fields(call, {"name": str}, {"description": str})
    not_emulated(body, "tags")
    check_quota(world, "SECGROUP", "exceeded secgroup quota. current used: {used}, max: {max}")
    name = check_name(body["name"])
    if any(group["name"] == name for group in world.groups.values()):
        raise refuse(400, "name of security group already exist", "Conflict")
    item: Item = {
        "id": world.new_id("secg"),
        "name": name,
        "description": check_description(body),
        "status": "ACTIVE",
        "createdAt": world.stamp(),
        "isSystem": False,
        "system": False,
    }
    world.groups[item["id"]] = item
    for ether, block in (("IPv4", "0.0.0.0/0"), ("IPv6", "::/0")):
        _add_rule(world, item["id"], "egress", ether, "any", (0, 65535), block, "")
    number = world.number()
    return data(
        {
            "id": number,
            "uuid": item["id"],
            "secgroupId": number,
            "secgroupName": item["name"],
            "description": item["description"],
            "status": "ACTIVE",
            "projectUuid": world.project,
            "isSystem": False,
            "type": "vServer",
            "createdAt": item["createdAt"],
            "updatedAt": None,
            "deletedAt": None,
        },
        201,
    )


def group(world: World, group_id: str) -> Item:
    """The group, or the vendor's 404."""
    found = world.groups.get(group_id)
    if found is None:
        raise refuse(404, f"Cannot get security group with id {group_id}", "NotFound")
    return found


def list_groups(world: World, call: Call) -> Answer:
    """A page; the project's own default group is in it."""
    return page(call, list(world.groups.values()))


def get_group(world: World, call: Call) -> Answer:
    """In ``data``."""
    return data(group(world, call.params["id"]))


def update_group(world: World, call: Call) -> Answer:
    """Replaces name and description."""
    item, body = group(world, call.params["id"]), fields(call, {"name": str}, {"description": str})
    name = check_name(body["name"])
    if any(other["name"] == name for other in world.groups.values() if other is not item):
        raise refuse(400, "name of security group already exist", "Conflict")
    item |= {"name": name, "description": check_description(body)}
    return data(item)


def delete_group(world: World, call: Call) -> Answer:
    """Refused while a server has it."""
    item = group(world, call.params["id"])
    if item["isSystem"]:
        raise refuse(400, "cannot delete system security group")
    if any(item["id"] in server["secgroupIds"] for server in world.servers.values()):
        raise refuse(400, "SecurityGroupInUse", "SecurityGroupInUse")
    del world.groups[item["id"]]
    for rule_id in [rule["id"] for rule in world.rules.values() if rule["secgroupUuid"] == item["id"]]:
        del world.rules[rule_id]
    return Answer(204)


def group_servers(world: World, call: Call) -> Answer:
    """In ``data``, as [SDK] reads it; [MCP] saw a bare array, and takes both."""
    item = group(world, call.params["id"])
    rows = [
        {"name": server["name"], "uuid": server["uuid"], "status": server["status"], "createdAt": server["createdAt"]}
        for server in world.servers.values()
        if item["id"] in server["secgroupIds"]
    ]
    return data(rows)


def _add_rule(
    world: World,
    group_id: str,
    direction: str,
    ether: str,
    protocol: str,
    ports: tuple[int, int],
    block: str,
    description: str,
) -> Item:
    item: Item = {
        "id": world.new_id("secr"),
        "secgroupUuid": group_id,
        "direction": direction,
        "etherType": ether,
        "protocol": protocol,
        "portRangeMin": ports[0],
        "portRangeMax": ports[1],
        "remoteIpPrefix": block,
        "remoteGroupId": group_id,  # reads name the owning group here (MCP-LIVE)
        "description": description,
        "status": "ACTIVE",
        "createdAt": world.stamp(),
    }
    world.rules[str(item["id"])] = item
    return item


def create_rule(world: World, call: Call) -> Answer:
    """A port pair and a block on every rule; one that says the same as another is refused."""
    owner, body = group(world, call.params["sg"]), fields(call, RULE_FIELDS, {"description": str})
    check_quota(world, "SECGROUP_RULE", "exceeded secgroup_rule quota. current used: {used}, max: {max}")
    ports = _checked_ports(body)
    protocol = body["protocol"].lower()
    said = (owner["id"], body["direction"], body["etherType"], protocol, ports, body["remoteIpPrefix"])
    for rule in world.rules.values():
        pair = (rule["portRangeMin"], rule["portRangeMax"])
        says = (rule["secgroupUuid"], rule["direction"], rule["etherType"], rule["protocol"], pair)
        if (*says, rule["remoteIpPrefix"]) == said:
            raise refuse(400, "SecurityGroupRuleExists", "Conflict")
    item = _add_rule(
        world,
        owner["id"],
        body["direction"],
        body["etherType"],
        protocol,
        ports,
        body["remoteIpPrefix"],
        check_description(body),
    )
    number = world.number()
    shown = {key: value for key, value in item.items() if key not in ("id", "remoteGroupId")}
    return data({**shown, "id": number, "uuid": item["id"], "ruleId": number, "isSystem": False}, 201)


def _checked_ports(body: Item) -> tuple[int, int]:
    """The port pair of a valid rule; the exact texts of these refusals are not known."""
    if body["direction"] not in ("ingress", "egress"):
        raise refuse(400, "direction: must be ingress or egress;")
    if body["etherType"] not in ("IPv4", "IPv6"):
        raise refuse(400, "etherType: must be IPv4 or IPv6;")
    protocol = body["protocol"].lower()
    if protocol not in ("tcp", "udp", "icmp", "any") and not NUMBER.fullmatch(protocol):
        raise refuse(400, "Invalid protocol")
    try:
        block = ipaddress.ip_network(body["remoteIpPrefix"], strict=False)
    except ValueError as error:
        raise refuse(400, "Invalid CIDR.") from error
    first, last = body["portRangeMin"], body["portRangeMax"]
    if f"IPv{block.version}" != body["etherType"] or not 0 <= first <= last <= 65535:
        raise refuse(400, "portRangeMin, portRangeMax or remoteIpPrefix is invalid")
    return int(first), int(last)


def _shown_rule(rule: Item) -> Item:
    return {key: value for key, value in rule.items() if key != "secgroupUuid"}


def list_rules(world: World, call: Call) -> Answer:
    """``secGroupRules`` with a capital G; every other call writes it small (MCP-LIVE)."""
    owner = group(world, call.params["sg"])
    return data([_shown_rule(rule) for rule in world.rules.values() if rule["secgroupUuid"] == owner["id"]])


def _rule(world: World, rule_id: str) -> Item:
    found = world.rules.get(rule_id)
    if found is None:
        raise refuse(404, f"Cannot get security group rule with id {rule_id}", "NotFound")
    return found


def get_rule(world: World, call: Call) -> Answer:
    """A one-element array in ``data``."""
    return data([_shown_rule(_rule(world, call.params["id"]))])


def update_rule(world: World, call: Call) -> Answer:
    """Only the description can change (MCP-LIVE)."""
    rule, body = _rule(world, call.params["id"]), fields(call, {}, {"description": str})
    rule["description"] = check_description(body)
    return data(_shown_rule(rule))


def delete_rule(world: World, call: Call) -> Answer:
    """The group's part of the path is ignored: the vendor's SDK sends ``undefined`` there."""
    del world.rules[_rule(world, call.params["id"])["id"]]
    return Answer(204)


def _is_rsa(text: str) -> bool:
    """Whether it is an OpenSSH RSA public key, by its content."""
    parts = text.split()
    if len(parts) < 2 or parts[0] != "ssh-rsa":
        return False
    try:
        raw = base64.b64decode(parts[1], validate=True)
        length = struct.unpack(">I", raw[:4])[0]
    except (binascii.Error, struct.error):
        return False
    return raw[4 : 4 + length] == b"ssh-rsa" and len(raw) > 4 + length


def import_key(world: World, call: Call) -> Answer:
    """RSA only (LIVE: ed25519 is refused with 400)."""
    body = fields(call, {"name": str, "pubKey": str})
    if not _is_rsa(body["pubKey"]):
        raise refuse(400, "Invalid public key")
    return data(_keep_key(world, body["name"], body["pubKey"]), 201)


def generate_key(world: World, call: Call) -> Answer:
    """A new pair; the private half is in this answer only."""
    body = fields(call, {"name": str})
    public, private = make_pair()
    return data({**_keep_key(world, body["name"], public), "privateKey": private}, 201)


def _keep_key(world: World, name: str, public: str) -> Item:
    check_quota(world, "SSH_KEY", "exceeded sshkey quota. current used: {used}, max: {max}")
    check_name(name)
    if any(key["name"] == name for key in world.keys.values()):
        raise refuse(400, "SSH key name already exist", "Conflict")
    item: Item = {
        "id": world.new_id("ssh"),
        "name": name,
        "pubKey": public,
        "status": "ACTIVE",
        "createdAt": world.stamp(),
    }
    world.keys[item["id"]] = item
    return item


def list_keys(world: World, call: Call) -> Answer:
    """A page."""
    return page(call, list(world.keys.values()))


def _key(world: World, key_id: str) -> Item:
    found = world.keys.get(key_id)
    if found is None:
        raise refuse(404, f"Cannot get ssh key with id {key_id}", "NotFound")
    return found


def get_key(world: World, call: Call) -> Answer:
    """In ``data``."""
    return data(_key(world, call.params["id"]))


def delete_key(world: World, call: Call) -> Answer:
    """At once; servers that have it keep it."""
    del world.keys[_key(world, call.params["id"])["id"]]
    return Answer(204)


ROUTES = (
    ("POST", "/v2/{p}/secgroups", create_group),
    ("GET", "/v2/{p}/secgroups", list_groups),
    ("GET", "/v2/{p}/secgroups/{id}", get_group),
    ("PUT", "/v2/{p}/secgroups/{id}", update_group),
    ("DELETE", "/v2/{p}/secgroups/{id}", delete_group),
    ("GET", "/v2/{p}/secgroups/{id}/servers", group_servers),
    ("POST", "/v2/{p}/secgroups/{sg}/secgroupRules", create_rule),
    ("GET", "/v2/{p}/secgroups/{sg}/secGroupRules", list_rules),
    ("GET", "/v2/{p}/secgroups/{sg}/secgroupRules/{id}", get_rule),
    ("PUT", "/v2/{p}/secgroups/{sg}/secgroupRules/{id}", update_rule),
    ("DELETE", "/v2/{p}/secgroups/{sg}/secgroupRules/{id}", delete_rule),
    ("POST", "/v2/{p}/sshKeys", generate_key),
    ("POST", "/v2/{p}/sshKeys/import", import_key),
    ("GET", "/v2/{p}/sshKeys", list_keys),
    ("GET", "/v2/{p}/sshKeys/{id}", get_key),
    ("DELETE", "/v2/{p}/sshKeys/{id}", delete_key),
)
