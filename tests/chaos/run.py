"""The fault matrix: a case for each cloud, phase, class of calls and fault; --all of them, or so many --cases.

Each case has a folder, clouds and processes of its own. First a run without faults of each command tells which calls
change something and what is left at the end; then each case has one fault at one of those calls. Faults are rules of
the emulators, signals and limits; no code is patched. With --folder a second start goes on with what was not played.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import results
from cases import PHASES, Call, Case, Plan, changing_calls
from chainplay import ChainVerdict, PlayChain
from chains import LENGTH, TRIES, Pool, works_of
from choice import classes, drawn, everything, one_of_each
from ground import CLOUDS, STACK, Ground
from play import OTHER, Play, Verdict, adopt_the_orphaned, kill_all_below, words_of
from program import Program, changed, seed, whole

from mcloud.emulator import moto

PATIENCE = 4800
"""Seconds for one case; many times what the slowest takes."""
SERVICES = ("ec2", "elbv2", "s3", "sts")
RESULTS = "results.jsonl"


def child(work: Callable[[], None]) -> bool:
    """Do it in a child process with a copy of all that is here; True when it came to its end."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            adopt_the_orphaned()
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            kill_all_below(os.getpid())
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.02)
    kill_all_below(pid)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return False


# Without faults.


def make_plan(cloud: str, phases: Sequence[str], folder: Path) -> None:
    """Run the commands without faults; what they called and left goes to ``plan-CLOUD.json``."""
    ground = Ground(folder / f"plan-{cloud}")
    plan = Plan()

    def in_a_copy(name: str, phase: str, program: Program | None) -> None:
        copy = ground.copy(folder / f"plan-{cloud}-{name}")
        part = Plan()
        with copy.serving():
            part.calls[name] = _recorded(copy, phase, program)
            part.leaves[name] = copy.inventory()
        (folder / f"{cloud}-{name}.part").write_text(part.dump(), encoding="utf-8")

    def forked(name: str, phase: str, program: Program | None) -> None:
        _must(child(lambda: in_a_copy(name, phase, program)), f"{name} on {cloud} without faults")
        part = Plan.parse((folder / f"{cloud}-{name}.part").read_text(encoding="utf-8"))
        plan.calls |= part.calls
        plan.leaves |= part.leaves

    forked("seed", "up", seed(cloud))
    with ground.serving():
        plan.calls["up"] = _recorded(ground, "up", whole(cloud))
        plan.leaves["up"] = ground.inventory()
    plan.leaves["destroy"] = Counter()
    later = {"change": changed(cloud), "move": whole(OTHER[cloud]), "destroy": None}
    for phase in (phase for phase in phases if phase in later):
        forked(phase, phase, later[phase])
    if plan.leaves["destroy"]:
        raise SystemExit(f"destroy on {cloud} without faults leaves {plan.leaves['destroy']}")
    (folder / f"plan-{cloud}.json").write_text(plan.dump(), encoding="utf-8")


def plans_of(clouds: Sequence[str], phases: Sequence[str], folder: Path) -> dict[str, Plan]:
    """What is known of runs without faults; what is not is tried."""
    files = {cloud: folder / f"plan-{cloud}.json" for cloud in clouds}

    def read(cloud: str) -> Plan:
        return Plan.parse(files[cloud].read_text(encoding="utf-8")) if files[cloud].exists() else Plan()

    missing = [cloud for cloud in clouds if not set(phases) <= read(cloud).calls.keys()]
    in_parallel([partial(make_plan, cloud, phases, folder) for cloud in missing])
    return {cloud: read(cloud) for cloud in clouds}


def _recorded(ground: Ground, phase: str, program: Program | None) -> list[Call]:
    starts = ground.recorded()
    if program is not None:
        ground.write(program)
    done = ground.run(*words_of(phase))
    if done.exit_code != 0:
        raise SystemExit(f"{phase} without faults ends with {done.exit_code}:\n{done.text}")
    return [
        call
        for name, cloud in _clouds(ground)
        if cloud.record.exists()
        for call in changing_calls(name, cloud.record, starts[name])
    ]


def _clouds(ground: Ground) -> list[Any]:
    return list(ground.clouds.items())


