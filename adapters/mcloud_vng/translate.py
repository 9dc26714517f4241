"""Neutral to native and back: pure functions, one pair for each kind.

Bodies and fields are those of the vendor's clients (sources: docs/clouds/vng.md); each quirk is noted where it bites.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from mcloud.model.base import Placement
from mcloud.units import Size
from mcloud_vng.limits import tags_of
from mcloud_vng.topology import first_interface

# A native answer has the vendor's own free form.
Native = Mapping[str, Any]

ANY_PORTS = (0, 65535)  # protocol any: MCP-LIVE, [MCP] 2026-09-22
ALL_PORTS = (1, 65535)
ICMP_TYPES = (1, 255)  # icmp puts a type range in the port fields; all = 1-255, MCP-LIVE
ENCRYPTION = "aes-xts-plain64_256"  # one of the two that are offered
DEFAULT_EGRESS = {"direction": "egress", "protocol": "any", "remoteIpPrefix": "0.0.0.0/0"}


def network_body(inputs: Native) -> dict[str, Any]:
    """Body of POST /networks."""
    return {"name": inputs["name"], "cidr": inputs["cidr"]}


def network_seen(native: Native) -> dict[str, Any]:
    """What can be seen of a VPC. It is written as ``name`` and read as ``displayName``."""
    return {"name": native["displayName"], "cidr": native["cidr"]}


def subnet_body(inputs: Native, picks: Native) -> dict[str, Any]:
    """Body of POST /networks/{net}/subnets. Without zoneId the service takes a zone that may be closed."""
    return {"name": inputs["name"], "cidr": inputs["cidr"], "zoneId": picks["zone"]}


def subnet_seen(at: Placement, native: Native) -> dict[str, Any]:
    """What can be seen of a subnet."""
    return {"name": native["name"], "cidr": native["cidr"], "network": at.id_of(native["networkUuid"])}


def plain_description(text: str | None) -> str:
    """A description in the characters that the service takes: letters, digits, space, ``_ . @ -``, first a letter,
    at most 255 (MCP-LIVE)."""
    kept = re.sub(r"[^A-Za-z0-9 _.@-]+", " ", text or "").strip()
    kept = re.sub(r"^[^A-Za-z]+", "", kept)
    return re.sub(r" {2,}", " ", kept)[:255]


def group_body(inputs: Native) -> dict[str, Any]:
    """Body of POST /secgroups."""
    return {"name": inputs["name"], "description": plain_description(inputs.get("description"))}


def group_seen(native: Native) -> dict[str, Any]:
    """What can be seen of a group and its rules; ``native`` is {"group", "rules"}.

    A rule that lets everything out may be the group's own or one that was asked for: only its absence tells something.
    """
    seen: dict[str, Any] = {"name": native["group"]["name"]}
    is_open = any(is_open_egress(rule) for rule in native["rules"])
    return seen if is_open else {**seen, "openEgress": False}


def is_open_egress(rule: Native) -> bool:
    """Whether a rule is the allow-all egress that a new group comes with."""
    return all(str(rule.get(key) or "").lower() == value for key, value in DEFAULT_EGRESS.items())


def is_default_egress(rule: Native) -> bool:
    """The same, IPv6 too: a new group may have both."""
    return (
        rule.get("direction") == "egress"
        and str(rule.get("protocol") or "").lower() == "any"
        and rule.get("remoteIpPrefix") in ("0.0.0.0/0", "::/0")
    )


def rule_ports(inputs: Native) -> tuple[int, int]:
    """The port pair of a rule; the service wants one on every rule."""
    protocol = inputs["protocol"]
    if protocol == "any":
        return ANY_PORTS
    if protocol == "icmp":
        return ICMP_TYPES
    first = inputs.get("fromPort")
    return ALL_PORTS if first is None else (int(first), int(inputs.get("toPort") or first))


def rule_bodies(inputs: Native) -> list[dict[str, Any]]:
    """Bodies of POST /secgroups/{sg}/secgroupRules: one for each block, for a rule has one block and no group peer."""
    first, last = rule_ports(inputs)
    blocks = [inputs["cidr"]] if inputs.get("cidr") else list(inputs.get("peerCidrs") or ())
    return [
        {
            "securityGroupId": inputs["group"],
            "direction": inputs["direction"],
            "etherType": f"IPv{ipaddress.ip_network(block).version}",
            "protocol": inputs["protocol"],
            "portRangeMin": first,
            "portRangeMax": last,
            "remoteIpPrefix": block,
            "description": plain_description(inputs.get("description")),
        }
        for block in blocks
    ]


def same_rule(body: Native, native: Native) -> bool:
    """Whether a rule of the cloud says what a body says; icmp and any are seen with other ports too."""
    protocol = str(native.get("protocol") or "").lower()
    plain: bool = (
        native.get("direction") == body["direction"]
        and protocol == body["protocol"]
        and native.get("remoteIpPrefix") == body["remoteIpPrefix"]
    )
    if not plain or protocol in ("any", "icmp"):
        return plain
    return bool(
        native.get("portRangeMin") == body["portRangeMin"] and native.get("portRangeMax") == body["portRangeMax"]
    )


def rule_seen(at: Placement, group: str, rules: list[Native]) -> dict[str, Any]:
    """What can be seen of the native rules that stand for one neutral rule.

    A rule with one block may stand for a block or for a group's members; which of them only the state knows, so the
    blocks are given under both names and the caller takes the one it asked for.
    """
    blocks = sorted(str(rule["remoteIpPrefix"]) for rule in rules)
    seen: dict[str, Any] = {"group": at.id_of(group), "peerCidrs": blocks}
    if len(blocks) == 1:
        seen["cidr"] = blocks[0]
    if rules:
        first = rules[0]
        protocol = str(first["protocol"]).lower()
        seen |= {"direction": first["direction"], "protocol": protocol}
        ports = (first["portRangeMin"], first["portRangeMax"])
        if protocol not in ("any", "icmp") and ports != ALL_PORTS:
            seen |= {"fromPort": ports[0], "toPort": ports[1]}
    return seen


def key_body(inputs: Native) -> dict[str, Any]:
    """Body of POST /sshKeys/import."""
    return {"name": inputs["name"], "pubKey": inputs["publicKey"]}


def key_seen(native: Native) -> dict[str, Any]:
    """What can be seen of a key; it is echoed byte for byte."""
    return {"name": native["name"], "publicKey": native["pubKey"]}


def server_body(inputs: Native, picks: Native) -> dict[str, Any]:
    """Body of POST /servers."""
    network, subnet = str(inputs["subnet"]).split("/")
    encrypted = bool((inputs.get("disk") or {}).get("encrypted", False))
    body: dict[str, Any] = {
        "name": inputs["name"],
        "flavorId": picks["flavorId"],
        "imageId": picks["imageId"],
        "networkId": network,
        "subnetId": subnet,
        "rootDiskSize": disk_gib(inputs),
        "rootDiskTypeId": picks["diskTypeId"],
        "encryptionVolume": encrypted,
        "securityGroup": list(inputs.get("securityGroups") or ()),
        "zoneId": picks["zone"],
        **_order(inputs),
    }
    if encrypted:
        body["rootDiskEncryptionType"] = ENCRYPTION
    if picks.get("licensed"):
        body["osLicence"] = True
    if inputs.get("key"):
        body["sshKeyId"] = inputs["key"]
    if inputs.get("placementGroup"):
        body["serverGroupId"] = inputs["placementGroup"]
    if inputs.get("userData"):
        body |= {"userData": inputs["userData"], "userDataBase64Encoded": False}
    return body


def renews(inputs: Native) -> bool:
    """Whether it goes on by itself after the month that is paid for."""
    return bool((inputs.get("billing") or {}).get("renew", False))


def _order(inputs: Native) -> dict[str, Any]:
    """What a create says about paying, and the tags."""
    order: dict[str, Any] = {"isEnableAutoRenew": renews(inputs)}
    if (inputs.get("extensions") or {}).get("poc"):
        order["isPoc"] = True
    tags = tag_rows(tags_of(inputs.get("labels")))
    return {**order, "tags": tags} if tags else order


def tag_rows(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the service writes them."""
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]


