"""Address blocks, ports, peers and protocols as people write them."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mcloud.model.network import GroupPeer, Network, Rule, parse_ports

PORTS = st.integers(min_value=1, max_value=65535)


def rule(**values: Any) -> Rule:
    return Rule.model_validate(values)


@given(st.ip_addresses(), st.integers(min_value=0, max_value=128))
def test_a_block_is_taken_exactly_when_no_host_bits_are_set(address: Any, length: int) -> None:
    length = min(length, address.max_prefixlen)
    text = f"{address}/{length}"
    block = ipaddress.ip_network(text, strict=False)
    if block.network_address == address:
        assert Network(cidr=text).cidr == str(block)
    else:
        with pytest.raises(ValidationError, match=f"the block is {block}"):
            Network(cidr=text)


@pytest.mark.parametrize(
    ("text", "block"),
    [("10.0.0.0/8", "10.0.0.0/8"), ("203.0.113.5", "203.0.113.5/32"), ("10.0.0.0/255.255.0.0", "10.0.0.0/16")],
)
def test_blocks_are_canonical(text: str, block: str) -> None:
    assert Network(cidr=text).cidr == block


@pytest.mark.parametrize("value", ["", "10.0.0.0/33", "10.0.0/8", "banana", "10.0.0.0/8 ", 10, None, ["10.0.0.0/8"]])
def test_what_is_no_block(value: Any) -> None:
    with pytest.raises(ValidationError, match="is not a CIDR block; write it like"):
        Network.model_validate({"cidr": value})


@given(PORTS, PORTS)
def test_port_ranges(one: int, other: int) -> None:
    first, last = min(one, other), max(one, other)
    assert parse_ports(f"{first}-{last}") == (first, last)
    assert parse_ports(first) == parse_ports(str(first)) == (first, first)
    if first != last:
        with pytest.raises(ValueError, match="the wrong way round"):
            parse_ports(f"{last}-{first}")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "is out of 1-65535"),
        (65536, "is out of 1-65535"),
        ("80-70000", "is out of 1-65535"),
        ("0-80", "is out of 1-65535"),
        (-1, "is no port"),
        ("80-", "is no port"),
        ("http", "is no port"),
        ("80,443", "is no port"),
        (True, "is no port"),
        (None, "is no port"),
        (80.5, "is no port"),
    ],
)
def test_what_is_no_port(value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_ports(value)


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        (80, ("80",)),
        ("8000-8100", ("8000-8100",)),
        ("all", ("1-65535",)),
        ([80, "443", "8000-8000"], ("80", "443", "8000")),
        (None, None),
    ],
)
def test_ports_of_a_rule(ports: Any, expected: Any) -> None:
    assert rule(ports=ports).ports == expected


def test_an_empty_list_of_ports_does_not_mean_all() -> None:
    with pytest.raises(ValidationError, match="the list of ports is empty; leave ports out for all of them"):
        rule(ports=[])


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [("TCP", "tcp"), ("udp", "udp"), (1, "icmp"), ("6", "tcp"), (17, "udp"), (50, "50"), ("any", "any"), (0, "0")],
)
def test_protocols(protocol: Any, expected: str) -> None:
    assert rule(protocol=protocol).protocol == expected


@pytest.mark.parametrize("protocol", ["http", "", 256, -1, 1.5, None])
def test_what_is_no_protocol(protocol: Any) -> None:
    with pytest.raises(ValidationError, match="is no protocol"):
        rule(protocol=protocol)


@pytest.mark.parametrize("protocol", ["icmp", "any", 50])
def test_only_tcp_and_udp_have_ports(protocol: Any) -> None:
    with pytest.raises(ValidationError, match="has no ports"):
        rule(ports=80, protocol=protocol)
    assert rule(protocol=protocol).ports is None


@pytest.mark.parametrize(
    ("peers", "expected"),
    [
        ("anywhere", ("0.0.0.0/0",)),
        ("10.0.0.0/8", ("10.0.0.0/8",)),
        ({"group": "g"}, (GroupPeer(group="g"),)),
        (["::/0", {"group": "g"}, "anywhere"], ("::/0", GroupPeer(group="g"), "0.0.0.0/0")),
        ([], ()),
    ],
)
def test_peers(peers: Any, expected: tuple[Any, ...]) -> None:
    assert Rule.model_validate({"from": peers}).from_ == expected
    assert Rule.model_validate({"to": peers}).to == expected
