"""A stack moves from AWS to VNG Cloud and back: the inventories of both clouds tell what stayed, went and came."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import boto3
import pytest

from mcloud.emulator.clock import Clock
from mcloud.emulator.server import Running, serve
from mcloud_aws.emulator import SPEC as AWS
from mcloud_vng.emulator import SPEC as VNG

pytestmark = pytest.mark.engine

AWAY, HOME = "aws/ap-southeast-1", "vng/hcm"
SIZE = {"size": {"vcpu": 2, "memory": "4 GiB"}, "image": {"os": "ubuntu", "version": "22.04"}}
SUBNET = {"cidr": "10.20.1.0/24", "internet": "direct"}
ACCEPTED = ("--accept-empty", "db", "--accept-empty", "data")
ON_VNG = {"networks": 1, "subnets": 1, "security_groups": 2, "rules": 6, "servers": 2, "volumes": 3, "attachments": 1}
WHOSE = {"/sts/GetCallerIdentity", "/accounts-api/v2/auth/token", "/hcm-3/vserver/vserver-gateway/v1/projects"}
"""Calls that tell whose the credentials are."""
Things = dict[tuple[str, str], dict[str, Any]]


def shop(placement: str, **more: Any) -> dict[str, Any]:
    """A web server without state, and a database with a data volume."""
    return {
        "mcloud": 1,
        "name": "shop",
        "placement": placement,
        "networks": {"main": {"cidr": "10.20.0.0/16", "subnets": {"a": SUBNET}}},
        "security_groups": {
            "web": {"ingress": [{"ports": 80, "from": "anywhere"}]},
            "db": {"ingress": [{"ports": 5432, "from": {"group": "web"}}]},
        },
        "servers": {
            "web": {**SIZE, "subnet": "a", "security_groups": ["web"], "stateless": True},
            "db": {**SIZE, "subnet": "a", "security_groups": ["db"], **more.pop("db", {})},
        },
        "volumes": {"data": {"size": "20 GiB", "attach": "db"}},
        **more,
    }


def whole(placement: str) -> dict[str, Any]:
    """The same with a bucket, and a public address for the database."""
    return shop(placement, db={"public_ip": True}, buckets={"assets": {}})


def things(desk: Any, cloud: Running | None = None) -> Things:
    """All that a cloud holds, by kind and id."""
    return {
        (kind, str(item.get("id") or item.get("uuid") or item.get("name"))): item
        for kind, items in desk.inventory(cloud).items()
        for item in items
    }


def gone(before: Things, after: Things) -> list[str]:
    """Kind and name of what is no more; what is still there must be as it was."""
    assert {key: after[key] for key in before.keys() & after.keys()} == {
        key: before[key] for key in before.keys() & after.keys()
    }
    return sorted(f"{key[0]} {before[key]['name'].split('-')[0]}" for key in before.keys() - after.keys())


def left_behind(desk: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(desk.run("state", "list", "shop.yaml", "--left-behind", "--json").stdout)
    return found


def s3_of(cloud: Running) -> Any:
    return boto3.client(
        "s3",
        region_name="ap-southeast-1",
        endpoint_url=cloud.url,
        aws_access_key_id=cloud.client_id,
        aws_secret_access_key=cloud.client_secret,
    )


def test_there_and_back(desk: Any, aws: Running) -> None:
    desk.write("shop.yaml", whole(AWAY))
    desk.run("up", "shop.yaml")
    bucket = desk.inventory(aws)["buckets"][0]["name"]
    s3_of(aws).put_object(Bucket=bucket, Key="logo.png", Body=b"a logo")
    on_aws = things(desk, aws)
    assert things(desk) == {}

    desk.write("shop.yaml", whole(HOME))
    seen = desk.run("preview", "shop.yaml", exit_code=2)
    for name in ("server db", "volume data", "bucket assets"):
        assert f"data: {name} stays at {AWAY} with its data; the new one is empty" in seen.stderr
        assert f"+ create {name}" in seen.stdout
    assert "replace server web" in seen.stdout
    assert seen.stdout.index("create network main") < seen.stdout.index("replace server web")
    assert "[group-as-peer, substituted]" in seen.stderr
    assert "address: public IP db will be known by another one than" in seen.stderr
    assert "creating takes" in seen.stdout
    for cost in ("cost per month", "cost of what is left behind, until mcloud cleanup"):
        assert f"{cost}: " in seen.stdout
    for accepted in ([], ["db", "bucket/assets"]):
        words = [word for name in accepted for word in ("--accept-empty", name)]
        refused = desk.run("up", "shop.yaml", *words, exit_code=3).stderr.split("hint")[0]
        for kind, name in (("server", "db"), ("volume", "data"), ("bucket", "assets")):
            told = f"{kind} {name} is at {AWAY} and would be empty at {HOME}" in refused
            assert told is not bool({name, f"{kind}/{name}"} & set(accepted))
    assert things(desk, aws) == on_aws
    assert things(desk) == {}

    desk.run("up", "shop.yaml", *ACCEPTED, "--accept-empty", "assets")
    assert desk.counts() == {**ON_VNG, "addresses": 1, "buckets": 1}
    assert gone(on_aws, things(desk, aws)) == ["instances web", "volumes web"]
    assert s3_of(aws).get_object(Bucket=bucket, Key="logo.png")["Body"].read() == b"a logo"
    left = left_behind(desk)
    with_data = {(row["kind"], row["name"]) for row in left if row["data"] == "yes"}
    assert with_data == {("server", "db"), ("volume", "data"), ("bucket", "assets")}
    assert {(row["at"], row["went_to"]) for row in left} == {(AWAY, HOME)}

    desk.write("shop.yaml", whole(AWAY))
    on_vng = things(desk)
    refuses_another_account(desk, aws, ["up"], ["cleanup", "db"])
    back = desk.run("up", "shop.yaml")
    assert f"back: server db at {AWAY}" in back.stderr
    assert back.stdout.startswith("1 replaced (")
    assert Counter(kind for kind, _ in things(desk, aws)) == Counter(kind for kind, _ in on_aws)
    assert gone(on_aws, things(desk, aws)) == ["instances web", "volumes web"]  # a new one has their place
    assert gone(on_vng, things(desk)) == ["servers web", "volumes web"]
    assert "nothing to change" in desk.run("preview", "shop.yaml").stdout
    assert "0 still left behind" in desk.run("cleanup", "shop.yaml", "db", "data", "assets").stdout
    assert things(desk) == {}


def refuses_another_account(desk: Any, cloud: Running, *commands: list[str]) -> None:
    """With the credentials of another account on one cloud: told, and nothing of that account is looked at."""
    spec = {"aws": AWS, "vng": VNG}[cloud.app.name]
    kept = [path for path in (desk.folder / ".mcloud").rglob("*.json") if path.is_file()]
    before = {path: path.read_bytes() for path in kept}
    record = desk.folder / f"{cloud.app.name}.calls.jsonl"
    with serve(spec, client_id="somebody-else", clock=Clock(0.001), record=record) as other:
        config = desk.folder / ".config" / "profiles"
        (config / "other.yaml").write_text((config / "emulator.yaml").read_text())
        desk.profile("other", other)
        for command in commands:
            done = desk.run(command[0], "shop.yaml", *command[1:], "--profile", "other", exit_code=1)
            assert f"the state was made with the account {cloud.app.name}-" in done.stderr
            assert "use the profile of that account" in done.stderr
    calls = {json.loads(line)["path"] for line in record.read_text().splitlines()}
    assert calls
    assert calls <= WHOSE
    assert {path: path.read_bytes() for path in kept} == before


def killed_on_its_way(desk: Any) -> None:
    """The move is killed when the new servers are being made."""
    desk.write("shop.yaml", shop(AWAY))
    desk.run("up", "shop.yaml")
    desk.cloud.app.cloud.agenda.clock.factor = 1 / 15
    desk.write("shop.yaml", shop(HOME))
    run = desk.start("up", "shop.yaml", *ACCEPTED)
    end = time.monotonic() + 120
    while desk.counts().get("servers") != 2:
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)
    for pid in [run.pid, *children(run.pid)]:
        os.kill(pid, signal.SIGKILL)
    run.communicate()
    desk.cloud.app.cloud.agenda.clock.factor = 0.001


def children(pid: int) -> list[int]:
    """All processes below one, the deepest last."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *children(int(child))]
    return found


