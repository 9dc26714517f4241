"""The demo's last check: what is there after must be what was there before, on every cloud."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcloud.cli.demo import DemoFailed, _Demo

Inventory = dict[str, list[dict[str, Any]]]
THERE: Inventory = {"networks": [{"id": "n-1", "name": "of-somebody-else"}], "servers": []}
LEFT: Inventory = {"networks": [*THERE["networks"], {"id": "n-2", "name": "left"}], "servers": []}
GONE: Inventory = {"networks": [], "servers": []}


def compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **after: Inventory) -> None:
    demo = _Demo({"clouds": list(after), "files": [], "steps": []}, tmp_path, tmp_path, False)
    monkeypatch.setattr(demo, "_inventory", lambda cloud: after[cloud])
    demo._compare(dict.fromkeys(after, THERE))


def test_the_same_on_both_clouds_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compared(tmp_path, monkeypatch, one=THERE, two=THERE)
    said = capsys.readouterr().out
    assert "  one networks: 1 before, 1 after\n" in said
    assert "  two: nothing else, of 2 kinds\n" in said


def test_what_is_left_or_missing_on_any_cloud_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DemoFailed) as caught:
        compared(tmp_path, monkeypatch, one=GONE, two=LEFT)
    assert "missing: one networks of-somebody-else; left behind: two networks left" in str(caught.value)


def test_the_shipped_demo_compares_every_cloud_that_it_starts(repository: Path) -> None:
    script = json.loads((repository / "examples" / "demo.json").read_text(encoding="utf-8"))
    commands = [command["run"] for step in script["steps"] for command in step["commands"]]
    assert [words[3] for words in commands if words[:3] == ["mcloud", "emulator", "up"]] == script["clouds"]
    assert len(script["leftovers"]) == len(script["clouds"])
