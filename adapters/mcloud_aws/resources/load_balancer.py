"""Load balancers (sources: docs/clouds/aws.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mcloud.adapter.charges import Charge
from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Inputs, Kind, Native, Observed, Picks, Poll
from mcloud.catalog.types import Catalog
from mcloud.model.base import Placement
from mcloud_aws import balance
from mcloud_aws.api import gone_is_well, rows
from mcloud_aws.resources import payment
from mcloud_aws.resources.balancing import NAME_LIMIT, Raw, name_gaps, pages, refuse_twin, retag, tags_of
from mcloud_aws.resources.network import by_state
from mcloud_aws.resources.rows import one_of, unseen
from mcloud_aws.session import AwsSession
from mcloud_aws.tags import label_gaps
from mcloud_aws.translate import subnet_of


class LoadBalancer(Kind):
    """An Application Load Balancer for HTTP, a Network Load Balancer for TCP and UDP; its native id is its ARN."""

    kind = "LoadBalancer"
    replace_on: ClassVar[frozenset[str]] = frozenset({"name", "public", "resolved.layer"})
    deadline = 1200.0
    believe_none_after = 10.0
    name_limit = NAME_LIMIT

    def replaces(self, changed: frozenset[str], old: Inputs, new: Inputs) -> frozenset[str]:
        found = changed & self.replace_on
        # A network one that was made without groups never gets any.
        if "securityGroups" in changed and not old.get("securityGroups") and self._is_network(new):
            found |= {"securityGroups"}
        return found

    def _is_network(self, inputs: Inputs) -> bool:
        return not set(inputs.get("protocols") or ("http",)) & set(balance.WEB)

    def gaps(self, resource: str, inputs: Inputs) -> list[Gap]:
        found = [*name_gaps(resource, inputs, "load balancer"), *label_gaps(resource, inputs)]
        spoken = set(inputs.get("protocols") or ("http",))
        if spoken & set(balance.WEB) and spoken & {"tcp", "udp"}:
            reason = "a load balancer on AWS has HTTP listeners or TCP and UDP ones, not both"
            alternative = "make two load balancers, one for http and https, one for tcp and udp"
            found.append(Gap("balancer-protocols", resource, "blocking", reason, alternative))
        if spoken & set(balance.WEB) and len(set(inputs.get("subnets") or ())) == 1:
            reason = "an HTTP load balancer on AWS is in two zones at least"
            alternative = "name a second subnet, in another zone"
            found.append(Gap("balancer-zones", resource, "blocking", reason, alternative))
        return found

    def charges(self, inputs: Inputs, picks: Picks, catalog: Catalog) -> list[Charge]:
        return payment.of_balancer(inputs, picks, catalog)

    def translate(self, inputs: Inputs, picks: Picks) -> Raw:
        return balance.balancer_body(inputs, picks)

    def observe(self, at: Placement, native: Native) -> Observed:
        outputs = {"address": native["balancer"].get("DNSName")}
        return Observed(balance.balancer_seen(at, native), balance.balancer_picks(native), outputs)

    def create(self, session: AwsSession, inputs: Inputs, picks: Picks) -> str:
        refuse_twin(self.find(session, inputs).candidates, inputs["name"])
        made = session.client("elbv2", once=True).create_load_balancer(**self.translate(inputs, picks))
        return session.born(str(made["LoadBalancers"][0]["LoadBalancerArn"]))

    def read(self, session: AwsSession, native_id: str) -> Native | None:
        found = pages(session, "describe_load_balancers", "LoadBalancers", LoadBalancerArns=[native_id])
        return self._native(session, found[0], tags_of(session, [native_id]).get(native_id)) if found else None

    def _native(self, session: AwsSession, row: Raw, tags: list[dict[str, str]] | None) -> Native:
        groups = row.get("SecurityGroups") or []
        own = rows(session, "describe_security_groups", "SecurityGroups", vpc_id=row["VpcId"], group_name="default")
        return {"balancer": row, "tags": tags or [], "own": groups == [item["GroupId"] for item in own]}

    def poll(self, session: AwsSession, native_id: str, native: Native | None) -> Poll:
        if native is None:
            return unseen(session, native_id)
        state = native["balancer"].get("State") or {}
        looked = by_state(state.get("Code"), ("active", "active_impaired"), ("failed",))
        return Poll(looked.phase, looked.state, str(state.get("Reason") or ""))

    def update(self, session: AwsSession, native_id: str, old: Inputs, new: Inputs, picks: Picks) -> bool:
        native = self.read(session, native_id)
        if native is None:
            return False
        item, elb = native["balancer"], session.client("elbv2")
        retag(session, native_id, native["tags"], old, new)
        wanted = sorted(subnet_of(str(subnet)) for subnet in new["subnets"])
        if wanted != sorted(zone["SubnetId"] for zone in item.get("AvailabilityZones") or ()):
            elb.set_subnets(LoadBalancerArn=native_id, Subnets=wanted)
        groups = sorted(new.get("securityGroups") or ())
        if groups and groups != sorted(item.get("SecurityGroups") or ()):
            elb.set_security_groups(LoadBalancerArn=native_id, SecurityGroups=groups)
        return False

    def delete(self, session: AwsSession, native_id: str) -> None:
        session.forget(native_id)
        try:
            session.client("elbv2").delete_load_balancer(LoadBalancerArn=native_id)
        except Exception as error:
            if not gone_is_well(error):
                raise

    def find(self, session: AwsSession, inputs: Inputs) -> Found:
        found = pages(session, "describe_load_balancers", "LoadBalancers", Names=[str(inputs["name"])])
        return one_of([str(row["LoadBalancerArn"]) for row in found])

    def list(self, session: AwsSession) -> Iterator[tuple[str, Native]]:
        found = pages(session, "describe_load_balancers", "LoadBalancers")
        tags = tags_of(session, (str(row["LoadBalancerArn"]) for row in found))
        for row in found:
            if row.get("Type") in ("application", "network"):
                arn = str(row["LoadBalancerArn"])
                yield arn, self._native(session, row, tags.get(arn))
