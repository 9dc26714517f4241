"""AWS looked through for discovery (sources: docs/clouds/aws.md, and the modules of ``discovery``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from mcloud.adapter.inventory import Details, Inventory, Surplus, Usage
from mcloud.adapter.kind import Kind, Native, Observed
from mcloud.model.base import Placement
from mcloud_aws.session import AwsSession


class AwsInventory(Inventory):
    """What an account has, from as few calls as there are; a refused one is noted and the rest goes on."""

    unseen: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "Server": (("user data", "add user_data where the servers need it"),),
    }

    def snapshot(self, session: AwsSession, options: Collection[str] = ()) -> Any:
        from mcloud_aws.discovery.look import Look

        return Look(session, options)

    def regions(self, session: AwsSession) -> Iterable[str]:
        """Those that are open to the account: others need an opt-in."""
        return sorted(row["RegionName"] for row in session.ec2.describe_regions()["Regions"])

    def policy(self, options: Collection[str]) -> str:
        from mcloud_aws.discovery.calls import policy

        return policy(options)

    def natives(self, kind: str, lister: Kind, looked: Any) -> Iterable[tuple[str, Native]]:
        from mcloud_aws.discovery.natives import NATIVES

        return NATIVES[kind](looked)

    def observe(self, kind: str, lister: Kind, at: Placement, native: Native) -> Observed:
        from mcloud_aws.discovery.neutral import observe

        return observe(kind, lister, at, native)

    def details(self, kind: str, native: Native) -> Details:
        from mcloud_aws.discovery.neutral import details

        return details(kind, native)

    @property
    def surplus(self) -> Mapping[str, Callable[[Any], Iterable[Surplus]]]:
        from mcloud_aws.discovery.beside import BESIDE
        from mcloud_aws.discovery.others import services, tagged

        return {**BESIDE, "other services": services, "resources with tags": tagged}

    def everywhere(self, looked: Sequence[Any]) -> Iterable[Surplus]:
        from mcloud_aws.discovery.names import names

        return names(looked)

    def refused(self, looked: Any) -> Iterable[tuple[str, str, str]]:
        return list(looked.refused())

    def usage(self, looked: Any, servers: Iterable[str], days: int) -> Mapping[str, Usage]:
        from mcloud_aws.discovery.metrics import usage

        return usage(looked, servers, days)
