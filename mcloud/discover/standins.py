"""What stands for the things that sources refer to and do not hold, so that what refers to them is in the stack.

That the things exist is certain; what is made up about them is asked for, and stands in the file as open.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from mcloud.units import Size

DEFAULT = "default"
"""Stands for the network, or the subnet, that things are in which name none."""
SIZE = {"vcpu": 2, "memory": "4 GiB"}
IMAGE = {"os": "ubuntu", "version": "22.04"}
DISK = Size.gib(20)
_PRIVATE = ipaddress.IPv4Network("10.0.0.0/8")
_FIRST, _NETWORK_PREFIX, _SUBNET_PREFIX, _LEAST = 200, 16, 24, 28


def free_network(taken: Iterable[str]) -> str:
    """A private block that overlaps none of these; the last one where all are taken."""
    blocks = [ipaddress.IPv4Network(block) for block in taken]
    candidates = list(_PRIVATE.subnets(new_prefix=_NETWORK_PREFIX))
    candidates = candidates[_FIRST:] + candidates[:_FIRST]
    return str(next((one for one in candidates if not any(one.overlaps(block) for block in blocks)), candidates[-1]))


def around(inner: Iterable[str]) -> str | None:
    """The least block around these that is as large as networks usually are; None where there is nothing inside."""
    blocks = [ipaddress.IPv4Network(block) for block in inner]
    if not blocks:
        return None
    whole = blocks[0].supernet(new_prefix=min(_NETWORK_PREFIX, blocks[0].prefixlen))
    while whole.prefixlen > 0 and not all(block.subnet_of(whole) for block in blocks):
        whole = whole.supernet()
    return str(whole)


def free_subnet(network: str, taken: Iterable[str]) -> str | None:
    """A block of the network that overlaps none of these, rather a small one than none; None: there is no room."""
    whole = ipaddress.IPv4Network(network)
    blocks = [ipaddress.IPv4Network(block) for block in taken]
    for prefix in range(max(_SUBNET_PREFIX, whole.prefixlen), _LEAST + 1):
        for number, one in enumerate(whole.subnets(new_prefix=prefix)):
            if not any(one.overlaps(block) for block in blocks):
                return str(one)
            if number > len(blocks) * 256:
                break
    return None
