"""The ASGI application around an emulated cloud: routing, faults, recording, and the control calls under /_mcloud."""

from __future__ import annotations

import asyncio
import copy
import json
import threading
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from pydantic import ValidationError
from starlette.requests import Request

from mcloud.emulator.faults import FaultRule, Faults
from mcloud.emulator.http import Answer, Call, Refusal
from mcloud.emulator.objects import ObjectsApp
from mcloud.emulator.recorder import Recorder
from mcloud.emulator.signature import S3Call
from mcloud.emulator.spec import CloudEmulator, WireCloud
from mcloud.emulator.wire import Receive, Scope, Send, received, serve
from mcloud.errors import EmulatorError

CONTROL = "/_mcloud/"


class EmulatorApp:
    """Serves one emulated cloud. Handlers run one at a time, so that the cloud is never half-way."""

    def __init__(self, name: str, cloud: CloudEmulator, recorder: Recorder | None = None) -> None:
        self.name = name
        self.cloud = cloud
        self.faults = Faults()
        self.objects: ObjectsApp | None = None
        """Its object storage, served on a port of its own."""
        self._recorder = recorder
        self._lock = threading.Lock()
        self._routes = [(route, route.pattern()) for route in cloud.routes()]
        self.stop: Callable[[], None] = lambda: None
        self.calls = 0

    def inventory(self) -> dict[str, list[dict[str, Any]]]:
        """Every object that it holds for the account, by kind, buckets included."""
        buckets = {} if self.objects is None else {"buckets": self.objects.inventory()}
        return {**self.cloud.inventory(), **buckets}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if isinstance(self.cloud, WireCloud) and not scope["path"].startswith(CONTROL):
            self.calls += 1
            await serve(self.cloud, self.faults, self._recorder, await received(scope, receive, S3Call), send)
            return
        request = Request(scope, receive)
        body = _parse(await request.body(), request.headers.get("content-type", ""))
        path = request.url.path
        if path.startswith(CONTROL):
            answer = self._control(request.method, path.removeprefix(CONTROL), body)
            await _send(send, answer)
            return
        call = Call(request.method, path, {}, dict(request.query_params), dict(request.headers), body)
        await self._serve(call, send)

    async def _serve(self, call: Call, send: Send) -> None:
        rule = self.faults.hit(call.method, call.path)
        answer: Answer | None = None
        if rule is None or rule.works:
            answer = self._handle(call, ending="" if rule is None else rule.ending)
        if rule is not None:
            # As it is now: while an answer is held back, what it tells of may change.
            answer = copy.deepcopy(answer)
            answer = await _spoil(rule, answer)
        if self._recorder is not None:
            status, body = (answer.status, answer.body) if answer else (None, None)
            self._recorder.write(call.method, call.path, call.query, call.body, status, body)
        if answer is None:
            await _cut(send)
        else:
            await _send(send, answer)

    def _handle(self, call: Call, *, ending: str) -> Answer:
        with self._lock:
            self.calls += 1
            self.cloud.agenda.settle()
            try:
                with self.cloud.agenda.ending(ending):
                    return self._route(call)
            except Refusal as refusal:
                return refusal.answer
            except Exception as error:
                return _own_fault(error)

    def _route(self, call: Call) -> Answer:
        for route, pattern in self._routes:
            match = pattern.match(call.path)
            if match and route.method == call.method:
                return route.handler(
                    Call(call.method, call.path, match.groupdict(), call.query, call.headers, call.body)
                )
        return self.cloud.unknown_route(call.method, call.path)

    def _control(self, method: str, what: str, body: Any) -> Answer:
        with self._lock:
            self.cloud.agenda.settle()
            try:
                return self._controlled(method, what, {} if body is None else body)
            except EmulatorError as error:
                return Answer(400, {"error": error.message, "hint": error.hint})
            except ValidationError as error:
                said = [f"{'.'.join(map(str, one['loc'])) or 'the rule'}: {one['msg']}" for one in error.errors()]
                return Answer(400, {"error": "; ".join(said)})

    def _controlled(self, method: str, what: str, body: Any) -> Answer:
        if (method, what) == ("GET", "status"):
            inventory = self.inventory()
            return Answer(
                200,
                {
                    "cloud": self.name,
                    "time_factor": self.cloud.agenda.clock.factor,
                    "calls": self.calls,
                    "objects": {kind: len(items) for kind, items in inventory.items()},
                },
            )
        if (method, what) == ("GET", "inventory"):
            return Answer(200, self.inventory())
        if (method, what) == ("GET", "times"):
            factor = self.cloud.agenda.clock.factor
            times = {name: seconds * factor for name, seconds in self.cloud.times().items()}
            return Answer(200, {"factor": factor, "seconds": times, "vendor_seconds": self.cloud.times()})
        if what == "faults":
            return self._fault_rules(method, body)
        if (method, what) == ("POST", "shutdown"):
            self.stop()
            return Answer(200, {"stopping": True})
        if method == "POST":
            if not isinstance(body, dict):
                raise EmulatorError(f"the values of {what!r} must be a JSON object")
            self.cloud.tune(what, body)
            if what == "reset" and self.objects is not None:
                self.objects.reset()
            return Answer(200, {"done": what})
        return Answer(404, {"error": f"no control call {method} {what}"})

    def _fault_rules(self, method: str, body: Any) -> Answer:
        if method == "POST":
            self.faults.add(FaultRule.model_validate(body))
        elif method == "DELETE":
            self.faults.clear()
        elif method != "GET":
            return Answer(405, {"error": f"faults are read, added and cleared, not {method}"})
        return Answer(200, self.faults.rules())


def _own_fault(error: Exception) -> Answer:
    """A defect of the emulator, told as one; where it is, without values, for they may be secret."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    file = place.filename.rsplit("/", 1)[-1]
    return Answer(500, {"message": f"a defect of the emulator: {type(error).__name__} in {file}:{place.lineno}"})


def _parse(raw: bytes, content_type: str) -> Any:
    if not raw:
        return None
    text = raw.decode(errors="replace")
    if "x-www-form-urlencoded" in content_type:
        return dict(parse_qsl(text, keep_blank_values=True))
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


async def _spoil(rule: FaultRule, answer: Answer | None) -> Answer | None:
    """What the caller gets instead of ``answer``; None cuts the connection."""
    if rule.action == "status":
        return Answer(rule.status, rule.body if rule.body is not None else {"message": "a fault on demand"})
    if rule.action == "rate-limit":
        return Answer(429, rule.body or {"message": "too many requests"}, {"retry-after": f"{rule.seconds:g}"})
    if rule.action in ("delay", "lost"):
        await asyncio.sleep(rule.seconds)
    return None if rule.action in ("reset", "lost") else answer


async def _send(send: Send, answer: Answer) -> None:
    raw = b"" if answer.body is None else json.dumps(answer.body).encode()
    headers = {"content-type": "application/json", "content-length": str(len(raw)), **answer.headers}
    encoded = [(key.encode(), value.encode()) for key, value in headers.items()]
    if answer.status == 204:
        encoded = [pair for pair in encoded if pair[0] != b"content-length"]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": raw})


async def _cut(send: Send) -> None:
    """Promise more than is sent, so that the server drops the connection and the client gets no whole answer."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000000")]})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
