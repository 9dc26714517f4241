"""What would come up and be of no use: addresses that lead nowhere, keys and groups that nobody has."""

from __future__ import annotations

from collections.abc import Iterator

from mcloud.model.references import find_server, find_subnet
from mcloud.model.stack import Stack
from mcloud.validate.finding import Finding

Path = tuple[str | int, ...]


def check_public_addresses(stack: Stack) -> Iterator[Finding]:
    """A server with a public address is in a subnet with ``internet: direct``. References must be sound."""
    wanted: list[tuple[Path, str]] = [
        (("servers", name, "public_ip"), server.subnet) for name, server in stack.servers.items() if server.public_ip
    ]
    wanted += [
        (("public_ips", name, "server"), stack.servers[find_server(stack, address.server)].subnet)
        for name, address in stack.public_ips.items()
        if address.server is not None
    ]
    for path, text in wanted:
        network, subnet = find_subnet(stack, text)
        internet = stack.networks[network].subnets[subnet].internet
        if internet != "direct":
            message = f"the public address leads nowhere: the subnet {text!r} has internet: {internet}"
            yield Finding("public-ip-subnet", "warn", path, message, "give the subnet internet: direct")


def check_unused(stack: Stack) -> Iterator[Finding]:
    """Keys, certificates and groups of either kind that nothing refers to."""
    keys = {server.key for server in stack.servers.values()}
    for name in stack.keys:
        if name not in keys:
            yield Finding("unused", "note", ("keys", name), f"no server uses the key {name!r}")
    groups = {group for server in stack.servers.values() for group in server.security_groups}
    groups |= {group for balancer in stack.load_balancers.values() for group in balancer.security_groups}
    for name in stack.security_groups:
        if name not in groups:
            yield Finding("unused", "note", ("security_groups", name), f"nothing is in the security group {name!r}")
    listeners = [item for balancer in stack.load_balancers.values() for item in balancer.listeners]
    certified = {name for item in listeners for name in (item.certificate, *item.sni)}
    for name in stack.certificates:
        if name not in certified:
            yield Finding("unused", "note", ("certificates", name), f"no listener uses the certificate {name!r}")
    used = {server.placement_group for server in stack.servers.values()}
    for name in stack.placement_groups:
        if name not in used:
            path = ("placement_groups", name)
            yield Finding("unused", "note", path, f"no server is in the placement group {name!r}")
