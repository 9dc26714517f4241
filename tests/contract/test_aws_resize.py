"""A server's type is changed in three calls; one that is cut off between them is not taken for done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mcloud.adapter.operations import Operations
from mcloud.adapter.profile import CloudProfile
from mcloud.emulator.clock import Clock
from mcloud.emulator.faults import FaultRule
from mcloud.emulator.server import Running, serve
from mcloud.errors import Unauthorised
from mcloud.model.base import Placement
from mcloud_aws import adapter
from mcloud_aws.emulator import SPEC

AT = Placement("aws", "ap-southeast-1")
KIND = adapter.kinds["Server"]


class Server:
    """One of type t3.micro."""

    def __init__(self, cloud: Running, operations: Operations) -> None:
        self.cloud = cloud
        self.operations = operations
        session = operations.session
        image = session.ec2.describe_images(Owners=["099720109477"])["Images"][0]["ImageId"]
        self.picks = {"zone": "ap-southeast-1a", "diskTypeId": "gp3", "imageId": image, "flavorId": "t3.micro"}
        network = self._make("Network", name="net", cidr="10.1.0.0/16")
        subnet = self._make("Subnet", name="sub", network=network, cidr="10.1.1.0/24")
        self.inputs = {"name": "web", "subnet": subnet, "disk": {"size": "20 GiB"}}
        self.id = self._make("Server", **self.inputs)

    def _make(self, kind: str, **inputs: Any) -> str:
        return self.operations.create(adapter.kinds[kind], inputs, self.picks, kind)[0]

    def resize(self, flavor: str) -> None:
        """What update does."""
        picks = {**self.picks, "flavorId": flavor}
        self.operations.finish(KIND, self.id, self.inputs, self.inputs, picks, "server web")

    def flavor(self) -> Any:
        """What was chosen, as the next run sees it."""
        native = self.operations.read(KIND, self.id, "server web")
        assert native is not None
        return KIND.observe(AT, native).picks["flavorId"]

    def instance(self) -> dict[str, Any]:
        """As the cloud holds it."""
        self.cloud.app.cloud.agenda.settle()
        [item] = self.cloud.app.inventory()["instances"]
        return item


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("AWS_TEST_SECRET", "test-secret")
    with serve(SPEC, clock=Clock(0.0005)) as cloud:
        part = SPEC.whole_profile(cloud.url, cloud.client_id, None)
        profile = CloudProfile.model_validate({**part, "secrets": {"client_secret": "env:AWS_TEST_SECRET"}})
        yield Server(cloud, Operations(adapter, adapter.connect(profile, AT), longest_interval=0.05))


@pytest.mark.parametrize("action", ["StopInstances", "ModifyInstanceAttribute", "StartInstances", "DeleteTags"])
def test_cut_off_between_two_calls_it_goes_on(server: Server, action: str) -> None:
    server.cloud.app.faults.add(FaultRule(action="status", status=403, path=f"/{action}$"))
    with pytest.raises(Unauthorised):
        server.resize("t3.small")
    # Whatever it is now, the next run sees that it is not what was asked for.
    assert server.flavor() != "t3.small"
    server.resize("t3.small")
    assert server.flavor() == "t3.small"
    found = server.instance()
    assert (found["type"], found["status"]) == ("t3.small", "running")
    assert not [key for key in found["tags"] if key.startswith("mcloud:resizing")]


def test_a_change_that_was_taken_back_is_undone(server: Server) -> None:
    server.cloud.app.faults.add(FaultRule(action="status", status=403, path="/StartInstances$"))
    with pytest.raises(Unauthorised):
        server.resize("t3.small")
    assert server.flavor() != "t3.micro"
    server.resize("t3.micro")
    found = server.instance()
    assert (server.flavor(), found["type"], found["status"]) == ("t3.micro", "t3.micro", "running")
