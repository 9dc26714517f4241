"""Load balancers with their listeners and pools, in the stack file's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mcloud.discover.ledger import Item, Ledger, Namer
from mcloud.discover.meaning import Note
from mcloud.discover.parts import BalancerPart, CertificatePart, ListenerPart, PoolPart, ServerPart
from mcloud.discover.servers import Machines


@dataclass(frozen=True)
class Beside:
    """What load balancers refer to, by native id: subnets, groups, and servers by id or private address."""

    places: Mapping[str, str]
    groups: Mapping[str, str]
    machines: Machines
    by_address: Mapping[str, str]

    def servers_behind(self, members: Iterable[str]) -> tuple[list[str], list[str]]:
        """Names of the members, one name for all instances of a server; and the members that are not in the stack."""
        instances = self.machines.instances
        found = {member: instances.get(self.by_address.get(member, member)) for member in members}
        there = {instance for instance in found.values() if instance is not None}
        names: list[str] = []
        for instance in sorted(there):
            name = instance if instance in self.machines.section else instance.rpartition("-")[0]
            whole = self._instances_of(name) <= there
            names.append(name if whole else instance)
        return list(dict.fromkeys(names)), [member for member, instance in found.items() if instance is None]

    def _instances_of(self, name: str) -> set[str]:
        count = self.machines.section[name].get("count")
        return {name} if count is None else {f"{name}-{number}" for number in range(count)}


def by_address(servers: Iterable[tuple[Item, ServerPart]]) -> dict[str, str]:
    """Private address -> native id of the server that has it."""
    return {address: part.id for _, part in servers for address in part.addresses}


def write_certificates(
    ledger: Ledger, certificates: Iterable[tuple[Item, CertificatePart]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The section ``certificates``, and native id -> name; where its key is, a person has to say."""
    section: dict[str, Any] = {}
    names: dict[str, str] = {}
    namer = Namer()
    for item, part in certificates:
        if part.certificate is None:
            advice = "add it under certificates, with a reference to its key, and an https listener that names it"
            ledger.leave(item, "neither certificate nor key can be read back", advice)
            continue
        name = namer.give(item.resource.label)
        variable = f"{name.upper().replace('-', '_')}_KEY"
        section[name] = {"certificate": part.certificate, "private_key": f"env:{variable}"}
        if part.chain:
            section[name]["chain"] = part.chain
        names[part.id] = name
        ledger.ask(("certificates", name), part.id, f"where is the key of {name}? {variable} is a made-up place")
        ledger.settle(item, "mapped", f"certificates.{name}")
    return section, names


@dataclass(frozen=True)
class _Written:
    """A listener in the stack file's words, the pools behind it, and what of it was not carried over."""

    entry: dict[str, Any]
    pools: tuple[str, ...]
    notes: tuple[Note, ...]


def write_balancers(
    ledger: Ledger,
    balancers: Iterable[tuple[Item, BalancerPart]],
    pools: Iterable[tuple[Item, PoolPart]],
    listeners: Iterable[tuple[Item, ListenerPart]],
    beside: Beside,
    certificates: Mapping[str, str],
) -> dict[str, Any]:
    """The section ``load_balancers``: a listener holds what its pools say."""
    pool_rows, all_listeners = list(pools), list(listeners)
    writer = _ListenerWriter({part.id: part for _, part in pool_rows}, beside, certificates)
    mine: dict[str, list[tuple[Item, ListenerPart]]] = {}
    for row, listener in all_listeners:
        mine.setdefault(listener.balancer, []).append((row, listener))
    section: dict[str, Any] = {}
    used: dict[str, str] = {}
    namer = Namer()
    for item, part in balancers:
        written = [(row, writer.write(listener)) for row, listener in mine.get(part.id, ())]
        good = [entry.entry for _, entry in written if isinstance(entry, _Written)]
        lacking = [native for native in part.subnets if native not in beside.places]
        if lacking or not good:
            why = f"its subnet {lacking[0]} is not in the stack" if lacking else "no listener of it can be written"
            ledger.leave(item, why, "add it under load_balancers by hand: listeners, ports, servers and check")
            for row, entry in written:
                why = entry if isinstance(entry, str) else "its load balancer is not in the stack"
                ledger.leave(row, why, "add it together with its load balancer")
            continue
        name = namer.give(item.resource.label)
        section[name] = _balancer(part, beside) | {"listeners": good}
        notes = [
            Note(f"security group {native}", "it is not in the stack", "add it by hand")
            for native in part.groups
            if native not in beside.groups
        ]
        ledger.settle(item, "mapped", f"load_balancers.{name}", notes=notes)
        for row, entry in written:
            if isinstance(entry, str):
                ledger.leave(row, entry, "add the listener by hand")
                continue
            reason = "a listener of its load balancer"
            ledger.settle(row, "folded", f"load_balancers.{name}", reason=reason, notes=entry.notes)
            used |= dict.fromkeys(entry.pools, name)
    _settle_pools(ledger, pool_rows, used)
    _settle_strays(ledger, all_listeners)
    return section


