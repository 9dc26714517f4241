"""What native resources mean beyond what the kinds observe: what is the same said otherwise, and what no stack says."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mcloud.adapter.inventory import Details
from mcloud.adapter.kind import Kind, Native, Observed
from mcloud.model.base import Placement
from mcloud_aws import balance, translate
from mcloud_aws.discovery import classic
from mcloud_aws.discovery.look import Raw
from mcloud_aws.discovery.natives import called, is_standard
from mcloud_aws.discovery.systems import system_of

Lost = tuple[str, str, str]
SUCCESSORS = {"gp2": "gp3", "io1": "io2", "sc1": "st1"}
"""Volume types that are not offered any more, and what takes their place."""
CLASSES = {"gp2": "ssd", "gp3": "ssd", "io1": "nvme", "io2": "nvme", "standard": "hdd", "st1": "hdd", "sc1": "hdd"}
GP3_THROUGHPUT = 125  # MiB/s that a gp3 volume has at no charge (docs.aws.amazon.com/ebs, 2026-11)
USUAL_IDLE = (balance.IDLE, "350")
"""What a TCP listener has without asking (docs.aws.amazon.com/elasticloadbalancing, listeners, 2026-11)."""
SPOKEN = ("HTTP", "HTTPS", "TCP", "UDP")
IPV6 = "a stack's networks are IPv4"


def observe(kind: str, lister: Kind, at: Placement, native: Native) -> Observed:
    """A native one in neutral words, as discovery takes them."""
    if "classic" in native:
        return classic.observe(kind, at, native)
    if kind == "Listener":
        return _listener(lister, at, native)
    if kind == "Pool":
        native = _with_one_port(native)
    seen = lister.observe(at, native)
    change = _CHANGES.get(kind)
    return seen if change is None else change(at, native, seen)


def _subnet(at: Placement, native: Native, seen: Observed) -> Observed:
    if native.get("table") is not None:
        return seen
    # No table is known: what it reaches is not known either.
    return replace(seen, inputs={key: value for key, value in seen.inputs.items() if key != "internet"})


def _disk_type(seen: Observed) -> Observed:
    kind = str(seen.picks.get("diskTypeId"))
    newer = SUCCESSORS.get(kind, kind)
    return replace(seen, picks={**seen.picks, "diskType": newer, "diskTypeId": newer}) if kind != newer else seen


def _server(at: Placement, native: Native, seen: Observed) -> Observed:
    inputs = {**seen.inputs, "name": called(native["instance"])}
    disk = native.get("disk")
    if disk is not None and disk.get("Encrypted"):
        inputs["disk"] = {**inputs["disk"], "encrypted": True}
    nic = translate.first_interface(native["instance"])
    groups = {item["GroupId"] for item in nic.get("Groups") or native["instance"].get("SecurityGroups") or ()}
    inputs["securityGroups"] = sorted(at.id_of(group) for group in groups - set(native.get("plain_defaults") or ()))
    return _disk_type(replace(seen, inputs=inputs))


def _volume(at: Placement, native: Native, seen: Observed) -> Observed:
    return _disk_type(seen)


def _certificate(at: Placement, native: Native, seen: Observed) -> Observed:
    text = {"certificate": native.get("text"), "chain": native.get("chain")}
    name = native["certificate"].get("DomainName") or ""
    found = {"name": name, **seen.inputs, **{key: value for key, value in text.items() if value}}
    return replace(seen, inputs=found)


_CHANGES: Mapping[str, Callable[[Placement, Native, Observed], Observed]] = {
    "Subnet": _subnet,
    "Server": _server,
    "Volume": _volume,
    "Certificate": _certificate,
}


def _with_one_port(native: Native) -> Native:
    """Targets that all are on another port than their group says."""
    ports = {item.get("Port") for item in native["targets"]} - {None}
    if len(ports) == 1 and ports != {native["group"].get("Port")}:
        return {**native, "group": {**native["group"], "Port": ports.pop()}}
    return native


def _listener(lister: Kind, at: Placement, native: Native) -> Observed:
    rules = [one for rule in native["rules"] for one in _single(rule)]
    item = native["listener"]
    default = _last(item.get("DefaultActions") or ())
    if default and default["Type"] != "forward":
        rules.append({"Conditions": [], "Actions": [_as_refusal(default)], "Priority": "default"})
    said = {**item, "DefaultActions": [default] if default else []}
    shown = {key: value for key, value in native["attributes"].items() if (key, value) != USUAL_IDLE}
    return lister.observe(at, {**native, "listener": said, "rules": rules, "attributes": shown})


def _last(actions: Any) -> Raw:
    """What is done in the end: signing in and the like come before it."""
    found: list[Raw] = sorted(actions, key=lambda action: int(action.get("Order") or 0))
    return dict(found[-1]) if found else {}


def _as_refusal(action: Raw) -> Raw:
    return dict(balance.REFUSED) if action.get("Type") == "fixed-response" else action


def _single(rule: Native) -> Iterator[Raw]:
    """A rule for each host and path: a stack's rule has one of each."""
    actions = [_as_refusal(_last(rule["Actions"]))]
    matches = [
        [{"Field": field, "Values": [value]} for value in values] for field, values in balance.match_of(rule) if values
    ]
    if len(matches) < len(rule["Conditions"]):
        yield {**rule, "Actions": actions}
        return
    for conditions in itertools.product(*matches):
        yield {**rule, "Conditions": list(conditions), "Actions": actions}


