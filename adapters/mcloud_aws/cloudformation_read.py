"""From CloudFormation templates to resources with their properties worked out; templates share their exports."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcloud.discover.discovery import Assumption
from mcloud.discover.meaning import Unknown
from mcloud.discover.secrets import cut_names, is_secret_form, is_secret_name, texts_of
from mcloud.discover.templates import ReadTemplates, kebab, series
from mcloud.discover.tfstate import StateResource
from mcloud.errors import DiscoverError
from mcloud_aws.cloudformation_text import read_template
from mcloud_aws.cloudformation_values import HIDDEN, Scope, Values, parameter_value

DEFAULT_REGION = "us-east-1"
_LOOPS = "Fn::ForEach::"
_MOST_LOOPS = 1000
_SERVERS = ("AWS::EC2::Instance",)
"""Equal ones of these become one with a count."""


@dataclass(frozen=True)
class TemplateResource(StateResource):
    """A resource of a template: its address is its logical id."""

    series: tuple[str, int | None] = ("", None)

    @property
    def base(self) -> str:
        """What it has in common with those that differ in their last number only."""
        return self.series[0] if self.index is not None else self.address

    @property
    def plain(self) -> str:
        """What a person would call it, without the number."""
        return kebab(self.series[0] if self.index is not None else self.address)

    @property
    def label(self) -> str:
        """What a person would call it."""
        return kebab(self.address)


@dataclass
class _File:
    """A template that is being read."""

    path: Path
    template: Mapping[str, Any]
    resources: dict[str, Any]
    values: Values = field(init=False)
    secrets: set[str] = field(default_factory=set)


class Reader:
    """Reads templates together; ``told`` says of which types it matters what could not be worked out."""

    def __init__(
        self, files: Sequence[Path], given: Mapping[str, str], placement: str, *, told: Callable[[str], bool]
    ) -> None:
        self._given = given
        self._told = told
        home, _, rest = placement.partition("/")
        self._region = rest.partition("/")[0] if home == "aws" else DEFAULT_REGION
        self._said: dict[tuple[str, str], Assumption] = {}
        self._hidden = False
        self._files = [self._open(path) for path in files]
        self._exports = dict(self._all_exports())

    def read(self) -> ReadTemplates:
        """Every resource of every template.

        Raises:
            DiscoverError: a parameter that was given is in no template.
        """
        self._check_given()
        resources = [resource for file in self._files for resource in self._resources(file)]
        return ReadTemplates(tuple(resources), tuple(self._said.values()))

    def _tell(self, subject: str, text: str, is_open: bool) -> None:
        if not self._hidden:
            self._said.setdefault((subject, text), Assumption((), subject, text, open=is_open))

    # --- one template

    def _open(self, path: Path) -> _File:
        template, twice = read_template(path)
        for key, line in twice:
            self._tell(f"{path}:{line}", f"{key} is there twice; the last one was taken", False)
        resources = template["Resources"]
        whole = {str(name): body for name, body in resources.items() if not str(name).startswith(_LOOPS)}
        return _File(path, template, whole)

    def _section(self, file: _File, name: str) -> dict[str, Any]:
        found = file.template.get(name)
        return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}

    def _prepare(self, file: _File, natives: Mapping[str, str]) -> None:
        parameters = {
            name: self._parameter(file, name, body) for name, body in self._section(file, "Parameters").items()
        }
        parameters |= {name: value for name, value in self._given.items() if name.startswith("AWS::")}
        scope = Scope(
            stem=file.path.stem,
            parameters=parameters,
            mappings=self._section(file, "Mappings"),
            conditions=self._section(file, "Conditions"),
            resources=file.resources,
            natives=natives,
            region=self._region,
            find_export=self._export,
            tell=self._tell,
        )
        file.values = Values(scope)
        for name, body in file.template["Resources"].items():
            if str(name).startswith(_LOOPS):
                file.resources |= self._loop(file, scope, str(name), body)

    def _parameter(self, file: _File, name: str, body: Any) -> Any:
        body = body if isinstance(body, dict) else {}
        value = self._given.get(name, body.get("Default"))
        if str(body.get("NoEcho")).lower() == "true" or is_secret_name(name) or is_secret_form(str(value)):
            file.secrets |= texts_of(str(value)) if value is not None else set()
            return HIDDEN
        if value is None or (value == "" and str(body.get("Type")).startswith("AWS::")):
            return Unknown(name)
        return parameter_value(value, str(body.get("Type")))

    def _loop(self, file: _File, scope: Scope, name: str, body: Any) -> dict[str, Any]:
        """``Fn::ForEach::Name: [identifier, list, {"Res${identifier}": {…}}]``."""
        try:
            identifier, items, inner = body
            listed = file.values.value(items)
            listed = listed if isinstance(listed, list) else [listed]
            found: dict[str, Any] = {}
            for item in listed[:_MOST_LOOPS]:
                for key, value in inner.items():
                    scope.bound[str(identifier)] = str(item)
                    marks = (f"${{{identifier}}}", f"&{{{identifier}}}")
                    found[_put(str(key), marks, str(item))] = _put(value, marks, str(item), str(identifier))
                    del scope.bound[str(identifier)]
        except (TypeError, ValueError, AttributeError):
            self._tell(name, "a loop that cannot be read; its resources are not in the stack", True)
            return {name: {"Type": "Fn::ForEach"}}
        return found

    # --- exports

    def _all_exports(self) -> Iterator[tuple[str, tuple[_File, Any]]]:
        often = Counter(name for file in self._files for name in file.resources)
        for file in self._files:
            natives = {name: name if often[name] == 1 else f"{name}@{file.path.stem}" for name in file.resources}
            self._prepare(file, _Natives(natives, file))
        # What names exports is told when it is asked for, not when all of them are looked through.
        self._hidden = True
        for file in self._files:
            for output in self._section(file, "Outputs").values():
                name = (output.get("Export") or {}).get("Name") if isinstance(output, dict) else None
                said = file.values.value(name) if name is not None else None
                if isinstance(said, str):
                    yield str(said), (file, output.get("Value"))
        self._hidden = False

    def _export(self, name: str) -> Any:
        found = self._exports.get(name)
        return None if found is None else found[0].values.value(found[1])

    def _check_given(self) -> None:
        known = {name for file in self._files for name in self._section(file, "Parameters")}
        for name in self._given:
            if name not in known and not name.startswith("AWS::"):
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"they have: {', '.join(sorted(known)) or 'none'}"
                raise DiscoverError(f"no template has a parameter {name}", hint=hint)

    # --- resources

    def _resources(self, file: _File) -> Iterator[TemplateResource]:
        servers = [name for name, body in file.resources.items() if _type(body) in _SERVERS]
        numbers = series(servers)
        evaluated = {name: self._properties(file, body) for name, body in file.resources.items()}
        _link(file.resources, evaluated, file.values)
        for name, body in file.resources.items():
            condition = body.get("Condition") if isinstance(body, dict) else None
            absent = ""
            if condition is not None and not file.values.holds(str(condition)):
                absent = f"its condition {condition} is false with these parameters"
            removed: list[str] = []
            secrets: set[str] = set()
            kept = cut_names(evaluated[name], "", removed, secrets)
            base, index = numbers.get(name, (name, None))
            yield TemplateResource(
                file=str(file.path),
                address=name,
                type=_type(body),
                index=index,
                attributes={**kept, "@id": file.values.ref(name)},
                removed=tuple(dict.fromkeys(removed)),
                secrets=frozenset(secrets | file.secrets),
                absent=absent,
                series=(base, index),
            )

    def _properties(self, file: _File, body: Any) -> dict[str, Any]:
        properties = body.get("Properties") if isinstance(body, dict) else None
        condition = body.get("Condition") if isinstance(body, dict) else None
        # Of a resource that does not get into the stack nothing is asked.
        is_absent = condition is not None and not file.values.holds(str(condition))
        self._hidden = is_absent or not self._told(_type(body))
        found = file.values.value(properties) if isinstance(properties, dict) else {}
        self._hidden = False
        return dict(found) if isinstance(found, dict) else {}


class _Natives(dict[str, str]):
    """Logical id -> native id, also of resources that a loop makes."""

    def __init__(self, known: Mapping[str, str], file: _File) -> None:
        super().__init__(known)
        self._file = file

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self._file.resources

    def __missing__(self, name: str) -> str:
        return name


def _type(body: Any) -> str:
    kind = body.get("Type") if isinstance(body, dict) else None
    return kind if isinstance(kind, str) and kind else "no type"


def _put(node: Any, marks: tuple[str, ...], item: str, identifier: str = "") -> Any:
    """A part of a loop for one item; ``${X}`` and ``!Ref X`` stand for it."""
    if isinstance(node, str):
        for mark in marks:
            node = node.replace(mark, item)
        return node
    if isinstance(node, list):
        return [_put(part, marks, item, identifier) for part in node]
    if isinstance(node, dict):
        if identifier and node == {"Ref": identifier}:
            return item
        return {_put(str(key), marks, item): _put(part, marks, item, identifier) for key, part in node.items()}
    return node


def _link(resources: Mapping[str, Any], evaluated: dict[str, dict[str, Any]], values: Values) -> None:
    """Put what interfaces say of their servers into both, for they refer to each other one way only."""
    natives = {str(values.ref(name)): name for name in resources}

    def attach(interface: Any, server: str, index: Any) -> dict[str, Any]:
        found = evaluated.get(natives.get(str(interface), ""), {})
        if found:
            found["@Attachment"] = {"Instance": server, "DeviceIndex": index}
        return found

    for name, body in resources.items():
        said = evaluated[name]
        if _type(body) == "AWS::EC2::NetworkInterfaceAttachment":
            attach(said.get("NetworkInterfaceId"), str(said.get("InstanceId")), said.get("DeviceIndex"))
        if _type(body) != "AWS::EC2::Instance":
            continue
        for nic in said.get("NetworkInterfaces") or () if isinstance(said.get("NetworkInterfaces"), list) else ():
            if isinstance(nic, dict) and nic.get("NetworkInterfaceId"):
                found = attach(nic["NetworkInterfaceId"], str(values.ref(name)), nic.get("DeviceIndex"))
                nic |= {key: found[key] for key in ("SubnetId", "GroupSet") if key in found and key not in nic}
