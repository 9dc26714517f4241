"""Address blocks and exposure."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcloud.model.stack import Stack
from mcloud.validate import Finding, validate


def stack(**sections: Any) -> Stack:
    return Stack.model_validate({"mcloud": 1, "name": "s", "placement": "c/r", **sections})


def found(made: Stack) -> list[tuple[str, str, str]]:
    return [
        (item.code, item.severity, ".".join(str(part) for part in item.path))
        for item in validate(made)
        if item.code != "unused"
    ]


def network(cidr: str, *subnets: str, **more: Any) -> dict[str, Any]:
    return {"cidr": cidr, "subnets": {f"s{index}": {"cidr": subnet} for index, subnet in enumerate(subnets)}, **more}


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        ({"a": network("10.0.0.0/16", "10.0.1.0/24", "10.0.2.0/24")}, []),
        ({"a": network("10.0.0.0/16", "10.0.0.0/16")}, []),
        ({"a": network("10.0.0.0/16", "10.1.0.0/24")}, [("block-outside", "block", "networks.a.subnets.s0.cidr")]),
        ({"a": network("10.0.0.0/16", "10.0.0.0/8")}, [("block-outside", "block", "networks.a.subnets.s0.cidr")]),
        ({"a": network("10.0.0.0/16", "fd00::/64")}, [("block-outside", "block", "networks.a.subnets.s0.cidr")]),
        (
            {"a": network("10.0.0.0/16", "10.0.0.0/20", "10.0.20.0/24", "10.0.8.0/24")},
            [("block-overlap", "block", "networks.a.subnets.s2.cidr")],
        ),
        (
            {"a": network("10.0.0.0/16", "10.0.0.0/24", "10.0.0.0/24")},
            [("block-overlap", "block", "networks.a.subnets.s1.cidr")],
        ),
        ({"a": network("10.0.0.0/16"), "b": network("10.0.128.0/17")}, [("block-overlap", "block", "networks.b.cidr")]),
        ({"a": network("10.0.0.0/16"), "b": network("10.1.0.0/16")}, []),
        ({"a": network("10.0.0.0/16"), "b": network("10.0.0.0/16", placement="c/other")}, []),
        (
            {"a": network("10.0.0.0/16", placement="c/r/z1"), "b": network("10.0.0.0/16")},
            [("block-overlap", "block", "networks.b.cidr")],
        ),
        ({"a": network("8.8.0.0/16")}, [("block-public", "warn", "networks.a.cidr")]),
        ({"a": network("0.0.0.0/0")}, [("block-public", "warn", "networks.a.cidr")]),
        ({"a": network("172.0.0.0/11")}, [("block-public", "warn", "networks.a.cidr")]),
        ({"a": network("100.64.0.0/16"), "b": network("192.168.0.0/16"), "c": network("172.31.0.0/16")}, []),
        ({"a": network("fd00::/48", "fd00:0:0:1::/64")}, []),
        ({"a": network("2001:4860::/32")}, [("block-public", "warn", "networks.a.cidr")]),
    ],
)
def test_blocks(networks: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert found(stack(networks=networks)) == expected


def test_the_message_names_both_blocks() -> None:
    made = stack(networks={"a": network("10.0.0.0/16"), "b": network("10.0.0.0/8")})
    assert validate(made) == (
        Finding(
            "block-overlap",
            "block",
            ("networks", "a", "cidr"),
            "10.0.0.0/16 overlaps 10.0.0.0/8 of the network 'b' in the same place",
            "choose another block",
        ),
    )


BLOCKS = st.builds(
    lambda address, length: str(ipaddress.ip_network((address, length), strict=False)),
    st.integers(min_value=10 << 24, max_value=(10 << 24) + 4095),
    st.integers(min_value=20, max_value=32),
)


@given(st.lists(BLOCKS, min_size=1, max_size=8))
def test_an_overlap_is_found_exactly_where_there_is_one(blocks: list[str]) -> None:
    networks = {f"n{index}": {"cidr": block} for index, block in enumerate(blocks)}
    told = {item.path[1] for item in validate(stack(networks=networks))}
    parsed = [ipaddress.ip_network(block) for block in blocks]
    overlapping = {
        frozenset((f"n{i}", f"n{j}"))
        for i, one in enumerate(parsed)
        for j, other in enumerate(parsed)
        if i < j and one.overlaps(other)
    }
    assert bool(told) == bool(overlapping)
    # Taking out what was told leaves nothing that overlaps, and nothing is told that overlaps nothing.
    assert all(pair & told for pair in overlapping)
    assert told <= {name for pair in overlapping for name in pair}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"ports": 22, "from": "anywhere"}, "port 22 (SSH) can be reached from anywhere"),
        ({"ports": 22, "from": ["10.0.0.0/8", "::/0"]}, "port 22 (SSH) can be reached from anywhere"),
        (
            {"ports": ["80", "3000-3400", 5985], "from": "anywhere"},
            "port 3306 (MySQL), port 3389 (RDP), port 5985 (WinRM) can be reached from anywhere",
        ),
        ({"ports": "all", "from": "anywhere"}, "every tcp port can be reached from anywhere"),
        ({"from": "anywhere"}, "every tcp port can be reached from anywhere"),
        ({"protocol": "udp", "from": "anywhere"}, "every udp port can be reached from anywhere"),
        ({"protocol": "any", "from": "anywhere"}, "everything can be reached from anywhere"),
        ({"ports": [80, 443, "8000-8100"], "from": "anywhere"}, None),
        ({"ports": 22, "from": "203.0.113.0/24"}, None),
        ({"ports": 22, "from": {"group": "g"}}, None),
        ({"ports": 53, "protocol": "udp", "from": "anywhere"}, None),
        ({"protocol": "icmp", "from": "anywhere"}, None),
        ({"protocol": 50, "from": "anywhere"}, None),
    ],
)
def test_exposure_is_a_warning(rule: dict[str, Any], message: str | None) -> None:
    made = stack(security_groups={"g": {"ingress": [{"ports": 80, "from": "10.0.0.0/8"}, rule]}})
    told = [item for item in validate(made) if item.code == "open-to-world"]
    assert [item.message for item in told] == ([message] if message else [])
    assert all(item.severity == "warn" and item.path == ("security_groups", "g", "ingress", 1) for item in told)


def test_what_leaves_is_no_exposure() -> None:
    made = stack(security_groups={"g": {"egress": [{"ports": 22, "to": "anywhere"}]}})
    assert found(made) == []