# --- what no stack says


def details(kind: str, native: Native) -> Details:
    """What else a native resource shows."""
    maker = _DETAILS.get(kind)
    return Details() if maker is None or "classic" in native else maker(native)


def _network(native: Native) -> Details:
    if native.get("Idle"):
        return Details(system="the region's default VPC, which nothing uses")
    blocks = [item["CidrBlock"] for item in native.get("CidrBlockAssociationSet") or () if "CidrBlock" in item]
    lost: list[Lost] = [
        (f"secondary block {block}", "a stack's networks have one block", "make a network of its own")
        for block in blocks
        if block != native["CidrBlock"]
    ]
    lost += [_ipv6(item) for item in native.get("Ipv6CidrBlockAssociationSet") or ()]
    if native.get("InstanceTenancy") not in (None, "default"):
        lost.append(("tenancy", "a stack has no dedicated hosts", "ask the target cloud for them"))
    return Details(lost=tuple(lost))


def _ipv6(item: Native) -> Lost:
    return (f"IPv6 block {item.get('Ipv6CidrBlock')}", IPV6, "plan IPv6 apart")


def _subnet_details(native: Native) -> Details:
    if native.get("Idle"):
        return Details(system="of the region's default VPC, which nothing uses")
    lost = [_ipv6(item) for item in native["subnet"].get("Ipv6CidrBlockAssociationSet") or ()]
    for block, through in lost_routes(native.get("table")):
        lost.append((f"route to {block} via {through}", "a stack has no word for it", "make it by hand"))
    return Details(lost=tuple(lost))


def lost_routes(table: Native | None) -> Iterator[tuple[str, str]]:
    """Block and target of the routes that neither the stack's word for a subnet says nor a route of its network."""
    main = any(item.get("Main") for item in (table or {}).get("Associations") or ())
    for route in (table or {}).get("Routes") or ():
        block = route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock")
        targets = ("GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId")
        also = ("InstanceId", "EgressOnlyInternetGatewayId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn")
        through = next((str(route[name]) for name in (*targets, *also) if route.get(name)), "nothing")
        if block is None or through == "local" or through.startswith("vpce-"):
            continue
        said = block == translate.ANYWHERE and through.startswith(("igw-", "nat-"))
        if not said and not (main and through.startswith("eni-")) and route.get("State") != "blackhole":
            yield block, through


STANDARD = "its VPC's own default group, as AWS makes it"


def _group(native: Native) -> Details:
    """Every VPC has a group ``default`` that cannot be deleted, and no other may have that name
    (docs.aws.amazon.com/vpc, "Default security groups", 2026-11)."""
    group = native["group"]
    if group["GroupName"] == "default":
        return Details(system=STANDARD) if is_standard(native) else Details(description=group.get("Description"))
    said = group.get("Description")
    # A group must have one; those without words of their own have their name.
    return Details(description=said if said != group["GroupName"] else None)


