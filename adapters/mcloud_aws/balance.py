"""Neutral to native and back for load balancers: pure functions.

Requests and answers have the shapes of Elastic Load Balancing 2015-12-01
(docs.aws.amazon.com/elasticloadbalancing/latest/APIReference).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from mcloud.model.base import Placement
from mcloud.model.resources import ListenerRuleInputs
from mcloud.units import Duration
from mcloud_aws.tags import named, tag_list_of
from mcloud_aws.translate import subnet_of

Native = Mapping[str, Any]
Raw = dict[str, Any]

WEB = ("http", "https")
ALGORITHMS = {"round-robin": "round_robin", "least-connections": "least_outstanding_requests"}
EVERYTHING = "*"
NOBODY = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
REFUSED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}
PORTS = {"http": "80", "https": "443"}
ANY_ANSWER = "200-499"
"""What counts as well where only a connection is asked for, and the service must be asked something."""
IDLE = "tcp.idle_timeout.seconds"


def seconds(text: str) -> int:
    """A duration as the service counts."""
    return Duration.parse(text).seconds


def balancer_body(inputs: Native, picks: Native) -> Raw:
    """Arguments of CreateLoadBalancer."""
    groups = list(inputs.get("securityGroups") or ())
    return {
        "Name": inputs["name"],
        "Type": picks["layer"],
        "Scheme": "internet-facing" if inputs.get("public") else "internal",
        "Subnets": [subnet_of(str(subnet)) for subnet in inputs["subnets"]],
        **({"SecurityGroups": groups} if groups else {}),
        "Tags": tag_list_of(inputs),
    }


def balancer_seen(at: Placement, native: Native) -> Raw:
    """What can be seen of a load balancer; ``native`` is {"balancer", "tags", "own"}, the last being whether it has
    the network's default group alone, which is what the service puts where none is asked for."""
    item = native["balancer"]
    groups = [] if native.get("own") else item.get("SecurityGroups") or ()
    zones = item.get("AvailabilityZones") or ()
    return {
        "name": item["LoadBalancerName"],
        "labels": named(native["tags"])["labels"],
        "public": item.get("Scheme") == "internet-facing",
        "subnets": sorted(at.id_of(f"{item['VpcId']}/{zone['SubnetId']}") for zone in zones),
        "securityGroups": sorted(at.id_of(group) for group in groups),
    }


def balancer_picks(native: Native) -> Raw:
    """What was chosen for a load balancer."""
    layer = native["balancer"]["Type"]
    return {"layer": layer, "flavor": layer, "flavorId": layer}


def pool_body(inputs: Native, picks: Native) -> Raw:
    """Arguments of CreateTargetGroup. ``picks["network"]`` is the load balancer's."""
    return {
        "Name": inputs["name"],
        "Protocol": inputs["protocol"].upper(),
        "Port": int(inputs["port"]),
        "VpcId": picks.get("network"),
        "TargetType": "instance",
        **monitor_body(inputs),
        "Tags": tag_list_of(inputs),
    }


def monitor_body(inputs: Native) -> Raw:
    """The health check of a target group."""
    check = inputs.get("monitor") or {}
    web = inputs["protocol"] in WEB
    wanted = check.get("protocol") or "tcp"
    protocol = inputs["protocol"] if web and wanted not in WEB else "tcp" if wanted == "udp" else wanted
    body: Raw = {
        "HealthCheckProtocol": protocol.upper(),
        "HealthCheckPort": str(check["port"]) if check.get("port") else "traffic-port",
        "HealthCheckIntervalSeconds": seconds(check.get("interval") or "30 s"),
        "HealthCheckTimeoutSeconds": seconds(check.get("timeout") or "5 s"),
        "HealthyThresholdCount": int(check.get("healthy") or 3),
        "UnhealthyThresholdCount": int(check.get("unhealthy") or 3),
    }
    if protocol in WEB:
        codes = check.get("codes") or "200" if wanted in WEB else ANY_ANSWER
        body |= {"HealthCheckPath": check.get("path") or "/", "Matcher": {"HttpCode": codes}}
    return body


