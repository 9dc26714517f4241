"""Both emulated clouds in this process, on ports that stay the same, and mcloud beside them as a person types it.

What is there can be forked: a child serves a copy of the clouds on the same ports while its parent does not, so a case
begins with a stack that is up already, in a twentieth of the time that bringing it up takes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mcloud.adapter.profile import save_profile
from mcloud.emulator.app import EmulatorApp
from mcloud.emulator.clock import Clock
from mcloud.emulator.server import Credentials, build, listen, listen_for_objects, make_server
from mcloud.emulator.spec import load
from mcloud.paths import cache_dir

CLOUDS = ("vng", "aws")
STACK = "shop.yaml"
FACTOR = 0.001
"""A second of the vendors' is a millisecond here."""
PHYSICAL = re.compile(r"-[a-hjkmnp-z2-9]{6}-[0-9a-f]{5}")
HEX = re.compile(r"[0-9a-f]{8,}(-[0-9a-f]{4,})*")
TIMEOUT = 1200.0
"""Seconds after which a command counts as one that does not end."""
Thing = tuple[str, str, str, str]


@dataclass
class Emulated:
    """One cloud with its sockets."""

    app: EmulatorApp
    listener: Any
    objects: Any
    credentials: Credentials
    record: Path

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answer while the block runs; the ports stay."""
        # The server closes what it is given.
        objects = self.objects.dup() if self.objects is not None else None
        server = make_server(self.app, objects)
        sockets = [self.listener.dup(), *([objects] if objects is not None else [])]
        thread = threading.Thread(target=server.run, kwargs={"sockets": sockets}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield
        finally:
            server.should_exit = True
            # Calls that hang on a fault would be waited for.
            server.force_exit = True
            thread.join(20)


@dataclass
class Done:
    """How a command ended."""

    exit_code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """All that it said."""
        return self.out + self.err


@dataclass
class Ground:
    """A folder with a stack, its profile, and the clouds.

    Attributes:
        folder: everything of this ground; ``work`` in it is where commands are typed.
    """

    folder: Path
    clouds: dict[str, Emulated] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.work = self.folder / "work"
        self.work.mkdir(parents=True, exist_ok=True)
        own = ("MCLOUD_", "PULUMI_", "CLIENT_", "AWS_", "VSTORAGE_")
        # Where nothing compiled is kept, each of the many processes compiles everything anew.
        left_out = (*own, "PYTHONDONTWRITEBYTECODE")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(left_out)}
        self.env = {
            **kept,
            "MCLOUD_CACHE_DIR": str(cache_dir()),
            "MCLOUD_CONFIG_DIR": str(self.folder / "config"),
            "MCLOUD_STATE_DIR": str(self.folder / "state"),
            "MCLOUD_PROFILE": "emulator",
        }
        if not self.clouds:
            self.clouds = {name: self._made(name) for name in CLOUDS}
            self._write_profile()

    def _made(self, name: str) -> Emulated:
        credentials = Credentials(f"{name}-client", "test-secret", "TESTACCESSKEY", "test-secret-key")
        record = self.folder / f"{name}.jsonl"
        app = build(load(name), credentials, Clock(FACTOR), record)
        return Emulated(app, listen(0), listen_for_objects(app), credentials, record)

    def _write_profile(self) -> None:
        os.environ["MCLOUD_CONFIG_DIR"] = self.env["MCLOUD_CONFIG_DIR"]
        parts = {}
        for name, cloud in self.clouds.items():
            values = {"client_secret": cloud.credentials.client_secret}
            if cloud.objects is not None:
                values |= {"access_key": cloud.credentials.access_key, "secret_key": cloud.credentials.secret_key}
            files = {key: self.folder / f"{name}.{key}.secret" for key in values}
            for key, file in files.items():
                file.write_text(values[key], encoding="utf-8")
                file.chmod(0o600)
            profile = load(name).whole_profile(
                _url(cloud.listener), cloud.credentials.client_id, _url(cloud.objects) if cloud.objects else None
            )
            parts[name] = {**profile, "secrets": {key: f"file:{file}" for key, file in files.items()}}
        save_profile("emulator", parts)

    def copy(self, folder: Path) -> Ground:
        """The same clouds, with a copy of the stack's folder; for a child process."""
        shutil.copytree(self.work, folder / "work")
        other = Ground(folder, self.clouds)
        other.env = {**self.env}
        return other

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Both clouds answer."""
        with ExitStack() as stack:
            for cloud in self.clouds.values():
                stack.enter_context(cloud.serving())
            yield

    def write(self, program: Mapping[str, Any]) -> None:
        """The stack file."""
        (self.work / STACK).write_text(yaml.safe_dump(dict(program), sort_keys=False), encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start ``mcloud …``; what it says goes to files."""
        with (self.folder / "out").open("w") as out, (self.folder / "err").open("w") as err:
            return subprocess.Popen(
                [sys.executable, "-m", "mcloud.cli.main", *arguments],
                cwd=self.work,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                text=True,
            )

    def ended(self, run: subprocess.Popen[str], what: str) -> Done:
        """Wait for its end; a command that does not end is killed and has the exit code 124."""
        try:
            code = run.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            code = 124
        done = Done(code, (self.folder / "out").read_text(), (self.folder / "err").read_text())
        self.log.append(f"$ mcloud {what}\n{done.out}{done.err}-> {code}\n")
        return done

    def run(self, *arguments: str) -> Done:
        """Run ``mcloud …`` to its end."""
        return self.ended(self.start(*arguments), " ".join(arguments))

    def recorded(self) -> dict[str, int]:
        """Where the clouds' recordings end."""
        return {
            name: cloud.record.stat().st_size if cloud.record.exists() else 0 for name, cloud in self.clouds.items()
        }

    def calm(self) -> None:
        """No fault is left, and time goes fast."""
        for cloud in self.clouds.values():
            cloud.app.faults.clear()
            cloud.app.cloud.agenda.clock.factor = FACTOR

    def inventory(self) -> Counter[Thing]:
        """What the clouds hold, without what is other in each run: cloud, kind, region, name."""
        found: Counter[Thing] = Counter()
        for name, cloud in self.clouds.items():
            cloud.app.cloud.agenda.settle()
            for kind, items in cloud.app.inventory().items():
                found.update((name, kind, str(item.get("region", "")), _name(kind, item)) for item in items)
        return found


def _name(kind: str, item: Mapping[str, Any]) -> str:
    name = str(item.get("name") or item.get("displayName") or "")
    if kind in ("servers", "instances"):
        # One that was stopped for a change and not started again is not what the program says.
        name += f" {item['status']}"
    if "portRangeMin" in item:
        names = ("direction", "protocol", "portRangeMin", "portRangeMax", "remoteIpPrefix")
        name = " ".join(str(item.get(key)) for key in names)
    return HEX.sub("#", PHYSICAL.sub("", name))


def _url(listener: Any) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"
