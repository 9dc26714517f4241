"""The calls of the vServer gateway, one method each, in the vendor's own words: ``ex_`` methods of the driver.

Bodies and answers are raw dicts; only the envelopes are taken off. "get" gives None for what is not there, whatever
form the service uses to say so (dossier 4.4).
"""

from __future__ import annotations

from typing import Any

from mcloud_vng.connection import VNGConnection
from mcloud_vng.vendor_errors import VendorError

Raw = dict[str, Any]


class VServerCalls:
    """Mixed into the driver, which gives ``connection`` and the project."""

    connection: VNGConnection

    def _project(self) -> str:
        raise NotImplementedError

    def _call(self, method: str, path: str, body: Any = None, query: Raw | None = None) -> Any:
        return self.connection.call(method, path.replace("{p}", self._project()), body=body, query=query)

    def _data(self, method: str, path: str, body: Any = None) -> Raw:
        answer = self._call(method, path, body)
        return dict(answer["data"])

    def _get(self, path: str, *, wrapped: bool = True) -> Raw | None:
        try:
            answer = self._call("GET", path)
        except VendorError as error:
            if error.status == 404:
                return None
            raise
        item = answer.get("data") if wrapped else answer
        # A deleted subnet is answered for minutes with status DELETED (LIVE).
        return None if not item or item.get("status") == "DELETED" else dict(item)

    def _pages(self, path: str, **query: Any) -> list[Raw]:
        return self.connection.pages(path.replace("{p}", self._project()), query)

    def _delete(self, path: str, body: Any = None) -> None:
        """Delete; what is gone already is no error."""
        try:
            self._call("DELETE", path, body)
        except VendorError as error:
            if error.status != 404:
                raise

    # Account, zones, offers

    def ex_list_projects(self) -> list[Raw]:
        """Projects of the user in this region: ``projectId``, ``userId``."""
        return list(self.connection.call("GET", "/v1/projects")["projects"])

    def ex_list_zones(self) -> list[Raw]:
        """Zones, closed ones too: ``uuid``, ``name``, ``isEnabled``, ``isDefault``."""
        return list(self._call("GET", "/v1/{p}/zones")["data"])

    def ex_quotas(self) -> list[Raw]:
        """``quotaName``, ``used`` (text), ``limit``."""
        return list(self._call("GET", "/v2/{p}/quotas/quotaUsed")["data"])

    def ex_list_flavor_zones(self) -> list[Raw]:
        """Families of flavors per zone."""
        return list(self._call("GET", "/v1/{p}/flavor_zones/product")["flavorZones"])

    def ex_list_flavors(self, flavor_zone_id: str) -> list[Raw]:
        """Flavors of one family in one zone."""
        return list(self._call("GET", f"/v1/{{p}}/{flavor_zone_id}/flavors")["flavors"])

    def ex_list_images(self) -> list[Raw]:
        """Operating system images."""
        return list(self._call("GET", "/v1/{p}/images/os")["images"])

    def ex_list_volume_type_zones(self, zone: str) -> list[Raw]:
        """Kinds of storage in a zone."""
        return list(self._call("GET", "/v1/{p}/volume_type_zones", query={"zoneId": zone})["volumeTypeZones"])

    def ex_list_volume_types(self, type_zone_id: str) -> list[Raw]:
        """Types of one kind of storage."""
        return list(self._call("GET", f"/v1/{{p}}/{type_zone_id}/volume_types")["volumeTypes"])

    # Networks and subnets

    def ex_list_networks(self) -> list[Raw]:
        """All VPCs."""
        return self._pages("/v2/{p}/networks")

    def ex_create_network(self, body: Raw) -> Raw:
        """``name``, ``cidr``, ``zoneId``?, ``mtu``?."""
        return self._data("POST", "/v2/{p}/networks", body)

    def ex_get_network(self, network_id: str) -> Raw | None:
        """A VPC; its name is ``displayName`` here."""
        return self._get(f"/v2/{{p}}/networks/{network_id}", wrapped=False)

    def ex_update_network(self, network_id: str, body: Raw) -> Raw:
        """``name``."""
        return self._data("PATCH", f"/v2/{{p}}/networks/{network_id}", body)

    def ex_delete_network(self, network_id: str) -> None:
        """Refused while it has subnets."""
        self._delete(f"/v2/{{p}}/networks/{network_id}")

    def ex_list_subnets(self, network_id: str) -> list[Raw]:
        """Subnets of a VPC; none when the VPC is gone."""
        try:
            return list(self._call("GET", f"/v2/{{p}}/networks/{network_id}/subnets"))
        except VendorError as error:
            if error.status == 404:
                return []
            raise

    def ex_create_subnet(self, network_id: str, body: Raw) -> Raw:
        """``name``, ``cidr``, ``zoneId``."""
        return self._data("POST", f"/v2/{{p}}/networks/{network_id}/subnets", body)

    def ex_get_subnet(self, network_id: str, subnet_id: str) -> Raw | None:
        """A subnet."""
        return self._get(f"/v2/{{p}}/networks/{network_id}/subnets/{subnet_id}", wrapped=False)

    def ex_delete_subnet(self, network_id: str, subnet_id: str) -> None:
        """A second delete answers 500 (LIVE)."""
        self._delete(f"/v2/{{p}}/networks/{network_id}/subnets/{subnet_id}")

    # Security groups, rules, keys

    def ex_list_security_groups(self) -> list[Raw]:
        """All groups, the system's too."""
        return self._pages("/v2/{p}/secgroups")

    def ex_create_security_group(self, body: Raw) -> Raw:
        """``name``, ``description``; the answer's id is ``uuid``."""
        return self._data("POST", "/v2/{p}/secgroups", body)

    def ex_get_security_group(self, group_id: str) -> Raw | None:
        """A group; its id is ``id`` here."""
        return self._get(f"/v2/{{p}}/secgroups/{group_id}")

    def ex_update_security_group(self, group_id: str, body: Raw) -> Raw:
        """``name`` and ``description``, both replaced."""
        return self._data("PUT", f"/v2/{{p}}/secgroups/{group_id}", body)

    def ex_delete_security_group(self, group_id: str) -> None:
        """Refused while a server has it."""
        self._delete(f"/v2/{{p}}/secgroups/{group_id}")

    def ex_list_security_group_rules(self, group_id: str) -> list[Raw]:
        """The one call that writes ``secGroupRules`` with a capital G (dossier 8, quirk 1)."""
        return list(self._call("GET", f"/v2/{{p}}/secgroups/{group_id}/secGroupRules")["data"])

    def ex_create_security_group_rule(self, group_id: str, body: Raw) -> Raw:
        """A rule; the answer's id is ``uuid``."""
        return self._data("POST", f"/v2/{{p}}/secgroups/{group_id}/secgroupRules", body)

    def ex_delete_security_group_rule(self, group_id: str, rule_id: str) -> None:
        """Delete a rule."""
        self._delete(f"/v2/{{p}}/secgroups/{group_id}/secgroupRules/{rule_id}")

    def ex_list_ssh_keys(self) -> list[Raw]:
        """All keys."""
        return self._pages("/v2/{p}/sshKeys")

    def ex_import_ssh_key(self, body: Raw) -> Raw:
        """``name``, ``pubKey`` (RSA only, LIVE)."""
        return self._data("POST", "/v2/{p}/sshKeys/import", body)

    def ex_get_ssh_key(self, key_id: str) -> Raw | None:
        """A key."""
        return self._get(f"/v2/{{p}}/sshKeys/{key_id}")

    def ex_delete_ssh_key(self, key_id: str) -> None:
        """Delete a key."""
        self._delete(f"/v2/{{p}}/sshKeys/{key_id}")

    # Servers and volumes

    def ex_list_servers(self, name: str | None = None) -> list[Raw]:
        """Servers; ``name`` is matched as a part of the name by the service."""
        return self._pages("/v2/{p}/servers", **({"name": name} if name else {}))

    def ex_create_server(self, body: Raw) -> Raw:
        """See dossier 5.14 for the body."""
        return self._data("POST", "/v2/{p}/servers", body)

    def ex_get_server(self, server_id: str) -> Raw | None:
        """A server."""
        return self._get(f"/v2/{{p}}/servers/{server_id}")

    def ex_resize_server(self, server_id: str, flavor_id: str) -> Raw:
        """Change the flavor; the documents ask for a stopped server."""
        return self._data(
            "PUT", f"/v2/{{p}}/servers/{server_id}/resize", {"flavorId": flavor_id, "serverId": server_id}
        )

    def ex_rename_server(self, server_id: str, name: str) -> Raw:
        """Rename."""
        return self._data("PUT", f"/v2/{{p}}/servers/{server_id}/rename", {"newName": name, "serverId": server_id})

    def ex_start_server(self, server_id: str) -> Raw:
        """Start."""
        return self._data("PUT", f"/v2/{{p}}/servers/{server_id}/start", {})

    def ex_stop_server(self, server_id: str) -> Raw:
        """Stop."""
        return self._data("PUT", f"/v2/{{p}}/servers/{server_id}/stop", {})

    def ex_reboot_server(self, server_id: str) -> Raw:
        """Reboot."""
        return self._data("PUT", f"/v2/{{p}}/servers/{server_id}/reboot", {})

    def ex_update_server_secgroups(self, server_id: str, groups: list[str]) -> Raw:
        """The full list of groups."""
        body = {"securityGroup": groups, "serverId": server_id}
        return self._data("PUT", f"/v2/{{p}}/servers/{server_id}/update-sec-group", body)

    def ex_delete_server(self, server_id: str, *, delete_all_volumes: bool = False) -> None:
        """The boot disk always goes; ``delete_all_volumes`` is about attached data volumes (LIVE)."""
        self._delete(f"/v2/{{p}}/servers/{server_id}", {"deleteAllVolume": delete_all_volumes})

    def ex_list_volumes(self) -> list[Raw]:
        """All volumes, boot disks too."""
        return self._pages("/v2/{p}/volumes")

    def ex_get_volume(self, volume_id: str) -> Raw | None:
        """A volume."""
        return self._get(f"/v2/{{p}}/volumes/{volume_id}")

    def ex_resize_volume(self, volume_id: str, size: int, type_id: str) -> Raw:
        """Grow to ``size`` GB or change the type; both are always sent."""
        return self._data("PUT", f"/v2/{{p}}/volumes/{volume_id}/resize", {"newSize": size, "newVolumeTypeId": type_id})
