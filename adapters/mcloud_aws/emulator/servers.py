"""Instances: what is refused at launch, and the states that they go through.

Codes: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from mcloud.emulator.wire import WireAnswer
from mcloud_aws.emulator.refusal import Refused
from mcloud_aws.emulator.world import RULES, Here, ec2_answer, told_of

STATES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
LONGEST_USER_DATA = 16 * 1024
DEFAULT_TYPE = "m1.small"
MOTO_ROOT = "/dev/sda1"


@cache
def offered(region: str) -> frozenset[tuple[str, str]]:
    """Instance types and the zones that have them."""
    from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS

    rows = INSTANCE_TYPE_OFFERINGS["availability-zone"].get(region, [])
    return frozenset((row["InstanceType"], row["Location"]) for row in rows)


@cache
def types() -> dict[str, tuple[int, tuple[str, ...]]]:
    """Instance type -> vCPUs and architectures."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    return {
        name: (row["VCpuInfo"]["DefaultVCpus"], tuple(row["ProcessorInfo"]["SupportedArchitectures"]))
        for name, row in INSTANCE_TYPES.items()
    }


def enter(instance: Any, state: str) -> None:
    """Put an instance into a state."""
    instance._state.name, instance._state.code = state, STATES[state]


def _later(here: Here, wait: str, instance: Any, state: str) -> None:
    """Put it into a state when the one that it is in is over, unless it left that meanwhile.

    One that fails to start is terminated: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
    """
    before = instance.state

    def reach() -> None:
        if instance.state == before:
            enter(instance, state)

    def fail() -> None:
        if instance.state == before:
            enter(instance, "shutting-down")
            _go(here, instance)
            say()
            # moto takes every end for one that was asked for.
            here.world.later("instance-shutting-down", say)

    def say() -> None:
        reason = instance.state_reason
        reason.code, reason.message = "Server.InternalError", "Server.InternalError: Internal error on launch"

    here.world.later(wait, reach, fail)


def _place(here: Here) -> tuple[Any, list[str]]:
    """Subnet and groups of a launch, of the first interface if they are there."""
    first: dict[str, Any] = next(iter(here.values.get("NetworkInterfaces", [])), {})
    subnet = here.values.get("SubnetId") or first.get("SubnetId")
    interface = here.ec2.enis.get(first.get("NetworkInterfaceId"))
    place = interface.subnet if interface is not None else here.subnet(subnet) if subnet else None
    if subnet is not None and place is None:
        raise Refused("InvalidSubnetID.NotFound", f"The subnet ID '{subnet}' does not exist")
    return place, [*here.values.get("SecurityGroupIds", []), *first.get("Groups", [])]


