"""A libcloud driver for VNG Cloud, usable without anything else of mcloud.

import mcloud_vng.driver                       # registers the provider name "vng"
from libcloud.compute.providers import get_driver
driver = get_driver("vng")(client_id, client_secret, region="hcm-3")
"""

from __future__ import annotations

from libcloud.common.types import LibcloudError
from libcloud.compute.base import (
    KeyPair,
    Node,
    NodeDriver,
    NodeImage,
    NodeLocation,
    NodeSize,
    StorageVolume,
    VolumeSnapshot,
)
from libcloud.compute.providers import set_driver
from libcloud.compute.types import KeyPairDoesNotExistError, NodeState, StorageVolumeState, VolumeSnapshotState

from mcloud_vng.account import Raw
from mcloud_vng.api import VServerCalls
from mcloud_vng.connection import TIMEOUT, VNGConnection

NAME = "vng"

# Server states ([TF] waits, MCP-LIVE), 2026-09.
NODE_STATES = {
    "ACTIVE": NodeState.RUNNING,
    "STOPPED": NodeState.STOPPED,
    "CREATING": NodeState.PENDING,
    "CREATING-BILLING": NodeState.PENDING,
    "STARTING": NodeState.STARTING,
    "TURNING-OFF": NodeState.STOPPING,
    "REBOOTING": NodeState.REBOOTING,
    "CHANGING-FLAVOR": NodeState.RECONFIGURING,
    "VERIFYING-FLAVOR": NodeState.RECONFIGURING,
    "CHANGING-SECURITY-GROUP": NodeState.RECONFIGURING,
    "DELETING": NodeState.PENDING,
    "DELETED": NodeState.TERMINATED,
    "ERROR": NodeState.ERROR,
}
VOLUME_STATES = {
    "AVAILABLE": StorageVolumeState.AVAILABLE,
    "IN-USE": StorageVolumeState.INUSE,
    "CREATING": StorageVolumeState.CREATING,
    "CREATING-BILLING": StorageVolumeState.CREATING,
    "RESIZING": StorageVolumeState.UPDATING,
    "CHANGING-IOPS": StorageVolumeState.UPDATING,
    "ATTACHING": StorageVolumeState.ATTACHING,
    "DETACHING": StorageVolumeState.UPDATING,
    "DELETING": StorageVolumeState.DELETING,
    "ERROR": StorageVolumeState.ERROR,
}


