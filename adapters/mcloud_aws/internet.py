"""What lets a network's subnets reach the internet: gateway, NAT gateway and route tables, made beside the subnets.

A network has one route table for its ``direct`` subnets, with an internet gateway, and one for its ``outbound``
subnets, with a regional NAT gateway, which needs no public subnet of its own
(docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html, 2026-11). All are tagged with the network; the
first subnet that needs one makes it, the last one takes it away. ``none`` subnets use the network's main table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcloud.adapter.kind import Native, Poll
from mcloud_aws.api import Raw, rows
from mcloud_aws.session import AwsSession
from mcloud_aws.tags import NAME, NETWORK, ROLE, tag_list, tag_map
from mcloud_aws.translate import ANYWHERE, internet_of

TABLES = 100  # rows of a page of route tables at most

def all_tables(session: AwsSession) -> list[Raw]:
    """All route tables of the region."""
    return rows(session, "describe_route_tables", "RouteTables", page=TABLES)


def tables_of(session: AwsSession, network: str) -> list[Raw]:
    """All route tables of a network."""
    return rows(session, "describe_route_tables", "RouteTables", page=TABLES, vpc_id=network)


def is_main(table: Native) -> bool:
    """Whether it is the table of all subnets that have no other."""
    return any(item.get("Main") for item in table.get("Associations") or ())


def is_ours(table: Native) -> bool:
    """Whether mcloud made it beside a subnet."""
    return NETWORK in tag_map(table.get("Tags"))


def association(tables: list[Raw], subnet: str) -> tuple[Raw | None, str | None]:
    """The table of a subnet and the id of the association, None where it has the main one."""
    for table in tables:
        for item in table.get("Associations") or ():
            if item.get("SubnetId") == subnet and item.get("AssociationState", {}).get("State") != "disassociated":
                return table, str(item["RouteTableAssociationId"])
    return next((table for table in tables if is_main(table)), None), None


def connect(session: AwsSession, network: str, subnet: str, wanted: str) -> bool:
    """Take the next step towards what a subnet is to reach; True while a gateway is awaited."""
    with session.alone_with(network):
        tables = tables_of(session, network)
        table, linked = association(tables, subnet)
        if wanted == "none":
            if internet_of(table) != wanted and linked is not None:
                session.ec2.disassociate_route_table(AssociationId=linked)
            return _waits_for(session, subnet, clear(session, network))
        if internet_of(table) == wanted:
            return False
        gateway = _gateway(session, network)
        target = {"GatewayId": gateway}
        if wanted == "outbound":
            nat = _nat(session, network)
            if nat["State"] == "pending":
                return _waits_for(session, subnet, [str(nat["NatGatewayId"])])
            target = {"NatGatewayId": str(nat["NatGatewayId"])}
        made = _table(session, network, wanted, tables, target)
        if linked is None:
            session.ec2.associate_route_table(RouteTableId=made, SubnetId=subnet)
        elif table is not None and table["RouteTableId"] != made:
            session.ec2.replace_route_table_association(AssociationId=linked, RouteTableId=made)
        return _waits_for(session, subnet, clear(session, network))


def _waits_for(session: AwsSession, subnet: str, nats: list[str]) -> bool:
    if nats:
        session.awaited[subnet] = nats[0]
    return bool(nats)


def poll(session: AwsSession, subnet: str) -> Poll | None:
    """One look at the gateway that a subnet waits for; None where it waits for none."""
    nat = session.awaited.get(subnet)
    if nat is None:
        return None
    found = rows(session, "describe_nat_gateways", "NatGateways", nat_gateway_id=nat)
    state = str(found[0]["State"]) if found else "deleted"
    if state in ("pending", "deleting"):
        return Poll("pending", f"NAT gateway {state}")
    session.awaited.pop(subnet, None)
    if state == "failed":
        return Poll("failed", "NAT gateway failed", str(found[0].get("FailureMessage") or ""))
    return None


def clear(session: AwsSession, network: str) -> list[str]:
    """Take away what no subnet of the network uses any more.

    Returns:
        NAT gateways on their way out. The internet gateway can go only after them: call again then.
    """
    with session.alone_with(network):
        kept = []
        for table in tables_of(session, network):
            if is_ours(table) and not table.get("Associations"):
                session.ec2.delete_route_table(RouteTableId=table["RouteTableId"])
            else:
                kept.append(table)
        used = {route.get(key) for table in kept for route in table.get("Routes") or () for key in _TARGETS}
        leaving, staying = _clear_nats(session, network, used)
        if not leaving and not staying:
            for gateway in _gateways(session, network):
                if gateway["InternetGatewayId"] not in used:
                    _remove_gateway(session, network, gateway)
        return leaving


_TARGETS = ("GatewayId", "NatGatewayId")


def _clear_nats(session: AwsSession, network: str, used: set[Any]) -> tuple[list[str], list[str]]:
    """Delete the network's NAT gateways that no table leads to; those on their way out, and those that stay."""
    leaving, staying = [], []
    for nat in _nats(session, network):
        native_id, state = str(nat["NatGatewayId"]), nat["State"]
        if state in ("deleted", "failed"):
            continue
        if native_id in used:
            staying.append(native_id)
            continue
        if state != "deleting":
            session.ec2.delete_nat_gateway(NatGatewayId=native_id)
        leaving.append(native_id)
    return leaving, staying


