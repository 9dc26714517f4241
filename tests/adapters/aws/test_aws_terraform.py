"""What AWS's Terraform types mean, and the example states end to end."""

from __future__ import annotations

import csv
import ipaddress
import itertools
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcloud.discover.discovery import Counts, Discovery
from mcloud.discover.meaning import GroupPart, KeyPart, Meant, NetworkPart, RulePart, ServerPart, SubnetPart
from mcloud.discover.pipeline import discover_tfstate, meaning_for
from mcloud.discover.tfstate import StateResource
from mcloud.discover.write import to_json, to_yaml
from mcloud.errors import DiscoverError
from mcloud.model.stack import Stack
from mcloud.units import Size
from mcloud_aws import adapter
from mcloud_aws.facts import instance_sizes
from mcloud_aws.terraform import MEANINGS

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "tfstate"
NAMES = ("vpc", "subnet", "vpc_security_group", "vpc_security_group_rule", "ec2_key_pair", "ec2_instance")
FILES = [EXAMPLES / f"aws_{name}.tfstate" for name in NAMES]


def meant(kind: str, removed: tuple[str, ...] = (), **attributes: Any) -> Meant:
    meaning = meaning_for(kind, MEANINGS)
    assert meaning is not None
    return meaning(StateResource("f", f"{kind}.x", kind, attributes=attributes, removed=removed))


def whats(found: Meant) -> list[str]:
    return [note.what for note in found.notes]


@pytest.mark.parametrize("kind", ["aws_vpc", "aws_default_vpc"])
def test_network(kind: str) -> None:
    found = meant(
        kind,
        id="vpc-1",
        cidr_block="10.0.0.0/16",
        ipv6_cidr_block="2001:db8::/56",
        instance_tenancy="dedicated",
        enable_classiclink=True,
        tags={"Name": "Main", "team": "a", "aws:x": "y"},
    )
    assert found.part == NetworkPart("vpc-1", "10.0.0.0/16", {"team": "a"})
    assert whats(found) == [
        "tag aws:x",
        "tag Name",
        "instance_tenancy",
        "IPv6 block 2001:db8::/56",
        "enable_classiclink",
    ]


@pytest.mark.parametrize(("maps", "direct"), [(True, True), (False, False), (None, None)])
def test_subnet(maps: bool | None, direct: bool | None) -> None:
    values: dict[str, Any] = {"id": "s", "vpc_id": "v", "cidr_block": "10.0.1.0/24", "availability_zone": "us-east-1a"}
    found = meant("aws_subnet", **values, map_public_ip_on_launch=maps)
    assert found.part == SubnetPart("s", "v", "10.0.1.0/24", direct)
    assert whats(found) == ["zone us-east-1a"]


@pytest.mark.parametrize(
    ("kind", "attributes", "says"),
    [
        ("aws_vpc", {"id": "v"}, "cidr_block"),
        ("aws_vpc", {"cidr_block": "10.0.0.0/16"}, "its id"),
        ("aws_vpc", {"id": "v", "cidr_block": "10.0.0.1/16"}, "not IPv4"),
        ("aws_subnet", {"id": "s", "vpc_id": "v", "cidr_block": "", "ipv6_cidr_block": "::/64"}, "no IPv4 block"),
        ("aws_subnet", {"id": "s", "cidr_block": "10.0.0.0/16"}, "vpc_id"),
        ("aws_security_group", {}, "its id"),
        ("aws_security_group_rule", {"type": "ingress"}, "security_group_id"),
        ("aws_security_group_rule", {"security_group_id": "g", "type": "odd"}, "direction"),
        ("aws_key_pair", {"id": "k"}, "key_name"),
        ("aws_instance", {"id": "i", "ami": "a"}, "instance_type"),
        ("aws_instance", {"id": "i", "ami": "a", "instance_type": "t", "instance_state": "terminated"}, "terminated"),
        ("aws_db_instance", {"password": "x"}, "managed database"),
    ],
)
def test_refusals_have_reason_and_advice(kind: str, attributes: dict[str, Any], says: str) -> None:
    found = meant(kind, **attributes)
    assert found.part is None
    assert says in found.reason
    assert found.advice


