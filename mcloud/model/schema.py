"""JSON Schema of a stack file as people write it: before variables are filled in."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from mcloud.model.stack import Stack

VARIABLE = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"}
_VARIABLES = {
    "type": "object",
    "title": "Variables",
    "description": "Values that --env and --set may change; used as ${name}.",
    "examples": [{"web_count": {"default": 2, "description": "how many web servers"}}],
    "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
    "additionalProperties": {
        "type": "object",
        "properties": {
            "default": {"description": "Its value where nothing else gives one."},
            "description": {"type": "string", "description": "What it is for."},
        },
        "additionalProperties": False,
    },
}
_ABOUT = ("default", "description", "examples", "title")


def stack_schema() -> dict[str, Any]:
    """The schema (draft 2020-12): wherever a value or a list stands, ``${name}`` may stand too."""
    schema: dict[str, Any] = _written(Stack.model_json_schema(by_alias=True))
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "mcloud stack"
    schema["properties"]["variables"] = _VARIABLES
    return schema


def answer_schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    """The schema (draft 2020-12) of what a command prints: every property is there, unknown ones are null."""
    schema = model.model_json_schema(mode="serialization", by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": title}


def _written(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of what is written for a value of this schema."""
    made = _inner(schema)
    if "anyOf" in made:
        made["anyOf"] = [_inner(option) for option in made["anyOf"]]
    options = made.get("anyOf", [made])
    if not all(_is_value(option) for option in options) or any(_takes_any_text(option) for option in options):
        return made
    about = {key: made.pop(key) for key in _ABOUT if key in made}
    return {**about, "anyOf": [*made.get("anyOf", [made]), VARIABLE]}


def _inner(schema: dict[str, Any]) -> dict[str, Any]:
    """The schemas inside this one are as written; names that no pattern allows are refused."""
    made = dict(schema)
    for word in ("$defs", "properties", "patternProperties"):
        if word in made:
            made[word] = {name: _written(inner) for name, inner in made[word].items()}
    for word in ("items", "additionalProperties"):
        if isinstance(made.get(word), dict):
            made[word] = _written(made[word])
    if "patternProperties" in made:
        made.setdefault("additionalProperties", False)
    return made


def _is_value(schema: dict[str, Any]) -> bool:
    return "type" in schema and schema["type"] != "object"


def _takes_any_text(schema: dict[str, Any]) -> bool:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return "string" in types and not {"pattern", "enum", "const", "format"} & schema.keys()