def retagged(there: list[Native], old: Native, new: Native) -> list[dict[str, str]] | None:
    """All user tags after a change of labels, those of other makers kept; None where nothing is to be written.

    A write replaces them all, and the platform's own must not be sent (MCP-LIVE).
    """
    users = {str(tag["key"]): str(tag["value"]) for tag in there if not tag.get("systemTag")}
    kept = {key: value for key, value in users.items() if key not in tags_of(old.get("labels"))}
    wanted = kept | tags_of(new.get("labels"))
    return None if wanted == users else tag_rows(wanted)


def disk_gib(inputs: Native) -> int:
    """Size of the root disk in whole GiB."""
    return Size.parse((inputs.get("disk") or {}).get("size", "20 GiB")).whole_gib


def server_seen(at: Placement, native: Native) -> dict[str, Any]:
    """What can be seen of a server; ``native`` is {"server", "disk"}. The key is shown by name only, so it is not."""
    server, disk = native["server"], native.get("disk")
    seen: dict[str, Any] = {
        "name": server["name"],
        "securityGroups": sorted(at.id_of(group["uuid"]) for group in _own_groups(server)),
    }
    nic = first_interface(server)
    if nic is not None:
        seen["subnet"] = at.id_of(f"{nic['networkUuid']}/{nic['subnetUuid']}")
    if server.get("serverGroupId"):
        seen["placementGroup"] = at.id_of(server["serverGroupId"])
    if disk is not None:
        encrypted = bool(server.get("encryptionVolume"))
        seen["disk"] = {"size": str(Size.gib(int(disk["size"])))} | ({"encrypted": True} if encrypted else {})
    return seen


