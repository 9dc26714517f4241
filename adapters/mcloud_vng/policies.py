"""L7 policies: the rules of a listener, to native and back (sources: docs/clouds/vng.md).

A policy takes a request when all of its rules fit: that is how Octavia, which the states and words are those of, reads
several rules; VNG's documents do not say. The body is that of [SDK] 2026-05-25; [TF] sends an older one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mcloud.model.base import Placement
from mcloud.model.resources import ListenerRuleInputs
from mcloud_vng.translate_lb import last

Native = Mapping[str, Any]
Raw = dict[str, Any]
Match = tuple[tuple[str, str, str], ...]

MOST = 10  # policies of a load balancer ([DOC] quota-limit.md 2026-08)
EVERYTHING = {"ruleType": "PATH", "compareType": "STARTS_WITH", "ruleValue": "/"}


def policy_bodies(inputs: Native) -> list[Raw]:
    """Bodies of POST …/l7policies for a listener's rules, in their order."""
    return [_policy(rule) for rule in inputs.get("rules") or ()]


def _policy(rule: Native) -> Raw:
    rules = [
        _rule(kind, rule[name]) for name, kind in (("host", "HOST_NAME"), ("path", "PATH")) if rule.get(name)
    ] or [dict(EVERYTHING)]
    # The name tells nothing: a policy is known by what it takes. It only must not be another's.
    digest = hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()[:12]
    return {"name": f"rule-{digest}", **_action(rule), "rules": rules}


def _action(rule: Native) -> Raw:
    if rule.get("pool"):
        return {"action": "REDIRECT_TO_POOL", "redirectPoolId": last(rule["pool"])}
    if rule.get("redirect"):
        return {
            "action": "REDIRECT_TO_URL",
            "redirectUrl": rule["redirect"],
            "redirectHttpCode": int(rule.get("code") or 302),
            "keepQueryString": bool(rule.get("keepQuery")),
        }
    return {"action": "REJECT"}


def _rule(kind: str, pattern: str) -> Raw:
    compare, value = compare_of(pattern)
    return {"ruleType": kind, "compareType": compare, "ruleValue": value}


def compare_of(pattern: str) -> tuple[str, str]:
    """A pattern, in which ``*`` stands for any text, as the service's comparison and its value."""
    first, *rest = pattern.split("*")
    if not rest:
        return "EQUAL_TO", pattern
    if rest == [""]:
        return "STARTS_WITH", first
    if len(rest) == 1 and not first:
        return "ENDS_WITH", rest[0]
    if len(rest) == 2 and not first and not rest[1]:
        return "CONTAINS", rest[0]
    return "REGEX", f"^{'.*'.join(re.escape(part) for part in (first, *rest))}$"


def pattern_of(compare: str, value: str) -> str | None:
    """The other way round; None where no pattern says it."""
    plain = {"EQUAL_TO": value, "STARTS_WITH": f"{value}*", "ENDS_WITH": f"*{value}", "CONTAINS": f"*{value}*"}
    if compare in plain:
        return plain[compare] if "*" not in value else None
    if compare != "REGEX" or not (value.startswith("^") and value.endswith("$")):
        return None
    # In what is escaped a star always has a backslash before it, so ".*" is a star of the pattern.
    found = "*".join(re.sub(r"\\(.)", r"\1", part) for part in value[1:-1].split(".*"))
    return found if compare_of(found) == (compare, value) else None


def match_of(policy: Native) -> Match:
    """What a policy takes: bodies and answers alike. [TF]'s generation shows one rule."""
    rules = policy.get("rules") or policy.get("l7Rules") or [policy["l7Rule"]]
    return tuple(sorted((str(row["ruleType"]), str(row["compareType"]), str(row["ruleValue"])) for row in rules))


def rules_seen(at: Placement, balancer: str, policies: Iterable[Native]) -> list[Raw]:
    """The policies of a listener, by position, as rules; one that no rule says is shown as it is: that is drift."""
    return [_rule_seen(at, balancer, policy) for policy in policies]


def _rule_seen(at: Placement, balancer: str, policy: Native) -> Raw:
    match = match_of(policy)
    parts = {kind: pattern_of(compare, value) for kind, compare, value in match}
    action = policy["action"]
    values: Raw = {"host": parts.get("HOST_NAME"), "path": parts.get("PATH")}
    if action == "REDIRECT_TO_POOL":
        values["pool"] = at.id_of(f"{balancer}/{policy['redirectPoolId']}")
    elif action == "REDIRECT_TO_URL":
        values |= {"redirect": policy["redirectUrl"], "code": policy.get("redirectHttpCode") or 302}
        values["keep_query"] = bool(policy.get("keepQueryString"))
    else:
        values["reject"] = action == "REJECT"
    sound = len(parts) == len(match) and None not in parts.values() and set(parts) <= {"HOST_NAME", "PATH"}
    try:
        model = ListenerRuleInputs.model_validate(values)
    except ValueError:
        sound = False
    if not sound:
        return {"native": json.dumps({"action": action, "rules": match, "name": policy.get("name")})}
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


@dataclass(frozen=True)
class Step:
    """One change of a listener's policies.

    Attributes:
        doing: create, update, delete or reorder.
        policy_id: of an update and a delete.
        body: of a create and an update.
        order: ids, of a reorder.
    """

    doing: Literal["create", "update", "delete", "reorder"]
    policy_id: str = ""
    body: Raw = field(default_factory=dict)
    order: tuple[str, ...] = ()


def next_step(wanted: list[Raw], there: list[Native]) -> Step | None:
    """The next change towards what is wanted; None when it is so.

    New ones are made before old ones go, so that no request is without its rule, unless there is no room for that.
    """
    by_match: dict[Match, Native] = {}
    surplus = []
    asked = {match_of(body) for body in wanted}
    for policy in there:
        match = match_of(policy)
        if match in asked and match not in by_match:
            by_match[match] = policy
        else:
            surplus.append(policy)
    missing = [body for body in wanted if match_of(body) not in by_match]
    if missing and (not surplus or len(there) < MOST):
        return Step("create", body=_free_name(missing[0], there))
    for body in wanted:
        policy = by_match.get(match_of(body), {})
        if policy and not _does(policy, body):
            return Step("update", policy["uuid"], {key: value for key, value in body.items() if key != "name"})
    if surplus:
        return Step("delete", surplus[0]["uuid"])
    order = tuple(by_match[match_of(body)]["uuid"] for body in wanted)
    return None if order == tuple(policy["uuid"] for policy in there) else Step("reorder", order=order)


def _does(policy: Native, body: Native) -> bool:
    names = ("action", "redirectPoolId", "redirectUrl", "redirectHttpCode", "keepQueryString")
    return all(policy.get(name) == body[name] for name in names if name in body)


def _free_name(body: Raw, there: Iterable[Native]) -> Raw:
    names = {policy.get("name") for policy in there}
    return body if body["name"] not in names else {**body, "name": f"{body['name']}-{len(names)}"}
