"""Neutral to native and back, beyond the golden files."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.adapter.kind import Observed
from mcloud.errors import InvalidRequest
from mcloud.model.base import Placement
from mcloud.units import Size
from mcloud_aws import tags, translate
from mcloud_aws.resources import KINDS
from mcloud_aws.resources.volume import wanted_change
from tests.adapters.golden import cases, unless_regenerated

AT = Placement("aws", "ap-southeast-1")
CASES = cases("aws")


@unless_regenerated
def test_every_gap_is_in_a_golden_file(repository: Path) -> None:
    told = {gap["code"] for case in CASES.values() for gap in case["gaps"]}
    folder = repository / "adapters" / "mcloud_aws"
    source = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    written = {line.split('"')[1] for line in source.split("Gap(")[1:] if line.lstrip().startswith('"')}
    told.add("lifecycle-rules")  # a thousand rules are no golden file; see below
    assert told == written | {"network-cidr", "subnet-cidr"}
    text = (repository / "docs" / "clouds" / "aws.md").read_text(encoding="utf-8")
    assert all(f"`{code}`" in text for code in told)


NAMES = st.from_regex(r"[a-z][a-z0-9-]{4,40}", fullmatch=True)
IDS = st.from_regex(r"[a-z]{3,5}-[0-9a-f]{8}", fullmatch=True)
BLOCKS = st.builds(
    lambda address, prefix: str(ipaddress.ip_network((address, prefix), strict=False)),
    st.integers(0, 2**32 - 1),
    st.integers(8, 32),
)
LABELS = st.dictionaries(st.sampled_from(["team", "env", "cost"]), st.sampled_from(["a", "b b", "c/d@e"]), max_size=3)


def seen(kind: str, native: Any) -> Observed:
    return KINDS[kind].observe(AT, native)


def body_of(kind: str, inputs: dict[str, Any], picks: dict[str, Any] | None = None) -> dict[str, Any]:
    return dict(KINDS[kind].translate(inputs, picks or {}))


def tagged(body: dict[str, Any]) -> list[dict[str, str]]:
    """The tags that a request writes, as they are shown then, with one of the service's own."""
    (first, *_) = body["TagSpecifications"]
    return [*first["Tags"], {"Key": "aws:cloudformation:stack-name", "Value": "x"}]


@given(NAMES, BLOCKS, IDS, LABELS)
def test_a_network_comes_back(name: str, cidr: str, native_id: str, labels: dict[str, str]) -> None:
    body = body_of("Network", {"name": name, "cidr": cidr, "labels": labels})
    shown = {"VpcId": native_id, "CidrBlock": body["CidrBlock"], "State": "available", "Tags": tagged(body)}
    assert seen("Network", shown) == Observed({"name": name, "cidr": cidr, "labels": labels})


ROUTES = {
    "none": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}],
    "direct": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}],
    "outbound": [{"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"}],
}


@given(NAMES, BLOCKS, IDS, st.sampled_from(sorted(ROUTES)), LABELS)
def test_a_subnet_comes_back(name: str, cidr: str, network: str, internet: str, labels: dict[str, str]) -> None:
    asked = {"name": name, "cidr": cidr, "network": network, "labels": labels}
    body = body_of("Subnet", asked, {"zone": "ap-southeast-1b"})
    subnet = {**body, "SubnetId": "subnet-1", "State": "available", "Tags": tagged(body)}
    found = seen("Subnet", {"subnet": subnet, "table": {"Routes": ROUTES[internet]}})
    expected = {**asked, "network": AT.id_of(network), "internet": internet}
    assert found == Observed(expected, {"zone": "ap-southeast-1b"})


@pytest.mark.parametrize(
    "route",
    [
        {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "blackhole"},
        {"DestinationCidrBlock": "0.0.0.0/0", "NetworkInterfaceId": "eni-1", "State": "active"},
        {"DestinationCidrBlock": "10.9.0.0/16", "GatewayId": "igw-1", "State": "active"},
    ],
)
def test_what_is_no_way_to_the_internet(route: dict[str, Any]) -> None:
    subnet = {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "a", "Tags": []}
    assert seen("Subnet", {"subnet": subnet, "table": {"Routes": [route]}}).inputs["internet"] == "none"
    assert seen("Subnet", {"subnet": subnet, "table": None}).inputs["internet"] == "none"


