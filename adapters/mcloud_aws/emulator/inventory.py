"""What an emulated account holds: every object of the kinds in scope that somebody made.

What AWS gives by itself is left out: the default VPC with all in it, the main route table and default group of each
VPC, the interface that a server, gateway or balancer is born with, what is terminated or deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mcloud_aws.emulator.world import World

Item = dict[str, Any]
KINDS = (
    "vpcs",
    "subnets",
    "internet_gateways",
    "nat_gateways",
    "route_tables",
    "routes",
    "security_groups",
    "security_group_rules",
    "key_pairs",
    "addresses",
    "network_interfaces",
    "placement_groups",
    "instances",
    "volumes",
    "attachments",
    "load_balancers",
    "listeners",
    "listener_rules",
    "target_groups",
    "targets",
    "certificates",
)
LIMITED = (
    *(kind for kind in KINDS if kind not in ("routes", "key_pairs", "attachments", "listener_rules", "targets")),
    "vcpus",
    "buckets",
)
"""Kinds that a quota can be set for: those that the emulator refuses more of, with AWS's code."""
GONE = ("terminated", "deleted")


def of(world: World) -> dict[str, list[Item]]:
    """Kind -> objects: id, name, status, region, and what belongs to the kind."""
    found: dict[str, list[Item]] = {kind: [] for kind in KINDS}
    moto = world.moto
    if not moto.used:
        return found
    with moto.open():
        for region in moto.regions():
            born = moto.born(region)
            for kind, item in (*_ec2(moto.ec2(region)), *_elb(moto.elb(region)), *_acm(moto.acm(region))):
                if item["id"] not in born and item.get("status") not in GONE:
                    found[kind].append({**item, "region": region})
    for region, groups in world.placement.items():
        for group in groups.values():
            found["placement_groups"].append({**group, "status": "available", "region": region})
    return found


def _item(thing: Any, status: str | None, **more: Any) -> Item:
    tags = {tag["key"]: tag["value"] for tag in thing.get_tags()}
    return {"id": thing.id, "name": tags.get("Name", ""), "status": status, "tags": tags, **more}


def _ec2(ec2: Any) -> Iterator[tuple[str, Item]]:
    yield from _network(ec2)
    yield from _groups(ec2)
    for pair in ec2.key_pairs.values():
        yield "key_pairs", _item(pair, None) | {"name": pair.key_name}
    for address in ec2.addresses:
        yield "addresses", _item(address, "in-use" if address.association_id else "free", ip=address.public_ip)
    for interface in ec2.enis.values():
        if not is_born_with_another(ec2, interface):
            yield "network_interfaces", _item(interface, interface.status)
    for reservation in ec2.reservations.values():
        for instance in reservation.instances:
            yield "instances", _item(instance, instance.state, type=instance.instance_type)
    for volume in ec2.volumes.values():
        yield "volumes", _item(volume, volume.status, size=volume.size)
    for volume, attachment in _attachments(ec2):
        yield "attachments", {"id": f"{volume.id}/{attachment.instance.id}", "name": "", "status": attachment.status}


def _attachments(ec2: Any) -> Iterator[tuple[Any, Any]]:
    """Volumes on servers, but for those that a server is born with."""
    for volume in ec2.volumes.values():
        attachment = volume.attachment
        if attachment is not None and attachment.device != attachment.instance.root_device_name:
            yield volume, attachment


def is_born_with_another(ec2: Any, interface: Any) -> bool:
    """Whether an interface is the first of a server, or a gateway's: it comes and goes with it."""
    if any(gateway._eni.id == interface.id for gateway in ec2.nat_gateways.values()):
        return True
    return interface.instance is not None and interface.device_index == 0


def _network(ec2: Any) -> Iterator[tuple[str, Item]]:
    for vpc in ec2.vpcs.values():
        yield "vpcs", _item(vpc, vpc.state, cidr=vpc.cidr_block)
    for subnets in ec2.subnets.values():
        for subnet in subnets.values():
            yield "subnets", _item(subnet, subnet.state, cidr=subnet.cidr_block, zone=subnet.availability_zone)
    for gateway in ec2.internet_gateways.values():
        yield "internet_gateways", _item(gateway, gateway.attachment_state)
    for gateway in ec2.nat_gateways.values():
        yield "nat_gateways", _item(gateway, gateway.state)
    for table in ec2.route_tables.values():
        if table.main_association_id is None:
            yield "route_tables", _item(table, None)
        for route in table.routes:
            if not route.local:
                yield "routes", {"id": route.id, "name": route.destination_cidr_block or "", "status": route.state}


def _groups(ec2: Any) -> Iterator[tuple[str, Item]]:
    for groups in ec2.groups.values():
        for group in groups.values():
            if group.name != "default":
                yield "security_groups", _item(group, None) | {"name": group.name}
            for rule in (*group.ingress_rules, *group.egress_rules):
                if not is_first_rule(group, rule):
                    yield "security_group_rules", {"id": rule.id, "name": group.name, "status": None}


def is_first_rule(group: Any, rule: Any) -> bool:
    """Whether a rule is one that a group is born with: everything out, and within the default group everything in."""
    if str(rule.ip_protocol) != "-1":
        return False
    if group.name == "default" and not rule.is_egress:
        return bool(rule.source_group.get("GroupId") == group.id)
    return bool(rule.is_egress and rule.cidr_ipv4 == "0.0.0.0/0")


def _elb(elb: Any) -> Iterator[tuple[str, Item]]:
    for balancer in elb.load_balancers.values():
        yield "load_balancers", {"id": balancer.arn, "name": balancer.name, "status": balancer.state}
        for listener in balancer.listeners.values():
            yield "listeners", {"id": listener.arn, "name": f"{balancer.name}:{listener.port}", "status": None}
            for rule in listener.rules.values():
                if not rule.is_default:
                    yield "listener_rules", {"id": rule.arn, "name": f"{listener.port}/{rule.priority}", "status": None}
    for group in elb.target_groups.values():
        yield "target_groups", {"id": group.arn, "name": group.name, "status": None}
        for key in group.targets:
            yield "targets", {"id": f"{group.arn} {key}", "name": f"{group.name} {key}", "status": None}


def _acm(acm: Any) -> Iterator[tuple[str, Item]]:
    for arn, bundle in acm._certificates.items():
        yield "certificates", {"id": arn, "name": bundle.common_name, "status": bundle.status}
