"""What load balancers of AWS, of both generations, mean in neutral parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcloud.discover.meaning import Meaning, Meant, Note, refusal, refused, text, unread
from mcloud.discover.parts import (
    AddressClaimPart,
    BalancerPart,
    CertificatePart,
    Forward,
    ListenerCertificatePart,
    ListenerPart,
    ListenerRulePart,
    MemberPart,
    Part,
    PoolPart,
)
from mcloud.discover.tfstate import StateResource
from mcloud_aws.terraform_common import (
    COMMON,
    aws_labels,
    broken,
    changed,
    health_check,
    listed,
    number,
    row,
    rows,
    switch,
)

_LAST = 10**6
"""After every numbered rule (their priorities end at 50,000)."""
_ALGORITHMS = {"round_robin": "round-robin", "least_outstanding_requests": "least-connections"}
_OWN_TIMEOUT = 60
_BALANCER_COMPUTED = (
    *COMMON,
    *("arn_suffix", "dns_name", "zone_id", "name", "name_prefix", "internal", "load_balancer_type", "ip_address_type"),
    *("desync_mitigation_mode", "enable_http2", "enable_deletion_protection", "enable_cross_zone_load_balancing"),
    *("source_security_group", "source_security_group_id", "availability_zones", "cross_zone_load_balancing"),
    *("connection_draining", "connection_draining_timeout", "client_keep_alive", "xff_header_processing_mode"),
    *("drop_invalid_header_fields", "preserve_host_header", "enable_zonal_shift", "connection_logs"),
    *("enable_tls_version_and_cipher_suite_headers", "enable_waf_fail_open", "enable_xff_client_port"),
    *("enforce_security_group_inbound_rules_on_private_link_traffic", "dns_record_client_routing_policy"),
    *("minimum_load_balancer_capacity", "ipam_pools", "enable_prefix_for_ipv6_source_nat", "health_check_logs"),
)
_BALANCER_READ = ("subnets", "subnet_mapping", "security_groups", "vpc_id", "idle_timeout", "access_logs")
_POOL_USUAL = {"protocol_version": ("HTTP1",), "slow_start": (0, "0"), "preserve_client_ip": ("true", True)}


def _idle(attributes: Mapping[str, Any]) -> int | None:
    seconds = number(attributes.get("idle_timeout"))
    return None if seconds == _OWN_TIMEOUT else seconds


def balancer(resource: StateResource) -> Meant:
    """aws_lb and aws_alb."""
    attributes = resource.attributes
    if missing := broken(resource, "id"):
        return missing
    if attributes.get("load_balancer_type") == "gateway":
        return refused("a gateway load balancer leads to appliances, not to servers", "set it up by hand")
    native = str(attributes["id"])
    mapping = rows(attributes, "subnet_mapping")
    subnets = listed(attributes, "subnets") or tuple(str(one["subnet_id"]) for one in mapping if text(one, "subnet_id"))
    found, notes = aws_labels(attributes)
    if switch(row(attributes, "access_logs").get("enabled")):
        notes.append(Note("access logs", "a stack's load balancers write none", "see what the target offers"))
    claims: list[tuple[str, Part]] = [
        (
            "its address",
            AddressClaimPart(f"{native}/{address}", address, native, "other", "the address of a load balancer"),
        )
        for one in mapping
        if (address := text(one, "allocation_id"))
    ]
    notes += unread(resource, _BALANCER_READ, _BALANCER_COMPUTED)
    part = BalancerPart(
        native,
        subnets,
        switch(attributes.get("internal")) is not True,
        listed(attributes, "security_groups"),
        found,
        text(attributes, "vpc_id"),
        _idle(attributes) if attributes.get("load_balancer_type") != "network" else None,
    )
    return Meant(part, tuple(notes), inline=tuple(claims))


# --- listeners


def listener(resource: StateResource) -> Meant:
    """aws_lb_listener and aws_alb_listener."""
    attributes = resource.attributes
    port = number(attributes.get("port"))
    if missing := broken(resource, "id", "load_balancer_arn"):
        return missing
    if port is None:
        return refused("it has no port", "it belongs to a gateway load balancer; set it up by hand")
    action, notes = _action(rows(attributes, "default_action"))
    native, protocol = str(attributes["id"]), (text(attributes, "protocol") or "http").lower()
    computed = (*COMMON, "ssl_policy", "alpn_policy", "tcp_idle_timeout_seconds", "mutual_authentication")
    read = ("load_balancer_arn", "port", "protocol", "default_action", "certificate_arn", "routing_http*")
    notes += [note for note in unread(resource, read, computed) if not note.what.startswith("routing_http")]
    part = ListenerPart(
        native,
        str(attributes["load_balancer_arn"]),
        action if isinstance(action, str) else None,
        port,
        protocol,
        text(attributes, "certificate_arn"),
        (Forward(_LAST, settings=action),) if isinstance(action, Mapping) else (),
        "" if action is not None else "; ".join(note.reason for note in notes if note.what == "action"),
    )
    return Meant(part, tuple(notes))


def _action(actions: list[Mapping[str, Any]]) -> tuple[str | dict[str, Any] | None, list[Note]]:
    """The pool, or a stack's words for what is done else; None where it has none, with the reason as a note."""
    notes = [
        Note("sign-in", f"{action['type']}: a stack's listeners ask nobody who he is", "have the program do it")
        for action in actions
        if str(action.get("type", "")).startswith("authenticate")
    ]
    last = next((action for action in actions if not str(action.get("type", "")).startswith("authenticate")), {})
    kind = last.get("type") or "forward"
    if kind == "forward":
        pool, more = _forward(last)
        return pool, notes + more
    if kind == "redirect":
        said = _redirect(row(last, "redirect"))
        reason = "it redirects to the host that was asked for, which a stack's redirect cannot say"
    else:
        code = str(row(last, "fixed_response").get("status_code") or "")
        said = {"reject": True} if code[:1] in ("4", "5") else None
        reason = f"it answers {code or kind} itself, and a stack's listeners only refuse"
    if said is None:
        return None, [*notes, Note("action", reason, "set it up by hand")]
    return said, notes