OPEN = {"IsEgress": True, "IpProtocol": "-1", "CidrIpv4": "0.0.0.0/0"}
OPEN_6 = {"IsEgress": True, "IpProtocol": "-1", "CidrIpv6": "::/0"}
OTHER = {"IsEgress": True, "IpProtocol": "tcp", "CidrIpv4": "0.0.0.0/0"}


@given(NAMES, st.text(max_size=300), st.booleans(), LABELS)
def test_a_group_comes_back(name: str, description: str, is_open: bool, labels: dict[str, str]) -> None:
    plain = translate.plain_description(description)
    asked = {"name": name, "description": plain, "network": "vpc-1", "labels": labels}
    body = body_of("SecurityGroup", asked)
    group = {**body, "GroupId": "sg-1", "Tags": tagged(body)}
    found = seen("SecurityGroup", {"group": group, "rules": [OPEN, OTHER] if is_open else [OTHER]}).inputs
    expected = {"name": name, "network": AT.id_of("vpc-1"), "labels": labels}
    expected |= {"description": plain} if plain and plain != name else {}
    assert found == expected | ({} if is_open else {"openEgress": False})


@given(st.text(max_size=300))
def test_a_description_is_one_that_the_service_takes(text: str) -> None:
    plain = translate.plain_description(text)
    assert len(plain) <= 255
    assert all(
        character.isascii() and (character.isalnum() or character in " ._-:/()#,@[]+=&;{}!$*") for character in plain
    )
    assert translate.plain_description(plain) == plain


@pytest.mark.parametrize(
    ("rule", "is_open", "is_default"),
    [(OPEN, True, True), (OPEN_6, False, True), (OTHER, False, False), ({**OPEN, "IsEgress": False}, False, False)],
)
def test_what_a_new_group_lets_out(rule: dict[str, Any], is_open: bool, is_default: bool) -> None:
    assert translate.is_open_egress(rule) is is_open
    assert translate.is_default_egress(rule) is is_default


def rule_shown(inputs: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """A rule as DescribeSecurityGroupRules shows it."""
    (permission,) = body["IpPermissions"]
    ports = {key: permission.get(key, -1) for key in ("FromPort", "ToPort")}
    peers = [*permission.get("IpRanges", ()), *permission.get("Ipv6Ranges", ())]
    (peer,) = [*peers, *permission.get("UserIdGroupPairs", ())]
    side = {"CidrIpv4": peer.get("CidrIp"), "CidrIpv6": peer.get("CidrIpv6")}
    if "GroupId" in peer:
        side["ReferencedGroupInfo"] = {"GroupId": peer["GroupId"]}
    return {
        "GroupId": body["GroupId"],
        "SecurityGroupRuleId": "sgr-1",
        "IsEgress": inputs["direction"] == "egress",
        "IpProtocol": permission["IpProtocol"],
        **ports,
        **{key: value for key, value in side.items() if value},
        "Description": peer.get("Description", ""),
        "Tags": tagged(body),
    }


PORTS = st.tuples(st.integers(1, 65535), st.integers(1, 65535)).map(sorted)


@given(
    st.sampled_from(["ingress", "egress"]),
    st.sampled_from(["tcp", "udp", "icmp", "any", "47"]),
    st.none() | PORTS,
    BLOCKS | st.just("2001:db8::/32"),
    st.booleans(),
    st.sampled_from([None, "https"]),
    LABELS,
)
def test_a_rule_comes_back(
    direction: str,
    protocol: str,
    ports: list[int] | None,
    block: str,
    peer: bool,
    description: str | None,
    labels: dict[str, str],
) -> None:
    asked: dict[str, Any] = {
        "name": "rule-x",
        "group": "sg-1",
        "direction": direction,
        "protocol": protocol,
        "labels": labels,
    }
    asked |= {"description": description} if description else {}
    if ports and protocol in ("tcp", "udp"):
        asked |= {"fromPort": ports[0], "toPort": ports[1]}
    asked |= {"peerGroup": "sg-2"} if peer else {"cidr": block}
    shown = rule_shown(asked, body_of("SecurityGroupRule", asked))
    expected = {**asked, "group": AT.id_of("sg-1")} | ({"peerGroup": AT.id_of("sg-2")} if peer else {})
    assert seen("SecurityGroupRule", shown).inputs == expected
    assert translate.same_rule(asked, shown)


RULE = {"group": "sg-1", "direction": "ingress", "protocol": "tcp", "fromPort": 80, "toPort": 81, "cidr": "10.0.0.0/8"}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"Description": "other"}, True),
        ({"IpProtocol": "6"}, True),
        ({"IsEgress": True}, False),
        ({"CidrIpv4": "10.0.0.0/16"}, False),
        ({"FromPort": 79}, False),
        ({"ToPort": 82}, False),
        ({"CidrIpv4": None, "ReferencedGroupInfo": {"GroupId": "sg-1"}}, False),
    ],
)
def test_when_a_rule_says_the_same(change: dict[str, Any], same: bool) -> None:
    shown = rule_shown(RULE, body_of("SecurityGroupRule", {**RULE, "name": "r"}))
    assert translate.same_rule(RULE, shown | change) is same


