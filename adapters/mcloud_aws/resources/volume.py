"""Volumes and their attachments (sources: docs/clouds/aws.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from mcloud.adapter.charges import Charge
from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks, Poll
from mcloud.catalog.types import Catalog
from mcloud.errors import Conflict, InvalidRequest, NotFound, QuotaExceeded
from mcloud.model.base import Placement
from mcloud.units import Size
from mcloud_aws import translate
from mcloud_aws.api import Raw, gone_is_well, rows
from mcloud_aws.resources import payment
from mcloud_aws.resources.network import by_state
from mcloud_aws.resources.rows import Ec2Kind, one_of, unseen
from mcloud_aws.session import AwsSession

DEVICES = tuple(f"/dev/sd{letter}" for letter in "fghijklmnop")  # docs.aws.amazon.com/ebs, "Device names", 2026-11


def iops_gaps(resource: str, asked: Mapping[str, Any], gib: int) -> list[Gap]:
    """A small disk cannot have many IOPS."""
    least = translate.least_gib(asked)
    if gib >= least:
        return []
    reason = f"{asked['minIops']} IOPS need a disk of {least} GiB on AWS; it has {gib} GiB"
    return [Gap("disk-iops-size", resource, "blocking", reason, f"ask for {least} GiB")]


def changing(session: AwsSession, volume: str | None) -> Raw | None:
    """The change of a volume that is under way and does not show yet."""
    if volume is None:
        return None
    found = rows(session, "describe_volumes_modifications", "VolumesModifications", page=500, volume_id=volume)
    return next((item for item in found if item["ModificationState"] == "modifying"), None)


def wanted_change(volume: Native, gib: int, settings: Mapping[str, Any]) -> Raw:
    """Arguments of ModifyVolume for what is not so yet; empty where all is."""
    after = {**volume, **settings, "Iops": settings.get("Iops")}
    change: Raw = {}
    if int(volume["Size"]) != gib:
        change["Size"] = gib
    if volume.get("VolumeType") != settings["VolumeType"]:
        change["VolumeType"] = settings["VolumeType"]
    if translate.disk_iops(volume) != translate.disk_iops(after):
        change["Iops"] = settings.get("Iops") or translate.GP3_IOPS
    if "VolumeType" in change and settings.get("Iops"):
        change["Iops"] = settings["Iops"]
    return change if settings["VolumeType"] in translate.PROVISIONED else _without(change, "Iops")


def _without(values: Raw, name: str) -> Raw:
    return {key: value for key, value in values.items() if key != name}


def modify(session: AwsSession, volume: str, under_way: Raw | None, change: Raw) -> bool:
    """Ask for a change where one is needed and none is under way; True while there is something to wait for."""
    if not change:
        return False
    if under_way is None:
        session.ec2.modify_volume(VolumeId=volume, **change)
    return True


class Volume(Ec2Kind):
    """An EBS volume."""

    kind = "Volume"
    operation, field, id_field, id_filter = "describe_volumes", "Volumes", "VolumeId", "volume_id"
    deadline = 900.0

    def replaces(self, changed: frozenset[str], old: Inputs, new: Inputs) -> frozenset[str]:
        """Nothing: a new volume would be empty and the old one's data gone."""
        lost = sorted(changed & {"encrypted", "resolved.zone"})
        if lost:
            words = " and ".join(name.removeprefix("resolved.") for name in lost)
            raise InvalidRequest(
                f"the {words} of a volume cannot change, and a new volume would be empty",
                hint="make a second volume beside it, copy the data, then remove the first",
            )
        return frozenset()

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        return [*iops_gaps(resource, inputs, Size.parse(inputs["size"]).whole_gib), *super().gaps(resource, inputs)]

    def charges(self, inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
        return payment.of_volume(inputs, picks, catalog)

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        return translate.volume_body(inputs, picks)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.volume_seen(native), translate.volume_picks(native))

    def is_there(self, row: Native) -> bool:
        return bool(row["State"] != "deleted")

    def native(self, session: AwsSession, row: Raw) -> Native:
        return {"volume": row, "change": changing(session, row["VolumeId"])}

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        self.refuse_twin(session, inputs)
        name = str(inputs["name"])
        made = session.ec2.create_volume(**self.translate(inputs, picks), ClientToken=session.token(name))
        session.spent(name)
        return session.born(str(made["VolumeId"]))

    def state(self, native: Native) -> Poll:
        if native.get("change"):
            return Poll("pending", "modifying")
        return by_state(native["volume"]["State"], ("available", "in-use"), ("error",))

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        row = self.row(session, native_id)
        if row is None:
            return False
        self.retag(session, native_id, row.get("Tags"), old, new)
        there, wanted = int(row["Size"]), Size.parse(new["size"]).whole_gib
        if wanted < there:
            raise InvalidRequest(
                f"a volume never shrinks: it has {there} GiB, {wanted} GiB are asked for",
                hint="make a smaller volume beside it and copy the data",
            )
        change = wanted_change(row, wanted, translate.disk_settings(new, picks, wanted))
        return modify(session, native_id, changing(session, native_id), change)

    def remove(self, session: AwsSession, native_id: str) -> None:
        session.ec2.delete_volume(VolumeId=native_id)

    def list(self, session: AwsSession) -> Iterator[tuple[str, Native]]:
        roots = _root_volumes(session)
        for row in self.rows(session):
            if row["VolumeId"] not in roots:
                yield self.id_of(row), {"volume": row, "change": None}


