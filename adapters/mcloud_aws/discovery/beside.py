"""What stands beside the kinds: gateways, tables, groups that scale. Each is folded into its owner, or left over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from mcloud.adapter.inventory import Surplus
from mcloud.adapter.kind import Native
from mcloud_aws import internet
from mcloud_aws.discovery import natives
from mcloud_aws.discovery.look import Look
from mcloud_aws.discovery.neutral import lost_routes
from mcloud_aws.discovery.systems import system_of
from mcloud_aws.tags import NAME, tag_map

Owner = tuple[str, str] | None
BY_HAND = "set it up by hand where the stack goes to"
TEMPLATE = "aws:ec2launchtemplate:id"
"""The tag that a launch template puts on its servers."""


def named(row: Native) -> str:
    """The Name tag."""
    return tag_map(row.get("Tags")).get(NAME, "")


def _gone(look: Look) -> Iterator[Surplus]:
    for row in natives.instances(look):
        state = natives.state_of(row)
        if state in natives.GONE:
            reason = f"it is {state}, and still shown for a while"
            yield Surplus("terminated server", row["InstanceId"], natives.called(row), reason, "nothing is to be done")


def _root_disks(look: Look) -> Iterator[Surplus]:
    roots = natives.root_volumes(look)
    for row in look.rows("ec2", "describe_volumes"):
        server = roots.get(row["VolumeId"])
        if server is not None:
            reason = "the disk that its server starts from"
            yield Surplus("root disk", row["VolumeId"], "", reason, "", ("Server", server))


def _tables(look: Look) -> Iterator[Surplus]:
    for row in look.rows("ec2", "describe_route_tables"):
        subnets = [item["SubnetId"] for item in row.get("Associations") or () if item.get("SubnetId")]
        lost = ", ".join(f"{block} via {through}" for block, through in lost_routes(row))
        if subnets:
            owner: Owner = ("Subnet", f"{row['VpcId']}/{subnets[0]}")
            reason = f"what {len(subnets)} subnet{'' if len(subnets) == 1 else 's'} reach"
        elif internet.is_main(row):
            owner, reason = ("Network", row["VpcId"]), "what the subnets reach that have no table of their own"
        else:
            advice = "nothing is lost without it; its routes: " + lost if lost else "nothing is lost without it"
            yield Surplus("route table", row["RouteTableId"], named(row), "no subnet uses it", advice)
            continue
        yield Surplus("route table", row["RouteTableId"], named(row), reason, "see the subnet", owner)


def _internet_gateways(look: Look) -> Iterator[Surplus]:
    for row in look.rows("ec2", "describe_internet_gateways"):
        network = next((item.get("VpcId") for item in row.get("Attachments") or ()), None)
        if network is None:
            yield Surplus("internet gateway", row["InternetGatewayId"], named(row), "it is in no network", "delete it")
            continue
        reason = "lets its network's subnets with internet: direct reach the internet"
        yield Surplus("internet gateway", row["InternetGatewayId"], named(row), reason, "", ("Network", network))


def _ipv6_gateways(look: Look) -> Iterator[Surplus]:
    for row in look.rows("ec2", "describe_egress_only_internet_gateways"):
        reason = "it is for IPv6, and a stack's networks are IPv4"
        yield Surplus("IPv6 gateway", row["EgressOnlyInternetGatewayId"], named(row), reason, "plan IPv6 apart")


def _nats(look: Look) -> Iterator[Surplus]:
    routes = [route for table in look.rows("ec2", "describe_route_tables") for route in table.get("Routes") or ()]
    used = {route.get("NatGatewayId") for route in routes}
    for row in look.rows("ec2", "describe_nat_gateways"):
        native, state = row["NatGatewayId"], row.get("State")
        if state in ("deleted", "deleting", "failed"):
            yield Surplus("NAT gateway", native, named(row), f"it is {state}", "nothing is to be done")
        elif native in used:
            reason = "lets its network's subnets with internet: outbound reach the internet"
            yield Surplus("NAT gateway", native, named(row), reason, "", ("Network", row["VpcId"]))
        else:
            yield Surplus("NAT gateway", native, named(row), "no route leads to it", "delete it, for it is charged")


def _service_addresses(look: Look) -> Iterator[Surplus]:
    owners = natives.service_addresses(look)
    for row in look.rows("ec2", "describe_addresses"):
        owner = owners.get(str(row.get("AllocationId")))
        if owner is not None:
            reason = "the address of a gateway" if owner[0] == "Network" else "an address of its load balancer"
            yield Surplus("public address", str(row["AllocationId"]), named(row), reason, "", owner)


def _peerings(look: Look) -> Iterator[Surplus]:
    for row in look.rows("ec2", "describe_vpc_peering_connections"):
        state = (row.get("Status") or {}).get("Code")
        ends = [(row.get(end) or {}).get("VpcId") for end in ("RequesterVpcInfo", "AccepterVpcInfo")]
        reason = f"a peering ({state}) of {ends[0]} with {ends[1]}; a stack's networks are apart"
        advice = "put both into one network, or ask the target cloud for a peering"
        yield Surplus("peering", row["VpcPeeringConnectionId"], named(row), reason, advice)


def _endpoints(look: Look) -> Iterator[Surplus]:
    for row in look.rows("ec2", "describe_vpc_endpoints"):
        reason = f"a private way to {row.get('ServiceName')}, which is the cloud's own"
        advice = "what uses it goes over the internet (internet: outbound), or to the target's own service"
        yield Surplus("endpoint", row["VpcEndpointId"], named(row), reason, advice)


def _vpns(look: Look) -> Iterator[Surplus]:
    advice = "order a VPN of the target cloud, or run one on a server"
    for row in look.rows("ec2", "describe_vpn_gateways"):
        if row.get("State") != "deleted":
            yield Surplus("VPN gateway", row["VpnGatewayId"], named(row), "a stack has no word for a VPN", advice)
    for row in look.rows("ec2", "describe_vpn_connections"):
        # Its configuration holds keys that both sides share: it is not looked at.
        if row.get("State") != "deleted":
            yield Surplus("VPN connection", row["VpnConnectionId"], named(row), "a stack has no word for a VPN", advice)


def _transit_gateways(look: Look) -> Iterator[Surplus]:
    for row in look.rows("ec2", "describe_transit_gateways"):
        if row.get("State") != "deleted":
            reason = "it joins networks, and a stack's networks are apart"
            yield Surplus("transit gateway", row["TransitGatewayId"], named(row), reason, BY_HAND)


_PLAIN_ACL = {("-1", "allow", 100), ("-1", "deny", 32767), ("-1", "allow", 101), ("-1", "deny", 32768)}


def _acls(look: Look) -> Iterator[Surplus]:
    for row in look.rows("ec2", "describe_network_acls"):
        entries = {(str(one["Protocol"]), one["RuleAction"], one["RuleNumber"]) for one in row.get("Entries") or ()}
        native, name = row["NetworkAclId"], named(row)
        if row.get("IsDefault") and entries <= _PLAIN_ACL:
            reason = "its network's own list, which lets everything through"
            yield Surplus("network ACL", native, name, reason, "", ("Network", row["VpcId"]))
            continue
        reason = f"a list of {len(entries)} rules for whole subnets, which a stack has no word for"
        yield Surplus("network ACL", native, name, reason, "say the same with security groups")


def _snapshots(look: Look) -> Iterator[Surplus]:
    """Those of volumes that are there; what is older than its volume is nothing that runs."""
    volumes = sorted(row["VolumeId"] for row in look.rows("ec2", "describe_volumes"))
    for start in range(0, len(volumes), natives.VALUES):
        part = [{"Name": "volume-id", "Values": volumes[start : start + natives.VALUES]}]
        for row in look.rows("ec2", "describe_snapshots", OwnerIds=["self"], Filters=part):
            reason = f"a snapshot of the volume {row['VolumeId']}; a stack has no snapshots"
            advice = "keep it as long as it may be needed; data moves by copying"
            yield Surplus("snapshot", row["SnapshotId"], named(row), reason, advice)


def _images(look: Look) -> Iterator[Surplus]:
    servers: dict[str, str] = {}
    for row in natives.living(look):
        servers.setdefault(str(row.get("ImageId")), row["InstanceId"])
    own = {row["ImageId"]: row for row in look.rows("ec2", "describe_images", Owners=["self"])}
    for native, row in sorted({**natives.used_images(look), **own}.items()):
        name, server = str(row.get("Name") or ""), servers.get(native)
        if server is not None and (native not in own or system_of(name)):
            yield Surplus("image", native, name, "the image that servers started from", "", ("Server", server))
            continue
        reason = "an image of one's own; a stack's servers start from the cloud's images"
        yield Surplus("image", native, name, reason, "build it again there, from cloud-init or a script")


def _fleets(look: Look) -> Iterator[Surplus]:
    there = {row["InstanceId"] for row in natives.living(look)}
    for row in look.rows("autoscaling", "describe_auto_scaling_groups"):
        name = row["AutoScalingGroupName"]
        size = f"{row.get('MinSize')} to {row.get('MaxSize')}, now {row.get('DesiredCapacity')}"
        mine = sorted(item["InstanceId"] for item in row.get("Instances") or () if item["InstanceId"] in there)
        if mine:
            reason = f"its servers are counted as they are now; it scales from {size}, which no stack says"
            yield Surplus("auto scaling group", name, name, reason, "set the count", ("Server", mine[0]))
        else:
            advice = "add servers with a count where they are needed"
            yield Surplus("auto scaling group", name, name, f"it has no servers now ({size})", advice)


def _templates(look: Look) -> Iterator[Surplus]:
    users: dict[str, str] = {}
    by_fleet: dict[str, str] = {}
    for row in natives.living(look):
        tags = tag_map(row.get("Tags"))
        if TEMPLATE in tags:
            users.setdefault(tags[TEMPLATE], row["InstanceId"])
        if natives.FLEET in tags:
            by_fleet.setdefault(tags[natives.FLEET], row["InstanceId"])
    for fleet in look.rows("autoscaling", "describe_auto_scaling_groups"):
        server = by_fleet.get(fleet["AutoScalingGroupName"])
        mixed = (fleet.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}
        spec = fleet.get("LaunchTemplate") or mixed.get("LaunchTemplateSpecification") or {}
        template = spec.get("LaunchTemplateId")
        if template and server:
            users.setdefault(str(template), server)
    for row in look.rows("ec2", "describe_launch_templates"):
        native, name = row["LaunchTemplateId"], row.get("LaunchTemplateName", "")
        if native in users:
            reason = "what its servers were made from; its user data is not read"
            yield Surplus("launch template", native, name, reason, "", ("Server", users[native]))
        else:
            advice = "add servers where they are needed; its user data is not read"
            yield Surplus("launch template", native, name, "no server was made from it", advice)


def _gateway_balancers(look: Look) -> Iterator[Surplus]:
    for row in look.rows("elbv2", "describe_load_balancers"):
        if row.get("Type") not in ("application", "network"):
            reason = f"a {row.get('Type')} load balancer, which a stack has no word for"
            advice = "see what its appliances are for"
            yield Surplus("load balancer", row["LoadBalancerArn"], row["LoadBalancerName"], reason, advice)


BESIDE: Mapping[str, Callable[[Look], Iterator[Surplus]]] = {
    "terminated servers": _gone,
    "root disks": _root_disks,
    "route tables": _tables,
    "internet gateways": _internet_gateways,
    "IPv6 gateways": _ipv6_gateways,
    "NAT gateways": _nats,
    "addresses of gateways": _service_addresses,
    "peerings": _peerings,
    "endpoints": _endpoints,
    "VPNs": _vpns,
    "transit gateways": _transit_gateways,
    "network ACLs": _acls,
    "snapshots": _snapshots,
    "images": _images,
    "auto scaling groups": _fleets,
    "launch templates": _templates,
    "gateway load balancers": _gateway_balancers,
}
"""Word -> the function that lists it."""
