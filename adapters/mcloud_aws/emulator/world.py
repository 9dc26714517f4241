"""One emulated account: moto's data, what moto does not keep, and what a rule sees of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import yaml

from mcloud.emulator.clock import Agenda
from mcloud.emulator.wire import WireAnswer
from mcloud_aws.emulator.asked import Asked
from mcloud_aws.emulator.backend import Moto
from mcloud_aws.emulator.refusal import Refused

UNLIMITED = 10**9


def _table(name: str) -> dict[str, float]:
    found: dict[str, float] = yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return found


@cache
def state_times() -> dict[str, float]:
    """State -> seconds."""
    return {name: float(seconds) for name, seconds in _table("times.yaml").items()}


@cache
def default_limits() -> dict[str, int]:
    """Kind -> how many; what has none is not in it."""
    return {name: int(limit) for name, limit in _table("limits.yaml").items()}


@dataclass
class World:
    """What an account has beside moto's data.

    Attributes:
        limits: kind -> how many there may be.
        stock: instance type and zone -> how many are left; what is not in it does not run out.
        held: region -> ids of subnets and groups that the interfaces of a deleted balancer still use.
        placement: region -> placement groups by name; moto has none.
        made: name of a balancer or target group -> what it was asked for with, and the answer.
    """

    moto: Moto
    agenda: Agenda
    limits: dict[str, int] = field(default_factory=lambda: dict(default_limits()))
    stock: dict[tuple[str, str], int] = field(default_factory=dict)
    held: dict[str, Counter[str]] = field(default_factory=dict)
    placement: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    made: dict[str, tuple[dict[str, Any], WireAnswer]] = field(default_factory=dict)

    def reset(self) -> None:
        """As on the first day."""
        self.agenda.clear()
        self.moto.clear()
        self.limits = dict(default_limits())
        for table in (self.stock, self.held, self.placement, self.made):
            table.clear()

    def later(self, state: str, what: Callable[[], None], badly: Callable[[], None] | None = None) -> None:
        """Do something when a state is over; ``badly`` in its place where it fails."""
        self.after(state_times()[state], what, badly)

    def after(self, seconds: float, what: Callable[[], None], badly: Callable[[], None] | None = None) -> None:
        """The same after so many seconds of the cloud's time, with moto's tables open."""

        def run(do: Callable[[], None]) -> None:
            with self.moto.open():
                do()

        self.agenda.after(seconds, partial(run, what), None if badly is None else partial(run, badly))


@dataclass(frozen=True)
class Here:
    """One action in its region; moto's tables are open."""

    world: World
    asked: Asked

    @property
    def ec2(self) -> Any:
        """EC2's objects of the region."""
        return self.world.moto.ec2(self.asked.region)

    @property
    def elb(self) -> Any:
        """Load balancers of the region."""
        return self.world.moto.elb(self.asked.region)

    @property
    def acm(self) -> Any:
        """Certificates of the region."""
        return self.world.moto.acm(self.asked.region)

    @property
    def values(self) -> Mapping[str, Any]:
        """What the action was given."""
        return self.asked.values

    @property
    def held(self) -> Counter[str]:
        """Ids that interfaces of deleted balancers still use."""
        return self.world.held.setdefault(self.asked.region, Counter())

    @property
    def placement(self) -> dict[str, dict[str, Any]]:
        """Placement groups by name."""
        return self.world.placement.setdefault(self.asked.region, {})

    def instances(self) -> list[Any]:
        """Every instance that is not terminated."""
        found = [item for reservation in self.ec2.reservations.values() for item in reservation.instances]
        return [item for item in found if item.state != "terminated"]

    def subnets(self, vpc: str | None = None) -> list[Any]:
        """The subnets, of one VPC if it is named."""
        found = [item for subnets in self.ec2.subnets.values() for item in subnets.values()]
        return [item for item in found if vpc in (None, item.vpc_id)]

    def subnet(self, subnet_id: str) -> Any:
        """A subnet, None when there is none."""
        return next((item for item in self.subnets() if item.id == subnet_id), None)

    def limit(self, kind: str, there: int, more: int, code: str, message: str) -> None:
        """Whether there may be so many more.

        Raises:
            Refused: with the code and message given.
        """
        if there + more > self.world.limits.get(kind, UNLIMITED):
            raise Refused(code, message)


def told_of(answer: WireAnswer, tag: str) -> list[str]:
    """The texts of an element of an answer in XML."""
    return re.findall(rf"<{tag}>([^<]+)</{tag}>", answer.body.decode(errors="replace"))


def retold(answer: WireAnswer, tag: str, before: str, now: str) -> WireAnswer:
    """An answer with another text in its elements of one name."""
    body = answer.body.replace(f"<{tag}>{before}</{tag}>".encode(), f"<{tag}>{now}</{tag}>".encode())
    headers = tuple((name, value) for name, value in answer.headers if name.lower() != "content-length")
    return WireAnswer(answer.status, headers, body)


Check = Callable[[Here], None]
Instead = Callable[[Here], WireAnswer | None]
After = Callable[[Here, WireAnswer], WireAnswer | None]


class Rules:
    """What the front does at an action, by ``service:Action``."""

    def __init__(self) -> None:
        self.checks: dict[str, list[Check]] = {}
        self.instead: dict[str, Instead] = {}
        self.followers: dict[str, list[After]] = {}

    def before(self, *actions: str) -> Callable[[Check], Check]:
        """Refuse before moto is asked."""

        def take(check: Check) -> Check:
            for action in actions:
                self.checks.setdefault(action, []).append(check)
            return check

        return take

    def answers(self, action: str) -> Callable[[Instead], Instead]:
        """Answer in moto's place, or leave it to moto by None."""

        def take(handler: Instead) -> Instead:
            self.instead[action] = handler
            return handler

        return take

    def after(self, *actions: str) -> Callable[[After], After]:
        """Go on after moto has done it; what is given back is told in place of moto's answer."""

        def take(handler: After) -> After:
            for action in actions:
                self.followers.setdefault(action, []).append(handler)
            return handler

        return take


RULES = Rules()


def ec2_answer(action: str, inner: str) -> WireAnswer:
    """An answer of EC2."""
    space = "http://ec2.amazonaws.com/doc/2016-11-15/"
    text = f'<{action}Response xmlns="{space}"><requestId>{"0" * 8}</requestId>{inner}</{action}Response>'
    content = ("content-type", "text/xml;charset=UTF-8")
    return WireAnswer(200, (content,), f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode())
