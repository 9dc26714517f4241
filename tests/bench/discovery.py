"""Discovery of many servers on moto beside bare boto3 paginators that fetch the same pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
from moto import mock_aws

from mcloud.adapter.operations import Operations
from mcloud.discover.live import Home, discover_homes
from mcloud.discover.write import to_json
from mcloud.model.base import Placement
from mcloud_aws import adapter
from mcloud_aws.discovery.calls import CALLS
from mcloud_aws.session import AwsSession
from tests.estates import aws as estate

AT = Placement("aws", estate.REGION)
GROUPS = 50


@dataclass
class Estate:
    """So many servers, each with a root disk and a data volume, and groups; the calls that discovery made."""

    servers: int
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def build(self) -> None:
        """Make them, in calls of many at once where the service has such."""
        estate.publish_images()
        made = estate.Builder(self._boto())
        made.ec2.import_key_pair(KeyName="ops", PublicKeyMaterial=estate.KEY.encode())
        made.network("shop", 10)
        block = {"CidrBlock": "10.10.16.0/20", "AvailabilityZone": estate.ZONES[0]}
        subnet = made.ec2.create_subnet(VpcId=made.ids["shop"], **block)["Subnet"]["SubnetId"]
        for number in range(GROUPS):
            made.group("shop", f"group-{number}", ("tcp", 22, "203.0.113.0/24"), ("tcp", 443, "0.0.0.0/0"))
        rows = made.ec2.run_instances(
            ImageId=made.image,
            InstanceType="m5.large",
            MinCount=self.servers,
            MaxCount=self.servers,
            SubnetId=subnet,
            SecurityGroupIds=[made.ids["group/group-0"]],
            KeyName="ops",
            TagSpecifications=estate.tags("instance", "web"),
        )["Instances"]
        for row in rows:
            made.ids["server"] = row["InstanceId"]
            made.volume("server", 50)

    def _boto(self) -> Any:
        return boto3.session.Session("AKIDEXAMPLE", "secret", region_name=estate.REGION)

    def discover(self) -> int:
        """All of it, with the account of everything as JSON; how many resources were seen."""
        session = AwsSession(self._boto(), estate.REGION, {})
        found = discover_homes((Home(Operations(adapter, session), AT, adapter.catalog()),))
        assert found.document["servers"]["web"]["count"] == self.servers
        assert len(to_json(found)) > self.servers
        return found.counts().seen

    def note_calls(self) -> None:
        """Which calls discovery makes, and with what."""
        from mcloud_aws.discovery import look

        asked = look.Look._pages

        def noting(this: Any, call: Any, arguments: dict[str, Any]) -> Any:
            self.calls.append((call.service, call.operation, arguments))
            return asked(this, call, arguments)

        look.Look._pages = noting  # type: ignore[method-assign]
        try:
            self.discover()
        finally:
            look.Look._pages = asked  # type: ignore[method-assign]

    def fetch(self) -> int:
        """The same pages, one list after the other; how many rows."""
        session, count = AwsSession(self._boto(), estate.REGION, {}), 0
        for service, operation, arguments in self.calls:
            call, client = CALLS[service, operation], session.client(service)
            try:
                if client.can_paginate(operation):
                    size = {"PageSize": call.page[1]} if call.page else {}
                    for page in client.get_paginator(operation).paginate(**arguments, PaginationConfig=size):
                        count += len(page.get(call.field) or ())
                else:
                    count += len(getattr(client, operation)(**arguments).get(call.field) or ())
            except NotImplementedError:
                continue
        return count


def measured(servers: int, rounds: int, seconds: Callable[[Callable[[], object], int], float]) -> tuple[float, float]:
    """Seconds of discovery, and of bare paginators, in one run."""
    with mock_aws():
        made = Estate(servers)
        made.build()
        made.note_calls()
        return seconds(made.discover, rounds), seconds(made.fetch, rounds)
