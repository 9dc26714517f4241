"""The state server's process: ``python -m mcloud.engine.stateserver.serve``.

It is told by a line on standard input who runs it and where the state is, serves on the socket that it was given, and
ends when its standard input does: its mcloud is gone then, and so that nobody works on unseen, the engine goes first.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading

import uvicorn

from mcloud.engine.stateserver.lease import Owner
from mcloud.engine.stateserver.processes import Process
from mcloud.engine.stateserver.protocol import StateProtocol
from mcloud.engine.stateserver.stacks import Stacks
from mcloud.engine.stateserver.stores import open_store

KEEP_ALIVE = 3600


def main() -> None:
    """Serve until mcloud is gone or closes our standard input."""
    told = json.loads(_first_line())
    processes = [Process(**item) for item in told["processes"]]
    engines = [process for process in processes if process.role == "engine"]
    owner = Owner(told["user"], told["host"], [*processes, Process.of("state server", os.getpid())], told["run"])
    protocol = StateProtocol(Stacks(open_store(told["store"]), owner), told["token"])
    protocol.engines = engines
    listener = socket.socket(fileno=told["socket"])
    threading.Thread(target=_leave_with_mcloud, args=(protocol,), daemon=True).start()
    # Nothing but what is acknowledged matters: there is no state of ours that an end at any moment could harm.
    config = uvicorn.Config(
        protocol.app(),
        log_level="critical",
        access_log=False,
        lifespan="off",
        ws="none",
        # A connection that we close while the engine begins a call on it fails a call that it does not repeat.
        timeout_keep_alive=KEEP_ALIVE,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _first_line() -> bytes:
    """Read to the end of the line and not beyond."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            sys.exit("nobody said where the state is")
        line += byte
    return line


def _leave_with_mcloud(protocol: StateProtocol) -> None:
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass
    for process in protocol.engines:
        process.end()
    os._exit(0)


if __name__ == "__main__":
    main()
