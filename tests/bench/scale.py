"""mcloud's engine alone, on a cloud that answers at once: so many resources, beside Terraform with as many.

    python tests/bench/scale.py [--resources 1000,5000,10000] [--terraform 1000] [--remote 1000] [--json]

The resources are keys of the null cloud (``null_cloud/``), and ``terraform_data`` of one block with ``count``, which
Terraform does faster than as many blocks. Every command is a whole one, from start to end, and what each leaves is
counted. Terraform keeps its default of 10 at once. With ``--remote`` the same is done with the state in a bucket of an
S3 that runs here (moto, in a process of its own, which is not counted). Nothing here is a test: it prints tables.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from processes import Used, measured
from run import machine

from mcloud.engine.journaled_state import JournaledState

HERE = Path(__file__).parent
STEPS = ("preview", "up", "no-op", "destroy")
CHANGES_PENDING = 2
NOT_OURS = ("MCLOUD_PROFILE", "MCLOUD_BACKEND_URL", "MCLOUD_STATE_BACKEND")
"""Of a person's environment: they would take the state elsewhere."""
UP, NO_OP, GROWTH, MEMORY, REMOTE = 0.4, 2.0, 12.0, 1.5e9, 2.0
"""At most: of Terraform's time, of Terraform's time, 10,000 of 1,000's time, bytes at 10,000, of the local state's
time."""
Measured = dict[str, Used]
Bucket = tuple[str, dict[str, str]]


def say(text: str) -> None:
    """A line at once."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@contextmanager
def bucket() -> Iterator[Bucket]:
    """A bucket of moto's, as an address and what must be in the environment to use it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with suppress(httpx.TransportError):
                httpx.put(f"{url}/states", trust_env=False).raise_for_status()
                break
            time.sleep(0.1)
        keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "testing")
        yield f"s3://states/bench?endpoint={url}&region=us-east-1", keys
    finally:
        server.kill()
        server.wait()


def ours(count: int, folder: Path, remote: Bucket | None = None) -> Measured:
    """mcloud's commands on a fresh state, here or in a bucket."""
    stack = folder / "stack.json"
    keys = {f"thing-{number}": {"public_key": f"ssh-ed25519 AAAAC3Nza{number:060d} thing"} for number in range(count)}
    stack.write_text(json.dumps({"mcloud": 1, "name": "scale", "placement": "null/one", "keys": keys}))
    env = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    env |= {"PYTHONPATH": str(HERE / "null_cloud"), "MCLOUD_CONFIG_DIR": str(folder / "config")}
    address, where = None, ""
    if remote is not None:
        address, keys = remote
        where = ", state in a bucket"
        env |= {"MCLOUD_BACKEND_URL": address, **keys}
        os.environ |= keys
    command = [str(Path(sys.executable).parent / "mcloud")]

    def there() -> int:
        resources = JournaledState(folder / ".mcloud", address).deployment("scale").get("resources") or ()
        return sum(item["type"] == "mcloud:compute:KeyPair" for item in resources)

    found = {}
    for step, words, codes, left in (
        ("preview", ["preview", "stack.json"], (CHANGES_PENDING,), 0),
        ("up", ["up", "stack.json"], (0,), count),
        ("no-op", ["up", "stack.json"], (0,), count),
        ("destroy", ["destroy", "stack.json", "--yes"], (0,), 0),
    ):
        found[step], _ = measured([*command, *words], folder, env, codes)
        if there() != left:
            raise SystemExit(f"after {step} the state has {there()} keys, not {left}")
        say(f"mcloud {step} of {count:,}{where}: {words_of(found[step])}")
    return found


def theirs(count: int, folder: Path) -> Measured:
    """Terraform's commands on a fresh state."""
    block = {"count": count, "input": 'ssh-ed25519 AAAAC3Nza${format("%060d", count.index)} thing'}
    (folder / "main.tf.json").write_text(json.dumps({"resource": {"terraform_data": {"thing": block}}}))
    env = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    measured(["terraform", "init", "-input=false", "-no-color"], folder, env)
    found = {}
    for step, words, summary in (
        ("preview", ["plan"], f"{count} to add"),
        ("up", ["apply", "-auto-approve"], f"{count} added"),
        ("no-op", ["apply", "-auto-approve"], "0 added, 0 changed, 0 destroyed"),
        ("destroy", ["destroy", "-auto-approve"], f"{count} destroyed"),
    ):
        found[step], said = measured(["terraform", *words, "-input=false", "-no-color"], folder, env)
        if summary not in said:
            raise SystemExit(f"terraform {words[0]} does not say {summary!r}:\n{said[-500:]}")
        say(f"terraform {step} of {count:,}: {words_of(found[step])}")
    return found