def _root_volumes(session: AwsSession) -> set[str]:
    found = set()
    for reservation in rows(session, "describe_instances", "Reservations"):
        for row in reservation["Instances"]:
            device = row.get("RootDeviceName")
            mappings = row.get("BlockDeviceMappings") or ()
            found |= {str(item["Ebs"]["VolumeId"]) for item in mappings if item.get("DeviceName") == device}
    return found


class VolumeAttachment(Kind):
    """A volume on a server; its native id is ``volume/server``."""

    kind = "VolumeAttachment"
    replace_on: ClassVar[frozenset[str]] = frozenset({"volume", "server"})
    # A volume is on one server at a time.
    delete_first = True
    believe_none_after = 10.0

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        """Without the device, which is the next one that the server has free."""
        return {"VolumeId": inputs["volume"], "InstanceId": inputs["server"]}

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.attachment_seen(at, native))

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        server = str(inputs["server"])
        if self.find(session, inputs).candidates:
            raise Conflict(f"the volume {inputs['volume']} is on the server {server} already")
        with session.alone_with(server):
            device = self._device(session, server)
            session.ec2_once.attach_volume(**self.translate(inputs, picks), Device=device)
        return session.born(f"{inputs['volume']}/{server}")

    def _device(self, session: AwsSession, server: str) -> str:
        found = rows(session, "describe_instances", "Reservations", instance_id=server)
        instances = [row for reservation in found for row in reservation["Instances"]]
        if not instances:
            raise NotFound(f"the server {server} is not there")
        taken = {item["DeviceName"] for item in instances[0].get("BlockDeviceMappings") or ()}
        # What is being attached shows at its volume first.
        for volume in rows(session, "describe_volumes", "Volumes", attachment__instance_id=server):
            taken |= {item.get("Device") for item in volume.get("Attachments") or ()}
        free = [name for name in DEVICES if name not in taken]
        if not free:
            raise QuotaExceeded(f"the server {server} has no device name free", hint="detach a volume first")
        return free[0]

    def read(self, session: AwsSession, native_id: str) -> Native | None:
        volume, server = native_id.split("/")
        for row in rows(session, "describe_volumes", "Volumes", volume_id=volume):
            for item in row.get("Attachments") or ():
                if item.get("InstanceId") == server and item.get("State") != "detached":
                    return dict(item)
        return None

    def poll(self, session: AwsSession, native_id: str, native: Native | None) -> Poll:
        if native is None:
            return unseen(session, native_id)
        return by_state(native["State"], ("attached",))

    def delete(self, session: AwsSession, native_id: str) -> None:
        session.forget(native_id)
        native = self.read(session, native_id)
        if native is None or native["State"] == "detaching":
            return
        try:
            session.ec2.detach_volume(VolumeId=native["VolumeId"], InstanceId=native["InstanceId"])
        except Exception as error:
            if not gone_is_well(error):
                raise

    def find(self, session: AwsSession, inputs: Inputs) -> Found:
        native_id = f"{inputs['volume']}/{inputs['server']}"
        return one_of([] if self.read(session, native_id) is None else [native_id])

    def list(self, session: AwsSession) -> Iterator[tuple[str, Native]]:
        roots = _root_volumes(session)
        for row in rows(session, "describe_volumes", "Volumes"):
            for item in row.get("Attachments") or ():
                if row["VolumeId"] not in roots and item.get("State") != "detached":
                    yield f"{row['VolumeId']}/{item['InstanceId']}", dict(item)
