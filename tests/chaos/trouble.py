"""A cloud whose things get stuck on their way or end in an error, and its people who mend them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ground import Emulated

FAILED: dict[int, tuple[Any, Any]] = {}
"""What was made to fail, by its own number: the thing and its state before."""


def ids(cloud: Emulated) -> set[str]:
    """Everything that has a state."""
    return {name for name, _ in _things(cloud)}


def fail(cloud: Emulated, before: set[str]) -> None:
    """What came since ``before`` ends in an error."""
    for name, thing in _things(cloud):
        if name not in before:
            FAILED[id(thing)] = (thing, _state(thing))
            _set(thing, _error_of(thing))


def mend(cloud: Emulated, *, failed: bool) -> None:
    """What is stuck goes on; what ended in an error as well, where that is asked for."""
    for thing, state in FAILED.values() if failed else ():
        _set(thing, state)
    FAILED.clear()
    cloud.app.cloud.agenda.mend()


def _things(cloud: Emulated) -> Iterator[tuple[str, Any]]:
    emulated: Any = cloud.app.cloud
    if cloud.app.name == "vng":
        for world in emulated.worlds.values():
            for table in vars(world).values():
                if isinstance(table, dict):
                    yield from ((key, item) for key, item in table.items() if _has_status(item))
        return
    moto = emulated.world.moto
    if not moto.used:
        return
    with moto.open():
        for region in moto.regions():
            ec2, elb = moto.ec2(region), moto.elb(region)
            yield from ec2.volumes.items()
            yield from ec2.nat_gateways.items()
            yield from elb.load_balancers.items()
            for reservation in ec2.reservations.values():
                yield from ((instance.id, instance) for instance in reservation.instances)


def _has_status(item: Any) -> bool:
    return isinstance(item, dict) and "status" in item and item["status"] != "ACTIVE"


def _state(thing: Any) -> Any:
    if isinstance(thing, dict):
        return thing["status"]
    for name in ("way", "_state", "state"):
        if hasattr(thing, name):
            value = getattr(thing, name)
            return value.name if name == "_state" else value
    return None


def _error_of(thing: Any) -> str:
    if isinstance(thing, dict):
        return "ERROR"
    return "error" if hasattr(thing, "way") else "terminated" if hasattr(thing, "_state") else "failed"


def _set(thing: Any, state: Any) -> None:
    if isinstance(thing, dict):
        thing["status"] = state
    elif hasattr(thing, "way"):
        thing.way = state
    elif hasattr(thing, "_state"):
        thing._state.name, thing._state.code = state, {"terminated": 48, "pending": 0}.get(state, 16)
    else:
        thing.state = state
