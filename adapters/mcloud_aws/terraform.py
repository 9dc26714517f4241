"""What the types of Terraform's AWS provider mean, in neutral parts.

Attributes are those of the provider's schema (registry.terraform.io/providers/hashicorp/aws, docs of 3.x to 5.x).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from mcloud.discover.meaning import (
    GroupPart,
    KeyPart,
    Meaning,
    Meant,
    NetworkPart,
    Note,
    RulePart,
    ServerPart,
    SubnetPart,
    Unknown,
    ipv4,
    refusal,
    refused,
    text,
    texts,
    unread,
)
from mcloud.discover.parts import AttachmentPart, Part
from mcloud.discover.tfstate import StateResource
from mcloud.model.network import ANYWHERE
from mcloud_aws.facts import image_words, instance_sizes
from mcloud_aws.refusals import REFUSALS
from mcloud_aws.terraform_balancers import BALANCER_MEANINGS
from mcloud_aws.terraform_common import COMMON as _COMMON
from mcloud_aws.terraform_common import aws_labels as _labels
from mcloud_aws.terraform_common import broken as _broken
from mcloud_aws.terraform_common import data_volume, disk_words, number, rows
from mcloud_aws.terraform_fleets import FLEET_MEANINGS
from mcloud_aws.terraform_routes import ROUTE_MEANINGS
from mcloud_aws.terraform_storage import STORAGE_MEANINGS

Direction = Literal["ingress", "egress"]

_NETWORK_COMPUTED = (
    *_COMMON,
    *("default_network_acl_id", "default_route_table_id", "default_security_group_id", "main_route_table_id"),
    *("dhcp_options_id", "existing_default_vpc", "force_destroy", "enable_dns_support", "enable_dns_hostnames"),
    *("ipv6_association_id", "cidr_block_associations", "default", "state"),
)
_SUBNET_COMPUTED = (
    *_COMMON,
    *("availability_zone_id", "existing_default_subnet", "force_destroy", "ipv6_cidr_block_association_id"),
    *("private_dns_hostname_type_on_launch", "available_ip_address_count", "default_for_az", "state"),
)
_GROUP_COMPUTED = (*_COMMON, "name", "name_prefix", "revoke_rules_on_delete")
_RULE_COMPUTED = ("id", "security_group_rule_id", "timeouts", "region")
_RULE_READ = (
    *("type", "security_group_id", "source_security_group_id", "self", "protocol", "from_port", "to_port"),
    *("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "description"),
)
_KEY_COMPUTED = (*_COMMON, "fingerprint", "key_name_prefix", "key_pair_id", "key_type")
_SERVER_COMPUTED = (
    *_COMMON,
    *("cpu_core_count", "cpu_threads_per_core", "cpu_options", "credit_specification", "disable_api_termination"),
    *("disable_api_stop", "ebs_optimized", "enclave_options", "maintenance_options", "metadata_options", "monitoring"),
    *(
        "placement_partition_number",
        "placement_group_id",
        "private_dns",
        "private_dns_name_options",
        "public_dns",
        "security_groups",
    ),
    *("instance_initiated_shutdown_behavior", "get_password_data", "user_data_replace_on_change", "volume_tags"),
    *("capacity_reservation_specification", "availability_zone", "force_destroy", "instance_lifecycle"),
)


def _ipv6(attributes: Mapping[str, Any], name: str = "ipv6_cidr_block") -> list[Note]:
    block = text(attributes, name)
    return [Note(f"IPv6 block {block}", "a stack's networks are IPv4", "plan IPv6 apart")] if block else []


def _block(attributes: Mapping[str, Any]) -> str | None:
    """The IPv4 block; empty where the source does not hold it, None where it has none."""
    said = attributes.get("cidr_block")
    return "" if isinstance(said, Unknown) else ipv4(said)


def network(resource: StateResource) -> Meant:
    """aws_vpc and aws_default_vpc."""
    attributes = resource.attributes
    block = _block(attributes)
    if block is None:
        return _broken(resource, "id", "cidr_block") or refused("its block is not IPv4", "give it an IPv4 block")
    if broken := _broken(resource, "id"):
        return broken
    found, notes = _labels(attributes)
    if attributes.get("instance_tenancy") not in (None, "", "default"):
        notes.append(Note("instance_tenancy", "a stack has no dedicated hosts", "ask the target cloud for them"))
    read = ("cidr_block", "instance_tenancy", "ipv6_cidr_block")
    notes += _ipv6(attributes) + unread(resource, read, _NETWORK_COMPUTED)
    return Meant(NetworkPart(str(attributes["id"]), block, found), tuple(notes))


def subnet(resource: StateResource) -> Meant:
    """aws_subnet and aws_default_subnet."""
    attributes = resource.attributes
    if broken := _broken(resource, "id", "vpc_id"):
        return broken
    block = _block(attributes)
    if block is None:
        return refused("it has no IPv4 block", "a stack's subnets are IPv4; give it an IPv4 block")
    found, notes = _labels(attributes)
    zone = text(attributes, "availability_zone")
    if zone:
        notes.append(Note(f"zone {zone}", "a zone's name is its cloud's own", "choose one of the target's"))
    read = ("cidr_block", "vpc_id", "availability_zone", "map_public_ip_on_launch", "ipv6_cidr_block")
    notes += _ipv6(attributes) + unread(resource, read, _SUBNET_COMPUTED)
    direct = attributes.get("map_public_ip_on_launch")
    part = SubnetPart(
        str(attributes["id"]), str(attributes["vpc_id"]), block, direct if isinstance(direct, bool) else None, found
    )
    return Meant(part, tuple(notes))


def group(resource: StateResource) -> Meant:
    """aws_security_group and aws_default_security_group, with the rules inside."""
    attributes = resource.attributes
    if broken := _broken(resource, "id"):
        return broken
    native = str(attributes["id"])
    found, notes = _labels(attributes)
    rules: list[RulePart] = []
    for direction in ("ingress", "egress"):
        for rule in rows(attributes, direction):
            part, more = _rule(native, direction, rule)
            notes += more
            if part is not None:
                rules.append(part)
    notes += unread(resource, ("vpc_id", "description", "ingress", "egress", "open_egress"), _GROUP_COMPUTED)
    # A group without egress rules of its own lets everything out, where the source is what was asked for.
    is_open = attributes.get("open_egress") is True or any(_is_everything(rule) for rule in rules)
    egress = "" if is_open else None
    network_, description = text(attributes, "vpc_id"), text(attributes, "description")
    part_ = GroupPart(native, network_, description, tuple(rules), found, open_egress=egress)
    return Meant(part_, tuple(notes))


def _is_everything(rule: RulePart) -> bool:
    """Whether a rule lets everything out, which is what a stack's groups do where they say nothing."""
    return rule.direction == "egress" and rule.protocol == "any" and ANYWHERE in rule.cidrs


