"""What goes wrong: each fault at each call that changes something, and what a person types then."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ground import PHYSICAL, Thing

PHASES = ("up", "change", "move", "destroy")
AFTER = {
    "up": ("again", "destroy", "revert"),
    "change": ("again", "destroy", "revert"),
    "move": ("again", "destroy", "revert"),
    "destroy": ("again", "revert"),
}
"""What is typed after the fault: the same again, destroy, or the program from before and up."""
READS = ("GET", "HEAD")
SIGN_IN = re.compile(r"/auth/token$|^/sts/")
END = r"($|\?)"
IDS = re.compile(r"[a-z]+-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

RULES: dict[str, dict[str, Any]] = {
    "500 before the effect": {"action": "status", "status": 500},
    "500 after the effect": {"action": "status", "status": 500, "effect": True},
    "lost answer": {"action": "lost", "seconds": 0.3, "effect": True},
    "reset before the effect": {"action": "reset"},
    "reset after the effect": {"action": "reset", "effect": True},
    "429 with Retry-After": {"action": "rate-limit", "seconds": 0.3, "times": 2},
    "429 without Retry-After": {"action": "status", "status": 429, "times": 2},
    "hang": {"action": "delay", "seconds": 3.0},
    "hang, then cut": {"action": "lost", "seconds": 3.0},
    "401 once": {"action": "status", "status": 401},
}
HOLD = 2.5
MOMENTS: dict[str, dict[str, Any]] = {
    "before the effect": {"action": "lost", "seconds": HOLD},
    "after the effect": {"action": "lost", "seconds": HOLD, "effect": True},
    "answered, not written": {"action": "delay", "seconds": 0.8},
    "while waiting": {"action": "delay", "seconds": 0.0},
}
VICTIMS = ("engine", "provider", "state server", "mcloud", "all")
OTHERS: dict[str, dict[str, Any]] = {
    "Ctrl-C": {"action": "delay", "seconds": 1.0},
    "Ctrl-C twice": {"action": "delay", "seconds": 1.5},
    "disk full": {"action": "delay", "seconds": 0.8},
    "stuck state": {"action": "stuck"},
}
FAULTS: dict[str, dict[str, Any]] = {
    **RULES,
    **{f"kill {victim}, {moment}": rule for victim in VICTIMS for moment, rule in MOMENTS.items()},
    **OTHERS,
}


@dataclass(frozen=True)
class Call:
    """One changing call of a run without faults: which call of those that look the same.

    Attributes:
        path: regular expression, ids and names left out.
    """

    cloud: str
    method: str
    path: str
    nth: int

    @property
    def words(self) -> str:
        """For people."""
        short = self.path.removeprefix("^").removesuffix(END).replace("[^/?]+", "*").replace("\\", "")
        return f"{self.method} {short.rsplit('-gateway/', 1)[-1]} #{self.nth}"


@dataclass(frozen=True)
class Case:
    """One fault at one call, and what is typed then."""

    number: int
    cloud: str
    phase: str
    call: Call
    fault: str
    after: str

    @property
    def words(self) -> str:
        """For people."""
        return f"{self.cloud} {self.phase}: {self.fault} at {self.call.words}; then {self.after}"


@dataclass
class Plan:
    """What runs without faults do: their changing calls, and what they leave."""

    calls: dict[str, list[Call]] = field(default_factory=dict)
    leaves: dict[str, Counter[Thing]] = field(default_factory=dict)

    def dump(self) -> str:
        """As JSON."""
        calls = {phase: [asdict(call) for call in calls] for phase, calls in self.calls.items()}
        leaves = {name: [[*thing, number] for thing, number in found.items()] for name, found in self.leaves.items()}
        return json.dumps({"calls": calls, "leaves": leaves}, indent=1)

    @classmethod
    def parse(cls, text: str) -> Plan:
        """From JSON."""
        values = json.loads(text)
        calls = {phase: [Call(**call) for call in calls] for phase, calls in values["calls"].items()}
        leaves = {name: Counter({tuple(row[:-1]): row[-1] for row in rows}) for name, rows in values["leaves"].items()}
        return cls(calls, leaves)


def changing_calls(cloud: str, record: Path, start: int) -> list[Call]:
    """What a recording has from a position on, sign-in aside."""
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    with record.open("rb") as file:
        file.seek(start)
        for line in file:
            exchange = json.loads(line)
            method, path = exchange["method"], exchange["path"]
            if method in READS or SIGN_IN.search(path):
                continue
            pattern = "^" + "/".join(_pattern(part) for part in path.split("/")) + END
            seen[method, pattern] += 1
            found.append(Call(cloud, method, pattern, seen[method, pattern]))
    return found


def _pattern(part: str) -> str:
    return "[^/?]+" if IDS.search(part) or PHYSICAL.search(part) else re.escape(part)


def sample(plans: dict[str, Plan], phases: Iterable[str], seed: int, number: int | None, fault: str = "") -> list[Case]:
    """So many of all cases, the same for the same seed; each cloud and phase has its share."""
    piles = []
    for cloud, plan in sorted(plans.items()):
        for phase in phases:
            # A number would not do: Python's own hash of a text differs between processes.
            chance = random.Random(f"{seed} {cloud} {phase}")
            pile = [
                (cloud, phase, call, name, after)
                for call in plan.calls[phase]
                for name in FAULTS
                if fault in name
                for after in AFTER[phase]
            ]
            chance.shuffle(pile)
            piles.append(_varied(pile))
    chosen: list[Any] = []
    while piles and (number is None or len(chosen) < number):
        for pile in list(piles):
            if not pile:
                piles.remove(pile)
            elif number is None or len(chosen) < number:
                chosen.append(pile.pop(0))
    return [Case(index, *values) for index, values in enumerate(chosen)]


def _varied(pile: Sequence[Any]) -> list[Any]:
    """Each fault once before any comes twice."""
    rounds: list[list[Any]] = []
    seen: Counter[str] = Counter()
    for item in pile:
        number = seen[item[3]]
        seen[item[3]] += 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(item)
    return [item for part in rounds for item in part]
