"""Placement groups (sources: docs/clouds/aws.md)."""

from __future__ import annotations

from typing import ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Native, Observed, Picks, Poll
from mcloud.model.base import Placement
from mcloud_aws import translate
from mcloud_aws.api import Raw
from mcloud_aws.resources.network import by_state
from mcloud_aws.resources.rows import Ec2Kind, one_of
from mcloud_aws.session import AwsSession


class PlacementGroup(Ec2Kind):
    """A placement group. Its native id is its name: that is how servers are told."""

    kind = "PlacementGroup"
    operation, field = "describe_placement_groups", "PlacementGroups"
    id_field, id_filter = "GroupName", "group_name"
    # Whether a group is strict is not written, so its change needs nothing.
    replace_on: ClassVar[frozenset[str]] = frozenset({"policy", "name"})

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = super().gaps(resource, inputs)
        if not inputs.get("strict"):
            limit = "at most seven servers for each zone" if inputs["policy"] == "spread" else "servers in one zone"
            reason = f"placement groups on AWS are strict, and a {inputs['policy']} one takes {limit}"
            alternative = "a server for which there is no room is refused; take it out of the group then"
            found.append(Gap("placement-always-strict", resource, "substituted", reason, alternative))
        return found

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        return translate.placement_group_body(inputs)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.placement_group_seen(native))

    def is_there(self, row: Native) -> bool:
        return bool(row.get("State") != "deleted")

    def state(self, native: Native) -> Poll:
        return by_state(native.get("State"), ("available",))

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        self.refuse_twin(session, inputs)
        session.ec2_once.create_placement_group(**self.translate(inputs, picks))
        return session.born(str(inputs["name"]))

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.row(session, native_id)
        if native is not None:
            self.retag(session, native["GroupId"], native.get("Tags"), old, new)
        return False

    def remove(self, session: AwsSession, native_id: str) -> None:
        session.ec2.delete_placement_group(GroupName=native_id)

    def find(self, session: AwsSession, inputs: Inputs) -> Found:
        return one_of([self.id_of(row) for row in self.rows(session, group_name=str(inputs["name"]))])
