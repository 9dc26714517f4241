"""Volumes, their attachments and changes, and network interfaces.

Codes: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html
"""

from __future__ import annotations

from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from mcloud.emulator.wire import WireAnswer
from mcloud_aws.emulator.refusal import Refused
from mcloud_aws.emulator.world import RULES, Here, ec2_answer, retold, state_times, told_of

# GiB: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html
SIZES = {
    "gp2": (1, 16384),
    "gp3": (1, 65536),
    "io1": (4, 16384),
    "io2": (4, 65536),
    "st1": (125, 16384),
    "sc1": (125, 16384),
    "standard": (1, 1024),
}


@cache
def _slow() -> tuple[type[Any], type[Any]]:
    """moto's volume and its modification, with states that last."""
    from moto.ec2.models.elastic_block_store import Volume, VolumeModification

    class SlowVolume(Volume):  # type: ignore[misc]
        """A volume that can be on its way."""

        way: str | None = None

        @property
        def status(self) -> str:
            return self.way or str(super().status)

    class SlowModification(VolumeModification):  # type: ignore[misc]
        """A change that can be on its way."""

        way = "modifying"

        @property
        def modification_state(self) -> str:
            return self.way

        @property
        def progress(self) -> int:
            return {"modifying": 0, "optimizing": 50}.get(self.way, 100)

    return SlowVolume, SlowModification


def _put(thing: Any, way: str | None) -> None:
    """Put a volume on its way; moto makes plain ones."""
    if type(thing) is not _slow()[0]:
        thing.__class__ = _slow()[0]
    thing.way = way


def _volume(here: Here) -> Any:
    """The volume that an action names.

    Raises:
        Refused: it is not there.
    """
    wanted = here.values["VolumeId"]
    if wanted not in here.ec2.volumes:
        raise Refused("InvalidVolume.NotFound", f"The volume '{wanted}' does not exist.")
    return here.ec2.volumes[wanted]


@RULES.before("ec2:CreateVolume")
def _volume_is_right(here: Here) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html"""
    message = "The maximum number of volumes has been reached."
    here.limit("volumes", len(here.ec2.volumes), 1, "VolumeLimitExceeded", message)
    kind, size = here.values.get("VolumeType", "gp2"), here.values.get("Size")
    if kind not in SIZES:
        raise Refused("UnknownVolumeType", f"Unsupported volume type '{kind}' for volume creation.")
    low, high = SIZES[kind]
    if size is not None and not low <= size <= high:
        message = f"Volume of {size}GiB is too {'small' if size < low else 'large'} for volume type {kind};"
        raise Refused(
            "InvalidParameterValue",
            f"{message} {'minimum' if size < low else 'maximum'} is {low if size < low else high}GiB.",
        )
    zone = here.values.get("AvailabilityZone")
    zones = [item.name for item in here.ec2.describe_availability_zones()]
    if zone is not None and zone not in zones:
        raise Refused("InvalidZone.NotFound", f"The zone '{zone}' does not exist.")


@RULES.after("ec2:CreateVolume")
def _volume_takes_its_time(here: Here, answer: WireAnswer) -> WireAnswer:
    volume = here.ec2.volumes[told_of(answer, "volumeId")[0]]
    _put(volume, "creating")

    def ready() -> None:
        if volume.way == "creating":
            volume.way = None

    def failed() -> None:
        if volume.way == "creating":
            volume.way = "error"

    here.world.later("volume-creating", ready, failed)
    return retold(answer, "status", "available", "creating")


@RULES.answers("ec2:DeleteVolume")
def _delete_volume(here: Here) -> WireAnswer:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVolume.html"""
    volume = _volume(here)
    if volume.attachment:
        message = f"Volume {volume.id} is currently attached to {volume.attachment.instance.id}"
        raise Refused("VolumeInUse", message)
    if volume.status not in ("available", "deleting", "error"):
        raise Refused("IncorrectState", f"Volume '{volume.id}' is in the '{volume.status}' state.")
    if volume.status != "deleting":
        _put(volume, "deleting")
        here.world.later("volume-deleting", lambda: volume.ec2_backend.volumes.pop(volume.id, None))
    return ec2_answer("DeleteVolume", "<return>true</return>")


