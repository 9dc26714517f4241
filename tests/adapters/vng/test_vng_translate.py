"""Neutral to native and back, beyond the golden files."""

from __future__ import annotations

import ast
import ipaddress
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.adapter.kind import Kind, Observed
from mcloud.errors import InvalidRequest
from mcloud.model.base import Placement
from mcloud.model.resources import KINDS as NEUTRAL
from mcloud.model.resources import BucketInputs
from mcloud.units import Size
from mcloud_vng import translate
from mcloud_vng.resources import KINDS
from tests.adapters.golden import cases, unless_regenerated

AT = Placement("vng", "hcm-3")
CASES = cases("vng")


def declared(source: str) -> Iterator[tuple[str, str]]:
    """(code, class) of every Gap(...) in a module; both must be written as plain texts, so that they can be found."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "Gap":
            code, _, klass = node.args[:3]
            assert isinstance(code, ast.Constant)
            assert isinstance(klass, ast.Constant)
            yield str(code.value), str(klass.value)


@unless_regenerated
def test_every_gap_of_the_source_is_in_a_golden_file_and_in_the_docs(repository: Path) -> None:
    folder = repository / "adapters" / "mcloud_vng"
    source = {gap for path in folder.rglob("*.py") for gap in declared(path.read_text(encoding="utf-8"))}
    told = {(gap["code"], gap["class"]) for case in CASES.values() for gap in case["gaps"]}
    assert told == source
    page = (repository / "docs" / "clouds" / "vng.md").read_text(encoding="utf-8")
    table = page.split("\n## Gaps\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]*`) \| (\w+) \|", table, flags=re.MULTILINE)
    written = {(code, klass) for codes, klass in rows for code in re.findall(r"`([^`]+)`", codes)}
    # A kind that there is none of is told by the core, for every cloud.
    assert written - {("kind", "blocking")} == source


def documented_orders(repository: Path) -> dict[str, str]:
    """Word for a kind -> what docs/clouds/vng.md says of the order of its replacement."""
    page = (repository / "docs" / "clouds" / "vng.md").read_text(encoding="utf-8")
    table = page.split("| neutral kind |")[1].split("\n\n")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {cells[0]: cells[-1].split(":")[0] for cells in lines}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_replaced_in_the_order_that_the_docs_say(kind: str, repository: Path) -> None:
    order = documented_orders(repository)[NEUTRAL[kind].word]
    assert KINDS[kind].delete_first is (order == "delete first")
    # Those that are never replaced refuse what would need it by themselves.
    assert (order == "-") is (type(KINDS[kind]).replaces is not Kind.replaces and not KINDS[kind].replace_on)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_says_what_it_is_found_by_and_when_none_may_be_believed(kind: str) -> None:
    doing = KINDS[kind]
    assert type(doing).find is not Kind.find
    # A route is written by an update, which can be repeated: its create writes nothing that could get lost.
    assert (doing.believe_none_after > 0) is (kind != "Route")


NAMES = st.from_regex(r"[a-z][a-z0-9-]{4,40}", fullmatch=True)
IDS = st.from_regex(r"[a-z]{3,5}-[0-9a-f]{8}", fullmatch=True)
BLOCKS = st.builds(
    lambda address, prefix: str(ipaddress.ip_network((address, prefix), strict=False)),
    st.integers(0, 2**32 - 1),
    st.integers(8, 32),
)


def seen(kind: str, native: Any) -> Observed:
    return KINDS[kind].observe(AT, native)


def body_of(kind: str, inputs: dict[str, Any], picks: dict[str, Any] | None = None) -> dict[str, Any]:
    return KINDS[kind].translate(inputs, picks or {})


@given(NAMES, BLOCKS, IDS)
def test_a_network_comes_back(name: str, cidr: str, native_id: str) -> None:
    body = body_of("Network", {"name": name, "cidr": cidr})
    shown = {"id": native_id, "displayName": body["name"], "cidr": body["cidr"], "status": "ACTIVE"}
    assert seen("Network", shown) == Observed({"name": name, "cidr": cidr})


@given(NAMES, BLOCKS, IDS, st.sampled_from(["HCM03-1A", "HCM03-1C"]))
def test_a_subnet_comes_back(name: str, cidr: str, network: str, zone: str) -> None:
    body = body_of("Subnet", {"name": name, "cidr": cidr, "network": network}, {"zone": zone})
    shown = {**body, "networkUuid": network, "zone": {"uuid": body["zoneId"]}}
    assert seen("Subnet", shown) == Observed({"name": name, "cidr": cidr, "network": AT.id_of(network)}, {"zone": zone})


def rule_shown(body: dict[str, Any], native_id: str = "rule-1") -> dict[str, Any]:
    """A rule as it is answered: icmp and any without the ports that were sent."""
    bare = body["protocol"] in ("any", "icmp")
    ports = {"portRangeMin": 0, "portRangeMax": 0} if bare else {}
    return {**body, **ports, "id": native_id, "protocol": body["protocol"].upper()}


OPEN = {"direction": "egress", "protocol": "ANY", "remoteIpPrefix": "0.0.0.0/0"}
OPEN_6 = {"direction": "egress", "protocol": "any", "remoteIpPrefix": "::/0"}
OTHER = {"direction": "egress", "protocol": "tcp", "remoteIpPrefix": "0.0.0.0/0"}
BLANK = {"direction": "egress", "protocol": None, "remoteIpPrefix": None}


@given(NAMES, st.text(max_size=300), st.booleans())
def test_a_group_comes_back(name: str, description: str, is_open: bool) -> None:
    body = body_of("SecurityGroup", {"name": name, "description": description, "openEgress": is_open})
    shown = {"group": body, "rules": [OPEN, OTHER] if is_open else [OTHER]}
    assert seen("SecurityGroup", shown).inputs == ({"name": name} if is_open else {"name": name, "openEgress": False})


@given(st.text(max_size=300))
def test_a_description_is_one_that_the_service_takes(text: str) -> None:
    plain = translate.plain_description(text)
    assert len(plain) <= 255
    assert all(character.isascii() and (character.isalnum() or character in " _.@-") for character in plain)
    assert not plain or plain[0].isalpha()
    assert plain == plain.strip() or len(plain) == 255
    assert translate.plain_description(plain) == plain.rstrip()


@pytest.mark.parametrize(
    ("rule", "is_open", "is_default"),
    [(OPEN, True, True), (OPEN_6, False, True), (OTHER, False, False), (BLANK, False, False)],
)
def test_what_a_new_group_lets_out(rule: dict[str, Any], is_open: bool, is_default: bool) -> None:
    assert translate.is_open_egress(rule) is is_open
    assert translate.is_default_egress(rule) is is_default


PORTS = st.tuples(st.integers(1, 65535), st.integers(1, 65535)).map(sorted)


@given(
    IDS,
    st.sampled_from(["ingress", "egress"]),
    st.sampled_from(["tcp", "udp", "icmp", "any", "47"]),
    st.none() | PORTS,
    st.lists(BLOCKS, min_size=1, max_size=3, unique=True),
    st.booleans(),
)
def test_a_rule_comes_back(
    group: str, direction: str, protocol: str, ports: list[int] | None, blocks: list[str], peer: bool
) -> None:
    asked: dict[str, Any] = {"group": group, "direction": direction, "protocol": protocol}
    if ports and protocol in ("tcp", "udp"):
        asked |= {"fromPort": ports[0], "toPort": ports[1]}
    peers: dict[str, Any] = {"peerGroup": "secg-2", "peerCidrs": sorted(blocks)} if peer else {"cidr": blocks[0]}
    bodies = body_of("SecurityGroupRule", asked | peers)["rules"]
    rules = [rule_shown(body, f"rule-{index}") for index, body in enumerate(bodies)]
    found = seen("SecurityGroupRule", {"group": group, "rules": rules}).inputs
    for key, value in (asked | {"group": AT.id_of(group)}).items():
        if not (key in ("fromPort", "toPort") and ports == [1, 65535]):  # all ports are written by leaving them out
            assert found[key] == value
    name = "peerCidrs" if peer else "cidr"
    assert found[name] == peers[name]
    assert ("fromPort" in found) == ("fromPort" in asked and ports != [1, 65535])
    for body, rule in zip(bodies, rules, strict=True):
        assert translate.same_rule(body, rule)


RULE = body_of(
    "SecurityGroupRule",
    {"group": "g", "direction": "ingress", "protocol": "tcp", "fromPort": 80, "toPort": 81, "cidr": "10.0.0.0/8"},
)["rules"][0]


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"protocol": "TCP"}, True),
        ({"description": "other"}, True),
        ({"direction": "egress"}, False),
        ({"protocol": None}, False),
        ({"remoteIpPrefix": "10.0.0.0/16"}, False),
        ({"portRangeMin": 79}, False),
        ({"portRangeMax": 82}, False),
    ],
)
def test_when_a_rule_says_the_same(change: dict[str, Any], same: bool) -> None:
    assert translate.same_rule(RULE, RULE | change) is same


def test_a_rule_that_nothing_stands_for() -> None:
    assert seen("SecurityGroupRule", {"group": "g", "rules": []}).inputs == {"group": "vng/hcm-3/g", "peerCidrs": []}


@given(NAMES, st.text(st.characters(codec="ascii"), min_size=1, max_size=80))
def test_a_key_comes_back(name: str, text: str) -> None:
    body = body_of("KeyPair", {"name": name, "publicKey": text})
    assert seen("KeyPair", {"id": "ssh-1", **body}) == Observed({"name": name, "publicKey": text})


def server_shown(body: dict[str, Any], groups: list[str], public: str | None) -> dict[str, Any]:
    """A server as it is answered, with its boot disk."""
    nic = {
        "networkUuid": body["networkId"],
        "subnetUuid": body["subnetId"],
        "fixedIp": "10.20.1.4",
        "floatingIp": public,
    }
    server = {
        "name": body["name"],
        "zoneId": body["zoneId"],
        "flavor": {"name": "s-general-2x4", "flavorId": body["flavorId"]},
        "image": {"id": body["imageId"]},
        "secGroups": [{"name": f"g-{group}", "uuid": group} for group in groups] or [{"name": "default", "uuid": "d"}],
        "internalInterfaces": [nic],
    }
    return {"server": server, "disk": {"size": body["rootDiskSize"], "volumeTypeId": body["rootDiskTypeId"]}}


@given(NAMES, IDS, IDS, st.lists(IDS, max_size=3, unique=True), st.integers(20, 4000), st.booleans())
def test_a_server_comes_back(
    name: str, network: str, subnet: str, groups: list[str], gib: int, with_address: bool
) -> None:
    picks = {"zone": "HCM03-1C", "flavorId": "flav-1", "imageId": "img-1", "diskTypeId": "vtype-1"}
    size = f"{gib} GiB"
    asked = {"name": name, "subnet": f"{network}/{subnet}", "securityGroups": groups, "disk": {"size": size}}
    address = "203.0.113.9" if with_address else None
    found = seen("Server", server_shown(body_of("Server", asked, picks), groups, address))
    assert found.inputs["name"] == name
    assert found.inputs["subnet"] == AT.id_of(f"{network}/{subnet}")
    assert found.inputs["securityGroups"] == sorted(AT.id_of(group) for group in groups)
    assert translate.disk_gib({"disk": found.inputs["disk"]}) == gib
    assert found.picks == {**picks, "flavor": "s-general-2x4"}
    assert found.outputs == {"privateIp": "10.20.1.4"} | ({"publicIp": address} if address else {})


def test_a_server_that_is_not_ready_shows_what_there_is() -> None:
    found = seen("Server", {"server": {"name": "web", "secGroups": None}, "disk": None})
    assert found == Observed({"name": "web", "securityGroups": []}, {}, {"privateIp": None})


@given(NAMES, st.integers(10, 5000), st.booleans())
def test_a_volume_comes_back(name: str, gib: int, encrypted: bool) -> None:
    picks = {"zone": "HCM03-1C", "diskTypeId": "vtype-1"}
    body = body_of("Volume", {"name": name, "size": f"{gib} GiB", "encrypted": encrypted}, picks)
    shown = {
        "name": body["name"],
        "size": body["size"],
        "encryptionType": body.get("encryptionType"),
        "volumeTypeId": body["volumeTypeId"],
        "zone": {"uuid": body["zoneId"]},
    }
    found = seen("Volume", shown)
    assert (found.inputs["name"], found.inputs["encrypted"], found.picks) == (name, encrypted, picks)
    assert Size.parse(found.inputs["size"]) == Size.gib(gib)


def test_an_attachment_and_an_address_come_back() -> None:
    attached = {"volume": {"uuid": "vol-1"}, "server": "ins-1"}
    assert seen("VolumeAttachment", attached).inputs == {"volume": AT.id_of("vol-1"), "server": AT.id_of("ins-1")}
    shown = seen("PublicIp", {"server": "ins-1", "nic": {"floatingIp": "203.0.113.7"}})
    assert (shown.inputs, shown.outputs) == ({"server": AT.id_of("ins-1")}, {"address": "203.0.113.7"})


@pytest.mark.parametrize("change", ["encrypted", "resolved.zone"])
def test_a_volume_is_not_replaced_by_an_empty_one(change: str) -> None:
    with pytest.raises(InvalidRequest, match="would be empty"):
        KINDS["Volume"].replaces(frozenset({change}), {}, {})
    assert KINDS["Volume"].replaces(frozenset({"size"}), {}, {}) == frozenset()


ORIGINS = st.lists(st.sampled_from(["*", "https://a.example", "https://b.example"]), min_size=1, unique=True)
METHODS = st.lists(st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]), min_size=1, unique=True)
DAYS = st.none() | st.integers(1, 3650)
CORS = st.fixed_dictionaries(
    {
        "origins": ORIGINS,
        "methods": METHODS,
        "headers": st.just(["etag"]),
        "maxAgeSeconds": st.none() | st.integers(0, 9),
    }
)
LIFECYCLE = st.builds(
    lambda prefix, current, older, part: {
        "prefix": prefix,
        "expireAfterDays": current or 1,
        "expireNoncurrentAfterDays": older,
        "abortMultipartAfterDays": part,
    },
    st.text("ab/", max_size=3),
    DAYS,
    DAYS,
    DAYS,
)
STATEMENT = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Principal": st.sampled_from(["*", {"AWS": "arn:aws:iam:::user/u"}]),
        "Action": st.sampled_from(["s3:GetObject", ["s3:*"]]),
        "Resource": st.sampled_from(
            ["arn:aws:s3:::BUCKET", ["arn:aws:s3:::BUCKET/a*", "arn:aws:s3:::BUCKETS/b"], "arn:aws:s3:::other/*"]
        ),
    }
)
POLICY = st.just("") | st.lists(STATEMENT, min_size=1, max_size=3).map(lambda items: json.dumps({"Statement": items}))


@given(
    st.from_regex(r"[a-z][a-z0-9-]{1,60}[a-z0-9]", fullmatch=True),
    st.booleans(),
    st.booleans(),
    st.lists(CORS, max_size=2),
    st.lists(LIFECYCLE, max_size=3),
    POLICY,
)
def test_a_bucket_comes_back(
    name: str,
    versioning: bool,
    public: bool,
    cors: list[dict[str, Any]],
    lifecycle: list[dict[str, Any]],
    policy: str,
) -> None:
    asked: dict[str, Any] = {"versioning": versioning, "publicRead": public, "cors": cors, "lifecycle": lifecycle}
    model = BucketInputs.model_validate({"placement": str(AT), "name": name, "policy": policy, **asked})
    inputs = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    found = seen("Bucket", {**body_of("Bucket", inputs), "Endpoint": "https://s3.example"})
    assert found.inputs == {key: inputs[key] for key in ("name", *asked, "policy")}
    assert found.outputs == {"endpoint": "https://s3.example"}


@pytest.mark.parametrize(
    "rule",
    [
        {"Status": "Disabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}},
        {"Status": "Enabled", "Filter": {"And": {"Prefix": "a", "Tags": []}}, "Expiration": {"Days": 1}},
        {"Status": "Enabled", "Prefix": "", "Expiration": {"Date": "2027-01-01"}},
        {"Status": "Enabled", "Prefix": "", "Expiration": {"Days": 1}, "Transitions": [{"Days": 1}]},
        {
            "Status": "Enabled",
            "Prefix": "",
            "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2},
        },
        {"Status": "Enabled", "Prefix": ""},
    ],
)
def test_a_lifecycle_rule_that_says_more_is_not_taken_for_less(rule: dict[str, Any]) -> None:
    (shown,) = seen("Bucket", {"Bucket": "b", "Rules": [rule]}).inputs["lifecycle"]
    assert json.loads(shown["native"]) == rule


def test_a_lifecycle_rule_in_the_older_form_is_the_same() -> None:
    rule = {"ID": "x", "Status": "Enabled", "Prefix": "logs/", "Expiration": {"Days": 3}}
    assert seen("Bucket", {"Bucket": "b", "Rules": [rule]}).inputs["lifecycle"] == [
        {"prefix": "logs/", "expireAfterDays": 3}
    ]


def test_a_policy_that_is_no_json_is_shown_as_it_is() -> None:
    assert seen("Bucket", {"Bucket": "b", "Policy": "nonsense"}).inputs["policy"] == "nonsense"


def test_a_bucket_is_not_replaced_by_an_empty_one() -> None:
    with pytest.raises(InvalidRequest, match="would be empty"):
        KINDS["Bucket"].replaces(frozenset({"name"}), {}, {})
    assert KINDS["Bucket"].replaces(frozenset({"versioning", "policy"}), {}, {}) == frozenset()


@pytest.mark.parametrize(
    ("kind", "changed", "old", "new", "replaced"),
    [
        ("Server", {"disk"}, {"disk": {"size": "20 GiB"}}, {"disk": {"size": "30 GiB", "class": "ssd"}}, set()),
        ("Server", {"disk"}, {"disk": {"size": "30 GiB"}}, {"disk": {"size": "20 GiB"}}, {"disk"}),
        ("Server", {"disk"}, {"disk": {"size": "30 GiB"}}, {"disk": {"size": "30 GiB", "encrypted": True}}, {"disk"}),
        # A class that another one stood in for already is no change of the disk.
        ("Server", {"disk"}, {"disk": {"class": "ssd"}}, {"disk": {"class": "nvme"}}, set()),
        ("Server", {"disk", "resolved.diskTypeId"}, {"disk": {"class": "ssd"}}, {"disk": {"class": "nvme"}}, {"disk"}),
        ("Server", {"disk", "resolved.diskTypeId"}, {"disk": {"minIops": 1}}, {"disk": {"minIops": 9}}, set()),
        ("Server", {"userData"}, {"userData": "a"}, {"userData": "b"}, {"userData"}),
        ("Server", {"userData"}, {"userData": {"secret": "env:A", "digest": "1"}}, {"userData": "b"}, {"userData"}),
        (
            "Server",
            {"userData"},
            {"userData": {"secret": "env:A", "digest": ""}},
            {"userData": {"secret": "env:B", "digest": ""}},
            {"userData"},
        ),
        ("Server", {"billing"}, {}, {"billing": {"renew": False}}, set()),
        ("Server", {"labels"}, {}, {"labels": {"a": "b"}}, set()),
        ("Server", {"extensions"}, {}, {"extensions": {"poc": True}}, {"extensions"}),
        ("Volume", {"resolved.diskTypeId"}, {}, {}, set()),
        ("Volume", {"class"}, {"class": "ssd"}, {"class": "nvme"}, set()),
    ],
)
def test_what_of_servers_and_volumes_needs_a_new_one(
    kind: str, changed: set[str], old: dict[str, Any], new: dict[str, Any], replaced: set[str]
) -> None:
    assert KINDS[kind].replaces(frozenset(changed), old, new) == replaced


@pytest.mark.parametrize("kind", ["Server", "Volume"])
def test_no_call_changes_whether_something_is_renewed(kind: str) -> None:
    with pytest.raises(InvalidRequest, match="cannot be changed by any known call of VNG"):
        KINDS[kind].replaces(frozenset({"billing"}), {}, {"billing": {"renew": True}})


def test_a_volume_does_not_become_another_kind_of_storage() -> None:
    with pytest.raises(InvalidRequest, match="the class of a volume cannot change"):
        KINDS["Volume"].replaces(frozenset({"class", "resolved.diskTypeId"}), {}, {})


TAGS = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(["one", "two"]))


@given(TAGS, TAGS, TAGS)
def test_tags_follow_the_labels_and_leave_others_alone(
    there: dict[str, str], old: dict[str, str], new: dict[str, str]
) -> None:
    system = {"key": "vng.x", "value": "own", "systemTag": True}
    rows = [{"key": key, "value": value, "systemTag": False} for key, value in there.items()]
    written = translate.retagged([*rows, system], {"labels": old}, {"labels": new})
    after = there if written is None else {row["key"]: row["value"] for row in written}
    assert after == {key: value for key, value in there.items() if key not in old} | new
