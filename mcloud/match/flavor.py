"""Which flavor a server gets, why the others lost, and what would have to be relaxed when none fits."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field

from mcloud.catalog.types import Catalog, Flavor
from mcloud.units import Size


@dataclass(frozen=True)
class FlavorNeed:
    """The least that is asked for; ``forced`` is one flavor by name, then the sizes do not count."""

    vcpu: int = 0
    memory: Size = field(default=Size(0))
    gpu: int = 0
    forced: str | None = None
    image_family: str | None = None
    gpu_model: str | None = None


@dataclass(frozen=True)
class Loser:
    """A flavor that was not taken, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class FlavorMatch:
    """The answer.

    Attributes:
        pick: the flavor, None when nothing fits.
        losers: every other one of the zone with its reason.
        nearest: what to relax to get one, where none fits.
    """

    pick: Flavor | None
    losers: tuple[Loser, ...]
    nearest: str | None = None


def match_flavor(need: FlavorNeed, catalog: Catalog, region: str, zone: str) -> FlavorMatch:
    """The best flavor of a zone: the cheapest where all prices are known, else the one with the least to spare."""
    rows = catalog.flavors_in(region, zone)
    if need.forced is not None:
        return _forced(need, need.forced, catalog, rows, region, zone)
    refused = {row: _refusal(row, need, zone) for row in rows}
    fitting = [row for row, reason in refused.items() if reason is None]
    if not fitting:
        losers = tuple(Loser(row.name, reason or "") for row, reason in refused.items())
        return FlavorMatch(None, losers, _nearest(need, rows, zone))
    by_price = len({row.price.currency for row in fitting if row.price}) == 1 and all(row.price for row in fitting)
    best = min(fitting, key=lambda row: _score(row, by_price))
    losers = tuple(
        Loser(row.name, reason or _why_second(row, best, by_price))
        for row, reason in refused.items()
        if row is not best
    )
    return FlavorMatch(best, losers)


def _score(row: Flavor, by_price: bool) -> tuple[object, ...]:
    price = row.price.amount if by_price and row.price else 0
    return (price, row.gpu, row.vcpu, row.memory.bytes, row.family, row.name, row.native_id or "")


def _why_second(row: Flavor, best: Flavor, by_price: bool) -> str:
    if by_price and row.price and best.price and row.price.amount > best.price.amount:
        return f"dearer than {best.name}"
    more = []
    if row.vcpu > best.vcpu:
        more.append(f"{row.vcpu - best.vcpu} vCPU")
    if row.memory > best.memory:
        more.append(str(Size(row.memory.bytes - best.memory.bytes)))
    if row.gpu > best.gpu:
        more.append(f"{row.gpu - best.gpu} GPU")
    return f"{' and '.join(more)} more than {best.name}" if more else f"as good as {best.name}, later in the order"


def shortcoming(row: Flavor, need: FlavorNeed) -> str | None:
    """What a flavor lacks for a need, or has too much of; None where it does."""
    short = []
    if row.vcpu < need.vcpu:
        short.append(f"{need.vcpu - row.vcpu} vCPU short")
    if row.memory < need.memory:
        short.append(f"{Size(need.memory.bytes - row.memory.bytes)} short")
    if row.gpu < need.gpu:
        short.append(f"{need.gpu - row.gpu} GPU short")
    if short:
        return ", ".join(short)
    if _is_other_gpu(row, need):
        return f"has {row.gpu_model or 'an unknown'} GPU, not {need.gpu_model}"
    if row.gpu and not need.gpu:
        return "sold only with GPU"
    return None


def _refusal(row: Flavor, need: FlavorNeed, zone: str) -> str | None:
    return shortcoming(row, need) or _not_to_be_had(row, need, zone)


def _is_other_gpu(row: Flavor, need: FlavorNeed) -> bool:
    """A model that is not known is not taken for the one that is asked for."""
    return need.gpu_model is not None and (row.gpu_model or "").lower() != need.gpu_model


def _not_to_be_had(row: Flavor, need: FlavorNeed, zone: str) -> str | None:
    if row.sold_out:
        return f"sold out in {zone}"
    if need.image_family and row.image_families and need.image_family not in row.image_families:
        return f"does not boot {need.image_family}"
    return None


def _distance(row: Flavor, need: FlavorNeed) -> tuple[float, str]:
    vcpu = max(0, need.vcpu - row.vcpu) / max(1, need.vcpu)
    memory = max(0, need.memory.bytes - row.memory.bytes) / max(1, need.memory.bytes)
    gpu = max(0, need.gpu - row.gpu) / max(1, need.gpu)
    return (vcpu + memory + gpu, row.name)


def _nearest(need: FlavorNeed, rows: tuple[Flavor, ...], zone: str) -> str | None:
    usable = [row for row in rows if _not_to_be_had(row, need, zone) is None and not (row.gpu and not need.gpu)]
    if need.gpu_model and all(_is_other_gpu(row, need) for row in usable):
        models = sorted({row.gpu_model for row in rows if row.gpu_model})
        return f"GPU models in {zone}: {', '.join(models) or 'none'}"
    usable = [row for row in usable if not _is_other_gpu(row, need)]
    if not usable:
        return None
    best = min(usable, key=lambda row: _distance(row, need))
    relax = []
    if best.vcpu < need.vcpu:
        relax.append(f"vcpu by {need.vcpu - best.vcpu}")
    if best.memory < need.memory:
        relax.append(f"memory by {Size(need.memory.bytes - best.memory.bytes)}")
    if best.gpu < need.gpu:
        relax.append(f"gpu by {need.gpu - best.gpu}")
    return f"relax {' and '.join(relax)} to get {best.name}"


def _forced(
    need: FlavorNeed, name: str, catalog: Catalog, rows: tuple[Flavor, ...], region: str, zone: str
) -> FlavorMatch:
    losers = tuple(Loser(row.name, f"the stack asks for {name}") for row in rows if row.name != name)
    chosen = [row for row in rows if row.name == name]
    if not chosen:
        elsewhere = catalog.flavor_names_elsewhere(region, zone).get(name)
        if elsewhere:
            return FlavorMatch(None, losers, f"{name} is sold in {elsewhere}, not in {zone}")
        close = difflib.get_close_matches(name, sorted({row.name for row in rows}), n=1)
        return FlavorMatch(
            None, losers, f"there is no flavor {name}" + (f"; did you mean {close[0]}?" if close else "")
        )
    refused = [(row, _not_to_be_had(row, need, zone)) for row in chosen]
    able = [row for row, reason in refused if reason is None]
    if able:
        return FlavorMatch(min(able, key=lambda row: _score(row, False)), losers)
    first, reason = refused[0]
    losers = (*losers, *(Loser(row.name, why or "") for row, why in refused))
    like = FlavorNeed(first.vcpu, first.memory, first.gpu, image_family=need.image_family)
    other = match_flavor(like, catalog, region, zone).pick
    told = reason if first.sold_out is not True else f"is {reason}"
    return FlavorMatch(None, losers, f"{name} {told}" + (f"; {other.name} has as much" if other else ""))
