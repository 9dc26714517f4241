"""The calls of the vServer gateway, one method each, in the vendor's own words: ``ex_`` methods of the driver.

Bodies and answers are raw dicts; only the envelopes are taken off. "get" gives None for what is not there, whatever
form the service uses to say so. "list" gives everything, page by page where the service pages. Every
method raises ``VendorError`` when it is refused or gets no answer.
"""

from __future__ import annotations

from typing import Any

from mcloud_vng.account import AccountCalls, Raw
from mcloud_vng.connection import field
from mcloud_vng.vendor_errors import VendorError


class VServerCalls(AccountCalls):
    """Mixed into the driver, which gives ``connection`` and the project."""

    def _data(self, method: str, path: str, body: Any = None) -> Raw:
        return dict(field(method, path, self.connection.call(method, path, body=body), "data"))

    def _rows(self, name: str, version: str, *parts: str, **query: str) -> list[Raw]:
        path = self._path(version, *parts)
        return list(field("GET", path, self.connection.call("GET", path, query=query), name))

    def _answer(self, path: str) -> Any:
        """What is there, None for a 404."""
        try:
            return self.connection.call("GET", path)
        except VendorError as error:
            if error.status == 404:
                return None
            raise

    def _get(self, *parts: str, wrapped: bool = True) -> Raw | None:
        answer = self._answer(self._path("v2", *parts))
        item = answer.get("data") if wrapped and answer else answer
        if isinstance(item, list):
            # A single rule is a list of one.
            item = item[0] if item else None
        # A deleted subnet is answered for minutes with status DELETED (LIVE); a volume may be.
        return None if not item or item.get("status") == "DELETED" else dict(item)

    def _pages(self, *parts: str, **query: str) -> list[Raw]:
        return self.connection.pages(self._path("v2", *parts), query)

    def _delete(self, *parts: str, body: Any = None) -> None:
        """Delete; what is gone already is no error."""
        try:
            self.connection.call("DELETE", self._path("v2", *parts), body=body)
        except VendorError as error:
            if error.status != 404:
                raise

    # Zones, offers

    def ex_list_zones(self) -> list[Raw]:
        """Zones, closed ones too: ``uuid``, ``name``, ``isEnabled``, ``isDefault``, ``zoneType``."""
        return self._rows("data", "v1", "zones")

    def ex_quotas(self) -> list[Raw]:
        """``quotaName``, ``used`` (text), ``limit``."""
        return self._rows("data", "v2", "quotas", "quotaUsed")

    def ex_list_flavor_zones(self) -> list[Raw]:
        """Families of flavors per zone."""
        return self._rows("flavorZones", "v1", "flavor_zones", "product")

    def ex_list_flavors(self, flavor_zone_id: str) -> list[Raw]:
        """Flavors of one family in one zone; memory in GB."""
        return self._rows("flavors", "v1", flavor_zone_id, "flavors")

    def ex_list_images(self) -> list[Raw]:
        """Operating system images."""
        return self._rows("images", "v1", "images", "os")

    def ex_list_volume_type_zones(self, zone: str) -> list[Raw]:
        """Kinds of storage in a zone."""
        return self._rows("volumeTypeZones", "v1", "volume_type_zones", zoneId=zone)

    def ex_list_volume_types(self, type_zone_id: str) -> list[Raw]:
        """Types of one kind of storage; sizes in GB."""
        return self._rows("volumeTypes", "v1", type_zone_id, "volume_types")

    # Networks and subnets

    def ex_list_networks(self) -> list[Raw]:
        """All VPCs."""
        return self._pages("networks")

    def ex_create_network(self, body: Raw) -> Raw:
        """``name``, ``cidr``, ``zoneId``?, ``mtu``?."""
        return self._data("POST", self._path("v2", "networks"), body)

    def ex_get_network(self, network_id: str) -> Raw | None:
        """A VPC; its name is ``displayName`` here."""
        return self._get("networks", network_id, wrapped=False)

    def ex_update_network(self, network_id: str, body: Raw) -> Raw:
        """``name``."""
        return self._data("PATCH", self._path("v2", "networks", network_id), body)

    def ex_delete_network(self, network_id: str) -> None:
        """Refused while it has subnets."""
        self._delete("networks", network_id)

    def ex_list_subnets(self, network_id: str) -> list[Raw]:
        """Subnets of a VPC; none when the VPC is gone."""
        return list(self._answer(self._path("v2", "networks", network_id, "subnets")) or ())

    def ex_create_subnet(self, network_id: str, body: Raw) -> Raw:
        """``name``, ``cidr``, ``zoneId``."""
        return self._data("POST", self._path("v2", "networks", network_id, "subnets"), body)

    def ex_get_subnet(self, network_id: str, subnet_id: str) -> Raw | None:
        """A subnet."""
        return self._get("networks", network_id, "subnets", subnet_id, wrapped=False)

    def ex_update_subnet(self, network_id: str, subnet_id: str, body: Raw) -> Raw:
        """``name``; without ``secondarySubnetRequests`` all secondary ranges go (MCP-LIVE)."""
        return self._data("PATCH", self._path("v2", "networks", network_id, "subnets", subnet_id), body)

    def ex_delete_subnet(self, network_id: str, subnet_id: str) -> None:
        """Delete; a second delete, which the service answers with 500 (LIVE), is no error."""
        try:
            self._delete("networks", network_id, "subnets", subnet_id)
        except VendorError as error:
            if error.status != 500:
                raise
            left = self.ex_get_subnet(network_id, subnet_id)
            if left is not None and left.get("status") != "DELETING":
                raise

    # Route tables

    def ex_list_route_tables(self) -> list[Raw]:
        """All tables with their routes; leaving ``name`` out is answered with 500 (MCP-LIVE)."""
        return self._pages("route-table", name="")

    def ex_get_route_table(self, table_id: str) -> Raw | None:
        """``uuid``, ``status``, ``networkId``, ``routes``; of a VPC's tables the main one is ``routeTableId``."""
        return self._get("route-table", table_id)

    def ex_replace_routes(self, table_id: str, body: Raw) -> None:
        """``routes``: all of them, each ``destinationCidrBlock`` and ``target`` (an address)."""
        self.connection.call("PUT", self._path("v2", "route-table", table_id, "routes"), body=body)

    # Security groups, rules, keys

    def ex_list_security_groups(self) -> list[Raw]:
        """All groups, the system's too."""
        return self._pages("secgroups")

    def ex_create_security_group(self, body: Raw) -> Raw:
        """``name``, ``description``; the answer's id is ``uuid``."""
        return self._data("POST", self._path("v2", "secgroups"), body)

    def ex_get_security_group(self, group_id: str) -> Raw | None:
        """A group; its id is ``id`` here."""
        return self._get("secgroups", group_id)

    def ex_update_security_group(self, group_id: str, body: Raw) -> Raw:
        """``name`` and ``description``, both replaced."""
        return self._data("PUT", self._path("v2", "secgroups", group_id), body)

    def ex_delete_security_group(self, group_id: str) -> None:
        """Refused while a server has it."""
        self._delete("secgroups", group_id)

    def ex_list_security_group_rules(self, group_id: str) -> list[Raw]:
        """The one call that writes ``secGroupRules`` with a capital G (MCP-LIVE)."""
        return self._rows("data", "v2", "secgroups", group_id, "secGroupRules")

    def ex_create_security_group_rule(self, group_id: str, body: Raw) -> Raw:
        """A rule; the answer's id is ``uuid``."""
        return self._data("POST", self._path("v2", "secgroups", group_id, "secgroupRules"), body)

    def ex_get_security_group_rule(self, group_id: str, rule_id: str) -> Raw | None:
        """A rule; its id is ``id`` here."""
        return self._get("secgroups", group_id, "secgroupRules", rule_id)

    def ex_delete_security_group_rule(self, group_id: str, rule_id: str) -> None:
        """Delete a rule."""
        self._delete("secgroups", group_id, "secgroupRules", rule_id)

    def ex_list_ssh_keys(self) -> list[Raw]:
        """All keys."""
        return self._pages("sshKeys")

    def ex_generate_ssh_key(self, name: str) -> Raw:
        """A new pair; ``privateKey`` is in this answer only."""
        return self._data("POST", self._path("v2", "sshKeys"), {"name": name})

    def ex_import_ssh_key(self, body: Raw) -> Raw:
        """``name``, ``pubKey`` (RSA only, LIVE)."""
        return self._data("POST", self._path("v2", "sshKeys", "import"), body)

    def ex_get_ssh_key(self, key_id: str) -> Raw | None:
        """A key."""
        return self._get("sshKeys", key_id)

    def ex_delete_ssh_key(self, key_id: str) -> None:
        """Delete a key."""
        self._delete("sshKeys", key_id)

    # Servers

    def ex_list_servers(self, name: str | None = None) -> list[Raw]:
        """Servers, or those of exactly this name: the service itself matches a part of it."""
        if name is None:
            return self._pages("servers")
        return [row for row in self._pages("servers", name=name) if row.get("name") == name]

    def ex_create_server(self, body: Raw) -> Raw:
        """``name``, ``flavorId``, ``imageId``, ``networkId``, ``subnetId``, root disk, groups."""
        return self._data("POST", self._path("v2", "servers"), body)

    def ex_get_server(self, server_id: str) -> Raw | None:
        """A server."""
        return self._get("servers", server_id)

    def _act(self, server_id: str, action: str, body: Raw) -> Raw:
        return self._data("PUT", self._path("v2", "servers", server_id, action), body)

    def ex_resize_server(self, server_id: str, flavor_id: str) -> Raw:
        """Change the flavor; the documents ask for a stopped server."""
        return self._act(server_id, "resize", {"flavorId": flavor_id, "serverId": server_id})

    def ex_rename_server(self, server_id: str, name: str) -> Raw:
        """Rename."""
        return self._act(server_id, "rename", {"newName": name, "serverId": server_id})

    def ex_start_server(self, server_id: str) -> Raw:
        """Start."""
        return self._act(server_id, "start", {})

    def ex_stop_server(self, server_id: str) -> Raw:
        """Stop."""
        return self._act(server_id, "stop", {})

    def ex_reboot_server(self, server_id: str) -> Raw:
        """Reboot."""
        return self._act(server_id, "reboot", {})

    def ex_update_server_secgroups(self, server_id: str, groups: list[str]) -> Raw:
        """The full list of groups."""
        return self._act(server_id, "update-sec-group", {"securityGroup": groups, "serverId": server_id})

    def ex_delete_server(self, server_id: str, *, delete_all_volumes: bool = False) -> None:
        """The boot disk always goes; ``delete_all_volumes`` is about attached data volumes (LIVE)."""
        self._delete("servers", server_id, body={"deleteAllVolume": delete_all_volumes})

    # Server groups and interfaces

    def ex_list_server_group_policies(self) -> list[Raw]:
        """``uuid``, ``name``."""
        return self._rows("data", "v2", "serverGroups", "policies")

    def ex_list_server_groups(self) -> list[Raw]:
        """All groups; leaving ``name`` out may be refused ([3P])."""
        return self._pages("serverGroups", name="")

    def ex_create_server_group(self, body: Raw) -> Raw:
        """``name`` (unique), ``policyId``."""
        return self._data("POST", self._path("v2", "serverGroups"), body)

    def ex_get_server_group(self, group_id: str) -> Raw | None:
        """A group; one that is gone is answered with 200 and ``data: null`` (LIVE)."""
        return self._get("serverGroups", group_id)

    def ex_update_server_group(self, group_id: str, body: Raw) -> Raw:
        """``name``, ``description``; without ``serverGroupId`` it is refused (LIVE)."""
        return self._data("PUT", self._path("v2", "serverGroups", group_id), {**body, "serverGroupId": group_id})

    def ex_delete_server_group(self, group_id: str) -> None:
        """Refused while a server is in it."""
        self._delete("serverGroups", group_id)

    def ex_list_interfaces(self, server_id: str) -> list[Raw]:
        """Private interfaces of a server, its first one too; none when the server is gone."""
        answer = self._get("servers", server_id, "network-interfaces") or {}
        return list(answer.get("internalInterfaces") or ())

    def ex_attach_interface(self, server_id: str, body: Raw) -> None:
        """``subnetRequests``; what the answer holds is not known, the interface shows in the list."""
        path = self._path("v2", "servers", server_id, "internal-network-interfaces")
        self.connection.call("POST", path, body=body)

    def ex_detach_interface(self, server_id: str, nic_id: str) -> None:
        """Detach and delete."""
        self._delete("servers", server_id, "internal-network-interfaces", body={"networkInterfaceIds": [nic_id]})

    # Volumes

    def ex_list_volumes(self) -> list[Raw]:
        """All volumes, boot disks too."""
        return self._pages("volumes")

    def ex_get_volume(self, volume_id: str) -> Raw | None:
        """A volume."""
        return self._get("volumes", volume_id)

    def ex_resize_volume(self, volume_id: str, size: int, type_id: str) -> Raw:
        """Grow to ``size`` GB or change the type; both are always sent."""
        path = self._path("v2", "volumes", volume_id, "resize")
        return self._data("PUT", path, {"newSize": size, "newVolumeTypeId": type_id})

    def ex_create_volume(self, body: Raw) -> Raw:
        """``name``, ``size`` in GB, ``volumeTypeId``, ``zoneId``."""
        return self._data("POST", self._path("v2", "volumes"), body)

    def ex_rename_volume(self, volume_id: str, name: str) -> Raw:
        """Rename."""
        return self._data("PUT", self._path("v2", "volumes", volume_id, "rename"), {"newName": name})

    def ex_delete_volume(self, volume_id: str) -> None:
        """Refused unless it is AVAILABLE."""
        self._delete("volumes", volume_id)

    def ex_list_snapshots(self, volume_id: str) -> list[Raw]:
        """Snapshots of a volume ([SDK]; the service must have been activated in the console)."""
        path = self._path("v2", "volumes", volume_id, "snapshots")
        return self.connection.pages(path, names=("items", "totalPages"))

    def ex_create_snapshot(self, volume_id: str, body: Raw) -> Raw:
        """``name``, ``description``, ``isPermanently`` or ``retainedDay``."""
        path = self._path("v2", "volumes", volume_id, "snapshots")
        answer = self.connection.call("POST", path, body=body)
        # Bare for the vendor's SDK; its MCP server takes it in ``data`` too.
        return dict(answer.get("data", answer))

    def ex_delete_snapshot(self, volume_id: str, snapshot_id: str) -> None:
        """Delete one."""
        self._delete("volumes", volume_id, "snapshots", snapshot_id)

    def ex_attach_volume(self, volume_id: str, server_id: str) -> Raw:
        """Attach; the empty body is mandatory (LIVE)."""
        return self._data("PUT", self._path("v2", "volumes", volume_id, "servers", server_id, "attach"), {})

    def ex_detach_volume(self, volume_id: str, server_id: str) -> Raw:
        """Detach; the empty body is mandatory (LIVE)."""
        return self._data("PUT", self._path("v2", "volumes", volume_id, "servers", server_id, "detach"), {})

    # Tags

    def ex_list_tags(self, resource_id: str) -> list[Raw]:
        """``key``, ``value``, ``systemTag``; any id is answered (LIVE)."""
        return list(self._answer(self._path("v2", "tag", "resource", resource_id)) or ())

    def ex_replace_tags(self, resource_id: str, resource_type: str, tags: list[Raw]) -> None:
        """All user tags of a SERVER, VOLUME and so on; the platform's own stay and must not be sent (MCP-LIVE)."""
        body = {"resourceId": resource_id, "resourceType": resource_type, "tagRequestList": tags}
        self.connection.call("PUT", self._path("v2", "tag", "resource", resource_id), body=body)

    # Public addresses

    def ex_list_addresses(self) -> list[Raw]:
        """Floating addresses: ``uuid``, ``ip``, ``networkInterfaceId``, ``status`` (ATTACHED, AVAILABLE)."""
        return self._pages("wanIps")

    # What an account may hold beside all this

    def ex_list_virtual_ips(self) -> list[Raw]:
        """Virtual addresses that servers share: ``uuid``, ``name``, ``ipAddress``, ``subnetId``, ``networkId``."""
        return self._pages("virtualIpAddress", name="")

    def ex_list_elastic_interfaces(self) -> list[Raw]:
        """Public interfaces: ``uuid``, ``name``, ``ip``, ``serverId``."""
        return self._pages("network-interfaces-elastic", name="")

    def ex_list_acls(self) -> list[Raw]:
        """Network ACLs: ``uuid``, ``name``, ``defaultAcl``; leaving ``name`` out is answered with 500 (MCP-LIVE)."""
        return self._pages("network-acl", "list", name="")

    def ex_list_peerings(self) -> list[Raw]:
        """Peerings of VPCs: ``uuid``, ``name``, ``fromCidr``, ``endCidr``."""
        return self._pages("peering", name="")

    def ex_list_dhcp_options(self) -> list[Raw]:
        """DHCP options: ``uuid``, ``name``, ``dnsServers``, ``associatedNetworks``."""
        return self._pages("dhcp_option", name="")

    def ex_list_user_images(self) -> list[Raw]:
        """Images of one's own: ``uuid``, ``name``, ``imageSize``."""
        return self._pages("user-images", name="")

    def ex_attach_new_address(self, server_id: str, nic_id: str) -> None:
        """Allocate an address and attach it; the answer is empty, the address shows at the interface later."""
        path = self._path("v2", "servers", server_id, "wan-ips", "auto", "attach")
        self.connection.call("PUT", path, body={"networkInterfaceId": nic_id})

    def ex_detach_address(self, server_id: str, address_id: str, nic_id: str) -> None:
        """Detach; it is charged until it is released."""
        path = self._path("v2", "servers", server_id, "wan-ips", address_id, "detach")
        self.connection.call("PUT", path, body={"networkInterfaceId": nic_id})

    def ex_release_address(self, address_id: str) -> None:
        """Give an address back."""
        self._delete("wanIps", address_id)
