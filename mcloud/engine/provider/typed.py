"""The type stub of ``mcloud.pulumi``: what its classes take and give, made from the model.

``mcloud/pulumi/__init__.pyi`` is the same, checked in. The classes themselves are made of the package schema; the stub
tells more than that has words for: which values a text may have, and of what kind the resource is that an id is of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import indent, wrap
from typing import Any

from mcloud.engine.provider.schema import provider_schema, type_name
from mcloud.model.resources import KINDS
from mcloud.pulumi.classes import python_name

Json = Mapping[str, Any]
WIDTH = 118
HEADER = '''"""Resource classes for Pulumi programs in Python. Made from the model: MCLOUD_REGEN=1 writes it anew."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pulumi
from pulumi import Input
'''
_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def python_stub(version: str) -> str:
    """The text of the stub."""
    package = provider_schema(version)
    models = {token: _model(token) for token in package["resources"]}
    definitions: dict[str, Any] = {}
    for model in models.values():
        definitions |= {type_name(name): item for name, item in model.get("$defs", {}).items() if "properties" in item}
    names = sorted({*definitions, *(token.rsplit(":", 1)[1] for token in package["resources"])})
    parts = [
        HEADER,
        "__all__ = [\n" + "".join(f'    "{name}",\n' for name in names) + "]\n",
        *(_value(name, definitions[name]) for name in sorted(definitions)),
        *(_resource(token, models[token], item) for token, item in package["resources"].items()),
    ]
    return "\n".join(parts)


def _model(token: str) -> Json:
    kind = next(item for item in KINDS.values() if item.token == token)
    return kind.inputs.model_json_schema(by_alias=True)


def _value(name: str, schema: Json) -> str:
    """The class of a nested value."""
    lines = [f"class {name}(dict[str, Any]):", *_quoted(4, schema["description"]), ""]
    required = schema.get("required", ())
    lines += ["    def __init__(", "        self,", "        *,"]
    lines += _parameters(schema["properties"], required, schema)
    lines += ["    ) -> None:", *_documented("", schema["properties"])]
    return "\n".join(lines) + "\n"


def _resource(token: str, schema: Json, package: Json) -> str:
    name = token.rsplit(":", 1)[1]
    lines = [f"class {name}(pulumi.CustomResource):", *_quoted(4, schema["description"]), ""]
    lines += ["    def __init__(", "        self,", "        resource_name: str,", "        /,"]
    lines += ["        opts: pulumi.ResourceOptions | None = None,", "        *,"]
    lines += _parameters(schema["properties"], schema.get("required", ()), schema)
    about = "resource_name: its name in the program and in the state."
    lines += ["    ) -> None:", *_documented(about, schema["properties"])]
    for wire, value in package["properties"].items():
        kind = _given(value) + ("" if wire in package["required"] else " | None")
        lines += ["    @property", f"    def {python_name(wire)}(self) -> pulumi.Output[{kind}]:"]
        lines += _quoted(8, value["description"])
    return "\n".join(lines) + "\n"


def _parameters(properties: Json, required: Any, schema: Json) -> Iterator[str]:
    definitions = schema.get("$defs", {})
    for wire in sorted(properties, key=lambda name: name not in required):
        kind = _asked(properties[wire], definitions)
        yield f"        {python_name(wire)}: {kind}{'' if wire in required else ' | None = None'},"


def _documented(first: str, properties: Json) -> Iterator[str]:
    """The docstring of a constructor."""
    yield '        """Args:'
    texts = [first] if first else []
    texts += [f"{python_name(wire)}: {value['description']}{_default(value)}" for wire, value in properties.items()]
    for text in texts:
        yield indent("\n".join(wrap(text, WIDTH - 12, subsequent_indent="    ")), " " * 12)
    yield '        """'


def _default(value: Json) -> str:
    default, said = value.get("default"), value.get("description", "")
    if default in (None, "", False) or isinstance(default, (list, dict)) or "left out" in said.lower():
        return ""
    return f" Left out: {default}."


def _quoted(depth: int, text: str) -> list[str]:
    return [" " * depth + f'"""{text}"""'.replace('""""', '" """')]


def _asked(value: Json, definitions: Json) -> str:
    """The type of an input."""
    if "refersTo" in value:
        return f"Input[str] | {value['refersTo']}"
    options = [item for item in value.get("anyOf", ()) if item.get("type") != "null"]
    if options:
        return " | ".join(dict.fromkeys(_asked(item, definitions) for item in options))
    return f"Input[{_plain(value, definitions)}]"


def _plain(value: Json, definitions: Json) -> str:
    """The type of a value that is known."""
    if "$ref" in value:
        name = str(value["$ref"]).rsplit("/", 1)[1]
        named = definitions.get(name, {"properties": {}})
        return type_name(name) if "properties" in named else _plain(named, definitions)
    if "enum" in value or "const" in value:
        words = value["enum"] if "enum" in value else [value["const"]]
        return f"Literal[{', '.join(repr(word).replace(chr(39), chr(34)) for word in words)}]"
    kind = value.get("type")
    if kind == "array":
        return f"Sequence[{_asked(value.get('items', {}), definitions)}]"
    if kind == "object":
        extra = value.get("additionalProperties")
        return f"Mapping[str, {_asked(extra, definitions) if isinstance(extra, Mapping) else 'Any'}]"
    return _SCALARS.get(str(kind), "Any")


def _given(value: Json) -> str:
    """The type of an output, of the package schema's: nested values are as the provider has them."""
    kind = value.get("type")
    if kind == "array":
        return f"Sequence[{_given(value['items'])}]"
    if kind == "object" or "$ref" in value:
        return "Mapping[str, Any]"
    if "oneOf" in value:
        return " | ".join(dict.fromkeys(_given(item) for item in value["oneOf"]))
    return _SCALARS.get(str(kind), "Any")
