"""The stack: everything that is brought up, changed and destroyed together."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from mcloud.model.balancer import Certificate, LoadBalancer
from mcloud.model.base import Labels, Model, Name, PlacementText
from mcloud.model.compute import Key, PlacementGroup, Server
from mcloud.model.network import Network, PublicIp, SecurityGroup
from mcloud.model.storage import Bucket, Volume

OUTPUT_PATTERN = r"^[a-z][a-z0-9_-]*$"
OutputName = Annotated[str, StringConstraints(pattern=OUTPUT_PATTERN, max_length=60)]

SECTIONS: dict[str, str] = {
    "networks": "network",
    "security_groups": "security group",
    "keys": "key",
    "placement_groups": "placement group",
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
    """Code of the rule."""
    reason: Annotated[str, Field(min_length=10)]
    """Why it is not followed."""
    until: date
    """The last day on which the waiver holds."""


class Workload(Model):
    """What the workload is, for the residency rules. A missing answer makes a rule unknown, not passed."""

    data: tuple[str, ...] = ()
    """Kinds of data that it holds, like personal."""
    sector: str | None = None
    """The business that it belongs to."""
    owner: Literal["domestic", "foreign"] | None = None
    """Whose enterprise it is."""
    waivers: tuple[Waiver, ...] = ()
    """Rules that are not followed, with the reason."""


class Acceptance(Model):
    """A lossy gap that somebody accepted."""

    gap: str
    """The gap's code."""
    reason: Annotated[str, Field(min_length=3)]
    """Why it is accepted."""
    resource: str | None = None
    """section.name; left out: wherever the gap occurs."""


class Stack(Model):
    """A stack file after its variables are filled in.

    The name carries the environment (shop-prod). Names are unique in their section; references are by name.
    """

    mcloud: Literal[1]
    """Version of the format."""
    name: Name
    """The stack's name; --env NAME makes it name-NAME."""
    placement: PlacementText
    """Where everything runs that does not say otherwise."""
    labels: Labels = {}
    workload: Workload | None = None
    """What it is, for the residency rules."""
    networks: dict[Name, Network] = {}
    """Private networks by name."""
    security_groups: dict[Name, SecurityGroup] = {}
    """Sets of allow rules by name."""
    keys: dict[Name, Key] = {}
    """SSH keys by name."""
    placement_groups: dict[Name, PlacementGroup] = {}
    """Groups of servers that share hosts, or do not, by name."""
    servers: dict[Name, Server] = {}
    """Servers by name."""
    volumes: dict[Name, Volume] = {}
    """Volumes by name."""
    load_balancers: dict[Name, LoadBalancer] = {}
    """Load balancers by name."""
    certificates: dict[Name, Certificate] = {}
    """TLS certificates by name."""
    public_ips: dict[Name, PublicIp] = {}
    """Public addresses by name that outlive their servers."""
    buckets: dict[Name, Bucket] = {}
    """Buckets by name."""
    extensions: dict[Name, dict[str, dict[str, Any]]] = {}
    """Knobs that only one cloud has: cloud -> section.name -> settings."""
    accept: tuple[Acceptance, ...] = ()
    """Lossy gaps that are accepted."""
    outputs: dict[OutputName, str] = {}
    """name -> section.resource.attribute, for example servers.web-0.private_ip."""
