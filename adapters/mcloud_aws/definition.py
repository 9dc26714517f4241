"""The AWS adapter: its kinds, its catalog, its sessions, and the meaning of its Terraform types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcloud.adapter.adapter import Adapter
from mcloud.adapter.inventory import Inventory
from mcloud.adapter.kind import Kind
from mcloud.model.base import Placement

if TYPE_CHECKING:
    from mcloud.adapter.preflight import Obstacle, Wanted
    from mcloud.adapter.profile import CloudProfile
    from mcloud.catalog.types import Catalog
    from mcloud.errors import CloudError
    from mcloud_aws.session import AwsSession


class AwsAdapter(Adapter):
    """Amazon Web Services."""

    name = "aws"
    title = "Amazon Web Services"

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        from mcloud_aws.resources import KINDS

        return KINDS

    @cached_property
    def _catalog(self) -> Catalog:
        from mcloud.catalog.reader import read_catalog
        from mcloud_aws.live import every_region

        return every_region(read_catalog(Path(__file__).parent / "catalog"))

    def catalog(self) -> Catalog:
        return self._catalog

    def connect(self, profile: CloudProfile, at: Placement) -> AwsSession:
        from mcloud_aws.session import connect

        return connect(profile, at)

    def live_catalog(self, session: Any, at: Placement) -> Catalog:
        from mcloud_aws.live import read_live

        return read_live(session, self.catalog(), at.region)

    def obstacles(self, session: Any, wanted: Sequence[Wanted], catalog: Catalog) -> list[Obstacle]:
        from mcloud_aws.obstacles import obstacles

        if not any(item.kind == "PublicIp" for item in wanted):
            return []
        limits = session.ec2.describe_account_attributes(AttributeNames=["vpc-max-elastic-ips"])["AccountAttributes"]
        return obstacles(wanted, limits, len(session.ec2.describe_addresses()["Addresses"]))

    def explain(self, error: Exception, doing: str) -> CloudError:
        from mcloud_aws.errors import explain

        return explain(error, doing)

    def inventory(self) -> Inventory:
        from mcloud_aws.discover import AwsInventory

        return AwsInventory()

    def terraform_meanings(self) -> Mapping[str, Any]:
        from mcloud_aws.terraform import MEANINGS

        return MEANINGS

    def templates(self) -> Mapping[str, Any]:
        from mcloud_aws.cloudformation import CloudFormation

        return {"cloudformation": CloudFormation()}

    def emulator(self) -> Any:
        from mcloud_aws.emulator import SPEC

        return SPEC
