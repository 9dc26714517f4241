"""The provider as a plugin of the person's own Pulumi."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcloud import __version__
from mcloud.cli.main import run
from mcloud.engine.register import pulumi_home, register, unregister
from mcloud.errors import EngineError


def test_a_link_to_this_installation(tmp_path: Path) -> None:
    plugins = tmp_path / "plugins"
    (plugins / "resource-mcloud-v0.0.1").mkdir(parents=True)
    (plugins / "resource-mcloud-v0.0.1.lock").touch()
    (plugins / "resource-mcloudy-v1.0.0").mkdir()
    (plugins / "resource-other-v1.0.0").mkdir()
    link = register(tmp_path)
    assert link == plugins / f"resource-mcloud-v{__version__}" / "pulumi-resource-mcloud"
    assert link.resolve().name == "pulumi-resource-mcloud"
    assert register(tmp_path) == link
    others = ["resource-mcloudy-v1.0.0", "resource-other-v1.0.0"]
    assert sorted(item.name for item in plugins.iterdir()) == [f"resource-mcloud-v{__version__}", *others]
    assert unregister(tmp_path) == [link.parent]
    assert unregister(tmp_path) == []
    assert sorted(item.name for item in plugins.iterdir()) == others
    assert link.parent.parent.exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "plugins").touch()
    with pytest.raises(EngineError, match="cannot be registered"):
        register(tmp_path)


def test_pulumis_own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    assert pulumi_home() == tmp_path
    monkeypatch.setenv("PULUMI_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert pulumi_home() == tmp_path / ".pulumi"


def test_the_commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    assert run(["pulumi", "register"]) == 0
    assert f"resource-mcloud-v{__version__}/pulumi-resource-mcloud -> " in capsys.readouterr().out
    assert run(["pulumi", "unregister"]) == 0
    assert "removed" in capsys.readouterr().out
    assert run(["pulumi", "unregister"]) == 0
    assert "it is not there" in capsys.readouterr().out
    assert run(["pulumi", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "mcloud"
