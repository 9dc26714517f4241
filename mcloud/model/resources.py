"""The engine's resource types: what each takes in, by the names that programs use (camelCase on the wire).

These are everyone's URNs: a kind is added, never renamed. A field marked ``RefTo`` holds the id of another resource
(``cloud/region/native``); while the graph is not deployed yet it holds ``@address`` of the node that will have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from mcloud.model.balancer import (
    CHECK_PATH_PATTERN,
    CODES_PATTERN,
    URL_PATTERN,
    Algorithm,
    Blocks,
    CheckProtocol,
    HostPattern,
    Method,
    PathPattern,
    Port,
    Protocol,
    RedirectCode,
    Threshold,
    check_monitor,
    one_action,
)
from mcloud.model.compute import GPU_PATTERN, Billing, Image
from mcloud.model.described import Described
from mcloud.model.network import Cidr
from mcloud.model.resource_base import (
    WRITTEN,
    CertificateRef,
    GroupRef,
    KeyRef,
    LoadBalancerRef,
    NetworkRef,
    PlacementGroupRef,
    PoolRef,
    ResourceInputs,
    SecretInput,
    ServerRef,
    SubnetRef,
    VolumeRef,
)
from mcloud.model.storage import CorsRule, LifecycleRule, canonical_policy
from mcloud.units import Duration, Size


class NetworkInputs(ResourceInputs):
    """A private network."""

    cidr: Cidr
    """Its address block, a private one."""


class SubnetInputs(ResourceInputs):
    """A part of a network."""

    network: NetworkRef
    """Id of its network."""
    cidr: Cidr
    """Its address block, inside the network's."""
    internet: Literal["none", "outbound", "direct"] = "none"
    """none: private; outbound: may call out through NAT; direct: its servers may have public addresses."""
    zone: str | None = None
    """Left out: the placement's zone, else the region's default."""


class SecurityGroupInputs(ResourceInputs):
    """A stateful set of allow rules; the rules are resources of their own."""

    description: str | None = None
    """What the group is for."""
    network: NetworkRef | None = None
    """The network that it belongs to, on clouds where groups belong to one."""
    open_egress: bool = True
    """True: everything may leave. False: only what egress rules say."""


class SecurityGroupRuleInputs(ResourceInputs):
    """One thing that a security group lets through."""

    group: GroupRef
    """Id of the group that it belongs to."""
    direction: Literal["ingress", "egress"]
    """ingress: what comes in; egress: what goes out."""
    protocol: str
    """tcp, udp, icmp, any, or an IANA number as text."""
    from_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """First port; left out with toPort for all ports or a protocol without them."""
    to_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Last port; the first one for a single port."""
    cidr: Cidr | None = None
    """The other side as a block. Either this or peerGroup."""
    peer_group: GroupRef | None = None
    """The other side as the members of a group."""
    peer_cidrs: tuple[Cidr, ...] | None = None
    """The subnets of peerGroup's members: what clouds without group peers are told instead."""
    description: str | None = None
    """What the rule is for."""


class PublicIpInputs(ResourceInputs):
    """A public address."""

    server: ServerRef | None = None
    """Id of the server that has it; left out, none."""


class NetworkInterfaceInputs(ResourceInputs):
    """A further interface of a server; its first one comes with the server."""

    server: ServerRef
    """Id of the server."""
    subnet: SubnetRef
    """Id of the subnet that it is in."""


class RouteInputs(ResourceInputs):
    """A static route of a network, for all of its subnets."""

    network: NetworkRef
    """Id of the network."""
    destination: Cidr
    """The addresses that it is for: a block outside the network's own."""
    gateway: ServerRef
    """The server that passes on what is for them."""


class KeyPairInputs(ResourceInputs):
    """An SSH public key."""

    public_key: str
    """The key in OpenSSH format."""


class PlacementGroupInputs(ResourceInputs):
    """Which of its servers share a physical host; a server joins it when it is made."""

    policy: Literal["spread", "pack"]
    """spread: on hosts of their own; pack: close together."""
    strict: bool = False
    """True: rather no server than one that breaks the policy."""


