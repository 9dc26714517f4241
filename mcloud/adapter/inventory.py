"""What an adapter tells discovery beyond its kinds: what else the account holds, and what else a native one shows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from mcloud.adapter.kind import Kind, Native, Observed

if TYPE_CHECKING:
    from mcloud.model.base import Placement


REGIONS, UTILIZATION, OBJECTS = "regions", "utilization", "objects"
"""What is looked at on request only: all regions, how busy the servers were, every object of the buckets."""


@dataclass(frozen=True)
class Surplus:
    """Something on the account that no kind lists.

    Attributes:
        type: the cloud's word for it.
        native_id: its id.
        name: its name; empty where it has none.
        reason: why it is not in a stack, or how it belongs to its owner.
        advice: what to do about it.
        owner: kind and native id of what it is a part of; None: it is left over.
    """

    type: str
    native_id: str
    name: str
    reason: str
    advice: str = ""
    owner: tuple[str, str] | None = None


@dataclass(frozen=True)
class Holdings:
    """How much a bucket holds; None: it is not known.

    Attributes:
        bytes, objects: how many.
        as_of: the day of the figures.
        source: where they are from.
    """

    bytes: int | None
    objects: int | None
    as_of: date
    source: str


@dataclass(frozen=True)
class Usage:
    """How busy a server was; each series is (when, value), in order of time.

    Attributes:
        period: seconds between two values.
        cpu: percent of its vCPUs, the mean of a period.
        memory: percent of its memory; empty where nothing on the server reports it.
        received, sent: bytes in a period.
        source: where the figures are from.
    """

    period: int
    cpu: tuple[tuple[datetime, float], ...] = ()
    memory: tuple[tuple[datetime, float], ...] = ()
    received: tuple[tuple[datetime, float], ...] = ()
    sent: tuple[tuple[datetime, float], ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Details:
    """What a native resource shows beyond what ``observe`` gives; None and empty: nothing more.

    Attributes:
        size: vCPUs and memory in MiB of a server's flavor.
        os: operating system and version of a server's image.
        disk: class and IOPS of a volume or of a server's root disk.
        key_name: name of a server's key.
        description: of a group or a rule.
        addresses: a server's private addresses.
        public: whether a server has a public address that is no resource of its own.
        stopped: a server that is switched off.
        holds: what a bucket holds.
        system: why it is the cloud's own and in no stack; it counts as a part of the account.
        refused: reason and advice, where it cannot be said in neutral words.
        lost: what, reason and advice of each thing in it that cannot be said.
    """

    size: tuple[int, int] | None = None
    os: tuple[str, str] | None = None
    disk: tuple[str, int | None] | None = None
    key_name: str | None = None
    description: str | None = None
    addresses: tuple[str, ...] = ()
    public: bool | None = None
    stopped: bool = False
    holds: Holdings | None = None
    system: str = ""
    refused: tuple[str, str] | None = None
    lost: tuple[tuple[str, str, str], ...] = ()


class Inventory:
    """A cloud whose kinds tell everything; adapters override what they know better."""

    unseen: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {}
    """Kind -> what no call shows of it, and what to do about it."""

    def snapshot(self, session: Any, options: Collection[str] = ()) -> Any:
        """The session to look through; one that asks for each list once, where several kinds need the same list.

        Args:
            options: of ``UTILIZATION`` and ``OBJECTS``.
        """
        return session

    def regions(self, session: Any) -> Iterable[str]:
        """The regions that are open to the account."""
        return ()

    def policy(self, options: Collection[str]) -> str:
        """What the account must allow for discovery, in the cloud's own form; empty where that is not known.

        Args:
            options: of ``REGIONS``, ``UTILIZATION`` and ``OBJECTS``.
        """
        return ""

    def usage(self, looked: Any, servers: Iterable[str], days: int) -> Mapping[str, Usage]:
        """How busy servers were, by native id; one that the cloud shows nothing of is left out.

        Raises:
            CloudError: refused.
        """
        return {}

    def natives(self, kind: str, lister: Kind, looked: Any) -> Iterable[tuple[str, Native]]:
        """All of a kind: (native id, native). ``looked`` is what ``snapshot`` gave."""
        return lister.list(looked)

    def observe(self, kind: str, lister: Kind, at: Placement, native: Native) -> Observed:
        """A native one in neutral words. Pure."""
        return lister.observe(at, native)

    def everywhere(self, looked: Sequence[Any]) -> Iterable[Surplus]:
        """What belongs to the account and not to one region; asked for once, with what ``snapshot`` gave in each."""
        return ()

    def refused(self, looked: Any) -> Iterable[tuple[str, str, str]]:
        """Calls that were refused while the rest went on: what was not seen, why, and what to do."""
        return ()

    @property
    def surplus(self) -> Mapping[str, Callable[[Any], Iterable[Surplus]]]:
        """What is looked for beyond the kinds: its word -> the call that lists it. It takes the session."""
        return {}

    def details(self, kind: str, native: Native) -> Details:
        """What else a native resource shows. Pure."""
        return Details()
