"""demo: the main job on emulators, each command as typed, with its output and time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer

from mcloud.cli.options import make_app
from mcloud.errors import McloudError, UsageError

GROUP = False
app = make_app("Show it all on emulators.")
SCRIPTS = "mcloud.demos"
"""Entry points of demos: name -> a folder with ``demo.json`` (the core knows none of them)."""


class DemoFailed(McloudError):
    """A step of the demo did not end as it must."""

    code = "demo"


@app.command()
def demo(
    name: Annotated[str | None, typer.Argument(help="Name of the demo; left out: the only one.")] = None,
    plant_leftover: bool = typer.Option(
        False, "--plant-leftover", help="Leave something on each cloud before the last check, which must then fail."
    ),
) -> None:
    """Run a demo: no account is needed, and nothing outside a temporary folder is touched."""
    folder = _folder(name)
    script = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="mcloud-demo-") as place:
        _Demo(script, folder, Path(place), plant_leftover).run()


def _folder(name: str | None) -> Path:
    points = {point.name: point for point in entry_points(group=SCRIPTS)}
    if name is None and len(points) == 1:
        name = next(iter(points))
    if name not in points:
        raise UsageError(f"there is no demo {name!r}", hint=f"known: {', '.join(points) or 'none'}")
    return Path(points[name].load()())


class _Demo:
    """One run: a folder of its own, with its own configuration and emulators."""

    def __init__(self, script: dict[str, Any], source: Path, place: Path, plant_leftover: bool) -> None:
        self.script = script
        self.place = place
        self.clouds: list[str] = script["clouds"]
        self.plant_leftover = plant_leftover
        for item in script["files"]:
            target = place / Path(item).name
            if (source / item).is_dir():
                shutil.copytree(source / item, target)
            else:
                shutil.copy(source / item, target)
        self.env = {
            **os.environ,
            "MCLOUD_CONFIG_DIR": str(place / ".config"),
            "MCLOUD_STATE_DIR": str(place / ".state"),
            "MCLOUD_PROFILE": "emulator",
            "PYTHONUNBUFFERED": "1",
        }
        for variable in ("MCLOUD_BACKEND_URL", "PULUMI_BACKEND_URL"):
            self.env.pop(variable, None)

    def run(self) -> None:
        """All steps; the emulators are stopped whatever happens."""
        started = time.monotonic()
        before: dict[str, Any] = {}
        try:
            for number, step in enumerate(self.script["steps"], 1):
                self._say(f"\n## {number}. {step['title']}")
                for command in step["commands"]:
                    self._command(command)
                if step.get("remember"):
                    before = {cloud: self._inventory(cloud) for cloud in self.clouds}
            if self.plant_leftover:
                for command in self.script["leftovers"]:
                    self._command(command)
            self._compare(before)
        finally:
            for cloud in self.clouds:
                self._mcloud(["emulator", "down", cloud])
        self._say(f"\nthe demo ran in {time.monotonic() - started:.0f} s; nothing is left, nothing is missing")

    def _say(self, text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def _command(self, command: dict[str, Any]) -> None:
        """One command; it must end with the code that the script says and print what it says."""
        words = [str(word) for word in command["run"]]
        if words[0] == "sleep":
            time.sleep(float(words[1]))
            return
        self._say(f"$ {' '.join(words)}")
        started = time.monotonic()
        done = self._mcloud(words[1:]) if words[0] == "mcloud" else self._python(words)
        if not command.get("quiet"):
            shown = (done.stdout + done.stderr).rstrip().splitlines()
            most = int(command.get("lines", 40))
            for line in shown[:most]:
                self._say(f"  {line}")
            if len(shown) > most:
                self._say(f"  … {len(shown) - most} more lines")
        wanted = int(command.get("exit", 0))
        self._say(f"  ({time.monotonic() - started:.1f} s, exit {done.returncode})")
        if done.returncode != wanted:
            raise DemoFailed(f"expected exit {wanted}: {(done.stderr or done.stdout)[-2000:]}")
        for text in command.get("says", ()):
            if text not in done.stdout + done.stderr:
                raise DemoFailed(f"{' '.join(words)} did not say {text!r}")

    def _mcloud(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mcloud.cli.main", *arguments]
        return self._run(command)

    def _python(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        return self._run([sys.executable, *words[1:]])

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own commands
            command, cwd=self.place, env=self.env, capture_output=True, text=True, check=False
        )

    def _inventory(self, cloud: str) -> dict[str, list[dict[str, Any]]]:
        done = self._mcloud(["emulator", "inventory", cloud, "--json"])
        if done.returncode != 0:
            raise DemoFailed(f"the inventory of {cloud} cannot be read: {done.stderr}")
        found: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
        return found

    def _compare(self, before: dict[str, Any]) -> None:
        self._say("\n## The emulators' inventories, before and after")
        problems = []
        for cloud in self.clouds:
            after = self._inventory(cloud)
            kinds = sorted({*before[cloud], *after})
            for kind in kinds:
                then, now = before[cloud].get(kind, []), after.get(kind, [])
                if then or now:
                    self._say(f"  {cloud} {kind}: {len(then)} before, {len(now)} after")
                left = [item for item in now if item not in then]
                missing = [item for item in then if item not in now]
                problems += [f"left behind: {cloud} {kind} {_name(item)}" for item in left]
                problems += [f"missing: {cloud} {kind} {_name(item)}" for item in missing]
            self._say(f"  {cloud}: nothing else, of {len(kinds)} kinds")
        if problems:
            raise DemoFailed("; ".join(problems), hint="destroy must leave exactly what was there before")


def _name(item: dict[str, Any]) -> str:
    return str(item.get("name") or item.get("displayName") or item.get("id") or item.get("uuid"))