def words_of(used: Used) -> str:
    """Seconds by the clock / of the processors."""
    return f"{used.seconds:.1f} s / {used.busy:.1f} s"


def met(holds: bool) -> str:
    """A target's verdict."""
    return "met" if holds else "NOT met"


def verdicts(mcloud: Mapping[int, Measured], terraform: Mapping[int, Measured]) -> list[str]:
    """Each target with the figure and the verdict; one that was not measured is said to be so."""
    lines = []
    for count, peer in sorted(terraform.items()):
        for step, target in (("up", UP), ("no-op", NO_OP)):
            mine = mcloud[count][step]
            ratio = mine.seconds / peer[step].seconds
            busy = f"{mine.busy / peer[step].busy:.2f} x" if peer[step].busy else "too little to tell"
            verdict = f" (target <= {target:g} x): {met(ratio <= target)}" if count == 1_000 else ""
            lines.append(f"{step} of {count:,}: {ratio:.2f} x terraform's{verdict}; of the processors {busy}")
    if 1_000 not in terraform:
        lines.append(f"up and no-op of 1,000 beside terraform (targets <= {UP:g} x and {NO_OP:g} x): not measured")
    if {1_000, 10_000} <= set(mcloud):
        many, few = mcloud[10_000]["up"], mcloud[1_000]["up"]
        ratio, busy = many.seconds / few.seconds, many.busy / few.busy
        verdict = f"(target <= {GROWTH:g} x): {met(ratio <= GROWTH)}"
        lines.append(f"up of 10,000: {ratio:.1f} x that of 1,000 {verdict}; of the processors {busy:.1f} x")
    else:
        lines.append(f"up of 10,000 beside 1,000 (target <= {GROWTH:g} x): not measured")
    if 10_000 in mcloud:
        peak = max(used.peak for used in mcloud[10_000].values())
        verdict = met(peak <= MEMORY)
        lines.append(f"memory at 10,000: {peak / 1e9:.2f} GB (target <= {MEMORY / 1e9:g} GB): {verdict}")
    else:
        lines.append(f"memory at 10,000 (target <= {MEMORY / 1e9:g} GB): not measured")
    return lines


def beside_local(mcloud: Mapping[int, Measured], remote: Mapping[int, Measured]) -> list[str]:
    """The state in a bucket beside the state in a folder."""
    lines = []
    for count, found in sorted(remote.items()):
        for step in STEPS[1:]:
            ratio = found[step].seconds / mcloud[count][step].seconds
            verdict = f" (target <= {REMOTE:g} x): {met(ratio <= REMOTE)}" if count == 1_000 else ""
            busy = found[step].busy / mcloud[count][step].busy
            lines.append(f"{step} of {count:,} in a bucket: {ratio:.2f} x a folder's{verdict}; processors {busy:.2f} x")
    return lines or [f"state in a bucket beside a local one (target <= {REMOTE:g} x): not measured"]


def fits(mcloud: Mapping[int, Measured]) -> list[str]:
    """How each step grows, by the clock and by the processors; needs two sizes."""
    if len(mcloud) < 2:
        return ["fit: needs at least two sizes"]
    lines = []
    for step in STEPS:
        clock, at = fitted({count: found[step].seconds for count, found in mcloud.items()})
        busy, _ = fitted({count: found[step].busy for count, found in mcloud.items()})
        how = "fitted" if 10_000 in mcloud else "beyond what was measured"
        grown = f"n^{clock:.2f} ({at:.0f} s at 10,000, {how}), processors' with n^{busy:.2f}"
        if {1_000, 10_000} <= set(mcloud):
            many, few = mcloud[10_000][step], mcloud[1_000][step]
            ratios = f"{many.seconds / few.seconds:.1f} x by the clock, {many.busy / few.busy:.1f} x of the processors"
            grown += f"; 10,000 is {ratios}"
        lines.append(f"fit of {step}: seconds grow with {grown}")
    return lines