@given(NAMES, st.sampled_from(["", "an@example.com", "máy của An", "a b"]), LABELS)
def test_a_key_comes_back(name: str, comment: str, labels: dict[str, str]) -> None:
    text = f"ssh-ed25519 AAAA{' ' + comment if comment else ''}"
    body = body_of("KeyPair", {"name": name, "publicKey": text, "labels": labels})
    # The service puts the key's name in the place of the comment.
    shown = {"KeyName": body["KeyName"], "KeyPairId": "key-1", "PublicKey": f"ssh-ed25519 AAAA {name}"}
    found = seen("KeyPair", {**shown, "Tags": tagged(body)})
    assert found == Observed({"name": name, "publicKey": text, "labels": labels})


def test_a_key_of_another_maker_shows_no_comment() -> None:
    shown = {"KeyName": "old", "PublicKey": "ssh-rsa AAAA old", "Tags": [{"Key": translate.COMMENT, "Value": "%"}]}
    assert seen("KeyPair", shown).inputs["publicKey"] == "ssh-rsa AAAA"
    assert "publicKey" not in seen("KeyPair", {"KeyName": "old"}).inputs


@given(NAMES, st.sampled_from(["spread", "pack"]), LABELS)
def test_a_placement_group_comes_back(name: str, policy: str, labels: dict[str, str]) -> None:
    body = body_of("PlacementGroup", {"name": name, "policy": policy, "labels": labels})
    shown = {**body, "State": "available", "Tags": tagged(body)}
    assert seen("PlacementGroup", shown) == Observed({"name": name, "policy": policy, "labels": labels})
    assert "policy" not in seen("PlacementGroup", {**shown, "Strategy": "partition"}).inputs


def server_shown(body: dict[str, Any], groups: list[str], public: str | None) -> dict[str, Any]:
    """An instance as it is shown, with its root volume."""
    nic: dict[str, Any] = {
        "NetworkInterfaceId": "eni-1",
        "Attachment": {"DeviceIndex": 0},
        "PrivateIpAddress": "10.20.1.4",
        "Groups": [{"GroupId": group, "GroupName": f"g-{group}"} for group in groups]
        or [{"GroupId": "sg-0", "GroupName": "default"}],
    }
    if public:
        nic["Association"] = {"PublicIp": public}
    (mapping,) = body["BlockDeviceMappings"]
    instance = {
        "VpcId": "vpc-1",
        "SubnetId": body["SubnetId"],
        "KeyName": body.get("KeyName"),
        "InstanceType": body["InstanceType"],
        "ImageId": body["ImageId"],
        "Placement": body["Placement"],
        "NetworkInterfaces": [{"Attachment": {"DeviceIndex": 1}}, nic],
        "Tags": tagged(body),
    }
    disk = {"Size": mapping["Ebs"]["VolumeSize"], "Iops": 3000, **mapping["Ebs"]}
    return {"instance": instance, "disk": disk}


DISKS = st.sampled_from([("gp3", None), ("gp3", 4000), ("io2", 5000), ("standard", None)])


