"""The order in which a graph is registered, with a monitor that answers at once, later, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from mcloud.engine import runtime
from mcloud.engine.codec import decode, encode
from mcloud.model.graph import Graph, Node

AT = {"placement": "cloud/region"}


class Call:
    """A registration whose answer comes from another thread."""

    def __init__(self, future: Any) -> None:
        self._future = future

    def add_done_callback(self, heard: Callable[[Any], None]) -> None:
        self._future.add_done_callback(lambda done: heard(self))

    def result(self) -> Any:
        return self._future.result()


class Monitor:
    """Registers; what is in ``refused`` fails."""

    def __init__(self, pool: ThreadPoolExecutor, refused: frozenset[str]) -> None:
        self._pool, self._refused = pool, refused
        self.order: list[str] = []
        self.got: dict[str, Any] = {}
        self.at_once = self.most = 0
        self._lock = threading.Lock()
        self.outputs: list[Any] = []
        self.RegisterResource = self
        self.RegisterResourceOutputs = self.outputs.append

    def __call__(self, request: Any) -> Any:
        return SimpleNamespace(urn="urn:root")

    def future(self, request: Any) -> Call:
        with self._lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        return Call(self._pool.submit(self._answer, request))

    def _answer(self, request: Any) -> Any:
        self.order.append(request.name)
        self.got[request.name] = decode(request.object)
        with self._lock:
            self.at_once -= 1
        if request.name in self._refused:
            raise grpc.RpcError()
        return SimpleNamespace(urn=f"urn:{request.name}", id=f"cloud/region/{request.name}", object=encode({}))


def run(graph: Graph, *refused: str) -> tuple[Monitor, runtime._Run]:
    with ThreadPoolExecutor(4) as pool:
        monitor = Monitor(pool, frozenset(refused))
        found = runtime._Run(graph, monitor, "mcloud", "dev", {})
        found.register_all()
    return monitor, found


def network(name: str) -> Node:
    return Node("Network", name, {**AT, "cidr": "10.0.0.0/16"}, ("networks", name))


def subnet(name: str, of: str) -> Node:
    return Node("Subnet", name, {**AT, "network": f"@Network/{of}", "cidr": "10.0.1.0/24"}, ("networks", of))


def test_each_after_what_it_needs() -> None:
    monitor, _ = run(Graph("dev", (subnet("web", "main"), network("main"), network("other"))))
    assert monitor.order.index("main") < monitor.order.index("web")
    assert sorted(monitor.order) == ["main", "other", "web"]
    assert monitor.got["web"]["network"] == "cloud/region/main"
    assert len(monitor.outputs) == 1


def test_what_needs_a_failed_one_is_not_registered_and_all_else_is() -> None:
    monitor, found = run(Graph("dev", (network("main"), subnet("web", "main"), network("other"))), "main")
    assert sorted(monitor.order) == ["main", "other"]
    assert found.failed == ["Network/main"]
    assert monitor.outputs == []


def test_only_so_many_are_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "AT_ONCE", 5)
    monitor, _ = run(Graph("dev", tuple(network(f"n-{number}") for number in range(60))))
    assert len(monitor.order) == 60
    assert monitor.most <= 5
