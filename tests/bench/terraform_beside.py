"""``mcloud up`` beside ``terraform apply`` with the vendor's own provider: the same estate, the same emulator, one run.

    python tests/bench/terraform_beside.py /path/to/terraform-provider-vngcloud [--servers 100] [--factor 0.02]

Terraform runs twice, with its default of 10 at once and with 100. The emulator is emptied before each side, and what
each side made is counted. Nothing here is a test: it prints a table.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from estate import FLAVOR, Estate
from run import machine

from mcloud.adapter.profile import save_profile
from mcloud.emulator.clock import Clock
from mcloud.emulator.server import Running, serve
from mcloud_vng.emulator import SPEC

HERE = Path(__file__).parent
TARGET = 0.5
PARALLEL = (10, 100)
CREDENTIALS = {"client_id": "bench", "client_secret": "bench-secret"}


def say(text: str) -> None:
    """A line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def timed(command: list[str], folder: Path, env: dict[str, str]) -> float:
    """Seconds; SystemExit with what it said where it fails."""
    started = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return seconds


def empty(cloud: Running) -> None:
    """As on the first day, with enough of the one flavor."""
    emulated = cloud.app.cloud
    emulated.tune("reset", {})
    emulated.tune("stock", {"flavor": FLAVOR["name"], "remaining": 10_000})
    emulated.tune("quota", {"name": "VM", "limit": 10_000})
    emulated.tune("quota", {"name": "VCPU", "limit": 100_000})
    emulated.tune("quota", {"name": "VOLUME", "limit": 10_000})
    emulated.tune("quota", {"name": "VOLUME_SIZE", "limit": 1_000_000})


def check(cloud: Running, estate: Estate) -> None:
    """Stop where a side did not make the estate."""
    held = httpx.get(f"{cloud.url}/_mcloud/inventory").json()
    rules = [rule for rule in held["rules"] if rule["direction"] == "ingress"]
    there = {kind: len(held[kind]) for kind in estate.counts} | {"rules": len(rules)}
    if there != estate.counts:
        raise SystemExit(f"the estate is not there: {there}, wanted {estate.counts}")


def ours(cloud: Running, estate: Estate, folder: Path) -> float:
    """Seconds of ``mcloud up``."""
    empty(cloud)
    os.environ["MCLOUD_CONFIG_DIR"] = str(folder / "config")
    secret = folder / "secret"
    secret.write_text(cloud.client_secret)
    secret.chmod(0o600)
    part = {**SPEC.profile(cloud.url, cloud.client_id), "secrets": {"client_secret": f"file:{secret}"}}
    save_profile("emulator", {"vng": part})
    stack = folder / "estate.json"
    stack.write_text(json.dumps(estate.stack()))
    command = [str(Path(sys.executable).parent / "mcloud"), "up", str(stack), "--profile", "emulator"]
    seconds = timed(command, folder, dict(os.environ))
    check(cloud, estate)
    return seconds


def theirs(cloud: Running, estate: Estate, folder: Path, provider: Path, at_once: int) -> float:
    """Seconds of ``terraform apply``."""
    empty(cloud)
    shutil.copy(HERE / "bench.tf", folder / "main.tf")
    (folder / "estate.tf.json").write_text(json.dumps(estate.terraform()))
    (folder / "terraform.tfvars.json").write_text(json.dumps({"base": cloud.url, **CREDENTIALS}))
    cli = folder / "cli.tfrc"
    overrides = f'dev_overrides {{ "vngcloud/vngcloud" = "{provider.parent}" }}'
    cli.write_text(f"provider_installation {{\n  {overrides}\n  direct {{}}\n}}\n")
    env = {**os.environ, "TF_CLI_CONFIG_FILE": str(cli), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    command = ["terraform", "apply", "-auto-approve", "-input=false", "-no-color", f"-parallelism={at_once}"]
    seconds = timed(command, folder, env)
    check(cloud, estate)
    return seconds


def table(rows: list[dict[str, Any]]) -> str:
    """The figures for people."""
    lines = ["| what | seconds | mcloud's part of it | target | met |", "|-|-|-|-|-|"]
    for row in rows:
        ratio = "-" if row["ratio"] is None else f"{row['ratio']:.2f}"
        met = {None: "", True: "yes", False: "NO"}[row["met"]]
        lines.append(f"| {row['what']} | {row['seconds']:.1f} | {ratio} | {row['target']} | {met} |")
    return "\n".join(lines)


def main() -> None:
    """Run both sides, or say aloud that nothing was measured."""
    parser = argparse.ArgumentParser()
    parser.add_argument("provider", nargs="?", type=Path)
    parser.add_argument("--servers", type=int, default=100)
    parser.add_argument("--factor", type=float, default=0.02, help="of the vendor's state times")
    parser.add_argument("--parallel", type=int, nargs="*", default=list(PARALLEL), help="Terraform's -parallelism")
    arguments = parser.parse_args()
    if arguments.provider is None or shutil.which("terraform") is None:
        missing = "no PROVIDER=<binary> was given" if arguments.provider is None else "terraform is not installed"
        say(f"SKIPPED: {missing}; nothing was measured beside the vendor's provider")
        return
    if not arguments.provider.is_file():
        raise SystemExit(f"there is no provider at {arguments.provider}")
    estate = Estate(arguments.servers)
    rows: list[dict[str, Any]] = []
    with serve(SPEC, **CREDENTIALS, clock=Clock(arguments.factor)) as cloud, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ours").mkdir()
        up = ours(cloud, estate, folder / "ours")
        rows.append(
            {"what": f"mcloud up, {estate.servers} servers", "seconds": up, "ratio": None, "target": "", "met": None}
        )
        say(table(rows[-1:]).splitlines()[-1])
        for at_once in arguments.parallel:
            place = folder / f"theirs-{at_once}"
            place.mkdir()
            seconds = theirs(cloud, estate, place, arguments.provider.absolute(), at_once)
            ratio = up / seconds
            what = f"terraform apply -parallelism={at_once}"
            rows.append(
                {"what": what, "seconds": seconds, "ratio": ratio, "target": f"<= {TARGET}", "met": ratio <= TARGET}
            )
            say(table(rows[-1:]).splitlines()[-1])
    load = os.getloadavg()[0]
    say(f"\n{machine()}; state times x {arguments.factor:g}; load at the end {load:.1f}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
