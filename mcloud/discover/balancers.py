"""Load balancers with their listeners, rules and pools, in the stack file's words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mcloud.discover import standins
from mcloud.discover.certificates import Certificates
from mcloud.discover.ledger import Item, Ledger, Namer, Pairs
from mcloud.discover.meaning import Note
from mcloud.discover.parts import (
    BalancerPart,
    Forward,
    ListenerCertificatePart,
    ListenerPart,
    ListenerRulePart,
    MemberPart,
    PoolPart,
    ServerPart,
)
from mcloud.discover.servers import Machines

_HTTP = ("http", "https")
_OWN_TIMEOUT = 60


@dataclass(frozen=True)
class Beside:
    """What load balancers refer to, by native id: subnets, groups, and servers by id or private address."""

    places: Mapping[str, str]
    groups: Mapping[str, str]
    machines: Machines
    by_address: Mapping[str, str]

    def server_behind(self, members: tuple[str, ...]) -> str | None:
        """The one server whose instances, all of them, are the members; None where there is none."""
        found = {self.machines.instances.get(self.by_address.get(member, member)) for member in members}
        names = {self.machines.name_of(self.by_address.get(member, member)) for member in members}
        if len(names) != 1 or None in names:
            return None
        [name] = names
        wanted = {
            instance for instance in self.machines.instances.values() if _is_of(instance, str(name), self.machines)
        }
        return name if found == wanted else (next(iter(found)) if len(found) == 1 else None)

    def server_of_most(self, members: tuple[str, ...]) -> str | None:
        """The server that most of the members are instances of; None where no member is in the stack."""
        names = Counter(self.machines.name_of(self.by_address.get(member, member)) for member in members)
        del names[None]
        return max(names, key=lambda name: (names[name], str(name))) if names else None


def _is_of(instance: str, name: str, machines: Machines) -> bool:
    return instance == name or (instance not in machines.section and instance.rpartition("-")[0] == name)


def by_address(servers: Iterable[tuple[Item, ServerPart]]) -> dict[str, str]:
    """Private address -> native id of the server that has it."""
    return {address: part.id for _, part in servers for address in part.addresses}


def with_members(ledger: Ledger, pools: Pairs[PoolPart], members: Pairs[MemberPart]) -> Pairs[PoolPart]:
    """The pools with the members that are resources of their own."""
    more: dict[str, list[str]] = defaultdict(list)
    for _, part in members:
        more[part.pool].append(part.member)
    found = []
    for item, pool in pools:
        own = [*pool.members, *more.get(pool.id, ()), *(more.get(pool.balancer, ()) if pool.balancer else ())]
        found.append((item, replace(pool, members=tuple(dict.fromkeys(own)))))
    known = {native for _, pool in pools for native in (pool.id, pool.balancer) if native}
    for item, part in members:
        if part.pool in known:
            continue
        ledger.leave(item, f"its pool {part.pool} is in none of the sources", "give the source that holds it")
    return found


@dataclass(frozen=True)
class More:
    """What listeners have beside themselves."""

    rules: Pairs[ListenerRulePart] = field(default_factory=list)
    certificates: Pairs[ListenerCertificatePart] = field(default_factory=list)


class BalancerWriter:
    """Writes the section ``load_balancers``: a listener holds what its pool says."""

    def __init__(self, ledger: Ledger, beside: Beside, certificates: Certificates, pools: Pairs[PoolPart]) -> None:
        self.section: dict[str, Any] = {}
        self._ledger = ledger
        self._beside = beside
        self._certificates = certificates
        self._pools = pools
        self._known = {part.id: part for _, part in pools}
        self._used: dict[str, str] = {}
        self._stand_ins: dict[str, str] = {}
        self._rule_fates: dict[str, list[tuple[Item | None, str]]] = defaultdict(list)
        self._namer = Namer()
        self._name = ""
        self._subnet = ""

    def write(self, balancers: Pairs[BalancerPart], listeners: Pairs[ListenerPart], more: More) -> None:
        """All load balancers; pools, rules and further certificates go where their listener went."""
        went: dict[str, dict[str, Any]] = {}
        for item, part in balancers:
            self._balancer(item, part, [row for row in listeners if row[1].balancer == part.id], went, more)
        for item, rule in more.rules:
            if item.resource.key not in self._ledger.outcomes:
                self._ledger.leave(item, f"its listener {rule.listener} is not in the stack", "see why it is not there")
        for item, extra in more.certificates:
            self._certificate(item, extra, went)
        self._settle_pools(more)
        for item, listener in listeners:
            if not item.inline and item.resource.key not in self._ledger.outcomes:
                advice = "give the source that holds it too"
                self._ledger.leave(item, f"its load balancer {listener.balancer} is not known", advice)

    def _balancer(
        self,
        item: Item,
        part: BalancerPart,
        mine: Pairs[ListenerPart],
        went: dict[str, dict[str, Any]],
        more: More,
    ) -> None:
        known = [native for native in part.subnets if native in self._beside.places]
        lacking = [native for native in part.subnets if native not in self._beside.places]
        if not part.subnets and standins.DEFAULT in self._beside.places:
            known = [standins.DEFAULT]
        subnets = [self._beside.places[native] for native in known]
        self._name = self._namer.give(item.label)
        self._subnet = subnets[0] if subnets else ""
        reason = f"its subnet {lacking[0]} is not in the stack" if lacking else "it is in no subnet of the stack"
        written = [(row, listener, self._listener(listener, more)) for row, listener in mine] if subnets else []
        good = [entry for _, _, entry in written if isinstance(entry, dict)]
        if subnets and not good and not self._ledger.strict and not mine:
            good = [self._made_up_listener(part)]
        if (lacking and self._ledger.strict) or not subnets or not good:
            why = "no listener of it can be written" if subnets and not (lacking and self._ledger.strict) else reason
            advice = "add it under load_balancers by hand: listeners, ports, servers and check"
            self._ledger.leave(item, why, advice)
            self._used = {pool: name for pool, name in self._used.items() if name != self._name}
            for row, _ in mine:
                reason = "its load balancer is not in the stack"
                self._ledger.leave(row, reason, "add it together with its load balancer")
            return
        name = self._name
        idle = part.idle_timeout
        if idle and idle != _OWN_TIMEOUT:
            good = [{**entry, "idle_timeout": f"{idle} s"} if entry["protocol"] in _HTTP else entry for entry in good]
        self.section[name] = self._head(part, subnets) | {"listeners": good}
        notes = [
            Note(f"security group {native}", "it is not in the stack", "add it by hand")
            for native in part.groups
            if native not in self._beside.groups
        ]
        self._ledger.settle(item, "mapped", f"load_balancers.{name}", notes=notes)
        for row, listener, entry in written:
            if isinstance(entry, dict):
                went[listener.id] = {"name": name, "at": good[[e["port"] for e in good].index(listener.port)]}
                self._ledger.settle(row, "folded", f"load_balancers.{name}", reason="a listener of its load balancer")
                self._settle_rules(listener)
            else:
                self._ledger.leave(row, entry, "add the listener by hand")

    def _head(self, part: BalancerPart, subnets: list[str]) -> dict[str, Any]:
        entry: dict[str, Any] = {"subnets": subnets}
        if part.public:
            entry["public"] = True
        groups = [self._beside.groups[native] for native in part.groups if native in self._beside.groups]
        if groups:
            entry["security_groups"] = groups
        if part.labels:
            entry["labels"] = dict(part.labels)
        return entry

    # --- listeners

    def _listener(self, part: ListenerPart, more: More) -> dict[str, Any] | str:
        """The listener, or why it cannot be written."""
        if part.protocol not in ("http", "https", "tcp", "udp"):
            return f"a stack has no listeners for {part.protocol}"
        forwards = [(None, forward) for forward in part.forwards]
        forwards += [(item, rule.forward) for item, rule in more.rules if rule.listener == part.id]  # type: ignore[misc]
        rules = self._rules(part, sorted(forwards, key=lambda pair: pair[1].order))
        target: dict[str, Any] | str | None = None
        if not _takes_everything(rules):
            target = part.problem or self._target(part.pool, part.protocol)
        if isinstance(target, str):
            return target
        entry: dict[str, Any] = {"port": part.port, "protocol": part.protocol}
        if part.protocol == "https":
            certificate = self._certificates.find(part.certificate)
            if certificate is None:
                return f"its certificate {part.certificate or ''} is not in the stack"
            entry["certificate"] = certificate
        if target is not None:
            entry["to"] = target
        if rules:
            entry["rules"] = rules
        return entry

    def _rules(self, part: ListenerPart, forwards: Iterable[tuple[Item | None, Forward]]) -> list[dict[str, Any]]:
        """The rules that can be written."""
        written: list[dict[str, Any]] = []
        for item, forward in forwards:
            if _takes_everything(written):
                self._rule_fates[part.id].append((item, "a rule before it takes every request"))
                continue
            said = self._rule(part, forward)
            if isinstance(said, str):
                self._rule_fates[part.id].append((item, said))
                continue
            written += said
            self._rule_fates[part.id].append((item, ""))
        return written

    def _settle_rules(self, listener: ListenerPart) -> None:
        """The rules of a listener that is written; those that it holds itself need no account."""
        for item, problem in self._rule_fates[listener.id]:
            if item is not None and problem:
                self._ledger.leave(item, problem, "add the rule by hand")
            elif item is not None:
                self._ledger.settle(item, "folded", f"load_balancers.{self._name}", reason="a rule of its listener")

    def _rule(self, part: ListenerPart, forward: Forward) -> list[dict[str, Any]] | str:
        if part.protocol not in _HTTP:
            return f"listeners for {part.protocol} have no rules"
        action: dict[str, Any] = dict(forward.settings)
        if forward.pool is not None:
            target = self._target(forward.pool, part.protocol)
            if isinstance(target, str):
                return target
            action = {"to": target}
        return [
            {**({"host": host} if host else {}), **({"path": path} if path else {}), **action}
            for host in _narrow(forward.hosts, "*")
            for path in _narrow(forward.paths, "*", "/*")
        ]

    def _target(self, native: str | None, protocol: str) -> dict[str, Any] | str:
        """Who answers, or why that cannot be written."""
        pool = self._known.get(native or "")
        if pool is None and not self._ledger.strict:
            pool = PoolPart(native or "", "", 80 if protocol in _HTTP else None, ())
        if pool is None or pool.port is None:
            return f"its pool {native or ''} is not known, or its members have several ports"
        server = self._beside.server_behind(pool.members)
        if server is None and not self._ledger.strict:
            server = self._beside.server_of_most(pool.members) or self._stand_in(pool)
        if server is None:
            return "its members are not the instances of one server of the stack"
        target = {"servers": server, "port": pool.port, **pool.settings}
        if target.get("protocol") == protocol and protocol != "https":
            del target["protocol"]
        self._used[pool.id] = self._name
        return target

    def _stand_in(self, pool: PoolPart) -> str:
        """A server with a count of 0 that stands for members that no source holds."""
        if pool.id in self._stand_ins:
            return self._stand_ins[pool.id]
        machines = self._beside.machines
        name = machines.free_name(f"behind-{self._name}")
        size, image = dict(standins.SIZE), dict(standins.IMAGE)
        machines.section[name] = {"count": 0, "size": size, "image": image, "subnet": self._subnet}
        members = ", ".join(pool.members)
        why = f"its members {members} are in none of the sources" if members else "the sources hold no members of it"
        self._ledger.ask(("servers", name), pool.id, f"which servers answer behind it? {why}")
        self._stand_ins[pool.id] = name
        return name

    def _made_up_listener(self, part: BalancerPart) -> dict[str, Any]:
        server = self._stand_in(PoolPart(part.id, part.id, 80, ()))
        path = ("load_balancers", self._name, "listeners")
        self._ledger.ask(path, part.id, "the sources hold no listener of it; this one is made up")
        return {"port": 80, "protocol": "tcp", "to": {"servers": server, "port": 80}}

    # --- what goes where a listener went

    def _certificate(self, item: Item, extra: ListenerCertificatePart, went: Mapping[str, dict[str, Any]]) -> None:
        found, name = went.get(extra.listener), self._certificates.find(extra.certificate)
        if found is None or found["at"]["protocol"] != "https":
            self._ledger.leave(item, f"its listener {extra.listener} is not in the stack", "see why it is not there")
        elif name is None:
            self._ledger.leave(item, f"its certificate {extra.certificate} is not in the stack", "add it by hand")
        else:
            entry = found["at"]
            if name != entry["certificate"] and name not in entry.get("sni", ()):
                entry.setdefault("sni", []).append(name)
            reason = "a further certificate of its listener"
            self._ledger.settle(item, "folded", f"load_balancers.{found['name']}", reason=reason)

    def _settle_pools(self, more: More) -> None:
        for item, part in self._pools:
            if part.id in self._used:
                target = f"load_balancers.{self._used[part.id]}"
                notes = self._lost_members(part)
                self._ledger.settle(item, "folded", target, reason="the servers behind a listener", notes=notes)
            else:
                self._ledger.leave(item, "no listener of the stack leads to it", "add it as the target of a listener")

    def _lost_members(self, part: PoolPart) -> list[Note]:
        """The members that are not instances of the server that was taken."""
        machines, taken = self._beside.machines, self._beside.server_of_most(part.members)
        return [
            Note(f"member {member}", "it is in none of the sources, or another server", "see who else must answer")
            for member in part.members
            if part.id not in self._stand_ins and machines.name_of(self._beside.by_address.get(member, member)) != taken
        ]

    def settle_members(self, members: Pairs[MemberPart]) -> None:
        """Members that are resources of their own go where their pool went."""
        for item, part in members:
            if item.inline or item.resource.key in self._ledger.outcomes:
                continue
            if part.pool not in self._used:
                self._ledger.leave(item, f"its pool {part.pool} is not in the stack", "see why it is not there")
                continue
            target = f"load_balancers.{self._used[part.pool]}"
            self._ledger.settle(item, "folded", target, reason=f"puts {part.member} behind a listener")


def _narrow(values: tuple[str, ...], *everything: str) -> tuple[str, ...]:
    """The values, or an empty text where they are no limit at all."""
    return ("",) if not values or set(values) & set(everything) else values


def _takes_everything(rules: Iterable[Mapping[str, Any]]) -> bool:
    return any("host" not in rule and "path" not in rule for rule in rules)
