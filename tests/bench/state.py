"""What keeping the state costs: so many resources on the real engine, by each backend.

python tests/bench/state.py [--resources N] [--json]

The resources are components: the engine plans them, runs them and writes them into the state as any other, and no
provider and no cloud takes part, so that what is measured is the engine and its state.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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

THREADS = 64
KEPT: dict[str, type[StateFolder]] = {"state server": JournaledState, "file backend": FileState}
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


def measure(kept: type[StateFolder], count: int) -> dict[str, tuple[float, float]]:
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
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    rows = {name: measure(kept, arguments.resources) for name, kept in KEPT.items()}
    when = datetime.now(UTC).isoformat(timespec="minutes")
    head = f"{machine()}; {when}; load {load:.1f} before, {os.getloadavg()[0]:.1f} after"
    if arguments.json:
        document = {"machine": head, "resources": arguments.resources, "seconds": rows}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return
    sys.stdout.write(f"{head}\nby the clock / of the processors\n\n")
    sys.stdout.write(f"| {arguments.resources:,} resources | {' | '.join(STEPS)} |\n|-|-|-|-|\n")
    for name, seconds in rows.items():
        cells = [f"{clock:.1f} s / {used:.1f} s" for clock, used in (seconds[step] for step in STEPS)]
        sys.stdout.write(f"| {name} | {' | '.join(cells)} |\n")


if __name__ == "__main__":
    main()
