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
    ipv4,
    labels,
    refusal,
    refused,
    text,
    texts,
    unread,
)
from mcloud.discover.tfstate import StateResource
from mcloud_aws.facts import instance_sizes

Direction = Literal["ingress", "egress"]

_COMMON = ("id", "arn", "owner_id", "tags", "tags_all", "timeouts", "region")
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
    *("primary_network_interface_id", "private_dns", "private_dns_name_options", "public_dns", "security_groups"),
    *("instance_initiated_shutdown_behavior", "get_password_data", "user_data_replace_on_change", "volume_tags"),
    *("capacity_reservation_specification", "availability_zone", "force_destroy", "instance_lifecycle"),
)
_DISK_CLASSES = {"standard": "hdd", "st1": "hdd", "sc1": "hdd"}
# Only these volume types sell IOPS apart from the size; what gp2 shows follows from its size.
_SOLD_IOPS = ("io1", "io2", "gp3")
# gp3 brings 3,000 along at no charge (docs.aws.amazon.com/ebs, general purpose volumes).
_GP3_BASE_IOPS = 3000


def _labels(attributes: Mapping[str, Any]) -> tuple[dict[str, str], list[Note]]:
    """Tags as labels; the Name tag stays behind, for a stack's resources have names of their own."""
    found, notes = labels(attributes.get("tags"))
    if "Name" in found:
        reason = f"it says {found.pop('Name')!r}; the stack goes by Terraform's name"
        notes.append(Note("tag Name", reason, "rename it"))
    return found, notes


def _ipv6(attributes: Mapping[str, Any], name: str = "ipv6_cidr_block") -> list[Note]:
    block = text(attributes, name)
    return [Note(f"IPv6 block {block}", "a stack's networks are IPv4", "plan IPv6 apart")] if block else []


def _broken(resource: StateResource, *names: str) -> Meant | None:
    """A refusal where an attribute that everything hangs on is missing."""
    for name in names:
        if text(resource.attributes, name) is None:
            return refused(f"the state does not say its {name}", "run `terraform refresh`, then give the state again")
    return None


def network(resource: StateResource) -> Meant:
    """aws_vpc and aws_default_vpc."""
    attributes = resource.attributes
    block = ipv4(attributes.get("cidr_block"))
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
    block = ipv4(attributes.get("cidr_block"))
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
        for rule in attributes.get(direction) or ():
            part, more = _rule(native, direction, rule)
            notes += more
            if part is not None:
                rules.append(part)
    notes += unread(resource, ("vpc_id", "description", "ingress", "egress"), _GROUP_COMPUTED)
    part_ = GroupPart(native, text(attributes, "vpc_id"), text(attributes, "description"), tuple(rules), found)
    return Meant(part_, tuple(notes))


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
    if protocol not in ("tcp", "udp", "icmp", "any") and (rule.get("from_port"), rule.get("to_port")) not in _NO_PORTS:
        notes.append(Note(f"ports of protocol {protocol}", "this protocol has no ports", ""))
    cidrs = [block for block in map(ipv4, texts(rule, "cidr_blocks")) if block]
    groups = [_group_id(item) for item in texts(rule, "security_groups")]
    if rule.get("self") is True:
        groups.append(native)
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


_NO_PORTS = ((None, None), (0, 0), (-1, -1))
_NAMES = {"-1": "any", "all": "any", "6": "tcp", "17": "udp", "1": "icmp"}


def _protocol(rule: Mapping[str, Any]) -> tuple[str, tuple[int, int] | None, Note | None]:
    """Protocol, ports (None: all), and why it cannot be written."""
    said = str(rule.get("protocol", "-1")).lower()
    protocol = _NAMES.get(said, said)
    first, last = rule.get("from_port"), rule.get("to_port")
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
    if not isinstance(first, int) or not isinstance(last, int) or not 0 <= first <= last <= 65535:
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
    if broken := _broken(resource, "id", "instance_type", "ami"):
        return broken
    if attributes.get("instance_state") in ("terminated", "shutting-down"):
        return refused("it is terminated", "run `terraform refresh` to be rid of it")
    found, notes = _labels(attributes)
    disk, more = _root_disk(attributes)
    notes += more + _server_notes(attributes)
    flavor = str(attributes["instance_type"])
    public = attributes.get("associate_public_ip_address")
    part = ServerPart(
        id=str(attributes["id"]),
        flavor=flavor,
        size=instance_sizes().get(flavor),
        image=str(attributes["ami"]),
        subnet=text(attributes, "subnet_id"),
        groups=texts(attributes, "vpc_security_group_ids"),
        key=text(attributes, "key_name"),
        public_ip=True if text(attributes, "public_ip") else public if isinstance(public, bool) else None,
        disk_gib=disk.get("gib"),
        disk_class=disk.get("class", "ssd"),
        min_iops=disk.get("iops"),
        labels=found,
    )
    return Meant(part, (*notes, *unread(resource, _SERVER_READ, _SERVER_COMPUTED)))


