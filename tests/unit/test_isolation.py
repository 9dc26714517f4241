"""The tests' own walls: no host but the loopback, nobody's own files."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

from mcloud.paths import config_dir, state_dir


def test_another_host_cannot_be_reached() -> None:
    with (
        socket.socket() as one,
        pytest.warns(UserWarning, match="socket.connect"),
        pytest.raises(SocketConnectBlockedError, match=r"192\.0\.2\.1"),
    ):
        one.connect(("192.0.2.1", 443))


def test_the_loopback_can() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with socket.create_connection(server.getsockname(), timeout=5) as client:
            assert client.getpeername() == server.getsockname()


def test_folders_are_those_of_the_test() -> None:
    home = Path(os.environ["HOME"])
    assert Path.home() == home
    assert config_dir() == home / "config"
    assert state_dir() == home / "state"
    assert list(home.iterdir()) == []
