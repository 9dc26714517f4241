"""Each kind's native resources, from as few lists as there are: in the form that the kinds observe."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from mcloud.adapter.kind import Native
from mcloud_aws import internet, translate
from mcloud_aws.discovery import certificates, classic, metrics
from mcloud_aws.discovery.look import Look, Raw, by
from mcloud_aws.facts import instance_sizes
from mcloud_aws.tags import NAME, tag_map

Rows = Iterator[tuple[str, Native]]
AT_ONCE = 100  # instance types of a call, DescribeInstanceTypes, API reference 2026-11
VALUES = 200  # values of a filter, "Filtering" of the EC2 API, 2026-11
GONE = ("terminated", "shutting-down")
FLEET = "aws:autoscaling:groupName"
"""The tag that an auto scaling group puts on its servers."""


def instances(look: Look) -> list[Raw]:
    """All servers, those too that are gone and still shown."""
    return [row for reservation in look.rows("ec2", "describe_instances") for row in reservation["Instances"]]


def state_of(instance: Native) -> str:
    """A server's state; empty where it shows none."""
    return str((instance.get("State") or {}).get("Name") or "")


def living(look: Look) -> list[Raw]:
    """Servers that are there."""
    return [row for row in instances(look) if state_of(row) not in GONE]


def root_volume(instance: Native) -> str | None:
    """The id of the disk that a server starts from."""
    mappings = instance.get("BlockDeviceMappings") or ()
    found = [item for item in mappings if item.get("DeviceName") == instance.get("RootDeviceName")]
    return next((str(item["Ebs"]["VolumeId"]) for item in found if item.get("Ebs")), None)


def _in_parts(look: Look, operation: str, values: Iterable[str], size: int, field: str) -> dict[str, Raw]:
    """Rows by what they have in a field, asked for by values, so many at once."""
    wanted = sorted(set(values))
    found: dict[str, Raw] = {}
    for start in range(0, len(wanted), size):
        part = wanted[start : start + size]
        given = {"InstanceTypes": part} if operation == "describe_instance_types" else {"Filters": _ids(part)}
        found |= {str(row[field]): row for row in look.rows("ec2", operation, **given)}
    return found


def _ids(images: list[str]) -> list[Raw]:
    return [{"Name": "image-id", "Values": images}]


def used_images(look: Look) -> dict[str, Raw]:
    """The images that servers started from, those that are still there."""
    return _in_parts(look, "describe_images", (row["ImageId"] for row in living(look)), VALUES, "ImageId")


def used_types(look: Look) -> dict[str, tuple[int, int]]:
    """Instance type -> vCPUs and memory in MiB, of those that servers have: by the table, else asked for."""
    known = instance_sizes()
    strange = {str(row["InstanceType"]) for row in living(look)} - set(known)
    found = _in_parts(look, "describe_instance_types", strange, AT_ONCE, "InstanceType")
    asked = {
        name: (int(row["VCpuInfo"]["DefaultVCpus"]), int(row["MemoryInfo"]["SizeInMiB"])) for name, row in found.items()
    }
    return {**known, **asked}


def used_networks(look: Look) -> set[str]:
    """VPCs with something in them, by their interfaces."""
    return {str(row.get("VpcId")) for row in look.rows("ec2", "describe_network_interfaces")}


def idle_default(look: Look) -> set[str]:
    """Default VPCs that nobody uses: AWS makes one in each region."""
    if look.was_refused("ec2", "describe_network_interfaces"):
        return set()
    used = used_networks(look) | {str(row.get("VpcId")) for row in living(look)}
    own = [row for row in look.rows("ec2", "describe_vpcs") if row.get("IsDefault")]
    return {row["VpcId"] for row in own if row["VpcId"] not in used}


def _networks(look: Look) -> Rows:
    look.rows("ec2", "describe_network_interfaces")
    idle = idle_default(look)
    for row in look.rows("ec2", "describe_vpcs"):
        yield row["VpcId"], {**row, "Idle": row["VpcId"] in idle}


def _subnets(look: Look) -> Rows:
    tables = by(look.rows("ec2", "describe_route_tables"), "VpcId")
    look.rows("ec2", "describe_network_interfaces")
    idle = idle_default(look)
    for row in look.rows("ec2", "describe_subnets"):
        table, _ = internet.association(tables.get(row["VpcId"], []), row["SubnetId"])
        native = {"subnet": row, "table": table, "Idle": row["VpcId"] in idle}
        yield f"{row['VpcId']}/{row['SubnetId']}", native


