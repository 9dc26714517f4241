"""What belongs together must be in one cloud and region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mcloud.model.network import GroupPeer
from mcloud.model.references import find_server, find_subnet, home_of
from mcloud.model.stack import Stack
from mcloud.validate.balancer import targets
from mcloud.validate.finding import Finding

Path = tuple[str | int, ...]
Relation = tuple[Path, str, Any, str, str, Any]
"""Where it is written, the word for the one, the one, the word for the other, its name, the other."""


def check_placement(stack: Stack) -> Iterator[Finding]:
    """Resources that refer to one another are on one cloud and in one region."""
    relations = (_of_servers, _of_server_parts, _of_routes, _of_load_balancers, _of_groups)
    for path, word, resource, other_word, name, other in (item for part in relations for item in part(stack)):
        here, there = home_of(stack, resource), home_of(stack, other)
        if here != there:
            message = f"the {word} is at {here}, its {other_word} {name!r} is at {there}"
            hint = f"give one of them the other's placement, or add a {other_word} at {here}"
            yield Finding("placement-differs", "block", path, message, hint)


def _of_servers(stack: Stack) -> Iterator[Relation]:
    for name, server in stack.servers.items():
        base: Path = ("servers", name)
        network, subnet = find_subnet(stack, server.subnet)
        yield (*base, "subnet"), "server", server, "subnet", f"{network}.{subnet}", stack.networks[network]
        for index, group in enumerate(server.security_groups):
            other = stack.security_groups[group]
            yield (*base, "security_groups", index), "server", server, "security group", group, other
        if server.key is not None:
            yield (*base, "key"), "server", server, "key", server.key, stack.keys[server.key]
        for index, text in enumerate(server.interfaces):
            there = stack.networks[find_subnet(stack, text)[0]]
            yield (*base, "interfaces", index), "server", server, "subnet", text, there
        if server.placement_group is not None:
            apart = stack.placement_groups[server.placement_group]
            yield (*base, "placement_group"), "server", server, "placement group", server.placement_group, apart


def _of_routes(stack: Stack) -> Iterator[Relation]:
    for name, network in stack.networks.items():
        for index, route in enumerate(network.routes):
            path = ("networks", name, "routes", index, "via")
            yield path, "network", network, "server", route.via, stack.servers[find_server(stack, route.via)]


def _of_server_parts(stack: Stack) -> Iterator[Relation]:
    for name, volume in stack.volumes.items():
        if volume.attach is not None:
            server = stack.servers[find_server(stack, volume.attach)]
            yield ("volumes", name, "attach"), "volume", volume, "server", volume.attach, server
    for name, address in stack.public_ips.items():
        if address.server is not None:
            server = stack.servers[find_server(stack, address.server)]
            yield ("public_ips", name, "server"), "public IP", address, "server", address.server, server


def _of_load_balancers(stack: Stack) -> Iterator[Relation]:
    word = "load balancer"
    for name, balancer in stack.load_balancers.items():
        base: Path = ("load_balancers", name)
        for index, text in enumerate(balancer.subnets):
            network = stack.networks[find_subnet(stack, text)[0]]
            yield (*base, "subnets", index), word, balancer, "subnet", text, network
        for index, group in enumerate(balancer.security_groups):
            other = stack.security_groups[group]
            yield (*base, "security_groups", index), word, balancer, "security group", group, other
        for index, listener in enumerate(balancer.listeners):
            path = (*base, "listeners", index)
            for place, target in targets(listener, path):
                for text in target.servers:
                    server = stack.servers[find_server(stack, text)]
                    yield (*place, "servers"), word, balancer, "server", text, server
            named = [((*path, "certificate"), listener.certificate)] if listener.certificate else []
            named += [((*path, "sni", number), certificate) for number, certificate in enumerate(listener.sni)]
            for where, certificate in named:
                yield where, word, balancer, "certificate", certificate, stack.certificates[certificate]


def _of_groups(stack: Stack) -> Iterator[Relation]:
    word = "security group"
    for name, group in stack.security_groups.items():
        base: Path = ("security_groups", name)
        if group.network is not None:
            yield (*base, "network"), word, group, "network", group.network, stack.networks[group.network]
        for direction, rules in (("ingress", group.ingress), ("egress", group.egress or ())):
            for index, rule in enumerate(rules):
                for peer in (*rule.from_, *rule.to):
                    if isinstance(peer, GroupPeer):
                        path = (*base, direction, index)
                        yield path, word, group, "peer", peer.group, stack.security_groups[peer.group]
