"""Emulators as daemons, on the cloud that is installed with the project."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import entry_points
from pathlib import Path

import httpx
import pytest

from mcloud.emulator import control
from mcloud.emulator.spec import EmulatorSpec
from mcloud.errors import EmulatorError
from mcloud.paths import state_dir


def _with_an_emulator() -> str:
    for point in sorted(entry_points(group="mcloud.adapters"), key=lambda item: item.name):
        spec = point.load().emulator()
        if isinstance(spec, EmulatorSpec) and spec.objects is not None:
            return point.name
    raise AssertionError("no adapter brings an emulator with object storage of its own")


CLOUD = _with_an_emulator()


@pytest.fixture
def daemon() -> Iterator[control.Daemon]:
    made = control.up(CLOUD, time_factor=0.5)
    yield made
    control.down(CLOUD)
    with contextlib.suppress(ProcessLookupError):
        os.kill(made.pid, signal.SIGKILL)


def test_it_comes_up_once_and_goes_down_once(daemon: control.Daemon) -> None:
    assert control.up(CLOUD) == daemon
    assert control.running(CLOUD) == daemon
    status = control.call(CLOUD, "GET", "status")
    assert (status["cloud"], status["time_factor"], daemon.url) == (CLOUD, 0.5, f"http://127.0.0.1:{daemon.port}")
    assert control.down(CLOUD)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{daemon.url}/_mcloud/status")
    assert not control.down(CLOUD)
    assert not list((state_dir() / "emulators").glob("*.secret"))
    with pytest.raises(EmulatorError, match="is not up"):
        control.call(CLOUD, "GET", "status")


def test_its_secret_is_in_a_private_file_only(daemon: control.Daemon) -> None:
    assert len(daemon.secret()) >= 24
    private = [*map(Path, daemon.secret_files.values()), state_dir() / "emulators" / f"{CLOUD}.json"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in private] == [0o600] * 4
    assert daemon.secret() not in private[-1].read_text()
    assert daemon.secret().encode() not in Path(f"/proc/{daemon.pid}/cmdline").read_bytes()
    assert daemon.secret().encode() not in Path(f"/proc/{daemon.pid}/environ").read_bytes()


def test_two_that_start_it_at_once_get_one() -> None:
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: control.up(CLOUD), range(3)))
    assert found == [found[0]] * 3
    assert control.down(CLOUD)


def test_another_port_than_its_own_is_refused(daemon: control.Daemon) -> None:
    assert control.up(CLOUD, port=daemon.port) == daemon
    with pytest.raises(EmulatorError, match=f"already up on port {daemon.port}") as caught:
        control.up(CLOUD, port=1)
    assert caught.value.hint == f"mcloud emulator down {CLOUD}"


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(EmulatorError, match=f"port {port} is in use"):
            control.up(CLOUD, port=port)
    assert control.running(CLOUD) is None


def test_what_died_is_started_again(daemon: control.Daemon) -> None:
    os.kill(daemon.pid, signal.SIGKILL)
    while True:
        try:
            httpx.get(f"{daemon.url}/_mcloud/status")
        except httpx.HTTPError:
            break
    assert control.running(CLOUD) is None
    again = control.up(CLOUD)
    assert again.pid != daemon.pid
    assert control.call(CLOUD, "GET", "status")["calls"] == 0


def test_one_that_hangs_is_told_and_not_forgotten(daemon: control.Daemon) -> None:
    os.kill(daemon.pid, signal.SIGSTOP)
    try:
        with pytest.raises(EmulatorError, match=rf"\(process {daemon.pid}\) does not answer"):
            control.running(CLOUD)
    finally:
        os.kill(daemon.pid, signal.SIGCONT)
    assert control.running(CLOUD) == daemon


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cloud": "x"}', json.dumps({"pid": 1, "strange": True})])
def test_a_run_file_that_is_damaged_is_no_daemon(text: str) -> None:
    folder = state_dir() / "emulators"
    folder.mkdir(parents=True)
    (folder / f"{CLOUD}.json").write_text(text)
    assert control.running(CLOUD) is None


def test_a_cloud_that_is_not_installed() -> None:
    with pytest.raises(EmulatorError, match="no adapter is installed for the cloud 'nowhere'"):
        control.up("nowhere")
    with pytest.raises(EmulatorError, match="no adapter is installed"):
        control.spec_of("nowhere")
