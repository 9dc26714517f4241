"""Lists of what an account may hold and what cannot be made here: empty, until a test puts something in."""

from __future__ import annotations

from collections.abc import Callable

from mcloud.emulator.http import Answer, Call
from mcloud_vng.emulator.envelope import page
from mcloud_vng.emulator.world import World, refuse


def _paged(name: str) -> Callable[[World, Call], Answer]:
    def handle(world: World, call: Call) -> Answer:
        if {"name", "page", "size"} - call.query.keys():
            # Leaving one out is answered so for ACLs and peerings (MCP-LIVE); for DHCP options it is a guess.
            raise refuse(500, "Required request parameter is not present", "InternalServerError")
        return page(call, world.holdings.get(name, []))

    return handle


ROUTES = (
    ("GET", "/v2/{p}/network-acl/list", _paged("acls")),
    ("GET", "/v2/{p}/peering", _paged("peerings")),
    ("GET", "/v2/{p}/dhcp_option", _paged("dhcp_options")),
)