def fitted(seconds: Mapping[int, float]) -> tuple[float, float]:
    """Least squares on the logarithms: the power, and the value at 10,000."""
    points = [(math.log(count), math.log(max(value, 0.01))) for count, value in sorted(seconds.items())]
    middle = sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
    over = sum((x - middle[0]) * (y - middle[1]) for x, y in points)
    power = over / sum((x - middle[0]) ** 2 for x, _ in points)
    return power, math.exp(middle[1] + power * (math.log(10_000) - middle[0]))


def table(
    mcloud: Mapping[int, Measured], remote: Mapping[int, Measured], terraform: Mapping[int, Measured]
) -> list[str]:
    """The figures for people: seconds by the clock / of the processors, and the memory."""
    lines = [f"| resources | | {' | '.join(STEPS)} | peak memory |", "|-|-|-|-|-|-|-|"]
    for count in sorted(mcloud):
        for name, side in (("mcloud", mcloud), ("state in a bucket", remote), ("terraform", terraform)):
            if count in side:
                cells = [words_of(side[count][step]) for step in STEPS]
                peak = max(used.peak for used in side[count].values())
                lines.append(f"| {count:,} | {name} | {' | '.join(cells)} | {peak / 1e6:.0f} MB |")
    lines += ["", "| mcloud's parts, of the processors | preview | up | no-op | destroy | memory at the peak |"]
    lines += ["|-|-|-|-|-|-|"]
    for count, found in sorted(mcloud.items()):
        worst = max(found.values(), key=lambda used: used.peak)
        for role in sorted({role for used in found.values() for role in used.processor}):
            cells = [f"{found[step].processor.get(role, 0):.1f} s" for step in STEPS]
            lines.append(f"| {count:,}: {role} | {' | '.join(cells)} | {worst.memory.get(role, 0) / 1e6:.0f} MB |")
    return lines


def sizes(text: str) -> list[int]:
    """Numbers from a list with commas; none from an empty text."""
    return sorted({int(part) for part in text.split(",") if part.strip()})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--resources", type=sizes, default=sizes("1000,5000,10000"), help="sizes, with commas")
    parser.add_argument(
        "--terraform", type=sizes, default=sizes("1000"), help="sizes at which Terraform runs too, or '' for none"
    )
    parser.add_argument("--remote", type=sizes, default=sizes("1000"), help="sizes with the state in a bucket too")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    beside = [count for count in arguments.terraform if count in arguments.resources]
    if beside and shutil.which("terraform") is None:
        say("SKIPPED: terraform is not installed; nothing was measured beside it")
        beside = []
    load = os.getloadavg()[0]
    mcloud: dict[int, Measured] = {}
    remote: dict[int, Measured] = {}
    terraform: dict[int, Measured] = {}
    say("a round with one resource first, which is not counted")
    with tempfile.TemporaryDirectory() as name:
        ours(1, Path(name))
    for count in arguments.resources:
        for side, run, wanted in ((mcloud, ours, True), (terraform, theirs, count in beside)):
            if wanted:
                with tempfile.TemporaryDirectory() as name:
                    side[count] = run(count, Path(name))
        if count in arguments.remote:
            with tempfile.TemporaryDirectory() as name, bucket() as address:
                remote[count] = ours(count, Path(name), address)
    when = datetime.now(UTC).isoformat(timespec="minutes")
    head = f"{machine()}; {when}; load {load:.1f} before, {os.getloadavg()[0]:.1f} after"
    lines = [*verdicts(mcloud, terraform), *beside_local(mcloud, remote), *fits(mcloud)]
    if arguments.json:
        document: dict[str, Any] = {"machine": head, "verdicts": lines}
        for name, side in (("mcloud", mcloud), ("remote", remote), ("terraform", terraform)):
            document[name] = {
                count: {step: asdict(used) for step, used in found.items()} for count, found in side.items()
            }
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return
    said = [head, "seconds by the clock / of the processors", "", *table(mcloud, remote, terraform), "", *lines]
    sys.stdout.write("\n".join(said) + "\n")


if __name__ == "__main__":
    main()
