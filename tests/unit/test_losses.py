"""What holds data and a run would delete: pure, from the graph, the state and what the engine says it would do."""

from __future__ import annotations

from typing import Any

import pytest

from mcloud.engine.events import Event
from mcloud.engine.losses import Loss, made_anew, may_be_replaced, removed, without_data
from mcloud.model.graph import Graph, Node
from mcloud.model.resources import KINDS

HOME = "one/east"


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:shop::mcloud::{KINDS[kind].token}::{name}"


def there(kind: str, name: str, /, **inputs: Any) -> dict[str, Any]:
    about = {"urn": urn(kind, name), "type": KINDS[kind].token, "id": f"{HOME}/{kind}-{name}"}
    return {**about, "inputs": {"placement": HOME, **inputs}}


def node(kind: str, name: str, /, **inputs: Any) -> Node:
    return Node(kind, name, {"placement": HOME, **inputs}, (name,))


STATE = [
    there("Subnet", "a", cidr="10.0.0.0/24", zone="z1"),
    there("Subnet", "b", cidr="10.0.1.0/24"),
    there("Server", "db", image={"os": "ubuntu"}, subnet=f"{HOME}/Subnet-a", name="db-x", stateless=False),
    there("Server", "web", image={"os": "ubuntu"}, subnet=f"{HOME}/Subnet-a", stateless=True),
    there("Volume", "data", size=20),
]


def graph(**changes: Any) -> Graph:
    """As in the state, but for ``kind_name=inputs`` and ``kind_name=None``, which is not there any more."""
    nodes = {
        "Subnet_a": {"cidr": "10.0.0.0/24", "zone": "z1"},
        "Subnet_b": {"cidr": "10.0.1.0/24"},
        "Server_db": {"image": {"os": "ubuntu"}, "subnet": "@Subnet/a", "stateless": False, "key": None},
        "Server_web": {"image": {"os": "ubuntu"}, "subnet": "@Subnet/a", "stateless": True},
        "Volume_data": {"size": 20},
    }
    for name, inputs in changes.items():
        nodes[name] = None if inputs is None else {**nodes.get(name, {}), **inputs}
    found = ((name.split("_", 1), inputs) for name, inputs in nodes.items() if inputs is not None)
    return Graph("shop", tuple(node(kind, name, **inputs) for (kind, name), inputs in found))


def test_what_left_the_stack() -> None:
    assert removed(graph(), STATE) == ()
    assert removed(graph(Volume_data=None, Server_web=None, Subnet_b=None), STATE) == (Loss("Volume", "data", HOME),)
    kept = [*STATE[:-1], {**STATE[-1], "protect": True}]
    assert removed(graph(Volume_data=None), kept) == ()
    unborn = [*STATE[:-1], {**STATE[-1], "id": ""}]
    assert removed(graph(Volume_data=None), unborn) == ()


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, False),
        ({"Server_db": {"image": {"os": "debian"}}}, True),
        ({"Server_db": {"subnet": "@Subnet/b"}}, True),
        ({"Server_db": {"userData": {"secret": "env:X"}}}, True),
        ({"Subnet_a": {"cidr": "10.0.2.0/24"}}, True),
        ({"Subnet_b": {"cidr": "10.0.2.0/24"}}, False),
        ({"Server_web": {"image": {"os": "debian"}}}, False),
        ({"Server_db": {"subnet": "@Subnet/c"}, "Subnet_c": {"cidr": "10.0.3.0/24"}}, True),
        ({"Volume_data": {"size": 40}}, True),
    ],
)
def test_the_engine_is_asked_only_where_data_are_concerned(changes: dict[str, Any], asked: bool) -> None:
    assert may_be_replaced(graph(**changes), STATE) is asked


def test_what_failed_before_it_was_ready_is_no_loss() -> None:
    wanted = graph()
    seen_now = [Event("started", urn("Server", "db"), op="replace", diffs=("failed",))]
    assert made_anew(wanted, STATE, seen_now) == ()
    seen_before = [{**item, "delete": True, "outputs": {"failed": "ERROR"}} for item in STATE]
    assert made_anew(wanted, seen_before, ()) == ()


@pytest.mark.parametrize("op", ["replace", "create-replacement", "delete-replaced"])
def test_what_is_made_anew(op: str) -> None:
    events = [Event("finished", urn=urn("Server", name), op=op) for name in ("db", "web")]
    events.append(Event("finished", urn=urn("Volume", "data"), op="update"))
    wanted = graph()
    assert made_anew(wanted, STATE, events) == (Loss("Server", "db", HOME, wanted.by_address["Server/db"]),)
    cut_off = [*STATE, {**STATE[2], "id": f"{HOME}/older", "delete": True}]
    assert [loss.address for loss in made_anew(wanted, cut_off, events)] == ["Server/db"], "one name for both"
    assert [loss.address for loss in made_anew(wanted, cut_off, ())] == ["Server/db"], "not deleted by the run before"
    assert made_anew(graph(Server_db={"stateless": True}), STATE, events) == (), "the stack says that nothing is missed"
    assert without_data(graph(Server_db={"stateless": True})) >= {"Server/db", "Server/web"}
