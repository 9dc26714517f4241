"""Load balancers, listeners, target groups and certificates.

Codes: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/ , at each action; of certificates
https://docs.aws.amazon.com/acm/latest/APIReference/ .
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import cache
from typing import Any

from mcloud.emulator.wire import WireAnswer
from mcloud_aws.emulator.refusal import Refused
from mcloud_aws.emulator.vpcs import reachable
from mcloud_aws.emulator.world import RULES, Here, told_of

WEB = ("HTTP", "HTTPS")
SMALLEST = 27
LISTENING = (
    "elbv2:CreateListener",
    "elbv2:ModifyListener",
    "elbv2:DeleteListener",
    "elbv2:CreateRule",
    "elbv2:ModifyRule",
    "elbv2:DeleteRule",
    "elbv2:DeleteLoadBalancer",
)


@cache
def _slow() -> tuple[type[Any], type[Any]]:
    """moto's balancer and target group, with states that last."""
    from moto.elbv2.models import FakeHealthStatus, FakeLoadBalancer, FakeTargetGroup

    class SlowBalancer(FakeLoadBalancer):  # type: ignore[misc]
        """Is active when its time has come, not when somebody looks."""

        def activate(self) -> None:
            """Looking changes nothing."""

    class SlowTargets(FakeTargetGroup):  # type: ignore[misc]
        """Its targets are checked first, and drained last."""

        fresh: dict[str, str]

        def health_for(self, target: dict[str, Any], ec2_backend: Any) -> Any:
            found = super().health_for(target, ec2_backend)
            state = self.fresh.get(target["Id"])
            if found.status == "unused" and state == "draining":
                return _health(found, state, "Target.DeregistrationInProgress", "Target deregistration is in progress")
            if found.status != "healthy":
                return found
            if not self.load_balancer_arns:
                told = "Target group is not configured to receive traffic from the load balancer"
                return _health(found, "unused", "Target.NotInUse", told)
            if state == "initial":
                return _health(found, state, "Elb.RegistrationInProgress", "Target registration is in progress")
            return found

    def _health(found: Any, state: str, reason: str, told: str) -> Any:
        return FakeHealthStatus(found.instance_id, found.port, found.health_check_port, state, reason, told)

    return SlowBalancer, SlowTargets


def _named(things: dict[str, Any], name: str) -> Any:
    return next((item for item in things.values() if item.name == name), None)


@RULES.answers("elbv2:CreateLoadBalancer")
def _same_balancer(here: Here) -> WireAnswer | None:
    """Same name and settings: the same balancer; other settings are refused."""
    return _same(here, here.elb.load_balancers, "load balancer", "DuplicateLoadBalancerName")


@RULES.answers("elbv2:CreateTargetGroup")
def _same_targets(here: Here) -> WireAnswer | None:
    return _same(here, here.elb.target_groups, "target group", "DuplicateTargetGroupName")


def _same(here: Here, things: dict[str, Any], what: str, code: str) -> WireAnswer | None:
    name = here.values["Name"]
    there = _named(things, name)
    if there is None:
        return None
    values, answer = here.world.made.get(there.arn, ({}, None))
    if answer is None or values != dict(here.asked.given):
        raise Refused(code, f"A {what} with the same name '{name}' exists, but with different settings")
    return answer


