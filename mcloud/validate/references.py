"""Every name that refers to something must lead to one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from mcloud.model.network import GroupPeer
from mcloud.model.references import ReferenceProblem, find_subnet, server_instances, suggest
from mcloud.model.stack import SECTIONS, Stack
from mcloud.validate.balancer import targets
from mcloud.validate.finding import Finding

Path = tuple[str | int, ...]

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "servers": ("private_ip", "public_ip", "id", "name"),
    "load_balancers": ("address", "id", "name"),
    "public_ips": ("address", "id", "name"),
    "buckets": ("endpoint", "id", "name"),
}
"""Section -> what an output may ask of it; the others have id and name."""


def check_references(stack: Stack) -> Iterator[Finding]:
    """Dangling and ambiguous references, with the nearest name."""
    yield from _groups(stack)
    yield from _servers(stack)
    yield from _routes(stack)
    yield from _storage(stack)
    yield from _load_balancers(stack)
    yield from _outputs(stack)
    yield from _extensions(stack)


def _named(path: Path, word: str, name: str, known: Iterable[str]) -> Iterator[Finding]:
    names = list(known)
    if name not in names:
        yield Finding("reference", "block", path, f"there is no {word} {name!r}", suggest(name, names))


def _found(path: Path, look: Callable[[], Any]) -> Iterator[Finding]:
    try:
        look()
    except ReferenceProblem as error:
        yield Finding("reference", "block", path, error.message, error.hint)


def _groups(stack: Stack) -> Iterator[Finding]:
    for name, group in stack.security_groups.items():
        base: Path = ("security_groups", name)
        if group.network is not None:
            yield from _named((*base, "network"), "network", group.network, stack.networks)
        for direction, rules in (("ingress", group.ingress), ("egress", group.egress or ())):
            for index, rule in enumerate(rules):
                path = (*base, direction, index)
                mine, other = ("from", "to") if direction == "ingress" else ("to", "from")
                peers, wrong = (rule.from_, rule.to) if direction == "ingress" else (rule.to, rule.from_)
                if wrong:
                    yield Finding("rule-peer", "block", path, f"an {direction} rule has {mine!r}, not {other!r}")
                if not peers and not wrong:
                    yield Finding(
                        "rule-peer", "block", path, f"the rule has no {mine!r}", f"{mine}: anywhere, or a block"
                    )
                for peer in peers:
                    if isinstance(peer, GroupPeer):
                        yield from _named((*path, mine), "security group", peer.group, stack.security_groups)


def _servers(stack: Stack) -> Iterator[Finding]:
    checked: dict[str, list[Finding]] = {}
    for name, server in stack.servers.items():
        base: Path = ("servers", name)
        if server.subnet not in checked:
            checked[server.subnet] = list(_found((*base, "subnet"), partial(find_subnet, stack, server.subnet)))
        yield from (Finding(f.code, f.severity, (*base, "subnet"), f.message, f.hint) for f in checked[server.subnet])
        for index, group in enumerate(server.security_groups):
            if group not in stack.security_groups:
                yield from _named((*base, "security_groups", index), "security group", group, stack.security_groups)
        if server.key is not None and server.key not in stack.keys:
            yield from _named((*base, "key"), "key", server.key, stack.keys)
        for index, text in enumerate(server.interfaces):
            yield from _found((*base, "interfaces", index), partial(find_subnet, stack, text))
        if server.placement_group is not None:
            path = (*base, "placement_group")
            yield from _named(path, "placement group", server.placement_group, stack.placement_groups)


def _routes(stack: Stack) -> Iterator[Finding]:
    for name, network in stack.networks.items():
        for index, route in enumerate(network.routes):
            path = ("networks", name, "routes", index, "via")
            yield from _one_server(stack, path, route.via, "a route leads to one server")


def _storage(stack: Stack) -> Iterator[Finding]:
    for name, volume in stack.volumes.items():
        if volume.attach is not None:
            yield from _found(("volumes", name, "attach"), partial(server_instances, stack, volume.attach))
    for name, address in stack.public_ips.items():
        if address.server is not None:
            path = ("public_ips", name, "server")
            yield from _one_server(stack, path, address.server, "an address belongs to one server")


def _one_server(stack: Stack, path: Path, text: str, why: str) -> Iterator[Finding]:
    """One server is wanted, so ``web`` is not enough where web has a count."""
    try:
        instances = server_instances(stack, text)
    except ReferenceProblem as error:
        yield Finding("reference", "block", path, error.message, error.hint)
        return
    if len(instances) != 1:
        message = f"{why}, but {text!r} is {len(instances)} servers"
        yield Finding("reference", "block", path, message, f"write {instances[0]}" if instances else "its count is 0")


def _load_balancers(stack: Stack) -> Iterator[Finding]:
    for name, balancer in stack.load_balancers.items():
        base: Path = ("load_balancers", name)
        for index, subnet in enumerate(balancer.subnets):
            yield from _found((*base, "subnets", index), partial(find_subnet, stack, subnet))
        for index, group in enumerate(balancer.security_groups):
            yield from _named((*base, "security_groups", index), "security group", group, stack.security_groups)
        for index, listener in enumerate(balancer.listeners):
            path = (*base, "listeners", index)
            for place, target in targets(listener, path):
                for server in target.servers:
                    yield from _found((*place, "servers"), partial(server_instances, stack, server))
            if listener.certificate is not None:
                yield from _named((*path, "certificate"), "certificate", listener.certificate, stack.certificates)
            for number, certificate in enumerate(listener.sni):
                yield from _named((*path, "sni", number), "certificate", certificate, stack.certificates)


def _sections(stack: Stack) -> Mapping[str, Mapping[str, Any]]:
    return {section: getattr(stack, section) for section in SECTIONS}


def _outputs(stack: Stack) -> Iterator[Finding]:
    sections = _sections(stack)
    for name, text in stack.outputs.items():
        path: Path = ("outputs", name)
        parts = text.split(".")
        if len(parts) != 3:
            yield Finding("reference", "block", path, f"{text!r} is not section.name.attribute")
            continue
        section, resource, attribute = parts
        if section not in sections:
            yield from _named(path, "section", section, sections)
            continue
        if section == "servers":
            yield from _found(path, partial(server_instances, stack, resource))
        else:
            yield from _named(path, SECTIONS[section], resource, sections[section])
        known = ATTRIBUTES.get(section, ("id", "name"))
        if attribute not in known:
            yield from _named(path, f"output of a {SECTIONS[section]} called", attribute, known)


def _extensions(stack: Stack) -> Iterator[Finding]:
    sections = _sections(stack)
    for cloud, settings in stack.extensions.items():
        for text in settings:
            section, _, name = text.partition(".")
            path: Path = ("extensions", cloud, text)
            if section not in sections:
                yield from _named(path, "section", section, sections)
            else:
                yield from _named(path, SECTIONS[section], name, sections[section])
