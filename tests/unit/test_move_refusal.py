"""What up refuses for the data's sake, and by which names it is told to go on."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from mcloud.cli.deploy import _move_document, _refuse_to_empty
from mcloud.engine.aside import Left
from mcloud.engine.move import Move
from mcloud.errors import BlockedError, UsageError
from mcloud.model.graph import Node

DB, DISK, WEB = (Node(kind, name, {"placement": "two/west"}, (name,)) for kind, name in (
    ("Server", "db"), ("Volume", "db"), ("Server", "web"),
))  # fmt: skip
MOVE = Move(emptied=((DB, "one/east"), (DISK, "one/east")), rezoned=((WEB, "a"),))


def refuse(*accepted: str) -> None:
    deployment: Any = SimpleNamespace(move=lambda: MOVE)
    loaded: Any = SimpleNamespace(locate=lambda path: f"shop.yaml:{path[0]}")
    _refuse_to_empty(deployment, loaded, list(accepted))


def test_each_thing_with_data_must_be_named() -> None:
    with pytest.raises(BlockedError) as caught:
        refuse("volume/db")
    assert caught.value.message.splitlines()[1:] == [
        "  shop.yaml:db: server db is at one/east and would be empty at two/west",
        "  shop.yaml:web: server web is in a; in another zone it is made anew, empty,"
        " and the old one is deleted with its disk",
    ]
    names = "--accept-empty server/db --accept-empty volume/db --accept-empty web"
    assert str(caught.value.hint).startswith(names)
    refuse("server/db", "volume/db", "web")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("db", "say which: server/db, volume/db"),
        ("dbb", "known: server/db, server/web, volume/db"),
        ("bucket/db", "known: "),
    ],
)
def test_a_name_that_fits_nothing_or_two_is_refused(name: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        refuse(name)
    assert says in str(caught.value.hint)


def test_the_move_as_data() -> None:
    old = {"urn": f"urn:pulumi:s::mcloud::{DISK.token}::db", "type": DISK.token, "id": "one/east/v-1", "inputs": {}}
    left = Left(old, datetime(2026, 1, 2, tzinfo=UTC), "two/west")
    move = Move(MOVE.emptied[1:], (old,), (left,), rezoned=MOVE.rezoned, renumbered=((WEB, "203.0.113.9"),))
    volume = {"kind": "volume", "name": "db"}
    assert _move_document(move) == {
        "emptied": [{**volume, "stays_at": "one/east"}],
        "rezoned": [{"kind": "server", "name": "web", "zone": "a"}],
        "left_behind": [{**volume, "id": "one/east/v-1"}],
        "returns": [{**volume, "id": "one/east/v-1"}],
        "renumbered": [{"kind": "server", "name": "web", "known_as": "203.0.113.9"}],
    }
    assert not any(_move_document(Move()).values())
