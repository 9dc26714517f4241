"""What the kinds of a cloud observe, as neutral parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mcloud.adapter.inventory import Details
from mcloud.adapter.kind import Observed
from mcloud.catalog.types import Catalog, DiskClass, Flavor, Image
from mcloud.discover.meaning import Meant, Note, refused
from mcloud.discover.parts import (
    AddressPart,
    AttachmentPart,
    BalancerPart,
    BucketPart,
    CertificatePart,
    Forward,
    GroupPart,
    InterfacePart,
    KeptAddressPart,
    KeyPart,
    ListenerPart,
    NetworkPart,
    PlacementGroupPart,
    PoolPart,
    RoutePart,
    RulePart,
    ServerPart,
    SubnetPart,
    VolumePart,
)
from mcloud.errors import MatchError, PlacementError
from mcloud.match.resolve import choose_disk, choose_flavor, choose_image, choose_zone
from mcloud.model.balancer import HealthCheck
from mcloud.model.base import Placement
from mcloud.model.network import ANYWHERE
from mcloud.units import Size

Row = tuple[str, Observed, Details]
EVERYTHING = (ANYWHERE, "::/0")
TRANSPORTS = ("tcp", "udp")


@dataclass
class View:
    """What the resources of one home are read against.

    Attributes:
        at: cloud and region.
        catalog: what is sold there.
        rows: kind -> native id, what was observed of it, and its details.
        stays: the stack is placed where it was found; else names of the cloud's own mean nothing there.
        scope: stands before what goes by a name that is unique in one region only; empty in the first one.
    """

    at: Placement
    catalog: Catalog
    rows: Mapping[str, list[Row]]
    stays: bool = True
    scope: str = ""
    key_ids: dict[str, str] = field(init=False)
    system_groups: frozenset[str] = field(init=False)
    holders: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.key_ids = {
            seen.inputs["name"]: native for native, seen, _ in self.rows.get("KeyPair", ()) if "name" in seen.inputs
        }
        groups = self.rows.get("SecurityGroup", ())
        self.system_groups = frozenset(native for native, _, details in groups if details.system or details.refused)
        attached = self.rows.get("VolumeAttachment", ())
        self.holders = {self.native(seen.inputs["volume"]): native for native, seen, _ in attached}

    def native(self, reference: Any) -> str:
        """The native id in an engine's id."""
        return str(reference).removeprefix(f"{self.at.home}/")

    def natives(self, references: Any) -> tuple[str, ...]:
        """The same of a list."""
        return tuple(self.native(item) for item in references or ())

    def default_zone(self) -> str | None:
        """The zone that a stack gets that names none."""
        return self._default_zone

    @cached_property
    def _default_zone(self) -> str | None:
        try:
            return choose_zone(None, self.catalog, self.at)[0]
        except PlacementError:
            return None

    @cached_property
    def egress(self) -> Mapping[str, list[Mapping[str, Any]]]:
        """Native id of a group -> its egress rules."""
        found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for _, row, _ in self.rows.get("SecurityGroupRule", ()):
            if row.inputs.get("direction") == "egress":
                found[self.native(row.inputs["group"])].append(row.inputs)
        return found

    def other_zone(self, zone: str | None) -> str | None:
        """The zone, where a stack that names none would get another one."""
        return None if not self.stays or zone == self.default_zone() else zone

    def flavor(self, picks: Mapping[str, Any]) -> Flavor | None:
        """The catalog's row of a server's flavor."""
        rows = self.catalog.flavors
        same = [row for row in rows if row.native_id is not None and row.native_id == picks.get("flavorId")]
        return next(iter(same or [row for row in rows if row.name == picks.get("flavor")]), None)

    def image(self, native_id: Any) -> Image | None:
        """The catalog's row of an image."""
        return next((row for row in self.catalog.images if native_id and row.native_id == native_id), None)

    def disk(self, native_id: Any) -> DiskClass | None:
        """The catalog's row of a disk type."""
        return next((row for row in self.catalog.disks if native_id and row.native_id == native_id), None)


def meant(view: View, kind: str, row: Row) -> Meant:
    """The part that an observed resource is, with notes on what it has that no stack can say."""
    native, seen, details = row
    lost = tuple(Note(*words) for words in details.lost)
    if details.refused:
        return refused(*details.refused, notes=lost)
    maker = MAKERS.get(kind)
    if maker is None:
        return refused(f"discovery has no word for a {kind} yet", "add it to the stack by hand", lost)
    found = maker(view, native, seen, details)
    return Meant(found.part, (*found.notes, *lost), found.reason, found.advice)


def _network(view: View, native: str, seen: Observed, details: Details) -> Meant:
    return Meant(NetworkPart(native, seen.inputs["cidr"], seen.inputs.get("labels") or {}))