def _rule(native: Native) -> Details:
    protocol, first, last = str(native["IpProtocol"]), native.get("FromPort"), native.get("ToPort")
    if native.get("PrefixListId"):
        reason = f"it lets through the blocks of the list {native['PrefixListId']}, which are not in it"
        return Details(refused=(reason, "write the blocks out"))
    if protocol in ("icmp", "1") and first not in (-1, None):
        reason = f"it allows ICMP type {first} only, and a stack's rule allows all of ICMP; it was not widened"
        return Details(refused=(reason, "add a rule with protocol icmp if all of ICMP may pass"))
    if protocol in ("icmpv6", "58"):
        return Details(refused=("it is for ICMPv6, and a stack's networks are IPv4", "plan IPv6 apart"))
    if protocol in ("tcp", "udp", "6", "17") and last == 0:
        reason = f"it allows {protocol} port 0 only, which no traffic uses; it was not read as all ports"
        return Details(refused=(reason, "say all ports where they were meant"))
    return Details()


_SERVER_WORDS: Mapping[str, tuple[str, str, str]] = {
    "IamInstanceProfile": ("role", "roles for servers do not move", "give its programs other credentials"),
    "SpotInstanceRequestId": ("spot market", "a stack's servers are on demand", "check the cost"),
    "CapacityReservationId": ("reserved capacity", "a stack has no word for it", "ask the target cloud for it"),
    "ElasticGpuAssociations": ("elastic GPU", "a stack has no word for it", "choose a size with a GPU"),
    "ElasticInferenceAcceleratorAssociations": ("accelerator", "a stack has no word for it", "use a GPU"),
    "Licenses": ("licences", "a stack has no word for them", "see whether they may be used elsewhere"),
    "OutpostArn": ("Outpost", "a stack has no word for it", "see what binds it to that place"),
}


def _server_details(native: Native) -> Details:
    instance = native["instance"]
    nic = translate.first_interface(instance)
    lost = [words for field, words in _SERVER_WORDS.items() if instance.get(field)]
    lost += _server_lost(instance, nic)
    disk = native.get("disk") or {}
    if disk.get("Throughput") and int(disk["Throughput"]) > GP3_THROUGHPUT:
        lost.append(("throughput of its disk", "a stack asks for a class and IOPS only", "check it after the move"))
    addresses = [
        one["PrivateIpAddress"]
        for interface in instance.get("NetworkInterfaces") or ()
        for one in interface.get("PrivateIpAddresses") or ()
    ] or [instance.get("PrivateIpAddress")]
    image = native.get("image") or {}
    public = (nic.get("Association") or {}).get("PublicIp") or instance.get("PublicIpAddress")
    class_ = CLASSES.get(str(disk.get("VolumeType")))
    return Details(
        size=native.get("size"),
        os=system_of(str(image.get("Name") or "")),
        disk=(class_, translate.disk_iops(disk)) if class_ else None,
        addresses=tuple(str(one) for one in addresses if one),
        public=bool(public),
        stopped=instance["State"]["Name"] in ("stopped", "stopping"),
        lost=tuple(lost),
    )


def _server_lost(instance: Native, nic: Native) -> list[Lost]:
    lost: list[Lost] = []
    if (instance.get("Placement") or {}).get("Tenancy") not in (None, "", "default"):
        lost.append(("tenancy", "a stack has no dedicated hosts", "ask the target cloud for them"))
    if instance.get("SourceDestCheck") is False:
        lost.append(("forwarding", "it passes on packets of others, as a NAT server does", "use the target's NAT"))
    more = [one for one in nic.get("PrivateIpAddresses") or () if not one.get("Primary")]
    if more:
        lost.append(("more private addresses", "a stack's servers have one", "see what they are for"))
    if nic.get("Ipv6Addresses"):
        lost.append(("IPv6 addresses", IPV6, "plan IPv6 apart"))
    if instance.get("Architecture") not in (None, "", "x86_64", "i386"):
        reason = f"it is for {instance['Architecture']}, and a stack does not say so"
        lost.append(("architecture", reason, "its programs have to be built for the target's"))
    return lost


