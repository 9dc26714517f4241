"""The AWS front itself: keys, faults, recorder, S3, and that AWS's own clients see through it what moto says."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from mcloud.adapter.profile import load_profile
from mcloud.cli.main import run
from mcloud.emulator.clock import ManualClock
from mcloud.emulator.server import serve
from mcloud.emulator.signature import S3Call
from mcloud.errors import EmulatorError
from mcloud_aws.emulator import SPEC

REGION = "ap-southeast-1"
READS: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("ec2", "describe_vpcs", {}),
    ("ec2", "describe_subnets", {"Filters": [{"Name": "tag:who", "Values": ["me"]}]}),
    ("ec2", "describe_route_tables", {}),
    ("ec2", "describe_internet_gateways", {}),
    ("ec2", "describe_security_groups", {}),
    ("ec2", "describe_security_group_rules", {}),
    ("ec2", "describe_instances", {}),
    ("ec2", "describe_volumes", {}),
    ("ec2", "describe_addresses", {}),
    ("ec2", "describe_network_interfaces", {}),
    ("ec2", "describe_availability_zones", {}),
    ("ec2", "describe_instance_types", {"InstanceTypes": ["t3.micro"]}),
    ("elbv2", "describe_load_balancers", {}),
    ("elbv2", "describe_target_groups", {}),
    ("acm", "list_certificates", {}),
    ("sts", "get_caller_identity", {}),
    ("iam", "list_users", {}),
)


class _Raw:
    """A body that botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._body


