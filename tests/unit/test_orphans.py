"""Which things on a cloud are ours and nobody's."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcloud.engine.aside import Aside, Left
from mcloud.engine.file_state import FileState
from mcloud.engine.journaled_state import JournaledState
from mcloud.engine.orphans import ORDER, Orphan, chosen, is_ours, known
from mcloud.errors import UsageError
from mcloud.model.base import Placement
from mcloud.model.resources import KINDS

AT = Placement("vng", "hcm-3")


def orphan(name: str, kind: str = "Server", native_id: str = "") -> Orphan:
    return Orphan(kind, KINDS[kind].word if kind else "snapshot", name, AT, native_id or f"id-of-{name}")


SERVER, NETWORK, SNAPSHOT = orphan("web-abc234-0f1e2"), orphan("main-abc234-0f1e2", "Network"), orphan("old", "")


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("web-abc234-0f1e2", True),
        ("my-web-abc234-0f1e2", True),
        ("web-zzz999-0f1e2", False),  # another state's
        ("web-abc234", False),
        ("abc234-0f1e2", False),
        ("web-abc234-0f1e2-boot", False),  # a part of what has the name
        ("web", False),
        ("", False),
    ],
)
def test_the_mark(name: str, ours: bool) -> None:
    assert is_ours(name, "abc234") is ours


def test_every_kind_has_its_turn() -> None:
    assert sorted(ORDER) == sorted(KINDS)


def test_what_is_named_is_chosen_in_the_order_of_deletion() -> None:
    found = [SERVER, NETWORK]
    assert chosen(found, []) == []
    assert chosen(found, [NETWORK.name, SERVER.native_id, SERVER.id]) == [SERVER, NETWORK]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("web-abc234-0f1e3", "did you mean 'web-abc234-0f1e2'"),
        ("other", "orphans: web-abc234-0f1e2, main-abc234-0f1e2, old, old"),
        ("old", "say which: vng/hcm-3/id-of-old, vng/hcm-3/s-2"),
        ("s-2", "look at it in the cloud's console"),
    ],
)
def test_what_is_not_there_or_not_clear_is_refused(name: str, says: str) -> None:
    found = [SERVER, NETWORK, SNAPSHOT, orphan("old", "", "s-2")]
    with pytest.raises(UsageError) as caught:
        chosen(found, [name])
    assert says in str(caught.value)


def resource(name: str, **more: object) -> dict[str, object]:
    urn = f"urn:pulumi:dev::mcloud::mcloud:compute:Server::{name}"
    inputs = {"name": f"{name}-abc234-0f1e2"}
    return {"urn": urn, "type": "mcloud:compute:Server", "custom": True, "inputs": inputs, **more}


@pytest.mark.parametrize("make", [JournaledState, FileState])
def test_all_stacks_of_the_folder_have_their_say(tmp_path: Path, make: type[JournaledState | FileState]) -> None:
    """Stacks of one folder share the mark; what one of them has, is making, or left behind is no orphan."""
    state = make(tmp_path)
    state.prepare()
    making = {"resource": resource("new"), "type": "creating"}
    for stack, deployment in {
        "dev": {"resources": [resource("web", id="vng/hcm-3/ins-1")]},
        "prod": {"resources": [resource("db", id="vng/hcm-3/ins-2")], "pending_operations": [making]},
    }.items():
        if isinstance(state, JournaledState):
            state.stacks.create(stack, deployment)
        else:
            file = state.state_file(stack)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps({"checkpoint": {"latest": deployment}}))
    left = Left(resource("old", id="vng/han-1/ins-3"), datetime(2026, 11, 26, tzinfo=UTC), "vng/hcm-3")
    Aside(state, "prod").write([left])
    assert state.names() == ["dev", "prod"]
    found = known(state, state.names())
    assert found.ids == {"vng/hcm-3/ins-1", "vng/hcm-3/ins-2", "vng/han-1/ins-3"}
    assert found.names == {"new-abc234-0f1e2"}
    assert ("Server", "db") in found.logical
