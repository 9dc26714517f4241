"""Runs an emulator on loopback: in a thread for tests, or in this process for the daemon.

Object storage, where the cloud has it, listens on a second port of the same server: S3 takes every path for itself.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from mcloud.emulator.app import EmulatorApp
from mcloud.emulator.clock import Agenda, Clock
from mcloud.emulator.objects import ObjectsApp
from mcloud.emulator.recorder import Recorder
from mcloud.emulator.spec import EmulatorSpec, ObjectAccess
from mcloud.emulator.wire import Receive, Scope, Send
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
    objects: ObjectAccess | None = None


@dataclass(frozen=True)
class Credentials:
    """What an emulator accepts: for its API, and for its object storage."""

    client_id: str
    client_secret: str = field(repr=False)
    access_key: str
    secret_key: str = field(repr=False)


def build(spec: EmulatorSpec, credentials: Credentials, clock: Clock, record: Path | None = None) -> EmulatorApp:
    """The application for one emulated cloud."""
    cloud = spec.make(credentials.client_id, credentials.client_secret, Agenda(clock))
    recorder = Recorder(record) if record else None
    app = EmulatorApp(spec.cloud, cloud, recorder)
    if spec.objects is not None:
        keys = (credentials.access_key, credentials.secret_key)
        app.objects = ObjectsApp(spec.objects, *keys, app.faults, recorder)
    return app


def listen_for_objects(app: EmulatorApp) -> socket.socket | None:
    """A free loopback port for object storage, None where the cloud has none."""
    return None if app.objects is None else listen(0)


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


def make_server(app: EmulatorApp, objects: socket.socket | None = None) -> uvicorn.Server:
    """A quiet server for the application, and for its object storage on the port of ``objects``."""
    port = None if objects is None else objects.getsockname()[1]

    async def by_port(scope: Scope, receive: Receive, send: Send) -> None:
        if app.objects is not None and scope["type"] == "http" and scope["server"][1] == port:
            await app.objects(scope, receive, send)
        else:
            await app(scope, receive, send)

    config = uvicorn.Config(by_port, log_level="critical", access_log=False, lifespan="on", ws="none")
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
    access_key: str = "TESTACCESSKEY",
    secret_key: str = "test-secret-key",  # noqa: S107 - as above
    clock: Clock | None = None,
    record: Path | None = None,
) -> Iterator[Running]:
    """Serve in a thread while the block runs; the clock runs 1,000 times faster unless one is given."""
    credentials = Credentials(client_id, client_secret, access_key, secret_key)
    app = build(spec, credentials, clock or Clock(0.001), record)
    listener, objects = listen(0), listen_for_objects(app)
    sockets = [listener] if objects is None else [listener, objects]
    server = make_server(app, objects)
    thread = threading.Thread(target=server.run, kwargs={"sockets": sockets}, daemon=True)
    thread.start()
    end = time.monotonic() + START_SECONDS
    while not server.started:
        if time.monotonic() > end:
            raise EmulatorError("the emulator did not start")
        time.sleep(0.005)
    access = None if objects is None else ObjectAccess(_url(objects), access_key, secret_key)
    try:
        yield Running(_url(listener), app, client_id, client_secret, access)
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        for one in sockets:
            one.close()
        if app.objects is not None:
            app.objects.reset()


def _url(listener: socket.socket) -> str:
    return f"http://{HOST}:{listener.getsockname()[1]}"
