"""Joining, accounting and assumptions, on a made-up source."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcloud.discover.discovery import Discovery, Outcome
from mcloud.discover.meaning import (
    GroupPart,
    KeyPart,
    Meaning,
    Meant,
    NetworkPart,
    Note,
    RulePart,
    ServerPart,
    SubnetPart,
    refusal,
)
from mcloud.discover.overlay import move_block
from mcloud.discover.pipeline import discover_tfstate
from mcloud.discover.tfstate import StateResource
from mcloud.discover.write import to_json, to_yaml
from mcloud.errors import DiscoverError
from mcloud.model.stack import Stack


def _group(resource: StateResource) -> Meant:
    a = resource.attributes
    return Meant(GroupPart(a["id"], a.get("net"), a.get("description")))


def _rule(resource: StateResource) -> Meant:
    a = resource.attributes
    ports = (a["port"], a["port"]) if "port" in a else None
    peers = tuple(a.get("cidrs", ())), tuple(a.get("groups", ()))
    return Meant(RulePart(a["group"], a.get("direction", "ingress"), "tcp", ports, *peers, a.get("d")))


def _server(resource: StateResource) -> Meant:
    a = resource.attributes
    return Meant(
        ServerPart(
            id=a["id"],
            flavor=a.get("flavor", "big"),
            size=(2, 4096) if a.get("flavor", "big") == "big" else None,
            image=a.get("image", "i-1"),
            subnet=a.get("subnet", "s1"),
            groups=tuple(a.get("groups", ())),
            key=a.get("key"),
            public_ip=a.get("public"),
            disk_gib=a.get("disk"),
        )
    )


MEANINGS: dict[str, Meaning] = {
    "net": lambda r: Meant(NetworkPart(r.attributes["id"], r.attributes["cidr"]), (Note("x", "no word"),)),
    "sub": lambda r: Meant(
        SubnetPart(r.attributes["id"], r.attributes["net"], r.attributes["cidr"], r.attributes.get("direct"))
    ),
    "group": _group,
    "rule": _rule,
    "key": lambda r: Meant(KeyPart(r.attributes["id"], r.attributes.get("text"))),
    "server": _server,
    "base": refusal("no databases", "dump it"),
}

NET = ("net", "main", {"id": "n1", "cidr": "172.31.0.0/16"})
SUB = ("sub", "a", {"id": "s1", "net": "n1", "cidr": "172.31.16.0/20"})
GROUP = {"id": "g1", "net": "n1"}
IMAGE = {"images": {"i-1": {"os": "ubuntu", "version": "22.04"}}}
Row = tuple[Any, ...]


def write_state(path: Path, *rows: Row) -> Path:
    """Rows are (type, name, attributes, extra keys of the instance and resource)."""
    resources: dict[tuple[str, str, str], dict[str, Any]] = {}
    for kind, name, attributes, *more in rows:
        extra = more[0] if more else {}
        mode = extra.get("mode", "managed")
        entry = resources.setdefault((mode, kind, name), {"mode": mode, "type": kind, "name": name, "instances": []})
        instance = {key: value for key, value in extra.items() if key in ("index_key", "deposed")}
        entry["instances"].append({"attributes": attributes, **instance})
    path.write_text(json.dumps({"version": 4, "resources": list(resources.values())}), encoding="utf-8")
    return path


def discover(folder: Path, *rows: Row, overlay: dict[str, Any] | None = None) -> Discovery:
    path = write_state(folder / "a.tfstate", *rows)
    return discover_files([path], folder, overlay)


def discover_files(paths: list[Path], folder: Path, overlay: dict[str, Any] | None) -> Discovery:
    said = folder / "overlay.yaml"
    said.write_text(yaml.safe_dump(overlay or {}), encoding="utf-8")
    return discover_tfstate(paths, said, placement="sky/north", meanings=MEANINGS, strict=True)


def fates(found: Discovery) -> dict[str, str]:
    return {outcome.address: outcome.fate for outcome in found.outcomes}


def test_parts_of_several_files_join_by_native_id(tmp_path: Path) -> None:
    files = [
        write_state(tmp_path / "1", ("server", "web", {"id": "v1", "groups": ["g1"], "key": "k1", "disk": 30})),
        write_state(tmp_path / "2", ("group", "front", GROUP), ("key", "me", {"id": "k1", "text": "ssh"})),
        write_state(tmp_path / "3", SUB, ("rule", "in", {"group": "g1", "port": 443, "cidrs": ["0.0.0.0/0"]})),
        write_state(tmp_path / "4", NET),
    ]
    found = discover_files(files, tmp_path, IMAGE)
    assert found.document == {
        "mcloud": 1,
        "name": "discovered",
        "placement": "sky/north",
        "networks": {
            "main": {"cidr": "172.31.0.0/16", "subnets": {"a": {"cidr": "172.31.16.0/20", "internet": "none"}}}
        },
        "security_groups": {
            "front": {
                "network": "main",
                "ingress": [{"protocol": "tcp", "ports": "443", "from": ["anywhere"]}],
                "egress": [],
            }
        },
        "keys": {"me": {"public_key": "ssh"}},
        "servers": {
            "web": {
                "size": {"vcpu": 2, "memory": "4 GiB"},
                "image": {"os": "ubuntu", "version": "22.04"},
                "subnet": "main.a",
                "security_groups": ["front"],
                "key": "me",
                "disk": {"size": "30 GiB", "class": "ssd"},
            }
        },
    }
    Stack.model_validate(found.document)
    assert [found.counts(str(file)).seen for file in files] == [1, 2, 2, 1]
    assert (len(found.mapped), len(found.folded), len(found.remainder)) == (5, 1, 0)


@pytest.mark.parametrize(
    ("row", "reason", "advice"),
    [
        (("odd", "x", {}), "no meaning is known for odd", "by hand"),
        (("base", "x", {}), "no databases", "dump it"),
        (("sub", "x", {"id": "s9", "net": "n9", "cidr": "10.0.0.0/24"}), "its network n9", "networks: n9"),
        (("sub", "x", {"id": "s9", "net": "n1", "cidr": "10.9.0.0/24"}), "outside its network's 172.31.0.0/16", ""),
        (("key", "x", {"id": "k"}), "do not hold the public key", "public_keys: k"),
        (("server", "x", {"id": "v", "subnet": "s9"}), "its subnet s9", "subnets: s9"),
        (("server", "x", {"id": "v", "subnet": None}), "in no subnet", ""),
        (("server", "x", {"id": "v", "flavor": "rare"}), "the size of rare", "sizes: rare"),
        (("server", "x", {"id": "v", "image": "i-9"}), "operating system of i-9", "images: i-9"),
        (("server", "x", {"id": "v"}, {"deposed": "1"}), "an old instance", "apply"),
        (("server", "x", {"id": "v"}, {"mode": "data"}), "a data source", "manages it"),
        (("rule", "x", {"group": "g1", "groups": ["g9"]}), "peer g9", "groups: g9"),
    ],
)
def test_what_stays_open_is_left_over_with_reason(tmp_path: Path, row: Row, reason: str, advice: str) -> None:
    found = discover(tmp_path, NET, SUB, ("group", "g", GROUP), row, overlay=IMAGE)
    (left,) = found.remainder
    assert (reason in left.reason, advice in left.advice) == (True, True), left
    assert f"{left.address} ({left.file}): {left.reason}" in to_yaml(found)
    assert found.counts().mapped == 3


def test_an_overlay_answers_and_the_answers_are_marked(tmp_path: Path) -> None:
    overlay = {
        "networks": {"n7": {"cidr": "10.7.0.0/16"}},
        "subnets": {"s7": {"network": "n7", "cidr": "10.7.1.0/24", "name": "inner", "internet": "outbound"}},
        "groups": {"g7": {"network": "n7", "name": "guard"}},
        "sizes": {"rare": {"vcpu": 4, "memory": "8 GiB"}},
        "public_keys": {"k": "ssh-rsa AAAA"},
        "disk_min": "20 GiB",
        **IMAGE,
    }
    rows = [
        ("server", "w", {"id": "v", "flavor": "rare", "subnet": "s7", "groups": ["g7"], "key": "k", "disk": 8}),
        ("key", "k", {"id": "k"}),
        ("rule", "r", {"group": "g7", "port": 22, "cidrs": ["10.7.0.0/16"]}),
    ]
    found = discover(tmp_path, *rows, overlay=overlay)
    text = to_yaml(found)
    assert not found.remainder
    assert not found.open
    assert found.document["servers"]["w"]["subnet"] == "n7.inner"
    for line in (
        "  n7:  # assumed: n7 is not in the sources",
        "      inner:  # assumed: s7 is not in the sources",
        "  guard:  # assumed: g7: only its rules are in the sources",
        "    size:  # assumed: the size of rare",
        "    image:  # assumed: the operating system of i-1",
        "    disk:  # assumed: made larger from 8 GiB",
        "    public_key: ssh-rsa AAAA  # assumed: the sources hold only its fingerprint",
    ):
        assert line in text.splitlines()


def test_renumbering_moves_subnets_and_rules_of_its_own_groups(tmp_path: Path) -> None:
    rows = [
        NET,
        SUB,
        ("net", "other", {"id": "n2", "cidr": "10.9.0.0/16"}),
        ("group", "g", {"id": "g1", "net": "n1"}),
        ("group", "h", {"id": "g2", "net": "n2"}),
        ("rule", "r1", {"group": "g1", "cidrs": ["172.31.16.0/20", "172.31.22.12/32", "8.8.8.8/32"]}),
        ("rule", "r2", {"group": "g2", "cidrs": ["172.31.0.0/16"]}),
    ]
    found = discover(tmp_path, *rows, overlay={"renumber": {"n1": "10.2.0.0/16"}})
    main = found.document["networks"]["main"]
    assert (main["cidr"], main["subnets"]["a"]["cidr"]) == ("10.2.0.0/16", "10.2.16.0/20")
    groups = found.document["security_groups"]
    assert groups["g"]["ingress"][0]["from"] == ["10.2.16.0/20", "10.2.22.12/32", "8.8.8.8/32"]
    assert groups["h"]["ingress"][0]["from"] == ["172.31.0.0/16"]
    doubtful = next(outcome for outcome in found.outcomes if outcome.address == "rule.r2")
    assert "renumbered" in doubtful.notes[0].reason
    assert "# assumed: moved along from 172.31.16.0/20" in to_yaml(found)


def test_same_ids_become_one(tmp_path: Path) -> None:
    twin = ("net", "twin", {"id": "n2", "cidr": "172.31.0.0/16"})
    rows = [NET, twin, ("sub", "b", {"id": "s2", "net": "n2", "cidr": "172.31.16.0/20"})]
    found = discover(tmp_path, *rows, overlay={"same": [["n1", "n2"]]})
    assert list(found.document["networks"]) == ["main"]
    assert list(found.document["networks"]["main"]["subnets"]) == ["b"]
    assert fates(found) == {"net.main": "mapped", "net.twin": "folded", "sub.b": "mapped"}
    assert "main:  # assumed: n2 is the same" in to_yaml(found)


def test_an_answer_may_use_any_name_of_a_thing(tmp_path: Path) -> None:
    overlay = {
        "same": [["n1", "n2"], ["s9", "s8"]],
        "groups": {"g7": {"network": "n2"}},
        "subnets": {"s8": {"network": "n2", "cidr": "172.31.9.0/24"}},
        "renumber": {"n2": "10.5.0.0/16"},
        **IMAGE,
    }
    rows = [NET, ("rule", "r", {"group": "g7", "cidrs": ["10.0.0.0/8"]}), ("server", "w", {"id": "v", "subnet": "s9"})]
    found = discover(tmp_path, *rows, overlay=overlay)
    assert found.document["security_groups"]["g7"]["network"] == "main"
    assert found.document["servers"]["w"]["subnet"] == "main.s9"
    assert found.document["networks"]["main"]["subnets"]["s9"]["cidr"] == "10.5.9.0/24"
    assert not found.open


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    path = write_state(tmp_path / "a", NET)
    assert discover_files([path, path], tmp_path, None).counts().seen == 1


def test_a_data_source_is_folded_into_the_managed_one(tmp_path: Path) -> None:
    rows = [("net", "seen", NET[2], {"mode": "data"}), NET, ("sub", "only", SUB[2], {"mode": "data"})]
    found = discover(tmp_path, *rows)
    assert fates(found) == {"data.net.seen": "folded", "net.main": "mapped", "data.sub.only": "mapped"}


INNER = {"network": "n1", "cidr": "10.0.0.0/24"}


@pytest.mark.parametrize(
    ("rows", "overlay", "says"),
    [
        ([NET, ("net", "x", {"id": "n1", "cidr": "10.0.0.0/16"})], {}, "its cidr differs"),
        ([NET, ("net", "x", {"id": "n2", "cidr": "10.0.0.0/16"})], {"same": [["n1", "n2"]]}, "its cidr differs"),
        ([NET], {"same": [["n1", "n2"], ["n2", "n3"]]}, "two groups of same"),
        ([NET], {"networks": {"n1": {"cidr": "10.0.0.0/16"}}}, "not 10.0.0.0/16"),
        ([NET], {"renumber": {"n1": "10.0.0.0/20"}}, "smaller"),
        ([("server", "v", {"id": "v"})], {"subnets": {"s1": INNER}}, "n1 is not known"),
        ([NET, ("server", "v", {"id": "v"})], {"subnets": {"s1": INNER}}, "outside"),
    ],
)
def test_contradictions_stop_the_run(tmp_path: Path, rows: list[Row], overlay: dict[str, Any], says: str) -> None:
    with pytest.raises(DiscoverError, match=says):
        discover(tmp_path, *rows, overlay=overlay)


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("networks: [", "overlay.yaml:2:1", "not YAML"),
        ("netwroks: {}", "overlay.yaml", "netwroks"),
        ("images: {i: {os: ubuntu, version: 22.04}}", "overlay.yaml", "quotes"),
        ("public_keys: {k: '-----BEGIN OPENSSH PRIVATE KEY-----hunter2'}", "overlay.yaml", "private key"),
        ("same: [[one]]", "overlay.yaml", "same.0"),
        ("renumber: {n: 10.0.0.1/16}", "overlay.yaml", "host bits"),
    ],
)
def test_a_broken_overlay_says_where(tmp_path: Path, text: str, where: str, says: str) -> None:
    path = tmp_path / "overlay.yaml"
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(DiscoverError) as caught:
        discover_tfstate([], path, placement="sky/north", meanings=MEANINGS)
    assert str(caught.value.where).endswith(where)
    assert says in caught.value.message
    assert "hunter2" not in str(caught.value)


def test_unneeded_answers_are_reported_as_open(tmp_path: Path) -> None:
    found = discover(tmp_path, NET, overlay={"images": IMAGE["images"], "leave_out": {"net.mian": "not wanted"}})
    assert {item.subject for item in found.open} == {"i-1", "net.mian"}


def test_leave_out(tmp_path: Path) -> None:
    found = discover(tmp_path, NET, SUB, overlay={"leave_out": {"sub.a": "empty anyway"}})
    assert found.remainder[0].reason.endswith("empty anyway")
    assert "subnets" not in found.document["networks"]["main"]


def test_duplicate_rules_merge(tmp_path: Path) -> None:
    group = ("group", "g", {"id": "g1", "net": "n1"})
    one = {"group": "g1", "port": 22, "cidrs": ["10.0.0.0/8", "10.0.0.0/8"], "d": "first"}
    rows = [NET, group, ("rule", "a", one), ("rule", "b", {**one, "d": "second"}), ("rule", "c", {**one, "port": 23})]
    found = discover(tmp_path, *rows, overlay={})
    rules = found.document["security_groups"]["g"]["ingress"]
    assert [(rule["ports"], rule["from"], rule["description"]) for rule in rules] == [
        ("22", ["10.0.0.0/8"], "first"),
        ("23", ["10.0.0.0/8"], "first"),
    ]
    assert [outcome.reason for outcome in found.folded][1] == "another rule says the same"


def test_equal_servers_are_counted_and_others_are_not(tmp_path: Path) -> None:
    equal = [("server", "web", {"id": f"w{n}"}, {"index_key": n}) for n in range(3)]
    other = [("server", "db", {"id": f"d{n}", "disk": 20 + n}, {"index_key": n}) for n in range(2)]
    named = [("server", "job", {"id": f"j{n}"}, {"index_key": n}) for n in ("a", "b")]
    found = discover(tmp_path, NET, SUB, *equal, *other, *named, overlay=IMAGE)
    counts = {name: server.get("count") for name, server in found.document["servers"].items()}
    assert counts == {"web": 3, "db-0": None, "db-1": None, "job-a": None, "job-b": None}
    assert [outcome.address for outcome in found.folded] == ["server.web[1]", "server.web[2]"]


def test_a_server_with_a_public_address_has_a_subnet_that_allows_it(tmp_path: Path) -> None:
    found = discover(tmp_path, NET, SUB, ("server", "w", {"id": "v", "public": True}), overlay=IMAGE)
    assert found.document["networks"]["main"]["subnets"]["a"]["internet"] == "direct"
    assert found.document["servers"]["w"]["public_ip"] is True


def test_names_are_made_unique_and_takeable(tmp_path: Path) -> None:
    given_names = ("Main_Net", "main-net", "9lives", "\u00e9", "x" * 60)
    nets = [("net", name, {"id": name, "cidr": "10.0.0.0/16"}) for name in given_names]
    names = list(discover(tmp_path, *nets).document["networks"])
    assert names == ["main-net", "main-net-2", "x-9lives", "x", "x" * 32]


def test_lost_peers_and_missing_groups_of_a_server_are_notes(tmp_path: Path) -> None:
    rows = [
        NET,
        SUB,
        ("group", "g", {"id": "g1", "net": "n1"}),
        ("rule", "r", {"group": "g1", "cidrs": ["10.0.0.0/8"], "groups": ["g9", "g1"]}),
        ("server", "w", {"id": "v", "groups": ["g8", "g1"], "key": "k9"}),
    ]
    found = discover(tmp_path, *rows, overlay=IMAGE)
    assert found.document["security_groups"]["g"]["ingress"][0]["from"] == ["10.0.0.0/8", {"group": "g"}]
    assert found.document["servers"]["w"]["security_groups"] == ["g"]
    whats = {note.what for outcome in found.outcomes for note in outcome.notes}
    assert {"peer g9", "security group g8", "key k9"} <= whats


def test_text_of_a_source_cannot_break_out_of_a_comment_or_value(tmp_path: Path) -> None:
    evil = "x\nservers: {}\n# \u2028 'quoted': [1]"
    rows = [NET, ("group", "g", {"id": "g\nplacement: moon/1", "net": "n\nname: evil", "description": evil})]
    found = discover(tmp_path, *rows, ("odd", "a\nname: evil", {}))
    assert yaml.safe_load(to_yaml(found)) == found.document


def test_json_tells_the_whole_account(tmp_path: Path) -> None:
    found = discover(tmp_path, NET, SUB, ("odd", "x", {}))
    told = json.loads(to_json(found))
    counts = {"seen": 3, "mapped": 2, "folded": 0, "remainder": 1}
    assert {word: told[word] for word in counts} == counts
    assert told["files"] == {found.files[0]: counts}
    assert told["document"] == found.document
    assert [item["address"] for item in told["outcomes"]] == ["net.main", "sub.a", "odd.x"]


@pytest.mark.parametrize(("seen", "told"), [("ab", 1), ("a", 2), ("", 1), ("a", 0), ("b", 1)])
def test_the_account_is_checked(seen: str, told: int) -> None:
    outcomes = (Outcome("f", "a", "t", "mapped"),) * told
    with pytest.raises(AssertionError, match="accounted"):
        Discovery(("f",), tuple(("f", address) for address in seen), outcomes, {}, ())


IDS = st.sampled_from(["a", "b", "c", "d"])
FEW_IDS = st.lists(IDS, max_size=2)
CIDRS = st.sampled_from(["10.0.0.0/16", "10.0.0.0/24", "10.0.1.0/24", "10.1.0.0/16"])
ROWS = st.one_of(
    st.tuples(st.just("net"), st.fixed_dictionaries({"id": IDS, "cidr": st.just("10.0.0.0/16")})),
    st.tuples(st.just("sub"), st.fixed_dictionaries({"id": IDS, "net": IDS, "cidr": CIDRS})),
    st.tuples(st.just("group"), st.fixed_dictionaries({"id": IDS, "net": st.none() | IDS})),
    st.tuples(
        st.just("rule"),
        st.fixed_dictionaries({"group": IDS, "cidrs": st.lists(CIDRS, max_size=2), "groups": FEW_IDS}),
    ),
    st.tuples(st.just("key"), st.fixed_dictionaries({"id": IDS, "text": st.none() | st.just("ssh")})),
    st.tuples(
        st.just("server"),
        st.fixed_dictionaries({"id": IDS, "subnet": st.none() | IDS, "groups": FEW_IDS}),
    ),
    st.tuples(st.just("odd"), st.just({})),
)
EXTRAS = st.sampled_from([{}, {"mode": "data"}, {"deposed": "1"}])


@given(files=st.lists(st.lists(st.tuples(ROWS, EXTRAS), max_size=8), min_size=1, max_size=3), known=st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_everything_seen_is_accounted_for_once(tmp_path: Path, files: list[Any], known: bool) -> None:
    paths = []
    for number, rows in enumerate(files):
        named = [(kind, f"r{at}", values, extra) for at, ((kind, values), extra) in enumerate(rows)]
        paths.append(write_state(tmp_path / f"{number}", *named))
    try:
        found = discover_files(paths, tmp_path, IMAGE if known else {})
    except DiscoverError as error:
        assert "differs" in str(error)  # noqa: PT017 - the only contradiction that these rows can hold
        return
    expected = [len(rows) for rows in files]
    assert [found.counts(str(path)).seen for path in paths] == expected
    total = found.counts()
    assert total.seen == sum(expected) == total.mapped + total.folded + total.remainder
    assert all(outcome.reason for outcome in found.remainder)
    assert all(outcome.target for outcome in (*found.mapped, *found.folded))
    assert yaml.safe_load(to_yaml(found)) == json.loads(json.dumps(found.document))
    Stack.model_validate(found.document)


@given(st.integers(0, 2**32 - 1), st.integers(8, 24), st.integers(0, 8), st.integers(0, 2**32 - 1))
def test_moving_a_block_there_and_back_is_nothing(base: int, prefix: int, deeper: int, target: int) -> None:
    old = ipaddress.IPv4Network((base, prefix), strict=False)
    new = ipaddress.IPv4Network((target, prefix), strict=False)
    inner = str(ipaddress.IPv4Network((base, prefix + deeper), strict=False))
    moved = move_block(inner, str(old), str(new))
    assert moved is not None
    assert ipaddress.IPv4Network(moved).subnet_of(new)
    assert move_block(moved, str(new), str(old)) == inner
