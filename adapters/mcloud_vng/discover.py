"""What discovery needs to know of VNG Cloud beyond the kinds (sources: docs/clouds/vng.md)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, ClassVar, cast

from mcloud.adapter.inventory import Details, Inventory, Surplus
from mcloud.adapter.kind import Native
from mcloud_vng.live import image_words
from mcloud_vng.session import VngSession
from mcloud_vng.topology import first_interface
from mcloud_vng.translate import ALL_PORTS, ICMP_TYPES

ALL_ICMP = (ICMP_TYPES, (0, 255), (None, None), (-1, -1))
AT_ONCE = 8
BY_HAND = "set it up by hand where the stack goes to"


class _Once:
    """A driver whose lists are asked for once: many kinds read the same ones."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, tuple[Any, ...]], Future[Any]] = {}

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._driver, name)
        return self._asked(name, function) if name.startswith("ex_list_") else function

    def _asked(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*given: Any) -> Any:
            with self._lock:
                answer = self._answers.get((name, given))
                mine = answer is None
                if answer is None:
                    answer = self._answers[name, given] = Future()
            if mine:
                try:
                    answer.set_result(function(*given))
                except Exception as error:
                    with self._lock:
                        # Whoever asks next, or again, gets another try.
                        del self._answers[name, given]
                    answer.set_exception(error)
            return answer.result()

        return ask


class VngInventory(Inventory):
    """VNG Cloud, looked through for discovery."""

    unseen: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "Server": (
            ("user data", "add user_data where the servers need it"),
            ("whether it is renewed by itself", "say billing: {renew: true} where it shall be"),
            ("tags", "add labels"),
        ),
        "Volume": (("tags", "add labels"),),
    }

    def snapshot(self, session: VngSession, options: Collection[str] = ()) -> VngSession:
        """A session that asks for each list once."""
        return replace(session, driver=cast(Any, _Once(session.driver)))

    @property
    def surplus(self) -> Mapping[str, Callable[[VngSession], Iterable[Surplus]]]:
        return {
            "root disks": _root_disks,
            "route tables": _route_tables,
            "floating addresses": _addresses,
            "virtual IPs": _virtual_ips,
            "elastic interfaces": _elastic_interfaces,
            "network ACLs": _acls,
            "peerings": _peerings,
            "DHCP options": _dhcp_options,
            "user images": _user_images,
            "snapshots": _snapshots,
        }

    def details(self, kind: str, native: Native) -> Details:
        reader = _DETAILS.get(kind)
        return reader(native) if reader else Details()


# --- what the kinds do not list


def _root_disks(session: VngSession) -> Iterator[Surplus]:
    for row in session.driver.ex_list_volumes():
        if row.get("bootable"):
            owner = ("Server", str(row.get("serverId"))) if row.get("serverId") else None
            reason = "the root disk of its server" if owner else "a root disk without a server"
            yield Surplus("root disk", row["uuid"], row["name"], reason, "delete it, or make an image of it", owner)


def _route_tables(session: VngSession) -> Iterator[Surplus]:
    main = {row["routeTableId"]: row["id"] for row in session.driver.ex_list_networks()}
    for row in session.driver.ex_list_route_tables():
        if row["uuid"] in main:
            owner = ("Network", main[row["uuid"]])
            yield Surplus("route table", row["uuid"], row["name"], "the main route table of its network", "", owner)
        else:
            routes = ", ".join(
                f"{item['destinationCidrBlock']} via {item['target']}" for item in row.get("routes") or ()
            )
            reason = (
                f"a further table of {row['networkId']} ({routes or 'no routes'}); a stack has one for each network"
            )
            advice = "write its routes under the network, if they shall hold for all of its subnets"
            yield Surplus("route table", row["uuid"], row["name"], reason, advice)


def _addresses(session: VngSession) -> Iterator[Surplus]:
    """Those that no server's first interface shows; the others are of the kind PublicIp."""
    nics = (first_interface(server) for server in session.driver.ex_list_servers())
    shown = {nic.get("floatingIpId") for nic in nics if nic is not None}
    for row in session.driver.ex_list_addresses():
        if row["uuid"] in shown:
            continue
        used = row.get("networkInterfaceId")
        where = f"an address at the interface {used}, which is no server's first one" if used else "no server has it"
        advice = "see what it is for" if used else "release it, it is charged; or give it to a server first"
        yield Surplus("floating address", row["uuid"], str(row.get("ip") or ""), where, advice)


def _virtual_ips(session: VngSession) -> Iterator[Surplus]:
    for row in session.driver.ex_list_virtual_ips():
        reason = f"a virtual address ({row.get('ipAddress')}) that servers share has no word in a stack"
        yield Surplus("virtual IP", row["uuid"], row["name"], reason, "use a load balancer, or make it by hand")


def _elastic_interfaces(session: VngSession) -> Iterator[Surplus]:
    for row in session.driver.ex_list_elastic_interfaces():
        where = f" on the server {row.get('serverName') or row['serverId']}" if row.get("serverId") else ""
        reason = f"a public interface ({row.get('ip')}){where} has no word in a stack"
        advice = "say public_ip: true for the server, or attach one by hand"
        yield Surplus("elastic interface", row["uuid"], row["name"], reason, advice)


