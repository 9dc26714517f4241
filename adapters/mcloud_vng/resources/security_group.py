"""Security groups and their rules (sources: docs/clouds/vng.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks
from mcloud.errors import FailedState, NotFound
from mcloud.model.base import Placement
from mcloud_vng import limits, translate
from mcloud_vng.resources.network import by_name
from mcloud_vng.session import VngSession

NO_RULES = "none"  # stands in the native id for a rule whose peer group has no members


def _description_gaps(resource: str, inputs: Inputs) -> list[Gap]:
    text = inputs.get("description")
    written = translate.plain_description(text)
    if not text or written == text:
        return []
    reason = "VNG descriptions take at most 255 letters, digits, space and _ . @ - (MCP-LIVE 2026-09)"
    return [Gap("description-characters", resource, "substituted", reason, f"written as {written!r}")]


class SecurityGroup(Kind):
    """A security group."""

    kind = "SecurityGroup"
    believe_none_after = 2.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = [*limits.untagged(resource, inputs), *limits.unknown_knobs(resource, inputs)]
        return [*_description_gaps(resource, inputs), *found]

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        return translate.group_body(inputs)

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.group_seen(native))

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        made = session.driver.ex_create_security_group(self.translate(inputs, picks))
        return str(made["uuid"])

    def read(self, session: VngSession, native_id: str) -> Native | None:
        group = session.driver.ex_get_security_group(native_id)
        if group is None:
            return None
        return {"group": group, "rules": session.driver.ex_list_security_group_rules(native_id)}

    def update(self, session: VngSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.read(session, native_id)
        if native is None:
            return False
        wanted = translate.group_body(new)
        group = native["group"]
        if (group["name"], group.get("description") or "") != (wanted["name"], wanted["description"]):
            session.driver.ex_update_security_group(native_id, wanted)
        self._set_egress(session, native_id, native["rules"], bool(new.get("openEgress", True)))
        return False

    def _set_egress(self, session: VngSession, group: str, rules: list[Native], is_open: bool) -> None:
        """A new group lets everything out (LIVE); a strict one loses those rules before it gets its own."""
        if is_open and not any(translate.is_open_egress(rule) for rule in rules):
            everything = {"group": group, "direction": "egress", "protocol": "any", "cidr": "0.0.0.0/0"}
            session.driver.ex_create_security_group_rule(group, translate.rule_bodies(everything)[0])
        if not is_open:
            for rule in rules:
                if translate.is_default_egress(rule):
                    session.driver.ex_delete_security_group_rule(group, rule["id"])

    def delete(self, session: VngSession, native_id: str) -> None:
        session.driver.ex_delete_security_group(native_id)

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        groups = session.driver.ex_list_security_groups()
        return by_name([(item["name"], item["id"]) for item in groups], inputs["name"])

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for group in session.driver.ex_list_security_groups():
            yield group["id"], {"group": group, "rules": session.driver.ex_list_security_group_rules(group["id"])}


class SecurityGroupRule(Kind):
    """A rule. VNG has no group as a peer, so one neutral rule may be several: the native id is ``group/rule,rule``."""

    kind = "SecurityGroupRule"
    replace_on: ClassVar[frozenset[str]] = frozenset(
        {"group", "direction", "protocol", "fromPort", "toPort", "cidr", "peerCidrs", "description"}
    )
    # Two rules that say the same are refused, and taking the old one for the new one would lose both.
    delete_first = True
    believe_none_after = 2.0

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = []
        if inputs.get("peerGroup"):
            blocks = ", ".join(inputs.get("peerCidrs") or ()) or "nobody, for the group has no members"
            found.append(
                Gap(
                    "group-as-peer",
                    resource,
                    "substituted",
                    "a VNG rule names a block, not a group ([MCP] live 2026-09: remoteGroupId is the owning group)",
                    f"the rule lets in the members' subnets: {blocks}",
                )
            )
        found += _description_gaps(resource, inputs)
        found += limits.untagged(resource, inputs)
        return [*found, *limits.unknown_knobs(resource, inputs)]

    def translate(self, inputs: Inputs, picks: Picks) -> dict[str, Any]:
        return {"rules": translate.rule_bodies(inputs)}

    def observe(self, at: Placement, native: Native) -> Observed:
        return Observed(translate.rule_seen(at, native["group"], native["rules"]))

    def create(self, session: VngSession, inputs: Inputs, picks: Picks) -> str:
        group, bodies = str(inputs["group"]), self.translate(inputs, picks)["rules"]
        before = _ids_of(session, group) if len(bodies) > 1 else frozenset()
        made: list[str] = []
        try:
            for body in bodies:
                made.append(str(session.driver.ex_create_security_group_rule(group, body)["uuid"]))
        except Exception:
            # All or nothing: a refused second block must not leave the first one behind without an owner. The one whose
            # answer got lost may be there as well, and would refuse the second try.
            for rule in _ids_of(session, group, bodies) - before if len(bodies) > 1 else ():
                session.driver.ex_delete_security_group_rule(group, rule)
            raise
        return f"{group}/{','.join(made) or NO_RULES}"

    def update(self, session: VngSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        """There is nothing to change, but a create that was cut off between two blocks is told: its id names too few.

        What is there is in the state then, and is replaced by the next run.
        """
        _, rules = self._split(native_id)
        wanted = len(self.translate(new, picks)["rules"])
        if len(rules) < wanted:
            raise FailedState(
                f"{len(rules)} of {wanted} blocks of the rule are there, for its create was cut off",
                hint="mcloud up replaces it",
            )
        return False

    def read(self, session: VngSession, native_id: str) -> Native | None:
        group, wanted = self._split(native_id)
        if session.driver.ex_get_security_group(group) is None:
            return None
        rules = [rule for rule in session.driver.ex_list_security_group_rules(group) if rule["id"] in wanted]
        if wanted and not rules:
            return None
        return {"group": group, "rules": rules}

    def delete(self, session: VngSession, native_id: str) -> None:
        group, rules = self._split(native_id)
        if not rules:
            # Nothing on the cloud stands for it, so nothing would ever be seen to go.
            raise NotFound(f"no rule of {group} stands for it")
        for rule in rules:
            session.driver.ex_delete_security_group_rule(group, rule)

    def find(self, session: VngSession, inputs: Inputs) -> Found:
        group = str(inputs["group"])
        bodies = self.translate(inputs, {})["rules"]
        there = session.driver.ex_list_security_group_rules(group)
        matches = [[rule["id"] for rule in there if translate.same_rule(body, rule)] for body in bodies]
        if not any(matches):
            return Found()
        # A part of them counts: the create was cut off between two blocks.
        native_id = f"{group}/{','.join(found[0] for found in matches if found)}"
        return Found(native_id, (native_id,))

    def list(self, session: VngSession) -> Iterator[tuple[str, Native]]:
        for group in session.driver.ex_list_security_groups():
            for rule in session.driver.ex_list_security_group_rules(group["id"]):
                yield f"{group['id']}/{rule['id']}", {"group": group["id"], "rules": [rule]}

    @staticmethod
    def _split(native_id: str) -> tuple[str, tuple[str, ...]]:
        group, _, rules = native_id.partition("/")
        return group, () if rules == NO_RULES else tuple(rules.split(","))


def _ids_of(session: VngSession, group: str, bodies: Iterable[Native] | None = None) -> frozenset[str]:
    """A group's rules; with bodies, those that say what one of them says."""
    rules = session.driver.ex_list_security_group_rules(group)
    if bodies is None:
        return frozenset(rule["id"] for rule in rules)
    wanted = list(bodies)
    return frozenset(rule["id"] for rule in rules if any(translate.same_rule(body, rule) for body in wanted))
