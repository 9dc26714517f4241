"""Secrets are planted in every sensitive input and credential, and after all that a person does they are nowhere.

Not where mcloud keeps things, not where it says things, not on any command line; neither as they are nor encoded or
packed (``tests/planted``). The clouds repeat them in their refusals, as clouds do that send back what they refuse.
"""

from __future__ import annotations

import base64
import json
import os
import time
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from mcloud.adapter.conformance.pem import made
from mcloud.adapter.profile import save_profile
from mcloud.emulator.clock import Clock
from mcloud.emulator.server import Running, serve
from mcloud.emulator.spec import load
from mcloud.model.resource_base import SecretInput
from mcloud.model.resources import KINDS
from mcloud_aws.emulator import SPEC as AWS
from mcloud_vng.emulator import SPEC as VNG
from tests.engine.conftest import Desk, environment
from tests.planted import CommandLines, files_below, found_in, parts_of

pytestmark = pytest.mark.engine

RING = """
import json, os, keyring.backend
class Ring(keyring.backend.KeyringBackend):
    priority = 1
    def get_password(self, service, name):
        with open(os.environ["RING_FILE"]) as file:
            return json.load(file).get(name)
    def set_password(self, service, name, value):
        raise NotImplementedError
"""
"""A keyring for the command line: one that is told by a variable where its entries are."""
USER_DATA = "#cloud-config\nwrite_files: [{path: /etc/token, content: planted-user-data-4f1c/a+b}]\n"
OTHER_DATA = "#cloud-config\nwrite_files: [{path: /etc/token, content: planted-other-data-77e0&c=d}]\n"
RECORDS = ("record.jsonl", "record-aws.jsonl")
SENSITIVE = {("Certificate", "private_key"), ("Server", "user_data")}
"""Inputs that are planted below."""


@dataclass
class Planted:
    """A desk where every secret is known by name, and what was said and seen at it."""

    desk: Desk
    aws: Running
    kept: Path
    secrets: dict[str, str]
    said: list[tuple[str, bytes]] = field(default_factory=list)
    since: float = field(default_factory=time.time)

    def run(self, *words: str, exit_code: int | None = 0, **env: str) -> Any:
        done = self.desk.run(*words, exit_code=None, **env)
        self.said.append((" ".join(words), (done.stdout + done.stderr).encode()))
        told = f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode in ((1, 4) if exit_code is None else (exit_code,)), told
        return done

    def echo(self, *names: str) -> dict[str, Any]:
        """What a cloud answers that sends back what it was given: as it is, escaped, packed, cut short."""
        texts = [self.secrets[name] for name in names]
        packed = " ".join(base64.b64encode(text.encode()).decode() for text in texts)
        lines = [part for text in texts for part in parts_of(text)][-3:]
        return {"message": f"refused: {' '.join(lines)} {json.dumps(texts)} {packed}"}

    def all(self) -> dict[str, str]:
        """The secrets by name, with what the state is locked with."""
        return self.secrets | {"passphrase": (self.desk.folder / ".mcloud" / "passphrase").read_text()}

    def places(self) -> Iterator[tuple[str, bytes]]:
        passphrase = self.desk.folder / ".mcloud" / "passphrase"
        records = [self.desk.folder / name for name in RECORDS]
        yield from files_below(self.desk.folder, but=[passphrase, *records])
        for record in records:
            # What the rules above made the cloud say is what a person has told it to say.
            lines = [line for line in record.read_bytes().splitlines() if (json.loads(line)["status"] or 0) < 400]
            assert lines
            yield str(record), b"\n".join(lines)
        yield from files_below(Path(self.desk.env["MCLOUD_CACHE_DIR"]), since=self.since)
        yield from self.said


def put(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o600)
    return f"file:{path}"


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planted]:
    kept, folder = tmp_path / "kept", tmp_path / "work"
    kept.mkdir()
    folder.mkdir()
    secrets = {"VNG secret": "planted-vng+secret/9a1f&x=y", "VNG storage key": "planted-vng-storage-key-31d8"}
    secrets |= {"private key": made("first")[1], "user data": USER_DATA, "other user data": OTHER_DATA}
    for name in RECORDS:
        (folder / name).touch()
    keys = {"client_secret": secrets["VNG secret"], "secret_key": secrets["VNG storage key"]}
    with (
        serve(VNG, clock=Clock(0.001), record=folder / RECORDS[0], **keys) as vng,
        serve(AWS, clock=Clock(0.001), record=folder / RECORDS[1]) as aws,
    ):
        lent = boto3.client(
            "sts",
            region_name="ap-southeast-1",
            endpoint_url=aws.url,
            aws_access_key_id=aws.client_id,
            aws_secret_access_key=aws.client_secret,
        ).get_session_token()["Credentials"]
        secrets |= {"AWS secret": lent["SecretAccessKey"], "AWS session token": lent["SessionToken"]}
        ring = {"vng": secrets["VNG secret"], "data": USER_DATA}
        put(kept / "ring.json", json.dumps(ring))
        (kept / "planted_ring.py").write_text(RING)
        env = environment(folder) | {
            "PYTHON_KEYRING_BACKEND": "planted_ring.Ring",
            "PYTHONPATH": str(kept),
            "RING_FILE": str(kept / "ring.json"),
            "PLANTED_AWS_SECRET": secrets["AWS secret"],
            "TMPDIR": str(folder / "tmp"),
        }
        (folder / "tmp").mkdir()
        monkeypatch.setenv("MCLOUD_CONFIG_DIR", str(folder / ".config"))
        objects = vng.objects
        assert objects is not None
        for_vng = load("vng").whole_profile(vng.url, vng.client_id, objects.url)
        storage = put(kept / "storage.key", secrets["VNG storage key"])
        access = put(kept / "storage.access", objects.access_key)
        for_vng["secrets"] = {"client_secret": "keyring:vng", "access_key": access, "secret_key": storage}
        for_aws = dict(load("aws").whole_profile(aws.url, lent["AccessKeyId"], None))
        token = put(kept / "token", secrets["AWS session token"])
        for_aws["secrets"] = {"client_secret": "env:PLANTED_AWS_SECRET", "session_token": token}
        save_profile("emulator", {"vng": for_vng, "aws": for_aws})
        put(kept / "site.key", secrets["private key"])
        (folder / "site.pem").write_text(made("first")[0])
        yield Planted(Desk(folder, vng, monkeypatch, env), aws, kept, secrets)


