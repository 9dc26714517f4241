"""How a run calls the cloud: signing in, connections, lists. Counted, never timed."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from mcloud.adapter.limiter import AT_ONCE

pytestmark = pytest.mark.engine

ID = r"[a-z-]+-[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{8}-[0-9a-f-]{27}"
SERVERS = 30


class Counts:
    """The calls of one run, ids left out, and the connections that they came over."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.connections: set[Any] = set()

    def of(self, *calls: str) -> int:
        return sum(self.calls[call] for call in calls)


@pytest.fixture
def counts(desk: Any, monkeypatch: pytest.MonkeyPatch) -> Counts:
    """Counts what reaches the emulator from now on."""
    found, kind = Counts(), type(desk.cloud.app)
    answer = kind.__call__

    async def counted(app: Any, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            path = scope["path"].split("/vserver-gateway/")[-1].removeprefix("hcm-3/")
            found.calls[f"{scope['method']} /{re.sub(ID, 'ID', path).lstrip('/')}"] += 1
            found.connections.add(tuple(scope["client"]))
        await answer(app, scope, receive, send)

    monkeypatch.setattr(kind, "__call__", counted)
    return found


def many(desk: Any) -> dict[str, Any]:
    document: dict[str, Any] = desk.small()
    document["servers"]["web"] |= {"count": SERVERS}
    document["volumes"] = {"data": {"size": "10 GiB", "attach": "web"}}
    return document


def test_a_run_signs_in_once_keeps_its_connections_and_reads_lists(desk: Any, counts: Counts) -> None:
    desk.write("small.yaml", many(desk))
    # Servers take two seconds: longer than the first look at any of them.
    desk.cloud.app.cloud.agenda.clock.factor = 1 / 30
    desk.run("up", "small.yaml")
    assert counts.of("POST /accounts-api/v2/auth/token") == 1
    # One account has so many calls under way, and each run of these hundreds of calls is two processes. A connection
    # that nobody used for some seconds is closed by the server, and another one is made: no more than as many again.
    assert len(counts.connections) <= 2 * AT_ONCE
    assert counts.of("POST /v2/ID/servers") == SERVERS
    # One look when it is asked for, then lists; one to be sure, one before and one after what is left to do.
    assert counts.of("GET /v2/ID/servers/ID") <= 5 * SERVERS
    assert 0 < counts.of("GET /v2/ID/servers") <= SERVERS

    counts.calls.clear()
    desk.run("up", "small.yaml")
    assert counts.of("GET /v2/ID/servers/ID", "GET /v2/ID/volumes/ID") <= 5 * 4
    assert counts.of("POST /accounts-api/v2/auth/token") == 1

    counts.calls.clear()
    desk.run("destroy", "small.yaml", "--yes")
    assert desk.counts() == {}
    assert counts.of("GET /v2/ID/servers/ID") <= 4 * SERVERS
