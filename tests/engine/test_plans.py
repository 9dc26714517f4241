"""Plans, targets, renames and imports on the real engine."""

from __future__ import annotations

import stat
from typing import Any

import pytest

pytestmark = pytest.mark.engine


def test_up_does_what_the_plan_says_or_nothing(desk: Any) -> None:
    document = desk.small()
    desk.write("small.yaml", document)
    desk.run("preview", "small.yaml", "--save", "small.plan", exit_code=2)
    assert stat.S_IMODE((desk.folder / "small.plan").stat().st_mode) == 0o600

    document["servers"]["web"]["size"]["vcpu"] = 4
    desk.write("small.yaml", document)
    done = desk.run("up", "small.yaml", "--plan", "small.plan", exit_code=3)
    assert "the stack file was changed" in done.stderr
    assert "server web: resolved, size would be otherwise than in the plan" in done.stderr
    assert desk.counts() == {}

    document["servers"]["web"]["size"]["vcpu"] = 2
    desk.write("small.yaml", document)
    assert "3 created" in desk.run("up", "small.yaml", "--plan", "small.plan").stdout

    # What it would do now is nothing, and the plan says to create.
    done = desk.run("up", "small.yaml", "--plan", "small.plan", exit_code=3)
    assert "server web: it would do nothing to it; the plan says create" in done.stderr

    document["servers"]["web"]["image"]["version"] = "24.04"
    desk.write("small.yaml", document)
    desk.run("preview", "small.yaml", "--save", "small.plan", exit_code=2)
    done = desk.run("up", "small.yaml", "--plan", "small.plan", exit_code=3)
    assert "--accept-empty web goes on" in done.stderr
    done = desk.run("up", "small.yaml", "--plan", "small.plan", "--accept-empty", "web")
    assert "1 replaced" in done.stdout