def _balancer(part: BalancerPart, beside: Beside) -> dict[str, Any]:
    entry: dict[str, Any] = {"subnets": sorted(beside.places[native] for native in part.subnets)}
    if part.public:
        entry["public"] = True
    groups = [beside.groups[native] for native in part.groups if native in beside.groups]
    if groups:
        entry["security_groups"] = groups
    if part.labels:
        entry["labels"] = dict(part.labels)
    return entry


class _ListenerWriter:
    """Writes listeners; what cannot be written is told by a text in the place of it."""

    def __init__(self, pools: Mapping[str, PoolPart], beside: Beside, certificates: Mapping[str, str]) -> None:
        self._pools, self._beside, self._certificates = pools, beside, certificates

    def write(self, part: ListenerPart) -> _Written | str:
        """The listener, or why it cannot be written."""
        if part.protocol not in ("http", "https", "tcp", "udp"):
            return f"a stack has no listeners for {part.protocol}"
        entry: dict[str, Any] = {"port": part.port, "protocol": part.protocol, **part.settings}
        if part.protocol == "https":
            if part.certificate not in self._certificates:
                return f"its certificate {part.certificate or ''} is not in the stack"
            entry["certificate"] = self._certificates[part.certificate or ""]
        notes = [
            Note(f"certificate {native}", "it is not in the stack", "add it under sni by hand")
            for native in part.sni
            if native not in self._certificates
        ]
        further = [self._certificates[native] for native in part.sni if native in self._certificates]
        if further:
            entry["sni"] = further
        rules, pools, more = self._rules(part)
        notes += more
        if part.pool is not None:
            target = self._target(part.pool, part.protocol)
            if isinstance(target, str):
                return target
            entry["to"], pools = target[0], [part.pool, *pools]
            notes += target[1]
        elif not any(rule.keys().isdisjoint({"host", "path"}) for rule in rules):
            return next((note.reason for note in more), "nothing of a stack answers what no rule takes")
        if rules:
            entry["rules"] = rules
        return _Written(entry, tuple(pools), tuple(notes))

    def _rules(self, part: ListenerPart) -> tuple[list[dict[str, Any]], list[str], list[Note]]:
        rules: list[dict[str, Any]] = []
        pools: list[str] = []
        notes: list[Note] = []
        for number, rule in enumerate(part.rules, 1):
            words = {key: value for key, value in rule.items() if key not in ("pool", "native")}
            if "native" in rule:
                reason = f"no rule of a stack says {rule['native']}"
                notes.append(Note(f"rule {number}", reason, "see whether it can be said otherwise"))
                continue
            if rule.get("pool"):
                target = self._target(str(rule["pool"]), part.protocol)
                if isinstance(target, str):
                    notes.append(Note(f"rule {number}", target, "add the rule by hand"))
                    continue
                words["to"] = target[0]
                pools.append(str(rule["pool"]))
                notes += target[1]
            rules.append(words)
        return rules, pools, notes

    def _target(self, native: str, spoken: str) -> tuple[dict[str, Any], list[Note]] | str:
        """The target that a pool is, with notes; or why there is none."""
        pool = self._pools.get(native)
        if pool is None or pool.port is None:
            return f"its pool {native} is not known, or its members have several ports"
        names, strange = self._beside.servers_behind(pool.members)
        if not names:
            return "none of its members is a server of the stack" if pool.members else "it has no members"
        notes = [Note(f"member {one}", "it is no server of the stack", "see whether it is needed") for one in strange]
        target = {"servers": names[0] if len(names) == 1 else names, "port": pool.port, **pool.settings}
        if target.get("protocol") == ("http" if spoken == "https" else spoken):
            del target["protocol"]
        return target, notes


def _settle_pools(ledger: Ledger, pools: list[tuple[Item, PoolPart]], used: Mapping[str, str]) -> None:
    for item, part in pools:
        if part.id in used:
            target = f"load_balancers.{used[part.id]}"
            ledger.settle(item, "folded", target, reason="the servers behind a listener")
        else:
            ledger.leave(item, "no listener of the stack leads to it", "add it as the target of a listener")


def _settle_strays(ledger: Ledger, listeners: list[tuple[Item, ListenerPart]]) -> None:
    for item, part in listeners:
        if item.resource.key not in ledger.outcomes:
            ledger.leave(item, f"its load balancer {part.balancer} is not known", "give the source that holds it too")
