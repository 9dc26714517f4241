"""Runs that are cut off: killed, stopped, answered with silence. The next run finds what exists and goes on."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.engine

WANTED = {"networks": 1, "subnets": 2, "security_groups": 2, "rules": 8, "keys": 1, "servers": 3, "volumes": 3}


def slow_servers(desk: Any) -> None:
    """From now on a second of the vendor's is a fifteenth of one here: servers take four seconds."""
    desk.cloud.app.cloud.agenda.clock.factor = 1 / 15


def wait_for(what: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """All processes below one, the deepest last."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *children(int(child))]
    return found


def test_killed_in_mid_create_the_next_run_makes_nothing_twice(desk: Any) -> None:
    slow_servers(desk)
    run = desk.start("up", "web.yaml")
    wait_for(lambda: desk.counts().get("servers") == 3)
    for pid in [run.pid, *children(run.pid)]:
        os.kill(pid, signal.SIGKILL)
    run.communicate()
    names = {server["name"] for server in desk.inventory()["servers"]}

    done = desk.run("up", "web.yaml")
    assert "removed the lock of process" in done.stderr
    assert "was made by the run that was cut off; it is taken up again" in done.stderr
    assert desk.counts() == WANTED
    assert {server["name"] for server in desk.inventory()["servers"]} == names
    assert "nothing to change" in desk.run("preview", "web.yaml").stdout
    desk.run("destroy", "web.yaml", "--yes")
    assert desk.counts() == {}


def test_killed_in_mid_create_destroy_leaves_nothing(desk: Any) -> None:
    slow_servers(desk)
    run = desk.start("up", "web.yaml")
    wait_for(lambda: desk.counts().get("servers") == 3)
    for pid in [run.pid, *children(run.pid)]:
        os.kill(pid, signal.SIGKILL)
    run.communicate()
    desk.run("destroy", "web.yaml", "--yes")
    assert desk.counts() == {}


def test_ctrl_c_in_mid_create(desk: Any) -> None:
    slow_servers(desk)
    run = desk.start("up", "web.yaml")
    wait_for(lambda: desk.counts().get("servers") == 3)
    pressed = time.monotonic()
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 4, out + err
    assert "stopped as you asked" in err
    assert "made, but not ready; the next run goes on with it (3): server db, server web-0, server web-1" in err
    assert ":  mcloud up web.yaml\n" in err
    assert "Traceback" not in err
    assert time.monotonic() - pressed < 20
    before = {server["uuid"] for server in desk.inventory()["servers"]}

    desk.run("up", "web.yaml")
    assert desk.counts() == WANTED
    assert {server["uuid"] for server in desk.inventory()["servers"]} == before
    assert "nothing to change" in desk.run("preview", "web.yaml").stdout


def test_two_ups_at_once(desk: Any) -> None:
    slow_servers(desk)
    first = desk.start("up", "web.yaml")
    wait_for(lambda: desk.counts().get("servers", 0) > 0)
    [engine] = [pid for pid in children(first.pid) if Path(f"/proc/{pid}/exe").readlink().name == "pulumi"]
    # However long the second one takes to come, the first one is still there.
    os.kill(engine, signal.SIGSTOP)
    try:
        second = desk.run("up", "web.yaml", exit_code=1)
    finally:
        os.kill(engine, signal.SIGCONT)
    who = rf"another run holds the stack 'web': process {first.pid} of \S+ on \S+ since 2\S+ \(update\); it is alive"
    assert re.search(who, second.stderr), second.stderr
    assert "wait until it has ended" in second.stderr
    out, err = first.communicate(timeout=240)
    assert first.returncode == 0, out + err
    assert desk.counts() == WANTED


@pytest.mark.parametrize(
    "path", ["/networks$", "/subnets$", "/secgroups$", "/secgroupRules$", "/sshKeys/import$", "/servers$"]
)
@pytest.mark.parametrize("fault", [{"action": "reset"}, {"action": "status", "status": 500}])
def test_an_answer_that_gets_lost_after_the_effect(desk: Any, path: str, fault: dict[str, Any]) -> None:
    desk.fault(**fault, method="POST", path=path, effect=True)
    desk.run("up", "web.yaml")
    assert desk.counts() == WANTED
    assert "nothing to change" in desk.run("preview", "web.yaml").stdout
    desk.run("destroy", "web.yaml", "--yes")
    assert desk.counts() == {}


def test_too_many_calls(desk: Any) -> None:
    desk.fault(action="rate-limit", method="POST", path="/secgroupRules$", times=2, seconds=0.2)
    desk.fault(action="rate-limit", method="GET", path="/servers/ins-", times=2, seconds=0.2)
    desk.run("up", "web.yaml")
    assert desk.counts() == WANTED


def test_a_server_that_ends_in_error_is_told_and_kept(desk: Any) -> None:
    slow_servers(desk)
    run = desk.start("up", "web.yaml")
    wait_for(lambda: desk.counts().get("servers") == 3)
    world = desk.cloud.app.cloud.worlds["hcm-3"]
    broken = next(server for server in world.servers.values() if server["name"].startswith("db"))
    broken["status"] = "ERROR"
    out, err = run.communicate(timeout=120)
    assert run.returncode == 4, out + err
    assert "server db is ERROR" in err
    assert broken["uuid"] in {server["uuid"] for server in desk.inventory()["servers"]}


def test_a_change_that_failed_half_way_and_was_taken_back(desk: Any) -> None:
    document = desk.small()
    desk.write("small.yaml", document)
    desk.run("up", "small.yaml")
    before = desk.inventory()
    document["servers"]["web"]["size"]["memory"] = "8 GiB"
    desk.write("small.yaml", document)
    desk.fault(method="PUT", path=r"/servers/[^/]+/resize$", action="status", status=400, times=99)
    assert "a fault on demand" in desk.run("up", "small.yaml", exit_code=1).stderr
    assert [server["status"] for server in desk.inventory()["servers"]] == ["STOPPED"]

    desk.write("small.yaml", desk.small())
    done = desk.run("up", "small.yaml")
    assert "server web: its last change did not come to its end; the next up goes on with it" in done.stderr
    assert desk.inventory() == before, done.stdout + done.stderr
    assert "nothing to change" in desk.run("preview", "small.yaml").stdout
