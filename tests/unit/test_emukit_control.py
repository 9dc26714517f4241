"""The control calls, a defect that shows itself, and daemons: the kit with a small cloud of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from mcloud.emulator.clock import Agenda, Clock, ManualClock
from mcloud.emulator.http import Answer, Call, Refusal, Route
from mcloud.emulator.server import Running, serve
from mcloud.emulator.spec import EmulatorSpec
from mcloud.errors import EmulatorError


class Lamps:
    """A cloud of lamps that take 10 seconds to light up."""

    def __init__(self, client_id: str, client_secret: str, agenda: Agenda) -> None:
        self.agenda = agenda
        self.lamps: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/lamps/{id}", self.light),
            Route("GET", "/lamps/{id}", self.look),
            Route("DELETE", "/lamps/{id}", self.drop),
        ]

    def light(self, call: Call) -> Answer:
        lamp = self.lamps[call.params["id"]] = {"status": "DARK", "name": call.params["id"]}
        self.agenda.after(10, lambda: lamp.update(status="LIT"))
        return Answer(201, lamp)

    def look(self, call: Call) -> Answer:
        if call.params["id"] not in self.lamps:
            raise Refusal(404, {"message": "no such lamp"})
        return Answer(200, self.lamps[call.params["id"]])

    def drop(self, call: Call) -> Answer:
        del self.lamps[call.params["id"]]
        return Answer(204)

    def unknown_route(self, method: str, path: str) -> Answer:
        return Answer(404, {"message": f"no {method} {path}"})

    def inventory(self) -> dict[str, list[dict[str, Any]]]:
        return {"lamps": [self.lamps[name] for name in sorted(self.lamps)]}

    def times(self) -> dict[str, float]:
        return {"lamp-light": 10.0}

    def tune(self, setting: str, values: Mapping[str, Any]) -> None:
        if setting != "reset":
            raise EmulatorError(f"no setting {setting!r}", hint="reset")
        self.lamps.clear()


LAMPS = EmulatorSpec("lamps", Lamps, lambda url, client_id, secret: {}, lambda url, client_id: {})


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def lamps(clock: ManualClock) -> Iterator[Running]:
    with serve(LAMPS, clock=clock) as cloud:
        yield cloud


def control(cloud: Running, method: str, what: str, body: Any = None) -> tuple[int, Any]:
    answer = httpx.request(method, f"{cloud.url}/_mcloud/{what}", json=body)
    return answer.status_code, answer.json()


def test_status_and_inventory_tell_what_it_holds(lamps: Running, clock: ManualClock) -> None:
    for name in ("b", "a"):
        httpx.post(f"{lamps.url}/lamps/{name}")
    wanted = {"cloud": "lamps", "time_factor": 1.0, "calls": 2, "objects": {"lamps": 2}}
    assert control(lamps, "GET", "status") == (200, wanted)
    dark = [{"name": "a", "status": "DARK"}, {"name": "b", "status": "DARK"}]
    assert control(lamps, "GET", "inventory") == (200, {"lamps": dark})
    clock.advance(10)
    assert [lamp["status"] for lamp in control(lamps, "GET", "inventory")[1]["lamps"]] == ["LIT", "LIT"]
    assert control(lamps, "POST", "reset") == (200, {"done": "reset"})
    assert control(lamps, "GET", "inventory") == (200, {"lamps": []})


def test_times_are_the_clouds_times_the_factor() -> None:
    with serve(LAMPS, clock=Clock(0.02)) as cloud:
        assert control(cloud, "GET", "times") == (
            200,
            {"factor": 0.02, "seconds": {"lamp-light": 0.2}, "vendor_seconds": {"lamp-light": 10.0}},
        )


@pytest.mark.parametrize(
    ("method", "what", "body", "status", "text"),
    [
        ("POST", "faults", {"action": "status", "path": "("}, 400, "'(' is no regular expression"),
        ("POST", "faults", {"action": "explode"}, 400, "action: Input should be 'status'"),
        ("POST", "faults", {"action": "status", "stauts": 500}, 400, "stauts: Extra inputs are not permitted"),
        ("POST", "faults", {"action": "status", "status": 200}, 400, "status: Input should be greater"),
        ("POST", "faults", [1], 400, "the rule: Input should be a valid dictionary"),
        ("PUT", "faults", {}, 405, "not PUT"),
        ("POST", "reset", [1], 400, "must be a JSON object"),
        ("POST", "weather", {}, 400, "no setting 'weather'"),
        ("GET", "weather", None, 404, "no control call GET weather"),
    ],
)
def test_control_calls_that_are_refused(
    lamps: Running, method: str, what: str, body: Any, status: int, text: str
) -> None:
    found, answer = control(lamps, method, what, body)
    assert found == status
    assert text in answer["error"]
    assert control(lamps, "GET", "faults") == (200, [])


def test_a_fault_is_told_with_what_it_has_seen_and_cleared(lamps: Running) -> None:
    control(lamps, "POST", "faults", {"action": "status", "method": "GET", "path": "/lamps", "nth": 2})
    answers = [httpx.get(f"{lamps.url}/lamps/a").status_code for _ in range(3)]
    assert answers == [404, 500, 404]
    (rule,) = control(lamps, "GET", "faults")[1]
    assert (rule["nth"], rule["seen"]) == (2, 3)
    assert control(lamps, "DELETE", "faults") == (200, [])


def test_an_answer_that_is_late_tells_of_when_it_was_made(lamps: Running, clock: ManualClock) -> None:
    httpx.post(f"{lamps.url}/lamps/a")
    control(lamps, "POST", "faults", {"action": "delay", "method": "GET", "seconds": 0.5})
    told: list[str] = []
    late = threading.Thread(target=lambda: told.append(httpx.get(f"{lamps.url}/lamps/a").json()["status"]))
    late.start()
    while control(lamps, "GET", "faults")[1][0]["seen"] == 0:
        pass
    clock.advance(10)
    assert httpx.get(f"{lamps.url}/lamps/a").json()["status"] == "LIT"
    late.join()
    assert told == ["DARK"]


def test_a_defect_of_an_emulator_shows_itself_without_values(lamps: Running) -> None:
    answer = httpx.delete(f"{lamps.url}/lamps/a-secret-name")
    assert answer.status_code == 500
    assert answer.json()["message"].startswith("a defect of the emulator: KeyError in test_emukit_control.py:")
    assert "a-secret-name" not in answer.text
    assert httpx.post(f"{lamps.url}/lamps/b").status_code == 201


def test_what_is_lost_is_recorded_as_lost(clock: ManualClock, tmp_path: Path) -> None:
    file = tmp_path / "recording.jsonl"
    with serve(LAMPS, clock=clock, record=file) as cloud:
        control(cloud, "POST", "faults", {"action": "reset", "effect": True})
        with pytest.raises(httpx.HTTPError):
            httpx.post(f"{cloud.url}/lamps/a", json={"userPassword": "hunter2", "colour": "red"})
        assert httpx.get(f"{cloud.url}/lamps/a").status_code == 200
    lost, found = [json.loads(line) for line in file.read_text().splitlines()]
    assert (lost["status"], lost["response"], lost["request"]) == (None, None, {"userPassword": "***", "colour": "red"})
    assert (found["method"], found["path"], found["status"], found["response"]["name"]) == ("GET", "/lamps/a", 200, "a")
