"""From CloudFormation templates to resources with their properties worked out; templates share their exports."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mcloud.discover.discovery import Assumption
from mcloud.discover.meaning import Unknown
from mcloud.discover.secrets import cut_names, is_secret_form, is_secret_name, texts_of
from mcloud.discover.templates import ReadTemplates, kebab, series
from mcloud.discover.tfstate import Instead, StateResource
from mcloud.errors import DiscoverError
from mcloud_aws.cloudformation_nested import STACK, Given, Late, NotFollowed, locate
from mcloud_aws.cloudformation_text import as_text, read_template
from mcloud_aws.cloudformation_values import HIDDEN, NO_VALUE, Scope, Values, parameter_value

DEFAULT_REGION = "us-east-1"
_LOOPS = "Fn::ForEach::"
_MOST_LOOPS = 1000
_SERVERS = ("AWS::EC2::Instance",)
"""Equal ones of these become one with a count."""


@dataclass(frozen=True)
class TemplateResource(StateResource):
    """A resource of a template: its address is its logical id, after those of the stacks that it is within and a slash.

    ``series``: its logical id without the number, and the number among equal ones.
    """

    series: tuple[str, int | None] = ("", None)

    @property
    def base(self) -> str:
        """What it has in common with those that differ in their last number only."""
        within, slash, _ = self.address.rpartition("/")
        return f"{within}{slash}{self.series[0]}" if self.index is not None else self.address

    @property
    def plain(self) -> str:
        """What a person would call it, without the number."""
        return kebab(self.series[0]) if self.index is not None else self.label

    @property
    def label(self) -> str:
        """What a person would call it."""
        return kebab(self.address.rpartition("/")[2])


@dataclass
class _File:
    """A template that is being read; one that is within others once for each place where it is.

    Attributes:
        stem: what its stack is called.
        outer: the templates that it is within, the innermost last.
        prefix: the logical ids of the stacks that it is within, each with a slash.
        given: what the outer one says of its parameters.
        inner: logical id of a stack in it -> its template.
        not_followed: logical id of a stack in it -> why its template is not read.
    """

    path: Path
    template: Mapping[str, Any]
    resources: dict[str, Any]
    stem: str
    outer: tuple[Path, ...] = ()
    prefix: str = ""
    given: Given = field(default_factory=lambda: Given(frozenset(), Unknown))
    values: Values = field(init=False)
    parameters: Late = field(init=False)
    secrets: set[str] = field(default_factory=set)
    inner: dict[str, _File] = field(default_factory=dict)
    not_followed: dict[str, NotFollowed] = field(default_factory=dict)


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
        self._paths = tuple(files)
        self._files = self._all_files()
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

    def _all_files(self) -> list[_File]:
        """Every template, each before those within it; one that was given and is within another one is there only."""
        opened = [self._open(path, path.stem) for path in self._paths]
        often = Counter(name for file in opened for name in file.resources)
        stems = Counter(file.stem for file in opened)
        for file in opened:
            mark = file.stem if stems[file.stem] == 1 else str(file.path)
            natives = {name: name if often[name] == 1 else f"{name}@{mark}" for name in file.resources}
            self._prepare(file, _Natives(natives, file))
        within = {path.resolve() for file in opened for path in self._follow(file)}
        return [one for file in opened if file.path.resolve() not in within for one in _with_inner(file)]

    def _follow(self, file: _File) -> Iterator[Path]:
        """Open the templates within one, and those within them; their paths."""
        for name, body in file.resources.items():
            if _type(body) != STACK or not self._is_there(file, body):
                continue
            said = body.get("Properties") if isinstance(body.get("Properties"), dict) else {}
            outer = (*file.outer, file.path)
            self._hidden = True
            url = file.values.value(said.get("TemplateURL"))
            self._hidden = False
            try:
                inner = self._open(locate(url, outer, self._paths), name)
            except NotFollowed as error:
                file.not_followed[name] = error
                continue
            except DiscoverError as error:
                reason = f"its template cannot be read: {error.where}: {error.message}"
                file.not_followed[name] = NotFollowed(reason, error.hint or "mend it")
                continue
            inner.outer, inner.prefix = outer, f"{file.prefix}{name}/"
            inner.stem = f"{file.stem}-{name}"
            inner.given = _given_by(file, said.get("Parameters"))
            file.inner[name] = inner
            self._prepare(inner, _Natives({one: f"{one}@{inner.stem}" for one in inner.resources}, inner))
            yield inner.path
            yield from self._follow(inner)

    def _is_there(self, file: _File, body: Any) -> bool:
        condition = body.get("Condition") if isinstance(body, dict) else None
        return condition is None or file.values.holds(str(condition))

    def _open(self, path: Path, stem: str) -> _File:
        template, twice = read_template(path)
        for key, line in twice:
            self._tell(f"{path}:{line}", f"{key} is there twice; the last one was taken", False)
        resources = template["Resources"]
        whole = {str(name): body for name, body in resources.items() if not str(name).startswith(_LOOPS)}
        return _File(path, template, whole, stem)

    def _section(self, file: _File, name: str) -> dict[str, Any]:
        found = file.template.get(name)
        return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}

    def _prepare(self, file: _File, natives: Mapping[str, str]) -> None:
        ways: dict[str, Callable[[], Any]] = {
            name: partial(self._parameter, file, name, body) for name, body in self._section(file, "Parameters").items()
        }
        ways |= {name: partial(str, value) for name, value in self._given.items() if name.startswith("AWS::")}
        file.parameters = Late(ways)
        scope = Scope(
            stem=file.stem,
            parameters=file.parameters,
            mappings=self._section(file, "Mappings"),
            conditions=self._section(file, "Conditions"),
            resources=file.resources,
            natives=natives,
            region=self._region,
            find_export=self._export,
            find_output=partial(self._output, file),
            tell=self._tell,
        )
        file.values = Values(scope)
        for name, body in file.template["Resources"].items():
            if str(name).startswith(_LOOPS):
                file.resources |= self._loop(file, scope, str(name), body)

    def _parameter(self, file: _File, name: str, body: Any) -> Any:
        body = body if isinstance(body, dict) else {}
        value = file.given.value(name) if name in file.given.names else None
        if value is None or isinstance(value, Unknown):
            value = self._given.get(name, body.get("Default") if value is None else value)
        if value == HIDDEN:
            return HIDDEN
        if str(body.get("NoEcho")).lower() == "true" or is_secret_name(name) or is_secret_form(str(value)):
            file.secrets |= texts_of(str(value)) if value is not None else set()
            return HIDDEN
        if value is None or (value == "" and str(body.get("Type")).startswith("AWS::")):
            return Unknown(name)
        return value if isinstance(value, Unknown) else parameter_value(value, str(body.get("Type")))

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

    def _output(self, file: _File, stack: str, name: str) -> Any:
        inner = file.inner.get(stack)
        output = self._section(inner, "Outputs").get(name) if inner is not None else None
        return inner.values.value(output.get("Value")) if inner is not None and isinstance(output, dict) else None

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
        # All of them, for those that are secret must be cut out wherever else their values stand.
        _ = list(file.parameters.values())
        for name, body in file.resources.items():
            absent = ""
            if not self._is_there(file, body):
                absent = f"its condition {body['Condition']} is false with these parameters"
            removed: list[str] = []
            secrets: set[str] = set()
            kept = cut_names(evaluated[name], "", removed, secrets)
            base, index = numbers.get(name, (name, None))
            yield TemplateResource(
                file=str(file.path),
                address=f"{file.prefix}{name}",
                type=_type(body),
                index=index,
                attributes={**kept, "@id": file.values.ref(name)},
                removed=tuple(dict.fromkeys(removed)),
                secrets=frozenset(secrets | file.secrets),
                absent=absent,
                instead=_instead(file, name),
                series=(base, index),
            )

    def _properties(self, file: _File, body: Any) -> dict[str, Any]:
        properties = body.get("Properties") if isinstance(body, dict) else None
        # Of a resource that does not get into the stack nothing is asked.
        self._hidden = not self._is_there(file, body) or not self._told(_type(body))
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


def _with_inner(file: _File) -> Iterator[_File]:
    """A template, and those within it."""
    yield file
    for inner in file.inner.values():
        yield from _with_inner(inner)


def _given_by(outer: _File, parameters: Any) -> Given:
    """What a stack's resource gives its template; worked out in the template that it is in."""
    said = {str(name): item for name, item in parameters.items()} if isinstance(parameters, dict) else {}

    def value(name: str) -> Any:
        found = outer.values.value(said[name])
        return None if found is NO_VALUE else found if isinstance(found, Unknown) else as_text(found)

    return Given(frozenset(said), value)


def _instead(file: _File, name: str) -> Instead | None:
    """What stands for a stack within a template."""
    if name in file.inner:
        return Instead("its template was read", "", folded=True)
    found = file.not_followed.get(name)
    return None if found is None else Instead(found.reason, found.advice)


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
