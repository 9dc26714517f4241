"""Instances, volumes and interfaces: refusals, states that take time, tokens."""

from __future__ import annotations

from typing import Any

import pytest

UNKNOWN_IMAGE = "ami-0123456789abcdef0"


@pytest.fixture
def subnet(aws: Any) -> str:
    """A subnet in the first zone."""
    return str(aws.subnet(aws.vpc()))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"InstanceType": "t3.tiny"}, "InvalidParameterValue"),
        ({"ImageId": UNKNOWN_IMAGE}, "InvalidAMIID.NotFound"),
        ({"ImageId": "ubuntu"}, "InvalidAMIID.Malformed"),
        ({"InstanceType": "t4g.micro"}, "InvalidParameterValue"),  # arm64, the image is x86-64
        ({"KeyName": "none"}, "InvalidKeyPair.NotFound"),
        ({"SecurityGroupIds": ["sg-0123456789abcdef0"]}, "InvalidGroup.NotFound"),
        ({"SubnetId": "subnet-0123456789abcdef0"}, "InvalidSubnetID.NotFound"),
        ({"UserData": "x" * 16385}, "InvalidParameterValue"),
        ({"InstanceType": "c5ad.large"}, "Unsupported"),
    ],
)
def test_launches_that_are_refused(aws: Any, refused: Any, subnet: str, change: dict[str, Any], code: str) -> None:
    with refused(code):
        aws.launch(subnet, **change)
    assert (aws.held("instances"), aws.held("volumes"), aws.held("network_interfaces")) == ([], [], [])


def test_a_group_of_another_network(aws: Any, refused: Any, subnet: str) -> None:
    with refused("InvalidParameter", "different networks"):
        aws.launch(subnet, SecurityGroupIds=[aws.group(aws.vpc("10.2.0.0/16"))])


def test_a_type_that_is_sold_out_in_a_zone(aws: Any, refused: Any, subnet: str) -> None:
    other = aws.subnet(aws.vpc("10.2.0.0/16"), "10.2.1.0/24", "b")
    stock = {"flavor": "t3.micro", "zone": "ap-southeast-1a"}
    aws.cloud.app.cloud.tune("stock", {**stock, "remaining": 1})
    instance = aws.server(subnet)
    with refused("InsufficientInstanceCapacity", "t3.micro", "ap-southeast-1a"):
        aws.launch(subnet)
    aws.launch(other)
    aws.ec2.stop_instances(InstanceIds=[instance])
    aws.later()
    with refused("InsufficientInstanceCapacity"):  # a start needs room too
        aws.ec2.start_instances(InstanceIds=[instance])
    aws.cloud.app.cloud.tune("stock", {**stock, "remaining": 9})
    aws.ec2.start_instances(InstanceIds=[instance])


@pytest.mark.parametrize(("quota", "code"), [("instances", "InstanceLimitExceeded"), ("vcpus", "VcpuLimitExceeded")])
def test_there_may_be_only_so_many(aws: Any, refused: Any, subnet: str, quota: str, code: str) -> None:
    aws.cloud.app.cloud.tune("quota", {"name": quota, "limit": 3})
    aws.server(subnet)  # two vCPUs
    with refused(code):
        aws.launch(subnet, InstanceType="t3.xlarge") if quota == "vcpus" else [aws.launch(subnet) for _ in range(3)]


def test_an_instance_goes_through_its_states(aws: Any, refused: Any, subnet: str) -> None:
    instance = aws.launch(subnet)
    assert aws.state(instance) == "pending"
    with refused("IncorrectInstanceState"):
        aws.ec2.stop_instances(InstanceIds=[instance])
    aws.later(15)
    assert aws.state(instance) == "pending"
    aws.later(1)
    assert aws.state(instance) == "running"
    change = aws.ec2.stop_instances(InstanceIds=[instance])["StoppingInstances"][0]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "stopping")
    assert aws.state(instance) == "stopping"
    with refused("IncorrectInstanceState"):
        aws.ec2.start_instances(InstanceIds=[instance])
    aws.later()
    assert aws.state(instance) == "stopped"
    aws.ec2.start_instances(InstanceIds=[instance])
    assert aws.state(instance) == "pending"
    aws.later()
    aws.ec2.terminate_instances(InstanceIds=[instance])
    assert (aws.state(instance), len(aws.held("volumes"))) == ("shutting-down", 1)
    aws.later(29)
    assert (aws.state(instance), aws.held("volumes"), aws.held("network_interfaces")) == ("terminated", [], [])
    again = aws.ec2.terminate_instances(InstanceIds=[instance])["TerminatingInstances"][0]
    assert again["CurrentState"]["Name"] == "terminated"
    aws.later(3600)
    with refused("InvalidInstanceID.NotFound", instance):
        aws.ec2.describe_instances(InstanceIds=[instance])


