"""Networks, security groups and addresses as people write them in a stack."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from mcloud.model.base import FormerName, Labels, Model, Name, PlacementText

ANYWHERE = "0.0.0.0/0"


def _network(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a CIDR block; write it like '10.20.0.0/16'")
    try:
        return str(ipaddress.ip_network(value, strict=True))
    except ValueError as error:
        if "has host bits set" in str(error):
            right = ipaddress.ip_network(value, strict=False)
            raise ValueError(f"{value!r} has host bits set; the block is {right}") from error
        raise ValueError(f"{value!r} is not a CIDR block; write it like '10.20.0.0/16'") from error


Cidr = Annotated[str, BeforeValidator(_network), WithJsonSchema({"type": "string", "examples": ["10.20.0.0/16"]})]


def parse_ports(value: Any) -> tuple[int, int]:
    """Read a port (80), a range ("8000-8100") or "all" as (first, last).

    Raises:
        ValueError: no port, out of 1-65535, or the wrong way round.
    """
    if value == "all":
        return 1, 65535
    match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", str(value).strip())
    if isinstance(value, bool) or match is None:
        raise ValueError(f"{value!r} is no port; write 80, '8000-8100' or 'all'")
    first = int(match[1])
    last = int(match[2]) if match[2] else first
    if not 1 <= first <= 65535 or not 1 <= last <= 65535:
        raise ValueError(f"port {value!r} is out of 1-65535")
    if first > last:
        raise ValueError(f"port range {value!r} is the wrong way round")
    return first, last


def _port_list(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    texts = []
    if not items:
        raise ValueError("the list of ports is empty; leave ports out for all of them")
    for item in items:
        first, last = parse_ports(item)
        texts.append(str(first) if first == last else f"{first}-{last}")
    return texts


_PORT = {"anyOf": [{"type": "integer"}, {"type": "string"}]}
Ports = Annotated[
    tuple[str, ...],
    BeforeValidator(_port_list),
    WithJsonSchema({"anyOf": [*_PORT["anyOf"], {"type": "array", "items": _PORT}]}),
]


class GroupPeer(Model):
    """The members of a security group, as the other side of a rule."""

    group: str
    """Name of the security group."""


def _peers(value: Any) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    return [ANYWHERE if item == "anywhere" else item for item in items]


_PEER_SCHEMA = {
    "anyOf": [
        {"type": "string", "description": "A CIDR block, or 'anywhere'."},
        {
            "type": "object",
            "properties": {"group": {"type": "string"}},
            "required": ["group"],
            "additionalProperties": False,
        },
    ]
}
Peers = Annotated[
    tuple[Cidr | GroupPeer, ...],
    BeforeValidator(_peers),
    WithJsonSchema({"anyOf": [*_PEER_SCHEMA["anyOf"], {"type": "array", "items": _PEER_SCHEMA}]}),
]


def _protocol(value: Any) -> str:
    text = str(value).lower()
    if text in {"tcp", "udp", "icmp", "any"}:
        return text
    if text.isdigit() and 0 <= int(text) <= 255:
        return {"1": "icmp", "6": "tcp", "17": "udp"}.get(text, text)
    raise ValueError(f"{value!r} is no protocol; write tcp, udp, icmp, any or an IANA number")


Protocol = Annotated[str, BeforeValidator(_protocol), WithJsonSchema({"type": ["string", "integer"]})]


class Rule(Model):
    """What a security group lets through; ``from`` belongs to ingress and ``to`` to egress."""

    ports: Ports | None = None
    """80, "8000-8100", "all", or a list. Left out: all ports."""
    protocol: Protocol = "tcp"
    """tcp, udp, icmp, any, or an IANA protocol number."""
    from_: Annotated[Peers, Field(alias="from")] = ()
    """Where traffic comes from: a CIDR block, "anywhere", {group: name}, or a list of these."""
    to: Peers = ()
    """Where traffic goes to, in the same words."""
    description: Annotated[str, Field(max_length=200)] | None = None
    """What the rule is for."""

    @model_validator(mode="after")
    def _ports_need_a_transport(self) -> Rule:
        if self.ports is not None and self.protocol not in {"tcp", "udp"}:
            raise ValueError(f"protocol {self.protocol} has no ports")
        return self


class SecurityGroup(Model):
    """A stateful set of allow rules for servers."""

    ingress: tuple[Rule, ...] = ()
    """What may come in; nothing else may."""
    egress: tuple[Rule, ...] | None = None
    """Left out: everything may leave. Given, even empty: only what is listed."""
    description: Annotated[str, Field(max_length=200)] | None = None
    """What the group is for."""
    network: str | None = None
    """Name of the network, where there are several."""
    placement: PlacementText | None = None
    was: FormerName = None
    labels: Labels = {}


class Subnet(Model):
    """A part of a network."""

    cidr: Cidr
    """Its address block, inside the network's."""
    internet: Literal["none", "outbound", "direct"] = "none"
    """none: private; outbound: may call out through NAT; direct: its servers may have public addresses."""
    zone: str | None = None
    """The zone, by the cloud's own name; left out, the cloud's default zone."""
    was: FormerName = None
    labels: Labels = {}


class Route(Model):
    """Where a network sends what is for addresses outside of it."""

    to: Cidr
    """The addresses: a block outside the network's own; 0.0.0.0/0 for everything else."""
    via: str
    """Name of the server that passes it on, of one instance where it has a count."""


class Network(Model):
    """A private network with its subnets."""

    cidr: Cidr
    """Its address block, a private one."""
    subnets: dict[Name, Subnet] = {}
    """Its subnets by name."""
    routes: tuple[Route, ...] = ()
    """Its static routes, for all of its subnets."""
    placement: PlacementText | None = None
    was: FormerName = None
    labels: Labels = {}


class PublicIp(Model):
    """A public address that is kept apart from the server that uses it."""

    server: str | None = None
    """The server that has it."""
    placement: PlacementText | None = None
    was: FormerName = None
    labels: Labels = {}
