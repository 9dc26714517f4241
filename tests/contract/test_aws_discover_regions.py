"""The command looks through several regions of two accounts, one of which may not look everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from mcloud.adapter.profile import save_profile
from mcloud.cli.main import run
from mcloud_aws.session import EVERYWHERE
from tests.estates import aws as estate
from tests.estates.moto_server import moto_server

HERE, THERE, DENIED, BEYOND = estate.REGION, "us-east-1", "ap-northeast-1", "us-east-2"
ACCOUNTS = {"AKIASHOP": "111122223333", "AKIALAB": "444455556666"}


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    """Two accounts: the shop is in two regions, the lab has one server; a third region is denied to both."""
    with moto_server(ACCOUNTS, [DENIED], [HERE, THERE, BEYOND]) as url:
        estate.small(Account("AKIASHOP", url))
        objects = Account("AKIASHOP", url).client("s3", HERE)
        objects.create_bucket(Bucket="shop-files-8823", CreateBucketConfiguration={"LocationConstraint": HERE})
        for number in range(3):
            objects.put_object(Bucket="shop-files-8823", Key=f"{number}.txt", Body=b"x" * 1000)
        east = one_server(estate.Builder(Account("AKIASHOP", url), THERE), "relay", 40)
        east.volume("relay", 30, name="queue")
        one_server(estate.Builder(Account("AKIASHOP", url), BEYOND), "far", 41)
        one_server(estate.Builder(Account("AKIALAB", url)), "bench", 50)
        yield url


def one_server(made: estate.Builder, name: str, number: int) -> estate.Builder:
    made.ec2.import_key_pair(KeyName="ops", PublicKeyMaterial=estate.KEY.encode())
    made.network(f"{name}-net", number, main_a=(1, 0))
    made.group(f"{name}-net", name, ("tcp", 25, "0.0.0.0/0"))
    made.servers([name], "t3.small", f"{name}-net/main-a", [name])
    return made


class Account:
    """boto3's session for a key, at the address of all services."""

    def __init__(self, key: str, url: str) -> None:
        self._boto = boto3.session.Session(key, "secret")
        self._url = url

    def client(self, service: str, region_name: str) -> Any:
        return self._boto.client(service, region_name=region_name, endpoint_url=self._url)


