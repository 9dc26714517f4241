"""What one emulated region holds, and what it was born with."""

from __future__ import annotations

import csv
import json
import uuid
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import yaml

from mcloud.emulator.clock import Agenda
from mcloud.emulator.http import Refusal
from mcloud_vng.emulator.wallet import Wallet

SEED = Path(__file__).parent / "seed"
Item = dict[str, Any]

ZONES = {
    "hcm-3": (
        ("HCM03-1A", "HCM-1A", False, True),
        ("HCM03-1B", "HCM-1B", True, False),
        ("HCM03-1C", "HCM-1C", True, False),
    ),
    "han-1": (("HAN01-1A", "HAN-1A", True, True),),
}
"""Region -> (id, title, enabled, default). The default zone of hcm-3 is closed, as it was to a new account (LIVE)."""

QUOTAS = {
    "VPC": 10,
    "SUBNET": 30,
    "SECGROUP": 40,
    "SECGROUP_RULE": 100,
    "SSH_KEY": 20,
    "VM": 150,
    "VCPU": 1000,
    "VOLUME": 200,
    "FLOATING_IP": 50,
    "VOLUME_SIZE": 10_000,
    "SERVER_GROUP": 5,
    "ROUTE_TABLE": 20,
    "VIRTUAL_IP_ADDRESS": 3,
    "LOAD_BALANCER": 10,
    "LISTENER_PER_LB": 10,
    "POOL_PER_LB": 10,
    "POLICY_PER_LB": 10,
    "CERTIFICATE_PER_LB": 5,
    "MEMBER_PER_POOL": 20,
}
"""[DOC] quota-limit.md 2026-08-07, sizes in GB, but for security groups (10 there), so that bigger stacks can be
tried. The names are those of its table in capital letters."""


@cache
def state_times() -> dict[str, float]:
    """State -> seconds."""
    text = (Path(__file__).parent / "times.yaml").read_text(encoding="utf-8")
    return {name: float(seconds) for name, seconds in yaml.safe_load(text).items()}


