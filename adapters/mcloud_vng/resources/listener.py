"""Listeners of a load balancer, with their rules (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks, Poll
from mcloud.model.base import Placement
from mcloud_vng import policies, translate_lb
from mcloud_vng.resources.load_balancer import name_gaps, progress, writing
from mcloud_vng.resources.network import by_name
from mcloud_vng.session import VngSession

MOST_CERTIFICATES = 5  # of a load balancer ([DOC] quota-limit.md 2026-08)
IDLE = (1, 3600)  # seconds, [TF] v1.3.11


class Listener(Kind):
    """A port of a load balancer; its native id is ``load balancer/listener``.

    Its rules are L7 policies. ``create`` makes the listener alone; ``update``, which can be repeated, then makes and
    orders the policies one by one, for each change keeps the load balancer busy. All policies of the listener are ours:
    others are drift, and are taken away.
    """

    kind = "Listener"
    replace_on: ClassVar[frozenset[str]] = frozenset({"loadBalancer", "name", "port", "protocol"})
    # "Duplicated listener protocol port": the old one and the new one cannot have the port together.
    delete_first = True
    # Ten policies follow one another ([TF] waits 20 minutes for one change of a busy load balancer).
    deadline = 1800.0
    believe_none_after = 5.0
    # The policies of each are a call of its own.
    reads_by_list: ClassVar[bool] = False

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = name_gaps(resource, inputs, "listener")
        if len(inputs.get("rules") or ()) > policies.MOST:
            reason = f"a load balancer on VNG has at most {policies.MOST} policies ([DOC] 2026-08)"
            found.append(
                Gap("listener-rules", resource, "blocking", reason, "put rules together, or use another load balancer")
            )
        if len(inputs.get("sni") or ()) + 1 > MOST_CERTIFICATES:
            reason = f"a load balancer on VNG has at most {MOST_CERTIFICATES} certificates ([DOC] 2026-08)"
            alternative = "use certificates with several names, or another load balancer"
            found.append(Gap("listener-certificates", resource, "blocking", reason, alternative))
        idle = inputs.get("idleTimeout")
        if idle is not None and not IDLE[0] <= translate_lb.seconds(idle) <= IDLE[1]:
            reason = f"idle connections on VNG are closed after {IDLE[0]}-{IDLE[1]} s ([TF] v1.3.11); asked for {idle}"
            found.append(Gap("idle-timeout", resource, "blocking", reason, "idle_timeout: 1 h"))
        blocks = [block for block in inputs.get("allowedCidrs") or () if ipaddress.ip_network(block).version != 4]
        if blocks:
            reason = f"load balancers on VNG have no IPv6 ([MCP] 2026-08): nobody connects from {', '.join(blocks)}"
            found.append(Gap("listener-ipv6", resource, "blocking", reason, "take the block out"))
        return found

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        """The listener and its policies, in their order."""
        return {"listener": translate_lb.listener_body(inputs), "policies": policies.policy_bodies(inputs)}

    def observe(self, at: Placement, native: Native) -> Observed:
        rules = policies.rules_seen(at, native["balancer"], native["policies"])
        return Observed({**translate_lb.listener_seen(at, native), "rules": rules}, ordered=frozenset({"rules"}))

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        balancer_id = str(inputs["loadBalancer"])
        body = self.translate(inputs, picks)["listener"]
        with writing(session, balancer_id):
            return f"{balancer_id}/{session.balancers.ex_create_listener(balancer_id, body)}"

    def read(self, session: VngSession, native_id: str) -> Native | None:
        balancer_id, listener_id = _parts(native_id)
        listener = session.balancers.ex_get_listener(balancer_id, listener_id)
        return None if listener is None else self._native(session, balancer_id, listener)

    def _native(self, session: VngSession, balancer_id: str, listener: Native) -> Native:
        """With its policies; network load balancers have none."""
        found: list[dict[str, Any]] = []
        if listener["protocol"] in ("HTTP", "HTTPS"):
            found = session.balancers.ex_list_policies(balancer_id, listener["uuid"])
        return {"balancer": balancer_id, "listener": listener, "policies": found}

    def poll(self, session: VngSession, native_id: str, native: Native | None) -> Poll:
        if native is None:
            return progress(None)
        looked = [progress(native["listener"]), *(progress(item) for item in native["policies"])]
        return next((item for item in looked if item.phase != "ready"), looked[0])

    def update(self, session: VngSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.read(session, native_id)
        if native is None:
            return False
        balancer_id, listener_id = _parts(native_id)
        if not translate_lb.same_listener(new, native["listener"]):
            body = translate_lb.listener_settings(new, native["listener"])
            with writing(session, balancer_id):
                session.balancers.ex_update_listener(balancer_id, listener_id, body)
            return True
        step = policies.next_step(policies.policy_bodies(new), native["policies"])
        if step is None:
            return False
        with writing(session, balancer_id):
            _do(session, balancer_id, listener_id, step)
        return True

    def delete(self, session: VngSession, native_id: str) -> None:
        balancer_id, listener_id = _parts(native_id)
        if session.balancers.ex_get_listener(balancer_id, listener_id) is None:
            return
        with writing(session, balancer_id):
            session.balancers.ex_delete_listener(balancer_id, listener_id)

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        balancer_id = str(inputs["loadBalancer"])
        listeners = session.balancers.ex_list_listeners(balancer_id)
        return by_name([(item["name"], f"{balancer_id}/{item['uuid']}") for item in listeners], inputs["name"])

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for balancer in session.balancers.ex_list_load_balancers():
            for listener in session.balancers.ex_list_listeners(balancer["uuid"]):
                yield f"{balancer['uuid']}/{listener['uuid']}", self._native(session, balancer["uuid"], listener)


def _parts(native_id: str) -> tuple[str, str]:
    balancer_id, listener_id = native_id.split("/")
    return balancer_id, listener_id


def _do(session: VngSession, balancer_id: str, listener_id: str, step: policies.Step) -> None:
    driver = session.balancers
    if step.doing == "create":
        driver.ex_create_policy(balancer_id, listener_id, step.body)
    elif step.doing == "update":
        driver.ex_update_policy(balancer_id, listener_id, step.policy_id, step.body)
    elif step.doing == "delete":
        driver.ex_delete_policy(balancer_id, listener_id, step.policy_id)
    else:
        driver.ex_reorder_policies(balancer_id, listener_id, list(step.order))
