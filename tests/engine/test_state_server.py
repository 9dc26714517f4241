"""The state server under the real engine: whatever is killed or full, nothing acknowledged is lost or made twice."""

from __future__ import annotations

import json
import os
import resource
import signal
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.engine

WANTED = {"networks": 1, "subnets": 2, "security_groups": 2, "rules": 8, "keys": 1, "servers": 3, "volumes": 3}
SERVER = "mcloud.engine.stateserver.serve"
ENGINE, PROVIDER = "bin/pulumi ", "pulumi-resource-mcloud"


def slow_servers(desk: Any) -> None:
    """From now on a second of the vendor's is a fifteenth of one here: servers take four seconds."""
    desk.cloud.app.cloud.agenda.clock.factor = 1 / 15


def wait_for(what: Any, seconds: float = 90) -> Any:
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)
    return found


def below(pid: int) -> dict[int, str]:
    """All processes below one, with their command lines."""
    found: dict[int, str] = {}
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            try:
                words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            found |= {int(child): " ".join(word.decode() for word in words), **below(int(child))}
    return found


def part(run: Any, name: str) -> int:
    """The process of a run: the engine, the provider or the state server."""

    def look() -> int | None:
        pids = [
            pid
            for pid, words in below(run.pid).items()
            if (name in words if name != ENGINE else words.split(" ", 1)[0].endswith("/pulumi"))
        ]
        return pids[0] if pids else None

    return int(wait_for(look))


def store(desk: Any) -> Path:
    return Path(desk.folder / ".mcloud" / "stacks")


def in_mid_create(desk: Any, stack: str = "web.yaml", *options: str, servers: int = 3) -> Any:
    """A run whose servers are asked for and not there yet."""
    slow_servers(desk)
    run = desk.start("up", stack, *options)
    wait_for(lambda: desk.counts().get("servers") == servers or run.poll() is not None)
    assert run.poll() is None, run.communicate()
    return run


def converges(desk: Any, stack: str = "web.yaml", wanted: dict[str, int] = WANTED) -> Any:
    """The plain next run makes what is missing and nothing twice; then everything goes."""
    before = {server["uuid"] for server in desk.inventory()["servers"]}
    done = desk.run("up", stack)
    assert desk.counts() == wanted
    assert before <= {server["uuid"] for server in desk.inventory()["servers"]}
    assert "nothing to change" in desk.run("preview", stack).stdout
    desk.run("destroy", stack, "--yes")
    assert desk.counts() == {}
    return done


def test_the_state_server_is_killed_and_the_run_goes_on(desk: Any) -> None:
    run = in_mid_create(desk)
    killed = part(run, SERVER)
    os.kill(killed, signal.SIGKILL)
    out, err = run.communicate(timeout=120)
    assert run.returncode == 0, out + err
    assert "Traceback" not in err
    assert desk.counts() == WANTED
    assert "nothing to change" in desk.run("preview", "web.yaml").stdout


@pytest.mark.parametrize("name", [ENGINE, PROVIDER])
def test_a_part_is_killed_in_mid_create(desk: Any, name: str) -> None:
    run = in_mid_create(desk)
    os.kill(part(run, name), signal.SIGKILL)
    out, err = run.communicate(timeout=120)
    assert run.returncode in (1, 4), out + err
    assert "Traceback" not in err
    done = converges(desk)
    assert "server db was made by the run that was cut off; it is taken up again" in done.stderr


def test_mcloud_alone_is_killed_and_nobody_works_on(desk: Any) -> None:
    run = in_mid_create(desk)
    others = below(run.pid)
    run.kill()
    run.communicate()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in others))
    done = converges(desk)
    assert f"removed the lock of process {run.pid}, which is gone" in done.stderr
    assert "server db was made by the run that was cut off; it is taken up again" in done.stderr


def test_all_is_killed_and_the_last_line_is_torn(desk: Any) -> None:
    run = in_mid_create(desk)
    for pid in [run.pid, *below(run.pid)]:
        os.kill(pid, signal.SIGKILL)
    run.communicate()
    [journal] = (store(desk) / "web" / "journal").glob("*.jsonl")
    with journal.open("ab") as file:
        file.write(b'{"entry":{"version":1,"kind":1,"sequenceID":9999,"operati')
    done = converges(desk)
    assert "server db was made by the run that was cut off; it is taken up again" in done.stderr


