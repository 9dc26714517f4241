"""Check: from what a program asked for to complete, canonical inputs with what was chosen for them.

Pure but for the catalog it is given. While the fields that a choice depends on are unchanged the old choice stays, so
a fresher catalog never resizes a running server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import ValidationError

from mcloud.adapter.gaps import Gap
from mcloud.adapter.kind import Kind
from mcloud.adapter.naming import physical_name
from mcloud.catalog.types import Catalog
from mcloud.engine.codec import UNKNOWN, contains_unknown
from mcloud.errors import McloudError
from mcloud.match.resolve import resolve
from mcloud.model.base import Placement
from mcloud.model.resource_base import ResourceInputs
from mcloud.model.resource_references import nested_references, reference_fields
from mcloud.model.resources import KindType
from mcloud.secrets import SecretReader

CHOSEN_FROM: dict[str, tuple[str, ...]] = {
    "flavor": ("size", "flavor", "minConnections"),
    "flavorId": ("size", "flavor", "minConnections"),
    "layer": ("protocols",),
    "image": ("image",),
    "imageId": ("image",),
    "licensed": ("image",),
    "diskType": ("disk.class", "disk.minIops", "class", "minIops"),
    "diskTypeId": ("disk.class", "disk.minIops", "class", "minIops"),
}
"""Pick -> the inputs that it was chosen by (and the placement, always)."""


@dataclass(frozen=True)
class Failure:
    """One input that does not do."""

    prop: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """The answer of a check: inputs, or failures; the gaps are for showing."""

    inputs: dict[str, Any]
    failures: tuple[Failure, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True)
class Request:
    """What is checked.

    Attributes:
        olds: the inputs of the last run, None when the resource is new or replaced.
        seed: random bytes of the engine for this resource.
        state_id: the state's random id.
        rematch: choose anew.
        secrets: reads what is kept elsewhere, for its digest.
    """

    type: KindType
    name: str
    news: Mapping[str, Any]
    olds: Mapping[str, Any] | None
    seed: bytes
    state_id: str
    rematch: bool = False
    secrets: SecretReader = field(default_factory=SecretReader)


def check(request: Request, kind: Kind, catalog: Catalog) -> Checked:
    """Complete the inputs; see the module's text."""
    inputs, failures = normalise(request.type.inputs, request.news)
    if failures:
        return Checked(dict(request.news), failures)
    olds = request.olds or {}
    try:
        placement = catalog.canonical(Placement.parse(inputs["placement"]))
        inputs["placement"] = str(placement)
        if "name" not in inputs:
            inputs["name"] = olds.get("name") or physical_name(
                request.name, request.state_id, request.seed, kind.name_limit
            )
        inputs |= {key: _digested(value, request.secrets) for key, value in inputs.items() if is_secret(value)}
        inputs["resolved"] = _choose(request, inputs, olds, catalog, placement)
    except McloudError as error:
        return Checked(inputs, (Failure("", str(error)),))
    references = {**reference_fields(request.type.inputs), **nested_references(request.type.inputs)}
    known = {key: _stand_in(value) for key, value in inputs.items() if key in references or not contains_unknown(value)}
    gaps = tuple(kind.gaps(request.name, known)) if _is_complete(request.type, known) else ()
    return Checked(inputs, tuple(_stopping(gaps, inputs.get("accept") or {})), gaps)


def normalise(model: type[ResourceInputs], news: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Failure, ...]]:
    """Validate and write every value the same way; values that are not known yet pass."""
    unknown = {key: value for key, value in news.items() if contains_unknown(value)}
    known = {
        key: value for key, value in news.items() if key not in unknown and key != "resolved" and value is not None
    }
    try:
        parsed = model.model_validate(known | {key: _stand_in(value) for key, value in unknown.items()})
    except ValidationError as error:
        failures = tuple(
            Failure(".".join(str(part) for part in item["loc"]), item["msg"].removeprefix("Value error, "))
            for item in error.errors(include_url=False, include_input=False)
            if not (item["loc"] and item["loc"][0] in unknown)
        )
        if failures:
            return {}, failures
        # Only values that are not known yet were refused; they are looked at again when they are.
        return dict(news), ()
    dumped = parsed.model_dump(mode="json", by_alias=True, exclude_none=True)
    return dumped | unknown, ()


