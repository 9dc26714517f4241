"""Security groups and their rules, key pairs, placement groups.

Codes: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from mcloud.emulator.wire import WireAnswer
from mcloud_aws.emulator.refusal import Refused
from mcloud_aws.emulator.world import RULES, Here, ec2_answer

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
TEXT = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}")
PLACEMENT = ("cluster", "spread", "partition")


def _group(here: Here, group_id: str | None) -> Any:
    return here.ec2.get_security_group_from_id(group_id) if group_id else None


@RULES.before("ec2:CreateSecurityGroup")
def _group_is_right(here: Here) -> None:
    groups = sum(len(found) for found in here.ec2.groups.values())
    message = "The maximum number of security groups has been reached."
    here.limit("security_groups", groups, 1, "SecurityGroupLimitExceeded", message)
    name, told = here.values["GroupName"], here.values["Description"]
    if name.startswith("sg-") or not name or not TEXT.fullmatch(name):
        raise Refused("InvalidParameterValue", f"Value ({name}) for parameter GroupName is invalid.")
    if name == "default":
        raise Refused("InvalidGroup.Reserved", "Cannot use reserved security group name: default")
    if not TEXT.fullmatch(told):
        message = "Invalid security group description. Valid descriptions are strings less than 256 characters from the"
        raise Refused("InvalidParameterValue", f"{message} following set: a-zA-Z0-9. _-:/()#,@[]+=&;{{}}!$*")


@RULES.before("ec2:DeleteSecurityGroup")
def _group_in_use(here: Here) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html"""
    group = _group(here, here.values.get("GroupId"))
    if group is None:
        return
    if group.name == "default":
        message = f'the specified group: "{group.id}" name: "default" cannot be deleted by a user'
        raise Refused("CannotDelete", message)
    if group.id in set(_used(here, group.id)) or here.held[group.id]:
        raise Refused("DependencyViolation", f"resource {group.id} has a dependent object")


def _used(here: Here, group_id: str) -> Iterator[str]:
    """Groups that interfaces, balancers and rules of other groups name."""
    for interface in here.ec2.enis.values():
        yield from (group.id for group in interface.group_set)
    for balancer in here.elb.load_balancers.values():
        yield from balancer.security_groups or ()
    for groups in here.ec2.groups.values():
        for group in groups.values():
            if group.id != group_id:
                yield from (
                    rule.source_group.get("GroupId", "") for rule in (*group.ingress_rules, *group.egress_rules)
                )


