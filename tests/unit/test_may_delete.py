"""What may be deleted though it holds data, as the command line tells it to the provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcloud.engine.losses import without_data
from mcloud.engine.provider.context import MAY_DELETE, Context, permission
from mcloud.errors import ProfileError
from mcloud.model.graph import Graph, Node

AT = {"placement": "cloud/region"}
LONGEST_VARIABLE = 128 * 1024
"""Linux refuses to start a program with a longer one (include/uapi/linux/binfmts.h, MAX_ARG_STRLEN)."""


def test_so_many_that_no_variable_would_hold_them(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {f"Server/web-{number:05}" for number in range(20_000)}
    with permission(names) as value:
        assert len(value) < LONGEST_VARIABLE < sum(map(len, names))
        monkeypatch.setenv(MAY_DELETE, value)
        assert Path(value).stat().st_mode & 0o077 == 0
        assert Context.from_environment().may_delete == names
    assert not Path(value).exists()
    with pytest.raises(ProfileError, match=MAY_DELETE):
        Context.from_environment()
    monkeypatch.delenv(MAY_DELETE)
    assert Context.from_environment().may_delete is None


def test_nothing_allows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with permission(()) as value:
        monkeypatch.setenv(MAY_DELETE, value)
        assert Context.from_environment().may_delete == frozenset()


def test_only_what_could_hold_data_is_spoken_of() -> None:
    nodes = (
        Node("Network", "main", AT, ("networks", "main")),
        Node("Server", "web", {**AT, "stateless": True}, ("servers", "web")),
        Node("Server", "db", AT, ("servers", "db")),
        Node("Volume", "data", AT, ("volumes", "data")),
    )
    assert without_data(Graph("dev", nodes)) == {"Server/web"}