@RULES.before("ec2:AttachVolume")
def _may_attach(here: Here) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachVolume.html"""
    volume = _volume(here)
    wanted = here.values["InstanceId"]
    instance = next((item for item in here.instances() if item.id == wanted), None)
    if instance is None:
        raise Refused("InvalidInstanceID.NotFound", f"The instance ID '{wanted}' does not exist")
    if volume.attachment:
        raise Refused("VolumeInUse", f"{volume.id} is already attached to an instance")
    if volume.status != "available":
        raise Refused("IncorrectState", f"{volume.id} is not 'available'.")
    if instance.state not in ("running", "stopped"):
        raise Refused("IncorrectState", f"Instance '{instance.id}' is not 'running'.")
    if volume.availability_zone != instance.placement.zone:
        message = f"The volume '{volume.id}' is not in the same availability zone as instance '{instance.id}'"
        raise Refused("InvalidVolume.ZoneMismatch", message)
    device = here.values["Device"]
    if device in instance.block_device_mapping:
        message = f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use"
        raise Refused("InvalidParameterValue", message)


@RULES.after("ec2:AttachVolume")
def _attach_takes_its_time(here: Here, answer: WireAnswer) -> WireAnswer:
    attachment = here.ec2.volumes[here.values["VolumeId"]].attachment
    attachment.status = "attaching"

    def ready() -> None:
        if attachment.status == "attaching":
            attachment.status = "attached"

    here.world.later("volume-attaching", ready)
    return retold(answer, "status", "attached", "attaching")


@RULES.answers("ec2:DetachVolume")
def _detach(here: Here) -> WireAnswer:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachVolume.html"""
    volume = _volume(here)
    attachment = volume.attachment
    wanted = here.values.get("InstanceId")
    if attachment is None:
        raise Refused("IncorrectState", f"Volume '{volume.id}' is in the 'available' state.")
    instance = attachment.instance
    if wanted not in (None, instance.id):
        message = f"The volume '{volume.id}' is not attached to instance '{wanted}'."
        raise Refused("InvalidAttachment.NotFound", message)
    if attachment.device == instance.root_device_name and instance.state == "running":
        message = f"Unable to detach root volume '{volume.id}' from instance '{instance.id}'"
        raise Refused("OperationNotPermitted", message)
    if attachment.status != "detaching":
        attachment.status = "detaching"

        def gone() -> None:
            if volume.attachment is attachment:
                volume.ec2_backend.detach_volume(volume.id, instance.id, attachment.device)

        here.world.later("volume-detaching", gone)
    parts = {
        "volumeId": volume.id,
        "instanceId": instance.id,
        "device": escape(attachment.device),
        "status": attachment.status,
        "attachTime": attachment.attach_time.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
    return ec2_answer("DetachVolume", "".join(f"<{tag}>{text}</{tag}>" for tag, text in parts.items()))


@RULES.before("ec2:ModifyVolume")
def _may_modify(here: Here) -> None:
    """https://docs.aws.amazon.com/ebs/latest/userguide/modify-volume-requirements.html"""
    volume = _volume(here)
    size = here.values.get("Size")
    if size is not None and size < volume.size:
        raise Refused("InvalidParameterValue", "New size cannot be smaller than existing size")
    if volume.status not in ("available", "in-use"):
        raise Refused("IncorrectState", f"Volume '{volume.id}' is in the '{volume.status}' state.")
    if any(item.modification_state in ("modifying", "optimizing") for item in volume.modifications):
        message = f"Volume {volume.id} is being modified; only one change at a time is possible."
        raise Refused("IncorrectModificationState", message)


@RULES.after("ec2:ModifyVolume")
def _change_takes_its_time(here: Here, answer: WireAnswer) -> WireAnswer:
    change = here.ec2.volumes[here.values["VolumeId"]].modifications[-1]
    change.__class__ = _slow()[1]

    def become(way: str) -> None:
        change.way = way

    here.world.later("volume-modifying", lambda: become("optimizing"))
    seconds = state_times()["volume-modifying"] + state_times()["volume-optimizing"]
    here.world.after(seconds, lambda: become("completed"))
    return retold(answer, "modificationState", "completed", "modifying")


@RULES.before("ec2:CreateNetworkInterface")
def _interface_limit(here: Here) -> None:
    message = "The maximum number of network interfaces has been reached."
    here.limit("network_interfaces", len(here.ec2.enis), 1, "NetworkInterfaceLimitExceeded", message)


@RULES.before("ec2:DeleteNetworkInterface")
def _interface_in_use(here: Here) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNetworkInterface.html"""
    interface = here.ec2.enis.get(here.values["NetworkInterfaceId"])
    if interface is not None and (interface.instance is not None or interface.status == "in-use"):
        raise Refused("InvalidParameterValue", f"Network interface '{interface.id}' is currently in use.")


@RULES.before("ec2:AttachNetworkInterface")
def _interface_may_attach(here: Here) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachNetworkInterface.html"""
    interface = here.ec2.enis.get(here.values["NetworkInterfaceId"])
    instance = next((item for item in here.instances() if item.id == here.values["InstanceId"]), None)
    if interface is None or instance is None:
        return
    if interface.instance is not None:
        message = f"Interface: [{interface.id}] in use."
        raise Refused("InvalidNetworkInterface.InUse", message)
    if interface.subnet.availability_zone != instance.placement.zone:
        message = "You may not attach a network interface to an instance if they are not in the same availability zone"
        raise Refused("InvalidParameterCombination", message)
    if here.values["DeviceIndex"] in instance.nics:
        message = f"Instance '{instance.id}' already has an interface attached at device index"
        raise Refused("InvalidParameterValue", f"{message} '{here.values['DeviceIndex']}'.")
