"""The benchmark: a table with the machine named, ratios within one run.

python tests/bench/run.py [--json] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from mcloud.adapter.profile import save_profile
from mcloud.emulator.clock import Clock
from mcloud.emulator.server import serve
from mcloud_vng.emulator import SPEC

EXAMPLE = Path(__file__).parents[2] / "examples" / "web.yaml"
SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Row = dict[str, Any]


def seconds(work: Callable[[], object], rounds: int) -> float:
    """The median of so many rounds."""
    found = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return statistics.median(found)


def command(*words: str) -> Callable[[], object]:
    """A whole command, from start to end."""
    return lambda: subprocess.run(words, capture_output=True, check=True)


def start_up(rounds: int) -> list[Row]:
    """``mcloud --help`` beside a bare Python and ``terraform -help``."""
    mcloud = str(Path(sys.executable).parent / "mcloud")
    ours = seconds(command(mcloud, "--help"), rounds)
    bare = seconds(command(sys.executable, "-c", "pass"), rounds)
    rows = [row("mcloud --help", ours, bare, "bare Python", target="0.150 s", met=ours <= 0.15)]
    if shutil.which("terraform"):
        rows.append(row("mcloud --help", ours, seconds(command("terraform", "-help"), rounds), "terraform -help"))
    return rows


def row(what: str, ours: float, peer: float | None, peer_name: str, target: str = "", met: bool | None = None) -> Row:
    """One line of the table."""
    ratio = ours / peer if peer else None
    return {
        "what": what,
        "seconds": ours,
        "peer": peer_name,
        "peer_seconds": peer,
        "ratio": ratio,
        "target": target,
        "met": met,
    }


def stack_of(servers: int) -> dict[str, Any]:
    """A stack with so many servers in ten kinds."""
    document = yaml.safe_load(EXAMPLE.read_text())
    document.pop("variables")
    document.pop("outputs")
    base = document["servers"]["db"]
    document["servers"] = {
        f"s{index}": {**base, "size": {"vcpu": 2 ** (index % 4 + 1), "memory": f"{2 ** (index % 4 + 2)} GiB"}}
        for index in range(servers)
    }
    return dict(document)


def planning(rounds: int) -> list[Row]:
    """Load, validate, match and translate, beside reading the same file with a bare parser."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for servers, target in ((1_000, 1.0), (10_000, 5.0)):
            path = Path(folder) / f"{servers}.json"
            path.write_text(json.dumps(stack_of(servers)))
            ours = seconds(lambda path=path: plan_file(path), rounds)
            peer = seconds(lambda path=path: json.loads(path.read_text()), rounds)
            what = f"load + validate + match + translate, {servers:,} servers (JSON)"
            found.append(row(what, ours, peer, "json.loads of the file", f"{target:g} s", ours < target))
        lines = Path(folder) / "long.yaml"
        lines.write_text(yaml.safe_dump(stack_of(1_110), sort_keys=False))
        count = len(lines.read_text().splitlines())
        from mcloud.load import load_stack

        ours = seconds(lambda: load_stack(lines), rounds)
        peer = seconds(lambda: yaml.load(lines.read_text(), SAFE_LOADER), rounds)  # noqa: S506 - a safe one
        found.append(row(f"load of a YAML stack of {count:,} lines", ours, peer, "yaml.CSafeLoader"))
    return found


def plan_file(path: Path) -> int:
    """What preview does before the engine starts; the bodies that would be sent, counted."""
    from mcloud.adapter import registry
    from mcloud.load import load_stack
    from mcloud.match.plan import plan
    from mcloud.model.graph import build_graph
    from mcloud.validate import validate

    loaded = load_stack(path)
    assert not any(item.severity == "block" for item in validate(loaded.stack))
    adapter = registry.get("vng")
    planned = plan(build_graph(loaded.stack, loaded.read_text), lambda placement: adapter.catalog())
    assert all(item.problem is None for item in planned)
    bodies = 0
    for item in planned:
        inputs = {**item.node.inputs, "name": item.node.name}
        if "subnet" in inputs:
            inputs["subnet"] = "net-1/sub-1"
        adapter.kinds[item.node.kind].translate(inputs, item.picks)
        bodies += 1
    return bodies


@contextmanager
def desk() -> Any:
    """A folder, an emulated cloud whose states last a fiftieth of the vendor's, and a profile for it."""
    with tempfile.TemporaryDirectory() as name, serve(SPEC, clock=Clock(0.02)) as cloud:
        folder = Path(name)
        os.environ["MCLOUD_CONFIG_DIR"] = str(folder / "config")
        secret = folder / "secret"
        secret.write_text(cloud.client_secret)
        secret.chmod(0o600)
        save_profile(
            "emulator",
            {"vng": {**SPEC.profile(cloud.url, cloud.client_id), "secrets": {"client_secret": f"file:{secret}"}}},
        )
        os.environ["MCLOUD_PROFILE"] = "emulator"
        yield folder, cloud


def deploying() -> list[Row]:
    """``up`` of 30 servers beside the critical path of the emulator's own state times."""
    with desk() as (folder, cloud):
        path = folder / "stack.json"
        path.write_text(json.dumps(stack_of(30)))
        times = {name: value * 0.02 for name, value in cloud.app.cloud.times().items()}
        critical = times["network-create"] + times["subnet-create"] + times["server-create"]
        mcloud = str(Path(sys.executable).parent / "mcloud")
        up = seconds(command(mcloud, "up", str(path)), 1)
        again = seconds(command(mcloud, "up", str(path)), 1)
        destroy = seconds(command(mcloud, "destroy", str(path), "--yes"), 1)
    what = "critical path of the state times (factor 0.02)"
    return [
        row("up of 30 servers", up, critical, what),
        row("up again, nothing to change", again, up, "the first up"),
        row("destroy of 30 servers", destroy, up, "the first up"),
    ]


def discovering(servers: int = 1000, rounds: int = 3) -> list[Row]:
    """Discovery of many servers beside bare paginators, turn by turn, with moto in a process of its own."""
    sys.path.insert(0, str(EXAMPLE.parents[1]))
    from tests.bench.discovery import measured

    found = measured(servers, rounds)
    ours, bare = found.medians
    processor = "{:.2f} s against {:.2f} s".format(*found.processor_medians)
    what = f"discover aws, {servers:,} servers with volumes and groups on moto (of this side's processors {processor})"
    return [row(what, ours, bare, "boto3 paginators, the same pages", "1.5 x", ours <= 1.5 * bare)]


def machine() -> str:
    """The machine in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = platform.python_version()
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}, {platform.system()}, Python {python}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rows = [*start_up(arguments.rounds), *planning(arguments.rounds), *deploying(), *discovering()]
    if arguments.json:
        sys.stdout.write(json.dumps({"machine": machine(), "rows": rows}, indent=2) + "\n")
        return
    sys.stdout.write(f"{machine()}\n\n| what | seconds | beside | seconds | ratio | target | met |\n|-|-|-|-|-|-|-|\n")
    for item in rows:
        peer = f"{item['peer_seconds']:.3f}" if item["peer_seconds"] else "-"
        ratio = f"{item['ratio']:.2f}" if item["ratio"] else "-"
        met = {None: "", True: "yes", False: "NO"}[item["met"]]
        cells = (item["what"], f"{item['seconds']:.3f}", item["peer"], peer, ratio, item["target"], met)
        sys.stdout.write(f"| {' | '.join(cells)} |\n")


if __name__ == "__main__":
    main()
