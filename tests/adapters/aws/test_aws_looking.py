"""What discovery makes of single answers of AWS: refusals, odd ones, and what no stack says."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from mcloud.discover.discovery import Discovery
from mcloud.discover.write import to_json, to_yaml
from mcloud_aws import adapter
from mcloud_aws.discovery.calls import CALLS
from mcloud_aws.discovery.systems import system_of
from tests.adapters.aws.answers import Refusal, discover

VPC, SUBNET, GROUP = "vpc-1", "subnet-1", "sg-1"
ARN = "arn:aws:elasticloadbalancing:us-west-2:1:"


def name(text: str) -> list[dict[str, str]]:
    return [{"Key": "Name", "Value": text}]


def server(native: str = "i-1", called: str = "web", **more: Any) -> dict[str, Any]:
    nic = {
        "NetworkInterfaceId": f"eni-{native}",
        "Attachment": {"DeviceIndex": 0},
        "Groups": [{"GroupId": GROUP, "GroupName": "web"}],
        "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.1.4", "Primary": True}],
    }
    return {
        "InstanceId": native,
        "ImageId": "ami-1",
        "InstanceType": "m5.large",
        "State": {"Name": "running"},
        "VpcId": VPC,
        "SubnetId": SUBNET,
        "Placement": {"AvailabilityZone": "us-west-2a"},
        "RootDeviceName": "/dev/xvda",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": f"vol-{native}"}}],
        "NetworkInterfaces": [nic],
        "Tags": name(called),
        **more,
    }


def root(server: str, **more: Any) -> dict[str, Any]:
    return {
        "VolumeId": f"vol-{server}",
        "Size": 30,
        "VolumeType": "gp2",
        "State": "in-use",
        "AvailabilityZone": "us-west-2a",
        "Attachments": [{"InstanceId": server, "VolumeId": f"vol-{server}", "State": "attached"}],
        **more,
    }


NETWORK: dict[str, Any] = {
    "ec2.DescribeVpcs": {
        "Vpcs": [{"VpcId": VPC, "CidrBlock": "10.0.0.0/16", "State": "available", "Tags": name("main")}]
    },
    "ec2.DescribeSubnets": {
        "Subnets": [
            {
                "SubnetId": SUBNET,
                "VpcId": VPC,
                "CidrBlock": "10.0.1.0/24",
                "State": "available",
                "AvailabilityZone": "us-west-2a",
                "Tags": name("main-a"),
            }
        ]
    },
    "ec2.DescribeRouteTables": {
        "RouteTables": [
            {
                "RouteTableId": "rtb-1",
                "VpcId": VPC,
                "Associations": [{"Main": True}],
                "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}],
            }
        ]
    },
    "ec2.DescribeSecurityGroups": {
        "SecurityGroups": [{"GroupId": GROUP, "GroupName": "web", "Description": "web", "VpcId": VPC}]
    },
    "ec2.DescribeSecurityGroupRules": {
        "SecurityGroupRules": [
            {
                "SecurityGroupRuleId": "sgr-1",
                "GroupId": GROUP,
                "IsEgress": True,
                "IpProtocol": "-1",
                "FromPort": -1,
                "ToPort": -1,
                "CidrIpv4": "0.0.0.0/0",
            }
        ]
    },
    "ec2.DescribeImages": {"Images": [{"ImageId": "ami-1", "Name": "debian-12-amd64-20260101-1"}]},
}


def account(*servers: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A network with servers; ``more`` goes over it, with a double underscore for the dot."""
    answers = {
        **NETWORK,
        "ec2.DescribeInstances": {"Reservations": [{"Instances": list(servers)}]},
        "ec2.DescribeVolumes": {"Volumes": [root(item["InstanceId"]) for item in servers]},
    }
    return {**answers, **{key.replace("__", "."): value for key, value in more.items()}}


def left(found: Discovery) -> dict[str, str]:
    return {outcome.type: outcome.reason for outcome in found.remainder}


def noted(found: Discovery) -> set[str]:
    return {note.what for outcome in found.outcomes for note in outcome.notes}


def test_a_server_with_what_is_around_it() -> None:
    found = discover(account(server()))
    assert found.document["servers"] == {
        "web": {
            "size": {"vcpu": 2, "memory": "8 GiB"},
            "image": {"os": "debian", "version": "12"},
            "subnet": "main.a",
            "security_groups": ["web"],
            "disk": {"size": "30 GiB", "class": "ssd"},
        }
    }
    assert found.document["networks"]["main"]["subnets"]["a"]["internet"] == "direct"
    assert found.counts().remainder == 0
    assert not found.unread


