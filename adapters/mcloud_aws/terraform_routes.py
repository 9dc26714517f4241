"""What gateways, route tables, addresses and interfaces of AWS mean, in neutral parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from mcloud.discover.meaning import Meaning, Meant, Note, ipv4, refused, text, unread
from mcloud.discover.parts import (
    AddressClaimPart,
    AddressUsePart,
    BelongsPart,
    Hop,
    HopPart,
    InterfacePart,
    KeptAddressPart,
    Part,
    TablePart,
    TableUsePart,
)
from mcloud.discover.tfstate import StateResource
from mcloud_aws.terraform_common import COMMON, aws_labels, broken, listed, number, row, rows

_TARGETS = {
    "nat_gateway_id": "nat",
    "instance_id": "server",
    "network_interface_id": "server",
}
_FOREIGN = (
    *("transit_gateway_id", "vpc_peering_connection_id", "egress_only_gateway_id", "vpc_endpoint_id"),
    *("local_gateway_id", "carrier_gateway_id", "core_network_arn", "vpn_gateway_id"),
)
_FOREIGN_GATEWAYS = ("vgw-", "vpce-", "tgw-", "pcx-", "eigw-", "lgw-")
_ELSEWHERE = "it leads to a peering, a VPN or the like, which a stack has no word for"
_ADDRESS_COMPUTED = (
    *COMMON,
    *("public_ip", "public_dns", "private_ip", "private_dns", "vpc", "domain", "public_ipv4_pool", "association_id"),
    *("allocation_id", "network_border_group", "carrier_ip", "customer_owned_ip", "associate_with_private_ip"),
    *("customer_owned_ipv4_pool", "instance", "network_interface", "address", "ptr_record", "ipam_pool_id"),
)


def gateway(resource: StateResource) -> Meant:
    """aws_internet_gateway: its network's subnets say internet: direct where their routes lead to it."""
    attributes = resource.attributes
    if missing := broken(resource, "id"):
        return missing
    native = str(attributes["id"])
    owner = text(attributes, "vpc_id")
    reason = "the way to the internet: its network's subnets say internet: direct"
    # Without a network here, a resource of its own attaches it, and says under its id where it went.
    part = BelongsPart(f"gateway/{native}", owner or native, "network" if owner else "other", reason)
    return Meant(part, tuple(unread(resource, ("vpc_id",), COMMON)))


def gateway_attachment(resource: StateResource) -> Meant:
    """aws_internet_gateway_attachment."""
    reason = "puts the way to the internet into its network"
    return _link(resource, "attachment", "internet_gateway_id", "vpc_id", "network", reason)


def _link(
    resource: StateResource, word: str, thing: str, owner: str, kind: Literal["network", "other"], reason: str
) -> Meant:
    """A resource that says only which thing belongs to which owner, by these two attributes."""
    attributes = resource.attributes
    part = BelongsPart(f"{word}/{attributes.get(thing)}", str(attributes.get(owner)), kind, reason)
    return broken(resource, thing, owner) or Meant(part)


def nat(resource: StateResource) -> Meant:
    """aws_nat_gateway: the subnets whose routes lead to it say internet: outbound."""
    attributes = resource.attributes
    if missing := broken(resource, "id", "subnet_id"):
        return missing
    native, subnet = str(attributes["id"]), str(attributes["subnet_id"])
    reason = "the way out for private subnets: they say internet: outbound"
    if attributes.get("connectivity_type") == "private":
        return refused("it translates between private networks", "set up the routes of the target by hand")
    inline: tuple[tuple[str, Part], ...] = ()
    address = text(attributes, "allocation_id")
    if address:
        claim = AddressClaimPart(f"{native}/{address}", address, subnet, "subnet", "the address of a NAT gateway")
        inline = (("its address", claim),)
    notes = []
    if text(attributes, "public_ip"):
        what = f"public address {attributes['public_ip']}"
        notes.append(Note(what, "the target's NAT has another one", "tell those who let it in by its number"))
    read = ("subnet_id", "allocation_id", "public_ip", "connectivity_type")
    computed = (*COMMON, "network_interface_id", "private_ip", "association_id")
    notes += unread(resource, read, computed)
    return Meant(BelongsPart(f"nat/{native}", subnet, "subnet", reason), tuple(notes), inline=inline)


def _hop(route: Mapping[str, Any], destination: str) -> Hop | str | None:
    """A line of a table; a text says why it has no word, None that it says nothing (the network itself, IPv6)."""
    block = ipv4(route.get(destination))
    target = text(route, "gateway_id")
    if text(route, "destination_prefix_list_id") or any(text(route, name) for name in _FOREIGN):
        return _ELSEWHERE
    if block is None or target == "local":
        return None
    for name, via in _TARGETS.items():
        if text(route, name):
            return Hop(block, via, str(route[name]))  # type: ignore[arg-type]
    if target is None or target.startswith(_FOREIGN_GATEWAYS):
        return _ELSEWHERE
    return Hop(block, "internet", target)


def table(resource: StateResource) -> Meant:
    """aws_route_table and aws_default_route_table, with the routes inside."""
    attributes = resource.attributes
    if missing := broken(resource, "id", "vpc_id"):
        return missing
    notes, hops = aws_labels(attributes)[1], []
    for route in rows(attributes, "route"):
        hop = _hop(route, "cidr_block")
        if isinstance(hop, Hop):
            hops.append(hop)
        elif hop is not None:
            notes.append(Note(f"route {route.get('cidr_block') or ''}".strip(), hop, "set it up by hand"))
        elif text(route, "ipv6_cidr_block"):
            notes.append(Note(f"route {route['ipv6_cidr_block']}", "a stack's networks are IPv4", "plan IPv6 apart"))
    main = resource.type == "aws_default_route_table"
    notes += unread(resource, ("vpc_id", "route"), (*COMMON, "default_route_table_id"))
    return Meant(TablePart(str(attributes["id"]), str(attributes["vpc_id"]), main, tuple(hops)), tuple(notes))


