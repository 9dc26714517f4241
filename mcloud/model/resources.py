"""The engine's resource types: what each takes in, by the names that programs use (camelCase on the wire).

These are everyone's URNs: a kind is added, never renamed. A field marked ``RefTo`` holds the id of another resource
(``cloud/region/native``); while the graph is not deployed yet it holds ``@address`` of the node that will have it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
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
from mcloud.model.base import REFERENCE_PATTERN, PlacementText
from mcloud.model.compute import GPU_PATTERN, Billing, Image
from mcloud.model.network import Cidr
from mcloud.model.storage import CorsRule, LifecycleRule, canonical_policy
from mcloud.units import Duration, Size


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


class HealthMonitor(BaseModel):
    """How a pool finds out that a member is well."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    protocol: CheckProtocol
    path: Annotated[str, Field(pattern=CHECK_PATH_PATTERN)] | None = None
    port: Port | None = None
    host: str | None = None
    method: Method = "GET"
    codes: Annotated[str, Field(pattern=CODES_PATTERN)] = "200"
    interval: Duration = Duration(30)
    timeout: Duration = Duration(5)
    healthy: Threshold = 3
    unhealthy: Threshold = 3

    @model_validator(mode="after")
    def _fits(self) -> HealthMonitor:
        check_monitor(self)
        return self


class PoolInputs(ResourceInputs):
    """The servers behind a listener, with their monitor."""

    load_balancer: LoadBalancerRef
    protocol: Protocol
    port: Port
    members: tuple[ServerRef, ...] = ()
    algorithm: Algorithm = "round-robin"
    sticky: bool = False
    """True: a client stays with its server, by a cookie."""
    monitor: HealthMonitor | None = None
    """Left out: a connection, or a datagram for udp."""


class ListenerRuleInputs(BaseModel):
    """What a listener does with some requests."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    host: HostPattern = None
    path: PathPattern = None
    pool: PoolRef | None = None
    redirect: Annotated[str, Field(pattern=URL_PATTERN)] | None = None
    code: RedirectCode = 302
    keep_query: bool = False
    reject: bool = False

    @model_validator(mode="after")
    def _one_action(self) -> ListenerRuleInputs:
        one_action(self, self.pool)
        return self


class ListenerInputs(ResourceInputs):
    """A port on which a load balancer listens."""

    load_balancer: LoadBalancerRef
    pool: PoolRef | None = None
    """Who answers what no rule takes."""
    port: Port
    protocol: Protocol
    rules: tuple[ListenerRuleInputs, ...] = ()
    """For http and https: the first that fits a request is taken."""
    certificate: CertificateRef | None = None
    """For https; clients that name no host get this one."""
    sni: tuple[CertificateRef, ...] = ()
    """Further ones, chosen by the host name that the client asks for."""
    allowed_cidrs: Blocks = ()
    """Who may connect. Left out: anybody who can reach it."""
    idle_timeout: Duration | None = None
    """After so long without a byte the connection is closed. Left out: the cloud's own."""

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


def reference_fields(inputs: type[BaseModel]) -> dict[str, str]:
    """Wire name -> kind referred to, for the fields that hold ids (single ids and lists alike)."""
    return {
        field.alias or name: kind
        for name, field in inputs.model_fields.items()
        for kind in [_reference_kind(field.annotation, field.metadata)]
        if kind is not None
    }


def nested_references(inputs: type[BaseModel]) -> dict[str, dict[str, str]]:
    """Wire name of a list of mappings -> wire name in a mapping -> kind referred to."""
    found = {}
    for name, field in inputs.model_fields.items():
        for argument in getattr(field.annotation, "__args__", ()):
            if isinstance(argument, type) and issubclass(argument, BaseModel) and reference_fields(argument):
                found[field.alias or name] = reference_fields(argument)
    return found


def map_references(
    inputs: type[BaseModel], values: Mapping[str, Any], change: Callable[[Any, str], Any]
) -> dict[str, Any]:
    """The values with each reference, wherever it stands, replaced by ``change(reference, wire name)``."""

    def changed(value: Any, name: str) -> Any:
        if isinstance(value, (list, tuple)):
            return [changed(item, name) for item in value]
        return None if value is None else change(value, name)

    made = {**values, **{name: changed(values[name], name) for name in reference_fields(inputs) if name in values}}
    for name, inner in nested_references(inputs).items():
        if isinstance(values.get(name), (list, tuple)):
            made[name] = [
                {**item, **{part: changed(item[part], f"{name}.{part}") for part in inner if part in item}}
                if isinstance(item, Mapping)
                else item
                for item in values[name]
            ]
    return made


def references(inputs: type[BaseModel], values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Wire name (of the list, for what stands in its mappings) -> the references there."""
    found: dict[str, list[Any]] = {}

    def keep(value: Any, name: str) -> Any:
        found.setdefault(name.split(".")[0], []).append(value)
        return value

    map_references(inputs, values, keep)
    return found


def _reference_kind(annotation: Any, metadata: list[Any]) -> str | None:
    for item in metadata:
        if isinstance(item, RefTo):
            return item.kind
    for argument in getattr(annotation, "__args__", ()):
        found = _reference_kind(argument, list(getattr(argument, "__metadata__", ())))
        if found is not None:
            return found
    return None