def test_killed_half_way_and_continued_then_cleaned_up(desk: Any, aws: Running) -> None:
    killed_on_its_way(desk)
    on_aws = things(desk, aws)
    desk.run("up", "shop.yaml")
    assert desk.counts() == ON_VNG
    assert gone(on_aws, things(desk, aws)) == ["instances web", "volumes web"]
    assert "nothing to change" in desk.run("preview", "shop.yaml").stdout

    for name, says in (("dta", "did you mean 'data'"), ("web", "left behind with data: data, db")):
        assert says in desk.run("cleanup", "shop.yaml", name, exit_code=1).stderr
    here = things(desk, aws)
    desk.run("cleanup", "shop.yaml", "data")
    assert gone(here, things(desk, aws)) == ["attachments ", "volumes data"]
    destroyed = desk.run("destroy", "shop.yaml", "--yes")
    assert f"still left behind, until mcloud cleanup: server db at {AWAY}" in destroyed.stdout
    assert things(desk) == {}
    assert "0 still left behind" in desk.run("cleanup", "shop.yaml", "db").stdout
    assert things(desk, aws) == {}


def test_killed_half_way_and_reverted(desk: Any, aws: Running) -> None:
    killed_on_its_way(desk)
    on_aws = things(desk, aws)
    desk.write("shop.yaml", shop(AWAY))
    desk.run("up", "shop.yaml")
    # The web server's successor was being made: the old one, which had its turn to go, is taken back and stays.
    assert gone(on_aws, things(desk, aws)) == []
    assert Counter(kind for kind, _ in things(desk, aws)) == Counter(kind for kind, _ in on_aws)
    assert {row["at"] for row in left_behind(desk)} == {"vng/hcm-3"}
    assert "nothing to change" in desk.run("preview", "shop.yaml").stdout
    desk.run("cleanup", "shop.yaml", "db", "data")
    assert things(desk) == {}


def test_half_at_home_and_half_on_aws(desk: Any, aws: Running) -> None:
    both = shop(HOME, volumes={}, buckets={"copies": {"placement": AWAY}})
    subnets = {"b": {"cidr": "10.30.1.0/24"}}
    both["networks"]["away"] = {"cidr": "10.30.0.0/16", "placement": AWAY, "subnets": subnets}
    both["servers"]["db"] = {**SIZE, "subnet": "away.b", "placement": AWAY}
    desk.write("shop.yaml", both)
    desk.run("up", "shop.yaml")
    assert desk.counts() == {"networks": 1, "subnets": 1, "security_groups": 2, "rules": 6, "servers": 1, "volumes": 1}
    assert {kind for kind, _ in things(desk, aws)} == {"vpcs", "subnets", "instances", "volumes", "buckets"}
    assert "nothing to change" in desk.run("preview", "shop.yaml").stdout
    refuses_another_account(desk, aws, ["up"], ["preview"], ["drift"], ["destroy", "--yes"])
    refuses_another_account(desk, desk.cloud, ["up"])
    desk.run("destroy", "shop.yaml", "--yes")
    assert things(desk) == {}
    assert things(desk, aws) == {}
