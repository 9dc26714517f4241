"""What the types of VNG Cloud's Terraform provider mean, in neutral parts.

Attributes are those of the provider's schema ([TF] v1.3.11, 2026-04-14; sources: docs/clouds/vng.md). What only the
cloud knows (the size of a flavor, the system of an image) comes from the data sources of the same state.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mcloud.catalog.reader import read_catalog
from mcloud.catalog.types import DiskClass
from mcloud.discover.meaning import Meaning, Meant, Note, ipv4, refusal, refused, text, texts, unread
from mcloud.discover.parts import (
    AttachmentPart,
    FactPart,
    GroupPart,
    InterfacePart,
    KeyPart,
    NetworkPart,
    PlacementGroupPart,
    RulePart,
    ServerPart,
    SubnetPart,
    VolumePart,
)
from mcloud.discover.tfstate import StateResource
from mcloud_vng.discover import ALL_ICMP
from mcloud_vng.live import image_words
from mcloud_vng.terraform_balancers import BALANCER_MEANINGS
from mcloud_vng.topology import POLICIES

_COMMON = ("id", "project_id", "name", "status", "timeouts")
_ZONE = "a zone's name is its cloud's own"
_EGRESS = "everything may leave: a new group has such a rule, and the state does not show whether it is still there"
_REFRESH = "run `terraform refresh`, then give the state again"


def broken(resource: StateResource, *names: str) -> Meant | None:
    """A refusal where an attribute that everything hangs on is missing."""
    for name in names:
        if text(resource.attributes, name) is None:
            return refused(f"the state does not say its {name}", _REFRESH)
    return None


def _zone(attributes: Mapping[str, Any]) -> list[Note]:
    zone = text(attributes, "zone_id")
    return [Note(f"zone {zone}", _ZONE, f"say zone: {zone} where it stays on this cloud")] if zone else []


@cache
def _disks() -> tuple[DiskClass, ...]:
    return read_catalog(Path(__file__).parent / "catalog").disks


def _disk(type_id: str | None) -> tuple[str | None, int | None]:
    """Class and least IOPS of a disk type of the shipped list; the slowest of a class needs no IOPS."""
    row = next((row for row in _disks() if type_id and row.native_id == type_id), None)
    if row is None:
        return None, None
    place = (row.region, row.zone, row.class_)
    slowest = min(item.iops or 0 for item in _disks() if (item.region, item.zone, item.class_) == place)
    return row.class_, None if (row.iops or 0) == slowest else row.iops


def network(resource: StateResource) -> Meant:
    """vngcloud_vserver_network."""
    attributes = resource.attributes
    block = ipv4(attributes.get("cidr"))
    if block is None:
        return broken(resource, "id", "cidr") or refused("its block is not IPv4", "give it an IPv4 block")
    notes = unread(resource, ("cidr", "route_table_default_id"), (*_COMMON, "zone_id"))
    return broken(resource, "id") or Meant(NetworkPart(str(attributes["id"]), block), tuple(notes))


def subnet(resource: StateResource) -> Meant:
    """vngcloud_vserver_subnet."""
    attributes = resource.attributes
    block = ipv4(attributes.get("cidr"))
    if missing := broken(resource, "id", "network_id", "cidr"):
        return missing
    if block is None:
        return refused("its block is not IPv4", "give it an IPv4 block")
    notes = _zone(attributes)
    acl = text(attributes, "interface_acl_policy_uuid")
    if acl:
        notes.append(Note(f"network ACL {acl}", "network ACLs have no word in a stack", "use security groups"))
    notes += unread(
        resource, ("cidr", "network_id", "zone_id", "interface_acl_policy_uuid", "route_table_uuid"), _COMMON
    )
    return Meant(SubnetPart(str(attributes["id"]), str(attributes["network_id"]), block), tuple(notes))


def group(resource: StateResource) -> Meant:
    """vngcloud_vserver_secgroup. Groups are in no network; a new one lets everything out."""
    attributes = resource.attributes
    notes = unread(resource, ("description",), _COMMON)
    description = text(attributes, "description")
    part = GroupPart(str(attributes.get("id")), None, description, everywhere=True, open_egress=_EGRESS)
    return broken(resource, "id") or Meant(part, tuple(notes))


def rule(resource: StateResource) -> Meant:
    """vngcloud_vserver_secgrouprule: one block, no group as a peer. The service takes protocols in both cases."""
    attributes = resource.attributes
    if missing := broken(resource, "security_group_id", "protocol", "remote_ip_prefix"):
        return missing
    direction = str(attributes.get("direction", "")).lower()
    if direction not in ("ingress", "egress"):
        return refused("the state does not say its direction", _REFRESH)
    protocol = str(attributes["protocol"]).lower()
    first, last = attributes.get("port_range_min"), attributes.get("port_range_max")
    if protocol == "icmp" and (first, last) not in ALL_ICMP:
        reason = f"it allows the ICMP types {first}-{last} only, and a stack's rule allows all of ICMP"
        return refused(reason, "add a rule with protocol icmp if all of ICMP may pass")
    if protocol not in ("tcp", "udp", "icmp", "any") and not (protocol.isdigit() and int(protocol) <= 255):
        return refused(f"a stack's rules do not know the protocol {protocol}", "add the rule by its IANA number")
    ports = None
    if protocol in ("tcp", "udp"):
        if not isinstance(first, int) or not isinstance(last, int) or not 0 <= first <= last <= 65535 or last == 0:
            return refused(f"{first}-{last} is no port range", "look at the rule")
        ports = (max(first, 1), last)
        ports = None if ports == (1, 65535) else ports
    read = ("security_group_id", "protocol", "remote_ip_prefix", "direction", "port_range_min", "port_range_max")
    notes = unread(resource, (*read, "description", "ethertype"), _COMMON)
    native, block = str(attributes["security_group_id"]), str(attributes["remote_ip_prefix"])
    part = RulePart(native, direction, protocol, ports, (block,), (), text(attributes, "description"))  # type: ignore[arg-type]
    return Meant(part, tuple(notes))


def key(resource: StateResource) -> Meant:
    """vngcloud_vserver_sshkey. Servers refer to it by id."""
    attributes = resource.attributes
    part = KeyPart(str(attributes.get("id")), text(attributes, "public_key"))
    return broken(resource, "id") or Meant(part, tuple(unread(resource, ("public_key",), _COMMON)))


_SERVER_READ = (
    *("flavor_id", "image_id", "network_id", "subnet_id", "security_group", "ssh_key", "attach_floating"),
    *("root_disk_size", "root_disk_type_id", "encryption_volume", "root_disk_encryption_type", "server_group_id"),
    *("internal_interfaces", "external_interfaces", "os_info", "action", "zone_id", "user_name"),
)
_SERVER_COMPUTED = (*_COMMON, "ssh_key_name", "root_disk_id", "os_licence", "user_data_base64_encode", "source_type")


def server(resource: StateResource) -> Meant:
    """vngcloud_vserver_server with its root disk."""
    attributes = resource.attributes
    if missing := broken(resource, "id", "flavor_id", "image_id"):
        return missing
    nics = [nic for nic in attributes.get("internal_interfaces") or () if isinstance(nic, Mapping)]
    class_, iops = _disk(text(attributes, "root_disk_type_id"))
    encrypted = bool(attributes.get("encryption_volume") or attributes.get("root_disk_encryption_type"))
    gib = attributes.get("root_disk_size")
    part = ServerPart(
        id=str(attributes["id"]),
        flavor=str(attributes["flavor_id"]),
        size=None,
        image=str(attributes["image_id"]),
        os=image_words(text(attributes, "os_info") or ""),
        subnet=text(attributes, "subnet_id"),
        groups=texts(attributes, "security_group"),
        key=text(attributes, "ssh_key"),
        public_ip=any(nic.get("floating_ip") for nic in nics) or attributes.get("attach_floating") is True,
        disk_gib=gib if isinstance(gib, int) and gib > 0 else None,
        disk_class=class_ or "ssd",
        min_iops=iops,
        disk_type=text(attributes, "root_disk_type_id") if class_ is None else None,
        placement_group=text(attributes, "server_group_id"),
        addresses=tuple(str(nic["fixed_ip"]) for nic in nics if nic.get("fixed_ip")),
        disk_encrypted=encrypted,
        stopped=attributes.get("action") == "stop",
    )
    return Meant(part, tuple(_server_notes(resource)))


def _server_notes(resource: StateResource) -> list[Note]:
    attributes = resource.attributes
    notes = []
    if attributes.get("external_interfaces"):
        notes.append(Note("public interfaces", "a stack has no word for them", "say public_ip: true instead"))
    if text(attributes, "user_name"):
        notes.append(Note("user and password", "a stack's servers are reached by key", "give it a key"))
    return notes + unread(resource, _SERVER_READ, _SERVER_COMPUTED)


def server_group(resource: StateResource) -> Meant:
    """vngcloud_vserver_server_group; what its policy is, the data source of the policy tells."""
    attributes = resource.attributes
    part = PlacementGroupPart(str(attributes.get("id")), str(attributes.get("policy_id")))
    notes = unread(resource, ("policy_id",), _COMMON)
    return broken(resource, "id", "policy_id") or Meant(part, tuple(notes))


def volume(resource: StateResource) -> Meant:
    """vngcloud_vserver_volume."""
    attributes = resource.attributes
    if missing := broken(resource, "id", "volume_type_id"):
        return missing
    size = attributes.get("size")
    if not isinstance(size, int) or size < 1:
        return refused("the state does not say its size", _REFRESH)
    if attributes.get("bootable"):
        return refused("a root disk; it comes with its server", "say its size under the server's disk")
    type_id = text(attributes, "volume_type_id")
    class_, iops = _disk(type_id)
    part = VolumePart(
        str(attributes["id"]), size, class_, iops, type_id, encrypted=bool(text(attributes, "encryption_type"))
    )
    notes = unread(resource, ("size", "volume_type_id", "encryption_type", "bootable", "zone_id"), _COMMON)
    return Meant(part, tuple(notes))


def attachment(resource: StateResource) -> Meant:
    """vngcloud_vserver_volume_attach."""
    attributes = resource.attributes
    native, holder = str(attributes.get("volume_id")), str(attributes.get("server_id"))
    part = AttachmentPart(f"{native}/{holder}", native, holder)
    return broken(resource, "volume_id", "server_id") or Meant(part)


def interface(resource: StateResource) -> Meant:
    """vngcloud_vserver_internal_interface_attach: a further private interface."""
    attributes = resource.attributes
    notes = []
    if text(attributes, "ip"):
        notes.append(Note(f"address {attributes['ip']}", "a stack's interfaces get any address of the subnet", ""))
    if text(attributes, "floating_ip_id"):
        reason = "a stack's servers have a public address at their first interface"
        notes.append(Note("public address", reason, "say public_ip: true for the server"))
    part = InterfacePart(str(attributes.get("id")), str(attributes.get("server_id")), str(attributes.get("subnet_id")))
    return broken(resource, "id", "server_id", "subnet_id") or Meant(part, tuple(notes))


def route_table(resource: StateResource) -> Meant:
    """vngcloud_vserver_route_table: always one beside the network's main table."""
    rows = [row for row in resource.attributes.get("route") or () if isinstance(row, Mapping)]
    routes = ", ".join(f"{row.get('destination_cidr_block')} via {row.get('target')}" for row in rows) or "no routes"
    reason = f"a table beside the network's main one ({routes}); a stack has one for each network"
    return refused(reason, "write its routes under the network, with the server behind each target")