def rule(resource: StateResource) -> Meant:
    """aws_security_group_rule."""
    attributes = resource.attributes
    direction = attributes.get("type")
    if broken := _broken(resource, "security_group_id"):
        return broken
    if direction not in ("ingress", "egress"):
        return refused("the state does not say its direction", "run `terraform refresh`, then give the state again")
    peer = text(attributes, "source_security_group_id")
    flat = {**attributes, "security_groups": [peer] if peer else []}
    part, notes = _rule(str(attributes["security_group_id"]), direction, flat)
    notes += unread(resource, _RULE_READ, _RULE_COMPUTED)
    if part is None:
        reason = "; ".join(f"{note.what}: {note.reason}" for note in notes) or "it lets nobody through"
        return refused(reason, "; ".join(dict.fromkeys(note.advice for note in notes if note.advice)))
    return Meant(part, tuple(notes))


def own_rule(resource: StateResource) -> Meant:
    """aws_vpc_security_group_ingress_rule and aws_vpc_security_group_egress_rule."""
    attributes = resource.attributes
    if broken := _broken(resource, "security_group_id"):
        return broken
    single = {
        "cidr_blocks": "cidr_ipv4",
        "ipv6_cidr_blocks": "cidr_ipv6",
        "prefix_list_ids": "prefix_list_id",
        "security_groups": "referenced_security_group_id",
    }
    flat: dict[str, Any] = {many: [attributes[one]] for many, one in single.items() if text(attributes, one)}
    flat |= {"protocol": attributes.get("ip_protocol"), "description": attributes.get("description")}
    flat |= {name: attributes.get(name) for name in ("from_port", "to_port")}
    direction = "egress" if "egress" in resource.type else "ingress"
    part, notes = _rule(str(attributes["security_group_id"]), direction, flat)
    computed = (*_COMMON, "security_group_rule_id", "security_group_id", "ip_protocol", "from_port", "to_port")
    notes += unread(resource, (*single.values(), "description"), computed)
    if part is None:
        reason = "; ".join(f"{note.what}: {note.reason}" for note in notes) or "it lets nobody through"
        return refused(reason, "; ".join(dict.fromkeys(note.advice for note in notes if note.advice)))
    return Meant(part, tuple(notes))


