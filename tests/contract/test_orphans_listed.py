"""Orphans on an emulated account: whose they are is told by name, by id and by what is being made."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from mcloud.engine.orphans import Known, delete_orphans, find_orphans
from mcloud.model.base import Placement

AT = Placement("vng", "hcm-3")
MARK = "abc234"


def test_only_what_carries_the_mark_and_is_nobody_s(account: Any) -> None:
    names = {
        "kept": f"main-{MARK}-00000",
        "second": f"main-{MARK}-11111",
        "making": f"soon-{MARK}-22222",
        "lost": f"gone-{MARK}-33333",
        "another state's": "main-xyz789-00000",
        "somebody's": "a-network",
    }
    ids = {
        what: account.make("Network", name, cidr=f"10.{number}.0.0/16")
        for number, (what, name) in enumerate(names.items(), 1)
    }
    known = Known(frozenset({AT.id_of(ids["kept"])}), frozenset({names["making"]}), frozenset({("Network", "main")}))
    context: Any = SimpleNamespace(operations=lambda at: account.operations, state_id=MARK)

    found, unseen = find_orphans(context, [AT], known)
    # The profile has no keys of object storage: told, and the rest is looked at all the same.
    assert list(unseen) == ["bucket at vng/hcm-3"]
    assert [(item.kind, item.name, item.twin) for item in found] == [
        ("Network", names["lost"], False),
        ("Network", names["second"], True),
    ]
    assert found[1].advice == f"a second one beside the state's; --delete {names['second']} deletes it"
    assert delete_orphans(context, found[:1], lambda text: None) == found[:1]
    assert find_orphans(context, [AT], known)[0] == found[1:]
    left = {item["displayName"] for item in account.inventory("networks")}
    assert left == set(names.values()) - {names["lost"]}