def monitor_seen(native: Native) -> Raw:
    """A health check in neutral words; a check that only wants an answer is one for a connection."""
    codes = (native.get("Matcher") or {}).get("HttpCode")
    protocol = str(native.get("HealthCheckProtocol")).lower()
    seen: Raw = {
        "interval": str(Duration(int(native["HealthCheckIntervalSeconds"]))),
        "timeout": str(Duration(int(native["HealthCheckTimeoutSeconds"]))),
        "healthy": native["HealthyThresholdCount"],
        "unhealthy": native["UnhealthyThresholdCount"],
    }
    port = native.get("HealthCheckPort")
    if port and port != "traffic-port":
        seen["port"] = int(port)
    plain = native.get("Protocol") in ("HTTP", "HTTPS") and codes == ANY_ANSWER and native["HealthCheckPath"] == "/"
    if plain or protocol not in WEB:
        return {**seen, "protocol": "tcp"}
    return {**seen, "protocol": protocol, "path": native.get("HealthCheckPath") or "/", "codes": codes or "200"}


def pool_attributes(inputs: Native) -> dict[str, str]:
    """The attributes of a target group that the model knows; text, as the service has them."""
    sticky = bool(inputs.get("sticky"))
    if inputs["protocol"] in WEB:
        # What it cannot do is a gap that stops the run.
        algorithm = ALGORITHMS.get(inputs.get("algorithm") or "round-robin", "round_robin")
        kind = "lb_cookie"
        found = {"load_balancing.algorithm.type": algorithm}
    else:
        kind, found = "source_ip", {}
        sticky = sticky or inputs.get("algorithm") == "source-ip"
    return {**found, "stickiness.enabled": str(sticky).lower(), "stickiness.type": kind}


def pool_seen(at: Placement, native: Native) -> Raw:
    """What can be seen of a target group; ``native`` is {"group", "targets", "attributes", "tags"}.

    A target on another port is shown with it: that is a difference.
    """
    group, attributes = native["group"], native["attributes"]
    web = group["Protocol"] in ("HTTP", "HTTPS")
    seen: Raw = {
        "name": group["TargetGroupName"],
        "labels": named(native["tags"])["labels"],
        "protocol": group["Protocol"].lower(),
        "port": group["Port"],
        "members": sorted(at.id_of(_target(item, group["Port"])) for item in native["targets"]),
        "monitor": monitor_seen(group),
    }
    balancers = group.get("LoadBalancerArns") or ()
    if balancers:
        seen["loadBalancer"] = at.id_of(balancers[0])
    sticky = attributes.get("stickiness.enabled") == "true"
    if web:
        words = {vendor: neutral for neutral, vendor in ALGORITHMS.items()}
        shown = attributes.get("load_balancing.algorithm.type") or "round_robin"
        return {**seen, "sticky": sticky, "algorithm": words.get(shown, shown)}
    # One switch stands for both; which of them was asked for only the state knows.
    return seen if sticky else {**seen, "sticky": False}


def _target(item: Native, port: int) -> str:
    return str(item["Id"]) if item.get("Port") in (None, port) else f"{item['Id']}:{item['Port']}"


def listener_body(inputs: Native) -> Raw:
    """Arguments of CreateListener, without the load balancer; the further certificates and the rules come after it."""
    return {"Protocol": inputs["protocol"].upper(), "Port": int(inputs["port"]), **listener_settings(inputs)}


def listener_settings(inputs: Native) -> Raw:
    """The part of a listener that both calls take."""
    certificate = inputs.get("certificate")
    return {
        "DefaultActions": [_forward(str(inputs["pool"])) if inputs.get("pool") else dict(NOBODY)],
        **({"Certificates": [{"CertificateArn": certificate}]} if certificate else {}),
    }


def _forward(pool: str) -> Raw:
    return {"Type": "forward", "TargetGroupArn": pool}


def rule_bodies(inputs: Native) -> list[Raw]:
    """Conditions and actions of CreateRule for a listener's rules, in their order."""
    return [{"Conditions": _conditions(rule), "Actions": [_action(rule)]} for rule in inputs.get("rules") or ()]


def _conditions(rule: Native) -> list[Raw]:
    fields = {"host-header": rule.get("host"), "path-pattern": rule.get("path")}
    found = [{"Field": name, "Values": [value]} for name, value in fields.items() if value]
    return found or [{"Field": "path-pattern", "Values": [EVERYTHING]}]


def _action(rule: Native) -> Raw:
    if rule.get("pool"):
        return _forward(str(rule["pool"]))
    if rule.get("reject"):
        return dict(REFUSED)
    url = urlsplit(str(rule["redirect"]))
    return {
        "Type": "redirect",
        "RedirectConfig": {
            "Protocol": url.scheme.upper(),
            "Host": str(url.hostname),
            "Port": str(url.port or PORTS[url.scheme]),
            "Path": url.path,
            "Query": "#{query}" if rule.get("keepQuery") else url.query,
            "StatusCode": f"HTTP_{rule.get('code') or 302}",
        },
    }


