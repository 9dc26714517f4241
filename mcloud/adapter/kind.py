"""The contract for one kind of resource on one cloud.

``gaps``, ``translate`` and ``observe`` are pure. The others call the cloud; each is one short exchange, because rate,
retry, waiting, cancelling and bookkeeping are done around them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mcloud.adapter.charges import Charge
from mcloud.adapter.gaps import Gap
from mcloud.model.base import Placement

if TYPE_CHECKING:
    from mcloud.catalog.types import Catalog

Inputs = Mapping[str, Any]
Picks = Mapping[str, Any]
Native = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """The answer of ``find``: an id, none, or several that cannot be told apart."""

    native_id: str | None = None
    candidates: tuple[str, ...] = ()

    @property
    def ambiguous(self) -> bool:
        """Several match; a person must choose."""
        return len(self.candidates) > 1


@dataclass(frozen=True)
class Poll:
    """One look at a resource on its way.

    Attributes:
        phase: pending, ready, failed (it will not get better by itself) or gone.
        state: the vendor's own word, for the person who waits.
        detail: the vendor's message, where it failed.
    """

    phase: Literal["pending", "ready", "failed", "gone"]
    state: str
    detail: str = ""


@dataclass(frozen=True)
class Observed:
    """A native resource in neutral words.

    Attributes:
        inputs: the neutral inputs that can be seen, in wire form; references are ids of the engine.
        picks: what was chosen for it: flavor, image, zone and so on.
        outputs: what only the cloud knows: addresses and the like. Nothing that changes by itself.
        ordered: wire names of the lists in ``inputs`` whose order counts.
    """

    inputs: dict[str, Any]
    picks: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    ordered: frozenset[str] = frozenset()


class Kind(ABC):
    """One neutral kind on one cloud. ``session`` is what the adapter's ``connect`` gave."""

    kind: ClassVar[str]
    """Key of ``mcloud.model.resources.KINDS``."""
    replace_on: ClassVar[frozenset[str]] = frozenset()
    """Wire names of inputs, and ``resolved.X`` for picks, whose change needs a new resource."""
    delete_first: ClassVar[bool] = False
    """True where old and new cannot be there at once."""
    deadline: ClassVar[float] = 600.0
    """Seconds that a create or update may take."""
    believe_none_after: ClassVar[float] = 0.0
    """Seconds after a create with an unknown outcome before ``find`` answering none may be believed."""
    reads_by_list: ClassVar[bool] = True
    """False where the list costs as many calls as reading each by itself."""
    name_limit: ClassVar[int] = 50
    """Longest name that the cloud takes."""

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        """What the cloud lacks for these inputs. Pure."""
        return []

    def charges(self, inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
        """What it is billed for while it is there; what only its use tells has no price. None: it is free. Pure."""
        return []

    def replaces(self, changed: frozenset[str], old: Inputs, new: Inputs) -> frozenset[str]:
        """Which of the changed wire names (``resolved.X`` for picks) need a new resource. Pure."""
        return changed & self.replace_on

    @abstractmethod
    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        """Neutral inputs (references already native) to the body of the native create call. Pure."""

    @abstractmethod
    def observe(self, at: Placement, native: Native) -> Observed:
        """Native to neutral. Pure; what ``translate`` wrote is read back the same."""

    @abstractmethod
    def create(self, session: Any, inputs: Inputs, picks: Picks) -> str:
        """Ask for it; return the native id as soon as the cloud has accepted."""

    def final_id(self, native_id: str, native: Native) -> str:
        """The id to keep once it is ready, where the cloud tells more then than it did at first. Pure.

        ``read``, ``poll``, ``update`` and ``delete`` must take the first id too: a run may be cut off in between.
        """
        return native_id

    @abstractmethod
    def read(self, session: Any, native_id: str) -> Native | None:
        """The native resource, or None when it is gone."""

    def poll(self, session: Any, native_id: str, native: Native | None) -> Poll:
        """What state it is in, from what ``read`` gave. Kinds without states are ready when they are there."""
        return Poll("gone", "gone") if native is None else Poll("ready", "there")

    def update(self, session: Any, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        """Do the next step towards ``new``; True while there may be more to do after waiting for readiness.

        Must be safe to call again: it looks at what is there and does what is missing.
        """
        return False

    @abstractmethod
    def delete(self, session: Any, native_id: str) -> None:
        """Ask for it to go; return when accepted. Already gone is no error."""

    @abstractmethod
    def find(self, session: Any, inputs: Inputs) -> Found:
        """Look for what these inputs would have made: by unique name, else by content."""

    @abstractmethod
    def list(self, session: Any) -> Iterable[tuple[str, Native]]:
        """All of this kind in the account and region: (native id, native)."""
