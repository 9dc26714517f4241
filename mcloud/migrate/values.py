"""The values of a migration plan; they print as JSON, and their schema is published (``mcloud schema plan``)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from mcloud.match.verdict import Bill, RateNote, Verdict
from mcloud.model.base import Model
from mcloud.units import Size


class LoadNote(Model):
    """Use in percent of capacity; of several equal servers the busiest one's."""

    readings: int
    p95: float
    """The 95th percentile."""
    highest: float


class Sizing(Model):
    """How large a server is, and should be."""

    resource: str
    names: tuple[str, ...]
    vcpu: int | None
    """As it is; null where a flavor is named whose size is not known."""
    memory: Size | None
    vcpu_by_use: int | None
    """Null where it stays as it is, for the reason that is given."""
    memory_by_use: Size | None
    cpu: LoadNote | None
    memory_use: LoadNote | None
    reason: str


class Utilization(Model):
    """Where the use is from."""

    file: str
    machines: int
    matched: int
    """How many of them are servers of the stack."""
    strangers: tuple[str, ...]
    """The others."""
    span_hours: float
    headroom_percent: int


class Mapped(Model):
    """What a resource is today and becomes."""

    resource: str
    kind: str
    count: int
    names: tuple[str, ...]
    today: str | None
    """In a few words; null where that is not known."""
    as_is: str | None
    """At the target, as large as it is; null where it does not fit."""
    by_use: str | None
    """At the target, as large as its use asks for; null where that is not known or does not fit."""
    gaps: tuple[str, ...]
    """Codes of what is lacking."""
    problem: str | None
    hint: str | None


class DataItem(Model):
    """Data that must be copied."""

    resource: str
    name: str
    holds: Literal["blocks", "objects"]
    bytes: int | None
    """What is stored; null: not known."""
    at_most: int | None
    """The size of the device; null for buckets, which have none."""
    objects: int | None
    """How many; null for devices, and where it is not known."""
    source: str | None
    """Where the figures are from."""


class DataTotal(Model):
    """All of the data."""

    bytes: int
    """The sum of what is known to be stored."""
    unknown: int
    """How many items' stored bytes are not known."""
    at_most: int | None
    """The most that it all can be; null where a bucket's bytes are not known."""
    objects: int
    """The sum of the known counts."""
    objects_unknown: int
    """How many buckets' counts are not known."""


class Step(Model):
    """Resources of one kind and entry, as the order names them."""

    key: str
    kind: str
    resource: str
    count: int
    needs: tuple[str, ...]
    """Keys of the steps that must be there first."""


class Wave(Model):
    """What can be made at once, after the waves before it."""

    number: int
    steps: tuple[Step, ...]


class LeftOver(Model):
    """Something that was found and is not in the stack, or that could not be looked at."""

    type: str
    """In the source's words."""
    name: str
    where: str
    """The file, or cloud/region."""
    reason: str
    advice: str
    """What to do about it."""


class MigrationPlan(Model):
    """The answer of ``mcloud migrate plan``."""

    plan: Literal[1] = 1
    """Version of this format."""
    stack: str
    as_of: date
    source: str
    """The stack's placement as written."""
    target: Verdict
    """At the target, as large as it is today. Losers are left out; ``mcloud compare`` has them."""
    target_by_use: Verdict | None
    """The same with the sizes by use; null where no utilization was given."""
    today: Bill | None
    """What the source costs, by the flavors that the stack names or the catalog's choice; null: not known."""
    today_unknown: str | None
    """Why it is not known."""
    sizing: tuple[Sizing, ...]
    utilization: Utilization | None
    mapping: tuple[Mapped, ...]
    left_over: tuple[LeftOver, ...] | None
    """What was found and is not in the stack, so that it is in nothing else here; null where nobody told."""
    not_seen: tuple[LeftOver, ...] | None
    """What could not be looked at when the stack was found; null where nobody told."""
    data: tuple[DataItem, ...]
    data_total: DataTotal
    waves: tuple[Wave, ...]
    rates: tuple[RateNote, ...]
    not_counted: tuple[str, ...]
