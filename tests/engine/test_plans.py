"""Plans, targets, renames and imports on the real engine."""

from __future__ import annotations

import json
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


def test_a_run_about_some_resources_leaves_the_others_alone(desk: Any) -> None:
    document = desk.small(volumes={"data": {"size": "20 GiB", "attach": "web"}, "logs": {"size": "20 GiB"}})
    document["outputs"] = {"logs": "volumes.logs.id", "web": "servers.web.id"}
    desk.write("small.yaml", document)
    shown = desk.run("preview", "small.yaml", "--target", "logs", exit_code=2)
    assert "1 to change" in shown.stdout
    assert "left alone: + create server web" in shown.stderr
    done = desk.run("up", "small.yaml", "--target", "logs")
    assert "1 created" in done.stdout
    assert desk.counts() == {"volumes": 1}
    logs = desk.run("outputs", "small.yaml").stdout
    assert logs.startswith("logs = vng/")

    # With what it needs; what is there stays, and so does its output.
    done = desk.run("up", "small.yaml", "--target", "server/web")
    assert "left alone: + create volume data" in done.stderr
    assert logs in done.stdout
    assert desk.counts() == {"networks": 1, "subnets": 1, "servers": 1, "volumes": 2}
    desk.run("up", "small.yaml")

    # What the others need: they are not taken for gone, one that has left the stack file included.
    before = desk.counts()
    document["volumes"]["logs"]["size"] = "30 GiB"
    document["servers"]["web"]["labels"] = {"tier": "front"}
    del document["volumes"]["data"]
    desk.write("small.yaml", document)
    done = desk.run("up", "small.yaml", "--target", "server/web", "--target", "main")
    assert "1 changed" in done.stdout
    assert "left alone: ~ change volume logs" in done.stderr
    assert desk.counts() == before
    document["volumes"]["data"] = {"size": "20 GiB", "attach": "web"}
    desk.write("small.yaml", document)
    assert "1 changed" in desk.run("up", "small.yaml").stdout

    done = desk.run("destroy", "small.yaml", "--target", "server/web", "--yes")
    assert "to be deleted, data included: attachment data, server web (and 4 resources are left alone)" in done.stderr
    assert desk.counts() == {"networks": 1, "subnets": 1, "volumes": 2}


def test_a_rename_makes_nothing_anew(desk: Any) -> None:
    document = desk.small(volumes={"data": {"size": "20 GiB", "attach": "web"}})
    document["security_groups"] = {"front": {"ingress": [{"ports": 80, "from": "anywhere"}]}}
    document["servers"]["web"]["security_groups"] = ["front"]
    desk.write("small.yaml", document)
    desk.run("up", "small.yaml")
    before = desk.inventory()

    document["networks"]["net"] = {**document["networks"].pop("main"), "was": "main"}
    document["security_groups"] = {"http": {**document["security_groups"]["front"], "was": "front"}}
    document["servers"]["app"] = {**document["servers"].pop("web"), "was": "web", "count": 1}
    document["servers"]["app"]["security_groups"] = ["http"]
    document["volumes"] = {"disk": {"size": "20 GiB", "attach": "app", "was": "data"}}
    desk.write("small.yaml", document)
    shown = desk.run("preview", "small.yaml", exit_code=2)
    assert "nothing to change" in shown.stdout
    assert "renamed: server web is app-0 from now on, as it is" in shown.stderr
    assert "renamed: subnet main.a is net.a from now on, as it is" in shown.stderr
    desk.run("up", "small.yaml")
    assert desk.inventory() == before
    listed = desk.run("state", "list", "small.yaml").stdout
    assert "app-0" in listed
    assert "main" not in listed
    shown = desk.run("preview", "small.yaml")
    assert "renamed" not in shown.stderr


def test_what_is_there_already_is_taken_into_the_state(desk: Any) -> None:
    document = desk.small()
    desk.write("small.yaml", document)
    desk.run("up", "small.yaml")
    ids = {item["kind"]: item["id"] for item in json.loads(desk.run("state", "list", "small.yaml", "--json").stdout)}
    before = desk.inventory()
    (desk.folder / ".mcloud").rename(desk.folder / "lost")

    done = desk.run("import", "small.yaml", "server/web", ids["server"], exit_code=3)
    assert "what it needs is not in the state yet: subnet/main.a" in done.stderr
    desk.run("import", "small.yaml", "network/main", ids["network"].rsplit("/", 1)[1])
    desk.run("import", "small.yaml", "subnet/main.a", ids["subnet"])
    document["servers"]["web"]["size"]["vcpu"] = 8
    desk.write("small.yaml", document)
    done = desk.run("import", "small.yaml", "web", ids["server"], exit_code=3)
    assert "its flavor s-general-2x4 is not what the size asks for: 6 vCPU short" in done.stderr
    document["servers"]["web"]["size"]["vcpu"] = 2
    desk.write("small.yaml", document)
    desk.run("import", "small.yaml", "web", ids["server"])
    assert "nothing to change" in desk.run("preview", "small.yaml").stdout
    assert desk.inventory() == before

    (server,) = desk.cloud.app.cloud.worlds["hcm-3"].servers.values()
    del desk.cloud.app.cloud.worlds["hcm-3"].servers[server["uuid"]]
    done = desk.run("refresh", "small.yaml", "--yes")
    assert "server web is gone from the cloud" in done.stdout
    assert "web" not in desk.run("state", "list", "small.yaml").stdout


def test_what_stands_in_the_way_is_told_at_once_and_nothing_is_made(desk: Any) -> None:
    world = desk.cloud.app.cloud.worlds["hcm-3"]
    world.quotas |= {"VM": 1, "VOLUME_SIZE": 10}
    document = desk.small()
    document["servers"]["web"] |= {"count": 2, "stateless": True}
    desk.write("small.yaml", document)
    done = desk.run("up", "small.yaml", exit_code=3)
    assert "servers web-0, web-1: the quota VM has no room for 2 more: 0 of 1 are in use" in done.stderr
    assert "servers web-0, web-1: the quota VOLUME_SIZE has no room for 40 more: 0 of 10 are in use" in done.stderr
    assert desk.counts() == {}
