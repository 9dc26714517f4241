"""A program that a person writes with Pulumi's own SDK, on the same provider."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation

from mcloud.engine import install

pytestmark = pytest.mark.engine
STACKS = Path(__file__).parents[2] / "stacks"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_inline_python_program(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(STACKS))
    from web_server import program

    binary = install.find()
    assert binary is not None
    root = desk.folder / "engine"
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "pulumi").symlink_to(binary.path)
    work = desk.folder / "work"
    work.mkdir()
    (desk.folder / "state").mkdir()
    (work / "Pulumi.yaml").write_text(json.dumps({"name": "web", "runtime": "python"}))
    desk.run("pulumi", "register", "--home", "home")
    env = {
        **{key: desk.env[key] for key in ("MCLOUD_CONFIG_DIR", "MCLOUD_STATE_DIR", "MCLOUD_PROFILE")},
        "PULUMI_CONFIG_PASSPHRASE": "for this test",
        "PULUMI_BACKEND_URL": f"file://{desk.folder / 'state'}",
        "PULUMI_HOME": str(desk.folder / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_PYTHON_CMD": sys.executable,
    }
    stack = automation.create_or_select_stack(
        "dev",
        project_name="web",
        program=program,
        work_dir=str(work),
        opts=automation.LocalWorkspaceOptions(
            env_vars=env, pulumi_command=automation.PulumiCommand(root=str(root)), work_dir=str(work)
        ),
    )
    up = stack.up()
    assert up.summary.resource_changes == {"create": 6}
    assert up.outputs["server"].value.startswith("vng/hcm-3/ins-")
    assert desk.counts()["servers"] == 1
    assert stack.up().summary.resource_changes == {"same": 6}
    stack.destroy()
    assert desk.counts() == {}
