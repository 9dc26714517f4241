"""How large a server should be: as it is, and by what it used. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mcloud.errors import PlacementError
from mcloud.match.plan import CatalogOf
from mcloud.migrate.utilization import Load, Usage
from mcloud.migrate.values import LoadNote, Sizing
from mcloud.model.base import Placement
from mcloud.model.compute import MachineSize
from mcloud.model.references import server_instances
from mcloud.model.stack import Stack
from mcloud.units import Size

LEAST_READINGS = 20
"""Below these the 95th percentile is just the highest reading."""
GIB = 2**30


@dataclass(frozen=True)
class Sized:
    """What sizing gives.

    Attributes:
        sizings: one for each server of the stack, as written down.
        sizes: servers that get another size by use.
        strangers: machines of the utilization that are no server of the stack.
        span_minutes: the longest span of readings.
    """

    sizings: tuple[Sizing, ...]
    sizes: Mapping[str, MachineSize]
    strangers: tuple[str, ...]
    span_minutes: float


def size_servers(
    stack: Stack, usage: Mapping[str, Usage] | None, headroom: int, to: Placement, catalog_of: CatalogOf
) -> Sized:
    """Size every server of a stack.

    Args:
        stack: as it is today.
        usage: machine -> its use; None: not known. A machine is a server by its instance's name, or as the value of
            one of a single server's labels.
        headroom: percent on top of the 95th percentile.
        to: where it goes; a flavor that the stack names there is not changed.
        catalog_of: for the sizes of flavors that the stack names today.
    """
    found: list[Sizing] = []
    sizes: dict[str, MachineSize] = {}
    known = dict(usage or {})
    taken: set[str] = set()
    for name in stack.servers:
        capacity = capacity_of(stack, name, catalog_of)
        machines = {instance: _machine(stack, name, instance, known) for instance in server_instances(stack, name)}
        taken |= {machine for machine in machines.values() if machine is not None}
        uses = [known[machine] for machine in machines.values() if machine is not None]
        size, reason = _by_use(capacity, uses, len(machines), headroom)
        if usage is None:
            reason = "no utilization was given"
        elif size is not None and to.cloud in stack.servers[name].flavor:
            size, reason = None, f"the stack asks for {stack.servers[name].flavor[to.cloud]} there"
        if size is not None:
            sizes[name] = size
        found.append(_sizing(name, tuple(machines), capacity, size, reason, uses))
    strangers = tuple(sorted(known.keys() - taken))
    return Sized(tuple(found), sizes, strangers, max((item.minutes for item in known.values()), default=0.0))


def capacity_of(stack: Stack, name: str, catalog_of: CatalogOf) -> MachineSize | None:
    """What a server has today: its flavor's size where the stack names one there, else what it asks for; or unknown."""
    server = stack.servers[name]
    here = Placement.parse(server.placement or stack.placement)
    flavor = server.flavor.get(here.cloud)
    if flavor is None:
        return server.size
    try:
        catalog = catalog_of(here)
        region = catalog.region(here.region).name
    except PlacementError:
        return None
    rows = sorted((row for row in catalog.flavors if row.name == flavor), key=lambda row: row.region != region)
    if not rows:
        return None
    return MachineSize(vcpu=rows[0].vcpu, memory=rows[0].memory, gpu=rows[0].gpu, gpu_model=rows[0].gpu_model)


def with_sizes(stack: Stack, sizes: Mapping[str, MachineSize]) -> Stack:
    """The stack with other sizes; a flavor by name would win over them and is left out."""
    servers = {
        name: server.model_copy(update={"size": sizes[name], "flavor": {}}) if name in sizes else server
        for name, server in stack.servers.items()
    }
    return stack.model_copy(update={"servers": servers})


def _machine(stack: Stack, name: str, instance: str, known: Mapping[str, Usage]) -> str | None:
    if instance in known:
        return instance
    server = stack.servers[name]
    if server.count is not None and server.count != 1:
        return None
    named = sorted(value for value in server.labels.values() if value in known)
    return named[0] if len(named) == 1 else None


def _by_use(
    capacity: MachineSize | None, uses: list[Usage], wanted: int, headroom: int
) -> tuple[MachineSize | None, str]:
    """The largest that any of the equal ones needs; None with the reason where that cannot be said."""
    if capacity is None:
        return None, "how large it is today is not known"
    if len(uses) < wanted or not uses:
        return None, f"there are readings of {len(uses)} of {wanted}"
    vcpu = _vcpu(capacity, [item.cpu for item in uses], headroom)
    memory = _memory(capacity, [item.memory for item in uses], headroom)
    if vcpu is None and memory is None:
        return None, f"there are fewer than {LEAST_READINGS} readings"
    kept = [word for word, value in (("CPU", vcpu), ("memory", memory)) if value is None]
    size = capacity.model_copy(update={"vcpu": vcpu or capacity.vcpu, "memory": memory or capacity.memory})
    reason = f"95th percentile and {headroom} % head-room; memory not below its highest reading"
    if kept:
        reason = f"{reason}; {' and '.join(kept)} as it is, for there are fewer than {LEAST_READINGS} readings"
    return size, reason


def _vcpu(capacity: MachineSize, loads: Iterable[Load | None], headroom: int) -> int | None:
    needs = [_need(load, headroom) for load in loads]
    if any(need is None for need in needs):
        return None
    return max(1, *(math.ceil(round(capacity.vcpu * (need or 0) / 100, 6)) for need in needs))


def _memory(capacity: MachineSize, loads: Iterable[Load | None], headroom: int) -> Size | None:
    """Whole GiB, rounded up."""
    shares = []
    for load in loads:
        need = _need(load, headroom)
        if load is None or need is None:
            return None
        shares.append(max(need, load.highest))
    return Size.gib(max(1, math.ceil(round(capacity.memory.bytes / GIB * max(shares) / 100, 6))))


def _need(load: Load | None, headroom: int) -> float | None:
    """Percent of the capacity; None where there are too few readings."""
    if load is None or load.readings < LEAST_READINGS:
        return None
    return load.p95 * (100 + headroom) / 100


def _sizing(
    name: str,
    names: tuple[str, ...],
    capacity: MachineSize | None,
    size: MachineSize | None,
    reason: str,
    uses: list[Usage],
) -> Sizing:
    return Sizing(
        resource=f"servers.{name}",
        names=names,
        vcpu=capacity.vcpu if capacity else None,
        memory=capacity.memory if capacity else None,
        vcpu_by_use=size.vcpu if size else None,
        memory_by_use=size.memory if size else None,
        cpu=_note([item.cpu for item in uses if item.cpu is not None]),
        memory_use=_note([item.memory for item in uses if item.memory is not None]),
        reason=reason,
    )


def _note(loads: list[Load]) -> LoadNote | None:
    if not loads:
        return None
    return LoadNote(
        readings=sum(load.readings for load in loads),
        p95=round(max(load.p95 for load in loads), 1),
        highest=round(max(load.highest for load in loads), 1),
    )
