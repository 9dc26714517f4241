"""The package schema that Pulumi programs in other languages are typed by, made from the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcloud.model.resources import KINDS, KindType

_SCALARS = {"string": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
_OUTPUTS: dict[str, dict[str, Any]] = {
    "account": {"type": "string", "description": "Fingerprint of the account that it is in."},
    "resolved": {
        "type": "object",
        "additionalProperties": {"$ref": "pulumi.json#/Any"},
        "description": "What was chosen for it: flavor, image, zone and the like.",
    },
}


def provider_schema(version: str) -> dict[str, Any]:
    """Pulumi's package schema for all resource types."""
    return {
        "name": "mcloud",
        "version": version,
        "displayName": "mcloud",
        "description": "Provider-agnostic servers, networks and storage",
        "license": "Apache-2.0",
        "provider": {},
        "resources": {item.token: _resource(item) for item in KINDS.values()},
    }


def _resource(item: KindType) -> dict[str, Any]:
    raw = item.inputs.model_json_schema(by_alias=True)
    definitions = raw.get("$defs", {})
    inputs = {name: _property(value, definitions) for name, value in raw["properties"].items()}
    required = sorted(raw.get("required", ()))
    only_cloud = {name: {"type": "string", "description": "Given by the cloud."} for name in item.outputs}
    return {
        "description": raw.get("description", ""),
        "inputProperties": inputs,
        "requiredInputs": required,
        "properties": inputs | only_cloud | _OUTPUTS,
        "required": sorted({*required, "name", "account"}),
    }


def _property(value: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    shape = _shape(value, definitions)
    if "description" in value:
        shape["description"] = value["description"]
    return shape


def _shape(value: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in value:
        return _shape(definitions[str(value["$ref"]).rsplit("/", 1)[1]], definitions)
    options = [item for item in value.get("anyOf", ()) if item.get("type") != "null"]
    if options:
        return _shape(options[0], definitions) if len(options) == 1 else {"$ref": "pulumi.json#/Any"}
    kind = value.get("type")
    if kind == "array":
        return {"type": "array", "items": _shape(value.get("items", {}), definitions)}
    if kind == "object":
        extra = value.get("additionalProperties")
        inner = _shape(extra, definitions) if isinstance(extra, Mapping) else {"$ref": "pulumi.json#/Any"}
        return {"type": "object", "additionalProperties": inner}
    if isinstance(kind, str) and kind in _SCALARS:
        return {"type": _SCALARS[kind]}
    return {"$ref": "pulumi.json#/Any"}
