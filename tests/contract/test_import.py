"""What is on an account already is found for a stack and compared with it, without the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcloud.adapter.naming import new_state_id
from mcloud.adapter.profile import CloudProfile, Profile
from mcloud.emulator.clock import Clock
from mcloud.emulator.server import serve
from mcloud.engine.importing import Taken, look_at, look_for_all
from mcloud.engine.provider.check import Request, check
from mcloud.engine.provider.context import Context
from mcloud.engine.provider.work import Work
from mcloud.errors import BlockedError, StateError
from mcloud.load import load_stack
from mcloud.model.graph import Graph, Node, build_graph
from mcloud.model.resource_references import map_references
from mcloud.model.resources import KINDS
from mcloud_vng.emulator import SPEC

EXAMPLE = Path(__file__).parents[2] / "examples" / "web.yaml"


def example() -> Graph:
    loaded = load_stack(EXAMPLE)
    return build_graph(loaded.stack, loaded.read_text)


def make(graph: Graph, context: Context) -> dict[str, str]:
    """Address -> id, of all of a stack, made by the provider's own work."""
    ids: dict[str, str] = {}
    for number, node in enumerate(graph.nodes):
        work = Work(context, KINDS[node.kind], node.name)
        catalog = context.catalog(node.placement)
        at = catalog.canonical(node.placement)
        news = map_references(work.type.inputs, node.inputs, lambda value, name: ids[value[1:]])
        request = Request(work.type, node.name, news, None, bytes([number]), context.state_id)
        ids[node.address], _ = work.create(check(request, work.kind(at), catalog).inputs)
    return ids


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Context, dict[str, str]]]:
    """An account that has the example, and what its ids are."""
    with serve(SPEC, clock=Clock(0.001)) as cloud:
        secret = tmp_path_factory.mktemp("import") / "secret"
        secret.write_text(cloud.client_secret)
        secret.chmod(0o600)
        whole = SPEC.whole_profile(cloud.url, cloud.client_id, cloud.objects.url if cloud.objects else None)
        part = CloudProfile.model_validate({**whole, "secrets": {"client_secret": f"file:{secret}"}})
        context = Context(Profile(clouds={"vng": part}), new_state_id())
        yield context, make(example(), context)


def states(taken: list[Taken]) -> list[dict[str, Any]]:
    return [item.resource for item in taken]


def test_all_that_is_there_is_found(here: tuple[Context, dict[str, str]]) -> None:
    context, ids = here
    graph = example()
    found, left = look_for_all(graph, [], context)
    assert left == []
    assert {item.resource["id"] for item in found} == set(ids.values())
    by_name = {item.resource["urn"].split("::", 2)[2]: item.resource["id"] for item in found}
    assert by_name == {f"{node.token}::{node.name}": ids[node.address] for node in graph.nodes}
    assert look_for_all(graph, states(found), context) == ([], [])


def changed(graph: Graph, address: str, **inputs: Any) -> Graph:
    given = {address: inputs}
    nodes = [replace(node, inputs={**node.inputs, **given.get(node.address, {})}) for node in graph.nodes]
    return Graph(graph.stack, tuple(nodes))


def node_of(graph: Graph, address: str) -> Node:
    return graph.by_address[address]


def test_what_differs_is_left_with_the_reason(here: tuple[Context, dict[str, str]]) -> None:
    context, ids = here
    graph = changed(example(), "Server/db", size={"vcpu": 16, "memory": "16 GiB"})
    found, left = look_for_all(graph, [], context)
    assert len(found) == len(graph.nodes) - 1
    ((node, reason),) = left
    assert node.address == "Server/db"
    assert reason.startswith(f"{ids['Server/db']} has its name and differs: its flavor ")
    others = changed(example(), "Network/main", cidr="10.99.0.0/16")
    _, left = look_for_all(others, [], context)
    reasons = {node.address: reason for node, reason in left}
    assert reasons["Network/main"] == f"{ids['Network/main']} has its name and differs: cidr"
    assert "what it needs is not in the state yet" in reasons["Server/db"]


def test_one_by_its_id(here: tuple[Context, dict[str, str]]) -> None:
    context, ids = here
    graph = example()
    network, subnet = node_of(graph, "Network/main"), node_of(graph, "Subnet/main.web")
    taken = look_at(network, ids["Network/main"].rsplit("/", 1)[1], graph, [], context)
    assert taken.resource["id"] == ids["Network/main"]
    assert not taken.difference.changed
    state = [taken.resource]
    other = look_at(node_of(graph, "Subnet/main.db"), ids["Subnet/main.web"], graph, state, context)
    assert other.difference.replaces == ("cidr",)
    with pytest.raises(BlockedError, match="what it needs is not in the state yet: network/main"):
        look_at(subnet, ids["Subnet/main.web"], graph, [], context)
    with pytest.raises(StateError, match="there is no subnet"):
        look_at(subnet, f"{ids['Network/main'].rsplit('/', 1)[1]}/sub-none", graph, state, context)
    with pytest.raises(StateError, match="in the state already"):
        look_at(network, ids["Network/main"], graph, state, context)
    renamed = replace(network, name="net")
    with pytest.raises(StateError) as refused:
        look_at(renamed, ids["Network/main"], Graph(graph.stack, (renamed,)), state, context)
    assert "network main" in str(refused.value)
    assert "give the entry of that name was" in str(refused.value)