CORE = ("describe_vpcs", "describe_subnets", "describe_instances")


@cache
def model_of(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


@cache
def methods_of(service: str) -> dict[str, str]:
    """Method of the library -> the call's name in the service's model."""
    return {xform_name(name): name for name in model_of(service).operation_names}


def method_of(service: str, operation: str) -> str:
    return f"{service}.{methods_of(service)[operation]}"


def test_refused_calls_are_told_and_what_is_known_stays() -> None:
    methods = {call: method_of(call.service, call.operation) for call in CALLS.values()}
    refusals = {
        method: Refusal("AccessDenied")
        for call, method in methods.items()
        if call.service != "sts" and call.operation not in CORE
    }
    calls: list[str] = []
    answers = {**account(server()), **refusals}
    answers |= {"s3.ListBuckets": {"Buckets": [{"Name": "assets"}]}}
    found = discover(answers, calls=calls, options=("utilization", "objects"))
    assert found.document["servers"]["web"]["subnet"] == "main.a"
    for call, method in methods.items():
        told = [gap for gap in found.unread if gap.what.startswith(call.what) and call.action in gap.advice]
        assert bool(told) == (method in calls and answers.get(method) == refusals.get(method, "")), method
    assert next(gap for gap in found.unread if gap.what.startswith("CORS")).what == "CORS rules of buckets of assets"


def test_an_account_that_allows_nothing_is_an_empty_stack_with_all_that_was_not_seen() -> None:
    refusals = {method_of(*call): Refusal("AccessDenied") for call in CALLS if call[0] != "sts"}
    found = discover(refusals)
    assert found.counts().seen == 0
    assert len(found.unread) > 30
    assert "Could not be looked at:" in to_yaml(found)


def test_without_the_route_tables_what_a_subnet_reaches_is_assumed() -> None:
    found = discover(account(server(), ec2__DescribeRouteTables=Refusal("UnauthorizedOperation")))
    assert found.document["networks"]["main"]["subnets"]["a"]["internet"] == "none"
    assert any("shows no route" in item.text or "show no route" in item.text for item in found.assumptions)


def test_what_of_a_server_no_stack_says() -> None:
    odd = server(
        IamInstanceProfile={"Arn": "arn"},
        SpotInstanceRequestId="sir-1",
        SourceDestCheck=False,
        Architecture="arm64",
        PublicIpAddress="203.0.113.5",
        InstanceType="x9.huge",
        State={"Name": "stopped"},
    )
    types = [{"InstanceType": "x9.huge", "VCpuInfo": {"DefaultVCpus": 96}, "MemoryInfo": {"SizeInMiB": 1048576}}]
    volumes = [root("i-1", VolumeType="io1", Iops=4000, Encrypted=True)]
    found = discover(
        account(odd, ec2__DescribeInstanceTypes={"InstanceTypes": types}, ec2__DescribeVolumes={"Volumes": volumes})
    )
    entry = found.document["servers"]["web"]
    assert entry["size"] == {"vcpu": 96, "memory": "1 TiB"}
    assert entry["public_ip"] is True
    assert entry["disk"] == {"size": "30 GiB", "class": "nvme", "min_iops": 4000, "encrypted": True}
    assert {"role", "spot market", "forwarding", "architecture", "switched off"} <= noted(found)


def test_a_default_network_that_nobody_uses_is_in_no_stack() -> None:
    default = {"VpcId": "vpc-d", "CidrBlock": "172.31.0.0/16", "State": "available", "IsDefault": True}
    subnet = {**NETWORK["ec2.DescribeSubnets"]["Subnets"][0], "SubnetId": "subnet-d", "VpcId": "vpc-d"}
    both = {"Vpcs": [*NETWORK["ec2.DescribeVpcs"]["Vpcs"], default]}
    subnets = {"Subnets": [*NETWORK["ec2.DescribeSubnets"]["Subnets"], {**subnet, "CidrBlock": "172.31.0.0/20"}]}
    found = discover(account(server(), ec2__DescribeVpcs=both, ec2__DescribeSubnets=subnets))
    assert list(found.document["networks"]) == ["main"]
    used = {"NetworkInterfaces": [{"NetworkInterfaceId": "eni-x", "VpcId": "vpc-d", "RequesterManaged": True}]}
    more = account(
        server(), ec2__DescribeVpcs=both, ec2__DescribeSubnets=subnets, ec2__DescribeNetworkInterfaces=used
    )
    assert sorted(discover(more).document["networks"]) == ["main", "vpc-d"]


def rule(native: str, group: str = GROUP, protocol: str = "tcp", ports: tuple[int, int] = (22, 22), **more: Any) -> Any:
    return {
        "SecurityGroupRuleId": native,
        "GroupId": group,
        "IsEgress": False,
        "IpProtocol": protocol,
        "FromPort": ports[0],
        "ToPort": ports[1],
        **more,
    }


def test_rules_that_no_stack_says_are_left_over_and_not_widened() -> None:
    rows = [
        rule("r1", PrefixListId="pl-1"),
        rule("r2", protocol="icmp", ports=(8, -1), CidrIpv4="10.0.0.0/8"),
        rule("r3", protocol="icmpv6", ports=(-1, -1), CidrIpv6="::/0"),
        rule("r4", ports=(0, 0), CidrIpv4="10.0.0.0/8"),
        rule("r5", CidrIpv6="::/0"),
        rule("r6", ReferencedGroupInfo={"GroupId": GROUP}),
    ]
    found = discover(account(server(), ec2__DescribeSecurityGroupRules={"SecurityGroupRules": rows}))
    assert sum(1 for outcome in found.remainder if outcome.type == "SecurityGroupRule") == 4
    peers = [entry["from"] for entry in found.document["security_groups"]["web"]["ingress"]]
    assert sorted(map(str, peers)) == ["['::/0']", "[{'group': 'web'}]"]


def test_a_default_group_that_was_changed_is_a_group_like_others() -> None:
    own = {"GroupId": "sg-d", "GroupName": "default", "Description": "default VPC security group", "VpcId": VPC}
    groups = {"SecurityGroups": [*NETWORK["ec2.DescribeSecurityGroups"]["SecurityGroups"], own]}
    inner = rule("r1", "sg-d", "-1", (-1, -1), ReferencedGroupInfo={"GroupId": "sg-d"})
    box = server()
    box["NetworkInterfaces"][0]["Groups"] = [{"GroupId": "sg-d", "GroupName": "default"}]

    def look(*rows: Any) -> Discovery:
        rules = {"SecurityGroupRules": list(rows)}
        return discover(
            account(box, ec2__DescribeSecurityGroups=groups, ec2__DescribeSecurityGroupRules=rules), strict=True
        )

    plain = look(inner)
    assert "security_groups" not in plain.document["servers"]["web"]
    [mine] = [outcome for outcome in plain.folded if "(sg-d)" in outcome.address]
    assert mine.target == "networks.main"
    changed = look(inner, rule("r2", "sg-d", CidrIpv4="0.0.0.0/0"))
    assert changed.document["servers"]["web"]["security_groups"] == ["default"]
    assert changed.document["security_groups"]["default"]["ingress"]


def balancer(*listeners: dict[str, Any], rules: Any = (), groups: Any = (), **more: Any) -> dict[str, Any]:
    """An application load balancer before the server, with a pool ``web``."""
    front = {
        "LoadBalancerArn": f"{ARN}loadbalancer/app/front/1",
        "LoadBalancerName": "front",
        "Type": "application",
        "Scheme": "internet-facing",
        "VpcId": VPC,
        "State": {"Code": "active"},
        "AvailabilityZones": [{"SubnetId": SUBNET}],
    }
    pool = {
        "TargetGroupArn": f"{ARN}targetgroup/web/1",
        "TargetGroupName": "web",
        "Protocol": "HTTP",
        "Port": 80,
        "TargetType": "instance",
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPath": "/",
        "HealthCheckPort": "traffic-port",
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 3,
        "UnhealthyThresholdCount": 3,
        "Matcher": {"HttpCode": "200"},
    }
    made = [{"ListenerArn": f"{ARN}listener/{number}", **item} for number, item in enumerate(listeners)]
    return account(
        server(),
        elbv2__DescribeLoadBalancers={"LoadBalancers": [front]},
        elbv2__DescribeTargetGroups={"TargetGroups": [pool, *groups]},
        elbv2__DescribeTargetHealth={"TargetHealthDescriptions": [{"Target": {"Id": "i-1", "Port": 8080}}]},
        elbv2__DescribeListeners={
            "Listeners": [{"LoadBalancerArn": front["LoadBalancerArn"], **item} for item in made]
        },
        elbv2__DescribeRules={"Rules": list(rules)},
        **more,
    )


FORWARD = {"Type": "forward", "TargetGroupArn": f"{ARN}targetgroup/web/1"}
SAME_HOST = {"Protocol": "HTTPS", "Host": "#{host}", "Port": "443", "Path": "/#{path}", "StatusCode": "HTTP_301"}


def condition(field: str, *values: str) -> dict[str, Any]:
    return {"Field": field, "Values": list(values)}


def test_listeners_with_what_they_do() -> None:
    rules = [
        {
            "Priority": "1",
            "Conditions": [
                condition("host-header", "a.example.com", "b.example.com"),
                condition("path-pattern", "/x/*"),
            ],
            "Actions": [FORWARD],
        },
        {
            "Priority": "2",
            "Conditions": [condition("path-pattern", "/gone")],
            "Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410"}}],
        },
        {
            "Priority": "3",
            "Conditions": [{"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}}],
            "Actions": [FORWARD],
        },
    ]
    signed = [{"Type": "authenticate-oidc", "Order": 1}, {**FORWARD, "Order": 2}]
    found = discover(balancer({"Port": 80, "Protocol": "HTTP", "DefaultActions": signed}, rules=rules))
    [written] = found.document["load_balancers"]["front"]["listeners"]
    to = {"servers": "web", "port": 8080, "check": "http:/"}
    assert written == {
        "port": 80,
        "protocol": "http",
        "to": to,
        "rules": [
            {"host": "a.example.com", "path": "/x/*", "to": to},
            {"host": "b.example.com", "path": "/x/*", "to": to},
            {"path": "/gone", "reject": True},
        ],
    }
    assert {"default action: signing in", "rule 2: answer 410", "rule 4"} <= noted(found)


@pytest.mark.parametrize(
    ("listener", "why"),
    [
        (
            {"Protocol": "HTTP", "DefaultActions": [{"Type": "redirect", "RedirectConfig": SAME_HOST}]},
            "no rule of a stack",
        ),
        ({"Protocol": "TLS", "DefaultActions": [FORWARD]}, "no listeners for tls"),
        (
            {
                "Protocol": "HTTP",
                "DefaultActions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": [{}, {}]}}],
            },
            "by weight",
        ),
    ],
)
def test_listeners_that_no_stack_says(listener: Any, why: str) -> None:
    good = {"Port": 81, "Protocol": "HTTP", "DefaultActions": [FORWARD]}
    found = discover(balancer(good, {"Port": 80, **listener}))
    assert why in left(found)["Listener"]
    assert [item["port"] for item in found.document["load_balancers"]["front"]["listeners"]] == [81]


