"""The fault matrix: python tests/chaos/run.py [--seed N] [--cases N] [--cloud NAME] [--phase NAME] [--jobs N] [--json].

Each case has a folder, clouds and processes of its own. First a run without faults of each command tells which calls
change something and what is left at the end; then each case has one fault at one of those calls. Faults are rules of
the emulators, signals and limits; no code is patched.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cases import PHASES, Call, Case, Plan, changing_calls, sample
from ground import CLOUDS, STACK, Ground
from play import OTHER, Play, adopt_the_orphaned, kill_all_below, words_of
from program import Program, changed, seed, whole

PATIENCE = 4800
"""Seconds for one case; many times what the slowest takes."""
Row = dict[str, Any]


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
    in_parallel([lambda cloud=cloud: make_plan(cloud, phases, folder) for cloud in missing])
    return {cloud: read(cloud) for cloud in clouds}


def _recorded(ground: Ground, phase: str, program: Program | None) -> list[Call]:
    starts = {name: cloud.record.stat().st_size if cloud.record.exists() else 0 for name, cloud in _clouds(ground)}
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


def play_all(number: int, cases: list[Case], folder: Path) -> None:
    """Play a share of the cases, one after another; each result is a line of ``results.jsonl``."""
    grounds: dict[tuple[str, bool], Ground] = {}
    plans: dict[str, Plan] = {}
    for case in cases:
        key = (case.cloud, case.phase != "up")
        if key not in grounds:
            plans[case.cloud] = Plan.parse((folder / f"plan-{case.cloud}.json").read_text(encoding="utf-8"))
            grounds[key] = Ground(folder / f"ground-{number}-{case.cloud}-{'up' if key[1] else 'empty'}")
            if key[1]:
                _bring_up(grounds[key], case.cloud)
        _play(case, grounds[key], plans[case.cloud], folder)


def _bring_up(ground: Ground, cloud: str) -> None:
    with ground.serving():
        ground.write(whole(cloud))
        done = ground.run("up", STACK)
    _must(done.exit_code == 0, f"up on {cloud} without faults: {done.text}")


def _play(case: Case, ground: Ground, plan: Plan, folder: Path) -> None:
    place = folder / f"case-{case.number}"
    started = time.monotonic()
    shutil.rmtree(place, ignore_errors=True)
    starts = {name: cloud.record.stat().st_size if cloud.record.exists() else 0 for name, cloud in _clouds(ground)}

    def work() -> None:
        copy = ground.copy(place)
        with copy.serving():
            try:
                verdict = Play(case, copy, plan).whole()
            finally:
                (place / "log.txt").write_text(f"{case.words}\n\n" + "\n".join(copy.log), encoding="utf-8")
        (place / "verdict.json").write_text(json.dumps(asdict(verdict)), encoding="utf-8")

    finished = child(work)
    file = place / "verdict.json"
    verdict: Row = {"met": True, "problems": ["the case did not come to its end"], "orphans": 0, "duplicates": 0}
    if finished and file.exists():
        verdict = json.loads(file.read_text(encoding="utf-8"))
    if verdict["problems"]:
        for name, cloud in _clouds(ground):
            if cloud.record.exists():
                with cloud.record.open("rb") as record:
                    record.seek(starts[name])
                    (place / f"{name}.jsonl").write_bytes(record.read())
    else:
        shutil.rmtree(place, ignore_errors=True)
    row = {**asdict(case), "words": case.words, **verdict, "seconds": round(time.monotonic() - started, 1)}
    with (folder / "results.jsonl").open("a", encoding="utf-8") as results:
        results.write(json.dumps(row) + "\n")
    ending = "; ".join(verdict["problems"]) if verdict["problems"] else "converged" if verdict["met"] else "not met"
    sys.stderr.write(f"[{case.number}] {case.words}: {ending} ({row['seconds']} s)\n")
    sys.stderr.flush()


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


def summary(rows: list[Row]) -> list[Row]:
    """A row for each cloud and phase, and one for all."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["cloud"], row["phase"]), []).append(row)
    order = sorted(groups, key=lambda key: (CLOUDS.index(key[0]), PHASES.index(key[1])))
    found = [_summed(*key, groups[key]) for key in order]
    return [*found, _summed("all", "", rows)]


def _summed(cloud: str, phase: str, rows: list[Row]) -> Row:
    met = [row for row in rows if row["met"]]
    return {
        "cloud": cloud,
        "phase": phase,
        "cases": len(met),
        "converged": sum(not row["problems"] for row in met),
        "orphans": sum(row["orphans"] for row in met),
        "duplicates": sum(row["duplicates"] for row in met),
        "not met": len(rows) - len(met),
    }


def table(rows: list[Row]) -> str:
    """In Markdown, with what did not converge below."""
    lines = summary(rows)
    names = list(lines[0])
    text = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    text += [f"| {' | '.join(str(line[name]) for name in names)} |" for line in lines]
    bad = [row for row in rows if row["problems"]]
    text += [f"- [{row['number']}] {row['words']}: {'; '.join(row['problems'])}" for row in bad]
    return "\n".join(text)


def main() -> int:
    """Plan, play, tell; 0 when every case that met its fault converged."""
    parser = argparse.ArgumentParser(prog="make chaos CHAOS=…", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="which cases are drawn; the same seed draws the same")
    parser.add_argument("--cases", type=int, help="so many; left out, all of them, which takes days")
    parser.add_argument("--cloud", choices=CLOUDS, action="append")
    parser.add_argument("--phase", choices=PHASES, action="append")
    parser.add_argument("--fault", help="only faults whose name has this in it")
    parser.add_argument("--only", help="numbers of cases of this draw, with commas")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="kept, and used again: what is known of runs without faults")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    folder = (asked.folder or Path(tempfile.mkdtemp(prefix="mcloud-chaos-"))).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.jsonl").unlink(missing_ok=True)
    clouds = asked.cloud or list(CLOUDS)
    phases = asked.phase or list(PHASES)
    plans = plans_of(clouds, phases, folder)
    cases = sample(plans, phases, asked.seed, asked.cases, asked.fault or "")
    if asked.only:
        wanted = {int(number) for number in asked.only.split(",")}
        cases = [case for case in cases if case.number in wanted]
    shares = [cases[start :: asked.jobs] for start in range(asked.jobs)]
    works = [lambda number=number, share=share: play_all(number, share, folder) for number, share in enumerate(shares)]
    in_parallel([work for work, share in zip(works, shares, strict=True) if share])
    rows = [json.loads(line) for line in (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    rows.sort(key=lambda row: row["number"])
    calls = sum(len(plan.calls[phase]) for plan in plans.values() for phase in phases)
    if asked.json:
        machine = {"machine": platform.platform(), "processors": os.cpu_count(), "python": platform.python_version()}
        about = {"seed": asked.seed, "calls": calls, **machine}
        sys.stdout.write(json.dumps({**about, "summary": summary(rows), "cases": rows}, indent=1) + "\n")
    else:
        sys.stdout.write(table(rows) + "\n")
        kinds = Counter(row["fault"] for row in rows if row["met"])
        sys.stdout.write("\n" + ", ".join(f"{name} {number}" for name, number in sorted(kinds.items())) + "\n")
    bad = any(row["problems"] for row in rows)
    if bad or asked.folder:
        sys.stderr.write(f"what the cases said: {folder}\n")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