@RULES.before("elbv2:CreateLoadBalancer")
def _balancer_is_right(here: Here) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"""
    if _named(here.elb.load_balancers, here.values["Name"]) is not None:
        return
    kind, name = here.values.get("Type", "application"), here.values["Name"]
    if not name.replace("-", "").isalnum() or len(name) > 32 or name[0] == "-" or name[-1] == "-":
        message = f"The load balancer name '{name}' can only contain characters that are alphanumeric characters and"
        raise Refused("ValidationError", f"{message} hyphens(-), at most 32, and cannot begin or end with '-'")
    same = [item for item in here.elb.load_balancers.values() if item.type == kind]
    message = "You've reached the limit on the number of load balancers"
    here.limit("load_balancers", len(same), 1, "TooManyLoadBalancers", message)
    _places_are_right(here, _wanted(here), kind, here.values.get("Scheme", "internet-facing"))
    for group in here.values.get("SecurityGroups", []):
        if here.ec2.get_security_group_from_id(group) is None:
            raise Refused("InvalidSecurityGroup", f"One or more security groups are invalid: {group}")


def _wanted(here: Here) -> list[str]:
    return [*here.values.get("Subnets", []), *(part["SubnetId"] for part in here.values.get("SubnetMappings", []))]


def _places_are_right(here: Here, wanted: list[str], kind: str, scheme: str) -> None:
    subnets = [here.subnet(item) for item in wanted]
    if not subnets:
        raise Refused("ValidationError", "At least one subnet must be specified")
    for name, subnet in zip(wanted, subnets, strict=True):
        if subnet is None:
            raise Refused("SubnetNotFound", f"The subnet ID '{name}' does not exist")
    zones = [item.availability_zone for item in subnets]
    if len({item.vpc_id for item in subnets}) > 1:
        raise Refused("InvalidConfigurationRequest", "The specified subnets belong to different VPCs")
    if len(set(zones)) < len(zones):
        message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        raise Refused("InvalidConfigurationRequest", message)
    if kind == "application" and len(zones) < 2:
        # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
        message = "At least two subnets in two different Availability Zones must be specified"
        raise Refused("ValidationError", message)
    for subnet in subnets if kind == "application" else ():
        if ipaddress.ip_network(subnet.cidr_block).prefixlen > SMALLEST:
            message = f"Not enough IP space available in {subnet.id}."
            raise Refused("InvalidSubnet", f"{message} ELB requires at least 8 free IP addresses in each subnet.")
    vpc = subnets[0].vpc_id
    if scheme == "internet-facing" and not reachable(here, vpc):
        raise Refused("InvalidSubnet", f"VPC {vpc} has no internet gateway")


@RULES.before("elbv2:SetSubnets")
def _new_places_are_right(here: Here) -> None:
    balancer = here.elb.load_balancers.get(here.values["LoadBalancerArn"])
    if balancer is not None:
        _places_are_right(here, _wanted(here), balancer.type, balancer.scheme)


@RULES.after("elbv2:CreateLoadBalancer")
def _balancer_takes_its_time(here: Here, answer: WireAnswer) -> None:
    arn = told_of(answer, "LoadBalancerArn")[0]
    balancer = here.elb.load_balancers[arn]
    balancer.__class__ = _slow()[0]
    balancer.state = "provisioning"
    balancer.scheme = balancer.scheme or "internet-facing"
    if balancer.type == "application" and not balancer.security_groups:
        # The VPC's own: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/create-application-load-balancer.html
        balancer.security_groups = [here.ec2.get_default_security_group(balancer.vpc_id).id]
    here.world.made[arn] = (dict(here.asked.given), answer)

    def ready() -> None:
        if balancer.state == "provisioning":
            balancer.state = "active"

    def failed() -> None:
        if balancer.state == "provisioning":
            balancer.state = "failed"

    here.world.later("balancer-provisioning", ready, failed)


@RULES.before("elbv2:DeleteLoadBalancer")
def _balancer_may_go(here: Here) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html"""
    balancer = here.elb.load_balancers.get(here.values["LoadBalancerArn"])
    if balancer is None:
        return
    if str(balancer.attrs.get("deletion_protection.enabled")).lower() == "true":
        message = f"Load balancer '{balancer.arn}' cannot be deleted because deletion protection is enabled"
        raise Refused("OperationNotPermitted", message)
    # Its interfaces outlive it for a while, and with them what they use.
    used = [item.id for item in balancer.subnets] + list(balancer.security_groups or ())
    held = here.held
    held.update(used)
    here.world.later("balancer-interfaces", lambda: held.subtract(used))


