"""VPCs, subnets, internet gateways and route tables: what AWS refuses and moto does not.

Codes: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html
"""

from __future__ import annotations

import ipaddress
from typing import Any

from mcloud.emulator.wire import WireAnswer
from mcloud_aws.emulator.refusal import Refused
from mcloud_aws.emulator.world import RULES, Here

LARGEST, SMALLEST = 16, 28


def in_use(what: str, name: str) -> Refused:
    """https://docs.aws.amazon.com/vpc/latest/userguide/delete-vpc.html"""
    return Refused("DependencyViolation", f"The {what} '{name}' has dependencies and cannot be deleted.")


def gateway_of(here: Here, vpc: str) -> Any:
    """The internet gateway that is attached to a VPC, None when there is none."""
    return next((item for item in here.ec2.internet_gateways.values() if item.vpc and item.vpc.id == vpc), None)


def reachable(here: Here, vpc: str) -> bool:
    """Whether a VPC has an internet gateway. The default VPC has, on AWS; moto gives it none."""
    return gateway_of(here, vpc) is not None or bool(here.ec2.vpcs[vpc].is_default)


def alive_nats(here: Here) -> list[Any]:
    """NAT gateways that are there: failed and deleted ones have no interface."""
    return [item for item in here.ec2.nat_gateways.values() if item.state not in ("deleted", "failed")]


@RULES.before("ec2:CreateVpc")
def _vpc_limit(here: Here) -> None:
    # The default VPC counts: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
    message = "The maximum number of VPCs has been reached."
    here.limit("vpcs", len(here.ec2.vpcs), 1, "VpcLimitExceeded", message)


@RULES.before("ec2:DeleteVpc")
def _vpc_in_use(here: Here) -> None:
    """moto looks at subnets and route tables only."""
    vpc = here.values["VpcId"]
    ec2 = here.ec2
    own_groups = [group for group in ec2.groups.get(vpc, {}).values() if group.name != "default"]
    if gateway_of(here, vpc) or own_groups or here.subnets(vpc):
        raise in_use("vpc", vpc)


@RULES.before("ec2:CreateSubnet")
def _subnet_is_right(here: Here) -> None:
    vpc, block = here.values["VpcId"], here.values.get("CidrBlock", "")
    message = "The maximum number of subnets for this VPC has been reached."
    here.limit("subnets", len(here.subnets(vpc)), 1, "SubnetLimitExceeded", message)
    try:
        size = ipaddress.ip_network(block, strict=False).prefixlen
    except ValueError:
        size = LARGEST
    if not LARGEST <= size <= SMALLEST:
        # https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
        raise Refused("InvalidSubnet.Range", f"The CIDR '{block}' is invalid.")
    zone = here.values.get("AvailabilityZone")
    zones = [item.name for item in here.ec2.describe_availability_zones()]
    if zone is not None and zone not in zones:
        # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html
        message = f"Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in"
        raise Refused("InvalidParameterValue", f"{message} the following availability zones: {', '.join(zones)}.")


@RULES.before("ec2:DeleteSubnet")
def _subnet_in_use(here: Here) -> None:
    """Any interface in it keeps it: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-deleting.html"""
    subnet = here.values["SubnetId"]
    balancers = [item for item in here.elb.load_balancers.values() if subnet in {one.id for one in item.subnets}]
    interfaces = [item for item in here.ec2.enis.values() if item.subnet.id == subnet]
    if balancers or interfaces or here.held[subnet]:
        raise in_use("subnet", subnet)


@RULES.after("ec2:DeleteSubnet")
def _subnet_is_gone(here: Here, answer: WireAnswer) -> None:
    """Its association with a route table goes with it; moto keeps it."""
    for table in here.ec2.route_tables.values():
        for key, subnet in list(table._associations.items()):
            if subnet == here.values["SubnetId"]:
                del table._associations[key]


@RULES.before("ec2:CreateInternetGateway")
def _gateway_limit(here: Here) -> None:
    message = "The maximum number of internet gateways has been reached."
    here.limit("internet_gateways", len(here.ec2.internet_gateways), 1, "InternetGatewayLimitExceeded", message)


@RULES.before("ec2:AttachInternetGateway")
def _one_gateway_each(here: Here) -> None:
    """One for a VPC: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"""
    vpc = here.values["VpcId"]
    if gateway_of(here, vpc):
        raise Refused("InvalidParameterValue", f"Network {vpc} already has an internet gateway attached")


@RULES.before("ec2:DetachInternetGateway")
def _gateway_in_use(here: Here) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/working-with-igw.html"""
    vpc = here.values["VpcId"]
    addressed = any(item.public_ip and item.subnet.vpc_id == vpc for item in here.ec2.enis.values())
    # An internet-facing balancer has public addresses of its own.
    facing = any(item.vpc_id == vpc and item.scheme == "internet-facing" for item in here.elb.load_balancers.values())
    if addressed or facing:
        message = f"Network {vpc} has some mapped public address(es)."
        hint = "Please unmap those public address(es) before detaching the gateway."
        raise Refused("DependencyViolation", f"{message} {hint}")


@RULES.before("ec2:CreateRouteTable")
def _table_limit(here: Here) -> None:
    tables = [item for item in here.ec2.route_tables.values() if item.vpc_id == here.values["VpcId"]]
    message = "The maximum number of route tables for this VPC has been reached."
    here.limit("route_tables", len(tables), 1, "RouteTableLimitExceeded", message)


@RULES.before("ec2:DeleteRouteTable")
def _main_table_stays(here: Here) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRouteTable.html"""
    table = here.ec2.route_tables.get(here.values["RouteTableId"])
    if table is not None and table.main_association_id is not None:
        raise in_use("routeTable", table.id)


@RULES.before("ec2:AssociateRouteTable")
def _one_table_each(here: Here) -> None:
    """A subnet has one table: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html"""
    wanted, subnet = here.values["RouteTableId"], here.values.get("SubnetId")
    for table in here.ec2.route_tables.values():
        if subnet is not None and subnet in table._associations.values() and table.id != wanted:
            message = f"the specified association for route table {wanted} conflicts with an existing association"
            raise Refused("Resource.AlreadyAssociated", message)
    table, place = here.ec2.route_tables.get(wanted), here.subnet(subnet or "")
    if table is not None and place is not None and table.vpc_id != place.vpc_id:
        message = f"Route table {wanted} and subnet {subnet} belong to different networks"
        raise Refused("InvalidParameterValue", message)


@RULES.before("ec2:CreateRoute", "ec2:ReplaceRoute")
def _route_leads_somewhere(here: Here) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html"""
    table = here.ec2.route_tables.get(here.values["RouteTableId"])
    nat, gateway = here.values.get("NatGatewayId"), here.values.get("GatewayId")
    if nat is not None and nat not in {item.id for item in alive_nats(here)}:
        raise Refused("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat}' does not exist")
    found = here.ec2.internet_gateways.get(gateway)
    if table is not None and found is not None and (found.vpc is None or found.vpc.id != table.vpc_id):
        message = f"route table {table.id} and network gateway {gateway} belong to different networks"
        raise Refused("InvalidParameterValue", message)