def _rules(look: Look) -> dict[str, list[Raw]]:
    """Group -> its rules; made of what the groups say where the rules themselves may not be listed."""
    found = by(look.rows("ec2", "describe_security_group_rules"), "GroupId")
    if not look.was_refused("ec2", "describe_security_group_rules"):
        return found
    return {row["GroupId"]: list(rules_of(row)) for row in look.rows("ec2", "describe_security_groups")}


def rules_of(group: Native) -> Iterator[Raw]:
    """A group's permissions as rules, with made-up ids."""
    number = 0
    for egress, name in ((False, "IpPermissions"), (True, "IpPermissionsEgress")):
        for permission in group.get(name) or ():
            base = {
                "GroupId": group["GroupId"],
                "IsEgress": egress,
                "IpProtocol": permission["IpProtocol"],
                "FromPort": permission.get("FromPort", -1),
                "ToPort": permission.get("ToPort", -1),
            }
            peers = [{"CidrIpv4": one["CidrIp"], **_told(one)} for one in permission.get("IpRanges") or ()]
            peers += [{"CidrIpv6": one["CidrIpv6"], **_told(one)} for one in permission.get("Ipv6Ranges") or ()]
            lists = permission.get("PrefixListIds") or ()
            peers += [{"PrefixListId": one["PrefixListId"], **_told(one)} for one in lists]
            peers += [{"ReferencedGroupInfo": one, **_told(one)} for one in permission.get("UserIdGroupPairs") or ()]
            for peer in peers:
                number += 1
                yield {**base, **peer, "SecurityGroupRuleId": f"rule-{number}"}


def _told(peer: Native) -> Raw:
    return {"Description": peer["Description"]} if peer.get("Description") else {}


def _groups(look: Look) -> Rows:
    rules = _rules(look)
    for row in look.rows("ec2", "describe_security_groups"):
        yield row["GroupId"], {"group": row, "rules": rules.get(row["GroupId"], [])}


def plain_defaults(look: Look) -> frozenset[str]:
    """Default groups that are as AWS makes them: servers that were given no group have them."""
    return frozenset(
        native for native, row in _groups(look) if row["group"]["GroupName"] == "default" and is_standard(row)
    )


def is_standard(native: Native) -> bool:
    """Whether a default group has the rules that it was made with: its members reach each other, and everything."""
    group = native["group"]["GroupId"]
    for rule in native.get("rules") or ():
        inner = (rule.get("ReferencedGroupInfo") or {}).get("GroupId") == group and str(rule["IpProtocol"]) == "-1"
        if not translate.is_default_egress(rule) and not (inner and not rule["IsEgress"]):
            return False
    return True


def _group_rules(look: Look) -> Rows:
    for group, rows in _rules(look).items():
        for row in rows:
            yield f"{group}/{row['SecurityGroupRuleId']}", row


def _keys(look: Look) -> Rows:
    for row in look.rows("ec2", "describe_key_pairs", IncludePublicKey=True):
        yield row["KeyName"], row


def _placement_groups(look: Look) -> Rows:
    for row in look.rows("ec2", "describe_placement_groups"):
        if row.get("State") != "deleted":
            yield row["GroupName"], row


def _servers(look: Look) -> Rows:
    disks = {row["VolumeId"]: row for row in look.rows("ec2", "describe_volumes")}
    images, sizes, defaults = used_images(look), used_types(look), plain_defaults(look)
    for row in living(look):
        yield (
            row["InstanceId"],
            {
                "instance": row,
                "disk": disks.get(root_volume(row) or ""),
                "change": None,
                "image": images.get(row.get("ImageId", "")),
                "size": sizes.get(str(row["InstanceType"])),
                "plain_defaults": defaults,
            },
        )


def root_volumes(look: Look) -> dict[str, str]:
    """Root disk -> its server."""
    return {root: row["InstanceId"] for row in living(look) if (root := root_volume(row))}


def _volumes(look: Look) -> Rows:
    roots = root_volumes(look)
    for row in look.rows("ec2", "describe_volumes"):
        if row["VolumeId"] not in roots:
            yield row["VolumeId"], {"volume": row, "change": None}


def _attachments(look: Look) -> Rows:
    roots = root_volumes(look)
    for row in look.rows("ec2", "describe_volumes"):
        for item in row.get("Attachments") or ():
            if row["VolumeId"] not in roots and item.get("State") not in ("detached", "detaching"):
                yield f"{row['VolumeId']}/{item['InstanceId']}", dict(item)