def at_moto(aws: Any, service: str) -> Any:
    """A client of moto itself, over the data of the emulator, without the front."""
    cloud = aws.cloud.app.cloud
    key = aws.cloud.client_id

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        call = S3Call(request.method, "/", [], headers, body)
        with cloud.world.moto.open():
            found = cloud.world.moto.run(service, call, REGION, key)
        return AWSResponse(request.url, found.status, dict(found.headers), _Raw(found.body))

    client = aws.client(service)
    client.meta.events.register("before-send", answer)
    return client


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _told(client: Any, action: str, values: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(getattr(client, action)(**values))
    found.pop("ResponseMetadata")
    return found


@pytest.fixture
def furnished(aws: Any) -> Any:
    """An account with one of most things."""
    tags = [{"ResourceType": "subnet", "Tags": [{"Key": "who", "Value": "me"}]}]
    _, vpc = aws.balancer()
    aws.targets(vpc)
    subnet = aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.9.0/24", TagSpecifications=tags)["Subnet"]["SubnetId"]
    aws.server(subnet, SecurityGroupIds=[aws.group(vpc)])
    aws.volume()
    aws.address()
    aws.acm.request_certificate(DomainName="shop.example")
    return aws


def test_reads_are_answered_as_by_moto(furnished: Any) -> None:
    direct = {service: at_moto(furnished, service) for service in {service for service, _, _ in READS}}
    through = {service: furnished.client(service) for service in direct}
    for service, action, values in READS:
        found = _told(through[service], action, values)
        assert found == _told(direct[service], action, values), action
        assert any(isinstance(value, str) or value for value in found.values()) or action == "list_users"


def test_moto_lets_pass_what_the_front_refuses(aws: Any, refused: Any) -> None:
    """Without this the front would prove nothing."""
    vpc = aws.vpc()
    subnet = aws.subnet(vpc)
    direct = at_moto(aws, "elbv2")
    with refused("InvalidConfigurationRequest"):
        aws.elb.create_load_balancer(Name="one", Subnets=[subnet, subnet])
    assert direct.create_load_balancer(Name="one", Subnets=[subnet])["LoadBalancers"]
    made = [
        at_moto(aws, "ec2").run_instances(
            ImageId=aws.image, InstanceType="t3.tiny", MinCount=1, MaxCount=1, ClientToken="same", SubnetId=subnet
        )["Instances"][0]["InstanceId"]
        for _ in range(2)
    ]
    assert len(set(made)) == 2


def test_the_aws_cli_reads_through_the_front_as_at_moto(furnished: Any, tmp_path: Path) -> None:
    found = SPEC.whole_env(furnished.cloud.url, furnished.cloud.client_id, furnished.cloud.client_secret, None)
    config = tmp_path / "config"
    config.write_text("[default]\ncli_timestamp_format = iso8601\n")
    env = {**os.environ, **found, "HOME": str(tmp_path), "AWS_PAGER": "", "AWS_CONFIG_FILE": str(config)}
    command = [str(Path(sys.executable).with_name("aws")), "--output", "json"]
    wanted = (
        (["ec2", "describe-instances"], "ec2", "describe_instances"),
        (["elbv2", "describe-load-balancers"], "elbv2", "describe_load_balancers"),
        (["sts", "get-caller-identity"], "sts", "get_caller_identity"),
    )
    for words, service, action in wanted:
        done = subprocess.run([*command, *words], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        direct = _told(at_moto(furnished, service), action, {})
        told = json.loads(json.dumps(direct, default=lambda value: value.isoformat()))
        assert json.loads(done.stdout) == told
    done = subprocess.run([*command, "ec2", "create-vpc", "--cidr-block", "10.0.0.0/8"], env=env, capture_output=True)
    assert (done.returncode != 0, b"InvalidVpc.Range" in done.stderr) == (True, True)
    done = subprocess.run([*command, "s3", "mb", "s3://by-the-cli"], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "make_bucket: by-the-cli")


@pytest.mark.parametrize(
    ("service", "action", "unknown", "wrong"),
    [
        ("ec2", "describe_vpcs", "AuthFailure", "AuthFailure"),
        ("elbv2", "describe_load_balancers", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        ("sts", "get_caller_identity", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        ("acm", "list_certificates", "UnrecognizedClientException", "InvalidSignatureException"),
        ("s3", "list_buckets", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
    ],
)
def test_other_keys_are_refused(aws: Any, refused: Any, service: str, action: str, unknown: str, wrong: str) -> None:
    with refused(unknown):
        getattr(aws.client(service, aws_access_key_id="other"), action)()
    with refused(wrong):
        getattr(aws.client(service, aws_secret_access_key="other"), action)()


def test_who_does_not_sign_is_refused(aws: Any) -> None:
    answer = httpx.post(aws.cloud.url, data={"Action": "DescribeVpcs", "Version": "2016-11-15"})
    assert (answer.status_code, "MissingAuthenticationToken" in answer.text) == (403, True)


def test_regions_and_services_that_are_not_there(aws: Any, refused: Any) -> None:
    with refused("AuthFailure", "moon-1"):
        aws.client("ec2", "moon-1").describe_vpcs()
    with pytest.raises(ClientError, match="501"):
        aws.client("sqs").list_queues()


def test_regions_are_apart(aws: Any) -> None:
    aws.vpc()
    other = aws.client("ec2", "us-east-1")
    other.create_vpc(CidrBlock="10.2.0.0/16")
    assert sorted(item["region"] for item in aws.held("vpcs")) == [REGION, "us-east-1"]
    assert len(other.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]) == 1


def test_another_key_is_another_account(aws: Any) -> None:
    with serve(SPEC, client_id="somebody-else", clock=ManualClock()) as other:
        assert len(other.app.cloud.account) == 12
        assert other.app.cloud.account != aws.cloud.app.cloud.account
    assert aws.client("sts").get_caller_identity()["Account"] == aws.cloud.app.cloud.account


def test_two_emulators_of_one_account_are_apart(aws: Any) -> None:
    with serve(SPEC, clock=ManualClock()) as other:
        assert other.app.cloud.account == aws.cloud.app.cloud.account
        keys = {"aws_access_key_id": other.client_id, "aws_secret_access_key": other.client_secret}
        second = boto3.Session().client("ec2", REGION, endpoint_url=other.url, **keys)
        with ThreadPoolExecutor(4) as pool:
            both = [aws.ec2, second] * 4
            made = list(pool.map(lambda pair: _vpc(*pair), enumerate(both)))
        assert len(set(made)) == 8
        assert {item["id"] for item in aws.held("vpcs")} == set(made[::2])
        assert {item["id"] for item in other.app.inventory()["vpcs"]} == set(made[1::2])


def _vpc(number: int, client: Any) -> str:
    return str(client.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"])


def test_keys_that_are_lent_expire(aws: Any, refused: Any) -> None:
    def client(service: str) -> Any:
        return aws.client(service, **{name: lent[part] for name, part in parts.items()})

    parts = {
        "aws_access_key_id": "AccessKeyId",
        "aws_secret_access_key": "SecretAccessKey",
        "aws_session_token": "SessionToken",
    }
    role = f"arn:aws:iam::{aws.cloud.app.cloud.account}:role/deploy"
    lent = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    assert client("sts").get_caller_identity()["Arn"].endswith("assumed-role/deploy/test")
    client("ec2").create_vpc(CidrBlock="10.1.0.0/16")
    client("s3").list_buckets()
    with refused("AuthFailure"):
        aws.client("ec2", **{name: lent[part] for name, part in parts.items() if "token" not in name}).describe_vpcs()
    aws.cloud.app.cloud.tune("expire-tokens", {})
    for service, action, code in (
        ("ec2", "describe_vpcs", "RequestExpired"),
        ("elbv2", "describe_load_balancers", "ExpiredToken"),
        ("acm", "list_certificates", "ExpiredTokenException"),
        ("s3", "list_buckets", "ExpiredToken"),
    ):
        with refused(code):
            getattr(client(service), action)()
    aws.ec2.describe_vpcs()  # the account's own key does not expire
    lent = aws.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    client("ec2").describe_vpcs()
    aws.later(900)
    with refused("RequestExpired"):
        client("ec2").describe_vpcs()


def test_a_role_of_another_account(aws: Any, refused: Any) -> None:
    with refused("AccessDenied", "sts:AssumeRole"):
        aws.client("sts").assume_role(RoleArn="arn:aws:iam::000000000001:role/deploy", RoleSessionName="test")


@pytest.mark.parametrize(
    ("service", "make", "codes"),
    [
        ("ec2", "create_vpc", ("InternalError", "Unavailable", "UnauthorizedOperation", "RequestLimitExceeded")),
        ("elbv2", "create_target_group", ("InternalFailure", "ServiceUnavailable", "AccessDenied", "Throttling")),
        (
            "acm",
            "request_certificate",
            ("InternalFailure", "ServiceUnavailable", "AccessDeniedException", "ThrottlingException"),
        ),
        ("s3", "create_bucket", ("InternalError", "ServiceUnavailable", "AccessDenied", "SlowDown")),
    ],
)
def test_faults_are_told_in_each_services_words(
    aws: Any, refused: Any, service: str, make: str, codes: tuple[str, ...]
) -> None:
    client = aws.client(service)
    values: dict[str, dict[str, Any]] = {
        "create_vpc": {"CidrBlock": "10.1.0.0/16"},
        "create_target_group": {"Name": "test", "Protocol": "HTTP", "Port": 80},
        "request_certificate": {"DomainName": "shop.example"},
        "create_bucket": {"Bucket": "fresh", "CreateBucketConfiguration": {"LocationConstraint": REGION}},
    }
    rules = [{"action": "status", "status": status} for status in (500, 503, 403)] + [{"action": "rate-limit"}]
    for rule, code in zip(rules, codes, strict=True):
        aws.cloud.app.faults.clear()
        aws.fault(path=f"^/{service}/", method="POST|PUT", **rule)
        with refused(code):
            getattr(client, make)(**values[make])
    assert not any(aws.cloud.app.inventory().values())


def test_reads_do_not_count_as_changes(aws: Any) -> None:
    aws.fault(action="status", method="POST", times=0)
    aws.ec2.describe_vpcs()
    aws.client("sts").get_caller_identity()
    aws.acm.list_certificates()
    with pytest.raises(ClientError, match="InternalError"):
        aws.vpc()


def test_a_fault_names_its_own_code(aws: Any, refused: Any) -> None:
    body = {"Code": "InsufficientAddressCapacity", "Message": "none left"}
    aws.fault(action="status", status=503, path="^/ec2/AllocateAddress$", body=body)
    with refused("InsufficientAddressCapacity", "none left"):
        aws.address()
    aws.address()


@pytest.mark.parametrize("rule", [{"action": "reset"}, {"action": "lost", "seconds": 0.01}])
def test_a_lost_answer_and_the_same_token_make_one(aws: Any, rule: dict[str, Any]) -> None:
    subnet, image = aws.subnet(aws.vpc()), aws.image
    given = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": subnet}
    aws.fault(path="RunInstances", effect=True, **rule)
    with pytest.raises(HTTPClientError):
        aws.ec2.run_instances(**given, ClientToken="token")
    found = aws.ec2.run_instances(**given, ClientToken="token")["Instances"][0]["InstanceId"]
    assert [item["id"] for item in aws.held("instances")] == [found]


def test_boto3s_own_repeats_end_throttling(aws: Any) -> None:
    aws.fault(action="rate-limit", path="CreateVpc", times=2)
    config = Config(retries={"mode": "standard", "total_max_attempts": 3})
    keys = {"aws_access_key_id": aws.cloud.client_id, "aws_secret_access_key": aws.cloud.client_secret}
    client = boto3.Session().client("ec2", REGION, endpoint_url=aws.cloud.url, config=config, **keys)
    answer = client.create_vpc(CidrBlock="10.1.0.0/16")
    assert (answer["ResponseMetadata"]["RetryAttempts"], len(aws.held("vpcs"))) == (2, 1)


def test_what_is_stuck_never_ends(aws: Any) -> None:
    subnet, image = aws.subnet(aws.vpc()), aws.image
    assert image
    aws.fault(action="stuck", path="RunInstances")
    instance = aws.launch(subnet)
    aws.later(10**6)
    assert aws.state(instance) == "pending"


def test_what_fails_on_its_way_ends_in_the_services_error_state(aws: Any) -> None:
    vpc = aws.vpc()
    aws.gateway(vpc)
    subnets = [aws.subnet(vpc, f"10.1.{number}.0/24", zone) for number, zone in enumerate("ab")]
    aws.fault(action="error", path="RunInstances|CreateVolume|CreateLoadBalancer", times=3)
    instance = aws.launch(subnets[0])
    volume = aws.ec2.create_volume(AvailabilityZone="ap-southeast-1a", Size=10)["VolumeId"]
    balancer = aws.elb.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    for state in ("shutting-down", "terminated"):
        aws.later(1000)
        found = aws.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        assert (found["State"]["Name"], found["StateReason"]["Code"]) == (state, "Server.InternalError")
    assert aws.ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"] == "error"
    [shown] = aws.elb.describe_load_balancers(LoadBalancerArns=[balancer])["LoadBalancers"]
    assert shown["State"]["Code"] == "failed"
    aws.ec2.delete_volume(VolumeId=volume)
    aws.elb.delete_load_balancer(LoadBalancerArn=balancer)
    aws.later(1000)
    assert not aws.held("volumes")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"setting": "colour"}, "no setting"),
        ({"setting": "quota", "name": "moons", "limit": 1}, "no quota"),
        ({"setting": "quota", "name": "vpcs", "limit": "1"}, "a number"),
        ({"setting": "stock", "flavor": "t3.tiny", "remaining": 0}, "no instance type"),
        ({"setting": "stock", "flavor": "t3.micro", "zone": "moon-1a", "remaining": 0}, "no instance type"),
    ],
)
def test_settings_that_are_refused(aws: Any, values: dict[str, Any], text: str) -> None:
    setting = values.pop("setting")
    with pytest.raises(EmulatorError, match=text):
        aws.cloud.app.cloud.tune(setting, values)


def test_after_a_reset_nothing_is_left(furnished: Any) -> None:
    furnished.client("s3").create_bucket(Bucket="mine", CreateBucketConfiguration={"LocationConstraint": REGION})
    furnished.cloud.app.cloud.tune("quota", {"name": "vpcs", "limit": 0})
    furnished.cloud.app.cloud.tune("reset", {})
    assert not any(furnished.cloud.app.inventory().values())
    furnished.vpc()


def test_recordings_hold_no_secrets(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with serve(SPEC, client_secret="hush-hush", clock=ManualClock(), record=record) as cloud:
        keys = {"aws_access_key_id": cloud.client_id, "aws_secret_access_key": "hush-hush"}
        session = boto3.Session(region_name=REGION, **keys)
        ec2 = session.client("ec2", endpoint_url=cloud.url)
        material = ec2.create_key_pair(KeyName="mine", KeyType="ed25519")["KeyMaterial"]
        lent = session.client("sts", endpoint_url=cloud.url).get_session_token()["Credentials"]
        with pytest.raises(ClientError):
            ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, UserData="the password")
        acm = session.client("acm", endpoint_url=cloud.url)
        with pytest.raises(ClientError):
            acm.import_certificate(Certificate=b"none", PrivateKey=b"the private key")
        session.client("s3", endpoint_url=cloud.url).list_buckets()
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("POST", "/ec2/CreateKeyPair", 200),
        ("GET", "/sts/GetSessionToken", 200),
        ("POST", "/ec2/RunInstances", 400),
        ("POST", "/acm/ImportCertificate", 400),
        ("GET", "/", 200),
    ]
    assert lines[0]["request"]["KeyName"] == "mine"
    text = record.read_text()
    for secret in ("hush-hush", material.splitlines()[1], lent["SecretAccessKey"], lent["SessionToken"]):
        assert secret not in text
    for secret in ("dGhlIHBhc3N3b3Jk", "dGhlIHByaXZhdGUga2V5"):  # in base64, as they are sent
        assert secret not in text


