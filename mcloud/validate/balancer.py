"""Load balancers: listeners that would clash, targets and checks that cannot answer, rules that nothing reaches."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from mcloud.model.balancer import Listener, ListenerRule, Target
from mcloud.model.stack import Stack
from mcloud.validate.finding import Finding

Path = tuple[str | int, ...]
BEHIND = {"http": ("http", "https"), "https": ("http", "https"), "tcp": ("tcp",), "udp": ("udp",)}
"""Protocol of a listener -> protocols that its servers can speak."""


def targets(listener: Listener, path: Path) -> Iterator[tuple[Path, Target]]:
    """Everybody who answers behind a listener, and where it stands."""
    if listener.to is not None:
        yield (*path, "to"), listener.to
    for index, rule in enumerate(listener.rules):
        if rule.to is not None:
            yield (*path, "rules", index, "to"), rule.to


def check_balancers(stack: Stack) -> Iterator[Finding]:
    """What no load balancer can do."""
    for name, balancer in stack.load_balancers.items():
        seen: dict[tuple[int, bool], int] = {}
        for index, listener in enumerate(balancer.listeners):
            path: Path = ("load_balancers", name, "listeners", index)
            # TCP and UDP have ports of their own.
            first = seen.setdefault((listener.port, listener.protocol == "udp"), index)
            if first != index:
                message = f"listener {first} listens on port {listener.port} already"
                yield Finding("listener-port", "block", (*path, "port"), message, "choose another port")
            yield from _listener(listener, path)


def _listener(listener: Listener, path: Path) -> Iterator[Finding]:
    protocol = listener.protocol
    if protocol != "https":
        for field in ("certificate", "sni"):
            if getattr(listener, field):
                message = f"a {protocol} listener has no certificate; https listeners have"
                yield Finding("listener-certificate", "block", (*path, field), message, "protocol: https")
    if listener.rules and protocol not in ("http", "https"):
        message = f"a {protocol} listener sees no hosts and paths: it has no rules"
        yield Finding("listener-rules", "block", (*path, "rules"), message, "protocol: http, or take the rules out")
    for place, target in targets(listener, path):
        yield from _target(protocol, target, place)
    yield from _unreached(listener, path)


def _target(protocol: str, target: Target, path: Path) -> Iterator[Finding]:
    spoken = target.protocol or protocol
    if spoken not in BEHIND[protocol]:
        able = " or ".join(BEHIND[protocol])
        message = f"behind a {protocol} listener servers speak {able}, not {spoken}"
        yield Finding("target-protocol", "block", (*path, "protocol"), message, f"protocol: {BEHIND[protocol][0]}")
    check = target.check
    if check is None:
        return
    if spoken == "udp" and check.protocol != "udp" and check.port is None:
        message = f"the servers answer in UDP on port {target.port}; the {check.protocol} check needs a port of its own"
        yield Finding("check-protocol", "block", (*path, "check"), message, "check: udp, or give the check a port")
    if spoken != "udp" and check.protocol == "udp":
        message = f"a udp check tells nothing about servers that speak {spoken}"
        yield Finding("check-protocol", "block", (*path, "check"), message, "check: tcp")


def _unreached(listener: Listener, path: Path) -> Iterator[Finding]:
    for index, rule in enumerate(listener.rules):
        before = next((place for place in range(index) if _takes(listener.rules[place], rule)), None)
        if before is not None:
            message = f"no request gets to this rule: rule {before} takes them all"
            hint = "put it before that one, or take it out"
            yield Finding("rule-unreached", "block", (*path, "rules", index), message, hint)
    if listener.to is not None and any(rule.host is None and rule.path is None for rule in listener.rules):
        message = "nobody gets to this target: a rule without host and path takes everything"
        yield Finding("rule-unreached", "block", (*path, "to"), message, "take the target or the rule out")


def _takes(first: ListenerRule, second: ListenerRule) -> bool:
    """Whether the first rule takes everything that the second one would."""
    return _wider(first.host, second.host) and _wider(first.path, second.path)


def _wider(first: str | None, second: str | None) -> bool:
    """Whether a pattern fits whatever another one fits; said only where it is sure."""
    if first is None or first == second:
        return True
    if second is None:
        return False
    # A star of the second pattern counts as a text that nothing but a star fits.
    plain = first.replace("[", "[[]").replace("?", "[?]")
    return fnmatchcase(second.replace("*", "\0"), plain)