def _must(done: bool, what: str) -> None:
    if not done:
        raise SystemExit(f"{what} did not work")


# With faults.


def play_all(number: int, works: list[Pool | Case], folder: Path, end: float) -> None:
    """Play a share of the pools and cases, one after another, until the time is over; results are lines of a file.

    What all of a cloud begin with is made once and forked: clouds with nothing, and with the stack up. The cases of a
    chain that fails are played at once, to find out which of them does.
    """
    grounds: dict[tuple[str, bool], Ground] = {}
    plans: dict[str, Plan] = {}
    for service in SERVICES:
        # Seconds of processor time that each case would pay.
        moto.application(service)
    works, waited = [*works], Counter[str]()
    while works and time.monotonic() < end:
        work = works.pop(0)
        key = (work.cloud, work.phase != "up")
        if key not in grounds:
            plans[work.cloud] = Plan.parse((folder / f"plan-{work.cloud}.json").read_text(encoding="utf-8"))
            place = folder / f"ground-{number}-{work.cloud}-{'up' if key[1] else 'empty'}"
            shutil.rmtree(place, ignore_errors=True)
            grounds[key] = Ground(place)
            if key[1]:
                _bring_up(grounds[key], work.cloud)
        if isinstance(work, Case):
            _play(work, grounds[key], plans[work.cloud], folder)
        else:
            suspects, rest = _play_pool(work, grounds[key], plans[work.cloud], folder, waited)
            # What is left of a pool has its next turn when all others had theirs.
            works = [*suspects, *works, *rest]


def _bring_up(ground: Ground, cloud: str) -> None:
    with ground.serving():
        ground.write(whole(cloud))
        done = ground.run("up", STACK)
    _must(done.exit_code == 0, f"up on {cloud} without faults: {done.text}")


def _play(case: Case, ground: Ground, plan: Plan, folder: Path) -> None:
    nothing = asdict(Verdict(True, ["the case did not come to its end"]))
    verdict = _forked(case, ground, folder, lambda copy: asdict(Play(case, copy, plan).whole()), nothing)
    results.add(folder / RESULTS, {**_about(case), **verdict})
    _say(case, verdict, "converged" if verdict["met"] else "not met")


def _play_pool(
    pool: Pool, ground: Ground, plan: Plan, folder: Path, waited: Counter[str]
) -> tuple[list[Case], list[Pool]]:
    """One chain out of a pool.

    Returns:
        The cases to be played singly, for the chain failed; and what is left of the pool, if any of it may still come.
    """
    verdict = _play_chain(pool, ground, plan, folder, waited)
    names = {*verdict["met"], *(verdict["armed"] if verdict["problems"] else ())}
    suspects = []
    if verdict["problems"]:
        # One that did not even come to its end cannot say what it has met.
        suspects = [case for case in pool.cases if case.name in names] or list(pool.cases[:LENGTH])
        names |= {case.name for case in suspects}
    waited.update(verdict["waited"])
    left = [case for case in pool.cases if case.name not in names]
    # Where nothing came and nothing was waited for, the next chain would be the same.
    further = bool(names or verdict["waited"])
    patient = tuple(case for case in left if further and waited[case.name] < TRIES)
    passed = [case.name for case in left if case not in patient]
    if passed:
        about = {"name": f"{pool.name}-left", "words": f"{pool.words}: left", "met": [], "problems": []}
        results.add(folder / RESULTS, {**about, "cases": passed, "passed": passed})
    return suspects, [Pool(patient)] if patient else []


def _play_chain(pool: Pool, ground: Ground, plan: Plan, folder: Path, waited: Counter[str]) -> results.Row:
    """A chain out of what is left of a pool; its verdict."""
    nothing = asdict(ChainVerdict(problems=["the chain did not come to its end"]))
    verdict = _forked(pool, ground, folder, lambda copy: asdict(PlayChain(pool, copy, plan, waited).whole()), nothing)
    about = {"name": pool.name, "chain": pool.name, "words": pool.words}
    cases = [*{*verdict["met"], *verdict["armed"]}] if verdict["problems"] else verdict["met"]
    results.add(folder / RESULTS, {**about, "cases": cases, "passed": [], **verdict})
    _say(pool, verdict, f"{len(verdict['met'])} met in {verdict['commands']} commands, converged")
    if verdict["problems"]:
        return verdict
    share = 1 / max(len(verdict["met"]), 1)
    for case in pool.cases:
        if case.name in verdict["met"]:
            processor = {name: round(seconds * share, 1) for name, seconds in verdict["processor"].items()}
            well = {**asdict(Verdict(True)), "chain": pool.name, "processor": processor}
            results.add(folder / RESULTS, {**_about(case), **well, "seconds": round(verdict["seconds"] * share, 1)})
    return verdict


