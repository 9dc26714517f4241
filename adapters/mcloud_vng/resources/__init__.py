"""The kinds that VNG Cloud can do."""

from __future__ import annotations

from collections.abc import Mapping

from mcloud.adapter.kind import Kind
from mcloud_vng.resources.address import PublicIp
from mcloud_vng.resources.bucket import Bucket
from mcloud_vng.resources.certificate import Certificate
from mcloud_vng.resources.interface import NetworkInterface
from mcloud_vng.resources.key import KeyPair
from mcloud_vng.resources.listener import Listener
from mcloud_vng.resources.load_balancer import LoadBalancer
from mcloud_vng.resources.network import Network, Subnet
from mcloud_vng.resources.placement_group import PlacementGroup
from mcloud_vng.resources.pool import Pool
from mcloud_vng.resources.route import Route
from mcloud_vng.resources.security_group import SecurityGroup, SecurityGroupRule
from mcloud_vng.resources.server import Server
from mcloud_vng.resources.volume import Volume, VolumeAttachment

KINDS: Mapping[str, Kind] = {
    kind.kind: kind
    for kind in (
        Network(),
        Subnet(),
        SecurityGroup(),
        SecurityGroupRule(),
        KeyPair(),
        PlacementGroup(),
        Server(),
        NetworkInterface(),
        Route(),
        PublicIp(),
        Volume(),
        VolumeAttachment(),
        Bucket(),
        Certificate(),
        LoadBalancer(),
        Pool(),
        Listener(),
    )
}
