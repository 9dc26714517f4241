"""What discovery needs to know beyond the kinds (sources: docs/clouds/aws.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from mcloud.adapter.inventory import Details, Inventory
from mcloud.adapter.kind import Native


class AwsInventory(Inventory):
    """What AWS makes by itself is folded; the rest is as the kinds show it."""

    unseen: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "Server": (("user data", "add user_data where the servers need it"),),
    }

    def details(self, kind: str, native: Native) -> Details:
        """Every VPC has a group ``default`` that cannot be deleted, and no other may have that name
        (docs.aws.amazon.com/vpc, "Default security groups", 2026-11)."""
        if kind != "SecurityGroup":
            return Details()
        group = native["group"]
        if group["GroupName"] == "default":
            return Details(system="its VPC's own default group; what was changed in it stays behind")
        said = group.get("Description")
        # A group must have one; those without words of their own have their name.
        return Details(description=said if said != group["GroupName"] else None)
