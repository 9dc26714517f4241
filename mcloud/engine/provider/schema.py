"""The package schema that Pulumi programs in other languages are typed by, made from the model.

``schema.json`` beside this file is the same, checked in: what changes in it changes in everybody's programs, and is
read in review. It has the package's version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcloud.model.resources import KINDS, KindType

Json = dict[str, Any]
ANY: Mapping[str, Any] = {"$ref": "pulumi.json#/Any"}
_SCALARS = {"string": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
_OUTPUTS: dict[str, Json] = {
    "account": {"type": "string", "description": "Fingerprint of the account that it is in."},
    "resolved": {
        "type": "object",
        "additionalProperties": ANY,
        "description": "What was chosen for it: flavor, image, zone and the like.",
    },
}
_GIVEN = {
    "address": "Its address: a public one where it has one.",
    "privateIp": "Its address in the network.",
    "publicIp": "Its public address, where it has one.",
    "endpoint": "Where S3 clients reach it.",
}
_SURE = frozenset({"address", "privateIp"})
"""What each resource that has it at all has as soon as it is there."""


def type_name(name: str) -> str:
    """The name of a type of the package, of the model's name."""
    return name.removesuffix("Inputs").removesuffix("Input")


def provider_schema(version: str) -> Json:
    """Pulumi's package schema for all resource types."""
    types: dict[str, Json] = {}
    resources = {item.token: _resource(item, types) for item in KINDS.values()}
    return {
        "name": "mcloud",
        "version": version,
        "displayName": "mcloud",
        "description": "Provider-agnostic servers, networks and storage",
        "license": "Apache-2.0",
        "provider": {"description": "Accounts come from the profile that MCLOUD_PROFILE names."},
        "types": dict(sorted(types.items())),
        "resources": resources,
    }


def _resource(item: KindType, types: dict[str, Json]) -> Json:
    raw = item.inputs.model_json_schema(by_alias=True)
    shapes = _Shapes(raw.get("$defs", {}), types)
    inputs = {name: shapes.property(value) for name, value in raw["properties"].items()}
    required = sorted(raw.get("required", ()))
    sure = (name for name in item.outputs if name in _SURE)
    only_cloud = {name: {"type": "string", "description": _GIVEN[name]} for name in item.outputs}
    return {
        "description": raw["description"],
        "inputProperties": inputs,
        "requiredInputs": required,
        "properties": inputs | only_cloud | _OUTPUTS,
        "required": sorted({*required, *sure, "name", "account"}),
    }


class _Shapes:
    """From JSON Schema to the package schema's types; objects become types of the package."""

    def __init__(self, definitions: Mapping[str, Any], types: dict[str, Json]) -> None:
        self._definitions = definitions
        self._types = types

    def property(self, value: Mapping[str, Any]) -> Json:
        """A property: its type and its description."""
        shape = self.shape(value)
        return shape | {word: value[word] for word in ("description", "secret") if word in value}

    def shape(self, value: Mapping[str, Any]) -> Json:
        """A type."""
        if "$ref" in value:
            return self._named(str(value["$ref"]).rsplit("/", 1)[1])
        options = [item for item in value.get("anyOf", ()) if item.get("type") != "null"]
        if options:
            return self.shape(options[0]) if len(options) == 1 else {"oneOf": [self.shape(item) for item in options]}
        kind = value.get("type")
        if kind == "array":
            return {"type": "array", "items": self.shape(value.get("items", {}))}
        if kind == "object":
            extra = value.get("additionalProperties")
            inner = self.shape(extra) if isinstance(extra, Mapping) else {**ANY}
            return {"type": "object", "additionalProperties": inner}
        return {"type": _SCALARS[kind]} if isinstance(kind, str) and kind in _SCALARS else {**ANY}

    def _named(self, name: str) -> Json:
        raw = self._definitions[name]
        if raw.get("type") != "object" or "properties" not in raw:
            return self.shape(raw)
        token = f"mcloud:index:{type_name(name)}"
        if token not in self._types:
            self._types[token] = {}  # before its properties, which may speak of it
            self._types[token] = {
                "type": "object",
                "description": raw["description"],
                "properties": {key: self.property(item) for key, item in raw["properties"].items()},
                "required": sorted(raw.get("required", ())),
            }
        return {"type": "object", "$ref": f"#/types/{token}"}
