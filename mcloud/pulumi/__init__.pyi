"""Resource classes for Pulumi programs in Python. Made from the model: MCLOUD_REGEN=1 writes it anew."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pulumi
from pulumi import Input

__all__ = [
    "Billing",
    "Bucket",
    "Certificate",
    "Cors",
    "HealthMonitor",
    "Image",
    "KeyPair",
    "Lifecycle",
    "Listener",
    "ListenerRule",
    "LoadBalancer",
    "Network",
    "NetworkInterface",
    "PlacementGroup",
    "Pool",
    "PublicIp",
    "RootDisk",
    "Route",
    "Secret",
    "SecurityGroup",
    "SecurityGroupRule",
    "Server",
    "Size",
    "Subnet",
    "Volume",
    "VolumeAttachment",
]

class Billing(dict[str, Any]):
    """For clouds that sell by the month."""

    def __init__(
        self,
        *,
        renew: Input[bool] | None = None,
    ) -> None:
        """Args:
            renew: Renew by itself at the end of the paid month.
        """

class Cors(dict[str, Any]):
    """Which web pages of other origins may use a bucket."""

    def __init__(
        self,
        *,
        origins: Input[Sequence[Input[str]]],
        methods: Input[Sequence[Input[Literal["GET", "HEAD", "PUT", "POST", "DELETE"]]]],
        headers: Input[Sequence[Input[str]]] | None = None,
        expose_headers: Input[Sequence[Input[str]]] | None = None,
        max_age_seconds: Input[int] | None = None,
    ) -> None:
        """Args:
            origins: Origins like https://example.com, or "*".
            methods: What they may do: GET, HEAD, PUT, POST, DELETE.
            headers: Headers that they may send.
            expose_headers: Headers of the answer that they may read.
            max_age_seconds: How long a browser may remember this.
        """

class HealthMonitor(dict[str, Any]):
    """How a pool finds out that a member is well."""

    def __init__(
        self,
        *,
        protocol: Input[Literal["tcp", "udp", "http", "https"]],
        path: Input[str] | None = None,
        port: Input[int] | None = None,
        host: Input[str] | None = None,
        method: Input[Literal["GET", "HEAD", "POST", "PUT"]] | None = None,
        codes: Input[str] | None = None,
        interval: Input[str] | None = None,
        timeout: Input[str] | None = None,
        healthy: Input[int] | None = None,
        unhealthy: Input[int] | None = None,
    ) -> None:
        """Args:
            protocol: tcp: a connection; udp: a datagram that is not refused; http and https: a request.
            path: For http: the path that it asks for.
            port: The port that it asks at; left out, the members'.
            host: For http: the host name that it asks for.
            method: For http: the method. Left out: GET.
            codes: For http: the status codes that mean well. Left out: 200.
            interval: Time between two looks, like 10 s.
            timeout: Time after which no answer counts as a failure, like 5 s.
            healthy: So many good answers in a row make it well. Left out: 3.
            unhealthy: So many failures in a row make it unwell. Left out: 3.
        """

class Image(dict[str, Any]):
    """An operating system by name and version, the same words on every cloud."""

    def __init__(
        self,
        *,
        os: Input[str],
        version: Input[str],
    ) -> None:
        """Args:
            os: The system's name in lower case.
            version: The system's version, in quotes.
        """

class Lifecycle(dict[str, Any]):
    """What becomes of a bucket's objects by themselves."""

    def __init__(
        self,
        *,
        prefix: Input[str] | None = None,
        expire_after_days: Input[int] | None = None,
        expire_noncurrent_after_days: Input[int] | None = None,
        abort_multipart_after_days: Input[int] | None = None,
    ) -> None:
        """Args:
            prefix: Only objects whose keys begin with this; left out, all.
            expire_after_days: Objects go so many days after they were written.
            expire_noncurrent_after_days: Older versions go so many days after they were replaced.
            abort_multipart_after_days: Unfinished uploads go so many days after they were begun.
        """

class ListenerRule(dict[str, Any]):
    """What a listener does with some requests."""

    def __init__(
        self,
        *,
        host: Input[str] | None = None,
        path: Input[str] | None = None,
        pool: Input[str] | Pool | None = None,
        redirect: Input[str] | None = None,
        code: Input[Literal[301, 302]] | None = None,
        keep_query: Input[bool] | None = None,
        reject: Input[bool] | None = None,
    ) -> None:
        """Args:
            host: The host name of the requests that it takes.
            path: The path of the requests that it takes.
            pool: Id of the pool that answers.
            redirect: The address that they are sent to instead.
            code: The redirect's status code. Left out: 302.
            keep_query: True: the redirect keeps what stands after the question mark.
            reject: True: they are refused.
        """

