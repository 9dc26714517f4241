"""Names that a stack's resources had before ``was`` says that an entry was renamed: pure, from the stack and its nodes.

An entry's name is a part of the names of all that is made of it (instances, subnets, rules, listeners, attachments),
so each of them has former names too. A name that something in the stack has now is nobody's former one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mcloud.model.stack import SECTIONS, Stack

if TYPE_CHECKING:
    from mcloud.model.graph import Node

COUNTED = ("servers", "volumes")
"""Sections whose entries may make several resources of one kind: NAME-0, NAME-1, ..."""


def former_names(stack: Stack, nodes: Iterable[Node]) -> dict[str, tuple[str, ...]]:
    """Address -> the names that the node may have had, the likeliest first; only where there are some.

    A server that gets a count, or loses it, is found as well: NAME and NAME-0 are taken for the same one.
    """
    finder, listed = _Finder(stack), list(nodes)
    if not finder.any:
        return {}
    taken, found = {node.address for node in listed}, {}
    for node in listed:
        names = [name for name in finder.of(node) if f"{node.kind}/{name}" not in taken]
        if names:
            found[node.address] = tuple(names)
            taken |= {f"{node.kind}/{name}" for name in names}
    return found


class _Finder:
    """Works out former names, one rule for each way in which names are made."""

    def __init__(self, stack: Stack) -> None:
        self._was = {
            (section, name): entry.was
            for section in SECTIONS
            for name, entry in getattr(stack, section).items()
            if entry.was is not None
        }
        self._subnet_was = {
            (network, name): subnet.was
            for network, entry in stack.networks.items()
            for name, subnet in entry.subnets.items()
            if subnet.was is not None
        }

    @property
    def any(self) -> bool:
        """Whether the stack says so of anything."""
        return bool(self._was or self._subnet_was)

    def of(self, node: Node) -> list[str]:
        """The names that a node may have had, its own not among them."""
        section, name = str(node.path[0]), str(node.path[1])
        if node.kind == "Subnet":
            found = self._subnets(node.name)
        elif node.kind == "SecurityGroupRule":
            found = self._rules(node)
        elif node.kind == "NetworkInterface":
            servers = [self._ref(node, "server"), *self._instances("servers", name, self._ref(node, "server"))]
            subnets = [self._ref(node, "subnet"), *self._subnets(self._ref(node, "subnet"))]
            found = [f"{server}.{subnet}" for server in servers for subnet in subnets]
        elif node.kind in ("Route", "Listener", "Pool"):
            found = [old + node.name[len(name) :] for old in self._entry(section, name)]
        else:
            found = self._instances(section, name, node.name)
        return [item for item in dict.fromkeys(found) if item != node.name]

    @staticmethod
    def _ref(node: Node, field: str) -> str:
        return str(node.inputs[field]).partition("/")[2]

    def _entry(self, section: str, name: str) -> list[str]:
        was = self._was.get((section, name))
        return [] if was is None else [was]

    def _instances(self, section: str, name: str, instance: str) -> list[str]:
        """web-1 was app-1; web-0 may have been app, and web app-0, where an entry may have a count."""
        found, index = [], instance[len(name) :]
        for old in self._entry(section, name):
            if section not in COUNTED:
                return [old]
            found += [old + index, *{"": [f"{old}-0"], "-0": [old]}.get(index, [])]
        return found

    def _subnets(self, full: str) -> list[str]:
        """Both parts may have been renamed, at one time or one after the other."""
        network, _, subnet = full.partition(".")
        old = self._subnet_was.get((network, subnet))
        subnets = [subnet] if old is None else [old, subnet]
        return [f"{first}.{second}" for first in (*self._entry("networks", network), network) for second in subnets]

    def _rules(self, node: Node) -> list[str]:
        group, peer = self._ref(node, "group"), self._ref(node, "peerGroup") if "peerGroup" in node.inputs else None
        firsts = [*self._entry("security_groups", group), group]
        lasts = [*self._entry("security_groups", peer), peer] if peer is not None else [""]
        middle = node.name[len(group) : len(node.name) - len(peer or "")]
        return [f"{first}{middle}{last}" for first in firsts for last in lasts]
