"""Static routes of networks (sources: docs/clouds/aws.md)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks, Poll
from mcloud.errors import Conflict, InvalidRequest
from mcloud.model.base import Placement
from mcloud_aws import internet, translate
from mcloud_aws.api import Raw, gone_is_well, rows
from mcloud_aws.resources.interface import instance, server_of
from mcloud_aws.resources.rows import one_of
from mcloud_aws.session import AwsSession

NONE = "no-route"


class Route(Kind):
    """A route of a network: the same entry in its main table and in those that mcloud made for its subnets.

    Its native id is ``network/block``. ``create`` writes nothing yet: it refuses a block that has a route already, and
    ``update``, which can be repeated, writes the entries. A table with a way to the internet keeps that for 0.0.0.0/0.
    The gateway's interface is told to pass on what is not its own.
    """

    kind = "Route"
    replace_on: ClassVar[frozenset[str]] = frozenset({"network", "destination"})
    believe_none_after = 5.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        if ipaddress.ip_network(inputs["destination"]).version == 4:
            return []
        reason = f"{inputs['destination']} cannot be routed: the networks that mcloud makes on AWS are IPv4"
        return [Gap("route-ipv6", resource, "blocking", reason, "take the route out")]

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        """The entry, without its interface: that is known to the cloud only."""
        return {"DestinationCidrBlock": inputs["destination"]}

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.route_seen(at, native))

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        network, block = str(inputs["network"]), str(inputs["destination"])
        there = [route for _, route in _entries(session, network, block) if route is not None]
        if there:
            through = there[0].get("InstanceId") or there[0].get("NetworkInterfaceId") or there[0].get("GatewayId")
            raise Conflict(
                f"the network has a route to {block} already, through {through}",
                hint="remove it in the console, or take this one out",
            )
        self._gateway(session, inputs)
        return f"{network}/{block}"

    def _gateway(self, session: AwsSession, inputs: Inputs) -> Raw:
        """The interface of the gateway in the network."""
        server = instance(session, str(inputs["gateway"]))
        nics = [nic for nic in server.get("NetworkInterfaces") or () if nic.get("VpcId") == inputs["network"]]
        if not nics:
            raise InvalidRequest(
                f"the server {inputs['gateway']} has no interface in the network {inputs['network']}",
                hint="a route leads to a server with an interface in its network",
            )
        first: Raw = min(nics, key=lambda nic: (nic.get("Attachment") or {}).get("DeviceIndex", 0))
        return first

    def read(self, session: AwsSession, native_id: str) -> Native | None:
        network, block = native_id.split("/", 1)
        return self._native(session, network, block, _entries(session, network, block))

    def _native(
        self, session: AwsSession, network: str, block: str, entries: list[tuple[Raw, Raw | None]]
    ) -> Native | None:
        if not any(route for _, route in entries):
            return None
        servers = {NONE if route is None else _server(session, route) for _, route in entries}
        return {"network": network, "destination": block, "servers": sorted(servers)}

    def poll(self, session: AwsSession, native_id: str, native: Native | None) -> Poll:
        """A route has no state; one that is not there yet is written next."""
        if native is None and not rows(session, "describe_vpcs", "Vpcs", vpc_id=native_id.split("/", 1)[0]):
            return Poll("gone", "gone")
        return Poll("ready", "not written yet" if native is None else "there")

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        network, block = native_id.split("/", 1)
        nic = self._gateway(session, new)
        through = nic["NetworkInterfaceId"]
        with session.alone_with(network):
            for table, route in _entries(session, network, block):
                body = {**self.translate(new, picks), "RouteTableId": table["RouteTableId"]}
                if route is None:
                    session.ec2.create_route(**body, NetworkInterfaceId=through)
                elif route.get("NetworkInterfaceId") != through:
                    session.ec2.replace_route(**body, NetworkInterfaceId=through)
        if nic.get("SourceDestCheck", True):
            session.ec2.modify_network_interface_attribute(NetworkInterfaceId=through, SourceDestCheck={"Value": False})
        return False

    def delete(self, session: AwsSession, native_id: str) -> None:
        network, block = native_id.split("/", 1)
        with session.alone_with(network):
            for table, route in _entries(session, network, block):
                if route is not None:
                    self._remove(session, table["RouteTableId"], block)

    def _remove(self, session: AwsSession, table: str, block: str) -> None:
        try:
            session.ec2.delete_route(RouteTableId=table, DestinationCidrBlock=block)
        except Exception as error:
            if not gone_is_well(error):
                raise

    def find(self, session: AwsSession, inputs: Inputs) -> Found:
        network, block = str(inputs["network"]), str(inputs["destination"])
        through = self._gateway(session, inputs)["NetworkInterfaceId"]
        found = [route for _, route in _entries(session, network, block) if route is not None]
        mine = any(route.get("NetworkInterfaceId") == through for route in found)
        return one_of([f"{network}/{block}"] if mine else [])

    def list(self, session: AwsSession) -> Iterator[tuple[str, Native]]:
        tables = internet.all_tables(session)
        for main in (table for table in tables if internet.is_main(table)):
            network = main["VpcId"]
            mine = [table for table in tables if table["VpcId"] == network]
            for route in internet.static_routes(main):
                block = route["DestinationCidrBlock"]
                native = self._native(session, network, block, _entries_in(mine, block))
                if native is not None:
                    yield f"{network}/{block}", native


def _entries(session: AwsSession, network: str, block: str) -> list[tuple[Raw, Raw | None]]:
    return _entries_in(internet.tables_of(session, network), block)


def _entries_in(tables: list[Raw], block: str) -> list[tuple[Raw, Raw | None]]:
    """The tables that are to have a route, each with the one it has."""
    found: list[tuple[Raw, Any]] = []
    for table in tables:
        ours = internet.is_ours(table)
        if not internet.is_main(table) and not ours:
            continue
        if ours and block == translate.ANYWHERE:
            continue
        routes = table.get("Routes") or ()
        found.append((table, next((row for row in routes if row.get("DestinationCidrBlock") == block), None)))
    return found


def _server(session: AwsSession, route: Native) -> str:
    """The server that a route leads to, else what it leads to."""
    nic = route.get("NetworkInterfaceId")
    if route.get("InstanceId"):
        return str(route["InstanceId"])
    if nic:
        return str(server_of(session, nic) or nic)
    return str(route.get("GatewayId") or route.get("NatGatewayId") or route.get("State"))
