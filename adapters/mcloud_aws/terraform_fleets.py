"""What scaling groups, launch templates and configurations of AWS mean, in neutral parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcloud.discover.meaning import Meaning, Meant, Note, labels, refused, text, unread
from mcloud.discover.parts import FactPart, FleetPart, PlacementGroupPart, ServerPart, TemplatePart, VolumePart
from mcloud.discover.tfstate import StateResource
from mcloud_aws.facts import image_words, instance_sizes
from mcloud_aws.terraform_common import broken, data_volume, disk_words, listed, number, row, rows, switch

ROOT_DEVICES = ("/dev/xvda", "/dev/sda1", "xvda", "/dev/sda")
"""What the images' root disks are called (docs.aws.amazon.com/ec2, "Device names for volumes", 2026-11)."""
_TEMPLATE_NOTES = {
    "iam_instance_profile": ("instance profile", "roles for servers do not move", "give the program other credentials"),
    "instance_market_options": ("spot market", "a stack's servers are on demand", "check the cost"),
    "spot_price": ("spot market", "a stack's servers are on demand", "check the cost"),
    "elastic_gpu_specifications": ("GPU", "it is not read", "say gpu in the size"),
    "license_specification": ("licence", "licences do not move", "check them"),
    "instance_requirements": ("instance requirements", "a stack names a size", "choose one"),
}
_GROUP_NOTES = {
    "mixed_instances_policy": ("several instance types", "a stack's servers are of one size", "the first was taken"),
    "initial_lifecycle_hook": ("lifecycle hooks", "a stack has no word for them", "see what they do"),
    "warm_pool": ("warm pool", "a stack has no word for it", ""),
}


def _image(attributes: Mapping[str, Any], name: str) -> tuple[str, tuple[str, str] | None]:
    said = text(attributes, name) or ""
    return said, image_words(said)


def _server(native: str, attributes: Mapping[str, Any], **more: Any) -> ServerPart:
    flavor = text(attributes, "instance_type") or ""
    image, os = _image(attributes, "image_id")
    public = switch(attributes.get("associate_public_ip_address"))
    known = {"subnet": None, "key": text(attributes, "key_name"), "public_ip": public, "os": os}
    return ServerPart(native, flavor, instance_sizes().get(flavor), image, **{**known, **more})


def _disks(native: str, blocks: list[Mapping[str, Any]]) -> tuple[dict[str, Any], tuple[VolumePart, ...]]:
    """What is said of the root disk, and the data volumes."""
    root: dict[str, Any] = {}
    volumes: list[VolumePart] = []
    for block in blocks:
        disk = row(block, "ebs") or (block if "volume_size" in block else {})
        if not disk:
            continue
        device = text(block, "device_name") or ""
        gib, class_, iops = disk_words(disk)
        if not device or device in ROOT_DEVICES:
            encrypted = switch(disk.get("encrypted")) is True
            root = {"disk_gib": gib, "disk_class": class_, "min_iops": iops, "disk_encrypted": encrypted}
        else:
            volumes.append(data_volume(f"{native}/{device}", disk))
    return root, tuple(volumes)


def template(resource: StateResource) -> Meant:
    """aws_launch_template."""
    attributes = resource.attributes
    if missing := broken(resource, "id"):
        return missing
    native = str(attributes["id"])
    nics = rows(attributes, "network_interfaces")
    first: Mapping[str, Any] = next(iter(nics), {})
    root, volumes = _disks(native, rows(attributes, "block_device_mappings"))
    tags: dict[str, str] = {}
    notes: list[Note] = []
    for one in rows(attributes, "tag_specifications"):
        if one.get("resource_type") in (None, "instance"):
            tags, notes = labels(one.get("tags"))
            tags.pop("Name", None)
    groups = listed(attributes, "vpc_security_group_ids") or listed(first, "security_groups")
    public = switch(first.get("associate_public_ip_address"))
    part = _server(
        native,
        attributes,
        subnet=text(first, "subnet_id"),
        groups=groups or listed(attributes, "security_group_names"),
        public_ip=public,
        labels=tags,
        **root,
    )
    if len(nics) > 1:
        notes.append(Note("network interfaces", "those of a template are not read but the first", "say interfaces"))
    notes += _notes(resource)
    aliases = tuple(name for name in (text(attributes, "name"),) if name)
    return Meant(TemplatePart(native, part, volumes, aliases), tuple(notes))


