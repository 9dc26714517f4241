"""What the account is offered now (sources: docs/clouds/aws.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from mcloud.catalog.reader import with_prices
from mcloud.catalog.types import BalancerSize, Catalog, Flavor, Image, Provenance, Region, Zone
from mcloud.units import Size
from mcloud_aws.session import AwsSession

Raw = Mapping[str, Any]
TYPES_AT_ONCE = 100  # of DescribeInstanceTypes, API reference 2026-11
EVERY_REGION = "*"
LAYERS = ("application", "network")
BALANCERS = Provenance("Type of CreateLoadBalancer, docs.aws.amazon.com", date(2026, 11, 26), "vendor-doc")


def every_region(catalog: Catalog) -> Catalog:
    """The shipped catalog with the rows of region ``*`` put into each region, and both kinds of load balancers.

    These grow by themselves, so that there are no sizes to choose from.
    """
    names = [region.name for region in catalog.regions]

    def spread(row: Any) -> tuple[Any, ...]:
        return tuple(replace(row, region=name) for name in names) if row.region == EVERY_REGION else (row,)

    spread_out = replace(
        catalog,
        images=tuple(item for row in catalog.images for item in spread(row)),
        disks=tuple(item for row in catalog.disks for item in spread(row)),
        balancers=tuple(BalancerSize(layer, name, None, layer, BALANCERS, layer) for name in names for layer in LAYERS),
    )
    # A region's own prices find their rows only now.
    return with_prices(spread_out, spread_out.prices)


def read_live(session: AwsSession, shipped: Catalog, region: str) -> Catalog:
    """Zones with their opt-in, the shipped instance types where they are sold, and today's images.

    Types that the shipped catalog does not have are left out: without a price they would win by their names.

    Raises:
        ClientError: refused.
    """
    source = Provenance(f"the account's API in {region}", date.today(), "account")
    names = sorted({row.name for row in shipped.flavors})
    return Catalog(
        cloud=shipped.cloud,
        regions=(Region(region, (), region, _zones(session), source),),
        flavors=_flavors(session, names, region, source),
        images=tuple(
            image
            for row in shipped.images
            if row.region == region and (image := _image(session, row, source)) is not None
        ),
    )


def _zones(session: AwsSession) -> tuple[Zone, ...]:
    """Zones and local zones; the first zone that is open is the default one."""
    found = session.ec2.describe_availability_zones(AllAvailabilityZones=True)["AvailabilityZones"]
    found = sorted(found, key=lambda row: (row.get("ZoneType", "availability-zone"), row["ZoneName"]))
    zones = [
        Zone(row["ZoneName"], row["ZoneName"], row.get("OptInStatus") != "not-opted-in")
        for row in found
        if row.get("ZoneType", "availability-zone") in ("availability-zone", "local-zone")
    ]
    first = next((zone for zone in zones if zone.enabled), None)
    return tuple(replace(zone, default=zone is first) for zone in zones)


def _flavors(session: AwsSession, names: list[str], region: str, source: Provenance) -> tuple[Flavor, ...]:
    offered = session.ec2.get_paginator("describe_instance_type_offerings").paginate(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": names}]
    )
    sold = [(row["InstanceType"], row["Location"]) for row in offered.build_full_result()["InstanceTypeOfferings"]]
    there = sorted({name for name, _ in sold})
    about: dict[str, Raw] = {}
    for start in range(0, len(there), TYPES_AT_ONCE):
        answer = session.ec2.describe_instance_types(InstanceTypes=there[start : start + TYPES_AT_ONCE])
        about |= {row["InstanceType"]: row for row in answer["InstanceTypes"]}
    return tuple(_flavor(about[name], zone, region, source) for name, zone in sorted(sold) if name in about)


def _flavor(row: Raw, zone: str, region: str, source: Provenance) -> Flavor:
    name = str(row["InstanceType"])
    gpus = (row.get("GpuInfo") or {}).get("Gpus") or ()
    return Flavor(
        name=name,
        region=region,
        zone=zone,
        vcpu=int(row["VCpuInfo"]["DefaultVCpus"]),
        memory=Size(int(row["MemoryInfo"]["SizeInMiB"]) * 2**20),
        gpu=sum(int(item.get("Count") or 0) for item in gpus),
        gpu_model=next((str(item["Name"]) for item in gpus if item.get("Name")), None),
        family=name.partition(".")[0],
        native_id=name,
        image_families=tuple((row.get("ProcessorInfo") or {}).get("SupportedArchitectures") or ()),
        provenance=source,
    )


def _image(session: AwsSession, pattern: Image, source: Provenance) -> Image | None:
    """The newest image of a pattern; its name is ``owner:pattern``."""
    owner, _, names = pattern.name.partition(":")
    found = session.ec2.describe_images(
        Owners=[owner],
        Filters=[
            {"Name": "name", "Values": [names]},
            {"Name": "architecture", "Values": [pattern.family]},
            {"Name": "state", "Values": ["available"]},
            {"Name": "root-device-type", "Values": ["ebs"]},
        ],
    )["Images"]
    if not found:
        return None
    newest = max(found, key=lambda row: (str(row.get("CreationDate")), str(row["ImageId"])))
    root: Raw = next(
        (
            item
            for item in newest.get("BlockDeviceMappings") or ()
            if item.get("DeviceName") == newest.get("RootDeviceName")
        ),
        {},
    )
    least = (root.get("Ebs") or {}).get("VolumeSize")
    return replace(
        pattern,
        name=str(newest["Name"]),
        native_id=str(newest["ImageId"]),
        min_disk=Size.gib(int(least)) if least else None,
        provenance=source,
    )