@given(NAMES, st.lists(IDS, max_size=3, unique=True), st.integers(8, 4000), DISKS, st.booleans(), LABELS)
def test_a_server_comes_back(
    name: str, groups: list[str], gib: int, disk: tuple[str, int | None], extras: bool, labels: dict[str, str]
) -> None:
    kind, iops = disk
    picks = {"zone": "ap-southeast-1a", "flavorId": "t3.small", "imageId": "ami-1", "diskTypeId": kind}
    asked = {"name": name, "subnet": "vpc-1/subnet-1", "securityGroups": groups, "labels": labels}
    asked |= {"disk": {"size": f"{gib} GiB", "minIops": iops}, "userData": "#!"}
    asked |= {"key": "deploy", "placementGroup": "pg"} if extras else {}
    found = seen("Server", server_shown(body_of("Server", asked, picks), groups, "203.0.113.9" if extras else None))
    assert found.inputs["name"] == name
    assert found.inputs["labels"] == labels
    assert found.inputs["subnet"] == AT.id_of("vpc-1/subnet-1")
    assert found.inputs["securityGroups"] == sorted(AT.id_of(group) for group in groups)
    assert found.inputs.get("key") == (AT.id_of("deploy") if extras else None)
    assert found.inputs.get("placementGroup") == (AT.id_of("pg") if extras else None)
    assert translate.disk_gib({"disk": found.inputs["disk"]}) == gib
    assert found.inputs["disk"].get("minIops") == iops
    assert found.picks == {**picks, "flavor": "t3.small", "diskType": kind}
    assert found.outputs == {"privateIp": "10.20.1.4"} | ({"publicIp": "203.0.113.9"} if extras else {})


def test_a_server_that_is_not_ready_shows_what_there_is() -> None:
    found = seen("Server", {"instance": {"Tags": []}, "disk": None})
    assert found == Observed({"labels": {}, "securityGroups": []}, {}, {"privateIp": None})


@given(NAMES, st.integers(125, 5000), st.booleans(), DISKS, LABELS)
def test_a_volume_comes_back(
    name: str, gib: int, encrypted: bool, disk: tuple[str, int | None], labels: dict[str, str]
) -> None:
    kind, iops = disk
    picks = {"zone": "ap-southeast-1a", "diskType": kind, "diskTypeId": kind}
    asked = {"name": name, "size": str(Size.gib(gib)), "encrypted": encrypted, "labels": labels}
    body = body_of("Volume", {**asked, "minIops": iops}, picks)
    shown = {"Iops": 3000, **body, "VolumeId": "vol-1", "State": "available", "Tags": tagged(body)}
    found = seen("Volume", {"volume": shown, "change": None})
    assert found == Observed(asked | ({"minIops": iops} if iops else {}), picks)


@pytest.mark.parametrize(
    ("volume", "gib", "settings", "change"),
    [
        ({"Size": 20, "VolumeType": "gp3", "Iops": 3000}, 20, {"VolumeType": "gp3"}, {}),
        ({"Size": 20, "VolumeType": "gp3", "Iops": None}, 20, {"VolumeType": "gp3"}, {}),
        ({"Size": 20, "VolumeType": "gp3", "Iops": 3000}, 30, {"VolumeType": "gp3"}, {"Size": 30}),
        ({"Size": 20, "VolumeType": "gp3", "Iops": 3000}, 20, {"VolumeType": "gp3", "Iops": 5000}, {"Iops": 5000}),
        ({"Size": 20, "VolumeType": "gp3", "Iops": 5000}, 20, {"VolumeType": "gp3"}, {"Iops": 3000}),
        (
            {"Size": 20, "VolumeType": "standard"},
            20,
            {"VolumeType": "io2", "Iops": 3000},
            {"VolumeType": "io2", "Iops": 3000},
        ),
        ({"Size": 20, "VolumeType": "io2", "Iops": 3000}, 20, {"VolumeType": "standard"}, {"VolumeType": "standard"}),
    ],
)
def test_what_is_changed_of_a_volume(
    volume: dict[str, Any], gib: int, settings: dict[str, Any], change: dict[str, Any]
) -> None:
    assert wanted_change(volume, gib, settings) == change


