"""A libcloud load balancer driver for VNG Cloud, usable without anything else of mcloud.

import mcloud_vng.balancer_driver              # registers the provider name "vng"
from libcloud.loadbalancer.providers import get_driver
driver = get_driver("vng")(client_id, client_secret, region="hcm-3")

A load balancer of libcloud has one port and one set of members: here its first listener and that listener's pool. What
is behind further listeners is reached by the ``ex_`` calls.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from libcloud.common.types import LibcloudError
from libcloud.loadbalancer.base import DEFAULT_ALGORITHM, Algorithm, Driver, LoadBalancer, Member
from libcloud.loadbalancer.providers import set_driver
from libcloud.loadbalancer.types import State

from mcloud_vng.account import Raw
from mcloud_vng.connection import TIMEOUT, VNGConnection
from mcloud_vng.vlb_api import VLBCalls

NAME = "vng"

# progressStatus ([TF] waits, 2026-04-14).
STATES = {
    "CREATED": State.RUNNING,
    "CREATING": State.PENDING,
    "CREATING-BILLING": State.PENDING,
    "UPDATING": State.PENDING,
    "DELETING": State.PENDING,
    "ERROR": State.ERROR,
}
ALGORITHMS = {
    Algorithm.ROUND_ROBIN: "ROUND_ROBIN",
    Algorithm.LEAST_CONNECTIONS: "LEAST_CONNECTIONS",
    Algorithm.PERSISTENT_IP: "SOURCE_IP",
}
LAYERS = {"http": "Layer 7", "https": "Layer 7", "tcp": "Layer 4", "udp": "Layer 4"}
PLAIN_MONITOR = {"healthyThreshold": 3, "unhealthyThreshold": 3, "interval": 30, "timeout": 5}  # the vendor's defaults
TIMEOUTS = {"timeoutClient": 50, "timeoutMember": 50, "timeoutConnection": 5}  # the vendor's defaults ([SDK])


class VNGLBDriver(VLBCalls, Driver):  # type: ignore[misc]
    """Load balancers of one region. One driver serves many threads.

    Args:
        key: client id of a service account.
        secret: its client secret.
        region: hcm-3 or han-1.
        project: project id; left out, the user's first one in the region.
        iam_endpoint, vserver_endpoint, vlb_endpoint: other addresses than the vendor's, for an emulator.
        auth_version: "v2", or "v1" for the vendor's older sign-in.
        timeout: seconds for an answer.

    Its own calls raise ``VendorError``; no call is made before the first that needs one.
    """

    name = "VNG Cloud"
    website = "https://greennode.ai"
    type = NAME
    connectionCls = VNGConnection
    _ALGORITHM_TO_VALUE_MAP = ALGORITHMS
    _VALUE_TO_ALGORITHM_MAP = {value: key for key, value in ALGORITHMS.items()}  # noqa: RUF012 - as libcloud has it

    def __init__(
        self,
        key: str,
        secret: str,
        *,
        region: str = "hcm-3",
        project: str | None = None,
        iam_endpoint: str | None = None,
        vserver_endpoint: str | None = None,
        vlb_endpoint: str | None = None,
        auth_version: str = "v2",
        timeout: float = TIMEOUT,
    ) -> None:
        self._connection_arguments = {
            "region": region,
            "iam_endpoint": iam_endpoint,
            "vserver_endpoint": vserver_endpoint,
            "vlb_endpoint": vlb_endpoint,
            "auth_version": auth_version,
        }
        self._begin(project)
        self._region = region
        super().__init__(key, secret, timeout=timeout)

    def _ex_connection_class_kwargs(self) -> Raw:
        return dict(self._connection_arguments)

    def __repr__(self) -> str:
        return f"VNGLBDriver(region={self._region!r})"

    def list_protocols(self) -> list[str]:
        """http (an application load balancer), tcp and udp (a network one); for https there are ``ex_`` calls."""
        return ["http", "tcp", "udp"]

    def list_balancers(self) -> list[LoadBalancer]:
        """All load balancers."""
        return [self._balancer(item) for item in self.ex_list_load_balancers()]

    def get_balancer(self, balancer_id: str) -> LoadBalancer:
        """One of them.

        Raises:
            LibcloudError: it is gone.
        """
        item = self.ex_get_load_balancer(balancer_id)
        if item is None:
            raise LibcloudError(f"there is no load balancer {balancer_id}", driver=self)
        return self._balancer(item)

    def create_balancer(
        self,
        name: str,
        port: int = 80,
        protocol: str = "http",
        algorithm: int = DEFAULT_ALGORITHM,
        members: list[Member] | None = None,
        *,
        ex_subnet: str,
        ex_package: str,
        ex_zone: str | None = None,
        ex_public: bool = False,
    ) -> LoadBalancer:
        """Create a load balancer with one listener and one pool; it is pending when this returns.

        Args:
            name: 5-50 letters, digits, ``_ . -``.
            ex_subnet: id of the subnet; members are addresses in it.
            ex_package: id of a package of the zone and layer (``ex_list_packages``).
            ex_zone: id of the zone; left out, the project's default one.
            ex_public: True: a public address.

        Raises:
            LibcloudError: a protocol that this call cannot do.
            VendorError: refused or no answer.
        """
        if protocol not in self.list_protocols():
            raise LibcloudError(f"{protocol!r} cannot be; one of {', '.join(self.list_protocols())}", driver=self)
        check = "PING-UDP" if protocol == "udp" else "TCP"
        pool: Raw = {
            "poolName": f"{name[:45]}-pool",
            "poolProtocol": protocol.upper(),
            "algorithm": self._algorithm_to_value(algorithm),
            "healthMonitor": {"healthCheckProtocol": check, **PLAIN_MONITOR},
            "members": [_written(item) for item in members or ()],
        }
        if protocol == "http":
            pool |= {"stickiness": False, "tlsEncryption": False}
        listener = {
            "listenerName": f"{name[:41]}-listener",
            "listenerProtocol": protocol.upper(),
            "listenerProtocolPort": int(port),
            "allowedCidrs": "0.0.0.0/0",
            **TIMEOUTS,
        }
        body = {
            "name": name,
            "packageId": ex_package,
            "scheme": "Internet" if ex_public else "Internal",
            "subnetId": ex_subnet,
            "type": LAYERS[protocol],
            "zoneId": ex_zone,
            "autoScalable": False,
            "isPoc": False,
            "listener": listener,
            "pool": pool,
        }
        return self.get_balancer(self.ex_create_load_balancer(body))

    def destroy_balancer(self, balancer: LoadBalancer) -> bool:
        """Ask for it to go, with its listeners and pools."""
        self.ex_delete_load_balancer(balancer.id)
        return True

    def update_balancer(self, balancer: LoadBalancer, **kwargs: Any) -> LoadBalancer:
        """Change the algorithm; the service cannot change name, port and protocol.

        Raises:
            LibcloudError: something else is asked for, or it has no pool.
            VendorError: refused, for example while an earlier change is under way.
        """
        others = sorted(set(kwargs) - {"algorithm"})
        if others:
            raise LibcloudError(f"VNG Cloud cannot change {', '.join(others)} of a load balancer", driver=self)
        pool = self._pool(balancer.id)
        monitor = self.ex_get_health_monitor(balancer.id, pool["uuid"]) or {}
        body: Raw = {
            "algorithm": self._algorithm_to_value(kwargs["algorithm"]),
            "healthMonitor": {key: monitor[key] for key in _MONITOR if monitor.get(key) is not None},
        }
        if pool["protocol"] == "HTTP":
            body |= {key: bool(pool.get(key)) for key in ("stickiness", "tlsEncryption")}
        self.ex_update_pool(balancer.id, pool["uuid"], body)
        return self.get_balancer(balancer.id)

    def balancer_list_members(self, balancer: LoadBalancer) -> list[Member]:
        """Members of the first listener's pool."""
        pool = self._pool(balancer.id)
        return [self._member(item, balancer) for item in self.ex_list_members(balancer.id, pool["uuid"])]

    def balancer_attach_compute_node(self, balancer: LoadBalancer, node: Any) -> Member:
        """Attach a node by its private address, at the port of the other members, else at the load balancer's."""
        return self.balancer_attach_member(balancer, Member(None, node.private_ips[0], None))

    def balancer_attach_member(self, balancer: LoadBalancer, member: Member) -> Member:
        """Attach one more; the service takes whole lists only, so what others write meanwhile is lost."""
        pool = self._pool(balancer.id)["uuid"]
        there = self.ex_list_members(balancer.id, pool)
        ports = [item["protocolPort"] for item in there] or [balancer.port]
        made = Member(None, member.ip, member.port or ports[0], balancer)
        self.ex_replace_members(balancer.id, pool, [*map(_kept, there), _written(made)])
        return made

    def balancer_detach_member(self, balancer: LoadBalancer, member: Member) -> bool:
        """Detach by address and port; one that is not there is no error."""
        pool = self._pool(balancer.id)["uuid"]
        there = self.ex_list_members(balancer.id, pool)
        left = [item for item in there if (item["address"], item["protocolPort"]) != (member.ip, int(member.port))]
        if len(left) < len(there):
            self.ex_replace_members(balancer.id, pool, [_kept(item) for item in left])
        return True

    def ex_wait_until_ready(
        self,
        balancer: LoadBalancer,
        timeout: float = 1200.0,
        interval: float = 5.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> LoadBalancer:
        """Wait until the load balancer takes the next change.

        Raises:
            LibcloudError: it is gone, has failed, or is not ready in time.
        """
        end = time.monotonic() + timeout
        while True:
            found = self.get_balancer(balancer.id)
            if found.state == State.RUNNING:
                return found
            if found.state == State.ERROR or time.monotonic() >= end:
                raise LibcloudError(f"the load balancer is {found.extra['progress_status']}", driver=self)
            sleep(interval)

    def _pool(self, balancer_id: str) -> Raw:
        listeners, pools = self.ex_list_listeners(balancer_id), self.ex_list_pools(balancer_id)
        named = [item.get("defaultPoolId") for item in listeners]
        found = [item for wanted in named for item in pools if item["uuid"] == wanted] or pools
        if not found:
            raise LibcloudError(f"the load balancer {balancer_id} has no pool yet", driver=self)
        return found[0]

    def _balancer(self, item: Raw) -> LoadBalancer:
        listeners = self.ex_list_listeners(item["uuid"])
        return LoadBalancer(
            id=item["uuid"],
            name=item["name"],
            state=STATES.get(item["progressStatus"], State.UNKNOWN),
            ip=item.get("address"),
            port=listeners[0]["protocolPort"] if listeners else None,
            driver=self,
            extra={
                "progress_status": item["progressStatus"],
                "type": item.get("type"),
                "scheme": item.get("loadBalancerSchema"),
                "package_id": item.get("packageId"),
                "subnet": item.get("privateSubnetId"),
                "zone": (item.get("zone") or {}).get("uuid"),
            },
        )

    def _member(self, item: Raw, balancer: LoadBalancer) -> Member:
        return Member(item.get("uuid"), item["address"], item["protocolPort"], balancer, {"name": item.get("name")})


_MONITOR = (
    "healthCheckProtocol",
    "healthyThreshold",
    "unhealthyThreshold",
    "interval",
    "timeout",
    "healthCheckMethod",
    "httpVersion",
    "healthCheckPath",
    "domainName",
    "successCode",
)


def _written(member: Member) -> Raw:
    """A member as it is sent; its name must have 5-50 characters."""
    port = int(member.port)
    name = f"member-{str(member.ip).replace('.', '-')}-{port}"
    return {
        "name": name,
        "ipAddress": member.ip,
        "port": port,
        "monitorPort": port,
        "weight": 1,
        "backup": False,
    }


def _kept(item: Raw) -> Raw:
    """A member that is there, as it is sent: reads and writes spell it differently."""
    same = {key: item.get(key) for key in ("name", "monitorPort", "weight", "backup")}
    return {**same, "ipAddress": item["address"], "port": item["protocolPort"]}


def register() -> None:
    """Make ``get_driver("vng")`` find this driver; importing the module does it."""
    try:
        set_driver(NAME, __name__, VNGLBDriver.__name__)
    except AttributeError:
        # libcloud refuses a second registration of a name; ours is there.
        return


register()
