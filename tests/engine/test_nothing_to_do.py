"""Where nothing is to be done the engine is not started at all, and what is told is what it would have led to."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
from pathlib import Path
from typing import Any

import pytest

from mcloud.engine import install
from tests.engine.test_cut_off import children, slow_servers, wait_for

pytestmark = pytest.mark.engine


@pytest.fixture
def starts(desk: Any, tmp_path: Path) -> Path:
    """The file in which each start of the engine is a line: its arguments."""
    engine = install.find()
    assert engine is not None
    log, cache = tmp_path / "starts", tmp_path / "cache"
    stand_in = cache / "engine" / install.VERSION / "pulumi"
    stand_in.parent.mkdir(parents=True)
    line = f"echo \"$@\" >> {shlex.quote(str(log))}\nexec {shlex.quote(str(engine.path))} \"$@\"\n"
    stand_in.write_text(f"#!/bin/sh\n{line}")
    stand_in.chmod(0o755)
    desk.env = {**desk.env, "MCLOUD_CACHE_DIR": str(cache), "PATH": "/usr/bin:/bin"}
    log.touch()
    return log


def begun(starts: Path) -> list[str]:
    """The operations of the engine since it was asked last."""
    lines = starts.read_text().splitlines()
    starts.write_text("")
    return [line.split()[0] for line in lines]


def without_times(text: str) -> str:
    return re.sub(r'"at":"[^"]*"|"seconds":[0-9.]+|\([0-9.]+ s\)', "(time)", text)


def test_the_engine_is_not_started(desk: Any, starts: Path) -> None:
    desk.run("up", "web.yaml")
    assert "up" in begun(starts)
    before = desk.run("state", "history", "web.yaml").stdout

    for command in (
        ("up", "web.yaml", "--json"),
        ("up", "web.yaml", "--events", "-"),
        ("preview", "web.yaml", "--json"),
        ("preview", "web.yaml", "--events", "-"),
    ):
        ours = desk.run(*command)
        assert begun(starts) == []
        # To choose anew is the engine's, and it finds nothing to do either.
        theirs = desk.run(*command, "--rematch")
        assert begun(starts) == [command[0]]
        assert without_times(ours.stdout) == without_times(theirs.stdout)
        assert without_times(ours.stderr) == without_times(theirs.stderr)
    assert "nothing to change" in desk.run("up", "web.yaml").stdout
    assert "no drift" in desk.run("drift", "web.yaml").stdout
    assert begun(starts) == []

    desk.run("preview", "web.yaml", "--save", "nothing.plan")
    desk.run("up", "web.yaml", "--plan", "nothing.plan")
    assert begun(starts) == []
    # The engine's two are versions of the state, though nothing was done; ours are none.
    assert len(desk.run("state", "history", "web.yaml").stdout.splitlines()) == len(before.splitlines()) + 2


def test_whatever_else_there_is_goes_the_engine_s_way(desk: Any, starts: Path) -> None:
    document = desk.small(volumes={"data": {"size": "20 GiB"}}, outputs={"id": "volumes.data.id"})
    desk.write("small.yaml", document)
    desk.run("up", "small.yaml")
    begun(starts)

    # Edited, and put back.
    document["volumes"]["data"]["size"] = "30 GiB"
    desk.write("small.yaml", document)
    assert "1 to change" in desk.run("preview", "small.yaml", exit_code=2).stdout
    assert begun(starts) == ["preview"]
    assert "1 changed" in desk.run("up", "small.yaml").stdout
    begun(starts)
    desk.run("up", "small.yaml")
    assert begun(starts) == []

    # Renamed: the engine writes another name down, and then all is as it should be.
    document["volumes"] = {"files": {**document["volumes"]["data"], "was": "data"}}
    document["outputs"] = {"id": "volumes.files.id"}
    desk.write("small.yaml", document)
    desk.run("up", "small.yaml")
    assert begun(starts)
    desk.run("up", "small.yaml")
    assert begun(starts) == []
    desk.run("up", "small.yaml", "--target", "files")
    assert "up" in begun(starts)

    # Gone from the cloud.
    desk.cloud.app.cloud.worlds["hcm-3"].servers.clear()
    assert "1 created" in desk.run("up", "small.yaml").stdout
    assert begun(starts) == ["up"]

    # Another state under the same program: one that does not know the server any more.
    exported = json.loads(desk.run("state", "export", "small.yaml").stdout)
    exported["deployment"]["resources"] = [
        item for item in exported["deployment"]["resources"] if "compute:Server" not in item["type"]
    ]
    desk.write("old.json", json.dumps(exported))
    desk.run("state", "import", "small.yaml", "old.json")
    begun(starts)
    assert "1 to change" in desk.run("preview", "small.yaml", exit_code=2).stdout
    assert begun(starts) == ["preview"]


def test_what_a_killed_run_left_goes_the_engine_s_way(desk: Any, starts: Path) -> None:
    slow_servers(desk)
    desk.write("small.yaml", desk.small())
    run = desk.start("up", "small.yaml")
    wait_for(lambda: desk.counts().get("servers") == 1)
    for pid in [run.pid, *children(run.pid)]:
        os.kill(pid, signal.SIGKILL)
    run.communicate()
    begun(starts)
    desk.run("up", "small.yaml")
    assert "up" in begun(starts)
    desk.run("up", "small.yaml")
    assert begun(starts) == []
    assert desk.counts()["servers"] == 1
