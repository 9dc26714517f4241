"""Journal entries folded into a state, by tables: what each kind of entry does to what was there."""

from __future__ import annotations

from typing import Any

import pytest

from mcloud.engine.stateserver.replay import (
    BEGIN,
    EXTENSION,
    FAILURE,
    OUTPUTS,
    REBUILT,
    REFRESH,
    SECRETS,
    SNIPPETS,
    SUCCESS,
    WRITE,
    Replay,
    features,
)
from mcloud.errors import StateError


def urn(name: str) -> str:
    return f"urn:pulumi:dev::mcloud::test:index:Group::{name}"


def resource(name: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn(name), "custom": True, "type": "test:index:Group", **more}


def entry(kind: int, number: int = 1, **more: Any) -> dict[str, Any]:
    return {"version": 1, "kind": kind, "operationID": number, "sequenceID": 1, **more}


def creating(name: str) -> dict[str, Any]:
    return {"resource": resource(name), "type": "creating"}


OLD = {"resources": [resource("a", id="1"), resource("b", id="2", dependencies=[urn("a")], parent=urn("a"))]}


def replayed(*entries: dict[str, Any], base: dict[str, Any] | None = None) -> dict[str, Any]:
    replay = Replay(OLD if base is None else base)
    for item in entries:
        replay.add(item)
    return replay.deployment()


def shown(deployment: dict[str, Any]) -> list[str]:
    """Names and ids, with a mark of what is to go."""
    marks = {"delete": "-", "pendingReplacement": "~"}
    return [
        item["urn"].rsplit("::", 1)[1] + item.get("id", "") + "".join(marks[key] for key in marks if item.get(key))
        for item in deployment.get("resources") or ()
    ]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], ["a1", "b2"]),
        ([entry(SUCCESS, state=resource("c", id="3"))], ["c3", "a1", "b2"]),
        ([entry(SUCCESS, state=resource("a", id="1"), removeOld=0)], ["a1", "b2"]),
        ([entry(SUCCESS, removeOld=1)], ["a1"]),
        ([entry(SUCCESS, state=resource("a", id="9"), deleteOld=0)], ["a9", "a1-", "b2"]),
        ([entry(SUCCESS, pendingReplacementOld=1)], ["a1", "b2~"]),
        (
            [entry(SUCCESS, 1, state=resource("c", id="3")), entry(SUCCESS, 2, removeNew=1)],
            ["a1", "b2"],
        ),
        (
            [entry(SUCCESS, 1, state=resource("c", id="3")), entry(SUCCESS, 2, deleteNew=1)],
            ["c3-", "a1", "b2"],
        ),
        (
            [entry(SUCCESS, 1, state=resource("c", id="3")), entry(SUCCESS, 2, pendingReplacementNew=1)],
            ["c3~", "a1", "b2"],
        ),
        ([entry(FAILURE, state=resource("c"))], ["a1", "b2"]),
        ([entry(REFRESH, state=resource("b", id="5"), removeOld=1)], ["a1", "b5"]),
        ([entry(REFRESH, removeOld=1)], ["a1"]),
        (
            [entry(SUCCESS, 1, state=resource("c", id="3")), entry(REFRESH, 2, removeNew=1)],
            ["a1", "b2"],
        ),
        (
            [
                entry(SUCCESS, 1, state=resource("c", id="3")),
                entry(REFRESH, 2, state=resource("c", id="4"), removeNew=1),
            ],
            ["c4", "a1", "b2"],
        ),
        ([entry(OUTPUTS, state=resource("b", id="6"), removeOld=1)], ["a1", "b6"]),
        (
            [
                entry(SUCCESS, 1, state=resource("c", id="3")),
                entry(OUTPUTS, 2, state=resource("c", id="7"), removeNew=1),
            ],
            ["c7", "a1", "b2"],
        ),
        ([entry(OUTPUTS, removeOld=1)], ["a1", "b2"]),
        ([entry(WRITE, 0, newSnapshot={"resources": [resource("n", id="8")]})], ["n8"]),
        # What was refreshed counts as deleted when it is deleted afterwards.
        ([entry(REFRESH, 1, state=resource("b", id="5"), removeOld=1), entry(SUCCESS, 2, removeOld=1)], ["a1"]),
        # After a refresh places are counted anew.
        ([entry(REFRESH, 1, removeOld=0), entry(REBUILT, 0), entry(SUCCESS, 2, removeOld=0)], []),
    ],
)
def test_what_is_there(entries: list[dict[str, Any]], expected: list[str]) -> None:
    before = repr(OLD)
    assert shown(replayed(*entries)) == expected
    assert repr(OLD) == before


