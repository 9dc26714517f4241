"""VNG Cloud against the cases that every cloud must pass."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mcloud.adapter.conformance.subject import Standard, Target
from mcloud.engine.conformance import ConformanceRun, runs
from mcloud_vng import adapter
from mcloud_vng.driver import VNGNodeDriver
from mcloud_vng.emulator import SPEC

WHOLE = os.environ.get("MCLOUD_CONFORMANCE") == "whole"
ZONE = "HCM03-1C"
DISK = "vtype-e782f8e1-0569-11f0-a0a4-ec2a72332f83"


def connect(url: str, client_id: str, secret: str) -> VNGNodeDriver:
    """The driver alone, at the emulator."""
    gateway = f"{url}/hcm-3/vserver/vserver-gateway"
    return VNGNodeDriver(
        client_id, secret, region="hcm-3", iam_endpoint=f"{url}/accounts-api", vserver_endpoint=gateway
    )


def node(driver: VNGNodeDriver, name: str) -> Mapping[str, Any]:
    """What create_node takes beside a name; makes the network that it goes to."""
    location = next(item for item in driver.list_locations() if item.id == ZONE)
    network = driver.ex_create_network({"name": name, "cidr": "10.9.0.0/16"})
    while (driver.ex_get_network(network["id"]) or {})["status"] != "ACTIVE":
        pass
    subnet = driver.ex_create_subnet(network["id"], {"name": name, "cidr": "10.9.1.0/24", "zoneId": ZONE})
    while (driver.ex_get_subnet(network["id"], subnet["uuid"]) or {})["status"] != "ACTIVE":
        pass
    return {
        "size": next(item for item in driver.list_sizes(location) if item.name == "s-general-2x4"),
        "image": next(item for item in driver.list_images(location) if item.name == "Ubuntu-22.04x64"),
        "location": location,
        "ex_network": network["id"],
        "ex_subnet": subnet["uuid"],
        "ex_root_disk_type": DISK,
    }


def volume(driver: VNGNodeDriver, name: str) -> Mapping[str, Any]:
    """What create_volume takes beside a name."""
    location = next(item for item in driver.list_locations() if item.id == ZONE)
    return {"size": 20, "location": location, "ex_volume_type": DISK}


TARGET = Target(
    SPEC,
    "vng/hcm-3",
    "auth/token",
    quotas={
        "Network": "VPC",
        "Subnet": "SUBNET",
        "SecurityGroup": "SECGROUP",
        "SecurityGroupRule": "SECGROUP_RULE",
        "KeyPair": "SSH_KEY",
        "Server": "VM",
        "Volume": "VOLUME",
        "PublicIp": "FLOATING_IP",
        "LoadBalancer": "LOAD_BALANCER",
        "Listener": "LISTENER_PER_LB",
        "Pool": "POOL_PER_LB",
    },
    flavors=tuple(flavor.name for flavor in adapter.catalog().flavors),
    standard=Standard(connect, node, volume),
)


@pytest.mark.parametrize("run", runs(TARGET, whole=WHOLE), ids=str)
def test_conformance(run: ConformanceRun, tmp_path: Path) -> None:
    run(tmp_path)