class RootDisk(dict[str, Any]):
    """A server's root disk."""

    def __init__(
        self,
        *,
        size: Input[str] | None = None,
        class_: Input[Literal["hdd", "ssd", "nvme"]] | None = None,
        min_iops: Input[int] | None = None,
        encrypted: Input[bool] | None = None,
    ) -> None:
        """Args:
            size: Its size, like 40 GiB.
            class_: The kind of storage: hdd, ssd or nvme. Left out: ssd.
            min_iops: The least input/output operations per second.
            encrypted: Left out: not.
        """

class Secret(dict[str, Any]):
    """A text that is kept elsewhere: the state has where it is, and a keyed digest by which a change is seen."""

    def __init__(
        self,
        *,
        secret: Input[str],
        digest: Input[str] | None = None,
    ) -> None:
        """Args:
            secret: env:NAME, keyring:NAME or file:PATH.
            digest: Worked out when it is checked.
        """

class Size(dict[str, Any]):
    """The least that a server needs."""

    def __init__(
        self,
        *,
        vcpu: Input[int],
        memory: Input[str],
        gpu: Input[int] | None = None,
        gpu_model: Input[str] | None = None,
    ) -> None:
        """Args:
            vcpu: Virtual CPUs.
            memory: Memory, like 4 GiB.
            gpu: GPUs.
            gpu_model: Their model, as the cloud's flavors write it; left out, any.
        """

