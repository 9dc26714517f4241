"""Elastic IP addresses and NAT gateways.

Codes: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html
"""

from __future__ import annotations

from functools import partial
from typing import Any

from mcloud.emulator.wire import WireAnswer
from mcloud_aws.emulator.refusal import Refused
from mcloud_aws.emulator.vpcs import alive_nats, reachable
from mcloud_aws.emulator.world import RULES, Here, ec2_answer, retold, told_of


def _address(here: Here, allocation: str | None, ip: str | None = None) -> Any:
    for item in here.ec2.addresses:
        if (allocation and item.allocation_id == allocation) or (ip and item.public_ip == ip):
            return item
    return None


@RULES.before("ec2:AllocateAddress")
def _address_limit(here: Here) -> None:
    message = "The maximum number of addresses has been reached."
    here.limit("addresses", len(here.ec2.addresses), 1, "AddressLimitExceeded", message)


@RULES.before("ec2:AssociateAddress")
def _address_can_be_reached(here: Here) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html"""
    instance = next((item for item in here.instances() if item.id == here.values.get("InstanceId")), None)
    if instance is not None and instance.state not in ("running", "stopped", "stopping"):
        message = f"The {instance.state} instance '{instance.id}' is not in a valid state for this operation."
        raise Refused("IncorrectInstanceState" if instance.state != "pending" else "InvalidInstanceID", message)
    interface = here.ec2.enis.get(here.values.get("NetworkInterfaceId"))
    vpc = instance.vpc_id if instance is not None else interface.subnet.vpc_id if interface is not None else None
    if vpc is not None and not reachable(here, vpc):
        raise Refused("Gateway.NotAttached", f"Network {vpc} is not attached to any internet gateway")
    address = _address(here, here.values.get("AllocationId"), here.values.get("PublicIp"))
    if address is None or not address.association_id:
        return
    if here.values.get("AllowReassociation") is False:
        message = f"resource {address.allocation_id} is already associated with associate-id {address.association_id}"
        raise Refused("Resource.AlreadyAssociated", message)
    # In a VPC the association moves by itself; moto moves it only when it is told to.
    if address.eni is not None:
        address.eni.public_ip = None
    address.instance, address.eni, address.association_id = None, None, None


@RULES.before("ec2:ReleaseAddress")
def _address_in_use(here: Here) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReleaseAddress.html"""
    address = _address(here, here.values.get("AllocationId"), here.values.get("PublicIp"))
    if address is not None and address.association_id:
        raise Refused("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")


@RULES.before("ec2:DisassociateAddress")
def _gateways_keep_theirs(here: Here) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html"""
    wanted = here.values.get("AssociationId")
    if wanted and any(wanted == part.get("associationId") for nat in alive_nats(here) for part in nat.address_set):
        raise Refused("AuthFailure", "You do not have permission to access the specified resource.")


@RULES.before("ec2:CreateNatGateway")
def _nat_is_right(here: Here) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html"""
    if _is_regional(here):
        _regional_nat_is_right(here)
        return
    if "SubnetId" not in here.values:
        raise Refused("MissingParameter", "The request must contain the parameter SubnetId")
    subnet = here.subnet(here.values["SubnetId"])
    if subnet is None:
        raise Refused("InvalidSubnetID.NotFound", f"The subnet ID '{here.values['SubnetId']}' does not exist")
    zonal = [item for item in alive_nats(here) if not getattr(item, "regional", False)]
    zones = [here.subnet(item.subnet_id).availability_zone for item in zonal]
    message = "The maximum number of NAT gateways has been reached."
    here.limit("nat_gateways", zones.count(subnet.availability_zone), 1, "NatGatewayLimitExceeded", message)
    if here.values.get("ConnectivityType", "public") == "private":
        return
    if "AllocationId" not in here.values:
        raise Refused("MissingParameter", "The request must contain the parameter AllocationId")
    address = _address(here, here.values["AllocationId"])
    if address is None:
        message = f"Elastic IP address {here.values['AllocationId']} could not be associated with this NAT gateway"
        raise Refused("InvalidAllocationID.NotFound", message)
    if address.association_id:
        raise Refused("Resource.AlreadyAssociated", f"Elastic IP address {address.allocation_id} is already associated")


def _is_regional(here: Here) -> bool:
    return bool(here.values.get("AvailabilityMode", "zonal") == "regional")


