"""Load balancers, target groups, certificates: refusals and states."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


@pytest.fixture(scope="module")
def pem() -> dict[str, bytes]:
    """A certificate and its key."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
    signed = made.not_valid_after(now + datetime.timedelta(days=30)).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    return {"Certificate": signed.public_bytes(serialization.Encoding.PEM), "PrivateKey": private}


def _forward(arn: str) -> list[dict[str, Any]]:
    return [{"Type": "forward", "TargetGroupArn": arn}]


def test_an_alb_needs_two_zones(aws: Any, refused: Any) -> None:
    vpc = aws.vpc()
    aws.gateway(vpc)
    first, beside, other = aws.subnet(vpc), aws.subnet(vpc, "10.1.2.0/24"), aws.subnet(vpc, "10.1.3.0/24", "b")
    small = aws.subnet(vpc, "10.1.4.0/28", "c")
    for subnets, code, words in (
        ([first], "ValidationError", "two different Availability Zones"),
        ([first, beside], "InvalidConfigurationRequest", "same Availability Zone"),
        ([first, small], "InvalidSubnet", "8 free IP addresses"),
        ([first, "subnet-0123456789abcdef0"], "SubnetNotFound", "does not exist"),
    ):
        with refused(code, words):
            aws.elb.create_load_balancer(Name="test", Subnets=subnets)
    aws.elb.create_load_balancer(Name="test", Subnets=[first, other])
    aws.elb.create_load_balancer(Name="net", Type="network", Subnets=[first])  # one is enough
    assert [item["name"] for item in aws.held("load_balancers")] == ["test", "net"]


def test_a_balancer_that_faces_the_internet_needs_a_gateway(aws: Any, refused: Any) -> None:
    vpc = aws.vpc()
    subnets = [aws.subnet(vpc), aws.subnet(vpc, "10.1.2.0/24", "b")]
    with refused("InvalidSubnet", "no internet gateway"):
        aws.elb.create_load_balancer(Name="test", Subnets=subnets)
    aws.elb.create_load_balancer(Name="test", Scheme="internal", Subnets=subnets)


@pytest.mark.parametrize("name", ["-test", "test-", "te_st", "x" * 33])
def test_names_of_balancers(aws: Any, refused: Any, name: str) -> None:
    with refused("ValidationError", name):
        aws.elb.create_load_balancer(Name=name, Subnets=["subnet-0123456789abcdef0"])


def test_groups_of_balancers(aws: Any, refused: Any) -> None:
    vpc = aws.vpc()
    aws.gateway(vpc)
    subnets = [aws.subnet(vpc), aws.subnet(vpc, "10.1.2.0/24", "b")]
    with refused("InvalidSecurityGroup"):
        aws.elb.create_load_balancer(Name="test", Subnets=subnets, SecurityGroups=["sg-0123456789abcdef0"])
    made = aws.elb.create_load_balancer(Name="test", Subnets=subnets)["LoadBalancers"][0]
    default = aws.ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"][0]
    again = aws.elb.describe_load_balancers(LoadBalancerArns=[made["LoadBalancerArn"]])["LoadBalancers"][0]
    assert again["SecurityGroups"] == [default["GroupId"]]


def test_the_same_balancer_is_made_once(aws: Any, refused: Any) -> None:
    arn, vpc = aws.balancer()
    subnets = [item["id"] for item in aws.held("subnets")]
    given = {"Name": "test", "Type": "application", "Subnets": subnets}
    assert aws.elb.create_load_balancer(**given)["LoadBalancers"][0]["LoadBalancerArn"] == arn
    with refused("DuplicateLoadBalancerName", "different settings"):
        aws.elb.create_load_balancer(**given, Scheme="internal")
    group = aws.targets(vpc)
    assert aws.targets(vpc) == group
    with refused("DuplicateTargetGroupName"):
        aws.elb.create_target_group(Name="test", Protocol="HTTPS", Port=443, VpcId=vpc)
    assert (len(aws.held("load_balancers")), len(aws.held("target_groups"))) == (1, 1)


def test_a_balancer_is_provisioned_first(aws: Any) -> None:
    def state() -> str:
        return str(aws.elb.describe_load_balancers(Names=["test"])["LoadBalancers"][0]["State"]["Code"])

    vpc = aws.vpc()
    aws.gateway(vpc)
    subnets = [aws.subnet(vpc), aws.subnet(vpc, "10.1.2.0/24", "b")]
    aws.elb.create_load_balancer(Name="test", Subnets=subnets)
    assert [state(), state()] == ["provisioning", "provisioning"]  # looking changes nothing
    aws.later(142)
    assert state() == "active"