def stack(planted: Planted, placement: str, user_data: str) -> None:
    document = planted.desk.small(
        placement=placement,
        certificates={"site": {"certificate": "file:site.pem", "private_key": f"file:{planted.kept / 'site.key'}"}},
        buckets={"assets": {}},
    )
    del document["networks"]["main"]["subnets"]["a"]["zone"]
    document["servers"]["web"] |= {"stateless": True, "user_data": {"secret": user_data}}
    planted.desk.write("small.yaml", document)


def test_every_sensitive_input_is_planted() -> None:
    """A new input that is a reference to a secret has to be planted below."""
    found = {
        (name, field)
        for name, kind in KINDS.items()
        for field, hint in typing.get_type_hints(kind.inputs).items()
        if hint is SecretInput or SecretInput in typing.get_args(hint)
    }
    assert found == SENSITIVE


@pytest.mark.timeout(900)  # a dozen runs of the engine
def test_planted_secrets_are_nowhere(planted: Planted) -> None:
    desk, run = planted.desk, planted.run
    with CommandLines() as lines:
        stack(planted, "vng/hcm", "keyring:data")
        run("preview", "small.yaml", "--save", "small.plan", "--json", exit_code=2)
        desk.fault(method="POST", path="/auth/token$", action="status", status=401, body=planted.echo("VNG secret"))
        assert "Traceback" not in run("preview", "small.yaml", exit_code=1).stderr
        echo = planted.echo("private key", "VNG secret")
        desk.fault(method="POST", path="/cas$", action="status", status=400, body=echo, times=0)
        failed = run("up", "small.yaml", "--debug", "--json", exit_code=None)
        assert "cannot create certificate site: refused: (secret)" in failed.stderr, failed.stderr
        assert "not there, for it failed (1): certificate site" in failed.stderr, failed.stderr
        desk.cloud.app.faults.clear()

        stack(planted, "vng/hcm", "env:OTHER")
        echo = planted.echo("other user data")
        desk.fault(method="POST", path="/servers$", action="status", status=400, body=echo)
        failed = run("up", "small.yaml", "--debug", exit_code=None, OTHER=OTHER_DATA)
        assert "cannot create server web: refused: (secret)" in failed.stderr, failed.stderr
        run("up", "small.yaml", "--events", "events.jsonl", OTHER=OTHER_DATA)
        run("drift", "small.yaml", OTHER=OTHER_DATA)

        stack(planted, "aws/ap-southeast-1", "env:OTHER")
        run("up", "small.yaml", "--accept-empty", "assets", OTHER=OTHER_DATA)
        run("state", "export", "small.yaml")
        run("state", "history", "small.yaml")
        run("compare", "small.yaml", "--to", "vng/hcm", "--html", "compare.html", OTHER=OTHER_DATA)
        run("migrate", "plan", "small.yaml", "--to", "vng/hcm", "--html", "plan.html", "--json", OTHER=OTHER_DATA)
        run("destroy", "small.yaml", "--yes")
    assert lines.seen
    seen = [("a command line", line) for line in lines.seen]
    assert found_in(planted.all(), [*planted.places(), *seen]) == []
    # The same search finds them where they are kept.
    kept = {line.split(": ")[1].split(" as ")[0] for line in found_in(planted.all(), files_below(planted.kept))}
    assert kept == planted.secrets.keys() - {"other user data", "AWS secret"}


def test_the_keys_of_a_state_in_a_bucket_are_nowhere(planted: Planted) -> None:
    """The state's own credentials, and the passphrase that it is locked with."""
    s3 = boto3.client(
        "s3",
        region_name="ap-southeast-1",
        endpoint_url=planted.aws.url,
        aws_access_key_id=planted.aws.client_id,
        aws_secret_access_key=planted.aws.client_secret,
    )
    s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"})
    profile = yaml.safe_load((planted.desk.folder / ".config/profiles/emulator.yaml").read_text())
    state = {
        "MCLOUD_BACKEND_URL": f"s3://states/team?endpoint={planted.aws.url}&region=ap-southeast-1",
        "AWS_ACCESS_KEY_ID": profile["clouds"]["aws"]["settings"]["client_id"],
        "AWS_SECRET_ACCESS_KEY": planted.secrets["AWS secret"],
        "AWS_SESSION_TOKEN": planted.secrets["AWS session token"],
    }
    planted.desk.write("net.yaml", planted.desk.small(servers={}))
    with CommandLines() as lines:
        planted.run("up", "net.yaml", **state)
        planted.run("up", "net.yaml", "--debug", exit_code=1, **state | {"AWS_ACCESS_KEY_ID": "NOBODY"})
    kept = s3.list_objects_v2(Bucket="states")["Contents"]
    objects = [(item["Key"], s3.get_object(Bucket="states", Key=item["Key"])["Body"].read()) for item in kept]
    assert objects
    seen = [("a command line", line) for line in lines.seen]
    assert found_in(planted.all(), [*planted.places(), *objects, *seen]) == []
    assert os.environ.get("AWS_SECRET_ACCESS_KEY") is None
