"""The contract for a cloud: an ``Adapter`` names its kinds, reads its catalog and opens sessions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from mcloud.model.base import Placement

if TYPE_CHECKING:
    from mcloud.adapter.inventory import Inventory
    from mcloud.adapter.kind import Kind
    from mcloud.adapter.preflight import Obstacle, Wanted
    from mcloud.adapter.profile import CloudProfile
    from mcloud.catalog.types import Catalog
    from mcloud.errors import CloudError


class Session(Protocol):
    """An open connection to one account in one region; safe to share between threads."""

    @property
    def account(self) -> str:
        """A fingerprint of the account that state may hold: no secret, the same on every sign-in."""


class Adapter(ABC):
    """One cloud. Importing the module that holds the object must import nothing heavy."""

    name: ClassVar[str]
    """The first part of a placement."""
    title: ClassVar[str]
    """The cloud's name for people."""

    @property
    @abstractmethod
    def kinds(self) -> Mapping[str, Kind]:
        """The kinds it can do, by neutral name."""

    @abstractmethod
    def catalog(self) -> Catalog:
        """The shipped catalog."""

    @abstractmethod
    def connect(self, profile: CloudProfile, at: Placement) -> Session:
        """Sign in. At most one sign-in per run for each account and region.

        Raises:
            CloudError: Unauthorised, Unreachable and the like.
            ProfileError: something needed is missing from the profile.
        """

    def hand_over(self, session: Any) -> Mapping[str, str]:
        """Environment variables with which ``connect`` in another process of this run need not sign in again.

        They go to that process only, and may hold a token; empty where each process signs in.
        """
        return {}

    @abstractmethod
    def live_catalog(self, session: Any, at: Placement) -> Catalog:
        """What the account is offered now: flavors with stock, images, disk classes, open zones."""

    def obstacles(self, session: Any, wanted: Sequence[Wanted], catalog: Catalog) -> list[Obstacle]:
        """What of the account stands in the way of making these, as far as its API tells: quotas, clashes, money.

        Reads only. What the catalog tells (stock) is looked at without it.

        Args:
            wanted: all that a run is going to make in the session's region.
            catalog: what is sold there, the account's own list over the shipped one.
        """
        return []

    @abstractmethod
    def explain(self, error: Exception, doing: str) -> CloudError:
        """The driver's error as one of ours, by the vendor's error table."""

    def emulator(self) -> Any:
        """The emulator's spec, or None where there is none."""
        return None

    def inventory(self) -> Inventory:
        """What discovery needs to know beyond the kinds."""
        from mcloud.adapter.inventory import Inventory

        return Inventory()

    def terraform_meanings(self) -> Mapping[str, Any]:
        """What the vendor's Terraform types mean; empty where nothing is known."""
        return {}

    def templates(self) -> Mapping[str, Any]:
        """The kinds of templates that the vendor's own tool takes: word of a command -> its ``TemplateSource``."""
        return {}
