"""A cloud in a thread, a profile for it, and the command line as a person types it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcloud.adapter.profile import save_profile
from mcloud.emulator.clock import Clock
from mcloud.emulator.faults import FaultRule
from mcloud.emulator.server import Running, serve
from mcloud.emulator.spec import load
from mcloud_aws.emulator import SPEC as AWS
from mcloud_vng.emulator import SPEC

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass
class Desk:
    """A folder with a stack, and the emulated cloud that it goes to."""

    folder: Path
    cloud: Running
    monkeypatch: pytest.MonkeyPatch
    env: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, exit_code: int | None = 0, timeout: float = 240, **env: str) -> Any:
        """Run ``mcloud …`` and check how it ends."""
        done = subprocess.run(
            [sys.executable, "-m", "mcloud.cli.main", *arguments],
            cwd=self.folder,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if exit_code is not None:
            assert done.returncode == exit_code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "--debug" in arguments or "Traceback" not in done.stderr
        return done

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start ``mcloud …`` and let it run."""
        return subprocess.Popen(
            [sys.executable, "-m", "mcloud.cli.main", *arguments],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def inventory(self, cloud: Running | None = None) -> dict[str, list[dict[str, Any]]]:
        """What a cloud holds: the desk's first one unless another is given."""
        app = (cloud or self.cloud).app
        app.cloud.agenda.settle()
        return app.inventory()

    def counts(self) -> dict[str, int]:
        """How many of each kind it holds, without those it holds none of."""
        return {kind: len(items) for kind, items in self.inventory().items() if items}

    def profile(self, name: str, cloud: Running, secret: str = "") -> None:
        """Write an emulator's part of a profile; the parts of other clouds stay."""
        self.monkeypatch.setenv("MCLOUD_CONFIG_DIR", str(self.folder / ".config"))
        values = {"client_secret": secret or cloud.client_secret}
        objects = cloud.objects
        if objects is not None:
            values |= {"access_key": objects.access_key, "secret_key": objects.secret_key}
        secrets = {}
        for key, value in values.items():
            file = self.folder / f"{name}.{cloud.app.name}.{key}.secret"
            file.write_text(value)
            file.chmod(0o600)
            secrets[key] = f"file:{file}"
        part = load(cloud.app.name).whole_profile(cloud.url, cloud.client_id, objects.url if objects else None)
        save_profile(name, {cloud.app.name: {**part, "secrets": secrets}})

    def fault(self, **rule: Any) -> None:
        """Arm a fault."""
        self.cloud.app.faults.add(FaultRule(**rule))

    def write(self, name: str, document: Any) -> Path:
        """A stack file."""
        path = self.folder / name
        path.write_text(document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False))
        return path

    def small(self, **changes: Any) -> dict[str, Any]:
        """One network with a subnet, and one server."""
        document: dict[str, Any] = {
            "mcloud": 1,
            "name": "small",
            "placement": "vng/hcm",
            "networks": {
                "main": {"cidr": "10.20.0.0/16", "subnets": {"a": {"cidr": "10.20.1.0/24", "zone": "HCM03-1C"}}}
            },
            "servers": {
                "web": {
                    "size": {"vcpu": 2, "memory": "4 GiB"},
                    "image": {"os": "ubuntu", "version": "22.04"},
                    "subnet": "a",
                }
            },
        }
        document.update(changes)
        return document


def environment(folder: Path) -> dict[str, str]:
    """The environment of a command: its own configuration, the machine's engine."""
    own = ("MCLOUD_", "PULUMI_", "CLIENT_", "AWS_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    cache = {"MCLOUD_CACHE_DIR": os.environ["MCLOUD_CACHE_DIR"]} if "MCLOUD_CACHE_DIR" in os.environ else {}
    return {
        **kept,
        **cache,
        "MCLOUD_CONFIG_DIR": str(folder / ".config"),
        "MCLOUD_STATE_DIR": str(folder / ".state"),
        "MCLOUD_PROFILE": "emulator",
    }


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk with the example stacks, on a cloud whose states last a thousandth of the vendor's."""
    with serve(SPEC, clock=Clock(0.001)) as cloud:
        for name in ("web.yaml", "web-changed.yaml"):
            shutil.copy(EXAMPLES / name, tmp_path / name)
        desk = Desk(tmp_path, cloud, monkeypatch, environment(tmp_path))
        desk.profile("emulator", cloud)
        yield desk


@pytest.fixture
def aws(desk: Desk) -> Iterator[Running]:
    """A second cloud for the desk, in the same profile."""
    with serve(AWS, clock=Clock(0.001)) as cloud:
        desk.profile("emulator", cloud)
        yield cloud
