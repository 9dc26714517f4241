"""One thing wrong in a stack file: what a person reads, with the place, from reading to choosing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mcloud.adapter import registry
from mcloud.catalog.types import Catalog
from mcloud.errors import LoadError
from mcloud.load import load_stack
from mcloud.match.plan import plan
from mcloud.model.base import Placement
from mcloud.model.graph import build_graph
from mcloud.validate import validate

GOOD = """\
mcloud: 1
name: shop
placement: vng/hcm-3/HCM03-1C
variables:
  cpus: {default: 2}
networks:
  main:
    cidr: 10.20.0.0/16
    subnets:
      web: {cidr: 10.20.1.0/24}
      db: {cidr: 10.20.2.0/24}
security_groups:
  web:
    ingress:
      - {ports: 80, from: anywhere}
servers:
  web:
    size: {vcpu: "${cpus}", memory: 4 GiB}
    image: {os: ubuntu, version: "22.04"}
    subnet: web
    security_groups: [web]
"""


def catalog_of(at: Placement) -> Catalog:
    """The shipped catalog, with one flavor sold out."""
    catalog = registry.get(at.cloud).catalog()
    rows = (replace(row, sold_out=True) if row.name == "s2-general-2x4" else row for row in catalog.flavors)
    return replace(catalog, flavors=tuple(rows))


def told(folder: Path, text: str) -> list[str]:
    """All that is said of a stack file: the first of reading, checking and choosing that has something to say."""
    path = folder / "stack.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        loaded = load_stack(path)
    except LoadError as error:
        return [str(problem).replace(f"{folder}/", "") for problem in error.problems]
    lines = [(loaded.locate(item.path), item.message, item.hint) for item in validate(loaded.stack)]
    if not any(item.severity == "block" for item in validate(loaded.stack)):
        planned = plan(build_graph(loaded.stack, loaded.read_text), catalog_of)
        found = [(loaded.locate(item.node.path), item.problem) for item in planned if item.problem]
        lines += [(where, problem.message, problem.hint) for where, problem in found]
    shown = [f"{where}: {message}" + (f"\n  hint: {hint}" if hint else "") for where, message, hint in lines]
    return [line.replace(f"{folder}/", "") for line in dict.fromkeys(shown)]


def test_nothing_is_said_of_a_good_one(tmp_path: Path) -> None:
    assert told(tmp_path, GOOD) == []


EVERYTHING = [
    # what is written, what stands there instead, what is said
    (
        "placement: vng",
        "placement vng",
        ["stack.yaml:4:1: is not YAML: could not find expected ':'\n  hint: a key needs"],
    ),
    (
        "    cidr: 10.20.0.0/16",
        "\tcidr: 10.20.0.0/16",
        ["stack.yaml:8:1: is not YAML", "indent with spaces, not with tabs"],
    ),
    (
        "name: shop",
        "name: shop\nname: shop2",
        ["stack.yaml:3:1: the key 'name' is there twice; the first is at line 2, column 1"],
    ),
    ("    subnets:", "    subnet:", ["stack.yaml:9:5: 'subnet' is not known here\n  hint: did you mean 'subnets'?"]),
    ("    image:", "    imgae:", ["stack.yaml:17:3: 'image' is missing", "stack.yaml:19:5: 'imgae' is not known here"]),
    ("4 GiB", "4 GX", ["stack.yaml:18:37: 'GX' is no unit of size (in '4 GX'); write it like '4 GiB'"]),
    ("4 GiB", "4", ["stack.yaml:18:37: 4 has no unit; write it like '4 GiB'"]),
    ("name: shop", "name: Shop", ["stack.yaml:2:7: 'Shop' must be lower-case letters, digits and single dashes"]),
    ("mcloud: 1", "mcloud: 2", ["stack.yaml:1:9: 2 is not known here: write 1"]),
    ("${cpus}", "${cpu}", ["stack.yaml:18:18: there is no variable 'cpu'\n  hint: did you mean 'cpus'?"]),
    ("{default: 2}", "{}", ["stack.yaml:18:18: the variable 'cpus' has no value\n  hint: give it with --set cpus=…"]),
    ("10.20.1.0/24", "10.20.1.1/24", ["stack.yaml:10:19: '10.20.1.1/24' has host bits set; the block is 10.20.1.0/24"]),
    ("10.20.2.0/24", "10.20.1.128/25", ["stack.yaml:11:12: 10.20.1.128/25 overlaps 10.20.1.0/24 of the subnet 'web'"]),
    ("10.20.2.0/24", "10.21.2.0/24", ["stack.yaml:11:12: 10.21.2.0/24 is not inside the network's block 10.20.0.0/16"]),
    ("subnet: web", "subnet: wbe", ["stack.yaml:20:5: there is no subnet 'wbe'\n  hint: did you mean 'web'?"]),
    (
        "security_groups: [web]",
        "security_groups: [web, dv]",
        ["stack.yaml:21:28: there is no security group 'dv'\n  hint: known: web"],
    ),
    (
        "    subnet: web",
        "    subnet: web\n    key: deploy",
        ["stack.yaml:21:5: there is no key 'deploy'\n  hint: there is none"],
    ),
    (
        "ports: 80",
        "ports: [22, 80]",
        ["stack.yaml:15:9: port 22 (SSH) can be reached from anywhere\n  hint: name the blocks that need it"],
    ),
    ("ports: 80", "ports: 3300-5500", ["stack.yaml:15:9: port 3306 (MySQL), port 3389 (RDP), port 5432 (PostgreSQL)"]),
    ("ports: 80, ", "", ["stack.yaml:15:9: every tcp port can be reached from anywhere"]),
    ("vng/hcm-3/HCM03-1C", "vng/hcm-4", ["vng has no region 'hcm-4'\n  hint: did you mean 'hcm-3'?"]),
    ("vng/hcm-3/HCM03-1C", "vgn/hcm-3", ["no adapter is installed for the cloud 'vgn'\n  hint: did you mean 'vng'?"]),
    ("HCM03-1C", "HCM03-1D", ["vng/hcm-3 has no zone 'HCM03-1D'\n  hint: did you mean 'HCM03-1C'?"]),
    (
        "    subnet: web",
        "    subnet: web\n    flavor: {vng: s-general-2x5}",
        ["stack.yaml:17:3: no flavor in HCM03-1C for s-general-2x5\n  hint: there is no flavor s-general-2x5"],
    ),
    (
        "    subnet: web",
        "    subnet: web\n    flavor: {vng: s2-general-2x4}",
        ["stack.yaml:17:3: no flavor in HCM03-1C for s2-general-2x4\n  hint: s2-general-2x4 is sold out in HCM03-1C"],
    ),
    ("4 GiB", "40 TiB", ["stack.yaml:17:3: no flavor in HCM03-1C for 2 vCPU, 40 TiB\n  hint: relax memory by"]),
    ('"22.04"', '"22.05"', ["stack.yaml:17:3: there is no image of ubuntu 22.05\n  hint: versions of ubuntu:"]),
    ('"22.04"', "22.04", ["stack.yaml:19:34: 22.04 is a number and may have lost a zero; put the version in quotes"]),
]


@pytest.mark.parametrize(("written", "wrong", "says"), EVERYTHING, ids=[f"{w} -> {x}" for w, x, _ in EVERYTHING])
def test_what_is_said(tmp_path: Path, written: str, wrong: str, says: list[str]) -> None:
    assert written in GOOD
    lines = told(tmp_path, GOOD.replace(written, wrong, 1))
    text = "\n".join(lines)
    for words in says:
        assert words in text
    assert all(line.startswith("stack.yaml:") for line in lines)


def test_all_that_is_wrong_is_said_at_once_and_in_order(tmp_path: Path) -> None:
    text = GOOD.replace("4 GiB", "4 GX").replace("10.20.0.0/16", "10.20/16").replace("ports: 80", "ports: http")
    places = [line.split(": ")[0] for line in told(tmp_path, text)]
    assert places == ["stack.yaml:8:11", "stack.yaml:15:17", "stack.yaml:18:37"]


def test_ten_thousand_lines(tmp_path: Path) -> None:
    server = GOOD[GOOD.index("  web:\n    size") :]
    many = "".join(server.replace("  web:", f"  s{index}:", 1) for index in range(2500))
    text = GOOD.replace(server, many)
    assert text.count("\n") > 10_000
    assert told(tmp_path, text) == []
    line = text[: text.index("  s2499:")].count("\n") + 1
    broken = text.replace("  s2499:\n    size: {vcpu", "  s2499:\n    size: {vcpus")
    assert f"stack.yaml:{line + 1}:12: 'vcpus' is not known here\n  hint: did you mean 'vcpu'?" in told(
        tmp_path, broken
    )
