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


def _is_of(instance: str, name: str, machines: Machines) -> bool:
    return instance == name or (instance not in machines.section and instance.rpartition("-")[0] == name)


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


def write_balancers(
    ledger: Ledger,
    balancers: Iterable[tuple[Item, BalancerPart]],
    pools: Iterable[tuple[Item, PoolPart]],
    listeners: Iterable[tuple[Item, ListenerPart]],
    beside: Beside,
    certificates: Mapping[str, str],
) -> dict[str, Any]:
    """The section ``load_balancers``: a listener holds what its pool says."""
    pool_rows, all_listeners = list(pools), list(listeners)
    known = {part.id: part for _, part in pool_rows}
    section: dict[str, Any] = {}
    used: dict[str, str] = {}
    namer = Namer()
    for item, part in balancers:
        mine = [(row, listener) for row, listener in all_listeners if listener.balancer == part.id]
        written = [(row, listener, _listener(listener, known, beside, certificates)) for row, listener in mine]
        good = [entry for _, _, entry in written if isinstance(entry, dict)]
        lacking = [native for native in part.subnets if native not in beside.places]
        if lacking or not good:
            why = f"its subnet {lacking[0]} is not in the stack" if lacking else "no listener of it can be written"
            ledger.leave(item, why, "add it under load_balancers by hand: listeners, ports, servers and check")
            for row, _ in mine:
                ledger.leave(row, "its load balancer is not in the stack", "add it together with its load balancer")
            continue
        name = namer.give(item.resource.label)
        section[name] = _balancer(part, beside) | {"listeners": good}
        notes = [
            Note(f"security group {native}", "it is not in the stack", "add it by hand")
            for native in part.groups
            if native not in beside.groups
        ]
        ledger.settle(item, "mapped", f"load_balancers.{name}", notes=notes)
        for row, listener, entry in written:
            if isinstance(entry, dict):
                ledger.settle(row, "folded", f"load_balancers.{name}", reason="a listener of its load balancer")
                used[listener.pool or ""] = name
            else:
                ledger.leave(row, entry, "add the listener by hand")
    _settle_pools(ledger, pool_rows, used)
    _settle_strays(ledger, all_listeners)
    return section


def _balancer(part: BalancerPart, beside: Beside) -> dict[str, Any]:
    entry: dict[str, Any] = {"subnets": [beside.places[native] for native in part.subnets]}
    if part.public:
        entry["public"] = True
    groups = [beside.groups[native] for native in part.groups if native in beside.groups]
    if groups:
        entry["security_groups"] = groups
    if part.labels:
        entry["labels"] = dict(part.labels)
    return entry


def _listener(
    part: ListenerPart, pools: Mapping[str, PoolPart], beside: Beside, certificates: Mapping[str, str]
) -> dict[str, Any] | str:
    """The listener, or why it cannot be written."""
    pool = pools.get(part.pool or "")
    if pool is None or pool.port is None:
        return f"its pool {part.pool or ''} is not known, or its members have several ports"
    server = beside.server_behind(pool.members)
    if server is None:
        return "its members are not the instances of one server of the stack"
    if part.protocol not in ("http", "https", "tcp", "udp"):
        return f"a stack has no listeners for {part.protocol}"
    target = {"servers": server, "port": pool.port, **pool.settings}
    if part.protocol != "https":
        if target.get("protocol") == part.protocol:
            del target["protocol"]
        return {"port": part.port, "protocol": part.protocol, "to": target}
    if part.certificate not in certificates:
        return f"its certificate {part.certificate or ''} is not in the stack"
    named = {"certificate": certificates[part.certificate or ""]}
    return {"port": part.port, "protocol": "https", **named, "to": target}


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