def _about(case: Case) -> results.Row:
    return {**asdict(case), "name": case.name, "call": case.call.words, "words": case.words}


def _say(work: Pool | Case, verdict: results.Row, well: str) -> None:
    ending = "; ".join(verdict["problems"]) or well
    sys.stderr.write(f"[{work.name}] {work.words}: {ending} ({verdict['seconds']} s)\n")
    sys.stderr.flush()


def _forked(
    work: Pool | Case, ground: Ground, folder: Path, play: Callable[[Ground], results.Row], nothing: results.Row
) -> results.Row:
    """The verdict of what is played in a child process on a copy of the ground; ``nothing``: it did not end.

    Where there are problems, the folder is kept, with what was said and called.
    """
    place = folder / f"case-{work.name}"
    started = time.monotonic()
    shutil.rmtree(place, ignore_errors=True)
    starts = ground.recorded()

    def whole() -> None:
        copy = ground.copy(place)
        with copy.serving():
            try:
                verdict = play(copy)
            finally:
                (place / "log.txt").write_text(f"{work.words}\n\n" + "\n".join(copy.log), encoding="utf-8")
        row = {**verdict, "processor": _processor()}
        (place / "verdict.json").write_text(json.dumps(row), encoding="utf-8")

    finished = child(whole)
    file = place / "verdict.json"
    verdict = json.loads(file.read_text(encoding="utf-8")) if finished and file.exists() else nothing
    if verdict["problems"]:
        for name, cloud in _clouds(ground):
            if cloud.record.exists():
                with cloud.record.open("rb") as record:
                    record.seek(starts[name])
                    (place / f"{name}.jsonl").write_bytes(record.read())
    else:
        shutil.rmtree(place, ignore_errors=True)
    return {**verdict, "seconds": round(time.monotonic() - started, 1)}


def _processor() -> dict[str, float]:
    """Seconds of processor time of the clouds, which are this process, and of all that was started and has ended."""
    whose = {"clouds": resource.RUSAGE_SELF, "commands": resource.RUSAGE_CHILDREN}
    return {name: round(sum(resource.getrusage(who)[:2]), 1) for name, who in whose.items()}


def in_parallel(works: list[Callable[[], None]]) -> None:
    """Each in a process of its own; raises SystemExit where one did not come to its end."""
    pids = []
    for work in works:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                work()
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        pids.append(pid)
    failed = [pid for pid in pids if os.waitpid(pid, 0)[1] != 0]
    if failed:
        raise SystemExit("a part of the matrix did not come to its end")


def play(cases: Sequence[Case], plans: dict[str, Plan], asked: argparse.Namespace, folder: Path, end: float) -> None:
    """Play them, in chains if asked for; what a chain did not meet comes into another one, or is played singly."""
    file = folder / RESULTS
    left: list[Case] = list(cases)
    while left and time.monotonic() < end:
        before = results.lines(file)
        works = works_of(left, *results.of_chains(results.read(file))) if asked.chains else left
        shares = shares_of(works, asked.jobs)
        in_parallel([partial(play_all, number, share, folder, end) for number, share in enumerate(shares)])
        played = {row["name"] for row in results.lines(file)[len(before) :]}
        left = [case for case in left if case.name not in played]


def shares_of(works: Sequence[Pool | Case], jobs: int) -> list[list[Pool | Case]]:
    """What each process plays. One plays the cases of one cloud where it can, for what they begin with costs time."""
    clouds = sorted({work.cloud for work in works})
    if jobs < len(clouds):
        return [list(works[start::jobs]) for start in range(jobs)]
    shares = []
    for place, cloud in enumerate(clouds):
        mine = [work for work in works if work.cloud == cloud]
        workers = len(range(place, jobs, len(clouds)))
        shares += [mine[start::workers] for start in range(workers)]
    return [share for share in shares if share]