class Network(pulumi.CustomResource):
    """A private network."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        cidr: Input[str],
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            cidr: Its address block, a private one.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def cidr(self) -> pulumi.Output[str]:
        """Its address block, a private one."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class Subnet(pulumi.CustomResource):
    """A part of a network."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        network: Input[str] | Network,
        cidr: Input[str],
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
        internet: Input[Literal["none", "outbound", "direct"]] | None = None,
        zone: Input[str] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            network: Id of its network.
            cidr: Its address block, inside the network's.
            internet: none: private; outbound: may call out through NAT; direct: its servers may have public
                addresses. Left out: none.
            zone: Left out: the placement's zone, else the region's default.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def network(self) -> pulumi.Output[str]:
        """Id of its network."""
    @property
    def cidr(self) -> pulumi.Output[str]:
        """Its address block, inside the network's."""
    @property
    def internet(self) -> pulumi.Output[str | None]:
        """none: private; outbound: may call out through NAT; direct: its servers may have public addresses."""
    @property
    def zone(self) -> pulumi.Output[str | None]:
        """Left out: the placement's zone, else the region's default."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class SecurityGroup(pulumi.CustomResource):
    """A stateful set of allow rules; the rules are resources of their own."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
        description: Input[str] | None = None,
        network: Input[str] | Network | None = None,
        open_egress: Input[bool] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            description: What the group is for.
            network: The network that it belongs to, on clouds where groups belong to one.
            open_egress: True: everything may leave. False: only what egress rules say. Left out: True.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def description(self) -> pulumi.Output[str | None]:
        """What the group is for."""
    @property
    def network(self) -> pulumi.Output[str | None]:
        """The network that it belongs to, on clouds where groups belong to one."""
    @property
    def open_egress(self) -> pulumi.Output[bool | None]:
        """True: everything may leave. False: only what egress rules say."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class SecurityGroupRule(pulumi.CustomResource):
    """One thing that a security group lets through."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        group: Input[str] | SecurityGroup,
        direction: Input[Literal["ingress", "egress"]],
        protocol: Input[str],
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
        from_port: Input[int] | None = None,
        to_port: Input[int] | None = None,
        cidr: Input[str] | None = None,
        peer_group: Input[str] | SecurityGroup | None = None,
        peer_cidrs: Input[Sequence[Input[str]]] | None = None,
        description: Input[str] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            group: Id of the group that it belongs to.
            direction: ingress: what comes in; egress: what goes out.
            protocol: tcp, udp, icmp, any, or an IANA number as text.
            from_port: First port; left out with toPort for all ports or a protocol without them.
            to_port: Last port; the first one for a single port.
            cidr: The other side as a block. Either this or peerGroup.
            peer_group: The other side as the members of a group.
            peer_cidrs: The subnets of peerGroup's members: what clouds without group peers are told instead.
            description: What the rule is for.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def group(self) -> pulumi.Output[str]:
        """Id of the group that it belongs to."""
    @property
    def direction(self) -> pulumi.Output[str]:
        """ingress: what comes in; egress: what goes out."""
    @property
    def protocol(self) -> pulumi.Output[str]:
        """tcp, udp, icmp, any, or an IANA number as text."""
    @property
    def from_port(self) -> pulumi.Output[int | None]:
        """First port; left out with toPort for all ports or a protocol without them."""
    @property
    def to_port(self) -> pulumi.Output[int | None]:
        """Last port; the first one for a single port."""
    @property
    def cidr(self) -> pulumi.Output[str | None]:
        """The other side as a block. Either this or peerGroup."""
    @property
    def peer_group(self) -> pulumi.Output[str | None]:
        """The other side as the members of a group."""
    @property
    def peer_cidrs(self) -> pulumi.Output[Sequence[str] | None]:
        """The subnets of peerGroup's members: what clouds without group peers are told instead."""
    @property
    def description(self) -> pulumi.Output[str | None]:
        """What the rule is for."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class PublicIp(pulumi.CustomResource):
    """A public address."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
        server: Input[str] | Server | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            server: Id of the server that has it; left out, none.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def server(self) -> pulumi.Output[str | None]:
        """Id of the server that has it; left out, none."""
    @property
    def address(self) -> pulumi.Output[str]:
        """Its address: a public one where it has one."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class NetworkInterface(pulumi.CustomResource):
    """A further interface of a server; its first one comes with the server."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        server: Input[str] | Server,
        subnet: Input[str] | Subnet,
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            server: Id of the server.
            subnet: Id of the subnet that it is in.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def server(self) -> pulumi.Output[str]:
        """Id of the server."""
    @property
    def subnet(self) -> pulumi.Output[str]:
        """Id of the subnet that it is in."""
    @property
    def private_ip(self) -> pulumi.Output[str]:
        """Its address in the network."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class Route(pulumi.CustomResource):
    """A static route of a network, for all of its subnets."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        network: Input[str] | Network,
        destination: Input[str],
        gateway: Input[str] | Server,
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            network: Id of the network.
            destination: The addresses that it is for: a block outside the network's own.
            gateway: The server that passes on what is for them.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def network(self) -> pulumi.Output[str]:
        """Id of the network."""
    @property
    def destination(self) -> pulumi.Output[str]:
        """The addresses that it is for: a block outside the network's own."""
    @property
    def gateway(self) -> pulumi.Output[str]:
        """The server that passes on what is for them."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class LoadBalancer(pulumi.CustomResource):
    """Spreads traffic over servers; its pools and listeners are resources of their own."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        subnets: Input[Sequence[Input[str] | Subnet]],
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
        zone: Input[str] | None = None,
        public: Input[bool] | None = None,
        protocols: Input[Sequence[Input[Literal["http", "https", "tcp", "udp"]]]] | None = None,
        min_connections: Input[int] | None = None,
        flavor: Input[str] | None = None,
        security_groups: Input[Sequence[Input[str] | SecurityGroup]] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            subnets: Ids of the subnets that it is in.
            zone: Left out: the placement's zone, else the region's default. It must be the subnet's where subnets
                have one.
            public: True: it has a public address. False: it is reached from inside the network only.
            protocols: What its listeners speak: where one load balancer does either HTTP or TCP and UDP, it is chosen
                by this.
            min_connections: So many connections at once at least, where load balancers are sold by size.
            flavor: One size by the cloud's own name; minConnections does not count then.
            security_groups: Ids of its security groups, where the cloud has them.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def subnets(self) -> pulumi.Output[Sequence[str]]:
        """Ids of the subnets that it is in."""
    @property
    def zone(self) -> pulumi.Output[str | None]:
        """Left out: the placement's zone, else the region's default. It must be the subnet's where subnets have one."""
    @property
    def public(self) -> pulumi.Output[bool | None]:
        """True: it has a public address. False: it is reached from inside the network only."""
    @property
    def protocols(self) -> pulumi.Output[Sequence[str] | None]:
        """What its listeners speak: where one load balancer does either HTTP or TCP and UDP, it is chosen by this."""
    @property
    def min_connections(self) -> pulumi.Output[int | None]:
        """So many connections at once at least, where load balancers are sold by size."""
    @property
    def flavor(self) -> pulumi.Output[str | None]:
        """One size by the cloud's own name; minConnections does not count then."""
    @property
    def security_groups(self) -> pulumi.Output[Sequence[str] | None]:
        """Ids of its security groups, where the cloud has them."""
    @property
    def address(self) -> pulumi.Output[str]:
        """Its address: a public one where it has one."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class Listener(pulumi.CustomResource):
    """A port on which a load balancer listens."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        load_balancer: Input[str] | LoadBalancer,
        port: Input[int],
        protocol: Input[Literal["http", "https", "tcp", "udp"]],
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
        pool: Input[str] | Pool | None = None,
        rules: Input[Sequence[Input[ListenerRule]]] | None = None,
        certificate: Input[str] | Certificate | None = None,
        sni: Input[Sequence[Input[str] | Certificate]] | None = None,
        allowed_cidrs: Input[str] | Input[Sequence[Input[str]]] | None = None,
        idle_timeout: Input[str] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            load_balancer: Id of its load balancer.
            pool: Who answers what no rule takes.
            port: The port that it listens on.
            protocol: What clients speak.
            rules: For http and https: the first that fits a request is taken.
            certificate: For https; clients that name no host get this one.
            sni: Further ones, chosen by the host name that the client asks for.
            allowed_cidrs: Who may connect. Left out: anybody who can reach it.
            idle_timeout: After so long without a byte, like 60 s, the connection is closed. Left out: the cloud's
                own.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def load_balancer(self) -> pulumi.Output[str]:
        """Id of its load balancer."""
    @property
    def pool(self) -> pulumi.Output[str | None]:
        """Who answers what no rule takes."""
    @property
    def port(self) -> pulumi.Output[int]:
        """The port that it listens on."""
    @property
    def protocol(self) -> pulumi.Output[str]:
        """What clients speak."""
    @property
    def rules(self) -> pulumi.Output[Sequence[Mapping[str, Any]] | None]:
        """For http and https: the first that fits a request is taken."""
    @property
    def certificate(self) -> pulumi.Output[str | None]:
        """For https; clients that name no host get this one."""
    @property
    def sni(self) -> pulumi.Output[Sequence[str] | None]:
        """Further ones, chosen by the host name that the client asks for."""
    @property
    def allowed_cidrs(self) -> pulumi.Output[str | Sequence[str] | None]:
        """Who may connect. Left out: anybody who can reach it."""
    @property
    def idle_timeout(self) -> pulumi.Output[str | None]:
        """After so long without a byte, like 60 s, the connection is closed. Left out: the cloud's own."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class Pool(pulumi.CustomResource):
    """The servers behind a listener, with their monitor."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        load_balancer: Input[str] | LoadBalancer,
        protocol: Input[Literal["http", "https", "tcp", "udp"]],
        port: Input[int],
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
        members: Input[Sequence[Input[str] | Server]] | None = None,
        algorithm: Input[Literal["round-robin", "least-connections", "source-ip"]] | None = None,
        sticky: Input[bool] | None = None,
        monitor: Input[HealthMonitor] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            load_balancer: Id of its load balancer.
            protocol: What it speaks to the servers.
            port: The servers' port.
            members: Ids of the servers.
            algorithm: How a server is chosen. Left out: round-robin.
            sticky: True: a client stays with its server, by a cookie.
            monitor: Left out: a connection, or a datagram for udp.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def load_balancer(self) -> pulumi.Output[str]:
        """Id of its load balancer."""
    @property
    def protocol(self) -> pulumi.Output[str]:
        """What it speaks to the servers."""
    @property
    def port(self) -> pulumi.Output[int]:
        """The servers' port."""
    @property
    def members(self) -> pulumi.Output[Sequence[str] | None]:
        """Ids of the servers."""
    @property
    def algorithm(self) -> pulumi.Output[str | None]:
        """How a server is chosen."""
    @property
    def sticky(self) -> pulumi.Output[bool | None]:
        """True: a client stays with its server, by a cookie."""
    @property
    def monitor(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Left out: a connection, or a datagram for udp."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class Certificate(pulumi.CustomResource):
    """A TLS certificate."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        certificate: Input[str],
        private_key: Input[Secret],
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
        chain: Input[str] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            certificate: PEM text.
            private_key: Where the key is. Never the key itself.
            chain: PEM text of the intermediate certificates.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def certificate(self) -> pulumi.Output[str]:
        """PEM text."""
    @property
    def private_key(self) -> pulumi.Output[Mapping[str, Any]]:
        """Where the key is. Never the key itself."""
    @property
    def chain(self) -> pulumi.Output[str | None]:
        """PEM text of the intermediate certificates."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class Server(pulumi.CustomResource):
    """A virtual machine."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        image: Input[Image],
        subnet: Input[str] | Subnet,
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
        size: Input[Size] | None = None,
        flavor: Input[str] | None = None,
        security_groups: Input[Sequence[Input[str] | SecurityGroup]] | None = None,
        key: Input[str] | KeyPair | None = None,
        placement_group: Input[str] | PlacementGroup | None = None,
        zone: Input[str] | None = None,
        disk: Input[RootDisk] | None = None,
        user_data: Input[str] | Input[Secret] | None = None,
        stateless: Input[bool] | None = None,
        billing: Input[Billing] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            size: The least it needs. Either this or flavor.
            flavor: One flavor by the cloud's own name.
            image: The operating system.
            subnet: Id of the subnet of its first interface.
            security_groups: Ids of its security groups.
            key: Id of the SSH key.
            placement_group: Id of the placement group that it starts in.
            zone: Left out: the placement's zone, else the region's default. It must be the subnet's where subnets
                have one.
            disk: Its root disk.
            user_data: cloud-init text, or where it is kept. A program's own state has it encrypted.
            stateless: True: nothing on its disk is missed when it is replaced.
            billing: For clouds that sell by the month.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def size(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """The least it needs. Either this or flavor."""
    @property
    def flavor(self) -> pulumi.Output[str | None]:
        """One flavor by the cloud's own name."""
    @property
    def image(self) -> pulumi.Output[Mapping[str, Any]]:
        """The operating system."""
    @property
    def subnet(self) -> pulumi.Output[str]:
        """Id of the subnet of its first interface."""
    @property
    def security_groups(self) -> pulumi.Output[Sequence[str] | None]:
        """Ids of its security groups."""
    @property
    def key(self) -> pulumi.Output[str | None]:
        """Id of the SSH key."""
    @property
    def placement_group(self) -> pulumi.Output[str | None]:
        """Id of the placement group that it starts in."""
    @property
    def zone(self) -> pulumi.Output[str | None]:
        """Left out: the placement's zone, else the region's default. It must be the subnet's where subnets have one."""
    @property
    def disk(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Its root disk."""
    @property
    def user_data(self) -> pulumi.Output[str | Mapping[str, Any] | None]:
        """cloud-init text, or where it is kept. A program's own state has it encrypted."""
    @property
    def stateless(self) -> pulumi.Output[bool | None]:
        """True: nothing on its disk is missed when it is replaced."""
    @property
    def billing(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """For clouds that sell by the month."""
    @property
    def private_ip(self) -> pulumi.Output[str]:
        """Its address in the network."""
    @property
    def public_ip(self) -> pulumi.Output[str | None]:
        """Its public address, where it has one."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class PlacementGroup(pulumi.CustomResource):
    """Which of its servers share a physical host; a server joins it when it is made."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        policy: Input[Literal["spread", "pack"]],
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
        strict: Input[bool] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            policy: spread: on hosts of their own; pack: close together.
            strict: True: rather no server than one that breaks the policy.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def policy(self) -> pulumi.Output[str]:
        """spread: on hosts of their own; pack: close together."""
    @property
    def strict(self) -> pulumi.Output[bool | None]:
        """True: rather no server than one that breaks the policy."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class KeyPair(pulumi.CustomResource):
    """An SSH public key."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        public_key: Input[str],
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            public_key: The key in OpenSSH format.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def public_key(self) -> pulumi.Output[str]:
        """The key in OpenSSH format."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class Volume(pulumi.CustomResource):
    """A block device."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        size: Input[str],
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
        class_: Input[Literal["hdd", "ssd", "nvme"]] | None = None,
        min_iops: Input[int] | None = None,
        zone: Input[str] | None = None,
        encrypted: Input[bool] | None = None,
        keep: Input[bool] | None = None,
        billing: Input[Billing] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            size: Its size, like 200 GiB.
            class_: The kind of storage: hdd, ssd or nvme. Left out: ssd.
            min_iops: The least input/output operations per second.
            zone: The zone, by the cloud's own name; left out: the placement's, else the region's default.
            encrypted: True: encrypted at rest.
            keep: For a stack file's keep; a program says protect.
            billing: For clouds that sell by the month.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def size(self) -> pulumi.Output[str]:
        """Its size, like 200 GiB."""
    @property
    def class_(self) -> pulumi.Output[str | None]:
        """The kind of storage: hdd, ssd or nvme."""
    @property
    def min_iops(self) -> pulumi.Output[int | None]:
        """The least input/output operations per second."""
    @property
    def zone(self) -> pulumi.Output[str | None]:
        """The zone, by the cloud's own name; left out: the placement's, else the region's default."""
    @property
    def encrypted(self) -> pulumi.Output[bool | None]:
        """True: encrypted at rest."""
    @property
    def keep(self) -> pulumi.Output[bool | None]:
        """For a stack file's keep; a program says protect."""
    @property
    def billing(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """For clouds that sell by the month."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class VolumeAttachment(pulumi.CustomResource):
    """A volume on a server."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        volume: Input[str] | Volume,
        server: Input[str] | Server,
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            volume: Id of the volume.
            server: Id of the server.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def volume(self) -> pulumi.Output[str]:
        """Id of the volume."""
    @property
    def server(self) -> pulumi.Output[str]:
        """Id of the server."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""

class Bucket(pulumi.CustomResource):
    """Object storage."""

    def __init__(
        self,
        resource_name: str,
        /,
        opts: pulumi.ResourceOptions | None = None,
        *,
        placement: Input[str],
        name: Input[str] | None = None,
        labels: Input[Mapping[str, Input[str]]] | None = None,
        extensions: Input[Mapping[str, Any]] | None = None,
        accept: Input[Mapping[str, Input[str]]] | None = None,
        around: Input[Mapping[str, Input[bool]]] | None = None,
        versioning: Input[bool] | None = None,
        public_read: Input[bool] | None = None,
        cors: Input[Sequence[Input[Cors]]] | None = None,
        lifecycle: Input[Sequence[Input[Lifecycle]]] | None = None,
        policy: Input[str] | None = None,
        keep: Input[bool] | None = None,
    ) -> None:
        """Args:
            resource_name: its name in the program and in the state.
            placement: Where it runs: cloud/region or cloud/region/zone.
            name: The name on the cloud. Left out: made from the resource's own name and a random part.
            labels: Labels, where the cloud has them.
            extensions: Knobs that only the placement's cloud has.
            accept: Lossy gaps that are accepted: the gap's code -> the reason.
            around: What the stack says around it that a cloud's limits may depend on; a change of it alone changes
                nothing.
            versioning: True: older versions of an object are kept.
            public_read: True: everybody may read its objects.
            cors: Which web pages of other origins may use it.
            lifecycle: What becomes of its objects by themselves.
            policy: The bucket policy as JSON text; empty: none. BUCKET in a resource stands for the bucket's own
                name.
            keep: For a stack file's keep; a program says protect.
        """
    @property
    def placement(self) -> pulumi.Output[str]:
        """Where it runs: cloud/region or cloud/region/zone."""
    @property
    def name(self) -> pulumi.Output[str]:
        """The name on the cloud. Left out: made from the resource's own name and a random part."""
    @property
    def labels(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Labels, where the cloud has them."""
    @property
    def extensions(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Knobs that only the placement's cloud has."""
    @property
    def accept(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Lossy gaps that are accepted: the gap's code -> the reason."""
    @property
    def around(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What the stack says around it that a cloud's limits may depend on; a change of it alone changes nothing."""
    @property
    def versioning(self) -> pulumi.Output[bool | None]:
        """True: older versions of an object are kept."""
    @property
    def public_read(self) -> pulumi.Output[bool | None]:
        """True: everybody may read its objects."""
    @property
    def cors(self) -> pulumi.Output[Sequence[Mapping[str, Any]] | None]:
        """Which web pages of other origins may use it."""
    @property
    def lifecycle(self) -> pulumi.Output[Sequence[Mapping[str, Any]] | None]:
        """What becomes of its objects by themselves."""
    @property
    def policy(self) -> pulumi.Output[str | None]:
        """The bucket policy as JSON text; empty: none. BUCKET in a resource stands for the bucket's own name."""
    @property
    def keep(self) -> pulumi.Output[bool | None]:
        """For a stack file's keep; a program says protect."""
    @property
    def endpoint(self) -> pulumi.Output[str | None]:
        """Where S3 clients reach it."""
    @property
    def account(self) -> pulumi.Output[str]:
        """Fingerprint of the account that it is in."""
    @property
    def resolved(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """What was chosen for it: flavor, image, zone and the like."""