def test_requests_that_cannot_be_read(aws: Any, refused: Any) -> None:
    def send(service: str, action: str, change: Callable[[dict[str, Any]], None]) -> None:
        client = aws.client(service)
        client.meta.events.register(f"before-call.{service}.*", lambda params, **_: change(params))
        getattr(client, action)()

    with refused("InvalidAction"):
        send("ec2", "describe_vpcs", lambda params: params["body"].update(Action="DescribeMoons"))
    with refused("MissingParameter", "VpcId"):
        send("ec2", "describe_vpcs", lambda params: params["body"].update(Action="DeleteVpc"))
    with refused("ValidationError", "Name"):
        send("elbv2", "describe_load_balancers", lambda params: params["body"].update(Action="CreateLoadBalancer"))
    with refused("MalformedQueryString"):
        values = {"Action": "CreateVolume", "Size": "big", "AvailabilityZone": "ap-southeast-1a"}
        send("ec2", "describe_vpcs", lambda params: params["body"].update(values))
    with refused("SerializationException"):
        send("acm", "list_certificates", lambda params: params.update(body=b"[]"))


def test_buckets_and_their_regions(aws: Any, refused: Any) -> None:
    here, there = aws.client("s3"), aws.client("s3", "us-east-1")
    place = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    with refused("IllegalLocationConstraintException"):
        here.create_bucket(Bucket="mine")
    with refused("IllegalLocationConstraintException"):
        here.create_bucket(Bucket="mine", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    here.create_bucket(Bucket="mine", **place)
    there.create_bucket(Bucket="theirs")
    there.create_bucket(Bucket="theirs")  # in this region a second create is no error
    with refused("BucketAlreadyOwnedByYou"):
        here.create_bucket(Bucket="mine", **place)
    with refused("InvalidBucketName"):
        here.create_bucket(Bucket="Mine", **place)
    here.put_object(Bucket="mine", Key="a", Body=b"1")
    with refused("BucketNotEmpty"):
        here.delete_bucket(Bucket="mine")
    assert here.get_bucket_location(Bucket="mine")["LocationConstraint"] == REGION
    assert [(item["name"], item["region"], item["objects"]) for item in aws.held("buckets")] == [
        ("mine", REGION, 1),
        ("theirs", "us-east-1", 0),
    ]
    aws.cloud.app.cloud.tune("quota", {"name": "buckets", "limit": 2})
    with refused("TooManyBuckets"):
        here.create_bucket(Bucket="more", **place)


def test_a_bucket_of_another_region_tells_where_it_is(aws: Any) -> None:
    place = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    aws.client("s3").create_bucket(Bucket="mine", **place)
    elsewhere = aws.client("s3", "us-east-1")
    answer = elsewhere.list_objects_v2(Bucket="mine")  # boto3 is told the region, and goes there
    assert answer["KeyCount"] == 0
    raw = httpx.get(f"{aws.cloud.url}/mine")
    assert (raw.status_code, "AccessDenied" in raw.text) == (403, True)


def test_the_command_line_runs_it_and_boto3_finds_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["emulator", "up", "aws"]) == 0
    try:
        capsys.readouterr()
        assert run(["emulator", "env", "aws"]) == 0
        for line in capsys.readouterr().out.splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            monkeypatch.setenv(name, shlex.split(value)[0])
        made = boto3.Session().client("ec2").create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        assert run(["emulator", "inventory", "aws", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert {kind: [item["id"] for item in items] for kind, items in found.items() if items} == {"vpcs": [made]}
        part = load_profile("emulator").clouds["aws"]
        assert part.endpoints == {"aws": os.environ["AWS_ENDPOINT_URL"]}
        assert part.settings == {"client_id": os.environ["AWS_ACCESS_KEY_ID"]}
        assert part.secret("client_secret", fallback_env="").reveal() == os.environ["AWS_SECRET_ACCESS_KEY"]
    finally:
        assert run(["emulator", "down", "aws"]) == 0
