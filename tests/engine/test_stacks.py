"""The ready-made stacks: each comes up on an emulated cloud, moves to the other one, and goes; no data is lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from mcloud.emulator.server import Running
from mcloud.engine import install, yaml_host
from mcloud.load import load_stack
from mcloud.model.graph import build_graph

pytestmark = pytest.mark.engine
STACKS = Path(__file__).parents[2] / "stacks"
HOME, AWAY = "vng/hcm", "aws/ap-southeast-1"
SECRET = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi tells a secret in its state from a mapping."""
NODE, MODULES = shutil.which("node"), STACKS / "standby" / "node_modules"


@dataclass
class Program:
    """A copy of a folder of ``stacks``, and Pulumi as a person has it."""

    desk: Any
    folder: Path
    env: dict[str, str]

    def run(self, *command: str, exit_code: int | None = 0) -> str:
        """Run a command there; what it says."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=240, check=False
        )
        if exit_code is not None:
            assert done.returncode == exit_code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout + done.stderr

    @property
    def state(self) -> str:
        """What Pulumi keeps."""
        [file] = (self.desk.folder / "pulumi-state" / ".pulumi" / "stacks").rglob("dev.json")
        return str(file.read_text(encoding="utf-8"))

    def resources(self) -> list[dict[str, Any]]:
        """What of ours is in the state."""
        resources = json.loads(self.state)["checkpoint"]["latest"].get("resources", ())
        return [item for item in resources if item["type"].startswith("mcloud:")]

    def tokens(self) -> Counter[str]:
        """How many resources of each type of ours there are."""
        return Counter(item["type"] for item in self.resources())


def program(desk: Any, name: str) -> Program:
    """The stack of that name, ready to run: engine and hosts on PATH, the provider registered."""
    folder, bin_, state = (desk.folder / part for part in (name, "bin", "pulumi-state"))
    shutil.copytree(STACKS / name, folder, ignore=shutil.ignore_patterns("node_modules", "bin", "__pycache__"))
    bin_.mkdir()
    state.mkdir()
    engine, host = install.find(), yaml_host.find()
    assert engine is not None
    (bin_ / "pulumi").symlink_to(engine.path)
    if host is not None:
        (bin_ / yaml_host.NAME).symlink_to(host)
    desk.run("pulumi", "register", "--home", "home")
    own = {
        "PATH": f"{bin_}:{os.environ['PATH']}",
        "MCLOUD_STATE_ID": "st",
        "PULUMI_CONFIG_PASSPHRASE": "for this test",
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_HOME": str(desk.folder / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    return Program(desk, folder, {**desk.env, **own})


def counts(desk: Any, cloud: Running) -> dict[str, int]:
    return {kind: len(items) for kind, items in desk.inventory(cloud).items() if items}


def ids(desk: Any, cloud: Running, kind: str) -> set[str]:
    return {str(item.get("uuid") or item.get("id") or item["name"]) for item in desk.inventory(cloud)[kind]}


def s3_of(cloud: Running) -> Any:
    """S3 of a cloud, as its owner."""
    objects = cloud.objects
    url, key, secret = (
        (cloud.url, cloud.client_id, cloud.client_secret)
        if objects is None
        else (objects.url, objects.access_key, objects.secret_key)
    )
    return boto3.client(
        "s3",
        region_name="ap-southeast-1" if objects is None else "HCM04",
        endpoint_url=url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
    )


def keys(cloud: Running, bucket: str) -> list[str]:
    return [item["Key"] for item in s3_of(cloud).list_objects_v2(Bucket=bucket).get("Contents", ())]


def kinds(file: Path) -> Counter[str]:
    """How many resources of each type a stack file has."""
    return Counter(node.token for node in build_graph(load_stack(file).stack, lambda text: text).nodes)


@pytest.fixture
def public_key(desk: Any) -> None:
    """The person's own key, where the bastion's stack file looks for it."""
    folder = Path(desk.env["HOME"]) / ".ssh"
    folder.mkdir()
    example = (STACKS.parent / "examples" / "three-tier.yaml").read_text(encoding="utf-8")
    (folder / "id_rsa.pub").write_text(next(line for line in example.split(": ") if line.startswith("ssh-rsa ")))


@pytest.mark.parametrize("file", ["bastion/bastion", "standby/stack", "static-site/stack", "three-tier-web/stack"])
def test_what_it_costs_can_be_asked(desk: Any, public_key: None, file: str) -> None:
    told = desk.run("compare", str(STACKS / f"{file}.yaml"), "--to", HOME, "--to", AWAY).stdout
    assert told.count(": fits, ") == 2
    assert told.count("  cost: ") == 2


def test_three_tiers_in_python(desk: Any, aws: Running) -> None:
    stack = program(desk, "three-tier-web")
    run = (sys.executable, "run.py")
    stack.run(*run, "up")
    assert stack.tokens() == kinds(STACKS / "three-tier-web" / "stack.yaml")
    here = {"networks": 1, "subnets": 2, "servers": 3, "volumes": 4, "attachments": 1, "load_balancers": 1}
    assert counts(desk, desk.cloud).items() >= here.items()
    assert counts(desk, aws) == {}
    # The text that starts the web servers is the person's: the state has it encrypted.
    assert "It works" not in stack.state
    [web] = [item for item in stack.resources() if item["urn"].endswith("::web-0")]
    assert web["inputs"]["userData"].keys() == web["outputs"]["userData"].keys() == {SECRET, "ciphertext"}
    data = {item["uuid"] for item in desk.inventory()["volumes"] if not item["bootable"]}

    told = stack.run(*run, "up", "--config", f"placement={AWAY}")
    assert "15 replaced" in told
    assert counts(desk, desk.cloud) == {"volumes": 1}
    assert ids(desk, desk.cloud, "volumes") == data
    assert counts(desk, aws).items() >= {"vpcs": 1, "subnets": 2, "instances": 3, "volumes": 4}.items()

    assert "16 unchanged" in stack.run(*run, "up", "--config", "keepData=false")
    stack.run(*run, "destroy")
    assert counts(desk, aws) == {}
    assert ids(desk, desk.cloud, "volumes") == data


@pytest.mark.skipif(yaml_host.find() is None, reason="no Pulumi host for YAML: mcloud engine install --yaml")
def test_the_yaml_of_the_docs(desk: Any) -> None:
    stack = program(desk, "static-site")
    docs = (STACKS.parent / "docs" / "pulumi.md").read_text(encoding="utf-8")
    (stack.folder / "Pulumi.yaml").write_text(docs.split("```yaml\n")[1].split("```")[0])
    stack.run("pulumi", "stack", "init", "dev")
    assert "+ 4 to create" in stack.run("pulumi", "preview", "--non-interactive")
    assert counts(desk, desk.cloud) == {}


@pytest.mark.skipif(yaml_host.find() is None, reason="no Pulumi host for YAML: mcloud engine install --yaml")
def test_a_static_site_in_yaml(desk: Any, aws: Running) -> None:
    stack = program(desk, "static-site")
    stack.run("pulumi", "stack", "init", "dev")
    up = ("pulumi", "up", "--yes", "--skip-preview", "--non-interactive")
    stack.run(*up)
    assert stack.tokens() == kinds(STACKS / "static-site" / "stack.yaml")
    outputs = json.loads(stack.run("pulumi", "stack", "output", "--json"))
    s3_of(desk.cloud).put_object(Bucket=outputs["bucket"], Key="index.html", Body=b"a page", ContentType="text/html")
    page = httpx.get(outputs["url"])
    assert (page.status_code, page.text, page.headers["content-type"]) == (200, "a page", "text/html")

    stack.run("pulumi", "config", "set", "placement", AWAY)
    told = stack.run(*up, exit_code=None)
    assert f"the bucket {outputs['bucket']} still holds objects, and mcloud empties no bucket" in told
    assert httpx.get(outputs["url"]).text == "a page"
    [moved] = ids(desk, aws, "buckets")
    assert keys(aws, moved) == []
    assert stack.run("pulumi", "stack", "output", "bucket").strip() == moved

    s3_of(aws).put_object(Bucket=moved, Key="index.html", Body=b"a page")
    s3_of(desk.cloud).delete_object(Bucket=outputs["bucket"], Key="index.html")
    stack.run(*up)
    assert counts(desk, desk.cloud) == {}
    assert "still holds objects" in stack.run("pulumi", "destroy", "--yes", "--skip-preview", exit_code=None)
    assert keys(aws, moved) == ["index.html"]
    s3_of(aws).delete_object(Bucket=moved, Key="index.html")
    stack.run("pulumi", "destroy", "--yes", "--skip-preview")
    assert counts(desk, aws) == {}


@pytest.mark.skipif(NODE is None or not MODULES.exists(), reason="no node, or no packages for it: make typescript")
def test_a_standby_bucket_in_typescript(desk: Any, aws: Running) -> None:
    stack = program(desk, "standby")
    (stack.folder / "node_modules").symlink_to(MODULES)
    assert NODE is not None
    stack.run(NODE, "node_modules/typescript/bin/tsc")
    run = (NODE, "bin/run.js")
    stack.run(*run, "up")
    assert stack.tokens() == kinds(STACKS / "standby" / "stack.yaml")
    outputs = json.loads(stack.run("pulumi", "stack", "output", "--json", "--stack", "dev"))
    assert outputs.keys() == {"server", "primary", "primaryEndpoint", "standby", "standbyEndpoint"}
    assert ids(desk, aws, "buckets") == {outputs["standby"]}
    s3_of(desk.cloud).put_object(Bucket=outputs["primary"], Key="dump", Body=b"as of today")
    s3_of(aws).put_object(Bucket=outputs["standby"], Key="dump", Body=b"as of yesterday")
    data = {item["uuid"] for item in desk.inventory()["volumes"] if not item["bootable"]}

    told = stack.run(*run, "up", f"home={AWAY}")
    assert "8 replaced" in told
    assert counts(desk, desk.cloud) == {"volumes": 1, "buckets": 1}
    assert ids(desk, desk.cloud, "volumes") == data
    assert keys(desk.cloud, outputs["primary"]) == keys(aws, outputs["standby"]) == ["dump"]
    assert counts(desk, aws).items() >= {"instances": 1, "volumes": 2, "buckets": 2}.items()

    stack.run(*run, "destroy")
    assert counts(desk, desk.cloud) == {"volumes": 1, "buckets": 1}
    assert counts(desk, aws) == {"volumes": 1, "buckets": 2}
    assert keys(desk.cloud, outputs["primary"]) == keys(aws, outputs["standby"]) == ["dump"]


def test_a_bastion_before_a_private_network(desk: Any, aws: Running, public_key: None) -> None:
    shutil.copy(STACKS / "bastion" / "bastion.yaml", desk.folder)
    desk.run("up", "bastion.yaml")
    at_home = counts(desk, desk.cloud)
    assert at_home.items() >= {"servers": 2, "volumes": 3, "addresses": 1, "attachments": 1}.items()
    address = json.loads(desk.run("outputs", "bastion.yaml", "--json").stdout)
    assert set(address) == {"bastion", "app"}

    move = ("up", "bastion.yaml", "--set", f"at={AWAY}")
    assert "volume data is at vng/hcm" in desk.run(*move, exit_code=3).stderr
    assert (counts(desk, desk.cloud), counts(desk, aws)) == (at_home, {})
    before = desk.inventory()
    kept = {item["uuid"] for item in before["servers"] if item["name"].startswith("app-")}
    kept |= {item["uuid"] for item in before["volumes"] if not item["bootable"]}
    desk.run(*move, "--accept-empty", "app", "--accept-empty", "data")
    assert kept <= ids(desk, desk.cloud, "servers") | ids(desk, desk.cloud, "volumes")
    assert counts(desk, desk.cloud)["servers"] == 1
    assert counts(desk, aws)["instances"] == 2

    desk.run("up", "bastion.yaml")
    assert kept <= ids(desk, desk.cloud, "servers") | ids(desk, desk.cloud, "volumes")
    assert counts(desk, desk.cloud) == at_home
    desk.run("cleanup", "bastion.yaml", "app", "data")
    desk.run("destroy", "bastion.yaml", "--yes")
    assert (counts(desk, desk.cloud), counts(desk, aws)) == ({}, {})
