"""Further interfaces of servers (sources: docs/clouds/aws.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mcloud.adapter.kind import Inputs, Native, Observed, Picks, Poll
from mcloud.errors import InUse, NotFound
from mcloud.model.base import Placement
from mcloud_aws import translate
from mcloud_aws.api import Raw, rows
from mcloud_aws.resources.rows import Ec2Kind
from mcloud_aws.session import AwsSession


def instance(session: AwsSession, server: str) -> Raw:
    """A server as it is.

    Raises:
        NotFound: it is not there.
    """
    for reservation in rows(session, "describe_instances", "Reservations", instance_id=server):
        for row in reservation["Instances"]:
            if row["State"]["Name"] != "terminated":
                return dict(row)
    raise NotFound(f"the server {server} is not there")


def server_of(session: AwsSession, nic: str) -> str | None:
    """The server that an interface is on; None where it is on none."""
    found = rows(session, "describe_network_interfaces", "NetworkInterfaces", network_interface_id=nic)
    return (found[0].get("Attachment") or {}).get("InstanceId") if found else None


class NetworkInterface(Ec2Kind):
    """An interface beside a server's first one. It has the security groups that the server's first one has then."""

    kind = "NetworkInterface"
    operation, field = "describe_network_interfaces", "NetworkInterfaces"
    id_field, id_filter = "NetworkInterfaceId", "network_interface_id"
    replace_on: ClassVar[frozenset[str]] = frozenset({"server", "subnet"})

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        return translate.interface_body(inputs, picks)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.interface_seen(at, native), outputs={"privateIp": native.get("PrivateIpAddress")})

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        self.refuse_twin(session, inputs)
        first = translate.first_interface(instance(session, str(inputs["server"])))
        groups = [item["GroupId"] for item in first.get("Groups") or ()]
        name = str(inputs["name"])
        body = self.translate(inputs, {"groups": groups})
        made = session.ec2.create_network_interface(**body, ClientToken=session.token(name))
        session.spent(name)
        return session.born(str(made["NetworkInterface"]["NetworkInterfaceId"]))

    def state(self, native: Native) -> Poll:
        status = str((native.get("Attachment") or {}).get("Status") or native.get("Status"))
        return Poll("pending" if status in ("pending", "attaching", "detaching") else "ready", status)

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.row(session, native_id)
        if native is None:
            return False
        self.retag(session, native_id, native.get("TagSet"), old, new)
        if (native.get("Attachment") or {}).get("InstanceId"):
            return False
        server = str(new["server"])
        with session.alone_with(server):
            nics = instance(session, server).get("NetworkInterfaces") or ()
            if any(nic["NetworkInterfaceId"] == native_id for nic in nics):
                return True
            taken = {(nic.get("Attachment") or {}).get("DeviceIndex", 0) for nic in nics}
            index = next(number for number in range(1, 100) if number not in taken)
            session.ec2.attach_network_interface(NetworkInterfaceId=native_id, InstanceId=server, DeviceIndex=index)
        return True

    def remove(self, session: AwsSession, native_id: str) -> None:
        native = self.row(session, native_id)
        attachment = (native or {}).get("Attachment") or {}
        if attachment.get("InstanceId") and attachment.get("Status") != "detached":
            if attachment.get("Status") != "detaching":
                session.ec2.detach_network_interface(AttachmentId=attachment["AttachmentId"])
            if ((self.row(session, native_id) or {}).get("Attachment") or {}).get("InstanceId"):
                raise InUse("the interface is being detached; it is tried again")
        session.ec2.delete_network_interface(NetworkInterfaceId=native_id)

    def list(self, session: AwsSession) -> Iterator[tuple[str, Native]]:
        for row in self.rows(session):
            # First interfaces belong to their servers, those of gateways and balancers to the service.
            if not row.get("RequesterManaged") and (row.get("Attachment") or {}).get("DeviceIndex") != 0:
                yield self.id_of(row), row
