"""What the load balancers of VNG Cloud's Terraform provider mean, in neutral parts ([TF] v1.3.11, 2026-04-14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcloud.discover.meaning import Meaning, Meant, Note, refusal, refused, text, unread
from mcloud.discover.parts import BalancerPart, CertificatePart, ListenerPart, PoolPart
from mcloud.discover.tfstate import StateResource

_COMMON = ("id", "project_id", "name", "status", "timeouts")
_REFRESH = "run `terraform refresh`, then give the state again"
_ALGORITHMS = {"ROUND_ROBIN": "round-robin", "LEAST_CONNECTIONS": "least-connections", "SOURCE_IP": "source-ip"}
_LISTENER_DEFAULTS = {
    "allowed_cidrs": "0.0.0.0/0",
    "timeout_client": 50,
    "timeout_connection": 5,
    "timeout_member": 50,
}
_MONITOR_DEFAULTS = {"healthy_threshold": 3, "unhealthy_threshold": 3, "interval": 30, "timeout": 5}
_MONITOR_WORDS = ("health_check_method", "success_code", "domain_name", "http_version")
_MONITOR_USUAL = {"health_check_method": "GET", "success_code": "200", "http_version": "1.0"}


def _lacks(resource: StateResource, *names: str) -> Meant | None:
    for name in names:
        if resource.attributes.get(name) in (None, ""):
            return refused(f"the state does not say its {name}", _REFRESH)
    return None


def _changed(values: Mapping[str, Any], usual: Mapping[str, Any], advice: str) -> list[Note]:
    """A note for each setting that is not as it is by itself, and that a stack has no word for."""
    return [
        Note(name, f"it is {values[name]}, and a stack has no word for it", advice)
        for name, value in usual.items()
        if values.get(name) not in (None, "", value)
    ]


def balancer(resource: StateResource) -> Meant:
    """vngcloud_vlb_load_balancer."""
    attributes = resource.attributes
    if missing := _lacks(resource, "id", "subnet_id"):
        return missing
    scheme = str(attributes.get("scheme") or "Internet").lower()
    if scheme not in ("internet", "internal"):
        return refused(f"its scheme {scheme} has no word in a stack", "make it by hand")
    notes = []
    if text(attributes, "package_id"):
        reason = "the package is chosen anew"
        notes.append(Note(f"package {attributes['package_id']}", reason, "look at what it costs"))
    read = ("subnet_id", "scheme", "package_id", "type", "zone_id", "address", "private_subnet_cidr")
    notes += unread(resource, read, _COMMON)
    part = BalancerPart(str(attributes["id"]), (str(attributes["subnet_id"]),), public=scheme == "internet")
    return Meant(part, tuple(notes))


def listener(resource: StateResource) -> Meant:
    """vngcloud_vlb_listener."""
    attributes = resource.attributes
    if missing := _lacks(resource, "id", "load_balancer_id", "protocol", "protocol_port"):
        return missing
    notes = _changed(attributes, _LISTENER_DEFAULTS, "set it by hand")
    if text(attributes, "client_certificate_authentication"):
        notes.append(Note("client certificates", "a stack's listeners ask for none", "set it by hand"))
    if attributes.get("headers"):
        notes.append(Note("headers", f"{', '.join(attributes['headers'])} are added; a stack cannot say so", ""))
    if attributes.get("certificate_authorities"):
        notes.append(Note("more certificates", "a stack's listener has one", "set them by hand"))
    read = ("load_balancer_id", "protocol", "protocol_port", "default_pool_id", "default_certificate_authority")
    also = ("client_certificate_authentication", "headers", "certificate_authorities")
    notes += unread(resource, (*read, *also, *_LISTENER_DEFAULTS), _COMMON)
    part = ListenerPart(
        str(attributes["id"]),
        str(attributes["load_balancer_id"]),
        text(attributes, "default_pool_id"),
        int(attributes["protocol_port"]),
        str(attributes["protocol"]).lower(),
        text(attributes, "default_certificate_authority"),
    )
    return Meant(part, tuple(notes))


def pool(resource: StateResource) -> Meant:
    """vngcloud_vlb_pool with its members and its monitor."""
    attributes = resource.attributes
    if missing := _lacks(resource, "id", "load_balancer_id", "protocol"):
        return missing
    protocol = str(attributes["protocol"]).lower()
    if protocol not in ("http", "tcp", "udp"):
        return refused(f"a stack has no pools that speak {protocol}", "make it by hand")
    if protocol == "http" and attributes.get("tls_encryption"):
        protocol = "https"
    algorithm = _ALGORITHMS.get(str(attributes.get("algorithm") or "ROUND_ROBIN"))
    notes: list[Note] = []
    settings: dict[str, Any] = {"protocol": protocol}
    if algorithm is None:
        notes.append(Note("algorithm", f"{attributes['algorithm']} has no word in a stack; round-robin was taken"))
    elif algorithm != "round-robin":
        settings["algorithm"] = algorithm
    if attributes.get("stickiness"):
        settings["sticky"] = True
    monitors = [row for row in attributes.get("health_monitor") or () if isinstance(row, Mapping)]
    for monitor in monitors[:1]:
        check, more = _check(monitor)
        settings |= {"check": check} if check else {}
        notes += more
    members = [row for row in attributes.get("members") or () if isinstance(row, Mapping)]
    ports = {row.get("port") for row in members}
    notes += _member_notes(members)
    read = ("load_balancer_id", "protocol", "algorithm", "stickiness", "tls_encryption", "health_monitor", "members")
    notes += unread(resource, read, _COMMON)
    part = PoolPart(
        str(attributes["id"]),
        str(attributes["load_balancer_id"]),
        next(iter(ports)) if len(ports) == 1 else None,
        tuple(str(row.get("ip_address")) for row in members),
        settings,
    )
    return Meant(part, tuple(notes))


def _check(monitor: Mapping[str, Any]) -> tuple[str | None, list[Note]]:
    protocol = str(monitor.get("health_check_protocol") or "").lower()
    notes = _changed(monitor, _MONITOR_DEFAULTS, "set it by hand")
    if protocol not in ("tcp", "http", "https"):
        return None, [*notes, Note("health check", f"{protocol} has no word in a stack", "set it by hand")]
    if protocol == "tcp":
        return "tcp", notes
    notes += _changed(monitor, {name: _MONITOR_USUAL.get(name) for name in _MONITOR_WORDS}, "set it by hand")
    return f"{protocol}:{monitor.get('health_check_path') or '/'}", notes


def _member_notes(members: list[Mapping[str, Any]]) -> list[Note]:
    notes = []
    if any(row.get("backup") for row in members):
        notes.append(Note("backup members", "a stack's members all take part", "set them by hand"))
    if len({row.get("weight") for row in members}) > 1:
        notes.append(Note("weights", "a stack's members count the same", "set them by hand"))
    if any(row.get("monitor_port") not in (None, row.get("port")) for row in members):
        notes.append(Note("monitor port", "a stack checks the port that is served", "set it by hand"))
    return notes


def certificate(resource: StateResource) -> Meant:
    """vngcloud_vlb_certificate; its key never leaves the state."""
    attributes = resource.attributes
    if str(attributes.get("type") or "") == "CA":
        return refused("certificates that clients are checked against have no word in a stack", "set it up by hand")
    notes = unread(resource, ("certificate", "certificate_chain", "type"), (*_COMMON, "uuid", "expiration"))
    part = CertificatePart(
        str(attributes.get("id")), text(attributes, "certificate"), text(attributes, "certificate_chain")
    )
    return _lacks(resource, "id") or Meant(part, tuple(notes))


BALANCER_MEANINGS: dict[str, Meaning] = {
    "vngcloud_vlb_load_balancer": balancer,
    "vngcloud_vlb_listener": listener,
    "vngcloud_vlb_pool": pool,
    "vngcloud_vlb_certificate": certificate,
    "vngcloud_vlb_l7policy": refusal(
        "a stack's listeners send everything to one group of servers", "split it by name or port, or set it by hand"
    ),
}
"""Terraform type -> what it means."""
