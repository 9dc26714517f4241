"""mcloud: one declarative model of compute, storage and networking for several clouds.

A stack is loaded from a file, or written in Python with the names below::

    from mcloud import Image, MachineSize, Network, Server, Stack, Subnet, validate_stack

A name is imported when it is first used, so that ``import mcloud`` itself is cheap; ``__init__.pyi`` tells type
checkers what the names are.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = [
    "Bucket",
    "Certificate",
    "CorsRule",
    "Disk",
    "GroupPeer",
    "HealthCheck",
    "Image",
    "Key",
    "LifecycleRule",
    "Listener",
    "ListenerRule",
    "LoadBalancer",
    "MachineSize",
    "Network",
    "PlacementGroup",
    "PublicIp",
    "Route",
    "Rule",
    "SecurityGroup",
    "Server",
    "Size",
    "Stack",
    "Subnet",
    "Target",
    "Volume",
    "__version__",
    "build_graph",
    "load_stack",
    "validate_stack",
]

__version__ = "0.1.0"

_COMPUTE, _NETWORK, _STORAGE = "mcloud.model.compute", "mcloud.model.network", "mcloud.model.storage"
_BALANCER = "mcloud.model.balancer"
_HOMES = {
    **dict.fromkeys(("Disk", "Image", "Key", "MachineSize", "PlacementGroup", "Server"), _COMPUTE),
    **dict.fromkeys(("GroupPeer", "Network", "PublicIp", "Route", "Rule", "SecurityGroup", "Subnet"), _NETWORK),
    **dict.fromkeys(("Certificate", "HealthCheck", "Listener", "ListenerRule", "LoadBalancer", "Target"), _BALANCER),
    **dict.fromkeys(("Bucket", "CorsRule", "LifecycleRule", "Volume"), _STORAGE),
    "Size": "mcloud.units",
    "Stack": "mcloud.model.stack",
    "build_graph": "mcloud.model.graph",
    "load_stack": "mcloud.load",
    "validate_stack": "mcloud.validate",
}


# "validate" is the name of the package that the function comes from.
_NAMES_THERE = {"validate_stack": "validate"}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(home), _NAMES_THERE.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
