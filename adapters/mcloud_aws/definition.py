"""What AWS provides so far: the meaning of its Terraform types. It has no kinds yet, so nothing can be placed here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcloud.adapter.adapter import Adapter, Session
from mcloud.errors import CloudError, PlacementError

if TYPE_CHECKING:
    from mcloud.adapter.kind import Kind
    from mcloud.adapter.profile import CloudProfile
    from mcloud.catalog.types import Catalog
    from mcloud.model.base import Placement


def _not_yet() -> PlacementError:
    return PlacementError(
        "nothing can be placed on AWS with this version",
        hint="use AWS as a source: mcloud discover tfstate FILE…",
    )


class AwsAdapter(Adapter):
    """Amazon Web Services."""

    name = "aws"
    title = "Amazon Web Services"

    @property
    def kinds(self) -> Mapping[str, Kind]:
        return {}

    def catalog(self) -> Catalog:
        raise _not_yet()

    def connect(self, profile: CloudProfile, at: Placement) -> Session:
        raise _not_yet()

    def live_catalog(self, session: Any, at: Placement) -> Catalog:
        raise _not_yet()

    def explain(self, error: Exception, doing: str) -> CloudError:
        return CloudError(f"cannot {doing}: {type(error).__name__}")

    def terraform_meanings(self) -> Mapping[str, Any]:
        from mcloud_aws.terraform import MEANINGS

        return MEANINGS

    def emulator(self) -> Any:
        from mcloud_aws.emulator import SPEC

        return SPEC
