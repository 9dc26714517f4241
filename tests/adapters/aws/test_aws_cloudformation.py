"""CloudFormation templates: intrinsic functions, what types mean, errors, secrets, and that nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcloud.cli.main import run
from mcloud.discover.discovery import Discovery
from mcloud.discover.pipeline import Aim
from mcloud.discover.templates import discover_templates
from mcloud.discover.write import to_json, to_yaml
from mcloud.errors import DiscoverError
from mcloud.model.stack import Stack
from mcloud.validate import validate
from mcloud_aws.cloudformation import MAPPED, MEANINGS, CloudFormation
from mcloud_aws.cloudformation_text import read_template
from tests.planted import found_in

DATA = Path(__file__).parents[2] / "data" / "cloudformation"
FILES = [DATA / "network.yaml", DATA / "shop.yaml"]
SECRETS = ("plantedPassw0rd-7f3a", "plantedUserData-91c2", "plantedTag-5d11")
OFFICE = "Office=203.0.113.0/24"


def discover(*files: Path | str, sets: tuple[str, ...] = (), strict: bool = False, **more: Any) -> Discovery:
    return discover_templates(CloudFormation(), files, Aim("vng/hcm", strict=strict), sets=sets, **more)


def template(folder: Path, resources: Any, **sections: Any) -> Path:
    path = folder / "t.json"
    path.write_text(json.dumps({"Resources": resources, **sections}), encoding="utf-8")
    return path


def fates(found: Discovery) -> dict[str, str]:
    return {outcome.address: outcome.target or outcome.fate for outcome in found.outcomes}


# --- the shop, whole


def test_the_shop_is_a_stack_that_a_person_would_have_written() -> None:
    found = discover(*FILES, sets=(OFFICE,))
    counts = found.counts()
    assert (counts.seen, counts.mapped, counts.folded, counts.remainder) == (33, 11, 19, 3)
    document: dict[str, Any] = dict(found.document)
    subnets = document["networks"]["vpc"]["subnets"]
    assert {name: (row["cidr"], row["internet"]) for name, row in subnets.items()} == {
        "public-subnet-1": ("10.40.0.0/24", "direct"),
        "public-subnet-2": ("10.40.1.0/24", "direct"),
        "private-subnet": ("10.40.2.0/24", "outbound"),
    }
    assert document["servers"]["web"] == {
        "size": {"vcpu": 2, "memory": "2 GiB"},
        "image": {"os": "amazon-linux", "version": "2023"},
        "subnet": "vpc.private-subnet",
        "security_groups": ["web-group"],
        "key": "key",
        "disk": {"size": "30 GiB", "class": "ssd"},
        "labels": {"role": "web"},
        "count": 2,
    }
    assert (document["servers"]["worker"]["count"], document["volumes"]["web-data"]["attach"]) == (2, "web")
    assert document["load_balancers"]["front"]["listeners"] == [
        {
            "port": 80,
            "protocol": "http",
            "to": {
                "servers": "web",
                "port": 8080,
                "check": {"protocol": "http", "path": "/healthz", "interval": "15 s"},
            },
            "rules": [{"path": "/admin/*", "reject": True}],
        }
    ]
    assert document["buckets"]["files"]["public_read"] is True
    assert [rule["from"] for rule in document["security_groups"]["web-group"]["ingress"]] == [
        [{"group": "front-group"}],
        ["203.0.113.0/24"],
    ]
    assert "egress" not in document["security_groups"]["web-group"]
    assert [finding for finding in validate(Stack.model_validate(document)) if finding.severity == "block"] == []
    assert {outcome.address: outcome.reason for outcome in found.remainder}["Backup"] == (
        "its condition NeedsBackup is false with these parameters"
    )
    assert "AWS::Region: us-east-1 was taken" in to_yaml(found)


def test_parameters_change_what_is_there(tmp_path: Path) -> None:
    given_ = tmp_path / "p.json"
    rows = [
        {"ParameterKey": "Environment", "ParameterValue": "prod"},
        {"ParameterKey": "WithNat", "ParameterValue": "no"},
    ]
    given_.write_text(json.dumps(rows))
    found = discover(*FILES, parameters=given_, sets=(OFFICE, "CertificateArn=arn:x", "Cidr=10.50.0.0/16"))
    document = found.document
    assert document["networks"]["vpc"]["cidr"] == "10.50.0.0/16"
    assert document["networks"]["vpc"]["subnets"]["private-subnet"]["internet"] == "none"
    assert document["servers"]["web"]["count"] == 4
    assert document["servers"]["web"]["size"] == {"vcpu": 2, "memory": "8 GiB"}
    assert document["volumes"]["backup"]["size"] == "500 GiB"
    assert [rule["ports"] for rule in document["security_groups"]["front-group"]["ingress"]] == ["80", "443"]
    assert {"NatAddress", "Nat", "PrivateRoute"} <= {outcome.address for outcome in found.remainder}


def test_json_means_the_same_as_yaml(tmp_path: Path) -> None:
    for path in FILES:
        (tmp_path / path.with_suffix(".json").name).write_text(json.dumps(read_template(path)[0]), encoding="utf-8")
    same = discover(tmp_path / "network.json", tmp_path / "shop.json", sets=(OFFICE,))
    assert same.document == discover(*FILES, sets=(OFFICE,)).document


def test_alone_the_shop_has_marked_stand_ins_or_is_smaller() -> None:
    found = discover(FILES[1])
    text = to_yaml(found)
    assert {"network-vpc", "Office"} <= {item.subject for item in found.open}
    assert "  network-vpc:  # open: it is in none of the sources; its block is made up" in text.splitlines()
    assert [finding for finding in validate(Stack.model_validate(found.document)) if finding.severity == "block"] == []
    strict = discover(FILES[1], strict=True)
    assert strict.counts().mapped < found.counts().mapped
    assert "networks" not in strict.document


# --- secrets


def test_secrets_reach_no_output(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["discover", "cloudformation", *map(str, FILES), "--placement", "vng/hcm", "--set", OFFICE]
    words += ["--set", "DatabasePassword=plantedGiven-77aa"]
    target = tmp_path / "found.yaml"
    assert run([*words, "--json"]) == 0
    assert run([*words, "-o", str(target)]) == 0
    shown = capsys.readouterr()
    said = shown.out + shown.err + target.read_text() + repr(discover(*FILES, sets=(OFFICE,)))
    planted = {secret: secret for secret in (*SECRETS, "plantedGiven-77aa")}
    assert found_in(planted, [("what is said and written", said.encode())]) == []
    sources = [(str(file), file.read_bytes()) for file in FILES]
    assert len({line.split(": ")[1] for line in found_in(planted, sources)}) == len(SECRETS)
    assert "role" in said


def test_a_broken_template_shows_none_of_its_text(tmp_path: Path) -> None:
    broken = tmp_path / "t.yaml"
    for tail in ("\n  - [", "\n\t{", "\nx: !Ref *a", "\n'"):
        broken.write_text(FILES[1].read_text() + tail)
        with pytest.raises(DiscoverError) as caught:
            discover(broken)
        told = str(caught.value) + repr(caught.value) + str(caught.value.__cause__)
        assert not [secret for secret in SECRETS if secret in told]
        assert str(caught.value.where).startswith(f"{broken}:")


# --- single things


def test_loops_are_written_out(tmp_path: Path) -> None:
    loop = [
        "Name",
        {"Ref": "Names"},
        {"Files${Name}": {"Type": "AWS::S3::Bucket", "Properties": {"X": {"Ref": "Name"}}}},
    ]
    names = {"Names": {"Type": "CommaDelimitedList", "Default": "One, Two"}}
    found = discover(template(tmp_path, {"Fn::ForEach::Buckets": loop}, Parameters=names))
    assert fates(found) == {"FilesOne": "buckets.files-one", "FilesTwo": "buckets.files-two"}
    odd = discover(template(tmp_path, {"Fn::ForEach::Odd": 7}))
    assert fates(odd) == {"Fn::ForEach::Odd": "remainder"}


def test_two_servers_behind_a_classic_balancer_become_one_with_a_count(tmp_path: Path) -> None:
    server = {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": "ami-1", "InstanceType": "t3.micro"}}
    resources = {
        "WebA": server,
        "WebB": server,
        "Front": {
            "Type": "AWS::ElasticLoadBalancing::LoadBalancer",
            "Properties": {
                "AvailabilityZones": {"Fn::GetAZs": ""},
                "Instances": [{"Ref": "WebA"}, {"Ref": "WebB"}],
                "Listeners": [{"LoadBalancerPort": "80", "InstancePort": "8080", "Protocol": "HTTP"}],
                "HealthCheck": {
                    "Target": "HTTP:8080/ok",
                    "Interval": "10",
                    "Timeout": "20",
                    "HealthyThreshold": "3",
                    "UnhealthyThreshold": "5",
                },
            },
        },
    }
    found = discover(template(tmp_path, resources))
    assert fates(found) == {"WebA": "servers.web", "WebB": "servers.web", "Front": "load_balancers.front"}
    assert found.document["servers"]["web"]["count"] == 2
    [listener] = found.document["load_balancers"]["front"]["listeners"]
    assert listener["to"] == {
        "servers": "web",
        "port": 8080,
        "check": {"protocol": "http", "path": "/ok", "interval": "10 s", "timeout": "10 s", "unhealthy": 5},
    }


def test_interfaces_give_a_server_its_subnet_and_its_address(tmp_path: Path) -> None:
    resources = {
        "Nic": {"Type": "AWS::EC2::NetworkInterface", "Properties": {"SubnetId": "subnet-a", "GroupSet": ["sg-a"]}},
        "Second": {"Type": "AWS::EC2::NetworkInterface", "Properties": {"SubnetId": "subnet-b"}},
        "Server": {
            "Type": "AWS::EC2::Instance",
            "Properties": {
                "ImageId": "ami-1",
                "InstanceType": "t3.micro",
                "NetworkInterfaces": [{"NetworkInterfaceId": {"Ref": "Nic"}, "DeviceIndex": "0"}],
            },
        },
        "Use": {
            "Type": "AWS::EC2::NetworkInterfaceAttachment",
            "Properties": {
                "InstanceId": {"Ref": "Server"},
                "NetworkInterfaceId": {"Ref": "Second"},
                "DeviceIndex": "1",
            },
        },
        "Address": {"Type": "AWS::EC2::EIP"},
        "AddressUse": {
            "Type": "AWS::EC2::EIPAssociation",
            "Properties": {
                "AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]},
                "NetworkInterfaceId": {"Ref": "Nic"},
            },
        },
    }
    found = discover(template(tmp_path, resources))
    assert fates(found) == {
        "Nic": "servers.server",
        "Second": "servers.server",
        "Server": "servers.server",
        "Use": "servers.server",
        "Address": "public_ips.address",
        "AddressUse": "public_ips.address",
    }
    server = found.document["servers"]["server"]
    assert (server["subnet"], server["interfaces"], server["security_groups"]) == (
        "default.subnet-a",
        ["default.subnet-b"],
        ["sg-a"],
    )
    assert "public_ip" not in server
    assert found.document["public_ips"] == {"address": {"server": "server"}}


def test_an_unknown_port_or_peer_is_not_read_as_everything(tmp_path: Path) -> None:
    rules = [
        {"IpProtocol": "tcp", "FromPort": {"Ref": "Port"}, "ToPort": {"Ref": "Port"}, "CidrIp": "0.0.0.0/0"},
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": {"Ref": "Office"}},
    ]
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "x", "SecurityGroupIngress": rules}}
    parameters = {"Port": {"Type": "Number"}, "Office": {"Type": "String"}}
    found = discover(template(tmp_path, {"Group": group}, Parameters=parameters))
    assert found.document["security_groups"]["group"]["ingress"] == []
    assert {"ports", "peer Office"} <= {note.what for outcome in found.outcomes for note in outcome.notes}


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("Resources: [", ":1:13", "not a YAML template"),
        ("a: 1", "", "no Resources"),
        ("Resources: {a: *b}", ":1:16", "no aliases"),
        ('{"Resources": {"a": }', ":1:21", "not JSON"),
        ("[" * 5000, "", "nested too deeply"),
    ],
)
def test_a_broken_template_says_where(tmp_path: Path, text: str, where: str, says: str) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(text)
    with pytest.raises(DiscoverError) as caught:
        discover(path)
    assert (caught.value.where, says in caught.value.message) == (f"{path}{where}", True)


@pytest.mark.parametrize(
    ("sets", "says"),
    [
        (("Ofice=1",), "did you mean Office?"),
        (("Office",), "name=value"),
        (("AWS::Region=ap-1", "Nothing=1"), "no template has"),
    ],
)
def test_wrong_parameters_are_errors(sets: tuple[str, ...], says: str) -> None:
    with pytest.raises(DiscoverError) as caught:
        discover(*FILES, sets=sets)
    assert says in f"{caught.value.message} {caught.value.hint}"


def test_files_that_are_no_templates(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"\xff\xfe\x00")
    for path, says in ((tmp_path / "none", "cannot be read"), (tmp_path / "b", "UTF-8")):
        with pytest.raises(DiscoverError, match=says):
            discover(path)
    (tmp_path / "p").write_text("- 1\n")
    with pytest.raises(DiscoverError, match="holds no parameters"):
        discover(*FILES, parameters=tmp_path / "p")


def test_a_key_that_is_there_twice_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("Resources:\n  A: {Type: AWS::S3::Bucket}\n  A: {Type: AWS::SNS::Topic}\n")
    found = discover(path)
    assert fates(found) == {"A": "remainder"}
    assert f"{path}:3: A is there twice; the last one was taken" in to_yaml(found)


# --- any template


NAMES = st.sampled_from(["A", "B", "C", "D1", "D2"])
LEAVES = st.one_of(
    st.sampled_from(
        ["10.0.0.0/16", "10.0.1.0/24", "0.0.0.0/0", "tcp", "80", "t3.micro", "", "true", "internet-facing", "forward"]
    ),
    st.integers(-1, 70000),
    st.booleans(),
    st.none(),
    st.builds(
        lambda name: {"Ref": name}, st.one_of(NAMES, st.sampled_from(["P", "Q", "AWS::Region", "AWS::NoValue", "Odd"]))
    ),
    st.builds(
        lambda name, what: {"Fn::GetAtt": [name, what]}, NAMES, st.sampled_from(["Arn", "GroupId", "Odd", "CidrBlock"])
    ),
    st.sampled_from(
        [
            {"Fn::ImportValue": "x"},
            {"Fn::Sub": "${A}-${P}"},
            {"Fn::Select": [0, {"Ref": "Q"}]},
            {"Fn::If": ["T", "x", 1]},
        ]
    ),
)
PROPERTIES = (
    *("CidrBlock", "VpcId", "SubnetId", "GroupId", "IpProtocol", "FromPort", "ToPort", "CidrIp", "RouteTableId"),
    *("SourceSecurityGroupId", "GatewayId", "NatGatewayId", "DestinationCidrBlock", "InternetGatewayId", "InstanceId"),
    *("AllocationId", "VolumeId", "Size", "ImageId", "InstanceType", "LaunchTemplateData", "LaunchTemplate", "Port"),
    *(
        "Protocol",
        "LoadBalancerArn",
        "ListenerArn",
        "DefaultActions",
        "Actions",
        "Conditions",
        "TargetGroupARNs",
        "Targets",
    ),
    *(
        "Subnets",
        "SecurityGroups",
        "SecurityGroupIds",
        "Listeners",
        "Instances",
        "HealthCheck",
        "MinSize",
        "Bucket",
        "Tags",
    ),
    *("BlockDeviceMappings", "NetworkInterfaces", "SecurityGroupIngress", "VPCZoneIdentifier", "PolicyDocument", "Ebs"),
    *(
        "LaunchConfigurationName",
        "Certificates",
        "TargetGroupArn",
        "Type",
        "VolumeSize",
        "DeviceName",
        "Field",
        "Values",
    ),
    *("LifecycleConfiguration", "Rules", "CorsConfiguration", "NetworkInterfaceId", "LaunchTemplateId", "Priority"),
)
NODES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(PROPERTIES), inner, max_size=4),
    max_leaves=8,
)
RESOURCES = st.dictionaries(
    NAMES,
    st.one_of(
        st.fixed_dictionaries(
            {
                "Type": st.sampled_from(
                    [*MAPPED, *MAPPED, *(key.replace("*", "Odd") for key in MEANINGS), "Some::Odd::Type"]
                ),
                "Properties": st.dictionaries(st.sampled_from(PROPERTIES), NODES, max_size=12),
            },
            optional={"Condition": st.sampled_from(["T", "F", "None"])},
        ),
        st.sampled_from([None, {}, {"Type": 7}, {"Type": "AWS::EC2::VPC", "Properties": []}]),
    ),
    max_size=5,
)


@given(resources=RESOURCES, inner=RESOURCES, strict=st.booleans())
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_template_of_known_and_unknown_types_is_accounted_for(
    tmp_path: Path, resources: Any, inner: Any, strict: bool
) -> None:
    (tmp_path / "inner.json").write_text(json.dumps({"Resources": inner}), encoding="utf-8")
    given_ = {"TemplateURL": "inner.json", "Parameters": {"Q": {"Fn::GetAtt": ["Within", "Outputs.X"]}}}
    resources = {**resources, "Within": {"Type": "AWS::CloudFormation::Stack", "Properties": given_}}
    sections = {
        "Parameters": {"P": {"Type": "String", "Default": "p"}, "Q": {"Type": "List<AWS::EC2::Subnet::Id>"}},
        "Conditions": {"T": {"Fn::Equals": [1, "1"]}, "F": {"Fn::Not": [{"Condition": "T"}]}},
    }
    found = discover(template(tmp_path, resources, **sections), strict=strict)
    total = found.counts()
    assert total.seen == len(resources) + len(inner) == total.mapped + total.folded + total.remainder
    assert all(outcome.reason and outcome.advice for outcome in found.remainder)
    assert fates(found)["Within"] == "folded"
    for outcome in (*found.mapped, *found.folded):
        place: Any = found.document
        for step in outcome.target.split(".") if outcome.address != "Within" else ():
            place = place[step]
    assert yaml.safe_load(to_yaml(found)) == json.loads(to_json(found))["document"]