def _rule(native: str, direction: Any, rule: Mapping[str, Any]) -> tuple[RulePart | None, list[Note]]:
    """A rule, or None where nothing of it can be written; with notes on what cannot."""
    notes = [
        Note(f"IPv6 block {block}", "a stack's rules are IPv4", "plan IPv6 apart")
        for block in texts(rule, "ipv6_cidr_blocks")
    ]
    notes += [
        Note(f"prefix list {item}", "the list lives in AWS; the state does not hold its blocks", "write the blocks out")
        for item in texts(rule, "prefix_list_ids")
    ]
    protocol, ports, problem = _protocol(rule)
    if problem is not None:
        return None, [*notes, problem]
    if protocol not in ("tcp", "udp", "icmp", "any") and _ports(rule) not in _NO_PORTS:
        notes.append(Note(f"ports of protocol {protocol}", "this protocol has no ports", ""))
    cidrs = [block for block in map(ipv4, texts(rule, "cidr_blocks")) if block]
    groups = [_group_id(item) for item in texts(rule, "security_groups")]
    if rule.get("self") is True:
        groups.append(native)
    notes += [
        Note(f"peer {block}", "it is no IPv4 block, or its value is not known", "add the rule by hand")
        for block in texts(rule, "cidr_blocks")
        if ipv4(block) is None
    ]
    if not cidrs and not groups:
        return None, notes
    part = RulePart(
        native,
        direction,
        protocol,
        ports,
        tuple(dict.fromkeys(cidrs)),
        tuple(dict.fromkeys(groups)),
        text(rule, "description"),
    )
    return part, notes


def _ports(rule: Mapping[str, Any]) -> tuple[int | None, int | None]:
    return number(rule.get("from_port")), number(rule.get("to_port"))


_NO_PORTS = ((None, None), (0, 0), (-1, -1))
_NAMES = {"-1": "any", "all": "any", "6": "tcp", "17": "udp", "1": "icmp"}


def _protocol(rule: Mapping[str, Any]) -> tuple[str, tuple[int, int] | None, Note | None]:
    """Protocol, ports (None: all), and why it cannot be written."""
    said = str(rule.get("protocol", "-1")).lower()
    protocol = _NAMES.get(said, said)
    first, last = number(rule.get("from_port")), number(rule.get("to_port"))
    if protocol == "icmp":
        # from_port is the ICMP type and to_port the code here; -1 is all of them.
        if first in (-1, None):
            return protocol, None, None
        reason = f"it allows ICMP type {first} only, and a stack's rule allows all of ICMP; it was not widened"
        return protocol, None, Note("ICMP type", reason, "add a rule with protocol icmp if all of ICMP may pass")
    if protocol not in ("tcp", "udp"):
        if protocol == "any" or (protocol.isdigit() and int(protocol) <= 255):
            return protocol, None, None
        reason = "a stack's rules know tcp, udp, icmp, any and IPv4 protocol numbers"
        return protocol, None, Note(f"protocol {said}", reason, "add a rule by hand")
    if (first, last) == (-1, -1):
        return protocol, None, None
    if first is None or last is None or not 0 <= first <= last <= 65535:
        return protocol, None, Note("ports", f"{first}-{last} is no port range", "look at the rule")
    if last == 0:
        reason = f"it allows {protocol} port 0 only, which no traffic uses; it was not read as all ports"
        return protocol, None, Note("port 0", reason, "say 0-65535 where all ports were meant")
    ports = (max(first, 1), last)
    return protocol, None if ports == (1, 65535) else ports, None