def test_a_damaged_line_is_told_and_nothing_is_touched(desk: Any) -> None:
    run = in_mid_create(desk)
    for pid in [run.pid, *below(run.pid)]:
        os.kill(pid, signal.SIGKILL)
    run.communicate()
    [journal] = (store(desk) / "web" / "journal").glob("*.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:5], b'{"entry": {"ver\n', *lines[5:]]))
    before = desk.counts()
    done = desk.run("up", "web.yaml", exit_code=1)
    assert "the journal is damaged" in done.stderr
    assert ".jsonl:6" in done.stderr
    assert desk.counts() == before


def test_the_disk_is_full_in_mid_run(desk: Any) -> None:
    run = in_mid_create(desk)
    size = next((store(desk) / "web" / "journal").glob("*.jsonl")).stat().st_size
    resource.prlimit(part(run, SERVER), resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    out, err = run.communicate(timeout=240)
    assert run.returncode in (1, 4), out + err
    assert "the disk is full" in err
    assert "Traceback" not in err
    converges(desk)


def test_the_disk_is_full_from_the_start(desk: Any) -> None:
    """Nothing may be made that cannot be written down."""
    desk.run("up", "web.yaml")
    desk.run("destroy", "web.yaml", "--yes")
    desk.fault(action="delay", method="GET", path="/networks", seconds=1.0)
    run = desk.start("up", "web.yaml")
    resource.prlimit(part(run, SERVER), resource.RLIMIT_FSIZE, (16, resource.RLIM_INFINITY))
    out, err = run.communicate(timeout=240)
    assert run.returncode in (1, 4), out + err
    assert "the disk is full" in err
    assert desk.counts() == {}
    converges(desk)


@pytest.mark.parametrize("name", ["all", ENGINE, PROVIDER])
def test_killed_in_mid_replacement(desk: Any, name: str) -> None:
    """Both servers are there then, under one URN; the new one is kept and the old one goes."""
    document = desk.small()
    desk.write("small.yaml", document)
    desk.run("up", "small.yaml")
    [old] = desk.inventory()["servers"]
    document["servers"]["web"]["image"]["version"] = "24.04"
    desk.write("small.yaml", document)
    named = ("--accept-empty", "web")
    run = in_mid_create(desk, "small.yaml", *named, servers=2)
    new = next(server["uuid"] for server in desk.inventory()["servers"] if server["uuid"] != old["uuid"])
    victims = [run.pid, *below(run.pid)] if name == "all" else [part(run, name)]
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    run.communicate(timeout=120)
    # What was not deleted yet must be named again: who goes on may not be who began.
    assert "--accept-empty web goes on" in desk.run("up", "small.yaml", exit_code=3).stderr
    desk.run("up", "small.yaml", *named)
    assert [server["uuid"] for server in desk.inventory()["servers"]] == [new]
    assert "nothing to change" in desk.run("preview", "small.yaml").stdout


def test_a_state_of_the_file_backend_is_taken_over_once(desk: Any) -> None:
    desk.run("up", "web.yaml", MCLOUD_STATE_BACKEND="file")
    before = desk.inventory()
    old = desk.folder / ".mcloud" / "state" / ".pulumi" / "stacks" / "mcloud" / "web.json"
    content = json.loads(old.read_text())
    done = desk.run("preview", "web.yaml")
    assert "nothing to change" in done.stdout
    assert "the old file is" in done.stderr
    assert not old.exists()
    assert json.loads(old.with_name("web.json.taken-over").read_text()) == content
    done = desk.run("up", "web.yaml")
    assert "the old file is" not in done.stderr
    assert desk.inventory() == before
    refused = desk.run("up", "web.yaml", exit_code=1, MCLOUD_STATE_BACKEND="file")
    assert "kept by the state server, not by the file backend" in refused.stderr
    assert desk.inventory() == before
    desk.run("destroy", "web.yaml", "--yes")
    assert desk.counts() == {}