class VNGNodeDriver(VServerCalls, NodeDriver):  # type: ignore[misc]
    """Nodes, sizes, images, locations, volumes and keys of one region. One driver serves many threads.

    Args:
        key: client id of a service account.
        secret: its client secret.
        region: hcm-3 or han-1.
        project: project id; left out, the user's first one in the region.
        zone: id of the zone for new nodes where neither they nor their size say one.
        iam_endpoint, vserver_endpoint: other addresses than the vendor's, for an emulator.
        auth_version: "v2", or "v1" for the vendor's older sign-in.
        timeout: seconds for an answer.

    Its own calls raise ``VendorError``; no call is made before the first that needs one.
    """

    name = "VNG Cloud"
    website = "https://greennode.ai"
    type = NAME
    connectionCls = VNGConnection

    def __init__(
        self,
        key: str,
        secret: str,
        *,
        region: str = "hcm-3",
        project: str | None = None,
        zone: str | None = None,
        iam_endpoint: str | None = None,
        vserver_endpoint: str | None = None,
        auth_version: str = "v2",
        timeout: float = TIMEOUT,
    ) -> None:
        self._connection_arguments = {
            "region": region,
            "iam_endpoint": iam_endpoint,
            "vserver_endpoint": vserver_endpoint,
            "auth_version": auth_version,
        }
        self._begin(project)
        self._zone = zone
        super().__init__(key, secret, region=region, timeout=timeout)

    def _ex_connection_class_kwargs(self) -> Raw:
        return dict(self._connection_arguments)

    def __repr__(self) -> str:
        return f"VNGNodeDriver(region={self.region!r})"

    # Nodes

    def list_nodes(self) -> list[Node]:
        """All servers."""
        return [self._node(item) for item in self.ex_list_servers()]

    def ex_get_node(self, node_id: str) -> Node | None:
        """One server, None when it is gone."""
        item = self.ex_get_server(node_id)
        return None if item is None else self._node(item)

    def create_node(
        self,
        name: str,
        size: NodeSize,
        image: NodeImage,
        location: NodeLocation | None = None,
        *,
        ex_network: str,
        ex_subnet: str,
        ex_root_disk_type: str,
        ex_root_disk_size: int = 20,
        ex_security_groups: list[str] | None = None,
        ex_key: str | None = None,
        ex_user_data: str | None = None,
        ex_zone: str | None = None,
    ) -> Node:
        """Create a server; it is pending when this returns.

        ``wait_until_running([node], ssh_interface="private_ips")`` waits: there is no public address.

        Args:
            size, image, location: of one zone.
            ex_network, ex_subnet: ids.
            ex_root_disk_type: id of a volume type of the zone.
            ex_root_disk_size: GB, at least 20.
            ex_security_groups: ids; left out, the project's default group.
            ex_key: name of a key pair.
            ex_user_data: cloud-init text.
            ex_zone: id of a zone, in place of ``location``.

        Raises:
            KeyPairDoesNotExistError: there is no such key.
            VendorError: refused or no answer.
        """
        zone = ex_zone or (location.id if location else None) or size.extra.get("zone") or self._zone
        body: Raw = {
            "name": name,
            "flavorId": size.id,
            "imageId": image.id,
            "networkId": ex_network,
            "subnetId": ex_subnet,
            "rootDiskSize": ex_root_disk_size,
            "rootDiskTypeId": ex_root_disk_type,
            "encryptionVolume": False,
            "securityGroup": ex_security_groups or [],
        }
        if zone:
            body["zoneId"] = zone
        if ex_key:
            body["sshKeyId"] = self.get_key_pair(ex_key).extra["id"]
        if ex_user_data:
            body |= {"userData": ex_user_data, "userDataBase64Encoded": False}
        return self._node(self.ex_create_server(body))

    def destroy_node(self, node: Node) -> bool:
        """Ask for it to go, with its boot disk."""
        self.ex_delete_server(node.id)
        return True

    def reboot_node(self, node: Node) -> bool:
        """Reboot."""
        self.ex_reboot_server(node.id)
        return True

    def start_node(self, node: Node) -> bool:
        """Start."""
        self.ex_start_server(node.id)
        return True

    def stop_node(self, node: Node) -> bool:
        """Stop."""
        self.ex_stop_server(node.id)
        return True

    def ex_resize_node(self, node: Node, size: NodeSize) -> bool:
        """Change the flavor."""
        self.ex_resize_server(node.id, size.id)
        return True

    def ex_rename_node(self, node: Node, name: str) -> bool:
        """Rename."""
        self.ex_rename_server(node.id, name)
        return True

    def ex_set_security_groups(self, node: Node, groups: list[str]) -> bool:
        """Replace the node's security groups by those of these ids."""
        self.ex_update_server_secgroups(node.id, groups)
        return True

    def _node(self, item: Raw) -> Node:
        nics = item.get("internalInterfaces") or []
        return Node(
            id=item["uuid"],
            name=item["name"],
            state=NODE_STATES.get(item["status"], NodeState.UNKNOWN),
            public_ips=[nic["floatingIp"] for nic in nics if nic.get("floatingIp")],
            private_ips=[nic["fixedIp"] for nic in nics if nic.get("fixedIp")],
            driver=self,
            extra={
                "status": item["status"],
                "zone": item.get("zoneId"),
                "flavor": item.get("flavor"),
                "boot_volume_id": item.get("bootVolumeId"),
                "security_groups": item.get("secGroups") or [],
                "key_name": item.get("sshKeyName"),
            },
        )

    # What is offered

    def list_locations(self) -> list[NodeLocation]:
        """The zones that are open to the account. One zone of hcm-3 is in Bangkok."""
        rows = [item for item in self.ex_list_zones() if item.get("isEnabled")]
        return [
            NodeLocation(item["uuid"], item["name"], "TH" if "-BKK-" in item["uuid"] else "VN", self) for item in rows
        ]

    def list_sizes(self, location: NodeLocation | None = None) -> list[NodeSize]:
        """Flavors that can be had now, of one zone or of all; ids differ from zone to zone."""
        found = []
        for family in self.ex_list_flavor_zones():
            for row in self.ex_list_flavors(family["id"]):
                # A flavor's own zoneId may be null (MCP-LIVE).
                zone = row.get("zoneId") or family.get("zoneId")
                if not _is_sold_out(row) and (location is None or zone in (None, location.id)):
                    found.append(self._size(row, zone))
        return found

    def _size(self, row: Raw, zone: str | None) -> NodeSize:
        return NodeSize(
            id=row["flavorId"],
            name=row["name"],
            ram=int(row["memory"]) * 1024,
            disk=0,
            bandwidth=row.get("bandwidth"),
            price=None,
            driver=self,
            extra={"cpu": row["cpu"], "gpu": row.get("gpu", 0), "zone": zone},
        )

    def list_images(self, location: NodeLocation | None = None) -> list[NodeImage]:
        """Operating system images; the list is the same for every zone (LIVE)."""
        return [
            NodeImage(row["id"], row["imageVersion"], self, extra={"type": row["imageType"]})
            for row in self.ex_list_images()
        ]

    # Volumes

    def list_volumes(self) -> list[StorageVolume]:
        """Volumes, boot disks too."""
        return [self._volume(row) for row in self.ex_list_volumes()]

    def create_volume(
        self,
        size: int,
        name: str,
        location: NodeLocation | None = None,
        snapshot: VolumeSnapshot | None = None,
        *,
        ex_volume_type: str,
        ex_encryption: str | None = None,
    ) -> StorageVolume:
        """Create a volume; it is on its way when this returns.

        Args:
            size: GB.
            name: 5-50 letters, digits, spaces and ``. @ _ -``.
            location: the zone; left out, that of the volume type.
            snapshot: what is on it at first.
            ex_volume_type: id of a volume type of the zone.
            ex_encryption: aes-xts-plain64_128 or aes-xts-plain64_256; left out, none.

        Raises:
            VendorError: refused or no answer.
        """
        body: Raw = {"name": name, "size": size, "volumeTypeId": ex_volume_type}
        zone = location.id if location else self._zone
        if zone:
            body["zoneId"] = zone
        if ex_encryption:
            body["encryptionType"] = ex_encryption
        if snapshot is not None:
            restored = {"snapshotVolumePointId": snapshot.id, "volumeTypeId": ex_volume_type}
            body |= {"createdFrom": "SNAPSHOT", "configVolumeRestore": restored}
        return self._volume(self.ex_create_volume(body))

    def destroy_volume(self, volume: StorageVolume) -> bool:
        """Ask for it to go; it must be on no server."""
        self.ex_delete_volume(volume.id)
        return True

    def attach_volume(self, node: Node, volume: StorageVolume, device: str | None = None) -> bool:
        """Ask for it to be put on a node of its zone; the API takes no device name."""
        self.ex_attach_volume(volume.id, node.id)
        return True

    def detach_volume(self, volume: StorageVolume) -> bool:
        """Ask for it to be taken from its node.

        Raises:
            LibcloudError: it is on none.
        """
        item = self.ex_get_volume(volume.id)
        if item is None or not item.get("serverId"):
            raise LibcloudError(f"volume {volume.id} is on no node", driver=self)
        self.ex_detach_volume(volume.id, item["serverId"])
        return True

    def ex_grow_volume(self, volume: StorageVolume, size: int, volume_type: str | None = None) -> bool:
        """Make it larger (GB), or of another type of its zone."""
        self.ex_resize_volume(volume.id, size, volume_type or volume.extra["type_id"])
        return True

    def _volume(self, row: Raw) -> StorageVolume:
        return StorageVolume(
            id=row["uuid"],
            name=row["name"],
            size=row["size"],
            driver=self,
            state=VOLUME_STATES.get(row["status"], StorageVolumeState.UNKNOWN),
            extra={
                "type_id": row.get("volumeTypeId"),
                "server_id": row.get("serverId"),
                "bootable": bool(row.get("bootable")),
            },
        )

    # Snapshots

    def list_volume_snapshots(self, volume: StorageVolume) -> list[VolumeSnapshot]:
        """The snapshots of a volume."""
        return [self._snapshot(row) for row in self.ex_list_snapshots(volume.id)]

    def create_volume_snapshot(self, volume: StorageVolume, name: str | None = None) -> VolumeSnapshot:
        """Take a snapshot that is kept until it is deleted; the volume must have been on a node once [DOC]."""
        wanted = {"name": name or f"{volume.name}-snapshot", "description": "", "isPermanently": True}
        return self._snapshot(self.ex_create_snapshot(volume.id, wanted))

    def destroy_volume_snapshot(self, snapshot: VolumeSnapshot) -> bool:
        """Delete it."""
        self.ex_delete_snapshot(snapshot.extra["volume_id"], snapshot.id)
        return True

    def _snapshot(self, row: Raw) -> VolumeSnapshot:
        # The words for a snapshot's states are not known: only "it is there" is.
        return VolumeSnapshot(
            id=row["id"],
            driver=self,
            size=row.get("size"),
            extra={"volume_id": row["volumeId"], "status": row.get("status")},
            state=VolumeSnapshotState.UNKNOWN,
            name=row["name"],
        )

    # Keys

    def list_key_pairs(self) -> list[KeyPair]:
        """All keys."""
        return [self._key(row) for row in self.ex_list_ssh_keys()]

    def get_key_pair(self, name: str) -> KeyPair:
        """The key of this name.

        Raises:
            KeyPairDoesNotExistError: there is none.
        """
        for row in self.ex_list_ssh_keys():
            if row["name"] == name:
                return self._key(row)
        raise KeyPairDoesNotExistError(name=name, driver=self)

    def create_key_pair(self, name: str) -> KeyPair:
        """Let the service make a pair; the private key is in this answer only."""
        return self._key(self.ex_generate_ssh_key(name))

    def import_key_pair_from_string(self, name: str, key_material: str) -> KeyPair:
        """Import a public key: RSA only (LIVE)."""
        return self._key(self.ex_import_ssh_key({"name": name, "pubKey": key_material}))

    def delete_key_pair(self, key_pair: KeyPair) -> bool:
        """Delete a key."""
        self.ex_delete_ssh_key(key_pair.extra["id"])
        return True

    def _key(self, row: Raw) -> KeyPair:
        # The service gives no fingerprint.
        return KeyPair(row["name"], row.get("pubKey"), None, self, row.get("privateKey"), {"id": row["id"]})


def _is_sold_out(row: Raw) -> bool:
    """[MCP] v0.1.1 hides flavors of which none are left, too."""
    left = row.get("remainingVms")
    return bool(row.get("isSoldOut")) or (left is not None and int(left) <= 0)


def register() -> None:
    """Make ``get_driver("vng")`` find this driver; importing the module does it."""
    try:
        set_driver(NAME, __name__, VNGNodeDriver.__name__)
    except AttributeError:
        # libcloud refuses a second registration of a name; ours is there.
        return


register()
