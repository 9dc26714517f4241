"""References by name in a stack: one piece for the rules that check them and the graph that follows them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from mcloud.model.stack import Stack


class ReferenceProblem(LookupError):
    """A reference that leads nowhere or to several things.

    Attributes:
        message: what is wrong.
        hint: what to do.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def suggest(text: str, known: Iterable[str]) -> str:
    """A hint: the nearest known name, else all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(text, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(names[:12])}" + (", …" if len(names) > 12 else "") if names else "there is none"


def find_subnet(stack: Stack, text: str) -> tuple[str, str]:
    """Network and subnet of ``subnet`` or ``network.subnet``.

    Raises:
        ReferenceProblem: none of that name, or several.
    """
    network, dot, subnet = text.partition(".")
    if dot:
        if network in stack.networks and subnet in stack.networks[network].subnets:
            return network, subnet
        known = [f"{name}.{part}" for name, item in stack.networks.items() for part in item.subnets]
        raise ReferenceProblem(f"there is no subnet {text!r}", suggest(text, known))
    found = [name for name, item in stack.networks.items() if text in item.subnets]
    if len(found) == 1:
        return found[0], text
    if found:
        choices = " or ".join(f"{name}.{text}" for name in found)
        raise ReferenceProblem(f"{text!r} is a subnet of several networks", f"write {choices}")
    known = [part for item in stack.networks.values() for part in item.subnets]
    raise ReferenceProblem(f"there is no subnet {text!r}", suggest(text, known))


def server_instances(stack: Stack, text: str) -> list[str]:
    """The instances behind a server's name: ``web`` with count 2 is web-0 and web-1; ``web-1`` is one of them.

    Raises:
        ReferenceProblem: no such server.
    """
    server = stack.servers.get(text)
    if server is not None:
        return [text] if server.count is None else [f"{text}-{index}" for index in range(server.count)]
    match = re.fullmatch(r"(.+)-(0|[1-9]\d*)", text)
    if match and match[1] in stack.servers:
        count = stack.servers[match[1]].count
        if count is not None and int(match[2]) < count:
            return [text]
        hint = f"its count is {count}" if count is not None else f"it has no count: write {match[1]}"
        raise ReferenceProblem(f"{match[1]!r} has no instance {text!r}", hint)
    raise ReferenceProblem(f"there is no server {text!r}", suggest(text, stack.servers))


def find_server(stack: Stack, text: str) -> str:
    """The key in the servers section behind ``web``, or behind its instance ``web-1``.

    Raises:
        ReferenceProblem: no such server.
    """
    server_instances(stack, text)
    return text if text in stack.servers else text.rpartition("-")[0]


def home_of(stack: Stack, resource: Any) -> str:
    """cloud/region of a resource: its own placement, or the stack's."""
    placement = resource.placement or stack.placement
    return "/".join(placement.split("/")[:2])