class SizeInputs(Described):
    """The least that a server needs."""

    model_config = WRITTEN

    vcpu: Annotated[int, Field(ge=1, le=1024)]
    """Virtual CPUs."""
    memory: Size
    """Memory, like 4 GiB."""
    gpu: Annotated[int, Field(ge=0, le=64)] = 0
    """GPUs."""
    gpu_model: Annotated[str, Field(pattern=GPU_PATTERN)] | None = None
    """Their model, as the cloud's flavors write it; left out, any."""


class RootDisk(Described):
    """A server's root disk."""

    model_config = WRITTEN

    size: Size = Size.gib(20)
    """Its size, like 40 GiB."""
    class_: Annotated[Literal["hdd", "ssd", "nvme"], Field(alias="class")] = "ssd"
    """The kind of storage: hdd, ssd or nvme."""
    min_iops: int | None = None
    """The least input/output operations per second."""
    encrypted: bool | None = None
    """Left out: not."""


class ServerInputs(ResourceInputs):
    """A virtual machine."""

    size: SizeInputs | None = None
    """The least it needs. Either this or flavor."""
    flavor: str | None = None
    """One flavor by the cloud's own name."""
    image: Image
    """The operating system."""
    subnet: SubnetRef
    """Id of the subnet of its first interface."""
    security_groups: tuple[GroupRef, ...] = ()
    """Ids of its security groups."""
    key: KeyRef | None = None
    """Id of the SSH key."""
    placement_group: PlacementGroupRef | None = None
    """Id of the placement group that it starts in."""
    zone: str | None = None
    """Left out: the placement's zone, else the region's default. It must be the subnet's where subnets have one."""
    disk: RootDisk = RootDisk()
    """Its root disk."""
    user_data: Annotated[str | SecretInput | None, Field(json_schema_extra={"secret": True})] = None
    """cloud-init text, or where it is kept. A program's own state has it encrypted."""
    stateless: bool = False
    """True: nothing on its disk is missed when it is replaced."""
    billing: Billing | None = None
    """For clouds that sell by the month."""


class VolumeInputs(ResourceInputs):
    """A block device."""

    size: Size
    """Its size, like 200 GiB."""
    class_: Annotated[Literal["hdd", "ssd", "nvme"], Field(alias="class")] = "ssd"
    """The kind of storage: hdd, ssd or nvme."""
    min_iops: int | None = None
    """The least input/output operations per second."""
    zone: str | None = None
    """The zone, by the cloud's own name; left out: the placement's, else the region's default."""
    encrypted: bool = False
    """True: encrypted at rest."""
    keep: bool = False
    """For a stack file's keep; a program says protect."""
    billing: Billing | None = None
    """For clouds that sell by the month."""


class VolumeAttachmentInputs(ResourceInputs):
    """A volume on a server."""

    volume: VolumeRef
    """Id of the volume."""
    server: ServerRef
    """Id of the server."""


class CorsInputs(CorsRule):
    """Which web pages of other origins may use a bucket."""

    model_config = ConfigDict(alias_generator=to_camel)


class LifecycleInputs(LifecycleRule):
    """What becomes of a bucket's objects by themselves."""

    model_config = ConfigDict(alias_generator=to_camel)


class BucketInputs(ResourceInputs):
    """Object storage."""

    versioning: bool = False
    """True: older versions of an object are kept."""
    public_read: bool = False
    """True: everybody may read its objects."""
    cors: tuple[CorsInputs, ...] = ()
    """Which web pages of other origins may use it."""
    lifecycle: tuple[LifecycleInputs, ...] = ()
    """What becomes of its objects by themselves."""
    policy: Annotated[str, AfterValidator(lambda text: canonical_policy(text) if text else "")] = ""
    """The bucket policy as JSON text; empty: none. BUCKET in a resource stands for the bucket's own name."""
    keep: bool = False
    """For a stack file's keep; a program says protect."""


class CertificateInputs(ResourceInputs):
    """A TLS certificate."""

    certificate: str
    """PEM text."""
    private_key: SecretInput
    """Where the key is. Never the key itself."""
    chain: str | None = None
    """PEM text of the intermediate certificates."""