def _group_id(peer: str) -> str:
    """A peer of another account is written account/sg-id."""
    return peer.rsplit("/", 1)[-1]


def key(resource: StateResource) -> Meant:
    """aws_key_pair. Servers refer to it by name; AWS never gives the public key back to an import."""
    attributes = resource.attributes
    if broken := _broken(resource, "key_name"):
        return broken
    found, notes = _labels(attributes)
    notes += unread(resource, ("key_name", "public_key"), _KEY_COMPUTED)
    return Meant(KeyPart(str(attributes["key_name"]), text(attributes, "public_key"), found), tuple(notes))


def server(resource: StateResource) -> Meant:
    """aws_instance."""
    attributes = resource.attributes
    template = next((text(one, "id") or text(one, "name") for one in rows(attributes, "launch_template")), None)
    needed = ("id",) if template else ("id", "instance_type", "ami")
    if broken := _broken(resource, *needed):
        return broken
    if attributes.get("instance_state") in ("terminated", "shutting-down"):
        return refused("it is terminated", "run `terraform refresh` to be rid of it")
    found, notes = _labels(attributes)
    disk, more = _root_disk(attributes)
    volumes, bare = _data_disks(attributes)
    notes += more + _server_notes(attributes) + bare
    flavor, image = str(attributes.get("instance_type") or ""), str(attributes.get("ami") or "")
    nics = [str(attributes[name]) for name in ("primary_network_interface_id",) if text(attributes, name)]
    public = attributes.get("associate_public_ip_address")
    part = ServerPart(
        id=str(attributes["id"]),
        flavor=flavor,
        size=instance_sizes().get(flavor),
        image=image,
        os=image_words(image),
        subnet=text(attributes, "subnet_id"),
        groups=texts(attributes, "vpc_security_group_ids"),
        key=text(attributes, "key_name"),
        public_ip=True if text(attributes, "public_ip") else public if isinstance(public, bool) else None,
        disk_gib=disk.get("gib"),
        disk_class=disk.get("class", "ssd"),
        min_iops=disk.get("iops"),
        labels=found,
        disk_encrypted=bool(disk.get("encrypted")),
        placement_group=text(attributes, "placement_group"),
        addresses=tuple(str(attributes[name]) for name in ("private_ip",) if text(attributes, name)),
        template=template,
        nics=tuple(nics),
    )
    notes += unread(resource, _SERVER_READ, _SERVER_COMPUTED)
    return Meant(part, tuple(notes), inline=volumes)


_SERVER_NOTES = {
    "ephemeral_block_device": ("local disks", "a stack's servers have none", "use a volume"),
    "network_interface": ("network interfaces", "a stack's servers have one", "check what the others are for"),
    "iam_instance_profile": ("instance profile", "roles for servers do not move", "give the program other credentials"),
    "ipv6_addresses": ("IPv6 addresses", "a stack's networks are IPv4", "plan IPv6 apart"),
    "secondary_private_ips": ("more private addresses", "a stack's servers have one", "check what they are for"),
    "host_id": ("dedicated host", "a stack has no dedicated hosts", "ask the target cloud for them"),
    "hibernation": ("hibernation", "a stack has no word for it", ""),
    "instance_market_options": ("spot market", "a stack's servers are on demand", "check the cost"),
}
_SERVER_READ = (
    *("ami", "instance_type", "subnet_id", "vpc_security_group_ids", "key_name", "public_ip", "root_block_device"),
    *("associate_public_ip_address", "tenancy", "source_dest_check", "private_ip", "instance_state"),
    *("ebs_block_device", "placement_group", "launch_template", "primary_network_interface_id"),
    *_SERVER_NOTES,
)


