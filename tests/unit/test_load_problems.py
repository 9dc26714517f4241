"""What the model refuses is told in people's words, with place, and all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcloud.errors import LoadError, Problem
from mcloud.load import load_stack
from mcloud.load.problems import PATTERNS, known_keys
from mcloud.model.stack import Stack
from mcloud.units import Size

JARGON = re.compile(r"input|validat|dict|pydantic|int_|str\b|type=|instance|True|False|None|ctx|schema")
HEAD = {"mcloud": 1, "name": "s", "placement": "c/r"}
SERVER = "size: {vcpu: 1, memory: 1 GiB}, image: {os: ubuntu, version: '22.04'}, subnet: a"


def problems(tmp_path: Path, text: str, name: str = "s.yaml") -> list[Problem]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LoadError) as caught:
        load_stack(path)
    return [Problem(item.where.removeprefix(f"{tmp_path}/"), item.message, item.hint) for item in caught.value.problems]


def rule(text: str) -> str:
    return f"security_groups: {{g: {{ingress: [{{{text}}}]}}}}"


def server(text: str) -> str:
    return f"servers: {{w: {{{SERVER}, {text}}}}}"


@pytest.mark.parametrize(
    ("part", "message", "hint"),
    [
        ("»networkz: {}", "'networkz' is not known here", "did you mean 'networks'?"),
        ("»variable: {}", "'variable' is not known here", "did you mean 'variables'?"),
        ("»zzzzz: {}", "'zzzzz' is not known here", "known: accept, buckets, certificates, extensions"),
        (server("»subnett: a"), "'subnett' is not known here", "did you mean 'subnet'?"),
        (rule("»port: 80, from: anywhere"), "'port' is not known here", "did you mean 'ports'?"),
        (rule("from: {»grup: g}"), "'grup' is not known here", "did you mean 'group'?"),
        (rule("»from: {}"), "'group' is missing", None),
        (rule("from: [anywhere, {group: »5}]"), "text is expected, not 5", 'put it in quotes: "5"'),
        (rule("from: [anywhere, »banana]"), "'banana' is not a CIDR block; write it like '10.20.0.0/16'", None),
        (rule("from: »10.1.1.1/8"), "'10.1.1.1/8' has host bits set; the block is 10.0.0.0/8", None),
        (rule("from: [»[a]]"), "a list is not a CIDR block; write it like '10.20.0.0/16'", None),
        (rule("ports: »0"), "port 0 is out of 1-65535", None),
        (rule("ports: »70000-80"), "port '70000-80' is out of 1-65535", None),
        (rule("ports: »[80, 90-80]"), "port range '90-80' is the wrong way round", None),
        (rule("ports: »true"), "true is no port; write 80, '8000-8100' or 'all'", None),
        (rule("ports: »[]"), "the list of ports is empty; leave ports out for all of them", None),
        ("security_groups: {g: {ingress: [»{ports: 80, protocol: icmp}]}}", "protocol icmp has no ports", None),
        (rule("protocol: »tpc"), "'tpc' is no protocol; write tcp, udp, icmp, any or an IANA number", None),
        (rule("description: »" + "x" * 201), f"'{'x' * 57}...' is too long: at most 200 characters", None),
        ("labels: {cost: »5}", "text is expected, not 5", 'put it in quotes: "5"'),
        ("labels: {cost: »true}", "text is expected, not true", 'put it in quotes: "true"'),
        ("labels: »[a]", "a mapping is expected, not a list", None),
        ("labels: {»'a b': c}", "'a b' must be letters, digits and _.@-, at most 63", None),
        ("servers: {»Web_1: {" + SERVER + "}}", "'Web_1' must be lower-case letters, digits and single", None),
        ("servers: {w: »}", "there is no value; a mapping is expected", "take the key out, or give it a value"),
        ("servers: {»w: {}}", "'image' is missing", None),
        (server("count: »-1"), "-1 is too small: at least 0", None),
        (server("count: »2000"), "2000 is too large: at most 1000", None),
        (server("count: »1.5"), "a whole number is expected, not 1.5", None),
        (server("count: »many"), "a whole number is expected, not 'many'", None),
        (server("count: »no"), "a whole number is expected, not 'no'", None),
        (server("»interface: [b]"), "'interface' is not known here", "did you mean 'interfaces'?"),
        (server("»placement_groups: g"), "'placement_groups' is not known here", "did you mean 'placement_group'?"),
        ("placement_groups: {»g: {}}", "'policy' is missing", None),
        ("placement_groups: {g: {policy: »sprd}}", "'sprd' is not known here: write spread or pack", "did you mean"),
        ("networks: {n: {cidr: 10.0.0.0/16, routes: [{»too: 0.0.0.0/0, via: w}]}}", "'too' is not known here", "did"),
        ("networks: {n: {cidr: 10.0.0.0/16, routes: [{to: »anywere, via: w}]}}", "'anywere' is not a CIDR block", None),
        ("networks: {n: {cidr: 10.0.0.0/16, routes: [»{to: 0.0.0.0/0}]}}", "'via' is missing", None),
        (server("public_ip: »maybe"), "true or false is expected, not 'maybe'", None),
        (server("zones: »sprd"), "'sprd' is not known here: write any or spread", "did you mean 'spread'?"),
        (server("zones: [»1]"), "text is expected, not 1", 'put it in quotes: "1"'),
        (server("zones: »{a: 1}"), "a mapping is not known here: write any or spread", None),
        (server("key: »{a: 1}"), "text is expected, not a mapping", None),
        (server("disk: {size: »40}"), "40 has no unit; write it like '4 GiB'", None),
        (server("disk: {size: »4 GB2}"), "'4 GB2' is not a quantity; write it like '4 GiB'", None),
        (server("disk: {class: »sdd}"), "'sdd' is not known here: write hdd, ssd or nvme", "did you mean 'ssd'?"),
        (server("").replace("'22.04'", "»22.10"), "22.1 is a number and may have lost a zero", None),
        ("servers: {w: »{image: {os: a, version: 1}, subnet: a}}", "give size: {vcpu, memory} or a flavor", None),
        ("accept: [{gap: a, reason: »no}]", "'no' is too short: at least 3 characters", None),
        ("accept: »{gap: a}", "a list is expected, not a mapping", None),
        ("workload: {waivers: [{rule: a, reason: because of it, until: »soon}]}", "a date like 2027-01-31 is", None),
        ("outputs: {»'A b': x}", "'A b' must be lower-case letters, digits, _ and -", None),
        ("load_balancers: {l: {subnets: »[], listeners: [1]}}", "the list is too short: at least 1", None),
        ("volumes: {v: {size: 1 GiB, placement: »nowhere}}", "'nowhere' must be cloud/region or cloud/region", None),
    ],
)
def test_in_words(tmp_path: Path, part: str, message: str, hint: str | None) -> None:
    """» stands before what the problem must point at."""
    found = problems(tmp_path, f"{yaml.safe_dump(HEAD)}{part.replace('»', '')}\n")
    first = next(item for item in found if message in item.message)
    assert first.where == f"s.yaml:4:{part.index('»') + 1}"
    assert (first.hint or "").startswith(hint or "")
    assert (first.hint is None) == (hint is None)
    assert not [item for item in found if JARGON.search(re.sub(r"'[^']*'", "", item.message))]


def test_only_the_form_that_was_meant_is_told(tmp_path: Path) -> None:
    for text in ("from: banana", "from: {group: 5}", "from: [5]"):
        assert len(problems(tmp_path, f"{yaml.safe_dump(HEAD)}{rule(text)}\n")) == 1


def test_a_version_of_the_format_that_is_not_known(tmp_path: Path) -> None:
    assert problems(tmp_path, "mcloud: 2\nname: s\nplacement: c/r\n") == [
        Problem("s.yaml:1:9", "2 is not known here: write 1")
    ]


def test_everything_at_once_in_file_order(tmp_path: Path) -> None:
    text = """\