class LoadBalancerInputs(ResourceInputs):
    """Spreads traffic over servers; its pools and listeners are resources of their own."""

    subnets: tuple[SubnetRef, ...]
    """Ids of the subnets that it is in."""
    zone: str | None = None
    """Left out: the placement's zone, else the region's default. It must be the subnet's where subnets have one."""
    public: bool = False
    """True: it has a public address. False: it is reached from inside the network only."""
    protocols: tuple[Protocol, ...] = ("http",)
    """What its listeners speak: where one load balancer does either HTTP or TCP and UDP, it is chosen by this."""
    min_connections: Annotated[int, Field(ge=1)] | None = None
    """So many connections at once at least, where load balancers are sold by size."""
    flavor: str | None = None
    """One size by the cloud's own name; minConnections does not count then."""
    security_groups: tuple[GroupRef, ...] = ()
    """Ids of its security groups, where the cloud has them."""


class HealthMonitor(Described):
    """How a pool finds out that a member is well."""

    model_config = WRITTEN

    protocol: CheckProtocol
    """tcp: a connection; udp: a datagram that is not refused; http and https: a request."""
    path: Annotated[str, Field(pattern=CHECK_PATH_PATTERN)] | None = None
    """For http: the path that it asks for."""
    port: Port | None = None
    """The port that it asks at; left out, the members'."""
    host: str | None = None
    """For http: the host name that it asks for."""
    method: Method = "GET"
    """For http: the method."""
    codes: Annotated[str, Field(pattern=CODES_PATTERN)] = "200"
    """For http: the status codes that mean well."""
    interval: Duration = Duration(30)
    """Time between two looks, like 10 s."""
    timeout: Duration = Duration(5)
    """Time after which no answer counts as a failure, like 5 s."""
    healthy: Threshold = 3
    """So many good answers in a row make it well."""
    unhealthy: Threshold = 3
    """So many failures in a row make it unwell."""

    @model_validator(mode="after")
    def _fits(self) -> HealthMonitor:
        check_monitor(self)
        return self


class PoolInputs(ResourceInputs):
    """The servers behind a listener, with their monitor."""

    load_balancer: LoadBalancerRef
    """Id of its load balancer."""
    protocol: Protocol
    """What it speaks to the servers."""
    port: Port
    """The servers' port."""
    members: tuple[ServerRef, ...] = ()
    """Ids of the servers."""
    algorithm: Algorithm = "round-robin"
    """How a server is chosen."""
    sticky: bool = False
    """True: a client stays with its server, by a cookie."""
    monitor: HealthMonitor | None = None
    """Left out: a connection, or a datagram for udp."""


class ListenerRuleInputs(Described):
    """What a listener does with some requests."""

    model_config = WRITTEN

    host: HostPattern = None
    """The host name of the requests that it takes."""
    path: PathPattern = None
    """The path of the requests that it takes."""
    pool: PoolRef | None = None
    """Id of the pool that answers."""
    redirect: Annotated[str, Field(pattern=URL_PATTERN)] | None = None
    """The address that they are sent to instead."""
    code: RedirectCode = 302
    """The redirect's status code."""
    keep_query: bool = False
    """True: the redirect keeps what stands after the question mark."""
    reject: bool = False
    """True: they are refused."""

    @model_validator(mode="after")
    def _one_action(self) -> ListenerRuleInputs:
        one_action(self, self.pool)
        return self


class ListenerInputs(ResourceInputs):
    """A port on which a load balancer listens."""

    load_balancer: LoadBalancerRef
    """Id of its load balancer."""
    pool: PoolRef | None = None
    """Who answers what no rule takes."""
    port: Port
    """The port that it listens on."""
    protocol: Protocol
    """What clients speak."""
    rules: tuple[ListenerRuleInputs, ...] = ()
    """For http and https: the first that fits a request is taken."""
    certificate: CertificateRef | None = None
    """For https; clients that name no host get this one."""
    sni: tuple[CertificateRef, ...] = ()
    """Further ones, chosen by the host name that the client asks for."""
    allowed_cidrs: Blocks = ()
    """Who may connect. Left out: anybody who can reach it."""
    idle_timeout: Duration | None = None
    """After so long without a byte, like 60 s, the connection is closed. Left out: the cloud's own."""

    @model_validator(mode="after")
    def _has_a_certificate(self) -> ListenerInputs:
        if self.protocol == "https" and self.certificate is None:
            raise ValueError("an https listener needs a certificate")
        return self


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


def holds_data_as(kind: str, inputs: Mapping[str, Any]) -> bool:
    """Whether a kind with these inputs holds something that would be missed: volumes, buckets, servers with state."""
    return kind in ("Volume", "Bucket") or (kind == "Server" and not inputs.get("stateless"))