def _acls(session: VngSession) -> Iterator[Surplus]:
    for row in session.driver.ex_list_acls():
        reason = "network ACLs have no word in a stack"
        if row.get("defaultAcl"):
            reason = "the cloud's own ACL; network ACLs have no word in a stack"
        advice = "say the same with security groups, or set it up by hand"
        yield Surplus("network ACL", row["uuid"], row["name"], reason, advice)


def _peerings(session: VngSession) -> Iterator[Surplus]:
    for row in session.driver.ex_list_peerings():
        reason = f"a peering of {row.get('fromCidr')} with {row.get('endCidr')} has no word in a stack"
        yield Surplus("peering", row["uuid"], row["name"], reason, "ask the vendor for it again")


def _dhcp_options(session: VngSession) -> Iterator[Surplus]:
    for row in session.driver.ex_list_dhcp_options():
        servers = ", ".join(row.get("dnsServers") or ())
        reason = f"DHCP options (name servers {servers}) have no word in a stack"
        yield Surplus("DHCP options", row["uuid"], row["name"], reason, BY_HAND)


def _user_images(session: VngSession) -> Iterator[Surplus]:
    for row in session.driver.ex_list_user_images():
        reason = "an image of one's own; a stack's servers start from the cloud's images"
        yield Surplus(
            "user image", row["uuid"], row["name"], reason, "build it again there, from cloud-init or a script"
        )


def _snapshots(session: VngSession) -> list[Surplus]:
    """There is no list of all: each volume is asked, several at once."""
    volumes = session.driver.ex_list_volumes()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda row: session.driver.ex_list_snapshots(row["uuid"]), volumes))
    return [
        Surplus(
            "snapshot",
            row["id"],
            row["name"],
            f"a snapshot of the volume {volume['name']}; a stack has no snapshots",
            "keep it as long as it may be needed; data moves by copying",
        )
        for volume, rows in zip(volumes, answers, strict=True)
        for row in rows
    ]


# --- what native ones show beyond what is observed


def _network(native: Native) -> Details:
    lost = []
    if native.get("dhcpOptionId"):
        lost.append(
            ("DHCP options", f"the network uses {native.get('dhcpOptionName') or native['dhcpOptionId']}", BY_HAND)
        )
    if native.get("dnsStatus") not in (None, "DISABLED"):
        lost.append(("private DNS", "it is switched on, and a stack has no word for it", BY_HAND))
    return Details(lost=tuple(lost))


def _subnet(native: Native) -> Details:
    lost = [
        (f"secondary range {row.get('cidr')}", "a stack's subnets have one block", "make a subnet of its own")
        for row in native.get("secondarySubnets") or ()
    ]
    if native.get("interfaceAclPolicyUuid"):
        name = native.get("interfaceAclPolicyName") or native["interfaceAclPolicyUuid"]
        lost.append((f"network ACL {name}", "network ACLs have no word in a stack", BY_HAND))
    return Details(lost=tuple(lost))


def _group(native: Native) -> Details:
    group = native["group"]
    if group["name"] == "default":
        return Details(system="the project's own default group; what was changed in it stays behind")
    if group.get("isSystem") or group.get("system"):
        reason = "another product of the cloud (such as its Kubernetes service) made it"
        return Details(refused=(reason, "move what that product does, not its groups"))
    return Details(description=group.get("description") or None)


def _rule(native: Native) -> Details:
    rule = native["rules"][0]
    protocol = str(rule.get("protocol") or "").lower()
    ports = (rule.get("portRangeMin"), rule.get("portRangeMax"))
    if protocol == "icmp" and ports not in ALL_ICMP:
        reason = f"it allows the ICMP types {ports[0]}-{ports[1]} only, and a stack's rule allows all of ICMP"
        return Details(refused=(reason, "add a rule with protocol icmp if all of ICMP may pass"))
    lost: tuple[tuple[str, str, str], ...] = ()
    if protocol not in ("tcp", "udp", "icmp", "any") and ports not in (ALL_PORTS, (0, 65535)):
        lost = ((f"ports {ports[0]}-{ports[1]}", f"protocol {protocol} has no ports in a stack", ""),)
    return Details(description=rule.get("description") or None, lost=lost)


def _server(native: Native) -> Details:
    server = native["server"]
    flavor, image = server.get("flavor") or {}, server.get("image") or {}
    size = (int(flavor["cpu"]), int(flavor["memory"]) * 1024) if flavor.get("cpu") and flavor.get("memory") else None
    nics = server.get("internalInterfaces") or ()
    lost = tuple(
        (f"public interface {row.get('uuid')}", "a stack has no word for it", "see the elastic interface")
        for row in server.get("externalInterfaces") or ()
    )
    return Details(
        size=size,
        os=image_words(str(image.get("imageVersion") or "")),
        key_name=server.get("sshKeyName") or None,
        addresses=tuple(str(nic["fixedIp"]) for nic in nics if nic.get("fixedIp")),
        stopped=server.get("status") == "STOPPED",
        lost=lost,
    )


_DETAILS: dict[str, Callable[[Native], Details]] = {
    "Network": _network,
    "Subnet": _subnet,
    "SecurityGroup": _group,
    "SecurityGroupRule": _rule,
    "Server": _server,
}
