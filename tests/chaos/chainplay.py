"""Plays a chain: commands that meet one fault after the other, and whether all is as it should be at the end."""

from __future__ import annotations

import subprocess
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from cases import FAULTS, Call, Plan, changing_calls
from chains import FATAL, LENGTH, TRIES, Order, Pool, Shot, chosen
from ground import STACK, Done, Ground
from play import NAMED, Play, program_of, words_of

ROUNDS = 8
"""Ways on after which a chain ends."""


@dataclass
class ChainVerdict:
    """How a chain went.

    Attributes:
        met: names of the cases whose fault was met.
        waited: name of a case -> how often its fault waited in vain for its call.
        armed: names of the cases whose faults the last command was to meet.
        problems: why it did not converge; empty: it did.
        commands: how many met faults or were to.
    """

    met: list[str] = field(default_factory=list)
    waited: dict[str, int] = field(default_factory=dict)
    armed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    orphans: int = 0
    duplicates: int = 0
    commands: int = 0


class Armed:
    """A shot whose rule waits for its call."""

    def __init__(self, shot: Shot, ground: Ground, plan: Plan) -> None:
        self.case = shot.case
        self.nth = shot.nth
        self.play = Play(shot.case, ground, plan)
        self._place = self.play.arm(shot.nth)
        self._done: bool | None = None

    @property
    def met(self) -> bool:
        """Whether the call has come, and what was to be done about it was done while the command ran."""
        return self.play.seen(self._place) >= self.nth if self._done is None else self._done

    def trouble(self, run: subprocess.Popen[str]) -> None:
        """Do what has to be done about it when its call comes."""
        self._done = False
        self._done = self.play.meets(run, self._place, self.nth) and self.play.trouble(run)


class PlayChain:
    """One chain on a ground of its own.

    Args:
        waited: how often each case has waited in vain before.
    """

    def __init__(self, pool: Pool, ground: Ground, plan: Plan, waited: Mapping[str, int]) -> None:
        self.pool = pool
        self.ground = ground
        self.plan = plan
        self.left = list(pool.cases)
        self.words = words_of(pool.phase)
        self.verdict = ChainVerdict()
        self.again = pool.after == "again"
        self.order = Order(pool.cloud, pool.phase, plan)
        self._before = Counter(waited)
        self._waited: Counter[str] = Counter()
        self._starts = ground.recorded()
        self._lost: Counter[tuple[str, str, str]] = Counter()
        self._absent: set[Call] = set()

    def whole(self) -> ChainVerdict:
        """All of it; it ends at the first problem."""
        verdict = self.verdict
        (self._again if self.again else self._rounds)()
        if not verdict.problems:
            end = self._end()
            end.look()
            verdict.problems += end.problems
        verdict.waited = dict(self._waited)
        return verdict

    def _again(self) -> None:
        """Each command is the way on of the one before."""
        done = None
        while (done is None or done.exit_code != 0) and len(self.verdict.met) < LENGTH and not self.verdict.problems:
            shots = self._shots()
            if not any(shots):
                break
            done = self._command(*shots)
            self.words = self._typed_then(done)
        end = self._end()
        if done is None or done.exit_code != 0:
            end.go_on()
        self._judge(end)

    def _rounds(self) -> None:
        """Each command is followed by its way on without faults, which leads back to where it began."""
        for _ in range(1 if self.pool.once else ROUNDS):
            shots = self._shots()
            if not any(shots) or len(self.verdict.met) >= LENGTH or self.verdict.problems:
                break
            self._command(*shots)
            end = self._end()
            end.go_on()
            self._judge(end)
            self._starts = self.ground.recorded()
            self._lost.clear()
            if (self.pool.phase, self.pool.after) == ("up", "revert"):
                # What there was before the stack stays.
                self.order = Order(self.pool.cloud, "up", self.plan, self.plan.calls["seed"])

    def _end(self) -> Play:
        return Play(self.pool.cases[-1], self.ground, self.plan)

    def _judge(self, end: Play) -> None:
        """Both inventories, and how the command ended that went on."""
        found = end.compared()
        self.verdict.problems += found.problems
        self.verdict.orphans += found.orphans
        self.verdict.duplicates += found.duplicates
        end.problems.clear()

    def _shots(self) -> tuple[list[Shot], list[Shot]]:
        """What the next command is to meet.

        Where there are rounds, the first begins with the first calls, which later ones need not make, and the others
        with the last.
        """
        done = self._done() + self._lost
        patient = [
            case
            for case in self.left
            # Some calls are made in one round only: a volume that has grown stays as it is.
            if case.call not in self._absent and self._before[case.name] + self._waited[case.name] < TRIES
        ]
        late = not self.again and (self.pool.phase != "up" or self.verdict.commands > 0)
        return chosen(patient, self.order, lambda case: self.order.when(case, done), late=late)

    def _command(self, loud: list[Shot], quiet: list[Shot]) -> Done:
        """One command with its faults."""
        program = program_of(self.pool.cases[0])
        if program is not None:
            self.ground.write(program)
        armed = [Armed(shot, self.ground, self.plan) for shot in (*loud, *quiet)]
        run = self.ground.start(*self.words)
        # Each by itself: a call that is held open does not hold up the others.
        troubles = [threading.Thread(target=one.trouble, args=(run,)) for one in armed[: len(loud)]]
        for trouble in troubles:
            trouble.start()
        done = self.ground.ended(run, " ".join(self.words))
        for trouble in troubles:
            trouble.join()
        self.verdict.commands += 1
        self._count(armed, done)
        self.ground.calm()
        self._mend()
        judge = self._end()
        judge.check_end(done)
        self.verdict.problems += judge.problems
        return done

    def _count(self, armed: list[Armed], done: Done) -> None:
        met = [one.case for one in armed if one.met]
        cut_off = any(case.fault in FATAL for case in met)
        self.verdict.armed = [one.case.name for one in armed]
        self.verdict.met += [case.name for case in met]
        self.left = [case for case in self.left if case not in met]
        self._lost.update(case.call.look for case in met if "effect" in FAULTS[case.fault])
        if not cut_off and (done.exit_code == 0 or not met):
            # Who was cut off, or failed, need not have come to the others.
            self._waited.update(one.case.name for one in armed if not one.met)
            if done.exit_code == 0:
                self._absent.update(one.case.call for one in armed if not one.met)
        self.ground.log.append("met: " + ("; ".join(case.words for case in met) or "nothing") + "\n")

    def _typed_then(self, done: Done) -> list[str]:
        """The same again; what a move accepts is named as the message says, and only if it asks."""
        if self.pool.phase == "destroy":
            return words_of("destroy")
        named = NAMED.search(done.err) if done.exit_code == 3 else None
        return ["up", STACK, *(named[1].split() if named else [])]

    def _mend(self) -> None:
        for cloud in self.ground.clouds.values():
            cloud.app.cloud.agenda.mend()

    def _done(self) -> Counter[tuple[str, str, str]]:
        """Calls that had their answer, since the chain began, or the round where each begins anew."""
        return Counter(
            call.look
            for name, cloud in self.ground.clouds.items()
            if cloud.record.exists()
            for call in changing_calls(name, cloud.record, self._starts[name], answered=True)
        )
