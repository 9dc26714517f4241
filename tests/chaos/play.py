"""Plays a case: a command that meets a fault, what a person types then, and whether all is as it should be."""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cases import FAULTS, Case, Plan
from ground import STACK, TIMEOUT, Done, Ground, Thing
from program import WITH_DATA, Program, changed, reverted, seed, whole

from mcloud.emulator.faults import FaultRule

SET_CHILD_SUBREAPER = 36  # linux/prctl.h
SERVER, PROVIDER = "mcloud.engine.stateserver.serve", "pulumi-resource-mcloud"
OTHER = {"vng": "aws", "aws": "vng"}
NAMED = re.compile(r"hint: ((?:--(?:accept-empty|delete-data) \S+ ?)+)goes on")
DEADLINE = re.compile(r"is still .+ after \d+ s")
"""What is said of a wait that has come to its end by the clock, though nothing takes so long here."""
SLOW = 1 / 30
"""A second of the vendors' is a thirtieth here while something is to be met on its way."""


@dataclass
class Verdict:
    """How a case went.

    Attributes:
        met: whether the fault was met; a case whose call did not come, or came too late, proves nothing.
        problems: why it did not converge; empty: it did.
    """

    met: bool
    problems: list[str] = field(default_factory=list)
    orphans: int = 0
    duplicates: int = 0

    @property
    def converged(self) -> bool:
        """State = cloud = program."""
        return not self.problems


def adopt_the_orphaned() -> None:
    """Processes whose parent is killed become children of this one, so that none is lost sight of."""
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def below(pid: int) -> dict[int, str]:
    """All processes below one, with their command lines."""
    found: dict[int, str] = {}
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
                found |= {int(child): " ".join(word.decode() for word in words), **below(int(child))}
    return found


def kill_all_below(pid: int) -> None:
    """End whatever a case has left running."""
    for child in below(pid):
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def program_of(case: Case) -> Program | None:
    """What the run that meets the fault is asked for; None: to destroy."""
    wanted = {"up": whole(case.cloud), "change": changed(case.cloud), "move": whole(OTHER[case.cloud])}
    return wanted.get(case.phase)


def words_of(phase: str) -> list[str]:
    """What is typed in a phase."""
    if phase == "destroy":
        return ["destroy", STACK, "--yes"]
    empty = WITH_DATA if phase == "move" else ()
    return ["up", STACK, *(word for name in empty for word in ("--accept-empty", name))]


