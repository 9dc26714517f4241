"""Neutral to native and back: pure functions, one pair for each kind of EC2.

Requests and answers have the shapes of the EC2 API, 2016-11-15 (docs.aws.amazon.com/AWSEC2/latest/APIReference).
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from mcloud.model.base import Placement
from mcloud.units import Size
from mcloud_aws.tags import RESIZING, named, specification, tag_list, tag_map, wanted_tags

Native = Mapping[str, Any]

ANYWHERE = "0.0.0.0/0"
GP3_IOPS = 3000  # what a gp3 volume has without asking (docs.aws.amazon.com/ebs, "General Purpose SSD volumes")
IO2_IOPS = 3000  # io2 wants a number; what is taken where none is asked for
GP3_RATIO, IO2_RATIO = 500, 1000
"""IOPS for each GiB at most (docs.aws.amazon.com/ebs, "Amazon EBS volume types", 2026-11)."""
PROVISIONED = ("gp3", "io1", "io2")
ALL_PORTS = (0, 65535)
_GROUP_TEXT = re.compile(r"[^A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]+")
COMMENT = "mcloud:key-comment"
COMMENT_BYTES = 190
"""What fits into a tag in base64: the service puts the key's name in the place of its comment."""


def network_body(inputs: Native) -> dict[str, Any]:
    """Arguments of CreateVpc."""
    return {"CidrBlock": inputs["cidr"], "TagSpecifications": specification("vpc", inputs)}


def network_seen(native: Native) -> dict[str, Any]:
    """What can be seen of a VPC."""
    return {**named(native.get("Tags")), "cidr": native["CidrBlock"]}


def subnet_of(native_id: str) -> str:
    """The service's id in the native id ``network/subnet``."""
    return native_id.rpartition("/")[2]


def subnet_body(inputs: Native, picks: Native) -> dict[str, Any]:
    """Arguments of CreateSubnet."""
    return {
        "VpcId": inputs["network"],
        "CidrBlock": inputs["cidr"],
        "AvailabilityZone": picks["zone"],
        "TagSpecifications": specification("subnet", inputs),
    }


def subnet_seen(at: Placement, native: Native) -> dict[str, Any]:
    """What can be seen of a subnet; ``native`` is {"subnet", "table"}."""
    subnet = native["subnet"]
    return {
        **named(subnet.get("Tags")),
        "network": at.id_of(subnet["VpcId"]),
        "cidr": subnet["CidrBlock"],
        "internet": internet_of(native.get("table")),
    }


def internet_of(table: Native | None) -> str:
    """What a route table gives a subnet: none, outbound or direct."""
    for route in (table or {}).get("Routes") or ():
        if route.get("DestinationCidrBlock") == ANYWHERE and route.get("State") != "blackhole":
            if str(route.get("GatewayId", "")).startswith("igw-"):
                return "direct"
            if route.get("NatGatewayId"):
                return "outbound"
    return "none"


def plain_description(text: str | None) -> str:
    """A description in the characters that the service takes, at most 255."""
    return " ".join(_GROUP_TEXT.sub(" ", text or "").split())[:255].rstrip()


def group_body(inputs: Native) -> dict[str, Any]:
    """Arguments of CreateSecurityGroup; the service wants a description."""
    return {
        "GroupName": inputs["name"],
        "Description": plain_description(inputs.get("description")) or str(inputs["name"]),
        "VpcId": inputs["network"],
        "TagSpecifications": specification("security-group", inputs),
    }


def group_seen(at: Placement, native: Native) -> dict[str, Any]:
    """What can be seen of a group; ``native`` is {"group", "rules"}.

    A description that is the group's name is what is written where none is asked for. A rule that lets everything out
    may be the group's own or one that was asked for: only its absence tells something.
    """
    group = native["group"]
    seen = {"name": group["GroupName"], "labels": named(group.get("Tags"))["labels"]}
    if group.get("VpcId"):
        seen["network"] = at.id_of(group["VpcId"])
    if group.get("Description") != group["GroupName"]:
        seen["description"] = group.get("Description")
    if not any(is_open_egress(rule) for rule in native["rules"]):
        seen["openEgress"] = False
    return seen


def is_open_egress(rule: Native) -> bool:
    """Whether a rule is the allow-all egress that a new group comes with."""
    return bool(rule.get("IsEgress")) and str(rule["IpProtocol"]) == "-1" and rule.get("CidrIpv4") == "0.0.0.0/0"


