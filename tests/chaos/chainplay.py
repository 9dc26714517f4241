"""Plays a chain: commands that meet one fault after the other, and whether all is as it should be at the end."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field

from cases import Case, Plan, changing_calls
from chains import GOES_ON, QUIET, Chain, due
from choice import MIXED, REPEATED
from ground import STACK, TIMEOUT, Done, Ground
from play import NAMED, Play, program_of, words_of

FRUITLESS = 2
"""Commands in a row that meet nothing; then the rest is left."""


@dataclass
class ChainVerdict:
    """How a chain went.

    Attributes:
        met: names of the cases whose fault was met.
        passed: names of those whose call did not come.
        problems: why it did not converge; empty: it did.
        commands: how many met faults or were to.
    """

    met: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    orphans: int = 0
    duplicates: int = 0
    commands: int = 0


@dataclass
class Armed:
    """A case whose rule waits for its call."""

    play: Play
    place: int
    nth: int

    @property
    def met(self) -> bool:
        """Whether the call has come."""
        return self.play.seen(self.place) >= self.nth


class PlayChain:
    """One chain on a ground of its own."""

    def __init__(self, chain: Chain, ground: Ground, plan: Plan) -> None:
        self.chain = chain
        self.ground = ground
        self.plan = plan
        self.every = Counter(call.look for call in plan.calls[chain.phase])
        self.left = list(chain.cases)
        self.words = words_of(chain.phase)
        self.verdict = ChainVerdict()
        self.starts = ground.recorded()

    def whole(self) -> ChainVerdict:
        """All of it; it ends at the first problem."""
        verdict, fruitless = self.verdict, 0
        end = self._play_of(self.chain.cases[-1])
        while self.left and fruitless < FRUITLESS and not verdict.problems:
            met, done = self._command()
            fruitless = 0 if met else fruitless + 1
            if self.chain.after != "again":
                # Back to where the phase begins.
                end = self._play_of(self.chain.cases[-1])
                end.go_on()
                self._judge(end)
            elif done.exit_code == 0:
                break
        if self.chain.after == "again":
            end.go_on()
            self._judge(end)
        if not verdict.problems:
            end.look()
            verdict.problems += end.problems
        verdict.passed = [case.name for case in self.chain.cases if case.name not in verdict.met]
        return verdict

    def _play_of(self, case: Case) -> Play:
        return Play(case, self.ground, self.plan)

    def _judge(self, end: Play) -> None:
        """Both inventories, and how the command ended that went on."""
        found = end.compared()
        self.verdict.problems += found.problems
        self.verdict.orphans += found.orphans
        self.verdict.duplicates += found.duplicates
        end.problems.clear()

    def _command(self) -> tuple[int, Done]:
        """One command with the next faults; how many it met."""
        program = program_of(self.chain.cases[0])
        if program is not None:
            self.ground.write(program)
        if self.chain.after != "again":
            self.starts = self.ground.recorded()
        armed = self._arm()
        run = self.ground.start(*self.words)
        troubled = self._trouble([one for one in armed if one.play.case.fault not in QUIET], run)
        done = self.ground.ended(run, " ".join(self.words))
        self.verdict.commands += 1
        met = [one.play.case for one in armed if (one.met if one.play.case.fault in QUIET else one in troubled)]
        self.verdict.met += [case.name for case in met]
        self.left = [case for case in self.left if case not in met]
        self.ground.log.append("met: " + ("; ".join(case.words for case in met) or "nothing") + "\n")
        self.ground.calm()
        self._mend()
        judge = self._play_of(self.chain.cases[0])
        judge.check_end(done)
        self.verdict.problems += judge.problems
        if self.chain.after == "again":
            self.words = self._typed_then(done)
        return len(met), done

    def _typed_then(self, done: Done) -> list[str]:
        """The same again; what a move accepts is named as the message says, and only if it asks."""
        if self.chain.phase == "destroy":
            return words_of("destroy")
        named = NAMED.search(done.err) if done.exit_code == 3 else None
        return ["up", STACK, *(named[1].split() if named else [])]

    def _trouble(self, waiting: list[Armed], run: subprocess.Popen[str]) -> list[Armed]:
        """Do what has to be done about the first whose call comes, and go on while the command survives it."""
        troubled: list[Armed] = []
        end = time.monotonic() + TIMEOUT
        while run.poll() is None and time.monotonic() < end:
            if troubled and troubled[-1].play.case.fault not in GOES_ON:
                # Nobody is to wait for what another of them has made stuck.
                self._mend()
                time.sleep(0.05)
                continue
            one = next((one for one in waiting if one not in troubled and one.met), None)
            if one is None:
                time.sleep(0.005)
                continue
            one.play.trouble(run)
            troubled.append(one)
        return troubled

    def _mend(self) -> None:
        for cloud in self.ground.clouds.values():
            cloud.app.cloud.agenda.mend()

    def _arm(self) -> list[Armed]:
        """Rules for all that is left and can still come.

        Of those that somebody has to do something about, the first whose call comes is met; what others do then, a
        lost or a late answer, is not counted.
        """
        done = self._done()
        found = []
        for case in self.left:
            alike = case.phase not in MIXED and not REPEATED.search(case.call.path)
            look = case.call.look
            nth = due(case.call, done[look], self.every[look], alike=alike)
            if nth is not None:
                play = self._play_of(case)
                found.append(Armed(play, play.arm(nth), nth))
        return found

    def _done(self) -> Counter[tuple[str, str, str]]:
        """Calls that had their answer, since the chain began, or the round where each begins anew."""
        return Counter(
            call.look
            for name, cloud in self.ground.clouds.items()
            if cloud.record.exists()
            for call in changing_calls(name, cloud.record, self.starts[name], answered=True)
        )
