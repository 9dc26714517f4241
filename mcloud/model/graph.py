"""From a stack to the graph of resources that the engine registers: one pure function, ``build_graph``.

Counts become instances, port and peer lists become rules of their own, references by name become references by
address. A rule's address is made of its content, so adding one moves no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from mcloud.model.balancer_nodes import balancer_nodes
from mcloud.model.base import Placement, SecretReference
from mcloud.model.groups import group_members, group_networks
from mcloud.model.network import GroupPeer, Rule, parse_ports
from mcloud.model.references import find_server, find_subnet, server_instances
from mcloud.model.renames import former_names
from mcloud.model.resource_references import map_references, references
from mcloud.model.resources import KINDS, CorsInputs, LifecycleInputs, SizeInputs, holds_data_as
from mcloud.model.stack import Stack
from mcloud.model.storage import canonical_policy

SECTION_OF = {
    "Network": "networks",
    "SecurityGroup": "security_groups",
    "KeyPair": "keys",
    "PlacementGroup": "placement_groups",
    "Server": "servers",
    "Volume": "volumes",
    "LoadBalancer": "load_balancers",
    "Certificate": "certificates",
    "PublicIp": "public_ips",
    "Bucket": "buckets",
}
"""The kind that a section's entries are; only these take the extensions of section.name."""

TextReader = Callable[[str], str]


@dataclass(frozen=True)
class Node:
    """One resource to be.

    Attributes:
        kind: neutral kind, a key of ``KINDS``.
        name: the resource's name in its URN.
        inputs: neutral inputs in wire form (camelCase, plain JSON); references are ``@address``.
        path: where it stands in the stack file, for messages.
        protect: destroy leaves it alone.
        was: names that it may have in the state, from before it was renamed; the likeliest first.
    """

    kind: str
    name: str
    inputs: Mapping[str, Any]
    path: tuple[str | int, ...]
    protect: bool = False
    was: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Kind/name: unique in the graph."""
        return f"{self.kind}/{self.name}"

    @property
    def token(self) -> str:
        """The engine's type token."""
        return KINDS[self.kind].token

    @cached_property
    def placement(self) -> Placement:
        """Where it runs, as written."""
        return Placement.parse(self.inputs["placement"])

    @property
    def depends(self) -> dict[str, tuple[str, ...]]:
        """Wire name of each input that may refer to others -> the addresses of the nodes that it refers to."""
        return {
            name: tuple(item[1:] for item in items if isinstance(item, str) and item.startswith("@"))
            for name, items in references(KINDS[self.kind].inputs, self.inputs).items()
        }

    def resolved(self, id_of: Callable[[str], Any]) -> dict[str, Any]:
        """The inputs with ids in the place of references; ``id_of`` tells a node's by its address."""
        return map_references(
            KINDS[self.kind].inputs,
            self.inputs,
            lambda value, name: id_of(value[1:]) if isinstance(value, str) and value.startswith("@") else value,
        )

    @property
    def needs(self) -> tuple[str, ...]:
        """Addresses of the nodes that must be there first."""
        return tuple(dict.fromkeys(item for items in self.depends.values() for item in items))


def holds_data(node: Node) -> bool:
    """Whether something would be missed if it were made anew: volumes, buckets, and servers not marked stateless."""
    return holds_data_as(node.kind, node.inputs)


@dataclass(frozen=True)
class Graph:
    """Every resource of a stack, each after those that it needs, and the outputs asked for."""

    stack: str
    nodes: tuple[Node, ...]
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_address(self) -> dict[str, Node]:
        """Nodes by address."""
        return {node.address: node for node in self.nodes}


