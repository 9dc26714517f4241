"""The kit: clock, faults, recorder, control calls."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from mcloud.emulator.clock import Agenda, Clock, ManualClock
from mcloud.emulator.faults import FaultRule, Faults
from mcloud.emulator.recorder import MASK, masked
from mcloud.emulator.server import listen, serve
from mcloud.errors import EmulatorError
from mcloud_vng.emulator import SPEC


def test_things_happen_in_order_and_only_when_due() -> None:
    clock = ManualClock()
    agenda, done = Agenda(clock), []
    agenda.after(2, lambda: done.append("second"))
    agenda.after(1, lambda: done.append("first"))
    agenda.settle()
    assert done == []
    clock.advance(1.5)
    agenda.settle()
    assert done == ["first"]
    clock.advance(1)
    agenda.settle()
    assert done == ["first", "second"]


def test_a_factor_shortens_what_takes_long() -> None:
    assert Clock(0.02).factor == 0.02
    clock = ManualClock()
    clock.factor = 0.5
    agenda, done = Agenda(clock), []
    agenda.after(10, lambda: done.append(1))
    clock.advance(5)
    agenda.settle()
    assert done == [1]


def test_a_stuck_state_never_ends() -> None:
    clock = ManualClock()
    agenda, done = Agenda(clock), []
    agenda.stuck = True
    agenda.after(1, lambda: done.append(1))
    clock.advance(100)
    agenda.settle()
    assert done == []


@pytest.mark.parametrize(
    ("ending", "done"),
    [("", ["well", "plain"]), ("error", ["badly", "plain"]), ("stuck", [])],
)
def test_what_is_started_ends_as_a_fault_says(ending: str, done: list[str]) -> None:
    clock, found = ManualClock(), []
    agenda = Agenda(clock)
    with agenda.ending(ending):
        agenda.after(1, lambda: found.append("well"), lambda: found.append("badly"))
        agenda.after(2, lambda: found.append("plain"))
    agenda.after(3, lambda: found.append("later"), lambda: found.append("never"))
    clock.advance(5)
    agenda.settle()
    assert found == [*done, "later"]


def test_what_is_stuck_goes_on_when_it_is_mended() -> None:
    clock, done = ManualClock(), []
    agenda = Agenda(clock)
    agenda.stuck = True
    agenda.after(1, lambda: done.append("late"))
    agenda.stuck = False
    agenda.after(5, lambda: done.append("planned"))
    clock.advance(2)
    agenda.settle()
    assert done == []
    agenda.mend()
    agenda.mend()
    agenda.settle()
    assert done == ["late"]


@pytest.mark.parametrize(
    ("rule", "hits"),
    [
        ({}, [True, False, False]),
        ({"nth": 2}, [False, True, False]),
        ({"times": 2}, [True, True, False]),
        ({"times": 0}, [True, True, True]),
        ({"method": "PUT"}, [False, False, False]),
        ({"path": "/other$"}, [False, False, False]),
    ],
)
def test_which_call_a_rule_hits(rule: dict[str, object], hits: list[bool]) -> None:
    faults = Faults()
    faults.add(FaultRule(action="status", **rule))
    assert [faults.hit("POST", "/things") is not None for _ in hits] == hits
    matching = len(hits) if re.search(str(rule.get("path", "")), "/things") and "method" not in rule else 0
    assert faults.seen(0) == matching
    faults.clear()
    assert faults.rules() == []


def test_secrets_are_masked_wherever_they_are() -> None:
    told = {
        "a": [{"client_secret": "s", "name": "n"}],
        "access_token": "t",
        "userData": "#!/bin/sh",
        "passphrase": "p",
        "privateKey": None,
    }
    assert masked(told) == {
        "a": [{"client_secret": MASK, "name": "n"}],
        "access_token": MASK,
        "userData": MASK,
        "passphrase": MASK,
        "privateKey": None,
    }


def test_a_port_in_use_is_told() -> None:
    first = listen(0)
    first.listen()
    try:
        with pytest.raises(EmulatorError, match="is in use") as caught:
            listen(first.getsockname()[1])
        assert "--port" in (caught.value.hint or "")
    finally:
        first.close()


def test_faults_over_http(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with serve(SPEC, record=record) as cloud:
        control = f"{cloud.url}/_mcloud"
        token = f"{cloud.url}/accounts-api/v2/auth/token"

        def sign_in() -> httpx.Response:
            return httpx.post(token, auth=(cloud.client_id, cloud.client_secret))

        assert httpx.post(f"{control}/faults", json={"action": "status", "status": 503}).status_code == 200
        assert sign_in().status_code == 503
        httpx.post(f"{control}/faults", json={"action": "rate-limit", "seconds": 7})
        limited = sign_in()
        assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
        httpx.post(f"{control}/faults", json={"action": "reset"})
        with pytest.raises(httpx.TransportError):
            sign_in()
        assert sign_in().status_code == 200
        assert httpx.post(f"{control}/faults", json={"action": "nonsense"}).status_code == 400
        assert [rule["seen"] for rule in httpx.get(f"{control}/faults").json()] == [4, 3, 2]
        assert httpx.delete(f"{control}/faults").json() == []
        assert httpx.post(f"{control}/no-such-setting", json={}).status_code == 400
        assert httpx.get(f"{control}/no-such-call").status_code == 404
        times = httpx.get(f"{control}/times").json()
        assert times["seconds"]["server-create"] == pytest.approx(
            times["vendor_seconds"]["server-create"] * times["factor"]
        )
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert [line["status"] for line in lines] == [503, 429, None, 200]
    assert lines[-1]["response"]["access_token"] == MASK
    assert cloud.client_secret not in record.read_text()
