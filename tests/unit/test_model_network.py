"""CIDR blocks, ports, protocols, peers, listeners: one way of writing each, and a clear word for what is none."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mcloud.model.compute import Server
from mcloud.model.network import Cidr, GroupPeer, Network, Rule, parse_ports

CIDR: TypeAdapter[str] = TypeAdapter(Cidr)
PORT = st.integers(1, 65535)


def refusal(call: Any, value: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        call(value)
    return str(caught.value.errors()[0]["msg"]).removeprefix("Value error, ")


@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_a_block_is_written_one_way(address: int, prefix: int) -> None:
    block = ipaddress.ip_network((address, prefix), strict=False)
    assert CIDR.validate_python(f"{block.network_address}/{block.netmask}") == str(block)
    assert CIDR.validate_python(str(block)) == str(block)


@given(st.integers(0, 2**32 - 1), st.integers(0, 31))
def test_host_bits_are_refused_with_the_right_block(address: int, prefix: int) -> None:
    block = ipaddress.ip_network((address, prefix), strict=False)
    text = f"{ipaddress.ip_address(address)}/{prefix}"
    if address == int(block.network_address):
        assert CIDR.validate_python(text) == str(block)
    else:
        assert refusal(CIDR.validate_python, text) == f"{text!r} has host bits set; the block is {block}"


@pytest.mark.parametrize(("text", "block"), [("10.0.0.1", "10.0.0.1/32"), ("FC00::/7", "fc00::/7")])
def test_other_ways_to_write_a_block(text: str, block: str) -> None:
    assert CIDR.validate_python(text) == block


@pytest.mark.parametrize("value", ["10.20.0.0/33", "10.20.0/16", "vpc", "", 10, None, ["10.0.0.0/8"], "300.0.0.0/8"])
def test_no_block(value: Any) -> None:
    assert refusal(CIDR.validate_python, value) == f"{value!r} is not a CIDR block; write it like '10.20.0.0/16'"


@given(PORT, PORT)
def test_ports_come_back(one: int, other: int) -> None:
    first, last = sorted((one, other))
    assert parse_ports(f"{first}-{last}") == (first, last)
    assert parse_ports(one) == parse_ports(str(one)) == (one, one)
    rule = Rule.model_validate({"ports": [one, f"{first}-{last}"]})
    again = Rule.model_validate({"ports": list(rule.ports or ())})
    assert rule.ports == again.ports == (str(one), f"{first}-{last}" if first != last else str(first))


@given(PORT, PORT)
def test_a_range_the_wrong_way_round(one: int, other: int) -> None:
    if one > other:
        text = f"{one}-{other}"
        assert refusal(lambda value: Rule(ports=value), text) == f"port range {text!r} is the wrong way round"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (0, "port 0 is out of 1-65535"),
        (65536, "port 65536 is out of 1-65535"),
        ("1-65536", "port '1-65536' is out of 1-65535"),
        (True, "True is no port; write 80, '8000-8100' or 'all'"),
        ("http", "'http' is no port; write 80, '8000-8100' or 'all'"),
        (-1, "-1 is no port; write 80, '8000-8100' or 'all'"),
        (8.5, "8.5 is no port; write 80, '8000-8100' or 'all'"),
        ("80-", "'80-' is no port; write 80, '8000-8100' or 'all'"),
        ([], "the list of ports is empty; leave ports out for all of them"),
        ([80, "x"], "'x' is no port; write 80, '8000-8100' or 'all'"),
    ],
)
def test_no_ports(value: Any, says: str) -> None:
    assert refusal(lambda ports: Rule(ports=ports), value) == says


def test_all_ports() -> None:
    assert Rule.model_validate({"ports": "all"}).ports == ("1-65535",)
    assert Rule().ports is None


@pytest.mark.parametrize(
    ("value", "protocol"),
    [("TCP", "tcp"), ("any", "any"), (6, "tcp"), ("17", "udp"), (1, "icmp"), (47, "47"), ("50", "50"), (0, "0")],
)
def test_protocols(value: Any, protocol: str) -> None:
    assert Rule(protocol=value).protocol == protocol


@pytest.mark.parametrize("value", ["http", 256, -1, True, ""])
def test_no_protocol(value: Any) -> None:
    says = f"{value!r} is no protocol; write tcp, udp, icmp, any or an IANA number"
    assert refusal(lambda protocol: Rule(protocol=protocol), value) == says


@pytest.mark.parametrize("protocol", ["icmp", "any", "47"])
def test_ports_need_a_transport(protocol: str) -> None:
    assert refusal(lambda value: Rule(ports=80, protocol=value), protocol) == f"protocol {protocol} has no ports"


@pytest.mark.parametrize(
    ("value", "peers"),
    [
        ("anywhere", ("0.0.0.0/0",)),
        ("10.0.0.0/8", ("10.0.0.0/8",)),
        ({"group": "web"}, (GroupPeer(group="web"),)),
        (["anywhere", {"group": "web"}], ("0.0.0.0/0", GroupPeer(group="web"))),
        ([], ()),
    ],
)
def test_peers(value: Any, peers: Any) -> None:
    assert Rule.model_validate({"from": value}).from_ == peers
    assert Rule.model_validate({"to": value}).to == peers


def test_models_are_frozen_and_strict() -> None:
    network = Network(cidr="10.0.0.0/8")
    with pytest.raises(ValidationError, match="frozen"):
        network.cidr = "10.1.0.0/16"
    with pytest.raises(ValidationError, match="Extra inputs"):
        Network.model_validate({"cidr": "10.0.0.0/8", "cdir": 1})


def server(**changes: Any) -> dict[str, Any]:
    size = {"vcpu": 1, "memory": "1 GiB"}
    return {"size": size, "image": {"os": "ubuntu", "version": "22.04"}, "subnet": "a"} | changes


@pytest.mark.parametrize(("written", "version"), [("22.04", "22.04"), (9, "9"), ("9", "9")])
def test_versions(written: Any, version: str) -> None:
    made = Server.model_validate(server(image={"os": "debian", "version": written}))
    assert made.image.version == version


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"image": {"os": "ubuntu", "version": 22.1}},
            '22.1 is a number and may have lost a zero; put the version in quotes, like "22.04"',
        ),
        ({"image": {"os": "ubuntu", "version": True}}, "Input should be a valid string"),
        ({"size": None}, "give size: {vcpu, memory} or a flavor per cloud"),
        ({"count": -1}, "Input should be greater than or equal to 0"),
        ({"count": 1001}, "Input should be less than or equal to 1000"),
    ],
)
def test_no_server(changes: dict[str, Any], says: str) -> None:
    assert refusal(Server.model_validate, server(**changes)) == says


def test_a_flavor_alone_is_enough() -> None:
    made = Server.model_validate(server(size=None, flavor={"c": "small"}))
    assert made.flavor == {"c": "small"}
    assert made.count is None
