"""Discovery of a made-up cloud: servers of one name, rules of listeners, regions, labels that may be secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from mcloud.adapter.inventory import Holdings, Surplus
from mcloud.adapter.operations import Operations
from mcloud.discover.discovery import Discovery
from mcloud.discover.discretion import looks_secret
from mcloud.discover.live import Home, discover_homes
from mcloud.discover.write import to_json, to_yaml
from mcloud.errors import CloudError
from mcloud.model.base import Placement
from mcloud.model.graph import build_graph
from mcloud.model.resources import KINDS
from mcloud.model.stack import Stack
from tests.unit.test_discover_live import AT, CATALOG, FACT, PLACE, Kind, Looked, discover, notes, ref, server

SUBNETS = {
    "s": {"name": "main-a", "cidr": "10.0.1.0/24", "network": ref("n"), "zone": "z-1"},
    "t": {"name": "main-b", "cidr": "10.0.2.0/24", "network": ref("n"), "zone": "z-2"},
}


def test_servers_of_one_name_become_one_with_a_count_for_each_subnet() -> None:
    fleet = {
        "i1": server("web"),
        "i2": server("web", subnet=ref("t")),
        "i3": server("web"),
        "i4": server("lone"),
    }
    pool = {"name": "p", "loadBalancer": ref("l"), "port": 80, "members": [ref(item) for item in ("i3", "i2", "i1")]}
    found = discover(
        {
            **PLACE,
            "Subnet": SUBNETS,
            "Server": fleet,
            "LoadBalancer": {"l": {"name": "front", "subnets": [ref("s"), ref("t")]}},
            "Pool": {"p": pool},
            "Listener": {"h": {"name": "", "loadBalancer": ref("l"), "pool": ref("p"), "port": 80, "protocol": "http"}},
        }
    )
    assert {name: entry.get("count") for name, entry in found.document["servers"].items()} == {
        "lone": None,
        "web-a": 2,
        "web-b": None,
    }
    [listener] = found.document["load_balancers"]["front"]["listeners"]
    assert listener["to"]["servers"] == ["web-a", "web-b"]
    [node] = [node for node in build_graph(Stack.model_validate(found.document)).nodes if node.kind == "Pool"]
    assert node.inputs["members"] == ["@Server/web-a-0", "@Server/web-a-1", "@Server/web-b"]
    assert not found.remainder


def test_volumes_without_a_name_are_named_by_the_servers_that_they_are_on() -> None:
    servers = {f"i{number}": server("web") for number in range(3)} | {"j": server("db")}
    volumes = {f"v{number}": {"name": "", "size": "10 GiB"} for number in range(6)}
    places = {"v0": "i2", "v1": "i1", "v2": "i0", "v3": "i0", "v4": "j"}
    attached = {f"{v}/{i}": {"name": "", "volume": ref(v), "server": ref(i)} for v, i in places.items()}
    found = discover({**PLACE, "Server": servers, "Volume": volumes, "VolumeAttachment": attached})
    assert {name: entry.get("attach") for name, entry in found.document["volumes"].items()} == {
        "web-data": "web",
        "web-0-data": "web-0",
        "db-data": "db",
        "v5": None,
    }
    assert not found.remainder


def test_a_listener_with_rules_and_further_certificates() -> None:
    def pool(port: int, *members: str, **more: Any) -> dict[str, Any]:
        return {"name": "", "loadBalancer": ref("l"), "port": port, "members": [ref(one) for one in members], **more}

    slow = {"protocol": "http", "path": "/up", "interval": "10 s", "healthy": 5}
    listener = {
        "name": "",
        "loadBalancer": ref("l"),
        "pool": ref("p"),
        "port": 443,
        "protocol": "https",
        "certificate": ref("c"),
        "sni": [ref("d"), ref("gone")],
        "idleTimeout": "5 min",
        "rules": [
            {"host": "api.example.com", "pool": ref("q")},
            {"path": "/old/*", "redirect": "https://example.com/new", "code": 301, "keepQuery": True},
            {"path": "/admin/*", "reject": True, "code": 302, "keepQuery": False},
            {"path": "/lost", "pool": ref("none")},
            {"native": "something odd"},
        ],
    }
    found = discover(
        {
            **PLACE,
            "Server": {"i1": server("web"), "i2": server("api", flavorId="f-3", flavor="large")},
            "LoadBalancer": {"l": {"name": "front", "subnets": [ref("s")], "public": True}},
            "Pool": {"p": pool(80, "i1", protocol="http"), "q": pool(8080, "i2", monitor=slow)},
            "Listener": {"h": listener, "bare": {**listener, "pool": "", "rules": [], "port": 444}},
            "Certificate": {name: {"name": name, "certificate": "PEM"} for name in ("c", "d")},
        }
    )
    [written] = found.document["load_balancers"]["front"]["listeners"]
    check = {"protocol": "http", "path": "/up", "interval": "10 s", "healthy": 5}
    assert written == {
        "port": 443,
        "protocol": "https",
        "idle_timeout": "5 min",
        "certificate": "c",
        "sni": ["d"],
        "to": {"servers": "web", "port": 80, "protocol": "http"},
        "rules": [
            {"host": "api.example.com", "to": {"servers": "api", "port": 8080, "check": check}},
            {"path": "/old/*", "redirect": "https://example.com/new", "code": 301, "keep_query": True},
            {"path": "/admin/*", "reject": True},
        ],
    }
    assert sorted(notes(found)) == ["certificate gone", "rule 4", "rule 5"]
    assert [item.type for item in found.remainder] == ["Listener"]
    build_graph(Stack.model_validate(found.document))


def test_an_address_without_a_server_is_kept_apart() -> None:
    found = discover({"PublicIp": {"a": {"name": "spare", "labels": {"team": "web"}}}})
    assert found.document["public_ips"] == {"spare": {"labels": {"team": "web"}}}
    assert notes(found) == ["the address itself"]


def homes(*regions: tuple[Placement, Mapping[str, Any]], **more: Any) -> Discovery:
    """Regions of one account, each with what it holds."""
    made = []
    for at, rows in regions:
        kinds = {name: Kind(rows.get(name, {})) for name in KINDS}
        adapter = SimpleNamespace(
            kinds=kinds,
            title="Cloud",
            inventory=lambda: Looked([Surplus("thing", "one", "", "it has no word", "leave it")]),
            explain=lambda error, doing: CloudError(f"cannot {doing}: {error}"),
        )
        session = SimpleNamespace(account="c-123")
        made.append(Home(Operations(adapter, session), at, CATALOG))  # type: ignore[arg-type]
    return discover_homes(made, **more)


def there(text: str, at: Placement) -> Any:
    """The same in another region: references name the region."""
    return json.loads(json.dumps(text).replace(f"{AT.home}/", f"{at.home}/"))


def test_several_regions_make_one_stack_that_says_where_each_is() -> None:
    other = Placement("c", "r-2")
    rows: Any = {
        **PLACE,
        "KeyPair": {"deploy": {"name": "deploy", "publicKey": "ssh-rsa one"}},
        "Server": {"i": server("web", key=ref("deploy"))},
    }
    second = there({**rows, "KeyPair": {"deploy": {"name": "deploy", "publicKey": "ssh-rsa two"}}}, other)
    second["Server"]["j"] = second["Server"].pop("i")
    second["Network"] = {"n2": second["Network"]["n"]}
    second["Subnet"] = {"s2": {**second["Subnet"]["s"], "network": other.id_of("n2")}}
    second["Server"]["j"]["subnet"] = other.id_of("s2")
    broken = {**second, "Volume": ValueError("odd")}
    found = homes((AT, rows), (other, broken))
    document = found.document
    assert document["placement"] == "c/r-1"
    assert {name: entry.get("placement") for name, entry in document["servers"].items()} == {
        "web": None,
        "web-2": "c/r-2",
    }
    assert document["servers"]["web-2"]["key"] == "deploy-2"
    assert document["keys"]["deploy-2"] == {"public_key": "ssh-rsa two", "placement": "c/r-2"}
    assert [gap.title for gap in found.unread] == ["r-2: volumes"]
    whole, parts = found.counts(), [found.counts(file) for file in found.files]
    assert [part.seen for part in parts] == [5, 5]
    assert whole.seen == 10
    assert f"#   {other.home}: " in to_yaml(found)
    build_graph(Stack.model_validate(yaml.safe_load(to_yaml(found))))


def test_a_stack_for_another_cloud_has_no_zones_and_flavors_of_this_one() -> None:
    forced = {"i": server("web", flavorId="f-2", flavor="zany", subnet=ref("t"))}
    rows = {**PLACE, "Subnet": SUBNETS, "Server": forced}
    assert "z-2" in to_yaml(homes((AT, rows)))
    assert "zany" in to_yaml(homes((AT, rows)))
    found = homes((AT, rows), placement="d/far")
    assert found.document["placement"] == "d/far"
    assert "zone" not in found.document["networks"]["main"]["subnets"]["b"]
    assert "flavor" not in found.document["servers"]["web"]
    assert sorted(notes(found)) == ["zone z-1", "zone z-2"]


def test_what_buckets_hold_stands_beside_them() -> None:
    held = Holdings(5 * 2**30, 1234, FACT.as_of, "metrics")
    found = homes((AT, {"Bucket": {"b": {"name": "assets", "details": {"holds": held}}}}))
    assert "assets: {}  # 5 GiB, 1,234 objects on 2026-01-01 (metrics)" in to_yaml(found)
    [figure] = json.loads(to_json(found))["measured"]
    assert (figure["path"], figure["bytes"], figure["objects"]) == ("buckets.assets", 5 * 2**30, 1234)


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        ("team", "web", False),
        ("env", "production-2", False),
        ("cost-center", "CC-1234", False),
        ("owner", "Jane.Doe@example.com", False),
        ("created", "2026-11-26T10:00:00Z", False),
        ("build", "https://ci.example.com/job/12", False),
        ("network", "vpc-012347c909f1f1896", False),
        ("db_password", "plain-word", True),
        ("api-key", "plain-word", True),
        ("AuthToken", "plain-word", True),
        ("note", "the Passw0rd is hunter2", True),
        ("note", "AKIAIOSFODNN7EXAMPLE", True),
        ("note", "postgres://shop:hunter2@db/shop", True),
        ("note", "k9$Xw2-pQz7!mLr", True),
        ("note", "Zx8fK2mQ9vLp", True),
        ("note", "0123456789abcdef0123456789abcdef", True),
    ],
)
def test_labels_that_may_be_secrets_stay_behind(name: str, value: str, hidden: bool) -> None:
    assert looks_secret(name, value) is hidden
    found = discover({"KeyPair": {"k": {"name": "k", "publicKey": "ssh-rsa a", "labels": {name: value, "a": "b"}}}})
    assert found.document["keys"]["k"]["labels"] == ({"a": "b"} if hidden else {name: value, "a": "b"})
    assert (value in to_json(found)) is not hidden
    assert [outcome.notes[0].what for outcome in found.mapped if outcome.notes] == ([f"tag {name}"] if hidden else [])
