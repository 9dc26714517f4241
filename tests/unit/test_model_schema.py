"""The JSON schema of a stack file: what the model takes it takes, and variables too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from mcloud.model.schema import stack_schema

SCHEMA = stack_schema()
CHECKER = jsonschema.Draft202012Validator(SCHEMA)
STACK: dict[str, Any] = {"mcloud": 1, "name": "shop", "placement": "c/r"}
NETWORK = {"cidr": "10.0.0.0/16"}
SERVER: dict[str, Any] = {"image": {"os": "ubuntu", "version": "22.04"}, "subnet": "a"}


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["title"] == "mcloud stack"


def test_every_key_of_the_model_says_what_it_is() -> None:
    for name, definition in {"Stack": SCHEMA, **SCHEMA["$defs"]}.items():
        for key, value in definition.get("properties", {}).items():
            told = "description" in value or "$ref" in value or "anyOf" in value
            assert told, f"{name}.{key}"


@pytest.mark.parametrize("name", ["web.yaml", "web-changed.yaml"])
def test_the_examples_fit(repository: Path, name: str) -> None:
    CHECKER.validate(yaml.safe_load((repository / "examples" / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "part",
    [
        {"networks": {"main": NETWORK}},
        {"networks": {"main": {"cidr": "${block}"}}},
        {"servers": {"web": SERVER | {"count": "${count}", "size": {"vcpu": "${cpu}", "memory": "4 GiB"}}}},
        {"servers": {"web": SERVER | {"stateless": "${yes}", "zones": ["a", "b"], "flavor": {"c": "x"}}}},
        {"security_groups": {"web": {"ingress": [{"ports": [80, "1-2"], "from": ["anywhere", {"group": "a"}]}]}}},
        {"variables": {"count": {"default": 2, "description": "how many"}, "x": {}}},
    ],
)
def test_taken(part: dict[str, Any]) -> None:
    CHECKER.validate(STACK | part)


@pytest.mark.parametrize(
    "part",
    [
        {"mcloud": 2},
        {"networks": "${networks}"},
        {"name": "Shop"},
        {"server": {}},
        {"networks": {"Main": NETWORK}},
        {"networks": {"main": {}}},
        {"networks": {"main": {"cdir": "10.0.0.0/16"}}},
        {"servers": {"web": SERVER | {"count": "two"}}},
        {"servers": {"web": SERVER | {"disk": {"class": "tape"}}}},
        {"security_groups": {"web": {"ingress": [{"from": {"gruop": "a"}}]}}},
        {"variables": {"a-b": {}}},
        {"variables": {"a": {"defualt": 1}}},
    ],
)
def test_refused(part: dict[str, Any]) -> None:
    assert not CHECKER.is_valid(STACK | part)
