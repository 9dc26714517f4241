"""Which cases the fault matrix has: classes of calls, faults that can be at them, and every way on."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

# A program beside its file and no package.
sys.path.insert(0, str(Path(__file__).parents[1] / "chaos"))

import cases
import chains
import choice
import results

from mcloud.engine.stateserver.client import RESTARTS

CALLS = (
    ("POST", "^/gateway/v2/[^/?]+/networks$"),
    ("POST", "^/gateway/v2/[^/?]+/servers$"),
    ("POST", "^/gateway/v2/[^/?]+/servers$"),
    ("POST", "^/gateway/v2/[^/?]+/servers$"),
    ("POST", "^/gateway/v2/[^/?]+/secgroups/[^/?]+/secgroupRules$"),
    ("POST", "^/gateway/v2/[^/?]+/secgroups/[^/?]+/secgroupRules$"),
    ("PUT", "^(/s3)?/[^/?]+$"),
    ("PUT", r"^(/s3)?/[^/?]+\?versioning$"),
)


def plan() -> Any:
    seen: Counter[Any] = Counter()
    calls = []
    for method, path in CALLS:
        seen[path] += 1
        calls.append(cases.Call("vng", method, path, seen[path]))
    return cases.Plan({phase: calls for phase in cases.PHASES})


def test_calls_that_are_alike_are_one_class() -> None:
    calls = plan().calls["up"]
    found = [call.words.rsplit("/", 1)[-1] for call in choice.classes("up", calls)]
    parts = ["secgroupRules #1", "secgroupRules #2"]
    assert found == ["networks #1", "servers #1", *parts, "* #1", "*?versioning #1"], "a rule of several blocks"
    found = [call.words.rsplit("/", 1)[-1] for call in choice.classes("move", calls)]
    assert found[1:3] == ["servers #1", "servers #3"], "one may be new and one in another's place"


def test_a_fault_is_where_it_can_be() -> None:
    network, server, *_, bucket, _ = plan().calls["up"]
    special = ("stuck, then stopped", "kill all, while waiting", "error state")
    assert [name in choice.faults_at(server) for name in special] == [True, True, True]
    assert [name in choice.faults_at(network) for name in special] == [True, True, False]
    assert [name in choice.faults_at(bucket) for name in special] == [False, False, False]
    assert sorted(choice.faults_at(server)) == sorted(cases.FAULTS)


def test_one_of_each() -> None:
    plans, phases = {"aws": plan(), "vng": plan()}, cases.PHASES
    found = choice.one_of_each(plans, phases)
    keys = [(case.cloud, case.phase, case.call, case.fault) for case in found]
    classes = [(phase, call) for phase in phases for call in choice.classes(phase, plans["vng"].calls[phase])]
    assert len(set(keys)) == len(keys) == 2 * sum(len(choice.faults_at(call)) for _, call in classes)
    assert len({case.name for case in found}) == len(found)
    ways = {(case.phase, case.fault, case.after) for case in found if case.fault == "lost answer"}
    assert ways == {(phase, "lost answer", way) for phase in phases for way in cases.AFTER[phase]}
    ways = {(case.phase, case.call, case.after) for case in found}
    assert ways >= {(phase, call, way) for phase, call in classes for way in cases.AFTER[phase]}
    first = found[: 2 * len(classes)]
    assert len({(case.cloud, case.phase, case.call) for case in first}) == len(first), "each class before any twice"
    assert {case.fault for case in first} <= set(cases.WORST)


def test_a_draw_is_the_same_for_the_same_seed() -> None:
    everything = choice.everything({"vng": plan()}, ("up", "destroy"))
    draws = [[case.name for case in choice.drawn(everything, seed, 30)] for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    drawn = choice.drawn(everything, 1, 30)
    assert Counter(case.phase for case in drawn) == {"up": 15, "destroy": 15}
    assert max(Counter((case.phase, case.fault) for case in drawn).values()) == 1


def test_the_tables_count_what_was_played_last(tmp_path: Path) -> None:
    every = choice.one_of_each({"vng": plan()}, ["up"])
    file = tmp_path / "results.jsonl"
    about = [{**vars(case), "name": case.name, "call": case.call.words} for case in every[:3]]
    good = {"met": True, "problems": [], "orphans": 0, "duplicates": 0}
    results.add(file, {**about[0], **good, "problems": ["orphan"], "orphans": 1})
    bad = {"problems": ["x"], "duplicates": 2}
    for row in (about[0] | good, about[1] | good | {"met": False}, about[2] | good | bad):
        results.add(file, row)
    rows = list(results.read(file).values())
    [line, everything] = results.by_phase(rows, every)
    assert line == {**everything, "cloud": "vng", "phase": "up"}
    counts = {"of": len(every), "cases": 2, "converged": 1, "orphans": 0, "duplicates": 2, "not met": 1}
    assert {name: line[name] for name in counts} == counts
    assert sum(row["cases"] for row in results.by_fault(rows, every)) == 2
    assert results.coverage(rows, every).startswith("2 of 6 classes of calls met a fault, in 2 of ")
    assert "| vng | up |" in results.table([line])


def test_pools() -> None:
    """Each case is in one of them, with others of the same cloud, phase and way on, and of all classes of calls."""
    every = choice.one_of_each({"aws": plan(), "vng": plan()}, cases.PHASES)
    found = chains.pools_of(every, 40)
    assert Counter(case for pool in found for case in pool.cases) == Counter(every)
    assert len({pool.name for pool in found}) == len(found)
    groups: dict[Any, list[Any]] = {}
    for pool in found:
        key = (pool.cloud, pool.phase, pool.after)
        assert {(case.cloud, case.phase, case.after) for case in pool.cases} == {key}
        groups.setdefault(key, []).append({case.call for case in pool.cases})
    assert len(groups) == 2 * sum(len(ways) for ways in cases.AFTER.values())
    assert max(len(calls) for calls in groups.values()) > 1
    assert all(calls == group[0] for group in groups.values() for calls in group)


def shots(every: Any, phase: str = "up", done: Any = None, *, late: bool = False) -> Any:
    order = chains.Order("vng", phase, plan())
    loud, quiet = chains.chosen(every, order, lambda case: order.when(case, done or {}), late=late)
    short = [(shot.case.call.words.rsplit("/", 1)[-1], shot.case.fault, shot.nth) for shot in quiet]
    return [(shot.case.call.words.rsplit("/", 1)[-1], shot.case.fault) for shot in loud], short


def test_a_command_meets_one_fault_that_somebody_makes_and_many_that_the_emulator_makes() -> None:
    network, server, *_, bucket, versioning = plan().calls["up"]
    killed, refused, lost = "kill all, after the effect", "500 before the effect", "lost answer"
    every = [cases.Case("vng", "up", call, killed, "again") for call in (network, server, bucket)]
    assert shots(every) == ([("networks #1", killed)], [])
    assert shots(every, late=True) == ([("* #1", killed)], [])
    before = cases.Case("vng", "up", network, "kill all, before the effect", "again")
    assert shots([*every, before])[0] == [("networks #1", before.fault)], "after which the call comes again"

    every += [cases.Case("vng", "up", call, fault, "again") for call in (network, server) for fault in (lost, refused)]
    every.append(cases.Case("vng", "up", server, "429 with Retry-After", "again"))
    every.append(cases.Case("vng", "up", versioning, lost, "again"))
    # The 429 comes twice.
    at_server = [("servers #1", refused, 1), ("servers #1", "429 with Retry-After", 2), ("servers #1", lost, 4)]
    assert shots(every) == ([("networks #1", killed)], [*at_server, ("*?versioning #1", lost, 1)])
    assert shots(every, done={network.look: 1, server.look: 2})[0] == [("servers #1", killed)]
    assert shots(every, done={network.look: 1, server.look: 3})[0] == [("* #1", killed)]
    assert shots(every, done={call.look: 3 for call in plan().calls["up"]}) == ([], [])


def test_a_command_survives_several_faults_before_the_one_that_it_does_not_survive() -> None:
    network, server, *_, bucket, versioning = plan().calls["up"]
    killed, survived = "kill all, after the effect", "kill state server, after the effect"
    every = [cases.Case("vng", "up", call, survived, "again") for call in (network, server, bucket, versioning)]
    names = ["networks #1", "servers #1", "* #1", "*?versioning #1"]
    assert shots(every)[0] == [(name, survived) for name in names]
    every.append(cases.Case("vng", "up", bucket, killed, "again"))
    assert shots(every)[0] == [("* #1", killed), *((name, survived) for name in names[:2])]
    every.append(cases.Case("vng", "up", network, "kill state server, before the effect", "again"))
    assert len(shots(every)[0]) == 3, "one at a call"
    full = cases.Case("vng", "up", bucket, "disk full", "again")
    assert shots([*every[:4], full])[0] == [("* #1", "disk full")]
    assert chains.AT_ONCE < RESTARTS


def test_calls_that_are_not_alike_meet_one_fault_each() -> None:
    _, server, *_ = plan().calls["move"]
    third = plan().calls["move"][3]
    faults = ("500 before the effect", "lost answer")
    every = [cases.Case("vng", "move", call, fault, "again") for call in (server, third) for fault in faults]
    assert shots(every, "move") == ([], [("servers #1", faults[0], 1), ("servers #3", faults[0], 3)])


def test_what_is_there_is_not_made() -> None:
    network, server, *_ = plan().calls["up"]
    order = chains.Order("vng", "up", plan(), [network])
    found = [order.when(cases.Case("vng", "up", call, "hang", "revert"), {}) for call in (network, server)]
    assert found == [None, 1]


def test_a_move_makes_everything_before_it_deletes() -> None:
    here, there = plan(), plan()
    calls = [*here.calls["move"][:2], *(cases.Call("aws", call.method, call.path, 1) for call in there.calls["up"][:2])]
    here.calls["move"] = calls
    order = chains.Order("vng", "move", here)
    faulty = [cases.Case("vng", "move", call, "hang", "again") for call in calls]
    assert [case.call.cloud for case in sorted(faulty, key=order.place)] == ["aws", "aws", "vng", "vng"]


def test_what_a_chain_did_not_show_is_played_singly() -> None:
    every = choice.one_of_each({"vng": plan()}, ["up"], "500")
    failed, late, once, *rest = (case.name for case in every)
    row = {"problems": [], "passed": [late], "cases": [late, once]}
    known = {
        "a": row | {"problems": ["orphan"], "passed": [], "cases": [failed]},
        "b": row | {"passed": [late, once]},
        "c": row,
    }
    bad, passed = results.of_chains({**known, failed: {"problems": []}})
    assert (bad, passed) == ({failed}, {late: 2, once: 1})
    works = chains.works_of(every, bad, passed)
    assert [works[0].name, works[-1].name] == [failed, late]
    together = {case.name for work in works for case in getattr(work, "cases", ())}
    assert together <= {once, *rest}
    assert len(together) > len(rest) / 2
    assert [row["name"] for row in results.failed_chains({"a": {"name": "a", **known["a"]}}, every)] == ["a"]
    alone = {"a": known["a"], failed: {"name": failed, "problems": ["orphan"]}}
    assert not results.failed_chains(alone, every), "the case tells it"


def test_which_of_the_calls_to_come_is_meant() -> None:
    last = plan().calls["up"][3]
    assert [chains.due(last, done, 5, alike=False) for done in range(6)] == [3, 2, 1, None, None, None]
    assert [chains.due(last, done, 5, alike=True) for done in range(6)] == [3, 2, 1, 1, 1, None], "any will do"