def test_a_listener_that_answers_by_itself_refuses() -> None:
    action = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    found = discover(balancer({"Port": 80, "Protocol": "HTTP", "DefaultActions": [action]}))
    [written] = found.document["load_balancers"]["front"]["listeners"]
    assert written == {"port": 80, "protocol": "http", "rules": [{"reject": True}]}


def test_pools_without_servers_have_a_reason() -> None:
    def pool(name: str, **more: Any) -> dict[str, Any]:
        found = balancer()["elbv2.DescribeTargetGroups"]["TargetGroups"][0]
        return {**found, "TargetGroupArn": f"{ARN}targetgroup/{name}/1", "TargetGroupName": name, **more}

    groups = [pool("f", TargetType="lambda"), pool("g", Protocol="GENEVE", HealthCheckProtocol="TCP")]
    found = discover(balancer({"Port": 80, "Protocol": "HTTP", "DefaultActions": [FORWARD]}, groups=groups))
    reasons = [outcome.reason for outcome in found.remainder if outcome.type == "Pool"]
    assert sorted(reasons) == ["a stack has no pools that speak GENEVE", "it leads to a function"]


def test_a_certificate_has_its_text_and_a_place_for_its_key() -> None:
    arn = "arn:aws:acm:us-west-2:1:certificate/c"
    listener = {"Port": 443, "Protocol": "HTTPS", "DefaultActions": [FORWARD]}
    summary = {"CertificateArn": arn, "DomainName": "shop.example.com", "Type": "AMAZON_ISSUED"}
    found = discover(
        balancer(
            {**listener, "Certificates": [{"CertificateArn": arn}]},
            acm__ListCertificates={"CertificateSummaryList": [summary]},
            acm__GetCertificate={"Certificate": "PEM", "CertificateChain": "MORE"},
        )
    )
    assert found.document["certificates"] == {
        "shop-example-com": {"certificate": "PEM", "private_key": "env:SHOP_EXAMPLE_COM_KEY", "chain": "MORE"}
    }
    assert found.document["load_balancers"]["front"]["listeners"][0]["certificate"] == "shop-example-com"
    assert "key" in noted(found)


