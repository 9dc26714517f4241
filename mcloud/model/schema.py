"""JSON Schema of a stack file as people write it: before variables are filled in."""

from __future__ import annotations

from typing import Any

from mcloud.model.stack import Stack

VARIABLE = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"}
_SCALARS = ("integer", "number", "boolean")


def stack_schema() -> dict[str, Any]:
    """The schema (draft 2020-12): wherever a number or a choice stands, ``${name}`` may stand too."""
    schema: dict[str, Any] = _with_variables(Stack.model_json_schema(by_alias=True))
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "mcloud stack"
    schema["properties"]["variables"] = {
        "type": "object",
        "description": "Values that --env and --set may change; used as ${name}.",
        "additionalProperties": {
            "type": "object",
            "properties": {"default": {}, "description": {"type": "string"}},
            "additionalProperties": False,
        },
    }
    return schema


def _with_variables(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_variables(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: _with_variables(item) for key, item in value.items()}
    takes_variable = made.get("type") in _SCALARS or "enum" in made or "pattern" in made
    if takes_variable and made.get("type") != "object":
        kept = {key: made.pop(key) for key in ("default", "description", "title") if key in made}
        return {**kept, "anyOf": [made, VARIABLE]}
    return made
