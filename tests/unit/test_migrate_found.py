"""A plan has what a discovery left over, and what it found buckets to hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from mcloud.cli.main import run
from mcloud.errors import LoadError
from mcloud.migrate.data import Stored
from mcloud.migrate.found import read_found

STACK = {
    "mcloud": 1,
    "name": "estate",
    "placement": "vng/hcm",
    "buckets": {"assets": {}, "logs": {}, "gone-on-purpose": {}},
}
FOUND: dict[str, Any] = {
    "outcomes": [
        {"fate": "mapped", "file": "f", "address": "bucket assets", "type": "bucket", "reason": "", "advice": ""},
        {
            "fate": "remainder",
            "file": "aws/r",
            "address": "database <orders>",
            "type": "database",
            "reason": "managed",
            "advice": "order one",
        },
        {
            "fate": "remainder",
            "file": "aws/r",
            "address": "queue q",
            "type": "queue",
            "reason": "none",
            "advice": "run one",
        },
    ],
    "unread": [{"what": "functions", "reason": "refused", "advice": "allow it", "where": "r-2"}],
    "measured": [
        {
            "path": "buckets.assets",
            "subject": "s",
            "bytes": 3000,
            "objects": 3,
            "as_of": "2026-11-26",
            "source": "listed",
        },
        {"path": "buckets.logs", "subject": "s", "bytes": None, "objects": None, "as_of": "x", "source": "x"},
        {"path": "buckets.another", "subject": "s", "bytes": 7, "objects": 1, "as_of": "x", "source": "x"},
        {"path": "servers.web", "subject": "s", "instance": "web-0", "cpu_percent": {"p95": 7.0}},
    ],
}


def write(folder: Path, found: Any = None) -> tuple[str, str]:
    stack, account = folder / "estate.yaml", folder / "found.json"
    stack.write_text(yaml.safe_dump(STACK), encoding="utf-8")
    account.write_text(json.dumps(FOUND if found is None else found), encoding="utf-8")
    return str(stack), str(account)


def test_what_is_left_over_and_what_is_stored_is_in_the_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack, account = write(tmp_path)
    (tmp_path / "data.csv").write_text("resource,bytes,objects\nbuckets.logs,12,1\n", encoding="utf-8")
    page = tmp_path / "plan.html"
    words = ["migrate", "plan", stack, "--to", "vng/hcm", "--discovered", account]
    assert run([*words, "--data", str(tmp_path / "data.csv"), "--html", str(page), "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [(row["type"], row["name"], row["where"]) for row in plan["left_over"]] == [
        ("database", "database <orders>", "aws/r"),
        ("queue", "queue q", "aws/r"),
    ]
    assert [(row["name"], row["where"], row["advice"]) for row in plan["not_seen"]] == [
        ("functions", "r-2", "allow it")
    ]
    stored = {item["name"]: (item["bytes"], item["objects"]) for item in plan["data"]}
    assert stored == {"assets": (3000, 3), "logs": (12, 1), "gone-on-purpose": (None, None)}
    text = page.read_text(encoding="utf-8")
    assert "Not in the stack, and in no figure here: 2 things" in text
    assert "database &lt;orders&gt;" in text
    assert run(["schema", "plan"]) == 0
    assert not list(Draft202012Validator(json.loads(capsys.readouterr().out)).iter_errors(plan))
    assert run(words) == 0
    shown = capsys.readouterr().out
    assert "not in the stack: queue q (aws/r): none; run one" in shown
    assert "not looked at: r-2: functions: refused; allow it" in shown


def test_without_it_the_plan_does_not_say_that_nothing_is_left_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack, account = write(tmp_path, {"outcomes": [], "unread": [], "measured": []})
    page = tmp_path / "plan.html"
    assert run(["migrate", "plan", stack, "--to", "vng/hcm", "--html", str(page), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["left_over"] is None
    assert "left over" not in page.read_text(encoding="utf-8")
    assert run(["migrate", "plan", stack, "--to", "vng/hcm", "--discovered", account, "--html", str(page)]) == 0
    assert "Nothing is left over." in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "is no account"),
        ("{}", "is no account"),
        (json.dumps({**FOUND, "outcomes": [7]}), "is no account"),
        (json.dumps({**FOUND, "unread": [{"what": "x"}]}), "is no account"),
        (json.dumps({**FOUND, "measured": [{"path": "buckets.assets", "bytes": "7", "objects": 1}]}), "is no account"),
        (json.dumps({**FOUND, "measured": [{"path": "buckets.assets", "bytes": -7, "objects": 1}]}), "is no account"),
    ],
)
def test_what_is_no_account_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "found.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LoadError) as caught:
        read_found(path, ["assets"])
    assert says in str(caught.value)
    assert caught.value.__cause__ is None
    with pytest.raises(LoadError, match="cannot be read"):
        read_found(tmp_path / "none.json", [])


def test_figures_of_buckets_that_do_not_move_are_left_out(tmp_path: Path) -> None:
    _, account = write(tmp_path)
    assert read_found(Path(account), ["assets"]).stored == {"buckets.assets": Stored(3000, 3)}
