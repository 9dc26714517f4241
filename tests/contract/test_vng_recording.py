"""What the vendor's own clients asked is asked again: the answers must have the same status and shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mcloud.adapter.conformance.pem import make_certificate
from mcloud.emulator.clock import ManualClock
from mcloud.emulator.recorder import MASK
from mcloud.emulator.server import Running, serve
from mcloud_vng.emulator import SPEC

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("vng-*.jsonl"))
ID = re.compile(r"[a-z]+(?:-[a-z]+)*-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
each_recording = pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
LONGER_THAN_ANY_STATE = 150.0
SIGN_IN_EVERY = 3600.0  # a token lasts twice as long


class Replay:
    """Asks again, with the ids of today in place of those of the recording."""

    def __init__(self, cloud: Running, clock: ManualClock) -> None:
        self.cloud = cloud
        self.clock = clock
        self.ids: dict[str, str] = {}
        self.client = httpx.Client()
        self.sign_in()

    def sign_in(self) -> None:
        url = f"{self.cloud.url}/accounts-api/v2/auth/token"
        token = httpx.post(url, auth=(self.cloud.client_id, self.cloud.client_secret)).json()["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"
        self.signed_in = self.clock.now()

    def today(self, text: str) -> str:
        return ID.sub(lambda match: self.ids.get(match[0], match[0]), text)

    def ask(self, entry: dict[str, Any]) -> httpx.Response:
        if entry["method"] == "GET" or entry["status"] < 400:
            # A write may have been refused for the state that the one before it led to.
            self.clock.advance(LONGER_THAN_ANY_STATE)
        if self.clock.now() - self.signed_in > SIGN_IN_EVERY:
            self.sign_in()
        body = None if entry["request"] is None else json.loads(self.today(json.dumps(entry["request"])))
        if body is not None and body.get("privateKey") == MASK:
            body["certificate"], body["privateKey"] = make_certificate("replayed.example")
        return self.client.request(
            entry["method"], f"{self.cloud.url}{self.today(entry['path'])}", params=entry["query"], json=body
        )

    def learn(self, then: Any, now: Any) -> None:
        """Pair the ids of two answers of one shape."""
        if isinstance(then, dict) and isinstance(now, dict):
            for key in then.keys() & now.keys():
                self.learn(then[key], now[key])
        elif isinstance(then, list) and isinstance(now, list):
            for first, second in zip(then, now, strict=False):
                self.learn(first, second)
        elif isinstance(then, str) and isinstance(now, str) and ID.fullmatch(then):
            self.ids[then] = now


def shape(value: Any) -> Any:
    """Fields and types; ids and times are only of a type."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__


def entries(recording: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in recording.read_text().splitlines()]
    return [row for row in rows if "/auth/token" not in row["path"]]


@pytest.fixture
def replay() -> Iterator[Replay]:
    clock = ManualClock()
    with serve(SPEC, clock=clock) as cloud:
        replay = Replay(cloud, clock)
        yield replay
        replay.client.close()


@each_recording
def test_the_recorded_requests_get_the_same_answers(replay: Replay, recording: Path) -> None:
    rows = entries(recording)
    assert {row["method"] for row in rows} >= {"GET", "POST", "PUT", "DELETE"}
    for number, entry in enumerate(rows):
        answer = replay.ask(entry)
        where = f"request {number}: {entry['method']} {entry['path']}"
        assert answer.status_code == entry["status"], f"{where}: {answer.text}"
        then = entry["response"]
        now = answer.json() if answer.content else None
        assert shape(now) == shape(then), where
        if then is not None:
            assert answer.headers["content-type"].startswith("application/json")
        replay.learn(then, now)
    assert all(not items for items in replay.cloud.app.cloud.inventory().values())


@each_recording
def test_no_secret_is_in_the_recording(recording: Path) -> None:
    text = recording.read_text()
    assert "oracle-secret" not in text
    assert "PRIVATE KEY" not in text
    sign_ins = [row for row in map(json.loads, text.splitlines()) if "/auth/" in row["path"] and row["status"] == 200]
    assert sign_ins
    assert all(row["response"]["access_token"] == "***" for row in sign_ins)
