"""Which resources a name means, and what belongs to a run about them."""

from __future__ import annotations

from typing import Any

import pytest

from mcloud.engine.events import Event
from mcloud.engine.state import urn_of
from mcloud.engine.targets import (
    chosen,
    kept_with,
    left_alone,
    part_of,
    require_unkept,
    require_whole,
    with_dependents,
    with_needs,
)
from mcloud.errors import BlockedError, UsageError
from mcloud.model.graph import build_graph
from mcloud.model.resources import KINDS
from mcloud.model.stack import Stack

SERVER = {"size": {"vcpu": 2, "memory": "4 GiB"}, "image": {"os": "ubuntu", "version": "22.04"}, "subnet": "a"}
STACK = {
    "mcloud": 1,
    "name": "shop",
    "placement": "one/east",
    "networks": {"main": {"cidr": "10.0.0.0/16", "subnets": {"a": {"cidr": "10.0.1.0/24"}}}},
    "security_groups": {"web": {"ingress": [{"ports": [80, 443], "from": "anywhere"}]}},
    "servers": {
        "web": {**SERVER, "count": 2, "public_ip": True, "security_groups": ["web"]},
        "db": {**SERVER, "public_ip": True},
    },
    "volumes": {"data": {"size": "20 GiB", "attach": "db"}},
    "outputs": {"web": "servers.web.id", "one": "servers.web-1.id", "db": "servers.db.id", "data": "volumes.data.id"},
}
GRAPH = build_graph(Stack.model_validate(STACK))


def urn(kind: str, name: str) -> str:
    return urn_of("shop", KINDS[kind].token, name)


def there(kind: str, name: str, *needs: str, **more: Any) -> dict[str, Any]:
    about = {"urn": urn(kind, name), "type": KINDS[kind].token, "id": f"one/east/{name}"}
    return {**about, "dependencies": list(needs), **more}


def named(urns: frozenset[str]) -> set[str]:
    return {f"{item.split(':')[-3]}/{item.split('::')[-1]}" for item in urns}