def is_secret(value: Any) -> bool:
    """Whether an input is a reference to a text that is kept elsewhere."""
    return isinstance(value, Mapping) and isinstance(value.get("secret"), str)


def _digested(value: Mapping[str, Any], secrets: SecretReader) -> dict[str, Any]:
    return {"secret": value["secret"], "digest": secrets.digest(str(value["secret"]))}


@cache
def defaults(model: type[ResourceInputs]) -> Mapping[str, Any]:
    """The inputs that a program may leave out, as they are then."""
    values = {
        field.alias or name: field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
        if not field.is_required() and field.default is not None
    }
    dumped = model.model_construct(**values).model_dump(mode="json", by_alias=True, exclude_none=True, warnings=False)
    return {key: dumped[key] for key in values if key in dumped}


def _stand_in(value: Any) -> Any:
    """A string where a value is not known yet: references are strings."""
    if value is UNKNOWN:
        return "unknown"
    if isinstance(value, list):
        return [_stand_in(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _stand_in(item) for key, item in value.items()}
    return value


def _is_complete(type_: KindType, known: Mapping[str, Any]) -> bool:
    """Gaps are told when every input is known but for references, which no gap depends on."""
    return _required(type_.inputs) <= set(known)


@cache
def _required(model: type[ResourceInputs]) -> frozenset[str]:
    names = {field.alias or name for name, field in model.model_fields.items() if field.is_required()}
    return frozenset(names - set(reference_fields(model)))


def _choose(
    request: Request, inputs: Mapping[str, Any], olds: Mapping[str, Any], catalog: Catalog, placement: Placement
) -> dict[str, Any]:
    before = {pick: value for pick, value in (olds.get("resolved") or {}).items() if value is not None}
    kept = before if _same_place(olds.get("placement"), inputs["placement"]) else {}
    # A zone that is not asked for any more is no reason to move; ids of another zone are of no use.
    if "zone" in before and inputs.get("zone") not in (None, before["zone"]):
        kept = {}
    kept = {pick: value for pick, value in kept.items() if pick == "zone" or _stays(pick, request, inputs, olds)}
    if before and kept == before:
        return dict(before)
    wanted = {**inputs, "zone": kept["zone"]} if "zone" in kept else inputs
    return dict(resolve(request.type.kind, wanted, catalog, placement).picks) | kept


def _same_place(before: Any, now: str) -> bool:
    """Whether what was chosen may stay: the same placement, or the same home without a zone by now."""
    if not isinstance(before, str):
        return False
    at = Placement.parse(now)
    return before == now or (at.zone is None and Placement.parse(before).home == at.home)


def _stays(pick: str, request: Request, inputs: Mapping[str, Any], olds: Mapping[str, Any]) -> bool:
    return not request.rematch and all(_field(olds, name) == _field(inputs, name) for name in CHOSEN_FROM.get(pick, ()))


def _field(values: Mapping[str, Any], name: str) -> Any:
    first, _, rest = name.partition(".")
    value = values.get(first)
    return _field(value, rest) if rest and isinstance(value, Mapping) else (None if rest else value)


def _stopping(gaps: tuple[Gap, ...], accepted: Mapping[str, str]) -> list[Failure]:
    return [
        Failure("", f"{gap.reason}; {gap.alternative} [gap {gap.code}, {gap.klass}]")
        for gap in gaps
        if gap.klass == "blocking" or (gap.klass == "lossy" and gap.code not in accepted)
    ]