# --- data sources: facts about what others name by id


def flavor(resource: StateResource) -> Meant:
    """Data source vngcloud_vserver_flavor; memory in GB."""
    attributes = resource.attributes
    vcpu, memory = attributes.get("cpu"), attributes.get("memory")
    if not isinstance(vcpu, int) or not isinstance(memory, int) or vcpu < 1 or memory < 1:
        return refused("the state does not say its size", _REFRESH)
    return Meant(FactPart(str(attributes.get("id")), "flavor", (vcpu, memory * 1024)))


def image(resource: StateResource) -> Meant:
    """Data source vngcloud_vserver_image."""
    name = text(resource.attributes, "name") or ""
    words = image_words(name)
    if words is None:
        advice = f"give images: {resource.attributes.get('id')} in an assumptions file"
        return refused(f"what system {name} is, is not known", advice)
    return Meant(FactPart(str(resource.attributes.get("id")), "image", words))


def volume_type(resource: StateResource) -> Meant:
    """Data source vngcloud_vserver_volume_type; its class is that of its volume type zone."""
    attributes = resource.attributes
    iops = str(attributes.get("iops") or "")
    value = (attributes.get("volume_type_zone_id"), int(iops) if iops.isdigit() else None)
    return Meant(FactPart(str(attributes.get("id")), "disk type", value))


