"""The real engine with its state in PostgreSQL and in a bucket: killed, gone on with, moved from one to the other."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcloud.emulator.clock import Clock, ManualClock
from tests.postgres import PASSWORD
from tests.s3 import KEYS

pytestmark = pytest.mark.engine


def children(pid: int) -> list[int]:
    """All processes below one."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *children(child)]
    return found


def test_a_run_in_a_database_is_killed_gone_on_with_and_moved_to_a_bucket(
    desk: Any, address_of: Callable[[str], str]
) -> None:
    desk.env |= {**KEYS, "PGPASSWORD": PASSWORD, "MCLOUD_BACKEND_URL": address_of("database")}
    desk.write("small.yaml", desk.small())
    agenda = desk.cloud.app.cloud.agenda
    clock, agenda.clock = agenda.clock, Clock(1 / 15)
    run = desk.start("up", "small.yaml")
    end = time.monotonic() + 200
    while not desk.counts().get("servers"):
        assert time.monotonic() < end
        assert run.poll() is None, run.communicate()
        time.sleep(0.02)
    # From here on the server stays as it is, however long the others take.
    agenda.clock = ManualClock()
    second = desk.run("up", "small.yaml", exit_code=1)
    assert f"another run holds the stack 'small': process {run.pid} of " in second.stderr
    assert "it is alive" in second.stderr
    refused = desk.run("state", "move", "small.yaml", "--to", "local", exit_code=1)
    assert "another run holds the stack 'small'" in refused.stderr
    for pid in [run.pid, *children(run.pid)]:
        os.kill(pid, signal.SIGKILL)
    run.communicate()
    agenda.clock = clock
    done = desk.run("up", "small.yaml")
    assert "was made by the run that was cut off; it is taken up again" in done.stderr
    assert desk.counts()["servers"] == 1
    bucket = address_of("bucket")
    assert "is in s3://" in desk.run("state", "move", "small.yaml", "--to", bucket).stdout
    refused = desk.run("up", "small.yaml", exit_code=1)
    assert "the state of the stack 'small' was moved to s3://" in refused.stderr
    desk.env["MCLOUD_BACKEND_URL"] = bucket
    assert "nothing to change" in desk.run("preview", "small.yaml").stdout
    desk.run("destroy", "small.yaml", "--yes")
    assert desk.counts() == {}
    kept = [path for path in (desk.folder / ".mcloud").rglob("*") if path.is_file()]
    assert not any(PASSWORD.encode() in path.read_bytes() for path in kept)