def _regional_nat_is_right(here: Here) -> None:
    """A regional one is of a network and has addresses of its own.

    https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html
    """
    vpc = here.values.get("VpcId")
    if vpc is None:
        raise Refused("MissingParameter", "The request must contain the parameter VpcId")
    if vpc not in here.ec2.vpcs:
        raise Refused("InvalidVpcID.NotFound", f"The vpc ID '{vpc}' does not exist")
    if "SubnetId" in here.values or here.values.get("ConnectivityType", "public") == "private":
        raise Refused("InvalidParameterCombination", "A regional NAT gateway is public and has no subnet")


@RULES.answers("ec2:CreateNatGateway")
def _create_regional_nat(here: Here) -> WireAnswer | None:
    """moto knows zonal ones only: it is given one of the network's subnets, and the interface there is taken away."""
    if not _is_regional(here):
        return None
    vpc = here.values["VpcId"]
    places = here.subnets(vpc)
    if not places:
        raise Refused("InvalidParameterValue", "the emulator makes regional NAT gateways only beside a subnet")
    given = here.values.get("TagSpecifications") or ()
    tags = {tag["Key"]: tag["Value"] for part in given for tag in part.get("Tags") or ()}
    nat = here.ec2.create_nat_gateway(subnet_id=places[0].id, allocation_id=None, tags=tags)
    nat.regional = True
    here.ec2.enis.pop(nat._eni.id, None)
    shown = f"<natGatewayId>{nat.id}</natGatewayId><vpcId>{vpc}</vpcId><state>pending</state>"
    mode = "<availabilityMode>regional</availabilityMode>"
    answer = ec2_answer("CreateNatGateway", f"<natGateway>{shown}{mode}</natGateway>")
    _nat_takes_its_time(here, answer)
    return answer


@RULES.before("ec2:DetachInternetGateway")
def _regional_nats_have_addresses(here: Here) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachInternetGateway.html"""
    vpc = here.values.get("VpcId")
    if any(nat.vpc_id == vpc and getattr(nat, "regional", False) for nat in alive_nats(here)):
        message = f"Network {vpc} has some mapped public address(es). Please unmap those before detaching the gateway."
        raise Refused("DependencyViolation", message)


@RULES.after("ec2:CreateNatGateway")
def _nat_takes_its_time(here: Here, answer: WireAnswer) -> WireAnswer:
    """Pending first; without an internet gateway it fails, as "Troubleshoot NAT gateways" tells.

    https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
    """
    nat = here.ec2.nat_gateways[told_of(answer, "natGatewayId")[0]]
    nat.state = "pending"
    public = nat.connectivity_type != "private"
    lost = not reachable(here, nat.vpc_id)

    def ready() -> None:
        if nat.state == "pending" and public and lost:
            nat.state, nat.failure_code = "failed", "Gateway.NotAttached"
            nat.failure_message = f"Network {nat.vpc_id} has no Internet gateway attached"
            _let_go(nat)
        elif nat.state == "pending":
            nat.state = "available"

    here.world.later("nat-gateway-pending", ready)
    return retold(answer, "state", "available", "pending")


def _let_go(nat: Any) -> None:
    """Its interface is gone, its address free."""
    ec2 = nat.ec2_backend
    for address in ec2.addresses:
        if address.eni is not None and address.eni.id == nat._eni.id:
            address.eni, address.instance, address.association_id = None, None, None
    ec2.enis.pop(nat._eni.id, None)


@RULES.answers("ec2:DeleteNatGateway")
def _delete_nat(here: Here) -> WireAnswer:
    nat = here.ec2.nat_gateways.get(here.values["NatGatewayId"])
    if nat is None:
        # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNatGateway.html
        raise Refused("NatGatewayNotFound", f"The Nat Gateway {here.values['NatGatewayId']} was not found")
    if nat.state not in ("deleting", "deleted"):
        nat.state = "deleting"
        here.world.later("nat-gateway-deleting", partial(_deleted, here, nat))
    return ec2_answer("DeleteNatGateway", f"<natGatewayId>{nat.id}</natGatewayId>")


def _deleted(here: Here, nat: Any) -> None:
    nat.state = "deleted"
    _let_go(nat)
    here.world.later("nat-gateway-forgotten", lambda: nat.ec2_backend.nat_gateways.pop(nat.id, None))
