"""A stack from files: environments, overlays, variables, texts beside it, speed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcloud.errors import LoadError
from mcloud.load import Loaded, load_stack, read_text_reference

BASE = """\
mcloud: 1
name: shop
placement: cloud/region
variables:
  web_count: {default: 2, description: how many}
  block: {default: 10.20.0.0/16}
  zone: {}
networks:
  main:
    cidr: ${block}
    subnets:
      web: {cidr: 10.20.1.0/24}
servers:
  web:
    count: ${web_count}
    size: {vcpu: 2, memory: 4 GiB}
    image: {os: ubuntu, version: "22.04"}
    subnet: web
"""


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / next(iter(files))


def problems(path: Path, **options: Any) -> list[tuple[str, str, str | None]]:
    with pytest.raises(LoadError) as caught:
        load_stack(path, **options)
    folder = f"{path.parent}/"
    return [
        (item.where.removeprefix(folder), item.message.replace(folder, ""), item.hint and item.hint.replace(folder, ""))
        for item in caught.value.problems
    ]


def test_a_stack_with_its_defaults(tmp_path: Path) -> None:
    loaded = load_stack(str(write(tmp_path, {"shop.yaml": BASE})))
    assert loaded.stack.name == "shop"
    assert loaded.stack.servers["web"].count == 2
    assert loaded.stack.networks["main"].cidr == "10.20.0.0/16"
    assert loaded.locate(("servers", "web", "size", "vcpu")) == f"{tmp_path}/shop.yaml:16:12"
    assert loaded.locate(("servers", "web", "disk", "size")) == f"{tmp_path}/shop.yaml:14:3"
    assert loaded.locate(("gone",)) == f"{tmp_path}/shop.yaml"


def test_json_and_yaml_are_one_stack(tmp_path: Path) -> None:
    path = write(tmp_path, {"shop.yaml": BASE, "shop.json": json.dumps(yaml.safe_load(BASE), indent=1)})
    loaded = load_stack(tmp_path / "shop.json")
    assert loaded.stack == load_stack(path).stack
    line = int(loaded.locate(("servers", "web", "count")).rsplit(":", 2)[1])
    assert '"count"' in (tmp_path / "shop.json").read_text().splitlines()[line - 1]


def test_an_environment_names_the_stack_and_changes_it(tmp_path: Path) -> None:
    prod = "variables: {web_count: 5}\nlabels: {tier: prod}\nservers:\n  web: {size: {vcpu: 8}, stateless: true}\n"
    loaded = load_stack(write(tmp_path, {"shop.yaml": BASE, "envs/prod.yaml": prod}), "prod")
    web = loaded.stack.servers["web"]
    assert loaded.stack.name == "shop-prod"
    assert (web.count, web.stateless, web.size and web.size.vcpu, web.size and str(web.size.memory)) == (
        5,
        True,
        8,
        "4 GiB",
    )
    assert loaded.stack.labels == {"tier": "prod"}
    assert loaded.locate(("servers", "web", "size", "vcpu")) == f"{tmp_path}/envs/prod.yaml:4:16"
    assert loaded.locate(("servers", "web", "size", "memory")) == f"{tmp_path}/shop.yaml:16:21"
    assert loaded.locate(("servers", "web")) == f"{tmp_path}/shop.yaml:14:3"


@pytest.mark.parametrize(
    ("file", "text"), [("dev.yml", ""), ("dev.json", '{"variables": {"web_count": 2}}'), ("dev.yaml", "variables:")]
)
def test_an_environment_may_be_any_form_or_empty(tmp_path: Path, file: str, text: str) -> None:
    path = write(tmp_path, {"shop.yaml": BASE, f"envs/{file}": text})
    assert load_stack(path, "dev").stack.name == "shop-dev"


def test_the_command_line_wins_over_the_environment(tmp_path: Path) -> None:
    path = write(tmp_path, {"shop.yaml": BASE, "envs/prod.yaml": "variables: {web_count: 5}"})
    assert load_stack(path, "prod", ["web_count=7"]).stack.servers["web"].count == 7
    assert load_stack(path, "prod", ["web_count=7", "web_count=8"]).stack.servers["web"].count == 8


def test_what_is_wrong_with_an_environment(tmp_path: Path) -> None:
    prod = "variables: {web_cuont: 5, block: {default: 10.0.0.0/8}}\nservers: {web: {subnett: x}}\n"
    path = write(tmp_path, {"shop.yaml": BASE, "envs/prod.yaml": prod, "envs/list.yaml": "[]", "envs/x.txt": ""})
    assert problems(path, env="prod") == [
        ("envs/prod.yaml:1:13", "the stack has no variable 'web_cuont'", "did you mean 'web_count'?"),
        (
            "envs/prod.yaml:1:27",
            "an environment gives the variable 'block' its value, not a default",
            "block: 10.0.0.0/8",
        ),
        ("shop.yaml:10:11", "a mapping is not a CIDR block; write it like '10.20.0.0/16'", None),
        ("envs/prod.yaml:2:17", "'subnett' is not known here", "did you mean 'subnet'?"),
    ]
    assert problems(path, env="prd")[0][1:] == (
        "there is no environment 'prd': no envs/prd.yaml",
        "did you mean 'prod'?",
    )
    assert problems(path, env="../prod")[0][0] == "--env"
    assert problems(path, env="list")[0][0] == "envs/list.yaml"


def test_an_environment_where_there_is_none(tmp_path: Path) -> None:
    path = write(tmp_path, {"shop.yaml": BASE})
    assert problems(path, env="prod") == [
        ("--env", "there is no environment 'prod': no envs/prod.yaml", "write envs/prod.yaml; it may be empty")
    ]
    write(tmp_path, {"envs/prod.yaml": "variables: [1]"})
    assert problems(path, env="prod") == [
        ("envs/prod.yaml:1:12", "variables must be a mapping", "variables: {name: value}")
    ]


def test_overlays_merge_in_order_and_null_deletes(tmp_path: Path) -> None:
    one = """