def test_operations_that_have_not_ended_are_pending() -> None:
    begun = [entry(BEGIN, 1, operation=creating("c")), entry(BEGIN, 2, operation=creating("d"))]
    assert replayed(*begun)["pending_operations"] == [creating("c"), creating("d")]
    assert replayed(*begun, entry(SUCCESS, 1, state=resource("c", id="3")))["pending_operations"] == [creating("d")]
    assert "pending_operations" not in replayed(entry(BEGIN, 1))
    assert "pending_operations" not in replayed(*begun, entry(FAILURE, 1), entry(FAILURE, 2))


def test_a_create_of_a_former_run_stays_pending_and_nothing_else_does() -> None:
    base = {**OLD, "pending_operations": [creating("c"), {**creating("d"), "type": "deleting"}]}
    assert replayed(base=base)["pending_operations"] == [creating("c")]


def test_which_creates_ended_and_how() -> None:
    replay = Replay(OLD)
    for number, name in enumerate("cde"):
        replay.add(entry(BEGIN, number, operation=creating(name)))
    replay.add(entry(SUCCESS, 0, state=resource("c", id="3")))
    replay.add(entry(FAILURE, 1))
    assert replay.made() == {urn("c")}
    assert replay.failed_creates() == [creating("d")]
    assert replay.failed_updates() == []
    changing = {**creating("a"), "type": "updating"}
    replay.add(entry(BEGIN, 4, operation=changing))
    assert changing in replay.deployment()["pending_operations"]
    replay.add(entry(FAILURE, 4))
    assert (replay.failed_creates(), replay.failed_updates()) == ([creating("d")], [changing])


def test_after_a_refresh_nothing_refers_to_what_is_gone() -> None:
    base = {
        "resources": [
            resource("a", id="1"),
            resource("b", id="2", parent=urn("a")),
            resource(
                "c",
                id="3",
                parent=urn("b"),
                deletedWith=urn("a"),
                replaceWith=[urn("a")],
                dependencies=[urn("a"), urn("b")],
                propertyDependencies={"x": [urn("a")], "y": [urn("b"), urn("a")], "z": None},
            ),
        ]
    }
    found = replayed(entry(REFRESH, removeOld=0), base=base)["resources"]
    assert found[0] == resource("b", id="2", parent="")
    assert found[1] == resource(
        "c",
        id="3",
        parent=urn("b"),
        replaceWith=[],
        dependencies=[urn("b")],
        propertyDependencies={"y": [urn("b")]},
    )
    untouched = replayed(entry(SUCCESS, removeOld=0), base=base)["resources"]
    assert untouched == base["resources"][1:]


def test_a_new_name_is_written_everywhere() -> None:
    child = "urn:pulumi:dev::mcloud::test:index:Group$test:index:Part::p"
    provider = f"{urn('old')}::7"
    base = {
        "resources": [
            resource("new", id="1", aliases=[urn("old")]),
            {"urn": child, "type": "test:index:Part", "parent": urn("old"), "provider": provider},
            resource("b", id="2", dependencies=[urn("old")], propertyDependencies={"x": [urn("old")], "y": None}),
        ]
    }
    found = replayed(base=base)["resources"]
    assert found[0] == resource("new", id="1")
    assert (found[1]["parent"], found[1]["provider"], found[1]["urn"]) == (urn("new"), f"{urn('new')}::7", child)
    assert (found[2]["dependencies"], found[2]["propertyDependencies"]) == ([urn("new")], {"x": [urn("new")], "y": []})


def test_what_else_a_state_carries() -> None:
    found = replayed(
        entry(SECRETS, 0, secretsProvider={"type": "passphrase", "state": {"salt": "x"}}),
        entry(SNIPPETS, 0, snippets=[{"id": "s"}]),
        entry(EXTENSION, extensionRef="r", extension={"value": 1}),
        base={**OLD, "metadata": {}},
    )
    assert found["secrets_providers"] == {"type": "passphrase", "state": {"salt": "x"}}
    assert found["snippets"] == [{"id": "s"}]
    assert found["extensions"] == {"r": {"value": 1}}
    assert found["metadata"] == {}
    assert found["manifest"]["magic"] == ""
    assert features(found) == ["snippets-prototype"]


def test_features_come_from_resources_and_from_operations() -> None:
    assert features({}) == []
    assert features({}, has_bytes=True) == ["byteString"]
    operation = {"type": "creating", "resource": resource("c", replaceWith=[urn("a")])}
    deployment = {"resources": [resource("a", taint=True, viewOf="")], "pending_operations": [operation]}
    assert features(deployment) == ["replaceWith", "taint"]
    replay = Replay(OLD)
    replay.add(entry(SUCCESS, state=resource("c"), requiresByteString=True))
    assert replay.has_bytes


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({**entry(SUCCESS), "version": 2}, "a journal entry of version 2 is not known"),
        (entry(10), "a journal entry of kind 10 is not known"),
        (entry(SUCCESS, removeNew=77), "the journal speaks of operation 77, which it does not have"),
    ],
)
def test_what_is_not_understood_is_not_passed_over(bad: dict[str, Any], says: str) -> None:
    with pytest.raises(StateError, match=says):
        replayed(bad)
