"""Emulated clouds whose clocks the test holds, and clients that are signed in to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
import yaml
from botocore.config import Config
from botocore.exceptions import ClientError

from mcloud.adapter.conformance.pem import make_certificate
from mcloud.adapter.kind import Native, Observed
from mcloud.adapter.operations import Operations
from mcloud.adapter.profile import CloudProfile
from mcloud.emulator.clock import Clock, ManualClock
from mcloud.emulator.faults import FaultRule
from mcloud.emulator.server import Running, serve
from mcloud.model.base import Placement
from mcloud_aws.emulator import SPEC as AWS_SPEC
from mcloud_vng import adapter
from mcloud_vng.driver import VNGNodeDriver
from mcloud_vng.emulator import SPEC

EXAMPLE = Path(__file__).parents[2] / "examples" / "web.yaml"
FLAVOR = "flav-e2028a81-cc75-47e4-8af1-9eef2f857f84"  # s-general-2x4 in HCM03-1C
IMAGE = "img-b5bf635e-0456-4765-b493-31d5fcfc05aa"
DISK = "vtype-e782f8e1-0569-11f0-a0a4-ec2a72332f83"


@dataclass
class Api:
    """The vendor's API, one call at a time."""

    cloud: Running
    clock: ManualClock
    client: httpx.Client
    project: str

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """One call below the gateway; ``{p}`` is the project."""
        return self.client.request(method, path.replace("{p}", self.project), json=body, params=query)

    def vlb(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """One call below the load balancers' gateway."""
        return self.call(method, f"{self.cloud.url}/vserver/vlb-gateway{path}", body, **query)

    def balanced(self, method: str, path: str, body: Any = None) -> str:
        """A call to that gateway that must be accepted, and then the time that it takes; the id in the answer."""
        answer = self.vlb(method, path, body)
        assert answer.status_code == 202, answer.text
        self.clock.advance(150)
        return str(answer.json()["uuid"]) if answer.content else ""

    def balancer(self, subnet: str, package: str, **changes: Any) -> str:
        """The path of a load balancer of this package that is there."""
        layer = "Layer 7" if package.startswith("ALB") else "Layer 4"
        packages = self.vlb("GET", "/v2/{p}/loadBalancers/packages", zoneId="HCM03-1C").json()["listData"]
        found = next(item["uuid"] for item in packages if item["name"] == package)
        body = {"name": "test-balancer", "packageId": found, "scheme": "Internet", "subnetId": subnet, "type": layer}
        made = self.balanced("POST", "/v2/{p}/loadBalancers", {**body, "zoneId": "HCM03-1C", **changes})
        return f"/v2/{{p}}/loadBalancers/{made}"

    def certificate(self, name: str = "test-certificate", kind: str = "TLS/SSL") -> str:
        """The id of a certificate for listeners."""
        text, key = make_certificate("shop.example")
        answer = self.vlb("POST", "/v2/{p}/cas", {"name": name, "type": kind, "certificate": text, "privateKey": key})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["uuid"])

    def made(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """A call that must succeed, and then the time that it takes; the answer's ``data``."""
        answer = self.call(method, path, body)
        assert answer.status_code < 300, answer.text
        self.clock.advance(100)
        return dict(answer.json()["data"])

    def network(self, name: str = "test-network", cidr: str = "10.1.0.0/16") -> str:
        """A network that is there."""
        return str(self.made("POST", "/v2/{p}/networks", {"name": name, "cidr": cidr})["id"])

    def subnet(self, network: str, cidr: str = "10.1.1.0/24") -> str:
        """A subnet that is there."""
        body = {"name": "test-subnet", "cidr": cidr, "zoneId": "HCM03-1C"}
        return str(self.made("POST", f"/v2/{{p}}/networks/{network}/subnets", body)["uuid"])

    def server_body(self, **changes: Any) -> dict[str, Any]:
        """The body of a server in a network of its own."""
        network = self.network()
        body = {
            "name": "test-server",
            "flavorId": FLAVOR,
            "imageId": IMAGE,
            "networkId": network,
            "subnetId": self.subnet(network),
            "rootDiskSize": 20,
            "rootDiskTypeId": DISK,
            "encryptionVolume": False,
            "zoneId": "HCM03-1C",
        }
        return {**body, **changes}

    def key_text(self) -> str:
        """An RSA public key."""
        return str(yaml.safe_load(EXAMPLE.read_text())["keys"]["deploy"]["public_key"])


@pytest.fixture
def api() -> Iterator[Api]:
    """Signed in, the clock standing still."""
    clock = ManualClock()
    with serve(SPEC, clock=clock) as cloud:
        answer = httpx.post(f"{cloud.url}/accounts-api/v2/auth/token", auth=(cloud.client_id, cloud.client_secret))
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        with httpx.Client(base_url=f"{cloud.url}/vserver/vserver-gateway", headers=headers) as client:
            project = client.get("/v1/projects").json()["projects"][0]["projectId"]
            yield Api(cloud, clock, client, project)


@dataclass
class Account:
    """The adapter's kinds on an account of their own, with all that surrounds a call."""

    cloud: Running
    operations: Operations

    @property
    def driver(self) -> VNGNodeDriver:
        """The calls themselves."""
        found: VNGNodeDriver = self.operations.session.driver
        return found

    def make(self, kind: str, name: str, /, **inputs: Any) -> str:
        """Create, and wait until it is ready; the native id."""
        given = {"name": name, **inputs}
        native_id, _ = self.operations.create(adapter.kinds[kind], given, PICKS, f"{kind} {name}")
        return native_id

    def change(self, kind: str, native_id: str, /, **inputs: Any) -> None:
        """Update to these inputs."""
        self.operations.finish(adapter.kinds[kind], native_id, {}, inputs, PICKS, kind)

    def drop(self, kind: str, native_id: str) -> None:
        """Delete, and wait until it is gone."""
        self.operations.delete(adapter.kinds[kind], native_id, kind)

    def native(self, kind: str, native_id: str) -> Native | None:
        """What ``read`` gives."""
        return self.operations.read(adapter.kinds[kind], native_id, kind)

    def seen(self, kind: str, native_id: str) -> Observed:
        """What is there, in neutral words."""
        native = self.native(kind, native_id)
        assert native is not None
        return adapter.kinds[kind].observe(AT, native)

    def listed(self, kind: str) -> dict[str, Native]:
        """All of a kind."""
        return dict(adapter.kinds[kind].list(self.operations.session))

    def find(self, kind: str, **inputs: Any) -> str | None:
        """What these inputs would have made."""
        return adapter.kinds[kind].find(self.operations.session, inputs).native_id

    def fault(self, **rule: Any) -> None:
        """Arm a fault."""
        self.cloud.app.faults.add(FaultRule(**rule))

    def inventory(self, kind: str) -> list[dict[str, Any]]:
        """What the cloud holds."""
        self.cloud.app.cloud.agenda.settle()
        found: list[dict[str, Any]] = self.cloud.app.cloud.inventory()[kind]
        return found

    def network(self, block: int = 20) -> tuple[str, str]:
        """A network 10.block.0.0/16 and its subnet 10.block.1.0/24: native ids."""
        network = self.make("Network", f"network-{block}", cidr=f"10.{block}.0.0/16")
        return network, self.subnet(network, f"10.{block}.1.0/24")

    def subnet(self, network: str, cidr: str) -> str:
        """One more subnet."""
        return self.make("Subnet", "subnet-" + cidr.replace(".", "-").split("/")[0], network=network, cidr=cidr)

    def server(self, name: str, subnet: str, **inputs: Any) -> str:
        """A server."""
        return self.make("Server", name, subnet=subnet, disk={"size": "20 GiB"}, **inputs)


AT = Placement("vng", "hcm-3")
PICKS = {"zone": "HCM03-1C", "flavorId": FLAVOR, "imageId": IMAGE, "diskTypeId": DISK}


def _account(cloud: Running, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account on a cloud that is there."""
    objects = cloud.objects.url if cloud.objects else ""
    profile = CloudProfile.model_validate(SPEC.whole_profile(cloud.url, cloud.client_id, objects))
    monkeypatch.setenv("CLIENT_SECRET", cloud.client_secret)
    return Account(cloud, Operations(adapter, adapter.connect(profile, AT), longest_interval=0.05))


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account on a cloud whose states last a thousandth of the vendor's."""
    with serve(SPEC, clock=Clock(0.001)) as cloud:
        yield _account(cloud, monkeypatch)


@pytest.fixture
def second_account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """Another one, on a cloud of its own, with nothing on it."""
    with serve(SPEC, clock=Clock(0.001)) as cloud:
        yield _account(cloud, monkeypatch)


AWS_REGION = "ap-southeast-1"


@cache
def _boto() -> boto3.Session:
    """One session: it keeps the services' models, which take long to read."""
    return boto3.Session(aws_access_key_id="unused", aws_secret_access_key="unused", region_name=AWS_REGION)


@dataclass
class Aws:
    """An emulated AWS whose clock the test holds, by boto3's own clients, which repeat nothing."""

    cloud: Running
    clock: ManualClock

    def client(self, service: str, region: str = AWS_REGION, **keys: Any) -> Any:
        """A client; ``keys`` in place of the account's own."""
        given = {"aws_access_key_id": self.cloud.client_id, "aws_secret_access_key": self.cloud.client_secret, **keys}
        once = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        return _boto().client(service, region_name=region, endpoint_url=self.cloud.url, config=once, **given)

    @cached_property
    def ec2(self) -> Any:
        """EC2."""
        return self.client("ec2")

    @cached_property
    def elb(self) -> Any:
        """ELBv2."""
        return self.client("elbv2")

    @cached_property
    def acm(self) -> Any:
        """ACM."""
        return self.client("acm")

    @cached_property
    def image(self) -> str:
        """An image of x86-64."""
        name = "amzn2-ami-hvm-*-x86_64-gp2"
        return str(self.ec2.describe_images(Filters=[{"Name": "name", "Values": [name]}])["Images"][0]["ImageId"])

    def later(self, seconds: float = 1000) -> None:
        """Let time go on."""
        self.clock.advance(seconds)

    def vpc(self, cidr: str = "10.1.0.0/16") -> str:
        """A VPC."""
        return str(self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"])

    def subnet(self, vpc: str, cidr: str = "10.1.1.0/24", zone: str = "a") -> str:
        """A subnet."""
        found = self.ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=AWS_REGION + zone)
        return str(found["Subnet"]["SubnetId"])

    def gateway(self, vpc: str) -> str:
        """An internet gateway of the VPC."""
        made = str(self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])
        self.ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=vpc)
        return made

    def group(self, vpc: str, name: str = "test-group") -> str:
        """A security group."""
        return str(self.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"])

    def address(self) -> str:
        """An elastic IP address."""
        return str(self.ec2.allocate_address(Domain="vpc")["AllocationId"])

    def launch(self, subnet: str, **more: Any) -> str:
        """An instance, which is pending."""
        given = {"ImageId": self.image, "InstanceType": "t3.micro", "SubnetId": subnet} | more
        return str(self.ec2.run_instances(MinCount=1, MaxCount=1, **given)["Instances"][0]["InstanceId"])

    def server(self, subnet: str, **more: Any) -> str:
        """An instance that runs."""
        made = self.launch(subnet, **more)
        self.later()
        return made

    def volume(self, zone: str = "a") -> str:
        """A volume that is available."""
        made = self.ec2.create_volume(Size=8, VolumeType="gp3", AvailabilityZone=AWS_REGION + zone)
        self.later()
        return str(made["VolumeId"])

    def balancer(self, kind: str = "application", name: str = "test") -> tuple[str, str]:
        """A balancer that is active, in a VPC of its own: its ARN, and the VPC."""
        vpc = self.vpc()
        self.gateway(vpc)
        subnets = [self.subnet(vpc, f"10.1.{number}.0/24", zone) for number, zone in enumerate("ab")]
        made = self.elb.create_load_balancer(Name=name, Type=kind, Subnets=subnets)["LoadBalancers"][0]
        self.later()
        return str(made["LoadBalancerArn"]), vpc

    def targets(self, vpc: str, name: str = "test", protocol: str = "HTTP") -> str:
        """A target group."""
        made = self.elb.create_target_group(Name=name, Protocol=protocol, Port=80, VpcId=vpc)
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def state(self, instance: str) -> str:
        """The state of an instance."""
        found = self.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        return str(found["State"]["Name"])

    def held(self, kind: str) -> list[dict[str, Any]]:
        """What the cloud holds of a kind."""
        self.cloud.app.cloud.agenda.settle()
        found: list[dict[str, Any]] = self.cloud.app.inventory()[kind]
        return found

    def fault(self, **rule: Any) -> None:
        """Arm a fault."""
        self.cloud.app.faults.add(FaultRule(**rule))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """An account that nobody has used, the clock standing still."""
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    clock = ManualClock()
    with serve(AWS_SPEC, clock=clock) as cloud:
        yield Aws(cloud, clock)


@contextmanager
def refusal(code: str, *words: str) -> Iterator[None]:
    """What runs inside must be refused with this code, and these words in its message."""
    with pytest.raises(ClientError) as found:
        yield
    error = found.value.response["Error"]
    assert error["Code"] == code, error
    for word in words:
        assert word in error["Message"], error


@pytest.fixture
def refused() -> Any:
    """``with refused(code, words…):``"""
    return refusal