class Play:
    """One case on a ground of its own."""

    def __init__(self, case: Case, ground: Ground, plan: Plan) -> None:
        self.case = case
        self.ground = ground
        self.plan = plan
        self.faults = ground.clouds[case.call.cloud].app.faults
        self.problems: list[str] = []

    def whole(self) -> Verdict:
        """All of it."""
        met = self._first()
        self.ground.calm()
        self.go_on()
        verdict = self.compared()
        verdict.met = met
        self.look()
        return verdict

    # The run that meets the fault.

    def _first(self) -> bool:
        program = program_of(self.case)
        if program is not None:
            self.ground.write(program)
        place = self.arm(self.case.call.nth)
        words = words_of(self.case.phase)
        run = self.ground.start(*words)
        met = self.meets(run, place, self.case.call.nth) and self.trouble(run)
        self.check_end(self.ground.ended(run, " ".join(words)))
        return met

    def arm(self, nth: int) -> int:
        """The rule for the fault, at the nth call to come; its place among the rules."""
        call, fault = self.case.call, self.case.fault
        self.faults.add(FaultRule(**{"times": 1, **FAULTS[fault]}, method=call.method, path=call.path, nth=nth))
        if "waiting" in fault or "stuck" in fault:
            self.ground.clouds[call.cloud].app.cloud.agenda.clock.factor = SLOW
        return len(self.faults.rules()) - 1

    def seen(self, place: int) -> int:
        """How many calls the rule has seen."""
        return self.faults.seen(place)

    def meets(self, run: subprocess.Popen[str], place: int, nth: int) -> bool:
        """Wait until the call comes; False when the run is over before."""
        while run.poll() is None:
            if self.seen(place) >= nth:
                return True
            time.sleep(0.005)
        return self.seen(place) >= nth

    def check_end(self, done: Done) -> None:
        """However a run that meets a fault ends: it ends, without waiting in vain, and says what is the matter."""
        if done.exit_code == 124:
            self.problems.append("the run with the fault does not end")
        if DEADLINE.search(done.text):
            self.problems.append("it waited in vain until its deadline")
        self._no_traceback(done)

    def trouble(self, run: subprocess.Popen[str]) -> bool:
        """What the emulator cannot do alone; False where nobody was there any more to do it to."""
        fault = self.case.fault
        if run.poll() is not None:
            return False
        if fault.startswith("kill "):
            return self._kill(run, *fault.removeprefix("kill ").split(", ", 1))
        if fault.startswith("Ctrl-C"):
            time.sleep(0.2)
            run.send_signal(signal.SIGINT)
            if fault.endswith("twice"):
                time.sleep(0.4)
                run.send_signal(signal.SIGINT)
        elif fault == "disk full":
            return self._fill_the_disk(run)
        elif fault.startswith("stuck"):
            # Somebody at the cloud mends it while the run waits, or the person stops the run before.
            time.sleep(3.0)
            if fault.endswith("stopped"):
                if run.poll() is None:
                    run.send_signal(signal.SIGINT)
                run.wait(TIMEOUT)
            self.ground.clouds[self.case.call.cloud].app.cloud.agenda.mend()
        return True

    def _kill(self, run: subprocess.Popen[str], victim: str, moment: str) -> bool:
        if moment == "answered, not written":
            stopped = self._pids(run, "state server" if victim == "state server" else "provider")
            for pid in stopped:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
            time.sleep(1.3)
            ended = self._end(self._pids(run, victim))
            for pid in stopped:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
            return ended and bool(stopped)
        time.sleep({"before the effect": 0.0, "after the effect": 0.3, "while waiting": 0.7}[moment])
        return self._end(self._pids(run, victim))

    @staticmethod
    def _end(pids: list[int]) -> bool:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(pids)

    def _pids(self, run: subprocess.Popen[str], victim: str) -> list[int]:
        if run.poll() is not None:
            return []
        if victim == "mcloud":
            return [run.pid]
        found = below(run.pid)
        if victim == "all":
            return [run.pid, *found]
        return [pid for pid, words in found.items() if _is(words, victim)]

    def _fill_the_disk(self, run: subprocess.Popen[str]) -> bool:
        journals = list((self.ground.work / ".mcloud" / "stacks" / "shop" / "journal").glob("*.jsonl"))
        size = max((journal.stat().st_size for journal in journals), default=16)
        servers = self._pids(run, "state server")
        for pid in servers:
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        return bool(servers)

    # What the person types then.

    def go_on(self) -> None:
        """The way on."""
        case = self.case
        if case.after == "destroy" or (case.after, case.phase) == ("again", "destroy"):
            if case.phase == "up" and not (self.ground.work / ".mcloud" / "stacks" / "shop" / "state.json").exists():
                # Cut off before there was anything to destroy: that it is told so is right.
                self.ground.run("destroy", STACK, "--yes")
            else:
                self._must(self.ground.run("destroy", STACK, "--yes"), "destroy")
            self._clean_up()
            return
        if case.after == "revert":
            before = {"up": seed, "change": reverted}.get(case.phase, whole)
            self.ground.write(before(case.cloud))
        self._up()
        if case.phase == "move" and case.after == "revert":
            self._clean_up()

    def _up(self) -> None:
        done = self.ground.run("up", STACK)
        named = NAMED.search(done.err)
        if done.exit_code == 3 and named:
            done = self.ground.run("up", STACK, *named[1].split())
        self._must(done, "up")

    def _clean_up(self) -> None:
        done = self.ground.run("cleanup", STACK, "--json")
        rows = json.loads(done.out) if done.exit_code == 0 else []
        names = [f"{row['kind']}/{row['name']}@{row['at']}" for row in rows if row["data"] == "yes"]
        if names:
            self._must(self.ground.run("cleanup", STACK, *names), "cleanup")

    def _must(self, done: Done, what: str) -> None:
        self._no_traceback(done)
        if done.exit_code != 0:
            errors = [line for line in done.err.splitlines() if line.startswith("error:")] or ["it said nothing"]
            self.problems.append(f"{what} ends with {done.exit_code}: {errors[0][:200]}")

    def _no_traceback(self, done: Done) -> None:
        if "Traceback" in done.text or "something went wrong inside" in done.text:
            self.problems.append("a traceback, or an error of mcloud's own")

    # Whether all is as it should be.

    def _expected(self) -> Counter[Thing]:
        case = self.case
        name = {"again": case.phase, "destroy": "destroy"}.get(case.after) or ("seed" if case.phase == "up" else "up")
        return self.plan.leaves[name]

    def compared(self) -> Verdict:
        """Both clouds' inventories with what they should be; problems that are known are told with it."""
        verdict = Verdict(True, self.problems)
        wanted, found = self._expected(), self.ground.inventory()
        for thing, number in (wanted - found).items():
            self.problems.append(f"missing: {number} {' '.join(thing)}")
        for thing, number in (found - wanted).items():
            twice = thing in wanted
            verdict.duplicates += number if twice else 0
            verdict.orphans += 0 if twice else number
            self.problems.append(f"{'duplicate' if twice else 'orphan'}: {number} {' '.join(thing)}")
        return verdict

    def look(self) -> None:
        """Nothing is left to do: ``preview`` is empty, or the state where all is gone."""
        if self._expected():
            if self.ground.run("preview", STACK).exit_code != 0:
                self.problems.append("preview is not empty")
        elif json.loads(self.ground.run("state", "list", STACK, "--json").out or "[]"):
            self.problems.append("the state is not empty")


def _is(words: str, victim: str) -> bool:
    if victim == "engine":
        return words.split(" ", 1)[0].endswith("/pulumi")
    return (SERVER if victim == "state server" else PROVIDER) in words
