"""What the cases are run on: one small resource of each kind, in neutral words, and how it is changed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mcloud.adapter.conformance.pem import certificate_inputs
from mcloud.emulator.spec import EmulatorSpec
from mcloud.model.resource_references import references
from mcloud.model.resources import KINDS

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class Subject:
    """A resource that a case is about.

    Attributes:
        kind: neutral kind.
        inputs: neutral inputs without placement; a reference is ``@Kind``: the subject of that kind.
        change: inputs whose new values are taken in place; empty where nothing can be.
        replacing: inputs whose new values need a new resource; empty where none do.
        twin: another one beside it.
    """

    kind: str
    inputs: Inputs
    change: Inputs = field(default_factory=dict)
    replacing: Inputs = field(default_factory=dict)
    twin: bool = False

    @property
    def name(self) -> str:
        """The resource's name in a graph."""
        return f"conform-{self.kind.lower()}{'-twin' if self.twin else ''}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Kinds that it refers to."""
        items = [item for found in references(KINDS[self.kind].inputs, self.inputs).values() for item in found]
        return tuple(dict.fromkeys(str(item).removeprefix("@") for item in items))


@dataclass(frozen=True)
class Standard:
    """How the cloud's libcloud driver is reached: only the calls that differ from one driver to another.

    Attributes:
        connect: an emulator's URL, client id and secret -> the node driver.
        node: the driver and a name -> keyword arguments of ``create_node``; makes what a server needs.
        volume: the driver and a name -> keyword arguments of ``create_volume``.
    """

    connect: Callable[[str, str, str], Any]
    node: Callable[[Any, str], Mapping[str, Any]]
    volume: Callable[[Any, str], Mapping[str, Any]]


@dataclass(frozen=True)
class Target:
    """A cloud under test.

    Attributes:
        spec: its emulator.
        placement: cloud/region of the emulator where the subjects are made.
        sign_in: regular expression of the path of sign-in calls.
        quotas: kind -> the name of the limit that bounds it.
        flavors: the flavors that the emulator may sell.
        subjects: kind -> what differs from ``SUBJECTS`` on this cloud.
        standard: its libcloud driver, where it has one.
    """

    spec: EmulatorSpec
    placement: str
    sign_in: str
    quotas: Mapping[str, str] = field(default_factory=dict)
    flavors: tuple[str, ...] = ()
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    standard: Standard | None = None

    def subject(self, kind: str) -> Subject:
        """The subject of a kind.

        Raises:
            LookupError: there is none.
        """
        return self.subjects[kind] if kind in self.subjects else SUBJECTS[kind]

    def closure(self, kind: str) -> Iterator[Subject]:
        """What a kind needs, in order of need, and itself last."""
        seen: set[str] = set()

        def visit(name: str) -> Iterator[Subject]:
            if name in seen:
                return
            seen.add(name)
            subject = self.subject(name)
            for need in subject.needs:
                yield from visit(need)
            yield subject

        return visit(kind)


def public_key(seed: str) -> str:
    """An OpenSSH RSA public key of 2,048 bits that nobody has the private part of."""
    digits = b"".join(hashlib.sha256(f"{seed}/{part}".encode()).digest() for part in range(8))
    modulus = int.from_bytes(digits, "big") | 1 << 2047 | 1
    parts = (b"ssh-rsa", (65537).to_bytes(3, "big"), b"\0" + modulus.to_bytes(256, "big"))
    packed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return f"ssh-rsa {base64.b64encode(packed).decode()} conformance"


def _subjects() -> dict[str, Subject]:
    ubuntu = {"os": "ubuntu", "version": "22.04"}
    small, larger = {"vcpu": 2, "memory": "4 GiB"}, {"vcpu": 4, "memory": "8 GiB"}
    rule = {"group": "@SecurityGroup", "direction": "ingress", "protocol": "tcp", "cidr": "10.0.0.0/8"}
    rules: list[dict[str, Any]] = [
        {"path": "/old/*", "redirect": "https://example.com/"},
        {"host": "a.example", "reject": True},
    ]
    found = (
        Subject("Network", {"cidr": "10.77.0.0/16"}, {"name": "conform-renamed"}, {"cidr": "10.78.0.0/16"}),
        Subject("Subnet", {"network": "@Network", "cidr": "10.77.1.0/24"}, {}, {"cidr": "10.77.2.0/24"}),
        Subject("SecurityGroup", {"network": "@Network", "description": "first"}, {"description": "second"}),
        Subject("SecurityGroupRule", {**rule, "fromPort": 443, "toPort": 443}, {}, {"fromPort": 80, "toPort": 80}),
        Subject("KeyPair", {"publicKey": public_key("first")}, {}, {"publicKey": public_key("second")}),
        Subject(
            "Server",
            {"size": small, "image": ubuntu, "subnet": "@Subnet", "securityGroups": ["@SecurityGroup"]},
            {"size": larger},
            {"userData": "#cloud-config\n"},
        ),
        Subject("Volume", {"size": "20 GiB"}, {"size": "30 GiB"}),
        Subject("VolumeAttachment", {"volume": "@Volume", "server": "@Server"}),
        Subject("PublicIp", {"server": "@Server"}),
        Subject("Certificate", certificate_inputs("first"), {}, certificate_inputs("second")),
        Subject("LoadBalancer", {"subnets": ["@Subnet"]}, {}, {"public": True}),
        Subject(
            "Pool",
            {"loadBalancer": "@LoadBalancer", "protocol": "http", "port": 8080, "members": ["@Server"]},
            {"algorithm": "least-connections", "port": 8081},
            {"monitor": {"protocol": "http", "path": "/ready"}},
        ),
        Subject(
            "Listener",
            {"loadBalancer": "@LoadBalancer", "pool": "@Pool", "port": 80, "protocol": "http", "rules": rules},
            {"idleTimeout": "1 min", "rules": [rules[1], {**rules[0], "redirect": "https://example.com/new/"}]},
            {"port": 81},
        ),
        Subject("Bucket", {}, {"versioning": True}),
        Subject("PlacementGroup", {"policy": "spread"}, {}, {"policy": "pack"}),
        Subject("NetworkInterface", {"server": "@Server", "subnet": "@Subnet"}),
        Subject("Route", {"network": "@Network", "destination": "10.99.0.0/16", "gateway": "@Server"}),
    )
    return {subject.kind: subject for subject in found}


SUBJECTS: Mapping[str, Subject] = _subjects()
"""The subjects that a cloud is tested with where its target says nothing else."""