_SERVER_NOTES = {
    "ebs_block_device": ("more disks", "they are not read from a server", "add them under volumes"),
    "ephemeral_block_device": ("local disks", "a stack's servers have none", "use a volume"),
    "network_interface": ("network interfaces", "a stack's servers have one", "check what the others are for"),
    "iam_instance_profile": ("instance profile", "roles for servers do not move", "give the program other credentials"),
    "ipv6_addresses": ("IPv6 addresses", "a stack's networks are IPv4", "plan IPv6 apart"),
    "secondary_private_ips": ("more private addresses", "a stack's servers have one", "check what they are for"),
    "placement_group": ("placement group", "a stack has no word for it", "use zones: spread"),
    "host_id": ("dedicated host", "a stack has no dedicated hosts", "ask the target cloud for them"),
    "hibernation": ("hibernation", "a stack has no word for it", ""),
    "instance_market_options": ("spot market", "a stack's servers are on demand", "check the cost"),
}
_SERVER_READ = (
    *("ami", "instance_type", "subnet_id", "vpc_security_group_ids", "key_name", "public_ip", "root_block_device"),
    *("associate_public_ip_address", "tenancy", "source_dest_check", "private_ip", "instance_state"),
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
    disks = attributes.get("root_block_device")
    if not isinstance(disks, list) or not disks or not isinstance(disks[0], dict):
        return {}, []
    disk = disks[0]
    notes = []
    if disk.get("encrypted"):
        notes.append(Note("encrypted root disk", "a root disk has no such switch in a stack", "see extensions"))
    if disk.get("throughput") and disk["throughput"] > _GP3_BASE_THROUGHPUT:
        notes.append(Note("root disk throughput", "a stack asks for a class and IOPS only", "check after the move"))
    kind, iops = disk.get("volume_type"), disk.get("iops")
    sold = kind in _SOLD_IOPS and isinstance(iops, int) and not (kind == "gp3" and iops <= _GP3_BASE_IOPS)
    found = {"class": _DISK_CLASSES.get(str(kind), "ssd"), "gib": disk.get("volume_size") or None}
    return {**found, **({"iops": iops} if sold else {})}, notes


_GP3_BASE_THROUGHPUT = 125  # MiB/s that a gp3 volume has at no charge (docs.aws.amazon.com/ebs)

_BY_HAND = "draw it in the stack by hand"
_REFUSALS: dict[tuple[str, ...], tuple[str, str]] = {
    ("aws_db_instance", "aws_rds_cluster", "aws_rds_cluster_instance", "aws_dynamodb_table"): (
        "a managed database, which a stack has no word for",
        "order the target's managed database, or a server with a volume, and move the data by dump or replication",
    ),
    ("aws_lambda_function", "aws_lambda_permission", "aws_lambda_event_source_mapping"): (
        "a function without a server, which a stack has no word for",
        "run its code on a server or in the target's container service",
    ),
    ("aws_lb", "aws_alb", "aws_elb", "aws_lb_listener", "aws_lb_target_group", "aws_lb_target_group_attachment"): (
        "load balancers are not read from a state yet",
        "add it under load_balancers: listeners, ports, targets and check",
    ),
    ("aws_s3_bucket", "aws_s3_bucket_policy", "aws_s3_bucket_notification", "aws_s3_bucket_metric"): (
        "buckets are not read from a state yet",
        "add it under buckets; policies and notifications do not move",
    ),
    ("aws_ebs_volume", "aws_volume_attachment"): (
        "volumes are not read from a state yet",
        "add it under volumes, with size, class and the server that it is on",
    ),
    ("aws_eip", "aws_eip_association"): (
        "a kept public address; the number itself cannot move to another cloud",
        "add it under public_ips and change the DNS records at cutover",
    ),
    ("aws_internet_gateway", "aws_nat_gateway", "aws_route_table", "aws_route", "aws_route_table_association"): (
        "gateways and routes have no word of their own in a stack",
        "say internet: none, outbound or direct for each subnet in an assumptions file",
    ),
    ("aws_route53_zone", "aws_route53_record"): ("DNS has no word in a stack", "keep the zone, or move it by export"),
    ("aws_launch_template", "aws_launch_configuration", "aws_autoscaling_group"): (
        "a stack has no scaling by load",
        "add servers with a count, or use the target's scaling by hand",
    ),
    ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"): (
        "this form of a rule is not read yet",
        "add it under ingress or egress of its group",
    ),
    ("aws_network_acl", "aws_default_network_acl", "aws_default_route_table", "aws_network_interface"): (
        "a stack has no word for it",
        _BY_HAND,
    ),
}

MEANINGS: dict[str, Meaning] = {
    **{name: refusal(*words) for names, words in _REFUSALS.items() for name in names},
    "aws_vpc": network,
    "aws_default_vpc": network,
    "aws_subnet": subnet,
    "aws_default_subnet": subnet,
    "aws_security_group": group,
    "aws_default_security_group": group,
    "aws_security_group_rule": rule,
    "aws_key_pair": key,
    "aws_instance": server,
}
"""Terraform type -> what it means."""
