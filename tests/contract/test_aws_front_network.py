"""What AWS refuses of networks and moto does not; codes are AWS's own."""

from __future__ import annotations

from typing import Any

import pytest

OPEN = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}


def _subnet(aws: Any, vpc: str) -> None:
    aws.subnet(vpc)


def _gateway(aws: Any, vpc: str) -> None:
    aws.gateway(vpc)


def _group(aws: Any, vpc: str) -> None:
    aws.group(vpc)


def _table(aws: Any, vpc: str) -> None:
    aws.ec2.create_route_table(VpcId=vpc)


@pytest.mark.parametrize("inside", [_subnet, _gateway, _group, _table])
def test_a_vpc_that_is_not_empty_stays(aws: Any, refused: Any, inside: Any) -> None:
    vpc = aws.vpc()
    inside(aws, vpc)
    with refused("DependencyViolation", vpc):
        aws.ec2.delete_vpc(VpcId=vpc)
    assert [item["id"] for item in aws.held("vpcs")] == [vpc]


def test_an_empty_vpc_goes_with_all_that_came_with_it(aws: Any) -> None:
    vpc = aws.vpc()
    aws.ec2.delete_vpc(VpcId=vpc)
    assert {kind: items for kind, items in aws.cloud.app.inventory().items() if items} == {}


def test_a_subnet_with_an_interface_in_it_stays(aws: Any, refused: Any) -> None:
    subnet = aws.subnet(aws.vpc())
    instance = aws.server(subnet)
    with refused("DependencyViolation", subnet):
        aws.ec2.delete_subnet(SubnetId=subnet)
    aws.ec2.terminate_instances(InstanceIds=[instance])
    with refused("DependencyViolation", subnet):  # it is shutting down only
        aws.ec2.delete_subnet(SubnetId=subnet)
    aws.later()
    aws.ec2.delete_subnet(SubnetId=subnet)


def test_the_association_of_a_subnet_goes_with_it(aws: Any) -> None:
    vpc = aws.vpc()
    subnet = aws.subnet(vpc)
    table = aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    aws.ec2.delete_subnet(SubnetId=subnet)
    aws.ec2.delete_route_table(RouteTableId=table)
    aws.ec2.delete_vpc(VpcId=vpc)


def test_a_route_table_in_use_stays(aws: Any, refused: Any) -> None:
    vpc = aws.vpc()
    table = aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    aws.ec2.associate_route_table(RouteTableId=table, SubnetId=aws.subnet(vpc))
    with refused("DependencyViolation", table):
        aws.ec2.delete_route_table(RouteTableId=table)
    mine = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    main = aws.ec2.describe_route_tables(Filters=mine)["RouteTables"][0]["RouteTableId"]
    with refused("DependencyViolation", main):
        aws.ec2.delete_route_table(RouteTableId=main)


def test_a_subnet_has_one_route_table(aws: Any, refused: Any) -> None:
    vpc = aws.vpc()
    subnet = aws.subnet(vpc)
    first, second = (aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    once = aws.ec2.associate_route_table(RouteTableId=first, SubnetId=subnet)
    assert aws.ec2.associate_route_table(RouteTableId=first, SubnetId=subnet)["AssociationId"] == once["AssociationId"]
    with refused("Resource.AlreadyAssociated", second):
        aws.ec2.associate_route_table(RouteTableId=second, SubnetId=subnet)


def test_routes_lead_to_what_is_there(aws: Any, refused: Any) -> None:
    vpc, other = aws.vpc(), aws.vpc("10.2.0.0/16")
    table = aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    with refused("InvalidParameterValue", "different networks"):
        aws.ec2.create_route(GatewayId=aws.gateway(other), **route)
    with refused("InvalidNatGatewayID.NotFound"):
        aws.ec2.create_route(NatGatewayId="nat-0123456789abcdef0", **route)
    gateway = aws.gateway(vpc)
    aws.ec2.create_route(GatewayId=gateway, **route)
    with refused("RouteAlreadyExists"):
        aws.ec2.create_route(GatewayId=gateway, **route)
    assert [item["name"] for item in aws.held("routes")] == ["0.0.0.0/0"]


@pytest.mark.parametrize(
    ("cidr", "zone", "code"),
    [
        ("10.1.1.0/24", "a", "InvalidSubnet.Conflict"),
        ("10.1.1.128/25", "b", "InvalidSubnet.Conflict"),
        ("10.2.0.0/24", "a", "InvalidSubnet.Range"),
        ("10.1.9.0/30", "a", "InvalidSubnet.Range"),
        ("10.1.2.0/24", "z", "InvalidParameterValue"),
    ],
)
def test_subnets_that_do_not_fit(aws: Any, refused: Any, cidr: str, zone: str, code: str) -> None:
    vpc = aws.vpc()
    aws.subnet(vpc)
    with refused(code):
        aws.subnet(vpc, cidr, zone)
    assert len(aws.held("subnets")) == 1


def test_a_vpc_has_one_internet_gateway(aws: Any, refused: Any) -> None:
    vpc, other = aws.vpc(), aws.vpc("10.2.0.0/16")
    gateway = aws.gateway(vpc)
    with refused("InvalidParameterValue", "already has an internet gateway"):
        aws.gateway(vpc)
    with refused("Resource.AlreadyAssociated"):
        aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=other)
    with refused("DependencyViolation"):
        aws.ec2.delete_internet_gateway(InternetGatewayId=gateway)


