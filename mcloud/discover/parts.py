"""The neutral parts that a source's resources mean; they refer to each other by native id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mcloud.discover.balancer_parts import (
    BalancerPart,
    CertificatePart,
    Forward,
    ListenerCertificatePart,
    ListenerPart,
    ListenerRulePart,
    MemberPart,
    PoolPart,
)

__all__ = [
    "AddressClaimPart",
    "AddressPart",
    "AddressUsePart",
    "AttachmentPart",
    "BalancerPart",
    "BelongsPart",
    "BucketDetailPart",
    "BucketPart",
    "CertificatePart",
    "FactPart",
    "FleetPart",
    "Forward",
    "GroupPart",
    "Hop",
    "HopPart",
    "InterfacePart",
    "KeptAddressPart",
    "KeyPart",
    "ListenerCertificatePart",
    "ListenerPart",
    "ListenerRulePart",
    "MemberPart",
    "NetworkPart",
    "Part",
    "PlacementGroupPart",
    "PoolPart",
    "RoutePart",
    "RulePart",
    "ServerPart",
    "SubnetPart",
    "TablePart",
    "TableUsePart",
    "TemplatePart",
    "VolumePart",
    "part_id",
]


@dataclass(frozen=True)
class NetworkPart:
    """A private network; ``cidr`` is its IPv4 block, empty where the source does not hold it."""

    id: str
    cidr: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SubnetPart:
    """A subnet; ``network`` is a native id, ``direct`` whether its servers get public addresses, None: unknown.
    ``cidr`` is empty where the source does not hold it.

    ``internet`` is what its routes say, in the stack's word; None: the source does not show them.
    """

    id: str
    network: str
    cidr: str
    direct: bool | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    zone: str | None = None
    """The zone, where the stack stays on this cloud and would choose another one by itself."""
    internet: str | None = None
    assumed: str = ""
    """What is assumed about its block; empty: the source says it."""


@dataclass(frozen=True)
class RulePart:
    """An allow rule of a group.

    Attributes:
        group: native id of the group that has it.
        direction: ingress or egress.
        protocol: tcp, udp, icmp, any, or an IANA number as text.
        ports: first and last port; None: all.
        cidrs: IPv4 blocks of the other side.
        groups: native ids of the groups on the other side.
        description: for people.
    """

    group: str
    direction: Literal["ingress", "egress"]
    protocol: str
    ports: tuple[int, int] | None = None
    cidrs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    description: str | None = None


@dataclass(frozen=True)
class GroupPart:
    """A security group with the rules that the same resource holds."""

    id: str
    network: str | None
    description: str | None = None
    rules: tuple[RulePart, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    everywhere: bool = False
    """The group is in no network in particular."""
    open_egress: str | None = None
    """Not None: everything may leave, whatever the egress rules say; a text: what is assumed about that."""


@dataclass(frozen=True)
class KeyPart:
    """An SSH key; ``public_key`` in OpenSSH format, None where the source does not hold it."""

    id: str
    public_key: str | None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ServerPart:
    """A server.

    Attributes:
        id: native id.
        flavor: the source's name for its size.
        size: vCPUs and memory in MiB; None: the flavor is not known.
        image: native id of its image.
        subnet: native id.
        groups: native ids.
        key: native id of its key.
        public_ip: whether it has a public address; None: the source does not say.
        disk_gib: size of the root disk in GiB; None: the source does not say.
        disk_class: hdd, ssd or nvme.
        min_iops: what was bought for the root disk, not what a size brings along.
        disk_type: native id of the root disk's type, where a fact may tell class and IOPS.
        os: operating system and version; None: only the image's id is known.
        placement_group: native id.
        flavors: cloud -> flavor, where the size alone would lead to another one.
        addresses: private addresses, by which members of pools are known.
        disk_encrypted: whether its disks are known to be encrypted.
        stopped: it is switched off, which a stack cannot say.
        count: how many equal ones this is; None: one.
        template: native id of the template that fills in what the server itself does not say.
        nics: native ids of its interfaces, by which others may name it.
    """

    id: str
    flavor: str
    size: tuple[int, int] | None
    image: str
    subnet: str | None
    groups: tuple[str, ...] = ()
    key: str | None = None
    public_ip: bool | None = None
    disk_gib: int | None = None
    disk_class: str = "ssd"
    min_iops: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    disk_type: str | None = None
    os: tuple[str, str] | None = None
    placement_group: str | None = None
    flavors: Mapping[str, str] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    disk_encrypted: bool = False
    stopped: bool = False
    count: int | None = None
    template: str | None = None
    nics: tuple[str, ...] = ()


@dataclass(frozen=True)
class TemplatePart:
    """What servers of a fleet are made from.

    Attributes:
        server: what it says of a server; flavor and image are empty where it says none.
        volumes: the data volumes that each server gets.
        aliases: what it goes by beside its id.
    """

    id: str
    server: ServerPart
    volumes: tuple[VolumePart, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class FleetPart:
    """Equal servers that something keeps running.

    Attributes:
        template: native id of what they are made from.
        count: how many.
        subnets: native ids of the subnets that they are spread over.
        pools: native ids of the pools, or of the load balancers, that they are members of.
        flavor: overrides the template's, with its size; empty: as the template says.
    """

    id: str
    template: str
    count: int
    subnets: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    flavor: str = ""
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class PlacementGroupPart:
    """Servers that share hosts or do not; ``policy`` is spread or pack."""

    id: str
    policy: str
    strict: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class InterfacePart:
    """A further interface: native ids of its server and its subnet."""

    id: str
    server: str
    subnet: str


@dataclass(frozen=True)
class AddressPart:
    """A public address at a server's first interface."""

    id: str
    server: str