RULES: list[tuple[dict[str, Any], tuple[Any, ...] | None, list[str]]] = [
    # (attributes, (protocol, ports, blocks, groups) or None, what is noted)
    ({"protocol": "tcp", "from_port": 22, "to_port": 22}, ("tcp", (22, 22), ("0.0.0.0/0",), ()), []),
    ({"protocol": "6", "from_port": 0, "to_port": 65535}, ("tcp", None, ("0.0.0.0/0",), ()), []),
    ({"protocol": "udp", "from_port": 0, "to_port": 99}, ("udp", (1, 99), ("0.0.0.0/0",), ()), []),
    ({"protocol": "-1", "from_port": 0, "to_port": 0}, ("any", None, ("0.0.0.0/0",), ()), []),
    ({"protocol": "icmp", "from_port": -1, "to_port": -1}, ("icmp", None, ("0.0.0.0/0",), ()), []),
    ({"protocol": "icmp", "from_port": 8, "to_port": 0}, None, ["ICMP type"]),
    ({"protocol": "tcp", "from_port": 0, "to_port": 0}, None, ["port 0"]),
    ({"protocol": "tcp", "from_port": 9, "to_port": 8}, None, ["ports"]),
    ({"protocol": "icmpv6", "from_port": -1, "to_port": -1}, None, ["protocol icmpv6"]),
    ({"protocol": "5", "from_port": 10, "to_port": 55}, ("5", None, ("0.0.0.0/0",), ()), ["ports of protocol 5"]),
    ({"protocol": "-1", "cidr_blocks": [], "ipv6_cidr_blocks": ["::/0"]}, None, ["IPv6 block ::/0"]),
    ({"protocol": "-1", "cidr_blocks": None, "prefix_list_ids": ["pl-1"]}, None, ["prefix list pl-1"]),
    (
        {"protocol": "-1", "cidr_blocks": ["10.0.0.0/8"], "ipv6_cidr_blocks": ["::/0"]},
        ("any", None, ("10.0.0.0/8",), ()),
        ["IPv6 block ::/0"],
    ),
]


@pytest.mark.parametrize("direction", ["ingress", "egress"])
@pytest.mark.parametrize(("attributes", "expected", "noted"), RULES)
def test_rules_mean_the_same_alone_and_inside_a_group(
    attributes: dict[str, Any], expected: tuple[Any, ...] | None, noted: list[str], direction: str
) -> None:
    said = {"cidr_blocks": ["0.0.0.0/0"], **attributes}
    alone = meant("aws_security_group_rule", security_group_id="g", type=direction, **said)
    rules: dict[str, Any] = {direction: [said]}
    inside = meant("aws_security_group", id="g", vpc_id="v", **rules)
    assert isinstance(inside.part, GroupPart)
    assert whats(inside) == noted
    if expected is None:
        assert (alone.part, inside.part.rules) == (None, ())
        assert all(what in alone.reason for what in noted)
    else:
        protocol, ports, cidrs, groups = expected
        rule = RulePart("g", "egress" if direction == "egress" else "ingress", protocol, ports, cidrs, groups)
        assert (alone.part, inside.part.rules) == (rule, (rule,))
        assert whats(alone) == noted


def test_peers_that_are_groups() -> None:
    values: dict[str, Any] = {"security_group_id": "g", "type": "ingress", "protocol": "-1"}
    self_and_source = meant("aws_security_group_rule", **values, self=True, source_security_group_id="g").part
    foreign = meant("aws_security_group_rule", **values, source_security_group_id="123456789012/sg-2").part
    assert isinstance(self_and_source, RulePart)
    assert isinstance(foreign, RulePart)
    assert (self_and_source.groups, foreign.groups) == (("g",), ("sg-2",))


@pytest.mark.parametrize(
    ("disk", "expected"),
    [
        ({"volume_size": 8, "volume_type": "gp2", "iops": 100}, (8, "ssd", None)),
        ({"volume_size": 8, "volume_type": "gp3", "iops": 3000}, (8, "ssd", None)),
        ({"volume_size": 8, "volume_type": "gp3", "iops": 4000}, (8, "ssd", 4000)),
        ({"volume_size": 50, "volume_type": "io1", "iops": 500}, (50, "ssd", 500)),
        ({"volume_size": 500, "volume_type": "standard"}, (500, "hdd", None)),
        (None, (None, "ssd", None)),
    ],
)
def test_root_disk(disk: dict[str, Any] | None, expected: tuple[Any, ...]) -> None:
    part = meant("aws_instance", id="i", ami="a", instance_type="t3.nano", root_block_device=disk and [disk]).part
    assert isinstance(part, ServerPart)
    assert (part.disk_gib, part.disk_class, part.min_iops) == expected


def test_server() -> None:
    found = meant(
        "aws_instance",
        ("user_data",),
        id="i-1",
        ami="ami-1",
        instance_type="m5.large",
        subnet_id="s-1",
        vpc_security_group_ids=["g-1", "g-2"],
        key_name="k",
        public_ip="1.2.3.4",
        associate_public_ip_address=False,
        ebs_block_device=[{"volume_id": "vol-1"}],
        iam_instance_profile="role",
        source_dest_check=False,
        instance_state="stopped",
        a_new_attribute="x",
    )
    assert found.part == ServerPart(
        "i-1", "m5.large", (2, 8192), "ami-1", "s-1", ("g-1", "g-2"), "k", public_ip=True, disk_gib=None
    )
    assert whats(found) == [
        "instance profile",
        "forwarding",
        "public address 1.2.3.4",
        "state",
        "more disks",
        "a_new_attribute",
        "user_data",
    ]


def test_an_unknown_instance_type_has_no_size() -> None:
    part = meant("aws_instance", id="i", ami="a", instance_type="z9.mega").part
    assert isinstance(part, ServerPart)
    assert part.size is None