def _subnet(view: View, native: str, seen: Observed, details: Details) -> Meant:
    inputs = seen.inputs
    network, zone = view.native(inputs["network"]), view.other_zone(seen.picks.get("zone"))
    labels, internet = inputs.get("labels") or {}, inputs.get("internet")
    notes = [Note(f"zone {seen.picks['zone']}", "a zone's name is its cloud's own", "choose one where it goes to")]
    part = SubnetPart(native, network, inputs["cidr"], None, labels, zone, internet)
    return Meant(part, tuple(notes) if seen.picks.get("zone") and not view.stays else ())


def _group(view: View, native: str, seen: Observed, details: Details) -> Meant:
    network = view.native(seen.inputs["network"]) if seen.inputs.get("network") else None
    egress = view.egress.get(native, [])
    only_everything = all(
        rule["protocol"] == "any" and rule.get("cidr") in EVERYTHING and "fromPort" not in rule for rule in egress
    )
    is_open = seen.inputs.get("openEgress", True) and only_everything
    description = details.description or seen.inputs.get("description")
    return Meant(
        GroupPart(
            native,
            network,
            description,
            labels=seen.inputs.get("labels") or {},
            everywhere=network is None,
            open_egress="" if is_open else None,
        )
    )


def _rule(view: View, native: str, seen: Observed, details: Details) -> Meant:
    inputs = seen.inputs
    protocol, first, last = inputs["protocol"], inputs.get("fromPort"), inputs.get("toPort")
    notes = []
    ports = None if first is None else (max(1, int(first)), int(last or first))
    if ports and protocol not in TRANSPORTS:
        notes.append(Note(f"ports of protocol {protocol}", "a stack's rule of this protocol has no ports"))
        ports = None
    cidrs = tuple(inputs.get("peerCidrs") or ([inputs["cidr"]] if inputs.get("cidr") else ()))
    peers = (view.native(inputs["peerGroup"]),) if inputs.get("peerGroup") else ()
    part = RulePart(
        view.native(inputs["group"]),
        inputs["direction"],
        protocol,
        ports,
        () if peers else cidrs,
        peers,
        details.description or inputs.get("description"),
    )
    return Meant(part, tuple(notes))


def _key(view: View, native: str, seen: Observed, details: Details) -> Meant:
    return Meant(KeyPart(view.scope + native, seen.inputs.get("publicKey"), seen.inputs.get("labels") or {}))


def _placement_group(view: View, native: str, seen: Observed, details: Details) -> Meant:
    if "policy" not in seen.inputs:
        return refused("its policy is neither spread nor pack", "choose one and add the group by hand")
    strict, labels = bool(seen.inputs.get("strict")), seen.inputs.get("labels") or {}
    return Meant(PlacementGroupPart(view.scope + native, seen.inputs["policy"], strict, labels))


