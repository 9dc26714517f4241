"""Servers (sources: docs/clouds/aws.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from mcloud.adapter.charges import Charge
from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Native, Observed, Picks, Poll
from mcloud.catalog.types import Catalog
from mcloud.errors import NotFound
from mcloud.model.base import Placement
from mcloud_aws import translate
from mcloud_aws.api import Raw, rows
from mcloud_aws.resources import payment
from mcloud_aws.resources.network import by_state
from mcloud_aws.resources.rows import Ec2Kind
from mcloud_aws.resources.volume import changing, iops_gaps, modify, wanted_change
from mcloud_aws.session import AwsSession
from mcloud_aws.tags import RESIZING, tag_list, tag_map

USER_DATA_BYTES = 16384  # RunInstances, API reference 2026-11
LIVING = ("pending", "running", "stopping", "stopped")


class Server(Ec2Kind):
    """An instance with its root volume."""

    kind = "Server"
    operation, field, id_field, id_filter = "describe_instances", "Reservations", "InstanceId", "instance_id"
    replace_on: ClassVar[frozenset[str]] = frozenset(
        {
            *("image", "subnet", "key", "placementGroup", "extensions", "resolved.zone", "resolved.imageId"),
            # cloud-init looks at it at the first start only.
            "userData",
        }
    )
    deadline = 1800.0

    def replaces(self, changed: frozenset[str], old: Inputs, new: Inputs) -> frozenset[str]:
        found = changed & self.replace_on
        # A root disk grows in place and never shrinks.
        if "disk" in changed and translate.disk_gib(new) < translate.disk_gib(old):
            found |= {"disk"}
        return found

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = super().gaps(resource, inputs)
        found += iops_gaps(resource, inputs.get("disk") or {}, translate.disk_gib(inputs))
        size = len(str(inputs.get("userData") or "").encode())
        if size > USER_DATA_BYTES:
            reason = f"user data on AWS has at most {USER_DATA_BYTES} bytes; it has {size}"
            found.append(Gap("user-data-size", resource, "blocking", reason, "let it fetch the rest from a bucket"))
        if (inputs.get("billing") or {}).get("renew"):
            reason = "AWS sells servers by the second, so there is no month to renew"
            found.append(Gap("billing-renew", resource, "substituted", reason, "the server simply goes on"))
        return found

    def charges(self, inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
        return payment.of_server(inputs, picks, catalog)

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        return translate.server_body(inputs, picks)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(
            translate.server_seen(at, native), translate.server_picks(native), translate.server_outputs(native)
        )

    def rows(self, session: AwsSession, **filters: Any) -> list[Raw]:
        found = rows(session, self.operation, self.field, **filters)
        return [row for reservation in found for row in reservation["Instances"] if self.is_there(row)]

    def is_there(self, row: Native) -> bool:
        return bool(row["State"]["Name"] != "terminated")

    def native(self, session: AwsSession, row: Raw) -> Native:
        boot = _root_volume(row)
        found = rows(session, "describe_volumes", "Volumes", volume_id=boot) if boot else []
        return {"instance": row, "disk": found[0] if found else None, "change": changing(session, boot)}

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        self.refuse_twin(session, inputs)
        device = self._root_device(session, str(picks["imageId"]))
        body = self.translate(inputs, {**picks, "rootDevice": device})
        name = str(inputs["name"])
        made = session.ec2.run_instances(**body, ClientToken=session.token(name))["Instances"][0]
        session.spent(name)
        return session.born(str(made["InstanceId"]))

    def _root_device(self, session: AwsSession, image: str) -> str:
        found = rows(session, "describe_images", "Images", image_id=image)
        if not found:
            raise NotFound(f"the image {image} is not there any more", hint="run with --rematch to take a newer one")
        return str(found[0]["RootDeviceName"])

    def poll(self, session: AwsSession, native_id: str, native: Native | None) -> Poll:
        if native is None:
            return self._ended(session, native_id) or super().poll(session, native_id, None)
        looked = by_state(native["instance"]["State"]["Name"], ("running", "stopped"))
        if looked.phase == "ready" and native.get("change"):
            return Poll("pending", "root disk modifying")
        return looked

    def _ended(self, session: AwsSession, native_id: str) -> Poll | None:
        """A server that could not start shows for a while, with the reason."""
        found = rows(session, self.operation, self.field, instance_id=native_id)
        for reservation in found:
            for row in reservation["Instances"]:
                return Poll("failed", row["State"]["Name"], str((row.get("StateReason") or {}).get("Message") or ""))
        return None

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        row = self.row(session, native_id)
        native = None if row is None else self.native(session, row)
        if native is None:
            return False
        instance = native["instance"]
        self.retag(session, native_id, instance.get("Tags"), old, new)
        self._regroup(session, instance, new)
        return self._grow(session, native, new, picks) or self._resize(session, native_id, instance, picks)

    def _regroup(self, session: AwsSession, instance: Native, new: Inputs) -> None:
        nic = translate.first_interface(instance)
        there = sorted(group["GroupId"] for group in nic.get("Groups") or ())
        wanted = sorted(new.get("securityGroups") or ())
        # Without any group the service puts the network's default one; it is left where none is asked for.
        if wanted and there != wanted:
            session.ec2.modify_network_interface_attribute(NetworkInterfaceId=nic["NetworkInterfaceId"], Groups=wanted)

    def _grow(self, session: AwsSession, native: Native, new: Inputs, picks: Picks) -> bool:
        disk = native["disk"]
        if disk is None:
            return False
        gib = max(translate.disk_gib(new), int(disk["Size"]))
        change = wanted_change(disk, gib, translate.disk_settings(new.get("disk") or {}, picks, gib))
        return modify(session, disk["VolumeId"], native["change"], change)

    def _resize(self, session: AwsSession, native_id: str, instance: Native, picks: Picks) -> bool:
        """The type of a running server cannot be changed.

        A tag tells that it is under way: cut off when the type is changed already, nothing else would show that the
        server was not stopped by a person, and nobody would start it.
        """
        stopped = instance["State"]["Name"] == "stopped"
        marked = RESIZING in tag_map(instance.get("Tags"))
        wanted = str(picks["flavorId"])
        if instance["InstanceType"] == wanted:
            if stopped:
                session.ec2.start_instances(InstanceIds=[native_id])
            elif marked:
                session.ec2.delete_tags(Resources=[native_id], Tags=[{"Key": RESIZING}])
            return bool(stopped)
        if stopped:
            session.ec2.modify_instance_attribute(InstanceId=native_id, InstanceType={"Value": wanted})
            return True
        if not marked:
            session.ec2.create_tags(Resources=[native_id], Tags=tag_list({RESIZING: wanted}))
        session.ec2.stop_instances(InstanceIds=[native_id])
        return True

    def remove(self, session: AwsSession, native_id: str) -> None:
        session.ec2.terminate_instances(InstanceIds=[native_id])

    def find(self, session: AwsSession, inputs: Inputs) -> Found:
        return self.found(
            session, inputs, self.rows(session, tag_Name=str(inputs["name"]), instance_state_name=LIVING)
        )

    def list(self, session: AwsSession) -> Iterator[tuple[str, Native]]:
        disks = {item["VolumeId"]: item for item in rows(session, "describe_volumes", "Volumes")}
        for row in self.rows(session):
            yield self.id_of(row), {"instance": row, "disk": disks.get(_root_volume(row)), "change": None}


def _root_volume(instance: Native) -> str | None:
    device = instance.get("RootDeviceName")
    mappings = instance.get("BlockDeviceMappings") or ()
    return next((item["Ebs"]["VolumeId"] for item in mappings if item.get("DeviceName") == device), None)