servers:
  web: {count: null, subnet: db}
  db: {size: {vcpu: 1, memory: 2 GiB}, subnet: db, user_data: null, image: {os: ubuntu, version: "24.04"}}
networks: {main: {subnets: {web: null, db: {cidr: 10.20.2.0/24}}}}
"""
    two = json.dumps({"servers": {"db": {"count": 3, "zones": ["a", "b"]}}, "variables": {"extra": {"default": 1}}})
    path = write(tmp_path, {"shop.yaml": BASE, "one.yaml": one, "two.json": two, "three.yaml": "# nothing\n"})
    loaded = load_stack(path, overlays=[tmp_path / "one.yaml", str(tmp_path / "two.json"), tmp_path / "three.yaml"])
    assert loaded.stack.servers["web"].count is None
    assert loaded.stack.servers["db"].count == 3
    assert loaded.stack.servers["db"].zones == ("a", "b")
    assert list(loaded.stack.networks["main"].subnets) == ["db"]
    assert loaded.locate(("servers", "db", "zones", 1)) == f"{tmp_path}/two.json:1:48"
    assert loaded.locate(("servers", "web", "subnet")) == f"{tmp_path}/one.yaml:3:22"


def test_places_of_what_an_overlay_replaced(tmp_path: Path) -> None:
    base = BASE + "    zones: [a, b]\n    labels: {x: 1.0}\n"
    over = "servers:\n  web:\n    zones: 5\n    labels: [wrong]\n    image: 7\n"
    over += "networks: {main: {subnets: {web: {cidr: {a: 1}}}}}\n"
    path = write(tmp_path, {"shop.yaml": base, "over.yaml": over})
    found = problems(path, overlays=[tmp_path / "over.yaml"])
    assert [(where, message) for where, message, _ in found] == [
        ("over.yaml:3:12", "5 is not known here: write any or spread"),
        ("over.yaml:4:13", "a mapping is expected, not a list"),
        ("over.yaml:5:12", "a mapping is expected, not 7"),
        ("over.yaml:6:41", "a mapping is not a CIDR block; write it like '10.20.0.0/16'"),
    ]


def test_what_was_replaced_leaves_no_place_behind(tmp_path: Path) -> None:
    base = BASE + "security_groups: {g: {ingress: [{ports: 80, from: [10.0.0.0/8, 10.0.0.0/8]}]}}\n"
    over = "security_groups:\n  g:\n    ingress:\n      - {ports: 80, from: banana}\n"
    path = write(tmp_path, {"shop.yaml": base, "over.yaml": over})
    [(where, _, _)] = problems(path, overlays=[tmp_path / "over.yaml"])
    assert where == "over.yaml:4:27"


def test_an_overlay_may_put_a_mapping_where_a_value_was(tmp_path: Path) -> None:
    base = BASE.replace('image: {os: ubuntu, version: "22.04"}', "image: ubuntu")
    path = write(tmp_path, {"shop.yaml": base, "over.yaml": 'servers: {web: {image: {os: debian, version: "12"}}}'})
    loaded = load_stack(path, overlays=[tmp_path / "over.yaml"])
    assert loaded.stack.servers["web"].image.os == "debian"
    assert loaded.locate(("servers", "web", "image")) == f"{tmp_path}/over.yaml:1:17"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.yaml": "- 1\n"}, "is not a stack: a mapping with mcloud, name and placement is expected"),
        ({"a.yaml": "word"}, "is not a stack"),
        ({"a.json": "[]"}, "is not a stack"),
        ({"a.py": "print()"}, "is a Python program, not a stack file"),
        ({"other.yaml": ""}, "'mcloud' is missing"),
    ],
)
def test_what_is_no_stack(tmp_path: Path, files: dict[str, str], words: str) -> None:
    assert words in problems(write(tmp_path, files))[0][1]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    assert problems(tmp_path / "gone.yaml")[0][:2] == ("gone.yaml", "cannot be read: No such file or directory")
    assert problems(tmp_path / "latin.yaml")[0][1] == "is not text in UTF-8 (byte 10)"
    path = write(tmp_path, {"shop.yaml": BASE})
    assert problems(path, overlays=[tmp_path / "gone.yaml"])[0][0] == "gone.yaml"


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("\ufeff" + json.dumps(yaml.safe_load(BASE)), encoding="utf-8")
    (tmp_path / "a.yaml").write_text("\ufeff" + BASE, encoding="utf-8")
    assert load_stack(tmp_path / "a.json").stack == load_stack(tmp_path / "a.yaml").stack


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${number}", 3),
        ("${list}", ["a", "b"]),
        ("${truth}", True),
        ("x-${number}-${word}", "x-3-w"),
        ("${truth}!", "true!"),
        ("$${number}", "${number}"),
        ("$$${number}", "$${number}"),
        ("$${a} ${word}", "${a} w"),
        ("$number", "$number"),
    ],
)
def test_variables_in_texts(tmp_path: Path, text: str, value: Any) -> None:
    variables = {"number": {"default": 3}, "word": {"default": "w"}, "truth": {"default": True}}
    document = {
        "mcloud": 1,
        "name": "s",
        "placement": "c/r",
        "variables": {**variables, "list": {"default": ["a", "b"]}},
        "extensions": {"c": {"servers.web": {"at": text, "in": [{"a": text}]}}},
    }
    stack = load_stack(write(tmp_path, {"s.json": json.dumps(document)})).stack
    assert stack.extensions["c"]["servers.web"] == {"at": value, "in": [{"a": value}]}


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3), ("true", True), ("word", "word"), ('"22.04"', "22.04"), ("a=b", "a=b")]
)
def test_values_of_the_command_line(tmp_path: Path, text: str, value: Any) -> None:
    stack = "{mcloud: 1, name: s, placement: c/r, variables: {v: {}}, extensions: {c: {s: {v: '${v}'}}}}"
    loaded = load_stack(write(tmp_path, {"s.yaml": stack}), sets=[f"v={text}"])
    assert loaded.stack.extensions["c"]["s"]["v"] == value


def test_what_is_wrong_with_variables(tmp_path: Path) -> None:
    text = BASE.replace(
        "  zone: {}\n", "  zone: {}\n  list: {default: [1]}\n  two: ${zone}\n  a-b: {defalt: '${zone}'}\n"
    )
    text = text.replace("default: 2", "default: '${zone}'")
    text += "    key: ${zone}\n    user_data: '${HOME} ${web_cont} ${} ${list}'\n    count: 1\n"
    text = text.replace("    count: ${web_count}\n", "")
    found = problems(write(tmp_path, {"s.yaml": text}), sets=["zon=1", "zone", 'two="a'])
    escape = "write $${ for the characters themselves"
    names = "known: a-b, block, list, two, web_count, zone"
    assert found == [
        ("--set", "the stack has no variable 'zon'", "did you mean 'zone'?"),
        ("--set", "'zone' is not name=value", None),
        ("--set", "the value of 'two' is not YAML: found unexpected end of stream", None),
        ("s.yaml:5:24", "a default cannot use a variable", "write the value itself"),
        ("s.yaml:9:8", "the variable 'two' must be a mapping", "two: {default: ${zone}}"),
        ("s.yaml:10:3", "'a-b' is no name of a variable", "letters, digits and _ only"),
        ("s.yaml:10:9", "'defalt' is not known in a variable", "did you mean 'default'?"),
        ("s.yaml:21:10", "the variable 'zone' has no value", found[7][2]),
        ("s.yaml:22:16", "there is no variable 'HOME'", f"{names}; {escape}"),
        ("s.yaml:22:16", "there is no variable 'web_cont'", f"did you mean 'web_count'?; {escape}"),
        ("s.yaml:22:16", "${ is not followed by a variable's name and }", escape),
        ("s.yaml:22:16", "the variable 'list' is no single value and cannot stand inside a text", None),
    ]
    assert "--set zone=" in str(found[7][2])


@pytest.mark.parametrize("section", ["[a]", "3"])
def test_variables_that_are_no_mapping(tmp_path: Path, section: str) -> None:
    path = write(tmp_path, {"s.yaml": f"mcloud: 1\nname: s\nplacement: c/r\nvariables: {section}\n"})
    assert problems(path) == [("s.yaml:4:12", "variables must be a mapping", "variables: {name: {default: 3}}")]


def test_an_empty_variables_section_is_none(tmp_path: Path) -> None:
    path = write(tmp_path, {"s.yaml": "mcloud: 1\nname: s\nplacement: c/r\nvariables:\n"})
    assert load_stack(path).stack.name == "s"


def test_problems_of_variables_and_of_the_model_come_together(tmp_path: Path) -> None:
    text = BASE.replace("${web_count}", "${web_cuont}").replace("vcpu: 2", "vcpu: two")
    found = problems(write(tmp_path, {"s.yaml": text}))
    assert [(where, message) for where, message, _ in found] == [
        ("s.yaml:15:12", "there is no variable 'web_cuont'"),
        ("s.yaml:16:18", "a whole number is expected, not 'two'"),
    ]


KEYS = "keys:\n  one: {public_key: 'file:keys/one.pub'}\n"


def test_texts_beside_the_stack_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    text = BASE + KEYS + "  two: {public_key: 'file:~/two.pub'}\n  three: {public_key: ssh-rsa AAAA}\n"
    path = write(tmp_path, {"shop.yaml": text, "keys/one.pub": "ssh-rsa ONE\n", "home/two.pub": "ssh-rsa TWO\n"})
    loaded = load_stack(path)
    texts = [loaded.read_text(key.public_key) for key in loaded.stack.keys.values()]
    assert texts == ["ssh-rsa ONE\n", "ssh-rsa TWO\n", "ssh-rsa AAAA"]
    assert loaded.read_text(f"file:{home}/two.pub") == "ssh-rsa TWO\n"


def test_texts_that_are_not_there(tmp_path: Path) -> None:
    text = (
        BASE
        + KEYS
        + "    # and\n  two: {public_key: 'file:keys/one.pub'}\n  three: {public_key: 'file:~nobody-here/x'}\n"
    )
    text += "  four: {public_key: 'file:latin'}\ncertificates: {c: {certificate: 'file:', private_key: env:KEY}}\n"
    path = write(tmp_path, {"shop.yaml": text})
    (tmp_path / "latin").write_bytes(b"\xe9")
    hint = "a relative path starts at the stack file's folder"
    found = problems(path)
    assert found == [
        ("shop.yaml:20:21", "keys/one.pub cannot be read: No such file or directory", hint),
        ("shop.yaml:22:21", "keys/one.pub cannot be read: No such file or directory", hint),
        ("shop.yaml:23:23", found[2][1], hint),
        ("shop.yaml:24:22", "latin is not text in UTF-8", hint),
        ("shop.yaml:25:33", f"{tmp_path} cannot be read: Is a directory", hint),
    ]
    assert "home" in found[2][1]


def test_a_text_is_gone_after_loading(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"file:x: .*x cannot be read: No such file"):
        read_text_reference("file:x", tmp_path)
    assert read_text_reference("text", tmp_path) == "text"


@pytest.mark.parametrize("value", ["file:id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n"])
def test_a_private_key_is_not_given_away(tmp_path: Path, value: str) -> None:
    text = BASE + f"keys: {{one: {{public_key: {json.dumps(value)}}}}}\n"
    path = write(tmp_path, {"s.yaml": text, "id_rsa": "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n"})
    found = problems(path)
    assert found == [("s.yaml:19:26", "public_key holds a private key", "give the public part only")]


def big_stack(servers: int) -> dict[str, Any]:
    subnets = {f"s{i}": {"cidr": f"10.{i}.0.0/24"} for i in range(50)}
    server = {
        "size": {"vcpu": 2, "memory": "4 GiB"},
        "image": {"os": "ubuntu", "version": "22.04"},
        "labels": {"team": "${team}"},
    }
    return {
        "mcloud": 1,
        "name": "big",
        "placement": "cloud/region",
        "variables": {"team": {"default": "t"}},
        "networks": {"main": {"cidr": "10.0.0.0/8", "subnets": subnets}},
        "servers": {f"w{i}": {**server, "subnet": f"s{i % 50}"} for i in range(servers)},
    }


def timed(path: Path) -> tuple[float, Loaded]:
    start = time.process_time()
    loaded = load_stack(path)
    return time.process_time() - start, loaded


def test_ten_thousand_lines_load_in_a_moment(tmp_path: Path) -> None:
    stack = big_stack(1000)
    as_yaml = yaml.dump(json.loads(json.dumps(stack)), sort_keys=False, Dumper=yaml.CSafeDumper)
    assert as_yaml.count("\n") > 10_000
    write(tmp_path, {"big.yaml": as_yaml, "big.json": json.dumps(stack)})
    yaml_time, from_yaml = timed(tmp_path / "big.yaml")
    json_time, from_json = timed(tmp_path / "big.json")
    assert from_yaml.stack == from_json.stack
    assert yaml_time < 2
    assert json_time < yaml_time


def test_ten_thousand_wrong_lines_are_told_in_a_moment(tmp_path: Path) -> None:
    stack = big_stack(1000)
    for server in stack["servers"].values():
        server["subnett"] = server.pop("subnet")
    path = write(tmp_path, {"big.json": json.dumps(stack, indent=1)})
    start = time.process_time()
    found = problems(path)
    assert time.process_time() - start < 4
    assert len(found) == 2000
    assert {hint for _, message, hint in found if "subnett" in message} == {"did you mean 'subnet'?"}
