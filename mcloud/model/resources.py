"""The engine's resource types: what each takes in, by the names that programs use (camelCase on the wire).

These are everyone's URNs: a kind is added, never renamed. A field marked ``RefTo`` holds the id of another resource
(``cloud/region/native``); while the graph is not deployed yet it holds ``@address`` of the node that will have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from mcloud.model.base import REFERENCE_PATTERN, PlacementText
from mcloud.model.compute import GPU_PATTERN, Billing, Image
from mcloud.model.network import Cidr
from mcloud.model.storage import CorsRule, LifecycleRule, canonical_policy
from mcloud.units import Size


@dataclass(frozen=True)
class RefTo:
    """Marks a field that holds another resource's id."""

    kind: str


class ResourceInputs(BaseModel):
    """What every resource takes in."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True
    )

    placement: PlacementText
    """Where it runs: cloud/region[/zone]. Another cloud or region replaces the resource."""
    name: Annotated[str, Field(min_length=1, max_length=63)] | None = None
    """The name on the cloud. Left out: made from the resource's own name and a random part."""
    labels: dict[str, str] = {}
    """Labels, where the cloud has them."""
    extensions: dict[str, Any] = {}
    """Knobs that only the placement's cloud has."""
    accept: dict[str, str] = {}
    """Lossy gaps that are accepted: the gap's code -> the reason."""
    around: dict[str, bool] = {}
    """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""


class SecretInput(BaseModel):
    """A text that is kept elsewhere: the state has where it is, and a keyed digest by which a change is seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: Annotated[str, Field(pattern=REFERENCE_PATTERN)]
    """env:NAME, keyring:NAME or file:PATH."""
    digest: str = ""
    """Worked out when it is checked."""


NetworkRef = Annotated[str, RefTo("Network")]
SubnetRef = Annotated[str, RefTo("Subnet")]
GroupRef = Annotated[str, RefTo("SecurityGroup")]
KeyRef = Annotated[str, RefTo("KeyPair")]
ServerRef = Annotated[str, RefTo("Server")]
PlacementGroupRef = Annotated[str, RefTo("PlacementGroup")]
VolumeRef = Annotated[str, RefTo("Volume")]
LoadBalancerRef = Annotated[str, RefTo("LoadBalancer")]
PoolRef = Annotated[str, RefTo("Pool")]
CertificateRef = Annotated[str, RefTo("Certificate")]


class NetworkInputs(ResourceInputs):
    """A private network."""

    cidr: Cidr


class SubnetInputs(ResourceInputs):
    """A part of a network."""

    network: NetworkRef
    cidr: Cidr
    internet: Literal["none", "outbound", "direct"] = "none"
    zone: str | None = None
    """Left out: the placement's zone, else the region's default."""


class SecurityGroupInputs(ResourceInputs):
    """A stateful set of allow rules; the rules are resources of their own."""

    description: str | None = None
    network: NetworkRef | None = None
    """The network that it belongs to, on clouds where groups belong to one."""
    open_egress: bool = True
    """True: everything may leave. False: only what egress rules say."""


class SecurityGroupRuleInputs(ResourceInputs):
    """One thing that a security group lets through."""

    group: GroupRef
    direction: Literal["ingress", "egress"]
    protocol: str
    """tcp, udp, icmp, any, or an IANA number as text."""
    from_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """First port; left out with toPort for all ports or a protocol without them."""
    to_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    cidr: Cidr | None = None
    """The other side as a block. Either this or peerGroup."""
    peer_group: GroupRef | None = None
    """The other side as the members of a group."""
    peer_cidrs: tuple[Cidr, ...] | None = None
    """The subnets of peerGroup's members: what clouds without group peers are told instead."""
    description: str | None = None


class PublicIpInputs(ResourceInputs):
    """A public address."""

    server: ServerRef | None = None


class NetworkInterfaceInputs(ResourceInputs):
    """A further interface of a server; its first one comes with the server."""

    server: ServerRef
    subnet: SubnetRef


class RouteInputs(ResourceInputs):
    """A static route of a network, for all of its subnets."""

    network: NetworkRef
    destination: Cidr
    """The addresses that it is for: a block outside the network's own."""
    gateway: ServerRef
    """The server that passes on what is for them."""


class KeyPairInputs(ResourceInputs):
    """An SSH public key."""

    public_key: str


class PlacementGroupInputs(ResourceInputs):
    """Which of its servers share a physical host; a server joins it when it is made."""

    policy: Literal["spread", "pack"]
    strict: bool = False
    """True: rather no server than one that breaks the policy."""


class SizeInputs(BaseModel):
    """The least that a server needs."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    vcpu: Annotated[int, Field(ge=1, le=1024)]
    memory: Size
    gpu: Annotated[int, Field(ge=0, le=64)] = 0
    gpu_model: Annotated[str, Field(pattern=GPU_PATTERN)] | None = None


class RootDisk(BaseModel):
    """A server's root disk."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    size: Size = Size.gib(20)
    class_: Annotated[Literal["hdd", "ssd", "nvme"], Field(alias="class")] = "ssd"
    min_iops: int | None = None
    encrypted: bool | None = None
    """Left out: not."""


class ServerInputs(ResourceInputs):
    """A virtual machine."""

    size: SizeInputs | None = None
    """The least it needs. Either this or flavor."""
    flavor: str | None = None
    """One flavor by the cloud's own name."""
    image: Image
    subnet: SubnetRef
    security_groups: tuple[GroupRef, ...] = ()
    key: KeyRef | None = None
    placement_group: PlacementGroupRef | None = None
    zone: str | None = None
    """Left out: the placement's zone, else the region's default. It must be the subnet's where subnets have one."""
    disk: RootDisk = RootDisk()
    user_data: str | SecretInput | None = None
    """cloud-init text, or where it is kept."""
    stateless: bool = False
    """True: nothing on its disk is missed when it is replaced."""
    billing: Billing | None = None