def wanted(asked: argparse.Namespace, plans: dict[str, Plan], phases: Sequence[str]) -> list[Case]:
    """The cases that were asked for, in the order in which they are played."""
    every = bool(asked.all or asked.cases or asked.only)
    cases = (everything if every else one_of_each)(plans, phases, asked.fault or "")
    if asked.only:
        names = set(asked.only.split(","))
        return [case for case in cases if case.name in names]
    return drawn(cases, asked.seed, asked.cases) if asked.cases else cases


def tell(
    rows: list[results.Row], chains: list[results.Row], cases: list[Case], about: results.Row, *, as_json: bool
) -> None:
    """What was played, out of what could be."""
    phases = results.by_phase(rows, cases)
    if as_json:
        machine = {"machine": platform.platform(), "processors": os.cpu_count(), "python": platform.python_version()}
        told = {**about, **machine, "summary": phases, "faults": results.by_fault(rows, cases)}
        sys.stdout.write(json.dumps({**told, "cases": rows, "failed chains": chains}, indent=1) + "\n")
        return
    counts = ", ".join(f"{number} {name}" for name, number in about.items())
    wrong = [*(row for row in rows if row["problems"]), *chains]
    bad = [f"- [{row['name']}] {row['words']}: {'; '.join(row['problems'])}" for row in wrong]
    parts = [
        f"{counts}; {results.coverage(rows, cases)}",
        results.table(phases),
        results.table(results.by_fault(rows, cases)),
        *bad,
    ]
    sys.stdout.write("\n\n".join(parts) + "\n")


def options() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    parser = argparse.ArgumentParser(prog="make chaos CHAOS=…", description=__doc__)
    parser.add_argument("--all", action="store_true", help="every fault at every call with every way on")
    parser.add_argument("--cases", type=int, help="so many, drawn from all")
    parser.add_argument("--seed", type=int, default=1, help="which cases are drawn; the same seed draws the same")
    parser.add_argument("--cloud", choices=CLOUDS, action="append")
    parser.add_argument("--phase", choices=PHASES, action="append")
    parser.add_argument("--fault", help="only faults whose name has this in it")
    parser.add_argument("--only", help="names of cases, with commas; they are played again")
    parser.add_argument("--chains", action="store_true", help="play cases one after the other on one stack")
    parser.add_argument("--minutes", type=float, help="begin no case or chain after so many")
    parser.add_argument("--table", action="store_true", help="play nothing; tell what the folder has")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="kept; what was played there and converged is not played again")
    parser.add_argument("--json", action="store_true")
    return parser


def main() -> int:
    """Plan, play, tell; 0 when every case that met its fault converged."""
    asked = options().parse_args()
    # Started in the background it may have to ignore Ctrl-C, and what is ignored is handed down.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    end = time.monotonic() + asked.minutes * 60 if asked.minutes is not None else float("inf")
    folder = (asked.folder or Path(tempfile.mkdtemp(prefix="mcloud-chaos-"))).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    clouds = asked.cloud or list(CLOUDS)
    phases = asked.phase or list(PHASES)
    plans = plans_of(clouds, phases, folder)
    cases = wanted(asked, plans, phases)
    known = results.read(folder / RESULTS)
    done = {name for name, row in known.items() if row["met"] and not row["problems"]}
    left = [case for case in cases if asked.only or case.name not in done]
    if left and not asked.table:
        play(left, plans, asked, folder, end)
    known = results.read(folder / RESULTS)
    rows = [known[case.name] for case in cases if case.name in known]
    about = {
        "calls": sum(len(plan.calls[phase]) for plan in plans.values() for phase in phases),
        "classes": sum(len(classes(phase, plan.calls[phase])) for plan in plans.values() for phase in phases),
    }
    failed = results.failed_chains(known, cases)
    tell(rows, failed, cases, about, as_json=asked.json)
    bad = bool(failed) or any(row["problems"] for row in rows)
    if bad or asked.folder:
        sys.stderr.write(f"what the cases said: {folder}\n")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
