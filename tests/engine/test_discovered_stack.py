"""What the engine made is discovered, and the discovered stack makes the same on a cloud that has nothing."""

from __future__ import annotations

import json
from typing import Any

import yaml

from mcloud.emulator.clock import Clock
from mcloud.emulator.server import serve
from mcloud_vng.emulator import SPEC


def look(desk: Any, profile: str) -> dict[str, Any]:
    """What discovery says, as data."""
    done = desk.run("discover", "vng", "--region", "hcm", "--profile", profile, "--name", "found", "--json")
    return dict(json.loads(done.stdout))


def test_a_discovered_stack_comes_up_elsewhere(desk: Any) -> None:
    desk.run("up", "web.yaml")
    found = desk.run("discover", "vng", "--region", "hcm", "-o", "found.yaml", "--name", "found")
    assert "0 not mapped" in found.stderr
    here = look(desk, "emulator")
    assert here["seen"] == here["mapped"] + here["folded"]
    assert yaml.safe_load((desk.folder / "found.yaml").read_text()) == here["document"]
    assert {gap["what"] for gap in here["unread"]} <= {"load balancers", "listeners", "pools", "certificates"}
    desk.run("validate", "found.yaml")
    before = desk.inventory()
    assert "13 are in the state now, 0 are not" in desk.run("import", "found.yaml", "--all").stdout
    assert "nothing to change" in desk.run("preview", "found.yaml").stdout
    assert desk.inventory() == before
    (desk.folder / ".mcloud").rename(desk.folder / "other")
    with serve(SPEC, clock=Clock(0.001)) as cloud:
        desk.profile("fresh", cloud)
        desk.run("up", "found.yaml", "--profile", "fresh")
        there = look(desk, "fresh")
        assert there["document"] == here["document"]
        assert (there["seen"], there["mapped"], there["folded"]) == (here["seen"], here["mapped"], here["folded"])
