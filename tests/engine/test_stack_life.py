"""A stack on the real engine: up, no-op, change, drift, repair, destroy."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from mcloud.engine.event_lines import event_schema
from mcloud_vng.emulator.world import World

pytestmark = pytest.mark.engine

CREATED = {"networks": 1, "subnets": 2, "security_groups": 2, "rules": 8, "keys": 1, "servers": 3, "volumes": 3}


def region(desk: Any) -> World:
    return desk.cloud.app.cloud.worlds["hcm-3"]


def test_a_stack_comes_up_changes_and_goes(desk: Any) -> None:
    assert "13 to change" in desk.run("preview", "web.yaml", exit_code=2).stdout
    assert desk.counts() == {}

    up = json.loads(desk.run("up", "web.yaml", "--json", "--events", "up.jsonl").stdout)
    check_events(desk, up)
    assert sorted(change["op"] for change in up["changes"]) == ["create"] * 13
    # Four rules of ours, and the two that let everything out in each of the two groups.
    assert desk.counts() == CREATED
    assert up["outputs"]["db_ip"].startswith("10.20.2.")
    assert len(up["outputs"]["web_ips"]) == 2
    assert json.loads(desk.run("outputs", "web.yaml", "--json").stdout) == up["outputs"]

    before = desk.inventory()
    assert "nothing to change" in desk.run("up", "web.yaml").stdout
    assert desk.inventory() == before

    changed = desk.run("preview", "web-changed.yaml", exit_code=2).stdout
    assert "+ create rule web.ingress.tcp.443" in changed
    assert "~ change server db (flavor, size)" in changed
    assert "- delete server web-1" in changed
    desk.run("up", "web-changed.yaml")
    world = region(desk)
    assert sorted(server["name"].split("-")[0] for server in world.servers.values()) == ["db", "web"]
    database = next(server for server in world.servers.values() if server["name"].startswith("db"))
    assert world.flavors[database["flavorId"]]["name"] == "s1-standard-4x16"
    assert database["status"] == "ACTIVE"
    assert database["uuid"] in {server["uuid"] for server in before["servers"]}

    gone = desk.run("destroy", "web-changed.yaml", "--yes", "--events", "-")
    assert {json.loads(line)["event"] for line in gone.stdout.splitlines()} >= {"begun", "finished", "summary"}
    assert "cost per month: at least 232,728 - 256,000 VND -> nothing before tax" in gone.stderr
    assert desk.counts() == {}


def check_events(desk: Any, up: dict[str, Any]) -> None:
    """Each line fits the schema; together they say what the document says."""
    lines = [json.loads(line) for line in (desk.folder / "up.jsonl").read_text().splitlines()]
    schema = jsonschema.Draft202012Validator(event_schema())
    for line in lines:
        schema.validate(line)
    finished = {(line["type"], line["name"]) for line in lines if line["event"] == "finished"}
    assert finished == {(change["type"], change["name"]) for change in up["changes"]}
    assert "ACTIVE" in {line["state"] for line in lines if line["event"] == "waiting"}
    assert (lines[0]["event"], lines[0]["command"], lines[0]["file"]) == ("begun", "up", "web.yaml")
    last = lines[-1]
    assert (last["event"], last["exit_code"], last["changed"]) == ("summary", 0, {"create": 13})
    assert last["cost"] == up["cost"]
    assert (up["cost"]["before"]["high"], up["cost"]["after"]["items"]) == ("0", 6)
    assert up["cost"]["after"]["low"] is not None
    kept = json.loads((desk.folder / ".mcloud" / "durations.json").read_text())
    assert ["vng", "Server", "create"] in [row[:3] for row in kept["rows"]]


def test_drift_names_what_is_gone_and_up_repairs_it(desk: Any) -> None:
    desk.run("up", "web.yaml")
    assert "no drift" in desk.run("drift", "web.yaml").stdout
    world = region(desk)
    gone = next(server for server in world.servers.values() if server["name"].startswith("web-1"))
    del world.servers[gone["uuid"]]
    rule = next(rule for rule in world.rules.values() if rule["portRangeMin"] == 80)
    del world.rules[rule["id"]]
    database = next(server for server in world.servers.values() if server["name"].startswith("db"))
    wanted = database["flavorId"]
    database["flavorId"] = next(row["id"] for row in world.flavors.values() if row["name"] == "s-general-8x16")

    found = desk.run("drift", "web.yaml", exit_code=2).stdout
    assert "server web-1 is gone from the cloud" in found
    assert "rule web.ingress.tcp.80.0.0.0.0-0 is gone from the cloud" in found
    assert "server db differs on the cloud (resolved" in found
    desk.run("up", "web.yaml")
    assert "no drift" in desk.run("drift", "web.yaml").stdout
    assert len(world.servers) == 3
    assert database["flavorId"] == wanted
    assert database["status"] == "ACTIVE"


def test_a_fresher_catalog_never_resizes_a_running_server(desk: Any) -> None:
    document = desk.small()
    desk.write("small.yaml", document)
    desk.run("up", "small.yaml")
    world = region(desk)
    chosen = next(row for row in world.flavors.values() if row["name"] == "s-general-2x4")
    chosen["remaining"] = "0"
    assert "nothing to change" in desk.run("preview", "small.yaml").stdout
    (server,) = world.servers.values()
    assert server["flavorId"] == chosen["id"]


def test_a_new_image_replaces_the_server_and_nothing_else(desk: Any) -> None:
    document = desk.small()
    desk.write("small.yaml", document)
    desk.run("up", "small.yaml")
    before = desk.inventory()
    document["servers"]["web"]["image"]["version"] = "24.04"
    desk.write("small.yaml", document)
    assert "± replace server web (image" in desk.run("preview", "small.yaml", exit_code=2).stdout
    desk.run("up", "small.yaml", "--accept-empty", "web")
    after = desk.inventory()
    assert len(after["servers"]) == 1
    assert after["servers"][0]["uuid"] != before["servers"][0]["uuid"]
    assert after["networks"] == before["networks"]


def test_strict_egress_takes_the_default_rules_away(desk: Any) -> None:
    document = desk.small(security_groups={"web": {"egress": [{"ports": 443, "to": "anywhere"}]}})
    document["servers"]["web"]["security_groups"] = ["web"]
    desk.write("small.yaml", document)
    desk.run("up", "small.yaml")
    assert [rule["portRangeMin"] for rule in desk.inventory()["rules"]] == [443]
    assert "nothing to change" in desk.run("preview", "small.yaml").stdout


def test_secrets_reach_no_file_and_no_output(desk: Any) -> None:
    secret = desk.cloud.client_secret
    done = desk.run("up", "web.yaml")
    assert secret not in done.stdout + done.stderr
    for path in (desk.folder / ".mcloud").rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def test_a_move_never_throws_data_away(desk: Any) -> None:
    document = desk.small()
    del document["networks"]["main"]["subnets"]["a"]["zone"]
    desk.write("small.yaml", document)
    desk.run("up", "small.yaml")
    before = desk.inventory()
    document["placement"] = "vng/han"
    desk.write("small.yaml", document)
    done = desk.run("preview", "small.yaml", exit_code=2)
    assert "server web stays at vng/hcm-3 with its data" in done.stderr
    done = desk.run("up", "small.yaml", exit_code=3)
    assert "server web is at vng/hcm-3 and would be empty at vng/han" in done.stderr
    assert "small.yaml:" in done.stderr
    assert desk.inventory() == before

    document["servers"]["web"]["stateless"] = True
    desk.write("small.yaml", document)
    desk.run("up", "small.yaml")
    after = desk.inventory()
    assert {item["region"] for items in after.values() for item in items} == {"han-1"}
    assert [len(after[kind]) for kind in ("networks", "subnets", "servers")] == [1, 1, 1]
