"""Starts the state server beside a run and sees that it stays.

The socket is ours: when the server's process is gone, a new one takes the same socket, and the engine, which repeats
its calls, goes on. What was acknowledged is on the disk, so the new one knows all that the old one knew.
"""

from __future__ import annotations

import http.client
import json
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from mcloud.engine.stateserver.lease import Owner
from mcloud.engine.stateserver.processes import Process
from mcloud.errors import EngineError

HOST = "127.0.0.1"
RESTARTS = 5
BACKLOG = 512
SECONDS = 30.0
URL, TOKEN = "MCLOUD_STATE_URL", "MCLOUD_STATE_TOKEN"
"""Where the provider finds the server."""


class StateServer:
    """A state server for one run of the engine.

    Args:
        store: the address of the store.
        owner: the run.
    """

    def __init__(self, store: str, owner: Owner) -> None:
        self._store = store
        self._owner = owner
        self._token = secrets.token_urlsafe(32)
        self._stopping = False
        self._lock = threading.Lock()
        self._engines: list[Process] = []
        self._problem = ""
        self._credentials = Path(tempfile.mkdtemp(prefix="mcloud-"))
        # With the protocol named, accepted connections send at once; without it each answer waits some 40 ms.
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._listener.bind((HOST, 0))
        # Who calls before the process is there waits.
        self._listener.listen(BACKLOG)
        self.url = f"http://{HOST}:{self._listener.getsockname()[1]}"
        self._process = self._start()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def pid(self) -> int:
        """The server's process, as it is now."""
        return self._process.pid

    @property
    def variables(self) -> dict[str, str]:
        """What the engine and, through it, the provider need to know."""
        return {
            "PULUMI_BACKEND_URL": self.url,
            "PULUMI_ACCESS_TOKEN": self._token,
            "PULUMI_CREDENTIALS_PATH": str(self._credentials),
            URL: self.url,
            TOKEN: self._token,
        }

    def engine_started(self, pid: int) -> None:
        """Tell the server which process the engine is."""
        self._engines.append(Process.of("engine", pid))
        headers = {"Authorization": f"token {self._token}", "Content-Type": "application/json"}
        # The one call that each command makes; a client library takes a quarter of a second to import.
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=SECONDS)
        try:
            connection.request("POST", "/mcloud/engine", json.dumps({"pid": pid}), headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise EngineError(
                f"the state server does not answer{self._problem}", hint="run again with --debug"
            ) from error
        finally:
            connection.close()
        if status >= http.client.BAD_REQUEST:
            raise EngineError(f"the state server answers with HTTP status {status}", hint="run again with --debug")

    def stop(self) -> None:
        """End it; what was acknowledged is kept."""
        with self._lock:
            self._stopping = True
        self._listener.close()
        process = self._process
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._watcher.join(SECONDS)
        _close(process)
        shutil.rmtree(self._credentials, ignore_errors=True)

    def _start(self) -> subprocess.Popen[bytes]:
        descriptor = self._listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "mcloud.engine.stateserver.serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(descriptor,),
            # Ctrl-C in a terminal reaches a whole group; the engine still needs us then.
            start_new_session=True,
        )
        told = {
            "token": self._token,
            "store": self._store,
            "socket": descriptor,
            "run": self._owner.run,
            "user": self._owner.user,
            "host": self._owner.host,
            "processes": [asdict(process) for process in (*self._owner.processes, *self._engines)],
        }
        assert process.stdin is not None  # noqa: S101 - asked for above
        with suppress(BrokenPipeError):  # dead already: whoever waits for it sees that
            process.stdin.write(json.dumps(told).encode() + b"\n")
            process.stdin.flush()
        return process

    def _watch(self) -> None:
        for left in reversed(range(RESTARTS + 1)):
            process = self._process
            said = process.stderr.read() if process.stderr is not None else b""
            process.wait()
            self._problem = ": " + said.decode(errors="replace").strip().rpartition("\n")[2] if said.strip() else ""
            with self._lock:
                if self._stopping:
                    return
                _close(process)
                if left:
                    self._process = self._start()
        # It cannot stay up. Refused at once, the engine says so; with the socket open it would wait for ever.
        self._listener.close()


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
