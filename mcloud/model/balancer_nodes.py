"""A load balancer of a stack as nodes of the graph: itself, a pool for each target, a listener for each port."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from mcloud.model.balancer import HealthCheck, Listener, ListenerRule, Target
from mcloud.model.references import find_subnet, server_instances
from mcloud.model.resources import HealthMonitor, ListenerRuleInputs
from mcloud.model.stack import Stack

if TYPE_CHECKING:
    from mcloud.model.graph import Node

Make = Callable[..., "Node"]
Path = tuple[str | int, ...]


def balancer_nodes(stack: Stack, name: str, make: Make) -> Iterator[Node]:
    """The nodes, each after those that it needs.

    Args:
        make: kind, name, path, resource and inputs -> the node; what is None is left out of the inputs.

    Raises:
        LookupError: a reference that validate would have found.
    """
    balancer = stack.load_balancers[name]
    path: Path = ("load_balancers", name)
    subnets = [find_subnet(stack, text) for text in balancer.subnets]
    network, subnet = subnets[0]
    placement = balancer.placement or stack.placement
    yield make(
        "LoadBalancer",
        name,
        path,
        balancer,
        subnets=[f"@Subnet/{network}.{subnet}" for network, subnet in subnets],
        zone=stack.networks[network].subnets[subnet].zone,
        public=balancer.public,
        protocols=sorted({listener.protocol for listener in balancer.listeners}),
        minConnections=balancer.min_connections,
        flavor=balancer.flavor.get(placement.split("/")[0]),
        securityGroups=[f"@SecurityGroup/{group}" for group in balancer.security_groups],
    )
    for index, listener in enumerate(balancer.listeners):
        yield from _Front(stack, name, listener, (*path, "listeners", index), make).nodes()


def _name(balancer: str, listener: Listener) -> str:
    """TCP and UDP may have the same port."""
    return f"{balancer}-{listener.port}" + ("-udp" if listener.protocol == "udp" else "")


def _rule_pool(balancer: str, listener: Listener, rule: ListenerRule) -> str:
    """Made of what the rule takes, so that a rule more moves no other; a dot is in no other name."""
    taken = f"{rule.host or ''}{rule.path or ''}"
    plain = re.sub(r"[^a-z0-9]+", "-", taken.lower()).strip("-")[:20].strip("-") or "any"
    digest = hashlib.sha256(f"{rule.host} {rule.path}".encode()).hexdigest()[:4]
    return f"{_name(balancer, listener)}.{plain}-{digest}"


class _Front:
    """One listener with what is behind it."""

    def __init__(self, stack: Stack, balancer: str, listener: Listener, path: Path, make: Make) -> None:
        self.stack, self.balancer, self.listener, self.path, self.make = stack, balancer, listener, path, make
        self.parent = f"@LoadBalancer/{balancer}"

    def nodes(self) -> Iterator[Node]:
        listener = self.listener
        name = _name(self.balancer, listener)
        if listener.to is not None:
            yield self._pool(name, listener.to, (*self.path, "to"))
        for index, rule in enumerate(listener.rules):
            if rule.to is not None:
                pool = _rule_pool(self.balancer, listener, rule)
                yield self._pool(pool, rule.to, (*self.path, "rules", index, "to"))
        yield self.make(
            "Listener",
            name,
            self.path,
            None,
            loadBalancer=self.parent,
            pool=f"@Pool/{name}" if listener.to else None,
            port=listener.port,
            protocol=listener.protocol,
            rules=[self._rule(rule) for rule in listener.rules] or None,
            certificate=f"@Certificate/{listener.certificate}" if listener.certificate else None,
            sni=[f"@Certificate/{certificate}" for certificate in listener.sni] or None,
            allowedCidrs=list(listener.allow) or None,
            idleTimeout=str(listener.idle_timeout) if listener.idle_timeout else None,
        )

    def _pool(self, name: str, target: Target, path: Path) -> Node:
        spoken = self.listener.protocol
        members = [server for text in target.servers for server in server_instances(self.stack, text)]
        return self.make(
            "Pool",
            name,
            path,
            None,
            loadBalancer=self.parent,
            protocol=target.protocol or ("http" if spoken == "https" else spoken),
            port=target.port,
            members=[f"@Server/{server}" for server in dict.fromkeys(members)],
            algorithm=target.algorithm,
            sticky=target.sticky,
            monitor=_monitor(target.check),
        )

    def _rule(self, rule: ListenerRule) -> dict[str, Any]:
        made = ListenerRuleInputs(
            host=rule.host,
            path=rule.path,
            pool=f"@Pool/{_rule_pool(self.balancer, self.listener, rule)}" if rule.to else None,
            redirect=rule.redirect,
            code=rule.code,
            keep_query=rule.keep_query,
            reject=rule.reject,
        )
        return made.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)


def _monitor(check: HealthCheck | None) -> dict[str, Any] | None:
    if check is None:
        return None
    made = HealthMonitor.model_validate(check.model_dump())
    return made.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
