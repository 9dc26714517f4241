"""Makes the classes of the package schema: one for each resource type, and one for each type of a nested value."""

from __future__ import annotations

import difflib
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

try:
    import pulumi
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "mcloud.pulumi needs Pulumi's SDK for Python: pip install 'mcloud-vn[engine]'", name=error.name
    ) from error

Names = Mapping[str, str]
"""Name in Python -> name of the schema."""
_KEYWORDS = frozenset({"class"})
_HINTS = {"placement": " (cloud/region or cloud/region/zone)"}


def python_name(wire: str) -> str:
    """The name in Python of a name of the schema: ``minIops`` is ``min_iops``, ``class`` is ``class_``."""
    name = re.sub(r"(?<=[a-z0-9])[A-Z]", lambda found: "_" + found[0].lower(), wire)
    return f"{name}_" if name in _KEYWORDS else name


@cache
def _schema() -> Mapping[str, Any]:
    text = files("mcloud.engine.provider").joinpath("schema.json").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def _wire(value: Any) -> Any:
    """A value as the provider takes it: of a resource its id."""
    if isinstance(value, pulumi.CustomResource):
        return value.id
    return [_wire(item) for item in value] if isinstance(value, (list, tuple)) else value


def _inputs(what: str, given: Mapping[str, Any], names: Names, required: Names) -> dict[str, Any]:
    """The inputs by the names of the schema, without those that are None.

    Raises:
        TypeError: one that is not known, or none where one is needed.
    """
    for name in given.keys() - names.keys():
        near = difflib.get_close_matches(name, names, 1)
        raise TypeError(
            f"{what} has no input {name!r}; " + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}")
        )
    made = {names[name]: _wire(value) for name, value in given.items() if value is not None}
    lacking = [name for name, wire in required.items() if wire not in made]
    if lacking:
        raise TypeError(f"{what} needs {', '.join(name + _HINTS.get(name, '') for name in lacking)}")
    return made


class Value(dict[str, Any]):
    """A nested value: a dict by the names of the schema, made of the names in Python."""

    _names: ClassVar[Names] = {}
    _required: ClassVar[Names] = {}

    def __init__(self, **given: Any) -> None:
        super().__init__(_inputs(type(self).__name__, given, self._names, self._required))


class Resource(pulumi.CustomResource):
    """A resource of mcloud's provider."""

    _token: ClassVar[str] = ""
    _names: ClassVar[Names] = {}
    _required: ClassVar[Names] = {}
    _outputs: ClassVar[tuple[str, ...]] = ()
    _secrets: ClassVar[tuple[str, ...]] = ()

    def __init__(self, resource_name: str, /, opts: pulumi.ResourceOptions | None = None, **given: Any) -> None:
        if opts is not None and not isinstance(opts, pulumi.ResourceOptions):
            raise TypeError(f"opts of {type(self).__name__} {resource_name} are no pulumi.ResourceOptions")
        inputs = _inputs(f"{type(self).__name__} {resource_name}", given, self._names, self._required)
        for name in self._secrets:
            if name in inputs:
                inputs[name] = pulumi.Output.secret(inputs[name])
        # What is not among the properties when it is registered would not be there when it has answered.
        properties = {**dict.fromkeys(self._outputs), **inputs}
        hidden = pulumi.ResourceOptions(additional_secret_outputs=list(self._secrets))
        super().__init__(self._token, resource_name, properties, pulumi.ResourceOptions.merge(hidden, opts))


def _output(wire: str, text: str) -> property:
    def read(self: Resource) -> Any:
        return self.__dict__[wire]

    return property(read, doc=text)


def _signature(first: list[inspect.Parameter], names: Names, required: Names) -> Any:
    ordered = sorted(names, key=lambda name: name not in required)
    defaults = {name: inspect.Parameter.empty if name in required else None for name in ordered}
    keywords = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name]) for name in ordered]
    return inspect.Signature([*first, *keywords])


def _text(about: str, inputs: Mapping[str, Any]) -> str:
    return "\n".join([about, "", "Args:", *(f"    {python_name(k)}: {v['description']}" for k, v in inputs.items())])


def value_classes() -> Iterator[type[Value]]:
    """One class for each type of the package."""
    for token, item in _schema()["types"].items():
        names = {python_name(wire): wire for wire in item["properties"]}
        required = {name: wire for name, wire in names.items() if wire in item["required"]}
        body = {
            "_names": names,
            "_required": required,
            "__doc__": _text(item["description"], item["properties"]),
            "__module__": "mcloud.pulumi",
            "__signature__": _signature([], names, required),
        }
        yield type(token.rsplit(":", 1)[1], (Value,), body)


def resource_classes() -> Iterator[type[Resource]]:
    """One class for each resource type of the package."""
    first = [
        inspect.Parameter("resource_name", inspect.Parameter.POSITIONAL_ONLY),
        inspect.Parameter("opts", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None),
    ]
    for token, item in _schema()["resources"].items():
        inputs, outputs = item["inputProperties"], item["properties"]
        names = {python_name(wire): wire for wire in inputs}
        required = {name: wire for name, wire in names.items() if wire in item["requiredInputs"]}
        body: dict[str, Any] = {
            "_token": token,
            "_names": names,
            "_required": required,
            "_outputs": tuple(outputs),
            "_secrets": tuple(wire for wire, value in inputs.items() if value.get("secret")),
            "__doc__": _text(item["description"], inputs),
            "__module__": "mcloud.pulumi",
            "__signature__": _signature(first, names, required),
        }
        body |= {python_name(wire): _output(wire, value["description"]) for wire, value in outputs.items()}
        yield type(token.rsplit(":", 1)[1], (Resource,), body)