@RULES.before("ec2:RunInstances")
def _launch_is_right(here: Here) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html"""
    kind = here.values.get("InstanceType", DEFAULT_TYPE)
    if kind not in types():
        raise Refused("InvalidParameterValue", f"Invalid value '{kind}' for InstanceType.")
    _image_is_right(here, kind)
    key = here.values.get("KeyName")
    if key is not None and key not in here.ec2.key_pairs:
        raise Refused("InvalidKeyPair.NotFound", f"The key pair '{key}' does not exist")
    place, groups = _place(here)
    for group_id in groups:
        group = here.ec2.get_security_group_from_id(group_id)
        if group is None:
            raise Refused("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
        if place is not None and group.vpc_id != place.vpc_id:
            message = f"Security group {group_id} and subnet {place.id} belong to different networks."
            raise Refused("InvalidParameter", message)
    # moto parses what comes in base64; the limit is on the raw text.
    if len(here.values.get("UserData", "")) * 3 // 4 > LONGEST_USER_DATA:
        raise Refused("InvalidParameterValue", f"User data is limited to {LONGEST_USER_DATA} bytes")
    placement = here.values.get("Placement", {})
    name = placement.get("GroupName")
    if name is not None and name not in here.placement:
        raise Refused("InvalidPlacementGroup.Unknown", f"The Placement Group '{name}' is unknown.")


def _image_is_right(here: Here, kind: str) -> None:
    image = here.values.get("ImageId")
    if image is None:
        if "LaunchTemplate" in here.values:
            return
        raise Refused("MissingParameter", "The request must contain the parameter ImageId")
    if not re.fullmatch(r"ami-[0-9a-f]{8}([0-9a-f]{9})?", image):
        raise Refused("InvalidAMIID.Malformed", f'Invalid id: "{image}"')
    found = here.ec2.amis.get(image)
    if found is None:
        raise Refused("InvalidAMIID.NotFound", f"The image id '[{image}]' does not exist")
    if found.architecture not in types()[kind][1]:
        message = f"The architecture '{', '.join(types()[kind][1])}' of the specified instance type does not match"
        raise Refused(
            "InvalidParameterValue", f"{message} the architecture '{found.architecture}' of the specified AMI."
        )


@RULES.before("ec2:RunInstances")
def _room_for_launch(here: Here) -> None:
    kind, count = here.values.get("InstanceType", DEFAULT_TYPE), here.values.get("MinCount", 1)
    place, _ = _place(here)
    zone = place.availability_zone if place is not None else here.values.get("Placement", {}).get("AvailabilityZone")
    zone = zone or f"{here.asked.region}a"
    if (kind, zone) not in offered(here.asked.region):
        elsewhere = ", ".join(sorted(where for name, where in offered(here.asked.region) if name == kind))
        message = (
            f"Your requested instance type ({kind}) is not supported in your requested Availability Zone ({zone})."
        )
        hint = f"Please retry your request by choosing {elsewhere}." if elsewhere else ""
        raise Refused("Unsupported", f"{message} {hint}".strip())
    running = [item for item in here.instances() if item.state in ("pending", "running", "stopping", "stopped")]
    message = f"Your quota allows for no more instances ({count} were asked for)."
    here.limit("instances", len(running), count, "InstanceLimitExceeded", message)
    _power(here, kind, count)
    _stock(here, kind, zone, count)
    place_name = here.values.get("Placement", {}).get("GroupName")
    spread = here.placement.get(place_name or "", {}).get("strategy") == "spread"
    together = [i for i in running if i.placement.group_name == place_name and i.placement.zone == zone]
    # Seven in a zone: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html
    if spread and len(together) + count > 7:
        message = "There are seven instances of this placement group in the Availability Zone; there cannot be more."
        raise Refused("InsufficientInstanceCapacity", message, 500)


def _power(here: Here, kind: str, count: int) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html"""
    used = sum(types()[item.instance_type][0] for item in here.instances() if item.state in ("pending", "running"))
    allowed = here.world.limits["vcpus"]
    message = f"You have requested more vCPU capacity than your current vCPU limit of {allowed} allows for the instance"
    text = f"{message} bucket that the specified instance type belongs to."
    here.limit("vcpus", used, types()[kind][0] * count, "VcpuLimitExceeded", text)


def _stock(here: Here, kind: str, zone: str, count: int) -> None:
    """A server error: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html"""
    if here.world.stock.get((kind, zone), count) < count:
        message = (
            f"We currently do not have sufficient {kind} capacity in the Availability Zone you requested ({zone})."
        )
        text = f"{message} Our system will be working on provisioning additional capacity."
        raise Refused("InsufficientInstanceCapacity", text, 500)


@RULES.after("ec2:RunInstances")
def _launched(here: Here, answer: WireAnswer) -> None:
    for instance_id in told_of(answer, "instanceId"):
        instance = here.ec2.get_instance(instance_id)
        enter(instance, "pending")
        _later(here, "instance-pending", instance, "running")
        _root(instance)
        name = here.values.get("Placement", {}).get("GroupName")
        instance.placement.group_name = name or ""
        left = (instance.instance_type, instance.placement.zone)
        if left in here.world.stock:
            here.world.stock[left] -= 1
        given = {part.get("DeviceIndex"): part for part in here.values.get("NetworkInterfaces", [])}
        for index, interface in instance.nics.items():
            # What is made at launch goes with the instance unless it is told to stay; moto keeps it.
            part = given.get(index, {})
            if "NetworkInterfaceId" not in part:
                interface.delete_on_termination = part.get("DeleteOnTermination", True)


def _root(instance: Any) -> None:
    """Every instance has a disk where its image wants it; moto looks at the image only for the name."""
    disks, root = instance.block_device_mapping, instance.root_device_name
    if root in disks:
        return
    if list(disks) == [MOTO_ROOT] and disks[MOTO_ROOT].delete_on_termination:
        disks[root] = disks.pop(MOTO_ROOT)
        instance.ec2_backend.volumes[disks[root].volume_id].attachment.device = root
    else:
        instance.add_block_device(8, root, None, False, True, None, "gp2")


def _wanted(here: Here) -> list[Any]:
    """The instances that an action names.

    Raises:
        Refused: one of them is not there.
    """
    known = {item.id: item for reservation in here.ec2.reservations.values() for item in reservation.instances}
    missing = [name for name in here.values.get("InstanceIds", []) if name not in known]
    if missing:
        text = f"The instance ID '{missing[0]}' does not exist"
        if len(missing) > 1:
            text = f"The instance IDs '{', '.join(missing)}' do not exist"
        raise Refused("InvalidInstanceID.NotFound", text)
    return [known[name] for name in here.values.get("InstanceIds", [])]