def route(resource: StateResource) -> Meant:
    """aws_route."""
    attributes = resource.attributes
    if missing := broken(resource, "route_table_id"):
        return missing
    found = _hop(attributes, "destination_cidr_block")
    if found is None:
        return refused("a stack's routes are IPv4", "plan IPv6 apart")
    if isinstance(found, str):
        return refused(found, "set it up by hand")
    table_ = str(attributes["route_table_id"])
    return Meant(HopPart(f"{table_}/{found.destination}", table_, found))


def table_use(resource: StateResource) -> Meant:
    """aws_route_table_association and aws_main_route_table_association."""
    attributes = resource.attributes
    if missing := broken(resource, "route_table_id"):
        return missing
    table_, subnet, network = (
        str(attributes["route_table_id"]),
        text(attributes, "subnet_id"),
        text(attributes, "vpc_id"),
    )
    if subnet is None and network is None:
        return refused("it gives a table to a gateway, which has no word in a stack", "set it up by hand")
    return Meant(TableUsePart(f"{table_}/{subnet or network}", table_, subnet, network))


def address(resource: StateResource) -> Meant:
    """aws_eip."""
    attributes = resource.attributes
    if missing := broken(resource, "id"):
        return missing
    found, notes = aws_labels(attributes)
    if text(attributes, "public_ip"):
        what = f"public address {attributes['public_ip']}"
        notes.append(Note(what, "the number itself cannot move to another cloud", "change the DNS records"))
    server = text(attributes, "instance") or text(attributes, "network_interface")
    notes += unread(resource, (), _ADDRESS_COMPUTED)
    return Meant(KeptAddressPart(str(attributes["id"]), server, found), tuple(notes))


def address_use(resource: StateResource) -> Meant:
    """aws_eip_association."""
    attributes = resource.attributes
    server = text(attributes, "instance_id") or text(attributes, "network_interface_id")
    if missing := broken(resource, "allocation_id"):
        return missing
    if server is None:
        return refused("the source does not say who has the address", "name the server under public_ips")
    native = str(attributes["allocation_id"])
    return Meant(AddressUsePart(f"{native}/{server}", native, server))


def interface(resource: StateResource) -> Meant:
    """aws_network_interface: the first one of a server is the server's own."""
    attributes = resource.attributes
    if missing := broken(resource, "id", "subnet_id"):
        return missing
    native = str(attributes["id"])
    attached = row(attributes, "attachment")
    server = text(attached, "instance")
    if server is None:
        return refused("no server has it", "say interfaces for the server that shall have it")
    notes = _interface_notes(attributes)
    if not number(attached.get("device_index")):
        return Meant(BelongsPart(f"interface/{native}", server, "other", "its server's first interface"), tuple(notes))
    return Meant(InterfacePart(native, server, str(attributes["subnet_id"])), tuple(notes))


def _interface_notes(attributes: Mapping[str, Any]) -> list[Note]:
    notes = []
    if len(listed(attributes, "private_ips")) > 1:
        notes.append(Note("more private addresses", "a stack's interfaces have one", "check what they are for"))
    if attributes.get("source_dest_check") is False:
        notes.append(Note("forwarding", "it forwards packets of others, as a NAT server does", "use the target's NAT"))
    return notes


def interface_use(resource: StateResource) -> Meant:
    """aws_network_interface_attachment."""
    reason = "gives an interface to its server"
    return _link(resource, "interface-use", "network_interface_id", "instance_id", "other", reason)


def acl(resource: StateResource) -> Meant:
    """aws_network_acl and aws_default_network_acl: one that lets everything through is as if there were none."""
    attributes = resource.attributes
    network = text(attributes, "vpc_id")
    if network is None:
        return broken(resource, "vpc_id") or refused("", "")
    for direction in ("ingress", "egress"):
        rules = [rule for rule in rows(attributes, direction) if not text(rule, "ipv6_cidr_block")]
        first = min(rules, key=lambda rule: number(rule.get("rule_no")) or 0, default={})
        is_open = str(first.get("protocol")) in ("-1", "all") and first.get("cidr_block") == "0.0.0.0/0"
        if not is_open or first.get("action") != "allow":
            return refused("a stack has no network ACLs", "say what matters of it in security groups")
    part = BelongsPart(
        f"acl/{resource.attributes.get('id')}", network, "network", "an ACL that lets everything through"
    )
    return Meant(part)


ROUTE_MEANINGS: dict[str, Meaning] = {
    "aws_internet_gateway": gateway,
    "aws_internet_gateway_attachment": gateway_attachment,
    "aws_nat_gateway": nat,
    "aws_route_table": table,
    "aws_default_route_table": table,
    "aws_route": route,
    "aws_route_table_association": table_use,
    "aws_main_route_table_association": table_use,
    "aws_eip": address,
    "aws_eip_association": address_use,
    "aws_network_interface": interface,
    "aws_network_interface_attachment": interface_use,
    "aws_network_acl": acl,
    "aws_default_network_acl": acl,
}
"""Terraform type -> what it means."""