def interface_servers(look: Look) -> dict[str, str]:
    """Interface -> its server."""
    found = {
        nic["NetworkInterfaceId"]: row["InstanceId"]
        for row in living(look)
        for nic in row.get("NetworkInterfaces") or ()
        if "NetworkInterfaceId" in nic
    }
    for nic in look.rows("ec2", "describe_network_interfaces"):
        server = (nic.get("Attachment") or {}).get("InstanceId")
        if server:
            found[nic["NetworkInterfaceId"]] = server
    return found


def service_addresses(look: Look) -> dict[str, tuple[str, str]]:
    """Allocation id of an address that a NAT gateway or a load balancer has -> kind and native id of its owner."""
    found: dict[str, tuple[str, str]] = {}
    for nat in look.rows("ec2", "describe_nat_gateways"):
        for item in nat.get("NatGatewayAddresses") or ():
            found[str(item.get("AllocationId"))] = ("Network", nat["VpcId"])
    for balancer in look.rows("elbv2", "describe_load_balancers"):
        for zone in balancer.get("AvailabilityZones") or ():
            for item in zone.get("LoadBalancerAddresses") or ():
                if item.get("AllocationId"):
                    found[str(item["AllocationId"])] = ("LoadBalancer", balancer["LoadBalancerArn"])
    return found


def _addresses(look: Look) -> Rows:
    servers, taken = interface_servers(look), service_addresses(look)
    for row in look.rows("ec2", "describe_addresses"):
        native = str(row.get("AllocationId") or row["PublicIp"])
        if native not in taken:
            nic = row.get("NetworkInterfaceId")
            yield native, {**row, "InstanceId": row.get("InstanceId") or servers.get(nic or "")}


def _interfaces(look: Look) -> Rows:
    for row in look.rows("ec2", "describe_network_interfaces"):
        # First interfaces belong to their servers, those of gateways and balancers to the service.
        first = (row.get("Attachment") or {}).get("DeviceIndex") == 0
        if not row.get("RequesterManaged") and not first and row.get("InterfaceType", "interface") == "interface":
            yield row["NetworkInterfaceId"], row


def _routes(look: Look) -> Rows:
    """Routes of main tables that lead to servers: those of other tables no network of a stack has."""
    servers = interface_servers(look)
    for table in look.rows("ec2", "describe_route_tables"):
        if not internet.is_main(table):
            continue
        for route in internet.static_routes(table):
            block, nic = route["DestinationCidrBlock"], route["NetworkInterfaceId"]
            server = route.get("InstanceId") or servers.get(nic) or nic
            yield f"{table['VpcId']}/{block}", {"network": table["VpcId"], "destination": block, "servers": [server]}


# --- load balancers


def elbv2(look: Look) -> list[Raw]:
    """Application and network load balancers."""
    return [
        row for row in look.rows("elbv2", "describe_load_balancers") if row.get("Type") in ("application", "network")
    ]


