"""Pools: target groups with their targets and their health check (sources: docs/clouds/aws.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks, Poll
from mcloud.errors import NotFound
from mcloud.model.base import Placement
from mcloud_aws import balance
from mcloud_aws.api import gone_is_well
from mcloud_aws.resources.balancing import NAME_LIMIT, Raw, attributes, name_gaps, pages, refuse_twin, retag, tags_of
from mcloud_aws.resources.rows import one_of, unseen
from mcloud_aws.session import AwsSession
from mcloud_aws.tags import label_gaps

LIMITS = {"healthy": (2, 10), "unhealthy": (2, 10)}  # CreateTargetGroup, API reference 2026-11
SPANS = {"interval": (5, 300), "timeout": (2, 120)}  # seconds, the same
CODES = (200, 499)


class Pool(Kind):
    """A target group of instances; its native id is its ARN. It may be used by one load balancer only."""

    kind = "Pool"
    replace_on: ClassVar[frozenset[str]] = frozenset({"loadBalancer", "name", "protocol", "port"})
    deadline = 600.0
    believe_none_after = 10.0
    name_limit = NAME_LIMIT
    # Targets and attributes of each are calls of their own.
    reads_by_list: ClassVar[bool] = False

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = [*name_gaps(resource, inputs, "target group"), *label_gaps(resource, inputs)]
        web = inputs["protocol"] in balance.WEB
        found += _algorithm_gaps(resource, inputs, web)
        if inputs.get("sticky") and not web:
            reason = "a network load balancer on AWS sets no cookie"
            alternative = "a client's address stays with its server"
            found.append(Gap("pool-stickiness", resource, "substituted", reason, alternative))
        return found + _monitor_gaps(resource, inputs, web)

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        return {
            **balance.pool_body(inputs, picks),
            "Targets": [{"Id": member} for member in inputs.get("members") or ()],
            "Attributes": balance.pool_attributes(inputs),
        }

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(balance.pool_seen(at, native))

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        """The group alone; its targets and attributes are written by ``update``, which can be repeated."""
        refuse_twin(self.find(session, inputs).candidates, inputs["name"])
        arn = str(inputs["loadBalancer"])
        balancers = pages(session, "describe_load_balancers", "LoadBalancers", LoadBalancerArns=[arn])
        if not balancers:
            raise NotFound(f"the load balancer {arn} is not there")
        body = balance.pool_body(inputs, {"network": balancers[0]["VpcId"]})
        made = session.client("elbv2", once=True).create_target_group(**body)
        return session.born(str(made["TargetGroups"][0]["TargetGroupArn"]))

    def read(self, session: AwsSession, native_id: str) -> Native | None:
        found = pages(session, "describe_target_groups", "TargetGroups", TargetGroupArns=[native_id])
        return self._native(session, found[0]) if found else None

    def _native(self, session: AwsSession, group: Raw) -> Native:
        arn = str(group["TargetGroupArn"])
        health = pages(session, "describe_target_health", "TargetHealthDescriptions", TargetGroupArn=arn)
        shown = pages(session, "describe_target_group_attributes", "Attributes", TargetGroupArn=arn)
        staying = [row["Target"] for row in health if row["TargetHealth"].get("State") != "draining"]
        tags = tags_of(session, [arn]).get(arn) or []
        return {"group": group, "targets": staying, "attributes": attributes(shown), "tags": tags}

    def poll(self, session: AwsSession, native_id: str, native: Native | None) -> Poll:
        return unseen(session, native_id) if native is None else Poll("ready", "there")

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.read(session, native_id)
        if native is None:
            return False
        elb = session.client("elbv2")
        retag(session, native_id, native["tags"], old, new)
        check = balance.monitor_body(new)
        if new.get("monitor") is not None and any(native["group"].get(key) != value for key, value in check.items()):
            elb.modify_target_group(TargetGroupArn=native_id, **check)
        wanted = balance.pool_attributes(new)
        differing = {key: value for key, value in wanted.items() if native["attributes"].get(key) != value}
        if differing:
            rows_ = [{"Key": key, "Value": value} for key, value in wanted.items()]
            elb.modify_target_group_attributes(TargetGroupArn=native_id, Attributes=rows_)
        self._members(elb, native_id, native, new)
        return False

    def _members(self, elb: Any, native_id: str, native: Native, new: Inputs) -> None:
        there = {str(item["Id"]): item for item in native["targets"]}
        wanted = [str(member) for member in new.get("members") or ()]
        missing = [{"Id": member} for member in wanted if member not in there]
        surplus = [{"Id": item["Id"], "Port": item["Port"]} for name, item in there.items() if name not in wanted]
        if missing:
            elb.register_targets(TargetGroupArn=native_id, Targets=missing)
        if surplus:
            elb.deregister_targets(TargetGroupArn=native_id, Targets=surplus)

    def delete(self, session: AwsSession, native_id: str) -> None:
        session.forget(native_id)
        try:
            session.client("elbv2").delete_target_group(TargetGroupArn=native_id)
        except Exception as error:
            if not gone_is_well(error):
                raise

    def find(self, session: AwsSession, inputs: Inputs) -> Found:
        found = pages(session, "describe_target_groups", "TargetGroups", Names=[str(inputs["name"])])
        return one_of([str(row["TargetGroupArn"]) for row in found])

    def list(self, session: AwsSession) -> Iterator[tuple[str, Native]]:
        for row in pages(session, "describe_target_groups", "TargetGroups"):
            if row.get("TargetType") == "instance":
                yield str(row["TargetGroupArn"]), self._native(session, row)


def _algorithm_gaps(resource: str, inputs: Inputs, web: bool) -> list[Gap]:
    algorithm = inputs.get("algorithm") or "round-robin"
    if web and algorithm == "source-ip":
        reason = "an HTTP load balancer on AWS does not choose by the client's address"
        return [Gap("pool-algorithm", resource, "blocking", reason, "sticky: true keeps a client by a cookie")]
    if web or algorithm == "source-ip":
        return []
    reason = f"a network load balancer on AWS chooses a server for each connection by its addresses, not {algorithm}"
    klass = "substituted" if algorithm == "round-robin" else "lossy"
    return [Gap("pool-algorithm", resource, klass, reason, "connections are spread over the servers evenly")]  # type: ignore[arg-type]


def _monitor_gaps(resource: str, inputs: Inputs, web: bool) -> list[Gap]:
    check = inputs.get("monitor") or {}
    plain = check.get("protocol") or ("udp" if inputs["protocol"] == "udp" else "tcp")
    found = []
    if plain not in balance.WEB and (web or plain == "udp"):
        instead = f"a request for / that is answered with {balance.ANY_ANSWER}" if web else "a connection over tcp"
        reason = f"servers of {inputs['protocol']} pools are not checked by {plain} on AWS"
        found.append(Gap("monitor-protocol", resource, "substituted", reason, f"{instead} counts as well"))
    if check.get("host"):
        reason = "health checks on AWS ask for no host of their own"
        found.append(Gap("monitor-host", resource, "lossy", reason, "the server's address is asked for"))
    if check.get("method", "GET") != "GET":
        reason = f"health checks on AWS ask with GET, not with {check['method']}"
        found.append(Gap("monitor-method", resource, "blocking", reason, "method: GET"))
    codes = [int(text) for text in re.findall(r"\d+", check.get("codes") or "200")]
    if not CODES[0] <= min(codes) <= max(codes) <= CODES[1]:
        reason = f"answers of {CODES[0]}-{CODES[1]} only may count as well on AWS"
        found.append(Gap("monitor-codes", resource, "blocking", reason, "codes: 200-399"))
    values = {name: int(check[name]) for name in LIMITS if name in check}
    values |= {name: balance.seconds(check[name]) for name in SPANS if name in check}
    for name, value in values.items():
        low, high = {**LIMITS, **SPANS}[name]
        if not low <= value <= high:
            unit = " s" if name in SPANS else ""
            reason = f"{name} of a health check on AWS is {low}-{high}{unit}; asked for {value}{unit}"
            near = f"{name}: {min(max(value, low), high)}{unit}"
            found.append(Gap("monitor-limits", resource, "blocking", reason, near))
    return found
