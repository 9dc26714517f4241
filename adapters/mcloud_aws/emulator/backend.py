"""moto's data for one emulated account, apart from all others in the process.

moto keeps one table of accounts for each service in the process. Measured (2026-11-26, moto 5.2.5, two cores): a moto
server as a child process costs 3 s and 170 MB for each emulator; a further account in the process 0.05 s and 2 MB. So
moto runs in the process, and its tables hold this emulator's account only while one of its calls is under way. Two
emulators may so have the same account number, as two runs with the same key have.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mcloud.emulator import moto
from mcloud.emulator.signature import WireCall
from mcloud.emulator.wire import WireAnswer
from mcloud_aws.emulator import images


class Moto:
    """One account's data in all services but S3."""

    def __init__(self, account: str) -> None:
        self.account = account
        self._kept: dict[Any, dict[str, Any]] = {}
        self._born: dict[str, frozenset[str]] = {}
        self._open = False
        self.used = False
        """Whether moto was asked anything; until then it is not even imported."""

    def run(self, service: str, call: WireCall, region: str, access_key: str) -> WireAnswer:
        """moto's answer; to be used while open."""
        self.ec2(region)
        return moto.run(service, call, self.account, region, access_key)

    @contextmanager
    def open(self) -> Iterator[None]:
        """While the block runs moto's tables are this account's; it may be entered again inside itself."""
        with moto.ONE_AT_A_TIME:
            if self._open:
                yield
                return
            from moto.core.base_backend import BackendDict

            self.used = True
            others = {table: dict(table.items()) for table in (*BackendDict._instances, *self._kept)}
            for table in others:
                table.clear()
                table.update(self._kept.get(table, {}))
            self._open = True
            try:
                yield
            finally:
                self._open = False
                for table in {*BackendDict._instances, *others}:
                    self._kept[table] = dict(table.items())
                    table.clear()
                    table.update(others.get(table, {}))

    def ec2(self, region: str) -> Any:
        """EC2's objects in a region; to be used while open."""
        from moto.ec2.models import ec2_backends

        found = ec2_backends[self.account][region]
        if region not in self._born:
            images.put(found, region)
            self._born[region] = frozenset(_ids(found))
        return found

    def elb(self, region: str) -> Any:
        """The load balancers of a region; to be used while open."""
        from moto.elbv2.models import elbv2_backends

        return elbv2_backends[self.account][region]

    def acm(self, region: str) -> Any:
        """The certificates of a region; to be used while open."""
        from moto.acm.models import acm_backends

        return acm_backends[self.account][region]

    def regions(self) -> tuple[str, ...]:
        """Those that something was asked of; to be used while open."""
        from moto.acm.models import acm_backends
        from moto.ec2.models import ec2_backends
        from moto.elbv2.models import elbv2_backends

        tables = (ec2_backends, elbv2_backends, acm_backends)
        return tuple(sorted({region for table in tables for region in table[self.account].keys()}))  # noqa: SIM118

    def born(self, region: str) -> frozenset[str]:
        """Ids of what AWS gives every account in a region: the default VPC and what is in it."""
        return self._born.get(region, frozenset())

    def clear(self) -> None:
        """As on the first day."""
        with moto.ONE_AT_A_TIME:
            self._kept.clear()
            self._born.clear()
            self.used = False


def _ids(ec2: Any) -> Iterator[str]:
    yield from ec2.vpcs
    yield from ec2.route_tables
    yield from ec2.internet_gateways
    yield from ec2.network_acls
    for group in (*ec2.subnets.values(), *ec2.groups.values()):
        yield from group
