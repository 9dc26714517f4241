"""Which cases can be played one after the other on one stack: a chain.

In a chain each command is the way on of the fault before and meets the next fault itself. That needs cases of one
cloud, one phase and one way on, in the order in which their calls come, and one case for each kind of call: of two, the
first would be done when the second is due.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cases import MOMENTS, RULES, Call, Case, Plan

LENGTH = 12
SINGLE = frozenset({("change", "destroy"), ("move", "destroy")})
"""Phases with ways on that do not lead back to where the phase begins."""
QUIET = (*RULES, "error state")
"""Faults that the emulator makes alone; a command may meet several of them."""
GOES_ON = (*QUIET, "stuck, then mended", *(f"kill state server, {moment}" for moment in MOMENTS))
"""Faults that a command may survive; a state server that ends is started again, or the run ends soon."""
TRIES = 2
"""Chains in which the call of a case does not come, before it is played singly."""


@dataclass(frozen=True)
class Chain:
    """Cases to be played on one stack.

    Attributes:
        cases: in the order in which their calls come; at least two.
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
        return f"{self.cloud} {self.phase}: {len(self.cases)} faults, each then {self.after}"


def chains_of(cases: Iterable[Case], plans: Mapping[str, Plan], length: int = LENGTH) -> tuple[list[Chain], list[Case]]:
    """Chains, and what is left to be played singly; each case is in one of them, and the first ones come first."""
    groups: list[list[Case]] = []
    left = []
    open_groups: dict[tuple[str, str, str], list[list[Case]]] = {}
    for case in cases:
        if (case.phase, case.after) in SINGLE:
            left.append(case)
            continue
        mine = open_groups.setdefault((case.cloud, case.phase, case.after), [])
        fitting = [group for group in mine if case.call.look not in {other.call.look for other in group}]
        if not fitting:
            fitting = [[]]
            groups += fitting
            mine += fitting
        fitting[0].append(case)
        if len(fitting[0]) == length:
            mine[:] = [group for group in mine if group is not fitting[0]]
    left += [group[0] for group in groups if len(group) == 1]
    return [Chain(_in_order(group, plans)) for group in groups if len(group) > 1], left


def _in_order(group: Sequence[Case], plans: Mapping[str, Plan]) -> tuple[Case, ...]:
    """As their calls come in a run without faults; a move makes everything there before it deletes here."""
    cloud, phase = group[0].cloud, group[0].phase
    calls = plans[cloud].calls[phase]
    return tuple(sorted(group, key=lambda case: (phase == "move" and case.call.cloud == cloud, calls.index(case.call))))


def works_of(
    cases: Sequence[Case], failed: Iterable[str], passed: Mapping[str, int], plans: Mapping[str, Plan]
) -> list[Chain | Case]:
    """What to play, in order: what is to be found out about chains that failed, chains, the rest.

    Args:
        failed: names of the cases of chains that did not converge.
        passed: name of a case -> chains in which its call did not come.
    """
    suspects = set(failed)
    first = [case for case in cases if case.name in suspects]
    single = [case for case in cases if case.name not in suspects and passed.get(case.name, 0) >= TRIES]
    known = {case.name for case in (*first, *single)}
    chains, left = chains_of([case for case in cases if case.name not in known], plans)
    return [*first, *chains, *left, *single]


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
