"""A libcloud driver for VNG Cloud, usable without anything else of mcloud.

import mcloud_vng.driver                       # registers the provider name "vng"
from libcloud.compute.providers import get_driver
driver = get_driver("vng")(client_id, client_secret, region="hcm-3")
"""

from __future__ import annotations

import threading

from libcloud.common.types import LibcloudError
from libcloud.compute.base import KeyPair, Node, NodeDriver, NodeImage, NodeLocation, NodeSize, StorageVolume
from libcloud.compute.providers import set_driver
from libcloud.compute.types import KeyPairDoesNotExistError, NodeState, StorageVolumeState

from mcloud_vng.api import Raw, VServerCalls
from mcloud_vng.connection import TIMEOUT, VNGConnection

NAME = "vng"

# Server states: dossier 4.5 ([TF] waits, MCP-LIVE), 2026-09.
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
    "ERROR": NodeState.ERROR,
}
VOLUME_STATES = {
    "AVAILABLE": StorageVolumeState.AVAILABLE,
    "IN-USE": StorageVolumeState.INUSE,
    "CREATING": StorageVolumeState.CREATING,
    "ATTACHING": StorageVolumeState.ATTACHING,
    "DELETING": StorageVolumeState.DELETING,
    "ERROR": StorageVolumeState.ERROR,
}


class VNGNodeDriver(VServerCalls, NodeDriver):  # type: ignore[misc]
    """Nodes, sizes, images, locations, volumes and keys of one region.

    Args:
        key: client id of a service account.
        secret: its client secret.
        region: hcm-3 or han-1.
        project: project id; left out, the user's first one in the region.
        iam_endpoint, vserver_endpoint: other addresses than the vendor's, for an emulator.
    """

    name = "VNG Cloud"
    website = "https://greennode.ai"
    type = NAME
    connectionCls = VNGConnection
    features = {"create_node": ["ssh_key"]}  # noqa: RUF012 - libcloud's own form

    def __init__(
        self,
        key: str,
        secret: str,
        *,
        region: str = "hcm-3",
        project: str | None = None,
        iam_endpoint: str | None = None,
        vserver_endpoint: str | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        # NodeDriver's own constructor would build a connection of another form.
        self.key, self.secret, self.region = key, secret, region
        self.connection = VNGConnection(
            key,
            secret,
            region=region,
            iam_endpoint=iam_endpoint,
            vserver_endpoint=vserver_endpoint,
            timeout=timeout,
        )
        self._project_lock = threading.Lock()
        self._account: Raw | None = None
        self._wanted_project = project

    def __repr__(self) -> str:
        return f"VNGNodeDriver(region={self.region!r})"

    def _project(self) -> str:
        return str(self.ex_account()["project_id"])

    def ex_account(self) -> Raw:
        """``project_id`` and ``user_id``; asked for once.

        Raises:
            VendorError: refused or no answer.
            LibcloudError: the user has no such project here.
        """
        with self._project_lock:
            if self._account is None:
                rows = self.ex_list_projects()
                found = [row for row in rows if self._wanted_project in (None, row["projectId"])]
                if not found:
                    raise LibcloudError("the user has no such project in this region", driver=self)
                self._account = {"project_id": found[0]["projectId"], "user_id": found[0]["userId"]}
            return self._account

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
        *,
        ex_network: str,
        ex_subnet: str,
        ex_security_groups: list[str] | None = None,
        ex_keyname: str | None = None,
        ex_root_disk_size: int = 20,
        ex_root_disk_type: str,
        ex_user_data: str | None = None,
        location: NodeLocation | None = None,
    ) -> Node:
        """Create a server; it is pending when this returns (``wait_until_running`` waits).

        Args:
            size, image, location: of one zone.
            ex_network, ex_subnet: ids.
            ex_security_groups: ids; left out, the project's default group.
            ex_root_disk_size: GB, at least 20.
            ex_root_disk_type: id of a volume type of the zone.
        """
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
            "zoneId": location.id if location else size.extra.get("zone"),
        }
        if ex_keyname:
            body["sshKeyId"] = self.get_key_pair(ex_keyname).extra["id"]
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
        """The zones that are open to the account."""
        rows = [item for item in self.ex_list_zones() if item.get("isEnabled")]
        return [NodeLocation(item["uuid"], item["name"], "VN", self) for item in rows]

    def list_sizes(self, location: NodeLocation | None = None) -> list[NodeSize]:
        """Flavors that can be had now, of one zone or of all."""
        found = []
        for zone in self.ex_list_flavor_zones():
            if location is None or zone.get("zoneId") in (None, location.id):
                found += [self._size(row) for row in self.ex_list_flavors(zone["id"]) if not row.get("isSoldOut")]
        return [size for size in found if location is None or size.extra["zone"] in (None, location.id)]

    def _size(self, row: Raw) -> NodeSize:
        return NodeSize(
            id=row["flavorId"],
            name=row["name"],
            ram=int(row["memory"]) * 1024,
            disk=0,
            bandwidth=row.get("bandwidth"),
            price=None,
            driver=self,
            extra={"cpu": row["cpu"], "gpu": row.get("gpu", 0), "zone": row.get("zoneId")},
        )

    def list_images(self, location: NodeLocation | None = None) -> list[NodeImage]:
        """Operating system images; the list is the same for every zone (LIVE)."""
        return [
            NodeImage(row["id"], row["imageVersion"], self, extra={"type": row["imageType"]})
            for row in self.ex_list_images()
        ]

    def list_volumes(self) -> list[StorageVolume]:
        """Volumes, boot disks too."""
        return [
            StorageVolume(
                id=row["uuid"],
                name=row["name"],
                size=row["size"],
                driver=self,
                state=VOLUME_STATES.get(row["status"], StorageVolumeState.UNKNOWN),
                extra={"type_id": row.get("volumeTypeId"), "server_id": row.get("serverId")},
            )
            for row in self.ex_list_volumes()
        ]

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

    def import_key_pair_from_string(self, name: str, key_material: str) -> KeyPair:
        """Import a public key: RSA only (LIVE)."""
        return self._key(self.ex_import_ssh_key({"name": name, "pubKey": key_material}))

    def delete_key_pair(self, key_pair: KeyPair) -> bool:
        """Delete a key."""
        self.ex_delete_ssh_key(key_pair.extra["id"])
        return True

    def _key(self, row: Raw) -> KeyPair:
        # The service gives no fingerprint.
        return KeyPair(row["name"], row.get("pubKey"), None, self, extra={"id": row["id"]})


def register() -> None:
    """Make ``get_driver("vng")`` find this driver; importing the module does it."""
    try:
        set_driver(NAME, __name__, VNGNodeDriver.__name__)
    except AttributeError:
        # libcloud refuses a second registration of a name; ours is there.
        return


register()
