"""The VNG Cloud adapter: its kinds, its catalog, its sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcloud.adapter.adapter import Adapter
from mcloud.adapter.kind import Kind
from mcloud.model.base import Placement

if TYPE_CHECKING:
    from mcloud.adapter.inventory import Inventory
    from mcloud.adapter.preflight import Obstacle, Wanted
    from mcloud.adapter.profile import CloudProfile
    from mcloud.catalog.types import Catalog
    from mcloud.errors import CloudError
    from mcloud_vng.session import VngSession


class VngAdapter(Adapter):
    """VNG Cloud, sold as GreenNode since 2025/2026."""

    name = "vng"
    title = "VNG Cloud (GreenNode)"

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        from mcloud_vng.resources import KINDS

        return KINDS

    @cached_property
    def _catalog(self) -> Catalog:
        from mcloud.catalog.reader import read_catalog

        return read_catalog(Path(__file__).parent / "catalog")

    def catalog(self) -> Catalog:
        return self._catalog

    def connect(self, profile: CloudProfile, at: Placement) -> VngSession:
        from mcloud_vng.session import connect

        return connect(profile, at)

    def hand_over(self, session: Any) -> Mapping[str, str]:
        from mcloud_vng.session import hand_over

        return hand_over(session)

    def live_catalog(self, session: Any, at: Placement) -> Catalog:
        from mcloud_vng.live import read_live

        return read_live(session.driver, at.region, session.balancers)

    def obstacles(self, session: Any, wanted: Sequence[Wanted], catalog: Catalog) -> list[Obstacle]:
        from mcloud_vng.obstacles import obstacles

        networks = session.driver.ex_list_networks() if any(item.kind == "Network" for item in wanted) else []
        return obstacles(wanted, catalog, session.driver.ex_quotas(), networks)

    def explain(self, error: Exception, doing: str) -> CloudError:
        from mcloud_vng.errors import explain

        return explain(error, doing)

    def emulator(self) -> Any:
        from mcloud_vng.emulator import SPEC

        return SPEC

    def inventory(self) -> Inventory:
        from mcloud_vng.discover import VngInventory

        return VngInventory()

    def terraform_meanings(self) -> Mapping[str, Any]:
        from mcloud_vng.terraform import MEANINGS

        return MEANINGS
