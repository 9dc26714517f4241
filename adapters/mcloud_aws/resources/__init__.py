"""The kinds that AWS can do."""

from __future__ import annotations

from collections.abc import Mapping

from mcloud.adapter.kind import Kind
from mcloud_aws.resources.address import PublicIp
from mcloud_aws.resources.bucket import Bucket
from mcloud_aws.resources.certificate import Certificate
from mcloud_aws.resources.interface import NetworkInterface
from mcloud_aws.resources.key import KeyPair
from mcloud_aws.resources.listener import Listener
from mcloud_aws.resources.load_balancer import LoadBalancer
from mcloud_aws.resources.network import Network, Subnet
from mcloud_aws.resources.placement_group import PlacementGroup
from mcloud_aws.resources.pool import Pool
from mcloud_aws.resources.route import Route
from mcloud_aws.resources.security_group import SecurityGroup, SecurityGroupRule
from mcloud_aws.resources.server import Server
from mcloud_aws.resources.volume import Volume, VolumeAttachment

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