def targets_of(action: dict[str, Any]) -> Iterator[str]:
    """Target groups that an action forwards to."""
    if "TargetGroupArn" in action:
        yield action["TargetGroupArn"]
    for part in action.get("ForwardConfig", {}).get("TargetGroups", []):
        yield part["TargetGroupArn"]


@RULES.before("elbv2:CreateListener")
def _listener_is_right(here: Here) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html"""
    balancer = here.elb.load_balancers.get(here.values["LoadBalancerArn"])
    if balancer is None:
        raise Refused("LoadBalancerNotFound", f"Load balancer '{here.values['LoadBalancerArn']}' not found")
    if any(int(item.port) == here.values.get("Port") for item in balancer.listeners.values()):
        raise Refused("DuplicateListener", "A listener already exists on this port for this load balancer")
    message = "You've reached the limit on the number of listeners per load balancer"
    here.limit("listeners", len(balancer.listeners), 1, "TooManyListeners", message)
    _certificates_are_right(here, here.values.get("Protocol", ""))
    _forwards_are_right(here, balancer, here.values.get("DefaultActions", []))


@RULES.before("elbv2:ModifyListener")
def _change_of_listener_is_right(here: Here) -> None:
    balancer, listener = _listener(here, here.values["ListenerArn"])
    if listener is None:
        return
    others = [item for item in balancer.listeners.values() if item is not listener]
    if any(int(item.port) == here.values.get("Port") for item in others):
        raise Refused("DuplicateListener", "A listener already exists on this port for this load balancer")
    if "Certificates" in here.values:
        _certificates_are_right(here, here.values.get("Protocol", listener.protocol))
    _forwards_are_right(here, balancer, here.values.get("DefaultActions", []))


@RULES.before("elbv2:CreateRule")
def _rule_is_right(here: Here) -> None:
    balancer, _ = _listener(here, here.values["ListenerArn"])
    if balancer is not None:
        _forwards_are_right(here, balancer, here.values.get("Actions", []))


def _listener(here: Here, arn: str) -> tuple[Any, Any]:
    for balancer in here.elb.load_balancers.values():
        if arn in balancer.listeners:
            return balancer, balancer.listeners[arn]
    return None, None


def _certificates_are_right(here: Here, protocol: str) -> None:
    given = [item.get("CertificateArn") for item in here.values.get("Certificates", [])]
    if protocol in ("HTTPS", "TLS") and not given:
        raise Refused("ValidationError", f"A certificate must be specified for {protocol} listeners")
    for arn in given:
        certificate = here.acm._certificates.get(arn)
        if certificate is None and ":iam:" not in str(arn):
            raise Refused("CertificateNotFound", f"Certificate ARN '{arn}' not found")
        if certificate is not None and certificate.status != "ISSUED":
            message = f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a"
            raise Refused("UnsupportedCertificate", f"{message} supported key size.")


def _forwards_are_right(here: Here, balancer: Any, actions: list[dict[str, Any]]) -> None:
    for arn in (arn for action in actions for arn in targets_of(action)):
        group = here.elb.target_groups.get(arn)
        if group is None:
            raise Refused("TargetGroupNotFound", f"Target groups '{arn}' not found")
        if (group.protocol in WEB) != (balancer.type == "application"):
            message = (
                f"The protocol '{group.protocol}' of the target group is not compatible with the load balancer type"
            )
            raise Refused("InvalidConfigurationRequest", f"{message} '{balancer.type}'")
        if group.vpc_id is not None and group.vpc_id != balancer.vpc_id:
            message = f"The target group '{arn}' is not in the VPC of the load balancer"
            raise Refused("InvalidConfigurationRequest", message)
        if set(group.load_balancer_arns) - {balancer.arn}:
            message = "The following target groups cannot be associated with more than one load balancer"
            raise Refused("TargetGroupAssociationLimit", f"{message}: {arn}")


@RULES.after(*LISTENING)
def _who_uses_what(here: Here, answer: WireAnswer) -> None:
    """moto adds to a target group's balancers and never takes away."""
    used: dict[str, set[str]] = {}
    for balancer in here.elb.load_balancers.values():
        for listener in balancer.listeners.values():
            for action in (action for rule in listener.rules.values() for action in rule.actions):
                for arn in targets_of(action.data):
                    used.setdefault(arn, set()).add(balancer.arn)
    for arn, group in here.elb.target_groups.items():
        group.load_balancer_arns = sorted(used.get(arn, ()))