@given(NAMES, LABELS, st.booleans())
def test_an_address_comes_back(name: str, labels: dict[str, str], used: bool) -> None:
    asked = {"name": name, "labels": labels} | ({"server": "i-1"} if used else {})
    body = body_of("PublicIp", asked)
    shown = {"AllocationId": "eipalloc-1", "PublicIp": "203.0.113.7", "Tags": tagged(body)}
    found = seen("PublicIp", shown | ({"InstanceId": "i-1"} if used else {}))
    assert found.inputs == asked | ({"server": AT.id_of("i-1")} if used else {})
    assert found.outputs == {"address": "203.0.113.7"}


@given(NAMES, LABELS, st.booleans())
def test_an_interface_comes_back(name: str, labels: dict[str, str], attached: bool) -> None:
    asked = {"name": name, "labels": labels, "server": "i-1", "subnet": "vpc-1/subnet-2"}
    body = body_of("NetworkInterface", asked, {"groups": ["sg-1"]})
    shown = {"VpcId": "vpc-1", "SubnetId": body["SubnetId"], "PrivateIpAddress": "10.1.1.9", "TagSet": tagged(body)}
    found = seen("NetworkInterface", shown | ({"Attachment": {"InstanceId": "i-1"}} if attached else {}))
    server = AT.id_of("i-1" if attached else "not-attached")
    assert found.inputs == {**asked, "server": server, "subnet": AT.id_of("vpc-1/subnet-2")}
    assert found.outputs == {"privateIp": "10.1.1.9"}


def test_an_attachment_and_a_route_come_back() -> None:
    asked = body_of("VolumeAttachment", {"volume": "vol-1", "server": "i-1"})
    assert seen("VolumeAttachment", {**asked, "Device": "/dev/sdf"}).inputs == {
        "volume": AT.id_of("vol-1"),
        "server": AT.id_of("i-1"),
    }
    native = {"network": "vpc-1", "destination": "10.9.0.0/16", "servers": ["i-1"]}
    expected = {"network": AT.id_of("vpc-1"), "destination": "10.9.0.0/16", "gateway": AT.id_of("i-1")}
    assert seen("Route", native).inputs == expected
    assert seen("Route", {**native, "servers": ["i-1", "no-route"]}).inputs["gateway"] == AT.id_of("i-1,no-route")


@pytest.mark.parametrize("change", ["encrypted", "resolved.zone"])
def test_a_volume_is_not_replaced_by_an_empty_one(change: str) -> None:
    with pytest.raises(InvalidRequest, match="would be empty"):
        KINDS["Volume"].replaces(frozenset({change}), {}, {})
    assert KINDS["Volume"].replaces(frozenset({"size"}), {}, {}) == frozenset()


def test_a_root_disk_that_shrinks_needs_a_new_server() -> None:
    old, new = {"disk": {"size": "40 GiB"}}, {"disk": {"size": "20 GiB"}}
    assert KINDS["Server"].replaces(frozenset({"disk"}), old, new) == {"disk"}
    assert KINDS["Server"].replaces(frozenset({"disk", "image"}), new, old) == {"image"}


@pytest.mark.parametrize(
    ("name", "state"), [("shop-web-ab23cd-0f1e2", "ab23cd"), ("shop-web", None), ("shop-ab23cd-0f1e", None)]
)
def test_the_state_in_a_name(name: str, state: str | None) -> None:
    assert tags.state_of(name) == state
    found = tags.wanted_tags({"name": name, "labels": {"a": "1"}})
    assert found == {"Name": name, "a": "1"} | ({"mcloud:state": state} if state else {})


def test_tags_of_other_makers_stay() -> None:
    there = tags.tag_list({"Name": "web", "old": "1", "kept": "1", "theirs": "1"})
    old = {"name": "web", "labels": {"old": "1", "kept": "1", "never-written": "1"}}
    write, lost = tags.changes(there, old, {"name": "web", "labels": {"kept": "2", "new": "3"}})
    assert tags.tag_map(write) == {"kept": "2", "new": "3"}
    assert lost == ["old"]


@given(st.lists(st.text(max_size=80), min_size=1, max_size=3))
def test_a_token_is_short_and_always_the_same(parts: list[str]) -> None:
    token = tags.token(*parts)
    assert token.isascii()
    assert len(token) <= 64
    assert tags.token(*parts) == token
