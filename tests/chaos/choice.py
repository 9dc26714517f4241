"""Which cases are played: classes of calls that are alike, one case for each of their faults, all, or a draw.

Two calls are of one class when they are made in the same phase of a stack from the same cloud, to the same cloud, by
the same method and path with ids and names left out. A create of several calls (bucket, network with its gateway,
balancer) thereby has a class for each of its steps, for each step is another call. Two things look alike and are not,
so that the first and the last of such calls have a class each: in ``change`` and ``move`` one may belong to something
new and another to what takes another one's place, and a rule that becomes several native ones makes the same call
several times.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from cases import AFTER, FAILING, FAULTS, LASTING, WORST, Call, Case, Plan

MIXED = ("change", "move")
REPEATED = re.compile("secgroupRules")
"""Calls that one resource makes several times."""


def classes(phase: str, calls: Sequence[Call]) -> list[Call]:
    """One call of each class, in the order of the run."""
    last = Counter(call.look for call in calls)
    apart = [call for call in calls if phase in MIXED or REPEATED.search(call.path)]
    ends = {(call.look, last[call.look]) for call in apart}
    return [call for call in calls if call.nth == 1 or (call.look, call.nth) in ends]


def faults_at(call: Call) -> list[str]:
    """What can go wrong at a call, the worst first."""
    text = f"{call.method} {call.path}"
    never = set()
    if not LASTING.search(text):
        never |= {name for name in FAULTS if "waiting" in name or "stuck" in name}
    if not FAILING.search(text):
        never.add("error state")
    rest = [name for name in FAULTS if name not in WORST]
    return [name for name in (*WORST, *rest) if name not in never]


def one_of_each(plans: Mapping[str, Plan], phases: Iterable[str], fault: str = "") -> list[Case]:
    """A case for each cloud, phase, class of calls and fault.

    The way on goes round, so that each fault and each class meets each of them. The order is that in which they are
    worth playing when time is short: the worst faults first, every class once before any of them comes twice, the
    faults in turn, and clouds and phases side by side.
    """
    phases = tuple(phases)
    piles = [
        _rounds(cloud, phase, classes(phase, plans[cloud].calls[phase]), fault)
        for cloud in sorted(plans)
        for phase in phases
    ]
    ordered: list[Case] = []
    for number in range(max((len(pile) for pile in piles), default=0)):
        ordered += _side_by_side([pile[number] for pile in piles if number < len(pile)])
    return ordered


def _rounds(cloud: str, phase: str, calls: Sequence[Call], fault: str) -> list[list[Case]]:
    rounds: list[list[Case]] = []
    for which in (True, False):
        found = [[name for name in faults_at(call) if (name in WORST) == which and fault in name] for call in calls]
        for turn in range(max((len(names) for names in found), default=0)):
            cases = []
            for place, (call, names) in enumerate(zip(calls, found, strict=True)):
                if turn < len(names):
                    name = names[(place + turn) % len(names)]
                    ways = AFTER[phase]
                    cases.append(Case(cloud, phase, call, name, ways[(place + list(FAULTS).index(name)) % len(ways)]))
            rounds.append(cases)
    return [cases for cases in rounds if cases]


def _side_by_side(piles: Sequence[Sequence[Case]]) -> list[Case]:
    """Mixed so that each pile has the same share at every place."""
    placed = [(place / len(pile), case) for pile in piles for place, case in enumerate(pile)]
    return [case for _, case in sorted(placed, key=lambda item: item[0])]


def everything(plans: Mapping[str, Plan], phases: Iterable[str], fault: str = "") -> list[Case]:
    """Every fault that can be at every single call, and every way on."""
    return [
        Case(cloud, phase, call, name, after)
        for phase in phases
        for cloud in sorted(plans)
        for call in plans[cloud].calls[phase]
        for name in faults_at(call)
        if fault in name
        for after in AFTER[phase]
    ]


def drawn(cases: Iterable[Case], seed: int, number: int) -> list[Case]:
    """So many of them, the same for the same seed; each cloud and phase has its share, and each fault in each."""
    piles: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        piles.setdefault((case.cloud, case.phase), []).append(case)
    for (cloud, phase), pile in piles.items():
        # A number would not do: Python's own hash of a text differs between processes.
        random.Random(f"{seed} {cloud} {phase}").shuffle(pile)
        pile[:] = _varied(pile)
    found: list[Case] = []
    while any(piles.values()) and len(found) < number:
        found += [pile.pop(0) for pile in piles.values() if pile]
    return found[:number]


def _varied(pile: Sequence[Case]) -> list[Case]:
    """Each fault once before any comes twice."""
    seen: Counter[str] = Counter()
    rounds: dict[int, list[Case]] = {}
    for case in pile:
        rounds.setdefault(seen[case.fault], []).append(case)
        seen[case.fault] += 1
    return [case for number in sorted(rounds) for case in rounds[number]]