def _forward(action: Mapping[str, Any]) -> tuple[str | None, list[Note]]:
    groups = rows(row(action, "forward"), "target_group")
    if text(action, "target_group_arn") or not groups:
        pool = text(action, "target_group_arn")
        return pool, [] if pool else [Note("action", "it leads to no target group", "set it up by hand")]
    best = max(groups, key=lambda group: number(group.get("weight")) or 0)
    notes = []
    if len(groups) > 1:
        reason = "a stack's listener leads to one group of servers; that with the greatest weight was taken"
        notes.append(Note("weighted targets", reason, "set the others up by hand"))
    return text(best, "arn"), notes


def _redirect(block: Mapping[str, Any]) -> dict[str, Any] | None:
    host, path = text(block, "host") or "#{host}", text(block, "path") or "/#{path}"
    scheme, port = (text(block, "protocol") or "#{protocol}").lower(), text(block, "port") or "#{port}"
    if "#{" in host or "#{" in scheme or (path not in ("/#{path}", "/") and "#{" in path):
        return None
    usual = {"http": "80", "https": "443"}.get(scheme)
    where = "" if port in (usual, "#{port}") else f":{port}"
    keeps = (text(block, "query") or "#{query}") == "#{query}"
    if path == "/#{path}":
        return None
    code = 301 if str(block.get("status_code")) == "HTTP_301" else 302
    return {
        "redirect": f"{scheme}://{host}{where}{path}",
        **({"code": code} if code != 302 else {}),
        **({"keep_query": True} if keeps else {}),
    }


def listener_rule(resource: StateResource) -> Meant:
    """aws_lb_listener_rule and aws_alb_listener_rule."""
    attributes = resource.attributes
    if missing := broken(resource, "listener_arn"):
        return missing
    found: dict[str, tuple[str, ...]] = {"host": (), "path": ()}
    for condition in rows(attributes, "condition"):
        said = _condition(condition)
        if said is None:
            return refused("it goes by more than host and path, which a stack's rules know", "add the rule by hand")
        found[said[0]] += said[1]
    action, notes = _action(rows(attributes, "action"))
    if action is None:
        return refused("; ".join(note.reason for note in notes), "add the rule by hand")
    order = number(attributes.get("priority")) or _LAST - 1
    native, owner = str(attributes.get("id") or resource.address), str(attributes["listener_arn"])
    pool, settings = (action, {}) if isinstance(action, str) else (None, action)
    forward = Forward(order, found["host"], found["path"], pool, settings)
    return Meant(ListenerRulePart(native, owner, forward), tuple(notes))


