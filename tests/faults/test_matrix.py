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


def test_chains() -> None:
    """Each case is in one chain, in the order of its calls, or is left to be played singly."""
    plans, phases = {"aws": plan(), "vng": plan()}, cases.PHASES
    every = choice.one_of_each(plans, phases)
    found, left = chains.chains_of(every, plans, 4)
    assert Counter(case for chain in found for case in chain.cases) + Counter(left) == Counter(every)
    assert {len(chain.cases) for chain in found} == {2, 3, 4}
    assert len({chain.name for chain in found}) == len(found)
    for chain in found:
        assert {(case.cloud, case.phase, case.after) for case in chain.cases} == {
            (chain.cloud, chain.phase, chain.after)
        }
        places = [plans[chain.cloud].calls[chain.phase].index(case.call) for case in chain.cases]
        assert places == sorted(places)
        assert len({case.call.look for case in chain.cases}) == len(chain.cases), "one of each kind of call"
    assert {(case.phase, case.after) for case in left} >= chains.SINGLE
    assert not {(chain.phase, chain.after) for chain in found} & chains.SINGLE
    first = {(case.cloud, case.phase, case.after): case for case in reversed(every)}
    assert {first[chain.cloud, chain.phase, chain.after] in chain.cases for chain in found[:5]} == {True}


def test_a_move_makes_everything_before_it_deletes() -> None:
    here, there = plan(), plan()
    calls = [*here.calls["move"][:2], *(cases.Call("aws", call.method, call.path, 1) for call in here.calls["up"][:2])]
    here.calls["move"] = calls
    faulty = [cases.Case("vng", "move", call, "hang", "again") for call in calls]
    [chain], _ = chains.chains_of(faulty, {"vng": here, "aws": there})
    assert [case.call.cloud for case in chain.cases] == ["aws", "aws", "vng", "vng"]


def test_what_a_chain_did_not_show_is_played_singly() -> None:
    plans = {"vng": plan()}
    every = choice.one_of_each(plans, ["up"], "500")
    failed, late, once, *rest = (case.name for case in every)
    row = {"problems": [], "passed": [late], "cases": [late, once]}
    known = {
        "a": row | {"problems": ["orphan"], "passed": [], "cases": [failed]},
        "b": row | {"passed": [late, once]},
        "c": row,
    }
    bad, passed = results.of_chains({**known, failed: {"problems": []}})
    assert (bad, passed) == ({failed}, {late: 2, once: 1})
    works = chains.works_of(every, bad, passed, plans)
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
