"""Neutral to native and back for what places and connects servers: groups of them, further interfaces, routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mcloud.model.base import Placement

Native = Mapping[str, Any]

POLICIES = {"spread": "SOFT ANTI AFFINITY", "pack": "SOFT AFFINITY"}
"""Neutral policy -> the vendor's name of it ([TF] examples, 2026-04-14)."""


def placement_group_body(inputs: Native, picks: Native) -> dict[str, Any]:
    """Body of POST /serverGroups. ``picks["policies"]`` is what the account is offered: a policy's id is found there by
    its name, and is None where it is not offered."""
    wanted = POLICIES[inputs["policy"]]
    found = (item["uuid"] for item in picks["policies"] if _plain(item.get("name")) == wanted)
    return {"name": inputs["name"], "policyId": next(found, None)}


def placement_group_seen(native: Native) -> dict[str, Any]:
    """What can be seen of a server group; one with a policy that mcloud does not write shows none."""
    name = _plain(native.get("policyName"))
    found = [neutral for neutral, vendor in POLICIES.items() if vendor == name]
    return {"name": native["name"], **({"policy": found[0]} if found else {})}


def _plain(name: object) -> str:
    """[TF] writes blanks between the words; others are taken for them."""
    return str(name or "").upper().replace("-", " ").replace("_", " ")


def first_interface(server: Native) -> Native | None:
    """The interface that a server was made with: the oldest, for the order of the list is not known."""
    return min(server.get("internalInterfaces") or (), key=lambda nic: str(nic.get("createdAt") or ""), default=None)


def interface_body(inputs: Native) -> dict[str, Any]:
    """Body of POST /servers/{s}/internal-network-interfaces, as [CLI] and [MCP] send it."""
    return {"subnetRequests": [{"subnetId": str(inputs["subnet"]).split("/")[1]}]}


def interface_seen(at: Placement, native: Native) -> dict[str, Any]:
    """What can be seen of an interface; ``native`` is {"server", "nic"}."""
    nic = native["nic"]
    subnet = f"{nic['networkUuid']}/{nic['subnetUuid']}"
    return {"server": at.id_of(native["server"]), "subnet": at.id_of(subnet)}


def address_in(server: Native, network: str) -> str | None:
    """A server's private address in a network, that of its first interface there; None without one."""
    there = [nic for nic in server.get("internalInterfaces") or () if nic.get("networkUuid") == network]
    first = first_interface({"internalInterfaces": there})
    return None if first is None else first.get("fixedIp")


def server_at(servers: Iterable[Native], network: str, address: str) -> str | None:
    """The server that has an address in a network."""
    for server in servers:
        for nic in server.get("internalInterfaces") or ():
            if nic.get("networkUuid") == network and nic.get("fixedIp") == address:
                return str(server["uuid"])
    return None


def route_to(table: Native, destination: str) -> Native | None:
    """The table's route to a block."""
    rows = table.get("routes") or ()
    return next((row for row in rows if row["destinationCidrBlock"] == destination), None)


def routes_body(table: Native, destination: str, target: str | None) -> dict[str, Any]:
    """Body of PUT /route-table/{id}/routes: all routes that the table has, the one to ``destination`` set or left out.

    Args:
        target: an address; None leaves the route out.
    """
    kept = [
        {"destinationCidrBlock": row["destinationCidrBlock"], "target": row["target"]}
        for row in table.get("routes") or ()
        if row["destinationCidrBlock"] != destination
    ]
    return {"routes": kept if target is None else [*kept, {"destinationCidrBlock": destination, "target": target}]}


def route_seen(at: Placement, native: Native) -> dict[str, Any]:
    """What can be seen of a route; ``native`` is {"table", "route", "server"}.

    A target that is no server's address is shown in the place of the server, so that the difference is seen.
    """
    route = native["route"]
    return {
        "network": at.id_of(native["table"]["networkId"]),
        "destination": route["destinationCidrBlock"],
        "gateway": at.id_of(native["server"] or route["target"]),
    }
