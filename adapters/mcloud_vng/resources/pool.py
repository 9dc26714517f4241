"""Pools of a load balancer, with their members and their monitor (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks, Poll
from mcloud.errors import InvalidRequest, NotFound
from mcloud.model.base import Placement
from mcloud_vng import translate_lb
from mcloud_vng.resources.load_balancer import name_gaps, progress, writing
from mcloud_vng.resources.network import by_name
from mcloud_vng.session import VngSession
from mcloud_vng.topology import first_interface

MOST_MEMBERS = 20  # of a pool ([DOC] quota-limit.md 2026-08)
CHECKS = {
    "http": ("tcp", "http"),
    "https": ("tcp", "http"),
    "tcp": ("tcp", "http", "https"),
    "udp": ("udp",),
}
"""Pool protocol -> how its members can be checked ([DOC] load-balancer/feature-comparison.md 2026-08)."""
METHODS = ("GET", "PUT", "POST")  # [SDK] pool_requests.go 2026-05-25
LIMITS = {"healthy": (2, 10), "unhealthy": (2, 10)}  # [TF] v1.3.11
SPANS = {"interval": (5, 3600), "timeout": (2, 120)}  # seconds, [TF] v1.3.11


class Pool(Kind):
    """The servers behind a listener; its native id is ``load balancer/pool``.

    The service knows members by address. A server is there with its interface in the load balancer's subnet, else with
    its first one ([DOC]: instances of the load balancer's subnet; whether others are reached is not known).
    """

    kind = "Pool"
    replace_on: ClassVar[frozenset[str]] = frozenset({"loadBalancer", "name"})
    # Changes of one load balancer follow one another, and others may come first ([TF] waits 20 minutes).
    deadline = 1200.0
    believe_none_after = 5.0
    # Reading one is four calls, and so is each one of a list.
    reads_by_list: ClassVar[bool] = False

    def replaces(self, changed: frozenset[str], old: Inputs, new: Inputs) -> frozenset[str]:
        found = changed & self.replace_on
        # HTTP with encryption to the members and without is one protocol there.
        if "protocol" in changed and not {str(old.get("protocol")), new["protocol"]} <= {"http", "https"}:
            found |= {"protocol"}
        # [TF]: a monitor's protocol cannot be changed.
        if "monitor" in changed and _check_protocol(old) != _check_protocol(new):
            found |= {"monitor"}
        return found

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = name_gaps(resource, inputs, "pool")
        protocol = inputs["protocol"]
        if inputs.get("sticky") and protocol in ("tcp", "udp"):
            reason = "pools of network load balancers on VNG know no stickiness ([SDK] 2026-05)"
            alternative = "algorithm: source-ip keeps a client's address at one server"
            found.append(Gap("pool-stickiness", resource, "blocking", reason, alternative))
        if len(inputs.get("members") or ()) > MOST_MEMBERS:
            reason = f"a pool on VNG has at most {MOST_MEMBERS} members ([DOC] 2026-08)"
            found.append(Gap("pool-members", resource, "blocking", reason, "have fewer, larger servers"))
        return found + _monitor_gaps(resource, protocol, inputs.get("monitor") or {})

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        return translate_lb.pool_body(inputs, picks)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate_lb.pool_seen(at, native))

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        balancer_id = str(inputs["loadBalancer"])
        body = self.translate(inputs, {"servers": self._servers(session, balancer_id, inputs)})
        with writing(session, balancer_id):
            return f"{balancer_id}/{session.balancers.ex_create_pool(balancer_id, body)}"

    def _servers(self, session: VngSession, balancer_id: str, inputs: Inputs) -> list[Native]:
        """Name and address of each member.

        Raises:
            InvalidRequest: a server that is gone or has no address.
            NotFound: the load balancer is gone.
        """
        if not inputs.get("members"):
            return []
        balancer = session.balancers.ex_get_load_balancer(balancer_id)
        if balancer is None:
            raise NotFound(f"the load balancer {balancer_id} is not there")
        found: list[Native] = []
        for server_id in inputs["members"]:
            server = session.driver.ex_get_server(server_id) or {}
            address = _address(server, balancer.get("backendSubnetId") or balancer.get("privateSubnetId"))
            if address is None:
                raise InvalidRequest(
                    f"the server {server_id} is not there or has no private address",
                    hint="a pool's members are servers with an interface",
                )
            found.append({"name": server["name"], "address": address})
        return found

    def read(self, session: VngSession, native_id: str) -> Native | None:
        balancer_id, pool_id = _parts(native_id)
        pool = session.balancers.ex_get_pool(balancer_id, pool_id)
        return None if pool is None else self._native(session, balancer_id, pool)

    def _native(self, session: VngSession, balancer_id: str, pool: Native) -> Native:
        """The pool and what belongs to it; what is not ready yet is not looked into."""
        members, servers = list(pool.get("members") or ()), {}
        monitor = pool.get("healthMonitor")
        if pool["progressStatus"] == "CREATED":
            if pool.get("members") is None:
                members = session.balancers.ex_list_members(balancer_id, pool["uuid"])
            monitor = monitor or session.balancers.ex_get_health_monitor(balancer_id, pool["uuid"])
            servers = _by_address(session) if members else {}
        return {"balancer": balancer_id, "pool": pool, "monitor": monitor, "members": members, "servers": servers}

    def poll(self, session: VngSession, native_id: str, native: Native | None) -> Poll:
        return progress(native["pool"] if native is not None else None)

    def update(self, session: VngSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.read(session, native_id)
        if native is None:
            return False
        balancer_id, pool_id = _parts(native_id)
        if not translate_lb.same_settings(new, native):
            body = translate_lb.pool_settings(new)
            if new.get("monitor") is None:
                # The one that is there stays: the service replaces all of it.
                shown = native["monitor"] or {}
                body["healthMonitor"] = {key: shown[key] for key in _MONITOR if shown.get(key) is not None}
            with writing(session, balancer_id):
                session.balancers.ex_update_pool(balancer_id, pool_id, body)
            return True
        wanted = translate_lb.members(new, self._servers(session, balancer_id, new))
        if translate_lb.same_members(wanted, native["members"]):
            return False
        with writing(session, balancer_id):
            session.balancers.ex_replace_members(balancer_id, pool_id, wanted)
        return True

    def delete(self, session: VngSession, native_id: str) -> None:
        balancer_id, pool_id = _parts(native_id)
        if session.balancers.ex_get_pool(balancer_id, pool_id) is None:
            return
        with writing(session, balancer_id):
            session.balancers.ex_delete_pool(balancer_id, pool_id)

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        balancer_id = str(inputs["loadBalancer"])
        pools = session.balancers.ex_list_pools(balancer_id)
        return by_name([(item["name"], f"{balancer_id}/{item['uuid']}") for item in pools], inputs["name"])

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for balancer in session.balancers.ex_list_load_balancers():
            for pool in session.balancers.ex_list_pools(balancer["uuid"]):
                yield f"{balancer['uuid']}/{pool['uuid']}", self._native(session, balancer["uuid"], pool)


_MONITOR = (
    "healthCheckProtocol",
    "healthyThreshold",
    "unhealthyThreshold",
    "interval",
    "timeout",
    "healthCheckMethod",
    "httpVersion",
    "healthCheckPath",
    "domainName",
    "successCode",
)


def _check_protocol(inputs: Inputs) -> str:
    check = inputs.get("monitor") or {}
    return str(check.get("protocol") or translate_lb.plain_check(str(inputs.get("protocol"))))


def _parts(native_id: str) -> tuple[str, str]:
    balancer_id, pool_id = native_id.split("/")
    return balancer_id, pool_id


def _address(server: Native, subnet: str | None) -> str | None:
    """The server's address in the load balancer's subnet, else its first one."""
    nics = server.get("internalInterfaces") or ()
    there = [nic for nic in nics if nic.get("subnetUuid") == subnet]
    nic = first_interface({"internalInterfaces": there or nics})
    return None if nic is None else nic.get("fixedIp")


def _by_address(session: VngSession) -> dict[str, str]:
    """Address -> server; networks of a project do not overlap (LIVE)."""
    return {
        nic["fixedIp"]: server["uuid"]
        for server in session.driver.ex_list_servers()
        for nic in server.get("internalInterfaces") or ()
        if nic.get("fixedIp")
    }


def _monitor_gaps(resource: str, protocol: str, check: Inputs) -> list[Gap]:
    found = []
    if check and check["protocol"] not in CHECKS[protocol]:
        able = " or ".join(CHECKS[protocol])
        reason = f"members of {protocol} pools on VNG are checked by {able} ([DOC] 2026-08), not by {check['protocol']}"
        found.append(Gap("monitor-protocol", resource, "blocking", reason, f"check: {CHECKS[protocol][0]}"))
    method = check.get("method", "GET")
    if method not in METHODS:
        reason = f"health checks on VNG ask with {', '.join(METHODS)} ([SDK] 2026-05), not with {method}"
        found.append(Gap("monitor-method", resource, "blocking", reason, "method: GET"))
    values = {name: int(check[name]) for name in LIMITS if name in check}
    values |= {name: translate_lb.seconds(check[name]) for name in SPANS if name in check}
    for name, value in values.items():
        low, high = {**LIMITS, **SPANS}[name]
        if not low <= value <= high:
            unit = " s" if name in SPANS else ""
            reason = f"{name} of a health check on VNG is {low}-{high}{unit} ([TF] v1.3.11); asked for {value}{unit}"
            near = f"{name}: {min(max(value, low), high)}{unit}"
            found.append(Gap("monitor-limits", resource, "blocking", reason, near))
    return found