nam: s
placement: here
servers:
  b: {size: {vcpu: 0, memory: 4}, image: {os: U}, subnet: 1}
  a: {}
networks: {n: {cidr: x}}
"""
    found = problems(tmp_path, text)
    assert [(item.where, item.message.split(";")[0]) for item in found] == [
        ("s.yaml", "'mcloud' is missing"),
        ("s.yaml", "'name' is missing"),
        ("s.yaml:1:1", "'nam' is not known here"),
        ("s.yaml:2:12", "'here' must be cloud/region or cloud/region/zone"),
        ("s.yaml:4:20", "0 is too small: at least 1"),
        ("s.yaml:4:31", "4 has no unit"),
        ("s.yaml:4:35", "'version' is missing"),
        ("s.yaml:4:47", "'U' must be the name of an operating system in lower case, like ubuntu"),
        ("s.yaml:4:59", "text is expected, not 1"),
        ("s.yaml:5:3", "'image' is missing"),
        ("s.yaml:5:3", "'subnet' is missing"),
        ("s.yaml:6:22", "'x' is not a CIDR block"),
    ]


def test_json_is_told_with_places_too(tmp_path: Path) -> None:
    text = '{"mcloud": 1, "name": "s",\n\t"placement": "c/r",\n\t"labels": {"a": 1, "\\ud83d\\ude00": "x"}}'
    assert [item.where for item in problems(tmp_path, text, "s.json")] == ["s.json:3:18", "s.json:3:21"]


def test_no_secret_is_told(tmp_path: Path) -> None:
    key = "-----BEGIN PRIVATE KEY-----hunter2"
    text = f"""{yaml.safe_dump(HEAD)}
certificates: {{c: {{certificate: [hunter2], private_key: "{key}"}}, d: {{certificate: x, private_key: hunter2}}}}
networks: {{n: {{cidr: "{key}"}}}}
servers: {{w: {{{SERVER}, key: {{hunter2: 1}}, disk: {{class: "{key}"}}}}}}
"""
    found = problems(tmp_path, text)
    assert len(found) == 6
    assert "hunter2" not in "".join(str(item) for item in found)
    assert "the value must be a reference to a secret: env:NAME, keyring:NAME or file:PATH" in [
        item.message for item in found
    ]


def patterns(schema: Any) -> Iterator[str]:
    items = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    if isinstance(schema, dict):
        yield from [schema["pattern"]] if isinstance(schema.get("pattern"), str) else []
        yield from schema.get("patternProperties", {})
    for item in items:
        yield from patterns(item)


def test_every_pattern_of_the_model_has_words() -> None:
    size = Size.__get_pydantic_json_schema__({}, None)["pattern"]  # type: ignore[arg-type,typeddict-item]
    assert set(patterns(Stack.model_json_schema())) - {size} == set(PATTERNS)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ((), "variables"),
        (("servers", "w", "disk"), "min_iops"),
        (("networks", "n", "subnets", "s"), "internet"),
        (("security_groups", "g", "egress", 3), "from"),
        (("security_groups", "g", "ingress", 0, "from"), "group"),
        (("load_balancers", "l", "listeners", 0, "to"), "servers"),
        (("workload", "waivers", 0), "until"),
    ],
)
def test_known_keys(path: tuple[str | int, ...], key: str) -> None:
    assert key in known_keys(path)


def test_no_keys_are_known_where_anything_goes() -> None:
    assert known_keys(("labels", "x")) == []
    assert known_keys(("name", 0)) == []
