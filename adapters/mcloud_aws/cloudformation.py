"""What the types of CloudFormation mean: each is the same thing as a type of Terraform's AWS provider, in other words.

Properties are those of the resource reference (docs.aws.amazon.com/AWSCloudFormation, 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from mcloud.discover.meaning import Meaning, Meant, Unknown, refusal, refused
from mcloud.discover.templates import ReadTemplates, TemplateSource
from mcloud.discover.tfstate import StateResource
from mcloud_aws import cloudformation_balancers as lb
from mcloud_aws.cloudformation_read import Reader
from mcloud_aws.cloudformation_text import read_parameters
from mcloud_aws.cloudformation_words import Words, items, mapping, snake, tags
from mcloud_aws.refusals import REFUSALS
from mcloud_aws.terraform import MEANINGS as TERRAFORM
from mcloud_aws.terraform_fleets import ROOT_DEVICES

Adjust = Callable[[Words], Words]


class CloudFormation(TemplateSource):
    """Templates of AWS CloudFormation."""

    title: ClassVar[str] = "CloudFormation templates"

    @property
    def meanings(self) -> Mapping[str, Meaning]:
        """The table of this module."""
        return MEANINGS

    def parameters(self, path: Path) -> Mapping[str, str]:
        """A parameters file of the AWS CLI, or a plain mapping."""
        return read_parameters(path)

    def read(self, files: Sequence[Path], parameters: Mapping[str, str], placement: str) -> ReadTemplates:
        """Read templates together: what one exports another may import."""
        return Reader(files, parameters, placement, told=MAPPED.__contains__).read()


def same_as(kind: str, adjust: Adjust | None = None, **renamed: str) -> Meaning:
    """The meaning of a type of Terraform, for properties in CloudFormation's words.

    Args:
        kind: the type that is the same thing.
        adjust: what the plain change of names does not do.
        renamed: property in snake_case -> what the other type calls it.
    """
    meaning = TERRAFORM[kind]

    def meant(resource: StateResource) -> Meant:
        said = dict(resource.attributes)
        native = said.pop("@id", resource.address)
        words = snake(said)
        words["tags"] = tags(words.get("tags"))
        for old, new in renamed.items():
            if old in words:
                words[new] = words.pop(old)
        words["id"] = native
        if adjust is not None:
            words = adjust(words)
        words = {name: value for name, value in words.items() if not name.startswith("@")}
        return meaning(replace(resource, type=kind, attributes=words))

    return meant


def _group(words: Words) -> Words:
    words["ingress"] = [_rule(rule) for rule in items(words.pop("security_group_ingress", None))]
    egress = words.pop("security_group_egress", None)
    words["egress"] = [_rule(rule) for rule in items(egress)]
    words["open_egress"] = egress is None
    return words


def _rule(rule: Words) -> Words:
    """A rule as the other form has it: lists instead of single values."""
    single = {
        "cidr_ip": "cidr_blocks",
        "cidr_ipv6": "ipv6_cidr_blocks",
        "source_prefix_list_id": "prefix_list_ids",
        "destination_prefix_list_id": "prefix_list_ids",
        "source_security_group_id": "security_groups",
        "source_security_group_name": "security_groups",
        "destination_security_group_id": "security_groups",
    }
    words: Words = {many: [rule[one]] for one, many in single.items() if rule.get(one)}
    return words | {
        "protocol": rule.get("ip_protocol"),
        "from_port": rule.get("from_port"),
        "to_port": rule.get("to_port"),
        "description": rule.get("description"),
    }


def _own_rule(direction: str) -> Adjust:
    def adjust(words: Words) -> Words:
        peers = _rule(words)
        groups = peers.pop("security_groups", [])
        group = words.get("group_id") or words.get("group_name")
        found = {"type": direction, "id": words["id"], "security_group_id": group, **peers}
        return found | ({"source_security_group_id": groups[0]} if groups else {})

    return adjust


def _disks(words: Words) -> list[Words]:
    return [
        {"device_name": one.get("device_name"), **mapping(one.get("ebs"))}
        for one in items(words.pop("block_device_mappings", None))
        if mapping(one.get("ebs"))
    ]


def _instance(words: Words) -> Words:
    disks = _disks(words)
    words["root_block_device"] = [disk for disk in disks if disk["device_name"] in ROOT_DEVICES][:1]
    words["ebs_block_device"] = [disk for disk in disks if disk["device_name"] not in ROOT_DEVICES]
    groups = [*_list(words.pop("security_group_ids", None)), *_list(words.pop("security_groups", None))]
    nics = sorted(items(words.pop("network_interfaces", None)), key=lambda nic: str(nic.get("device_index")))
    if nics:
        first = nics[0]
        words.setdefault("subnet_id", first.get("subnet_id"))
        groups += _list(first.get("group_set"))
        if first.get("associate_public_ip_address") is not None:
            words["associate_public_ip_address"] = str(first["associate_public_ip_address"]).lower() == "true"
        words["primary_network_interface_id"] = first.get("network_interface_id")
    words["vpc_security_group_ids"] = groups
    template = mapping(words.pop("launch_template", None))
    if template:
        words["launch_template"] = [_template_name(template)]
    words.pop("availability_zone", None)
    words["source_dest_check"] = str(words.get("source_dest_check", "true")).lower() != "false"
    for name in ("additional_info", "cpu_options", "credit_specification", "monitoring", "private_dns_name_options"):
        words.pop(name, None)
    return words


def _template_name(words: Words) -> Words:
    return {"id": words.get("launch_template_id"), "name": words.get("launch_template_name")}


def _launch_template(words: Words) -> Words:
    data = mapping(words.get("launch_template_data"))
    found = {**data, "id": words["id"], "name": words.get("launch_template_name")}
    found["vpc_security_group_ids"] = _list(data.get("security_group_ids"))
    found["security_group_names"] = _list(data.get("security_groups"))
    found["network_interfaces"] = [
        {**nic, "security_groups": _list(nic.get("groups"))} for nic in items(data.get("network_interfaces"))
    ]
    found["tag_specifications"] = [
        {**one, "tags": tags(one.get("tags"))} for one in items(data.get("tag_specifications"))
    ]
    found.pop("tags", None)
    return found


def _configuration(words: Words) -> Words:
    words["ebs_block_device"] = _disks(words)
    words["name"] = words.pop("launch_configuration_name", None)
    return words


def _scaling_group(words: Words) -> Words:
    template = mapping(words.pop("launch_template", None))
    if template:
        words["launch_template"] = [_template_name(template)]
    mixed = mapping(words.pop("mixed_instances_policy", None))
    if mixed:
        inner = mapping(mixed.get("launch_template"))
        named = _template_name(mapping(inner.get("launch_template_specification")))
        words["launch_template"] = [named]
        words["mixed_instances_policy"] = [{"launch_template": [{"override": items(inner.get("overrides"))}]}]
    words["tag"] = [
        {"key": one.get("key"), "value": one.get("value"), "propagate_at_launch": one.get("propagate_at_launch")}
        for one in items(words.pop("@tags", None))
    ]
    words["launch_configuration"] = words.pop("launch_configuration_name", None)
    words["load_balancers"] = words.pop("load_balancer_names", None)
    words["target_group_arns"] = words.pop("target_group_ar_ns", None) or words.get("target_group_arns")
    return words


def _interface(words: Words) -> Words:
    attached = mapping(words.pop("@attachment", None))
    if attached:
        words["attachment"] = [attached]
    words.pop("group_set", None)
    return words


def _bucket(words: Words) -> Words:
    words["bucket"] = words["id"]
    words.pop("bucket_name", None)
    words["versioning"] = [mapping(words.pop("versioning_configuration", None))]
    words["cors_rule"] = [
        {**rule, "expose_headers": rule.get("exposed_headers"), "max_age_seconds": rule.get("max_age")}
        for rule in items(mapping(words.pop("cors_configuration", None)).get("cors_rules"))
    ]
    words["lifecycle_rule"] = [
        _lifecycle(rule) for rule in items(mapping(words.pop("lifecycle_configuration", None)).get("rules"))
    ]
    access = str(words.pop("access_control", None) or "")
    words["acl"] = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", access).lower() or None
    for name, known in {"website_configuration": "website", "logging_configuration": "logging"}.items():
        words[known] = words.pop(name, None)
    for name in ("public_access_block_configuration", "ownership_controls", "bucket_encryption"):
        words.pop(name, None)
    return words


def _lifecycle(rule: Words) -> Words:
    """A rule as the other form has it."""
    old = mapping(rule.get("noncurrent_version_expiration"))
    days = old.get("noncurrent_days") or rule.get("noncurrent_version_expiration_in_days")
    moves = items(rule.get("transitions")) or items(rule.get("transition"))
    return {
        "status": rule.get("status"),
        "prefix": rule.get("prefix"),
        "expiration": [{"days": rule.get("expiration_in_days")}],
        "noncurrent_version_expiration": [{"days": days}],
        "abort_incomplete_multipart_upload": [mapping(rule.get("abort_incomplete_multipart_upload"))],
        "transition": moves,
        "tags": rule.get("tag_filters"),
    }


def _policy(words: Words) -> Words:
    words["policy"] = words.pop("@policy_document", None)
    return words


def _key(words: Words) -> Words:
    # Servers refer to it by Ref, which is its name.
    words["key_name"] = words["id"]
    words["public_key"] = words.pop("public_key_material", None)
    return {name: words.get(name) for name in ("id", "key_name", "public_key", "tags")}


def _named_by_id(words: Words) -> Words:
    return {**words, "name": words["id"]}


def _block(words: Words) -> Words:
    if not words.get("cidr_block") and not words.get("ipv6_native"):
        words["cidr_block"] = Unknown("cidr_block")
    return words


def _list(value: Any) -> list[Any]:
    return [] if value in (None, "") else value if isinstance(value, list) else [value]


def _attachment(resource: StateResource) -> Meant:
    """AWS::EC2::VPCGatewayAttachment, of an internet or a VPN gateway."""
    if not resource.attributes.get("InternetGatewayId"):
        return refused("a way to other networks, which a stack has no word for", "set up a VPN")
    return same_as("aws_internet_gateway_attachment")(resource)


MAPPED: dict[str, Meaning] = {
    "AWS::EC2::VPC": same_as("aws_vpc", _block),
    "AWS::EC2::Subnet": same_as("aws_subnet", _block),
    "AWS::EC2::InternetGateway": same_as("aws_internet_gateway"),
    "AWS::EC2::VPCGatewayAttachment": _attachment,
    "AWS::EC2::NatGateway": same_as("aws_nat_gateway"),
    "AWS::EC2::RouteTable": same_as("aws_route_table"),
    "AWS::EC2::Route": same_as("aws_route", egress_only_internet_gateway_id="egress_only_gateway_id"),
    "AWS::EC2::SubnetRouteTableAssociation": same_as("aws_route_table_association"),
    "AWS::EC2::GatewayRouteTableAssociation": same_as("aws_route_table_association"),
    "AWS::EC2::EIP": same_as("aws_eip", instance_id="instance"),
    "AWS::EC2::EIPAssociation": same_as("aws_eip_association", eip="allocation_id"),
    "AWS::EC2::NetworkInterface": same_as("aws_network_interface", _interface),
    "AWS::EC2::NetworkInterfaceAttachment": same_as("aws_network_interface_attachment"),
    "AWS::EC2::SecurityGroup": same_as("aws_security_group", _group, group_description="description"),
    "AWS::EC2::SecurityGroupIngress": same_as("aws_security_group_rule", _own_rule("ingress")),
    "AWS::EC2::SecurityGroupEgress": same_as("aws_security_group_rule", _own_rule("egress")),
    "AWS::EC2::KeyPair": same_as("aws_key_pair", _key),
    "AWS::EC2::Instance": same_as(
        "aws_instance",
        _instance,
        image_id="ami",
        placement_group_name="placement_group",
        private_ip_address="private_ip",
    ),
    "AWS::EC2::Volume": same_as("aws_ebs_volume", volume_type="type"),
    "AWS::EC2::VolumeAttachment": same_as("aws_volume_attachment"),
    "AWS::EC2::PlacementGroup": same_as("aws_placement_group", _named_by_id),
    "AWS::EC2::LaunchTemplate": same_as("aws_launch_template", _launch_template),
    "AWS::AutoScaling::LaunchConfiguration": same_as("aws_launch_configuration", _configuration),
    "AWS::AutoScaling::AutoScalingGroup": same_as("aws_autoscaling_group", _scaling_group),
    "AWS::S3::Bucket": same_as("aws_s3_bucket", _bucket),
    "AWS::S3::BucketPolicy": same_as("aws_s3_bucket_policy", _policy),
    "AWS::CertificateManager::Certificate": same_as("aws_acm_certificate"),
    "AWS::IAM::ServerCertificate": same_as("aws_iam_server_certificate"),
    "AWS::ElasticLoadBalancing::LoadBalancer": same_as("aws_elb", lb.classic),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": same_as("aws_lb", lb.balancer, type="load_balancer_type"),
    "AWS::ElasticLoadBalancingV2::Listener": same_as("aws_lb_listener", lb.listener),
    "AWS::ElasticLoadBalancingV2::ListenerRule": same_as("aws_lb_listener_rule", lb.rule),
    "AWS::ElasticLoadBalancingV2::ListenerCertificate": same_as("aws_lb_listener_certificate", lb.certificate),
    "AWS::ElasticLoadBalancingV2::TargetGroup": same_as("aws_lb_target_group", lb.pool),
}
"""CloudFormation type -> what it means, of those that a stack has words for."""

MEANINGS: dict[str, Meaning] = {
    **{name: refusal(reason, advice) for _, names, reason, advice in REFUSALS for name in names},
    **MAPPED,
}
"""CloudFormation type -> what it means; a star at the end stands for any ending."""
