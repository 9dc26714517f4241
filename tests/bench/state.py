"""What keeping the state costs: so many resources on the real engine, by each backend and in each store.

python tests/bench/state.py [--resources N] [--only NAME,…] [--json]

The resources are components: the engine plans them, runs them and writes them into the state as any other, and no
provider and no cloud takes part, so that what is measured is the engine and its state. The bucket is on moto in a
process of its own, the database in Debian's PostgreSQL with fsync; both on loopback.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2, resource_pb2, resource_pb2_grpc
from run import machine

from mcloud.engine import install
from mcloud.engine.codec import encode
from mcloud.engine.file_state import FileState
from mcloud.engine.journaled_state import JournaledState
from mcloud.engine.process import Engine
from mcloud.engine.state import StateFolder

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.postgres import PASSWORD, Database
from tests.s3 import KEYS

THREADS = 64
ROOT = Path(__file__).parents[2]
FOLDER, BUCKET, DATABASE, FILE = "state server", "bucket", "database", "file backend"
TARGET = 2.0
"""At most so many times what the folder takes, in a store that several machines share."""
BUCKETS = """
import sys
from tests.s3 import ObjectStore
print(ObjectStore().bucket("states"), flush=True)
sys.stdin.read()
"""
Kept = Callable[[Path], StateFolder]
Measured = dict[str, tuple[float, float]]
UP, DESTROY = ("up", "--yes", "--skip-preview"), ("destroy", "--yes", "--skip-preview")
STEPS = {"up": UP, "no-op": UP, "destroy": DESTROY}
INPUTS = {"name": "server-0123456789", "placement": "cloud/region/zone", "size": {"vcpu": 2, "memory": "4 GiB"}}


class Program(language_pb2_grpc.LanguageRuntimeServicer):
    """So many components with some outputs, registered by many threads."""

    def __init__(self, count: int) -> None:
        self._count = count

    def Handshake(self, request: Any, context: Any) -> Any:
        return language_pb2.LanguageHandshakeResponse()

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        return language_pb2.GetRequiredPackagesResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="1.0.0")

    def Run(self, request: Any, context: Any) -> Any:
        with grpc.insecure_channel(request.monitor_address) as channel, ThreadPoolExecutor(THREADS) as pool:
            monitor = resource_pb2_grpc.ResourceMonitorStub(channel)

            def register(type_: str, name: str, parent: str = "") -> str:
                asked = resource_pb2.RegisterResourceRequest(
                    type=type_, name=name, parent=parent, custom=False, object=encode(INPUTS)
                )
                return str(monitor.RegisterResource(asked).urn)

            root = register("pulumi:pulumi:Stack", f"{request.project}-{request.stack}")
            list(pool.map(lambda number: register("bench:index:Thing", f"thing-{number}", root), range(self._count)))
        return language_pb2.RunResponse()


@contextmanager
def served(program: Program) -> Iterator[int]:
    """The program's port."""
    server = grpc.server(ThreadPoolExecutor(4))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(program, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=1).wait(5)


@contextmanager
def stores(wanted: Iterable[str]) -> Iterator[dict[str, Kept]]:
    """What makes a fresh state in each of them."""
    ways: dict[str, Kept] = {FOLDER: JournaledState, FILE: FileState}
    with ExitStack() as stack:
        if BUCKET in wanted:
            os.environ.update(KEYS)
            service = subprocess.Popen(
                [sys.executable, "-c", BUCKETS], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            stack.callback(service.kill)
            assert service.stdout is not None
            bucket = service.stdout.readline().strip()
            ways[BUCKET] = lambda path: JournaledState(path, bucket)
        if DATABASE in wanted:
            os.environ["PGPASSWORD"] = PASSWORD
            database = Database()
            stack.callback(database.stop)
            ways[DATABASE] = lambda path: JournaledState(path, database.address())
        yield {name: ways[name] for name in wanted}


def measure(kept: Kept, count: int) -> Measured:
    """Seconds of each step on a fresh state: by the clock, and of the processors in the engine and the state server."""
    binary = install.find()
    if binary is None:
        sys.exit("mcloud engine install comes first")
    found = {}
    with tempfile.TemporaryDirectory() as folder, served(Program(count)) as port:
        engine = Engine(binary, kept(Path(folder) / ".mcloud"), "bench", {})
        engine.prepare()
        for step, operation in STEPS.items():
            started, used = time.perf_counter(), processor()
            result = engine.run(operation, port, lambda event: None)
            found[step] = (time.perf_counter() - started, processor() - used)
            if result.exit_code != 0:
                sys.exit(f"{step} failed: {list(result.last_lines)}")
            there = len(engine.state.deployment("bench").get("resources") or ())
            expected = 0 if operation == DESTROY else count + 1
            if there != expected:
                sys.exit(f"after {step} the state has {there} resources, not {expected}")
    return found


def processor() -> float:
    """Seconds that the processes which we have started and waited for have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--resources", type=int, default=1_000)
    parser.add_argument("--only", default=",".join((FOLDER, BUCKET, DATABASE, FILE)), help="names, with commas")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    with stores(arguments.only.split(",")) as ways:
        rows = {name: measure(kept, arguments.resources) for name, kept in ways.items()}
    when = datetime.now(UTC).isoformat(timespec="minutes")
    head = f"{machine()}; {when}; load {load:.1f} before, {os.getloadavg()[0]:.1f} after"
    if arguments.json:
        found = list(compared(rows))
        document = {"machine": head, "resources": arguments.resources, "seconds": rows, "targets": found}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return
    sys.stdout.write(f"{head}\nby the clock / of the processors\n\n")
    sys.stdout.write(f"| {arguments.resources:,} resources | {' | '.join(STEPS)} |\n|-|-|-|-|\n")
    for name, seconds in rows.items():
        cells = [f"{clock:.1f} s / {used:.1f} s" for clock, used in (seconds[step] for step in STEPS)]
        sys.stdout.write(f"| {name} | {' | '.join(cells)} |\n")
    sys.stdout.write("\n")
    for item in compared(rows):
        met = "met" if item["met"] else "NOT met"
        what = f"{item['store']}: {item['step']} at most {TARGET:g} x the folder's"
        sys.stdout.write(f"{what}: {item['clock']:.2f} x by the clock, {item['processors']:.2f} x: {met}\n")


def compared(rows: Mapping[str, Measured]) -> Iterator[dict[str, Any]]:
    """What the stores of several machines take beside the folder, step by step and in all."""
    if FOLDER not in rows:
        return
    for name in (name for name in (BUCKET, DATABASE) if name in rows):
        for step in (*STEPS, "all"):
            ours, local = (
                [sum(times) for times in zip(*(rows[one][key] for key in STEPS if step in (key, "all")), strict=True)]
                for one in (name, FOLDER)
            )
            clock, processors = (mine / theirs for mine, theirs in zip(ours, local, strict=True))
            met = max(clock, processors) <= TARGET
            yield {"store": name, "step": step, "clock": clock, "processors": processors, "met": met}


if __name__ == "__main__":
    main()
