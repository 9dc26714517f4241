"""Reads Terraform state files: format version 4 (Terraform 0.12 and later, OpenTofu) and 3 (Terraform 0.9 to 0.11).

Secrets stay behind here: what the state marks as sensitive, and what has a name that only secrets have, is cut out
before anything else sees a resource. States that Terraform before 0.15 wrote mark nothing, hence the names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcloud.discover.flatmap import unflatten
from mcloud.discover.secrets import cut_names, texts_of
from mcloud.errors import DiscoverError

_HINT = "give the file that `terraform state pull` prints"


@dataclass(frozen=True)
class Instead:
    """Why a resource is not looked at by its type: others that were read stand for it (folded), or it is left over."""

    reason: str
    advice: str
    folded: bool = False


@dataclass(frozen=True)
class StateResource:
    """One instance of one resource of a state.

    Attributes:
        file: the state file, as it was given.
        address: module, type, name and index, as Terraform prints them.
        type: Terraform's type.
        index: the key of ``count`` or ``for_each``; None where there is neither.
        managed: False for a data source, which the state only reads.
        deposed: an old instance that waits for its deletion.
        attributes: what the provider stored, without secrets.
        removed: names of the secrets that were cut out and had a value.
        secrets: their values, until every other place was searched for them.
        absent: why it does not exist, although the source has it; empty: it does.
        instead: why its type does not matter; None: it does.
    """

    file: str
    address: str
    type: str
    index: int | str | None = None
    managed: bool = True
    deposed: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    removed: tuple[str, ...] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    absent: str = ""
    instead: Instead | None = None

    @property
    def key(self) -> tuple[str, str]:
        """File and address: unique in a run."""
        return self.file, self.address

    @property
    def base(self) -> str:
        """The address without the index: what the configuration calls it."""
        return self.address if self.index is None else self.address.removesuffix(_index_text(self.index))

    @property
    def plain(self) -> str:
        """The last part of the address: what the source's author called it."""
        return self.base.rsplit(".", 1)[-1]

    @property
    def label(self) -> str:
        """The same with the index."""
        return self.plain if self.index is None else f"{self.plain}-{self.index}"


def read_tfstate(path: Path) -> tuple[StateResource, ...]:
    """Read one state file.

    Args:
        path: a state, format version 3 or 4.

    Returns:
        Every instance in the state's order, data sources and deposed ones too.

    Raises:
        DiscoverError: not there, no JSON, another version, or not of a state's form; ``where`` names the place.
    """
    state = _parse(path)
    version = state.get("version")
    if version == 3:
        return _unique(path, read_version_3(str(path), state))
    if version != 4:
        if "encrypted_data" in state:
            raise DiscoverError("the state is encrypted", where=str(path), hint=_HINT)
        raise DiscoverError(
            f"state format version {version!r} is not read, only 3 and 4 are",
            where=f"{path}:version",
            hint="open it with Terraform 0.12 or later, which writes version 4, then `terraform state pull`",
        )
    return _unique(
        path,
        (
            (where, item)
            for number, resource in enumerate(_list(state, "resources", str(path)))
            for where in [f"{path}:resources[{number}]"]
            for item in _instances(str(path), resource, where)
        ),
    )


def _unique(path: Path, items: Iterable[tuple[str, StateResource]]) -> tuple[StateResource, ...]:
    found: dict[str, StateResource] = {}
    for where, item in items:
        if item.address in found:
            raise DiscoverError(f"{item.address} is in the state twice", where=where, hint=_HINT)
        found[item.address] = item
    return tuple(found.values())


def read_version_3(file: str, state: Mapping[str, Any]) -> Iterator[tuple[str, StateResource]]:
    """Every instance of a state of format version 3, with its place: attributes are flat texts there.

    Raises:
        DiscoverError: it is not of the form.
    """
    for number, module in enumerate(_list(state, "modules", file)):
        where = f"{file}:modules[{number}]"
        if not isinstance(module, dict) or not isinstance(module.get("resources", {}) or {}, dict):
            raise DiscoverError("has no resources", where=where, hint=_HINT)
        steps = [str(step) for step in _list(module, "path", where)]
        prefix = [part for step in (steps[1:] if steps[:1] == ["root"] else steps) for part in ("module", step)]
        for key, resource in (module.get("resources") or {}).items():
            place = f"{where}.resources.{key}"
            if not isinstance(resource, dict):
                raise DiscoverError("is no resource", where=place, hint=_HINT)
            current = [("", resource["primary"])] if resource.get("primary") is not None else []
            old = [(f" (deposed {at})", one) for at, one in enumerate(_list(resource, "deposed", place))]
            for word, instance in [*current, *old]:
                yield place, _flat_instance(file, (".".join(prefix), key), word, instance, place)