def _tags(look: Look, arns: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    wanted = sorted(arns)
    found: dict[str, list[dict[str, str]]] = {}
    parts = [wanted[start : start + classic.TAGS_AT_ONCE] for start in range(0, len(wanted), classic.TAGS_AT_ONCE)]
    for rows in look.side_by_side(lambda part: look.rows("elbv2", "describe_tags", ResourceArns=part), parts):
        found |= {str(row["ResourceArn"]): list(row.get("Tags") or ()) for row in rows}
    return found


def _balancers(look: Look) -> Rows:
    balancers = elbv2(look)
    tags = _tags(look, (row["LoadBalancerArn"] for row in balancers))
    own: dict[str | None, set[str]] = defaultdict(set)
    for group in look.rows("ec2", "describe_security_groups"):
        if group["GroupName"] == "default":
            own[group.get("VpcId")].add(group["GroupId"])
    for row in balancers:
        arn, groups = row["LoadBalancerArn"], row.get("SecurityGroups") or []
        alone = len(groups) == 1 and set(groups) <= own[row.get("VpcId")]
        yield arn, {"balancer": row, "tags": tags.get(arn, []), "own": alone}
    yield from classic.balancers(look)


def listeners(look: Look) -> list[Raw]:
    """All listeners of application and network load balancers."""
    arns = [row["LoadBalancerArn"] for row in elbv2(look)]
    found = look.side_by_side(lambda arn: look.rows("elbv2", "describe_listeners", LoadBalancerArn=arn), arns)
    return [row for rows in found for row in rows]


def _listeners(look: Look) -> Rows:
    rows = listeners(look)
    tags = _tags(look, (row["ListenerArn"] for row in rows))
    for row, native in zip(rows, look.side_by_side(lambda one: _listener(look, one), rows), strict=True):
        yield row["ListenerArn"], {**native, "tags": tags.get(row["ListenerArn"], [])}
    yield from classic.listeners(look)


def _listener(look: Look, row: Raw) -> Raw:
    arn, protocol = row["ListenerArn"], row.get("Protocol")
    rules, certificates_, shown = [], [], []
    if protocol in ("HTTP", "HTTPS"):
        rules = [rule for rule in look.rows("elbv2", "describe_rules", ListenerArn=arn) if not rule.get("IsDefault")]
    if protocol in ("HTTPS", "TLS"):
        certificates_ = look.rows("elbv2", "describe_listener_certificates", ListenerArn=arn)
        if not certificates_:
            certificates_ = [{**one, "IsDefault": True} for one in row.get("Certificates") or ()]
    if protocol == "TCP":
        shown = look.rows("elbv2", "describe_listener_attributes", ListenerArn=arn)
    return {
        "listener": row,
        "rules": sorted(rules, key=lambda rule: int(rule["Priority"])),
        "certificates": certificates_,
        "attributes": {item["Key"]: item["Value"] for item in shown},
    }


def _pools(look: Look) -> Rows:
    groups = look.rows("elbv2", "describe_target_groups")
    tags = _tags(look, (row["TargetGroupArn"] for row in groups))
    for row, native in zip(groups, look.side_by_side(lambda one: _pool(look, one), groups), strict=True):
        yield row["TargetGroupArn"], {**native, "tags": tags.get(row["TargetGroupArn"], [])}
    yield from classic.pools(look)


def _pool(look: Look, row: Raw) -> Raw:
    arn = row["TargetGroupArn"]
    health = look.rows("elbv2", "describe_target_health", TargetGroupArn=arn)
    shown = look.rows("elbv2", "describe_target_group_attributes", TargetGroupArn=arn)
    staying = [item["Target"] for item in health if (item.get("TargetHealth") or {}).get("State") != "draining"]
    return {"group": row, "targets": staying, "attributes": {item["Key"]: item["Value"] for item in shown}}


# --- buckets

_SETTINGS = {
    "Versioning": ("get_bucket_versioning", "", "Status"),
    "Policy": ("get_bucket_policy", "NoSuchBucketPolicy", "Policy"),
    "CORSRules": ("get_bucket_cors", "NoSuchCORSConfiguration", "CORSRules"),
    "Rules": ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration", "Rules"),
    "Public": ("get_public_access_block", "NoSuchPublicAccessBlockConfiguration", "PublicAccessBlockConfiguration"),
    "TagSet": ("get_bucket_tagging", "NoSuchTagSet", "TagSet"),
}


def buckets(look: Look) -> list[str]:
    """Names of the account's buckets in the region."""
    return [row["Name"] for row in look.rows("s3", "list_buckets", BucketRegion=look.region)]


def _buckets(look: Look) -> Rows:
    names = buckets(look)
    held = metrics.holdings(look, names)
    for name, native in zip(names, look.side_by_side(lambda one: _bucket(look, one), names), strict=True):
        yield name, {**native, "Holds": held.get(name)}


def _bucket(look: Look, name: str) -> Raw:
    native: Raw = {"Bucket": name}
    lost = []
    for field, (operation, absent, key) in _SETTINGS.items():
        answer = look.one("s3", operation, absent, Bucket=name)
        if answer is None:
            lost.append(field)
        native[field] = (answer or {}).get(key)
    return {**native, "NotSeen": lost}


NATIVES: Mapping[str, Callable[[Look], Iterable[tuple[str, Native]]]] = {
    "Network": _networks,
    "Subnet": _subnets,
    "SecurityGroup": _groups,
    "SecurityGroupRule": _group_rules,
    "PublicIp": _addresses,
    "NetworkInterface": _interfaces,
    "Route": _routes,
    "LoadBalancer": _balancers,
    "Listener": _listeners,
    "Pool": _pools,
    "Certificate": certificates.certificates,
    "Server": _servers,
    "PlacementGroup": _placement_groups,
    "KeyPair": _keys,
    "Volume": _volumes,
    "VolumeAttachment": _attachments,
    "Bucket": _buckets,
}
"""Kind -> its native resources."""


def called(instance: Native) -> str:
    """A server's Name tag, else the name of the auto scaling group that it is of."""
    tags = tag_map(instance.get("Tags"))
    return tags.get(NAME) or tags.get(FLEET) or ""