def test_boto3s_own_waiters_see_the_states(aws: Any, subnet: str) -> None:
    instance = aws.launch(subnet)
    aws.later(16)
    aws.ec2.get_waiter("instance_running").wait(InstanceIds=[instance])
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.later(29)
    aws.ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance])


def test_filters_see_the_states(aws: Any, subnet: str) -> None:
    aws.launch(subnet)
    for state, number in (("pending", 1), ("running", 0)):
        wanted = [{"Name": "instance-state-name", "Values": [state]}]
        assert len(aws.ec2.describe_instances(Filters=wanted)["Reservations"]) == number


def test_an_instance_that_is_protected_stays(aws: Any, refused: Any, subnet: str) -> None:
    instance = aws.server(subnet)
    aws.ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": True})
    with refused("OperationNotPermitted", "disableApiTermination"):
        aws.ec2.terminate_instances(InstanceIds=[instance])
    assert aws.state(instance) == "running"


def test_a_type_is_changed_when_it_is_stopped(aws: Any, refused: Any, subnet: str) -> None:
    instance = aws.server(subnet)
    with refused("IncorrectInstanceState", "stopped"):
        aws.ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": "t3.small"})
    aws.ec2.stop_instances(InstanceIds=[instance])
    aws.later()
    with refused("InvalidInstanceAttributeValue"):
        aws.ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": "t3.tiny"})
    with refused("Unsupported"):
        aws.ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": "c5ad.large"})
    aws.ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": "t3.small"})
    assert [item["type"] for item in aws.held("instances")] == ["t3.small"]


def test_a_volume_goes_through_its_states(aws: Any, refused: Any, subnet: str) -> None:
    def shown() -> tuple[str, list[str]]:
        found = aws.ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]
        return found["State"], [item["State"] for item in found["Attachments"]]

    instance = aws.server(subnet)
    made = aws.ec2.create_volume(Size=8, VolumeType="gp3", AvailabilityZone="ap-southeast-1a")
    volume = made["VolumeId"]
    place = {"VolumeId": volume, "InstanceId": instance, "Device": "/dev/sdf"}
    assert (made["State"], shown()) == ("creating", ("creating", []))
    with refused("IncorrectState", "available"):
        aws.ec2.attach_volume(**place)
    aws.later(11)
    assert shown() == ("available", [])
    assert aws.ec2.attach_volume(**place)["State"] in ("attaching", "attached")
    assert shown() == ("in-use", ["attaching"])
    aws.later(22)
    assert shown() == ("in-use", ["attached"])
    with refused("VolumeInUse"):
        aws.ec2.delete_volume(VolumeId=volume)
    assert aws.ec2.detach_volume(VolumeId=volume)["State"] == "detaching"
    assert shown() == ("in-use", ["detaching"])
    aws.later(12)
    assert shown() == ("available", [])
    aws.ec2.delete_volume(VolumeId=volume)
    assert shown() == ("deleting", [])
    aws.later(10)
    with refused("InvalidVolume.NotFound"):
        aws.ec2.describe_volumes(VolumeIds=[volume])


def test_attachments_that_are_refused(aws: Any, refused: Any, subnet: str) -> None:
    instance, volume = aws.server(subnet), aws.volume()
    with refused("InvalidVolume.ZoneMismatch"):
        aws.ec2.attach_volume(VolumeId=aws.volume("b"), InstanceId=instance, Device="/dev/sdf")
    with refused("InvalidInstanceID.NotFound"):
        aws.ec2.attach_volume(VolumeId=volume, InstanceId="i-0123456789abcdef0", Device="/dev/sdf")
    with refused("InvalidVolume.NotFound"):
        aws.ec2.attach_volume(VolumeId="vol-0123456789abcdef0", InstanceId=instance, Device="/dev/sdf")
    with refused("IncorrectState", "not 'running'"):
        aws.ec2.attach_volume(VolumeId=volume, InstanceId=aws.launch(subnet), Device="/dev/sdf")
    with refused("IncorrectState"):
        aws.ec2.detach_volume(VolumeId=volume)
    aws.ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    other = aws.volume()
    with refused("VolumeInUse", "already attached"):
        aws.ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdg")
    with refused("InvalidParameterValue", "/dev/sdf"):
        aws.ec2.attach_volume(VolumeId=other, InstanceId=instance, Device="/dev/sdf")
    with refused("InvalidAttachment.NotFound"):
        aws.ec2.detach_volume(VolumeId=volume, InstanceId="i-0123456789abcdef0")
    root = aws.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    device = next(item for item in root["BlockDeviceMappings"] if item["DeviceName"] == root["RootDeviceName"])
    with refused("OperationNotPermitted", device["Ebs"]["VolumeId"]):
        aws.ec2.detach_volume(VolumeId=device["Ebs"]["VolumeId"])


