from mcloud.load import load_stack
from mcloud.model.compute import Disk, Image, Key, MachineSize, PlacementGroup, Server
from mcloud.model.graph import build_graph
from mcloud.model.network import (
    Certificate,
    GroupPeer,
    Listener,
    LoadBalancer,
    Network,
    PublicIp,
    Route,
    Rule,
    SecurityGroup,
    Subnet,
    Target,
)
from mcloud.model.stack import Stack
from mcloud.model.storage import Bucket, CorsRule, LifecycleRule, Volume
from mcloud.units import Size
from mcloud.validate import validate as validate_stack

__all__ = [
    "Bucket",
    "Certificate",
    "CorsRule",
    "Disk",
    "GroupPeer",
    "Image",
    "Key",
    "LifecycleRule",
    "Listener",
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

__version__: str
