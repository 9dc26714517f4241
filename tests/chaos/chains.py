"""Which faults come one after the other on one stack: pools of cases, and what the next command is to meet.

In a chain each command is the way on of the fault before, or is followed by one, and meets the next faults itself.
Those that the emulator makes alone can be many in one command, at calls that it makes anyway; of those that somebody
has to do something about (a signal, a limit, mending) each command meets one that it does not survive, and a few that
it does.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from cases import FAULTS, RULES, Call, Case, Plan
from choice import MIXED, REPEATED

SIZE = 60
"""Cases of a pool: all classes of calls, a few faults at each."""
LENGTH = 20
"""Faults after which a chain ends; when it fails, that many cases are played singly."""
STACKED = 3
"""Faults one after the other at one call, each of which has it repeated."""
ONCE = frozenset({("change", "destroy"), ("move", "destroy")})
"""Phases with ways on that do not lead back to where the phase begins: a chain is one command with faults."""
QUIET = (*RULES, "error state")
"""Faults that the emulator makes alone; a command may meet several of them."""
SURVIVED = frozenset(name for name in FAULTS if name.startswith("kill state server")) | {"stuck, then mended"}
"""Faults that somebody has to do something about, and after which the command goes on."""
FATAL = frozenset(FAULTS).difference(QUIET, SURVIVED)
"""The others: the command does not go on after one of them."""
AT_ONCE = 4
"""So many of them in one command: a state server that ends is started anew five times."""
BEFORE = frozenset(
    name for name, rule in FAULTS.items() if rule["action"] not in ("delay", "stuck", "error") and "effect" not in rule
)
"""Faults after which the call is not done, and comes again."""
TRIES = 2
"""So often a fault may wait in vain for its call in a pool, and a case be left by pools before it is played singly."""


@dataclass(frozen=True)
class Pool:
    """Cases of one cloud, phase and way on, out of which chains take what they can meet.

    Attributes:
        cases: the ones that matter most first.
    """

    cases: tuple[Case, ...]

    @property
    def cloud(self) -> str:
        """Where the stack is."""
        return self.cases[0].cloud

    @property
    def phase(self) -> str:
        """What all of them are about."""
        return self.cases[0].phase

    @property
    def after(self) -> str:
        """How all of them go on."""
        return self.cases[0].after

    @property
    def name(self) -> str:
        """Short, and the same for the same cases."""
        digest = hashlib.sha256(" ".join(case.name for case in self.cases).encode()).hexdigest()[:7]
        return f"chain-{self.cloud}-{self.phase}-{digest}"

    @property
    def words(self) -> str:
        """For people."""
        return f"{self.cloud} {self.phase}, then {self.after}, {len(self.cases)} to go"

    @property
    def once(self) -> bool:
        """Whether the way on leads elsewhere."""
        return (self.phase, self.after) in ONCE


@dataclass(frozen=True)
class Shot:
    """A fault that the next command is to meet, at the nth of the calls to come that look like its call."""

    case: Case
    nth: int


def pools_of(cases: Iterable[Case], size: int = SIZE) -> list[Pool]:
    """Each case in one of them; a pool has a share of each class of calls, and pools of all kinds take turns."""
    groups: dict[tuple[str, str, str], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.cloud, case.phase, case.after), []).append(case)
    turns: list[list[Pool]] = []
    for group in groups.values():
        number = -(-len(group) // size)
        dealt: Counter[Call] = Counter()
        piles: list[list[Case]] = [[] for _ in range(number)]
        for case in group:
            piles[dealt[case.call] % number].append(case)
            dealt[case.call] += 1
        turns.append([Pool(tuple(pile)) for pile in piles if pile])
    return [pool for turn in zip_longest(*turns) for pool in turn if pool is not None]


def works_of(cases: Sequence[Case], failed: Iterable[str], passed: Mapping[str, int]) -> list[Pool | Case]:
    """What to play, in order: what is to be found out about chains that failed, pools, the rest.

    Args:
        failed: names of the cases of chains that did not converge.
        passed: name of a case -> pools that it was left by, for its call did not come.
    """
    suspects = set(failed)
    first = [case for case in cases if case.name in suspects]
    single = [case for case in cases if case.name not in suspects and passed.get(case.name, 0) >= TRIES]
    known = {case.name for case in (*first, *single)}
    return [*first, *pools_of(case for case in cases if case.name not in known), *single]


class Order:
    """When the calls of a phase come, and which are still to come.

    Args:
        cloud: where the stack is.
        there: calls of the phase that are not made any more, for what they make is there.
    """

    def __init__(self, cloud: str, phase: str, plan: Plan, there: Iterable[Call] = ()) -> None:
        calls = plan.calls[phase]
        # A move makes everything there before it deletes here.
        ordered = sorted(calls, key=lambda call: phase == "move" and call.cloud == cloud)
        self._places = {call: place for place, call in enumerate(ordered)}
        self._every = Counter(call.look for call in calls)
        self._there = Counter(call.look for call in there)
        self._phase = phase

    def place(self, case: Case) -> int:
        """Where its call is in a run without faults."""
        return self._places[case.call]

    def alike(self, call: Call) -> bool:
        """Whether calls that look like it are of one class, so that any of them will do, or there is only one."""
        one = self._every[call.look] == 1
        return one or (self._phase not in MIXED and not REPEATED.search(call.path))

    def when(self, case: Case, done: Mapping[tuple[str, str, str], int]) -> int | None:
        """Which of the calls to come that look the same is meant; None: it has been."""
        look = case.call.look
        made = done.get(look, 0) + self._there[look]
        return due(case.call, made, self._every[look], alike=self.alike(case.call))


def due(call: Call, done: int, every: int, *, alike: bool) -> int | None:
    """Which of the calls to come is meant, out of those that look the same; None: it has been.

    Args:
        done: how many were made since the chain began.
        every: how many a run without faults makes.
        alike: whether all of them are of one class, so that any of them will do.
    """
    if alike and done < every:
        return max(call.nth - done, 1)
    return call.nth - done if done < call.nth else None


def chosen(
    cases: Iterable[Case], order: Order, when: Callable[[Case], int | None], *, late: bool
) -> tuple[list[Shot], list[Shot]]:
    """What the next command is to meet: what somebody has to do something about, and what the emulator does.

    Args:
        when: which of the calls to come is meant; None: it has been.
        late: the one that the command does not survive is at the last call that it can be at, so that much of the
            others comes before it; else at the first one, so that much is left for the next commands.
    """
    coming = [Shot(case, nth) for case in cases if (nth := when(case)) is not None]
    fatal = [shot for shot in coming if shot.case.fault in FATAL]
    loud = sorted(
        fatal, key=lambda shot: (order.place(shot.case) * (-1 if late else 1), shot.case.fault not in BEFORE)
    )[:1]
    survived = [shot for shot in coming if shot.case.fault in SURVIVED]
    if loud:
        end, full = order.place(loud[0].case), loud[0].case.fault == "disk full"
        # A disk that is full for a state server is not for the next one.
        survived = [shot for shot in survived if order.place(shot.case) < end and not full]
    most = len(loud) + AT_ONCE
    for shot in sorted(survived, key=lambda shot: order.place(shot.case)):
        if len(loud) < most and _apart(shot, loud):
            loud.append(shot)
    at: dict[Call, list[Shot]] = {}
    for shot in coming:
        if shot.case.fault in QUIET and _apart(shot, loud):
            at.setdefault(shot.case.call, []).append(shot)
    return loud, [shot for call, shots in at.items() for shot in _stacked(shots, alone=order.alike(call))]


def _apart(shot: Shot, others: Iterable[Shot]) -> bool:
    """Whether none of the others is at a call that looks like its call."""
    return all(shot.case.call.look != other.case.call.look for other in others)


def _stacked(shots: Sequence[Shot], *, alone: bool) -> list[Shot]:
    """Several at one call, as far as each has it repeated."""
    found: list[Shot] = []
    nth = shots[0].nth
    for shot in sorted(shots, key=lambda shot: shot.case.fault not in BEFORE)[: STACKED if alone else 1]:
        found.append(Shot(shot.case, nth))
        if shot.case.fault not in BEFORE:
            break
        nth += FAULTS[shot.case.fault].get("times", 1)
    return found
