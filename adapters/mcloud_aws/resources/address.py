"""Public addresses (sources: docs/clouds/aws.md)."""

from __future__ import annotations

from mcloud.adapter.charges import Charge
from mcloud.adapter.kind import Inputs, Native, Observed, Picks
from mcloud.catalog.types import Catalog
from mcloud.errors import InvalidRequest
from mcloud.model.base import Placement
from mcloud_aws import translate
from mcloud_aws.api import Raw
from mcloud_aws.resources import payment
from mcloud_aws.resources.interface import instance, server_of
from mcloud_aws.resources.rows import Ec2Kind
from mcloud_aws.session import AwsSession


class PublicIp(Ec2Kind):
    """An elastic IP, at the first interface of its server. It can wait for one, and move to another."""

    kind = "PublicIp"
    operation, field, id_field, id_filter = "describe_addresses", "Addresses", "AllocationId", "allocation_id"

    def charges(self, inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
        return payment.of_address(inputs, catalog)

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        return translate.address_body(inputs)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.address_seen(at, native), outputs={"address": native["PublicIp"]})

    def native(self, session: AwsSession, row: Raw) -> Native:
        """With its server, which may be told by its interface only."""
        nic = row.get("NetworkInterfaceId")
        server = row.get("InstanceId") or (server_of(session, nic) if nic else None)
        return {**row, "InstanceId": server}

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        self.refuse_twin(session, inputs)
        made = session.ec2_once.allocate_address(**self.translate(inputs, picks))
        return session.born(str(made["AllocationId"]))

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.read(session, native_id)
        if native is None:
            return False
        self.retag(session, native_id, native.get("Tags"), old, new)
        wanted = new.get("server")
        if (native.get("InstanceId") or None) == (wanted or None):
            return False
        if native.get("AssociationId"):
            session.ec2.disassociate_address(AssociationId=native["AssociationId"])
        if wanted:
            nic = translate.first_interface(instance(session, str(wanted)))
            if not nic:
                raise InvalidRequest(f"the server {wanted} has no interface for an address")
            session.ec2.associate_address(AllocationId=native_id, NetworkInterfaceId=nic["NetworkInterfaceId"])
        return False

    def remove(self, session: AwsSession, native_id: str) -> None:
        native = self.row(session, native_id)
        if native is None:
            return
        if native.get("AssociationId"):
            session.ec2.disassociate_address(AssociationId=native["AssociationId"])
        session.ec2.release_address(AllocationId=native_id)
