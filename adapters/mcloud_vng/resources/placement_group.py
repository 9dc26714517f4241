"""Placement groups: the vendor's server groups (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks
from mcloud.errors import InvalidRequest
from mcloud.model.base import Placement
from mcloud_vng import limits, topology
from mcloud_vng.resources.network import by_name
from mcloud_vng.session import VngSession


class PlacementGroup(Kind):
    """A server group. Its servers join it when they are made, and it goes after the last of them."""

    kind = "PlacementGroup"
    # Whether a group is strict is not written, so its change needs nothing.
    replace_on: ClassVar[frozenset[str]] = frozenset({"policy"})
    believe_none_after = 5.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = []
        if inputs.get("strict"):
            reason = (
                "the policies of server groups that are known by name are soft: SOFT AFFINITY and SOFT ANTI AFFINITY "
                "([TF] 2026-04, [DOC] 2026-08; [MCP] speaks of strict ones without naming them)"
            )
            alternative = "the soft policy is taken: servers are placed so as far as there is room"
            found.append(Gap("strict-placement", resource, "lossy", reason, alternative))
        found += limits.untagged(resource, inputs)
        return [*found, *limits.unknown_knobs(resource, inputs)]

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        return topology.placement_group_body(inputs, picks)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(topology.placement_group_seen(native))

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        policies = session.driver.ex_list_server_group_policies()
        body = self.translate(inputs, {"policies": policies})
        if body["policyId"] is None:
            offered = ", ".join(sorted(str(item.get("name")) for item in policies)) or "none"
            raise InvalidRequest(
                f"the account is offered no policy {topology.POLICIES[inputs['policy']]} for server groups",
                hint=f"offered: {offered}",
            )
        return str(session.driver.ex_create_server_group(body)["uuid"])

    def read(self, session: VngSession, native_id: str) -> Native | None:
        group = session.driver.ex_get_server_group(native_id)
        return None if group is None else self._named(session, [group])[0]

    def _named(self, session: VngSession, groups: list[dict[str, Any]]) -> list[Native]:
        """Groups with the names of their policies: the list has them, a single one may have the id only."""
        if all(group.get("policyName") for group in groups):
            return list(groups)
        names = {item["uuid"]: item.get("name") for item in session.driver.ex_list_server_group_policies()}
        return [
            {**group, "policyName": group.get("policyName") or names.get(group.get("policyId"))} for group in groups
        ]

    def update(self, session: VngSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        group = session.driver.ex_get_server_group(native_id)
        if group is not None and group["name"] != new["name"]:
            body = {"name": new["name"], "description": group.get("description") or ""}
            session.driver.ex_update_server_group(native_id, body)
        return False

    def delete(self, session: VngSession, native_id: str) -> None:
        # What the service says to a second delete is not known, so a look comes first.
        if session.driver.ex_get_server_group(native_id) is not None:
            session.driver.ex_delete_server_group(native_id)

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        groups = session.driver.ex_list_server_groups()
        return by_name([(item["name"], item["uuid"]) for item in groups], inputs["name"])

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for item in self._named(session, session.driver.ex_list_server_groups()):
            yield item["uuid"], item