def _volume_details(native: Native) -> Details:
    volume = native["volume"]
    lost: list[Lost] = []
    if volume.get("MultiAttachEnabled"):
        lost.append(("several servers", "a volume of a stack is on one server", "use a file server"))
    if volume.get("Throughput") and int(volume["Throughput"]) > GP3_THROUGHPUT:
        lost.append(("throughput", "a stack asks for a class and IOPS only", "check it after the move"))
    class_ = CLASSES.get(str(volume.get("VolumeType")))
    return Details(disk=(class_, translate.disk_iops(volume)) if class_ else None, lost=tuple(lost))


def _interface(native: Native) -> Details:
    if (native.get("Attachment") or {}).get("InstanceId"):
        return Details()
    return Details(refused=("it is on no server", "delete it, or say interfaces for the server that shall have it"))


def _bucket(native: Native) -> Details:
    advice = "allow it and look again, or see whether the bucket has some"
    words = {"CORSRules": "CORS rules", "Rules": "lifecycle rules", "Public": "public access", "TagSet": "tags"}
    lost = [(words.get(name, name.lower()), "it could not be read", advice) for name in native.get("NotSeen") or ()]
    return Details(holds=native.get("Holds"), lost=tuple(lost))


def _pool(native: Native) -> Details:
    group = native["group"]
    kind = group.get("TargetType") or "instance"
    if kind in ("lambda", "alb"):
        what = {"lambda": "a function", "alb": "another load balancer"}[kind]
        return Details(refused=(f"it leads to {what}", "a stack's pools have servers in them"))
    if group.get("Protocol") not in SPOKEN:
        return Details(refused=(f"a stack has no pools that speak {group.get('Protocol')}", "make it by hand"))
    lost: tuple[Lost, ...] = ()
    if group.get("ProtocolVersion") not in (None, "HTTP1"):
        lost = ((f"protocol version {group['ProtocolVersion']}", "a stack has no word for it", "set it by hand"),)
    return Details(lost=lost)


def _listener_details(native: Native) -> Details:
    item = native["listener"]
    default = _last(item.get("DefaultActions") or ())
    lost: list[Lost] = []
    for name, actions in (("default action", item.get("DefaultActions")), *_rule_actions(native)):
        last = _last(actions or ())
        targets = (last.get("ForwardConfig") or {}).get("TargetGroups") or ()
        if any(str(action["Type"]).startswith("authenticate") for action in actions or ()):
            lost.append((f"{name}: signing in", "a stack's listeners ask nobody to sign in", "let the servers do it"))
        if last.get("Type") == "fixed-response":
            code = (last.get("FixedResponseConfig") or {}).get("StatusCode")
            lost.append((f"{name}: answer {code}", "a stack's rules refuse with 403", "let the servers answer"))
        if len(targets) > 1 and name != "default action":
            lost.append((f"{name}: weights", "a stack's rule leads to one pool", "choose one"))
    if len((default.get("ForwardConfig") or {}).get("TargetGroups") or ()) > 1:
        return Details(refused=("it spreads over several target groups by weight", "choose one of them"))
    if item.get("MutualAuthentication", {}).get("Mode") not in (None, "off"):
        lost.append(("client certificates", "a stack's listeners ask for none", "set it by hand"))
    return Details(lost=tuple(lost))


def _rule_actions(native: Native) -> Iterator[tuple[str, Any]]:
    for rule in native["rules"]:
        yield f"rule {rule.get('Priority')}", rule["Actions"]


def _certificate_details(native: Native) -> Details:
    if native["certificate"].get("Type") != "AMAZON_ISSUED":
        return Details()
    reason = "ACM does not give out the key of a certificate that it issued"
    return Details(lost=(("key", reason, "order another certificate for its names"),))


_DETAILS: Mapping[str, Callable[[Native], Details]] = {
    "Network": _network,
    "Subnet": _subnet_details,
    "SecurityGroup": _group,
    "SecurityGroupRule": _rule,
    "Server": _server_details,
    "Volume": _volume_details,
    "NetworkInterface": _interface,
    "Bucket": _bucket,
    "Pool": _pool,
    "Listener": _listener_details,
    "Certificate": _certificate_details,
}