def _flat_instance(file: str, named: tuple[str, str], word: str, instance: Any, where: str) -> StateResource:
    prefix, key = named
    managed = not key.startswith("data.")
    parts = key.removeprefix("data.").split(".")
    index = int(parts[2]) if len(parts) == 3 and parts[2].isdigit() else None
    if len(parts) < 2 or not isinstance(instance, dict) or not isinstance(instance.get("attributes") or {}, dict):
        raise DiscoverError("has no type, name and attributes", where=where, hint=_HINT)
    attributes = {"id": instance.get("id"), **unflatten(instance.get("attributes") or {})}
    kept, removed, secrets = _without_secrets({"attributes": attributes}, where)
    base = ".".join(part for part in (prefix, "" if managed else "data", parts[0], parts[1]) if part)
    return StateResource(
        file=file,
        address=base + _index_text(index) + word,
        type=parts[0],
        index=index,
        managed=managed,
        deposed=bool(word),
        attributes=kept,
        removed=removed,
        secrets=secrets,
    )


def _parse(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DiscoverError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise DiscoverError("is not UTF-8 text", where=str(path), hint=_HINT) from error
    try:
        state = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        # The parser's error holds the whole document, secrets too: it must not be chained.
        raise DiscoverError(f"is not JSON: {error.msg}", where=where, hint=_HINT) from None
    except RecursionError:
        raise DiscoverError("is nested too deeply", where=str(path), hint=_HINT) from None
    if not isinstance(state, dict):
        raise DiscoverError("is not a Terraform state", where=str(path), hint=_HINT)
    return state


def _list(value: Mapping[str, Any], name: str, where: str) -> list[Any]:
    items = value.get(name)
    if items is None:
        return []
    if not isinstance(items, list):
        raise DiscoverError(f"{name} is not a list", where=where, hint=_HINT)
    return items


def _instances(file: str, resource: Any, where: str) -> Iterable[StateResource]:
    if not isinstance(resource, dict) or not all(isinstance(resource.get(name), str) for name in ("type", "name")):
        raise DiscoverError("has no type and name", where=where, hint=_HINT)
    mode = resource.get("mode", "managed")
    if mode not in ("managed", "data"):
        raise DiscoverError(f"mode {mode!r} is neither managed nor data", where=f"{where}.mode", hint=_HINT)
    parts = [resource.get("module"), "data" if mode == "data" else None, resource["type"], resource["name"]]
    base = ".".join(part for part in parts if part)
    for number, instance in enumerate(_list(resource, "instances", where)):
        place = f"{where}.instances[{number}]"
        if not isinstance(instance, dict) or not isinstance(instance.get("attributes", {}) or {}, dict):
            raise DiscoverError("has no attributes", where=place, hint=_HINT)
        index = instance.get("index_key")
        if index is not None and (isinstance(index, bool) or not isinstance(index, int | str)):
            raise DiscoverError("index_key is neither a number nor a text", where=place, hint=_HINT)
        deposed = instance.get("deposed")
        kept, removed, secrets = _without_secrets(instance, place)
        yield StateResource(
            file=file,
            address=base + _index_text(index) + (f" (deposed {deposed})" if deposed else ""),
            type=resource["type"],
            index=index,
            managed=mode == "managed",
            deposed=bool(deposed),
            attributes=kept,
            removed=removed,
            secrets=secrets,
        )


def _index_text(index: int | str | None) -> str:
    return "" if index is None else f"[{json.dumps(index)}]"


def _without_secrets(
    instance: Mapping[str, Any], where: str
) -> tuple[dict[str, Any], tuple[str, ...], frozenset[str]]:
    """What is kept, the names of what was cut out, and its values."""
    removed: list[str] = []
    secrets: set[str] = set()
    kept = cut_names(instance.get("attributes") or {}, "", removed, secrets)
    for path in _list(instance, "sensitive_attributes", where):
        steps = _steps(path, f"{where}.sensitive_attributes")
        if _cut_path(kept, steps, secrets):
            removed.append(steps[0] if isinstance(steps[0], str) else "?")
    return kept, tuple(dict.fromkeys(removed)), frozenset(secrets)


def _steps(path: Any, where: str) -> list[int | str]:
    """A path to a sensitive value: a list of steps, or in an older form a dotted text."""
    if isinstance(path, str) and path:
        return [int(part) if part.isdigit() else part for part in path.split(".")]
    steps: list[int | str] = []
    for step in path if isinstance(path, list) else []:
        value = step.get("value") if isinstance(step, dict) else step
        if isinstance(value, dict):
            value = value.get("value")
        if isinstance(value, bool) or not isinstance(value, int | str):
            steps = []
            break
        steps.append(value)
    if not steps:
        # Going on would let through what somebody marked as secret.
        raise DiscoverError("a path to a sensitive value cannot be read", where=where, hint=_HINT)
    return steps


def _cut_path(value: Any, steps: list[int | str], secrets: set[str]) -> bool:
    """Cut out what a path leads to; where a step does not fit, everything below the last fitting one goes."""
    parent, key = None, steps[0]
    for step in steps:
        fits = (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)
        )
        if not fits:
            break
        parent, key, value = value, step, value[step]
    if parent is None:
        return False
    secrets |= texts_of(parent[key])
    parent[key] = None
    return True
