"""Static routes: entries of a VPC's main route table (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks, Poll
from mcloud.errors import Conflict, InUse, InvalidRequest, NotFound
from mcloud.model.base import Placement
from mcloud_vng import limits, topology
from mcloud_vng.resources.network import phase
from mcloud_vng.session import VngSession


class Route(Kind):
    """One entry of the main route table of a VPC; its native id is ``table/block``.

    The service replaces all routes of a table at once, so each change reads the table and writes it back with this one
    route changed: alone in this process, and only while the table is ACTIVE. What another process writes between the
    two calls would be lost; the service has no means against that.

    ``create`` writes nothing yet. It finds the table and refuses a block that has a route already; ``update``, which
    can be repeated, then writes the route. So no time passes waiting for the table inside a call.
    """

    kind = "Route"
    replace_on: ClassVar[frozenset[str]] = frozenset({"network", "destination"})
    # Writes to one table follow one another, about 5 s each (LIVE), and a table may have 100 routes.
    deadline = 900.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = [*limits.untagged(resource, inputs), *limits.unknown_knobs(resource, inputs)]
        if ipaddress.ip_network(inputs["destination"]).version == 4:
            return found
        reason = f"{inputs['destination']} cannot be routed: VNG's networks and routes are IPv4 ([MCP] 2026-08)"
        return [Gap("route-ipv6", resource, "blocking", reason, "take the route out"), *found]

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        """The entry, without its target: the gateway's address is known to the cloud only."""
        return {"destinationCidrBlock": inputs["destination"]}

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(topology.route_seen(at, native))

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        network = session.driver.ex_get_network(str(inputs["network"]))
        table = session.driver.ex_get_route_table(network["routeTableId"]) if network is not None else None
        if table is None:
            raise NotFound(f"the network {inputs['network']} or its route table is not there")
        there = topology.route_to(table, inputs["destination"])
        if there is not None:
            raise Conflict(
                f"the network has a route to {inputs['destination']} already, through {there['target']}",
                hint="remove it in the console, or take this one out",
            )
        self._gateway(session, inputs)
        return f"{table['uuid']}/{inputs['destination']}"

    def _address(self, session: VngSession, inputs: Inputs) -> str | None:
        """The gateway's address in the network."""
        server = session.driver.ex_get_server(str(inputs["gateway"]))
        return topology.address_in(server or {}, str(inputs["network"]))

    def _gateway(self, session: VngSession, inputs: Inputs) -> str:
        """The same, where there must be one.

        Raises:
            InvalidRequest: there is none.
        """
        address = self._address(session, inputs)
        if address is None:
            raise InvalidRequest(
                f"the server {inputs['gateway']} has no address in the network {inputs['network']}",
                hint="a route leads to a server with an interface in its network",
            )
        return address

    def read(self, session: VngSession, native_id: str) -> Native | None:
        table_id, destination = native_id.split("/", 1)
        table = session.driver.ex_get_route_table(table_id)
        route = topology.route_to(table, destination) if table is not None else None
        if table is None or route is None:
            return None
        return self._native(table, route, session.driver.ex_list_servers())

    def _native(self, table: Native, route: Native, servers: list[dict[str, Any]]) -> Native:
        server = topology.server_at(servers, table["networkId"], route["target"])
        return {"table": table, "route": route, "server": server}

    def poll(self, session: VngSession, native_id: str, native: Native | None) -> Poll:
        """The table's state: a route that is not in it yet is written when the table is ready for that."""
        return phase(native["table"] if native else session.driver.ex_get_route_table(native_id.split("/", 1)[0]))

    def update(self, session: VngSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        return self._write(session, native_id, self._gateway(session, new)) != "there"

    def _write(self, session: VngSession, native_id: str, target: str | None) -> Literal["there", "busy", "written"]:
        """Let the table have the route through ``target``, or none; it may be so already, or the table be busy."""
        table_id, destination = native_id.split("/", 1)
        with session.alone_with(table_id):
            table = session.driver.ex_get_route_table(table_id)
            there = topology.route_to(table, destination) if table is not None else None
            if table is None or (there or {}).get("target") == target:
                return "there"
            if table["status"] != "ACTIVE":
                return "busy"
            session.driver.ex_replace_routes(table_id, topology.routes_body(table, destination, target))
            return "written"

    def delete(self, session: VngSession, native_id: str) -> None:
        if self._write(session, native_id, None) == "busy":
            raise InUse("the route table is being written; it is tried again")

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        network = session.driver.ex_get_network(str(inputs["network"]))
        table = session.driver.ex_get_route_table(network["routeTableId"]) if network is not None else None
        there = topology.route_to(table, inputs["destination"]) if table is not None else None
        if table is None or there is None or there["target"] != self._address(session, inputs):
            return Found()
        native_id = f"{table['uuid']}/{inputs['destination']}"
        return Found(native_id, (native_id,))

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        servers = session.driver.ex_list_servers()
        main = {network["routeTableId"] for network in session.driver.ex_list_networks()}
        for table in session.driver.ex_list_route_tables():
            # A further table's routes are no routes of this kind.
            for route in (table.get("routes") or ()) if table["uuid"] in main else ():
                yield f"{table['uuid']}/{route['destinationCidrBlock']}", self._native(table, route, servers)
