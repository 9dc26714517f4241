"""What goes wrong: each fault at each call that changes something, and what a person types then."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ground import PHYSICAL, Thing

from mcloud.emulator.objects import SUBRESOURCES

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
END = "$"
OBJECTS = "^(/s3)?"
"""Fault rules of a cloud that has S3 on the same port see this before the bucket."""
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
    "stuck, then mended": {"action": "stuck"},
    "stuck, then stopped": {"action": "stuck"},
    "error state": {"action": "error"},
}
FAULTS: dict[str, dict[str, Any]] = {
    **RULES,
    **{f"kill {victim}, {moment}": rule for victim in VICTIMS for moment, rule in MOMENTS.items()},
    **OTHERS,
}
WORST = (
    *(f"kill {victim}, {moment}" for moment in ("answered, not written", "after the effect") for victim in VICTIMS),
    "lost answer",
    "reset after the effect",
    "500 after the effect",
    "error state",
    "stuck, then stopped",
)
"""What is played first: the cloud has done it, and what is known of it is lost."""
SOME = "[^/?]+"
"""An id or a name in a path."""
LASTING = re.compile(
    r"^(POST|DELETE) .*/(networks|subnets|servers|volumes|loadBalancers|pools|listeners|l7policies)(/\[\^/\?\]\+)?\$$"
    r"|^PUT .*/(stop|start|resize|attach|detach|update-sec-group|members|pools/\[\^/\?\]\+)\$$"
    r"|/ec2/((Run|Stop|Start|Terminate)Instances|(Create|Delete|Attach|Detach|Modify)Volume)"
    r"|/elbv2/(Create|Delete)LoadBalancer"
)
"""Calls that start what takes its time: only there a run can be cut off while it waits, and a state can be stuck."""
FAILING = re.compile(
    r"^POST .*/(servers|volumes|loadBalancers)\$$|/ec2/(RunInstances|CreateVolume)|/elbv2/CreateLoadBalancer"
)
"""Calls that make what may end in the vendor's error state."""


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
    def look(self) -> tuple[str, str, str]:
        """What calls have in common that look the same."""
        return self.cloud, self.method, self.path

    @property
    def words(self) -> str:
        """For people."""
        short = self.path.removeprefix(OBJECTS).removeprefix("^").removesuffix(END)
        short = short.replace(SOME, "*").replace("\\", "")
        return f"{self.method} {short.rsplit('-gateway/', 1)[-1]} #{self.nth}"


@dataclass(frozen=True)
class Case:
    """One fault at one call, and what is typed then."""

    cloud: str
    phase: str
    call: Call
    fault: str
    after: str

    @property
    def words(self) -> str:
        """For people."""
        return f"{self.cloud} {self.phase}: {self.fault} at {self.call.cloud} {self.call.words}; then {self.after}"

    @property
    def name(self) -> str:
        """Short, and the same in every run on the same plan."""
        digest = hashlib.sha256(self.words.encode()).hexdigest()[:7]
        return f"{self.cloud}-{self.phase}-{digest}"


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


def changing_calls(cloud: str, record: Path, start: int, *, answered: bool = False) -> list[Call]:
    """What a recording has from a position on, sign-in aside; ``answered``: without what was refused or cut off."""
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    with record.open("rb") as file:
        file.seek(start)
        for line in file:
            exchange = json.loads(line)
            method, path = exchange["method"], exchange["path"]
            if method in READS or SIGN_IN.search(path):
                continue
            if answered and (exchange["status"] or 500) >= 400:
                continue
            pattern = _pattern(path, exchange["query"])
            seen[method, pattern] += 1
            found.append(Call(cloud, method, pattern, seen[method, pattern]))
    return found


def _pattern(path: str, query: dict[str, str]) -> str:
    """A path for fault rules: ids and names left out; of a bucket's calls also what of it is meant."""
    parts = path.split("/")
    bucket = len(parts) == 2
    asked = [f"\\?{name}" for name in query if name in SUBRESOURCES] if bucket else []
    return (OBJECTS if bucket else "^") + "/".join(_part(part) for part in parts) + "".join(asked[:1]) + END


def _part(part: str) -> str:
    return SOME if IDS.search(part) or PHYSICAL.search(part) else re.escape(part)
