"""Whether the program asks for what the state has: yes for the state that it made, no for any other."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcloud.adapter import registry
from mcloud.adapter.kind import Observed
from mcloud.adapter.profile import Profile
from mcloud.engine.asked import is_as_asked
from mcloud.engine.codec import decode, encode
from mcloud.engine.provider.check import Request, check
from mcloud.engine.provider.context import Context
from mcloud.engine.provider.diff import outputs_of
from mcloud.engine.state import urn_of
from mcloud.model.base import Placement
from mcloud.model.graph import Graph, build_graph
from mcloud.model.resource_references import map_references, references
from mcloud.model.resources import KINDS
from mcloud.model.stack import Stack
from mcloud.secrets import SecretReader

ROOT = "urn:pulumi:dev::mcloud::pulumi:pulumi:Stack::mcloud-dev"
PROVIDER = "urn:pulumi:dev::mcloud::pulumi:providers:mcloud::default"
FILE: dict[str, Any] = {
    "mcloud": 1,
    "name": "dev",
    "placement": "vng/hcm",
    "labels": {"owner": "me"},
    "networks": {"main": {"cidr": "10.0.0.0/16", "subnets": {"a": {"cidr": "10.0.1.0/24", "zone": "HCM03-1A"}}}},
    "security_groups": {
        "web": {"ingress": [{"ports": [80, 443], "from": "anywhere"}, {"ports": 22, "from": {"group": "web"}}]}
    },
    "keys": {"deploy": {"public_key": "ssh-rsa AAAA me"}},
    "servers": {
        "web": {
            "count": 2,
            "size": {"vcpu": 2, "memory": "4 GiB"},
            "image": {"os": "ubuntu", "version": "22.04"},
            "subnet": "a",
            "security_groups": ["web"],
            "key": "deploy",
            "user_data": {"secret": "env:FIRST_BOOT"},
        }
    },
    "volumes": {"data": {"size": "20 GiB", "attach": "web", "keep": True}},
    "outputs": {"ips": "servers.web.private_ip", "key": "keys.deploy.id"},
}
Change = Callable[[dict[str, Any]], Any]


def graph_of(change: Change = lambda document: None) -> Graph:
    document = copy.deepcopy(FILE)
    change(document)
    return build_graph(Stack.model_validate(document), lambda text: text)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("FIRST_BOOT", "a password that nobody guesses")
    return Context(Profile(), "st", False, tmp_path, SecretReader(tmp_path, b"key"))


def state_of(graph: Graph, context: Context) -> dict[str, Any]:
    """The state that the engine writes for a program, with a cloud that makes what is asked for."""
    done: dict[str, dict[str, Any]] = {}
    for node in graph.nodes:
        model = KINDS[node.kind].inputs
        needs = {
            name: sorted({done[item[1:]]["urn"] for item in items if item.startswith("@")})
            for name, items in references(model, node.inputs).items()
        }
        news = map_references(model, node.inputs, lambda value, name: done[value[1:]]["id"])
        at = Placement.parse(news["placement"])
        kind = registry.get(at.cloud).kinds[node.kind]
        request = Request(KINDS[node.kind], node.name, news, None, node.name.encode(), "st", secrets=context.secrets)
        checked = check(request, kind, context.catalog(at))
        assert checked.failures == ()
        inputs = decode(encode(checked.inputs))
        shown = Observed({}, outputs={"privateIp": "10.0.1.9"} if node.kind == "Server" else {})
        done[node.address] = {
            "urn": urn_of(graph.stack, node.token, node.name),
            "custom": True,
            "id": f"vng/hcm-3/{node.name}",
            "type": node.token,
            "inputs": inputs,
            "outputs": outputs_of(inputs, shown, "acc"),
            "parent": ROOT,
            "provider": f"{PROVIDER}::0-1",
            "dependencies": sorted({urn for urns in needs.values() for urn in urns}),
            "propertyDependencies": {**{name: [] for name in news}, **needs},
            **({"protect": True} if node.protect else {}),
            "created": "2026-11-26T22:45:11Z",
            "modified": "2026-11-26T22:45:11Z",
        }
    outputs = {"ips": ["10.0.1.9"] * 2, "key": "vng/hcm-3/deploy"}
    frame = [
        {"urn": ROOT, "custom": False, "type": "pulumi:pulumi:Stack", "outputs": outputs},
        {"urn": PROVIDER, "custom": True, "id": "0-1", "type": "pulumi:providers:mcloud"},
    ]
    return {"resources": [*frame, *done.values()]}


def called(deployment: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [item for item in deployment["resources"] if item["urn"].endswith(name)]
    return found  # type: ignore[no-any-return]


def test_the_state_that_the_program_made(context: Context) -> None:
    graph = graph_of()
    assert is_as_asked(graph, state_of(graph, context), context)


def test_the_order_of_things_in_the_state_counts_for_nothing(context: Context) -> None:
    graph = graph_of()
    deployment = state_of(graph, context)
    deployment["resources"].reverse()
    for item in deployment["resources"]:
        item.get("dependencies", []).reverse()
    assert is_as_asked(graph, deployment, context)


def _renamed(document: dict[str, Any]) -> None:
    document["keys"] = {"login": {**document["keys"]["deploy"], "was": "deploy"}}
    document["servers"]["web"]["key"] = "login"
    document["outputs"] = {**document["outputs"], "key": "keys.login.id"}


PROGRAMS: dict[str, Change] = {
    "an input": lambda it: it["servers"]["web"].update(size={"vcpu": 4, "memory": "8 GiB"}),
    "a label": lambda it: it["labels"].update(owner="you"),
    "a placement": lambda it: it.update(placement="vng/han"),
    "one more": lambda it: it["volumes"].update(more={"size": "20 GiB"}),
    "one more of the same": lambda it: it["servers"]["web"].update(count=3),
    "one less": lambda it: it["security_groups"]["web"]["ingress"].pop(),
    "all less": lambda it: [it.pop(name) for name in FILE if name not in ("mcloud", "name", "placement")],
    "not kept any more": lambda it: it["volumes"]["data"].update(keep=False),
    "another name": _renamed,
    "another secret": lambda it: it["servers"]["web"].update(user_data={"secret": "env:OTHER"}),
    "no secret": lambda it: it["servers"]["web"].update(user_data="echo"),
    "an output less": lambda it: it["outputs"].pop("key"),
    "an output more": lambda it: it["outputs"].update(id="keys.deploy.id"),
    "an output that nobody knows": lambda it: it["outputs"].update(ips="servers.web.public_ip"),
    "a refused value": lambda it: it["servers"]["web"].update(image={"os": "plan9", "version": "4"}),
}


@pytest.mark.parametrize("change", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_another_program(change: Change, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER", "another one")
    deployment = state_of(graph_of(), context)
    assert not is_as_asked(graph_of(change), deployment, context)


def test_the_same_program_in_other_words(context: Context) -> None:
    def other_words(document: dict[str, Any]) -> None:
        document["placement"] = "vng/hcm-3"
        document["servers"]["web"]["size"]["memory"] = "4096 MiB"

    assert is_as_asked(graph_of(other_words), state_of(graph_of(), context), context)


def test_a_renamed_one_once_the_state_has_it(context: Context) -> None:
    graph = graph_of(_renamed)
    deployment = state_of(graph, context)
    called(deployment, ROOT)["outputs"]["key"] = "vng/hcm-3/login"
    assert is_as_asked(graph, deployment, context)


STATES: dict[str, Change] = {
    "a pending operation": lambda it: it.update(pending_operations=[{"type": "updating"}]),
    "one gone": lambda it: it["resources"].pop(),
    "one twice, the old one to be deleted": lambda it: it["resources"].append(dict(it["resources"][-1], delete=True)),
    "one that is to be deleted": lambda it: it["resources"][-1].update(delete=True),
    "one with a failed update": lambda it: it["resources"][-1].update(initErrors=["it failed"]),
    "one of another type": lambda it: it["resources"].append({"urn": "u", "type": "other:thing:Thing", "id": "1"}),
    "another provider": lambda it: it["resources"].append(
        {"urn": f"{PROVIDER}_1", "type": "pulumi:providers:mcloud", "id": "2"}
    ),
    "a provider with a version": lambda it: called(it, "::default").update(inputs={"version": "0.1.0"}),
    "a provider that is to be made anew": lambda it: called(it, "::default").update(id="0-2"),
    "no provider": lambda it: it["resources"].pop(1),
    "no stack": lambda it: it["resources"].pop(0),
    "a stack with another output": lambda it: called(it, ROOT).update(outputs={}),
    "another value": lambda it: called(it, "::deploy")["inputs"].update(publicKey="ssh-rsa BBBB me"),
    "another value that nobody asks for": lambda it: called(it, "::deploy")["inputs"].update(more="x"),
    "another digest": lambda it: called(it, "KeyPair::deploy")["inputs"].update(userData={"secret": "x"}),
    "a cloud that was changed, in the state by a refresh": lambda it: called(it, "Server::web-0")["outputs"].update(
        size={"vcpu": 8, "memory": "16 GiB"}
    ),
    "another choice on the cloud": lambda it: called(it, "Server::web-0")["outputs"]["resolved"].update(flavor="x"),
    "no outputs": lambda it: called(it, "Server::web-0").pop("outputs"),
    "no inputs": lambda it: called(it, "Server::web-0").pop("inputs"),
    "no id": lambda it: called(it, "Server::web-0").update(id=""),
    "another id that others refer to": lambda it: called(it, "Network::main").update(id="vng/hcm-3/other"),
    "kept by hand": lambda it: called(it, "Server::web-0").update(protect=True),
    "no needs": lambda it: called(it, "Server::web-0").update(dependencies=[]),
    "no needs by input": lambda it: called(it, "Server::web-0").pop("propertyDependencies"),
    "another parent": lambda it: called(it, "Server::web-0").update(parent=PROVIDER),
    "a former name, which the engine takes out": lambda it: called(it, "Server::web-0").update(aliases=["urn"]),
    "something that is not known here": lambda it: called(it, "Server::web-0").update(customTimeouts={"create": 1}),
    "a secret of the engine's": lambda it: called(it, "::deploy")["inputs"].update(
        publicKey={"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}
    ),
    "nothing": lambda it: it.clear(),
}


@pytest.mark.parametrize("change", STATES.values(), ids=STATES.keys())
def test_another_state(change: Change, context: Context) -> None:
    graph = graph_of()
    deployment = state_of(graph, context)
    change(deployment)
    assert not is_as_asked(graph, deployment, context)


def test_a_secret_with_another_value(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = graph_of()
    deployment = state_of(graph, context)
    monkeypatch.setenv("FIRST_BOOT", "another one")
    assert not is_as_asked(graph, deployment, context)
    monkeypatch.delenv("FIRST_BOOT")
    assert not is_as_asked(graph, deployment, context)


def test_a_fresher_catalog_is_no_reason_and_choosing_anew_is(context: Context, tmp_path: Path) -> None:
    graph, at = graph_of(), Placement("vng", "hcm-3")
    deployment = state_of(graph, context)
    known = context.catalog(at)
    chosen = called(deployment, "Server::web-0")["inputs"]["resolved"]["flavor"]
    without = replace(known, flavors=tuple(item for item in known.flavors if item.name != chosen))
    context._catalogs[at.home] = without
    assert is_as_asked(graph, deployment, context)
    context.rematch = True
    assert not is_as_asked(graph, deployment, context)
