"""Public addresses (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from mcloud.adapter.charges import Charge
from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks, Poll
from mcloud.errors import NotFound
from mcloud.model.base import Placement
from mcloud_vng import limits, translate
from mcloud_vng.resources import payment
from mcloud_vng.session import VngSession
from mcloud_vng.topology import first_interface

if TYPE_CHECKING:
    from mcloud.catalog.types import Catalog


class PublicIp(Kind):
    """A floating address at a server's first interface; its native id is ``server/interface/address``.

    The service has no call that only allocates one, and answers an attach with nothing: until the address shows at the
    interface, its id is ``server/interface``. The address is kept in the id because it is detached before it is
    released: without it, a run that is cut off between the two would leave an address that is charged and that nobody
    can find.
    """

    kind = "PublicIp"
    replace_on: ClassVar[frozenset[str]] = frozenset({"server"})
    # A server has one address at most.
    delete_first = True
    believe_none_after = 10.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = [*limits.untagged(resource, inputs), *limits.unknown_knobs(resource, inputs)]
        if inputs.get("server"):
            return found
        reason = "VNG has no call that allocates an address without a server ([SDK], [CLI], [MCP]; 2026-08)"
        return [Gap("address-without-server", resource, "blocking", reason, "name the server that has it"), *found]

    def charges(self, inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
        return payment.of_address(catalog)

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        return {}

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.address_seen(at, native), outputs={"address": native["nic"]["floatingIp"]})

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        server_id = str(inputs["server"])
        nic = self._nic(session, server_id)
        if nic is None:
            raise NotFound(f"the server {server_id} is not there, or has no interface")
        session.driver.ex_attach_new_address(server_id, nic["uuid"])
        return f"{server_id}/{nic['uuid']}"

    def final_id(self, native_id: str, native: Native) -> str:
        return f"{native['server']}/{native['nic']['uuid']}/{native['nic']['floatingIpId']}"

    def _nic(self, session: VngSession, server_id: str) -> Native | None:
        return first_interface(session.driver.ex_get_server(server_id) or {})

    def read(self, session: VngSession, native_id: str) -> Native | None:
        server_id, _, address = _parts(native_id)
        nic = self._nic(session, server_id)
        if nic is None or address not in (None, nic.get("floatingIpId")):
            return None
        return {"server": server_id, "nic": nic}

    def poll(self, session: VngSession, native_id: str, native: Native | None) -> Poll:
        if native is None:
            return Poll("gone", "gone")
        shown = native["nic"].get("floatingIpId")
        if shown is None and _parts(native_id)[2] is None:
            return Poll("pending", "not shown yet")
        return Poll("ready", "attached")

    def delete(self, session: VngSession, native_id: str) -> None:
        native, address = self.read(session, native_id), _parts(native_id)[2]
        shown = native["nic"].get("floatingIpId") if native is not None else None
        if native is not None and shown is not None:
            session.driver.ex_detach_address(native["server"], shown, native["nic"]["uuid"])
        if address or shown:
            session.driver.ex_release_address(str(address or shown))

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        server_id = str(inputs["server"])
        nic = self._nic(session, server_id)
        if nic is None or not nic.get("floatingIp"):
            return Found()
        native_id = f"{server_id}/{nic['uuid']}/{nic['floatingIpId']}"
        return Found(native_id, (native_id,))

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for server in session.driver.ex_list_servers():
            nic = first_interface(server)
            if nic is not None and nic.get("floatingIp"):
                native_id = f"{server['uuid']}/{nic['uuid']}/{nic['floatingIpId']}"
                yield native_id, {"server": server["uuid"], "nic": nic}


def _parts(native_id: str) -> tuple[str, str, str | None]:
    """Server, interface, and the address where it was known."""
    server, nic, *address = native_id.split("/")
    return server, nic, address[0] if address else None