def _may(here: Here, what: str, *states: str) -> None:
    for instance in _wanted(here):
        if instance.state not in states:
            message = f"The instance '{instance.id}' is not in a state from which it can be {what}."
            raise Refused("IncorrectInstanceState", message)


@RULES.before("ec2:StopInstances")
def _may_stop(here: Here) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html"""
    _may(here, "stopped", "running", "stopping", "stopped")


@RULES.before("ec2:StartInstances")
def _may_start(here: Here) -> None:
    """The same place; a start needs room as a launch does."""
    _may(here, "started", "stopped", "running", "pending")
    for instance in _wanted(here):
        if instance.state == "stopped":
            _power(here, instance.instance_type, 1)
            _stock(here, instance.instance_type, instance.placement.zone, 1)


@RULES.answers("ec2:StopInstances")
def _stop(here: Here) -> WireAnswer:
    return _change(here, "StopInstances", "stopping", "instance-stopping", "stopped", ("stopped", "stopping"))


@RULES.answers("ec2:StartInstances")
def _start(here: Here) -> WireAnswer:
    return _change(here, "StartInstances", "pending", "instance-pending", "running", ("running", "pending"))


@RULES.answers("ec2:TerminateInstances")
def _terminate(here: Here) -> WireAnswer:
    for instance in _wanted(here):
        if instance.disable_api_termination is True:
            # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html
            message = f"The instance '{instance.id}' may not be terminated."
            hint = "Modify its 'disableApiTermination' instance attribute and try again."
            raise Refused("OperationNotPermitted", f"{message} {hint}")
    return _change(here, "TerminateInstances", "shutting-down", "", "terminated", ("shutting-down", "terminated"))


def _change(here: Here, action: str, way: str, wait: str, end: str, there: tuple[str, ...]) -> WireAnswer:
    items = ""
    for instance in _wanted(here):
        before = instance.state
        if before not in there:
            enter(instance, way)
            if way == "shutting-down":
                _go(here, instance)
            else:
                _later_moto(here, instance, wait, end)
        items += f"<item><instanceId>{instance.id}</instanceId>{_state('currentState', instance.state)}"
        items += f"{_state('previousState', before)}</item>"
    return ec2_answer(action, f"<instancesSet>{items}</instancesSet>")


def _state(tag: str, name: str) -> str:
    return f"<{tag}><code>{STATES[name]}</code><name>{name}</name></{tag}>"


def _later_moto(here: Here, instance: Any, wait: str, end: str) -> None:
    before = instance.state

    def reach() -> None:
        if instance.state == before:
            # With what moto does beside: addresses, reasons.
            (instance.stop if end == "stopped" else instance.start)()

    here.world.later(wait, reach)


def _go(here: Here, instance: Any) -> None:
    """The end of an instance: its volumes, interfaces and address are let go when it is terminated, not before."""
    ec2, elb = here.ec2, here.elb

    def reach() -> None:
        if instance.state == "terminated":
            return
        ec2.terminate_instances([instance.id])
        elb.notify_terminate_instances([instance.id])
        for address in ec2.addresses:
            if address.instance is instance or (address.eni is not None and address.eni.id not in ec2.enis):
                address.instance, address.eni, address.association_id = None, None, None
        for interface in list(instance.nics.values()):
            if interface.id in ec2.enis:
                instance.detach_eni(interface)
        here.world.later("instance-forgotten", forget)

    def forget() -> None:
        for key, reservation in list(ec2.reservations.items()):
            reservation.instances = [item for item in reservation.instances if item is not instance]
            if not reservation.instances:
                del ec2.reservations[key]

    here.world.later("instance-shutting-down", reach)


@RULES.before("ec2:RebootInstances")
def _may_reboot(here: Here) -> None:
    _may(here, "rebooted", "running")


@RULES.before("ec2:ModifyInstanceAttribute")
def _may_change(here: Here) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/change-instance-type-of-ebs-backed-instance.html"""
    kind = here.values.get("InstanceType", {}).get("Value")
    if here.values.get("Attribute") == "instanceType":
        kind = here.values.get("Value")
    instance = next((item for item in here.instances() if item.id == here.values["InstanceId"]), None)
    if instance is None or (kind is None and "UserData" not in here.values):
        return
    if instance.state != "stopped":
        raise Refused("IncorrectInstanceState", f"The instance '{instance.id}' is not in the 'stopped' state.")
    if kind is not None and kind not in types():
        raise Refused("InvalidInstanceAttributeValue", f"Invalid value '{kind}' for InstanceType.")
    if kind is not None and (kind, instance.placement.zone) not in offered(here.asked.region):
        message = f"Your requested instance type ({kind}) is not supported in your requested Availability Zone"
        raise Refused("Unsupported", f"{message} ({instance.placement.zone}).")