def test_a_gateway_that_addresses_need_stays(aws: Any, refused: Any) -> None:
    vpc = aws.vpc()
    gateway, instance = aws.gateway(vpc), aws.server(aws.subnet(vpc))
    held = aws.ec2.associate_address(AllocationId=aws.address(), InstanceId=instance)
    with refused("DependencyViolation", "mapped public address"):
        aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    aws.ec2.disassociate_address(AssociationId=held["AssociationId"])
    aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)


def test_an_address_needs_a_gateway_and_an_instance_that_is_there(aws: Any, refused: Any) -> None:
    vpc = aws.vpc()
    instance, address = aws.launch(aws.subnet(vpc)), aws.address()
    with refused("InvalidInstanceID", "pending"):
        aws.ec2.associate_address(AllocationId=address, InstanceId=instance)
    aws.later()
    with refused("Gateway.NotAttached", vpc):
        aws.ec2.associate_address(AllocationId=address, InstanceId=instance)
    aws.gateway(vpc)
    aws.ec2.associate_address(AllocationId=address, InstanceId=instance)
    with refused("InvalidIPAddress.InUse"):
        aws.ec2.release_address(AllocationId=address)


def test_an_address_moves_unless_it_is_told_to_stay(aws: Any, refused: Any) -> None:
    vpc = aws.vpc()
    aws.gateway(vpc)
    subnet, address = aws.subnet(vpc), aws.address()
    first, second = aws.server(subnet), aws.server(subnet)
    aws.ec2.associate_address(AllocationId=address, InstanceId=first)
    with refused("Resource.AlreadyAssociated"):
        aws.ec2.associate_address(AllocationId=address, InstanceId=second, AllowReassociation=False)
    aws.ec2.associate_address(AllocationId=address, InstanceId=second)
    assert aws.ec2.describe_addresses()["Addresses"][0]["InstanceId"] == second


def test_an_address_is_free_when_its_instance_is_terminated(aws: Any) -> None:
    vpc = aws.vpc()
    aws.gateway(vpc)
    instance, address = aws.server(aws.subnet(vpc)), aws.address()
    aws.ec2.associate_address(AllocationId=address, InstanceId=instance)
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.later()
    aws.ec2.release_address(AllocationId=address)
    assert (aws.held("addresses"), aws.held("instances"), aws.held("volumes")) == ([], [], [])


def test_a_nat_gateway_needs_a_free_address(aws: Any, refused: Any) -> None:
    vpc = aws.vpc()
    aws.gateway(vpc)
    subnet, address = aws.subnet(vpc), aws.address()
    with refused("MissingParameter"):
        aws.ec2.create_nat_gateway(SubnetId=subnet)
    with refused("InvalidAllocationID.NotFound"):
        aws.ec2.create_nat_gateway(SubnetId=subnet, AllocationId="eipalloc-0123456789abcdef0")
    with refused("InvalidSubnetID.NotFound"):
        aws.ec2.create_nat_gateway(SubnetId="subnet-0123456789abcdef0", AllocationId=address)
    aws.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    with refused("Resource.AlreadyAssociated"):
        aws.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    with refused("InvalidIPAddress.InUse"):
        aws.ec2.release_address(AllocationId=address)
    held = aws.ec2.describe_addresses()["Addresses"][0]["AssociationId"]
    with refused("AuthFailure"):
        aws.ec2.disassociate_address(AssociationId=held)
    with refused("DependencyViolation"):
        aws.ec2.delete_subnet(SubnetId=subnet)
    with refused("NatGatewayNotFound"):
        aws.ec2.delete_nat_gateway(NatGatewayId="nat-0123456789abcdef0")


