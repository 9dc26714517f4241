"""Load balancers of vLB, and what the things in one share (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from mcloud.adapter.charges import Charge
from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks, Poll
from mcloud.catalog.types import Catalog
from mcloud.errors import InUse, NotFound
from mcloud.model.base import Placement
from mcloud_vng import translate_lb
from mcloud_vng.resources import payment
from mcloud_vng.resources.network import by_name
from mcloud_vng.session import VngSession

NAME = re.compile(r"[A-Za-z0-9_.-]{5,50}")
BUSY = ("CREATING", "CREATING-BILLING", "UPDATING", "DELETING")


def progress(native: Native | None) -> Poll:
    """One look at a load balancer or at something in it ([TF] waits, 2026-04-14)."""
    if native is None:
        return Poll("gone", "gone")
    state = str(native.get("progressStatus"))
    if state == "CREATED":
        return Poll("ready", state)
    return Poll("pending" if state in BUSY else "failed", state)


@contextmanager
def writing(session: VngSession, balancer_id: str) -> Iterator[None]:
    """While the block runs nothing else of this process writes to the load balancer, which takes one change at a time.

    Raises:
        InUse: an earlier change is under way; it passes.
        NotFound: the load balancer is gone.
    """
    with session.alone_with(balancer_id):
        found = session.balancers.ex_get_load_balancer(balancer_id)
        if found is None:
            raise NotFound(f"the load balancer {balancer_id} is not there")
        if found["progressStatus"] in BUSY:
            raise InUse(f"the load balancer {balancer_id} is {found['progressStatus']}", hint="it is tried again")
        yield


def name_gaps(resource: str, inputs: Inputs, word: str) -> list[Gap]:
    """What is asked for as a name and cannot be one."""
    name = inputs.get("name")
    if name is None or NAME.fullmatch(name):
        return []
    reason = f"a {word}'s name on VNG has 5-50 letters, digits, _ . and - ([TF] v1.3.11); not {name!r}"
    return [Gap("balancer-name", resource, "blocking", reason, "choose such a name, or leave it out")]


class LoadBalancer(Kind):
    """An application (Layer 7) or a network (Layer 4) load balancer."""

    kind = "LoadBalancer"
    replace_on: ClassVar[frozenset[str]] = frozenset({"name", "subnets", "public", "resolved.zone", "resolved.layer"})
    # A create took 114 s, a resize 120 s (LIVE); [TF] waits 45 minutes for a resize.
    deadline = 2700.0
    believe_none_after = 10.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = name_gaps(resource, inputs, "load balancer")
        spoken = set(inputs.get("protocols") or ("http",))
        if spoken & {"http", "https"} and spoken & {"tcp", "udp"}:
            reason = "a load balancer on VNG has HTTP listeners or TCP and UDP ones, not both ([DOC] 2026-08)"
            alternative = "make two load balancers, one for http and https, one for tcp and udp"
            found.append(Gap("balancer-protocols", resource, "blocking", reason, alternative))
        if len(inputs.get("subnets") or ()) > 1:
            reason = "a load balancer on VNG is in one subnet, and so in one zone ([SDK] 2026-05)"
            found.append(Gap("balancer-subnets", resource, "blocking", reason, "name one subnet"))
        if inputs.get("securityGroups"):
            reason = "load balancers on VNG are in no security group ([SDK], [TF]): nothing of the groups holds for it"
            alternative = "write who may connect at the listeners: allow"
            found.append(Gap("balancer-security-groups", resource, "lossy", reason, alternative))
        if inputs.get("labels"):
            reason = "labels of load balancers are not written on VNG by this version"
            found.append(Gap("labels", resource, "substituted", reason, "the labels stay in the state only"))
        return found

    def charges(self, inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
        return payment.of_balancer(picks, catalog)

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        return translate_lb.balancer_body(inputs, picks)

    def observe(self, at: Placement, native: Native) -> Observed:
        outputs = {"address": native["balancer"].get("address")}
        return Observed(translate_lb.balancer_seen(at, native), translate_lb.balancer_picks(native), outputs)

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        return session.balancers.ex_create_load_balancer(self.translate(inputs, picks))

    def read(self, session: VngSession, native_id: str) -> Native | None:
        found = session.balancers.ex_get_load_balancer(native_id)
        return None if found is None else self._native(session, found)

    def _native(self, session: VngSession, item: Native) -> Native:
        return {"balancer": item, "network": session.network_of(str(item.get("privateSubnetId")))}

    def poll(self, session: VngSession, native_id: str, native: Native | None) -> Poll:
        return progress(native["balancer"] if native is not None else None)

    def update(self, session: VngSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        found = session.balancers.ex_get_load_balancer(native_id)
        if found is None or not picks.get("flavorId") or found["packageId"] == picks["flavorId"]:
            return False
        with writing(session, native_id):
            session.balancers.ex_resize_load_balancer(native_id, picks["flavorId"])
        return True

    def delete(self, session: VngSession, native_id: str) -> None:
        try:
            with writing(session, native_id):
                session.balancers.ex_delete_load_balancer(native_id)
        except NotFound:
            return

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        found = session.balancers.ex_list_load_balancers(inputs["name"])
        return by_name([(item["name"], item["uuid"]) for item in found], inputs["name"])

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for item in session.balancers.ex_list_load_balancers():
            yield item["uuid"], self._native(session, item)