def test_what_a_balancer_used_is_in_use_for_a_while(aws: Any, refused: Any) -> None:
    arn, vpc = aws.balancer()
    subnet = aws.held("subnets")[0]["id"]
    group = aws.group(vpc)
    aws.elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[group])
    for _ in range(2):
        with refused("DependencyViolation"):
            aws.ec2.delete_subnet(SubnetId=subnet)
        with refused("DependencyViolation"):
            aws.ec2.delete_security_group(GroupId=group)
        aws.elb.delete_load_balancer(LoadBalancerArn=arn)
    aws.later(20)
    aws.ec2.delete_subnet(SubnetId=subnet)
    aws.ec2.delete_security_group(GroupId=group)


def test_a_gateway_that_a_balancer_needs_stays(aws: Any, refused: Any) -> None:
    _, vpc = aws.balancer()
    with refused("DependencyViolation"):
        aws.ec2.detach_internet_gateway(InternetGatewayId=aws.held("internet_gateways")[0]["id"], VpcId=vpc)


def test_a_protected_balancer_stays(aws: Any, refused: Any) -> None:
    arn, _ = aws.balancer()
    protect = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    aws.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protect)
    with refused("OperationNotPermitted", "deletion protection"):
        aws.elb.delete_load_balancer(LoadBalancerArn=arn)


def test_new_subnets_of_a_balancer(aws: Any, refused: Any) -> None:
    arn, _ = aws.balancer()
    first = aws.held("subnets")[0]["id"]
    with refused("ValidationError"):
        aws.elb.set_subnets(LoadBalancerArn=arn, Subnets=[first])


def test_listeners_that_are_refused(aws: Any, refused: Any) -> None:
    arn, vpc = aws.balancer()
    group = aws.targets(vpc)
    http = {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80}
    listener = aws.elb.create_listener(**http, DefaultActions=_forward(group))["Listeners"][0]["ListenerArn"]
    with refused("DuplicateListener"):
        aws.elb.create_listener(**http, DefaultActions=_forward(group))
    with refused("LoadBalancerNotFound"):
        aws.elb.create_listener(**{**http, "LoadBalancerArn": arn + "0"}, DefaultActions=_forward(group))
    other = {**http, "Port": 81}
    with refused("TargetGroupNotFound"):
        aws.elb.create_listener(**other, DefaultActions=_forward(group + "0"))
    with refused("InvalidConfigurationRequest", "TCP"):
        aws.elb.create_listener(**other, DefaultActions=_forward(aws.targets(vpc, "tcp", "TCP")))
    elsewhere = aws.targets(aws.vpc("10.2.0.0/16"), "elsewhere")
    with refused("InvalidConfigurationRequest", "VPC"):
        aws.elb.create_listener(**other, DefaultActions=_forward(elsewhere))
    with refused("ValidationError", "certificate"):
        aws.elb.create_listener(**{**other, "Protocol": "HTTPS"}, DefaultActions=_forward(group))
    second = aws.elb.create_listener(**other, DefaultActions=_forward(group))["Listeners"][0]["ListenerArn"]
    with refused("DuplicateListener"):
        aws.elb.modify_listener(ListenerArn=second, Port=80)
    with refused("TargetGroupNotFound"):
        aws.elb.modify_listener(ListenerArn=listener, DefaultActions=_forward(group + "0"))
    assert len(aws.held("listeners")) == 2


