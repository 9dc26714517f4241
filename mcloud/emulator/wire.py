"""Calls as they come over the wire: for clouds that sign whole requests and do not speak JSON alone.

What serves such calls knows what they are called for fault rules, how the vendor words a fault, and what of them may be
written down; the order of faults, work and recording is the same for all and is here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import unquote

from mcloud.emulator.faults import FaultRule, Faults
from mcloud.emulator.recorder import Recorder
from mcloud.emulator.signature import WireCall, parse_query
from mcloud.errors import EmulatorError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
C = TypeVar("C", bound=WireCall, contravariant=True)
K = TypeVar("K", bound=WireCall)


@dataclass(frozen=True)
class WireAnswer:
    """Status, headers and body."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Exchange:
    """What the recorder gets of a call and its answer, secrets masked already where the recorder cannot know them."""

    method: str
    path: str
    query: dict[str, str]
    request: Any
    response: Any


class WireFront(Protocol[C]):
    """What serves calls as they come."""

    def shown(self, call: C) -> tuple[str, str]:
        """Method and path as fault rules see them."""

    def answer(self, call: C, *, ending: str) -> WireAnswer:
        """Do it; ``ending``: how what it starts ends (``FaultRule.ending``). Called in a thread; never raises."""

    def spoilt(self, rule: FaultRule, call: C) -> WireAnswer:
        """A fault of the actions ``status`` and ``rate-limit`` in the vendor's words."""

    def exchange(self, call: C, answer: WireAnswer | None) -> Exchange:
        """What is recorded; None: the answer was cut off."""


async def received(scope: Scope, receive: Receive, kind: type[K]) -> K:
    """The whole request."""
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    # As it came: a path that is decoded already cannot tell a slash in a key's name apart.
    path = unquote(scope["raw_path"].partition(b"?")[0].decode("latin-1"))
    query: Sequence[tuple[str, str]] = parse_query(scope["query_string"].decode("latin-1"))
    return kind(scope["method"], path, query, headers, b"".join(parts))


async def serve(front: WireFront[C], faults: Faults, recorder: Recorder | None, call: C, send: Send) -> None:
    """Answer one call, with the fault that it meets."""
    method, path = front.shown(call)
    rule = faults.hit(method, path)
    answer: WireAnswer | None = None
    if rule is None or rule.works:
        answer = await asyncio.to_thread(front.answer, call, ending="" if rule is None else rule.ending)
    if rule is not None:
        answer = await _spoil(front, rule, answer, call)
    if recorder is not None:
        told = front.exchange(call, answer)
        status = answer.status if answer else None
        recorder.write(told.method, told.path, told.query, told.request, status, told.response)
    if answer is None:
        await _cut(send)
        return
    await _send(send, call, answer)


async def _spoil(front: WireFront[C], rule: FaultRule, answer: WireAnswer | None, call: C) -> WireAnswer | None:
    """What the caller gets instead of ``answer``; None cuts the connection."""
    if rule.action in ("status", "rate-limit"):
        return front.spoilt(rule, call)
    if rule.action in ("delay", "lost"):
        await asyncio.sleep(rule.seconds)
    return None if rule.action in ("reset", "lost") else answer


async def _cut(send: Send) -> None:
    """Close the connection before the first byte, as a server that goes away does.

    ASGI knows no way to do so; uvicorn's ``send`` belongs to what holds the connection. To promise more than is sent is
    not enough: botocore takes an answer that is cut off for a whole one.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise EmulatorError("this server cannot cut connections; uvicorn is needed")
    transport.abort()
    await asyncio.sleep(0)  # let it hear that it is cut off, before it misses the answer


async def _send(send: Send, call: WireCall, answer: WireAnswer) -> None:
    bare = call.method == "HEAD" or answer.status in (204, 304)
    headers = [(name.lower(), value) for name, value in answer.headers]
    if not any(name == "content-length" for name, _ in headers) and answer.status not in (204, 304):
        headers.append(("content-length", str(len(answer.body))))
    encoded = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if bare else answer.body})