class VolumeInputs(ResourceInputs):
    """A block device."""

    size: Size
    class_: Annotated[Literal["hdd", "ssd", "nvme"], Field(alias="class")] = "ssd"
    min_iops: int | None = None
    zone: str | None = None
    encrypted: bool = False
    keep: bool = False
    billing: Billing | None = None


class VolumeAttachmentInputs(ResourceInputs):
    """A volume on a server."""

    volume: VolumeRef
    server: ServerRef


class CorsInputs(CorsRule):
    """Which web pages of other origins may use a bucket."""

    model_config = ConfigDict(alias_generator=to_camel)


class LifecycleInputs(LifecycleRule):
    """What becomes of a bucket's objects by themselves."""

    model_config = ConfigDict(alias_generator=to_camel)


class BucketInputs(ResourceInputs):
    """Object storage."""

    versioning: bool = False
    public_read: bool = False
    """True: everybody may read its objects."""
    cors: tuple[CorsInputs, ...] = ()
    lifecycle: tuple[LifecycleInputs, ...] = ()
    policy: Annotated[str, AfterValidator(lambda text: canonical_policy(text) if text else "")] = ""
    """The bucket policy as JSON text; empty: none. BUCKET in a resource stands for the bucket's own name."""
    keep: bool = False


class CertificateInputs(ResourceInputs):
    """A TLS certificate; the key is a reference (env:X, keyring:X, file:X)."""

    certificate: str
    private_key: str
    chain: str | None = None


class LoadBalancerInputs(ResourceInputs):
    """Spreads traffic over servers."""

    subnets: tuple[SubnetRef, ...]
    public: bool = False
    security_groups: tuple[GroupRef, ...] = ()


class HealthMonitor(BaseModel):
    """How a pool finds out that a member is well."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    protocol: Literal["tcp", "http", "https"]
    path: str | None = None


class PoolInputs(ResourceInputs):
    """The servers behind a listener, with their monitor."""

    load_balancer: LoadBalancerRef
    protocol: Literal["http", "https", "tcp", "udp"]
    port: int
    members: tuple[ServerRef, ...] = ()
    algorithm: Literal["round-robin", "least-connections", "source-ip"] = "round-robin"
    sticky: bool = False
    monitor: HealthMonitor | None = None


class ListenerInputs(ResourceInputs):
    """A port on which a load balancer listens."""

    load_balancer: LoadBalancerRef
    pool: PoolRef
    port: int
    protocol: Literal["http", "https", "tcp", "udp"]
    certificate: CertificateRef | None = None


@dataclass(frozen=True)
class KindType:
    """A neutral kind: its engine type token, its inputs, the word for it, and what only the cloud knows of it."""

    kind: str
    token: str
    inputs: type[ResourceInputs]
    word: str
    outputs: tuple[str, ...] = ()


KINDS: dict[str, KindType] = {
    item.kind: item
    for item in (
        KindType("Network", "mcloud:network:Network", NetworkInputs, "network"),
        KindType("Subnet", "mcloud:network:Subnet", SubnetInputs, "subnet"),
        KindType("SecurityGroup", "mcloud:network:SecurityGroup", SecurityGroupInputs, "security group"),
        KindType("SecurityGroupRule", "mcloud:network:SecurityGroupRule", SecurityGroupRuleInputs, "rule"),
        KindType("PublicIp", "mcloud:network:PublicIp", PublicIpInputs, "public IP", ("address",)),
        KindType(
            "NetworkInterface", "mcloud:network:NetworkInterface", NetworkInterfaceInputs, "interface", ("privateIp",)
        ),
        KindType("Route", "mcloud:network:Route", RouteInputs, "route"),
        KindType("LoadBalancer", "mcloud:network:LoadBalancer", LoadBalancerInputs, "load balancer", ("address",)),
        KindType("Listener", "mcloud:network:Listener", ListenerInputs, "listener"),
        KindType("Pool", "mcloud:network:Pool", PoolInputs, "pool"),
        KindType("Certificate", "mcloud:network:Certificate", CertificateInputs, "certificate"),
        KindType("Server", "mcloud:compute:Server", ServerInputs, "server", ("privateIp", "publicIp")),
        KindType("PlacementGroup", "mcloud:compute:PlacementGroup", PlacementGroupInputs, "placement group"),
        KindType("KeyPair", "mcloud:compute:KeyPair", KeyPairInputs, "key"),
        KindType("Volume", "mcloud:storage:Volume", VolumeInputs, "volume"),
        KindType("VolumeAttachment", "mcloud:storage:VolumeAttachment", VolumeAttachmentInputs, "attachment"),
        KindType("Bucket", "mcloud:storage:Bucket", BucketInputs, "bucket", ("endpoint",)),
    )
}
BY_TOKEN: dict[str, KindType] = {item.token: item for item in KINDS.values()}


def reference_fields(inputs: type[BaseModel]) -> dict[str, str]:
    """Wire name -> kind referred to, for the fields that hold ids (single ids and lists alike)."""
    return {
        field.alias or name: kind
        for name, field in inputs.model_fields.items()
        for kind in [_reference_kind(field.annotation, field.metadata)]
        if kind is not None
    }


def _reference_kind(annotation: Any, metadata: list[Any]) -> str | None:
    for item in metadata:
        if isinstance(item, RefTo):
            return item.kind
    for argument in getattr(annotation, "__args__", ()):
        found = _reference_kind(argument, list(getattr(argument, "__metadata__", ())))
        if found is not None:
            return found
    return None