def _server(view: View, native: str, seen: Observed, details: Details) -> Meant:
    inputs, picks = seen.inputs, seen.picks
    flavor, image = view.flavor(picks), view.image(picks.get("imageId"))
    size = details.size or ((flavor.vcpu, flavor.memory.bytes // 2**20) if flavor else None)
    os = details.os or ((image.os, image.version) if image else None)
    groups = view.natives(inputs.get("securityGroups"))
    notes = [
        Note(f"security group {group}", "it is the cloud's own", "write a group with the rules that are needed")
        for group in groups
        if group in view.system_groups
    ]
    disk = inputs.get("disk") or {}
    class_, iops, more = _disk_words(view, picks, details, {"size": disk.get("size")}, disk.get("minIops"))
    forced, also = _other_choice(view, size, os, picks)
    part = ServerPart(
        id=native,
        flavor=str(picks.get("flavor") or picks.get("flavorId") or "its flavor"),
        size=size,
        image=str(picks.get("imageId") or "its image"),
        subnet=view.native(inputs["subnet"]) if inputs.get("subnet") else None,
        groups=tuple(group for group in groups if group not in view.system_groups),
        key=_key_of(view, inputs, details),
        public_ip=details.public,
        disk_gib=Size.parse(disk["size"]).whole_gib if disk.get("size") else None,
        disk_class=class_ or "ssd",
        min_iops=iops,
        labels=inputs.get("labels") or {},
        os=os,
        placement_group=view.scope + view.native(inputs["placementGroup"]) if inputs.get("placementGroup") else None,
        flavors={view.at.cloud: forced} if forced and view.stays else {},
        addresses=details.addresses,
        disk_encrypted=bool(disk.get("encrypted")),
        stopped=details.stopped,
    )
    return Meant(part, (*notes, *more, *also))


def _key_of(view: View, inputs: Mapping[str, Any], details: Details) -> str | None:
    """A server's key by id, or by a name that the list of keys knows."""
    if details.key_name:
        return view.scope + view.key_ids.get(details.key_name, details.key_name)
    return view.scope + view.native(inputs["key"]) if inputs.get("key") else None


def _other_choice(
    view: View, size: tuple[int, int] | None, os: tuple[str, str] | None, picks: Mapping[str, Any]
) -> tuple[str | None, list[Note]]:
    """The flavor, where the size alone would lead to another one; and a note where the image would be another."""
    if size is None or os is None or not picks.get("flavor"):
        return None, []
    region, zone = view.at.region, str(picks.get("zone") or view.default_zone())
    try:
        image = choose_image({"os": os[0], "version": os[1]}, view.catalog, region, zone)
        asked = {"size": {"vcpu": size[0], "memory": str(Size(size[1] * 2**20))}}
        pick = choose_flavor(asked, image, view.catalog, region, zone).pick
    except MatchError as error:
        return str(picks["flavor"]), [Note(f"{os[0]} {os[1]}", error.message, error.hint or "")]
    notes = []
    if image.native_id not in (None, picks.get("imageId")):
        reason = f"a new server of {os[0]} {os[1]} would start from {image.name} ({image.native_id})"
        notes.append(Note(f"image {picks.get('imageId')}", reason, "see whether that matters"))
    return (None if pick is not None and pick.name == picks["flavor"] else str(picks["flavor"])), notes


def _disk_words(
    view: View, picks: Mapping[str, Any], details: Details, asked: Mapping[str, Any], bought: int | None
) -> tuple[str | None, int | None, list[Note]]:
    """Class and least IOPS that lead to the disk type, and a note where they lead to another one.

    Args:
        bought: IOPS that were asked for, where the cloud sells them apart from the type.
    """
    type_id = picks.get("diskTypeId")
    row = view.disk(type_id)
    class_, iops = details.disk or ((row.class_, row.iops) if row else (None, None))
    if class_ is None:
        reason = f"what kind of disk {type_id} is, is not known; ssd was taken"
        return None, None, [Note("disk type", reason, "give class and min_iops by hand")] if type_id else []
    region, zone = view.at.region, str(picks.get("zone") or view.default_zone())
    for least in (bought,) if bought else (None, iops):
        try:
            found = choose_disk({**asked, "class": class_, "minIops": least}, view.catalog, region, zone)
        except MatchError:
            continue
        if found.native_id == type_id:
            return class_, least, []
    reason = f"no class and IOPS lead to {row.name if row else type_id}"
    advice = "a new disk may be of another type; see whether that matters"
    return class_, bought or iops, [Note("disk type", reason, advice)]


def _volume(view: View, native: str, seen: Observed, details: Details) -> Meant:
    size = Size.parse(seen.inputs["size"])
    asked = {"size": seen.inputs["size"]}
    class_, iops, notes = _disk_words(view, seen.picks, details, asked, seen.inputs.get("minIops"))
    zone = None if native in view.holders else view.other_zone(seen.picks.get("zone"))
    encrypted = bool(seen.inputs.get("encrypted"))
    labels = seen.inputs.get("labels") or {}
    part = VolumePart(native, size.whole_gib, class_ or "ssd", iops, None, encrypted, zone, labels)
    return Meant(part, tuple(notes))


def _attachment(view: View, native: str, seen: Observed, details: Details) -> Meant:
    return Meant(AttachmentPart(native, view.native(seen.inputs["volume"]), view.native(seen.inputs["server"])))


def _address(view: View, native: str, seen: Observed, details: Details) -> Meant:
    server = seen.inputs.get("server")
    if server:
        return Meant(AddressPart(native, view.native(server)))
    lost = (Note("the address itself", "another cloud gives another one", "change what names it"),)
    return Meant(KeptAddressPart(native, None, seen.inputs.get("labels") or {}), lost)


def _interface(view: View, native: str, seen: Observed, details: Details) -> Meant:
    return Meant(InterfacePart(native, view.native(seen.inputs["server"]), view.native(seen.inputs["subnet"])))


def _route(view: View, native: str, seen: Observed, details: Details) -> Meant:
    inputs = seen.inputs
    network, gateway = view.native(inputs["network"]), view.native(inputs["gateway"])
    return Meant(RoutePart(native, network, inputs["destination"], gateway))


_BUCKET_WORDS = {"versioning": "versioning", "publicRead": "public_read", "policy": "policy"}
_RULE_WORDS = {
    "exposeHeaders": "expose_headers",
    "maxAgeSeconds": "max_age_seconds",
    "expireAfterDays": "expire_after_days",
    "expireNoncurrentAfterDays": "expire_noncurrent_after_days",
    "abortMultipartAfterDays": "abort_multipart_after_days",
}


def _bucket(view: View, native: str, seen: Observed, details: Details) -> Meant:
    settings = {word: seen.inputs[wire] for wire, word in _BUCKET_WORDS.items() if seen.inputs.get(wire)}
    notes = []
    if seen.inputs.get("labels"):
        settings["labels"] = seen.inputs["labels"]
    for section in ("cors", "lifecycle"):
        rules = []
        for rule in seen.inputs.get(section) or ():
            if "native" in rule:
                notes.append(Note(f"{section} rule", f"a stack cannot say {rule['native']}", "add it by hand"))
            else:
                rules.append({_RULE_WORDS.get(key, key): value for key, value in rule.items() if value not in ("", [])})
        if rules:
            settings[section] = rules
    return Meant(BucketPart(native, settings), tuple(notes))


def _balancer(view: View, native: str, seen: Observed, details: Details) -> Meant:
    inputs = seen.inputs
    subnets, groups = view.natives(inputs.get("subnets")), view.natives(inputs.get("securityGroups"))
    return Meant(BalancerPart(native, subnets, bool(inputs.get("public")), groups, inputs.get("labels") or {}))


def _pool(view: View, native: str, seen: Observed, details: Details) -> Meant:
    inputs = seen.inputs
    settings: dict[str, Any] = {}
    if inputs.get("protocol"):
        settings["protocol"] = inputs["protocol"]
    if inputs.get("algorithm") not in (None, "round-robin"):
        settings["algorithm"] = inputs["algorithm"]
    if inputs.get("sticky"):
        settings["sticky"] = True
    monitor = inputs.get("monitor")
    if monitor:
        settings["check"] = _check(monitor)
    members, balancer = view.natives(inputs.get("members")), inputs.get("loadBalancer")
    return Meant(PoolPart(native, view.native(balancer or ""), inputs.get("port"), members, settings))


def _check(monitor: Mapping[str, Any]) -> str | dict[str, Any]:
    """A health check, short where it says nothing else than its protocol and path."""
    model = HealthCheck.model_validate(monitor)
    said: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)
    if set(said) <= {"protocol", "path"}:
        return model.protocol if model.protocol in TRANSPORTS else f"{model.protocol}:{model.path or '/'}"
    return said


def _listener(view: View, native: str, seen: Observed, details: Details) -> Meant:
    inputs = seen.inputs
    pool = view.native(inputs["pool"]) if inputs.get("pool") else None
    certificate = view.native(inputs["certificate"]) if inputs.get("certificate") else None
    words = {"allow": list(inputs.get("allowedCidrs") or ()), "idle_timeout": inputs.get("idleTimeout")}
    forwards, notes = [], []
    for number, rule in enumerate(inputs.get("rules") or (), 1):
        if "native" in rule:
            reason = f"no rule of a stack says {rule['native']}"
            notes.append(Note(f"rule {number}", reason, "see whether it can be said otherwise"))
        else:
            forwards.append(_forward(view, number, rule))
    problem = next((note.reason for note in notes), "") if pool is None else ""
    part = ListenerPart(
        native,
        view.native(inputs["loadBalancer"]),
        pool,
        inputs["port"],
        inputs["protocol"],
        certificate,
        tuple(forwards),
        problem,
        view.natives(inputs.get("sni")),
        {key: value for key, value in words.items() if value},
    )
    return Meant(part, tuple(notes))


def _forward(view: View, order: int, rule: Mapping[str, Any]) -> Forward:
    words = {"redirect": "redirect", "code": "code", "keepQuery": "keep_query", "reject": "reject"}
    said = {word: rule[wire] for wire, word in words.items() if rule.get(wire)}
    if "redirect" not in said:
        said.pop("code", None)
    hosts, paths = ((str(rule[key]),) if rule.get(key) else () for key in ("host", "path"))
    pool = view.native(rule["pool"]) if rule.get("pool") else None
    return Forward(order, hosts, paths, pool, {} if pool else said)


def _certificate(view: View, native: str, seen: Observed, details: Details) -> Meant:
    return Meant(CertificatePart(native, seen.inputs.get("certificate"), seen.inputs.get("chain")))


MAKERS: dict[str, Callable[[View, str, Observed, Details], Meant]] = {
    "Network": _network,
    "Subnet": _subnet,
    "SecurityGroup": _group,
    "SecurityGroupRule": _rule,
    "KeyPair": _key,
    "PlacementGroup": _placement_group,
    "Server": _server,
    "Volume": _volume,
    "VolumeAttachment": _attachment,
    "PublicIp": _address,
    "NetworkInterface": _interface,
    "Route": _route,
    "Bucket": _bucket,
    "LoadBalancer": _balancer,
    "Pool": _pool,
    "Listener": _listener,
    "Certificate": _certificate,
}
"""Kind -> how its observation becomes a part."""
