"""One estate in two languages: a stack file, and Terraform for the vendor's provider.

Networks with two subnets and a security group each, servers spread over them, and a volume on every server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NETWORKS = 5
SUBNETS = 2
ZONE = "HCM03-1C"
FLAVOR = {"name": "s-general-2x4", "vcpu": 2, "memory": "4 GiB"}
PORTS = (22, 80, 443)
FROM = "203.0.113.0/24"


@dataclass(frozen=True)
class Estate:
    """So many servers in all, the same number in each subnet.

    Raises:
        ValueError: they cannot be spread evenly.
    """

    servers: int

    def __post_init__(self) -> None:
        if self.servers < 1 or self.servers % (NETWORKS * SUBNETS):
            raise ValueError(f"the servers are spread over {NETWORKS * SUBNETS} subnets: give a multiple of that")

    @property
    def each(self) -> int:
        """Servers of one subnet."""
        return self.servers // (NETWORKS * SUBNETS)

    @property
    def counts(self) -> dict[str, int]:
        """What the cloud holds when it is up, by kind; boot disks are volumes too."""
        return {
            "networks": NETWORKS,
            "subnets": NETWORKS * SUBNETS,
            "security_groups": NETWORKS,
            "rules": NETWORKS * len(PORTS),
            "servers": self.servers,
            "volumes": 2 * self.servers,
            "attachments": self.servers,
        }

    def stack(self) -> dict[str, Any]:
        """The stack file."""
        servers, volumes = {}, {}
        for network in range(NETWORKS):
            for subnet in range(SUBNETS):
                name = f"web-{network}{subnet}"
                servers[name] = {
                    "count": self.each,
                    "flavor": {"vng": FLAVOR["name"]},
                    "image": {"os": "ubuntu", "version": "24.04"},
                    "subnet": f"net-{network}.sub-{subnet}",
                    "security_groups": [f"group-{network}"],
                    "disk": {"size": "20 GiB"},
                }
                volumes[f"data-{network}{subnet}"] = {"size": "10 GiB", "attach": name}
        return {
            "mcloud": 1,
            "name": "estate",
            "placement": f"vng/hcm-3/{ZONE}",
            "networks": {
                f"net-{network}": {
                    "cidr": f"10.{20 + network}.0.0/16",
                    "subnets": {
                        f"sub-{subnet}": {"cidr": f"10.{20 + network}.{subnet}.0/24", "zone": ZONE}
                        for subnet in range(SUBNETS)
                    },
                }
                for network in range(NETWORKS)
            },
            "security_groups": {
                f"group-{network}": {"ingress": [{"ports": port, "from": FROM} for port in PORTS]}
                for network in range(NETWORKS)
            },
            "servers": servers,
            "volumes": volumes,
        }

    def terraform(self) -> dict[str, Any]:
        """Terraform's resources and data sources, in its JSON form; provider and variables are in bench.tf."""
        found: dict[str, dict[str, Any]] = {}
        project = "${local.project}"

        def add(kind: str, label: str, /, **values: Any) -> None:
            found.setdefault(f"vngcloud_vserver_{kind}", {})[label] = {"project_id": project, **values}

        for network in range(NETWORKS):
            net, group = f"net-{network}", f"group-{network}"
            add("network", net, name=f"estate-{net}", cidr=f"10.{20 + network}.0.0/16")
            add("secgroup", group, name=f"estate-{group}", description="estate")
            for port in PORTS:
                add("secgrouprule", f"{group}-{port}", **_rule(group, port))
            for subnet in range(SUBNETS):
                self._subnet(add, network, subnet)
        return {"resource": found}

    def _subnet(self, add: Any, network: int, subnet: int) -> None:
        net, sub, name = f"net-{network}", f"sub-{network}{subnet}", f"web-{network}{subnet}"
        net_id = f"${{vngcloud_vserver_network.{net}.id}}"
        cidr = f"10.{20 + network}.{subnet}.0/24"
        add("subnet", sub, network_id=net_id, name=f"estate-{sub}", cidr=cidr, zone_id=ZONE)
        add(
            "server",
            name,
            count=self.each,
            name=f"estate-{name}-${{count.index}}",
            flavor_id="${data.vngcloud_vserver_flavor.small.id}",
            image_id="${data.vngcloud_vserver_image.ubuntu.id}",
            network_id=net_id,
            subnet_id=f"${{vngcloud_vserver_subnet.{sub}.id}}",
            root_disk_size=20,
            root_disk_type_id="${data.vngcloud_vserver_volume_type.ssd.id}",
            encryption_volume=False,
            security_group=[f"${{vngcloud_vserver_secgroup.group-{network}.id}}"],
            zone_id=ZONE,
        )
        add(
            "volume",
            f"data-{network}{subnet}",
            count=self.each,
            name=f"estate-data-{network}{subnet}-${{count.index}}",
            size=10,
            volume_type_id="${data.vngcloud_vserver_volume_type.ssd.id}",
            zone_id=ZONE,
        )
        add(
            "volume_attach",
            f"data-{network}{subnet}",
            count=self.each,
            volume_id=f"${{vngcloud_vserver_volume.data-{network}{subnet}[count.index].id}}",
            server_id=f"${{vngcloud_vserver_server.{name}[count.index].id}}",
        )


def _rule(group: str, port: int) -> dict[str, Any]:
    return {
        "security_group_id": f"${{vngcloud_vserver_secgroup.{group}.id}}",
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": "tcp",
        "port_range_min": port,
        "port_range_max": port,
        "remote_ip_prefix": FROM,
    }
