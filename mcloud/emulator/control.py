"""Emulators as daemons: start, stop, look, and make them fail. One of each cloud at a time."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from mcloud.emulator.spec import EmulatorSpec, ObjectAccess, load
from mcloud.errors import EmulatorError
from mcloud.paths import state_dir

DEFAULT_FACTOR = 0.02
"""The vendors' state times are shortened to a fiftieth unless told otherwise."""
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Daemon:
    """A started emulator; its secrets are in files of mode 600.

    Attributes:
        secret_files: name of a secret in a profile -> the file that holds it.
        objects_url: where its object storage is, where it has any.
    """

    cloud: str
    pid: int
    port: int
    url: str
    time_factor: float
    client_id: str
    secret_files: dict[str, str]
    objects_url: str | None = None
    record: str | None = None

    def secret(self, name: str = "client_secret") -> str:
        """A secret that it accepts."""
        return Path(self.secret_files[name]).read_text(encoding="utf-8").strip()

    def objects(self) -> ObjectAccess | None:
        """Its object storage with the key to it."""
        if self.objects_url is None:
            return None
        return ObjectAccess(self.objects_url, self.secret("access_key"), self.secret("secret_key"))


def _folder() -> Path:
    folder = state_dir() / "emulators"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _run_file(cloud: str) -> Path:
    return _folder() / f"{cloud}.json"


def running(cloud: str) -> Daemon | None:
    """The daemon of a cloud, None when there is none; a stale run file is removed.

    Raises:
        EmulatorError: it is there and does not answer.
    """
    path = _run_file(cloud)
    try:
        daemon = Daemon(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    try:
        answer = httpx.get(f"{daemon.url}/_mcloud/status", timeout=5, trust_env=False)
        if answer.status_code == 200 and answer.json().get("cloud") == cloud:
            return daemon
    except httpx.TimeoutException as error:
        # It may be busy: without its run file nobody could stop it any more.
        raise EmulatorError(
            f"the {cloud} emulator (process {daemon.pid}) does not answer", hint=f"kill {daemon.pid}, then try again"
        ) from error
    except (httpx.HTTPError, ValueError):
        pass
    path.unlink(missing_ok=True)
    return None


@contextmanager
def _one_at_a_time(cloud: str) -> Iterator[None]:
    """Two that start the same emulator at once get one between them."""
    with (_folder() / f"{cloud}.lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def up(cloud: str, *, port: int = 0, time_factor: float = DEFAULT_FACTOR, record: Path | None = None) -> Daemon:
    """Start one; an emulator that is up already is given back as it is.

    Raises:
        EmulatorError: the port is in use, or it does not start.
    """
    spec_of(cloud)
    with _one_at_a_time(cloud):
        return _up(cloud, port, time_factor, record)


def _up(cloud: str, port: int, time_factor: float, record: Path | None) -> Daemon:
    there = running(cloud)
    if there is not None:
        if port not in (0, there.port):
            raise EmulatorError(
                f"the {cloud} emulator is already up on port {there.port}", hint=f"mcloud emulator down {cloud}"
            )
        return there
    client_id = f"emulated-{secrets.token_hex(4)}"
    hidden = {"client_secret": secrets.token_urlsafe(24)}
    hidden |= {"access_key": f"EMULATED{secrets.token_hex(6).upper()}", "secret_key": secrets.token_urlsafe(24)}
    command = [sys.executable, "-m", "mcloud.emulator.serve", "--cloud", cloud, "--port", str(port)]
    command += ["--time-factor", str(time_factor), *(["--record", str(record.absolute())] if record else [])]
    log = _folder() / f"{cloud}.log"
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
    if process.stdin is None or process.stdout is None:
        raise EmulatorError("the emulator has no standard streams")
    process.stdin.write(json.dumps({"client_id": client_id, **hidden}) + "\n")
    process.stdin.close()
    ports = process.stdout.readline().split()
    process.stdout.close()
    if not ports:
        process.wait()
        raise EmulatorError(f"the {cloud} emulator did not start: {_last_line(log)}", hint=f"see {log}")
    url, *objects = [f"http://127.0.0.1:{number}" for number in ports]
    daemon = Daemon(
        cloud,
        process.pid,
        int(ports[0]),
        url,
        time_factor,
        client_id,
        _keep(cloud, hidden if objects else {"client_secret": hidden["client_secret"]}),
        objects[0] if objects else None,
        str(record) if record else None,
    )
    _write_private(_run_file(cloud), json.dumps(asdict(daemon)))
    _wait_until_it_answers(cloud, process, log)
    # The daemon outlives us on purpose; the handle is let go without waiting for it.
    process.returncode = 0
    return daemon


def _keep(cloud: str, hidden: dict[str, str]) -> dict[str, str]:
    """Write each secret to a file of its own."""
    files = {name: _folder() / f"{cloud}.{name}.secret" for name in hidden}
    for name, file in files.items():
        _write_private(file, hidden[name])
    return {name: str(file) for name, file in files.items()}


def _wait_until_it_answers(cloud: str, process: subprocess.Popen[str], log: Path) -> None:
    """It listens before it tells its port, so one look waits for it; it can only be gone."""
    if running(cloud) is None:
        process.kill()
        process.wait()
        raise EmulatorError(f"the {cloud} emulator ended at once: {_last_line(log)}", hint=f"see {log}")


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def _write_private(path: Path, text: str) -> None:
    temporary = path.with_name(path.name + ".tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def down(cloud: str) -> bool:
    """Stop it; False when it was not up."""
    daemon = running(cloud)
    if daemon is None:
        return False
    httpx.post(f"{daemon.url}/_mcloud/shutdown", timeout=5, trust_env=False)
    end = time.monotonic() + STOP_SECONDS
    while time.monotonic() < end:
        try:
            httpx.get(f"{daemon.url}/_mcloud/status", timeout=1, trust_env=False)
        except httpx.HTTPError:
            break
        time.sleep(0.05)
    else:
        os.kill(daemon.pid, signal.SIGKILL)
    _run_file(cloud).unlink(missing_ok=True)
    for file in daemon.secret_files.values():
        Path(file).unlink(missing_ok=True)
    return True


def call(cloud: str, method: str, what: str, body: Any = None) -> Any:
    """One control call.

    Raises:
        EmulatorError: it is not up, or it refused.
    """
    daemon = running(cloud)
    if daemon is None:
        raise EmulatorError(f"the {cloud} emulator is not up", hint=f"mcloud emulator up {cloud}")
    answer = httpx.request(method, f"{daemon.url}/_mcloud/{what}", json=body, timeout=30, trust_env=False)
    if answer.status_code != 200:
        raise EmulatorError(f"the {cloud} emulator refused {what}: {answer.json().get('error', answer.text)}")
    return answer.json()


def spec_of(cloud: str) -> EmulatorSpec:
    """The spec, for what the vendor's clients need to be told."""
    return load(cloud)