@dataclass(frozen=True)
class RoutePart:
    """A static route of a network: native ids, and the block that it is for."""

    id: str
    network: str
    destination: str
    gateway: str


@dataclass(frozen=True)
class Hop:
    """One line of a route table.

    Attributes:
        destination: an IPv4 block.
        via: what kind of thing it leads to: internet (public addresses, both ways), nat (outwards only), server.
        target: native id of that.
    """

    destination: str
    via: Literal["internet", "nat", "server"]
    target: str


@dataclass(frozen=True)
class TablePart:
    """A route table of a network; ``main``: it holds for the subnets that have none of their own."""

    id: str
    network: str
    main: bool = False
    hops: tuple[Hop, ...] = ()


@dataclass(frozen=True)
class HopPart:
    """A line of a route table that is a resource of its own."""

    id: str
    table: str
    hop: Hop


@dataclass(frozen=True)
class TableUsePart:
    """Which route table a subnet has; without a subnet, the network's main one."""

    id: str
    table: str
    subnet: str | None = None
    network: str | None = None


@dataclass(frozen=True)
class BelongsPart:
    """Something that a stack says by something else.

    Attributes:
        owner: native id of what says it.
        of: what that is, so that it can stand in the stack although no source holds it.
        reason: what it is there.
    """

    id: str
    owner: str
    of: Literal["network", "subnet", "bucket", "other"]
    reason: str


@dataclass(frozen=True)
class KeptAddressPart:
    """A public address that outlives what uses it; ``server`` is a native id, None: nobody has it."""

    id: str
    server: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AddressUsePart:
    """Which server has a kept address, by native ids."""

    id: str
    address: str
    server: str


@dataclass(frozen=True)
class AddressClaimPart:
    """A kept address that something else than a server has, which says it in the stack; by native ids."""

    id: str
    address: str
    owner: str
    of: Literal["subnet", "other"]
    reason: str


@dataclass(frozen=True)
class VolumePart:
    """A data volume.

    Attributes:
        id: native id.
        gib: size in GiB; None: the source does not say.
        disk_class: hdd, ssd or nvme; None: only ``disk_type`` is known.
        min_iops: what the class alone would not bring.
        disk_type: native id of its type, where a fact may tell class and IOPS.
        zone: the zone, where the stack would choose another one by itself.
    """

    id: str
    gib: int | None
    disk_class: str | None = None
    min_iops: int | None = None
    disk_type: str | None = None
    encrypted: bool = False
    zone: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AttachmentPart:
    """A volume on a server, by native ids."""

    id: str
    volume: str
    server: str


@dataclass(frozen=True)
class BucketPart:
    """Object storage; ``settings`` are a stack's words for a bucket."""

    id: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BucketDetailPart:
    """Settings of a bucket that are a resource of their own; ``bucket`` is its native id."""

    id: str
    bucket: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    reason: str = "settings of its bucket"


@dataclass(frozen=True)
class FactPart:
    """What a source says of something that others name by id.

    Attributes:
        id: native id of what it is about.
        about: flavor (``value`` is vCPUs and memory in MiB), image (system and version), disk type (class or the id
            of the fact that tells it, and IOPS), disk class (hdd, ssd, nvme) or policy (spread or pack). The
            others are asked for and mean nothing in a stack.
    """

    id: str
    about: Literal["flavor", "image", "disk type", "disk class", "policy", "account", "flavor family", "package"]
    value: Any


Part = (
    NetworkPart
    | SubnetPart
    | GroupPart
    | RulePart
    | KeyPart
    | ServerPart
    | PlacementGroupPart
    | InterfacePart
    | AddressPart
    | RoutePart
    | VolumePart
    | AttachmentPart
    | BucketPart
    | BalancerPart
    | PoolPart
    | ListenerPart
    | CertificatePart
    | FactPart
    | TemplatePart
    | FleetPart
    | TablePart
    | HopPart
    | TableUsePart
    | BelongsPart
    | KeptAddressPart
    | AddressUsePart
    | AddressClaimPart
    | BucketDetailPart
    | MemberPart
    | ListenerRulePart
    | ListenerCertificatePart
)


def part_id(part: Part) -> str:
    """The native id of a part; rules of groups have none."""
    return "" if isinstance(part, RulePart) else part.id
