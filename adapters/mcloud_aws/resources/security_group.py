"""Security groups and their rules (sources: docs/clouds/aws.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Native, Observed, Picks
from mcloud.model.base import Placement
from mcloud_aws import translate
from mcloud_aws.api import Raw, rows
from mcloud_aws.resources.rows import Ec2Kind, one_of
from mcloud_aws.session import AwsSession


def _description_gaps(resource: str, inputs: Inputs) -> list[Gap]:
    text = inputs.get("description")
    written = translate.plain_description(text)
    if not text or written == text:
        return []
    reason = (
        "descriptions on AWS take at most 255 letters, digits, spaces and . _ - : / ( ) # , @ [ ] + = & ; { } ! $ *"
    )
    return [Gap("description-characters", resource, "substituted", reason, f"written as {written!r}")]


class SecurityGroup(Ec2Kind):
    """A security group of a VPC."""

    kind = "SecurityGroup"
    operation, field, id_field, id_filter = "describe_security_groups", "SecurityGroups", "GroupId", "group_id"
    # A group keeps its name, its description and its network for good.
    replace_on: ClassVar[frozenset[str]] = frozenset({"network", "description", "name"})

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = [*_description_gaps(resource, inputs), *super().gaps(resource, inputs)]
        if not inputs.get("network"):
            reason = "a security group on AWS belongs to one network"
            found.append(Gap("group-without-network", resource, "blocking", reason, "write the group's network"))
        return found

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        return translate.group_body(inputs)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.group_seen(at, native))

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        self.refuse_twin(session, inputs)
        made = session.ec2_once.create_security_group(**self.translate(inputs, picks))
        return session.born(str(made["GroupId"]))

    def native(self, session: AwsSession, row: Raw) -> Native:
        return {"group": row, "rules": _rules(session, row["GroupId"])}

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.read(session, native_id)
        if native is not None:
            self.retag(session, native_id, native["group"].get("Tags"), old, new)
            self._set_egress(session, native_id, native["rules"], bool(new.get("openEgress", True)))
        return False

    def _set_egress(self, session: AwsSession, group: str, rules: list[Raw], is_open: bool) -> None:
        """A new group lets everything out; a strict one loses those rules before it gets its own."""
        if is_open and not any(translate.is_open_egress(rule) for rule in rules):
            everything = {"direction": "egress", "protocol": "any", "cidr": "0.0.0.0/0"}
            permissions = [translate.rule_permission(everything)]
            session.ec2_once.authorize_security_group_egress(GroupId=group, IpPermissions=permissions)
        if not is_open:
            lost = [rule["SecurityGroupRuleId"] for rule in rules if translate.is_default_egress(rule)]
            if lost:
                session.ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=lost)

    def remove(self, session: AwsSession, native_id: str) -> None:
        session.ec2.delete_security_group(GroupId=native_id)

    def find(self, session: AwsSession, inputs: Inputs) -> Found:
        found = self.rows(session, group_name=str(inputs["name"]), vpc_id=str(inputs["network"]))
        return one_of([self.id_of(row) for row in found])

    def list(self, session: AwsSession) -> Iterator[tuple[str, Native]]:
        rules = rows(session, "describe_security_group_rules", "SecurityGroupRules")
        for row in self.rows(session):
            mine = [rule for rule in rules if rule["GroupId"] == row["GroupId"]]
            yield self.id_of(row), {"group": row, "rules": mine}


def _rules(session: AwsSession, group: str) -> list[Raw]:
    return rows(session, "describe_security_group_rules", "SecurityGroupRules", group_id=group)


class SecurityGroupRule(Ec2Kind):
    """A rule; its native id is ``group/rule``. It is found by what it says."""

    kind = "SecurityGroupRule"
    operation, field = "describe_security_group_rules", "SecurityGroupRules"
    id_field, id_filter = "SecurityGroupRuleId", "security_group_rule_id"
    replace_on: ClassVar[frozenset[str]] = frozenset(
        {"group", "direction", "protocol", "fromPort", "toPort", "cidr", "peerGroup"}
    )
    # Two rules that say the same are refused, and taking the old one for the new one would lose both.
    delete_first = True

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        return [*_description_gaps(resource, inputs), *super().gaps(resource, inputs)]

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        return translate.rule_body(inputs)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.rule_seen(at, native))

    def id_of(self, row: Native) -> str:
        return f"{row['GroupId']}/{row['SecurityGroupRuleId']}"

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        self.refuse_twin(session, inputs)
        ec2 = session.ec2_once
        ingress = inputs["direction"] == "ingress"
        call = ec2.authorize_security_group_ingress if ingress else ec2.authorize_security_group_egress
        (made,) = call(**self.translate(inputs, picks))["SecurityGroupRules"]
        return session.born(self.id_of(made))

    def row(self, session: AwsSession, native_id: str) -> Raw | None:
        group, rule = native_id.split("/")
        # By the group, for some answer for rules of others when a rule is not there.
        found = self.rows(session, group_id=group)
        return next((row for row in found if row["SecurityGroupRuleId"] == rule), None)

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        row = self.row(session, native_id)
        if row is None:
            return False
        group, rule = native_id.split("/")
        self.retag(session, rule, row.get("Tags"), old, new)
        text = translate.plain_description(new.get("description"))
        if (row.get("Description") or "") != text:
            self._describe(session, group, rule, bool(row["IsEgress"]), text)
        return False

    def _describe(self, session: AwsSession, group: str, rule: str, egress: bool, text: str) -> None:
        ec2 = session.ec2
        ingress_call = ec2.update_security_group_rule_descriptions_ingress
        call = ec2.update_security_group_rule_descriptions_egress if egress else ingress_call
        call(GroupId=group, SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": rule, "Description": text}])

    def remove(self, session: AwsSession, native_id: str) -> None:
        row = self.row(session, native_id)
        if row is None:
            return
        ec2 = session.ec2
        call = ec2.revoke_security_group_egress if row["IsEgress"] else ec2.revoke_security_group_ingress
        call(GroupId=row["GroupId"], SecurityGroupRuleIds=[row["SecurityGroupRuleId"]])

    def find(self, session: AwsSession, inputs: Inputs) -> Found:
        found = self.rows(session, group_id=str(inputs["group"]))
        return one_of([self.id_of(row) for row in found if translate.same_rule(inputs, row)])

    def refuse_twin(self, session: AwsSession, inputs: Inputs) -> None:
        """The service refuses a second rule that says the same."""