def _server_notes(attributes: Mapping[str, Any]) -> list[Note]:
    notes = [Note(*words) for name, words in _SERVER_NOTES.items() if attributes.get(name)]
    if attributes.get("tenancy") not in (None, "", "default"):
        notes.append(Note("tenancy", "a stack has no dedicated hosts", "ask the target cloud for them"))
    if attributes.get("source_dest_check") is False:
        notes.append(Note("forwarding", "it forwards packets of others, as a NAT server does", "use the target's NAT"))
    if text(attributes, "private_ip"):
        what = f"private address {attributes['private_ip']}"
        notes.append(Note(what, "addresses are given out anew", "look for it in settings"))
    if text(attributes, "public_ip"):
        what = f"public address {attributes['public_ip']}"
        notes.append(Note(what, "addresses are given out anew", "change the DNS records"))
    if attributes.get("instance_state") not in (None, "", "running"):
        notes.append(Note("state", f"it is {attributes['instance_state']}; a stack's servers run", "leave it out?"))
    return notes


def _root_disk(attributes: Mapping[str, Any]) -> tuple[dict[str, Any], list[Note]]:
    disks = rows(attributes, "root_block_device")
    if not disks:
        return {}, []
    disk = disks[0]
    notes = []
    if (number(disk.get("throughput")) or 0) > _GP3_BASE_THROUGHPUT:
        notes.append(Note("root disk throughput", "a stack asks for a class and IOPS only", "check after the move"))
    gib, class_, iops = disk_words(disk)
    found = {"class": class_, "gib": gib, "encrypted": disk.get("encrypted") is True}
    return {**found, **({"iops": iops} if iops else {})}, notes


def _data_disks(attributes: Mapping[str, Any]) -> tuple[tuple[tuple[str, Part], ...], list[Note]]:
    """The further disks that a server holds within itself, each with what puts it there."""
    found: list[tuple[str, Part]] = []
    notes = []
    server_ = str(attributes["id"])
    for disk in rows(attributes, "ebs_block_device"):
        device = text(disk, "device_name") or ""
        native = text(disk, "volume_id") or f"{server_}/{device}"
        part = data_volume(native, disk)
        if part.gib is None:
            notes.append(Note("more disks", f"the source does not say how large {native} is", "add it under volumes"))
            continue
        word = "data" if not found else f"data-{len(found) // 2 + 1}"
        found += [(word, part), (word, AttachmentPart(f"{native}/{server_}", native, server_))]
    return tuple(found), notes


_GP3_BASE_THROUGHPUT = 125  # MiB/s that a gp3 volume has at no charge (docs.aws.amazon.com/ebs)

MEANINGS: dict[str, Meaning] = {
    **{name: refusal(reason, advice) for names, _, reason, advice in REFUSALS for name in names},
    "aws_vpc": network,
    "aws_default_vpc": network,
    "aws_subnet": subnet,
    "aws_default_subnet": subnet,
    "aws_security_group": group,
    "aws_default_security_group": group,
    "aws_security_group_rule": rule,
    "aws_vpc_security_group_ingress_rule": own_rule,
    "aws_vpc_security_group_egress_rule": own_rule,
    "aws_key_pair": key,
    "aws_instance": server,
    "aws_spot_instance_request": server,
    **ROUTE_MEANINGS,
    **STORAGE_MEANINGS,
    **BALANCER_MEANINGS,
    **FLEET_MEANINGS,
}
"""Terraform type -> what it means; a star at the end stands for any ending."""