def test_every_instance_has_a_disk_where_its_image_wants_it(aws: Any, subnet: str) -> None:
    root = aws.ec2.describe_images(ImageIds=[aws.image])["Images"][0]["RootDeviceName"]
    more = [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 9, "DeleteOnTermination": True}}]
    own = [{"DeviceName": root, "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "DeleteOnTermination": True}}]
    for mappings, sizes in (([], {root: 8}), (more, {root: 8, "/dev/sdf": 9}), (own, {root: 20})):
        instance = aws.server(subnet, BlockDeviceMappings=mappings)
        volumes = aws.ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [instance]}])
        found = {item["Attachments"][0]["Device"]: item["Size"] for item in volumes["Volumes"]}
        assert found == sizes
        aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.later()
    assert aws.held("volumes") == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"VolumeType": "gp9", "Size": 8}, "UnknownVolumeType"),
        ({"VolumeType": "st1", "Size": 8}, "InvalidParameterValue"),
        ({"VolumeType": "gp3", "Size": 70000}, "InvalidParameterValue"),
        ({"VolumeType": "gp3", "Size": 8, "AvailabilityZone": "us-east-1a"}, "InvalidZone.NotFound"),
    ],
)
def test_volumes_that_are_refused(aws: Any, refused: Any, given: dict[str, Any], code: str) -> None:
    with refused(code):
        aws.ec2.create_volume(**{"AvailabilityZone": "ap-southeast-1a", **given})


def test_a_volume_grows_one_change_at_a_time(aws: Any, refused: Any) -> None:
    def state() -> str:
        found = aws.ec2.describe_volumes_modifications(VolumeIds=[volume])["VolumesModifications"]
        return str(found[-1]["ModificationState"])

    volume = aws.volume()
    with refused("InvalidParameterValue", "smaller"):
        aws.ec2.modify_volume(VolumeId=volume, Size=4)
    aws.ec2.modify_volume(VolumeId=volume, Size=20)
    assert state() == "modifying"
    with refused("IncorrectModificationState"):
        aws.ec2.modify_volume(VolumeId=volume, Size=30)
    aws.later(10)
    assert state() == "optimizing"
    aws.later(60)
    assert state() == "completed"
    aws.ec2.modify_volume(VolumeId=volume, Size=30)
    assert [item["size"] for item in aws.held("volumes")] == [30]


def test_interfaces_in_use_stay(aws: Any, refused: Any, subnet: str) -> None:
    made = aws.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    instance = aws.server(subnet)
    with refused("InvalidParameterValue", "device index"):
        aws.ec2.attach_network_interface(NetworkInterfaceId=made, InstanceId=instance, DeviceIndex=0)
    aws.ec2.attach_network_interface(NetworkInterfaceId=made, InstanceId=instance, DeviceIndex=1)
    with refused("InvalidNetworkInterface.InUse"):
        aws.ec2.attach_network_interface(NetworkInterfaceId=made, InstanceId=instance, DeviceIndex=2)
    with refused("InvalidParameterValue", "in use"):
        aws.ec2.delete_network_interface(NetworkInterfaceId=made)
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.later()
    assert [item["id"] for item in aws.held("network_interfaces")] == [made]  # it was there before the instance
    aws.ec2.delete_network_interface(NetworkInterfaceId=made)


def test_an_interface_of_another_zone(aws: Any, refused: Any) -> None:
    vpc = aws.vpc()
    made = aws.ec2.create_network_interface(SubnetId=aws.subnet(vpc, "10.1.2.0/24", "b"))["NetworkInterface"]
    instance = aws.server(aws.subnet(vpc))
    with refused("InvalidParameterCombination", "zone"):
        aws.ec2.attach_network_interface(
            NetworkInterfaceId=made["NetworkInterfaceId"], InstanceId=instance, DeviceIndex=1
        )


