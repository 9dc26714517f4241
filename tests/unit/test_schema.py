"""The schema that editors complete stack files with."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from mcloud.model.schema import stack_schema

EXAMPLES = Path(__file__).parents[2] / "examples"
WEB = yaml.safe_load((EXAMPLES / "web.yaml").read_text(encoding="utf-8"))
CHECK = Draft202012Validator(stack_schema())


def edited(path: str, value: Any) -> dict[str, Any]:
    document: dict[str, Any] = copy.deepcopy(WEB)
    target: Any = document
    *parts, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in parts:
        target = target[part]
    target[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("servers/db/count", "${n}"),
        ("servers/db/public_ip", "${public}"),
        ("servers/db/size/memory", "${gib} GiB"),
        ("servers/db/size/memory", "1,024 MiB"),
        ("servers/db/disk/class", "${class}"),
        ("servers/db/zones", "${zones}"),
        ("servers/db/zones", ["a", "b"]),
        ("servers/db/security_groups", "${groups}"),
        ("servers/db/security_groups/0", "${group}"),
        ("servers/db/interfaces", ["web", "${subnet}"]),
        ("servers/db/placement_group", "${group}"),
        ("placement_groups", {"apart": {"policy": "${policy}", "strict": "${strict}"}}),
        ("networks/main/routes", [{"to": "0.0.0.0/0", "via": "${server}"}]),
        ("placement", "${where}"),
        ("name", "shop-${x}"),
        ("security_groups/web/ingress/0/ports", "${ports}"),
        ("security_groups/web/ingress/0/protocol", "${p}"),
        ("security_groups/web/ingress/0/from", ["${cidr}", {"group": "db"}]),
        ("variables", {"a": {}, "b": {"default": [1], "description": "x"}}),
        ("extensions", {"c": {"servers.db": {"anything": [1, {"goes": True}]}}}),
        ("workload", {"waivers": [{"rule": "a", "reason": "because of it", "until": "2027-01-01"}]}),
    ],
)
def test_what_people_write_fits(path: str, value: Any) -> None:
    assert [error.message for error in CHECK.iter_errors(edited(path, value))] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("mcloud", 2),
        ("nam", "x"),
        ("name", "Shop"),
        ("placement", "nowhere"),
        ("servers/db/subnett", "x"),
        ("servers/db/count", "two"),
        ("servers/db/count", -1),
        ("servers/db/size/memory", 4),
        ("servers/db/size/memory", "4"),
        ("servers/db/disk/class", "sdd"),
        ("servers/db/zones", "some"),
        ("servers/db/image/version", 22.04),
        ("servers/db/public_ip", "maybe"),
        ("servers/db/interfaces", [1]),
        ("servers/db/interfaces", {"web": {}}),
        ("placement_groups", {"apart": {}}),
        ("placement_groups", {"apart": {"policy": "sprd"}}),
        ("networks/main/routes", [{"to": "0.0.0.0/0"}]),
        ("networks/main/routes", {"to": "0.0.0.0/0", "via": "db"}),
        ("servers/Web_1", WEB["servers"]["db"]),
        ("networks/main/subnets/web/internet", "yes"),
        ("security_groups/web/ingress/0/from", {"grup": "db"}),
        ("security_groups/web/ingress/0/from", [{"group": "db", "x": 1}]),
        ("security_groups/web/ingress/0/ports", {"a": 1}),
        ("variables", {"a": 3}),
        ("variables", {"a-b": {}}),
        ("variables", {"a": {"defalt": 3}}),
        ("load_balancers", {"l": {"subnets": [], "listeners": []}}),
        ("labels", {"a b": "x"}),
    ],
)
def test_what_does_not_fit_is_refused(path: str, value: Any) -> None:
    assert not CHECK.is_valid(edited(path, value))


@pytest.mark.parametrize("key", ["mcloud", "name", "placement"])
def test_what_is_missing_is_refused(key: str) -> None:
    assert not CHECK.is_valid({name: value for name, value in WEB.items() if name != key})


def test_an_editor_has_words_for_every_key() -> None:
    schema = stack_schema()
    parts = {**schema["$defs"], "stack": schema}
    silent = [
        f"{part}.{name}"
        for part, body in parts.items()
        for name, field in body.get("properties", {}).items()
        if not described(field, schema["$defs"])
    ]
    assert silent == []


def described(field: dict[str, Any], parts: dict[str, Any]) -> bool:
    options = [field, *field.get("anyOf", ())]
    reference = next((option["$ref"].rsplit("/", 1)[1] for option in options if "$ref" in option), None)
    return any("description" in option for option in options) or bool(reference and parts[reference].get("description"))