def _own_groups(server: Native) -> list[Native]:
    """The groups of a server; the project's default one alone is what the cloud puts where none is asked for."""
    groups = list(server.get("secGroups") or ())
    return [] if [group["name"] for group in groups] == ["default"] else groups


def server_picks(native: Native) -> dict[str, Any]:
    """What was chosen for a server, as the cloud shows it."""
    server, disk = native["server"], native.get("disk")
    flavor, image = server.get("flavor") or {}, server.get("image") or {}
    seen = {
        "zone": server.get("zoneId"),
        "flavor": flavor.get("name"),
        "flavorId": flavor.get("flavorId"),
        "imageId": image.get("id"),
        "diskTypeId": (disk or {}).get("volumeTypeId"),
    }
    return {key: value for key, value in seen.items() if value is not None}


def server_outputs(native: Native) -> dict[str, Any]:
    """A server's addresses."""
    nic = first_interface(native["server"]) or {}
    outputs: dict[str, Any] = {"privateIp": nic.get("fixedIp")}
    if nic.get("floatingIp"):
        outputs["publicIp"] = nic["floatingIp"]
    return outputs


def volume_body(inputs: Native, picks: Native) -> dict[str, Any]:
    """Body of POST /volumes."""
    body: dict[str, Any] = {
        "name": inputs["name"],
        "size": Size.parse(inputs["size"]).whole_gib,
        "volumeTypeId": picks["diskTypeId"],
        "zoneId": picks["zone"],
        "createdFrom": "NEW",
        "multiAttach": False,
        **_order(inputs),
    }
    if inputs.get("encrypted"):
        body["encryptionType"] = ENCRYPTION
    return body


def volume_seen(native: Native) -> dict[str, Any]:
    """What can be seen of a volume."""
    return {
        "name": native["name"],
        "size": str(Size.gib(int(native["size"]))),
        "encrypted": bool(native.get("encryptionType")),
    }


def volume_picks(native: Native) -> dict[str, Any]:
    """What was chosen for a volume."""
    return {"zone": native["zone"]["uuid"], "diskTypeId": native["volumeTypeId"]}


def attachment_seen(at: Placement, native: Native) -> dict[str, Any]:
    """What can be seen of an attachment; ``native`` is {"volume", "server"}."""
    return {"volume": at.id_of(native["volume"]["uuid"]), "server": at.id_of(native["server"])}


def address_seen(at: Placement, native: Native) -> dict[str, Any]:
    """What can be seen of a public address; ``native`` is {"server", "nic"}."""
    return {"server": at.id_of(native["server"])}
