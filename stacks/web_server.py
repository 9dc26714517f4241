"""A Pulumi program in plain Python: a network, a group and a web server, wherever ``placement`` says.

from stacks.web_server import program        # as an inline program of the Automation API
"""

from __future__ import annotations

from typing import Any

import pulumi

PLACEMENT = "vng/hcm"
ZONE = "HCM03-1C"


def resource(token: str, name: str, **inputs: Any) -> pulumi.CustomResource:
    """A resource of mcloud's, by its type token."""
    return pulumi.CustomResource(token, name, {**inputs, "account": None, "resolved": None})


def program(placement: str = PLACEMENT, zone: str = ZONE) -> None:
    """Register the resources and export the server's address."""
    network = resource("mcloud:network:Network", "main", placement=placement, cidr="10.30.0.0/16")
    subnet = resource(
        "mcloud:network:Subnet", "web", placement=placement, network=network.id, cidr="10.30.1.0/24", zone=zone
    )
    group = resource("mcloud:network:SecurityGroup", "web", placement=placement, network=network.id)
    resource(
        "mcloud:network:SecurityGroupRule",
        "http",
        placement=placement,
        group=group.id,
        direction="ingress",
        protocol="tcp",
        fromPort=80,
        toPort=80,
        cidr="0.0.0.0/0",
    )
    server = resource(
        "mcloud:compute:Server",
        "web",
        placement=placement,
        size={"vcpu": 2, "memory": "4 GiB"},
        image={"os": "ubuntu", "version": "22.04"},
        subnet=subnet.id,
        securityGroups=[group.id],
        zone=zone,
        privateIp=None,
    )
    pulumi.export("server", server.id)
