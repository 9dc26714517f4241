"""What lets subnets of AWS reach the internet: made with the first subnet that needs it, gone with the last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mcloud.adapter.operations import Operations
from mcloud.adapter.profile import CloudProfile
from mcloud.emulator.clock import Clock
from mcloud.emulator.server import Running, serve
from mcloud.errors import InUse
from mcloud.model.base import Placement
from mcloud_aws import adapter, internet
from mcloud_aws.emulator import SPEC

AT = Placement("aws", "ap-southeast-1")
PICKS = {"zone": "ap-southeast-1a"}
SERVER = {**PICKS, "flavorId": "t3.micro", "diskTypeId": "gp3"}


class Account:
    """The kinds with all that surrounds a call."""

    def __init__(self, cloud: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_TEST_SECRET", cloud.client_secret)
        part = SPEC.whole_profile(cloud.url, cloud.client_id, None)
        profile = CloudProfile.model_validate({**part, "secrets": {"client_secret": "env:AWS_TEST_SECRET"}})
        self.cloud = cloud
        self.operations = Operations(adapter, adapter.connect(profile, AT), longest_interval=0.05)

    def make(self, kind: str, picks: Any = PICKS, /, **inputs: Any) -> str:
        return self.operations.create(adapter.kinds[kind], inputs, picks, kind)[0]

    def change(self, kind: str, native_id: str, /, **inputs: Any) -> None:
        self.operations.finish(adapter.kinds[kind], native_id, {}, inputs, PICKS, kind)

    def seen(self, kind: str, native_id: str) -> dict[str, Any]:
        native = self.operations.read(adapter.kinds[kind], native_id, kind)
        assert native is not None
        return adapter.kinds[kind].observe(AT, native).inputs

    def drop(self, kind: str, native_id: str) -> None:
        self.operations.delete(adapter.kinds[kind], native_id, kind)

    def counts(self) -> dict[str, int]:
        self.cloud.app.cloud.agenda.settle()
        return {kind: len(items) for kind, items in self.cloud.app.inventory().items() if items}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with serve(SPEC, clock=Clock(0.0005)) as cloud:
        yield Account(cloud, monkeypatch)


def subnet(network: str, number: int, way: str) -> dict[str, Any]:
    return {"name": f"sub-{number}", "network": network, "cidr": f"10.1.{number}.0/24", "internet": way}


def test_what_a_network_s_subnets_share_comes_and_goes_with_them(account: Account) -> None:
    network = account.make("Network", name="net", cidr="10.1.0.0/16")
    outside = {"internet_gateways": 1, "nat_gateways": 1, "route_tables": 1, "routes": 1}
    first = account.make("Subnet", **subnet(network, 1, "outbound"))
    assert account.seen("Subnet", first)["internet"] == "outbound"
    assert account.counts() == {"vpcs": 1, "subnets": 1, **outside}
    second = account.make("Subnet", **subnet(network, 2, "direct"))
    third = account.make("Subnet", **subnet(network, 3, "direct"))
    assert account.seen("Subnet", second)["internet"] == "direct"
    assert account.counts() == {"vpcs": 1, "subnets": 3, **outside, "route_tables": 2, "routes": 2}
    account.drop("Subnet", third)
    account.change("Subnet", first, **subnet(network, 1, "none"))
    assert account.seen("Subnet", first)["internet"] == "none"
    assert account.counts() == {"vpcs": 1, "subnets": 2, "internet_gateways": 1, "route_tables": 1, "routes": 1}
    account.change("Subnet", second, **subnet(network, 2, "outbound"))
    assert account.seen("Subnet", second)["internet"] == "outbound"
    assert account.counts() == {"vpcs": 1, "subnets": 2, **outside}
    account.drop("Subnet", second)
    assert account.counts() == {"vpcs": 1, "subnets": 1}
    account.drop("Subnet", first)
    account.drop("Network", network)
    assert account.counts() == {}


def test_what_a_cut_off_run_left_beside_a_subnet_goes_with_the_network(account: Account) -> None:
    network = account.make("Network", name="net", cidr="10.1.0.0/16")
    made = account.make("Subnet", **subnet(network, 1, "direct"))
    # The subnet alone goes, as when a run is killed between the two calls.
    account.operations.session.ec2.delete_subnet(SubnetId=made.split("/")[1])
    assert account.counts()["internet_gateways"] == 1
    account.drop("Network", network)
    assert account.counts() == {}


def test_an_internet_gateway_of_somebody_else_is_used_and_left(account: Account) -> None:
    network = account.make("Network", name="net", cidr="10.1.0.0/16")
    ec2 = account.operations.session.ec2
    theirs = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=theirs, VpcId=network)
    made = account.make("Subnet", **subnet(network, 1, "direct"))
    assert account.seen("Subnet", made)["internet"] == "direct"
    account.drop("Subnet", made)
    assert account.counts() == {"vpcs": 1, "internet_gateways": 1}
    with pytest.raises(InUse):
        account.operations.call(
            "delete it", lambda: adapter.kinds["Network"].delete(account.operations.session, network), retry=False
        )


def test_a_route_is_in_every_table_of_the_network(account: Account) -> None:
    network = account.make("Network", name="net", cidr="10.1.0.0/16")
    direct = account.make("Subnet", **subnet(network, 1, "direct"))
    session = account.operations.session
    image = session.ec2.describe_images(Owners=["099720109477"])["Images"][0]["ImageId"]
    server = account.make("Server", {**SERVER, "imageId": image}, name="gate", subnet=direct, disk={"size": "20 GiB"})
    route = account.make("Route", name="r", network=network, destination="192.168.0.0/16", gateway=server)
    assert account.seen("Route", route)["gateway"] == AT.id_of(server)
    # A table that comes later has it too.
    account.make("Subnet", **subnet(network, 2, "outbound"))
    tables = internet.tables_of(session, network)
    assert [len(internet.static_routes(table)) for table in tables] == [1, 1, 1]
    nic = session.ec2.describe_instances(InstanceIds=[server])["Reservations"][0]["Instances"][0]["NetworkInterfaces"]
    assert nic[0]["SourceDestCheck"] is False
    account.drop("Route", route)
    assert [len(internet.static_routes(table)) for table in internet.tables_of(session, network)] == [0, 0, 0]


def test_an_address_waits_for_a_server_and_moves_to_another(account: Account) -> None:
    network = account.make("Network", name="net", cidr="10.1.0.0/16")
    direct = account.make("Subnet", **subnet(network, 1, "direct"))
    image = account.operations.session.ec2.describe_images(Owners=["099720109477"])["Images"][0]["ImageId"]
    picks = {**SERVER, "imageId": image}
    first = account.make("Server", picks, name="web-0", subnet=direct, disk={"size": "20 GiB"})
    second = account.make("Server", picks, name="web-1", subnet=direct, disk={"size": "20 GiB"})
    address = account.make("PublicIp", name="front")
    assert "server" not in account.seen("PublicIp", address)
    for server in (first, second):
        account.change("PublicIp", address, name="front", server=server)
        assert account.seen("PublicIp", address)["server"] == AT.id_of(server)
    account.drop("PublicIp", address)
    assert "addresses" not in account.counts()
