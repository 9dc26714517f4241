"""What belongs together must be in one place; names must not clash; what nobody uses is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mcloud.model.network import GroupPeer
from mcloud.model.references import find_subnet, server_instances
from mcloud.model.stack import Stack
from mcloud.validate.finding import Finding


def _home(stack: Stack, resource: Any) -> str:
    placement = resource.placement or stack.placement
    return "/".join(placement.split("/")[:2])


def check_placement(stack: Stack) -> Iterator[Finding]:
    """A server, its subnet, its groups and its key are on one cloud and in one region."""
    for name, server in stack.servers.items():
        here = _home(stack, server)
        network, subnet = find_subnet(stack, server.subnet)
        others: list[tuple[str, str, Any]] = [("subnet", f"{network}.{subnet}", stack.networks[network])]
        others += [("security group", group, stack.security_groups[group]) for group in server.security_groups]
        if server.key is not None:
            others.append(("key", server.key, stack.keys[server.key]))
        for word, other, resource in others:
            there = _home(stack, resource)
            if there != here:
                message = f"the server is at {here}, its {word} {other!r} is at {there}"
                hint = f"give one of them the other's placement, or add a {word} at {here}"
                yield Finding("placement-differs", "block", ("servers", name), message, hint)
        if server.public_ip and stack.networks[network].subnets[subnet].internet != "direct":
            message = f"the server wants a public address, but the subnet {subnet!r} does not have internet: direct"
            yield Finding("public-ip-subnet", "warn", ("servers", name, "public_ip"), message)
    for name, group in stack.security_groups.items():
        for rule in (*group.ingress, *(group.egress or ())):
            for peer in (*rule.from_, *rule.to):
                if isinstance(peer, GroupPeer) and _home(stack, stack.security_groups[peer.group]) != _home(
                    stack, group
                ):
                    message = f"the group {peer.group!r} is in another place and cannot be named in a rule"
                    yield Finding("placement-differs", "block", ("security_groups", name), message, "name its blocks")


def check_names(stack: Stack) -> Iterator[Finding]:
    """Two servers whose instances would have one name."""
    seen: dict[str, str] = {}
    for name in stack.servers:
        for instance in server_instances(stack, name):
            if instance in seen:
                message = f"{name!r} and {seen[instance]!r} both make a server called {instance!r}"
                yield Finding("name-clash", "block", ("servers", name), message, "rename one of them")
            seen[instance] = name


def check_unused(stack: Stack) -> Iterator[Finding]:
    """Keys and groups that nothing refers to."""
    keys = {server.key for server in stack.servers.values()}
    for name in stack.keys:
        if name not in keys:
            yield Finding("unused", "note", ("keys", name), f"no server uses the key {name!r}")
    groups = {group for server in stack.servers.values() for group in server.security_groups}
    groups |= {group for balancer in stack.load_balancers.values() for group in balancer.security_groups}
    for name in stack.security_groups:
        if name not in groups:
            yield Finding("unused", "note", ("security_groups", name), f"nothing is in the security group {name!r}")