def volume_type_zone(resource: StateResource) -> Meant:
    """Data source vngcloud_vserver_volume_type_zone: SSD or NVME."""
    name = str(resource.attributes.get("name") or "").lower()
    return Meant(FactPart(str(resource.attributes.get("id")), "disk class", name))


def policy(resource: StateResource) -> Meant:
    """Data source vngcloud_vserver_server_group_policy."""
    name = str(resource.attributes.get("name") or "").upper().replace("-", " ").replace("_", " ")
    found = next((neutral for neutral, vendor in POLICIES.items() if vendor == name), name)
    return Meant(FactPart(str(resource.attributes.get("id")), "policy", found))


def _plain_fact(about: Any) -> Meaning:
    return lambda resource: Meant(FactPart(str(resource.attributes.get("id")), about, None))


_REFUSALS: dict[tuple[str, ...], tuple[str, str]] = {
    ("vngcloud_vserver_vip", "vngcloud_vserver_address_pair_interface_attachment"): (
        "a virtual address that servers share has no word in a stack",
        "use a load balancer, or make it by hand",
    ),
    ("vngcloud_vserver_network_interface", "vngcloud_vserver_external_interface_attach"): (
        "a public interface has no word in a stack",
        "say public_ip: true for the server",
    ),
    (
        *("vngcloud_vks_cluster", "vngcloud_vks_cluster_node_group", "vngcloud_vserver_k8s"),
        *("vngcloud_vserver_cluster_node_group", "vngcloud_vserver_change_cluster_sec_group"),
        *("vngcloud_vserver_attach_lb_to_cluster", "vngcloud_vserver_k8s_version", "vngcloud_vserver_k8s_network_type"),
    ): ("a managed Kubernetes cluster, which a stack has no word for", "order the target's, and deploy to it again"),
    (
        *("vngcloud_vdb_relational_database", "vngcloud_vdb_memstore_database", "vngcloud_vdb_relational_config_group"),
        *("vngcloud_vdb_memstore_config_group", "vngcloud_vdb_relational_backup", "vngcloud_vdb_memstore_backup"),
        *("vngcloud_vdb_relational_backup_storage", "vngcloud_vdb_memstore_backup_storage"),
        *("vngcloud_vdb_database_package", "vngcloud_vdb_database_volume_type", "vngcloud_vdb_backup_storage_package"),
    ): (
        "a managed database, which a stack has no word for",
        "order the target's managed database, or a server with a volume, and move the data by dump or replication",
    ),
}

