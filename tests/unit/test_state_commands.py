"""``mcloud state …`` on a state that is there, without engine and cloud."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mcloud.cli.main import run
from mcloud.engine.aside import Aside, Left
from mcloud.engine.journaled_state import JournaledState
from mcloud.engine.stateserver.lease import Owner
from mcloud.engine.stateserver.processes import Process
from mcloud.engine.stateserver.stacks import Stacks

STACK = """\
mcloud: 1
name: dev
placement: vng/hcm
networks: {main: {cidr: 10.20.0.0/16}}
"""


def resource(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:dev::mcloud::{kind}::{name}", "type": kind, "custom": True, **more}


SERVER, NETWORK = "mcloud:compute:Server", "mcloud:network:Network"
RESOURCES = [
    resource("pulumi:pulumi:Stack", "mcloud-dev"),
    resource(NETWORK, "main", id="vng/hcm-3/net-1", protect=True),
    resource(SERVER, "web", id="vng/hcm-3/ins-2", initErrors=["cut off"]),
    resource(SERVER, "web", id="vng/hcm-3/ins-1", delete=True),
]
DEPLOYMENT = {
    "resources": RESOURCES,
    "pending_operations": [{"type": "creating", "resource": resource(SERVER, "db")}],
}
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JournaledState:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MCLOUD_STATE_BACKEND", "server")
    (tmp_path / "dev.yaml").write_text(STACK)
    made = JournaledState(tmp_path / ".mcloud")
    made.prepare()
    made.stacks.create("dev")
    made.stacks.write("dev", DEPLOYMENT, "import")
    return made


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def run_state(*words: str) -> tuple[int, str, str]:
        code = run(["state", *words])
        seen = capsys.readouterr()
        return code, seen.out, seen.err

    return run_state


def test_list(state: JournaledState, say: Say) -> None:
    code, out, _ = say("list", "dev.yaml", "--json")
    assert code == 0
    assert [tuple(row.values()) for row in json.loads(out)] == [
        ("network", "main", "vng/hcm-3/net-1", "kept"),
        ("server", "web", "vng/hcm-3/ins-2", "not finished"),
        ("server", "web", "vng/hcm-3/ins-1", "to be deleted"),
        ("server", "db", "", "outcome not known"),
    ]
    code, out, _ = say("list", "dev.yaml")
    assert (code, out.splitlines()[0].split()) == (0, ["kind", "name", "id", "remark"])


def test_list_of_what_was_left_behind(state: JournaledState, say: Say) -> None:
    assert say("list", "dev.yaml", "--left-behind")[:2] == (0, "nothing was left behind\n")
    old = resource(SERVER, "db", id="vng/han-1/ins-3", inputs={})
    back = resource(SERVER, "web", id="vng/hcm-3/ins-2", inputs={})  # the state has it: a move that was cut off
    Aside(state, "dev").write([Left(item, datetime(2026, 1, 2, tzinfo=UTC), "vng/hcm-3") for item in (old, back)])
    code, out, _ = say("list", "dev.yaml", "--left-behind", "--json")
    assert code == 0
    assert [(row["kind"], row["name"], row["at"], row["data"]) for row in json.loads(out)] == [
        ("server", "db", "vng/han-1", "yes")
    ]
    out = say("list", "dev.yaml", "--left-behind")[1]
    assert "mcloud cleanup STACK NAME deletes one" in out


def test_show(state: JournaledState, say: Say) -> None:
    assert json.loads(say("show", "dev.yaml", "main")[1]) == RESOURCES[1]
    assert json.loads(say("show", "dev.yaml", "web")[1]) == RESOURCES[2:]
    code, _, err = say("show", "dev.yaml", "nobody")
    assert (code, "the state has no resource 'nobody'" in err) == (1, True)


def test_export_and_import(state: JournaledState, say: Say, tmp_path: Path) -> None:
    exported = say("export", "dev.yaml")[1]
    assert json.loads(exported) == {"version": 3, "deployment": DEPLOYMENT}
    (tmp_path / "old.json").write_text(exported)
    state.stacks.write("dev", {"resources": [{**RESOURCES[1], "taint": True}]}, "import")
    tainted = json.loads(say("export", "dev.yaml")[1])
    assert (tainted["version"], tainted["features"]) == (4, ["taint"])
    code, out, _ = say("import", "dev.yaml", "old.json")
    assert (code, out) == (0, "4 resources are in the state now\n")
    assert state.deployment("dev") == DEPLOYMENT
    assert json.loads(say("export", "dev.yaml", "--version", "3")[1])["deployment"]["resources"][0]["taint"]
    assert say("export", "dev.yaml", "--version", "77")[0] == 1


def test_history(state: JournaledState, say: Say) -> None:
    state.stacks.write("dev", {}, "recovery")
    rows = json.loads(say("history", "dev.yaml", "--json")[1])
    assert [(row["version"], row["kind"], row["result"], row["resources"]) for row in rows] == [
        (3, "recovery", "succeeded", 0),
        (2, "import", "succeeded", 4),
    ]
    assert say("history", "dev.yaml")[1].splitlines()[1].split()[:3] == ["3", "recovery", "succeeded"]


def test_import_into_nothing(state: JournaledState, say: Say, tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text(say("export", "dev.yaml")[1])
    state.stacks.delete("dev")
    code, _, err = say("list", "dev.yaml")
    assert (code, "there is no state of the stack 'dev'" in err) == (1, True)
    assert say("import", "dev.yaml", "old.json")[0] == 0
    assert state.deployment("dev") == DEPLOYMENT


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "this is no exported state"),
        ("[]", "this is no exported state"),
        ('{"version": 3, "deployment": {"resources": [{}]}}', "this is no exported state"),
        ('{"version": 9, "deployment": {}}', "the state has version 9"),
        (
            '{"version": 3, "deployment": {"resources": [{"urn": "urn:pulumi:prod::mcloud::t::x"}]}}',
            "this is the state of another stack: it has urn:pulumi:prod::",
        ),
    ],
)
def test_what_is_no_state_of_this_stack(
    state: JournaledState, say: Say, tmp_path: Path, content: str, says: str
) -> None:
    (tmp_path / "bad.json").write_text(content)
    code, _, err = say("import", "dev.yaml", "bad.json")
    assert (code, says in err, "bad.json" in err) == (1, True, True)
    assert state.deployment("dev") == DEPLOYMENT
    assert "cannot be read" in say("import", "dev.yaml", "nowhere.json")[2]


def test_unlock(state: JournaledState, say: Say) -> None:
    assert say("unlock", "dev.yaml")[:2] == (0, "nobody holds it\n")
    other = Stacks(state.stacks.store, Owner("lan", "there", [Process("mcloud", 7, 0)]))
    other.start("dev", "0a", "update")
    for command in (("unlock", "dev.yaml"), ("import", "dev.yaml", "dev.yaml")):
        assert say(*command)[0] == 1
    err = say("unlock", "dev.yaml")[2]
    assert "another run holds the stack 'dev': process 7 of lan on there" in err
    assert "mcloud state unlock STACK_FILE --force" in err
    assert say("unlock", "dev.yaml", "--force")[:2] == (0, "removed the lock of process 7, which is gone\n")
    assert state.deployment("dev")["resources"] == RESOURCES
    assert state.pending_creates("dev") == DEPLOYMENT["pending_operations"]


def test_the_file_backend_has_no_history(state: JournaledState, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCLOUD_STATE_BACKEND", "file")
    code, _, err = say("history", "dev.yaml")
    assert code == 1
    assert "kept by the state server, not by the file backend" in err
