"""Discovery of many servers on moto beside bare boto3 paginators that fetch the same pages.

moto is a process of its own that answers one call after the other, so asking for much at once gains what is done while
it answers and no more. Both sides are warm before the clock starts: boto3 has read its tables and moto has answered
everything once. Then they take turns, A B B A, so that what slows the machine down for a while is not in one side only;
the medians are compared.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import boto3

from mcloud.adapter.operations import Operations
from mcloud.adapter.profile import CloudProfile
from mcloud.discover.live import Home, discover_homes
from mcloud.discover.write import to_json
from mcloud.model.base import Placement
from mcloud_aws import adapter
from mcloud_aws.discovery.calls import CALLS
from mcloud_aws.session import EVERYWHERE
from tests.estates import aws as estate
from tests.estates.moto_server import moto_server

AT = Placement("aws", estate.REGION)
GROUPS = 50
DISKS = [
    {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3"}},
    {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 50, "VolumeType": "gp3"}},
]
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}


@dataclass
class Estate:
    """So many servers, each with a root disk and a data volume, and groups; the calls that discovery made."""

    servers: int
    url: str
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def build(self) -> None:
        """Make them, in calls of many at once where the service has such."""
        made = estate.Builder(boto3.session.Session())
        made.ec2.import_key_pair(KeyName="ops", PublicKeyMaterial=estate.KEY.encode())
        made.network("shop", 10)
        block = {"CidrBlock": "10.10.16.0/20", "AvailabilityZone": estate.ZONES[0]}
        subnet = made.ec2.create_subnet(VpcId=made.ids["shop"], **block)["Subnet"]["SubnetId"]
        for number in range(GROUPS):
            made.group("shop", f"group-{number}", ("tcp", 22, "203.0.113.0/24"), ("tcp", 443, "0.0.0.0/0"))
        made.ec2.run_instances(
            ImageId=made.image,
            InstanceType="m5.large",
            MinCount=self.servers,
            MaxCount=self.servers,
            SubnetId=subnet,
            SecurityGroupIds=[made.ids["group/group-0"]],
            KeyName="ops",
            BlockDeviceMappings=DISKS,
            TagSpecifications=estate.tags("instance", "web"),
        )

    def discover(self) -> int:
        """All of it, with the account of everything as JSON; how many resources were seen."""
        session = adapter.connect(CloudProfile(endpoints={EVERYWHERE: self.url}), AT)
        found = discover_homes((Home(Operations(adapter, session), AT, adapter.catalog()),))
        assert found.document["servers"]["web"]["count"] == self.servers
        assert found.document["volumes"]["web-data"]["attach"] == "web"
        assert len(to_json(found)) > self.servers
        return found.counts().seen

    def note_calls(self) -> None:
        """Which calls discovery makes, and with what."""
        from mcloud_aws.discovery import look

        asked = look.Look._pages

        def noting(this: Any, call: Any, arguments: dict[str, Any]) -> Any:
            self.calls.append((call.service, call.operation, arguments))
            return asked(this, call, arguments)

        with patch.object(look.Look, "_pages", noting):
            self.discover()

    def fetch(self) -> int:
        """The same pages, one list after the other; how many rows."""
        session, count = boto3.session.Session(region_name=estate.REGION), 0
        clients = {service: session.client(service) for service in {name for name, _, _ in self.calls}}
        for service, operation, arguments in self.calls:
            call, client = CALLS[service, operation], clients[service]
            if client.can_paginate(operation):
                size = {"PageSize": call.page[1]} if call.page else {}
                for page in client.get_paginator(operation).paginate(**arguments, PaginationConfig=size):
                    count += len(page.get(call.field) or ())
            else:
                count += len(getattr(client, operation)(**arguments).get(call.field) or ())
        return count


@dataclass(frozen=True)
class Measured:
    """Seconds of each round, by the clock and of this process's processors."""

    discovery: tuple[float, ...]
    bare: tuple[float, ...]
    discovery_processor: tuple[float, ...]
    bare_processor: tuple[float, ...]

    @property
    def medians(self) -> tuple[float, float]:
        """Of discovery and of bare paginators, by the clock."""
        return statistics.median(self.discovery), statistics.median(self.bare)

    @property
    def processor_medians(self) -> tuple[float, float]:
        """The same of this process's processors: without moto."""
        return statistics.median(self.discovery_processor), statistics.median(self.bare_processor)


@contextmanager
def _standing(servers: int) -> Iterator[Estate]:
    with moto_server() as url, patch.dict(os.environ, {**KEYS, "AWS_ENDPOINT_URL": url}):
        made = Estate(servers, url)
        made.build()
        yield made


def measured(servers: int, rounds: int) -> Measured:
    """Both sides in one run; each round is A B B A."""
    times: dict[str, list[tuple[float, float]]] = {"discover": [], "fetch": []}
    with _standing(servers) as made:
        made.note_calls()
        made.calls = [call for call in made.calls if _answers(made, call)]
        made.fetch()
        sides: dict[str, Callable[[], object]] = {"discover": made.discover, "fetch": made.fetch}
        for _ in range(rounds):
            for side in ("discover", "fetch", "fetch", "discover"):
                clock, processor = time.perf_counter(), time.process_time()
                sides[side]()
                times[side].append((time.perf_counter() - clock, time.process_time() - processor))
    (ours, ours_cpu), (bare, bare_cpu) = (zip(*times[side], strict=True) for side in ("discover", "fetch"))
    return Measured(ours, bare, ours_cpu, bare_cpu)


def _answers(made: Estate, call: tuple[str, str, dict[str, Any]]) -> bool:
    """Whether moto has the call at all: a refusal that is repeated is no page."""
    one = Estate(made.servers, made.url, [call])
    try:
        one.fetch()
    except Exception:
        return False
    return True