def slug(text: str) -> str:
    """A part of a URN name: letters, digits, dots and dashes."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-")


def _block_slug(block: str) -> str:
    """A block as a part of a URN name; a:b::/128 and a::b/128 are two blocks."""
    return slug(block.replace("::", ":X:"))


def build_graph(stack: Stack, read_text: TextReader | None = None) -> Graph:
    """Expand a stack that has no blocking finding.

    Args:
        stack: the stack, references checked by validate.
        read_text: reads ``file:PATH`` values; the default reads below the working directory.

    Raises:
        LookupError: a reference that validate would have found.
        OSError: a text that cannot be read.
        ValueError: a bucket policy's file that holds none.
    """
    builder = _Builder(stack, read_text or read_reference)
    nodes: list[Node] = []
    for part in (
        builder.networks,
        builder.groups,
        builder.rules,
        builder.keys,
        builder.placement_groups,
        builder.servers,
        builder.interfaces,
        builder.routes,
        builder.public_ips,
        builder.volumes,
        builder.certificates,
        builder.load_balancers,
        builder.buckets,
    ):
        nodes.extend(part())
    former = former_names(stack, nodes)
    renamed = (replace(node, was=former[node.address]) if node.address in former else node for node in nodes)
    return Graph(stack.name, tuple(renamed), dict(stack.outputs))


def read_reference(value: str) -> str:
    """The text of ``file:PATH``, or the value itself."""
    return Path(value[5:]).expanduser().read_text(encoding="utf-8") if value.startswith("file:") else value


class _Builder:
    """Makes the nodes, one method per section of the stack."""

    def __init__(self, stack: Stack, read_text: TextReader) -> None:
        self.stack = stack
        self.read_text = read_text
        self._members = group_members(stack)
        self._group_network = group_networks(stack)

    def _node(self, kind: str, name: str, path: tuple[str | int, ...], resource: Any, **inputs: Any) -> Node:
        placement = getattr(resource, "placement", None) or self._inherited(kind, inputs) or self.stack.placement
        values: dict[str, Any] = {"placement": placement}
        labels = {**self.stack.labels, **getattr(resource, "labels", {})}
        if labels:
            values["labels"] = labels
        settings = self.stack.extensions.get(placement.split("/")[0], {}).get(".".join(str(p) for p in path[:2]))
        if settings and SECTION_OF.get(kind) == path[0]:  # not what is made beside it: subnets, rules, addresses
            values["extensions"] = dict(settings)
        values.update({key: value for key, value in inputs.items() if value is not None})
        return Node(kind, name, values, path, protect=bool(getattr(resource, "keep", False)))

    def _inherited(self, kind: str, inputs: Mapping[str, Any]) -> str | None:
        """A child lives where its parent lives."""
        if kind == "Subnet":
            return self.stack.networks[inputs["network"].split("/", 1)[1]].placement
        if kind == "SecurityGroupRule":
            return self.stack.security_groups[inputs["group"].split("/", 1)[1]].placement
        if kind in {"Listener", "Pool"}:
            return self.stack.load_balancers[inputs["loadBalancer"].split("/", 1)[1]].placement
        return None

    def networks(self) -> Iterator[Node]:
        """Networks and their subnets."""
        for name, network in self.stack.networks.items():
            yield self._node("Network", name, ("networks", name), network, cidr=network.cidr)
            for part, subnet in network.subnets.items():
                yield self._node(
                    "Subnet",
                    f"{name}.{part}",
                    ("networks", name, "subnets", part),
                    subnet,
                    network=f"@Network/{name}",
                    cidr=subnet.cidr,
                    internet=subnet.internet,
                    zone=subnet.zone,
                    around={"defaultRoute": True} if subnet.internet == "outbound" and _leads_out(network) else None,
                )

    def groups(self) -> Iterator[Node]:
        """Security groups, without their rules."""
        for name, group in self.stack.security_groups.items():
            network = self._group_network.get(name)
            yield self._node(
                "SecurityGroup",
                name,
                ("security_groups", name),
                group,
                description=group.description,
                network=f"@Network/{network}" if network else None,
                openEgress=group.egress is None,
            )

    def rules(self) -> Iterator[Node]:
        """One node per direction, protocol, port range and peer."""
        for name, group in self.stack.security_groups.items():
            seen: set[str] = set()
            for direction, rules in (("ingress", group.ingress), ("egress", group.egress or ())):
                for index, rule in enumerate(rules):
                    path = ("security_groups", name, direction, index)
                    for node in self._rule(name, direction, rule, path):
                        if node.name not in seen:
                            seen.add(node.name)
                            yield node

    def _rule(self, group: str, direction: str, rule: Rule, path: tuple[str | int, ...]) -> Iterator[Node]:
        ranges: list[tuple[int, int] | None] = [parse_ports(text) for text in rule.ports or ()] or [None]
        for ports in ranges:
            for peer in rule.from_ if direction == "ingress" else rule.to:
                inputs: dict[str, Any] = {
                    "group": f"@SecurityGroup/{group}",
                    "direction": direction,
                    "protocol": rule.protocol,
                    "description": rule.description,
                }
                if ports is not None:
                    inputs |= {"fromPort": ports[0], "toPort": ports[1]}
                if isinstance(peer, GroupPeer):
                    inputs |= {"peerGroup": f"@SecurityGroup/{peer.group}", "peerCidrs": self._members[peer.group]}
                    other = peer.group
                else:
                    inputs["cidr"] = peer
                    other = _block_slug(peer)
                span = "all" if ports is None else "-".join(str(port) for port in dict.fromkeys(ports))
                name = slug(f"{group}.{direction}.{rule.protocol}.{span}.{other}")
                yield self._node("SecurityGroupRule", name, path, rule, **inputs)

    def keys(self) -> Iterator[Node]:
        """SSH keys."""
        for name, key in self.stack.keys.items():
            text = self.read_text(key.public_key).strip()
            yield self._node("KeyPair", name, ("keys", name), key, publicKey=text)

    def placement_groups(self) -> Iterator[Node]:
        """Placement groups, before the servers that start in them."""
        for name, group in self.stack.placement_groups.items():
            path = ("placement_groups", name)
            yield self._node("PlacementGroup", name, path, group, policy=group.policy, strict=group.strict)

    def servers(self) -> Iterator[Node]:
        """Servers, ``count`` of each."""
        for name, server in self.stack.servers.items():
            network, subnet = find_subnet(self.stack, server.subnet)
            where = Placement.parse(server.placement or self.stack.placement)
            forced = server.flavor.get(where.cloud)
            for index, instance in enumerate(server_instances(self.stack, name)):
                yield self._node(
                    "Server",
                    instance,
                    ("servers", name),
                    server,
                    size=_camel_of(server.size, SizeInputs) if server.size and not forced else None,
                    flavor=forced,
                    image=_wire(server.image),
                    subnet=f"@Subnet/{network}.{subnet}",
                    securityGroups=[f"@SecurityGroup/{group}" for group in server.security_groups],
                    key=f"@KeyPair/{server.key}" if server.key else None,
                    placementGroup=f"@PlacementGroup/{server.placement_group}" if server.placement_group else None,
                    zone=self._zone(server.zones, network, subnet, index),
                    disk=_disk(server.disk),
                    userData=self._user_data(server.user_data),
                    stateless=server.stateless,
                    billing=_wire(server.billing) if server.billing else None,
                )

    def _user_data(self, given: str | SecretReference | None) -> str | dict[str, Any] | None:
        if isinstance(given, SecretReference):
            return _wire(given)
        return self.read_text(given) if given else None

    def interfaces(self) -> Iterator[Node]:
        """Further interfaces: one for each instance of a server and each further subnet."""
        for name, server in self.stack.servers.items():
            where = server.placement or self.stack.placement
            for index, text in enumerate(server.interfaces):
                subnet = ".".join(find_subnet(self.stack, text))
                for instance in server_instances(self.stack, name):
                    inputs = {"placement": where, "server": f"@Server/{instance}", "subnet": f"@Subnet/{subnet}"}
                    path = ("servers", name, "interfaces", index)
                    yield Node("NetworkInterface", f"{instance}.{subnet}", inputs, path)

    def routes(self) -> Iterator[Node]:
        """Static routes, after the servers that they lead to."""
        for name, network in self.stack.networks.items():
            for index, route in enumerate(network.routes):
                inputs = {
                    "placement": network.placement or self.stack.placement,
                    "network": f"@Network/{name}",
                    "destination": route.to,
                    "gateway": f"@Server/{server_instances(self.stack, route.via)[0]}",
                }
                yield Node("Route", f"{name}.{_block_slug(route.to)}", inputs, ("networks", name, "routes", index))

    def _zone(self, zones: str | tuple[str, ...], network: str, subnet: str, index: int) -> str | None:
        if isinstance(zones, tuple) and zones:
            return zones[index % len(zones)]
        return self.stack.networks[network].subnets[subnet].zone

    def public_ips(self) -> Iterator[Node]:
        """Public addresses: named ones, and one for each server that wants one."""
        for name, address in self.stack.public_ips.items():
            server = f"@Server/{server_instances(self.stack, address.server)[0]}" if address.server else None
            yield self._node("PublicIp", name, ("public_ips", name), address, server=server)
        for name, server_ in self.stack.servers.items():
            for instance in server_instances(self.stack, name) if server_.public_ip else ():
                node = self._node("PublicIp", instance, ("servers", name), server_, server=f"@Server/{instance}")
                # It stays with a server that is kept, and goes where the server shall have none any more.
                yield replace(node, protect=False)

    def volumes(self) -> Iterator[Node]:
        """Volumes and their attachments."""
        for name, volume in self.stack.volumes.items():
            servers = server_instances(self.stack, volume.attach) if volume.attach else []
            shared = len(servers) < 2
            for index, server in enumerate(servers or [""]):
                instance = name if shared else f"{name}-{index}"
                yield self._node(
                    "Volume",
                    instance,
                    ("volumes", name),
                    volume,
                    size=str(volume.size),
                    **{"class": volume.class_},
                    minIops=volume.min_iops,
                    zone=volume.zone or (self._zone_of(server) if server else None),
                    encrypted=volume.encrypted,
                    keep=volume.keep,
                    billing=_wire(volume.billing) if volume.billing else None,
                )
                if server:
                    yield self._attachment(instance, server, name, volume)

    def _zone_of(self, instance: str) -> str | None:
        """The zone of a server's instance: a volume must be where its server is."""
        return self._zones_of_servers[instance]

    @cached_property
    def _zones_of_servers(self) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for name, server in self.stack.servers.items():
            network, subnet = find_subnet(self.stack, server.subnet)
            for index, instance in enumerate(server_instances(self.stack, name)):
                found[instance] = self._zone(server.zones, network, subnet, index)
        return found

    def _attachment(self, instance: str, server: str, name: str, volume: Any) -> Node:
        inputs: dict[str, Any] = {
            "placement": volume.placement or self.stack.placement,
            "volume": f"@Volume/{instance}",
            "server": f"@Server/{server}",
        }
        if volume.encrypted:
            disk = self.stack.servers[find_server(self.stack, server)].disk
            inputs["around"] = {"volumeEncrypted": True, "serverEncrypted": disk.encrypted}
        return Node("VolumeAttachment", instance, inputs, ("volumes", name, "attach"))

    def certificates(self) -> Iterator[Node]:
        """TLS certificates."""
        for name, certificate in self.stack.certificates.items():
            yield self._node(
                "Certificate",
                name,
                ("certificates", name),
                certificate,
                certificate=self.read_text(certificate.certificate),
                privateKey={"secret": certificate.private_key},
                chain=self.read_text(certificate.chain) if certificate.chain else None,
            )

    def load_balancers(self) -> Iterator[Node]:
        """Load balancers with a listener for each port and a pool for each target."""
        for name in self.stack.load_balancers:
            yield from balancer_nodes(self.stack, name, self._node)

    def buckets(self) -> Iterator[Node]:
        """Buckets."""
        for name, bucket in self.stack.buckets.items():
            path = ("buckets", name)
            yield self._node(
                "Bucket",
                name,
                path,
                bucket,
                versioning=bucket.versioning,
                publicRead=bucket.public_read,
                cors=_camel(bucket.cors, CorsInputs),
                lifecycle=_camel(bucket.lifecycle, LifecycleInputs),
                policy=canonical_policy(self.read_text(bucket.policy)) if bucket.policy else None,
                keep=bucket.keep,
            )


def _wire(value: Any) -> dict[str, Any]:
    return dict(value.model_dump(mode="json", by_alias=True, exclude_none=True))


def _camel(values: Iterable[BaseModel], model: type[BaseModel]) -> list[dict[str, Any]] | None:
    """The same values as programs write them; None where there are none."""
    return [_camel_of(value, model) for value in values] or None


def _camel_of(value: BaseModel, model: type[BaseModel]) -> dict[str, Any]:
    return _wire(model.model_validate(value.model_dump()))


def _leads_out(network: Any) -> bool:
    return any(route.to == "0.0.0.0/0" for route in network.routes)


def _disk(disk: Any) -> dict[str, Any]:
    values = {"size": str(disk.size), "class": disk.class_, "minIops": disk.min_iops}
    values["encrypted"] = disk.encrypted or None
    return {key: value for key, value in values.items() if value is not None}