def is_default_egress(rule: Native) -> bool:
    """The same, IPv6 too: a group in a VPC with IPv6 comes with both."""
    return is_open_egress(rule) or (
        bool(rule.get("IsEgress")) and str(rule["IpProtocol"]) == "-1" and rule.get("CidrIpv6") == "::/0"
    )


def rule_permission(inputs: Native) -> dict[str, Any]:
    """The ``IpPermission`` of a rule."""
    protocol = str(inputs["protocol"])
    permission: dict[str, Any] = {"IpProtocol": "-1" if protocol == "any" else protocol}
    if protocol in ("tcp", "udp"):
        first = inputs.get("fromPort")
        ports = ALL_PORTS if first is None else (int(first), int(inputs.get("toPort") or first))
        permission |= {"FromPort": ports[0], "ToPort": ports[1]}
    elif protocol == "icmp":
        permission |= {"FromPort": -1, "ToPort": -1}
    text = plain_description(inputs.get("description"))
    about = {"Description": text} if text else {}
    if inputs.get("peerGroup"):
        permission["UserIdGroupPairs"] = [{"GroupId": inputs["peerGroup"], **about}]
    elif ipaddress.ip_network(inputs["cidr"]).version == 6:
        permission["Ipv6Ranges"] = [{"CidrIpv6": inputs["cidr"], **about}]
    else:
        permission["IpRanges"] = [{"CidrIp": inputs["cidr"], **about}]
    return permission


def rule_body(inputs: Native) -> dict[str, Any]:
    """Arguments of AuthorizeSecurityGroupIngress and Egress."""
    return {
        "GroupId": inputs["group"],
        "IpPermissions": [rule_permission(inputs)],
        "TagSpecifications": specification("security-group-rule", inputs),
    }


def rule_seen(at: Placement, native: Native) -> dict[str, Any]:
    """What can be seen of a rule."""
    protocol = {"-1": "any", "6": "tcp", "17": "udp", "1": "icmp"}.get(native["IpProtocol"], native["IpProtocol"])
    seen = {
        **named(native.get("Tags")),
        "group": at.id_of(native["GroupId"]),
        "direction": "egress" if native["IsEgress"] else "ingress",
        "protocol": protocol,
        "description": native.get("Description") or None,
    }
    ports = (native.get("FromPort"), native.get("ToPort"))
    if protocol in ("tcp", "udp") and ports != ALL_PORTS:
        seen |= {"fromPort": ports[0], "toPort": ports[1]}
    peer = (native.get("ReferencedGroupInfo") or {}).get("GroupId")
    block = native.get("CidrIpv4") or native.get("CidrIpv6")
    seen |= {"peerGroup": at.id_of(peer)} if peer else {"cidr": block}
    return {key: value for key, value in seen.items() if value is not None}


def same_rule(inputs: Native, native: Native) -> bool:
    """Whether a rule of the cloud says what these inputs say."""
    at = Placement("aws", "any")
    seen = rule_seen(at, native)
    asked = {
        "group": at.id_of(inputs["group"]),
        "direction": inputs["direction"],
        "protocol": inputs["protocol"],
        "fromPort": inputs.get("fromPort"),
        "toPort": inputs.get("toPort") or inputs.get("fromPort"),
    }
    asked |= {"peerGroup": at.id_of(inputs["peerGroup"])} if inputs.get("peerGroup") else {"cidr": inputs.get("cidr")}
    return all(seen.get(key) == value for key, value in asked.items())


def key_body(inputs: Native) -> dict[str, Any]:
    """Arguments of ImportKeyPair; a key's comment is kept in a tag, for the service shows the key's name instead."""
    words = str(inputs["publicKey"]).split(None, 2)
    tags = wanted_tags(inputs)
    if len(words) == 3:
        tags[COMMENT] = base64.b64encode(words[2].encode()).decode()
    return {
        "KeyName": inputs["name"],
        "PublicKeyMaterial": str(inputs["publicKey"]),
        "TagSpecifications": [{"ResourceType": "key-pair", "Tags": tag_list(tags)}],
    }


def key_seen(native: Native) -> dict[str, Any]:
    """What can be seen of a key."""
    tags = native.get("Tags")
    seen = {"name": native["KeyName"], "labels": named(tags)["labels"]}
    material = native.get("PublicKey")
    if material:
        words = str(material).split(None, 2)[:2]
        comment = _comment(tag_map(tags).get(COMMENT, ""))
        seen["publicKey"] = " ".join([*words, comment] if comment else words)
    return seen


