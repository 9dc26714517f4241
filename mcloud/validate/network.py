"""Address blocks that do not fit, and ports that the whole world can reach."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from itertools import pairwise

from mcloud.model.network import Rule, parse_ports
from mcloud.model.references import home_of
from mcloud.model.stack import Stack
from mcloud.validate.finding import Finding

Block = ipaddress.IPv4Network | ipaddress.IPv6Network
ADMIN_PORTS = {
    22: "SSH",
    2375: "Docker",
    3389: "RDP",
    5900: "VNC",
    1433: "SQL Server",
    3306: "MySQL",
    5432: "PostgreSQL",
    5985: "WinRM",
    6379: "Redis",
    9200: "Elasticsearch",
    27017: "MongoDB",
}
"""Ports for administrators and databases. From anywhere they are a warning only: what runs today often has them."""

_PRIVATE: tuple[Block, ...] = (
    ipaddress.ip_network("10.0.0.0/8"),  # RFC 1918
    ipaddress.ip_network("172.16.0.0/12"),
    ipaddress.ip_network("192.168.0.0/16"),
    ipaddress.ip_network("100.64.0.0/10"),  # RFC 6598
    ipaddress.ip_network("fc00::/7"),  # RFC 4193
)


def check_blocks(stack: Stack) -> Iterator[Finding]:
    """Subnets outside their network, overlaps, public ranges."""
    by_place: dict[str, list[tuple[Block, str]]] = {}
    for name, network in stack.networks.items():
        block = ipaddress.ip_network(network.cidr)
        by_place.setdefault(home_of(stack, network), []).append((block, name))
        if not any(block.subnet_of(private) for private in _PRIVATE if private.version == block.version):  # type: ignore[arg-type]
            message = f"{block} is a public range: hosts there cannot be reached from this network"
            yield Finding("block-public", "warn", ("networks", name, "cidr"), message, "use 10.0.0.0/8 or the like")
        inner = []
        for part, subnet in network.subnets.items():
            small = ipaddress.ip_network(subnet.cidr)
            if small.version != block.version or not small.subnet_of(block):  # type: ignore[arg-type]
                message = f"{small} is not inside the network's block {block}"
                yield Finding("block-outside", "block", ("networks", name, "subnets", part, "cidr"), message)
            inner.append((small, part))
        for first, second in _overlaps(inner):
            message = f"{second[0]} overlaps {first[0]} of the subnet {first[1]!r}"
            yield Finding("block-overlap", "block", ("networks", name, "subnets", second[1], "cidr"), message)
    for blocks in by_place.values():
        for first, second in _overlaps(blocks):
            message = f"{second[0]} overlaps {first[0]} of the network {first[1]!r} in the same place"
            yield Finding("block-overlap", "block", ("networks", second[1], "cidr"), message, "choose another block")


def _overlaps(blocks: list[tuple[Block, str]]) -> Iterator[tuple[tuple[Block, str], tuple[Block, str]]]:
    """Pairs of neighbours that overlap; sorted by address, an overlap always shows between a block and the widest
    one before it."""
    for version in (4, 6):
        ordered = sorted(
            (item for item in blocks if item[0].version == version),
            key=lambda item: (int(item[0].network_address), item[0].prefixlen),
        )
        widest = ordered[:1]
        for _, item in pairwise(ordered):
            if item[0].overlaps(widest[0][0]):
                yield widest[0], item
            if int(item[0].broadcast_address) > int(widest[0][0].broadcast_address):
                widest = [item]


def check_exposure(stack: Stack) -> Iterator[Finding]:
    """Ports for administrators and databases that anybody may reach."""
    for name, group in stack.security_groups.items():
        for index, rule in enumerate(group.ingress):
            if "0.0.0.0/0" in rule.from_ or "::/0" in rule.from_:
                yield from _exposed(rule, ("security_groups", name, "ingress", index))


def _exposed(rule: Rule, path: tuple[str | int, ...]) -> Iterator[Finding]:
    if rule.protocol not in ("tcp", "udp", "any"):
        return
    hint = "name the blocks that need it: from: 203.0.113.0/24"
    ranges = [parse_ports(text) for text in rule.ports or ("all",)]
    if rule.protocol == "any" or (1, 65535) in ranges:
        what = "everything" if rule.protocol == "any" else f"every {rule.protocol} port"
        yield Finding("open-to-world", "warn", path, f"{what} can be reached from anywhere", hint)
        return
    if rule.protocol == "udp":
        return
    found = sorted({port for first, last in ranges for port in ADMIN_PORTS if first <= port <= last})
    if found:
        named = ", ".join(f"port {port} ({ADMIN_PORTS[port]})" for port in found)
        yield Finding("open-to-world", "warn", path, f"{named} can be reached from anywhere", hint)
