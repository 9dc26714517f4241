"""The package schema: checked in, complete, and the same as the model makes.

MCLOUD_REGEN=1 writes mcloud/engine/provider/schema.json anew (and test_typed_classes.py the classes' type stub); the
difference is then read by a person.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from mcloud import __version__
from mcloud.engine.provider.schema import provider_schema
from mcloud.model.resources import KINDS

FILE = Path(str(files("mcloud.engine.provider") / "schema.json"))
SCHEMA = provider_schema(__version__)


def test_the_file_is_what_the_model_makes() -> None:
    if os.environ.get("MCLOUD_REGEN"):
        FILE.write_text(json.dumps(SCHEMA, indent=1) + "\n", encoding="utf-8")
    assert json.loads(FILE.read_text(encoding="utf-8")) == SCHEMA
    assert SCHEMA["version"] == __version__


def described() -> Iterator[tuple[str, dict[str, Any]]]:
    for token, item in {**SCHEMA["resources"], **SCHEMA["types"]}.items():
        yield token, item
        for name, value in {**item.get("inputProperties", {}), **item["properties"]}.items():
            yield f"{token} {name}", value


def test_everything_is_described() -> None:
    assert [where for where, item in described() if len(item.get("description", "")) < 5] == []


def test_every_kind_is_there_and_every_type_that_is_spoken_of() -> None:
    assert set(SCHEMA["resources"]) == {item.token for item in KINDS.values()}
    spoken = set(json.dumps(SCHEMA).split('"#/types/')[1:])
    assert {text.split('"')[0] for text in spoken} == set(SCHEMA["types"])
    for item in {**SCHEMA["resources"], **SCHEMA["types"]}.values():
        assert set(item["required"]) <= set(item["properties"])
    server = SCHEMA["resources"]["mcloud:compute:Server"]
    assert server["inputProperties"]["image"]["$ref"] == "#/types/mcloud:index:Image"
    assert server["requiredInputs"] == ["image", "placement", "subnet"]
    secret = {"type": "object", "$ref": "#/types/mcloud:index:Secret"}
    assert server["inputProperties"]["userData"]["oneOf"] == [{"type": "string"}, secret]
