"""The language runtime that registers a graph: the engine asks it to "run the program", and the program is the graph.

A node is registered as soon as all that it needs has answered, many at once, by plain gRPC.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import Any

import grpc

from mcloud import __version__
from mcloud.engine.asked import output_value
from mcloud.engine.codec import UNKNOWN, decode, encode
from mcloud.engine.state import urn_of
from mcloud.engine.wire import alias_pb2, language_pb2, language_pb2_grpc, plugin_pb2, resource_pb2, resource_pb2_grpc
from mcloud.model.graph import Graph, Node

AT_ONCE = 256
"""Registrations under way; the engine takes no more at once either (``process.PARALLEL``)."""
_LIMITS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class GraphRuntime(language_pb2_grpc.LanguageRuntimeServicer):
    """Serves one run of one graph."""

    def __init__(self, graph: Graph, outputs: Mapping[str, Any]) -> None:
        self._graph = graph
        self._outputs = outputs
        self.failed: list[str] = []

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        return language_pb2.GetRequiredPackagesResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=__version__)

    def Handshake(self, request: Any, context: Any) -> Any:
        return language_pb2.LanguageHandshakeResponse()

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        return iter(())

    def Run(self, request: Any, context: Any) -> Any:
        with grpc.insecure_channel(request.monitor_address, options=_LIMITS) as channel:
            monitor = resource_pb2_grpc.ResourceMonitorStub(channel)
            run = _Run(self._graph, monitor, request.project, request.stack, self._outputs)
            run.register_all()
            self.failed = run.failed
        # The engine has told about each failure already; bail says that nothing is to be added.
        return language_pb2.RunResponse(bail=bool(self.failed))


class _Run:
    """Registers the nodes of a graph in the order of their needs."""

    def __init__(self, graph: Graph, monitor: Any, project: str, stack: str, outputs: Mapping[str, Any]) -> None:
        self.graph = graph
        self.outputs = outputs
        self.monitor = monitor
        self.failed: list[str] = []
        self._done: dict[str, Mapping[str, Any]] = {}
        self._urns: dict[str, str] = {}
        self._root = self._register_stack(f"{project}-{stack}")

    def _register_stack(self, name: str) -> str:
        request = resource_pb2.RegisterResourceRequest(type="pulumi:pulumi:Stack", name=name, custom=False)
        return str(self.monitor.RegisterResource(request).urn)

    def register_all(self) -> None:
        """All nodes, then the stack's outputs; what needs a failed node is not registered."""
        waiting = {node.address: set(node.needs) for node in self.graph.nodes}
        dependents: dict[str, list[str]] = {}
        for address, needs in waiting.items():
            for need in needs:
                dependents.setdefault(need, []).append(address)
        nodes = self.graph.by_address
        ready = deque(address for address, needs in waiting.items() if not needs)
        answered: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        running = 0
        while ready or running:
            while ready and running < AT_ONCE:
                address = ready.popleft()
                call = self._begin(nodes[address])
                call.add_done_callback(partial(_put, answered, address))
                running += 1
            # Each answer is looked at once: to ask all that run who has answered would cost the square of them.
            address, call = answered.get()
            running -= 1
            if not self._finished(address, call):
                continue
            for dependent in dependents.get(address, ()):
                waiting[dependent].discard(address)
                if not waiting[dependent]:
                    ready.append(dependent)
        if not self.failed:
            self._register_outputs()

    def _finished(self, address: str, call: Any) -> bool:
        try:
            answer = call.result()
        except grpc.RpcError:
            self.failed.append(address)
            return False
        self._urns[address] = answer.urn
        self._done[address] = {**decode(answer.object), "id": answer.id or UNKNOWN, "urn": answer.urn}
        return True

    def _begin(self, node: Node) -> Any:
        """Register it; the call, which one of its own threads for all calls waits for."""
        inputs = node.resolved(lambda address: self._done[address]["id"])
        depends = {name: sorted({self._urns[need] for need in needs}) for name, needs in node.depends.items()}
        request = resource_pb2.RegisterResourceRequest(
            type=node.token,
            name=node.name,
            parent=self._root,
            custom=True,
            protect=node.protect,
            object=encode(inputs),
            aliases=[alias_pb2.Alias(urn=urn_of(self.graph.stack, node.token, name)) for name in node.was],
            dependencies=sorted({urn for urns in depends.values() for urn in urns}),
            propertyDependencies={
                name: resource_pb2.RegisterResourceRequest.PropertyDependencies(urns=urns)
                for name, urns in depends.items()
            },
            version="",
            acceptSecrets=True,
            acceptResources=True,
            supportsPartialValues=True,
        )
        return self.monitor.RegisterResource.future(request)

    def _register_outputs(self) -> None:
        values = {name: output_value(self.graph, self._done, path) for name, path in self.graph.outputs.items()}
        self.monitor.RegisterResourceOutputs(
            resource_pb2.RegisterResourceOutputsRequest(urn=self._root, outputs=encode({**self.outputs, **values}))
        )


def _put(answered: SimpleQueue[tuple[str, Any]], address: str, call: Any) -> None:
    answered.put((address, call))


@contextmanager
def serve_graph(graph: Graph, outputs: Mapping[str, Any] | None = None) -> Iterator[tuple[int, GraphRuntime]]:
    """Serve a graph on a loopback port while the block runs.

    Args:
        outputs: of the stack, beside the graph's own.
    """
    runtime = GraphRuntime(graph, outputs or {})
    server = grpc.server(ThreadPoolExecutor(8), options=_LIMITS)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(runtime, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port, runtime
    finally:
        stopped: threading.Event = server.stop(grace=1)
        stopped.wait(5)
