"""Every call that discovery makes: one table, from which the calls are made and the IAM policy is written.

Actions: docs.aws.amazon.com/service-authorization, "Actions, resources, and condition keys for AWS services" (2026-11).
Sizes of pages: MaxResults and the like of each operation in the services' API references (2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mcloud.adapter.inventory import OBJECTS, REGIONS, UTILIZATION


@dataclass(frozen=True)
class Call:
    """A read-only call.

    Attributes:
        service: boto3's name of the service.
        operation: its method.
        field: where the rows are in the answer.
        action: what IAM calls it; empty where no permission is needed.
        what: what it lists, for people.
        page: name of the argument for rows of a page, and how many at most; empty: it does not page, or by itself.
        option: the word of discovery's that it is made for only; empty: always.
    """

    service: str
    operation: str
    field: str
    action: str
    what: str
    page: tuple[str, int] | tuple[()] = ()
    option: str = ""


def _ec2(operation: str, field: str, what: str, rows: int | None = 1000, option: str = "") -> Call:
    action = "ec2:" + "".join(word.capitalize() for word in operation.split("_"))
    return Call("ec2", operation, field, action, what, ("MaxResults", rows) if rows else (), option)


def _elb(service: str, operation: str, field: str, what: str, rows: int | None = None) -> Call:
    action = "elasticloadbalancing:" + "".join(word.capitalize() for word in operation.split("_"))
    return Call(service, operation, field, action, what, ("PageSize", rows) if rows else ())


_TABLE = (
    Call("sts", "get_caller_identity", "Account", "", "the account"),
    # What is sold, and where.
    _ec2("describe_regions", "Regions", "regions", None, REGIONS),
    _ec2("describe_availability_zones", "AvailabilityZones", "zones", None),
    _ec2("describe_instance_type_offerings", "InstanceTypeOfferings", "instance types on offer"),
    _ec2("describe_instance_types", "InstanceTypes", "instance types", None),
    _ec2("describe_images", "Images", "images", None),
    # Servers and their disks.
    _ec2("describe_instances", "Reservations", "instances"),
    _ec2("describe_volumes", "Volumes", "volumes"),
    _ec2("describe_snapshots", "Snapshots", "snapshots"),
    _ec2("describe_key_pairs", "KeyPairs", "key pairs", None),
    _ec2("describe_placement_groups", "PlacementGroups", "placement groups", None),
    _ec2("describe_launch_templates", "LaunchTemplates", "launch templates", 200),
    Call(
        "autoscaling",
        "describe_auto_scaling_groups",
        "AutoScalingGroups",
        "autoscaling:DescribeAutoScalingGroups",
        "auto scaling groups",
        ("MaxRecords", 100),
    ),
    # Networks.
    _ec2("describe_vpcs", "Vpcs", "VPCs"),
    _ec2("describe_subnets", "Subnets", "subnets"),
    _ec2("describe_route_tables", "RouteTables", "route tables", 100),
    _ec2("describe_internet_gateways", "InternetGateways", "internet gateways"),
    _ec2("describe_egress_only_internet_gateways", "EgressOnlyInternetGateways", "IPv6 gateways", 255),
    _ec2("describe_nat_gateways", "NatGateways", "NAT gateways"),
    _ec2("describe_vpc_peering_connections", "VpcPeeringConnections", "peerings"),
    _ec2("describe_vpc_endpoints", "VpcEndpoints", "endpoints"),
    _ec2("describe_vpn_gateways", "VpnGateways", "VPN gateways", None),
    _ec2("describe_vpn_connections", "VpnConnections", "VPN connections", None),
    _ec2("describe_transit_gateways", "TransitGateways", "transit gateways"),
    _ec2("describe_security_groups", "SecurityGroups", "security groups"),
    _ec2("describe_security_group_rules", "SecurityGroupRules", "rules of security groups"),
    _ec2("describe_network_acls", "NetworkAcls", "network ACLs"),
    _ec2("describe_network_interfaces", "NetworkInterfaces", "network interfaces"),
    _ec2("describe_addresses", "Addresses", "addresses", None),
    # Load balancers.
    _elb("elb", "describe_load_balancers", "LoadBalancerDescriptions", "classic load balancers", 400),
    _elb("elb", "describe_tags", "TagDescriptions", "tags of classic load balancers"),
    _elb("elbv2", "describe_load_balancers", "LoadBalancers", "load balancers", 400),
    _elb("elbv2", "describe_tags", "TagDescriptions", "tags of load balancers"),
    _elb("elbv2", "describe_target_groups", "TargetGroups", "target groups", 400),
    _elb("elbv2", "describe_target_group_attributes", "Attributes", "settings of target groups"),
    _elb("elbv2", "describe_target_health", "TargetHealthDescriptions", "targets"),
    _elb("elbv2", "describe_listeners", "Listeners", "listeners", 400),
    _elb("elbv2", "describe_rules", "Rules", "rules of listeners", 400),
    _elb("elbv2", "describe_listener_certificates", "Certificates", "certificates of listeners", 400),
    _elb("elbv2", "describe_listener_attributes", "Attributes", "settings of listeners"),
    Call("acm", "list_certificates", "CertificateSummaryList", "acm:ListCertificates", "certificates"),
    Call("acm", "get_certificate", "", "acm:GetCertificate", "texts of certificates"),
    Call("acm", "list_tags_for_certificate", "Tags", "acm:ListTagsForCertificate", "tags of certificates"),
    # Buckets.
    Call("s3", "list_buckets", "Buckets", "s3:ListAllMyBuckets", "buckets", ("MaxBuckets", 1000)),
    Call("s3", "get_bucket_versioning", "", "s3:GetBucketVersioning", "versioning of buckets"),
    Call("s3", "get_bucket_policy", "", "s3:GetBucketPolicy", "policies of buckets"),
    Call("s3", "get_bucket_cors", "", "s3:GetBucketCORS", "CORS rules of buckets"),
    Call("s3", "get_bucket_lifecycle_configuration", "", "s3:GetLifecycleConfiguration", "lifecycle rules of buckets"),
    Call("s3", "get_public_access_block", "", "s3:GetBucketPublicAccessBlock", "public access of buckets"),
    Call("s3", "get_bucket_tagging", "", "s3:GetBucketTagging", "tags of buckets"),
    Call("s3", "list_objects_v2", "Contents", "s3:ListBucket", "objects of buckets", ("MaxKeys", 1000), OBJECTS),
    # Figures.
    Call("cloudwatch", "list_metrics", "Metrics", "cloudwatch:ListMetrics", "metrics"),
    Call("cloudwatch", "get_metric_data", "MetricDataResults", "cloudwatch:GetMetricData", "figures of metrics"),
    # Names.
    Call("route53", "list_hosted_zones", "HostedZones", "route53:ListHostedZones", "DNS zones"),
    Call(
        "route53",
        "list_resource_record_sets",
        "ResourceRecordSets",
        "route53:ListResourceRecordSets",
        "DNS records",
    ),
    # What a stack has no word for.
    Call("rds", "describe_db_instances", "DBInstances", "rds:DescribeDBInstances", "databases", ("MaxRecords", 100)),
    Call(
        "rds", "describe_db_clusters", "DBClusters", "rds:DescribeDBClusters", "database clusters", ("MaxRecords", 100)
    ),
    Call(
        "elasticache",
        "describe_cache_clusters",
        "CacheClusters",
        "elasticache:DescribeCacheClusters",
        "caches",
        ("MaxRecords", 100),
    ),
    Call("efs", "describe_file_systems", "FileSystems", "elasticfilesystem:DescribeFileSystems", "file systems"),
    Call("eks", "list_clusters", "clusters", "eks:ListClusters", "Kubernetes clusters"),
    Call("ecs", "list_clusters", "clusterArns", "ecs:ListClusters", "container clusters"),
    Call("lambda", "list_functions", "Functions", "lambda:ListFunctions", "functions"),
    Call("dynamodb", "list_tables", "TableNames", "dynamodb:ListTables", "tables"),
    Call("sqs", "list_queues", "QueueUrls", "sqs:ListQueues", "queues", ("MaxResults", 1000)),
    Call("sns", "list_topics", "Topics", "sns:ListTopics", "topics"),
    Call("ecr", "describe_repositories", "repositories", "ecr:DescribeRepositories", "image repositories"),
    Call(
        "resourcegroupstaggingapi",
        "get_resources",
        "ResourceTagMappingList",
        "tag:GetResources",
        "resources with tags",
        ("ResourcesPerPage", 100),
    ),
)
assert {UTILIZATION, OBJECTS, REGIONS} >= {call.option for call in _TABLE} - {""}  # noqa: S101 - of this file alone
CALLS: dict[tuple[str, str], Call] = {(call.service, call.operation): call for call in _TABLE}
"""(service, operation) -> the call."""


def calls_for(options: Collection[str] = ()) -> Iterable[Call]:
    """The calls that are made with these options."""
    return (call for call in _TABLE if not call.option or call.option in options)


def policy(options: Collection[str] = ()) -> str:
    """The least IAM policy for the calls: JSON text. Listing calls take no narrower resource than all."""
    actions = sorted({call.action for call in calls_for(options) if call.action})
    statement = {"Sid": "McloudDiscover", "Effect": "Allow", "Action": actions, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
