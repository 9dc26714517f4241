"""What a cloud lacks, as data: nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from mcloud.model.stack import Acceptance

GapClass = Literal["substituted", "lossy", "blocking"]


@dataclass(frozen=True, order=True)
class Gap:
    """One difference between what was asked for and what the cloud can do.

    Attributes:
        code: stable name, for ``accept`` and for searching.
        resource: section.name or the resource's name.
        klass: substituted (done another way by itself), lossy (goes on only when accepted), blocking.
        reason: what the cloud lacks, with the fact's source.
        alternative: what is done instead, or what the person can do.
    """

    code: str
    resource: str
    klass: GapClass
    reason: str
    alternative: str

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "code": self.code,
            "resource": self.resource,
            "class": self.klass,
            "reason": self.reason,
            "alternative": self.alternative,
        }


def stopping(gaps: Iterable[Gap], accepted: Iterable[Acceptance]) -> list[Gap]:
    """The gaps that stop a run: the blocking ones, and the lossy ones that nobody accepted."""
    taken = [(item.gap, item.resource) for item in accepted]

    def is_accepted(gap: Gap) -> bool:
        return any(code == gap.code and resource in (None, gap.resource) for code, resource in taken)

    return sorted(gap for gap in gaps if gap.klass == "blocking" or (gap.klass == "lossy" and not is_accepted(gap)))