def test_groups_in_use_stay(aws: Any, refused: Any) -> None:
    vpc = aws.vpc()
    first, second = aws.group(vpc, "first"), aws.group(vpc, "second")
    pair = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": second}]}
    aws.ec2.authorize_security_group_ingress(GroupId=first, IpPermissions=[pair])
    with refused("DependencyViolation", second):
        aws.ec2.delete_security_group(GroupId=second)
    instance = aws.server(aws.subnet(vpc), SecurityGroupIds=[first])
    with refused("DependencyViolation", first):
        aws.ec2.delete_security_group(GroupId=first)
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.later()
    aws.ec2.delete_security_group(GroupId=first)
    aws.ec2.delete_security_group(GroupId=second)
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
    default = aws.ec2.describe_security_groups(Filters=mine)["SecurityGroups"][0]["GroupId"]
    with refused("CannotDelete"):
        aws.ec2.delete_security_group(GroupId=default)


@pytest.mark.parametrize(
    ("name", "told", "code"),
    [
        ("test-group", "again", "InvalidGroup.Duplicate"),
        ("default", "mine", "InvalidGroup.Reserved"),
        ("sg-mine", "mine", "InvalidParameterValue"),
        ("mới", "mine", "InvalidParameterValue"),
        ("other", "máy chủ", "InvalidParameterValue"),
        ("other", "x" * 256, "InvalidParameterValue"),
    ],
)
def test_groups_that_are_refused(aws: Any, refused: Any, name: str, told: str, code: str) -> None:
    vpc = aws.vpc()
    aws.group(vpc)
    with refused(code):
        aws.ec2.create_security_group(GroupName=name, Description=told, VpcId=vpc)
    aws.group(aws.vpc("10.2.0.0/16"))  # the same name in another VPC
    assert len(aws.held("security_groups")) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "InvalidPermission.Duplicate"),
        ({"FromPort": 23}, "InvalidParameterValue"),
        ({"ToPort": 70000}, "InvalidParameterValue"),
        ({"IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "cổng"}]}, "InvalidParameterValue"),
        ({"IpRanges": [], "UserIdGroupPairs": [{"GroupId": "sg-0123456789abcdef0"}]}, "InvalidGroup.NotFound"),
    ],
)
@pytest.mark.parametrize("way", ["ingress", "egress"])
def test_rules_that_are_refused(aws: Any, refused: Any, way: str, change: dict[str, Any], code: str) -> None:
    group = aws.group(aws.vpc())
    authorize = getattr(aws.ec2, f"authorize_security_group_{way}")
    authorize(GroupId=group, IpPermissions=[OPEN])
    with refused(code):
        authorize(GroupId=group, IpPermissions=[{**OPEN, **change}])
    assert len(aws.held("security_group_rules")) == 1


def test_key_pairs_that_are_refused(aws: Any, refused: Any) -> None:
    aws.ec2.create_key_pair(KeyName="mine", KeyType="ed25519")
    with refused("InvalidKeyPair.Duplicate"):
        aws.ec2.create_key_pair(KeyName="mine", KeyType="ed25519")
    with refused("InvalidKey.Format"):
        aws.ec2.import_key_pair(KeyName="other", PublicKeyMaterial=b"no key")
    assert [item["name"] for item in aws.held("key_pairs")] == ["mine"]


