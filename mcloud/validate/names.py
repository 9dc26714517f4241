"""Names that would meet: a count and a volume for each server make names of their own."""

from __future__ import annotations

from collections.abc import Iterator

from mcloud.model.references import server_instances
from mcloud.model.stack import Stack
from mcloud.validate.finding import Finding

Path = tuple[str | int, ...]
Made = tuple[str, Path, str]
"""The name, where it comes from, and the entry there."""


def check_names(stack: Stack) -> Iterator[Finding]:
    """Two entries of a section that would make resources of one name. References must be sound."""
    for word, made in (
        ("server", _servers(stack)),
        ("volume", _volumes(stack)),
        ("public IP", _public_ips(stack)),
    ):
        seen: dict[str, str] = {}
        for name, path, entry in made:
            if name in seen:
                message = f"{seen[name]} and {entry} both make a {word} called {name!r}"
                yield Finding("name-clash", "block", path, message, "rename one of them, or take it out")
            seen.setdefault(name, entry)


def _servers(stack: Stack) -> Iterator[Made]:
    for name in stack.servers:
        for instance in server_instances(stack, name):
            yield instance, ("servers", name), f"servers.{name}"


def _volumes(stack: Stack) -> Iterator[Made]:
    for name, volume in stack.volumes.items():
        servers = server_instances(stack, volume.attach) if volume.attach else []
        for instance in [f"{name}-{index}" for index in range(len(servers))] if len(servers) > 1 else [name]:
            yield instance, ("volumes", name), f"volumes.{name}"


def _public_ips(stack: Stack) -> Iterator[Made]:
    for name in stack.public_ips:
        yield name, ("public_ips", name), f"public_ips.{name}"
    for name, server in stack.servers.items():
        for instance in server_instances(stack, name) if server.public_ip else ():
            yield instance, ("servers", name, "public_ip"), f"servers.{name}.public_ip"

