"""Listeners with their rules (sources: docs/clouds/aws.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import urlsplit

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks, Poll
from mcloud.model.base import Placement
from mcloud_aws import balance
from mcloud_aws.api import gone_is_well
from mcloud_aws.resources.balancing import Raw, attributes, pages, retag, tags_of
from mcloud_aws.resources.rows import one_of, unseen
from mcloud_aws.session import AwsSession
from mcloud_aws.tags import label_gaps, tag_list_of

MOST_RULES, MOST_CERTIFICATES = 100, 25  # of an Application Load Balancer, docs.aws.amazon.com, quotas 2026-11
LAST_PRIORITY = 50000  # CreateRule, API reference 2026-11
IDLE = (60, 6000)  # seconds, of a TCP listener: ModifyListenerAttributes, API reference 2026-11


class Listener(Kind):
    """A port of a load balancer; its native id is its ARN.

    ``create`` makes the listener alone; ``update``, which can be repeated, then writes further certificates and rules.
    All rules of the listener are ours: others are drift, and are taken away.
    """

    kind = "Listener"
    replace_on: ClassVar[frozenset[str]] = frozenset({"loadBalancer"})
    deadline = 600.0
    believe_none_after = 10.0
    # Rules and certificates of each are calls of their own.
    reads_by_list: ClassVar[bool] = False

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = label_gaps(resource, inputs)
        if len(inputs.get("rules") or ()) > MOST_RULES:
            reason = f"a load balancer on AWS has at most {MOST_RULES} rules"
            found.append(Gap("listener-rules", resource, "blocking", reason, "use another load balancer"))
        if len(inputs.get("sni") or ()) > MOST_CERTIFICATES:
            reason = f"a load balancer on AWS has at most {MOST_CERTIFICATES} certificates beside the default one"
            alternative = "use certificates with several names"
            found.append(Gap("listener-certificates", resource, "blocking", reason, alternative))
        if inputs.get("allowedCidrs"):
            reason = "listeners on AWS let in whoever the load balancer's security groups let in"
            alternative = "write a security group with these blocks, and the load balancer into it"
            found.append(Gap("listener-allow", resource, "blocking", reason, alternative))
        bare = [rule["redirect"] for rule in inputs.get("rules") or () if rule.get("redirect") and not _path(rule)]
        if bare:
            reason = f"a redirect on AWS has a path: {', '.join(bare)} has none"
            found.append(Gap("redirect-path", resource, "blocking", reason, f"write {bare[0]}/"))
        return found + _idle_gaps(resource, inputs)

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        """The listener, and its rules in their order."""
        return {"listener": balance.listener_body(inputs), "rules": balance.rule_bodies(inputs)}

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(balance.listener_seen(at, native), ordered=frozenset({"rules"}))

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        body = {**balance.listener_body(inputs), "LoadBalancerArn": inputs["loadBalancer"], "Tags": tag_list_of(inputs)}
        made = session.client("elbv2", once=True).create_listener(**body)
        return session.born(str(made["Listeners"][0]["ListenerArn"]))

    def read(self, session: AwsSession, native_id: str) -> Native | None:
        found = pages(session, "describe_listeners", "Listeners", ListenerArns=[native_id])
        return self._native(session, found[0]) if found else None

    def _native(self, session: AwsSession, listener: Raw) -> Native:
        arn, protocol = str(listener["ListenerArn"]), listener["Protocol"]
        rules = pages(session, "describe_rules", "Rules", ListenerArn=arn) if protocol in ("HTTP", "HTTPS") else []
        certificates, shown = [], {}
        if protocol in ("HTTPS", "TLS"):
            certificates = pages(session, "describe_listener_certificates", "Certificates", ListenerArn=arn)
        if protocol == "TCP":
            shown = attributes(pages(session, "describe_listener_attributes", "Attributes", ListenerArn=arn))
        own = sorted((rule for rule in rules if not rule.get("IsDefault")), key=lambda rule: int(rule["Priority"]))
        return {
            "listener": listener,
            "rules": own,
            "certificates": certificates,
            "attributes": shown,
            "tags": tags_of(session, [arn]).get(arn) or [],
        }

    def poll(self, session: AwsSession, native_id: str, native: Native | None) -> Poll:
        return unseen(session, native_id) if native is None else Poll("ready", "there")

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.read(session, native_id)
        if native is None:
            return False
        elb = session.client("elbv2")
        retag(session, native_id, native["tags"], old, new)
        item, wanted = native["listener"], balance.listener_body(new)
        same = item["Port"] == wanted["Port"] and item["Protocol"] == wanted["Protocol"]
        same = same and balance.same_actions(wanted["DefaultActions"], item.get("DefaultActions") or ())
        asked = [one["CertificateArn"] for one in wanted.get("Certificates") or ()]
        if not same or asked != [one["CertificateArn"] for one in native["certificates"] if one.get("IsDefault")]:
            elb.modify_listener(ListenerArn=native_id, **wanted)
            native = self.read(session, native_id) or native
        self._certificates(elb, native_id, native, new)
        if new.get("idleTimeout") and new["protocol"] == "tcp":
            idle = str(balance.seconds(new["idleTimeout"]))
            if native["attributes"].get(balance.IDLE) != idle:
                change = [{"Key": balance.IDLE, "Value": idle}]
                elb.modify_listener_attributes(ListenerArn=native_id, Attributes=change)
        if new["protocol"] in balance.WEB:
            self._rules(elb, native_id, native["rules"], balance.rule_bodies(new))
        return False

    def _certificates(self, elb: Any, native_id: str, native: Native, new: Inputs) -> None:
        there = [one["CertificateArn"] for one in native["certificates"] if not one.get("IsDefault")]
        wanted = list(new.get("sni") or ())
        missing = [{"CertificateArn": arn} for arn in wanted if arn not in there]
        surplus = [{"CertificateArn": arn} for arn in there if arn not in wanted and arn != new.get("certificate")]
        if missing:
            elb.add_listener_certificates(ListenerArn=native_id, Certificates=missing)
        if surplus:
            elb.remove_listener_certificates(ListenerArn=native_id, Certificates=surplus)

    def _rules(self, elb: Any, native_id: str, there: list[Raw], wanted: list[Raw]) -> None:
        """New rules are made before old ones go, so that no request is without its rule; then all get their places."""
        kept: dict[Any, Raw] = {}
        surplus = []
        asked = {balance.match_of(body) for body in wanted}
        for rule in there:
            match = balance.match_of(rule)
            if match in kept or match not in asked:
                surplus.append(rule)
            else:
                kept[match] = rule
        free = max((int(rule["Priority"]) for rule in there), default=0)
        for body in wanted:
            known = kept.get(balance.match_of(body))
            if known is None:
                free += 1
                made = elb.create_rule(ListenerArn=native_id, Priority=free, **body)["Rules"][0]
                kept[balance.match_of(body)] = {**body, **made}
            elif not balance.same_actions(body["Actions"], known["Actions"]):
                elb.modify_rule(RuleArn=known["RuleArn"], Actions=body["Actions"])
        for rule in surplus:
            elb.delete_rule(RuleArn=rule["RuleArn"])
        self._order(elb, [kept[balance.match_of(body)] for body in wanted], free)

    def _order(self, elb: Any, rules: list[Raw], last: int) -> None:
        """Priorities need not be close together: rules in another order get new ones, which nobody has."""
        order = [int(rule["Priority"]) for rule in rules]
        if order == sorted(order):
            return
        first = last + 1 if last + len(rules) <= LAST_PRIORITY else 1
        moved = [{"RuleArn": rule["RuleArn"], "Priority": first + place} for place, rule in enumerate(rules)]
        elb.set_rule_priorities(RulePriorities=moved)

    def delete(self, session: AwsSession, native_id: str) -> None:
        session.forget(native_id)
        try:
            session.client("elbv2").delete_listener(ListenerArn=native_id)
        except Exception as error:
            if not gone_is_well(error):
                raise

    def find(self, session: AwsSession, inputs: Inputs) -> Found:
        found = pages(session, "describe_listeners", "Listeners", LoadBalancerArn=str(inputs["loadBalancer"]))
        port, protocol = int(inputs["port"]), inputs["protocol"].upper()
        mine = [row for row in found if row["Port"] == port and row["Protocol"] == protocol]
        return one_of([str(row["ListenerArn"]) for row in mine])

    def list(self, session: AwsSession) -> Iterator[tuple[str, Native]]:
        for balancer in pages(session, "describe_load_balancers", "LoadBalancers"):
            arn = str(balancer["LoadBalancerArn"])
            for row in pages(session, "describe_listeners", "Listeners", LoadBalancerArn=arn):
                yield str(row["ListenerArn"]), self._native(session, row)


def _path(rule: Inputs) -> str:
    return urlsplit(str(rule["redirect"])).path


def _idle_gaps(resource: str, inputs: Inputs) -> list[Gap]:
    idle = inputs.get("idleTimeout")
    if idle is None:
        return []
    if inputs["protocol"] != "tcp":
        reason = "on AWS only TCP listeners have an idle timeout of their own; HTTP has one for the load balancer, 60 s"
        return [Gap("idle-timeout", resource, "lossy", reason, "change it in the console, or leave it out")]
    if not IDLE[0] <= balance.seconds(idle) <= IDLE[1]:
        reason = f"idle connections on AWS are closed after {IDLE[0]}-{IDLE[1]} s; asked for {idle}"
        return [Gap("idle-timeout", resource, "blocking", reason, "idle_timeout: 350 s")]
    return []