def _condition(condition: Mapping[str, Any]) -> tuple[str, tuple[str, ...]] | None:
    """host or path, with its values; None for what a stack's rules do not know."""
    fields = {"host-header": "host", "path-pattern": "path"}
    field = fields.get(str(condition.get("field") or ""))
    if field and listed(condition, "values"):
        return field, listed(condition, "values")
    for name, word in (("host_header", "host"), ("path_pattern", "path")):
        values = listed(row(condition, name), "values")
        others = [key for key, value in condition.items() if value and key not in (name, "field", "values")]
        if values and not others:
            return word, values
    return None


def listener_certificate(resource: StateResource) -> Meant:
    """aws_lb_listener_certificate and aws_alb_listener_certificate."""
    attributes = resource.attributes
    owner, certificate_ = str(attributes.get("listener_arn")), str(attributes.get("certificate_arn"))
    part = ListenerCertificatePart(f"{owner}/{certificate_}", owner, certificate_)
    return broken(resource, "listener_arn", "certificate_arn") or Meant(part)


# --- pools


def pool(resource: StateResource) -> Meant:
    """aws_lb_target_group and aws_alb_target_group."""
    attributes = resource.attributes
    if missing := broken(resource, "id"):
        return missing
    kind = text(attributes, "target_type") or "instance"
    if kind in ("lambda", "alb"):
        return refused(f"what answers is no server but {kind}", "put a server or the target's own service in its place")
    protocol, port = (text(attributes, "protocol") or "http").lower(), number(attributes.get("port"))
    notes = changed(attributes, _POOL_USUAL)
    settings: dict[str, Any] = {}
    if protocol in ("http", "https", "tcp", "udp"):
        settings["protocol"] = protocol
    else:
        notes.append(Note(f"protocol {protocol}", "a stack has no word for it", "set it by hand"))
    algorithm = _ALGORITHMS.get(str(attributes.get("load_balancing_algorithm_type") or "round_robin"))
    if algorithm not in (None, "round-robin"):
        settings["algorithm"] = algorithm
    stickiness = row(attributes, "stickiness")
    if switch(stickiness.get("enabled")) and stickiness.get("type") in (None, "lb_cookie", "app_cookie"):
        settings["sticky"] = True
    elif switch(stickiness.get("enabled")):
        settings["algorithm"] = "source-ip"
    check = _check(row(attributes, "health_check"), protocol)
    settings |= {"check": check} if check else {}
    part = PoolPart(str(attributes["id"]), "", port, listed(attributes, "members"), settings)
    return Meant(part, tuple(notes))


def _check(block: Mapping[str, Any], protocol: str) -> Any:
    if not block or switch(block.get("enabled")) is False:
        return None
    speaks = (text(block, "protocol") or ("tcp" if protocol in ("tcp", "udp", "tls", "tcp_udp") else "http")).lower()
    counts = {
        "interval": number(block.get("interval")),
        "timeout": number(block.get("timeout")),
        "healthy": number(block.get("healthy_threshold")),
        "unhealthy": number(block.get("unhealthy_threshold")),
    }
    return health_check(speaks, text(block, "path"), number(block.get("port")), text(block, "matcher"), counts)


def pool_member(resource: StateResource) -> Meant:
    """aws_lb_target_group_attachment and aws_alb_target_group_attachment."""
    attributes = resource.attributes
    owner, member = str(attributes.get("target_group_arn")), str(attributes.get("target_id"))
    part = MemberPart(f"{owner}/{member}", owner, member)
    return broken(resource, "target_group_arn", "target_id") or Meant(part)


def classic_member(resource: StateResource) -> Meant:
    """aws_elb_attachment."""
    attributes = resource.attributes
    owner, member = str(attributes.get("elb")), str(attributes.get("instance"))
    return broken(resource, "elb", "instance") or Meant(MemberPart(f"{owner}/{member}", owner, member))


