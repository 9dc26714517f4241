from mcloud.load import load_stack
from mcloud.model.balancer import Certificate, HealthCheck, Listener, ListenerRule, LoadBalancer, Target
from mcloud.model.compute import Disk, Image, Key, MachineSize, PlacementGroup, Server
from mcloud.model.graph import build_graph
from mcloud.model.network import GroupPeer, Network, PublicIp, Route, Rule, SecurityGroup, Subnet
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

__version__: str
