"""Where the inputs of a resource refer to others, and the same inputs with other references."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from mcloud.model.resource_base import reference_kind


@cache
def reference_fields(inputs: type[BaseModel]) -> Mapping[str, str]:
    """Wire name -> kind referred to, for the fields that hold ids (single ids and lists alike)."""
    return {
        field.alias or name: kind
        for name, field in inputs.model_fields.items()
        if (kind := reference_kind(field.annotation, field.metadata)) is not None
    }


@cache
def nested_references(inputs: type[BaseModel]) -> Mapping[str, Mapping[str, str]]:
    """Wire name of a list of mappings -> wire name in a mapping -> kind referred to."""
    found = {}
    for name, field in inputs.model_fields.items():
        for argument in getattr(field.annotation, "__args__", ()):
            if isinstance(argument, type) and issubclass(argument, BaseModel) and reference_fields(argument):
                found[field.alias or name] = reference_fields(argument)
    return found


def map_references(
    inputs: type[BaseModel], values: Mapping[str, Any], change: Callable[[Any, str], Any]
) -> dict[str, Any]:
    """The values with each reference, wherever it stands, replaced by ``change(reference, wire name)``."""

    def changed(value: Any, name: str) -> Any:
        if isinstance(value, (list, tuple)):
            return [changed(item, name) for item in value]
        return None if value is None else change(value, name)

    made = {**values, **{name: changed(values[name], name) for name in reference_fields(inputs) if name in values}}
    for name, inner in nested_references(inputs).items():
        if isinstance(values.get(name), (list, tuple)):
            made[name] = [
                {**item, **{part: changed(item[part], f"{name}.{part}") for part in inner if part in item}}
                if isinstance(item, Mapping)
                else item
                for item in values[name]
            ]
    return made


def references(inputs: type[BaseModel], values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Wire name (of the list, for what stands in its mappings) -> the references there."""
    found: dict[str, list[Any]] = {}

    def keep(value: Any, name: str) -> Any:
        found.setdefault(name.split(".")[0], []).append(value)
        return value

    map_references(inputs, values, keep)
    return found
