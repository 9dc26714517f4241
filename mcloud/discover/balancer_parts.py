"""The neutral parts of load balancers; they refer to each other, and to others, by native id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class BalancerPart:
    """A load balancer, by native ids of subnets and groups."""

    id: str
    subnets: tuple[str, ...]
    public: bool = False
    groups: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    network: str | None = None
    """Native id of its network, where it is told."""
    idle_timeout: int | None = None
    """Seconds, where it is not the cloud's own."""


@dataclass(frozen=True)
class PoolPart:
    """The members behind a listener.

    Attributes:
        balancer: native id; empty where the pool does not say.
        port: the members' port; None: not known, or they have several.
        members: native ids of servers, or their private addresses.
        settings: a stack's words for a target: protocol, algorithm, sticky, check.
    """

    id: str
    balancer: str
    port: int | None
    members: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MemberPart:
    """A member of a pool, or of all pools of a load balancer: a server or a fleet, or an address; by native ids."""

    id: str
    pool: str
    member: str


@dataclass(frozen=True)
class Forward:
    """What is done with some requests of a listener.

    Attributes:
        order: the first one that fits is taken.
        hosts: host names, any of them; empty: every one.
        paths: paths, in the same way.
        pool: native id of the pool that answers.
        settings: or a stack's words for a redirect or a refusal.
    """

    order: int
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    pool: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ListenerRulePart:
    """A rule of a listener that is a resource of its own."""

    id: str
    listener: str
    forward: Forward


@dataclass(frozen=True)
class ListenerCertificatePart:
    """A further certificate of a listener, by native ids."""

    id: str
    listener: str
    certificate: str


@dataclass(frozen=True)
class ListenerPart:
    """A port of a load balancer; ``certificate`` is a native id, ``forwards`` are the rules that it holds itself.

    ``problem`` says why what it does with a request that no rule takes has no word in a stack.
    """

    id: str
    balancer: str
    pool: str | None
    port: int
    protocol: str
    certificate: str | None = None
    forwards: tuple[Forward, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class CertificatePart:
    """A certificate; its key is never in a source, so a person names where it is."""

    id: str
    certificate: str | None
    chain: str | None = None