MEANINGS: dict[str, Meaning] = {
    **{name: refusal(*words) for names, words in _REFUSALS.items() for name in names},
    **BALANCER_MEANINGS,
    "vngcloud_vserver_network": network,
    "vngcloud_vserver_subnet": subnet,
    "vngcloud_vserver_secgroup": group,
    "vngcloud_vserver_secgrouprule": rule,
    "vngcloud_vserver_sshkey": key,
    "vngcloud_vserver_server": server,
    "vngcloud_vserver_server_group": server_group,
    "vngcloud_vserver_volume": volume,
    "vngcloud_vserver_volume_attach": attachment,
    "vngcloud_vserver_internal_interface_attach": interface,
    "vngcloud_vserver_route_table": route_table,
    "vngcloud_vserver_flavor": flavor,
    "vngcloud_vserver_image": image,
    "vngcloud_vserver_volume_type": volume_type,
    "vngcloud_vserver_volume_type_zone": volume_type_zone,
    "vngcloud_vserver_server_group_policy": policy,
    "vngcloud_vserver_project": _plain_fact("account"),
    "vngcloud_vserver_flavor_zone": _plain_fact("flavor family"),
    "vngcloud_vlb_lb_packages": _plain_fact("package"),
}
"""Terraform type -> what it means."""
