"""What the parts of the emulated vLB share: lookups, the one write at a time, times and success codes.

Every write to a load balancer or to something in it makes the load balancer busy until the write is done (sources:
docs/clouds/vng.md); a second one is refused meanwhile. How long is not in any source for what is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.network import NAME
from mcloud_vng.emulator.world import Item, World, refuse, state_times

NOT_READY = "LoadBalancerNotReady"
ANY_BALANCER = "{loadBalancerId}"
"""[TF] v1.3.11 asks for a pool's members with these very words in the path."""
SPAN = tuple[int, int]


def stamp(world: World) -> str:
    """Now, without zone: [TF] stops at a vLB stamp that has one. (The service's own format is not known.)"""
    return world.stamp().removesuffix("Z")


def shown(item: Item) -> Item:
    """The states as they are read. Only ``progressStatus`` is known well; older clients wait for ``displayStatus``
    ACTIVE alone, so it has another value while something is under way."""
    status = item["status"]
    return {
        "displayStatus": "ACTIVE" if status == "CREATED" else status,
        "progressStatus": status,
        "createdAt": item["createdAt"],
        "updatedAt": item["updatedAt"],
    }


def balancer(world: World, call: Call) -> Item:
    """The load balancer of a path, or the vendor's 404 (LIVE)."""
    found = world.balancers.get(call.params["lb"])
    if found is None:
        raise refuse(404, f"Cannot get load balancer with id {call.params['lb']}", "NotFound")
    return found


def writable(world: World, call: Call) -> Item:
    """The load balancer that something is about to be written in.

    Raises:
        Refusal: 404 with the other text that [SDK] looks for after writes; 400 while another write is under way.
    """
    found = world.balancers.get(call.params["lb"])
    if found is None:
        raise refuse(404, "Could not find resource", "NotFound")
    check_ready(found)
    return found


def check_ready(item: Item) -> None:
    """Refuse a write in a load balancer that is busy."""
    if item["status"] != "CREATED":
        raise refuse(400, f"The load balancer id {item['uuid']} is not ready", NOT_READY)


def check_idle(item: Item) -> None:
    """Refuse a resize or delete of a load balancer that is busy; [SDK] tells creating, updating and deleting apart."""
    if item["status"] != "CREATED":
        doing = item["status"].partition("-")[0].lower()
        raise refuse(400, f"Load balancer id {item['uuid']} is {doing}", NOT_READY)


def child(world: World, call: Call, items: Mapping[str, Item], name: str, text: str) -> Item:
    """A part of the path's load balancer by its parameter's name, or 404 with this text."""
    found = items.get(call.params[name])
    if found is None or found["loadBalancerId"] != call.params["lb"]:
        raise refuse(404, f"{text} {call.params[name]}", "NotFound")
    return found


def children(items: Mapping[str, Item], owner: Item) -> list[Item]:
    """All parts of a load balancer of one kind."""
    return [item for item in items.values() if item["loadBalancerId"] == owner["uuid"]]


def check_room(world: World, quota: str, there: int, more: int = 1) -> None:
    """Refuse more than a load balancer or pool holds ([DOC] quota-limit.md); the text is after that of other quotas."""
    limit = world.quotas[quota]
    if there + more > limit:
        raise refuse(400, f"exceeded {quota.lower()} quota. current used: {there}, max: {limit}", "QuotaExceeded")


def begin(
    world: World,
    owner: Item,
    *parts: Item,
    time: str = "load-balancer-change",
    done: Callable[[], object] | None = None,
) -> None:
    """Keep a load balancer busy, with the parts that change; all are ready at the same moment, after ``done``."""
    busy = (owner, *parts)
    for item in busy:
        if item["status"] == "CREATED":
            item["status"] = "UPDATING"

    def ready() -> None:
        if done is not None:
            done()
        for item in busy:
            item.update({"status": "CREATED", "updatedAt": stamp(world)})

    world.agenda.after(state_times()[time], ready)


def made(call: Call, item: Item) -> Answer:
    """A create's answer: 202 for those in use ([SDK] accepts nothing else), 200 as published for ``grn`` ([CLI+])."""
    return Answer(200 if _published(call) else 202, {"uuid": item["uuid"]})


def accepted(call: Call) -> Answer:
    """An update's answer: codes as for creates, nothing in it."""
    return Answer(200 if _published(call) else 202)


def _published(call: Call) -> bool:
    return call.headers.get("user-agent", "").startswith("grn")


def check_range(body: Item, spans: Mapping[str, SPAN]) -> None:
    """Refuse numbers outside their spans; the ranges are the vendor's, the text is not."""
    for name, (low, high) in spans.items():
        if body.get(name) is not None and not low <= body[name] <= high:
            raise refuse(400, f"{name}: must be from {low} to {high};")


def check_choice(body: Item, choices: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse words that are none of the choices; the words are the vendor's, the text is not."""
    for name, words in choices.items():
        if body.get(name) is not None and body[name] not in words:
            raise refuse(400, f"{name}: must be one of the following: [{', '.join(words)}];")


def check_field_name(body: Item, field: str) -> str:
    """Refuse a name outside 5-50 of ``a-zA-Z0-9_-.``; the exact text is not known."""
    name = body[field]
    if not NAME.fullmatch(name):
        raise refuse(400, f"{field}: only letters (a-z, A-Z, 0-9, '_', '-', '.') are allowed, length 5 to 50;")
    return str(name)