def test_an_odd_answer_takes_nothing_else_with_it() -> None:
    found = discover(account(server(), {**server("i-2"), "State": {}, "InstanceType": None}, server("i-3", "db")))
    assert sorted(found.document["servers"]) == ["db", "web"]
    assert [outcome.reason.partition(":")[0] for outcome in found.remainder if outcome.type == "server"] == [
        "what the cloud shows of it is not understood"
    ]
    odd = account(server(), ec2__DescribeAddresses={"Addresses": [{"AllocationId": "eipalloc-1"}]})
    reasons = [outcome.reason for outcome in discover(odd).remainder]
    assert reasons == ["what the cloud shows of it is not understood: KeyError: 'PublicIp'"]


def test_user_data_in_an_answer_goes_nowhere() -> None:
    planted = "planted-user-data-71"
    templates = [{"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", "UserData": planted}]
    functions = [{"FunctionArn": "arn:f", "FunctionName": "f", "Environment": {"Variables": {"A": planted}}}]
    connections = [{"VpnConnectionId": "vpn-1", "CustomerGatewayConfiguration": planted}]
    found = discover(
        {
            **account(server(UserData=planted)),
            "ec2.DescribeLaunchTemplates": {"LaunchTemplates": templates},
            "ec2.DescribeVpnConnections": {"VpnConnections": connections},
            "lambda.ListFunctions": {"Functions": functions},
        }
    )
    assert {"launch template", "function", "VPN connection"} <= set(left(found))
    assert planted not in to_json(found) + to_yaml(found)