def configuration(resource: StateResource) -> Meant:
    """aws_launch_configuration."""
    attributes = resource.attributes
    if missing := broken(resource, "id"):
        return missing
    native = str(attributes["id"])
    root, volumes = _disks(native, [*rows(attributes, "root_block_device"), *rows(attributes, "ebs_block_device")])
    part = _server(native, attributes, groups=listed(attributes, "security_groups"), **root)
    aliases = tuple(name for name in (text(attributes, "name"),) if name)
    return Meant(TemplatePart(native, part, volumes, aliases), tuple(_notes(resource)))


def _notes(resource: StateResource) -> list[Note]:
    notes = [Note(*words) for name, words in _TEMPLATE_NOTES.items() if resource.attributes.get(name)]
    # Of what a template does not say in words that are known here only the secrets are told.
    notes += unread(resource, resource.attributes, ())
    return notes


def group(resource: StateResource) -> Meant:
    """aws_autoscaling_group."""
    attributes = resource.attributes
    if missing := broken(resource, "id"):
        return missing
    mixed = row(attributes, "mixed_instances_policy")
    inner = row(mixed, "launch_template")
    named = row(attributes, "launch_template") or row(inner, "launch_template_specification")
    words = (text(named, "id"), text(named, "launch_template_id"), text(named, "name"))
    also = (text(named, "launch_template_name"), text(attributes, "launch_configuration"))
    made_from = next((word for word in (*words, *also) if word), None)
    source = text(attributes, "instance_id")
    if made_from is None:
        return refused(
            f"what its servers are made from is not told{f' ({source})' if source else ''}", "add it by hand"
        )
    least, most = number(attributes.get("min_size")), number(attributes.get("max_size"))
    asked = number(attributes.get("desired_capacity"))
    count = asked if asked is not None else least
    notes = [Note(*said) for name, said in _GROUP_NOTES.items() if attributes.get(name)]
    if count is None:
        notes.append(
            Note("desired capacity", "the source does not say how many there are; 1 was taken", "set the count")
        )
    if least is not None and most is not None and least != most:
        notes.append(Note(f"{least} to {most} servers", "a stack has no scaling by load", "set the count"))
    override = text(next(iter(rows(inner, "override")), {}), "instance_type") or ""
    part = FleetPart(
        str(attributes["id"]),
        made_from,
        1 if count is None else min(max(count, 0), 1000),
        listed(attributes, "vpc_zone_identifier"),
        (*listed(attributes, "target_group_arns"), *listed(attributes, "load_balancers")),
        _group_labels(attributes),
        override,
        instance_sizes().get(override),
    )
    return Meant(part, tuple(notes))


def _group_labels(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Tags that are put on the servers; they come in two forms."""
    both = [*rows(attributes, "tag"), *rows(attributes, "tags")]
    passed = {str(one["key"]): one.get("value") for one in both if "key" in one and one.get("propagate_at_launch")}
    found, _ = labels({key: value for key, value in passed.items() if isinstance(value, str)})
    found.pop("Name", None)
    return found


_POLICIES = {"spread": "spread", "cluster": "pack"}


def placement_group(resource: StateResource) -> Meant:
    """aws_placement_group. Servers refer to it by its name."""
    attributes = resource.attributes
    if missing := broken(resource, "name"):
        return missing
    policy = _POLICIES.get(str(attributes.get("strategy")))
    if policy is None:
        return refused(f"a stack has no word for {attributes.get('strategy')}", "use zones: spread")
    return Meant(PlacementGroupPart(str(attributes["name"]), policy, policy == "spread"))


def image(resource: StateResource) -> Meant:
    """Data source aws_ami: what system an image has, by its name."""
    name = text(resource.attributes, "name") or ""
    native = text(resource.attributes, "id") or text(resource.attributes, "image_id")
    if resource.managed or native is None:
        return refused("an image of one's own", "build it anew on the target, or start from a plain system")
    words = image_words(name)
    if words is None:
        return refused(f"what system {name} is, is not known", f"give images: {native} in an assumptions file")
    return Meant(FactPart(native, "image", words))


def fact(resource: StateResource) -> Meant:
    """Data sources that tell where and as whom one is: they mean nothing in a stack."""
    native = text(resource.attributes, "id") or resource.address
    return Meant(FactPart(f"{resource.type}/{native}", "account", None))


FLEET_MEANINGS: dict[str, Meaning] = {
    "aws_launch_template": template,
    "aws_launch_configuration": configuration,
    "aws_autoscaling_group": group,
    "aws_placement_group": placement_group,
    "aws_ami": image,
    "aws_region": fact,
    "aws_caller_identity": fact,
    "aws_partition": fact,
    "aws_availability_zone": fact,
    "aws_availability_zones": fact,
}
"""Terraform type -> what it means."""
