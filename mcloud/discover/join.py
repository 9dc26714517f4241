"""Joins neutral parts by native id into the sections of a stack.

Nothing is guessed in silence: what no source and no assumption says makes the resource a remainder, or, where the
ledger is not strict, something stands for it that is marked as an open question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from mcloud.discover import attached, balancers, standins
from mcloud.discover.buckets import write_buckets
from mcloud.discover.certificates import Certificates
from mcloud.discover.facts import take_facts
from mcloud.discover.fleets import take_fleets
from mcloud.discover.groups import Groups
from mcloud.discover.ledger import Item, Ledger, Namer, Pairs, split_twins
from mcloud.discover.networks import Networks
from mcloud.discover.parts import (
    AddressClaimPart,
    AddressPart,
    AddressUsePart,
    AttachmentPart,
    BalancerPart,
    BelongsPart,
    BucketDetailPart,
    BucketPart,
    CertificatePart,
    GroupPart,
    InterfacePart,
    KeptAddressPart,
    KeyPart,
    ListenerCertificatePart,
    ListenerPart,
    ListenerRulePart,
    MemberPart,
    NetworkPart,
    Part,
    PlacementGroupPart,
    PoolPart,
    RoutePart,
    RulePart,
    ServerPart,
    SubnetPart,
    VolumePart,
)
from mcloud.discover.routing import Routing, take_tables
from mcloud.discover.servers import Around, write_servers

T = TypeVar("T", bound=Part)
Sections = dict[str, dict[str, Any]]


def join(ledger: Ledger, items: Iterable[Item]) -> Sections:
    """The sections of the stack; outcomes and assumptions go into the ledger.

    Raises:
        DiscoverError: two sources contradict each other, or an assumption contradicts a source.
    """
    kept, twins, routing = _prepared(ledger, items)
    kept_addresses = attached.kept_addresses(_of(kept, KeptAddressPart), _of(kept, AddressUsePart))
    addresses = _of(kept, AddressPart)
    public = {part.server for _, part in addresses}
    holders = {part.server for _, part in kept_addresses if part.server}
    servers = [(item, _with_address(part, public, holders)) for item, part in _of(kept, ServerPart)]
    nets = Networks(ledger, routing, holders)
    asked = _subnets_asked_for(kept)
    nets.asked = [part.owner for _, part in _of(kept, BelongsPart) if part.of == "network"]
    nets.write(_of(kept, NetworkPart), _of(kept, SubnetPart), servers, _of(kept, GroupPart), asked)
    groups = Groups(ledger, nets)
    groups.write(_of(kept, GroupPart), _of(kept, RulePart), servers, [part for _, part in _of(kept, BalancerPart)])
    keys = _write_keys(ledger, _of(kept, KeyPart))
    places = {native: place.text for native, place in nets.places.items()}
    placement_groups, placement_names = attached.write_placement_groups(ledger, _of(kept, PlacementGroupPart))
    interfaces = _of(kept, InterfacePart)
    firsts = {part.id: part.subnet or nets.default_subnet for _, part in servers}
    key_names = {native: name for native, (name, _) in keys.items()}
    further = attached.interfaces_of(interfaces, places, firsts)
    pools = balancers.with_members(ledger, _of(kept, PoolPart), _of(kept, MemberPart))
    by_address = balancers.by_address(servers)
    together = [tuple(by_address.get(member, member) for member in part.members) for _, part in pools]
    around = Around(places, groups.names, key_names, placement_names, further, nets.default_subnet, together)
    machines = write_servers(ledger, servers, around)
    attached.settle_on_servers(ledger, [*interfaces, *addresses], machines, places, firsts)
    attached.write_routes(ledger, _of(kept, RoutePart), nets.names, nets.section, machines)
    volumes = attached.write_volumes(ledger, _of(kept, VolumePart), _of(kept, AttachmentPart), machines)
    beside = balancers.Beside(places, groups.names, machines, by_address)
    public_ips = attached.write_kept_addresses(ledger, kept_addresses, _of(kept, AddressUsePart), machines)
    balancing = _balancing(ledger, kept, pools, beside)
    buckets = write_buckets(ledger, _of(kept, BucketPart), _of(kept, BucketDetailPart), _of(kept, BelongsPart))
    sections: Sections = {
        "networks": nets.section,
        "security_groups": groups.section,
        "keys": {name: entry for name, entry in keys.values()},
        "placement_groups": placement_groups,
        "servers": machines.section,
        "volumes": volumes,
        **balancing,
        "public_ips": public_ips,
        "buckets": buckets.section,
    }
    targets = {**{native: f"networks.{name}" for native, name in nets.names.items()}, **buckets.targets}
    targets |= {native: f"networks.{place.network}.subnets.{place.subnet}" for native, place in nets.places.items()}
    _settle_belonging(ledger, kept, targets)
    ledger.settle_twins(twins)
    ledger.close()
    ledger.ask_unused()
    return {name: section for name, section in sections.items() if section}


def _prepared(ledger: Ledger, items: Iterable[Item]) -> tuple[list[Item], list[tuple[Item, Item]], Routing]:
    """The items with what others say of them put in, those that are the same as another one, and the route tables."""
    same = [replace(item, part=ledger.canonical_part(item.part)) for item in items]
    kept, twins = split_twins(take_fleets(ledger, take_facts(ledger, same)))
    kept, routing = take_tables(kept)
    kept = _claimed(kept)
    nics = {nic: part.id for _, part in _of(kept, ServerPart) for nic in part.nics}
    nics |= {part.id: part.server for _, part in _of(kept, InterfacePart)}
    kept = [replace(item, part=_by_server(item.part, nics)) for item in kept]
    return kept, twins, routing


def _claimed(kept: list[Item]) -> list[Item]:
    """The items, where kept addresses that something else has belong to that."""
    claims = {part.address: part for _, part in _of(kept, AddressClaimPart)}
    found = []
    for item in kept:
        part = item.part
        if isinstance(part, AddressClaimPart):
            continue
        claim = claims.get(part.id) if isinstance(part, KeptAddressPart) else None
        if claim is not None:
            item = replace(item, part=BelongsPart(f"address/{claim.address}", claim.owner, claim.of, claim.reason))
        found.append(item)
    return found


def _by_server(part: Part, nics: Mapping[str, str]) -> Part:
    """The part, where a server that is named by one of its interfaces is named by its id."""
    if isinstance(part, KeptAddressPart | AddressUsePart) and part.server in nics:
        return replace(part, server=nics[part.server or ""])
    if isinstance(part, RoutePart) and part.gateway in nics:
        return replace(part, gateway=nics[part.gateway])
    return part


def _with_address(part: ServerPart, public: set[str], holders: set[str]) -> ServerPart:
    """A server that has a kept address has no other one."""
    if part.id in holders:
        return replace(part, public_ip=False)
    return replace(part, public_ip=True) if part.id in public else part


def _subnets_asked_for(kept: list[Item]) -> dict[str, str | None]:
    """Subnets that others than servers refer to, with the network where it is told."""
    found: dict[str, str | None] = {}
    of_groups = {part.id: part.network for _, part in _of(kept, GroupPart)}
    for item in kept:
        part = item.part
        if isinstance(part, BalancerPart):
            inside = [network for native in part.groups if (network := of_groups.get(native))]
            asked = part.subnets or (standins.DEFAULT,)
            found |= {native: part.network or next(iter(inside), None) for native in asked}
        elif isinstance(part, BelongsPart) and part.of == "subnet":
            found.setdefault(part.owner, None)
        elif isinstance(part, InterfacePart):
            found.setdefault(part.subnet, None)
    return found


def _settle_belonging(ledger: Ledger, kept: Iterable[Item], targets: dict[str, str]) -> None:
    """What belongs to something goes where that went."""
    whole = list(kept)
    known = dict(targets)
    for item in whole:
        outcome = ledger.outcomes.get(item.resource.key)
        if outcome is not None and outcome.target and not item.inline and not isinstance(item.part, RulePart):
            known.setdefault(item.part.id, outcome.target)
    waiting = _of(whole, BelongsPart)
    while waiting:
        ready = [(item, part) for item, part in waiting if part.owner in known]
        for item, part in ready:
            ledger.settle(item, "folded", known[part.owner], reason=part.reason)
            known.setdefault(part.id.partition("/")[2], known[part.owner])
        if not ready:
            break
        done = {item.resource.key for item, _ in ready}
        waiting = [(item, part) for item, part in waiting if item.resource.key not in done]
    for item, part in waiting:
        reason = f"{part.reason}, and {part.owner} is in none of the sources"
        ledger.leave(item, reason, "give the source that holds it")


def _balancing(ledger: Ledger, kept: list[Item], pools: Pairs[PoolPart], beside: balancers.Beside) -> Sections:
    certificates = Certificates(ledger)
    certificates.write(_of(kept, CertificatePart))
    writer = balancers.BalancerWriter(ledger, beside, certificates, pools)
    more = balancers.More(_of(kept, ListenerRulePart), _of(kept, ListenerCertificatePart))
    writer.write(_of(kept, BalancerPart), _of(kept, ListenerPart), more)
    writer.settle_members(_of(kept, MemberPart))
    return {"load_balancers": writer.section, "certificates": certificates.section}


def _of(items: Iterable[Item], kind: type[T]) -> Pairs[T]:
    return [(item, item.part) for item in items if isinstance(item.part, kind)]


def _write_keys(ledger: Ledger, keys: Pairs[KeyPart]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Native id -> name and entry."""
    namer = Namer()
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for item, part in keys:
        said = ledger.answer("public_keys", part.id)
        public_key = part.public_key or said
        made_up = public_key is None and not ledger.strict
        if made_up:
            public_key = f"file:{Namer().give(part.id)}.pub"
        if public_key is None:
            advice = f"give its text under public_keys: {part.id} in an assumptions file"
            ledger.leave(item, "the sources do not hold the public key", advice)
            continue
        name = namer.give(item.resource.label)
        if made_up:
            ledger.ask(("keys", name, "public_key"), part.id, f"the sources do not hold the public key of {part.id}")
        elif part.public_key is None:
            ledger.assume(("keys", name, "public_key"), part.id, "the sources hold only its fingerprint")
        labels = {"labels": dict(part.labels)} if part.labels else {}
        found[part.id] = (name, {"public_key": public_key, **labels})
        ledger.settle(item, "mapped", f"keys.{name}")
    return found
