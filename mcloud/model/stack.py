"""The stack: everything that is brought up, changed and destroyed together."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from mcloud.model.base import Labels, Model, Name, PlacementText
from mcloud.model.compute import Key, Server
from mcloud.model.network import Certificate, LoadBalancer, Network, PublicIp, SecurityGroup
from mcloud.model.storage import Bucket, Volume

OutputName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)]

SECTIONS: dict[str, str] = {
    "networks": "network",
    "security_groups": "security group",
    "keys": "key",
    "servers": "server",
    "volumes": "volume",
    "load_balancers": "load balancer",
    "certificates": "certificate",
    "public_ips": "public IP",
    "buckets": "bucket",
}
"""The sections of a stack that hold resources, with the word for one of them."""


class Waiver(Model):
    """A residency rule that somebody decided not to follow, with the reason and until when."""

    rule: str
    reason: Annotated[str, Field(min_length=10)]
    until: date


class Workload(Model):
    """What the workload is, for the residency rules. A missing answer makes a rule unknown, not passed."""

    data: tuple[str, ...] = ()
    sector: str | None = None
    owner: Literal["domestic", "foreign"] | None = None
    waivers: tuple[Waiver, ...] = ()


class Acceptance(Model):
    """A lossy gap that somebody accepted."""

    gap: str
    """The gap's code."""
    reason: Annotated[str, Field(min_length=3)]
    resource: str | None = None
    """section.name; left out: wherever the gap occurs."""


class Stack(Model):
    """A stack file after its variables are filled in.

    The name carries the environment (shop-prod). Names are unique in their section; references are by name.
    """

    mcloud: Literal[1]
    """Version of the format."""
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
    placement: PlacementText
    """Where everything runs that does not say otherwise."""
    labels: Labels = {}
    workload: Workload | None = None
    networks: dict[Name, Network] = {}
    security_groups: dict[Name, SecurityGroup] = {}
    keys: dict[Name, Key] = {}
    servers: dict[Name, Server] = {}
    volumes: dict[Name, Volume] = {}
    load_balancers: dict[Name, LoadBalancer] = {}
    certificates: dict[Name, Certificate] = {}
    public_ips: dict[Name, PublicIp] = {}
    buckets: dict[Name, Bucket] = {}
    extensions: dict[Name, dict[str, dict[str, Any]]] = {}
    """Knobs that only one cloud has: cloud -> section.name -> settings."""
    accept: tuple[Acceptance, ...] = ()
    """Lossy gaps that are accepted."""
    outputs: dict[OutputName, str] = {}
    """name -> section.resource.attribute, for example servers.web-0.private_ip."""