def test_a_nat_gateway_takes_its_time(aws: Any) -> None:
    def state() -> str:
        return str(aws.ec2.describe_nat_gateways(NatGatewayIds=[made])["NatGateways"][0]["State"])

    vpc = aws.vpc()
    aws.gateway(vpc)
    address = aws.address()
    made = aws.ec2.create_nat_gateway(SubnetId=aws.subnet(vpc), AllocationId=address)["NatGateway"]["NatGatewayId"]
    assert state() == "pending"
    aws.later(105)
    assert state() == "available"
    aws.ec2.delete_nat_gateway(NatGatewayId=made)
    assert (state(), len(aws.held("nat_gateways"))) == ("deleting", 1)
    aws.later(56)
    assert (state(), aws.held("nat_gateways")) == ("deleted", [])
    aws.ec2.release_address(AllocationId=address)
    aws.later(3600)
    assert aws.ec2.describe_nat_gateways()["NatGateways"] == []


def test_a_nat_gateway_without_internet_gateway_fails(aws: Any) -> None:
    address = aws.address()
    aws.ec2.create_nat_gateway(SubnetId=aws.subnet(aws.vpc()), AllocationId=address)
    aws.later(105)
    found = aws.ec2.describe_nat_gateways()["NatGateways"][0]
    assert (found["State"], found["FailureCode"]) == ("failed", "Gateway.NotAttached")
    aws.ec2.release_address(AllocationId=address)


def test_the_same_token_makes_one(aws: Any, refused: Any, subnet: str) -> None:
    first = aws.launch(subnet, ClientToken="token-1")
    assert aws.launch(subnet, ClientToken="token-1") == first
    with refused("IdempotentParameterMismatch"):
        aws.launch(subnet, ClientToken="token-1", InstanceType="t3.small")
    assert aws.launch(subnet, ClientToken="token-2") != first
    assert len(aws.held("instances")) == 2


@pytest.mark.parametrize("kind", ["volume", "nat", "interface", "table"])
def test_every_create_with_a_token_honours_it(aws: Any, refused: Any, kind: str) -> None:
    vpc = aws.vpc()
    aws.gateway(vpc)
    place = aws.subnet(vpc)

    def make(**more: Any) -> Any:
        if kind == "volume":
            return aws.ec2.create_volume(
                **{"Size": 8, "AvailabilityZone": "ap-southeast-1a", "ClientToken": "once", **more}
            )["VolumeId"]
        if kind == "nat":
            given = {"SubnetId": place, "AllocationId": address, "ClientToken": "once", **more}
            return aws.ec2.create_nat_gateway(**given)["NatGateway"]["NatGatewayId"]
        if kind == "interface":
            given = {"SubnetId": place, "ClientToken": "once", **more}
            return aws.ec2.create_network_interface(**given)["NetworkInterface"]["NetworkInterfaceId"]
        return aws.ec2.create_route_table(VpcId=vpc, ClientToken="once", **more)["RouteTable"]["RouteTableId"]

    address = aws.address()
    assert make() == make()
    tags = {"volume": "volume", "nat": "natgateway", "interface": "network-interface", "table": "route-table"}
    with refused("IdempotentParameterMismatch"):
        make(TagSpecifications=[{"ResourceType": tags[kind], "Tags": [{"Key": "a", "Value": "b"}]}])
    kinds = {"volume": "volumes", "nat": "nat_gateways", "interface": "network_interfaces", "table": "route_tables"}
    assert len(aws.held(kinds[kind])) == 1


def test_a_token_of_a_refused_create_is_free(aws: Any, refused: Any, subnet: str) -> None:
    with refused("InvalidParameterValue"):
        aws.launch(subnet, ClientToken="token", InstanceType="t3.tiny")
    aws.launch(subnet, ClientToken="token")
    with refused("InvalidParameterValue"):
        aws.launch(subnet, ClientToken="x" * 65)


def test_a_dry_run_makes_nothing(aws: Any, refused: Any, subnet: str) -> None:
    with refused("DryRunOperation"):
        aws.launch(subnet, DryRun=True)
    with refused("InvalidParameterValue"):
        aws.launch(subnet, DryRun=True, InstanceType="t3.tiny")
    instance = aws.server(subnet)
    with refused("DryRunOperation"):
        aws.ec2.terminate_instances(InstanceIds=[instance], DryRun=True)
    assert aws.state(instance) == "running"
