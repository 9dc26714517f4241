"""What is ours on the cloud and in no state is listed with what to do, and deleted by name only."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.engine


def test_what_no_state_has(desk: Any) -> None:
    document = desk.small(volumes={"data": {"size": "20 GiB"}})
    desk.write("small.yaml", document)
    desk.run("up", "small.yaml")
    assert "no orphans at vng/hcm-3" in desk.run("recover", "small.yaml").stdout

    # A state that is older than the cloud: put back from a copy that somebody had kept.
    exported = json.loads(desk.run("state", "export", "small.yaml").stdout)
    resources = exported["deployment"]["resources"]
    names = {item["urn"].rsplit("::", 1)[1]: item["inputs"].get("name") for item in resources if item.get("inputs")}
    lost = ("::web", "::data")
    exported["deployment"]["resources"] = [item for item in resources if not item["urn"].endswith(lost)]
    desk.write("old.json", json.dumps(exported))
    desk.run("state", "import", "small.yaml", "old.json")
    before = desk.inventory()
    before_their_own = {**before, "servers": [], "volumes": []}

    listed = desk.run("recover", "small.yaml", exit_code=2).stdout
    for name in ("web", "data"):
        assert f"no state has it; --delete {names[name]} deletes it with its data" in listed
    rows = json.loads(desk.run("recover", "small.yaml", "--json", exit_code=2).stdout)
    assert [(row["kind"], row["name"]) for row in rows["orphans"]] == [
        ("server", names["web"]),
        ("volume", names["data"]),
    ]
    assert "is no orphan" in desk.run("recover", "small.yaml", "--delete", names["main"], exit_code=1).stderr
    assert desk.inventory() == before

    done = desk.run("recover", "small.yaml", "--delete", names["web"], exit_code=2)
    assert f"deleting server {names['web']}" in done.stderr
    assert "1 deleted" in done.stdout
    assert [item["name"] for item in desk.inventory()["volumes"]] == [names["data"]]
    desk.run("recover", "small.yaml", "--delete", names["data"])
    assert {**desk.inventory()} == before_their_own
