"""Networks (VPCs) and subnets (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks, Poll
from mcloud.model.base import Placement
from mcloud_vng import limits, translate
from mcloud_vng.session import VngSession

# [DOC] vpc/virtual-private-cloud-vpc.md 2026-08-07; MCP-LIVE 2026-09 refuses the rest with "reserved for system".
RANGES = tuple(ipaddress.ip_network(text) for text in ("10.0.0.0/8", "192.168.0.0/16"))
RANGE_172 = (ipaddress.IPv4Address("172.16.0.0"), ipaddress.IPv4Address("172.24.255.255"))
NETWORK_PREFIXES = (16, 20, 22, 24)  # the API takes these and refuses /17, /18, /26, /28 (MCP-LIVE)
SUBNET_PREFIXES = (16, 18, 20, 22, 24, 26, 28)  # the refusal names this list (MCP-LIVE)


def phase(native: Native | None, ready: tuple[str, ...] = ("ACTIVE",)) -> Poll:
    """One look at a thing with a vendor status; a deleted one may linger as DELETED."""
    if native is None or native.get("status") == "DELETED":
        return Poll("gone", "DELETED")
    status = str(native.get("status"))
    if status in ready:
        return Poll("ready", status)
    return Poll("failed" if status == "ERROR" else "pending", status)


def by_name(items: list[tuple[str, str]], name: Any) -> Found:
    """Those (name, id) whose name is exactly this."""
    matches = tuple(native_id for item, native_id in items if item == name)
    return Found(matches[0] if len(matches) == 1 else None, matches)


def _range_is_sold(block: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    if not isinstance(block, ipaddress.IPv4Network):
        return False
    inside_172 = RANGE_172[0] <= block[0] and block[-1] <= RANGE_172[1]
    return inside_172 or any(block.subnet_of(item) for item in RANGES if isinstance(item, ipaddress.IPv4Network))


def _outbound(resource: str, routed: bool) -> Gap:
    """Of a subnet that wants a way out without addresses of its own."""
    reason = "VNG's NAT is ordered through billing and no official client can do it ([3P] live 2026-10)"
    if routed:
        instead = "the network's route to 0.0.0.0/0 leads out; its server must do NAT"
        return Gap("subnet-outbound-route", resource, "substituted", reason, instead)
    alternative = (
        "route 0.0.0.0/0 to a server that does NAT (routes of the network), order a Public NAT instance in the "
        "console, or give the servers public addresses"
    )
    return Gap("subnet-outbound-internet", resource, "lossy", reason, alternative)


class Network(Kind):
    """A VPC."""

    kind = "Network"
    replace_on: ClassVar[frozenset[str]] = frozenset({"cidr"})
    # A VPC that overlaps another one of the project is refused, one that is being deleted too (LIVE).
    delete_first = True
    # After the last subnet is gone the service refuses to delete the VPC for up to 11 minutes (LIVE, hcm-3).
    deadline = 1200.0
    believe_none_after = 5.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        block = ipaddress.ip_network(inputs["cidr"])
        found = [*limits.untagged(resource, inputs), *limits.unknown_knobs(resource, inputs)]
        if _range_is_sold(block) and block.prefixlen in NETWORK_PREFIXES:
            return found
        wanted = f"one block of /{', /'.join(map(str, NETWORK_PREFIXES))}"
        reason = f"{block} cannot be a VPC's block: VNG takes {wanted} in 10.0.0.0/8, 172.16-172.24 or 192.168.0.0/16"
        return [Gap("network-cidr", resource, "blocking", reason, "choose a /16 of these ranges and renumber"), *found]

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        return translate.network_body(inputs)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.network_seen(native))

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        return str(session.driver.ex_create_network(self.translate(inputs, picks))["id"])

    def read(self, session: VngSession, native_id: str) -> Native | None:
        return session.driver.ex_get_network(native_id)

    def poll(self, session: VngSession, native_id: str, native: Native | None) -> Poll:
        return phase(native)

    def update(self, session: VngSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = session.driver.ex_get_network(native_id)
        if native is not None and native["displayName"] != new["name"]:
            session.driver.ex_update_network(native_id, {"name": new["name"]})
        return False

    def delete(self, session: VngSession, native_id: str) -> None:
        session.driver.ex_delete_network(native_id)

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        networks = session.driver.ex_list_networks()
        return by_name([(item["displayName"], item["id"]) for item in networks], inputs["name"])

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for item in session.driver.ex_list_networks():
            yield item["id"], item


class Subnet(Kind):
    """A subnet; its native id is ``network/subnet``."""

    kind = "Subnet"
    replace_on: ClassVar[frozenset[str]] = frozenset({"cidr", "network", "resolved.zone", "name"})
    delete_first = True
    deadline = 600.0
    believe_none_after = 5.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = []
        block = ipaddress.ip_network(inputs["cidr"])
        if block.version != 4 or block.prefixlen not in SUBNET_PREFIXES:
            sizes = ", ".join(f"/{prefix}" for prefix in SUBNET_PREFIXES)
            reason = f"{block} cannot be a subnet's block: VNG takes {sizes}"
            found.append(Gap("subnet-cidr", resource, "blocking", reason, "round the block to one of these sizes"))
        if inputs.get("internet") == "outbound":
            found.append(_outbound(resource, bool((inputs.get("around") or {}).get("defaultRoute"))))
        return [*found, *limits.untagged(resource, inputs), *limits.unknown_knobs(resource, inputs)]

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        return translate.subnet_body(inputs, picks)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.subnet_seen(at, native), {"zone": native["zone"]["uuid"]})

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        network = str(inputs["network"])
        made = session.driver.ex_create_subnet(network, self.translate(inputs, picks))
        return f"{network}/{made['uuid']}"

    def read(self, session: VngSession, native_id: str) -> Native | None:
        network, subnet = native_id.split("/")
        return session.driver.ex_get_subnet(network, subnet)

    def poll(self, session: VngSession, native_id: str, native: Native | None) -> Poll:
        return phase(native)

    def delete(self, session: VngSession, native_id: str) -> None:
        network, subnet = native_id.split("/")
        # A second delete of a subnet answers 500 (LIVE), so a look comes first.
        if session.driver.ex_get_subnet(network, subnet) is not None:
            session.driver.ex_delete_subnet(network, subnet)

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        network = str(inputs["network"])
        subnets = session.driver.ex_list_subnets(network)
        return by_name([(item["name"], f"{network}/{item['uuid']}") for item in subnets], inputs["name"])

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for network in session.driver.ex_list_networks():
            for item in session.driver.ex_list_subnets(network["id"]):
                yield f"{network['id']}/{item['uuid']}", item
