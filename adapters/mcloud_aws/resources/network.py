"""Networks (VPCs) and subnets (sources: docs/clouds/aws.md)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, ClassVar

from mcloud.adapter.charges import Charge
from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Native, Observed, Picks, Poll
from mcloud.catalog.types import Catalog
from mcloud.errors import InUse
from mcloud.model.base import Placement
from mcloud_aws import internet, translate
from mcloud_aws.api import Raw
from mcloud_aws.resources import payment
from mcloud_aws.resources.rows import Ec2Kind
from mcloud_aws.session import AwsSession

PREFIXES = range(16, 29)  # docs.aws.amazon.com/vpc, "VPC CIDR blocks" and "Subnet CIDR blocks", 2026-11


def _block_gap(code: str, what: str, resource: str, inputs: Inputs) -> list[Gap]:
    block = ipaddress.ip_network(inputs["cidr"])
    if block.version == 4 and block.prefixlen in PREFIXES:
        return []
    reason = f"{block} cannot be a {what}'s block: AWS takes IPv4 blocks from /16 to /28"
    return [Gap(code, resource, "blocking", reason, "choose a block of such a size and renumber")]


def by_state(state: Any, ready: tuple[str, ...], failed: tuple[str, ...] = ()) -> Poll:
    """One look at a thing with a state."""
    text = str(state)
    if text in ready:
        return Poll("ready", text)
    return Poll("failed" if text in failed else "pending", text)


def _clear(session: AwsSession, network: str) -> None:
    leaving = internet.clear(session, network)
    if leaving:
        raise InUse(f"the NAT gateway {leaving[0]} is still being deleted; what is left goes after it")


class Network(Ec2Kind):
    """A VPC."""

    kind = "Network"
    operation, field, id_field, id_filter = "describe_vpcs", "Vpcs", "VpcId", "vpc_id"
    replace_on: ClassVar[frozenset[str]] = frozenset({"cidr"})
    # What was made beside its subnets goes with it, a NAT gateway in minutes.
    deadline = 1200.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        return [*_block_gap("network-cidr", "VPC", resource, inputs), *super().gaps(resource, inputs)]

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        return translate.network_body(inputs)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.network_seen(native))

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        self.refuse_twin(session, inputs)
        return session.born(str(session.ec2_once.create_vpc(**self.translate(inputs, picks))["Vpc"]["VpcId"]))

    def state(self, native: Native) -> Poll:
        return by_state(native["State"], ("available",))

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.row(session, native_id)
        if native is not None:
            self.retag(session, native_id, native.get("Tags"), old, new)
        return False

    def remove(self, session: AwsSession, native_id: str) -> None:
        if self.row(session, native_id) is not None:
            _clear(session, native_id)
            session.ec2.delete_vpc(VpcId=native_id)


class Subnet(Ec2Kind):
    """A subnet; its native id is ``network/subnet``, because what was made beside it outlives it in the network."""

    kind = "Subnet"
    operation, field, id_field, id_filter = "describe_subnets", "Subnets", "SubnetId", "subnet_id"
    replace_on: ClassVar[frozenset[str]] = frozenset({"cidr", "network", "resolved.zone"})
    # Blocks of subnets do not overlap.
    delete_first = True
    deadline = 1200.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        return [*_block_gap("subnet-cidr", "subnet", resource, inputs), *super().gaps(resource, inputs)]

    def charges(self, inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
        return payment.of_subnet(inputs)

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        return translate.subnet_body(inputs, picks)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.subnet_seen(at, native), {"zone": native["subnet"]["AvailabilityZone"]})

    def id_of(self, row: Native) -> str:
        return f"{row['VpcId']}/{row['SubnetId']}"

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        self.refuse_twin(session, inputs)
        made = session.ec2_once.create_subnet(**self.translate(inputs, picks))["Subnet"]
        return session.born(self.id_of(made))

    def row(self, session: AwsSession, native_id: str) -> Raw | None:
        return super().row(session, translate.subnet_of(native_id))

    def native(self, session: AwsSession, row: Raw) -> Native:
        tables = internet.tables_of(session, row["VpcId"])
        return {"subnet": row, "table": internet.association(tables, row["SubnetId"])[0]}

    def poll(self, session: AwsSession, native_id: str, native: Native | None) -> Poll:
        looked = super().poll(session, native_id, native)
        if looked.phase != "ready":
            return looked
        return internet.poll(session, translate.subnet_of(native_id)) or looked

    def state(self, native: Native) -> Poll:
        return by_state(native["subnet"]["State"], ("available",))

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        row = self.row(session, native_id)
        if row is None:
            return False
        self.retag(session, row["SubnetId"], row.get("Tags"), old, new)
        return internet.connect(session, row["VpcId"], row["SubnetId"], str(new.get("internet") or "none"))

    def remove(self, session: AwsSession, native_id: str) -> None:
        network, subnet = native_id.split("/")
        if self.row(session, native_id) is not None:
            session.ec2.delete_subnet(SubnetId=subnet)
        _clear(session, network)

    def find(self, session: AwsSession, inputs: Inputs) -> Found:
        found = self.rows(session, tag_Name=str(inputs["name"]), vpc_id=str(inputs["network"]))
        ids = [self.id_of(row) for row in found]
        return Found(ids[0] if len(ids) == 1 else None, tuple(ids))

    def list(self, session: AwsSession) -> Iterator[tuple[str, Native]]:
        tables = internet.all_tables(session)
        for row in self.rows(session):
            mine = [table for table in tables if table["VpcId"] == row["VpcId"]]
            yield self.id_of(row), {"subnet": row, "table": internet.association(mine, row["SubnetId"])[0]}