Match = tuple[tuple[str, tuple[str, ...]], ...]


def match_of(rule: Native) -> Match:
    """What a rule takes: requests and answers alike."""
    return tuple(sorted((str(item["Field"]), tuple(_values(item))) for item in rule["Conditions"]))


def _values(condition: Native) -> list[str]:
    configs = (condition.get("HostHeaderConfig"), condition.get("PathPatternConfig"))
    shown: list[str] = next((config["Values"] for config in configs if config), [])
    given: list[str] = condition.get("Values") or shown
    return sorted(given)


def same_actions(wanted: Iterable[Native], there: Iterable[Native]) -> bool:
    """Whether actions do the same."""
    return [_plain(item) for item in wanted] == [_plain(item) for item in there]


def _plain(action: Native) -> Raw:
    """An action without what the service adds."""
    kind = action["Type"]
    if kind == "forward":
        groups = list((action.get("ForwardConfig") or {}).get("TargetGroups") or ())
        one = action.get("TargetGroupArn") or (groups[0]["TargetGroupArn"] if len(groups) == 1 else None)
        return {"Type": kind, "to": one or json.dumps(groups, sort_keys=True, default=str)}
    if kind == "redirect":
        shown = action["RedirectConfig"]
        names = ("Protocol", "Host", "Port", "Path", "Query", "StatusCode")
        return {"Type": kind, **{name: shown.get(name) or "" for name in names}}
    if kind == "fixed-response":
        return {"Type": kind, "code": action["FixedResponseConfig"].get("StatusCode")}
    return {"Type": kind, "native": json.dumps(action, sort_keys=True, default=str)}


def listener_seen(at: Placement, native: Native) -> Raw:
    """What can be seen of a listener; ``native`` is {"listener", "rules", "certificates", "attributes", "tags"}.

    Nothing, where something could be asked for, is an empty text: it then differs from what was asked for.
    """
    item = native["listener"]
    default = _plain(item["DefaultActions"][0]) if item.get("DefaultActions") else {}
    first = next((one for one in native["certificates"] if one.get("IsDefault")), None)
    default_arn = first["CertificateArn"] if first else None
    # The default one may be among the further ones too.
    further = {one["CertificateArn"] for one in native["certificates"]} - {default_arn}
    idle = native["attributes"].get(IDLE)
    return {
        **named(native["tags"]),
        "loadBalancer": at.id_of(item["LoadBalancerArn"]),
        "port": item["Port"],
        "protocol": str(item["Protocol"]).lower(),
        "pool": at.id_of(default["to"]) if default.get("Type") == "forward" else "",
        "certificate": at.id_of(default_arn) if default_arn else "",
        "sni": sorted(at.id_of(arn) for arn in further),
        "rules": [_rule_seen(at, rule) for rule in native["rules"]],
        **({"idleTimeout": str(Duration(int(idle)))} if idle else {}),
    }


def _rule_seen(at: Placement, rule: Native) -> Raw:
    """A rule in neutral words; one that no rule says is shown as it is: that is drift."""
    conditions = dict(match_of(rule))
    action = _plain(rule["Actions"][0])
    values: Raw = {
        "host": _one(conditions.get("host-header")),
        "path": _one(conditions.get("path-pattern")),
    }
    if action["Type"] == "forward":
        values["pool"] = at.id_of(action["to"])
    elif action["Type"] == "redirect":
        values |= _redirect_seen(action)
    else:
        values["reject"] = action == _plain(REFUSED)
    known = set(conditions) <= {"host-header", "path-pattern"} and all(len(one) == 1 for one in conditions.values())
    try:
        model = ListenerRuleInputs.model_validate(values)
    except ValueError:
        known = False
    if not known:
        return {"native": json.dumps({"conditions": match_of(rule), "action": action}, sort_keys=True)}
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def _one(values: tuple[str, ...] | None) -> str | None:
    return values[0] if values else None


def _redirect_seen(action: Native) -> Raw:
    scheme = action["Protocol"].lower()
    port = "" if action["Port"] in ("", PORTS.get(scheme), "#{port}") else f":{action['Port']}"
    keeps = action["Query"] == "#{query}"
    query = f"?{action['Query']}" if action["Query"] and not keeps else ""
    return {
        "redirect": f"{scheme}://{action['Host']}{port}{action['Path']}{query}",
        "code": int(action["StatusCode"].removeprefix("HTTP_")),
        "keep_query": keeps,
    }


def certificate_seen(native: Native) -> Raw:
    """What can be seen of a certificate: neither its text, which the state compares, nor its key."""
    return named(native["tags"])