@RULES.before("ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress")
def _rules_are_right(here: Here) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html"""
    group = _group(here, here.values.get("GroupId"))
    if group is None:
        return
    permissions = here.values.get("IpPermissions", [])
    for permission in permissions:
        _permission_is_right(here, permission)
    inward = here.asked.action.endswith("Ingress")
    there = len(group.ingress_rules if inward else group.egress_rules)
    parts = ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")
    more = sum(len(permission.get(part, [])) for permission in permissions for part in parts)
    message = "The maximum number of rules per security group has been reached."
    here.limit("security_group_rules", there, more, "RulesPerSecurityGroupLimitExceeded", message)


def _permission_is_right(here: Here, permission: dict[str, Any]) -> None:
    protocol, low, high = permission.get("IpProtocol"), permission.get("FromPort"), permission.get("ToPort")
    if protocol in ("tcp", "udp", "6", "17"):
        if low is None or high is None:
            message = "Invalid value for portRange. Must specify both from and to ports with TCP/UDP."
            raise Refused("InvalidParameterValue", message)
        if not 0 <= low <= high <= 65535:
            name = {"6": "TCP", "17": "UDP"}.get(protocol, protocol.upper())
            raise Refused("InvalidParameterValue", f"Invalid {name} port range ({low}, {high})")
    for pair in permission.get("UserIdGroupPairs", []):
        if "GroupId" in pair and _group(here, pair["GroupId"]) is None:
            raise Refused("InvalidGroup.NotFound", f"The security group '{pair['GroupId']}' does not exist")
    for block in (*permission.get("IpRanges", []), *permission.get("Ipv6Ranges", [])):
        if not TEXT.fullmatch(block.get("Description", "")):
            message = "Invalid rule description. Valid descriptions are strings less than 256 characters from the"
            raise Refused("InvalidParameterValue", f"{message} following set: a-zA-Z0-9. _-:/()#,@[]+=&;{{}}!$*")


@RULES.before("ec2:ImportKeyPair")
def _key_is_right(here: Here) -> None:
    """RSA and ED25519 only: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportKeyPair.html"""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    try:
        key = load_ssh_public_key(here.values["PublicKeyMaterial"])
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, (Ed25519PublicKey, RSAPublicKey)):
        raise Refused("InvalidKey.Format", "Key is not in valid OpenSSH public key format")


@RULES.answers("ec2:CreatePlacementGroup")
def _create_placement(here: Here) -> WireAnswer:
    """moto has no placement groups.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreatePlacementGroup.html
    """
    name, strategy = here.values.get("GroupName", ""), here.values.get("Strategy", "cluster")
    if not name or not name.isascii() or len(name) > 255:
        raise Refused("InvalidParameterValue", f"Value ({name}) for parameter groupName is invalid.")
    if strategy not in PLACEMENT:
        raise Refused("InvalidParameterValue", f"The placement strategy '{strategy}' is not valid.")
    if name in here.placement:
        raise Refused("InvalidPlacementGroup.Duplicate", f"The Placement Group '{name}' already exists.")
    message = "The maximum number of placement groups has been reached."
    here.limit("placement_groups", len(here.placement), 1, "PlacementGroupLimitExceeded", message)
    tags = [tag for part in here.values.get("TagSpecifications", []) for tag in part.get("Tags", [])]
    here.placement[name] = made = {
        "id": f"pg-{secrets.token_hex(9)[:17]}",
        "name": name,
        "strategy": strategy,
        "partitions": here.values.get("PartitionCount", 2) if strategy == "partition" else None,
        "tags": {tag["Key"]: tag.get("Value", "") for tag in tags},
    }
    return ec2_answer("CreatePlacementGroup", f"<placementGroup>{_placement(here, made)}</placementGroup>")


def _placement(here: Here, group: dict[str, Any]) -> str:
    arn = f"arn:aws:ec2:{here.asked.region}:{here.world.moto.account}:placement-group/{group['name']}"
    tags = "".join(
        f"<item><key>{escape(key)}</key><value>{escape(value)}</value></item>" for key, value in group["tags"].items()
    )
    parts = {
        "groupName": escape(group["name"]),
        "state": "available",
        "strategy": group["strategy"],
        "partitionCount": group["partitions"],
        "groupId": group["id"],
        "groupArn": escape(arn),
    }
    return "".join(f"<{tag}>{text}</{tag}>" for tag, text in parts.items() if text) + f"<tagSet>{tags}</tagSet>"


@RULES.answers("ec2:DescribePlacementGroups")
def _describe_placement(here: Here) -> WireAnswer:
    names, ids = here.values.get("GroupNames"), here.values.get("GroupIds")
    known = {group["id"] for group in here.placement.values()}
    for missing in [*(name for name in names or () if name not in here.placement), *(set(ids or ()) - known)]:
        raise Refused("InvalidPlacementGroup.Unknown", f"The Placement Group '{missing}' is unknown.")
    found = [
        group
        for group in here.placement.values()
        if (not names or group["name"] in names)
        and (not ids or group["id"] in ids)
        and all(_meets(group, each) for each in here.values.get("Filters", []))
    ]
    items = "".join(f"<item>{_placement(here, group)}</item>" for group in found)
    return ec2_answer("DescribePlacementGroups", f"<placementGroupSet>{items}</placementGroupSet>")


def _meets(group: dict[str, Any], wanted: dict[str, Any]) -> bool:
    name, values = wanted["Name"], wanted.get("Values", [])
    if name.startswith("tag:"):
        return group["tags"].get(name[4:]) in values
    if name == "tag-key":
        return any(key in values for key in group["tags"])
    known = {"group-name": group["name"], "strategy": group["strategy"], "state": "available"}
    if name not in known:
        raise Refused("InvalidParameterValue", f"The filter '{name}' is invalid")
    return known[name] in values


@RULES.answers("ec2:DeletePlacementGroup")
def _delete_placement(here: Here) -> WireAnswer:
    name = here.values["GroupName"]
    if name not in here.placement:
        raise Refused("InvalidPlacementGroup.Unknown", f"The Placement Group '{name}' is unknown.")
    if any(instance.placement.group_name == name for instance in here.instances()):
        raise Refused("InvalidPlacementGroup.InUse", f"The placement group '{name}' is in use and may not be deleted.")
    del here.placement[name]
    return ec2_answer("DeletePlacementGroup", "<return>true</return>")


@RULES.before("ec2:CreateTags", "ec2:DeleteTags")
def _tags_of_placement(here: Here) -> None:
    """moto would not find them."""
    known = {group["id"]: group for group in here.placement.values()}
    for wanted in here.values.get("Resources", []):
        if wanted in known:
            raise Refused("InvalidID", f"the emulator tags placement groups when they are created only: {wanted}")