@pytest.mark.parametrize(
    ("image", "system"),
    [
        ("ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20260101", ("ubuntu", "22.04")),
        ("ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260101", ("ubuntu", "24.04")),
        ("debian-12-amd64-20260101-1", ("debian", "12")),
        ("al2023-ami-2023.6.20260101.0-kernel-6.1-x86_64", ("amazon-linux", "2023")),
        ("amzn2-ami-kernel-5.10-hvm-2.0.20260101.0-x86_64-gp2", ("amazon-linux", "2")),
        ("amzn-ami-hvm-2018.03.0.20260101.0-x86_64-gp2", ("amazon-linux", "2018")),
        ("RHEL-9.4.0_HVM-20260101-x86_64-0-Hourly2-GP3", ("rhel", "9")),
        ("Rocky-9-EC2-Base-9.4-20260101.0.x86_64", ("rocky", "9")),
        ("Windows_Server-2022-English-Full-Base-2026.01.01", ("windows", "2022")),
        ("golden-image-7", None),
    ],
)
def test_systems_by_the_names_of_images(image: str, system: tuple[str, str] | None) -> None:
    assert system_of(image) == system


def test_the_table_has_the_names_of_the_services_models() -> None:
    for call in CALLS.values():
        operation = model_of(call.service).operation_model(methods_of(call.service)[call.operation])
        if call.field:
            assert call.field in operation.output_shape.members, call
    assert adapter.inventory().policy(()).startswith("{")


def test_the_command_prints_the_policy_and_looks_at_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    from mcloud.cli.main import run

    assert run(["discover", "aws", "--policy", "--all-regions", "--list-objects"]) == 0
    [statement] = json.loads(capsys.readouterr().out)["Statement"]
    assert statement["Effect"] == "Allow"
    assert {"ec2:DescribeInstances", "ec2:DescribeRegions", "s3:ListBucket"} <= set(statement["Action"])
    assert run(["discover", "vng", "--policy"]) == 1
    assert "must allow for discovery is not known" in capsys.readouterr().err