def _rows(name: str) -> Iterator[Item]:
    with (SEED / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def refuse(status: int, text: str | None, code: str | None = None) -> Refusal:
    """A refusal in the shape that all of the vendor's clients can read."""
    return Refusal(status, {"statusCode": status, "errorCode": code or "BadRequest", "message": text})


def _reach(item: Item, before: str, status: str) -> None:
    if item["status"] == before:
        item["status"] = status


class World:
    """One region: its project, its offers, and what was made in it."""

    def __init__(self, region: str, agenda: Agenda, owner: str, wallet: Wallet) -> None:
        self.region = region
        self.agenda = agenda
        self.wallet = wallet
        # Another client is another account: one project for each user and region.
        self.project = f"pro-{uuid.uuid5(uuid.NAMESPACE_URL, f'emulated/{region}/{owner}')}"
        self.user = uuid.uuid5(uuid.NAMESPACE_URL, owner).int % 90_000 + 10_000
        self.reset()

    def reset(self) -> None:
        """As on the first day."""
        self.zones = {zone[0]: zone for zone in ZONES[self.region]}
        self.quotas = dict(QUOTAS)
        self.flavors = {row["id"]: row for row in _rows("flavors.csv") if row["region"] == self.region}
        self.volume_types = {row["id"]: row for row in _rows("volume_types.csv") if row["region"] == self.region}
        self.images = {row["id"]: row for row in _rows("images.csv")}
        packages = _rows("load_balancer_packages.csv")
        self.packages = {row["id"]: row for row in packages if row["region"] == self.region}
        self.networks: dict[str, Item] = {}
        self.subnets: dict[str, Item] = {}
        self.leaving: set[str] = set()  # ids of subnets that their network is not yet rid of
        self.groups: dict[str, Item] = {}
        self.rules: dict[str, Item] = {}
        self.keys: dict[str, Item] = {}
        self.servers: dict[str, Item] = {}
        self.volumes: dict[str, Item] = {}
        self.attached_once: set[str] = set()  # ids of volumes: only these can be snapshotted [DOC]
        self.snapshots: dict[str, Item] = {}
        self.tags: dict[str, list[Item]] = {}
        self.paid: dict[str, Item] = {}
        self.addresses: dict[str, Item] = {}
        self.server_groups: dict[str, Item] = {}
        self.route_tables: dict[str, Item] = {}
        self.vips: dict[str, Item] = {}
        self.pairs: dict[str, Item] = {}
        self.elastic: dict[str, Item] = {}
        self.holdings: dict[str, list[Item]] = {}
        self.balancers: dict[str, Item] = {}
        self.listeners: dict[str, Item] = {}
        self.pools: dict[str, Item] = {}
        self.policies: dict[str, Item] = {}
        self.certificates: dict[str, Item] = {}
        self._numbers = 100
        self._add_default_group()

    def _add_default_group(self) -> None:
        """Every project has one; it belongs to the system and is no object of the account."""
        item: Item = {
            "id": f"secg-{uuid.uuid5(uuid.NAMESPACE_URL, f'default/{self.region}')}",
            "name": "default",
            "description": "default",
            "status": "ACTIVE",
            "createdAt": "2026-01-05T03:04:05Z",
            "isSystem": True,
            "system": True,
        }
        self.groups[item["id"]] = item
        self.default_group = str(item["id"])

    def add_route_table(self, table_id: str, name: str, network: str, status: str) -> Item:
        """A table without routes."""
        item: Item = {
            "uuid": table_id,
            "name": name,
            "status": status,
            "networkId": network,
            "createdAt": self.stamp(),
            "routes": [],
        }
        self.route_tables[table_id] = item
        return item

    def afford(self, amount: int) -> None:
        """Refuse what the wallet cannot pay. The vendor's texts ([SDK]); the status is the emulator's choice."""
        if amount > 0 and not self.wallet.takes_payment:
            raise refuse(400, "Payment method is not allowed for the user", "PaymentMethodNotAllowed")
        if amount > 0 and not self.wallet.has(amount):
            text = "You do not have sufficient credits to complete the purchase"
            raise refuse(400, text, "NotEnoughCredits")

    def number(self) -> int:
        """The next of the numeric ids that create answers of groups and rules have."""
        self._numbers += 1
        return self._numbers

    def new_id(self, prefix: str) -> str:
        """A vendor-like id."""
        return f"{prefix}-{uuid.uuid4()}"

    def stamp(self) -> str:
        """Now, with zone: the vendor's Terraform provider stops at a stamp without one."""
        return self.agenda.clock.stamp()

    def later(self, state: str, item: Item, *statuses: str) -> None:
        """Let an item go through statuses, the last one after the state's time.

        Each is reached only from the one before it: what is deleted meanwhile stays on its way out. Of what fails on
        its way no source tells more than the state ``ERROR``; here it is reached at the end.
        """
        before = item["status"]
        for number, status in enumerate(statuses, 1):
            when = state_times()[state] * number / len(statuses)
            badly = partial(_reach, item, before, "ERROR") if number == len(statuses) else None
            self.agenda.after(when, partial(_reach, item, before, status), badly)
            before = status

    def zone_of(self, zone: str | None) -> str:
        """An enabled zone; without one the default, which may be closed.

        Raises:
            Refusal: 404, LIVE text.
        """
        name = zone or next(item[0] for item in self.zones.values() if item[3])
        found = self.zones.get(name)
        if found is None or not found[2]:
            raise refuse(404, f"Cannot get zone with id {name}", "NotFound")
        return name

    def nics_of(self, server: Item) -> list[Item]:
        """The private interfaces of a server; the first one came with it."""
        first = {
            "uuid": server["nicId"],
            "createdAt": server["createdAt"],
            "networkUuid": server["networkId"],
            "subnetUuid": server["subnetId"],
            "fixedIp": server["fixedIp"],
        }
        return [first, *server["nics"]]

    def nic(self, nic_id: str) -> tuple[Item, Item]:
        """A private interface, and the server that has it.

        Raises:
            Refusal: 404.
        """
        for server in self.servers.values():
            for nic in self.nics_of(server):
                if nic["uuid"] == nic_id:
                    return nic, server
        raise refuse(404, f"internal network interface with id {nic_id} is not found", "NotFound")

    def subnets_of(self, server: Item) -> list[str]:
        """The subnets that a server has an interface in."""
        return [server["subnetId"], *(nic["subnetUuid"] for nic in server["nics"])]

    def zone_view(self, name: str) -> Item:
        """A zone as other objects show it."""
        _, title, enabled, default = self.zones[name]
        return {
            "uuid": name,
            "name": title,
            "description": "",
            "openstackZone": name.lower(),
            "zoneType": "AVAILABILITY",
            "isEnabled": enabled,
            "isDefault": default,
            "serverCount": sum(1 for server in self.servers.values() if server["zoneId"] == name),
            "volumeCount": sum(1 for volume in self.volumes.values() if volume["zone"]["uuid"] == name),
        }

    def flavor_view(self, row: Item) -> Item:
        """A flavor as lists and servers show it."""
        remaining = int(row["remaining"])
        return {
            "flavorId": row["id"],
            "name": row["name"],
            "cpu": int(row["cpu"]),
            "memory": int(row["memory"]),
            "gpu": int(row["gpu"]),
            "bandwidth": 300,
            "bandwidthUnit": "Mbps",
            "remainingVms": remaining,
            "isSoldOut": remaining <= 0,
            "zoneId": row["zone"],
            "flavorZoneId": self.flavor_zone_id(row["zone"], row["family"]),
            "group": "",
            "cpuPlatformDescription": "",
            "metaData": json.dumps({"imageTypeSupport": self.image_types(row)}),
        }

    def image_types(self, row: Item) -> list[str]:
        """The image types that a flavor boots; the seed names them where they are not all."""
        return row["image_types"].split() or sorted({image["type"] for image in self.images.values()})

    def flavor_zone_id(self, zone: str, family: str) -> str:
        """The id of a family in a zone."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"flavor-zone/{zone}/{family}"))

    def type_zone_id(self, zone: str, name: str) -> str:
        """The id of a kind of storage in a zone."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"type-zone/{zone}/{name}"))

    def inventory(self) -> dict[str, list[Item]]:
        """What the account holds here, by kind; not the system's own group and the VPCs' main route tables, nor what
        is deleted already."""
        main = {network["routeTableId"] for network in self.networks.values()}
        tables = self.route_tables
        kinds = {
            "networks": self.networks,
            "subnets": self.subnets,
            "security_groups": self.groups,
            "rules": self.rules,
            "keys": self.keys,
            "servers": self.servers,
            "volumes": self.volumes,
            "snapshots": self.snapshots,
            "addresses": self.addresses,
            "server_groups": self.server_groups,
            "interfaces": {nic["uuid"]: nic for server in self.servers.values() for nic in server["nics"]},
            "route_tables": {key: table for key, table in tables.items() if key not in main},
            "routes": {route["uuid"]: route for table in tables.values() for route in table["routes"]},
            "virtual_ips": self.vips,
            "address_pairs": self.pairs,
            "elastic_interfaces": self.elastic,
            "load_balancers": self.balancers,
            "listeners": self.listeners,
            "pools": self.pools,
            "policies": self.policies,
            "certificates": self.certificates,
        }
        found = {
            kind: [
                {"region": self.region, **item}
                for _, item in sorted(items.items())
                if not item.get("isSystem") and item.get("status") != "DELETED"
            ]
            for kind, items in kinds.items()
        }
        return {**found, "attachments": self._attachments()}

    def _attachments(self) -> list[Item]:
        """Volumes on servers, boot disks aside."""
        return [
            {"region": self.region, "volume": item["uuid"], "server": item["serverId"]}
            for _, item in sorted(self.volumes.items())
            if item["serverId"] and not item["bootable"] and item["status"] != "DELETED"
        ]