@pytest.mark.parametrize("text", [None, "ssh-rsa AAAA"])
def test_key(text: str | None) -> None:
    assert meant("aws_key_pair", key_name="k", public_key=text).part == KeyPart("k", text)


def test_facts_have_source_date_and_mark() -> None:
    path = ROOT / "adapters" / "mcloud_aws" / "catalog" / "instance_types.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["name"] for row in rows}) == len(rows) == len(instance_sizes())
    for row in rows:
        assert row["source"]
        assert row["mark"] in {"vendor-doc", "vendor-live", "third-party"}
        date.fromisoformat(row["as_of"])
    families = {name.split(".")[0] for name in instance_sizes()}
    assert {"t2", "t3", "t4g", "m4", "m5", "m7i", "c5", "r5", "i3"} <= families
    # A stack's size without its GPUs would be a smaller machine.
    assert not {"p3dn", "g4dn", "inf1"} & families
    assert (instance_sizes()["t3.nano"], instance_sizes()["r5.large"]) == ((2, 512), (2, 16384))


def test_the_adapter_offers_the_meanings() -> None:
    assert adapter.terraform_meanings() is MEANINGS


def example(overlay: Path | None = EXAMPLES / "assumptions.yaml") -> Discovery:
    return discover_tfstate(FILES, overlay, placement="vng/hcm", meanings=MEANINGS, strict=True)


def test_the_example_adds_up() -> None:
    found = example()
    assert found.counts() == Counts(seen=23, mapped=12, folded=7, remainder=4)
    assert [found.counts(str(file)).seen for file in FILES] == [2, 6, 2, 11, 1, 1]
    assert not found.open
    assert {outcome.address.split(".")[1] for outcome in found.remainder} == {
        "baz-ingress",
        "bla-ingress",
        "fucked-egress",
        "test-ingress-rule-bis",
    }


def test_the_example_without_assumptions_guesses_nothing() -> None:
    found = example(None)
    assert found.counts() == Counts(seen=23, mapped=4, folded=7, remainder=12)
    assert set(found.document) == {"mcloud", "name", "placement", "networks", "security_groups"}
    assert {item.subject[:3] for item in found.open} == {"sg-"}


def test_the_example_is_a_stack_that_the_target_takes() -> None:
    stack = Stack.model_validate(example().document)
    blocks = [ipaddress.IPv4Network(network.cidr) for network in stack.networks.values()]
    assert len(blocks) == 3
    for one, two in itertools.combinations(blocks, 2):
        assert not one.overlaps(two)
    for block, network in zip(blocks, stack.networks.values(), strict=True):
        assert block.prefixlen == 16
        assert block.subnet_of(ipaddress.IPv4Network("10.0.0.0/8"))
        inner = [ipaddress.IPv4Network(subnet.cidr) for subnet in network.subnets.values()]
        assert inner
        assert all(part.subnet_of(block) and part.prefixlen in range(16, 29, 2) for part in inner)
        assert not any(one.overlaps(two) for one, two in itertools.combinations(inner, 2))
    (server,) = stack.servers.values()
    assert server.disk.size == Size.gib(20)
    assert server.subnet == "paris.paris-b"
    assert server.security_groups == ("test-default-sg",)
    assert server.size is not None
    assert (server.size.vcpu, str(server.size.memory)) == (2, "512 MiB")
    assert stack.keys["deployer"].public_key.startswith("ssh-rsa ")
    rules = [rule for group in stack.security_groups.values() for rule in (*group.ingress, *(group.egress or ()))]
    peers = [str(peer) for rule in rules for peer in (*rule.from_, *rule.to)]
    assert len(peers) == 8
    assert not any("::" in peer for peer in peers)


def test_the_example_reads_back_from_its_file() -> None:
    found = example()
    text = to_yaml(found)
    assert yaml.safe_load(text) == found.document
    assert "    cidr: 10.2.0.0/16  # assumed: renumbered from 172.31.0.0/16" in text.splitlines()
    assert "#   aws_security_group_rule.bla-ingress" in text


def test_a_password_reaches_no_output(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    path = ROOT / "tests" / "data" / "tfstate" / "aws_db_instance.tfstate"
    assert "foobarbaz" in path.read_text(encoding="utf-8")
    found = discover_tfstate([path], placement="vng/hcm", meanings=MEANINGS)
    (left,) = found.remainder
    assert left.address == "aws_db_instance.default"
    # A type that nobody knows is no way out either.
    unknown = discover_tfstate([path], placement="vng/hcm", meanings={})
    broken = tmp_path / "broken.tfstate"
    broken.write_text(path.read_text(encoding="utf-8")[:-3], encoding="utf-8")
    with pytest.raises(DiscoverError) as caught:
        discover_tfstate([broken], placement="vng/hcm", meanings=MEANINGS)
    said = [to_yaml(found), to_json(found), repr(found), to_yaml(unknown), to_json(unknown), repr(unknown)]
    assert "foobarbaz" not in "".join([*said, caplog.text, str(caught.value), repr(caught.value)])
