"""Moving a volume to another kind of storage, in the three steps of the vendor's SDK (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from functools import partial

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import fields
from mcloud_vng.emulator.volume import volume_of
from mcloud_vng.emulator.world import Item, World, refuse, state_times

ACTIONS = ("INIT-MIGRATE", "MIGRATE", "CONFIRM-MIGRATE")
# The states are named as the vendor's refusals name them ([SDK]); what ``migrateState`` holds is not known.
COPYING = "migrating"
READY = "ready to migrate difference"
CATCHING_UP = "migrating difference"
CAUGHT_UP = "confirm final migration"
CONFIRMING = "processing to confirm"
STEPS = {"INIT-MIGRATE": (None, COPYING, READY), "MIGRATE": (READY, CATCHING_UP, CAUGHT_UP)}
"""Action -> the state that it needs, the one it goes through, and the one it ends in."""


def migrate(world: World, call: Call) -> Answer:
    """One step; each takes as long as a resize, for its times are not known."""
    item = volume_of(world, call)
    body = fields(call, {"volumeTypeId": str})
    action, state = body.get("action"), item["migrateState"]
    if action not in ACTIONS:
        raise refuse(400, f"the action must be {' or '.join(ACTIONS)}")
    kind = world.volume_types.get(body["volumeTypeId"])
    if kind is None:
        raise refuse(404, f"cannot get volume type with id {body['volumeTypeId']}", "NotFound")
    if action == "INIT-MIGRATE" and state is None and kind["type_zone"] == item["volumeTypeZoneName"]:
        raise refuse(400, "new volume type must be different zone")
    if state is None and item["status"] not in ("AVAILABLE", "IN-USE"):
        raise refuse(400, f"volume with id {item['uuid']} is in-process")
    needed = CAUGHT_UP if action == "CONFIRM-MIGRATE" else STEPS[action][0]
    if state != needed:
        doing = "migrate difference data" if action == "MIGRATE" and state == CAUGHT_UP else "initialize migration"
        raise refuse(400, f"this volume cannot {doing} because state is {state or 'not initialized'}")
    item["migrateState"] = CONFIRMING if action == "CONFIRM-MIGRATE" else STEPS[action][1]
    done = partial(_moved, item, kind) if action == "CONFIRM-MIGRATE" else partial(_reached, item, STEPS[action][2])
    world.agenda.after(state_times()["volume-resize"], done)
    return Answer(204)


def _reached(item: Item, state: str) -> None:
    item["migrateState"] = state


def _moved(item: Item, kind: Item) -> None:
    item |= {
        "migrateState": None,
        "volumeTypeId": kind["id"],
        "volumeTypeZoneName": kind["type_zone"],
        "iops": str(kind["iops"]),
    }


ROUTES = (("PUT", "/v2/{p}/volumes/{id}/change-device-type", migrate),)
