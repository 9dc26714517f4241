"""Interfaces and routes: what a server is connected to, and what a network sends through one."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from mcloud.model.references import find_server, find_subnet
from mcloud.model.stack import Stack
from mcloud.validate.finding import Finding


def check_destinations(stack: Stack) -> Iterator[Finding]:
    """A route is for addresses outside its network, and there is one for each block."""
    for name, network in stack.networks.items():
        block = ipaddress.ip_network(network.cidr)
        seen: dict[str, int] = {}
        for index, route in enumerate(network.routes):
            path = ("networks", name, "routes", index, "to")
            wanted = ipaddress.ip_network(route.to)
            if wanted.version == block.version and wanted.subnet_of(block):  # type: ignore[arg-type]
                message = f"{wanted} is inside the network's own block {block}, which is never routed elsewhere"
                yield Finding("route-inside", "block", path, message, "name a block outside of it, or take it out")
            if route.to in seen:
                message = f"there is a route to {route.to} already: networks.{name}.routes.{seen[route.to]}"
                yield Finding("route-twice", "block", path, message, "take one of them out")
            seen.setdefault(route.to, index)


def check_gateways(stack: Stack) -> Iterator[Finding]:
    """The server that a route leads to is in the route's network. References must be sound."""
    for name, network in stack.networks.items():
        for index, route in enumerate(network.routes):
            server = stack.servers[find_server(stack, route.via)]
            if name not in {find_subnet(stack, text)[0] for text in (server.subnet, *server.interfaces)}:
                path = ("networks", name, "routes", index, "via")
                message = f"the server {route.via!r} has no interface in the network {name!r}"
                yield Finding("route-gateway", "block", path, message, "add one of its subnets to interfaces")


def check_interfaces(stack: Stack) -> Iterator[Finding]:
    """A server has one interface in a subnet. References must be sound."""
    for name, server in stack.servers.items():
        seen = {find_subnet(stack, server.subnet)}
        for index, text in enumerate(server.interfaces):
            subnet = find_subnet(stack, text)
            if subnet in seen:
                message = f"the server has an interface in the subnet {text!r} already"
                path = ("servers", name, "interfaces", index)
                yield Finding("interface-twice", "block", path, message, "take one of them out")
            seen.add(subnet)
