"""Load balancers of CloudFormation in the words of the other types for the same things."""

from __future__ import annotations

from mcloud_aws.cloudformation_words import Words, attributes, items, mapping


def classic(words: Words) -> Words:
    """AWS::ElasticLoadBalancing::LoadBalancer."""
    words["internal"] = words.pop("scheme", None) == "internal"
    words["listener"] = [
        {
            "lb_port": one.get("load_balancer_port"),
            "lb_protocol": one.get("protocol"),
            "instance_port": one.get("instance_port"),
            "instance_protocol": one.get("instance_protocol") or one.get("protocol"),
            "ssl_certificate_id": one.get("ssl_certificate_id"),
        }
        for one in items(words.pop("listeners", None))
    ]
    words["health_check"] = [mapping(words.get("health_check"))]
    words["idle_timeout"] = mapping(words.pop("connection_settings", None)).get("idle_timeout")
    logs = mapping(words.pop("access_logging_policy", None))
    words["access_logs"] = [{"bucket": logs.get("s3_bucket_name")}] if logs else []
    for name in ("cross_zone", "connection_draining_policy", "load_balancer_name"):
        words.pop(name, None)
    return words


def balancer(words: Words) -> Words:
    """AWS::ElasticLoadBalancingV2::LoadBalancer."""
    words["internal"] = words.pop("scheme", None) == "internal"
    words["subnet_mapping"] = items(words.pop("subnet_mappings", None))
    said = attributes(words.pop("load_balancer_attributes", None))
    words["idle_timeout"] = said.get("idle_timeout.timeout_seconds")
    words["access_logs"] = [{"enabled": said.get("access_logs.s3.enabled")}]
    return words


def listener(words: Words) -> Words:
    """AWS::ElasticLoadBalancingV2::Listener."""
    words["default_action"] = [_action(one) for one in items(words.pop("default_actions", None))]
    certificates = items(words.pop("certificates", None))
    words["certificate_arn"] = certificates[0].get("certificate_arn") if certificates else None
    return words


def rule(words: Words) -> Words:
    """AWS::ElasticLoadBalancingV2::ListenerRule."""
    words["action"] = [_action(one) for one in items(words.pop("actions", None))]
    words["condition"] = [_condition(one) for one in items(words.pop("conditions", None))]
    return words


def _action(one: Words) -> Words:
    groups = [
        {"arn": group.get("target_group_arn"), "weight": group.get("weight")}
        for group in items(mapping(one.get("forward_config")).get("target_groups"))
    ]
    return {
        "type": one.get("type"),
        "target_group_arn": one.get("target_group_arn"),
        "forward": [{"target_group": groups}] if groups else [],
        "redirect": [mapping(one.get("redirect_config"))],
        "fixed_response": [mapping(one.get("fixed_response_config"))],
    }


def _condition(one: Words) -> Words:
    for name in ("host_header", "path_pattern"):
        config = mapping(one.get(f"{name}_config"))
        if config:
            return {name: [{"values": config.get("values")}]}
    return {"field": one.get("field"), "values": one.get("values")}


def certificate(words: Words) -> Words:
    """AWS::ElasticLoadBalancingV2::ListenerCertificate."""
    found = items(words.pop("certificates", None))
    words["certificate_arn"] = found[0].get("certificate_arn") if found else None
    return words


def pool(words: Words) -> Words:
    """AWS::ElasticLoadBalancingV2::TargetGroup, with its members."""
    said = attributes(words.pop("target_group_attributes", None))
    words["stickiness"] = [{"enabled": said.get("stickiness.enabled"), "type": said.get("stickiness.type")}]
    words["load_balancing_algorithm_type"] = said.get("load_balancing.algorithm.type")
    words["members"] = [one.get("id") for one in items(words.pop("targets", None))]
    check = {
        "enabled": words.pop("health_check_enabled", None),
        "protocol": words.pop("health_check_protocol", None),
        "path": words.pop("health_check_path", None),
        "port": words.pop("health_check_port", None),
        "interval": words.pop("health_check_interval_seconds", None),
        "timeout": words.pop("health_check_timeout_seconds", None),
        "healthy_threshold": words.pop("healthy_threshold_count", None),
        "unhealthy_threshold": words.pop("unhealthy_threshold_count", None),
        "matcher": mapping(words.pop("matcher", None)).get("http_code"),
    }
    words["health_check"] = [check] if any(value is not None for value in check.values()) else []
    return words
