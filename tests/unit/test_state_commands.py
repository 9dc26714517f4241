"""``mcloud state …`` on a state that is there, without engine and cloud."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mcloud.cli.main import run
from mcloud.engine.aside import Aside, Left
from mcloud.engine.journaled_state import JournaledState
from mcloud.engine.orphans import known_everywhere
from mcloud.engine.state import StateFolder
from mcloud.engine.stateserver.lease import Owner
from mcloud.engine.stateserver.marks import read_mark, write_mark
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
    assert json.loads(say("show", "dev.yaml", "network/main")[1]) == RESOURCES[1]
    for name, hint in (("wbe", "did you mean 'web'?"), ("server/wbe", "did you mean 'server/web'?")):
        code, _, err = say("show", "dev.yaml", name)
        assert (code, f"the state has no resource {name!r}" in err, hint in err) == (1, True, True)


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


def exported(*resources: dict[str, Any]) -> str:
    return json.dumps({"version": 3, "deployment": {"resources": resources}}, indent=1)


def server(name: str, account: str, at: str = "vng/hcm-3", **more: Any) -> dict[str, Any]:
    return resource(SERVER, name, id=f"{at}/ins-{name}", outputs={"account": account}, **more)


def test_export_and_import_are_one_identity(state: JournaledState, say: Say, tmp_path: Path) -> None:
    """Whatever the engine had put there, features that no resource shows among it."""
    provider = resource("pulumi:providers:mcloud", "default", id="1f")
    below = {**server("web", "acc"), "parent": RESOURCES[0]["urn"], "provider": f"{provider['urn']}::1f"}
    deployment = {
        "manifest": {"time": "2026-11-26T00:00:00Z", "magic": "ü", "version": ""},
        "secrets_providers": {"type": "passphrase", "state": {"salt": "v1:x"}},
        "resources": [RESOURCES[0], provider, below, {**below, "delete": True}],
        "metadata": {},
    }
    state.stacks.write("dev", deployment, "import", ["byteString"])
    first = say("export", "dev.yaml")[1]
    assert (json.loads(first)["version"], json.loads(first)["features"]) == (4, ["byteString"])
    (tmp_path / "one.json").write_text(first)
    state.stacks.delete("dev")
    code, out, _ = say("import", "dev.yaml", "one.json", "--json")
    assert (code, json.loads(out)) == (0, {"stack": "dev", "resources": 4, "version": 2})
    assert say("export", "dev.yaml")[1] == first
    assert say("export", "dev.yaml", "--version", "2")[1] == first


def test_the_state_of_another_account(state: JournaledState, say: Say, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    state.stacks.write("dev", {"resources": [server("web", "acc-1"), server("away", "acc-9", "vng/han-1")]}, "import")
    file.write_text(exported(server("web", "acc-1"), server("db", "acc-2")))
    code, _, err = say("import", "dev.yaml", "other.json")
    assert code == 1
    assert "mcloud:compute:Server::db is of the account acc-2 at vng/hcm-3, and the stack's is acc-1" in err
    line = 1 + file.read_text().splitlines().index(f'    "urn": "{server("db", "")["urn"]}",')
    assert f"other.json:{line}: " in err
    state.stacks.delete("dev")
    code, _, err = say("import", "dev.yaml", "other.json")
    assert (code, "at vng/hcm-3, and others in the file are of acc-1" in err) == (1, True)
    file.write_text(exported(server("db", "acc-2"), server("away", "acc-1", "vng/han-1")))
    assert say("import", "dev.yaml", "other.json")[0] == 0


def test_a_state_that_is_not_whole(state: JournaledState, say: Say, tmp_path: Path) -> None:
    parent, child = RESOURCES[0], {**RESOURCES[1], "parent": RESOURCES[0]["urn"]}
    for resources, says in (
        ([child, parent], "needs urn:pulumi:dev::mcloud::pulumi:pulumi:Stack::mcloud-dev, which is not there before"),
        ([{**child, "parent": "", "dependencies": ["urn:x"]}], "needs urn:x, which is not there before it"),
        ([{**child, "parent": "", "provider": "urn:p::id"}], "needs urn:p, which is not there before it"),
        ([parent, child, child], "the state is damaged: it has urn:pulumi:dev::mcloud::mcloud:network:Network::main"),
    ):
        (tmp_path / "torn.json").write_text(exported(*resources))
        code, _, err = say("import", "dev.yaml", "torn.json")
        assert (code, says in err, "torn.json:" in err) == (1, True, True)
    assert state.deployment("dev") == DEPLOYMENT


def test_a_damaged_file_is_told_with_line_and_column(state: JournaledState, say: Say, tmp_path: Path) -> None:
    text = say("export", "dev.yaml")[1].splitlines(keepends=True)
    (tmp_path / "bad.json").write_text("".join([*text[:7], text[7].replace(":", ";"), *text[8:]]))
    code, _, err = say("import", "dev.yaml", "bad.json")
    column = text[7].index(":") + 1
    assert (code, f"bad.json:8:{column}: the file is damaged: Expecting ':'" in err) == (1, True)
    (tmp_path / "bad.json").write_bytes(b'{"version": "\xff"}')
    assert "bad.json: the file is no text at byte 13" in say("import", "dev.yaml", "bad.json")[2]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "bad.json:1:2: the file is damaged"),
        ("[]", "this is no exported state"),
        ('{"version": 3, "deployment": {"resources": [{}]}}', "this is no exported state"),
        ('{"version": 9, "deployment": {}}', "the state has version 9"),
        (
            '{"version": 3, "deployment": {"resources": [{"urn": "urn:pulumi:prod::mcloud::t::x", "type": "t"}]}}',
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
    assert json.loads(say("unlock", "dev.yaml", "--json")[1]) == {"stack": "dev", "removed": []}
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


def test_move_to_another_place_and_back(
    state: JournaledState, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported, former = say("export", "dev.yaml")[1], say("history", "dev.yaml")[1]
    old = resource(SERVER, "db", id="vng/han-1/ins-3", inputs={})
    Aside(state, "dev").write([Left(old, datetime(2026, 1, 2, tzinfo=UTC), "vng/hcm-3")])
    there = tmp_path / "states of ours"
    address = f"file://{there}"
    code, out, _ = say("move", "dev.yaml", "--to", address)
    assert code == 0
    first, second, third = out.splitlines()
    assert first == f"the state of 'dev' is in {there}/stacks now: 4 resources, 1 former versions"
    kept = Path(second.split(" ")[6].rstrip(";"))
    assert (kept / "old-state.json").exists()
    assert third == f"from now on: export MCLOUD_BACKEND_URL='{address}'"
    (tmp_path / "old.json").write_text(exported)
    for command in (("list", "dev.yaml"), ("unlock", "dev.yaml"), ("import", "dev.yaml", "old.json")):
        code, _, err = say(*command)
        assert (code, "the state of the stack 'dev' was moved to file://" in err) == (1, True)
    monkeypatch.setenv("MCLOUD_BACKEND_URL", address)
    assert (say("export", "dev.yaml")[1], say("history", "dev.yaml")[1]) == (exported, former)
    assert "vng/han-1" in say("list", "dev.yaml", "--left-behind")[1]
    moved = StateFolder.beside(tmp_path / "dev.yaml")
    assert (moved.path, moved.state_id) == (there, state.state_id)
    assert moved.passphrase_file.read_text() == state.passphrase_file.read_text()
    code, out, _ = say("move", "dev.yaml", "--to", "local", "--json")
    assert code == 0
    said = json.loads(out)
    assert said["kept_as"].startswith(f"{there}/stacks/dev.moved-2")
    assert (said["from"], said["to"]) == (f"{there}/stacks", f"{tmp_path}/.mcloud/stacks")
    assert (said["resources"], said["version"], said["former_versions"]) == (4, 2, 1)
    monkeypatch.delenv("MCLOUD_BACKEND_URL")
    assert say("export", "dev.yaml")[1] == exported


def test_a_move_that_cannot_be(
    state: JournaledState, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for to, says in (
        ("local", "is to be moved to where it is"),
        ("gs://b/x", "asks for the state to be at gs://…, which is not supported"),
        ("nowhere", "which is not supported"),
        ("postgresql://lan:hush-hush@db/states", "has a password in it"),
    ):
        code, _, err = say("move", "dev.yaml", "--to", to)
        assert (code, says in err, "hush" in err) == (1, True, False)
    other = JournaledState(tmp_path / "other")
    other.prepare()
    code, _, err = say("move", "dev.yaml", "--to", f"file://{tmp_path}/other")
    assert (code, "the states there have another state-id than this one" in err) == (1, True)
    monkeypatch.setenv("MCLOUD_STATE_BACKEND", "file")
    assert "the file backend cannot do that" in say("move", "dev.yaml", "--to", f"file://{tmp_path}/new")[2]
    monkeypatch.setenv("MCLOUD_STATE_BACKEND", "server")
    assert state.deployment("dev") == DEPLOYMENT
    assert say("unlock", "dev.yaml")[0] == 0


def test_what_was_moved_away_is_nobodys_orphan(state: JournaledState, say: Say, tmp_path: Path) -> None:
    state.stacks.create("other", {"resources": [resource(SERVER, "own", id="vng/hcm-3/ins-9")]})
    assert say("move", "dev.yaml", "--to", f"file://{tmp_path}/there")[0] == 0
    told: list[str] = []
    theirs = known_everywhere(state, "dev", told.append)
    assert theirs.ids == {"vng/hcm-3/net-1", "vng/hcm-3/ins-1", "vng/hcm-3/ins-2", "vng/hcm-3/ins-9"}
    assert told == []
    mark = read_mark(state.stacks.store, "dev")[0]
    assert mark is not None
    write_mark(state.stacks.store, "dev", replace(mark, host="elsewhere"))
    assert known_everywhere(state, "dev", told.append).ids == {"vng/hcm-3/ins-9"}
    assert told == ["the state of 'dev' was moved to a folder on elsewhere: what it has may be listed here"]