@pytest.mark.parametrize(
    ("quota", "code", "make"),
    [
        ("vpcs", "VpcLimitExceeded", lambda aws, vpc: aws.vpc("10.3.0.0/16")),
        ("subnets", "SubnetLimitExceeded", lambda aws, vpc: aws.subnet(vpc)),
        ("internet_gateways", "InternetGatewayLimitExceeded", lambda aws, vpc: aws.gateway(vpc)),
        ("route_tables", "RouteTableLimitExceeded", lambda aws, vpc: aws.ec2.create_route_table(VpcId=vpc)),
        ("security_groups", "SecurityGroupLimitExceeded", lambda aws, vpc: aws.group(vpc)),
        ("addresses", "AddressLimitExceeded", lambda aws, vpc: aws.address()),
        ("placement_groups", "PlacementGroupLimitExceeded", lambda aws, vpc: _spread(aws)),
        ("volumes", "VolumeLimitExceeded", lambda aws, vpc: aws.volume()),
    ],
)
def test_there_may_be_only_so_many(aws: Any, refused: Any, quota: str, code: str, make: Any) -> None:
    vpc = aws.vpc()
    aws.cloud.app.cloud.tune("quota", {"name": quota, "limit": 0})
    with refused(code):
        make(aws, vpc)
    assert [kind for kind, items in aws.cloud.app.inventory().items() if items] == ["vpcs"]


def test_defaults_of_the_limits_are_those_of_aws(aws: Any, refused: Any) -> None:
    for number in range(4):  # the default VPC is the fifth
        aws.vpc(f"10.{number}.0.0/16")
    with refused("VpcLimitExceeded"):
        aws.vpc()
    for _ in range(5):
        aws.address()
    with refused("AddressLimitExceeded"):
        aws.address()


def test_rules_and_interfaces_and_nat_gateways_are_counted(aws: Any, refused: Any) -> None:
    vpc = aws.vpc()
    aws.gateway(vpc)
    subnet, group = aws.subnet(vpc), aws.group(vpc)
    tune = aws.cloud.app.cloud.tune
    for quota in ("security_group_rules", "network_interfaces", "nat_gateways"):
        tune("quota", {"name": quota, "limit": 0})
    with refused("RulesPerSecurityGroupLimitExceeded"):
        aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[OPEN])
    with refused("NetworkInterfaceLimitExceeded"):
        aws.ec2.create_network_interface(SubnetId=subnet)
    with refused("NatGatewayLimitExceeded"):
        aws.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=aws.address())


def _spread(aws: Any, name: str = "apart") -> None:
    aws.ec2.create_placement_group(GroupName=name, Strategy="spread")


def test_placement_groups(aws: Any, refused: Any) -> None:
    _spread(aws)
    with refused("InvalidPlacementGroup.Duplicate"):
        _spread(aws)
    shown = aws.ec2.describe_placement_groups(GroupNames=["apart"])["PlacementGroups"][0]
    assert (shown["Strategy"], shown["State"]) == ("spread", "available")
    with refused("InvalidPlacementGroup.Unknown"):
        aws.ec2.describe_placement_groups(GroupNames=["none"])
    subnet = aws.subnet(aws.vpc())
    with refused("InvalidPlacementGroup.Unknown"):
        aws.launch(subnet, Placement={"GroupName": "none"})
    apart = [aws.launch(subnet, Placement={"GroupName": "apart"}) for _ in range(7)]
    with refused("InsufficientInstanceCapacity", "seven"):
        aws.launch(subnet, Placement={"GroupName": "apart"})
    with refused("InvalidPlacementGroup.InUse"):
        aws.ec2.delete_placement_group(GroupName="apart")
    aws.later()
    aws.ec2.terminate_instances(InstanceIds=apart)
    aws.later()
    aws.ec2.delete_placement_group(GroupName="apart")
    assert aws.ec2.describe_placement_groups()["PlacementGroups"] == []


def test_placement_groups_are_found_by_their_tags(aws: Any, refused: Any) -> None:
    tags = [{"ResourceType": "placement-group", "Tags": [{"Key": "who", "Value": "<me>"}]}]
    aws.ec2.create_placement_group(GroupName="mine", Strategy="partition", PartitionCount=3, TagSpecifications=tags)
    _spread(aws, "other")
    for wanted in ({"Name": "tag:who", "Values": ["<me>"]}, {"Name": "strategy", "Values": ["partition"]}):
        found = aws.ec2.describe_placement_groups(Filters=[wanted])["PlacementGroups"]
        assert [(item["GroupName"], item["PartitionCount"], item["Tags"][0]["Value"]) for item in found] == [
            ("mine", 3, "<me>")
        ]
    with refused("InvalidParameterValue"):
        aws.ec2.describe_placement_groups(Filters=[{"Name": "colour", "Values": ["red"]}])
