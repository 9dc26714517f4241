"""Runs an emulator on loopback: in a thread for tests, or in this process for the daemon."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from mcloud.emulator.app import EmulatorApp
from mcloud.emulator.clock import Agenda, Clock
from mcloud.emulator.recorder import Recorder
from mcloud.emulator.spec import EmulatorSpec
from mcloud.errors import EmulatorError

HOST = "127.0.0.1"
START_SECONDS = 20.0
BACKLOG = 2048  # as uvicorn's own


@dataclass(frozen=True)
class Running:
    """An emulator that answers."""

    url: str
    app: EmulatorApp
    client_id: str
    client_secret: str


def build(
    spec: EmulatorSpec, client_id: str, client_secret: str, clock: Clock, record: Path | None = None
) -> EmulatorApp:
    """The application for one emulated cloud."""
    cloud = spec.make(client_id, client_secret, Agenda(clock))
    return EmulatorApp(spec.cloud, cloud, Recorder(record) if record else None)


def listen(port: int) -> socket.socket:
    """A loopback socket; port 0 takes a free one.

    Raises:
        EmulatorError: the port is in use.
    """
    # With the protocol named, accepted connections send at once; without it each answer waits some 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        # Before anybody is told the port: who calls now waits, and who wants the same port is refused.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise EmulatorError(
            f"port {port} is in use", hint="leave --port out to take a free one, or stop what uses it"
        ) from error
    return listener


def make_server(app: EmulatorApp) -> uvicorn.Server:
    """A quiet server for the application."""
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="on", ws="none")
    server = uvicorn.Server(config)

    def stop() -> None:
        server.should_exit = True

    app.stop = stop
    return server


@contextmanager
def serve(
    spec: EmulatorSpec,
    *,
    client_id: str = "test-client",
    client_secret: str = "test-secret",  # noqa: S107 - an emulator's own, accepted by nothing else
    clock: Clock | None = None,
    record: Path | None = None,
) -> Iterator[Running]:
    """Serve in a thread while the block runs; the clock runs 1,000 times faster unless one is given."""
    app = build(spec, client_id, client_secret, clock or Clock(0.001), record)
    listener = listen(0)
    server = make_server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    end = time.monotonic() + START_SECONDS
    while not server.started:
        if time.monotonic() > end:
            raise EmulatorError("the emulator did not start")
        time.sleep(0.005)
    try:
        yield Running(f"http://{HOST}:{listener.getsockname()[1]}", app, client_id, client_secret)
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        listener.close()