STATE = [
    there("Subnet", "main.a"),
    there("Server", "db", urn("Subnet", "main.a")),
    there("Volume", "data"),
    there("VolumeAttachment", "data", urn("Volume", "data"), urn("Server", "db")),
    there("Volume", "old", protect=True),
]


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("server/web", {"Server/web-0", "Server/web-1", "PublicIp/web-0", "PublicIp/web-1"}),
        ("server/web-1", {"Server/web-1"}),
        ("security-group/web", {"SecurityGroup/web", "SecurityGroupRule/web.ingress.tcp.80.0.0.0.0-0"}
         | {"SecurityGroupRule/web.ingress.tcp.443.0.0.0.0-0"}),
        ("db", {"Server/db", "PublicIp/db"}),
        ("public-ip/db", {"PublicIp/db"}),
        ("data", {"Volume/data", "VolumeAttachment/data"}),
        ("Volume/old", {"Volume/old"}),
        ("main", {"Network/main", "Subnet/main.a"}),
    ],
)  # fmt: skip
def test_what_a_name_means(text: str, means: set[str]) -> None:
    assert named(chosen([text], GRAPH, STATE)) == means


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("web", "security-group/web, server/web"),
        ("web-1", "public-ip/web-1, server/web-1"),
        ("dbb", "did you mean 'db'"),
        ("volume/db", "did you mean 'public-ip/db' or 'server/db'"),
        ("zzzzzz", "mcloud preview shows the names"),
    ],
)
def test_a_name_of_nothing_or_of_several_things(text: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        chosen([text], GRAPH, STATE)
    assert words in str(refused.value)


def test_what_they_need_and_what_needs_them() -> None:
    volume = chosen(["data"], GRAPH, STATE)
    taken = {"Volume/data", "VolumeAttachment/data", "Server/db", "Subnet/main.a", "Network/main"}
    assert named(with_needs(volume, GRAPH)) == taken
    assert named(with_needs(chosen(["volume/old"], GRAPH, STATE), GRAPH)) == {"Volume/old"}
    going = with_dependents([urn("Subnet", "main.a")], STATE)
    assert named(going) == {"Subnet/main.a", "Server/db", "VolumeAttachment/data"}


def test_the_part_of_the_program_and_the_outputs_that_it_gives() -> None:
    part = part_of(GRAPH, with_needs(chosen(["data", "server/web-1"], GRAPH, STATE), GRAPH))
    assert {node.address for node in part.nodes if node.kind == "Server"} == {"Server/db", "Server/web-1"}
    # Not web: an instance of it is left alone.
    assert dict(part.outputs) == {"one": "servers.web-1.id", "db": "servers.db.id", "data": "volumes.data.id"}


def test_what_is_left_alone_comes_after_what_it_needs() -> None:
    """Also what has left the stack file, what a target was called before, and nothing that is to go."""
    state = [
        there("Subnet", "main.a"),
        linked("Server", "db", {"subnet": ("Subnet", "main.a")}),
        linked("Server", "gone", {"subnet": ("Subnet", "main.a")}, protect=True),
        there("Volume", "former"),
        linked("VolumeAttachment", "data", {"volume": ("Volume", "former"), "server": ("Server", "db")}),
        there("Volume", "going", delete=True),
    ]
    names = {"former": "data"}
    renamed = [{**item, "urn": item["urn"].replace("::former", f"::{names['former']}")} for item in state]
    targets = with_needs(chosen(["volume/data"], GRAPH, renamed), GRAPH) - {urn("VolumeAttachment", "data")}
    targets -= {urn("Server", "db"), urn("Subnet", "main.a"), urn("Network", "main")}
    part = part_of(GRAPH, targets)
    assert set(part.by_address) == {"Volume/data"}
    beside = {node.address: node for node in left_alone(part, state, renamed, targets)}
    assert {address: node.needs for address, node in beside.items()} == {
        "Subnet/main.a": (),
        "Server/db": ("Subnet/main.a",),
        "Server/gone": ("Subnet/main.a",),
        "VolumeAttachment/data": ("Volume/data", "Server/db"),
    }
    assert [address for address, node in beside.items() if node.protect] == ["Server/gone"]


def test_nothing_is_taken_away_from_under_what_is_left_alone() -> None:
    subnet = urn("Subnet", "main.a")
    gone = [Event("finished", urn=subnet, op="delete-replaced")]
    with pytest.raises(BlockedError) as refused:
        require_whole(frozenset({subnet}), gone, STATE)
    assert "--target server/db --target attachment/data" in str(refused.value)
    require_whole(with_dependents([subnet], STATE), gone, STATE)
    require_whole(frozenset({subnet}), [Event("finished", urn=subnet, op="update")], STATE)
    require_unkept(with_dependents([subnet], STATE), STATE)
    with pytest.raises(BlockedError, match="volume old"):
        require_unkept(frozenset({urn("Volume", "old")}), STATE)


def linked(kind: str, name: str, needs: dict[str, tuple[str, str]], **more: Any) -> dict[str, Any]:
    """A resource whose fields refer to others."""
    inputs = {field: f"one/east/{other}" for field, (_, other) in needs.items()}
    return {**there(kind, name, *(urn(*other) for other in needs.values())), "inputs": inputs, **more}


def test_what_is_kept_stays_with_what_makes_it_of_use() -> None:
    web, db, net, group, disk = (
        ("Server", "web"), ("Server", "db"), ("Subnet", "sub"), ("SecurityGroup", "group"), ("Volume", "disk"),
    )  # fmt: skip
    state = [
        there("Network", "net"),
        linked("Subnet", "sub", {"network": ("Network", "net")}),
        there("SecurityGroup", "group"),
        there("SecurityGroup", "other"),
        linked("SecurityGroupRule", "in", {"group": group}),
        linked("SecurityGroupRule", "out", {"group": ("SecurityGroup", "other")}),
        linked("Server", "web", {"subnet": net, "key": group}, protect=True),
        linked("Server", "db", {"subnet": net}),
        linked("PublicIp", "webip", {"server": web}),
        linked("PublicIp", "dbip", {"server": db}),
        there("Volume", "disk"),
        linked("VolumeAttachment", "disk", {"volume": disk, "server": web}),
    ]
    kept = {"Server/web", "Subnet/sub", "Network/net", "SecurityGroup/group", "SecurityGroupRule/in", "PublicIp/webip"}
    assert named(kept_with(state)) == kept
    state[10]["protect"] = True
    assert named(kept_with(state)) == kept | {"Volume/disk", "VolumeAttachment/disk"}
    assert kept_with([{**item, "protect": False} for item in state]) == frozenset()


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("wbe", "did you mean 'web'?"),
        ("server/wbe", "did you mean 'server/web'?"),
        ("serverr/web", "did you mean 'security-group/web' or 'server/web'?"),
        ("server/data", "did you mean 'attachment/data' or 'volume/data'?"),
        ("zzz", "mcloud preview shows the names"),
    ],
)
def test_what_may_have_been_meant(typed: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen([typed], GRAPH, STATE)
    assert caught.value.hint == hint