@RULES.before("elbv2:CreateTargetGroup")
def _targets_are_right(here: Here) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html"""
    message = "You've reached the limit on the number of target groups"
    here.limit("target_groups", len(here.elb.target_groups), 1, "TooManyTargetGroups", message)
    vpc = here.values.get("VpcId")
    if vpc is not None and vpc not in here.ec2.vpcs:
        raise Refused("ValidationError", f"The VPC ID '{vpc}' is not found")


@RULES.after("elbv2:CreateTargetGroup")
def _targets_will_be_checked(here: Here, answer: WireAnswer) -> None:
    arn = told_of(answer, "TargetGroupArn")[0]
    group = here.elb.target_groups[arn]
    group.__class__, group.fresh = _slow()[1], {}
    here.world.made[arn] = (dict(here.asked.given), answer)


@RULES.before("elbv2:RegisterTargets")
def _target_can_be_reached(here: Here) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html"""
    group = here.elb.target_groups.get(here.values["TargetGroupArn"])
    if group is None:
        return
    instances = {item.id: item for item in here.instances()}
    for target in here.values["Targets"]:
        name, port = target["Id"], target.get("Port", group.port)
        there = group.targets.get(name)
        if there is not None and int(there["Port"]) != int(port):
            raise Refused("NotImplemented", f"the emulator keeps one port for each target: {name}", 501)
        if group.target_type != "instance":
            continue
        if name not in instances:
            raise Refused("InvalidTarget", f"The following targets do not exist: '{name}'")
        if instances[name].vpc_id != group.vpc_id:
            message = f"The following targets are not in the target group VPC '{group.vpc_id}': '{name}'"
            raise Refused("InvalidTarget", message)


@RULES.after("elbv2:RegisterTargets")
def _target_is_checked(here: Here, answer: WireAnswer) -> None:
    group = here.elb.target_groups[here.values["TargetGroupArn"]]
    for target in here.values["Targets"]:
        _for_a_while(here, group, target["Id"], "initial")


@RULES.after("elbv2:DeregisterTargets")
def _target_is_drained(here: Here, answer: WireAnswer) -> None:
    group = here.elb.target_groups[here.values["TargetGroupArn"]]
    for target in here.values["Targets"]:
        _for_a_while(here, group, target["Id"], "draining")


def _for_a_while(here: Here, group: Any, target: str, state: str) -> None:
    group.fresh[target] = state

    def over() -> None:
        if group.fresh.get(target) == state:
            del group.fresh[target]

    here.world.later(f"target-{state}", over)


@RULES.before("acm:ImportCertificate", "acm:RequestCertificate")
def _certificate_limit(here: Here) -> None:
    """https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html"""
    again = here.values.get("CertificateArn") is not None
    message = "You have reached the limit on the number of certificates."
    here.limit("certificates", len(here.acm._certificates), 0 if again else 1, "LimitExceededException", message)


@RULES.before("acm:DeleteCertificate")
def _certificate_in_use(here: Here) -> None:
    """https://docs.aws.amazon.com/acm/latest/APIReference/API_DeleteCertificate.html"""
    arn = here.values["CertificateArn"]
    for balancer in here.elb.load_balancers.values():
        for listener in balancer.listeners.values():
            if arn in listener.certificates:
                raise Refused("ResourceInUseException", f"Certificate {arn} is in use. It is used by: {balancer.arn}")