def _comment(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def disk_gib(inputs: Native) -> int:
    """Size of the root disk in whole GiB."""
    return Size.parse((inputs.get("disk") or {}).get("size", "20 GiB")).whole_gib


def disk_settings(asked: Native, picks: Native, gib: int) -> dict[str, Any]:
    """Type and IOPS of a volume."""
    kind = str(picks["diskTypeId"])
    body: dict[str, Any] = {"VolumeType": kind}
    iops = int(asked.get("minIops") or 0)
    if kind == "gp3" and iops > GP3_IOPS:
        body["Iops"] = iops
    if kind in ("io1", "io2"):
        body["Iops"] = min(iops or IO2_IOPS, IO2_RATIO * gib)
    return body


def least_gib(asked: Native) -> int:
    """GiB that a disk must have for the IOPS that are asked for; 0 where it does not matter."""
    iops = int(asked.get("minIops") or 0)
    if iops <= GP3_IOPS:
        return 0
    return -(-iops // (IO2_RATIO if asked.get("class") == "nvme" else GP3_RATIO))


def disk_iops(native: Native) -> int | None:
    """The IOPS that a volume was given; None for what its type brings along."""
    kind, iops = native.get("VolumeType"), native.get("Iops")
    if kind not in PROVISIONED or iops is None or (kind == "gp3" and int(iops) <= GP3_IOPS):
        return None
    return int(iops)


def server_body(inputs: Native, picks: Native) -> dict[str, Any]:
    """Arguments of RunInstances, without the client token. ``picks["rootDevice"]`` is the image's root device."""
    gib = disk_gib(inputs)
    placement: dict[str, Any] = {"AvailabilityZone": picks["zone"]}
    if inputs.get("placementGroup"):
        placement["GroupName"] = inputs["placementGroup"]
    disk = {"VolumeSize": gib, "DeleteOnTermination": True, **disk_settings(inputs.get("disk") or {}, picks, gib)}
    tags = specification("instance", inputs)
    body: dict[str, Any] = {
        "ImageId": picks["imageId"],
        "InstanceType": picks["flavorId"],
        "MinCount": 1,
        "MaxCount": 1,
        "SubnetId": subnet_of(str(inputs["subnet"])),
        "Placement": placement,
        "BlockDeviceMappings": [{"DeviceName": picks.get("rootDevice"), "Ebs": disk}],
        # Version 2 of the metadata service only: what runs on the server cannot be made to hand out its role.
        "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"},
        "TagSpecifications": [*tags, {**tags[0], "ResourceType": "volume"}],
    }
    if inputs.get("securityGroups"):
        body["SecurityGroupIds"] = list(inputs["securityGroups"])
    if inputs.get("key"):
        body["KeyName"] = inputs["key"]
    if inputs.get("userData"):
        body["UserData"] = inputs["userData"]
    return body


def first_interface(instance: Native) -> Native:
    """The interface that a server was made with."""
    nics = instance.get("NetworkInterfaces") or ()
    return next((nic for nic in nics if (nic.get("Attachment") or {}).get("DeviceIndex") == 0), {})


def server_seen(at: Placement, native: Native) -> dict[str, Any]:
    """What can be seen of a server; ``native`` is {"instance", "disk"}."""
    instance, disk = native["instance"], native.get("disk")
    groups = list(first_interface(instance).get("Groups") or instance.get("SecurityGroups") or ())
    if [item.get("GroupName") for item in groups] == ["default"]:
        groups = []  # what the service puts where none is asked for
    seen: dict[str, Any] = {
        **named(instance.get("Tags")),
        "securityGroups": sorted(at.id_of(item["GroupId"]) for item in groups),
    }
    if instance.get("SubnetId"):
        seen["subnet"] = at.id_of(f"{instance['VpcId']}/{instance['SubnetId']}")
    if instance.get("KeyName"):
        seen["key"] = at.id_of(instance["KeyName"])
    group = (instance.get("Placement") or {}).get("GroupName")
    if group:
        seen["placementGroup"] = at.id_of(group)
    if disk is not None:
        iops = disk_iops(disk)
        seen["disk"] = {"size": str(Size.gib(int(disk["Size"]))), **({"minIops": iops} if iops else {})}
    return seen


def server_picks(native: Native) -> dict[str, Any]:
    """What was chosen for a server. One whose change of type is not done yet has none that counts."""
    instance, disk = native["instance"], native.get("disk") or {}
    changing = RESIZING in tag_map(instance.get("Tags"))
    seen = {
        "zone": (instance.get("Placement") or {}).get("AvailabilityZone"),
        "flavor": instance.get("InstanceType"),
        "flavorId": f"{instance.get('InstanceType')}, being changed" if changing else instance.get("InstanceType"),
        "imageId": instance.get("ImageId"),
        "diskType": disk.get("VolumeType"),
        "diskTypeId": disk.get("VolumeType"),
    }
    return {key: value for key, value in seen.items() if value}


def server_outputs(native: Native) -> dict[str, Any]:
    """A server's addresses."""
    nic = first_interface(native["instance"])
    outputs: dict[str, Any] = {"privateIp": nic.get("PrivateIpAddress") or native["instance"].get("PrivateIpAddress")}
    public = (nic.get("Association") or {}).get("PublicIp")
    return {**outputs, **({"publicIp": public} if public else {})}


def volume_body(inputs: Native, picks: Native) -> dict[str, Any]:
    """Arguments of CreateVolume, without the client token."""
    gib = Size.parse(inputs["size"]).whole_gib
    return {
        "AvailabilityZone": picks["zone"],
        "Size": gib,
        "Encrypted": bool(inputs.get("encrypted", False)),
        **disk_settings(inputs, picks, gib),
        "TagSpecifications": specification("volume", inputs),
    }


def volume_seen(native: Native) -> dict[str, Any]:
    """What can be seen of a volume; ``native`` is {"volume", "change"}."""
    volume = native["volume"]
    iops = disk_iops(volume)
    return {
        **named(volume.get("Tags")),
        "size": str(Size.gib(int(volume["Size"]))),
        "encrypted": bool(volume.get("Encrypted")),
        **({"minIops": iops} if iops else {}),
    }


def volume_picks(native: Native) -> dict[str, Any]:
    """What was chosen for a volume."""
    volume = native["volume"]
    kind = volume["VolumeType"]
    return {"zone": volume["AvailabilityZone"], "diskType": kind, "diskTypeId": kind}


def attachment_seen(at: Placement, native: Native) -> dict[str, Any]:
    """What can be seen of an attachment."""
    return {"volume": at.id_of(native["VolumeId"]), "server": at.id_of(native["InstanceId"])}


def address_body(inputs: Native) -> dict[str, Any]:
    """Arguments of AllocateAddress."""
    return {"Domain": "vpc", "TagSpecifications": specification("elastic-ip", inputs)}


def address_seen(at: Placement, native: Native) -> dict[str, Any]:
    """What can be seen of a public address."""
    seen = named(native.get("Tags"))
    return {**seen, "server": at.id_of(native["InstanceId"])} if native.get("InstanceId") else seen


def placement_group_body(inputs: Native) -> dict[str, Any]:
    """Arguments of CreatePlacementGroup."""
    strategy = {"spread": "spread", "pack": "cluster"}[inputs["policy"]]
    return {
        "GroupName": inputs["name"],
        "Strategy": strategy,
        "TagSpecifications": specification("placement-group", inputs),
    }


def placement_group_seen(native: Native) -> dict[str, Any]:
    """What can be seen of a placement group; one with a strategy that mcloud does not write shows none."""
    policy = {"spread": "spread", "cluster": "pack"}.get(native.get("Strategy", ""))
    seen = {"name": native["GroupName"], "labels": named(native.get("Tags"))["labels"]}
    return {**seen, **({"policy": policy} if policy else {})}


def interface_body(inputs: Native, picks: Native) -> dict[str, Any]:
    """Arguments of CreateNetworkInterface, without the client token. ``picks["groups"]`` are the server's groups."""
    return {
        "SubnetId": subnet_of(str(inputs["subnet"])),
        "Groups": list(picks.get("groups") or ()),
        "TagSpecifications": specification("network-interface", inputs),
    }


def interface_seen(at: Placement, native: Native) -> dict[str, Any]:
    """What can be seen of an interface; one that is on no server shows so in the place of the server."""
    server = (native.get("Attachment") or {}).get("InstanceId") or "not-attached"
    subnet = f"{native['VpcId']}/{native['SubnetId']}"
    tags = named(native.get("TagSet"))
    return {**tags, "server": at.id_of(server), "subnet": at.id_of(subnet)}


def route_seen(at: Placement, native: Native) -> dict[str, Any]:
    """What can be seen of a route; ``native`` is {"network", "destination", "servers"}.

    Where the tables of the network disagree all of what they say is shown in the place of the server.
    """
    return {
        "network": at.id_of(native["network"]),
        "destination": native["destination"],
        "gateway": at.id_of(",".join(native["servers"])),
    }
