"""Plays a chain: commands that meet one fault after the other, and whether all is as it should be at the end."""

from __future__ import annotations

import subprocess
from collections import Counter
from dataclasses import dataclass, field

from cases import Case, Plan, changing_calls
from chains import GOES_ON, QUIET, Chain, due
from choice import MIXED, REPEATED
from ground import Done, Ground
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
        while armed and self._met_and_survived(armed[-1], run):
            more = self._arm([one.play.case for one in armed])
            if not more:
                break
            armed += more
        done = self.ground.ended(run, " ".join(self.words))
        self.verdict.commands += 1
        met = [one.play.case for one in armed if one.met]
        self.verdict.met += [case.name for case in met]
        self.left = [case for case in self.left if case not in met]
        self.ground.log.append("met: " + ("; ".join(case.words for case in met) or "nothing") + "\n")
        self.ground.calm()
        judge = self._play_of(self.chain.cases[0])
        judge.check_end(done)
        self.verdict.problems += judge.problems
        named = NAMED.search(done.err)
        if done.exit_code == 3 and named:
            self.words += [word for word in named[1].split() if word not in self.words]
        return len(met), done

    @staticmethod
    def _met_and_survived(last: Armed, run: subprocess.Popen[str]) -> bool:
        """Wait for what has to be done, and do it; whether the command can meet more."""
        fault = last.play.case.fault
        if fault in QUIET or not last.play.meets(run, last.place, last.nth):
            return False
        last.play.trouble(run)
        return fault in GOES_ON and run.poll() is None

    def _arm(self, armed: list[Case] | None = None) -> list[Armed]:
        """Rules for the next cases: what is quiet, up to the first that somebody has to do something about."""
        done = self._done()
        found: list[Armed] = []
        for case in [case for case in self.left if case not in (armed or [])]:
            alike = case.phase not in MIXED and not REPEATED.search(case.call.path)
            look = case.call.look
            nth = due(case.call, done[look], self.every[look], alike=alike)
            if nth is None:
                self.left.remove(case)
                continue
            play = self._play_of(case)
            found.append(Armed(play, play.arm(nth), nth))
            if case.fault not in QUIET:
                break
        return found

    def _done(self) -> Counter[tuple[str, str, str]]:
        """Calls that had their answer, since the chain began, or the round where each begins anew."""
        return Counter(
            call.look
            for name, cloud in self.ground.clouds.items()
            if cloud.record.exists()
            for call in changing_calls(name, cloud.record, self.starts[name], answered=True)
        )
