"""Check and diff: complete inputs, choices that stay, gaps that stop, and what a change means."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Found, Kind, Observed
from mcloud.catalog.types import Catalog, DiskClass, Flavor, Image, Provenance, Region, Zone
from mcloud.engine.codec import UNKNOWN, Secret
from mcloud.engine.provider.check import Checked, Failure, Request, check, defaults, normalise
from mcloud.engine.provider.diff import Difference, difference, outputs_of
from mcloud.model.resources import KINDS
from mcloud.secrets import SecretReader
from mcloud.units import Size

SOURCE = Provenance("a page", date(2026, 1, 2), "vendor-doc")


def flavor(name: str, vcpu: int, gib: int) -> Flavor:
    return Flavor(name, "r-1", "Z-1", vcpu, Size.gib(gib), SOURCE, f"f-{name}")


CATALOG = Catalog(
    "c",
    (Region("r-1", ("r",), "R", (Zone("Z-1", "One", default=True), Zone("Z-2", "Two")), SOURCE),),
    flavors=(flavor("small", 2, 4), flavor("large", 8, 16)),
    images=(
        Image("ubuntu", "22.04", "u22", "r-1", SOURCE, "i-22"),
        Image("debian", "12", "d12", "r-1", SOURCE, "i-12"),
    ),
    disks=(
        DiskClass("slow", "ssd", "r-1", "Z-1", SOURCE, "d-slow"),
        DiskClass("fast", "nvme", "r-1", "Z-1", SOURCE, "d-fast"),
    ),
)
CHEAPER = replace(CATALOG, flavors=(flavor("newer", 1, 2), flavor("other", 2, 4), *CATALOG.flavors[1:]))
SERVER = {
    "placement": "c/r",
    "size": {"vcpu": 2, "memory": "4 GiB"},
    "image": {"os": "ubuntu", "version": "22.04"},
    "subnet": "c/r-1/n/s",
}
PICKS = {
    "zone": "Z-1",
    "flavor": "small",
    "flavorId": "f-small",
    "image": "u22",
    "imageId": "i-22",
    "diskType": "slow",
    "diskTypeId": "d-slow",
}


class FakeKind(Kind):
    """Lacks labels (lossy) and a memory of 3 GiB (blocking)."""

    kind = "Server"
    name_limit = 20
    replace_on = frozenset({"image", "cidr", "resolved.zone"})

    def gaps(self, resource: str, inputs: Any) -> list[Gap]:
        found = [Gap("labels", resource, "lossy", "no labels", "do without")] if inputs.get("labels") else []
        if (inputs.get("size") or {}).get("memory") == "3 GiB":
            found.append(Gap("size", resource, "blocking", "no 3 GiB", "take 4"))
        if inputs.get("userData"):
            found.append(Gap("data", resource, "substituted", "other data", "done"))
        return found

    def translate(self, inputs: Any, picks: Any) -> dict[str, Any]:
        return {}

    def observe(self, at: Any, native: Any) -> Observed:
        return Observed({})

    def create(self, session: Any, inputs: Any, picks: Any) -> str:
        return ""

    def read(self, session: Any, native_id: str) -> None:
        return None

    def delete(self, session: Any, native_id: str) -> None:
        return None

    def find(self, session: Any, inputs: Any) -> Found:
        return Found()

    def list(self, session: Any) -> Any:
        return ()


class GoneFirst(FakeKind):
    """The old one goes first."""

    delete_first = True


def checked(news: dict[str, Any], olds: Any = None, catalog: Catalog = CATALOG, **more: Any) -> Checked:
    kind = more.pop("kind", "Server")
    return check(Request(KINDS[kind], "web", news, olds, b"seed", "abc123", **more), FakeKind(), catalog)


def test_a_new_server_is_completed() -> None:
    found = checked(SERVER)
    assert found.failures == ()
    assert found.inputs["placement"] == "c/r-1"
    assert found.inputs["resolved"] == PICKS
    assert found.inputs["disk"] == {"size": "20 GiB", "class": "ssd"}
    assert found.inputs["stateless"] is False
    assert found.inputs["name"].startswith("web-abc123-")
    assert len(found.inputs["name"]) <= 20


def test_checking_again_changes_nothing() -> None:
    once = checked(SERVER).inputs
    assert checked(SERVER, once).inputs == once
    assert checked(SERVER, once, CHEAPER).inputs == once, "a fresher catalog resizes nothing"
    assert checked(once, once).inputs == once


def test_a_name_of_one_s_own_stays() -> None:
    assert checked(SERVER | {"name": "mine"}).inputs["name"] == "mine"
    assert checked(SERVER, checked(SERVER).inputs | {"name": "older"}).inputs["name"] == "older"


@pytest.mark.parametrize(
    ("change", "catalog", "changed"),
    [
        ({"image": {"os": "debian", "version": "12"}}, CHEAPER, {"image": "d12", "imageId": "i-12"}),
        ({"size": {"vcpu": 8, "memory": "4 GiB"}}, CATALOG, {"flavor": "large", "flavorId": "f-large"}),
        ({"size": {"vcpu": 2, "memory": "2 GiB"}}, CHEAPER, {"flavor": "other", "flavorId": "f-other"}),
        ({"disk": {"class": "nvme"}}, CHEAPER, {"diskType": "fast", "diskTypeId": "d-fast"}),
        ({"disk": {"size": "40 GiB"}}, CHEAPER, {}),
        ({"labels": {}}, CHEAPER, {}),
    ],
)
def test_only_what_was_chosen_by_it_is_chosen_anew(
    change: dict[str, Any], catalog: Catalog, changed: dict[str, str]
) -> None:
    found = checked(SERVER | change, checked(SERVER).inputs, catalog)
    assert found.inputs["resolved"] == PICKS | changed


@pytest.mark.parametrize("more", [{"rematch": True}, {}])
def test_another_place_or_a_wish_chooses_all_anew(more: dict[str, Any]) -> None:
    olds = checked(SERVER).inputs | ({} if more else {"placement": "c/r-0"})
    assert checked(SERVER, olds, CHEAPER, **more).inputs["resolved"]["flavor"] == "other"


def test_a_zone_that_the_placement_does_not_name_any_more_is_no_reason_to_move() -> None:
    olds = checked(SERVER).inputs | {"placement": "c/r-1/Z-2", "resolved": PICKS | {"zone": "Z-2"}}
    assert checked(SERVER, olds).inputs["resolved"] == PICKS | {"zone": "Z-2"}
    assert checked(SERVER, olds | {"placement": "c/r-0/Z-2"}).inputs["resolved"] == PICKS


@pytest.mark.parametrize(
    ("change", "failures"),
    [
        ({"size": {"vcpu": 2, "memory": "4"}}, [("size.memory", "'4' has no unit; write it like '4 GiB'")]),
        ({"sizes": 1}, [("sizes", "Extra inputs are not permitted")]),
        ({"image": None}, [("image", "Field required")]),
        ({"placement": "nowhere"}, [("placement", "String should match pattern")]),
        ({"placement": "c/q"}, [("", "c has no region 'q'\n  hint: known: r-1")]),
        ({"zone": "Z-9"}, [("", "c/r-1 has no zone 'Z-9'")]),
        ({"flavor": "smal"}, [("", "no flavor in Z-1 for smal\n  hint: there is no flavor smal; did you mean small?")]),
        ({"size": {"vcpu": 2, "memory": "3 GiB"}}, [("", "no 3 GiB; take 4 [gap size, blocking]")]),
        ({"labels": {"a": "b"}}, [("", "no labels; do without [gap labels, lossy]")]),
        ({"labels": {"a": "b"}, "accept": {"labels": "fine"}}, []),
        ({"userData": "x"}, []),
    ],
)
def test_what_does_not_do(change: dict[str, Any], failures: list[tuple[str, str]]) -> None:
    found = checked(SERVER | change)
    assert [failure.prop for failure in found.failures] == [prop for prop, _ in failures]
    for failure, (_, says) in zip(found.failures, failures, strict=True):
        assert says in failure.reason


def test_gaps_are_shown_also_where_they_stop_nothing() -> None:
    found = checked(SERVER | {"userData": "x", "labels": {"a": "b"}, "accept": {"labels": "fine"}})
    assert [gap.code for gap in found.gaps] == ["labels", "data"]


def test_values_that_are_not_known_yet_pass() -> None:
    news = SERVER | {
        "subnet": UNKNOWN,
        "securityGroups": [UNKNOWN],
        "userData": Secret(UNKNOWN),
        "labels": {"a": UNKNOWN},
    }
    found = checked(news)
    assert found.failures == ()
    assert found.inputs["subnet"] is UNKNOWN
    assert found.inputs["securityGroups"] == [UNKNOWN]
    assert found.inputs["labels"] == {"a": UNKNOWN}
    assert found.inputs["resolved"] == PICKS


def test_no_gaps_before_all_is_known() -> None:
    found = checked(
        {"placement": "c/r", "group": "g", "direction": "ingress", "protocol": UNKNOWN}, kind="SecurityGroupRule"
    )
    assert (found.failures, found.gaps) == ((), ())


def test_a_value_that_is_not_known_and_of_no_form_is_looked_at_later() -> None:
    news = {"placement": "c/r", "cidr": UNKNOWN}
    assert normalise(KINDS["Network"].inputs, news) == (news, ())
    made, failures = normalise(KINDS["Network"].inputs, news | {"nmae": 1})
    assert made == {}
    assert failures == (Failure("nmae", "Extra inputs are not permitted"),)


def test_what_is_left_out_and_none_mean_the_same() -> None:
    model = KINDS["Subnet"].inputs
    base = {"placement": "c/r", "network": "c/r/n", "cidr": "10.0.0.0/24"}
    assert normalise(model, base | {"zone": None, "resolved": {"zone": "x"}}) == normalise(model, base)
    empty: dict[str, Any] = {"labels": {}, "extensions": {}, "accept": {}, "around": {}}
    assert normalise(model, base)[0] == base | {"internet": "none", **empty}


def test_defaults() -> None:
    assert defaults(KINDS["Server"].inputs) == {
        "labels": {},
        "extensions": {},
        "accept": {},
        "around": {},
        "securityGroups": [],
        "disk": {"size": "20 GiB", "class": "ssd"},
        "stateless": False,
    }


def differs(news: dict[str, Any], kind: Kind | None = None, **more: Any) -> Difference:
    old = checked(SERVER).inputs
    outputs = more.get("outputs", old)
    return difference(KINDS["Server"], kind or FakeKind(), outputs, more.get("inputs", old), news)


@pytest.mark.parametrize(
    ("change", "changed", "replaces"),
    [
        ({}, (), ()),
        ({"accept": {"x": "y"}}, (), ()),
        ({"stateless": True}, ("stateless",), ()),
        ({"image": {"os": "debian", "version": "12"}}, ("image",), ("image",)),
        ({"resolved": PICKS | {"zone": "Z-2"}}, ("resolved.zone",), ("resolved.zone",)),
        ({"resolved": PICKS | {"flavor": "large"}}, ("resolved.flavor",), ()),
        ({"resolved": UNKNOWN}, (), ()),
        ({"subnet": UNKNOWN}, ("subnet",), ()),
        ({"placement": "c/r-1/Z-2"}, ("placement",), ()),
        ({"placement": "c/r-2"}, ("placement",), ("placement",)),
        ({"placement": UNKNOWN}, ("placement",), ("placement",)),
        ({"userData": "x"}, ("userData",), ()),
    ],
)
def test_a_difference(change: dict[str, Any], changed: tuple[str, ...], replaces: tuple[str, ...]) -> None:
    assert differs(checked(SERVER).inputs | change) == Difference(changed, replaces)


def test_what_is_taken_out_is_a_change_unless_it_was_the_default() -> None:
    news = checked(SERVER).inputs
    without = {key: value for key, value in news.items() if key not in ("stateless", "disk")}
    assert differs(without) == Difference()
    before = news | {"userData": "x", "zone": None}
    assert differs(news, inputs=before, outputs=before) == Difference(("userData",), ())


def test_what_was_changed_behind_its_back_is_seen() -> None:
    news = checked(SERVER).inputs
    assert differs(news, outputs=news | {"name": "other"}) == Difference(("name",), ())


@pytest.mark.parametrize(("kind", "first"), [(FakeKind(), False), (GoneFirst(), True)])
def test_what_failed_before_it_was_ready_is_made_anew(kind: Kind, first: bool) -> None:
    news = checked(SERVER).inputs
    assert differs(news, kind, outputs=news | {"unfinished": True}) == Difference()
    found = differs(news, kind, outputs=news | {"unfinished": True, "failed": "ERROR"})
    assert found == Difference(("failed",), ("failed",), first)


@pytest.mark.parametrize(
    ("change", "first"),
    [({"image": {"os": "debian", "version": "12"}}, True), ({"placement": "d/q", "image": {}}, False), ({}, False)],
)
def test_the_old_one_goes_first_in_one_place(change: dict[str, Any], first: bool) -> None:
    assert differs(checked(SERVER).inputs | change, GoneFirst()).delete_first is first


def test_outputs_are_what_is_there_in_the_words_that_were_asked() -> None:
    inputs = {
        "name": "web",
        "securityGroups": ["b", "a"],
        "subnet": "n/s",
        "disk": {"size": "40 GiB", "class": "ssd"},
        "labels": ("x", "y"),
        "resolved": {"zone": "Z-1", "flavor": "small"},
    }
    seen = Observed(
        {"name": "other", "securityGroups": ["a", "b"], "disk": {"size": "50 GiB"}, "labels": ["z"], "more": 1},
        {"flavor": "large", "imageId": "i"},
        {"privateIp": "10.0.0.4"},
    )
    assert outputs_of(inputs, seen, "acct") == {
        "name": "other",
        "securityGroups": ["b", "a"],
        "subnet": "n/s",
        "disk": {"size": "50 GiB", "class": "ssd"},
        "labels": ["z"],
        "resolved": {"zone": "Z-1", "flavor": "large"},
        "privateIp": "10.0.0.4",
        "account": "acct",
    }
    assert outputs_of({}, Observed({}), "acct") == {"resolved": {}, "account": "acct"}


def test_what_is_kept_elsewhere_gets_a_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA", "#!/bin/sh")
    reader = SecretReader(key=b"k")
    kept = SERVER | {"userData": {"secret": "env:DATA"}}
    first = checked(kept, secrets=reader).inputs["userData"]
    assert first == {"secret": "env:DATA", "digest": reader.digest("env:DATA")}
    assert checked(kept | {"userData": first}, secrets=reader).inputs["userData"] == first
    monkeypatch.setenv("DATA", "#!/bin/bash")
    assert checked(kept, secrets=reader).inputs["userData"] != first
    monkeypatch.delenv("DATA")
    assert "DATA is not set" in checked(kept, secrets=reader).failures[0].reason
    assert "there is no key" in checked(kept).failures[0].reason


def test_the_same_text_elsewhere_is_no_change() -> None:
    kept = SERVER | {"userData": {"secret": "env:A", "digest": "1"}}
    moved = SERVER | {"userData": {"secret": "file:b", "digest": "1"}}
    other = SERVER | {"userData": {"secret": "env:A", "digest": "2"}}
    assert differs(moved, inputs=kept, outputs=kept) == Difference()
    assert differs(other, inputs=kept, outputs=kept).changed == ("userData",)


def test_what_is_around_changes_nothing() -> None:
    before = checked(SERVER).inputs
    assert differs(before | {"around": {"x": True}}, outputs=before) == Difference()


CERTIFICATE = {"placement": "c/r", "certificate": "PEM", "privateKey": {"secret": "env:KEY"}}


def test_a_key_that_is_no_reference_is_refused_without_showing_it() -> None:
    (failure,) = checked({**CERTIFICATE, "privateKey": {"secret": "MIIE"}}, kind="Certificate").failures
    assert failure.prop == "privateKey.secret"
    assert "MIIE" not in failure.reason


def test_a_key_that_is_not_known_yet() -> None:
    found = checked({**CERTIFICATE, "privateKey": UNKNOWN}, kind="Certificate")
    assert found.failures == ()
    assert found.inputs["privateKey"] is UNKNOWN


def test_an_order_that_counts_is_seen() -> None:
    inputs = {"rules": [{"path": "/a"}, {"path": "/b"}], "sni": ["x", "y"]}
    seen = {"rules": [{"path": "/b"}, {"path": "/a"}], "sni": ["y", "x"]}
    found = outputs_of(inputs, Observed(seen, ordered=frozenset({"rules"})), "account")
    assert (found["rules"], found["sni"]) == (seen["rules"], inputs["sni"])


def test_gaps_are_told_while_a_rule_s_pool_is_not_known_yet() -> None:
    news = {
        "placement": "c/r",
        "loadBalancer": UNKNOWN,
        "port": 80,
        "protocol": "http",
        "rules": [{"path": "/a", "pool": UNKNOWN}],
        "labels": {"a": "b"},
    }
    assert [gap.code for gap in checked(news, kind="Listener").gaps] == ["labels"]