def fleet_member(resource: StateResource) -> Meant:
    """aws_autoscaling_attachment: a group behind a load balancer of either generation."""
    attributes = resource.attributes
    names = ("elb", "lb_target_group_arn", "alb_target_group_arn")
    owner = next((str(attributes[name]) for name in names if text(attributes, name)), None)
    if missing := broken(resource, "autoscaling_group_name"):
        return missing
    if owner is None:
        return refused("the source does not say behind what it puts the group", "refresh the source")
    member = str(attributes["autoscaling_group_name"])
    return Meant(MemberPart(f"{owner}/{member}", owner, member))


# --- the first generation


def classic(resource: StateResource) -> Meant:
    """aws_elb, with its listeners, its check and its members."""
    attributes = resource.attributes
    if missing := broken(resource, "id"):
        return missing
    native = str(attributes["id"])
    found, notes = aws_labels(attributes)
    if row(attributes, "access_logs").get("bucket"):
        notes.append(Note("access logs", "a stack's load balancers write none", "see what the target offers"))
    inline: list[tuple[str, Part]] = []
    for one in rows(attributes, "listener"):
        inline += _classic_listener(native, one, attributes)
    notes += unread(resource, (*_BALANCER_READ, "listener", "health_check", "instances"), _BALANCER_COMPUTED)
    part = BalancerPart(
        native,
        listed(attributes, "subnets"),
        switch(attributes.get("internal")) is not True,
        listed(attributes, "security_groups"),
        found,
        text(attributes, "vpc_id"),
        _idle(attributes),
    )
    return Meant(part, tuple(notes), inline=tuple(inline))


def _classic_listener(native: str, one: Mapping[str, Any], attributes: Mapping[str, Any]) -> list[tuple[str, Part]]:
    port, behind = number(one.get("lb_port")), number(one.get("instance_port"))
    protocol = str(one.get("lb_protocol") or "").lower()
    inner = str(one.get("instance_protocol") or protocol).lower()
    if port is None or behind is None:
        return []
    pool_ = f"{native}/{inner}/{behind}"
    settings: dict[str, Any] = {"protocol": inner} if inner in ("http", "https", "tcp") else {}
    check = _classic_check(row(attributes, "health_check"), behind)
    settings |= {"check": check} if check else {}
    certificate_ = text(one, "ssl_certificate_id")
    return [
        (f"listener {port}", ListenerPart(f"{native}/{port}", native, pool_, port, protocol, certificate_)),
        (f"pool {behind}", PoolPart(pool_, native, behind, listed(attributes, "instances"), settings)),
    ]


def _classic_check(block: Mapping[str, Any], behind: int) -> Any:
    """``TCP:8000`` or ``HTTP:80/path`` with its counts."""
    speaks, _, rest = (text(block, "target") or "").partition(":")
    port, slash, path = rest.partition("/")
    counts = {
        "interval": number(block.get("interval")),
        "timeout": number(block.get("timeout")),
        "healthy": number(block.get("healthy_threshold")),
        "unhealthy": number(block.get("unhealthy_threshold")),
    }
    protocol = {"ssl": "tcp"}.get(speaks.lower(), speaks.lower())
    at = number(port)
    return health_check(protocol, f"/{path}" if slash else None, None if at == behind else at, None, counts)


def certificate(resource: StateResource) -> Meant:
    """aws_acm_certificate and aws_iam_server_certificate; the key is never in a source."""
    attributes = resource.attributes
    native = text(attributes, "arn") or text(attributes, "id")
    if native is None:
        return broken(resource, "id") or refused("", "")
    notes = [Note("key", "it cannot be taken out of this cloud", "order a new certificate for the target")]
    return Meant(CertificatePart(native, None), tuple(notes))


BALANCER_MEANINGS: dict[str, Meaning] = {
    "aws_elb": classic,
    "aws_elb_attachment": classic_member,
    "aws_autoscaling_attachment": fleet_member,
    "aws_acm_certificate": certificate,
    "aws_iam_server_certificate": certificate,
    "aws_acm_certificate_validation": refusal(
        "proves to this cloud who owns a name", "the target's certificates are proven in their own way"
    ),
    **{
        f"aws_{word}{suffix}": meaning
        for word in ("lb", "alb")
        for suffix, meaning in {
            "": balancer,
            "_listener": listener,
            "_listener_rule": listener_rule,
            "_listener_certificate": listener_certificate,
            "_target_group": pool,
            "_target_group_attachment": pool_member,
        }.items()
    },
}
"""Terraform type -> what it means."""
