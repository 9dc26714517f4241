"""What up refuses for the data's sake, and by which names it is told to go on."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from mcloud.cli.data import move_document, permitted
from mcloud.engine.aside import Left
from mcloud.engine.losses import Loss
from mcloud.engine.move import Move
from mcloud.errors import BlockedError, UsageError
from mcloud.model.graph import Node

DB, DISK, WEB = (Node(kind, name, {"placement": "two/west"}, (name,)) for kind, name in (
    ("Server", "db"), ("Volume", "db"), ("Server", "web"),
))  # fmt: skip
MOVE = Move(emptied=((DB, "one/east"), (DISK, "one/east")), rezoned=((WEB, "a"),))


LOSSES = (Loss("Server", "app", "two/west", Node("Server", "app", {}, ("app",))), Loss("Volume", "logs", "two/west"))


def refuse(*accepted: str, delete: tuple[str, ...] = (), losses: tuple[Loss, ...] = ()) -> list[str]:
    deployment: Any = SimpleNamespace(move=lambda: MOVE, losses=lambda: losses)
    loaded: Any = SimpleNamespace(locate=lambda path: f"shop.yaml:{path[0]}")
    return permitted(deployment, loaded, list(accepted), list(delete))


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
    assert refuse("server/db", "volume/db", "web") == ["Server/web"], "what stays at its old place is not deleted"


def test_what_is_deleted_with_its_data_must_be_named() -> None:
    named = ("server/db", "volume/db", "web")
    with pytest.raises(BlockedError) as caught:
        refuse(*named, losses=LOSSES)
    assert caught.value.message.splitlines()[1:] == [
        "  shop.yaml:app: server app at two/west would be made anew, empty, and the old one deleted",
        "  volume logs at two/west is not in the stack any more and would be deleted with its data",
    ]
    assert str(caught.value.hint).startswith(
        "--accept-empty server/db --accept-empty volume/db --accept-empty web --accept-empty app --delete-data logs"
    )
    with pytest.raises(UsageError, match="--delete-data app: that is not deleted"):
        refuse(*named, delete=("app",), losses=LOSSES)
    allowed = refuse(*named, "app", delete=("logs",), losses=LOSSES)
    assert allowed == ["Server/web", "Server/app", "Volume/logs"]


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
    assert move_document(move, LOSSES) == {
        "emptied": [{**volume, "stays_at": "one/east"}],
        "rezoned": [{"kind": "server", "name": "web", "zone": "a"}],
        "left_behind": [{**volume, "id": "one/east/v-1"}],
        "returns": [{**volume, "id": "one/east/v-1"}],
        "renumbered": [{"kind": "server", "name": "web", "known_as": "203.0.113.9"}],
        "losses": [
            {"kind": "server", "name": "app", "at": "two/west", "made_anew": True},
            {"kind": "volume", "name": "logs", "at": "two/west", "made_anew": False},
        ],
    }
    assert not any(move_document(Move(), ()).values())