@pytest.fixture
def profiles(cloud: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The profiles ``shop`` and ``lab``."""
    monkeypatch.setenv("KEY_OF_BOTH", "secret")
    for name, key in (("shop", "AKIASHOP"), ("lab", "AKIALAB")):
        part = {"endpoints": {EVERYWHERE: cloud}, "settings": {"client_id": key}}
        save_profile(name, {"aws": {**part, "secrets": {"client_secret": "env:KEY_OF_BOTH"}}})


def discover(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    assert run(["discover", "aws", *words]) == code
    return capsys.readouterr()


def looked(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    return dict(json.loads(discover(capsys, *words, "--json").out))


@pytest.mark.usefixtures("profiles")
def test_two_regions_make_one_stack(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    regions = ("--region", HERE, "--region", THERE, "--profile", "shop")
    shown = looked(capsys, *regions)
    assert list(shown["files"]) == [f"aws/{HERE}", f"aws/{THERE}"]
    for counts in (shown, *shown["files"].values()):
        assert counts["seen"] == counts["mapped"] + counts["folded"] + counts["remainder"] > 0
    assert shown["seen"] == sum(counts["seen"] for counts in shown["files"].values())
    document = shown["document"]
    assert document["placement"] == f"aws/{HERE}"
    where = {name: entry.get("placement") for name, entry in document["servers"].items()}
    assert where == {"app": None, "bastion": None, "relay": f"aws/{THERE}"}
    assert document["volumes"]["queue"]["attach"] == "relay"
    assert document["networks"]["relay-net"]["placement"] == f"aws/{THERE}"
    assert shown["account"] == "aws-111122223333"
    target = tmp_path / "found.yaml"
    said = discover(capsys, *regions, "-o", str(target))
    assert f"{shown['seen']} seen: {shown['mapped']} mapped" in said.err
    assert yaml.safe_load(target.read_text()) == document
    # A classic load balancer in one subnet is none that AWS makes today; else nothing is in the way.
    assert run(["validate", str(target)]) == 3
    told = capsys.readouterr().out
    assert "0 findings (0 block)" in told
    assert [line for line in told.splitlines() if "blocking]" in line] == [
        line for line in told.splitlines() if "[balancer-zones, blocking]" in line
    ]


@pytest.mark.usefixtures("profiles")
def test_another_profile_is_another_account(capsys: pytest.CaptureFixture[str]) -> None:
    shown = looked(capsys, "--region", HERE, "--profile", "lab")
    assert (shown["account"], list(shown["document"]["servers"])) == ("aws-444455556666", ["bench"])


@pytest.mark.usefixtures("profiles")
def test_a_denied_region_is_told_and_the_rest_is_found(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    whole = looked(capsys, "--region", THERE, "--profile", "shop")
    shown = looked(capsys, "--region", DENIED, "--region", THERE, "--profile", "shop")
    assert shown["files"][f"aws/{DENIED}"]["seen"] == 0
    assert shown["seen"] == whole["seen"]
    assert list(shown["document"]["servers"]) == ["relay"]
    told = [gap for gap in shown["unread"] if gap["where"] == DENIED]
    named = {gap["what"]: gap for gap in told}
    assert {"instances", "volumes", "VPCs", "security groups", "load balancers", "buckets"} <= set(named)
    assert "ec2:DescribeInstances" in named["instances"]["advice"]
    assert all(gap["reason"] for gap in told)
    target = tmp_path / "found.yaml"
    said = discover(capsys, "--region", DENIED, "--region", THERE, "--profile", "shop", "-o", str(target)).err
    [line] = [line for line in said.splitlines() if f"not looked at in {DENIED}" in line]
    assert f"{len(told)} lists" in line
    assert f"{DENIED}: instances: " in target.read_text()


@pytest.mark.usefixtures("profiles")
def test_a_region_that_the_catalog_does_not_have_is_looked_at_too(capsys: pytest.CaptureFixture[str]) -> None:
    shown = looked(capsys, "--region", BEYOND, "--profile", "shop", "--placement", "vng/hcm")
    assert shown["document"]["placement"] == "vng/hcm-3"
    [server] = shown["document"]["servers"].values()
    assert (server["size"], server["image"]) == ({"vcpu": 2, "memory": "2 GiB"}, {"os": "ubuntu", "version": "22.04"})
    assert [gap["what"] for gap in shown["unread"] if BEYOND in gap["what"]] == [f"the catalog of {BEYOND}"]
    assert run(["discover", "aws", "--region", "us-east-9", "--profile", "shop"]) == 1
    assert "no region 'us-east-9'" in capsys.readouterr().err


@pytest.mark.usefixtures("profiles")
def test_what_buckets_hold_goes_on_into_the_plan(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    stack, stored = tmp_path / "found.yaml", tmp_path / "stored.csv"
    files = ("-o", str(stack), "--data", str(stored), "--list-objects")
    discover(capsys, "--region", HERE, "--profile", "shop", *files)
    assert stored.read_text() == "resource,bytes,objects\nbuckets.shop-files-8823,3000,3\n"
    assert run(["migrate", "plan", str(stack), "--to", "vng/hcm", "--data", str(stored), "--json"]) == 3
    plan = json.loads(capsys.readouterr().out)
    [bucket] = [item for item in plan["data"] if item["holds"] == "objects"]
    assert (bucket["bytes"], bucket["objects"], bucket["source"]) == (3000, 3, "stored.csv")
    account = tmp_path / "found.json"
    regions = ("--region", DENIED, "--region", HERE)
    account.write_text(discover(capsys, *regions, "--profile", "shop", "--list-objects", "--json").out)
    assert run(["migrate", "plan", str(stack), "--to", "vng/hcm", "--discovered", str(account), "--json"]) == 3
    plan = json.loads(capsys.readouterr().out)
    assert [item["bytes"] for item in plan["data"] if item["holds"] == "objects"] == [3000]
    assert "instances" in [row["name"] for row in plan["not_seen"] if row["where"] == DENIED]
    assert run(["discover", "aws", "--region", HERE, "--profile", "shop", "--data", str(tmp_path)]) == 1
    assert "cannot be written" in capsys.readouterr().err
