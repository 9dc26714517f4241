"""Where the members of the security groups are: their subnets' blocks and their networks. References must be sound."""

from __future__ import annotations

from mcloud.model.references import find_subnet
from mcloud.model.stack import Stack


def group_members(stack: Stack) -> dict[str, list[str]]:
    """Group -> the blocks of the subnets that its members are in, sorted."""
    found: dict[str, set[str]] = {name: set() for name in stack.security_groups}
    for server in stack.servers.values():
        for text in (server.subnet, *server.interfaces):
            network, subnet = find_subnet(stack, text)
            for group in server.security_groups:
                found[group].add(stack.networks[network].subnets[subnet].cidr)
    for balancer in stack.load_balancers.values():
        for text in balancer.subnets:
            network, subnet = find_subnet(stack, text)
            for group in balancer.security_groups:
                found[group].add(stack.networks[network].subnets[subnet].cidr)
    return {name: sorted(cidrs) for name, cidrs in found.items()}


def group_networks(stack: Stack) -> dict[str, str]:
    """Group -> its network: the one it names, its members', or the only one there is."""
    found: dict[str, str] = {}
    for server in stack.servers.values():
        for group in server.security_groups:
            found.setdefault(group, find_subnet(stack, server.subnet)[0])
    only = next(iter(stack.networks), None) if len(stack.networks) == 1 else None
    chosen = {name: group.network or found.get(name) or only for name, group in stack.security_groups.items()}
    return {name: network for name, network in chosen.items() if network}
