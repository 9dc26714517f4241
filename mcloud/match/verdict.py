"""The values that a comparison and a plan are made of; they print as JSON, and their schema is published."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from mcloud.model.base import Model

Fits = Literal["yes", "when-accepted", "no"]


class Lost(Model):
    """Something that was not taken."""

    name: str
    reason: str
    """Why it lost, like "2 GiB short"."""
    about: str = ""
    price: str | None = None
    """Its price as the catalog has it; null where it is not known."""


class Considered(Model):
    """One part of a resource: what was asked for, and what was taken."""

    part: Literal["flavor", "image", "disk", "size"]
    asked: str
    zone: str
    pick: str | None
    """Null where nothing fits, or where only the account knows."""
    about: str = ""
    price: str | None = None
    others: int = 0
    """How many were not taken; which, and why, is in the verdict's losers, under the same part, asked and zone."""
    nearest: str | None = None
    """Where nothing was taken: what to relax, and by how much, to get what."""

    @property
    def question(self) -> tuple[str, str, str]:
        """Equal questions have equal answers, within a placement."""
        return (self.part, self.asked, self.zone)


class Losers(Model):
    """All that was not taken for one question, however many resources ask it."""

    part: str
    asked: str
    zone: str
    lost: tuple[Lost, ...]

    @property
    def question(self) -> tuple[str, str, str]:
        """What tells it from others."""
        return (self.part, self.asked, self.zone)


class GapNote(Model):
    """What the cloud lacks for what is asked for."""

    code: str
    resource: str
    klass: Literal["substituted", "lossy", "blocking"] = Field(alias="class")
    reason: str
    alternative: str
    accepted: bool = False
    """Whether the stack accepts it."""


def alike(gaps: Iterable[GapNote]) -> list[tuple[GapNote, int]]:
    """Each gap once, and how many more resources have the same."""
    found: dict[tuple[object, ...], list[GapNote]] = {}
    for gap in gaps:
        found.setdefault((gap.code, gap.klass, gap.reason, gap.alternative, gap.accepted), []).append(gap)
    return [(same[0], len(same) - 1) for same in found.values()]


class PriceLine(Model):
    """One thing that is paid for."""

    resource: str
    """Kind/name."""
    item: str
    per_month: Decimal | None
    """In the price's own currency; null: not known, never 0."""
    currency: str | None = None
    low: Decimal | None = None
    """The least that it is in VND before tax; null where that is not known."""
    high: Decimal | None = None
    vat: str | None = None
    """excluded, included, or null: not known whether tax is in the price."""
    mark: str | None = None
    as_of: date | None = None
    age_days: int | None = None
    source: str | None = None


class Bill(Model):
    """What a stack costs per month at a placement."""

    lines: tuple[PriceLine, ...]
    low: Decimal | None
    """The sum of what is known, in VND before tax, at the least; null where nothing is known."""
    high: Decimal | None
    by_currency: dict[str, Decimal]
    """The same as the prices are written, tax in it or not."""
    unknown: tuple[PriceLine, ...]
    """What has no price: not in the sum."""
    unconverted: tuple[str, ...] = ()
    """Currencies for which no rate is known: not in low and high, only in by_currency."""
    weak: bool = False
    """Whether any price is a third party's reading or worked out."""
    oldest: date | None = None
    oldest_days: int | None = None

    @property
    def marks(self) -> list[str]:
        """The marks of its prices, each once, sorted."""
        return sorted({row.mark for row in self.lines if row.mark})


class Choice(Model):
    """What one resource, or several equal ones, becomes."""

    resource: str
    """section.name as in the stack file."""
    kind: str
    names: tuple[str, ...]
    zone: str | None = None
    considered: tuple[Considered, ...] = ()
    remarks: tuple[str, ...] = ()
    problem: str | None = None
    """Why it does not fit."""
    hint: str | None = None
    """What to relax, or where else it fits."""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.names)


class Verdict(Model):
    """One placement's answer."""

    placement: str
    title: str
    """The cloud's name for people, with the region's."""
    fits: Fits
    """yes: as it is written; when-accepted: once lossy gaps are accepted; no."""
    resources: int
    choices: tuple[Choice, ...]
    gaps: tuple[GapNote, ...]
    bill: Bill
    losers: tuple[Losers, ...] = ()
    remarks: tuple[str, ...] = ()
    catalog: str
    """Which catalog this is by, and of which day its oldest fact is."""


class RateNote(Model):
    """A rate that was used."""

    what: str
    value: Decimal
    mark: str
    as_of: date
    age_days: int
    source: str


class Comparison(Model):
    """The answer of ``mcloud compare``."""

    comparison: Literal[1] = 1
    """Version of this format."""
    stack: str
    as_of: date
    targets: tuple[Verdict, ...]
    ranking: tuple[str, ...] | None
    """Placements from the cheapest to the dearest; null where the prices do not allow to say so."""
    no_ranking: tuple[str, ...]
    """Why there is no ranking."""
    rates: tuple[RateNote, ...]
    not_counted: tuple[str, ...]
    """What no price here has in it."""
