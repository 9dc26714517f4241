"""Further interfaces of servers (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks
from mcloud.errors import QuotaExceeded, Temporary
from mcloud.model.base import Placement
from mcloud_vng import limits, topology
from mcloud_vng.session import VngSession

MOST = 10  # interfaces of a server, its first one too ([DOC] quota-limit.md 2026-08)


class NetworkInterface(Kind):
    """An interface beside a server's first one; its native id is ``server/interface``.

    The service knows no interface without its server, and has no name for one: it is found by server and subnet.
    """

    kind = "NetworkInterface"
    replace_on: ClassVar[frozenset[str]] = frozenset({"server", "subnet"})
    believe_none_after = 10.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        return [*limits.untagged(resource, inputs), *limits.unknown_knobs(resource, inputs)]

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        return topology.interface_body(inputs)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(topology.interface_seen(at, native), outputs={"privateIp": native["nic"].get("fixedIp")})

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        server_id = str(inputs["server"])
        before = {nic["uuid"] for nic in session.driver.ex_list_interfaces(server_id)}
        if len(before) >= MOST:
            raise QuotaExceeded(
                f"the server {server_id} has {len(before)} interfaces; VNG allows {MOST}",
                hint="take some of the server's interfaces out of the stack",
            )
        session.driver.ex_attach_interface(server_id, self.translate(inputs, picks))
        made = [native_id for native_id in self._in_subnet(session, inputs) if native_id.split("/")[1] not in before]
        if len(made) != 1:
            raise Temporary(f"the new interface of the server {server_id} does not show")
        return made[0]

    def _in_subnet(self, session: VngSession, inputs: Inputs) -> list[str]:
        """Further interfaces in the subnet; the one that the server was made with is never one of them."""
        server_id, subnet = str(inputs["server"]), str(inputs["subnet"]).split("/")[1]
        nics = session.driver.ex_list_interfaces(server_id)
        first = topology.first_interface({"internalInterfaces": nics})
        return [f"{server_id}/{nic['uuid']}" for nic in nics if nic is not first and nic.get("subnetUuid") == subnet]

    def read(self, session: VngSession, native_id: str) -> Native | None:
        server_id, wanted = native_id.split("/")
        nics = session.driver.ex_list_interfaces(server_id)
        return next(({"server": server_id, "nic": nic} for nic in nics if nic["uuid"] == wanted), None)

    def delete(self, session: VngSession, native_id: str) -> None:
        native = self.read(session, native_id)
        if native is not None:
            session.driver.ex_detach_interface(native["server"], native["nic"]["uuid"])

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        found = self._in_subnet(session, inputs)
        return Found(found[0] if len(found) == 1 else None, tuple(found))

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for server in session.driver.ex_list_servers():
            first = topology.first_interface(server)
            for nic in server.get("internalInterfaces") or ():
                if nic is not first:
                    yield f"{server['uuid']}/{nic['uuid']}", {"server": server["uuid"], "nic": nic}