def test_a_target_group_serves_one_balancer(aws: Any, refused: Any) -> None:
    arn, vpc = aws.balancer()
    subnets = [item["id"] for item in aws.held("subnets")]
    other = aws.elb.create_load_balancer(Name="other", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    group = aws.targets(vpc)
    given = {"Protocol": "HTTP", "Port": 80, "DefaultActions": _forward(group)}
    listener = aws.elb.create_listener(LoadBalancerArn=arn, **given)["Listeners"][0]["ListenerArn"]
    with refused("TargetGroupAssociationLimit"):
        aws.elb.create_listener(LoadBalancerArn=other, **given)
    condition = [{"Field": "path-pattern", "Values": ["/a"]}]
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    plain = aws.elb.create_listener(LoadBalancerArn=other, Protocol="HTTP", Port=80, DefaultActions=fixed)
    rule = {"ListenerArn": plain["Listeners"][0]["ListenerArn"], "Conditions": condition, "Priority": 1}
    with refused("TargetGroupAssociationLimit"):
        aws.elb.create_rule(**rule, Actions=_forward(group))
    with refused("ResourceInUse"):
        aws.elb.delete_target_group(TargetGroupArn=group)
    aws.elb.delete_listener(ListenerArn=listener)
    aws.elb.create_rule(**rule, Actions=_forward(group))
    assert len(aws.held("listener_rules")) == 1
    aws.elb.delete_load_balancer(LoadBalancerArn=other)
    aws.elb.delete_target_group(TargetGroupArn=group)


def test_targets_must_be_there_and_are_checked_first(aws: Any, refused: Any) -> None:
    def health() -> str:
        found = aws.elb.describe_target_health(TargetGroupArn=group, Targets=[{"Id": instance}])
        return str(found["TargetHealthDescriptions"][0]["TargetHealth"]["State"])

    arn, vpc = aws.balancer()
    group, instance = aws.targets(vpc), aws.launch(aws.held("subnets")[0]["id"])
    with refused("InvalidTarget", "running"):
        aws.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": instance}])
    aws.later()
    with refused("InvalidTarget", "do not exist"):
        aws.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "i-0123456789abcdef0"}])
    other = aws.server(aws.subnet(aws.vpc("10.2.0.0/16"), "10.2.1.0/24"))
    with refused("InvalidTarget", "not in the target group VPC"):
        aws.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": other}])
    aws.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": instance}])
    with refused("NotImplemented", "one port"):
        aws.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": instance, "Port": 81}])
    assert health() == "unused"
    given = {"Protocol": "HTTP", "Port": 80, "DefaultActions": _forward(group)}
    aws.elb.create_listener(LoadBalancerArn=arn, **given)
    assert health() == "initial"
    aws.later(120)
    assert health() == "healthy"
    aws.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": instance}])
    assert (health(), aws.held("targets")) == ("draining", [])
    aws.later(300)
    assert health() == "unused"


def test_a_target_group_of_no_vpc(aws: Any, refused: Any) -> None:
    with refused("ValidationError", "not found"):
        aws.targets("vpc-0123456789abcdef0")


@pytest.mark.parametrize(
    ("quota", "code"),
    [
        ("load_balancers", "TooManyLoadBalancers"),
        ("target_groups", "TooManyTargetGroups"),
        ("listeners", "TooManyListeners"),
        ("certificates", "LimitExceededException"),
    ],
)
def test_there_may_be_only_so_many(aws: Any, refused: Any, pem: dict[str, bytes], quota: str, code: str) -> None:
    arn, vpc = aws.balancer()
    aws.cloud.app.cloud.tune("quota", {"name": quota, "limit": 0})
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    with refused(code):
        if quota == "load_balancers":
            aws.elb.create_load_balancer(Name="other", Subnets=[item["id"] for item in aws.held("subnets")])
        elif quota == "target_groups":
            aws.targets(vpc)
        elif quota == "listeners":
            aws.elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=fixed)
        else:
            aws.acm.import_certificate(**pem)


def test_certificates(aws: Any, refused: Any, pem: dict[str, bytes]) -> None:
    arn, vpc = aws.balancer()
    group, certificate = aws.targets(vpc), aws.acm.import_certificate(**pem)["CertificateArn"]
    given = {"LoadBalancerArn": arn, "Protocol": "HTTPS", "Port": 443, "DefaultActions": _forward(group)}
    with refused("CertificateNotFound"):
        aws.elb.create_listener(**given, Certificates=[{"CertificateArn": certificate[:-1] + "x"}])
    pending = aws.acm.request_certificate(DomainName="shop.example", ValidationMethod="DNS")["CertificateArn"]
    with refused("UnsupportedCertificate"):
        aws.elb.create_listener(**given, Certificates=[{"CertificateArn": pending}])
    made = aws.elb.create_listener(**given, Certificates=[{"CertificateArn": certificate}])["Listeners"][0]
    with refused("ResourceInUseException", arn):
        aws.acm.delete_certificate(CertificateArn=certificate)
    aws.elb.delete_listener(ListenerArn=made["ListenerArn"])
    aws.acm.delete_certificate(CertificateArn=certificate)
    with refused("ResourceNotFoundException"):
        aws.acm.describe_certificate(CertificateArn=certificate)
    assert [item["id"] for item in aws.held("certificates")] == [pending]


def test_a_certificate_that_is_none(aws: Any, refused: Any, pem: dict[str, bytes]) -> None:
    with refused("ValidationException"):
        aws.acm.import_certificate(**{**pem, "PrivateKey": b"no key"})
    with refused("ValidationException", "Member must not be null"):
        aws.acm.meta.events.register_first("before-call.acm.DeleteCertificate", _without_arn)
        aws.acm.delete_certificate(CertificateArn="arn:aws:acm:ap-southeast-1:1:certificate/none")


def _without_arn(params: dict[str, Any], **_: Any) -> None:
    params["body"] = b"{}"
