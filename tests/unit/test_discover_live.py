"""Discovery of a made-up cloud: every kind, names, what is broken, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import yaml

from mcloud.adapter.inventory import Details, Inventory, Surplus
from mcloud.adapter.kind import Observed, Poll
from mcloud.adapter.naming import logical_name, physical_name
from mcloud.adapter.operations import Operations
from mcloud.catalog.types import Catalog, DiskClass, Flavor, Image, Provenance, Region, Zone
from mcloud.discover.discovery import Discovery
from mcloud.discover.live import discover_live
from mcloud.discover.write import to_yaml
from mcloud.errors import CloudError
from mcloud.model.base import Placement
from mcloud.model.resources import KINDS
from mcloud.units import Size

AT = Placement("c", "r-1")
FACT = Provenance("a page", date(2026, 1, 1), "vendor-doc")
CATALOG = Catalog(
    "c",
    (Region("r-1", (), "Here", (Zone("z-1", "One", True, True), Zone("z-2", "Two", True)), FACT),),
    (
        Flavor("small", "r-1", None, 2, Size.gib(4), FACT, "f-1"),
        Flavor("zany", "r-1", None, 2, Size.gib(4), FACT, "f-2"),
        Flavor("large", "r-1", None, 4, Size.gib(8), FACT, "f-3"),
    ),
    (Image("ubuntu", "22.04", "U22", "r-1", FACT, "i-1"), Image("ubuntu", "24.04", "U24", "r-1", FACT, "i-3")),
    (
        DiskClass("slow", "ssd", "r-1", None, FACT, "d-1", 3000),
        DiskClass("fast", "ssd", "r-1", None, FACT, "d-2", 9000),
        DiskClass("twin", "ssd", "r-1", None, FACT, "d-3", 9000),
    ),
)


class Kind:
    """Lists what it is given: native id -> what is observed."""

    def __init__(self, rows: Mapping[str, Any]) -> None:
        self.rows = rows

    def list(self, session: Any) -> Iterable[tuple[str, Any]]:
        if isinstance(self.rows, Exception):
            raise self.rows
        return self.rows.items()

    def poll(self, session: Any, native_id: str, native: Any) -> Poll:
        return Poll(*native.get("poll", ("ready", "ACTIVE")))

    def observe(self, at: Placement, native: Any) -> Observed:
        picks = {
            key: value
            for key, value in native.items()
            if key in ("zone", "flavorId", "flavor", "imageId", "diskTypeId")
        }
        inputs = {key: value for key, value in native.items() if key not in picks and key not in ("details", "poll")}
        inputs["name"] = native["name"]
        return Observed(inputs, picks)


@dataclass
class Looked(Inventory):
    """Some details, and one list beside the kinds."""

    extras: list[Surplus] = field(default_factory=list)
    unseen: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {"Server": (("user data", "add it"),)}

    @property
    def surplus(self) -> Mapping[str, Any]:
        return {"things": lambda session: self.extras}

    def details(self, kind: str, native: Any) -> Details:
        return Details(**native.get("details", {}))


def ref(native: str) -> str:
    return AT.id_of(native)


def discover(rows: Mapping[str, Any], *extras: Surplus) -> Discovery:
    kinds = {name: Kind(rows.get(name, {})) for name in KINDS if name != "Bucket"}
    adapter = SimpleNamespace(
        kinds=kinds,
        title="Cloud",
        inventory=lambda: Looked(list(extras)),
        explain=lambda error, doing: CloudError(f"cannot {doing}: {error}"),
    )
    session = SimpleNamespace(account="c-123")
    return discover_live(Operations(adapter, session), AT, CATALOG)  # type: ignore[arg-type]


def server(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "subnet": ref("s"),
        "flavorId": "f-1",
        "flavor": "small",
        "imageId": "i-1",
        "zone": "z-1",
        **more,
    }


PLACE = {
    "Network": {"n": {"name": "main", "cidr": "10.0.0.0/16"}},
    "Subnet": {"s": {"name": "main-a", "cidr": "10.0.1.0/24", "network": ref("n"), "zone": "z-1"}},
}


def reasons(found: Discovery) -> dict[str, str]:
    return {outcome.address: outcome.reason for outcome in found.remainder}


def notes(found: Discovery) -> list[str]:
    return [note.what for outcome in found.outcomes for note in outcome.notes]


def test_a_balancer_with_its_listener_and_pool() -> None:
    found = discover(
        {
            **PLACE,
            "Server": {"i1": server("web-1"), "i2": server("web-2")},
            "LoadBalancer": {"l": {"name": "front", "subnets": [ref("s")], "public": True}},
            "Pool": {
                "p": {
                    "name": "p",
                    "loadBalancer": ref("l"),
                    "protocol": "http",
                    "port": 8080,
                    "members": [ref("i2"), ref("i1")],
                    "sticky": True,
                    "monitor": {"protocol": "http", "path": "/up"},
                }
            },
            "Listener": {
                "h": {"name": "h", "loadBalancer": ref("l"), "pool": ref("p"), "port": 80, "protocol": "http"},
                "t": {
                    "name": "t",
                    "loadBalancer": ref("l"),
                    "pool": ref("p"),
                    "port": 443,
                    "protocol": "https",
                    "certificate": ref("c"),
                },
            },
            "Certificate": {"c": {"name": "site"}},
        }
    )
    target = {"servers": "web", "port": 8080, "sticky": True, "check": "http:/up"}
    listeners = [{"port": 80, "protocol": "http", "to": target}]
    assert found.document["load_balancers"] == {
        "front": {"subnets": ["main.a"], "public": True, "listeners": listeners}
    }
    assert found.document["servers"]["web"]["count"] == 2
    left = {outcome.type: outcome.reason for outcome in found.remainder}
    assert left == {
        "Listener": "its certificate c is not in the stack",
        "Certificate": "neither certificate nor key can be read back",
    }


def test_a_certificate_that_shows_itself_leaves_a_question() -> None:
    found = discover({"Certificate": {"c": {"name": "site", "certificate": "PEM", "chain": "MORE"}}})
    assert found.document["certificates"]["site"] == {
        "certificate": "PEM",
        "private_key": "env:SITE_KEY",
        "chain": "MORE",
    }
    assert [item.subject for item in found.open] == ["c"]


@pytest.mark.parametrize(
    ("members", "says"),
    [(["i1"], "web-0"), (["i1", "i3"], ["db", "web-0"]), (["i1", "i2", "i3", "gone"], ["db", "web"]), (["gone"], None)],
)
def test_members_are_servers_of_the_stack(members: list[str], says: Any) -> None:
    found = discover(
        {
            **PLACE,
            "Server": {
                "i1": server("web-1"),
                "i2": server("web-2"),
                "i3": server("db", flavorId="f-3", flavor="large"),
            },
            "LoadBalancer": {"l": {"name": "front", "subnets": [ref("s")]}},
            "Pool": {
                "p": {"name": "p", "loadBalancer": ref("l"), "port": 1, "members": [ref(item) for item in members]}
            },
            "Listener": {"h": {"name": "h", "loadBalancer": ref("l"), "pool": ref("p"), "port": 80, "protocol": "tcp"}},
        }
    )
    if says is None:
        assert {outcome.type for outcome in found.remainder} == {"LoadBalancer", "Pool", "Listener"}
        assert "load_balancers" not in found.document
        assert "none of its members is a server of the stack" in reasons(found).values()
    else:
        assert found.document["load_balancers"]["front"]["listeners"][0]["to"] == {"servers": says, "port": 1}
        assert notes(found) == (["member gone"] if "gone" in members else [])


def test_names_of_mcloud_are_taken_apart_again() -> None:
    made = physical_name("web-0", "abc234", b"seed", 50)
    assert logical_name(made) == "web-0"
    assert logical_name("plain-name") == "plain-name"
    twin = physical_name("key", "abc234", b"1", 50)
    other = physical_name("key", "zzz234", b"2", 50)
    rows = {name: {"name": name, "publicKey": f"ssh-rsa {name}"} for name in (twin, other, "alone-abc234-01abf")}
    found = discover({"KeyPair": rows})
    assert sorted(found.document["keys"]) == sorted([twin, other, "alone"])


def test_numbers_need_no_beginning_at_zero_but_no_hole() -> None:
    rows = {"a": server("web01"), "b": server("web02"), "c": server("db-1"), "d": server("db-3")}
    found = discover({**PLACE, "Server": rows})
    assert {name: entry.get("count") for name, entry in found.document["servers"].items()} == {
        "web": 2,
        "db-1": None,
        "db-3": None,
    }


def test_what_is_chosen_otherwise_is_said() -> None:
    found = discover(
        {
            **PLACE,
            "Server": {
                "a": server("plain", diskTypeId="d-1", disk={"size": "30 GiB", "encrypted": True}),
                "b": server("forced", flavorId="f-2", flavor="zany", diskTypeId="d-2"),
                "c": server("other", imageId="i-2", details={"os": ("ubuntu", "22.04"), "size": (2, 4096)}),
                "d": server("nowhere", imageId="i-9", details={"os": ("plan9", "4")}),
                "e": server("twin", diskTypeId="d-3"),
                "f": server("strange", diskTypeId="d-9", details={"stopped": True}),
            },
        }
    )
    servers = found.document["servers"]
    assert servers["plain"]["disk"] == {"size": "30 GiB", "class": "ssd", "encrypted": True}
    assert "encrypted" not in servers["forced"]["disk"]
    assert "flavor" not in servers["plain"]
    assert servers["forced"]["flavor"] == {"c": "zany"}
    assert servers["forced"]["disk"]["min_iops"] == 9000
    assert servers["nowhere"]["flavor"] == {"c": "small"}
    assert sorted(notes(found)) == ["disk type", "disk type", "image i-2", "plan9 4", "switched off"]


@pytest.mark.parametrize("shown", ["none", "outbound", "direct"])
def test_what_the_routes_of_a_subnet_say_is_not_assumed(shown: str) -> None:
    subnet = {"name": "a", "cidr": "10.0.1.0/24", "network": ref("n"), "zone": "z-1", "internet": shown}
    found = discover({**PLACE, "Subnet": {"s": subnet}})
    assert found.document["networks"]["main"]["subnets"]["a"]["internet"] == shown
    assert "assumed" not in to_yaml(found)


def test_zones_are_said_where_a_stack_would_choose_another_one() -> None:
    subnets = {
        "s": {"name": "a", "cidr": "10.0.1.0/24", "network": ref("n"), "zone": "z-1"},
        "t": {"name": "b", "cidr": "10.0.2.0/24", "network": ref("n"), "zone": "z-2"},
    }
    volumes = {
        "v": {"name": "one", "size": "10 GiB", "zone": "z-2", "diskTypeId": "d-1"},
        "w": {"name": "two", "size": "10 GiB", "zone": "z-1", "diskTypeId": "d-1"},
    }
    found = discover({**PLACE, "Subnet": subnets, "Volume": volumes})
    assert {name: item.get("zone") for name, item in found.document["networks"]["main"]["subnets"].items()} == {
        "a": None,
        "b": "z-2",
    }
    assert {name: item.get("zone") for name, item in found.document["volumes"].items()} == {"one": "z-2", "two": None}


def rule(direction: str, protocol: str = "tcp", cidr: str = "0.0.0.0/0", **more: Any) -> dict[str, Any]:
    return {"name": "", "group": ref("g"), "direction": direction, "protocol": protocol, "cidr": cidr, **more}


def test_egress_is_left_out_where_everything_may_leave() -> None:
    default = {"r1": rule("egress", "any"), "r2": rule("egress", "any", "::/0"), "r3": rule("ingress", "tcp", "::/0")}
    found = discover({"SecurityGroup": {"g": {"name": "web"}}, "SecurityGroupRule": default})
    assert found.document["security_groups"] == {"web": {"ingress": [{"protocol": "tcp", "from": ["::/0"]}]}}
    more = {**default, "r4": rule("egress", "udp", fromPort=53, toPort=53)}
    found = discover({"SecurityGroup": {"g": {"name": "web"}}, "SecurityGroupRule": more})
    assert len(found.document["security_groups"]["web"]["egress"]) == 3
    closed = discover({"SecurityGroup": {"g": {"name": "web", "openEgress": False}}})
    assert closed.document["security_groups"]["web"]["egress"] == []


def test_groups_of_the_cloud_itself() -> None:
    groups = {
        "g": {"name": "default", "details": {"system": "its own"}},
        "k": {"name": "k8s", "details": {"refused": ("no", "leave")}},
    }
    found = discover(
        {
            **PLACE,
            "SecurityGroup": groups,
            "SecurityGroupRule": {"r": rule("ingress")},
            "Server": {"i": server("web", securityGroups=[ref("g"), ref("k")])},
        }
    )
    assert {outcome.type: outcome.reason for outcome in found.remainder} == {"SecurityGroup": "no"}
    assert sum(1 for outcome in found.folded if "own" in outcome.reason) == 2
    assert notes(found) == ["security group g", "security group k"]


def test_what_hangs_on_something_that_is_not_there() -> None:
    found = discover(
        {
            **PLACE,
            "Server": {"i": server("web", image=None, imageId="i-9", key="k")},
            "Volume": {"v": {"name": "data", "size": "10 GiB"}},
            "VolumeAttachment": {"v/i": {"name": "", "volume": ref("v"), "server": ref("i")}},
            "PublicIp": {"a": {"name": "", "server": ref("i")}, "b": {"name": ""}},
            "NetworkInterface": {"x": {"name": "", "server": ref("i"), "subnet": ref("s")}},
            "Route": {"r": {"name": "", "network": ref("n"), "destination": "1.0.0.0/8", "gateway": ref("i")}},
            "PlacementGroup": {"p": {"name": "odd"}},
        }
    )
    assert {outcome.type for outcome in found.remainder} == {
        *("Server", "VolumeAttachment", "PublicIp", "NetworkInterface", "Route", "PlacementGroup")
    }
    assert found.document["volumes"] == {"data": {"size": "10 GiB", "class": "ssd"}}


def test_what_cannot_be_read_is_told_and_the_rest_is_kept() -> None:
    found = discover(
        {**PLACE, "KeyPair": CloudError("denied"), "Server": {"i": {"subnet": ref("s")}}, "Volume": ValueError("odd")},
        Surplus("thing", "t-1", "one", "no word for it", "leave it"),
        Surplus("disk", "d-1", "", "a part of it", "", ("Network", "n")),
        Surplus("disk", "d-2", "", "a part of it", "", ("Network", "gone")),
    )
    unread = {gap.what: gap.reason for gap in found.unread}
    assert unread["keys"] == "denied"
    assert unread["volumes"] == "cannot list volumes: odd"
    assert "does not know" in unread["buckets"]
    assert reasons(found) == {
        "server i": "what the cloud shows of it is not understood: KeyError: 'name'",
        "thing one (t-1)": "no word for it",
        "disk d-2": "a part of it, which is not in the stack",
    }
    assert [outcome.target for outcome in found.folded] == ["networks.main"]
    text = to_yaml(found)
    assert "# Found on c/r-1, account c-123: 6 resources seen," in text
    assert "#   keys: denied" in text
    assert yaml.safe_load(text) == found.document


def test_assumptions_leave_out_and_name_systems(tmp_path: Any) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("images: {i-9: {os: debian, version: '12'}}\nleave_out: {'server old (j)': not wanted}\n")
    kinds = {"Server": {"i": server("web", imageId="i-9"), "j": server("old")}, **PLACE}
    adapter = SimpleNamespace(
        kinds={name: Kind(kinds.get(name, {})) for name in KINDS}, title="C", inventory=Inventory, explain=None
    )
    operations = Operations(adapter, SimpleNamespace(account="a"))  # type: ignore[arg-type]
    found = discover_live(operations, AT, CATALOG, overlay_path=path)
    assert found.document["servers"]["web"]["image"] == {"os": "debian", "version": "12"}
    assert reasons(found) == {"server old (j)": "left out by the assumptions file: not wanted"}


def test_states_are_looked_at() -> None:
    volumes = {
        "a": {"name": "good", "size": "10 GiB", "poll": ("pending", "CREATING")},
        "b": {"name": "bad", "size": "10 GiB", "poll": ("failed", "ERROR", "no room")},
        "c": {"name": "past", "size": "10 GiB", "poll": ("gone", "DELETED")},
    }
    found = discover({"Volume": volumes})
    assert sorted(found.document["volumes"]) == ["good"]
    assert notes(found) == ["state CREATING"]
    assert reasons(found) == {"volume bad (b)": "it failed and is in the state ERROR: no room"}
    assert found.counts().seen == 2


def test_volumes_of_equal_servers_are_one_entry_only_where_each_has_one() -> None:
    servers = {"i1": server("web-1"), "i2": server("web-2")}
    volumes = {f"v{number}": {"name": f"data-{number}", "size": "10 GiB"} for number in (1, 2)}

    def put(*pairs: tuple[str, str]) -> dict[str, Any]:
        attached = {f"{v}/{i}": {"name": "", "volume": ref(v), "server": ref(i)} for v, i in pairs}
        found = discover({**PLACE, "Server": servers, "Volume": volumes, "VolumeAttachment": attached})
        assert not found.remainder
        return {name: entry.get("attach") for name, entry in found.document["volumes"].items()}

    assert put(("v1", "i1"), ("v2", "i2")) == {"data": "web"}
    # Which number is on which server makes no difference to equal volumes.
    assert put(("v2", "i1"), ("v1", "i2")) == {"data": "web"}
    assert put(("v1", "i1"), ("v2", "i1")) == {"data-1": "web-0", "data-2": "web-0"}
    assert put(("v2", "i2")) == {"data-1": None, "data-2": "web-1"}


def test_two_interfaces_in_one_subnet_are_one_too_many() -> None:
    subnets = {**PLACE["Subnet"], "t": {"name": "b", "cidr": "10.0.2.0/24", "network": ref("n"), "zone": "z-1"}}
    nics = {f"x{number}": {"name": "", "server": ref("i"), "subnet": ref("t")} for number in (1, 2)}
    gone = {
        "y": {"name": "", "server": ref("i"), "subnet": ref("gone")},
        "z": {"name": "", "server": ref("i"), "subnet": ref("s")},
    }
    rows = {"Server": {"i": server("web")}, "NetworkInterface": {**nics, **gone}}
    found = discover({**PLACE, "Subnet": subnets, **rows})
    assert found.document["servers"]["web"]["interfaces"] == ["main.b"]
    assert sorted(reasons(found).values()) == [
        "a server of a stack has one interface in a subnet",
        "a server of a stack has one interface in a subnet",
        "its subnet gone is not in the stack",
    ]


def test_buckets_and_rules_that_no_stack_can_say() -> None:
    bucket = {
        "name": "assets",
        "versioning": True,
        "publicRead": False,
        "policy": "",
        "cors": [{"origins": ["*"], "methods": ["GET"], "maxAgeSeconds": 5, "headers": []}],
        "lifecycle": [{"native": "{}"}, {"prefix": "", "expireAfterDays": 3}],
    }
    adapter = SimpleNamespace(kinds={"Bucket": Kind({"assets": bucket})}, title="C", inventory=Inventory, explain=None)
    operations = Operations(adapter, SimpleNamespace(account="a"))  # type: ignore[arg-type]
    found = discover_live(operations, AT, CATALOG)
    assert found.document["buckets"] == {
        "assets": {
            "versioning": True,
            "cors": [{"origins": ["*"], "methods": ["GET"], "max_age_seconds": 5}],
            "lifecycle": [{"expire_after_days": 3}],
        }
    }
    assert notes(found) == ["lifecycle rule"]
