"""An account with more than 200 resources on moto: three VPCs, scaling groups, load balancers, buckets, and the rest.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

REGION = "ap-southeast-1"
ZONES = (f"{REGION}a", f"{REGION}b")
PASSWORD, USER_DATA = "Pl4nted-Db-Passw0rd!", "planted-user-data-7Qx"
TAG, VARIABLE = "Pl4nted-Tag-S3cret", "planted-var-9Zk"
SECRETS = (PASSWORD, USER_DATA, TAG, VARIABLE)
EXAMPLE = Path(__file__).parents[2] / "examples" / "web.yaml"
KEY = yaml.safe_load(EXAMPLE.read_text())["keys"]["deploy"]["public_key"]
UBUNTU = "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-"


def tags(kind: str, name: str, **more: str) -> list[dict[str, Any]]:
    """``TagSpecifications`` with a Name."""
    pairs = {"Name": name, **more}
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}]


@dataclass
class Builder:
    """Makes things in one region, and remembers their ids by name."""

    boto: Any
    region: str = REGION
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ec2 = self.client("ec2")
        names = [{"Name": "name", "Values": [UBUNTU + "*"]}]
        images = self.ec2.describe_images(Filters=names)["Images"]
        self.image = max(images, key=lambda row: row["CreationDate"])["ImageId"]

    def client(self, service: str) -> Any:
        """A client of a service."""
        return self.boto.client(service, region_name=self.region)

    # --- networks

    def network(self, name: str, number: int, **subnets: tuple[int, int]) -> str:
        """A VPC 10.NUMBER.0.0/16; a subnet is its third byte and its zone."""
        block = f"10.{number}.0.0/16"
        made = self.ec2.create_vpc(CidrBlock=block, TagSpecifications=tags("vpc", name))["Vpc"]["VpcId"]
        self.ids[name] = made
        for subnet, (third, zone) in subnets.items():
            label = subnet.replace("_", "-")
            self.ids[f"{name}/{label}"] = self.ec2.create_subnet(
                VpcId=made,
                CidrBlock=f"10.{number}.{third}.0/24",
                AvailabilityZone=f"{self.region}{'ab'[zone]}",
                TagSpecifications=tags("subnet", f"{name}-{label}"),
            )["Subnet"]["SubnetId"]
        return str(made)

    def table(self, network: str, name: str, *subnets: str, **target: str) -> str:
        """A route table with a default route, for these subnets."""
        made = self.ec2.create_route_table(VpcId=self.ids[network], TagSpecifications=tags("route-table", name))
        native = made["RouteTable"]["RouteTableId"]
        if target:
            self.ec2.create_route(RouteTableId=native, DestinationCidrBlock="0.0.0.0/0", **target)
        for subnet in subnets:
            self.ec2.associate_route_table(RouteTableId=native, SubnetId=self.ids[f"{network}/{subnet}"])
        return str(native)

    def gateway(self, network: str) -> str:
        """An internet gateway in the network."""
        made = self.ec2.create_internet_gateway(TagSpecifications=tags("internet-gateway", f"{network}-igw"))
        native = made["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=native, VpcId=self.ids[network])
        return str(native)

    def address(self, name: str) -> str:
        """A kept public address."""
        made = self.ec2.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip", name))
        self.ids[name] = made["AllocationId"]
        self.ids[f"{name}/ip"] = made["PublicIp"]
        return str(made["AllocationId"])

    def group(self, network: str, name: str, *rules: tuple[str, int, str]) -> str:
        """A security group; a rule is protocol, port, and a block or the name of a group."""
        native = self.ec2.create_security_group(
            GroupName=name, Description=f"the {name} servers", VpcId=self.ids[network]
        )["GroupId"]
        self.ids[f"group/{name}"] = native
        for protocol, port, peer in rules:
            given: dict[str, Any] = {"IpProtocol": protocol, "FromPort": port, "ToPort": port}
            if "/" in peer:
                given["IpRanges"] = [{"CidrIp": peer, "Description": "as agreed"}]
            else:
                given["UserIdGroupPairs"] = [{"GroupId": self.ids[f"group/{peer}"]}]
            self.ec2.authorize_security_group_ingress(GroupId=native, IpPermissions=[given])
        return str(native)

    # --- servers

    def servers(self, names: list[str], kind: str, subnet: str, groups: list[str], **more: Any) -> list[str]:
        """Servers of one type in one subnet, with root disks of 20 GiB."""
        found = []
        for name in names:
            made = self.ec2.run_instances(
                **{
                    "ImageId": self.image,
                    "InstanceType": kind,
                    "MinCount": 1,
                    "MaxCount": 1,
                    "SubnetId": self.ids[subnet],
                    "SecurityGroupIds": [self.ids[f"group/{group}"] for group in groups],
                    "BlockDeviceMappings": [
                        {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3"}}
                    ],
                    "TagSpecifications": tags("instance", name, team="shop", **{"internal-note": TAG}),
                    "UserData": USER_DATA,
                    "KeyName": "ops",
                    **more,
                }
            )["Instances"][0]
            self.ids[name] = made["InstanceId"]
            self.ids[f"{name}/private"] = made["PrivateIpAddress"]
            found.append(str(made["InstanceId"]))
        return found

    def volume(self, server: str | None, gib: int, kind: str = "gp3", name: str = "", **more: Any) -> str:
        """A volume, on a server where one is named."""
        made = self.ec2.create_volume(
            Size=gib,
            VolumeType=kind,
            AvailabilityZone=f"{self.region}a",
            **({"TagSpecifications": tags("volume", name)} if name else {}),
            **more,
        )
        native = str(made["VolumeId"])
        if server:
            self.ec2.attach_volume(VolumeId=native, InstanceId=self.ids[server], Device="/dev/sdf")
        return native


def publish_images(account: str = "123456789012", region: str = REGION) -> None:
    """Images as their makers publish them, beside those of moto."""
    from moto.ec2.models import ec2_backends

    from mcloud_aws.emulator import images

    images.put(ec2_backends[account][region], region)


def build(boto: Any, region: str = REGION) -> Builder:
    """The whole account."""
    made = Builder(boto, region)
    for name in ("ops", "deploy"):
        made.ec2.import_key_pair(KeyName=name, PublicKeyMaterial=KEY.encode())
    _networks(made)
    _servers(made)
    _balancers(made)
    _buckets(made)
    _beside(made)
    _services(made)
    _names(made)
    return made


def small(boto: Any, region: str = REGION) -> Builder:
    """A small one: a network, a bastion, two equal servers with volumes behind an inner load balancer, a bucket."""
    made = Builder(boto, region)
    made.ec2.import_key_pair(KeyName="ops", PublicKeyMaterial=KEY.encode())
    made.network("shop", 10, public_a=(1, 0), app_a=(11, 0))
    made.table("shop", "shop-public", "public-a", GatewayId=made.gateway("shop"))
    made.group("shop", "bastion", ("tcp", 22, "203.0.113.0/24"))
    made.group("shop", "app", ("tcp", 9000, "10.10.0.0/16"), ("tcp", 22, "bastion"))
    made.servers(["bastion"], "t3.small", "shop/public-a", ["bastion"])
    made.ec2.associate_address(AllocationId=made.address("bastion-ip"), InstanceId=made.ids["bastion"])
    members = made.servers(["app-1", "app-2"], "m5.large", "shop/app-a", ["app"])
    for number in (1, 2):
        made.volume(f"app-{number}", 50)
    classic = made.client("elb")
    classic.create_load_balancer(
        LoadBalancerName="inner",
        Listeners=[{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 9000}],
        Subnets=[made.ids["shop/app-a"]],
        SecurityGroups=[made.ids["group/app"]],
        Scheme="internal",
    )
    targets = [{"InstanceId": member} for member in members]
    classic.register_instances_with_load_balancer(LoadBalancerName="inner", Instances=targets)
    return made


def _networks(made: Builder) -> None:
    made.network("shop", 10, public_a=(1, 0), public_b=(2, 1), app_a=(11, 0), app_b=(12, 1), db_a=(21, 0))
    made.network("data", 20, main_a=(1, 0), main_b=(2, 1))
    made.network("tools", 30, build_a=(1, 0))
    for name in ("shop", "tools"):
        gateway = made.gateway(name)
        made.ids[f"{name}/igw"] = gateway
    made.table("shop", "shop-public", "public-a", "public-b", GatewayId=made.ids["shop/igw"])
    made.table("tools", "tools-public", "build-a", GatewayId=made.ids["tools/igw"])
    made.table("shop", "shop-spare")
    nat = made.ec2.create_nat_gateway(
        SubnetId=made.ids["shop/public-a"],
        AllocationId=made.address("nat"),
        TagSpecifications=tags("natgateway", "shop-nat"),
    )["NatGateway"]["NatGatewayId"]
    made.table("shop", "shop-private", "app-a", "app-b", NatGatewayId=nat)
    made.group("shop", "front", ("tcp", 80, "0.0.0.0/0"), ("tcp", 443, "0.0.0.0/0"))
    made.group("shop", "bastion", ("tcp", 22, "203.0.113.0/24"))
    made.group("shop", "web", ("tcp", 8080, "front"), ("tcp", 22, "bastion"))
    made.group("shop", "app", ("tcp", 9000, "web"), ("tcp", 22, "bastion"), ("icmp", -1, "10.10.0.0/16"))
    made.group("shop", "db", ("tcp", 5432, "app"), ("tcp", 22, "bastion"), ("icmp", 8, "10.10.0.0/16"))
    made.group("data", "spark", ("tcp", 7077, "10.20.0.0/16"))
    made.group("tools", "ci", ("tcp", 443, "0.0.0.0/0"))


def _servers(made: Builder) -> None:
    made.servers(["bastion"], "t3.micro", "shop/public-a", ["bastion"])
    made.ec2.associate_address(AllocationId=made.address("bastion-ip"), InstanceId=made.ids["bastion"])
    made.servers([f"app-{number}" for number in range(1, 13)], "m5.large", "shop/app-a", ["app"])
    for number in range(1, 13):
        made.volume(f"app-{number}", 50)
    made.servers(["db-1", "db-2"], "r5.xlarge", "shop/db-a", ["db"])
    made.volume("db-1", 500, "io1", "db-data-1", Iops=6000)
    made.volume("db-2", 500, "io1", "db-data-2", Iops=6000)
    made.servers([f"worker-{number:02}" for number in range(1, 25)], "c5.xlarge", "data/main-a", ["spark"])
    made.servers(["master"], "m5.2xlarge", "data/main-b", ["spark"])
    made.servers(["ci"], "m5.large", "tools/build-a", ["ci"])
    made.servers([f"runner-{number}" for number in range(8)], "c5.large", "tools/build-a", ["ci"])
    made.servers(["old"], "t2.medium", "tools/build-a", ["ci"])
    made.ec2.stop_instances(InstanceIds=[made.ids["old"]])
    made.servers(["gone"], "t3.micro", "tools/build-a", ["ci"])
    made.ec2.terminate_instances(InstanceIds=[made.ids["gone"]])
    made.volume(None, 100, "gp2", "archive")
    template = {
        "ImageId": made.image,
        "InstanceType": "t3.large",
        "SecurityGroupIds": [made.ids["group/web"]],
        "UserData": base64.b64encode(USER_DATA.encode()).decode(),
        "KeyName": "ops",
        "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3"}}],
    }
    for name in ("web", "unused"):
        made.ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=template)
    scaling = made.client("autoscaling")
    for name, size in (("web-blue", 6), ("web-empty", 0)):
        scaling.create_auto_scaling_group(
            AutoScalingGroupName=name,
            LaunchTemplate={"LaunchTemplateName": "web", "Version": "$Latest"},
            MinSize=size,
            MaxSize=12,
            DesiredCapacity=size,
            VPCZoneIdentifier=f"{made.ids['shop/app-a']},{made.ids['shop/app-b']}",
            Tags=[{"Key": "Name", "Value": "web", "PropagateAtLaunch": True}],
        )


def _balancers(made: Builder) -> None:
    elb = made.client("elbv2")
    fleet = made.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=["web-blue"])
    web = [row["InstanceId"] for row in fleet["AutoScalingGroups"][0]["Instances"]]
    check = {"HealthCheckProtocol": "HTTP", "HealthCheckPath": "/healthz"}
    shop = made.ids["shop"]

    def pool(name: str, protocol: str, port: int, members: list[str], **more: Any) -> str:
        arn = elb.create_target_group(Name=name, Protocol=protocol, Port=port, VpcId=shop, **more)
        native = arn["TargetGroups"][0]["TargetGroupArn"]
        elb.register_targets(TargetGroupArn=native, Targets=[{"Id": member} for member in members])
        return str(native)

    pools = {
        "web": pool("web", "HTTP", 8080, web, **check),
        "app": pool("app", "HTTP", 9000, [made.ids[f"app-{number}"] for number in range(1, 13)], **check),
        "db": pool("db", "TCP", 5432, [made.ids["db-1/private"], made.ids["db-2/private"]], TargetType="ip"),
        "spare": pool("spare", "HTTP", 80, []),
    }
    public, inner = [made.ids["shop/public-a"], made.ids["shop/public-b"]], [made.ids["shop/app-a"]]
    front = elb.create_load_balancer(
        Name="front",
        Subnets=public,
        SecurityGroups=[made.ids["group/front"]],
        Scheme="internet-facing",
        Type="application",
    )["LoadBalancers"][0]
    made.ids["front/dns"] = front["DNSName"]
    listener = elb.create_listener(
        LoadBalancerArn=front["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": pools["web"]}],
    )["Listeners"][0]["ListenerArn"]
    elb.create_rule(
        ListenerArn=listener,
        Priority=10,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*", "/v1/*"]}}],
        Actions=[{"Type": "forward", "TargetGroupArn": pools["app"]}],
    )
    rows = elb.create_load_balancer(Name="rows", Subnets=inner, Scheme="internal", Type="network")["LoadBalancers"][0]
    elb.create_listener(
        LoadBalancerArn=rows["LoadBalancerArn"],
        Protocol="TCP",
        Port=5432,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": pools["db"]}],
    )
    classic = made.client("elb")
    classic.create_load_balancer(
        LoadBalancerName="legacy",
        Listeners=[{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 9000}],
        Subnets=inner,
        SecurityGroups=[made.ids["group/front"]],
        Scheme="internal",
    )
    classic.configure_health_check(
        LoadBalancerName="legacy",
        HealthCheck={
            "Target": "HTTP:9000/up",
            "Interval": 10,
            "Timeout": 5,
            "UnhealthyThreshold": 2,
            "HealthyThreshold": 4,
        },
    )
    members = [{"InstanceId": made.ids[f"app-{number}"]} for number in (1, 2)]
    classic.register_instances_with_load_balancer(LoadBalancerName="legacy", Instances=members)


def _buckets(made: Builder) -> None:
    s3 = made.client("s3")
    for name in ("shop-assets-0451", "shop-logs-0451", "shop-backup-0451", "tools-cache-0451"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": made.region})
    s3.put_bucket_versioning(Bucket="shop-backup-0451", VersioningConfiguration={"Status": "Enabled"})
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
    s3.put_bucket_lifecycle_configuration(Bucket="shop-logs-0451", LifecycleConfiguration={"Rules": [rule]})
    for number in range(3):
        s3.put_object(Bucket="shop-assets-0451", Key=f"file-{number}", Body=b"x" * 1000)


def _beside(made: Builder) -> None:
    ec2 = made.ec2
    made.address("spare-ip")
    peer = ec2.create_vpc_peering_connection(VpcId=made.ids["shop"], PeerVpcId=made.ids["data"])
    native = peer["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=native)
    main = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [made.ids["data"]]}])["RouteTables"][0]
    ec2.create_route(
        RouteTableId=main["RouteTableId"], DestinationCidrBlock="10.10.0.0/16", VpcPeeringConnectionId=native
    )
    ec2.create_vpc_endpoint(VpcId=made.ids["shop"], ServiceName=f"com.amazonaws.{made.region}.s3")
    acl = ec2.create_network_acl(VpcId=made.ids["shop"])["NetworkAcl"]["NetworkAclId"]
    ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=50, Protocol="6", RuleAction="deny", Egress=False, CidrBlock="198.51.100.0/24"
    )
    ec2.create_vpn_gateway(Type="ipsec.1")
    archive = ec2.describe_volumes(Filters=[{"Name": "tag:Name", "Values": ["archive"]}])["Volumes"][0]["VolumeId"]
    ec2.create_snapshot(VolumeId=archive, Description="nightly")
    ec2.create_image(InstanceId=made.ids["ci"], Name="golden-ci")
    ec2.create_network_interface(SubnetId=made.ids["data/main-a"], TagSpecifications=tags("network-interface", "loose"))
    further = ec2.create_network_interface(SubnetId=made.ids["data/main-b"])["NetworkInterface"]["NetworkInterfaceId"]
    ec2.attach_network_interface(NetworkInterfaceId=further, InstanceId=made.ids["worker-01"], DeviceIndex=1)


def _services(made: Builder) -> None:
    rds = made.client("rds")
    for name in ("orders", "users", "reports"):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.m5.large",
            Engine="postgres",
            AllocatedStorage=100,
            MasterUsername="root",
            MasterUserPassword=PASSWORD,
            Tags=[{"Key": "owner", "Value": TAG}],
        )
    made.client("elasticache").create_cache_cluster(
        CacheClusterId="sessions", Engine="redis", CacheNodeType="cache.t3.small", NumCacheNodes=1
    )
    made.client("efs").create_file_system(CreationToken="media", Tags=[{"Key": "Name", "Value": "media"}])
    role = made.client("iam").create_role(RoleName="run", AssumeRolePolicyDocument=json.dumps({"Statement": []}))
    arn = role["Role"]["Arn"]
    subnets = {"subnetIds": [made.ids["data/main-a"], made.ids["data/main-b"]]}
    made.client("eks").create_cluster(name="batch", roleArn=arn, resourcesVpcConfig=subnets)
    made.client("ecs").create_cluster(clusterName="jobs")
    for name in ("resize", "mail"):
        made.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=arn,
            Handler="main.handle",
            Code={"ZipFile": _code()},
            Environment={"Variables": {"SECRET": VARIABLE}},
        )
    made.client("dynamodb").create_table(
        TableName="carts",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    made.client("sqs").create_queue(QueueName="orders")
    made.client("sns").create_topic(Name="alerts")
    made.client("ecr").create_repository(repositoryName="shop/web")
    made.client("kinesis").create_stream(StreamName="clicks", ShardCount=1)
    made.client("kinesis").add_tags_to_stream(StreamName="clicks", Tags={"note": TAG})
    made.client("secretsmanager").create_secret(
        Name="shop/db", SecretString=PASSWORD, Tags=[{"Key": "note", "Value": TAG}]
    )


def _code() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("main.py", "def handle(event, context): ...")
    return file.getvalue()


def _names(made: Builder) -> None:
    dns = made.client("route53")
    zone = dns.create_hosted_zone(Name="shop.example", CallerReference="one")["HostedZone"]["Id"]

    def record(name: str, kind: str, value: str) -> None:
        row = {"Name": name, "Type": kind, "TTL": 300, "ResourceRecords": [{"Value": value}]}
        change = {"Action": "CREATE", "ResourceRecordSet": row}
        dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})

    record("www.shop.example", "CNAME", made.ids["front/dns"])
    record("bastion.shop.example", "A", made.ids["bastion-ip/ip"])
    record("mail.shop.example", "MX", "10 mail.example.net")
    record("docs.shop.example", "CNAME", "docs.example.net")