def _remove_gateway(session: AwsSession, network: str, gateway: Native) -> None:
    native_id = gateway["InternetGatewayId"]
    if gateway.get("Attachments"):
        session.ec2.detach_internet_gateway(InternetGatewayId=native_id, VpcId=network)
    session.ec2.delete_internet_gateway(InternetGatewayId=native_id)


def _nats(session: AwsSession, network: str) -> list[Raw]:
    found = rows(session, "describe_nat_gateways", "NatGateways", vpc_id=network)
    return [nat for nat in found if tag_map(nat.get("Tags")).get(NETWORK) == network]


def _gateways(session: AwsSession, network: str) -> list[Raw]:
    """The network's own internet gateways, one that could not be attached too."""
    tagged: Any = {f"tag_{NETWORK}": network}
    return rows(session, "describe_internet_gateways", "InternetGateways", **tagged)


def _gateway(session: AwsSession, network: str) -> str:
    """The internet gateway of a network; made where there is none."""
    there = rows(session, "describe_internet_gateways", "InternetGateways", attachment__vpc_id=network)
    if there:
        return str(there[0]["InternetGatewayId"])
    spare = [item for item in _gateways(session, network) if not item.get("Attachments")]
    if spare:
        native_id = str(spare[0]["InternetGatewayId"])
    else:
        made = session.ec2_once.create_internet_gateway(
            TagSpecifications=_tags("internet-gateway", network, "internet")
        )
        native_id = str(made["InternetGateway"]["InternetGatewayId"])
    session.ec2.attach_internet_gateway(InternetGatewayId=native_id, VpcId=network)
    return native_id


def _nat(session: AwsSession, network: str) -> Raw:
    """The regional NAT gateway of a network; made where there is none."""
    found = _nats(session, network)
    alive = [nat for nat in found if nat["State"] in ("pending", "available")]
    if alive:
        return alive[0]
    name = f"{network}/nat/{len(found)}"
    made: Raw = session.ec2.create_nat_gateway(
        AvailabilityMode="regional",
        VpcId=network,
        ConnectivityType="public",
        ClientToken=session.token(name),
        TagSpecifications=_tags("natgateway", network, "outbound"),
    )["NatGateway"]
    session.spent(name)
    return made


def _table(session: AwsSession, network: str, role: str, tables: list[Raw], target: Mapping[str, str]) -> str:
    """The route table for a role, with its default route and the network's static ones."""
    mine = [table for table in tables if tag_map(table.get("Tags")).get(ROLE) == role and is_ours(table)]
    name = f"{network}/{role}"
    if mine:
        table = mine[0]
        session.spent(name)
    else:
        table = session.ec2.create_route_table(
            VpcId=network, ClientToken=session.token(name), TagSpecifications=_tags("route-table", network, role)
        )["RouteTable"]
        session.spent(name)
    native_id = str(table["RouteTableId"])
    there = {route.get("DestinationCidrBlock"): route for route in table.get("Routes") or ()}
    if ANYWHERE not in there:
        session.ec2.create_route(RouteTableId=native_id, DestinationCidrBlock=ANYWHERE, **target)
    elif internet_of(table) != role:
        session.ec2.replace_route(RouteTableId=native_id, DestinationCidrBlock=ANYWHERE, **target)
    main = next((item for item in tables if is_main(item)), {})
    for route in static_routes(main):
        if route["DestinationCidrBlock"] not in {*there, ANYWHERE}:
            block, through = route["DestinationCidrBlock"], route["NetworkInterfaceId"]
            session.ec2.create_route(RouteTableId=native_id, DestinationCidrBlock=block, NetworkInterfaceId=through)
    return native_id


def static_routes(table: Native) -> list[Raw]:
    """A table's routes through servers."""
    return [
        dict(route)
        for route in table.get("Routes") or ()
        if route.get("NetworkInterfaceId") and route.get("DestinationCidrBlock")
    ]


def _tags(kind: str, network: str, role: str) -> list[Raw]:
    tags = {NAME: f"{network}-{role}", NETWORK: network, ROLE: role}
    return [{"ResourceType": kind, "Tags": tag_list(tags)}]
